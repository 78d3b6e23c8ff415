#include "services/mentoring/mentorships/expire.h"

#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/state.h"
#include "services/runtime/task.h"
#include "storage/store.h"

#include <errno.h>

enum { ARENA_BYTES = 32 << 20 };

struct turn {
    struct cvn_task task;
    size_t n;
};

/* The proposals whose deadline, in whole seconds, lies before now. */
static int find_due(struct cvn_ctx *ctx, struct cvn_id ids[CVN_EXPIRE_TURN_MAX], size_t *ret_n)
{
    struct cvn_key hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    cvn_key_init(&hi);
    cvn_key_put_i64(&hi, ctx->now_ms / 1000);
    *ret_n = 0;
    int r = cvn_index_cursor_init(
        &cursor, ctx->txn, &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_DEADLINE],
        (struct cvn_slice[2]){{NULL, 0}, cvn_key_slice(&hi)}, CVN_FORWARD);
    while (r == 0 && *ret_n < CVN_EXPIRE_TURN_MAX &&
           (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        ids[(*ret_n)++] = cvn_key_get_id(&reader);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int expire_due(struct cvn_txn *txn, void *arg)
{
    struct turn *turn = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    struct cvn_id ids[CVN_EXPIRE_TURN_MAX];
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(&turn->task, txn, &arena, &status);
    const struct cvn_mentorship_change change = {.action = CVN_MENTORSHIP_EXPIRE, .reason = ""};
    int r = find_due(&ctx, ids, &turn->n);
    for (size_t i = 0; r == 0 && i < turn->n; i++) {
        Convene__Mentoring__V1__Mentorship *row;
        r = cvn_mentorship_get(&ctx, &ids[i], &row);
        if (r == 0)
            r = cvn_mentorship_apply(&ctx, &ids[i], row, &change);
    }
    return r == CVN_REFUSED || r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* When the first of all proposals is due. 0; CVN_STORE_ABSENT; CVN_STORE_BUSY; a fault. */
static int find_next(struct cvn_store *store, int64_t *ret_ms)
{
    const struct cvn_slice bounds[2] = {{NULL, 0}, {NULL, 0}};
    struct cvn_txn *snapshot;
    struct cvn_index_entry entry;
    struct cvn_key_reader reader;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r;
    CVN_INDEX_CURSOR_AUTO cursor;
    r = cvn_index_cursor_init(&cursor, snapshot,
                              &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_DEADLINE], bounds,
                              CVN_FORWARD);
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    if (r == 0) {
        cvn_key_reader_init(&reader, entry.key);
        *ret_ms = (cvn_key_get_i64(&reader) + 1) * 1000; /* see find_due */
    }
    cvn_index_cursor_deinit(&cursor);
    cvn_snapshot_release(snapshot);
    return r;
}

int cvn_mentorships_expire(struct cvn_mentoring *mentoring, int64_t now_ms, int64_t *ret_next_ms)
{
    struct turn turn = {.task = {.service = mentoring, .now_ms = now_ms}};
    struct cvn_store *store = mentoring->options.store;
    int64_t next_ms;
    int r = find_next(store, &next_ms);
    if (r == CVN_STORE_ABSENT)
        return 0;
    if (r == 0 && next_ms > now_ms) {
        *ret_next_ms = next_ms;
        return 0;
    }
    if (r == 0)
        r = cvn_store_update(store, expire_due, &turn, 0);
    return r < 0 ? r : 1; /* what is due next is looked for in a turn of its own */
}
