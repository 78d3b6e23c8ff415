#include "services/mentoring/person_traces.h"

#include "services/mentoring/enrolment_write.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/pair_rule_table.h"
#include "services/mentoring/person_rows.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/result_words.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

enum { ROW_BYTES_MAX = 16 << 20 };

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name
#define ENROLMENT_STATE(name) CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_##name

static char *forgotten(void)
{
    return (char *)(uintptr_t)CVN_FORGOTTEN_NAME;
}

static char *empty(void)
{
    return (char *)(uintptr_t)protobuf_c_empty_string;
}

static int leave_managers(struct cvn_ctx *ctx, const struct cvn_id *program,
                          const struct cvn_id *person, bool *ret_managed)
{
    struct cvn_key key;
    Convene__Mentoring__V1__Program *row;
    char text[CVN_ID_TEXT_BYTES];
    size_t n = 0;
    cvn_id_format(text, CVN_MENTORING_PERSON_PREFIX, person);
    cvn_program_key(&key, program);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__program__descriptor, &row);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    for (size_t i = 0; i < row->n_manager_ids; i++)
        if (strcmp(row->manager_ids[i], text) != 0)
            row->manager_ids[n++] = row->manager_ids[i];
    *ret_managed = n < row->n_manager_ids;
    row->n_manager_ids = n;
    return *ret_managed ? cvn_mentoring_put(ctx, &cvn_program_table, &key, &row->base) : 0;
}

int cvn_traces_leave_program(struct cvn_ctx *ctx, const struct cvn_id *program,
                             const struct cvn_id *person, bool *ret_managed)
{
    struct cvn_key key;
    Convene__Mentoring__V1__Enrolment *e;
    int r = leave_managers(ctx, program, person, ret_managed);
    if (r)
        return r;
    cvn_enrolment_key(&key, program, person);
    r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor, &e);
    if (r || e->state != ENROLMENT_STATE(ACTIVE))
        return r == CVN_STORE_ABSENT ? 0 : r;
    Convene__Mentoring__V1__Enrolment left = *e;
    left.state = ENROLMENT_STATE(WITHDRAWN);
    return cvn_enrolment_replace(ctx, program, person, e, &left);
}

int cvn_traces_delete_enrolment(struct cvn_ctx *ctx, const struct cvn_id *program,
                                const struct cvn_id *person, bool *ret_deleted, size_t *ret_n_rules)
{
    struct cvn_key key;
    struct cvn_pair_rule *rules;
    size_t n;
    bool managed;
    *ret_deleted = false;
    *ret_n_rules = 0;
    cvn_enrolment_key(&key, program, person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    r = cvn_traces_leave_program(ctx, program, person, &managed); /* who came back meanwhile */
    if (r == 0)
        r = cvn_table_delete(ctx->txn, &cvn_enrolment_table, cvn_key_slice(&key));
    if (r == 0)
        r = cvn_pair_rules_all(ctx, program, &rules, &n);
    *ret_deleted = r == 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!cvn_id_equal(&rules[i].pair.mentee_id, person) &&
            !cvn_id_equal(&rules[i].pair.mentor_id, person))
            continue;
        cvn_pair_rule_key(&key, program, &rules[i].pair);
        r = cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
        ++*ret_n_rules;
    }
    return r;
}

static int delete_log(struct cvn_ctx *ctx, const struct cvn_id *mentorship,
                      Convene__Mentoring__V1__Role role, size_t *ret_n)
{
    struct cvn_slice at, value;
    CVN_CURSOR_AUTO cursor = {0};
    int r = cvn_log_cursor_init(&cursor, ctx, mentorship);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &at, &value)) == 0) {
        Convene__Mentoring__V1__LogEntry *entry;
        struct cvn_key key;
        r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__log_entry__descriptor, value, &entry);
        if (r || entry->author_role != role)
            continue;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, at);
        r = cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
        *ret_n += r == 0;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_traces_blank_mentorship(struct cvn_ctx *ctx, const struct cvn_id *mentorship,
                                const char *person_id, size_t *ret_n_log, size_t *ret_n_feedback)
{
    Convene__Mentoring__V1__Mentorship *row;
    struct cvn_key key;
    int r = cvn_mentorship_get(ctx, mentorship, &row);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    Convene__Mentoring__V1__Role role = cvn_person_role_in(person_id, row);
    r = delete_log(ctx, mentorship, role, ret_n_log);
    if (r)
        return r;
    cvn_feedback_key(&key, mentorship, role);
    r = cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
    *ret_n_feedback = r == 0;
    if (r && r != CVN_STORE_ABSENT)
        return r;
    if (role == ROLE(MENTOR)) {
        row->mentor_id = row->mentor_enrolment_id = empty();
        row->mentor_name = forgotten();
    } else {
        row->mentee_id = row->mentee_enrolment_id = empty();
        row->mentee_name = forgotten();
    }
    row->state_reason = row->goals = empty();
    return cvn_mentorship_put(ctx, mentorship, row);
}

int cvn_traces_blank_result(struct cvn_ctx *ctx, const struct cvn_traces_of *who,
                            struct cvn_slice key, struct cvn_slice value, bool *ret_changed)
{
    return cvn_result_blank(ctx, &who->id, key, value, ret_changed);
}

int cvn_traces_blank_word(struct cvn_ctx *ctx, const struct cvn_traces_of *who,
                          struct cvn_slice key, struct cvn_slice value, bool *ret_changed)
{
    return cvn_result_word_blank(ctx->txn, &who->id, key, value, ret_changed);
}

int cvn_traces_blank_run(struct cvn_ctx *ctx, const struct cvn_traces_of *who, struct cvn_slice key,
                         struct cvn_slice value, bool *ret_changed)
{
    CVN_ARENA_AUTO arena;
    struct cvn_ctx row = *ctx;
    struct cvn_key at;
    Convene__Mentoring__V1__MatchRun *run;
    size_t n = 0;
    cvn_arena_init(&arena, ROW_BYTES_MAX);
    row.arena = &arena;
    int r = cvn_ctx_unpack(&row, &convene__mentoring__v1__match_run__descriptor, value, &run);
    if (r)
        return r;
    for (size_t i = 0; i < run->n_pair_rules; i++)
        if (strcmp(run->pair_rules[i]->mentee_id, who->text) != 0 &&
            strcmp(run->pair_rules[i]->mentor_id, who->text) != 0)
            run->pair_rules[n++] = run->pair_rules[i];
    bool own = strcmp(run->creator, who->text) == 0;
    bool noted = strstr(run->events_note, who->text) != NULL;
    *ret_changed = own || noted || n < run->n_pair_rules;
    run->n_pair_rules = n;
    if (own)
        run->creator = empty();
    if (noted)
        run->events_note = empty();
    if (!*ret_changed)
        return 0;
    cvn_key_init(&at);
    cvn_key_put_raw(&at, key);
    return cvn_mentoring_put(&row, &cvn_run_table, &at, &run->base);
}

int cvn_traces_run_since(struct cvn_ctx *ctx, int64_t then_ms, struct cvn_id *ret, char **ret_text)
{
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    Convene__Mentoring__V1__MatchRun *run;
    cvn_key_init(&lo);
    cvn_key_put_u8(&lo, CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_RUNNING);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_run_indexes[CVN_RUN_BY_STATE],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    while (r == 0 && (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, entry.primary);
        r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__match_run__descriptor, &run);
        if (r)
            return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
        if (run->start_time && run->start_time->seconds > then_ms / 1000)
            continue;
        *ret_text = run->id;
        return cvn_id_parse(ret, CVN_RUN_PREFIX, run->id) ? 0 : -EUCLEAN;
    }
    return r;
}
