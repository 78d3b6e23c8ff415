#include "base/id.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

static const uint8_t noise[10] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void test_parse_returns_what_format_wrote(void **state)
{
    struct cvn_id id = cvn_id_make(1732400000000, noise), back;
    char text[CVN_ID_TEXT_BYTES];
    cvn_id_format(text, "evt", &id);
    assert_int_equal(strlen(text), 30);
    assert_true(cvn_id_parse(&back, "evt", text));
    assert_true(cvn_id_equal(&id, &back));
}

static void test_version_and_variant_are_rfc_9562(void **state)
{
    struct cvn_id id = cvn_id_make(1732400000000, noise);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
}

static void test_later_ids_sort_later(void **state)
{
    struct cvn_id a = cvn_id_make(1000, noise), b = cvn_id_make(1001, noise);
    char ta[CVN_ID_TEXT_BYTES], tb[CVN_ID_TEXT_BYTES];
    cvn_id_format(ta, "evt", &a);
    cvn_id_format(tb, "evt", &b);
    assert_true(memcmp(a.bytes, b.bytes, CVN_ID_BYTES) < 0);
    assert_true(strcmp(ta, tb) < 0);
}

static void test_parse_refuses_what_is_no_id(void **state)
{
    struct cvn_id id = cvn_id_make(1000, noise), untouched;
    char text[CVN_ID_TEXT_BYTES + 1];
    cvn_id_format(text, "evt", &id);
    memset(&untouched, 0xaa, sizeof untouched);
    struct cvn_id before = untouched;
    assert_false(cvn_id_parse(&untouched, "grp", text));
    assert_false(cvn_id_parse(&untouched, "evt", ""));
    assert_false(cvn_id_parse(&untouched, "evt", "evt_"));
    assert_false(cvn_id_parse(&untouched, "evt", "evt_8zzzzzzzzzzzzzzzzzzzzzzzzz"));
    text[10] = 'u';
    assert_false(cvn_id_parse(&untouched, "evt", text));
    cvn_id_format(text, "evt", &id);
    strcat(text, "0");
    assert_false(cvn_id_parse(&untouched, "evt", text));
    assert_true(cvn_id_equal(&before, &untouched));
}

static void test_parse_reads_as_crockford_does(void **state)
{
    struct cvn_id a, b;
    assert_true(cvn_id_parse(&a, "evt", "evt_00000000001111111111111111"));
    assert_true(cvn_id_parse(&b, "evt", "evt_0o0O0000001iIlL11111111111"));
    assert_true(cvn_id_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_returns_what_format_wrote),
        cmocka_unit_test(test_version_and_variant_are_rfc_9562),
        cmocka_unit_test(test_later_ids_sort_later),
        cmocka_unit_test(test_parse_refuses_what_is_no_id),
        cmocka_unit_test(test_parse_reads_as_crockford_does),
    };
    return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
