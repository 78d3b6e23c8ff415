#include "services/mentoring/person_data.h"

#include "services/mentoring/change.h"
#include "services/mentoring/enrolment_write.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/pair_rule_table.h"
#include "services/mentoring/runs/input_table.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "services/mentoring/waiting.h"

#include <errno.h>
#include <string.h>

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

static char *forgotten(void)
{
    return (char *)(uintptr_t)CVN_FORGOTTEN_NAME;
}

static char *empty(void)
{
    return (char *)(uintptr_t)protobuf_c_empty_string;
}

/* Somebody and all that was found of them. */
struct person {
    struct cvn_ctx *ctx;
    struct cvn_id id;
    char text[CVN_ID_TEXT_BYTES];
    struct cvn_id *programs;   /* in which they are enrolled, */
    struct cvn_id *enrolments; /* and as what */
    size_t n_programs;
    struct cvn_id *mentorships;
    size_t n_mentorships;
};

/* Enrolments lie by programme, so each programme is asked for this person's. */
static int find_enrolments(struct person *p)
{
    struct cvn_key lo, hi, row;
    struct cvn_slice key;
    CVN_CURSOR_AUTO cursor;
    p->programs =
        cvn_arena_alloc_array(p->ctx->arena, CVN_PERSON_ENROLMENTS_MAX, sizeof *p->programs);
    p->enrolments =
        cvn_arena_alloc_array(p->ctx->arena, CVN_PERSON_ENROLMENTS_MAX, sizeof *p->enrolments);
    if (!p->programs || !p->enrolments)
        return -ENOMEM;
    cvn_key_begin(&lo, CVN_SPACE_PROGRAMS);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r =
        cvn_cursor_init(&cursor, p->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && p->n_programs < CVN_PERSON_ENROLMENTS_MAX &&
           (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, key);
        (void)cvn_key_get_u8(&reader);
        struct cvn_id program = cvn_key_get_id(&reader);
        Convene__Mentoring__V1__Enrolment *e;
        cvn_enrolment_key(&row, &program, &p->id);
        r = cvn_mentoring_get(p->ctx, &row, &convene__mentoring__v1__enrolment__descriptor, &e);
        if (r == 0 && !cvn_id_parse(&p->enrolments[p->n_programs], CVN_ENROLMENT_PREFIX, e->id))
            r = -EUCLEAN;
        if (r == 0)
            p->programs[p->n_programs++] = program;
        r = r == CVN_STORE_ABSENT ? 0 : r;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int find_mentorships(struct person *p)
{
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    p->mentorships =
        cvn_arena_alloc_array(p->ctx->arena, CVN_PERSON_MENTORSHIPS_MAX, sizeof *p->mentorships);
    if (!p->mentorships)
        return -ENOMEM;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, &p->id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(
        &cursor, p->ctx->txn, &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_PERSON],
        (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)}, CVN_FORWARD);
    while (r == 0 && p->n_mentorships < CVN_PERSON_MENTORSHIPS_MAX &&
           (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        p->mentorships[p->n_mentorships++] = cvn_key_get_id(&reader);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int find_person(struct person *p, struct cvn_ctx *ctx, const struct cvn_id *id)
{
    *p = (struct person){.ctx = ctx, .id = *id};
    cvn_id_format(p->text, CVN_MENTORING_PERSON_PREFIX, id);
    int r = find_enrolments(p);
    return r ? r : find_mentorships(p);
}

static Convene__Mentoring__V1__Role role_in(const struct person *p,
                                            const Convene__Mentoring__V1__Mentorship *row)
{
    return strcmp(row->mentor_id, p->text) == 0 ? ROLE(MENTOR) : ROLE(MENTEE);
}

/* The entries of a mentorship's log that the person wrote. */
static int read_log(struct person *p, const struct cvn_id *mentorship,
                    Convene__Mentoring__V1__Role role, Convene__Mentoring__V1__PersonData *ret)
{
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO cursor;
    int r = cvn_log_cursor_init(&cursor, p->ctx, mentorship);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        Convene__Mentoring__V1__LogEntry *entry;
        r = cvn_ctx_unpack(p->ctx, &convene__mentoring__v1__log_entry__descriptor, value, &entry);
        if (r == 0 && entry->author_role == role)
            ret->log_entries[ret->n_log_entries++] = entry;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int read_mentorship(struct person *p, const struct cvn_id *id,
                           Convene__Mentoring__V1__PersonData *ret)
{
    Convene__Mentoring__V1__Mentorship *row;
    Convene__Mentoring__V1__Feedback *feedback;
    int r = cvn_mentorship_get(p->ctx, id, &row);
    if (r)
        return r;
    ret->mentorships[ret->n_mentorships++] = row;
    r = cvn_feedback_get(p->ctx, id, role_in(p, row), &feedback);
    if (r == 0)
        ret->feedback[ret->n_feedback++] = feedback;
    if (r && r != CVN_STORE_ABSENT)
        return r;
    void *grown = cvn_arena_alloc_array(p->ctx->arena, ret->n_log_entries + CVN_LOG_ENTRIES_MAX,
                                        sizeof *ret->log_entries);
    if (!grown)
        return -ENOMEM;
    if (ret->n_log_entries > 0)
        memcpy(grown, ret->log_entries, ret->n_log_entries * sizeof *ret->log_entries);
    ret->log_entries = grown;
    return read_log(p, id, role_in(p, row), ret);
}

int cvn_person_data_read(struct cvn_ctx *ctx, const struct cvn_id *id,
                         Convene__Mentoring__V1__PersonData *ret)
{
    struct person p;
    int r = find_person(&p, ctx, id);
    if (r)
        return r;
    ret->person_id = cvn_arena_strdup(ctx->arena, p.text);
    ret->enrolments = cvn_arena_alloc_array(ctx->arena, p.n_programs, sizeof *ret->enrolments);
    ret->mentorships = cvn_arena_alloc_array(ctx->arena, p.n_mentorships, sizeof *ret->mentorships);
    ret->feedback = cvn_arena_alloc_array(ctx->arena, p.n_mentorships, sizeof *ret->feedback);
    if (!ret->person_id || !ret->enrolments || !ret->mentorships || !ret->feedback)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < p.n_programs; i++) {
        struct cvn_key key;
        cvn_enrolment_key(&key, &p.programs[i], id);
        r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__enrolment__descriptor,
                              &ret->enrolments[i]);
        if (r == 0)
            r = cvn_enrolment_show(ctx, ret->enrolments[i]);
        ret->n_enrolments += r == 0;
    }
    for (size_t i = 0; r == 0 && i < p.n_mentorships; i++)
        r = read_mentorship(&p, &p.mentorships[i], ret);
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* Takes the person's rows out of what a mentorship has, and the name and words out of its row. */
static int erase_mentorship(struct person *p, const struct cvn_id *id,
                            Convene__Mentoring__V1__ErasePersonDataResponse *ret)
{
    Convene__Mentoring__V1__Mentorship *row;
    struct cvn_key key;
    struct cvn_slice at, value;
    int r = cvn_mentorship_get(p->ctx, id, &row);
    if (r)
        return r;
    Convene__Mentoring__V1__Role role = role_in(p, row);
    CVN_CURSOR_AUTO cursor;
    r = cvn_log_cursor_init(&cursor, p->ctx, id);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &at, &value)) == 0) {
        Convene__Mentoring__V1__LogEntry *entry;
        r = cvn_ctx_unpack(p->ctx, &convene__mentoring__v1__log_entry__descriptor, value, &entry);
        if (r || entry->author_role != role)
            continue;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, at);
        r = cvn_txn_delete(p->ctx->txn, cvn_key_slice(&key));
        ret->log_entry_count += r == 0;
    }
    if (r && r != CVN_STORE_ABSENT)
        return r;
    cvn_feedback_key(&key, id, role);
    r = cvn_txn_delete(p->ctx->txn, cvn_key_slice(&key));
    ret->feedback_count += r == 0;
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
    ret->mentorship_count++;
    return cvn_mentorship_put(p->ctx, id, row);
}

/* Deletes the enrolment, with its place among those who wait and what is settled of its pairs. */
static int erase_enrolment(struct person *p, const struct cvn_id *program,
                           Convene__Mentoring__V1__ErasePersonDataResponse *ret)
{
    struct cvn_key key;
    struct cvn_pair_rule *rules;
    size_t n;
    Convene__Mentoring__V1__Enrolment *e;
    cvn_enrolment_key(&key, program, &p->id);
    int r = cvn_mentoring_get(p->ctx, &key, &convene__mentoring__v1__enrolment__descriptor, &e);
    if (r == 0 && e->state == CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_ACTIVE) {
        Convene__Mentoring__V1__Enrolment left = *e;
        left.state = CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_WITHDRAWN;
        r = cvn_enrolment_replace(p->ctx, program, &p->id, e, &left);
    }
    if (r == 0)
        r = cvn_table_delete(p->ctx->txn, &cvn_enrolment_table, cvn_key_slice(&key));
    if (r == 0)
        r = cvn_pair_rules_all(p->ctx, program, &rules, &n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!cvn_id_equal(&rules[i].pair.mentee_id, &p->id) &&
            !cvn_id_equal(&rules[i].pair.mentor_id, &p->id))
            continue;
        cvn_pair_rule_key(&key, program, &rules[i].pair);
        r = cvn_txn_delete(p->ctx->txn, cvn_key_slice(&key));
    }
    ret->enrolment_count += r == 0;
    return r;
}

/* Whether a row of a run's results is about one of the person's enrolments. */
static bool is_own_row(const struct person *p, struct cvn_slice key)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    (void)cvn_key_get_id(&reader);
    struct cvn_id enrolment = cvn_key_get_id(&reader);
    for (size_t i = 0; i < p->n_programs; i++)
        if (cvn_id_equal(&p->enrolments[i], &enrolment))
            return true;
    return false;
}

/* Takes the person out of one row of a run's results. */
static int erase_in_match(struct person *p, struct cvn_slice at,
                          Convene__Mentoring__V1__ExplainMatchResponse *result, bool *ret_changed)
{
    struct cvn_key key;
    bool changed = is_own_row(p, at) && strcmp(result->display_name, CVN_FORGOTTEN_NAME) != 0;
    if (changed)
        result->display_name = forgotten();
    for (size_t i = 0; i < result->n_matches; i++) {
        Convene__Mentoring__V1__Match *match = result->matches[i];
        if (strcmp(match->mentee_id, p->text) == 0) {
            match->mentee_id = empty();
            match->mentee_name = forgotten();
            match->n_terms = 0;
            changed = true;
        }
        if (strcmp(match->mentor_id, p->text) == 0) {
            match->mentor_id = empty();
            match->mentor_name = forgotten();
            match->n_terms = 0;
            changed = true;
        }
    }
    for (size_t i = 0; i < result->n_alternatives; i++) {
        if (strcmp(result->alternatives[i]->mentor_id, p->text) != 0)
            continue;
        result->alternatives[i]->mentor_id = empty();
        result->alternatives[i]->mentor_name = forgotten();
        changed = true;
    }
    *ret_changed = changed;
    if (!changed)
        return 0;
    cvn_key_init(&key);
    cvn_key_put_raw(&key, at);
    return cvn_mentoring_put(p->ctx, &cvn_result_table, &key, &result->base);
}

/* Results name a mentor on many rows, so all of a programme's runs are read. */
static int erase_in_matches(struct person *p, Convene__Mentoring__V1__ErasePersonDataResponse *ret)
{
    struct cvn_key lo, hi;
    struct cvn_slice at, value;
    struct cvn_ctx *ctx = p->ctx, scratch = *ctx;
    CVN_CURSOR_AUTO cursor;
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && ret->match_count < CVN_PERSON_MATCHES_MAX &&
           (r = cvn_cursor_next(&cursor, &at, &value)) == 0) {
        CVN_ARENA_AUTO arena;
        Convene__Mentoring__V1__ExplainMatchResponse *result;
        bool changed = false;
        cvn_arena_init(&arena, 8 << 20);
        scratch.arena = &arena;
        p->ctx = &scratch;
        r = cvn_ctx_unpack(&scratch, &convene__mentoring__v1__explain_match_response__descriptor,
                           value, &result);
        if (r == 0)
            r = erase_in_match(p, at, result, &changed);
        ret->match_count += changed;
    }
    p->ctx = ctx;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_person_data_erase(struct cvn_ctx *ctx, const struct cvn_id *id,
                          Convene__Mentoring__V1__ErasePersonDataResponse *ret)
{
    struct person p;
    size_t n_input_rows = 0;
    int r = find_person(&p, ctx, id);
    if (r == 0)
        r = cvn_mentorships_end_all(ctx, id, NULL, "left", NULL);
    for (size_t i = 0; r == 0 && i < p.n_mentorships; i++)
        r = erase_mentorship(&p, &p.mentorships[i], ret);
    if (r == 0)
        r = erase_in_matches(&p, ret);
    for (size_t i = 0; r == 0 && i < p.n_programs; i++)
        r = cvn_run_inputs_delete(ctx->txn, &p.programs[i], &n_input_rows);
    ret->complete =
        ret->match_count < CVN_PERSON_MATCHES_MAX && n_input_rows < CVN_RUN_INPUT_ROWS_PER_UPDATE;
    /* The enrolments last, because the rows of runs are known by them. */
    for (size_t i = 0; r == 0 && ret->complete && i < p.n_programs; i++)
        r = erase_enrolment(&p, &p.programs[i], ret);
    bool some = ret->enrolment_count + ret->mentorship_count + ret->match_count > 0;
    return r || !some ? r : cvn_mentoring_note_change(ctx, p.text, "person.forgotten");
}

static int read_person(struct cvn_ctx *ctx, const char *text, struct cvn_id *ret)
{
    return cvn_ctx_read_id(ctx, "person_id", CVN_MENTORING_PERSON_PREFIX, text, ret)
               ? 0
               : cvn_ctx_refuse_problems(ctx);
}

static int export_person(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ExportPersonDataRequest *req = request;
    struct cvn_id id;
    int r = read_person(ctx, req->person_id, &id);
    if (r == 0 && ctx->who.kind != CVN_PRINCIPAL_ADMIN && !cvn_caller_is(ctx, &id))
        r = cvn_ctx_refuse_access(ctx, "see what is held of other people");
    return r ? r : cvn_person_data_read(ctx, &id, reply);
}

static int erase_person(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ErasePersonDataRequest *req = request;
    struct cvn_id id;
    int r = read_person(ctx, req->person_id, &id);
    return r ? r : cvn_person_data_erase(ctx, &id, reply);
}

const struct cvn_service_method cvn_person_data_methods[CVN_PERSON_DATA_METHODS] = {
    {"ExportPersonData", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, export_person, NULL,
     CVN_SCOPE_NONE},
    {"ErasePersonData", CVN_METHOD_WRITE, CVN_ACCESS_ADMIN, NULL, erase_person, NULL,
     CVN_SCOPE_NONE},
};
