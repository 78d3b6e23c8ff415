/* frames.h and outbox.h: what waits to be sent, and what leaves when. */
#include "rpc/outbox.h"
#include "tests/support/cmocka_all.h"

#include "interop.pb-c.h"

#include <errno.h>
#include <stdlib.h>

enum { HEADER = CVN_WIRE_FRAME_HEADER_BYTES, ROOM = 1 << 20, EPOCH = 77 };

static size_t count(const struct cvn_frames *frames)
{
    size_t n = 0, bytes = 0;
    const struct cvn_queued_frame *last = NULL;
    for (const struct cvn_queued_frame *frame = frames->first; frame; frame = frame->next) {
        n++;
        bytes += frame->len;
        last = frame;
    }
    assert_int_equal(bytes, frames->bytes);
    assert_ptr_equal(last, frames->last);
    return n;
}

static struct cvn_frame read_back(const struct cvn_queued_frame *queued)
{
    struct cvn_slice bytes = cvn_slice(queued->bytes, queued->len);
    struct cvn_frame frame;
    assert_int_equal(cvn_wire_read_frame(&bytes, &frame), 0);
    assert_int_equal(bytes.len, 0);
    return frame;
}

/* Splits a message of so many bytes, and puts it together again. */
static void check_split(size_t bytes, size_t want_frames)
{
    uint8_t *message = malloc(bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        message[i] = (uint8_t)(i * 31);
    struct cvn_frames frames = {0};
    assert_int_equal(
        cvn_frames_add_message(&frames, 7, cvn_slice(message, bytes), CVN_FRAME_END_STREAM), 0);
    assert_int_equal(count(&frames), want_frames);
    size_t at = 0;
    struct cvn_queued_frame *queued;
    while ((queued = cvn_frames_shift(&frames))) {
        struct cvn_frame frame = read_back(queued);
        assert_int_equal(frame.type, CVN_FRAME_MSG);
        assert_int_equal(frame.call, 7);
        assert_int_equal(frame.flags, frames.first ? CVN_FRAME_MORE : CVN_FRAME_END_STREAM);
        assert_memory_equal(frame.body.data, message + at, frame.body.len);
        at += frame.body.len;
        free(queued);
    }
    assert_int_equal(at, bytes);
    free(message);
}

static void test_message_is_split_at_a_frame_s_limit(void **state)
{
    check_split(0, 1);
    check_split(CVN_WIRE_FRAME_BODY_MAX, 1);
    check_split(CVN_WIRE_FRAME_BODY_MAX + 1, 2);
    check_split(2 * CVN_WIRE_FRAME_BODY_MAX, 2);
    check_split(2 * CVN_WIRE_FRAME_BODY_MAX + 1, 3);
}

/* Packing in place and packing first give the same frames. */
static void check_packing(size_t payload_bytes)
{
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    payload.body = (ProtobufCBinaryData){payload_bytes, calloc(1, payload_bytes + 1)};
    size_t len = convene__testing__payload__get_packed_size(&payload);
    uint8_t *packed = malloc(len + 1);
    (void)convene__testing__payload__pack(&payload, packed);
    struct cvn_frames one = {0}, other = {0};
    assert_int_equal(cvn_frames_add_packing(&one, 3, &payload.base, CVN_FRAME_END_STREAM), 0);
    assert_int_equal(
        cvn_frames_add_message(&other, 3, cvn_slice(packed, len), CVN_FRAME_END_STREAM), 0);
    assert_int_equal(count(&one), count(&other));
    struct cvn_queued_frame *a, *b;
    while ((a = cvn_frames_shift(&one))) {
        b = cvn_frames_shift(&other);
        assert_int_equal(a->len, b->len);
        assert_memory_equal(a->bytes, b->bytes, a->len);
        free(a);
        free(b);
    }
    free(packed);
    free(payload.body.data);
}

static void test_packing_in_place_and_not(void **state)
{
    check_packing(0);
    check_packing(100);
    check_packing(CVN_WIRE_FRAME_BODY_MAX - 4); /* with tag and length just a frame */
    check_packing(CVN_WIRE_FRAME_BODY_MAX - 3);
    check_packing(200000);
}

static void add(struct cvn_frames *frames, uint32_t call)
{
    assert_int_equal(
        cvn_frames_add(frames, &(struct cvn_frame){.type = CVN_FRAME_PING, .call = call}), 0);
}

static void test_frames_move_in_order(void **state)
{
    struct cvn_frames a = {0}, b = {0};
    cvn_frames_move(&a, &b);
    assert_null(a.first);
    add(&b, 1);
    cvn_frames_move(&a, &b);
    add(&b, 2);
    add(&b, 3);
    cvn_frames_move(&a, &b);
    assert_int_equal(count(&a), 3);
    assert_int_equal(count(&b), 0);
    for (uint32_t call = 1; call <= 3; call++) {
        struct cvn_queued_frame *queued = cvn_frames_shift(&a);
        assert_int_equal(read_back(queued).call, call);
        cvn_frames_push(&b, queued);
    }
    assert_null(cvn_frames_shift(&a));
    cvn_frames_set_call(&b, 9);
    for (const struct cvn_queued_frame *queued = b.first; queued; queued = queued->next)
        assert_int_equal(read_back(queued).call, 9);
    cvn_frames_clear(&b);
    assert_int_equal(count(&b), 0);
}

static int put(struct cvn_outbox *outbox, size_t body_bytes)
{
    static const uint8_t body[CVN_WIRE_FRAME_BODY_MAX];
    return cvn_outbox_put(
        outbox, &(struct cvn_frame){.type = CVN_FRAME_PING, .body = cvn_slice(body, body_bytes)});
}

/* Takes the next bundle as if it had left: how many frames it has, or -1 when there is none. */
static int leave(struct cvn_outbox *outbox, size_t *ret_bytes)
{
    nng_msg *msg = cvn_outbox_next(outbox, EPOCH);
    if (!msg)
        return -1;
    struct cvn_slice bytes = cvn_slice(nng_msg_body(msg), nng_msg_len(msg));
    struct cvn_bundle_header header;
    assert_true(outbox->sending);
    assert_null(cvn_outbox_next(outbox, EPOCH)); /* one at a time */
    outbox->sending = false;
    assert_int_equal(cvn_wire_read_bundle(&bytes, &header), 0);
    assert_int_equal(header.epoch, EPOCH);
    assert_int_equal(header.ack, outbox->received);
    if (ret_bytes)
        *ret_bytes = bytes.len;
    nng_msg_free(msg);
    return header.n_frames;
}

static int hear(struct cvn_outbox *outbox, uint32_t ack, uint16_t n_frames)
{
    return cvn_outbox_heard(outbox, &(struct cvn_bundle_header){EPOCH, ack, n_frames});
}

static void test_bundle_takes_sixteen_frames(void **state)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, ROOM);
    assert_int_equal(leave(&outbox, NULL), -1);
    for (int i = 0; i < CVN_WIRE_BUNDLE_FRAMES_MAX + 1; i++)
        assert_int_equal(put(&outbox, 1), 0);
    assert_int_equal(leave(&outbox, NULL), CVN_WIRE_BUNDLE_FRAMES_MAX);
    assert_int_equal(outbox.n_left, CVN_WIRE_BUNDLE_FRAMES_MAX);
    assert_int_equal(leave(&outbox, NULL), 1);
    assert_int_equal(leave(&outbox, NULL), -1);
    assert_int_equal(outbox.n_left, outbox.n_queued);
}

static void test_bundle_takes_so_many_bytes(void **state)
{
    struct cvn_outbox outbox;
    size_t bytes;
    cvn_outbox_init(&outbox, ROOM);
    assert_int_equal(put(&outbox, 40000), 0);
    assert_int_equal(put(&outbox, CVN_WIRE_BUNDLE_BYTES_MAX - 40000 - 2 * HEADER), 0);
    assert_int_equal(leave(&outbox, &bytes), 2);
    assert_int_equal(bytes, CVN_WIRE_BUNDLE_BYTES_MAX);
    assert_int_equal(put(&outbox, 40000), 0);
    assert_int_equal(put(&outbox, CVN_WIRE_BUNDLE_BYTES_MAX - 40000 - 2 * HEADER + 1), 0);
    assert_int_equal(leave(&outbox, NULL), 1);
    assert_int_equal(leave(&outbox, NULL), 1);
}

static void test_window_of_unacknowledged_bundles(void **state)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, ROOM);
    for (int i = 0; i < CVN_WIRE_WINDOW_BUNDLES; i++) {
        assert_int_equal(put(&outbox, 1), 0);
        assert_int_equal(leave(&outbox, NULL), 1);
    }
    assert_int_equal(put(&outbox, 1), 0);
    assert_int_equal(leave(&outbox, NULL), -1);
    assert_false(cvn_outbox_settled(&outbox));
    assert_int_equal(hear(&outbox, 1, 0), 0);
    assert_int_equal(leave(&outbox, NULL), 1);
    assert_int_equal(leave(&outbox, NULL), -1);
    assert_int_equal(hear(&outbox, CVN_WIRE_WINDOW_BUNDLES + 1, 0), 0);
    assert_true(cvn_outbox_settled(&outbox));
}

static void test_acknowledgement_of_what_never_left(void **state)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, ROOM);
    assert_int_equal(hear(&outbox, 1, 0), -EPROTO);
    assert_int_equal(put(&outbox, 1), 0);
    assert_int_equal(leave(&outbox, NULL), 1);
    assert_int_equal(hear(&outbox, 2, 0), -EPROTO);
    assert_int_equal(hear(&outbox, 1, 0), 0);
    assert_int_equal(hear(&outbox, 0, 0), -EPROTO); /* and none is taken back */
}

static void test_acknowledges_after_eight_or_when_told_to(void **state)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, ROOM);
    for (int i = 0; i < CVN_WIRE_ACK_AFTER - 1; i++)
        assert_int_equal(hear(&outbox, 0, 1), 0);
    assert_int_equal(leave(&outbox, NULL), -1);
    assert_int_equal(hear(&outbox, 0, 0), 0); /* an empty one does not count */
    assert_int_equal(leave(&outbox, NULL), -1);
    assert_int_equal(hear(&outbox, 0, 1), 0);
    assert_int_equal(leave(&outbox, NULL), 0);
    assert_int_equal(leave(&outbox, NULL), -1);
    assert_int_equal(hear(&outbox, 0, 1), 0);
    outbox.ack_now = true;
    assert_int_equal(leave(&outbox, NULL), 0);
    assert_int_equal(leave(&outbox, NULL), -1);
}

static void test_peer_that_sends_past_the_window(void **state)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, ROOM);
    for (int i = 0; i < CVN_WIRE_WINDOW_BUNDLES; i++)
        assert_int_equal(hear(&outbox, 0, 1), 0);
    assert_int_equal(hear(&outbox, 0, 1), -EPROTO);
}

static void test_counts_wrap_around(void **state)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, ROOM);
    outbox.sent = outbox.acked = UINT32_MAX;
    outbox.received = outbox.ack_told = UINT32_MAX;
    assert_int_equal(put(&outbox, 1), 0);
    assert_int_equal(leave(&outbox, NULL), 1);
    assert_int_equal(outbox.sent, 0);
    assert_int_equal(hear(&outbox, 0, 1), 0);
    assert_int_equal(outbox.received, 0);
    assert_true(cvn_outbox_settled(&outbox));
}

static void test_messages_up_to_the_limit_and_control_beyond(void **state)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, 100 + HEADER);
    struct cvn_frames frames = {0};
    uint8_t body[101] = {0};
    assert_int_equal(cvn_frames_add_message(&frames, 1, cvn_slice(body, 101), 0), 0);
    assert_int_equal(cvn_outbox_move(&outbox, &frames), -ENOBUFS);
    assert_int_equal(count(&frames), 1);
    cvn_frames_clear(&frames);
    assert_int_equal(cvn_frames_add_message(&frames, 1, cvn_slice(body, 100), 0), 0);
    assert_int_equal(cvn_outbox_room(&outbox), 100 + HEADER);
    assert_int_equal(cvn_outbox_move(&outbox, &frames), 0);
    assert_int_equal(cvn_outbox_room(&outbox), 0);
    size_t n = 0;
    while (put(&outbox, 1000 - HEADER) == 0)
        n++;
    assert_int_equal(n, CVN_OUTBOX_CONTROL_BYTES / 1000);
    assert_int_equal(cvn_outbox_room(&outbox), 0);
    assert_int_equal(cvn_frames_add_message(&frames, 1, cvn_slice(body, 0), 0), 0);
    assert_int_equal(cvn_outbox_move(&outbox, &frames), -ENOBUFS);
    cvn_frames_clear(&frames);
    cvn_outbox_reset(&outbox);
    assert_int_equal(cvn_outbox_room(&outbox), 100 + HEADER);
    assert_int_equal(outbox.n_queued, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_is_split_at_a_frame_s_limit),
        cmocka_unit_test(test_packing_in_place_and_not),
        cmocka_unit_test(test_frames_move_in_order),
        cmocka_unit_test(test_bundle_takes_sixteen_frames),
        cmocka_unit_test(test_bundle_takes_so_many_bytes),
        cmocka_unit_test(test_window_of_unacknowledged_bundles),
        cmocka_unit_test(test_acknowledgement_of_what_never_left),
        cmocka_unit_test(test_acknowledges_after_eight_or_when_told_to),
        cmocka_unit_test(test_peer_that_sends_past_the_window),
        cmocka_unit_test(test_counts_wrap_around),
        cmocka_unit_test(test_messages_up_to_the_limit_and_control_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
