#include "rpc/frames.h"

#include <errno.h>
#include <stdlib.h>

/* A frame whose body is still to be filled in. NULL without memory. */
static struct cvn_queued_frame *new_frame(const struct cvn_frame *frame, size_t body_len)
{
    struct cvn_queued_frame *queued =
        malloc(sizeof *queued + CVN_WIRE_FRAME_HEADER_BYTES + body_len);
    if (!queued)
        return NULL;
    *queued = (struct cvn_queued_frame){.len = CVN_WIRE_FRAME_HEADER_BYTES + body_len};
    struct cvn_frame header = *frame;
    header.body.len = body_len;
    cvn_wire_put_frame_header(queued->bytes, &header);
    return queued;
}

void cvn_frames_push(struct cvn_frames *frames, struct cvn_queued_frame *frame)
{
    frame->next = NULL;
    if (frames->last)
        frames->last->next = frame;
    else
        frames->first = frame;
    frames->last = frame;
    frames->bytes += frame->len;
}

int cvn_frames_add(struct cvn_frames *frames, const struct cvn_frame *frame)
{
    struct cvn_queued_frame *queued = new_frame(frame, frame->body.len);
    if (!queued)
        return -ENOMEM;
    if (frame->body.len)
        memcpy(queued->bytes + CVN_WIRE_FRAME_HEADER_BYTES, frame->body.data, frame->body.len);
    cvn_frames_push(frames, queued);
    return 0;
}

int cvn_frames_add_message(struct cvn_frames *frames, uint32_t call, struct cvn_slice message,
                           uint8_t flags)
{
    struct cvn_frames pieces = {0};
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
        if (cvn_frames_add(&pieces, &frame) < 0) {
            cvn_frames_clear(&pieces);
            return -ENOMEM;
        }
        if (!more)
            break;
        at += len;
        left -= len;
    }
    cvn_frames_move(frames, &pieces);
    return 0;
}

int cvn_frames_add_packing(struct cvn_frames *frames, uint32_t call,
                           const ProtobufCMessage *message, uint8_t flags)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len <= CVN_WIRE_FRAME_BODY_MAX) { /* packed in place */
        struct cvn_frame header = {.type = CVN_FRAME_MSG, .flags = flags, .call = call};
        struct cvn_queued_frame *queued = new_frame(&header, len);
        if (!queued)
            return -ENOMEM;
        (void)protobuf_c_message_pack(message, queued->bytes + CVN_WIRE_FRAME_HEADER_BYTES);
        cvn_frames_push(frames, queued);
        return 0;
    }
    uint8_t *packed = malloc(len);
    if (!packed)
        return -ENOMEM;
    (void)protobuf_c_message_pack(message, packed);
    int r = cvn_frames_add_message(frames, call, cvn_slice(packed, len), flags);
    free(packed);
    return r;
}

void cvn_frames_move(struct cvn_frames *to, struct cvn_frames *from)
{
    if (!from->first)
        return;
    if (to->last)
        to->last->next = from->first;
    else
        to->first = from->first;
    to->last = from->last;
    to->bytes += from->bytes;
    *from = (struct cvn_frames){0};
}

struct cvn_queued_frame *cvn_frames_shift(struct cvn_frames *frames)
{
    struct cvn_queued_frame *first = frames->first;
    if (!first)
        return NULL;
    frames->first = first->next;
    if (!frames->first)
        frames->last = NULL;
    frames->bytes -= first->len;
    return first;
}

void cvn_frames_set_call(struct cvn_frames *frames, uint32_t call)
{
    for (struct cvn_queued_frame *frame = frames->first; frame; frame = frame->next)
        cvn_wire_put_frame_call(frame->bytes, call);
}

void cvn_frames_clear(struct cvn_frames *frames)
{
    struct cvn_queued_frame *frame;
    while ((frame = cvn_frames_shift(frames)))
        free(frame);
}

enum cvn_frame_type cvn_queued_frame_type(const struct cvn_queued_frame *frame)
{
    return (enum cvn_frame_type)frame->bytes[0];
}
