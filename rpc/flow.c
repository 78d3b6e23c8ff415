#include "rpc/flow.h"

#include <endian.h>
#include <errno.h>

/* More than any honest receiver gives. */
static const int64_t credit_max = INT64_C(1) << 31;

void cvn_flow_out_init(struct cvn_flow_out *flow, uint32_t credit)
{
    *flow = (struct cvn_flow_out){.credit = credit};
}

void cvn_flow_put(struct cvn_flow_out *flow, struct cvn_frames *frames)
{
    struct cvn_queued_frame *frame;
    for (frame = frames->first; frame; frame = frame->next) {
        bool message = cvn_queued_frame_type(frame) == CVN_FRAME_MSG;
        frame->free_of_credit = !message || !flow->first_left;
        if (message && !(frame->bytes[1] & CVN_FRAME_MORE))
            flow->first_left = true;
    }
    cvn_frames_move(&flow->queue, frames);
}

void cvn_flow_release(struct cvn_flow_out *flow, bool held, size_t max_bytes,
                      struct cvn_frames *ready)
{
    const struct cvn_queued_frame *next;
    size_t left = max_bytes;
    while ((next = flow->queue.first) && next->len <= left &&
           (next->free_of_credit || (flow->credit > 0 && !held))) {
        left -= next->len;
        if (!next->free_of_credit)
            flow->credit -= (int64_t)next->len;
        cvn_frames_push(ready, cvn_frames_shift(&flow->queue));
    }
}

int cvn_flow_credit(struct cvn_flow_out *flow, struct cvn_slice body)
{
    uint32_t bytes;
    if (body.len != sizeof bytes)
        return -EPROTO;
    memcpy(&bytes, body.data, sizeof bytes);
    int64_t credit = flow->credit + be32toh(bytes);
    if (credit > credit_max)
        return -EPROTO;
    flow->credit = credit;
    return 0;
}

void cvn_flow_in_init(struct cvn_flow_in *flow, uint32_t window)
{
    *flow = (struct cvn_flow_in){.window = window, .credit = window};
}

int cvn_flow_take(struct cvn_flow_in *flow, const struct cvn_frame *frame, uint32_t *ret_cost)
{
    bool more = frame->flags & CVN_FRAME_MORE;
    uint32_t cost = 0;
    if (flow->first_came) {
        if (flow->credit <= 0)
            return -EPROTO;
        cost = (uint32_t)(CVN_WIRE_FRAME_HEADER_BYTES + frame->body.len);
        flow->credit -= cost;
    } else {
        flow->first_came = !more;
    }
    *ret_cost = cost;
    return 0;
}

uint32_t cvn_flow_done(struct cvn_flow_in *flow, uint32_t cost)
{
    flow->owed += cost;
    if (flow->owed < flow->window / 2 || flow->owed == 0)
        return 0;
    uint32_t given = flow->owed;
    flow->owed = 0;
    flow->credit += given;
    return given;
}

void cvn_flow_put_credit(uint8_t *out, uint32_t bytes)
{
    bytes = htobe32(bytes);
    memcpy(out, &bytes, sizeof bytes);
}
