#include "services/mentoring/change.h"

#include "storage/change_log.h"

int cvn_mentoring_note_change(struct cvn_ctx *ctx, const char *subject, const char *kind)
{
    const struct cvn_change change = {
        .time_ms = ctx->now_ms,
        .subject = cvn_slice_of_string(subject),
        .kind = cvn_slice_of_string(kind),
        .principal = cvn_slice_of_string(ctx->who.text),
    };
    return cvn_change_append(ctx->txn, &change, NULL);
}
