/* What is held of a person, given out page by page and erased step by step. */
#include "services/mentoring/person_rows.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/result_words.h"
#include "services/mentoring/tables.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#define RECORD(name) CONVENE__MENTORING__V1__PERSON_RECORD__RECORD_##name

/* A mentee with a mentorship, of which they wrote a log entry and feedback. */
struct scene {
    struct published p;
    struct id_text mentorship;
    size_t who;
    struct client person, stranger;
};

static void write_down(struct scene *s)
{
    Convene__Mentoring__V1__GiveFeedbackRequest give =
        CONVENE__MENTORING__V1__GIVE_FEEDBACK_REQUEST__INIT;
    Convene__Mentoring__V1__Feedback feedback = CONVENE__MENTORING__V1__FEEDBACK__INIT;
    Convene__Mentoring__V1__AddLogEntryRequest add =
        CONVENE__MENTORING__V1__ADD_LOG_ENTRY_REQUEST__INIT;
    Convene__Mentoring__V1__LogEntry entry = CONVENE__MENTORING__V1__LOG_ENTRY__INIT;
    give.feedback = &feedback;
    feedback.mentorship_id = s->mentorship.text;
    feedback.rating = 4;
    assert_non_null(client_call(&s->person, "GiveFeedback", &give));
    add.log_entry = &entry;
    entry.mentorship_id = s->mentorship.text;
    entry.kind = CONVENE__MENTORING__V1__LOG_ENTRY__KIND__KIND_SESSION;
    entry.minutes = 45;
    assert_non_null(client_call(&s->person, "AddLogEntry", &add));
}

static void begin(struct scene *s, void **state)
{
    published_match(&s->p, state);
    assert_non_null(published_publish(&s->p, false));
    s->mentorship = published_mentorship(&s->p, 0);
    mentorship_begin(&s->p, &s->mentorship);
    s->who = published_person(&s->p, &s->mentorship, MENTEE);
    s->person = client_of(s->p.harness, s->p.people[s->who]);
    s->stranger = client_of(s->p.harness, s->p.people[PUBLISHED_STRANGER]);
    write_down(s);
}

static void end(struct scene *s)
{
    client_end(&s->person);
    client_end(&s->stranger);
    published_end(&s->p);
}

static char *id_of(struct scene *s)
{
    return s->p.ids[s->who].text;
}

/* All that is held, by kinds, with pages of that size. */
static void export_all(struct client *client, char *person_id, int32_t page_size, size_t counts[5])
{
    Convene__Mentoring__V1__ExportPersonRequest request =
        CONVENE__MENTORING__V1__EXPORT_PERSON_REQUEST__INIT;
    char token[1024] = "";
    memset(counts, 0, 5 * sizeof *counts);
    request.person_id = person_id;
    request.page_size = page_size;
    do {
        request.page_token = token;
        const Convene__Mentoring__V1__ExportPersonResponse *page =
            client_call(client, "ExportPerson", &request);
        assert_non_null(page);
        assert_true(page->n_records <= (size_t)page_size);
        for (size_t i = 0; i < page->n_records; i++)
            counts[page->records[i]->record_case]++;
        assert_true(strlen(page->next_page_token) < sizeof token);
        strcpy(token, page->next_page_token);
    } while (token[0]);
}

static void test_a_person_is_given_everything_in_pages(void **state)
{
    struct scene s;
    begin(&s, state);
    size_t counts[5];
    for (int32_t page_size = 1; page_size <= 5; page_size++) {
        export_all(&s.person, page_size % 2 ? (char *)"me" : id_of(&s), page_size, counts);
        for (int kind = RECORD(ENROLMENT); kind <= RECORD(FEEDBACK); kind++)
            assert_int_equal(counts[kind], 1);
    }
    Convene__Mentoring__V1__ExportPersonRequest request =
        CONVENE__MENTORING__V1__EXPORT_PERSON_REQUEST__INIT;
    request.person_id = id_of(&s);
    assert_null(client_call(&s.stranger, "ExportPerson", &request));
    assert_int_equal(client_code(&s.stranger), CVN_PERMISSION_DENIED);
    request.person_id = (char *)"me";
    assert_null(client_call(&s.p.admin, "ExportPerson", &request));
    assert_true(client_blames(&s.p.admin, "person_id"));
    end(&s);
}

static void test_people_erase_themselves(void **state)
{
    struct scene s;
    begin(&s, state);
    Convene__Mentoring__V1__ErasePersonRequest request =
        CONVENE__MENTORING__V1__ERASE_PERSON_REQUEST__INIT;
    request.person_id = id_of(&s);
    assert_null(client_call(&s.person, "ErasePerson", &request));
    assert_true(client_blames(&s.person, "confirm_id"));
    request.confirm_id = id_of(&s);
    assert_null(client_call(&s.stranger, "ErasePerson", &request));
    assert_int_equal(client_code(&s.stranger), CVN_PERMISSION_DENIED);
    request.person_id = (char *)"me";
    const Convene__Mentoring__V1__ErasePersonResponse *gone;
    do {
        gone = client_call(&s.person, "ErasePerson", &request);
        assert_non_null(gone);
    } while (!gone->done);
    assert_int_equal(gone->enrolments_deleted, 1);
    assert_int_equal(gone->mentorships_blanked, 1);
    assert_int_equal(gone->log_entries_deleted, 1);
    assert_int_equal(gone->feedback_deleted, 1);
    assert_true(gone->matches_blanked >= 1);
    size_t counts[5];
    export_all(&s.p.admin, id_of(&s), 50, counts);
    for (int kind = 0; kind < 5; kind++)
        assert_int_equal(counts[kind], 0);
    const Convene__Mentoring__V1__Mentorship *m = mentorship_get(&s.p.admin, &s.mentorship);
    assert_int_equal(m->state, MENTORSHIP_STATE(ENDED));
    assert_string_equal(m->mentee_name, CVN_FORGOTTEN_NAME);
    assert_string_equal(m->mentee_id, "");
    harness_erase(&s.person, id_of(&s)); /* once more changes nothing */
    end(&s);
}

/* Whether any row of the store has the text. */
static bool is_held(struct harness *harness, const char *text)
{
    struct cvn_txn *snapshot;
    struct cvn_slice key, value;
    struct cvn_cursor cursor = {0};
    struct cvn_id id;
    bool found = false, is_id = cvn_id_parse(&id, "per", text);
    assert_int_equal(cvn_store_snapshot(harness->store, &snapshot), 0);
    /* The change log and what is kept for retries lie from 0xf0 on. */
    assert_int_equal(
        cvn_cursor_init(&cursor, snapshot, cvn_slice("\x20", 1), cvn_slice("\xf0", 1), CVN_FORWARD),
        0);
    while (!found && cvn_cursor_next(&cursor, &key, &value) == 0)
        found = memmem(value.data, value.len, text, strlen(text)) ||
                (is_id && memmem(value.data, value.len, id.bytes, sizeof id.bytes));
    cvn_cursor_deinit(&cursor);
    cvn_snapshot_release(snapshot);
    return found;
}

static void test_nothing_names_who_was_erased(void **state)
{
    struct scene s;
    begin(&s, state);
    assert_true(is_held(s.p.harness, id_of(&s)));
    harness_erase(&s.person, id_of(&s));
    assert_false(is_held(s.p.harness, id_of(&s)));
    assert_false(is_held(s.p.harness, "Person 4 "));
    /* A manager who started a run is in no programme and no run either. */
    struct id_text manager = s.p.ids[PUBLISHED_MANAGER];
    CLIENT client = client_of(s.p.harness, s.p.people[PUBLISHED_MANAGER]);
    struct id_text id = harness_start_run(&client, s.p.program.text, 1);
    assert_int_equal(harness_wait_run(&client, id.text)->state, RUN_STATE(DONE));
    assert_true(is_held(s.p.harness, manager.text));
    harness_erase(&client, manager.text);
    assert_false(is_held(s.p.harness, manager.text));
    end(&s);
}

/* The server goes on with what was begun. */
static void test_an_erasure_goes_on_by_itself(void **state)
{
    struct scene s;
    begin(&s, state);
    Convene__Mentoring__V1__ErasePersonRequest request =
        CONVENE__MENTORING__V1__ERASE_PERSON_REQUEST__INIT;
    request.person_id = request.confirm_id = id_of(&s);
    const Convene__Mentoring__V1__ErasePersonResponse *first =
        client_call(&s.person, "ErasePerson", &request);
    assert_non_null(first);
    assert_false(first->done);
    harness_restart(s.p.harness);
    int64_t next_ms = INT64_MAX;
    while (cvn_mentoring_turn(s.p.harness->service, harness_now_ms(), &next_ms) == 1)
        next_ms = INT64_MAX;
    assert_false(is_held(s.p.harness, id_of(&s)));
    end(&s);
}

/* A run that has read its people already stores them later; that is awaited. */
static void test_a_run_that_began_before_is_awaited(void **state)
{
    struct scene s;
    begin(&s, state);
    Convene__Mentoring__V1__ErasePersonRequest request =
        CONVENE__MENTORING__V1__ERASE_PERSON_REQUEST__INIT;
    Convene__Mentoring__V1__GetMatchRunRequest get =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    Convene__Mentoring__V1__CreateMatchRunRequest create =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    harness_close_gate();
    create.program_id = s.p.program.text;
    create.include_mentored = true;
    struct id_text run;
    strcpy(run.text, ((const Convene__Mentoring__V1__MatchRun *)client_call(
                          &s.p.admin, "CreateMatchRun", &create))
                         ->id);
    get.id = run.text;
    const Convene__Mentoring__V1__MatchRun *row;
    do {
        row = client_call(&s.p.admin, "GetMatchRun", &get);
    } while (strcmp(row->phase, "ask where people met") != 0);
    request.person_id = request.confirm_id = id_of(&s);
    const Convene__Mentoring__V1__ErasePersonResponse *reply;
    do {
        reply = client_call(&s.person, "ErasePerson", &request);
        assert_non_null(reply);
        assert_false(reply->done);
    } while (!reply->awaited_run_id[0]);
    assert_string_equal(reply->awaited_run_id, run.text);
    int64_t next_ms = INT64_MAX;
    assert_int_equal(cvn_mentoring_turn(s.p.harness->service, harness_now_ms(), &next_ms), 0);
    harness_open_gate();
    assert_int_equal(harness_wait_run(&s.p.admin, run.text)->state, RUN_STATE(DONE));
    assert_true(is_held(s.p.harness, id_of(&s)));
    harness_erase(&s.person, id_of(&s));
    assert_false(is_held(s.p.harness, id_of(&s)));
    end(&s);
}

/* The person's words first, and then the rows; how many pairs of the person have reasons left. */
struct late_rows {
    struct cvn_id person;
    const char *enrolment_id;
    size_t n_pairs, n_with_reasons;
};

/* Takes the person out of a word, or of a row, which is read again. */
static int blank_one(struct cvn_ctx *ctx, struct late_rows *late, bool is_word,
                     struct cvn_slice key, struct cvn_slice value)
{
    Convene__Mentoring__V1__ExplainMatchResponse *result;
    bool changed;
    if (is_word)
        return cvn_result_word_blank(ctx->txn, &late->person, key, value, &changed);
    int r = cvn_result_blank(ctx, &late->person, key, value, &changed);
    if (r == 0)
        r = cvn_txn_get(ctx->txn, key, &value);
    if (r == 0)
        r = cvn_result_read(ctx, key, value, CVN_RESULT_MATCH, &result);
    if (r || result->n_matches == 0 ||
        strcmp(result->matches[0]->mentor_enrolment_id, late->enrolment_id) != 0)
        return r;
    late->n_pairs++;
    late->n_with_reasons += result->matches[0]->n_terms > 0;
    return 0;
}

static int blank_late(struct cvn_txn *txn, void *arg)
{
    static const uint8_t spaces[] = {CVN_SPACE_RESULT_WORDS, CVN_SPACE_RESULTS};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 16 << 20);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    int r = 0;
    for (size_t i = 0; r == 0 && i < 2; i++) {
        CVN_CURSOR_AUTO cursor = {0};
        struct cvn_key lo, hi, at;
        struct cvn_slice key, value;
        cvn_key_begin(&lo, spaces[i]);
        cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
        r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
        while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
            cvn_key_init(&at);
            cvn_key_put_raw(&at, key);
            r = blank_one(&ctx, arg, i == 0, cvn_key_slice(&at), value);
        }
        r = r == CVN_STORE_ABSENT ? 0 : r;
    }
    return r;
}

/* A run under way may store pairs of a mentor whom its words, stored before, name no more. */
static void test_reasons_go_from_pairs_stored_after_their_words(void **state)
{
    struct scene s;
    begin(&s, state);
    size_t mentor = published_person(&s.p, &s.mentorship, MENTOR);
    struct late_rows late = {s.p.people[mentor], s.p.enrolments[mentor].text, 0, 0};
    assert_int_equal(cvn_store_update(s.p.harness->store, blank_late, &late, 0), 0);
    assert_true(late.n_pairs > 0);
    assert_int_equal(late.n_with_reasons, 0);
    end(&s);
}

/* Rows of results of which the last one is the person's. */
struct rows {
    size_t n;
    const char *person_id;
};

static int put_rows(struct cvn_txn *txn, void *arg)
{
    const struct rows *rows = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 16 << 20);
    struct cvn_id run = {{1}};
    struct cvn_result_words *words;
    assert_int_equal(cvn_result_words_new(&words, &run), 0);
    int r = 0;
    for (size_t i = 0; r == 0 && i < rows->n; i++) {
        Convene__Mentoring__V1__ExplainMatchResponse row =
            CONVENE__MENTORING__V1__EXPLAIN_MATCH_RESPONSE__INIT;
        Convene__Mentoring__V1__Match unmatched = CONVENE__MENTORING__V1__MATCH__INIT;
        Convene__Mentoring__V1__Match *matches[] = {&unmatched};
        struct cvn_id enrolment = {{2, (uint8_t)(i >> 8), (uint8_t)i}};
        struct cvn_key key;
        struct cvn_slice packed;
        row.role = MENTEE;
        row.matches = matches;
        row.n_matches = 1;
        if (i + 1 == rows->n)
            unmatched.mentee_id = (char *)(uintptr_t)rows->person_id;
        cvn_result_key(&key, &run, &enrolment);
        r = cvn_result_pack(words, &row, &arena, &packed);
        if (r == 0)
            r = cvn_table_put(txn, &cvn_result_table, cvn_key_slice(&key), packed);
    }
    if (r == 0)
        r = cvn_result_words_put(words, txn, 1);
    cvn_result_words_free(words);
    return r;
}

/* How many steps an erasure takes where so many rows are to be looked at. */
static int count_steps(void **state, size_t n_rows)
{
    struct harness *harness = *state;
    struct cvn_id id;
    harness_people(harness, &id, 1);
    CLIENT client = client_of(harness, id);
    struct id_text text = id_text("per", &id);
    struct rows rows = {n_rows, text.text};
    assert_int_equal(cvn_store_update(harness->store, put_rows, &rows, 0), 0);
    Convene__Mentoring__V1__ErasePersonRequest request =
        CONVENE__MENTORING__V1__ERASE_PERSON_REQUEST__INIT;
    request.person_id = request.confirm_id = text.text;
    const Convene__Mentoring__V1__ErasePersonResponse *reply;
    int n = 0;
    do {
        reply = client_call(&client, "ErasePerson", &request);
        assert_non_null(reply);
        n++;
    } while (!reply->done);
    assert_int_equal(reply->matches_blanked, 1);
    assert_false(is_held(harness, text.text));
    return n;
}

static void test_a_step_looks_at_so_many_rows(void **state)
{
    /* One step finds the row, and the next ones what else there is: nothing. */
    int least = count_steps(state, CVN_PERSON_ERASURE_ROWS_MAX - 1);
    (void)harness_teardown(state);
    (void)harness_setup(state);
    assert_int_equal(count_steps(state, CVN_PERSON_ERASURE_ROWS_MAX), least);
    (void)harness_teardown(state);
    (void)harness_setup(state);
    assert_int_equal(count_steps(state, CVN_PERSON_ERASURE_ROWS_MAX + 1), least + 1);
}

/* Looks at no more rows in one turn than so many steps do, and goes on in the next. */
static void test_a_turn_takes_so_many_steps(void **state)
{
    for (size_t more = 0; more < 2; more++) {
        struct harness *harness = *state;
        struct cvn_id id;
        int64_t next_ms;
        harness_people(harness, &id, 1);
        CLIENT client = client_of(harness, id);
        struct id_text text = id_text("per", &id);
        Convene__Mentoring__V1__ErasePersonRequest request =
            CONVENE__MENTORING__V1__ERASE_PERSON_REQUEST__INIT;
        request.person_id = request.confirm_id = text.text;
        /* The first step is the call's. */
        struct rows rows = {CVN_PERSON_ERASURE_ROWS_MAX * (1 + CVN_PERSON_ERASURE_TURN_MAX) + more,
                            text.text};
        assert_int_equal(cvn_store_update(harness->store, put_rows, &rows, 0), 0);
        const Convene__Mentoring__V1__ErasePersonResponse *reply =
            client_call(&client, "ErasePerson", &request);
        assert_non_null(reply);
        assert_false(reply->done);
        assert_int_equal(cvn_mentoring_turn(harness->service, harness_now_ms(), &next_ms), 1);
        assert_int_equal(is_held(harness, text.text), more == 1);
        int r = 1;
        for (int turns = 0; r == 1 && turns < 3; turns++)
            r = cvn_mentoring_turn(harness->service, harness_now_ms(), &next_ms);
        assert_int_equal(r, 0);
        assert_false(is_held(harness, text.text));
        (void)harness_teardown(state);
        (void)harness_setup(state);
    }
}

/* In the last of one programme more than a step looks at. */
static void test_enrolments_beyond_the_programmes_of_a_step(void **state)
{
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    struct cvn_id id;
    struct id_text program = {""};
    harness_people(harness, &id, 1);
    for (int i = 0; i <= CVN_PERSON_PROGRAMS_LOOKED_AT; i++) {
        Convene__Mentoring__V1__Program empty = CONVENE__MENTORING__V1__PROGRAM__INIT;
        program = harness_program(harness, empty);
    }
    struct enrolment one;
    enrolment_init(&one, MENTEE, program.text, id);
    (void)harness_enrol(&admin, &one);
    CLIENT client = client_of(harness, id);
    size_t counts[5];
    export_all(&client, (char *)"me", 1, counts);
    assert_int_equal(counts[RECORD(ENROLMENT)], 1);
    harness_erase(&client, one.person.text);
    assert_false(is_held(harness, one.person.text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_person_is_given_everything_in_pages),
        TEST(test_people_erase_themselves),
        TEST(test_nothing_names_who_was_erased),
        TEST(test_an_erasure_goes_on_by_itself),
        TEST(test_a_run_that_began_before_is_awaited),
        TEST(test_reasons_go_from_pairs_stored_after_their_words),
        TEST(test_a_step_looks_at_so_many_rows),
        TEST(test_a_turn_takes_so_many_steps),
        TEST(test_enrolments_beyond_the_programmes_of_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
