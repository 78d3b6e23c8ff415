#include "tests/support/cmocka_all.h"

#include "client/cli/records.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static FILE *file;
static struct cvn_records *records;
static struct cvn_record record;
static struct cvn_error err;

static int open_text(const char *text, size_t len, enum cvn_records_format format)
{
    file = fmemopen((void *)(uintptr_t)text, len, "r");
    assert_non_null(file);
    return cvn_records_new(&records, file, format, &err);
}

static int open_csv(const char *text)
{
    return open_text(text, strlen(text), CVN_RECORDS_CSV);
}

static int open_json(const char *text)
{
    return open_text(text, strlen(text), CVN_RECORDS_JSON_LINES);
}

static int tear_down(void **state)
{
    (void)state;
    cvn_records_free(records);
    records = NULL;
    if (file) {
        (void)fclose(file);
    }
    file = NULL;
    return 0;
}

static int next(void)
{
    return cvn_records_next(records, &record, &err);
}

static const char *value(const char *name)
{
    for (size_t i = 0; i < record.n; i++) {
        if (strcmp(record.names[i], name) == 0) {
            return record.values[i];
        }
    }
    return NULL;
}

static void test_csv_rows_are_read_by_their_heading(void **state)
{
    (void)state;
    assert_int_equal(open_csv("External ID, Title \na1,\"Hello, C\"\n\na2,日本\n"), 0);
    assert_int_equal(next(), 0);
    assert_int_equal(record.line, 2);
    assert_string_equal(value("external_id"), "a1");
    assert_string_equal(value("title"), "Hello, C");
    assert_int_equal(next(), 0);
    assert_int_equal(record.line, 4);
    assert_string_equal(value("title"), "日本");
    assert_int_equal(next(), CVN_RECORDS_END);
}

static void test_broken_quote_names_line_and_keeps_what_came_before(void **state)
{
    (void)state;
    assert_int_equal(open_csv("id,title\n1,fine\n2,\"bro\"ken\n3,never\n"), 0);
    assert_int_equal(next(), 0);
    assert_string_equal(value("title"), "fine");
    assert_int_equal(next(), CVN_RECORDS_BROKEN);
    assert_non_null(strstr(err.text, "line 3"));
    assert_non_null(strstr(err.text, "column"));
}

static void test_heading_that_is_not_separated_by_commas_says_so(void **state)
{
    (void)state;
    assert_int_equal(open_csv("id;title\n1;fine\n"), CVN_RECORDS_BROKEN);
    assert_non_null(
        strstr(err.text, "line 1: the columns are separated by ; where commas are right"));
    (void)fclose(file);
    assert_int_equal(open_csv("id\ttitle\n1\tfine\n"), CVN_RECORDS_BROKEN);
    assert_non_null(
        strstr(err.text, "line 1: the columns are separated by tabs where commas are right"));
    (void)fclose(file);
    assert_int_equal(open_csv("id\n1;2\n"), 0);
}

static void test_unclosed_quote_is_broken(void **state)
{
    (void)state;
    assert_int_equal(open_csv("id,title\n1,\"open\n"), 0);
    assert_int_equal(next(), CVN_RECORDS_BROKEN);
    assert_non_null(strstr(err.text, "quote"));
}

static void test_ragged_row_is_refused_and_reading_goes_on(void **state)
{
    (void)state;
    assert_int_equal(open_csv("id,title\n1\n2,two\n"), 0);
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    assert_int_equal(record.line, 2);
    assert_int_equal(next(), 0);
    assert_string_equal(value("id"), "2");
}

static void test_bytes_that_are_no_utf_8_are_refused_by_column(void **state)
{
    (void)state;
    assert_int_equal(open_csv("id,title\n1,\xff\n2,two\n"), 0);
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    assert_non_null(strstr(err.text, "title"));
    assert_int_equal(next(), 0);
}

static void test_empty_file_and_doubled_column_have_no_heading(void **state)
{
    (void)state;
    assert_int_equal(open_csv("\n"), CVN_RECORDS_BROKEN);
    assert_non_null(strstr(err.text, "empty"));
    (void)tear_down(NULL);
    assert_int_equal(open_csv("id,ID\n"), CVN_RECORDS_BROKEN);
    assert_non_null(strstr(err.text, "twice"));
}

static void test_json_values_become_text(void **state)
{
    (void)state;
    assert_int_equal(open_json("{\"id\":\"a\",\"capacity\":40,\"lat\":52.5,\"ok\":true,"
                               "\"topics\":[\"c\",\"go\"],\"none\":null}\n"),
                     0);
    assert_int_equal(next(), 0);
    assert_string_equal(value("capacity"), "40");
    assert_string_equal(value("lat"), "52.5");
    assert_string_equal(value("ok"), "yes");
    assert_string_equal(value("topics"), "c;go");
    assert_string_equal(value("none"), "");
    assert_int_equal(next(), CVN_RECORDS_END);
}

static void test_broken_json_line_is_refused_and_reading_goes_on(void **state)
{
    (void)state;
    assert_int_equal(open_json("{\"id\":\n\n[1]\n{\"id\":{\"a\":1}}\n{\"id\":\"\xff\"}\n"
                               "{\"id\":1,\"id\":2}\n{\"id\":\"last\"}"),
                     0);
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    assert_int_equal(record.line, 1);
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    assert_int_equal(record.line, 3);
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    assert_non_null(strstr(err.text, "id"));
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    assert_int_equal(next(), 0);
    assert_int_equal(record.line, 7);
    assert_string_equal(value("id"), "last");
}

static void test_json_line_is_read_up_to_its_limit(void **state)
{
    (void)state;
    size_t len = CVN_RECORDS_LINE_MAX + 1;
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, "{\"t\":\"", 6);
    memcpy(text + len - 3, "\"}\n", 3);
    assert_int_equal(open_text(text, len, CVN_RECORDS_JSON_LINES), 0);
    assert_int_equal(next(), CVN_RECORDS_REFUSED);
    (void)tear_down(NULL);
    memmove(text + len - 4, text + len - 3, 3);
    assert_int_equal(open_text(text, len - 1, CVN_RECORDS_JSON_LINES), 0);
    assert_int_equal(next(), 0);
    (void)tear_down(NULL);
    free(text);
}

/* n columns a0, a1, …, as a heading and a row or as an object. */
static char *many_columns(size_t n, bool json)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(out, json ? "%s\"a%zu\":1" : "%sa%zu", i ? "," : json ? "{" : "", i);
    }
    (void)fputs(json ? "}\n" : "\n", out);
    for (size_t i = 0; !json && i < n; i++) {
        (void)fputs(i ? ",1" : "1", out);
    }
    (void)fclose(out);
    return text;
}

static void test_columns_are_bounded(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        char *csv = many_columns(CVN_RECORDS_VALUES_MAX + over, false);
        char *json = many_columns(CVN_RECORDS_VALUES_MAX + over, true);
        assert_int_equal(open_csv(csv), over ? CVN_RECORDS_BROKEN : 0);
        if (!over) {
            assert_int_equal(next(), 0);
            assert_int_equal(record.n, CVN_RECORDS_VALUES_MAX);
        }
        (void)tear_down(NULL);
        assert_int_equal(open_json(json), 0);
        assert_int_equal(next(), over ? CVN_RECORDS_REFUSED : 0);
        (void)tear_down(NULL);
        free(csv);
        free(json);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_csv_rows_are_read_by_their_heading),
        TEST(test_broken_quote_names_line_and_keeps_what_came_before),
        TEST(test_heading_that_is_not_separated_by_commas_says_so),
        TEST(test_unclosed_quote_is_broken),
        TEST(test_ragged_row_is_refused_and_reading_goes_on),
        TEST(test_bytes_that_are_no_utf_8_are_refused_by_column),
        TEST(test_empty_file_and_doubled_column_have_no_heading),
        TEST(test_json_values_become_text),
        TEST(test_broken_json_line_is_refused_and_reading_goes_on),
        TEST(test_json_line_is_read_up_to_its_limit),
        TEST(test_columns_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
