#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000, SCAN_MAX = 200000, RESULT_BYTES = 4 << 20 };

#define KIND(name) CONVENE__MENTORING__V1__MATCH_CHANGE__KIND__KIND_##name

int cvn_run_check_diff(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__DiffMatchRunsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

/* What a run has for a mentee; of the next one that comes. */
struct side {
    struct cvn_txn *txn;
    struct cvn_cursor cursor;
    struct cvn_arena arena;
    struct cvn_id mentee; /* its enrolment */
    const Convene__Mentoring__V1__Match *match;
    bool at_end;
};

/* Both runs, walked by mentee side by side; rows of mentors are passed over. */
struct walk {
    struct cvn_ctx *ctx;
    struct side sides[2];
    Convene__Mentoring__V1__DiffMatchRunsResponse *response;
    size_t page_size;
    bool whole;         /* the totals are counted too */
    struct cvn_id last; /* of the last change shown */
    bool more;
};

static int step(struct side *side)
{
    struct cvn_slice key, value;
    int r;
    while ((r = cvn_cursor_next(&side->cursor, &key, &value)) == 0) {
        Convene__Mentoring__V1__ExplainMatchResponse *result;
        struct cvn_key_reader reader;
        cvn_arena_reset(&side->arena);
        struct cvn_ctx ctx = {.arena = &side->arena, .txn = side->txn};
        r = cvn_result_read(&ctx, key, value, CVN_RESULT_PAIR, &result);
        if (r)
            return r;
        if (result->role != CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE)
            continue;
        cvn_key_reader_init(&reader, key);
        (void)cvn_key_get_u8(&reader);
        (void)cvn_key_get_id(&reader);
        side->mentee = cvn_key_get_id(&reader);
        side->match = result->matches[0];
        return 0;
    }
    side->at_end = r == CVN_STORE_ABSENT;
    side->match = NULL;
    return side->at_end ? 0 : r;
}

static int side_init(struct side *side, struct cvn_ctx *ctx, const struct cvn_id *run,
                     struct cvn_slice after)
{
    struct cvn_key lo, hi, from;
    side->txn = ctx->txn;
    cvn_arena_init(&side->arena, RESULT_BYTES);
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_put_id(&lo, run);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&side->cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                            CVN_FORWARD);
    if (r == 0 && after.len > 0) {
        from = lo;
        cvn_key_put_raw(&from, after);
        r = cvn_cursor_resume(&side->cursor, cvn_key_slice(&from));
    }
    return r ? r : step(side);
}

static void side_deinit(struct side *side)
{
    cvn_cursor_deinit(&side->cursor);
    cvn_arena_deinit(&side->arena);
}

static bool is_paired(const Convene__Mentoring__V1__Match *match)
{
    return match && match->mentor_id[0];
}

static int32_t score_of(const Convene__Mentoring__V1__Match *match)
{
    return is_paired(match) ? match->mentee_score + match->mentor_score : 0;
}

static char *copy(struct walk *walk, const char *text)
{
    return cvn_arena_strdup(walk->ctx->arena, text);
}

static bool have_same_mentor(const Convene__Mentoring__V1__Match *first,
                             const Convene__Mentoring__V1__Match *second)
{
    return is_paired(first) && is_paired(second) &&
           strcmp(first->mentor_id, second->mentor_id) == 0;
}

/* Whether the group of one mentor meets at different times; one of them may have none. */
static bool is_moved(const Convene__Mentoring__V1__Match *first,
                     const Convene__Mentoring__V1__Match *second)
{
    const Convene__Mentoring__V1__MeetingTime *a = first->meeting, *b = second->meeting;
    return a && b ? a->utc_hour != b->utc_hour || a->hours != b->hours : a != b;
}

/* A copy of when the group meets; NULL where it is paired with nobody, or one to one. */
static int copy_meeting(struct walk *walk, const Convene__Mentoring__V1__Match *match,
                        Convene__Mentoring__V1__MeetingTime **ret)
{
    if (!is_paired(match) || !match->meeting)
        return 0;
    *ret = cvn_arena_copy(walk->ctx->arena, match->meeting, sizeof **ret);
    return *ret ? 0 : -ENOMEM;
}

static int add_change(struct walk *walk, const Convene__Mentoring__V1__Match *first,
                      const Convene__Mentoring__V1__Match *second)
{
    Convene__Mentoring__V1__MatchChange *change = cvn_arena_alloc(walk->ctx->arena, sizeof *change);
    const Convene__Mentoring__V1__Match *any = first ? first : second;
    if (!change)
        return -ENOMEM;
    convene__mentoring__v1__match_change__init(change);
    change->kind = !is_paired(first)                 ? KIND(GAINED)
                   : !is_paired(second)              ? KIND(LOST)
                   : have_same_mentor(first, second) ? KIND(MOVED)
                                                     : KIND(CHANGED);
    change->mentee_id = copy(walk, any->mentee_id);
    change->mentee_name = copy(walk, any->mentee_name);
    change->first_mentor_id = copy(walk, first ? first->mentor_id : "");
    change->first_mentor_name = copy(walk, first ? first->mentor_name : "");
    change->second_mentor_id = copy(walk, second ? second->mentor_id : "");
    change->second_mentor_name = copy(walk, second ? second->mentor_name : "");
    change->first_score = score_of(first);
    change->second_score = score_of(second);
    walk->response->changes[walk->response->n_changes++] = change;
    int r = copy_meeting(walk, first, &change->first_meeting);
    if (r == 0)
        r = copy_meeting(walk, second, &change->second_meeting);
    if (r)
        return r;
    return change->mentee_id && change->mentee_name && change->first_mentor_id &&
                   change->first_mentor_name && change->second_mentor_id &&
                   change->second_mentor_name
               ? 0
               : -ENOMEM;
}

/* Takes what both runs have for one mentee; either may be NULL. */
static int compare(struct walk *walk, const struct cvn_id *mentee,
                   const Convene__Mentoring__V1__Match *first,
                   const Convene__Mentoring__V1__Match *second)
{
    Convene__Mentoring__V1__DiffMatchRunsResponse *response = walk->response;
    if (!is_paired(first) && !is_paired(second))
        return 0;
    bool same = have_same_mentor(first, second), moved = same && is_moved(first, second);
    if (walk->whole) {
        response->same_count += same;
        response->moved_count += moved;
        response->gained_count += !is_paired(first);
        response->lost_count += !is_paired(second);
        response->changed_count += is_paired(first) && is_paired(second) && !same;
        response->score_change += score_of(second) - score_of(first);
    }
    if ((same && !moved) || walk->more)
        return 0;
    if (response->n_changes == walk->page_size) {
        walk->more = true;
        return 0;
    }
    walk->last = *mentee;
    return add_change(walk, first, second);
}

/* Takes the next mentee of either side. 0, CVN_STORE_ABSENT at the end of both, or a fault. */
static int advance(struct walk *walk)
{
    struct side *a = &walk->sides[0], *b = &walk->sides[1];
    if (a->at_end && b->at_end)
        return CVN_STORE_ABSENT;
    int order = a->at_end   ? 1
                : b->at_end ? -1
                            : memcmp(a->mentee.bytes, b->mentee.bytes, CVN_ID_BYTES);
    int r = compare(walk, order <= 0 ? &a->mentee : &b->mentee, order <= 0 ? a->match : NULL,
                    order >= 0 ? b->match : NULL);
    if (r == 0 && order <= 0)
        r = step(a);
    if (r == 0 && order >= 0)
        r = step(b);
    return r;
}

static int walk_both(struct walk *walk, const struct cvn_id runs[2], struct cvn_slice after)
{
    int r = side_init(&walk->sides[0], walk->ctx, &runs[0], after);
    if (r == 0)
        r = side_init(&walk->sides[1], walk->ctx, &runs[1], after);
    for (size_t n = 0; r == 0 && n < SCAN_MAX && (walk->whole || !walk->more); n++)
        r = advance(walk);
    side_deinit(&walk->sides[0]);
    side_deinit(&walk->sides[1]);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int find_both(struct cvn_ctx *ctx, const Convene__Mentoring__V1__DiffMatchRunsRequest *req,
                     struct cvn_id ret_ids[2])
{
    Convene__Mentoring__V1__MatchRun *first, *second;
    int r = cvn_run_find_managed(ctx, "first_run_id", req->first_run_id, &ret_ids[0], &first);
    if (r == 0)
        r = cvn_run_find_managed(ctx, "second_run_id", req->second_run_id, &ret_ids[1], &second);
    if (r == 0)
        r = cvn_run_require_done(ctx, first);
    if (r == 0)
        r = cvn_run_require_done(ctx, second);
    if (r == 0 && strcmp(first->program_id, second->program_id) != 0) {
        cvn_problems_add(&ctx->problems, "second_run_id",
                         "is a run of another programme; two runs of one are right");
        r = cvn_ctx_refuse_problems(ctx);
    }
    return r;
}

int cvn_run_diff(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__DiffMatchRunsRequest *req = request;
    struct walk walk = {
        .ctx = ctx,
        .response = reply,
        .page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX),
    };
    struct cvn_id runs[2];
    struct cvn_slice after;
    int r = find_both(ctx, req, runs);
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    walk.whole = after.len == 0;
    walk.response->changes =
        cvn_arena_alloc_array(ctx->arena, walk.page_size, sizeof *walk.response->changes);
    if (!walk.response->changes)
        return -ENOMEM;
    r = walk_both(&walk, runs, after);
    if (r == 0 && walk.more) {
        walk.response->next_page_token =
            cvn_page_token_make(ctx, &req->base, cvn_slice(walk.last.bytes, CVN_ID_BYTES));
        r = walk.response->next_page_token ? 0 : -ENOMEM;
    }
    return r;
}
