#include "storage/key.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

static int sign(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static void test_order_of_numbers_is_order_of_keys(void **state)
{
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        int64_t a = (int64_t)draw(&seed) >> (draw(&seed) % 64);
        int64_t b = (int64_t)draw(&seed) >> (draw(&seed) % 64);
        struct cvn_key ka, kb;
        cvn_key_begin(&ka, 1);
        cvn_key_begin(&kb, 1);
        cvn_key_put_i64(&ka, a);
        cvn_key_put_i64(&kb, b);
        int c = cvn_slice_compare(cvn_key_slice(&ka), cvn_key_slice(&kb));
        assert_int_equal(sign(c, 0), sign(a, b));
        cvn_key_begin(&ka, 1);
        cvn_key_begin(&kb, 1);
        cvn_key_put_i64_desc(&ka, a);
        cvn_key_put_i64_desc(&kb, b);
        c = cvn_slice_compare(cvn_key_slice(&ka), cvn_key_slice(&kb));
        assert_int_equal(sign(c, 0), sign(b, a));
    }
}

static void test_order_of_texts_is_order_of_keys_whatever_follows(void **state)
{
    static const char alphabet[] = {0, 1, 'a', 'b', (char)0xff};
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        char a[6], b[6];
        struct cvn_slice sa = {a, draw(&seed) % 6}, sb = {b, draw(&seed) % 6};
        for (int j = 0; j < 6; j++) {
            a[j] = alphabet[draw(&seed) % 5];
            b[j] = alphabet[draw(&seed) % 5];
        }
        struct cvn_key ka, kb;
        cvn_key_begin(&ka, 1);
        cvn_key_begin(&kb, 1);
        cvn_key_put_text(&ka, sa);
        cvn_key_put_text(&kb, sb);
        int c = cvn_slice_compare(sa, sb);
        if (c != 0) {
            cvn_key_put_u8(&ka, c < 0 ? 0xff : 0);
            cvn_key_put_u8(&kb, c < 0 ? 0 : 0xff);
        }
        int k = cvn_slice_compare(cvn_key_slice(&ka), cvn_key_slice(&kb));
        assert_int_equal(sign(k, 0), sign(c, 0));
    }
}

static void test_reader_gives_back_what_was_put(void **state)
{
    struct cvn_id id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    struct cvn_key key;
    cvn_key_begin(&key, 0x12);
    cvn_key_put_id(&key, &id);
    cvn_key_put_text(&key, cvn_slice("a\0b", 3));
    cvn_key_put_i64(&key, -5);
    cvn_key_put_u64_desc(&key, 77);
    cvn_key_put_u16(&key, 65535);
    struct cvn_key_reader reader;
    char buffer[8];
    cvn_key_reader_init(&reader, cvn_key_slice(&key));
    assert_int_equal(cvn_key_get_u8(&reader), 0x12);
    struct cvn_id back = cvn_key_get_id(&reader);
    assert_true(cvn_id_equal(&id, &back));
    struct cvn_slice t = cvn_key_get_text(&reader, buffer, sizeof buffer);
    assert_int_equal(t.len, 3);
    assert_memory_equal(t.data, "a\0b", 3);
    assert_int_equal(cvn_key_get_i64(&reader), -5);
    assert_int_equal(cvn_key_get_u64_desc(&reader), 77);
    assert_int_equal(cvn_key_get_u16(&reader), 65535);
    assert_true(cvn_key_reader_done(&reader));
    assert_int_equal(cvn_key_get_u8(&reader), 0);
    assert_false(cvn_key_reader_done(&reader));
}

static void test_key_at_its_limit_and_beyond(void **state)
{
    char long_text[CVN_KEY_BYTES_MAX];
    memset(long_text, 'x', sizeof long_text);
    struct cvn_key key;
    cvn_key_begin(&key, 1);
    cvn_key_put_text(&key, cvn_slice(long_text, CVN_KEY_BYTES_MAX - 3));
    assert_int_equal(cvn_key_slice(&key).len, CVN_KEY_BYTES_MAX);
    cvn_key_put_u8(&key, 0);
    assert_true(key.overflowed);
    assert_int_equal(cvn_key_slice(&key).len, 0);
    cvn_key_begin(&key, 1);
    cvn_key_put_text(&key, cvn_slice(long_text, CVN_KEY_BYTES_MAX - 2));
    assert_true(key.overflowed);
}

static void test_prefix_end_carries_over_0xff(void **state)
{
    struct cvn_key end;
    cvn_key_prefix_end(&end, cvn_slice("\x01\xff\xff", 3));
    assert_int_equal(end.len, 1);
    assert_int_equal(end.bytes[0], 2);
    cvn_key_prefix_end(&end, cvn_slice("\xff", 1));
    assert_int_equal(end.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_numbers_is_order_of_keys),
        cmocka_unit_test(test_order_of_texts_is_order_of_keys_whatever_follows),
        cmocka_unit_test(test_reader_gives_back_what_was_put),
        cmocka_unit_test(test_key_at_its_limit_and_beyond),
        cmocka_unit_test(test_prefix_end_carries_over_0xff),
    };
    return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
