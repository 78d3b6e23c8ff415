#include "storage/table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The second letters of the keys of rows that have the word. */
static void find_word(struct scratch *s, const char *word, char *ret)
{
    struct cvn_txn *txn;
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_text(&lo, text(word));
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    struct cvn_index_cursor cursor;
    assert_int_equal(
        cvn_index_cursor_init(&cursor, txn, &words_table.indexes[0],
                              (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                              CVN_FORWARD),
        0);
    struct cvn_index_entry entry;
    while (cvn_index_cursor_next(&cursor, &entry) == 0) {
        assert_int_equal(entry.value.len, 1);
        *ret++ = ((const char *)entry.primary.data)[1];
    }
    *ret = '\0';
    cvn_index_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
}

struct findings {
    unsigned of_kind[4];
};

static void note(void *arg, const struct cvn_verify_finding *finding)
{
    ((struct findings *)arg)->of_kind[finding->kind]++;
}

static struct findings verify(struct scratch *s, struct cvn_verify_totals *totals)
{
    struct findings findings = {0};
    struct cvn_txn *txn;
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_table_verify(txn, words_tables, note, &findings, totals), 0);
    cvn_snapshot_release(txn);
    return findings;
}

static void test_index_follows_the_row(void **state)
{
    struct scratch *s = *state;
    char seen[16];
    assert_int_equal(words_put(s, "w1", "ada loves c"), 0);
    assert_int_equal(words_put(s, "w2", "bob loves go"), 0);
    find_word(s, "loves", seen);
    assert_string_equal(seen, "12");
    assert_int_equal(words_put(s, "w1", "ada likes c c c"), 0);
    find_word(s, "loves", seen);
    assert_string_equal(seen, "2");
    find_word(s, "c", seen);
    assert_string_equal(seen, "1");
    assert_int_equal(words_put(s, "w2", NULL), 0);
    find_word(s, "go", seen);
    assert_string_equal(seen, "");
    assert_int_equal(words_put(s, "w2", NULL), CVN_STORE_ABSENT);
    struct cvn_verify_totals totals;
    (void)verify(s, &totals);
    assert_int_equal(totals.n_rows, 1);
    assert_int_equal(totals.n_entries, 4);
    assert_int_equal(totals.n_findings, 0);
}

static void test_unique_index_refuses_a_second_row_and_writes_nothing(void **state)
{
    struct scratch *s = *state;
    char seen[16];
    assert_int_equal(words_put(s, "w1", "ada x"), 0);
    assert_int_equal(words_put(s, "w2", "ada y"), CVN_TABLE_DUPLICATE);
    find_word(s, "y", seen);
    assert_string_equal(seen, "");
    assert_int_equal(words_put(s, "w1", "ada z"), 0);
    struct cvn_txn *txn;
    struct cvn_slice primary;
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_text(&key, text("ada"));
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_index_lookup(txn, &words_table.indexes[1], cvn_key_slice(&key), &primary),
                     0);
    assert_memory_equal(primary.data, "w1", 2);
    cvn_snapshot_release(txn);
}

static void test_index_gives_what_was_emitted_with_an_entry(void **state)
{
    struct scratch *s = *state;
    struct cvn_txn *txn;
    struct cvn_slice value;
    struct cvn_key key;
    assert_int_equal(words_put(s, "w1", "ada x"), 0);
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    cvn_key_init(&key);
    cvn_key_put_text(&key, text("ada"));
    const struct cvn_index *index = &words_table.indexes[0];
    assert_int_equal(cvn_index_get(txn, index, cvn_key_slice(&key), text("w1"), &value), 0);
    assert_int_equal(value.len, 1);
    assert_memory_equal(value.data, "v", 1);
    assert_int_equal(cvn_index_get(txn, index, cvn_key_slice(&key), text("w2"), &value),
                     CVN_STORE_ABSENT);
    assert_int_equal(
        cvn_index_get(txn, &words_table.indexes[1], cvn_key_slice(&key), text("w1"), &value),
        -EINVAL);
    cvn_snapshot_release(txn);
}

static int damage(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    struct cvn_key key;
    cvn_key_begin(&key, CVN_SPACE_INDEX);
    cvn_key_put_u8(&key, 1);
    cvn_key_put_text(&key, text("ada"));
    cvn_key_put_raw(&key, text("w1"));
    int r = cvn_txn_delete(txn, cvn_key_slice(&key));
    cvn_key_begin(&key, CVN_SPACE_INDEX);
    cvn_key_put_u8(&key, 1);
    cvn_key_put_text(&key, text("ghost"));
    cvn_key_put_raw(&key, text("w9"));
    return r ? r : cvn_txn_put(txn, cvn_key_slice(&key), cvn_slice("\0\2v", 3));
}

static void test_verify_finds_planted_damage(void **state)
{
    struct scratch *s = *state;
    struct cvn_verify_totals totals;
    assert_int_equal(words_put(s, "w1", "ada x"), 0);
    assert_int_equal(cvn_store_update(s->store, damage, NULL, 0), 0);
    struct findings findings = verify(s, &totals);
    assert_int_equal(totals.n_findings, 2);
    assert_int_equal(findings.of_kind[CVN_VERIFY_MISSING], 1);
    assert_int_equal(findings.of_kind[CVN_VERIFY_ORPHANED], 1);
}

/* Takes the index of words out of the store, or fills it again. */
static int change_index(struct cvn_txn *txn, void *arg)
{
    struct cvn_key lo, hi;
    struct cvn_slice at;
    if (!*(const bool *)arg)
        return cvn_table_fill_index(txn, &words_table, words_table.indexes[0].id);
    cvn_key_begin(&lo, CVN_SPACE_INDEX);
    cvn_key_put_u8(&lo, words_table.indexes[0].id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &at, NULL)) == 0) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, at);
        r = cvn_txn_delete(txn, cvn_key_slice(&key));
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static void test_index_is_filled_from_the_rows(void **state)
{
    struct scratch *s = *state;
    struct cvn_verify_totals before, totals;
    bool emptied = true, filled = false;
    char seen[16];
    assert_int_equal(words_put(s, "w1", "ada loves c"), 0);
    assert_int_equal(words_put(s, "w2", "bob loves go"), 0);
    (void)verify(s, &before);
    assert_int_equal(cvn_store_update(s->store, change_index, &emptied, 0), 0);
    find_word(s, "loves", seen);
    assert_string_equal(seen, "");
    assert_int_equal(cvn_store_update(s->store, change_index, &filled, 0), 0);
    find_word(s, "loves", seen);
    assert_string_equal(seen, "12");
    (void)verify(s, &totals);
    assert_int_equal(totals.n_findings, 0);
    assert_int_equal(totals.n_entries, before.n_entries);
}

static int set_up(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_index_follows_the_row, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unique_index_refuses_a_second_row_and_writes_nothing,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_index_gives_what_was_emitted_with_an_entry, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_verify_finds_planted_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_index_is_filled_from_the_rows, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
