#include "tests/support/cmocka_all.h"

#include "client/cli/table.h"

#include <stdlib.h>

static const struct cvn_table_column columns[] = {
    {"When", false, false},
    {"Title", false, true},
    {"In queue", true, false},
};

static void check(int (*print)(FILE *, const struct cvn_table *), const struct cvn_table *table,
                  const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    assert_non_null(file);
    assert_int_equal(print(file, table), 0);
    (void)fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static void test_wide_characters_align(void **state)
{
    (void)state;
    const char *cells[] = {"Tue", "コンパイラ", "7", "Wednesday", "e\xcc\x81té", NULL};
    const struct cvn_table table = {columns, 3, cells, 2};
    check(cvn_table_print_plain, &table,
          "When       Title       In queue\n"
          "Tue        コンパイラ         7\n"
          "Wednesday  e\xcc\x81té\n");
}

static void test_control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    const char *cells[] = {"a\nb", "\x1b[2J", "1"};
    const struct cvn_table table = {columns, 3, cells, 1};
    check(cvn_table_print_plain, &table,
          "When  Title  In queue\n"
          "a b    [2J          1\n");
}

static void test_empty_table_has_its_titles(void **state)
{
    (void)state;
    const struct cvn_table table = {columns, 3, NULL, 0};
    check(cvn_table_print_plain, &table, "When  Title  In queue\n");
}

static void test_csv_quotes_and_names_columns_for_programs(void **state)
{
    (void)state;
    const char *cells[] = {"Tue, 1 Dec", "say \"hi\"", NULL};
    const struct cvn_table table = {columns, 3, cells, 1};
    check(cvn_table_print_csv, &table,
          "when,title,in_queue\r\n\"Tue, 1 Dec\",\"say \"\"hi\"\"\",\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wide_characters_align),
        cmocka_unit_test(test_control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(test_empty_table_has_its_titles),
        cmocka_unit_test(test_csv_quotes_and_names_columns_for_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
