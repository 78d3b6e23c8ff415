#include "storage/change_log.h"
#include "storage/replay.h"
#include "storage/verify.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static void verify(struct scratch *s, struct cvn_verify_report *report)
{
    struct cvn_txn *txn;
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_store_verify(txn, words_tables, NULL, report), 0);
    cvn_snapshot_release(txn);
}

static int fill(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    struct cvn_change change = {.kind = text("k"), .time_ms = 1};
    struct cvn_replay_request request = {.principal = text("p"), .request_id = text("r")};
    int r = 0;
    for (int i = 0; r == 0 && i < 5; i++)
        r = cvn_change_append(txn, &change, NULL);
    return r ? r : cvn_replay_put(txn, &request, 7, text("reply"));
}

static void fill_store(struct scratch *s)
{
    assert_int_equal(words_put(s, "w1", "ada loves c"), 0);
    assert_int_equal(words_put(s, "w2", "bob"), 0);
    assert_int_equal(cvn_store_update(s->store, fill, NULL, 0), 0);
}

static void test_sound_store_has_no_findings(void **state)
{
    struct scratch *s = *state;
    static struct cvn_verify_report report;
    verify(s, &report);
    assert_int_equal(report.n_keys, 0);
    fill_store(s);
    verify(s, &report);
    assert_int_equal(report.n_findings, 0);
    assert_int_equal(report.n_rows, 2);
    assert_int_equal(report.n_entries, 6);
    assert_int_equal(report.n_changes, 5);
    assert_int_equal(report.last_change, 5);
    assert_int_equal(report.n_replays, 1);
    assert_int_equal(report.n_keys, 2 + 6 + 5 + 2);
}

static int note_total(void *arg, uint64_t n_done, uint64_t n_total)
{
    assert_int_equal(n_done, n_total);
    *(uint64_t *)arg = n_total;
    return 0;
}

static void test_progress_ends_with_all_keys(void **state)
{
    struct scratch *s = *state;
    static struct cvn_verify_report report;
    uint64_t n_told = 0;
    const struct cvn_progress progress = {note_total, &n_told};
    struct cvn_txn *txn;
    fill_store(s);
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_store_verify(txn, words_tables, &progress, &report), 0);
    assert_int_equal(n_told, report.n_keys);
    cvn_snapshot_release(txn);
}

static void test_read_only_store_can_be_verified(void **state)
{
    struct scratch *s = *state;
    static struct cvn_verify_report report;
    fill_store(s);
    scratch_reopen(s, &(struct cvn_store_options){.read_only = true});
    verify(s, &report);
    assert_int_equal(report.n_findings, 0);
    assert_int_equal(report.n_rows, 2);
    assert_int_equal(cvn_store_update(s->store, fill, NULL, 0), -EROFS);
}

/* Removes one key, or writes it anew. */
struct harm {
    struct cvn_key key;
    const char *value;
};

static int do_harm(struct cvn_txn *txn, void *arg)
{
    struct harm *harm = arg;
    return harm->value ? cvn_txn_put(txn, cvn_key_slice(&harm->key), text(harm->value))
                       : cvn_txn_delete(txn, cvn_key_slice(&harm->key));
}

static void expect_finding(struct scratch *s, struct harm *harm, const char *sentence)
{
    static struct cvn_verify_report report;
    assert_int_equal(cvn_store_update(s->store, do_harm, harm, 0), 0);
    verify(s, &report);
    assert_int_equal(report.n_findings, 1);
    assert_int_equal(cvn_verify_n_kept(&report), 1);
    if (!strstr(report.findings[0], sentence))
        fail_msg("\"%s\" lacks \"%s\"", report.findings[0], sentence);
}

static void test_change_left_out_is_found(void **state)
{
    struct scratch *s = *state;
    struct harm harm = {.value = NULL};
    fill_store(s);
    cvn_key_begin(&harm.key, CVN_SPACE_CHANGES);
    cvn_key_put_u64(&harm.key, 3);
    expect_finding(s, &harm, "goes from 2 to 4");
}

static void test_damaged_change_is_found(void **state)
{
    struct scratch *s = *state;
    struct harm harm = {.value = "short"};
    fill_store(s);
    cvn_key_begin(&harm.key, CVN_SPACE_CHANGES);
    cvn_key_put_u64(&harm.key, 5);
    expect_finding(s, &harm, "cannot be read");
}

static void test_lost_index_entry_is_found(void **state)
{
    struct scratch *s = *state;
    struct harm harm = {.value = NULL};
    fill_store(s);
    cvn_key_begin(&harm.key, CVN_SPACE_INDEX);
    cvn_key_put_u8(&harm.key, 1);
    cvn_key_put_text(&harm.key, text("loves"));
    cvn_key_put_raw(&harm.key, text("w1"));
    expect_finding(s, &harm, "index word lacks the entry");
}

static void test_replay_record_out_of_the_order_of_time_is_found(void **state)
{
    struct scratch *s = *state;
    static struct cvn_verify_report report;
    struct harm harm = {.value = NULL};
    fill_store(s);
    cvn_key_begin(&harm.key, CVN_SPACE_REPLAY_BY_TIME);
    cvn_key_put_i64(&harm.key, 7);
    cvn_key_put_u8(&harm.key, CVN_SPACE_REPLAY);
    cvn_key_put_text(&harm.key, text("p"));
    cvn_key_put_text(&harm.key, text("r"));
    assert_int_equal(cvn_store_update(s->store, do_harm, &harm, 0), 0);
    verify(s, &report);
    assert_int_equal(report.n_findings, 2);
    assert_non_null(strstr(report.findings[0], "not in the order of time"));
    assert_non_null(strstr(report.findings[1], "1 replay records, and 0 places"));
}

static void test_first_findings_are_kept_and_all_counted(void **state)
{
    struct scratch *s = *state;
    static struct cvn_verify_report report;
    struct harm harm = {.value = "ghost"};
    for (uint8_t i = 0; i < CVN_VERIFY_FINDINGS_KEPT + 5; i++) {
        cvn_key_begin(&harm.key, CVN_SPACE_INDEX);
        cvn_key_put_u8(&harm.key, 9);
        cvn_key_put_u8(&harm.key, i);
        assert_int_equal(cvn_store_update(s->store, do_harm, &harm, 0), 0);
    }
    verify(s, &report);
    assert_int_equal(report.n_findings, CVN_VERIFY_FINDINGS_KEPT + 5);
    assert_int_equal(cvn_verify_n_kept(&report), CVN_VERIFY_FINDINGS_KEPT);
    assert_non_null(strstr(report.findings[CVN_VERIFY_FINDINGS_KEPT - 1], "has no row"));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_sound_store_has_no_findings),
        WITH_STORE(test_progress_ends_with_all_keys),
        WITH_STORE(test_read_only_store_can_be_verified),
        WITH_STORE(test_change_left_out_is_found),
        WITH_STORE(test_damaged_change_is_found),
        WITH_STORE(test_lost_index_entry_is_found),
        WITH_STORE(test_replay_record_out_of_the_order_of_time_is_found),
        WITH_STORE(test_first_findings_are_kept_and_all_counted),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
