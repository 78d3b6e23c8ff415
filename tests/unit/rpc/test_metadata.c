/* What metadata takes and refuses, at each limit, and its way over the wire. */
#include "rpc/message.h"
#include "rpc/metadata_wire.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAP_BYTES = 1 << 20 };

struct fixture {
    struct cvn_arena arena;
    struct cvn_metadata metadata;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    cvn_arena_init(&f->arena, CAP_BYTES);
    cvn_metadata_init(&f->metadata, &f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cvn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static int add(struct fixture *f, const char *key, const char *value)
{
    return cvn_metadata_add(&f->metadata, key, cvn_slice_of_string(value));
}

/* Adds a value of so many 'v'. */
static int add_len(struct fixture *f, const char *key, size_t len)
{
    char *value = malloc(len + 1);
    memset(value, 'v', len);
    int r = cvn_metadata_add(&f->metadata, key, cvn_slice(value, len));
    free(value);
    return r;
}

static void test_get_when_key_comes_twice(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(add(f, "b", "one"), 0);
    assert_int_equal(add(f, "a", "two"), 0);
    assert_int_equal(add(f, "b", "three"), 0);
    assert_string_equal(cvn_metadata_get(&f->metadata, "b"), "one");
    assert_string_equal(cvn_metadata_get(&f->metadata, "a"), "two");
    assert_null(cvn_metadata_get(&f->metadata, "c"));
    assert_string_equal(f->metadata.entries[2].value.data, "three");
}

static void test_add_when_key_is_wrong(void **state)
{
    static const char *const wrong[] = {"", "Key", "a b", "k:", "\xc3\xa4", "a\n", "a/b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(add(*state, wrong[i], "v"), -EINVAL);
    assert_int_equal(add(*state, "az09-_.", "v"), 0);
    assert_int_equal(((struct fixture *)*state)->metadata.n, 1);
}

static void test_add_key_at_its_limit(void **state)
{
    char key[CVN_METADATA_KEY_BYTES_MAX + 2] = "";
    memset(key, 'k', CVN_METADATA_KEY_BYTES_MAX);
    assert_int_equal(add(*state, key, "v"), 0);
    key[CVN_METADATA_KEY_BYTES_MAX] = 'k';
    assert_int_equal(add(*state, key, "v"), -EINVAL);
}

static void test_add_value_at_the_edges_of_ascii(void **state)
{
    static const struct {
        const char *value;
        int text, binary;
    } cases[] = {{" ", 0, 0},          {"~", 0, 0},        {"\x1f", -EINVAL, 0},
                 {"\x7f", -EINVAL, 0}, {"\n", -EINVAL, 0}, {"\xc3\xa4", -EINVAL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(add(*state, "k", cases[i].value), cases[i].text);
        assert_int_equal(add(*state, "k-bin", cases[i].value), cases[i].binary);
    }
    assert_int_equal(add(*state, "-bin", "\n"), -EINVAL); /* a suffix of nothing is no suffix */
}

static void test_add_value_at_its_limit(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(add_len(f, "k", CVN_METADATA_VALUE_BYTES_MAX), 0);
    assert_int_equal(add_len(f, "k", CVN_METADATA_VALUE_BYTES_MAX + 1), -E2BIG);
    assert_int_equal(f->metadata.n, 1);
}

static void test_add_entries_at_their_limit(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < CVN_METADATA_ENTRIES_MAX; i++)
        assert_int_equal(add(f, "k", "v"), 0);
    assert_int_equal(add(f, "k", "v"), -E2BIG);
    assert_int_equal(f->metadata.n, CVN_METADATA_ENTRIES_MAX);
}

static void test_add_bytes_at_their_limit(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(add_len(f, "k", CVN_METADATA_VALUE_BYTES_MAX), 0);
    size_t left = CVN_METADATA_BYTES_MAX - f->metadata.bytes;
    assert_int_equal(add_len(f, "k", left), -E2BIG); /* the key counts */
    assert_int_equal(add_len(f, "k", left - 1), 0);
    assert_int_equal(f->metadata.bytes, CVN_METADATA_BYTES_MAX);
    assert_int_equal(add(f, "k", ""), -E2BIG);
}

static void test_add_when_memory_is_spent(void **state)
{
    CVN_ARENA_AUTO small;
    cvn_arena_init(&small, 16);
    struct cvn_metadata metadata;
    cvn_metadata_init(&metadata, &small);
    assert_int_equal(cvn_metadata_add(&metadata, "k", cvn_slice_of_string("v")), -ENOMEM);
    assert_int_equal(metadata.n, 0);
}

static void test_wire_when_there_and_back(void **state)
{
    struct fixture *f = *state;
    static const uint8_t any[] = {0, 0xff, '\n'};
    assert_int_equal(add(f, "first", "1"), 0);
    assert_int_equal(cvn_metadata_add(&f->metadata, "k-bin", cvn_slice(any, sizeof any)), 0);
    assert_int_equal(add(f, "empty", ""), 0);
    struct cvn_slice body;
    ProtobufCMessage *message;
    assert_int_equal(cvn_metadata_pack_headers(&f->metadata, &f->arena, &body), 0);
    assert_int_equal(
        cvn_message_unpack(&convene__rpc__v1__headers__descriptor, &f->arena, body, &message), 0);
    const Convene__Rpc__V1__Headers *headers = (const void *)message;
    struct cvn_metadata back;
    cvn_metadata_init(&back, &f->arena);
    size_t bad = 99;
    assert_int_equal(cvn_metadata_of_wire(&back, headers->metadata, headers->n_metadata, &bad), 0);
    assert_int_equal(bad, 99);
    assert_int_equal(back.n, 3);
    assert_int_equal(back.bytes, f->metadata.bytes);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(back.entries[i].key, f->metadata.entries[i].key);
        assert_int_equal(cvn_slice_compare(back.entries[i].value, f->metadata.entries[i].value), 0);
    }
}

static void test_of_wire_when_one_is_bad(void **state)
{
    struct fixture *f = *state;
    Convene__Rpc__V1__MetadataEntry fine = CONVENE__RPC__V1__METADATA_ENTRY__INIT;
    Convene__Rpc__V1__MetadataEntry wrong = CONVENE__RPC__V1__METADATA_ENTRY__INIT;
    Convene__Rpc__V1__MetadataEntry *entries[] = {&fine, &wrong, &wrong};
    fine.key = (char *)(uintptr_t) "k";
    size_t bad = 99;
    assert_int_equal(cvn_metadata_of_wire(&f->metadata, entries, 3, &bad), -EINVAL);
    assert_int_equal(bad, 1);
    assert_int_equal(f->metadata.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_get_when_key_comes_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_add_when_key_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_add_key_at_its_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_add_value_at_the_edges_of_ascii, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_add_value_at_its_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_add_entries_at_their_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_add_bytes_at_their_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_add_when_memory_is_spent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wire_when_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_of_wire_when_one_is_bad, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
