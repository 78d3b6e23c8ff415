#include "services/mentoring/mentorships/proposable.h"

#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/pair_rule_table.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

/* A table that cannot grow is a lack of memory. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct cvn_mentor_seats {
    struct cvn_id mentor;
    int32_t n_taken;
    int32_t meeting_hour, meeting_hours; /* of their group; hours 0: none */
    UT_hash_handle hh;
};

void cvn_proposable_init(struct cvn_proposable *proposable, struct cvn_arena *arena,
                         const struct cvn_id *program, const char *program_id)
{
    *proposable =
        (struct cvn_proposable){.arena = arena, .program = *program, .program_id = program_id};
}

void cvn_proposable_deinit(struct cvn_proposable *proposable)
{
    HASH_CLEAR(hh, proposable->seats);
}

/* How many seats of a mentor are taken, counted once. */
static int find_seats(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                      const struct cvn_id *mentor, struct cvn_mentor_seats **ret)
{
    struct cvn_mentor_load load;
    HASH_FIND(hh, proposable->seats, mentor->bytes, CVN_ID_BYTES, *ret);
    if (*ret)
        return 0;
    int r = cvn_mentor_load_get(ctx, proposable->program_id, mentor, &load);
    if (r)
        return r;
    struct cvn_mentor_seats *seats = cvn_arena_alloc(proposable->arena, sizeof *seats);
    if (!seats)
        return -ENOMEM;
    seats->mentor = *mentor;
    seats->n_taken = load.n_open;
    seats->meeting_hour = load.meeting_hour;
    seats->meeting_hours = load.meeting_hours;
    HASH_ADD(hh, proposable->seats, mentor.bytes, CVN_ID_BYTES, seats);
    *ret = seats;
    return seats->hh.tbl ? 0 : -ENOMEM;
}

/* An enrolment as it was when they were paired; else why not. */
static int find_unchanged(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                          const struct cvn_id *person, int64_t revision,
                          const Convene__Mentoring__V1__Enrolment **ret, const char **ret_stale)
{
    struct cvn_key key;
    Convene__Mentoring__V1__Enrolment *e;
    cvn_enrolment_key(&key, &proposable->program, person);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor, &e);
    if (r == CVN_STORE_ABSENT) {
        *ret_stale = "somebody is enrolled no longer";
        return 0;
    }
    if (r)
        return r;
    *ret = e;
    if (e->state != CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_ACTIVE)
        *ret_stale = cvn_arena_printf(ctx->arena, "%s has withdrawn", e->display_name);
    else if (e->revision != revision)
        *ret_stale =
            cvn_arena_printf(ctx->arena, "%s changed the enrolment after the run", e->display_name);
    else
        return 0;
    return *ret_stale ? 0 : -ENOMEM;
}

/* The mentee's open mentorship in the programme, if there is one. */
static int find_open(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                     const struct cvn_id *mentee, const char *mentee_id,
                     Convene__Mentoring__V1__Mentorship **ret)
{
    struct cvn_mentorship_walk walk;
    struct cvn_id id;
    Convene__Mentoring__V1__Mentorship *row = NULL;
    *ret = NULL;
    int r = cvn_mentorship_walk_open(&walk, ctx, mentee);
    while (r == 0 && !*ret && (r = cvn_mentorship_walk_next(&walk, &id, &row)) == 0)
        if (strcmp(row->program_id, proposable->program_id) == 0 &&
            strcmp(row->mentee_id, mentee_id) == 0)
            *ret = row;
    cvn_mentorship_walk_end(&walk);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int judge_mentee(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                        const struct cvn_wish *wish, const struct cvn_match_pair_ids *pair,
                        struct cvn_verdict *ret)
{
    Convene__Mentoring__V1__Mentorship *open;
    int r = find_open(proposable, ctx, &pair->mentee_id, wish->mentee_id, &open);
    if (r || !open)
        return r;
    if (strcmp(open->mentor_id, wish->mentor_id) == 0) {
        ret->already = true;
        return 0;
    }
    ret->stale = cvn_arena_printf(ctx->arena, "%s has a mentor by now, %s", open->mentee_name,
                                  open->mentor_name);
    return ret->stale ? 0 : -ENOMEM;
}

static int judge_rule(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                      const struct cvn_match_pair_ids *pair, struct cvn_verdict *ret)
{
    Convene__Mentoring__V1__PairRule *rule;
    int r = cvn_pair_rule_get(ctx, &proposable->program, pair, &rule);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    if (rule->kind != CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_FORBIDDEN)
        return 0;
    ret->stale = cvn_arena_printf(ctx->arena, "%s and %s were forbidden after the run",
                                  rule->mentee_name, rule->mentor_name);
    return ret->stale ? 0 : -ENOMEM;
}

/* Whether the mentor's group, where there is one, meets at that time. */
static bool same_meeting(const struct cvn_mentor_seats *seats,
                         const Convene__Mentoring__V1__MeetingTime *meeting)
{
    return !meeting || seats->meeting_hours == 0 ||
           (seats->meeting_hours == meeting->hours && seats->meeting_hour == meeting->utc_hour);
}

static int take_seat(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                     const struct cvn_wish *wish, const struct cvn_match_pair_ids *pair,
                     struct cvn_verdict *ret)
{
    struct cvn_mentor_seats *seats;
    int r = find_seats(proposable, ctx, &pair->mentor_id, &seats);
    if (r)
        return r;
    bool same_time = same_meeting(seats, wish->meeting);
    if (same_time && seats->n_taken < ret->mentor->capacity) {
        seats->n_taken++;
        return 0;
    }
    ret->stale = cvn_arena_printf(ctx->arena,
                                  same_time ? "%s has no free seat any more"
                                            : "%s meets a group at another time by now",
                                  ret->mentor->display_name);
    return ret->stale ? 0 : -ENOMEM;
}

int cvn_proposable_judge(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                         const struct cvn_wish *wish, struct cvn_verdict *ret)
{
    struct cvn_match_pair_ids pair;
    *ret = (struct cvn_verdict){0};
    if (!cvn_id_parse(&pair.mentor_id, CVN_MENTORING_PERSON_PREFIX, wish->mentor_id) ||
        !cvn_id_parse(&pair.mentee_id, CVN_MENTORING_PERSON_PREFIX, wish->mentee_id)) {
        ret->stale = "somebody was forgotten since";
        return 0;
    }
    int r = find_unchanged(proposable, ctx, &pair.mentee_id, wish->mentee_revision, &ret->mentee,
                           &ret->stale);
    if (r == 0 && !ret->stale)
        r = find_unchanged(proposable, ctx, &pair.mentor_id, wish->mentor_revision, &ret->mentor,
                           &ret->stale);
    if (r == 0 && !ret->stale)
        r = judge_mentee(proposable, ctx, wish, &pair, ret);
    if (r == 0 && !ret->stale && !ret->already && !wish->locked)
        r = judge_rule(proposable, ctx, &pair, ret);
    if (r == 0 && !ret->stale && !ret->already)
        r = take_seat(proposable, ctx, wish, &pair, ret);
    return r;
}
