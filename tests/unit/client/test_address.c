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

static void test_tcp_is_readable_when_it_leaves_the_machine(void **state)
{
    (void)state;
    static const char *const readable[] = {
        "tcp://example.org:5",
        "tcp://10.0.0.1:5",
        "tcp4://example.org:5",
        "TCP://example.org:5",
        "tcp://[2001:db8::1]:5",
        "tcp://0.0.0.0:5",
        "tcp://127.example.org:5",
        "tcp://localhost.example.org:5",
        "tcp://128.0.0.1:5",
        "ipc:///a,tcp://h:5",
        "tcp://localhost:5, tcp://h:5",
        "tcp://[::]:5",
    };
    static const char *const not [] = {
        "tcp://localhost:5",
        "tcp://127.0.0.1:5",
        "tcp://127.255.0.9:5",
        "tcp6://[::1]:5",
        "tls+tcp://example.org:5",
        "ipc:///tcp://h:5",
        "inproc://tcp",
        "",
        ",",
        "tcp://localhost:5,tls+tcp://h:5",
        "tcp://LOCALHOST:5",
    };
    for (size_t i = 0; i < sizeof readable / sizeof *readable; i++)
        if (!cvn_address_is_readable(readable[i]))
            fail_msg("%s is taken for safe", readable[i]);
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (cvn_address_is_readable(not [i]))
            fail_msg("%s is taken for readable", not [i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convene_url_wins),
        cmocka_unit_test(test_runtime_dir_comes_second),
        cmocka_unit_test(test_home_comes_last_when_runtime_dir_is_relative),
        cmocka_unit_test(test_nothing_helps_when_all_are_unset),
        cmocka_unit_test(test_path_fits_at_107_bytes_and_not_at_108),
        cmocka_unit_test(test_tcp_is_readable_when_it_leaves_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
