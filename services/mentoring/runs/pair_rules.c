#include "base/text.h"
#include "services/mentoring/change.h"
#include "services/mentoring/pair_rule_table.h"
#include "services/mentoring/runs/handlers.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000 };

#define KIND(name) CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_##name

static bool read_pair(struct cvn_ctx *ctx, const char *mentee, const char *mentor, const char *path,
                      struct cvn_match_pair_ids *ret)
{
    const char *mentee_field = cvn_arena_printf(ctx->arena, "%smentee_id", path);
    const char *mentor_field = cvn_arena_printf(ctx->arena, "%smentor_id", path);
    bool ok = cvn_ctx_read_id(ctx, mentee_field ? mentee_field : "mentee_id",
                              CVN_MENTORING_PERSON_PREFIX, mentee, &ret->mentee_id);
    return cvn_ctx_read_id(ctx, mentor_field ? mentor_field : "mentor_id",
                           CVN_MENTORING_PERSON_PREFIX, mentor, &ret->mentor_id) &&
           ok;
}

int cvn_pair_rule_check_set(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__SetPairRuleRequest *req = request;
    const Convene__Mentoring__V1__PairRule *rule = req->pair_rule;
    if (!rule) {
        cvn_problems_add(&ctx->problems, "pair_rule", "is missing");
        return cvn_ctx_refuse_problems(ctx);
    }
    if (rule->kind != KIND(LOCKED) && rule->kind != KIND(FORBIDDEN))
        cvn_problems_add(&ctx->problems, "pair_rule.kind",
                         "is %d; KIND_LOCKED or KIND_FORBIDDEN is right", (int)rule->kind);
    struct cvn_slice note = cvn_slice_of_string(rule->note);
    if (note.len > CVN_PAIR_RULE_NOTE_BYTES_MAX || !cvn_text_is_line(note))
        cvn_problems_add(&ctx->problems, "pair_rule.note",
                         "has %zu bytes; at most %d of plain text are right", note.len,
                         CVN_PAIR_RULE_NOTE_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

/* The name of somebody who takes part on a side of the programme. */
static int find_member(struct cvn_ctx *ctx, const struct cvn_id *program,
                       const struct cvn_id *person, Convene__Mentoring__V1__Role role,
                       char **ret_name)
{
    bool mentor = role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR;
    struct cvn_key key;
    Convene__Mentoring__V1__Enrolment *e;
    cvn_enrolment_key(&key, program, person);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor, &e);
    if (r == CVN_STORE_ABSENT || (r == 0 && e->role != role)) {
        cvn_problems_add(&ctx->problems, mentor ? "pair_rule.mentor_id" : "pair_rule.mentee_id",
                         "is no %s of this programme", mentor ? "mentor" : "mentee");
        return cvn_ctx_refuse_problems(ctx);
    }
    if (r == 0)
        *ret_name = e->display_name;
    return r;
}

static int find_managed(struct cvn_ctx *ctx, const char *program_id, struct cvn_id *ret)
{
    Convene__Mentoring__V1__Program *program;
    int r = cvn_program_find(ctx, "program_id", program_id, ret, &program);
    return r ? r
             : cvn_program_require_manager(ctx, program,
                                           "see or settle the pairs of this programme");
}

/* A mentee has one lock, and a programme no more rules than can be kept. */
static int check_others(struct cvn_ctx *ctx, const struct cvn_id *program,
                        const struct cvn_match_pair_ids *pair,
                        Convene__Mentoring__V1__PairRule *row)
{
    struct cvn_pair_rule *rules;
    size_t n;
    int r = cvn_pair_rules_of_mentee(ctx, program, &pair->mentee_id, &rules, &n);
    if (r)
        return r;
    bool there = false;
    for (size_t i = 0; i < n; i++) {
        bool same = cvn_id_equal(&rules[i].pair.mentor_id, &pair->mentor_id);
        there = there || same;
        if (!same && row->kind == KIND(LOCKED) && rules[i].row->kind == KIND(LOCKED))
            return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "LOCKED",
                                        "%s is locked with %s already; unlock them first.",
                                        row->mentee_name, rules[i].row->mentor_name);
    }
    if (there)
        return 0;
    r = cvn_pair_rules_count(ctx, program, &n);
    if (r == 0 && n >= CVN_PAIR_RULES_MAX)
        return cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                              "The programme has %d locked and forbidden pairs, which is as many "
                              "as can be.",
                              CVN_PAIR_RULES_MAX);
    return r;
}

int cvn_pair_rule_set(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__SetPairRuleRequest *req = request;
    Convene__Mentoring__V1__PairRule *row = reply;
    struct cvn_id program;
    struct cvn_match_pair_ids pair;
    struct cvn_key key;
    int r = find_managed(ctx, req->program_id, &program);
    if (r)
        return r;
    if (!read_pair(ctx, req->pair_rule->mentee_id, req->pair_rule->mentor_id, "pair_rule.", &pair))
        return cvn_ctx_refuse_problems(ctx);
    *row = *req->pair_rule;
    row->base.n_unknown_fields = 0;
    row->mentee_id = cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, &pair.mentee_id);
    row->mentor_id = cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, &pair.mentor_id);
    row->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    if (!row->mentee_id || !row->mentor_id || !row->create_time)
        return -ENOMEM;
    r = find_member(ctx, &program, &pair.mentee_id, CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE,
                    &row->mentee_name);
    if (r == 0)
        r = find_member(ctx, &program, &pair.mentor_id, CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR,
                        &row->mentor_name);
    if (r == 0)
        r = check_others(ctx, &program, &pair, row);
    if (r)
        return r;
    struct cvn_slice packed;
    cvn_pair_rule_key(&key, &program, &pair);
    r = cvn_ctx_pack(ctx, &row->base, &packed);
    if (r == 0)
        r = cvn_txn_put(ctx->txn, cvn_key_slice(&key), packed);
    return r ? r
             : cvn_mentoring_note_change(ctx, row->mentee_id,
                                         row->kind == KIND(LOCKED) ? "pair.locked"
                                                                   : "pair.forbidden");
}

int cvn_pair_rule_delete(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__DeletePairRuleRequest *req = request;
    struct cvn_id program;
    struct cvn_match_pair_ids pair;
    struct cvn_key key;
    (void)reply;
    int r = find_managed(ctx, req->program_id, &program);
    if (r)
        return r;
    if (!read_pair(ctx, req->mentee_id, req->mentor_id, "", &pair))
        return cvn_ctx_refuse_problems(ctx);
    cvn_pair_rule_key(&key, &program, &pair);
    r = cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND,
                              "The two are neither locked nor forbidden in this programme.");
    return r ? r : cvn_mentoring_note_change(ctx, req->mentee_id, "pair.left");
}

int cvn_pair_rule_check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListPairRulesRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int fill(struct cvn_ctx *ctx, const Convene__Mentoring__V1__ListPairRulesRequest *req,
                struct cvn_cursor *cursor, size_t page_size,
                Convene__Mentoring__V1__ListPairRulesResponse *response)
{
    struct cvn_slice key, value, last = {NULL, 0};
    int r = 0;
    while ((r = cvn_cursor_next(cursor, &key, &value)) == 0) {
        if (response->n_pair_rules == page_size) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, last);
            return response->next_page_token ? 0 : -ENOMEM;
        }
        r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__pair_rule__descriptor, value,
                           &response->pair_rules[response->n_pair_rules]);
        if (r)
            return r;
        response->n_pair_rules++;
        last = key;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_pair_rule_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListPairRulesRequest *req = request;
    Convene__Mentoring__V1__ListPairRulesResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_id program;
    struct cvn_slice after;
    struct cvn_key lo, hi;
    int r = find_managed(ctx, req->program_id, &program);
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    response->pair_rules =
        cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->pair_rules);
    if (!response->pair_rules)
        return -ENOMEM;
    cvn_key_begin(&lo, CVN_SPACE_PAIR_RULES);
    cvn_key_put_id(&lo, &program);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    if (r == 0 && after.len > 0)
        r = cvn_cursor_resume(&cursor, after);
    return r ? r : fill(ctx, req, &cursor, page_size, response);
}
