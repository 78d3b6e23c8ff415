#include "rpc/outbox.h"

#include <errno.h>
#include <stdlib.h>

struct cvn_outbox_frame {
    struct cvn_outbox_frame *next;
    size_t len; /* header and body */
    uint8_t bytes[];
};

void cvn_outbox_init(struct cvn_outbox *outbox, size_t bytes_max)
{
    *outbox = (struct cvn_outbox){.bytes_max = bytes_max};
}

void cvn_outbox_reset(struct cvn_outbox *outbox)
{
    while (outbox->head) {
        struct cvn_outbox_frame *next = outbox->head->next;
        free(outbox->head);
        outbox->head = next;
    }
    bool sending = outbox->sending;
    *outbox = (struct cvn_outbox){.bytes_max = outbox->bytes_max, .sending = sending};
}

int cvn_outbox_put(struct cvn_outbox *outbox, const struct cvn_frame *frame)
{
    size_t len = CVN_WIRE_FRAME_HEADER_BYTES + frame->body.len;
    if (len > outbox->bytes_max - outbox->bytes)
        return -ENOBUFS;
    struct cvn_outbox_frame *queued = malloc(sizeof *queued + len);
    if (!queued)
        return -ENOMEM;
    queued->next = NULL;
    queued->len = len;
    cvn_wire_put_frame_header(queued->bytes, frame);
    if (frame->body.len)
        memcpy(queued->bytes + CVN_WIRE_FRAME_HEADER_BYTES, frame->body.data, frame->body.len);
    if (outbox->tail)
        outbox->tail->next = queued;
    else
        outbox->head = queued;
    outbox->tail = queued;
    outbox->bytes += len;
    return 0;
}

int cvn_outbox_put_message(struct cvn_outbox *outbox, uint32_t call, struct cvn_slice message,
                           uint8_t flags)
{
    size_t n_pieces = message.len / CVN_WIRE_FRAME_BODY_MAX + 1;
    if (message.len + n_pieces * CVN_WIRE_FRAME_HEADER_BYTES > outbox->bytes_max - outbox->bytes)
        return -ENOBUFS;
    const uint8_t *at = message.data;
    size_t left = message.len;
    for (;;) {
        size_t len = left < CVN_WIRE_FRAME_BODY_MAX ? left : CVN_WIRE_FRAME_BODY_MAX;
        bool more = left > len;
        struct cvn_frame frame = {
            .type = CVN_FRAME_MSG,
            .flags = more ? CVN_FRAME_MORE : flags,
            .call = call,
            .body = cvn_slice(at, len),
        };
        int r = cvn_outbox_put(outbox, &frame);
        if (r || !more)
            return r;
        at += len;
        left -= len;
    }
}

/* How many of the queued frames go into one bundle, and how many bytes they are. */
static uint16_t measure(const struct cvn_outbox *outbox, size_t *ret_bytes)
{
    uint16_t n = 0;
    size_t bytes = 0;
    const struct cvn_outbox_frame *frame = outbox->head;
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
        struct cvn_outbox_frame *frame = outbox->head;
        memcpy(at, frame->bytes, frame->len);
        at += frame->len;
        outbox->bytes -= frame->len;
        outbox->head = frame->next;
        free(frame);
    }
    if (!outbox->head)
        outbox->tail = NULL;
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
    if (outbox->head && open) {
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
    return !outbox->head && !outbox->sending && outbox->acked == outbox->sent;
}
