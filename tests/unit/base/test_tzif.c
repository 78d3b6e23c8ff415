#include "base/posix_tz.h"
#include "base/tzif.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t file[CVN_TZIF_FILE_MAX];
static struct cvn_tzif_transition transitions[CVN_TZIF_TRANSITIONS_MAX];

static void put(size_t *at, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        file[(*at)++] = (uint8_t)(value >> (8 * i));
}

static void put_header(size_t *at, uint32_t n_leap, uint32_t n_times, uint32_t n_types)
{
    memset(file + *at, 0, 20);
    memcpy(file + *at, "TZif2", 5);
    *at += 20;
    put(at, 0, 8);
    put(at, n_leap, 4);
    put(at, n_times, 4);
    put(at, n_types, 4);
    put(at, 4, 4);
}

/* A file with types of the offsets 3600 and 7200 that alternate each day from 1971 on. */
static struct cvn_slice make_file(uint32_t n_leap, uint32_t n_times, const char *footer)
{
    size_t at = 0;
    put_header(&at, 0, 0, 1);
    put(&at, 0, 6);
    put(&at, 0, 4);
    put_header(&at, n_leap, n_times, 2);
    for (uint32_t i = 0; i < n_times; i++)
        put(&at, 31536000 + i * UINT64_C(86400), 8);
    for (uint32_t i = 0; i < n_times; i++)
        put(&at, (i + 1) % 2, 1);
    put(&at, 3600, 4);
    put(&at, 0, 2);
    put(&at, 7200, 4);
    put(&at, 0x0100, 2);
    put(&at, 0, 4);
    for (uint32_t i = 0; i < n_leap; i++) {
        put(&at, 78796800, 8);
        put(&at, 1, 4);
    }
    memcpy(file + at, footer, strlen(footer));
    return cvn_slice(file, at + strlen(footer));
}

static void test_transitions_up_to_the_limit_and_not_beyond(void **state)
{
    int most = CVN_TZIF_TRANSITIONS_MAX - 1; /* and what holds before the first */
    assert_int_equal(cvn_tzif_read(make_file(0, (uint32_t)most, "\n\n"), transitions), most + 1);
    assert_int_equal(transitions[0].offset_s, 3600);
    assert_int_equal(transitions[1].offset_s, 7200);
    assert_int_equal(transitions[1].at_s, 31536000);
    assert_int_equal(cvn_tzif_read(make_file(0, (uint32_t)most + 1, "\n\n"), transitions), -EINVAL);
}

static void test_footer_rule_reaches_to_2101(void **state)
{
    int n = cvn_tzif_read(make_file(0, 2, "\nCET-1CEST,M3.5.0,M10.5.0/3\n"), transitions);
    assert_int_equal(n, 3 + 2 * (2101 - 1971 + 1));
    assert_int_equal(transitions[n - 1].at_s, 4160077200); /* 2101-10-30T01:00:00Z */
    assert_int_equal(transitions[n - 1].offset_s, 3600);
}

static void test_files_that_are_none_are_refused(void **state)
{
    assert_int_equal(cvn_tzif_read(make_file(1, 2, "\n\n"), transitions), -EINVAL);
    assert_int_equal(cvn_tzif_read(make_file(0, 2, ""), transitions), -EINVAL);
    assert_int_equal(cvn_tzif_read(make_file(0, 2, "\nCET-1"), transitions), -EINVAL);
    assert_int_equal(cvn_tzif_read(make_file(0, 2, "\nnonsense\n"), transitions), -EINVAL);
    assert_int_equal(cvn_tzif_read(cvn_slice("", 0), transitions), -EINVAL);
    struct cvn_slice good = make_file(0, 2, "\nCET-1\n");
    assert_int_equal(cvn_tzif_read(good, transitions), 3);
    file[4] = 0; /* version 1 */
    assert_int_equal(cvn_tzif_read(good, transitions), -EINVAL);
}

/* Each beginning lies in memory of its own, so that a sanitizer sees a read past its end. */
static void test_every_beginning_of_a_file_is_refused(void **state)
{
    struct cvn_slice good = make_file(0, 4, "\nCET-1\n");
    for (size_t n = 0; n < good.len; n++) {
        void *copy = malloc(n ? n : 1);
        memcpy(copy, good.data, n);
        assert_int_equal(cvn_tzif_read(cvn_slice(copy, n), transitions), -EINVAL);
        free(copy);
    }
}

static void test_damaged_files_are_read_or_refused_but_never_trusted(void **state)
{
    struct cvn_slice good = make_file(0, 6, "\nCET-1CEST,M3.5.0,M10.5.0/3\n");
    uint8_t *copy = malloc(good.len);
    for (size_t i = 0; i < good.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(copy, good.data, good.len);
            copy[i] ^= (uint8_t)(1 << bit);
            int n = cvn_tzif_read(cvn_slice(copy, good.len), transitions);
            assert_true(n == -EINVAL || (n >= 1 && n <= CVN_TZIF_TRANSITIONS_MAX));
        }
    free(copy);
}

static void assert_change(const char *rule, int year, int64_t to_dst_s, int64_t to_standard_s)
{
    struct cvn_posix_tz tz;
    if (!cvn_posix_tz_parse(&tz, cvn_slice_of_string(rule)))
        fail_msg("refused %s", rule);
    assert_int_equal(cvn_posix_change_s(&tz.to_dst, year, tz.standard_s), to_dst_s);
    assert_int_equal(cvn_posix_change_s(&tz.to_standard, year, tz.dst_s), to_standard_s);
}

static void test_rules_of_every_kind(void **state)
{
    assert_change("EST5EDT,M3.2.0,M11.1.0", 2040, 2215062000, 2235621600);
    assert_change("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2040, 2216250000, 2234998800);
    assert_change("EST5EDT4,J60/0,365/23:30:15", 2024, 1709269200, 1735702215);
}

static void test_texts_that_are_no_rule_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "5",
        "ES5",
        "EST",
        "EST25",
        "<+03-3",
        "EST5EDT",
        "EST5EDT,M3.2.0",
        "EST5EDT,M13.2.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0",
        "EST5EDT,M3.2.7,M11.1.0",
        "EST5EDT,J0,J5",
        "EST5EDT,J366,J5",
        "EST5EDT,366,5",
        "EST5EDT,M3.2.0,M11.1.0/168",
        "EST5EDT,M3.2.0,M11.1.0 ",
        "EST5 ",
    };
    struct cvn_posix_tz tz;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (cvn_posix_tz_parse(&tz, cvn_slice_of_string(wrong[i])))
            fail_msg("accepted %s", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transitions_up_to_the_limit_and_not_beyond),
        cmocka_unit_test(test_footer_rule_reaches_to_2101),
        cmocka_unit_test(test_files_that_are_none_are_refused),
        cmocka_unit_test(test_every_beginning_of_a_file_is_refused),
        cmocka_unit_test(test_damaged_files_are_read_or_refused_but_never_trusted),
        cmocka_unit_test(test_rules_of_every_kind),
        cmocka_unit_test(test_texts_that_are_no_rule_are_refused),
    };
    return cmocka_run_group_tests_name("tzif", tests, NULL, NULL);
}
