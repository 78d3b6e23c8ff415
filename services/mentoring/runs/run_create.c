#include "base/text.h"
#include "matching/matching.h"
#include "services/mentoring/change.h"
#include "services/mentoring/pair_rule_table.h"
#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/runs/queue.h"
#include "services/mentoring/runs/run_find.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

#define STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name
#define MODE(name) CONVENE__MENTORING__V1__MATCH_MODE__MATCH_MODE_##name
#define USE(name) CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_##name
#define KIND(name) CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_##name

static void check_rules(struct cvn_ctx *ctx,
                        const Convene__Mentoring__V1__CreateMatchRunRequest *req)
{
    if (req->n_pair_rules > CVN_PAIR_RULES_OF_RUN_MAX)
        cvn_problems_add(&ctx->problems, "pair_rules", "has %zu entries; at most %d are right",
                         req->n_pair_rules, CVN_PAIR_RULES_OF_RUN_MAX);
    for (size_t i = 0; i < req->n_pair_rules && i < CVN_PAIR_RULES_OF_RUN_MAX; i++) {
        const Convene__Mentoring__V1__PairRule *rule = req->pair_rules[i];
        struct cvn_id id;
        const char *field = cvn_arena_printf(ctx->arena, "pair_rules[%zu]", i);
        field = field ? field : "pair_rules";
        (void)cvn_ctx_read_id(ctx, field, CVN_MENTORING_PERSON_PREFIX, rule->mentee_id, &id);
        (void)cvn_ctx_read_id(ctx, field, CVN_MENTORING_PERSON_PREFIX, rule->mentor_id, &id);
        if (rule->kind != KIND(LOCKED) && rule->kind != KIND(FORBIDDEN))
            cvn_problems_add(&ctx->problems, field,
                             "is of kind %d; KIND_LOCKED or KIND_FORBIDDEN is right",
                             (int)rule->kind);
        struct cvn_slice note = cvn_slice_of_string(rule->note);
        if (note.len > CVN_PAIR_RULE_NOTE_BYTES_MAX || !cvn_text_is_line(note))
            cvn_problems_add(&ctx->problems, field,
                             "has a note of %zu bytes; at most %d of plain text are right",
                             note.len, CVN_PAIR_RULE_NOTE_BYTES_MAX);
    }
}

int cvn_run_check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__CreateMatchRunRequest *req = request;
    if (req->candidates_per_mentee < 0 || req->candidates_per_mentee > CVN_MATCH_CANDIDATES_MAX)
        cvn_problems_add(&ctx->problems, "candidates_per_mentee",
                         "is %d; 1 to %d is right, or 0 for %d", req->candidates_per_mentee,
                         CVN_MATCH_CANDIDATES_MAX, CVN_MATCH_CANDIDATES_DEFAULT);
    if (!protobuf_c_enum_descriptor_get_value(&convene__mentoring__v1__match_mode__descriptor,
                                              (int)req->mode))
        cvn_problems_add(&ctx->problems, "mode", "is %d; one of MatchMode is right",
                         (int)req->mode);
    if (!protobuf_c_enum_descriptor_get_value(&convene__mentoring__v1__events_use__descriptor,
                                              (int)req->events_use))
        cvn_problems_add(&ctx->problems, "events_use", "is %d; one of EventsUse is right",
                         (int)req->events_use);
    check_rules(ctx, req);
    return cvn_ctx_refuse_problems(ctx);
}

static int count_state(struct cvn_ctx *ctx, Convene__Mentoring__V1__MatchRun__State state, int *n)
{
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    cvn_key_init(&lo);
    cvn_key_put_u8(&lo, (uint8_t)state);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_run_indexes[CVN_RUN_BY_STATE],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    while (r == 0 && *n < CVN_RUNS_WAITING_MAX && (r = cvn_index_cursor_next(&cursor, &entry)) == 0)
        ++*n;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Refuses when as many runs wait as may. */
static int check_queue(struct cvn_ctx *ctx)
{
    int n = 0;
    int r = count_state(ctx, STATE(RUNNING), &n);
    if (r == 0)
        r = count_state(ctx, STATE(QUEUED), &n);
    if (r == 0 && n >= CVN_RUNS_WAITING_MAX)
        return cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                              "%d match runs are waiting already; start this one when one of them "
                              "is done.",
                              CVN_RUNS_WAITING_MAX);
    return r;
}

static int check_base(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program,
                      const char *base_run_id)
{
    struct cvn_id id;
    Convene__Mentoring__V1__MatchRun *base;
    if (!base_run_id[0])
        return 0;
    int r = cvn_run_find_managed(ctx, "base_run_id", base_run_id, &id, &base);
    if (r == 0)
        r = cvn_run_require_done(ctx, base);
    if (r == 0 && strcmp(base->program_id, program->id) != 0) {
        cvn_problems_add(&ctx->problems, "base_run_id",
                         "is a run of another programme; one of this programme is right");
        r = cvn_ctx_refuse_problems(ctx);
    }
    return r;
}

/* Ids as the server writes them, whatever case they came in. */
static int copy_rules(struct cvn_ctx *ctx, const Convene__Mentoring__V1__CreateMatchRunRequest *req,
                      Convene__Mentoring__V1__MatchRun *run)
{
    struct cvn_id mentee, mentor;
    run->pair_rules = req->pair_rules;
    run->n_pair_rules = req->n_pair_rules;
    for (size_t i = 0; i < run->n_pair_rules; i++) {
        Convene__Mentoring__V1__PairRule *rule = run->pair_rules[i];
        if (!cvn_id_parse(&mentee, CVN_MENTORING_PERSON_PREFIX, rule->mentee_id) ||
            !cvn_id_parse(&mentor, CVN_MENTORING_PERSON_PREFIX, rule->mentor_id))
            return -EINVAL;
        rule->mentee_id = cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, &mentee);
        rule->mentor_id = cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, &mentor);
        if (!rule->mentee_id || !rule->mentor_id)
            return -ENOMEM;
    }
    return 0;
}

int cvn_run_create(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__CreateMatchRunRequest *req = request;
    Convene__Mentoring__V1__MatchRun *run = reply;
    Convene__Mentoring__V1__Program *program;
    struct cvn_id program_id, id = cvn_ctx_new_id(ctx);
    struct cvn_key key;
    int r = cvn_program_find(ctx, "program_id", req->program_id, &program_id, &program);
    if (r == 0)
        r = cvn_program_require_manager(ctx, program, "match this programme");
    if (r == 0)
        r = check_base(ctx, program, req->base_run_id);
    if (r == 0)
        r = check_queue(ctx);
    if (r == 0)
        r = copy_rules(ctx, req, run);
    if (r)
        return r;
    run->id = cvn_ctx_id_text(ctx, CVN_RUN_PREFIX, &id);
    run->program_id = program->id;
    run->mode = req->mode ? req->mode : MODE(STABLE);
    run->candidates_per_mentee =
        req->candidates_per_mentee ? req->candidates_per_mentee : CVN_MATCH_CANDIDATES_DEFAULT;
    run->seed = req->seed;
    run->events_use = req->events_use ? req->events_use : USE(REQUIRED);
    run->base_run_id = req->base_run_id;
    run->include_mentored = req->include_mentored;
    run->all_pairs = !req->candidates_only;
    run->state = STATE(QUEUED);
    run->mentor_count = program->mentor_count;
    run->mentee_count = program->mentee_count;
    run->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    run->creator = ctx->who.kind == CVN_PRINCIPAL_PERSON
                       ? cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, &ctx->who.person)
                       : cvn_arena_strdup(ctx->arena, ctx->who.text);
    if (!run->id || !run->create_time || !run->creator)
        return -ENOMEM;
    cvn_run_key(&key, &id);
    r = cvn_mentoring_put(ctx, &cvn_run_table, &key, &run->base);
    return r ? r : cvn_mentoring_note_change(ctx, run->id, "run.created");
}
