#include "rpc/outbox.h"

#include <errno.h>
#include <stdlib.h>

void cvn_outbox_init(struct cvn_outbox *outbox, size_t bytes_max)
{
    *outbox = (struct cvn_outbox){.bytes_max = bytes_max};
}

void cvn_outbox_reset(struct cvn_outbox *outbox)
{
    cvn_frames_clear(&outbox->queue);
    bool sending = outbox->sending;
    *outbox = (struct cvn_outbox){.bytes_max = outbox->bytes_max, .sending = sending};
}

int cvn_outbox_put(struct cvn_outbox *outbox, const struct cvn_frame *frame)
{
    size_t len = CVN_WIRE_FRAME_HEADER_BYTES + frame->body.len;
    if (len > outbox->bytes_max + CVN_OUTBOX_CONTROL_BYTES - outbox->queue.bytes)
        return -ENOBUFS;
    int r = cvn_frames_add(&outbox->queue, frame);
    if (r == 0)
        outbox->n_queued++;
    return r;
}

size_t cvn_outbox_room(const struct cvn_outbox *outbox)
{
    size_t bytes = outbox->queue.bytes;
    return bytes < outbox->bytes_max ? outbox->bytes_max - bytes : 0;
}

int cvn_outbox_move(struct cvn_outbox *outbox, struct cvn_frames *frames)
{
    if (frames->bytes > cvn_outbox_room(outbox))
        return -ENOBUFS;
    for (const struct cvn_queued_frame *frame = frames->first; frame; frame = frame->next)
        outbox->n_queued++;
    cvn_frames_move(&outbox->queue, frames);
    return 0;
}

/* How many of the queued frames go into one bundle, and how many bytes they are. */
static uint16_t measure(const struct cvn_outbox *outbox, size_t *ret_bytes)
{
    uint16_t n = 0;
    size_t bytes = 0;
    const struct cvn_queued_frame *frame = outbox->queue.first;
    while (frame && n < CVN_WIRE_BUNDLE_FRAMES_MAX &&
           (n == 0 || bytes + frame->len <= CVN_WIRE_BUNDLE_BYTES_MAX)) {
        bytes += frame->len;
        n++;
        frame = frame->next;
    }
    *ret_bytes = bytes;
    return n;
}

static nng_msg *bundle(struct cvn_outbox *outbox, uint64_t epoch, uint16_t n_frames, size_t bytes)
{
    nng_msg *msg;
    if (nng_msg_alloc(&msg, CVN_WIRE_BUNDLE_HEADER_BYTES + bytes) != 0)
        return NULL;
    uint8_t *at = nng_msg_body(msg);
    cvn_wire_put_bundle_header(at, &(struct cvn_bundle_header){epoch, outbox->received, n_frames});
    at += CVN_WIRE_BUNDLE_HEADER_BYTES;
    for (uint16_t i = 0; i < n_frames; i++) {
        struct cvn_queued_frame *frame = cvn_frames_shift(&outbox->queue);
        memcpy(at, frame->bytes, frame->len);
        at += frame->len;
        free(frame);
    }
    outbox->n_left += n_frames;
    outbox->ack_told = outbox->received;
    outbox->ack_now = false;
    return msg;
}

nng_msg *cvn_outbox_next(struct cvn_outbox *outbox, uint64_t epoch)
{
    if (outbox->sending)
        return NULL;
    nng_msg *msg = NULL;
    bool open = outbox->sent - outbox->acked < CVN_WIRE_WINDOW_BUNDLES;
    if (outbox->queue.first && open) {
        size_t bytes;
        uint16_t n_frames = measure(outbox, &bytes);
        msg = bundle(outbox, epoch, n_frames, bytes);
        if (msg)
            outbox->sent++;
    } else if (outbox->received - outbox->ack_told >= (outbox->ack_now ? 1 : CVN_WIRE_ACK_AFTER)) {
        msg = bundle(outbox, epoch, 0, 0);
    }
    outbox->sending = msg != NULL;
    return msg;
}

int cvn_outbox_heard(struct cvn_outbox *outbox, const struct cvn_bundle_header *header)
{
    if (header->ack - outbox->acked > outbox->sent - outbox->acked)
        return -EPROTO;
    outbox->acked = header->ack;
    if (header->n_frames > 0)
        outbox->received++;
    if (outbox->received - outbox->ack_told > CVN_WIRE_WINDOW_BUNDLES)
        return -EPROTO;
    return 0;
}

bool cvn_outbox_settled(const struct cvn_outbox *outbox)
{
    return !outbox->queue.first && !outbox->sending && outbox->acked == outbox->sent;
}
