#include "services/mentoring/change.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/mentorships/proposable.h"
#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <string.h>

enum { STALE_SHOWN_MAX = 1000, STALE_NAMED_MAX = 3, RESULT_BYTES = 8 << 20 };

/* One publishing: in one transaction, or as far as one of several has come. */
struct publishing {
    struct cvn_ctx *ctx;
    const Convene__Mentoring__V1__PublishMatchRunRequest *request;
    struct cvn_id run_id, program_id;
    Convene__Mentoring__V1__MatchRun *run;
    Convene__Mentoring__V1__Program *program;
    struct cvn_proposable proposable;
    Convene__Mentoring__V1__PublishMatchRunResponse *response;
    bool judge_only;
    size_t rows_max;     /* results looked at in this transaction */
    struct cvn_key next; /* the result to go on from; empty: the first */
    bool ended;          /* there is no further one */
};

static int add_stale(struct publishing *p, const Convene__Mentoring__V1__Match *match,
                     const char *reason)
{
    struct cvn_arena *arena = p->ctx->arena;
    p->response->stale_count++;
    if (p->response->n_stale == STALE_SHOWN_MAX)
        return 0;
    Convene__Mentoring__V1__StalePair *stale = cvn_arena_alloc(arena, sizeof *stale);
    if (!stale)
        return -ENOMEM;
    convene__mentoring__v1__stale_pair__init(stale);
    stale->mentee_id = cvn_arena_strdup(arena, match->mentee_id);
    stale->mentor_id = cvn_arena_strdup(arena, match->mentor_id);
    stale->mentee_name = cvn_arena_strdup(arena, match->mentee_name);
    stale->mentor_name = cvn_arena_strdup(arena, match->mentor_name);
    stale->reason = cvn_arena_strdup(arena, reason);
    p->response->stale[p->response->n_stale++] = stale;
    return stale->mentee_id && stale->mentor_id && stale->mentee_name && stale->mentor_name &&
                   stale->reason
               ? 0
               : -ENOMEM;
}

static int publish_pair(struct publishing *p, struct cvn_ctx *scratch,
                        const Convene__Mentoring__V1__Match *match)
{
    const struct cvn_wish wish = {
        .mentor_id = match->mentor_id,
        .mentee_id = match->mentee_id,
        .mentor_revision = match->mentor_revision,
        .mentee_revision = match->mentee_revision,
        .locked = match->locked,
        .meeting = match->meeting,
    };
    struct cvn_verdict verdict;
    Convene__Mentoring__V1__Mentorship *made;
    int r = cvn_proposable_judge(&p->proposable, scratch, &wish, &verdict);
    if (r)
        return r;
    if (verdict.stale)
        return add_stale(p, match, verdict.stale);
    if (verdict.already) {
        p->response->kept_count++;
        return 0;
    }
    p->response->proposed_count++;
    if (p->judge_only)
        return 0;
    const struct cvn_proposal proposal = {
        .program = p->program,
        .mentor = verdict.mentor,
        .mentee = verdict.mentee,
        .run_id = p->run->id,
        .replaces_id = "",
        .mentee_score = match->mentee_score,
        .mentor_score = match->mentor_score,
        .meeting = match->meeting,
    };
    return cvn_mentorship_propose(scratch, &proposal, &made);
}

/* Ids go on counting in the call's context, whatever arena a pair is worked on in. */
static int publish_row(struct publishing *p, struct cvn_slice key, struct cvn_slice value)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RESULT_BYTES);
    struct cvn_ctx scratch = *p->ctx;
    Convene__Mentoring__V1__ExplainMatchResponse *result;
    scratch.arena = &arena;
    int r = cvn_result_read(&scratch, key, value, CVN_RESULT_PAIR, &result);
    if (r == 0 && result->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE &&
        result->matches[0]->mentor_id[0])
        r = publish_pair(p, &scratch, result->matches[0]);
    memcpy(p->ctx->entropy, scratch.entropy, sizeof scratch.entropy);
    return r;
}

/* Goes on with the run's results, for as many as one transaction takes. */
static int publish_rows(struct publishing *p)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_put_id(&lo, &p->run_id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    struct cvn_slice from = cvn_key_slice(p->next.len ? &p->next : &lo);
    cvn_proposable_init(&p->proposable, p->ctx->arena, &p->program_id, p->program->id);
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, p->ctx->txn, from, cvn_key_slice(&hi), CVN_FORWARD);
    for (size_t n = 0; r == 0 && n < p->rows_max; n++) {
        r = cvn_cursor_next(&cursor, &key, &value);
        if (r == 0) {
            cvn_key_init(&p->next);
            cvn_key_put_raw(&p->next, key);
            cvn_key_put_u8(&p->next, 0); /* right behind it */
            r = publish_row(p, key, value);
        }
    }
    cvn_proposable_deinit(&p->proposable);
    p->ended = r == CVN_STORE_ABSENT;
    return p->ended ? 0 : r;
}

/* Names whom it is about, so that the managers know what to look at. */
static int refuse_stale(struct publishing *p)
{
    const Convene__Mentoring__V1__PublishMatchRunResponse *response = p->response;
    const char *named = "";
    for (size_t i = 0; named && i < response->n_stale && i < STALE_NAMED_MAX; i++)
        named = cvn_arena_printf(p->ctx->arena, "%s%s%s", named, i ? "; " : "",
                                 response->stale[i]->reason);
    return cvn_ctx_refuse_state(
        p->ctx, CVN_FAILED_PRECONDITION, "RUN_STALE",
        "%d pair%s cannot be proposed any more: %s%s. Match again, or publish the others alone.",
        response->stale_count, response->stale_count == 1 ? "" : "s", named ? named : "",
        response->stale_count > STALE_NAMED_MAX ? "; and others" : "");
}

static int require_publishable(struct cvn_ctx *ctx, const Convene__Mentoring__V1__MatchRun *run)
{
    int r = cvn_run_require_done(ctx, run);
    if (r == 0 && run->publish_time)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "RUN_PUBLISHED",
                                    "The run is published already; see `convene mentorships "
                                    "list`.");
    return r;
}

static bool is_publishable(const Convene__Mentoring__V1__MatchRun *run)
{
    return run->state == CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_DONE && !run->publish_time;
}

static int find(struct publishing *p)
{
    struct cvn_ctx *ctx = p->ctx;
    int r = cvn_run_find_managed(ctx, "run_id", p->request->run_id, &p->run_id, &p->run);
    if (r == 0)
        r = cvn_program_find(ctx, "program_id", p->run->program_id, &p->program_id, &p->program);
    return r;
}

static int make_room(struct publishing *p)
{
    p->response->stale =
        cvn_arena_alloc_array(p->ctx->arena, STALE_SHOWN_MAX, sizeof *p->response->stale);
    return p->response->stale ? 0 : -ENOMEM;
}

static bool is_refused_for_stale(const struct publishing *p)
{
    return p->response->stale_count > 0 && !p->request->partial && !p->request->validate_only;
}

/* For how many pairs one transaction may hold up all others. */
static int32_t pairs_at_once(const struct publishing *p)
{
    const struct cvn_mentoring *mentoring = p->ctx->service;
    int32_t n = mentoring->options.publish_pairs_at_once;
    return n ? n : CVN_PUBLISH_PAIRS_AT_ONCE;
}

/* The next of a large run's pairs; what came of them counts once they are committed. */
struct step {
    const struct publishing *before;
    struct publishing after;
    Convene__Mentoring__V1__PublishMatchRunResponse response;
    struct cvn_ctx ctx;
};

/* Nobody else has published the run meanwhile. */
static int require_publishable_still(struct step *step)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RESULT_BYTES);
    struct cvn_ctx scratch = step->ctx;
    struct cvn_key key;
    Convene__Mentoring__V1__MatchRun *run;
    scratch.arena = &arena;
    cvn_run_key(&key, &step->after.run_id);
    int r = cvn_mentoring_get(&scratch, &key, &convene__mentoring__v1__match_run__descriptor, &run);
    if (r == CVN_STORE_ABSENT)
        return cvn_run_refuse_unknown(&step->ctx, step->after.request->run_id);
    return r ? r : require_publishable(&step->ctx, run);
}

static int take_step(struct cvn_txn *txn, void *arg)
{
    struct step *step = arg;
    step->after = *step->before;
    step->response = *step->before->response;
    step->ctx = *step->before->ctx;
    step->ctx.txn = txn;
    step->after.ctx = &step->ctx;
    step->after.response = &step->response;
    int r = require_publishable_still(step);
    return r ? r : publish_rows(&step->after);
}

static int publish_in_steps(struct publishing *p)
{
    struct cvn_ctx *ctx = p->ctx;
    struct step step = {.before = p};
    p->rows_max = (size_t)pairs_at_once(p);
    while (!p->ended) {
        int r = cvn_store_update(ctx->store, take_step, &step, ctx->deadline_ms * 1000000);
        if (r)
            return r;
        *p->response = step.response;
        p->next = step.after.next;
        p->ended = step.after.ended;
        memcpy(ctx->entropy, step.ctx.entropy, sizeof ctx->entropy);
    }
    return 0;
}

/* Looks at everybody before the first pair is proposed. */
static int judge_all(struct publishing *p)
{
    int r = make_room(p);
    p->judge_only = true;
    p->rows_max = SIZE_MAX;
    if (r == 0)
        r = publish_rows(p);
    if (r == 0 && is_refused_for_stale(p))
        r = refuse_stale(p);
    return r;
}

/* In several transactions; releases the snapshot before the first of them. */
static int prepare_large(struct publishing *p)
{
    struct publishing steps = *p; /* as long as nothing is judged */
    Convene__Mentoring__V1__PublishMatchRunResponse *response = p->response;
    int r = judge_all(p);
    cvn_snapshot_release(p->ctx->txn);
    p->ctx->txn = NULL;
    if (r == 0 && !p->request->validate_only) {
        convene__mentoring__v1__publish_match_run_response__init(response);
        r = make_room(&steps);
        if (r == 0)
            r = publish_in_steps(&steps);
    }
    p->ctx->prepared = response;
    return r;
}

int cvn_run_prepare_publish(struct cvn_ctx *ctx, const void *request)
{
    struct cvn_mentoring *mentoring = ctx->service;
    struct publishing p = {.ctx = ctx, .request = request};
    p.response = cvn_arena_alloc(ctx->arena, sizeof *p.response);
    int r = p.response ? cvn_store_snapshot(ctx->store, &ctx->txn) : -ENOMEM;
    if (r)
        return r;
    convene__mentoring__v1__publish_match_run_response__init(p.response);
    r = find(&p);
    bool large = r == 0 && is_publishable(p.run) && p.run->matched_count > pairs_at_once(&p);
    if (large && !atomic_exchange(&mentoring->publishing, true)) {
        r = prepare_large(&p);
        atomic_store(&mentoring->publishing, false);
        return r;
    }
    cvn_snapshot_release(ctx->txn);
    ctx->txn = NULL;
    return large ? cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                                  "Another run is being published; try again in a moment.")
                 : r;
}

static int note_published(struct publishing *p)
{
    struct cvn_key key;
    p->run->publish_time = cvn_mentoring_time(p->ctx->arena, p->ctx->now_ms);
    cvn_run_key(&key, &p->run_id);
    int r = p->run->publish_time ? cvn_mentoring_put(p->ctx, &cvn_run_table, &key, &p->run->base)
                                 : -ENOMEM;
    return r ? r : cvn_mentoring_note_change(p->ctx, p->run->id, "run.published");
}

int cvn_run_publish(struct cvn_ctx *ctx, const void *request, void *reply)
{
    struct publishing p = {.ctx = ctx, .request = request, .response = reply};
    int r = find(&p);
    if (r == 0)
        r = require_publishable(ctx, p.run);
    if (r)
        return r;
    if (ctx->prepared) {
        *p.response = *(const Convene__Mentoring__V1__PublishMatchRunResponse *)ctx->prepared;
    } else {
        p.judge_only = p.request->validate_only;
        p.rows_max = SIZE_MAX;
        r = make_room(&p);
        if (r == 0)
            r = publish_rows(&p);
        if (r == 0 && is_refused_for_stale(&p))
            r = refuse_stale(&p);
    }
    p.response->run = p.run;
    return r || p.request->validate_only ? r : note_published(&p);
}
