#include "services/events/groups/community_note.h"

#include "storage/change_log.h"

#include <errno.h>

int cvn_community_note(struct cvn_ctx *ctx, const char *kind, const char *subject)
{
    if (!subject)
        return -ENOMEM;
    const struct cvn_change change = {
        .time_ms = ctx->now_ms,
        .subject = cvn_slice_of_string(subject),
        .kind = cvn_slice_of_string(kind),
        .principal = cvn_slice_of_string(ctx->who.text),
    };
    return cvn_change_append(ctx->txn, &change, NULL);
}
