#include "services/mentoring/change.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/mentorships/proposable.h"
#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

enum { STALE_SHOWN_MAX = 1000, STALE_NAMED_MAX = 3, RESULT_BYTES = 8 << 20 };

/* One publishing, all in one transaction. */
struct publishing {
    struct cvn_ctx *ctx;
    const Convene__Mentoring__V1__PublishMatchRunRequest *request;
    const Convene__Mentoring__V1__MatchRun *run;
    const Convene__Mentoring__V1__Program *program;
    struct cvn_proposable proposable;
    Convene__Mentoring__V1__PublishMatchRunResponse *response;
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
    if (p->request->validate_only)
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
static int publish_row(struct publishing *p, struct cvn_slice value)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RESULT_BYTES);
    struct cvn_ctx scratch = *p->ctx;
    Convene__Mentoring__V1__ExplainMatchResponse *result;
    scratch.arena = &arena;
    int r = cvn_run_read_result(&scratch, value, &result);
    if (r == 0 && result->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE &&
        result->matches[0]->mentor_id[0])
        r = publish_pair(p, &scratch, result->matches[0]);
    memcpy(p->ctx->entropy, scratch.entropy, sizeof scratch.entropy);
    return r;
}

static int publish_all(struct publishing *p, const struct cvn_id *run)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_put_id(&lo, run);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    int r =
        cvn_cursor_init(&cursor, p->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0)
        r = publish_row(p, value);
    return r == CVN_STORE_ABSENT ? 0 : r;
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
    const struct cvn_mentoring *mentoring = ctx->service;
    int r = cvn_run_require_done(ctx, run);
    if (r == 0 && run->publish_time)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "RUN_PUBLISHED",
                                    "The run is published already; see `convene mentorships "
                                    "list`.");
    int32_t max = mentoring->options.publish_pairs_max ? mentoring->options.publish_pairs_max
                                                       : CVN_PUBLISH_PAIRS_MAX;
    if (r == 0 && run->matched_count > max)
        return cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                              "The run has %d pairs; at most %d can be published at once. Split "
                              "the programme.",
                              run->matched_count, max);
    return r;
}

static int note_published(struct publishing *p, const struct cvn_id *id,
                          Convene__Mentoring__V1__MatchRun *run)
{
    struct cvn_key key;
    run->publish_time = cvn_mentoring_time(p->ctx->arena, p->ctx->now_ms);
    cvn_run_key(&key, id);
    int r =
        run->publish_time ? cvn_mentoring_put(p->ctx, &cvn_run_table, &key, &run->base) : -ENOMEM;
    return r ? r : cvn_mentoring_note_change(p->ctx, run->id, "run.published");
}

int cvn_run_publish(struct cvn_ctx *ctx, const void *request, void *reply)
{
    struct publishing p = {.ctx = ctx, .request = request, .response = reply};
    Convene__Mentoring__V1__MatchRun *run;
    Convene__Mentoring__V1__Program *program;
    struct cvn_id id, program_id;
    int r = cvn_run_find_managed(ctx, "run_id", p.request->run_id, &id, &run);
    if (r == 0)
        r = cvn_program_find(ctx, "program_id", run->program_id, &program_id, &program);
    if (r == 0)
        r = require_publishable(ctx, run);
    if (r)
        return r;
    p.run = p.response->run = run;
    p.program = program;
    p.response->stale =
        cvn_arena_alloc_array(ctx->arena, STALE_SHOWN_MAX, sizeof *p.response->stale);
    if (!p.response->stale)
        return -ENOMEM;
    cvn_proposable_init(&p.proposable, ctx->arena, &program_id, program->id);
    r = publish_all(&p, &id);
    cvn_proposable_deinit(&p.proposable);
    if (r == 0 && p.response->stale_count > 0 && !p.request->partial && !p.request->validate_only)
        r = refuse_stale(&p);
    return r || p.request->validate_only ? r : note_published(&p, &id, run);
}
