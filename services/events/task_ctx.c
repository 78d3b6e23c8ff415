#include "services/events/task_ctx.h"

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
