/*
 * Any bytes as a bundle from a peer: its header, its frames, what each type carries, and the credit
 * of both sides, kept over the bundle. What can be read is written again and must be the same.
 */
#include "google/rpc/status.pb-c.h"
#include "rpc/flow.h"
#include "rpc/message.h"
#include "rpc/metadata_wire.h"
#include "rpc/status.h"
#include "tests/fuzz/target.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAP_BYTES = 8 << 20, WINDOW = 100 };

static void expect(bool promise, const char *what)
{
    if (promise)
        return;
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

static bool same_metadata(const struct cvn_metadata *a, const struct cvn_metadata *b)
{
    if (a->n != b->n || a->bytes != b->bytes)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->entries[i].key, b->entries[i].key) != 0 ||
            cvn_slice_compare(a->entries[i].value, b->entries[i].value) != 0)
            return false;
    return true;
}

static void use_metadata(Convene__Rpc__V1__MetadataEntry *const *entries, size_t n,
                         struct cvn_arena *arena)
{
    struct cvn_metadata first, again;
    struct cvn_slice body;
    ProtobufCMessage *message;
    size_t bad = n;
    cvn_metadata_init(&first, arena);
    cvn_metadata_init(&again, arena);
    int r = cvn_metadata_of_wire(&first, entries, n, &bad);
    expect(r == 0 ? first.n == n : first.n == bad && bad < n, "what is taken is not counted");
    expect(first.n <= CVN_METADATA_ENTRIES_MAX && first.bytes <= CVN_METADATA_BYTES_MAX,
           "metadata passes its limits");
    if (cvn_metadata_pack_headers(&first, arena, &body) ||
        cvn_message_unpack(&convene__rpc__v1__headers__descriptor, arena, body, &message))
        return; /* memory is spent */
    const Convene__Rpc__V1__Headers *headers = (const void *)message;
    r = cvn_metadata_of_wire(&again, headers->metadata, headers->n_metadata, &bad);
    expect(arena->overflowed || (r == 0 && same_metadata(&first, &again)), "metadata differs");
}

static void use_status(const Google__Rpc__Status *from, struct cvn_arena *arena)
{
    struct cvn_slice bytes;
    struct cvn_status status, again;
    struct cvn_problems problems;
    cvn_problems_init(&problems, arena);
    if (cvn_message_pack(&from->base, arena, &bytes) || cvn_status_unpack(&status, arena, bytes))
        return;
    expect(status.n_details <= CVN_STATUS_DETAILS_MAX, "details pass their limit");
    (void)cvn_status_problems(&status, &problems);
    (void)cvn_status_reason(&status, arena);
    expect(cvn_status_retry_delay_ms(&status, arena) >= -1, "a delay is less than none");
    if (cvn_status_pack(&status, arena, &bytes) || cvn_status_unpack(&again, arena, bytes))
        return;
    expect(again.code == status.code && again.n_details == status.n_details, "a status differs");
}

/* The type of a frame's body; NULL where it is none of protobuf's. */
static const ProtobufCMessageDescriptor *type_of(enum cvn_frame_type type)
{
    switch (type) {
    case CVN_FRAME_HELLO:
        return &convene__rpc__v1__hello__descriptor;
    case CVN_FRAME_SETTINGS:
        return &convene__rpc__v1__settings__descriptor;
    case CVN_FRAME_OPEN:
        return &convene__rpc__v1__open__descriptor;
    case CVN_FRAME_HEADERS:
        return &convene__rpc__v1__headers__descriptor;
    case CVN_FRAME_TRAILERS:
        return &convene__rpc__v1__trailers__descriptor;
    case CVN_FRAME_GOAWAY:
        return &convene__rpc__v1__goaway__descriptor;
    case CVN_FRAME_MSG:
    case CVN_FRAME_HALF_CLOSE:
    case CVN_FRAME_CANCEL:
    case CVN_FRAME_CREDIT:
    case CVN_FRAME_ACK:
    case CVN_FRAME_PING:
    case CVN_FRAME_PONG:
        return NULL;
    }
    return NULL; /* of a later version */
}

static void use_body(enum cvn_frame_type type, struct cvn_slice body)
{
    const ProtobufCMessageDescriptor *descriptor = type_of(type);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    ProtobufCMessage *message;
    struct cvn_problems problems;
    if (!descriptor || cvn_message_unpack(descriptor, &arena, body, &message))
        return;
    cvn_problems_init(&problems, &arena);
    cvn_message_check(message, &problems);
    const Convene__Rpc__V1__Hello *hello = (const void *)message;
    const Convene__Rpc__V1__Open *open = (const void *)message;
    const Convene__Rpc__V1__Headers *headers = (const void *)message;
    const Convene__Rpc__V1__Trailers *trailers = (const void *)message;
    if (type == CVN_FRAME_HELLO)
        use_metadata(hello->metadata, hello->n_metadata, &arena);
    if (type == CVN_FRAME_OPEN)
        use_metadata(open->metadata, open->n_metadata, &arena);
    if (type == CVN_FRAME_HEADERS)
        use_metadata(headers->metadata, headers->n_metadata, &arena);
    if (type == CVN_FRAME_TRAILERS) {
        use_metadata(trailers->metadata, trailers->n_metadata, &arena);
        if (trailers->status)
            use_status(trailers->status, &arena);
    }
}

/* Credit of one call, as if all frames were of it. */
struct credit {
    struct cvn_flow_in in;
    struct cvn_flow_out out;
    struct cvn_frames ready;
};

static void use_credit(struct credit *credit, const struct cvn_frame *frame)
{
    if (frame->type == CVN_FRAME_CREDIT) {
        (void)cvn_flow_credit(&credit->out, frame->body);
        expect(credit->out.credit <= INT64_C(1) << 31, "credit passes its limit");
    }
    if (frame->type != CVN_FRAME_MSG)
        return;
    uint32_t cost;
    if (cvn_flow_take(&credit->in, frame, &cost) == 0)
        (void)cvn_flow_done(&credit->in, cost);
    expect(credit->in.credit + credit->in.owed == WINDOW, "credit is lost or made");
    struct cvn_frames frames = {0};
    if (cvn_frames_add(&frames, frame))
        return;
    cvn_flow_put(&credit->out, &frames);
    size_t bytes = credit->out.queue.bytes + credit->ready.bytes;
    cvn_flow_release(&credit->out, false, CVN_WIRE_BUNDLE_BYTES_MAX, &credit->ready);
    expect(bytes == credit->out.queue.bytes + credit->ready.bytes, "frames are lost or made");
}

static void use_frame(const struct cvn_frame *frame, struct credit *credit)
{
    uint8_t header[CVN_WIRE_FRAME_HEADER_BYTES];
    const uint8_t *was = (const uint8_t *)frame->body.data - sizeof header;
    cvn_wire_put_frame_header(header, frame);
    expect(memcmp(header, was, 2) == 0 && memcmp(header + 4, was + 4, 8) == 0,
           "a frame's header differs");
    use_body(frame->type, frame->body);
    use_credit(credit, frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvn_slice bytes = cvn_slice(data, size);
    struct cvn_bundle_header bundle;
    struct cvn_frame frame;
    struct credit credit = {.ready = {0}};
    cvn_flow_in_init(&credit.in, WINDOW);
    cvn_flow_out_init(&credit.out, WINDOW);
    if (cvn_wire_read_bundle(&bytes, &bundle))
        return 0;
    uint8_t header[CVN_WIRE_BUNDLE_HEADER_BYTES];
    cvn_wire_put_bundle_header(header, &bundle);
    expect(memcmp(header, data, sizeof header - 2) == 0, "a bundle's header differs");
    for (uint16_t i = 0; i < bundle.n_frames && cvn_wire_read_frame(&bytes, &frame) == 0; i++)
        use_frame(&frame, &credit);
    cvn_frames_clear(&credit.out.queue);
    cvn_frames_clear(&credit.ready);
    return 0;
}
