#include "tests/support/cmocka_all.h"

#include "client/cli/failure.h"

#include <string.h>

static void test_exit_codes_by_status(void **state)
{
    (void)state;
    static const int expected[] = {
        [CONVENE_OK] = 0,
        [CONVENE_CANCELLED] = 1,
        [CONVENE_UNKNOWN] = 1,
        [CONVENE_INVALID_ARGUMENT] = 1,
        [CONVENE_DEADLINE_EXCEEDED] = 1,
        [CONVENE_NOT_FOUND] = 5,
        [CONVENE_ALREADY_EXISTS] = 6,
        [CONVENE_PERMISSION_DENIED] = 1,
        [CONVENE_RESOURCE_EXHAUSTED] = 1,
        [CONVENE_FAILED_PRECONDITION] = 6,
        [CONVENE_ABORTED] = 6,
        [CONVENE_OUT_OF_RANGE] = 1,
        [CONVENE_UNIMPLEMENTED] = 1,
        [CONVENE_INTERNAL] = 1,
        [CONVENE_UNAVAILABLE] = 7,
        [CONVENE_DATA_LOSS] = 1,
        [CONVENE_UNAUTHENTICATED] = 4,
    };
    for (int code = CONVENE_OK; code <= CONVENE_UNAUTHENTICATED; code++) {
        struct convene_status status = CONVENE_STATUS_INIT;
        status.code = (enum convene_code)code;
        if ((int)cvn_failure_exit(&status) != expected[code]) {
            fail_msg("%s exits with %d", convene_code_name(code), (int)cvn_failure_exit(&status));
        }
    }
}

static void test_deadline_is_unreachable_when_nothing_was_connected(void **state)
{
    (void)state;
    struct convene_status status = CONVENE_STATUS_INIT;
    status.code = CONVENE_DEADLINE_EXCEEDED;
    status.unreachable = true;
    assert_int_equal(cvn_failure_exit(&status), CVN_EXIT_UNREACHABLE);
}

static void test_violations_find_their_option_or_column(void **state)
{
    (void)state;
    assert_true(cvn_failure_is_field("event.venue.city", "event.venue.city"));
    assert_true(cvn_failure_is_field("events[12].venue.city", "venue.city"));
    assert_true(cvn_failure_is_field("title", "event.title"));
    assert_true(cvn_failure_is_field("event.topics[3]", "event.topics"));
    assert_false(cvn_failure_is_field("subtitle", "title"));
    assert_false(cvn_failure_is_field("event.title", "event.description"));
    assert_false(cvn_failure_is_field("", "title"));
}

static void assert_word(const char *words, const char *field, const char *expected)
{
    const char *word = "";
    size_t n = cvn_failure_word(words, field, &word);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(word, expected, n);
}

static void test_violations_find_their_word(void **state)
{
    (void)state;
    assert_word("[PROGRAM]", "program_id", "PROGRAM");
    assert_word("PROGRAM MENTEE MENTOR", "pair_rule.mentor_id", "MENTOR");
    assert_word("[PROGRAM]", "id", "PROGRAM");
    assert_word("EVENT COMMENT", "id", "");
    assert_word("RUN RUN", "first_run_id", "");
    assert_word("PROGRAMME", "program_id", "");
    assert_word("", "id", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_codes_by_status),
        cmocka_unit_test(test_deadline_is_unreachable_when_nothing_was_connected),
        cmocka_unit_test(test_violations_find_their_option_or_column),
        cmocka_unit_test(test_violations_find_their_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
