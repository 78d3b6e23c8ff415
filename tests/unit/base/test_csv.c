#include "base/csv.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All rows as "a|b;c|d;", ragged ones with '!' before, and then what ended them. */
static int read_all(struct cvn_csv_reader *reader, char *out, size_t room, struct cvn_error *err)
{
    struct cvn_csv_row row;
    size_t at = 0;
    int r;
    out[0] = '\0';
    while ((r = cvn_csv_next(reader, &row, err)) == 0 || r == CVN_CSV_RAGGED) {
        at += (size_t)snprintf(out + at, room - at, "%s", r ? "!" : "");
        for (size_t i = 0; i < row.n_fields; i++) {
            assert_int_equal(((const char *)row.fields[i].data)[row.fields[i].len], '\0');
            at += (size_t)snprintf(out + at, room - at, "%s%.*s", i ? "|" : "",
                                   (int)row.fields[i].len, (const char *)row.fields[i].data);
        }
        at += (size_t)snprintf(out + at, room - at, ";");
    }
    assert_int_equal(cvn_csv_next(reader, &row, NULL), r); /* and again */
    cvn_csv_reader_free(reader);
    return r;
}

static int read_text(const char *text, char *out, size_t room, struct cvn_error *err)
{
    struct cvn_csv_reader *reader;
    assert_int_equal(cvn_csv_reader_new(&reader, cvn_slice_of_string(text)), 0);
    return read_all(reader, out, room, err);
}

static void assert_reads(const char *text, const char *expected)
{
    char out[512];
    struct cvn_error err = {""};
    int r = read_text(text, out, sizeof out, &err);
    if (r != CVN_CSV_END)
        fail_msg("%s: %s", text, err.text);
    assert_string_equal(out, expected);
}

static void test_rows_of_every_form(void **state)
{
    assert_reads("", "");
    assert_reads("a,b\r\nc,d\r\n", "a|b;c|d;");
    assert_reads("a,b\nc,d", "a|b;c|d;");
    assert_reads("\xef\xbb\xbf"
                 "a,b\n",
                 "a|b;");
    assert_reads("\xef\xbb\xbf\"a\",b\n", "a|b;");
    assert_reads("\xef\xbb\xbf", "");
    assert_reads("a, b ,\n,,\n", "a| b |;||;");
    assert_reads("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\n", "a,b|say \"hi\"|two\r\nlines;");
    assert_reads("\"\"\n", ";");
    assert_reads("\"\"", ";");
    assert_reads("\n\r\na,b\n\n\nc,d\n\r\n", "a|b;c|d;");
    assert_reads("a,b\nc\n1,2,3\nd,e", "a|b;!c;!1|2|3;d|e;");
    assert_reads("a,b\n,", "a|b;|;");
}

static void test_malformed_text_is_named_with_its_place(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"a,b\nc,\"d\ne\n",
         "line 2, column 3: the quote that opens here is not closed before the file ends"},
        {"\"", "line 1, column 1: the quote that opens here is not closed before the file ends"},
        {"a,\"b\"c\n", "line 1, column 6: text behind the closing quote"},
        {"a,\"b\" ,c\n", "line 1, column 6: text behind the closing quote"},
        {"a,b\xc3\xbc\"c\"\n",
         "line 1, column 5: a \" within a field that does not begin with one"},
        {"\"a\";\"b\"\n", "line 1, column 4: a ; behind the closing quote"},
        {"\"a\"\t\"b\"\n", "line 1, column 4: a tab behind the closing quote"},
        {"a,b\rc,d\n", "line 1, column 4: a carriage return without a line feed"},
        {"\"x\ny\",z\n\"b\"c", "line 3, column 4: text behind the closing quote"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[512];
        struct cvn_error err = {""};
        assert_int_equal(read_text(cases[i].text, out, sizeof out, &err), CVN_CSV_MALFORMED);
        if (strncmp(err.text, cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("%s", err.text);
    }
}

static void test_ragged_row_says_what_it_has(void **state)
{
    struct cvn_csv_reader *reader;
    struct cvn_csv_row row;
    struct cvn_error err;
    assert_int_equal(cvn_csv_reader_new(&reader, cvn_slice_of_string("a,\"b\n\"\n\n1,2,3\n")), 0);
    assert_int_equal(cvn_csv_next(reader, &row, &err), 0);
    assert_int_equal(row.line, 1);
    assert_int_equal(cvn_csv_next(reader, &row, &err), CVN_CSV_RAGGED);
    assert_int_equal(row.line, 4);
    assert_string_equal(err.text, "line 4: 3 fields, where the first row has 2");
    cvn_csv_reader_free(reader);
}

/* n bytes of one row made by a pattern that is repeated. */
static int read_repeated(const char *head, const char *pattern, size_t n, struct cvn_error *err)
{
    size_t head_len = strlen(head), len = strlen(pattern);
    char *text = malloc(head_len + n);
    memcpy(text, head, head_len);
    for (size_t i = 0; i < n; i++)
        text[head_len + i] = pattern[i % len];
    struct cvn_csv_reader *reader;
    struct cvn_csv_row row;
    assert_int_equal(cvn_csv_reader_new(&reader, cvn_slice(text, head_len + n)), 0);
    int r = cvn_csv_next(reader, &row, err);
    cvn_csv_reader_free(reader);
    free(text);
    return r;
}

static void test_limits_hold_at_their_edges(void **state)
{
    struct cvn_error err = {""};
    assert_int_equal(read_repeated("", "x", CVN_CSV_FIELD_MAX, &err), 0);
    assert_int_equal(read_repeated("", "x", CVN_CSV_FIELD_MAX + 1, &err), CVN_CSV_MALFORMED);
    assert_non_null(strstr(err.text, "line 1, column 1: the field that begins here exceeds 1 MiB"));
    assert_int_equal(read_repeated("\"", "x", CVN_CSV_FIELD_MAX + 1, &err), CVN_CSV_MALFORMED);
    assert_int_equal(read_repeated("", ",", CVN_CSV_COLUMNS_MAX - 1, &err), 0);
    assert_int_equal(read_repeated("", ",", CVN_CSV_COLUMNS_MAX, &err), CVN_CSV_MALFORMED);
    assert_non_null(strstr(err.text, "more than 256 fields"));
    size_t len = 65536 + 1; /* and its comma */
    char *pattern = malloc(len + 1);
    memset(pattern, 'x', len - 1);
    memcpy(pattern + len - 1, ",", 2);
    size_t most = CVN_CSV_ROW_MAX / (len - 1) * len;
    assert_int_equal(read_repeated("", pattern, most, &err), 0);
    assert_int_equal(read_repeated("", pattern, most + 1, &err), CVN_CSV_MALFORMED);
    assert_non_null(strstr(err.text, "the row exceeds 4 MiB"));
    free(pattern);
}

static uint64_t random_state;

static unsigned draw(unsigned below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % below;
}

/* Rows of awkward fields, so long that a reader of a file meets the end of its buffer in them. */
static void test_reader_gives_back_what_the_writer_wrote(void **state)
{
    enum { ROWS = 3000, COLUMNS = 4, LEN = 40 };
    static char fields[ROWS][COLUMNS][LEN];
    static const char alphabet[] = "ab,,\"\"\r\n \xef\xbb\xbf;";
    FILE *file = tmpfile();
    assert_non_null(file);
    random_state = 7;
    for (int i = 0; i < ROWS; i++) {
        struct cvn_slice row[COLUMNS];
        for (int k = 0; k < COLUMNS; k++) {
            unsigned len = draw(LEN);
            for (unsigned c = 0; c < len; c++)
                fields[i][k][c] = alphabet[draw(sizeof alphabet - 1)];
            row[k] = cvn_slice_of_string(fields[i][k]);
        }
        assert_int_equal(cvn_csv_write_row(file, row, COLUMNS), 0);
    }
    rewind(file);
    struct cvn_csv_reader *reader;
    struct cvn_csv_row row;
    struct cvn_error err;
    assert_int_equal(cvn_csv_reader_new_file(&reader, file), 0);
    for (int i = 0; i < ROWS; i++) {
        if (cvn_csv_next(reader, &row, &err) != 0)
            fail_msg("%s", err.text);
        for (int k = 0; k < COLUMNS; k++)
            assert_string_equal(row.fields[k].data, fields[i][k]);
    }
    assert_int_equal(cvn_csv_next(reader, &row, &err), CVN_CSV_END);
    cvn_csv_reader_free(reader);
    (void)fclose(file);
}

static void test_writer_quotes_only_what_needs_it(void **state)
{
    const struct cvn_slice row[] = {cvn_slice_of_string("plain"), cvn_slice_of_string(""),
                                    cvn_slice_of_string("a,b"), cvn_slice_of_string("say \"hi\""),
                                    cvn_slice_of_string("=1+1")};
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    assert_int_equal(cvn_csv_write_row(file, row, 5), 0);
    assert_int_equal(cvn_csv_write_row(file, row + 1, 1), 0);
    (void)fclose(file);
    assert_string_equal(text, "plain,,\"a,b\",\"say \"\"hi\"\"\",=1+1\r\n\"\"\r\n");
    free(text);
    const struct cvn_slice mark = cvn_slice_of_string("\xef\xbb\xbf");
    file = open_memstream(&text, &len);
    assert_int_equal(cvn_csv_write_row(file, &mark, 1), 0);
    (void)fclose(file);
    assert_reads(text, "\xef\xbb\xbf;"); /* not taken for a byte order mark */
    free(text);
}

static void test_writer_reports_a_full_disk(void **state)
{
    FILE *file = fopen("/dev/full", "w");
    const struct cvn_slice field = cvn_slice_of_string("x");
    if (!file)
        skip();
    (void)setvbuf(file, NULL, _IONBF, 0);
    assert_int_equal(cvn_csv_write_row(file, &field, 1), -EIO);
    (void)fclose(file);
}

static void test_reader_reports_a_file_that_cannot_be_read(void **state)
{
    FILE *file = fopen("/", "r"); /* opens, and fails to read */
    struct cvn_csv_reader *reader;
    struct cvn_csv_row row;
    struct cvn_error err;
    assert_non_null(file);
    assert_int_equal(cvn_csv_reader_new_file(&reader, file), 0);
    assert_int_equal(cvn_csv_next(reader, &row, &err), -EIO);
    assert_string_equal(err.text, "line 1: the file cannot be read");
    cvn_csv_reader_free(reader);
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_every_form),
        cmocka_unit_test(test_malformed_text_is_named_with_its_place),
        cmocka_unit_test(test_ragged_row_says_what_it_has),
        cmocka_unit_test(test_limits_hold_at_their_edges),
        cmocka_unit_test(test_reader_gives_back_what_the_writer_wrote),
        cmocka_unit_test(test_writer_quotes_only_what_needs_it),
        cmocka_unit_test(test_writer_reports_a_full_disk),
        cmocka_unit_test(test_reader_reports_a_file_that_cannot_be_read),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
