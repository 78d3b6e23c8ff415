#include "base/api_key.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

static const char whole[] = "cvn_0123456789abcdefghjkmnpqrstvwxyz0123456789";

static void test_make_gives_a_digit_for_each_byte(void **state)
{
    (void)state;
    uint8_t random[CVN_API_KEY_ENTROPY_BYTES];
    for (int i = 0; i < CVN_API_KEY_ENTROPY_BYTES; i++)
        random[i] = (uint8_t)(i | 0xe0); /* the upper three bits do not count */
    struct cvn_api_key key;
    cvn_api_key_make(&key, random);
    assert_int_equal(strlen(key.text), CVN_API_KEY_CHARS);
    assert_string_equal(key.text, whole);
    assert_string_equal(cvn_api_key_id(&key).text, "cvn_0123456789");
}

static void test_parse_in_any_spelling(void **state)
{
    (void)state;
    struct cvn_api_key key;
    assert_true(cvn_api_key_parse(&key, "cvn_OIL3456789ABCDEFGHJKMNPQRSTVWXYZ0123456789"));
    assert_string_equal(key.text, "cvn_0113456789abcdefghjkmnpqrstvwxyz0123456789");
}

static void test_parse_when_it_is_none(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "cvn_",
        "cvn",
        "cvm_0123456789abcdefghjkmnpqrstvwxyz0123456789",
        "CVN_0123456789abcdefghjkmnpqrstvwxyz0123456789",
        "cvn_0123456789abcdefghjkmnpqrstvwxyz012345678",   /* one short */
        "cvn_0123456789abcdefghjkmnpqrstvwxyz01234567890", /* one long */
        "cvn_0123456789abcdefghjkmnpqrstvwxyz012345678u",  /* no digit */
        "cvn_0123456789abcdefghjkmnpqrstvwxyz012345678 ",
        " cvn_0123456789abcdefghjkmnpqrstvwxyz0123456789",
        "cvn_0123456789abcdefghjkmnpqrstvwxyz01234567\xc3\xa9",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct cvn_api_key key = {"untouched"};
        assert_false(cvn_api_key_parse(&key, none[i]));
        assert_string_equal(key.text, "untouched");
    }
}

static void test_id_parse_takes_the_name_alone(void **state)
{
    (void)state;
    struct cvn_api_key_id id;
    assert_true(cvn_api_key_id_parse(&id, "cvn_0123456789"));
    assert_false(cvn_api_key_id_parse(&id, "cvn_012345678"));
    assert_false(cvn_api_key_id_parse(&id, "cvn_01234567890"));
    assert_false(cvn_api_key_id_parse(&id, whole));
    assert_string_equal(id.text, "cvn_0123456789");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make_gives_a_digit_for_each_byte),
        cmocka_unit_test(test_parse_in_any_spelling),
        cmocka_unit_test(test_parse_when_it_is_none),
        cmocka_unit_test(test_id_parse_takes_the_name_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
