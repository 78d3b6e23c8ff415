/* What a run found, packed for the store and made whole again; and a store of before, taken over.
 */
#include "services/mentoring/privacy.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/result_words.h"
#include "services/mentoring/schema.h"
#include "services/mentoring/tables.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ARENA_BYTES ((size_t)64 << 20)

/* A row must not need a page of its own: LMDB lays out what is larger than about this so. */
enum { ROW_BYTES_MOST = 1024, ALTERNATIVES = 32 };

typedef Convene__Mentoring__V1__ExplainMatchResponse result_type;

static const struct cvn_id run = {{1, 2, 3}}, mentee = {{4}}, mentor = {{5}};

/* One result on its way through a store. */
struct passage {
    struct cvn_arena arena;
    const result_type *in;
    result_type *out;
    struct cvn_result_words *words;
    size_t row_bytes;
    enum cvn_result_part part;
};

static int pass(struct cvn_txn *txn, void *arg)
{
    struct passage *passage = arg;
    struct cvn_slice row;
    struct cvn_key key;
    struct cvn_ctx ctx = {.arena = &passage->arena, .txn = txn};
    cvn_result_key(&key, &run, &mentee);
    uint32_t n = cvn_result_words_count(passage->words);
    int r = cvn_result_pack(passage->words, passage->in, &passage->arena, &row);
    if (r == 0)
        r = cvn_result_words_put(passage->words, txn, n + 1);
    if (r)
        return r;
    passage->row_bytes = row.len;
    return cvn_result_read(&ctx, cvn_key_slice(&key), row, passage->part, &passage->out);
}

static int pass_through(struct harness *harness, struct passage *passage)
{
    return cvn_store_update(harness->store, pass, passage, 0);
}

static void assert_same(struct cvn_arena *arena, const result_type *a, const result_type *b)
{
    struct cvn_ctx ctx = {.arena = arena};
    struct cvn_slice packed[2];
    assert_int_equal(cvn_ctx_pack(&ctx, &a->base, &packed[0]), 0);
    assert_int_equal(cvn_ctx_pack(&ctx, &b->base, &packed[1]), 0);
    assert_int_equal(packed[0].len, packed[1].len);
    assert_memory_equal(packed[0].data, packed[1].data, packed[0].len);
}

/* A mentee's whole result, with a text in every place that has one. */
struct full {
    result_type result;
    Convene__Mentoring__V1__Match match, *matches[1];
    Convene__Mentoring__V1__MeetingTime meeting;
    Convene__Mentoring__V1__ScoreTerm term, *terms[1];
    Convene__Mentoring__V1__Alternative others[ALTERNATIVES], *alternatives[ALTERNATIVES];
    Convene__Mentoring__V1__RuleCount rule, *rules[1];
    char ids[4][CVN_ID_TEXT_BYTES], outcomes[ALTERNATIVES][120];
};

static void full_init(struct full *full, char *text)
{
    *full = (struct full){0};
    convene__mentoring__v1__explain_match_response__init(&full->result);
    convene__mentoring__v1__match__init(&full->match);
    convene__mentoring__v1__score_term__init(&full->term);
    convene__mentoring__v1__rule_count__init(&full->rule);
    convene__mentoring__v1__meeting_time__init(&full->meeting);
    cvn_id_format(full->ids[0], CVN_RUN_PREFIX, &run);
    cvn_id_format(full->ids[1], CVN_ENROLMENT_PREFIX, &mentee);
    cvn_id_format(full->ids[2], CVN_ENROLMENT_PREFIX, &mentor);
    cvn_id_format(full->ids[3], CVN_MENTORING_PERSON_PREFIX, &mentor);
    full->match.run_id = full->ids[0];
    full->match.mentee_enrolment_id = full->ids[1];
    full->match.mentor_enrolment_id = full->ids[2];
    full->match.mentor_id = full->match.mentee_id = full->ids[3];
    full->match.mentee_name = full->match.mentor_name = full->result.display_name = text;
    full->match.mentee_score = full->match.mentee_choice = INT32_MAX;
    full->match.mentor_score = -1;
    full->match.mentee_revision = INT64_MAX;
    full->match.mentor_revision = 7;
    full->match.locked = 1;
    full->match.meeting = &full->meeting;
    full->match.unmatched_reason = full->term.name = full->term.reason = full->rule.rule = text;
    full->meeting.utc_hour = 167;
    full->meeting.hours = 2;
    full->term.mentee_points = -5;
    full->term.mentor_points = INT32_MIN;
    full->rule.mentors = 3;
    full->terms[0] = &full->term;
    full->match.terms = full->terms;
    full->match.n_terms = 1;
    full->rules[0] = &full->rule;
    full->result.removed_by_rule = full->rules;
    full->result.n_removed_by_rule = 1;
    full->matches[0] = &full->match;
    full->result.matches = full->matches;
    full->result.n_matches = 1;
    full->result.role = MENTEE;
    full->result.alternatives = full->alternatives;
    for (int i = 0; i < ALTERNATIVES; i++) {
        full->alternatives[i] = &full->others[i];
        convene__mentoring__v1__alternative__init(&full->others[i]);
        full->others[i].mentor_id = i % 2 ? full->ids[3] : (char *)"";
        full->others[i].mentor_name = text;
        full->others[i].mentee_score = 800 - i;
        full->others[i].mentor_score = 300 + i;
        full->others[i].outcome = full->outcomes[i];
        (void)snprintf(full->outcomes[i], sizeof full->outcomes[i],
                       "full with people the mentor scores higher (lowest %d, this one %d)",
                       400 + i, 300 + i);
    }
    full->result.n_alternatives = ALTERNATIVES;
}

static char *texts[] = {
    (char *)"",
    (char *)"go (mentor 5, mentee 2), sql (mentor 4, mentee 1), c++17 (mentor 1, mentee 0)",
    (char *)"), ), ",
    (char *)"), x",
    (char *)"0 00 007 10 9999999999999999999 10000000000000000000 18446744073709551616",
    (char *)"both came to 3 meetups, the last on 2026-10-02",
    (char *)"12), 13), 0",
    (char *)"a \x01 mark of ours 5), and 6",
    (char *)"Zoë, 木村 7",
};

static void test_what_is_packed_is_read_again(void **state)
{
    struct passage passage = {.part = CVN_RESULT_WHOLE};
    struct full full;
    assert_int_equal(cvn_result_words_new(&passage.words, &run), 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cvn_arena_init(&passage.arena, ARENA_BYTES);
        full_init(&full, texts[i]);
        passage.in = &full.result;
        assert_int_equal(pass_through(*state, &passage), 0);
        assert_same(&passage.arena, passage.in, passage.out);
        assert_true(passage.row_bytes <= ROW_BYTES_MOST);
        cvn_arena_deinit(&passage.arena);
    }
    cvn_result_words_free(passage.words);
}

static void test_a_part_leaves_out_what_is_not_asked_for(void **state)
{
    struct passage passage = {.part = CVN_RESULT_PAIR};
    struct full full;
    cvn_arena_init(&passage.arena, ARENA_BYTES);
    assert_int_equal(cvn_result_words_new(&passage.words, &run), 0);
    full_init(&full, texts[1]);
    passage.in = &full.result;
    assert_int_equal(pass_through(*state, &passage), 0);
    full.match.n_terms = full.result.n_alternatives = full.result.n_removed_by_rule = 0;
    full.match.unmatched_reason = (char *)"";
    assert_same(&passage.arena, passage.in, passage.out);
    full_init(&full, texts[1]);
    passage.part = CVN_RESULT_MATCH;
    assert_int_equal(pass_through(*state, &passage), 0);
    full.result.n_alternatives = full.result.n_removed_by_rule = 0;
    assert_same(&passage.arena, passage.in, passage.out);
    cvn_result_words_free(passage.words);
    cvn_arena_deinit(&passage.arena);
}

/* Beyond the texts that a run numbers, results have their own. */
static void test_texts_beyond_the_limit_are_kept_in_the_row(void **state)
{
    struct passage passage = {.part = CVN_RESULT_WHOLE};
    struct full full;
    char text[8];
    uint32_t number;
    cvn_arena_init(&passage.arena, ARENA_BYTES);
    assert_int_equal(cvn_result_words_new(&passage.words, &run), 0);
    for (uint32_t i = 0; i < CVN_RESULT_TEXTS_MAX; i++) {
        for (size_t at = 0; at < 5; at++)
            text[at] = (char)('a' + (i >> 4 * at & 15));
        assert_int_equal(cvn_result_words_text(passage.words, cvn_slice(text, 5), &number), 0);
        assert_int_equal(number, i + 1);
    }
    assert_int_equal(cvn_result_words_text(passage.words, cvn_slice_of_string("?"), &number), 0);
    assert_int_equal(number, 0);
    full_init(&full, texts[1]);
    passage.in = &full.result;
    assert_int_equal(pass_through(*state, &passage), 0);
    assert_same(&passage.arena, passage.in, passage.out);
    cvn_result_words_free(passage.words);
    cvn_arena_deinit(&passage.arena);
}

static int read_cut(struct cvn_txn *txn, void *arg)
{
    struct passage *passage = arg;
    struct cvn_ctx ctx = {.arena = &passage->arena, .txn = txn};
    struct cvn_key key;
    struct cvn_slice row;
    cvn_result_key(&key, &run, &mentee);
    int r = cvn_result_pack(passage->words, passage->in, &passage->arena, &row);
    assert_int_equal(r, 0); /* its words are not stored */
    assert_int_equal(
        cvn_result_read(&ctx, cvn_key_slice(&key), row, CVN_RESULT_WHOLE, &passage->out), -EUCLEAN);
    for (size_t n = 0; n < row.len; n++) {
        r = cvn_result_read(&ctx, cvn_key_slice(&key), cvn_slice(row.data, n), CVN_RESULT_PAIR,
                            &passage->out);
        assert_true(r == 0 || r == -EUCLEAN);
    }
    return 0;
}

static void test_damage_is_told(void **state)
{
    struct harness *harness = *state;
    struct passage passage = {.part = CVN_RESULT_WHOLE};
    struct full full;
    cvn_arena_init(&passage.arena, ARENA_BYTES);
    assert_int_equal(cvn_result_words_new(&passage.words, &run), 0);
    full_init(&full, texts[1]);
    passage.in = &full.result;
    assert_int_equal(cvn_store_update(harness->store, read_cut, &passage, 0), 0);
    full.match.mentor_id = (char *)"per_none";
    assert_int_equal(pass_through(harness, &passage), -EUCLEAN);
    full.result.n_matches = 0;
    assert_int_equal(pass_through(harness, &passage), -EUCLEAN);
    cvn_result_words_free(passage.words);
    cvn_arena_deinit(&passage.arena);
}

/* A run's results as schema 0 had them: the messages, each under its key in another space. */
static const struct cvn_index before_by_mentor[] = {
    {"result_mentor", CVN_INDEX_RESULT_MENTOR, false}};

static int derive_before(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_ctx ctx = {.arena = cvn_index_sink_arena(sink)};
    struct cvn_id ids[2];
    struct cvn_key by_mentor;
    result_type *result;
    (void)key;
    assert_int_equal(cvn_ctx_unpack(&ctx,
                                    &convene__mentoring__v1__explain_match_response__descriptor,
                                    value, &result),
                     0);
    if (result->role == MENTOR || !result->matches[0]->mentor_enrolment_id[0])
        return 0;
    assert_true(cvn_id_parse(&ids[0], CVN_RUN_PREFIX, result->matches[0]->run_id));
    assert_true(
        cvn_id_parse(&ids[1], CVN_ENROLMENT_PREFIX, result->matches[0]->mentor_enrolment_id));
    cvn_key_init(&by_mentor);
    cvn_key_put_id(&by_mentor, &ids[0]);
    cvn_key_put_id(&by_mentor, &ids[1]);
    return cvn_index_emit(sink, CVN_INDEX_RESULT_MENTOR, cvn_key_slice(&by_mentor),
                          cvn_slice(NULL, 0));
}

static const struct cvn_table before = {
    .name = "results",
    .space = CVN_SPACE_RESULTS_BEFORE,
    .indexes = before_by_mentor,
    .n_indexes = 1,
    .derive = derive_before,
};

/* Puts what there is back into the store of before, with an erasure that was among its results. */
static int make_old(struct cvn_txn *txn, void *arg)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    struct cvn_key lo, hi, key, from;
    struct cvn_slice at, value, packed;
    CVN_CURSOR_AUTO cursor;
    size_t *n = arg;
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    assert_int_equal(
        cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD), 0);
    for (*n = 0; cvn_cursor_next(&cursor, &at, &value) == 0; ++*n) {
        result_type *result;
        cvn_key_init(&from);
        cvn_key_put_raw(&from, at);
        cvn_key_begin(&key, CVN_SPACE_RESULTS_BEFORE);
        cvn_key_put_raw(&key, cvn_slice((const char *)at.data + 1, at.len - 1));
        assert_int_equal(cvn_result_read(&ctx, at, value, CVN_RESULT_WHOLE, &result), 0);
        assert_int_equal(cvn_ctx_pack(&ctx, &result->base, &packed), 0);
        assert_int_equal(cvn_table_delete(txn, &cvn_result_table, cvn_key_slice(&from)), 0);
        assert_int_equal(cvn_table_put(txn, &before, cvn_key_slice(&key), packed), 0);
    }
    return 0;
}

static int step(struct cvn_txn *txn, void *arg)
{
    return cvn_mentoring_schema_steps[0](txn, arg);
}

static const result_type *explain(struct published *scene, size_t i)
{
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    request.run_id = scene->run.text;
    request.person_id = scene->ids[i].text;
    const result_type *result = client_call(&scene->admin, "ExplainMatch", &request);
    assert_non_null(result);
    return result;
}

static void fail_at_finding(void *arg, const struct cvn_verify_finding *finding)
{
    (void)arg;
    fail_msg("%s, kind %d", finding->index ? finding->index->name : "", (int)finding->kind);
}

static void assert_sound(struct harness *harness)
{
    struct cvn_txn *snapshot;
    struct cvn_verify_totals totals;
    assert_int_equal(cvn_store_snapshot(harness->store, &snapshot), 0);
    assert_int_equal(
        cvn_table_verify(snapshot, cvn_mentoring_tables, fail_at_finding, NULL, &totals), 0);
    cvn_snapshot_release(snapshot);
}

static void test_results_of_an_older_store_are_the_same(void **state)
{
    PUBLISHED scene;
    struct cvn_arena arena;
    struct cvn_slice told[PUBLISHED_MANAGER];
    size_t n;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &arena};
    published_match(&scene, state);
    for (size_t i = 0; i < PUBLISHED_MANAGER; i++)
        assert_int_equal(cvn_ctx_pack(&ctx, &explain(&scene, i)->base, &told[i]), 0);
    assert_int_equal(cvn_store_update(scene.harness->store, make_old, &n, 0), 0);
    assert_int_equal(n, PUBLISHED_MANAGER);
    assert_int_equal(cvn_store_update(scene.harness->store, step, NULL, 0), 0);
    assert_sound(scene.harness);
    for (size_t i = 0; i < PUBLISHED_MANAGER; i++) {
        struct cvn_slice now;
        assert_int_equal(cvn_ctx_pack(&ctx, &explain(&scene, i)->base, &now), 0);
        assert_int_equal(cvn_slice_compare(told[i], now), 0);
    }
    cvn_arena_deinit(&arena);
}

/* As an erasure is stored: its phase, since when, six counts, and the place where it is. */
static void old_erasure(struct cvn_key *key, struct cvn_key *value, const struct cvn_id *person)
{
    enum { RESULTS_THEN = 2 };
    cvn_key_begin(key, CVN_SPACE_PERSON_ERASURES);
    cvn_key_put_id(key, person);
    cvn_key_init(value);
    cvn_key_put_u8(value, RESULTS_THEN);
    cvn_key_put_i64(value, 1);
    for (int i = 0; i < 6; i++)
        cvn_key_put_u32(value, 0);
    cvn_key_put_u8(value, CVN_SPACE_RESULTS_BEFORE);
    cvn_key_put_id(value, &mentee);
}

static int put_old_erasure(struct cvn_txn *txn, void *arg)
{
    struct cvn_key key, value;
    old_erasure(&key, &value, arg);
    return cvn_txn_put(txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

static void test_an_erasure_of_an_older_store_goes_on(void **state)
{
    PUBLISHED scene;
    size_t n, who = 1; /* a mentor, whom results of others name, too */
    published_match(&scene, state);
    struct cvn_store *store = scene.harness->store;
    assert_int_equal(cvn_store_update(store, make_old, &n, 0), 0);
    assert_int_equal(cvn_store_update(store, put_old_erasure, &scene.people[who], 0), 0);
    assert_int_equal(cvn_store_update(store, step, NULL, 0), 0);
    harness_erase(&scene.admin, scene.ids[who].text);
    for (size_t i = PUBLISHED_MENTORS; i < PUBLISHED_MANAGER; i++) {
        const result_type *result = explain(&scene, i);
        assert_string_not_equal(result->matches[0]->mentor_id, scene.ids[who].text);
        for (size_t j = 0; j < result->n_alternatives; j++) {
            assert_string_not_equal(result->alternatives[j]->mentor_id, scene.ids[who].text);
            assert_string_not_equal(result->alternatives[j]->mentor_name, "Person 1");
        }
    }
    assert_sound(scene.harness);
}

#define WITH_HARNESS(f) cmocka_unit_test_setup_teardown(f, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HARNESS(test_what_is_packed_is_read_again),
        WITH_HARNESS(test_a_part_leaves_out_what_is_not_asked_for),
        WITH_HARNESS(test_texts_beyond_the_limit_are_kept_in_the_row),
        WITH_HARNESS(test_damage_is_told),
        WITH_HARNESS(test_results_of_an_older_store_are_the_same),
        WITH_HARNESS(test_an_erasure_of_an_older_store_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
