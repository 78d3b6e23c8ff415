#include "services/events/change_note.h"

#include "storage/change_log.h"

int cvn_change_note(struct cvn_ctx *ctx, const struct cvn_change_note *note)
{
    char subject[CVN_ID_TEXT_BYTES], person[CVN_ID_TEXT_BYTES] = "";
    cvn_id_format(subject, note->prefix, note->subject);
    if (note->person)
        cvn_id_format(person, "per", note->person);
    const struct cvn_change change = {
        .time_ms = ctx->now_ms,
        .subject = cvn_slice_of_string(subject),
        .kind = cvn_slice_of_string(note->kind),
        .principal = cvn_slice_of_string(ctx->who.text),
        .reason = cvn_slice_of_string(note->reason ? note->reason : ""),
        .detail = cvn_slice_of_string(person),
    };
    return cvn_change_append(ctx->txn, &change, NULL);
}
