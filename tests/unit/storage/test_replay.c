#include "storage/replay.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <string.h>

static const int64_t noon_ms = 1800000000000;

static struct cvn_replay_request named(const char *id, uint8_t hash)
{
    struct cvn_replay_request request = {.principal = text("user:1"), .request_id = text(id)};
    memset(request.hash, hash, sizeof request.hash);
    return request;
}

static int put(struct cvn_txn *txn, void *arg)
{
    struct cvn_replay_request request = named(arg, 1);
    return cvn_replay_put(txn, &request, noon_ms, text("the answer"));
}

static int get(struct cvn_txn *txn, const char *id, uint8_t hash, int64_t now_ms)
{
    struct cvn_replay_request request = named(id, hash);
    struct cvn_replay_record record;
    int r = cvn_replay_get(txn, &request, now_ms, &record);
    if (r == 0)
        assert_memory_equal(record.reply.data, "the answer", record.reply.len);
    return r;
}

static int purge(struct cvn_txn *txn, void *arg)
{
    size_t *n = arg;
    return cvn_replay_purge(txn, noon_ms + CVN_REPLAY_KEEP_MS, 2, n);
}

static void test_answer_is_kept_for_a_day(void **state)
{
    struct scratch s = {.engine = NULL};
    struct cvn_txn *txn;
    scratch_open(&s, NULL);
    static char a[] = "a", b[] = "b", c[] = "c";
    assert_int_equal(cvn_store_update(s.store, put, a, 0), 0);
    assert_int_equal(cvn_store_update(s.store, put, a, 0), 0);
    assert_int_equal(cvn_store_update(s.store, put, b, 0), 0);
    assert_int_equal(cvn_store_update(s.store, put, c, 0), 0);
    assert_int_equal(cvn_store_snapshot(s.store, &txn), 0);
    assert_int_equal(get(txn, "a", 1, noon_ms), 0);
    assert_int_equal(get(txn, "a", 2, noon_ms), CVN_REPLAY_CONFLICT);
    assert_int_equal(get(txn, "z", 1, noon_ms), CVN_STORE_ABSENT);
    assert_int_equal(get(txn, "a", 1, noon_ms + CVN_REPLAY_KEEP_MS - 1), 0);
    assert_int_equal(get(txn, "a", 1, noon_ms + CVN_REPLAY_KEEP_MS), CVN_STORE_ABSENT);
    cvn_snapshot_release(txn);
    size_t n;
    assert_int_equal(cvn_store_update(s.store, purge, &n, 0), 0);
    assert_int_equal(n, 2);
    assert_int_equal(cvn_store_update(s.store, purge, &n, 0), 0);
    assert_int_equal(n, 1);
    assert_int_equal(cvn_store_snapshot(s.store, &txn), 0);
    assert_int_equal(get(txn, "a", 1, noon_ms), CVN_STORE_ABSENT);
    cvn_snapshot_release(txn);
    scratch_remove(&s);
}

static int put_of(struct cvn_txn *txn, void *arg)
{
    struct cvn_replay_request request = named("a", 1);
    request.principal = text(arg);
    return cvn_replay_put(txn, &request, noon_ms, text("the answer"));
}

static int forget(struct cvn_txn *txn, void *arg)
{
    return cvn_replay_forget(txn, text("per_1"), 2, arg);
}

/* Also those of the keys of the same person, and nobody else's; the order of time keeps step. */
static void test_answers_of_a_principal_are_forgotten(void **state)
{
    struct scratch s = {.engine = NULL};
    struct cvn_txn *txn;
    (void)state;
    scratch_open(&s, NULL);
    static char names[][16] = {"per_1", "per_1/a", "per_1/b", "per_2", "per"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(cvn_store_update(s.store, put_of, names[i], 0), 0);
    size_t n;
    assert_int_equal(cvn_store_update(s.store, forget, &n, 0), 0);
    assert_int_equal(n, 2);
    assert_int_equal(cvn_store_update(s.store, forget, &n, 0), 0);
    assert_int_equal(n, 1);
    assert_int_equal(cvn_store_snapshot(s.store, &txn), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cvn_replay_request request = named("a", 1);
        struct cvn_replay_record record;
        request.principal = text(names[i]);
        assert_int_equal(cvn_replay_get(txn, &request, noon_ms, &record),
                         i < 3 ? CVN_STORE_ABSENT : 0);
    }
    cvn_snapshot_release(txn);
    assert_int_equal(cvn_store_update(s.store, purge, &n, 0), 0);
    assert_int_equal(n, 2); /* the two that are left, and none of those forgotten */
    scratch_remove(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_is_kept_for_a_day),
        cmocka_unit_test(test_answers_of_a_principal_are_forgotten),
    };
    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
