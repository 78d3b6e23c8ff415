/* Programmes, enrolments, runs and their results as stored: packed messages, found by index. */
#ifndef CVN_SERVICES_MENTORING_TABLES_H
#define CVN_SERVICES_MENTORING_TABLES_H

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/mentoring/spaces.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

extern const struct cvn_table cvn_program_table;
extern const struct cvn_table cvn_enrolment_table;
extern const struct cvn_table cvn_run_table;
extern const struct cvn_table cvn_result_table;

/* Index keys: id; programme, id. */
enum { CVN_ENROLMENT_BY_ID, CVN_ENROLMENT_BY_PROGRAM, CVN_ENROLMENT_INDEXES };
extern const struct cvn_index cvn_enrolment_indexes[CVN_ENROLMENT_INDEXES];

/* Index keys: programme, id; state, id. */
enum { CVN_RUN_BY_PROGRAM, CVN_RUN_BY_STATE, CVN_RUN_INDEXES };
extern const struct cvn_index cvn_run_indexes[CVN_RUN_INDEXES];

/* The oldest run in a state, found by index. 0; CVN_STORE_ABSENT; a fault. */
int cvn_run_first_in_state(struct cvn_ctx *ctx, Convene__Mentoring__V1__MatchRun__State state,
                           struct cvn_id *ret_id, Convene__Mentoring__V1__MatchRun **ret);

/* Index key: run, enrolment of the mentor. */
extern const struct cvn_index cvn_result_by_mentor[1];

/* Keys. */
void cvn_program_key(struct cvn_key *key, const struct cvn_id *program);
void cvn_enrolment_key(struct cvn_key *key, const struct cvn_id *program,
                       const struct cvn_id *person);
void cvn_run_key(struct cvn_key *key, const struct cvn_id *run);
void cvn_result_key(struct cvn_key *key, const struct cvn_id *run, const struct cvn_id *enrolment);

/* Writes a message under its key in the table. Results as cvn_table_put. */
int cvn_mentoring_put(struct cvn_ctx *ctx, const struct cvn_table *table, const struct cvn_key *key,
                      const ProtobufCMessage *message);

/* Reads the message under the key into the arena. 0; CVN_STORE_ABSENT; a fault. */
int cvn_mentoring_get(struct cvn_ctx *ctx, const struct cvn_key *key,
                      const ProtobufCMessageDescriptor *type, void *ret_message);

/* The enrolment of an id. 0; CVN_STORE_ABSENT; a fault. */
int cvn_enrolment_by_id(struct cvn_ctx *ctx, const struct cvn_id *id,
                        Convene__Mentoring__V1__Enrolment **ret_enrolment);

/* Active enrolments of a programme, and mentees among them who wait. */
struct cvn_program_counts {
    uint32_t n_mentors;
    uint32_t n_mentees;
    uint32_t n_waiting;
};

int cvn_program_counts_get(struct cvn_ctx *ctx, const struct cvn_id *program,
                           struct cvn_program_counts *ret);
int cvn_program_counts_put(struct cvn_ctx *ctx, const struct cvn_id *program,
                           const struct cvn_program_counts *counts);

/* What a message says, as an etag in the arena; NULL when it is spent. */
char *cvn_mentoring_etag(struct cvn_ctx *ctx, const ProtobufCMessage *message);

/* The instant as a message in the arena; NULL when it is spent. */
Google__Protobuf__Timestamp *cvn_mentoring_time(struct cvn_arena *arena, int64_t utc_ms);

#endif
