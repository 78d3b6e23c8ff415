/* The bytes of bundles and frames: as docs/protocol.md shows them, there and back, at each limit.
 */
#include "rpc/wire.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

/* The call in docs/protocol.md, up to OPEN's body. */
static const uint8_t worked[] = {
    0x43, 0x56, 0x01, 0x00, 0x80, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x01,
    0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x2e,
};
static const struct cvn_bundle_header worked_header = {0x800000010000002a, 1, 2};

static void test_put_when_worked_example(void **state)
{
    uint8_t out[sizeof worked];
    cvn_wire_put_bundle_header(out, &worked_header);
    struct cvn_frame frame = {CVN_FRAME_OPEN, 0, 1, cvn_slice(NULL, 0x2e)};
    cvn_wire_put_frame_header(out + CVN_WIRE_BUNDLE_HEADER_BYTES, &frame);
    assert_memory_equal(out, worked, sizeof worked);
}

static void test_read_bundle_when_worked_example(void **state)
{
    struct cvn_slice bytes = cvn_slice(worked, sizeof worked);
    struct cvn_bundle_header header;
    assert_int_equal(cvn_wire_read_bundle(&bytes, &header), 0);
    assert_true(header.epoch == worked_header.epoch);
    assert_int_equal(header.ack, 1);
    assert_int_equal(header.n_frames, 2);
    assert_ptr_equal(bytes.data, worked + CVN_WIRE_BUNDLE_HEADER_BYTES);
    assert_int_equal(bytes.len, CVN_WIRE_FRAME_HEADER_BYTES);
}

/* Reads a refused bundle's header, whose outputs must stay as they were. */
static void assert_bundle_refused(const uint8_t *in, size_t len)
{
    struct cvn_slice bytes = cvn_slice(in, len);
    struct cvn_bundle_header header = {.epoch = 77};
    assert_int_equal(cvn_wire_read_bundle(&bytes, &header), -EPROTO);
    assert_int_equal(header.epoch, 77);
    assert_ptr_equal(bytes.data, in);
    assert_int_equal(bytes.len, len);
}

static void test_read_bundle_when_bytes_lack(void **state)
{
    for (size_t len = 0; len < CVN_WIRE_BUNDLE_HEADER_BYTES; len++) {
        uint8_t *exact = malloc(len + 1); /* of its own, so that a sanitizer sees a read past it */
        memcpy(exact, worked, len);
        assert_bundle_refused(exact, len);
        free(exact);
    }
}

static void test_read_bundle_when_magic_differs(void **state)
{
    for (size_t at = 0; at < 4; at++) {
        uint8_t in[CVN_WIRE_BUNDLE_HEADER_BYTES];
        memcpy(in, worked, sizeof in);
        in[at] ^= 1;
        assert_bundle_refused(in, sizeof in);
    }
}

static void test_read_bundle_frames_at_their_limit(void **state)
{
    uint8_t in[CVN_WIRE_BUNDLE_HEADER_BYTES];
    struct cvn_bundle_header header = {1, UINT32_MAX, CVN_WIRE_BUNDLE_FRAMES_MAX}, read;
    cvn_wire_put_bundle_header(in, &header);
    struct cvn_slice bytes = cvn_slice(in, sizeof in);
    assert_int_equal(cvn_wire_read_bundle(&bytes, &read), 0);
    assert_int_equal(read.n_frames, CVN_WIRE_BUNDLE_FRAMES_MAX);
    assert_int_equal(read.ack, UINT32_MAX);
    assert_int_equal(bytes.len, 0);
    header.n_frames++;
    cvn_wire_put_bundle_header(in, &header);
    assert_bundle_refused(in, sizeof in);
}

/* A frame with a body of zeros and so many bytes missing at its end. To be freed. */
static uint8_t *make_frame(size_t body_len, size_t missing, struct cvn_slice *ret)
{
    size_t len = CVN_WIRE_FRAME_HEADER_BYTES + body_len - missing;
    uint8_t header[CVN_WIRE_FRAME_HEADER_BYTES], *bytes = calloc(1, len);
    cvn_wire_put_frame_header(header, &(struct cvn_frame){CVN_FRAME_MSG, CVN_FRAME_MORE, UINT32_MAX,
                                                          cvn_slice(NULL, body_len)});
    memcpy(bytes, header, len < sizeof header ? len : sizeof header);
    *ret = cvn_slice(bytes, len);
    return bytes;
}

static void assert_frame(size_t body_len, size_t missing, int expected)
{
    struct cvn_slice bytes;
    uint8_t *made = make_frame(body_len, missing, &bytes);
    struct cvn_slice before = bytes;
    struct cvn_frame frame = {.flags = 99};
    assert_int_equal(cvn_wire_read_frame(&bytes, &frame), expected);
    if (expected == 0) {
        assert_int_equal(frame.type, CVN_FRAME_MSG);
        assert_int_equal(frame.flags, CVN_FRAME_MORE);
        assert_int_equal(frame.call, UINT32_MAX);
        assert_int_equal(frame.body.len, body_len);
        assert_ptr_equal(frame.body.data, made + CVN_WIRE_FRAME_HEADER_BYTES);
        assert_int_equal(bytes.len, 0);
    } else {
        assert_int_equal(frame.flags, 99);
        assert_ptr_equal(bytes.data, before.data);
        assert_int_equal(bytes.len, before.len);
    }
    free(made);
}

static void test_read_frame_body_at_its_limit(void **state)
{
    assert_frame(0, 0, 0);
    assert_frame(CVN_WIRE_FRAME_BODY_MAX, 0, 0);
    assert_frame(CVN_WIRE_FRAME_BODY_MAX + 1, 0, -EPROTO);
}

static void test_read_frame_when_cut_off(void **state)
{
    for (size_t missing = 1; missing <= CVN_WIRE_FRAME_HEADER_BYTES + 5; missing++)
        assert_frame(5, missing, -EPROTO);
}

static void test_read_frame_when_type_is_unknown(void **state)
{
    const uint8_t in[CVN_WIRE_FRAME_HEADER_BYTES + 1] = {200, 0xff, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1};
    struct cvn_slice bytes = cvn_slice(in, sizeof in);
    struct cvn_frame frame;
    assert_int_equal(cvn_wire_read_frame(&bytes, &frame), 0);
    assert_int_equal(frame.type, 200);
    assert_int_equal(frame.call, 9);
    assert_int_equal(bytes.len, 0);
}

static void test_put_frame_call_changes_nothing_else(void **state)
{
    struct cvn_frame frame = {CVN_FRAME_MSG, CVN_FRAME_END_STREAM, 1, cvn_slice(NULL, 3)};
    uint8_t before[CVN_WIRE_FRAME_HEADER_BYTES], after[CVN_WIRE_FRAME_HEADER_BYTES];
    cvn_wire_put_frame_header(before, &frame);
    frame.call = 0x01020304;
    cvn_wire_put_frame_header(after, &frame);
    cvn_wire_put_frame_call(before, 0x01020304);
    assert_memory_equal(before, after, sizeof after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_when_worked_example),
        cmocka_unit_test(test_read_bundle_when_worked_example),
        cmocka_unit_test(test_read_bundle_when_bytes_lack),
        cmocka_unit_test(test_read_bundle_when_magic_differs),
        cmocka_unit_test(test_read_bundle_frames_at_their_limit),
        cmocka_unit_test(test_read_frame_body_at_its_limit),
        cmocka_unit_test(test_read_frame_when_cut_off),
        cmocka_unit_test(test_read_frame_when_type_is_unknown),
        cmocka_unit_test(test_put_frame_call_changes_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
