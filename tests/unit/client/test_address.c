#include "tests/support/cmocka_all.h"

#include "base/address.h"

#include <string.h>

static void test_convene_url_wins(void **state)
{
    (void)state;
    char url[CVN_ADDRESS_BYTES];
    assert_true(cvn_address_default(url, "tcp://h:1", "/run/user/7", "/home/a"));
    assert_string_equal(url, "tcp://h:1");
}

static void test_runtime_dir_comes_second(void **state)
{
    (void)state;
    char url[CVN_ADDRESS_BYTES];
    assert_true(cvn_address_default(url, "", "/run/user/7", "/home/a"));
    assert_string_equal(url, "ipc:///run/user/7/convene.sock");
}

static void test_home_comes_last_when_runtime_dir_is_relative(void **state)
{
    (void)state;
    char url[CVN_ADDRESS_BYTES];
    assert_true(cvn_address_default(url, NULL, "run", "/home/a"));
    assert_string_equal(url, "ipc:///home/a/.local/share/convene/convene.sock");
}

static void test_nothing_helps_when_all_are_unset(void **state)
{
    (void)state;
    char url[CVN_ADDRESS_BYTES] = "kept";
    assert_false(cvn_address_default(url, NULL, NULL, NULL));
    assert_string_equal(url, "kept");
}

/* sockaddr_un holds 107 bytes of path and its NUL. */
static void test_path_fits_at_107_bytes_and_not_at_108(void **state)
{
    (void)state;
    char url[CVN_ADDRESS_BYTES];
    char dir[128] = "/";
    memset(dir + 1, 'd', 107 - strlen("/convene.sock") - 1);
    assert_true(cvn_address_default(url, NULL, dir, NULL));
    strcat(dir, "d");
    assert_false(cvn_address_default(url, NULL, dir, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convene_url_wins),
        cmocka_unit_test(test_runtime_dir_comes_second),
        cmocka_unit_test(test_home_comes_last_when_runtime_dir_is_relative),
        cmocka_unit_test(test_nothing_helps_when_all_are_unset),
        cmocka_unit_test(test_path_fits_at_107_bytes_and_not_at_108),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
