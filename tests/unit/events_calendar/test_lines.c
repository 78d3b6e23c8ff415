/* Content lines: unfolding, numbers, names, parameters, and what is no line. */
#include "services/events/calendar/lines.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

struct scene {
    struct cvn_arena arena;
    struct cvn_calendar_piece piece;
    struct cvn_calendar_lines lines;
    struct cvn_calendar_property p;
};

static int setup(void **state)
{
    static struct scene s;
    s = (struct scene){.lines = {.line = 0}};
    cvn_arena_init(&s.arena, 8 << 20);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    cvn_arena_deinit(&((struct scene *)*state)->arena);
    return 0;
}

static void begin(struct scene *s, const char *bytes, size_t len)
{
    cvn_arena_reset(&s->arena);
    s->piece = (struct cvn_calendar_piece){.content = cvn_slice(bytes, len)};
    cvn_calendar_lines_init(&s->lines, &(struct cvn_calendar_file){&s->piece, 1}, &s->arena);
}

/* The first line of the text; asserts that there is one. */
static const struct cvn_calendar_property *first(struct scene *s, const char *text)
{
    begin(s, text, strlen(text));
    assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), 0);
    return &s->p;
}

static void test_next_when_folded_joins_and_counts_lines(void **state)
{
    struct scene *s = *state;
    const char *text = "\xef\xbb\xbf\r\nSUMMARY:An \r\n evening\r\n\twith C\nURL:x\n";
    const struct cvn_calendar_property *p = first(s, text);
    assert_string_equal(p->name, "SUMMARY");
    assert_string_equal(p->value, "An eveningwith C");
    assert_int_equal(p->line, 2);
    assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), 0);
    assert_string_equal(p->name, "URL");
    assert_int_equal(p->line, 5);
    assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), CVN_CALENDAR_LINES_END);
}

static void test_next_when_in_pieces_counts_from_the_number_of_each(void **state)
{
    struct scene *s = *state;
    const struct cvn_calendar_piece pieces[] = {{cvn_slice("A:1\nB:2\n", 8), 0},
                                                {cvn_slice("", 0), 3},
                                                {cvn_slice("C:3\n D\n", 7), 70},
                                                {cvn_slice(" E:4\n", 5), 0},
                                                {cvn_slice("F:5\n", 4), 9}};
    const struct {
        const char *name;
        size_t line;
    } wanted[] = {{"A", 1}, {"B", 2}, {"C", 70}, {"E", 72}, {"F", 9}};
    cvn_calendar_lines_init(&s->lines, &(struct cvn_calendar_file){pieces, 5}, &s->arena);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), 0);
        assert_string_equal(s->p.name, wanted[i].name);
        assert_int_equal(s->p.line, wanted[i].line);
    }
    assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), CVN_CALENDAR_LINES_END);
}

static void test_next_when_a_fold_splits_a_character_joins_it(void **state)
{
    const struct cvn_calendar_property *p = first(*state, "SUMMARY:Caf\xc3\r\n \xa9\r\n");
    assert_string_equal(p->value, "Caf\xc3\xa9");
    assert_int_equal(p->fault, CVN_CALENDAR_FINE);
}

static void test_next_when_there_are_parameters_takes_them_apart(void **state)
{
    const struct cvn_calendar_property *p =
        first(*state, "dtstart;tzid=\"(UTC+01:00) A; B\";value=DATE-TIME:20261201T183000");
    assert_string_equal(p->name, "DTSTART");
    assert_string_equal(cvn_calendar_parameter(p, "TZID"), "(UTC+01:00) A; B");
    assert_string_equal(cvn_calendar_parameter(p, "VALUE"), "DATE-TIME");
    assert_null(cvn_calendar_parameter(p, "X"));
    assert_string_equal(p->value, "20261201T183000");
    assert_false(p->mended);
}

static void test_next_when_quotes_are_misplaced_mends(void **state)
{
    const struct cvn_calendar_property *p =
        first(*state, "DTSTART;TZID=\"W. Europe Standard Time:20200609T090000\"");
    assert_string_equal(cvn_calendar_parameter(p, "TZID"), "W. Europe Standard Time");
    assert_string_equal(p->value, "20200609T090000");
    assert_true(p->mended);
    p = first(*state, "DTSTART;;VALUE=DATE:20200609");
    assert_string_equal(cvn_calendar_parameter(p, "VALUE"), "DATE");
    assert_true(p->mended);
}

static void test_next_when_parameters_are_too_many_drops_the_rest(void **state)
{
    const struct cvn_calendar_property *p =
        first(*state, "A;P1=1;P2=2;P3=3;P4=4;P5=5;P6=6;P7=7;P8=8;P9=9:v");
    assert_int_equal(p->n_parameters, CVN_CALENDAR_PARAMETERS_MAX);
    assert_string_equal(cvn_calendar_parameter(p, "P8"), "8");
    assert_null(cvn_calendar_parameter(p, "P9"));
    assert_string_equal(p->value, "v");
}

static void test_next_when_it_is_no_property_says_so(void **state)
{
    static const char *const texts[] = {"X", "NO COLON HERE", "A B:c", ":value", "é:x"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(first(*state, texts[i])->fault, CVN_CALENDAR_FAULT_FORM);
}

static void test_next_when_not_utf8_says_so(void **state)
{
    /* Latin-1, which libical takes for text. */
    assert_int_equal(first(*state, "SUMMARY:Caf\xe9")->fault, CVN_CALENDAR_FAULT_ENCODING);
    assert_int_equal(first(*state, "SUMMARY:a\x01")->fault, CVN_CALENDAR_FAULT_CONTROL);
    struct scene *s = *state;
    begin(s, "SUMMARY:a\0b\n", 12);
    assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), 0);
    assert_int_equal(s->p.fault, CVN_CALENDAR_FAULT_CONTROL);
    begin(s, "SUMMARY:\xc0\x07\0\n", 12);
    assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), 0);
    assert_int_equal(s->p.fault, CVN_CALENDAR_FAULT_ENCODING);
}

/* A line of n bytes in all, folded now and then. */
static enum cvn_calendar_fault fault_of_length(struct scene *s, size_t n)
{
    char *text = test_malloc(2 * n + 16);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        text[len++] = i == 1 ? ':' : 'x';
        if (i % 1000 == 999) {
            memcpy(text + len, "\r\n ", 3);
            len += 3;
        }
    }
    begin(s, text, len);
    assert_int_equal(cvn_calendar_lines_next(&s->lines, &s->p), 0);
    test_free(text);
    return s->p.fault;
}

static void test_next_when_long_is_cut_at_the_limit(void **state)
{
    assert_int_equal(fault_of_length(*state, CVN_CALENDAR_LINE_MAX), CVN_CALENDAR_FINE);
    assert_int_equal(fault_of_length(*state, CVN_CALENDAR_LINE_MAX + 1), CVN_CALENDAR_FAULT_LONG);
}

static void test_unescape_gives_the_text_that_was_meant(void **state)
{
    struct scene *s = *state;
    assert_string_equal(cvn_calendar_unescape(&s->arena, "a\\, b\\; c\\\\ d\\ne\\Nf\\"),
                        "a, b; c\\ d\ne\nf\\");
}

static void test_shown_when_it_could_fool_a_terminal_is_harmless(void **state)
{
    struct scene *s = *state;
    assert_string_equal(cvn_calendar_shown(&s->arena, "a\x1b[2Jb"), "a?[2Jb");
    char text[200];
    memset(text, 'x', 59);
    memcpy(text + 59, "\xc3\xa9 and more", 12);
    assert_int_equal(strlen(cvn_calendar_shown(&s->arena, text)), 59);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_next_when_folded_joins_and_counts_lines),
        CASE(test_next_when_in_pieces_counts_from_the_number_of_each),
        CASE(test_next_when_a_fold_splits_a_character_joins_it),
        CASE(test_next_when_there_are_parameters_takes_them_apart),
        CASE(test_next_when_quotes_are_misplaced_mends),
        CASE(test_next_when_parameters_are_too_many_drops_the_rest),
        CASE(test_next_when_it_is_no_property_says_so),
        CASE(test_next_when_not_utf8_says_so),
        CASE(test_next_when_long_is_cut_at_the_limit),
        CASE(test_unescape_gives_the_text_that_was_meant),
        CASE(test_shown_when_it_could_fool_a_terminal_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
