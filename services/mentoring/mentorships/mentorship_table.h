/* Mentorships as stored, with their log and what was said of them, and the ways to find them. */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_MENTORSHIP_TABLE_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_MENTORSHIP_TABLE_H

#include "convene/mentoring/v1/mentorship.pb-c.h"
#include "services/mentoring/rules/mentorship.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

extern const struct cvn_table cvn_mentorship_table;

/*
 * Index keys: programme, id; person, 1 while it is open, id (of both persons); deadline of a
 * proposal, id.
 */
enum {
    CVN_MENTORSHIP_BY_PROGRAM,
    CVN_MENTORSHIP_BY_PERSON,
    CVN_MENTORSHIP_BY_DEADLINE,
    CVN_MENTORSHIP_INDEXES,
};
extern const struct cvn_index cvn_mentorship_indexes[CVN_MENTORSHIP_INDEXES];

/* What lies under a mentorship. */
enum { CVN_MENTORSHIP_ROW = 0, CVN_MENTORSHIP_LOG = 1, CVN_MENTORSHIP_FEEDBACK = 2 };

/* The mentorship's id and one of the above; the row's key is that, what follows has more. */
void cvn_mentorship_key(struct cvn_key *key, const struct cvn_id *id, uint8_t kind);

/* 0; CVN_STORE_ABSENT; a fault. */
int cvn_mentorship_get(struct cvn_ctx *ctx, const struct cvn_id *id,
                       Convene__Mentoring__V1__Mentorship **ret);
int cvn_mentorship_put(struct cvn_ctx *ctx, const struct cvn_id *id,
                       const Convene__Mentoring__V1__Mentorship *row);

/* Reads the row that an index entry leads to. 0 or a fault. */
int cvn_mentorship_of_entry(struct cvn_ctx *ctx, const struct cvn_index_entry *entry,
                            struct cvn_id *ret_id, Convene__Mentoring__V1__Mentorship **ret);

/* Walks the open mentorships of a person, both as mentor and as mentee. */
struct cvn_mentorship_walk {
    struct cvn_ctx *ctx;
    struct cvn_index_cursor cursor;
};
int cvn_mentorship_walk_open(struct cvn_mentorship_walk *walk, struct cvn_ctx *ctx,
                             const struct cvn_id *person);
/* 0; CVN_STORE_ABSENT at the end; a fault. */
int cvn_mentorship_walk_next(struct cvn_mentorship_walk *walk, struct cvn_id *ret_id,
                             Convene__Mentoring__V1__Mentorship **ret);
void cvn_mentorship_walk_end(struct cvn_mentorship_walk *walk);

/* A mentor's load in a programme. */
struct cvn_mentor_load {
    int32_t n_open;                      /* proposed, active or paused */
    int32_t n_active;                    /* active or paused */
    int32_t meeting_hour, meeting_hours; /* of the group they are, see MeetingTime; hours 0: none */
};
int cvn_mentor_load_get(struct cvn_ctx *ctx, const char *program_id, const struct cvn_id *mentor,
                        struct cvn_mentor_load *ret);

/* The rules' view of a stored state. */
static inline enum cvn_mentorship_state
cvn_mentorship_state_of(const Convene__Mentoring__V1__Mentorship *row)
{
    return (enum cvn_mentorship_state)row->state;
}

#endif
