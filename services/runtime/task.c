#include "services/runtime/task.h"

#include "storage/store.h"

#include <errno.h>
#include <string.h>

struct cvn_ctx cvn_task_ctx(const struct cvn_task *task, struct cvn_txn *txn,
                            struct cvn_arena *arena, struct cvn_status *status)
{
    struct cvn_ctx ctx = {
        .arena = arena,
        .txn = txn,
        .now_ms = task->now_ms,
        .service = task->service,
        .status = status,
        .who = {.kind = CVN_PRINCIPAL_ADMIN, .text = "clock"},
    };
    memcpy(ctx.entropy, task->entropy, sizeof ctx.entropy);
    cvn_problems_init(&ctx.problems, arena);
    return ctx;
}

int cvn_task_first(struct cvn_txn *txn, uint8_t space, struct cvn_id *ret)
{
    struct cvn_key lo, hi;
    struct cvn_slice key;
    struct cvn_key_reader reader;
    CVN_CURSOR_AUTO cursor = {0};
    cvn_key_begin(&lo, space);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    if (r == 0)
        r = cvn_cursor_next(&cursor, &key, NULL);
    if (r)
        return r;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    *ret = cvn_key_get_id(&reader);
    return cvn_key_reader_done(&reader) ? 0 : -EUCLEAN;
}

int cvn_task_look(struct cvn_store *store, uint8_t space, struct cvn_id *ret)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r == CVN_STORE_BUSY ? CVN_STORE_ABSENT : r;
    r = cvn_task_first(snapshot, space, ret);
    cvn_snapshot_release(snapshot);
    return r;
}
