#include "tests/support/cmocka_all.h"

#include "client/cli/options.h"

#include <errno.h>
#include <string.h>

static const struct cvn_option own[] = {
    {"near", 0, "LAT,LON", "", NULL},
    {"past", 'p', NULL, "", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct cvn_option global[] = {
    {"output", 'o', "FORMAT", "", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct cvn_option *const tables[] = {own, global};

static struct cvn_args args;
static struct cvn_error err;

static int parse(int argc, const char *const *argv)
{
    return cvn_args_parse(&args, argc, (char *const *)argv, tables, 2, &err);
}

#define PARSE(...)                                                                                 \
    parse(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                             \
          (const char *const[]){__VA_ARGS__})

static void test_values_are_read_in_every_spelling(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--near", "1,2", "-ojson"), 0);
    assert_string_equal(cvn_args_get(&args, "near"), "1,2");
    assert_string_equal(cvn_args_get(&args, "output"), "json");
    assert_int_equal(PARSE("--near=1,2", "-o", "csv"), 0);
    assert_string_equal(cvn_args_get(&args, "near"), "1,2");
    assert_string_equal(cvn_args_get(&args, "output"), "csv");
}

static void test_negative_numbers_are_values_and_words(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--near", "-33.8,151.2", "-7"), 0);
    assert_string_equal(cvn_args_get(&args, "near"), "-33.8,151.2");
    assert_string_equal(cvn_args_word(&args, 0), "-7");
}

static void test_words_and_options_mix(void **state)
{
    (void)state;
    assert_int_equal(PARSE("a", "-p", "b", "--", "--near"), 0);
    assert_int_equal(args.n_positionals, 3);
    assert_string_equal(cvn_args_word(&args, 2), "--near");
    assert_true(cvn_args_has(&args, "past"));
    assert_null(cvn_args_word(&args, 3));
}

static void test_last_value_wins(void **state)
{
    (void)state;
    assert_int_equal(PARSE("-o", "json", "-o", "csv"), 0);
    assert_string_equal(cvn_args_get(&args, "output"), "csv");
}

static void test_lone_dash_is_a_word(void **state)
{
    (void)state;
    assert_int_equal(PARSE("-"), 0);
    assert_string_equal(cvn_args_word(&args, 0), "-");
}

static void test_missing_value_is_named(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--near"), -EINVAL);
    assert_non_null(strstr(err.text, "--near LAT,LON"));
}

static void test_value_for_a_flag_is_refused(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--past=yes"), -EINVAL);
    assert_non_null(strstr(err.text, "takes no value"));
}

static void test_unknown_option_suggests_the_nearest(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--naer", "1,2"), -EINVAL);
    assert_non_null(strstr(err.text, "--naer"));
    assert_non_null(strstr(err.text, "Did you mean --near?"));
    assert_int_equal(PARSE("--zzzzzzzz"), -EINVAL);
    assert_null(strstr(err.text, "mean"));
}

static void test_words_are_bounded(void **state)
{
    (void)state;
    const char *words[CVN_POSITIONALS_MAX + 1];
    for (size_t i = 0; i <= CVN_POSITIONALS_MAX; i++) {
        words[i] = "w";
    }
    assert_int_equal(parse(CVN_POSITIONALS_MAX, words), 0);
    assert_int_equal(parse(CVN_POSITIONALS_MAX + 1, words), -EINVAL);
}

static void test_options_are_bounded(void **state)
{
    (void)state;
    const char *words[CVN_OPTIONS_GIVEN_MAX + 1];
    for (size_t i = 0; i <= CVN_OPTIONS_GIVEN_MAX; i++) {
        words[i] = "-p";
    }
    assert_int_equal(parse(CVN_OPTIONS_GIVEN_MAX, words), 0);
    assert_int_equal(parse(CVN_OPTIONS_GIVEN_MAX + 1, words), -EINVAL);
    assert_non_null(strstr(err.text, "At most 128 options"));
}

static void test_distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(cvn_words_distance("events", "events"), 0);
    assert_int_equal(cvn_words_distance("events", "evnts"), 1);
    assert_int_equal(cvn_words_distance("list", "lsit"), 1); /* a swap */
    assert_int_equal(cvn_words_distance("", "abc"), 3);
    assert_int_equal(cvn_words_distance("kitten", "sitting"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_read_in_every_spelling),
        cmocka_unit_test(test_negative_numbers_are_values_and_words),
        cmocka_unit_test(test_words_and_options_mix),
        cmocka_unit_test(test_last_value_wins),
        cmocka_unit_test(test_lone_dash_is_a_word),
        cmocka_unit_test(test_missing_value_is_named),
        cmocka_unit_test(test_value_for_a_flag_is_refused),
        cmocka_unit_test(test_unknown_option_suggests_the_nearest),
        cmocka_unit_test(test_words_are_bounded),
        cmocka_unit_test(test_options_are_bounded),
        cmocka_unit_test(test_distance_counts_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
