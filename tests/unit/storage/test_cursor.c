/* Walks over a store's keys. */
#include "storage/engine_lmdb.h"
#include "storage/engine_memory.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    s->engine = *state;
    scratch_open(s, NULL);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static int put_many(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        char key[3] = {'k', (char)('0' + i), 0};
        int r = cvn_txn_put(txn, text(key), text(key));
        if (r)
            return r;
    }
    return 0;
}

static void walk(struct scratch *s, const char *bounds[2], enum cvn_direction direction,
                 const char *after, char *ret)
{
    struct cvn_txn *txn;
    struct cvn_cursor cursor;
    struct cvn_slice key;
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_cursor_init(&cursor, txn, text(bounds[0]), text(bounds[1]), direction), 0);
    if (after)
        assert_int_equal(cvn_cursor_resume(&cursor, text(after)), 0);
    int r;
    while ((r = cvn_cursor_next(&cursor, &key, NULL)) == 0)
        *ret++ = ((const char *)key.data)[1];
    *ret = '\0';
    assert_int_equal(r, CVN_STORE_ABSENT);
    assert_int_equal(cvn_cursor_next(&cursor, &key, NULL), CVN_STORE_ABSENT);
    cvn_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
}

static void test_cursor_seeks_ahead_and_back(void **state)
{
    struct scratch *s = *state;
    struct cvn_txn *txn;
    struct cvn_cursor cursor;
    struct cvn_slice key;
    const struct {
        const char *sought;
        char found; /* 0: none */
    } rows[] = {{"k4", '4'}, {"k45", '5'}, {"k2", '2'}, {"k1", '2'}, {"k6", 0}, {"k3", '3'}},
      back[] = {{"k4", '4'}, {"k45", '4'}, {"k2", '2'}, {"k1", 0},
                {"k6", '5'}, {"k9", '5'},  {"k4", '4'}};
    assert_int_equal(cvn_store_update(s->store, put_many, NULL, 0), 0);
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_cursor_init(&cursor, txn, text("k2"), text("k6"), CVN_FORWARD), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(cvn_cursor_seek(&cursor, text(rows[i].sought)), 0);
        int r = cvn_cursor_next(&cursor, &key, NULL);
        assert_int_equal(r, rows[i].found ? 0 : CVN_STORE_ABSENT);
        if (r == 0)
            assert_int_equal(((const char *)key.data)[1], rows[i].found);
    }
    assert_int_equal(cvn_cursor_next(&cursor, &key, NULL), 0); /* what was found is not repeated */
    assert_int_equal(((const char *)key.data)[1], '4');
    cvn_cursor_deinit(&cursor);
    assert_int_equal(cvn_cursor_init(&cursor, txn, text("k2"), text("k6"), CVN_BACKWARD), 0);
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        assert_int_equal(cvn_cursor_seek(&cursor, text(back[i].sought)), 0);
        int r = cvn_cursor_next(&cursor, &key, NULL);
        assert_int_equal(r, back[i].found ? 0 : CVN_STORE_ABSENT);
        if (r == 0)
            assert_int_equal(((const char *)key.data)[1], back[i].found);
    }
    assert_int_equal(cvn_cursor_next(&cursor, &key, NULL), 0);
    assert_int_equal(((const char *)key.data)[1], '3');
    cvn_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
}

/* The first key found from each on: by steps, by a seek, and by steps that lead nowhere. */
static void assert_advances(struct cvn_txn *txn, enum cvn_direction direction, unsigned n_max)
{
    static const char keys[] = "123456789";
    for (char from = '2'; from <= '5'; from++)
        for (const char *to = keys; *to; to++) {
            char sought[] = {'k', *to, '\0'}, begun[] = {'k', from, '\0'};
            bool forward = direction == CVN_FORWARD;
            if (forward ? *to <= from : *to >= from)
                continue;
            struct cvn_cursor cursor, other;
            struct cvn_slice key, found[2];
            unsigned n = 0;
            assert_int_equal(cvn_cursor_init(&cursor, txn, text("k2"), text("k6"), direction), 0);
            assert_int_equal(cvn_cursor_init(&other, txn, text("k2"), text("k6"), direction), 0);
            assert_int_equal(cvn_cursor_seek(&cursor, text(begun)), 0);
            assert_int_equal(cvn_cursor_next(&cursor, &key, NULL), 0);
            assert_int_equal(cvn_cursor_seek(&other, text(sought)), 0);
            int r = cvn_cursor_next(&other, &key, NULL);
            assert_int_equal(cvn_cursor_advance(&cursor, text(sought), n_max, &n, found), r);
            assert_true(n >= 1 && n <= n_max + 1);
            if (r == 0)
                assert_int_equal(cvn_slice_compare(found[0], key), 0);
            int next = cvn_cursor_next(&other, &key, NULL);
            assert_int_equal(cvn_cursor_next(&cursor, &found[0], NULL), next);
            if (next == 0)
                assert_int_equal(cvn_slice_compare(found[0], key), 0);
            cvn_cursor_deinit(&cursor);
            cvn_cursor_deinit(&other);
        }
}

static int advance_in_update(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    for (unsigned n_max = 0; n_max < 5; n_max++) {
        assert_advances(txn, CVN_FORWARD, n_max);
        assert_advances(txn, CVN_BACKWARD, n_max);
    }
    return 0;
}

static void test_cursor_advances_by_steps_or_a_seek(void **state)
{
    struct scratch *s = *state;
    struct cvn_txn *txn;
    struct cvn_cursor cursor;
    struct cvn_slice at[2];
    unsigned n = 0;
    assert_int_equal(cvn_store_update(s->store, put_many, NULL, 0), 0);
    assert_int_equal(cvn_store_update(s->store, advance_in_update, NULL, 0), 0);
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(advance_in_update(txn, NULL), 0);
    assert_int_equal(cvn_cursor_init(&cursor, txn, text("k2"), text("k6"), CVN_FORWARD), 0);
    assert_int_equal(cvn_cursor_advance(&cursor, text("k3"), 9, &n, at), 0);
    assert_int_equal(n, 1); /* it stood nowhere */
    assert_int_equal(cvn_cursor_advance(&cursor, text("k5"), 2, &n, at), 0);
    assert_int_equal(n, 2);
    assert_int_equal(cvn_cursor_seek(&cursor, text("k2")), 0);
    assert_int_equal(cvn_cursor_next(&cursor, &at[0], NULL), 0);
    assert_int_equal(cvn_cursor_advance(&cursor, text("k5"), 2, &n, at), 0);
    assert_int_equal(n, 3);
    cvn_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
}

static void test_cursor_walks_ranges_both_ways(void **state)
{
    struct scratch *s = *state;
    char seen[16];
    assert_int_equal(cvn_store_update(s->store, put_many, NULL, 0), 0);
    walk(s, (const char *[]){"k2", "k5"}, CVN_FORWARD, NULL, seen);
    assert_string_equal(seen, "234");
    walk(s, (const char *[]){"k2", "k5"}, CVN_BACKWARD, NULL, seen);
    assert_string_equal(seen, "432");
    walk(s, (const char *[]){"k2", "k5"}, CVN_FORWARD, "k2", seen);
    assert_string_equal(seen, "34");
    walk(s, (const char *[]){"k2", "k5"}, CVN_FORWARD, "k33", seen);
    assert_string_equal(seen, "4");
    walk(s, (const char *[]){"k2", "k5"}, CVN_BACKWARD, "k33", seen);
    assert_string_equal(seen, "32");
    walk(s, (const char *[]){"k", "l"}, CVN_BACKWARD, NULL, seen);
    assert_string_equal(seen, "9876543210");
    walk(s, (const char *[]){"k5", "k5"}, CVN_FORWARD, NULL, seen);
    assert_string_equal(seen, "");
    walk(s, (const char *[]){"k5", "k5"}, CVN_BACKWARD, NULL, seen);
    assert_string_equal(seen, "");
}

static int delete_while_walking(struct cvn_txn *txn, void *arg)
{
    int *n = arg;
    *n = 0;
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, text("k"), text("l"), CVN_FORWARD);
    struct cvn_slice key;
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        char copy[3];
        memcpy(copy, key.data, 2);
        copy[2] = '\0';
        r = cvn_txn_delete(txn, text(copy));
        ++*n;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static void test_cursor_sees_writes_made_while_it_walks(void **state)
{
    struct scratch *s = *state;
    int n;
    assert_int_equal(cvn_store_update(s->store, put_many, NULL, 0), 0);
    assert_int_equal(cvn_store_update(s->store, delete_while_walking, &n, 0), 0);
    assert_int_equal(n, 10);
}

#define WITH_ENGINE(test, engine)                                                                  \
    {                                                                                              \
#test " [" #engine "]", test, set_up, tear_down, (void *)(uintptr_t)&cvn_engine_##engine   \
    }
#define WITH_STORE(test) WITH_ENGINE(test, lmdb), WITH_ENGINE(test, memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_cursor_seeks_ahead_and_back),
        WITH_STORE(test_cursor_advances_by_steps_or_a_seek),
        WITH_STORE(test_cursor_walks_ranges_both_ways),
        WITH_STORE(test_cursor_sees_writes_made_while_it_walks),
    };
    return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
