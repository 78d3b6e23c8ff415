#include "services/runtime/answer.h"

#include "storage/txn.h"

#include <errno.h>

enum { RETRY_DELAY_MS = 100 };

struct row {
    int result;
    enum cvn_code code;
    bool retry; /* the same call may succeed soon: say when */
    const char *sentence;
};

static const struct row rows[] = {
    {CVN_STORE_BUSY, CVN_RESOURCE_EXHAUSTED, true,
     "The server has as many calls waiting as it takes; try again shortly."},
    {CVN_STORE_EXPIRED, CVN_DEADLINE_EXCEEDED, false,
     "The deadline passed before the write began; nothing was stored."},
    {CVN_STORE_CANCELLED, CVN_CANCELLED, false,
     "The call was cancelled before the write began; nothing was stored."},
    {-ENOSPC, CVN_RESOURCE_EXHAUSTED, true,
     "The server's disk is full; nothing was stored. Reads go on, and writes will when there is "
     "room again."},
    {-EDQUOT, CVN_RESOURCE_EXHAUSTED, true,
     "The server's disk quota is used up; nothing was stored."},
    {-ENOMEM, CVN_RESOURCE_EXHAUSTED, false,
     "The call needs more memory than one call may use; ask for less at a time."},
    {-E2BIG, CVN_RESOURCE_EXHAUSTED, false,
     "The call would write more than one call may; split it."},
    {-ESHUTDOWN, CVN_UNAVAILABLE, true, "The server is stopping; nothing was stored."},
    {-EIO, CVN_UNAVAILABLE, true,
     "The server's disk failed, and whether this was stored is not known. Sent again with the same "
     "request_id it has one effect."},
};

void cvn_answer_fault(struct cvn_status *status, struct cvn_arena *arena, int result)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].result != result)
            continue;
        status->code = rows[i].code;
        status->message = rows[i].sentence;
        if (rows[i].retry)
            cvn_status_add_retry_info(status, arena, RETRY_DELAY_MS);
        return;
    }
    status->code = CVN_INTERNAL;
    status->message = "The server met a fault of its own; its log says more.";
}
