#include "rpc/flow.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum { HEADER = CVN_WIRE_FRAME_HEADER_BYTES, ALL = 1 << 30 };

static void put_message(struct cvn_flow_out *flow, size_t bytes)
{
    uint8_t *body = calloc(1, bytes + 1);
    struct cvn_frames frames = {0};
    assert_int_equal(cvn_frames_add_message(&frames, 1, cvn_slice(body, bytes), 0), 0);
    cvn_flow_put(flow, &frames);
    assert_null(frames.first);
    free(body);
}

static void put_other(struct cvn_flow_out *flow, enum cvn_frame_type type)
{
    struct cvn_frames frames = {0};
    assert_int_equal(cvn_frames_add(&frames, &(struct cvn_frame){.type = type, .call = 1}), 0);
    cvn_flow_put(flow, &frames);
}

/* How many frames may leave. */
static size_t release(struct cvn_flow_out *flow, bool held, size_t max_bytes)
{
    struct cvn_frames ready = {0};
    size_t n = 0;
    cvn_flow_release(flow, held, max_bytes, &ready);
    for (const struct cvn_queued_frame *frame = ready.first; frame; frame = frame->next)
        n++;
    cvn_frames_clear(&ready);
    return n;
}

static void test_first_message_is_free_in_all_its_pieces(void **state)
{
    struct cvn_flow_out flow;
    cvn_flow_out_init(&flow, 0);
    put_message(&flow, 3 * CVN_WIRE_FRAME_BODY_MAX);
    put_message(&flow, 0);
    assert_int_equal(release(&flow, false, ALL), 3);
    assert_int_equal(flow.credit, 0);
    assert_int_equal(release(&flow, false, ALL), 0);
    cvn_frames_clear(&flow.queue);
}

static void test_credit_down_to_nothing(void **state)
{
    struct cvn_flow_out flow;
    cvn_flow_out_init(&flow, HEADER + 1);
    put_message(&flow, 0);
    put_message(&flow, 0);
    put_message(&flow, 0);
    put_message(&flow, 0);
    assert_int_equal(release(&flow, false, ALL), 3); /* one byte of credit lets a frame pass */
    assert_int_equal(flow.credit, 1 - HEADER);
    uint8_t body[CVN_FLOW_CREDIT_BODY_BYTES];
    cvn_flow_put_credit(body, HEADER - 1);
    assert_int_equal(cvn_flow_credit(&flow, cvn_slice(body, sizeof body)), 0);
    assert_int_equal(release(&flow, false, ALL), 0);
    cvn_flow_put_credit(body, 1);
    assert_int_equal(cvn_flow_credit(&flow, cvn_slice(body, sizeof body)), 0);
    assert_int_equal(release(&flow, false, ALL), 1);
    cvn_frames_clear(&flow.queue);
}

static void test_what_follows_a_message_waits_behind_it(void **state)
{
    struct cvn_flow_out flow;
    cvn_flow_out_init(&flow, 0);
    put_other(&flow, CVN_FRAME_HEADERS);
    put_message(&flow, 10);
    put_message(&flow, 10);
    put_other(&flow, CVN_FRAME_TRAILERS);
    assert_int_equal(release(&flow, false, ALL), 2);
    assert_int_equal(release(&flow, false, ALL), 0);
    flow.credit = 1;
    assert_int_equal(release(&flow, false, ALL), 2);
}

static void test_held_back_but_for_what_is_free(void **state)
{
    struct cvn_flow_out flow;
    cvn_flow_out_init(&flow, 1000);
    put_message(&flow, 10);
    put_message(&flow, 10);
    assert_int_equal(release(&flow, true, ALL), 1);
    assert_int_equal(release(&flow, true, ALL), 0);
    assert_int_equal(release(&flow, false, ALL), 1);
}

static void test_no_more_than_there_is_room_for(void **state)
{
    struct cvn_flow_out flow;
    cvn_flow_out_init(&flow, 1000);
    put_message(&flow, 10);
    put_message(&flow, 10);
    assert_int_equal(release(&flow, false, HEADER + 9), 0);
    assert_int_equal(release(&flow, false, 2 * (HEADER + 10) - 1), 1);
    assert_int_equal(release(&flow, false, HEADER + 10), 1);
    assert_int_equal(flow.credit, 1000 - HEADER - 10);
}

static void test_room_in_the_queue_up_to_its_limit(void **state)
{
    struct cvn_flow_out flow;
    cvn_flow_out_init(&flow, 0);
    size_t frame = CVN_FLOW_QUEUE_BYTES / 2 - HEADER;
    put_message(&flow, frame);
    assert_true(cvn_flow_has_room(&flow));
    put_message(&flow, frame - 1);
    assert_true(cvn_flow_has_room(&flow));
    put_message(&flow, 0);
    assert_false(cvn_flow_has_room(&flow));
    cvn_frames_clear(&flow.queue);
}

static void test_credit_that_is_none(void **state)
{
    struct cvn_flow_out flow;
    uint8_t body[5];
    cvn_flow_out_init(&flow, 100);
    cvn_flow_put_credit(body, 7);
    assert_int_equal(cvn_flow_credit(&flow, cvn_slice(body, 3)), -EPROTO);
    assert_int_equal(cvn_flow_credit(&flow, cvn_slice(body, 5)), -EPROTO);
    cvn_flow_put_credit(body, UINT32_C(1) << 31);
    assert_int_equal(cvn_flow_credit(&flow, cvn_slice(body, 4)), -EPROTO);
    assert_int_equal(flow.credit, 100);
    cvn_flow_put_credit(body, (UINT32_C(1) << 31) - 100);
    assert_int_equal(cvn_flow_credit(&flow, cvn_slice(body, 4)), 0);
}

static int take(struct cvn_flow_in *flow, size_t len, bool more, uint32_t *ret_cost)
{
    static const uint8_t body[CVN_WIRE_FRAME_BODY_MAX];
    return cvn_flow_take(flow,
                         &(struct cvn_frame){.type = CVN_FRAME_MSG,
                                             .flags = more ? CVN_FRAME_MORE : 0,
                                             .call = 1,
                                             .body = cvn_slice(body, len)},
                         ret_cost);
}

static void test_receiver_charges_from_the_second_message_on(void **state)
{
    struct cvn_flow_in flow;
    uint32_t cost = 1;
    cvn_flow_in_init(&flow, 1000);
    assert_int_equal(take(&flow, 40000, true, &cost), 0);
    assert_int_equal(cost, 0);
    assert_int_equal(take(&flow, 40000, false, &cost), 0);
    assert_int_equal(cost, 0);
    assert_int_equal(take(&flow, 0, false, &cost), 0);
    assert_int_equal(cost, HEADER);
    assert_int_equal(flow.credit, 1000 - HEADER);
}

static void test_receiver_refuses_what_has_no_credit(void **state)
{
    struct cvn_flow_in flow;
    uint32_t cost;
    cvn_flow_in_init(&flow, HEADER + 1);
    assert_int_equal(take(&flow, 0, false, &cost), 0);
    assert_int_equal(take(&flow, 0, false, &cost), 0); /* one is left */
    assert_int_equal(take(&flow, 0, false, &cost), 0);
    assert_int_equal(take(&flow, 0, false, &cost), -EPROTO);
}

static void test_receiver_gives_back_by_halves(void **state)
{
    struct cvn_flow_in flow;
    uint32_t cost;
    cvn_flow_in_init(&flow, 1000);
    assert_int_equal(take(&flow, 0, false, &cost), 0);
    assert_int_equal(cvn_flow_done(&flow, cost), 0);
    assert_int_equal(take(&flow, 499 - HEADER, false, &cost), 0);
    assert_int_equal(cvn_flow_done(&flow, cost), 0);
    assert_int_equal(take(&flow, 0, false, &cost), 0);
    assert_int_equal(cvn_flow_done(&flow, cost), 499 + HEADER);
    assert_int_equal(flow.credit, 1000);
    assert_int_equal(cvn_flow_done(&flow, 0), 0);
}

/* Whatever the window and the sizes, a sender whose receiver reads is never stuck. */
static void test_sender_and_receiver_agree(void **state)
{
    static const uint32_t windows[] = {1, 2, 13, 100, CVN_FLOW_CREDIT_BYTES};
    for (size_t w = 0; w < 5; w++) {
        struct cvn_flow_out out;
        struct cvn_flow_in in;
        cvn_flow_out_init(&out, windows[w]);
        cvn_flow_in_init(&in, windows[w]);
        for (size_t n = 0; n < 300; n++) {
            put_message(&out, n * n * 7 % 120000);
            while (out.queue.first) {
                struct cvn_frames ready = {0};
                cvn_flow_release(&out, false, ALL, &ready);
                assert_non_null(ready.first);
                struct cvn_queued_frame *frame;
                while ((frame = cvn_frames_shift(&ready))) {
                    uint32_t cost;
                    uint8_t body[CVN_FLOW_CREDIT_BODY_BYTES];
                    assert_int_equal(
                        take(&in, frame->len - HEADER, frame->bytes[1] & CVN_FRAME_MORE, &cost), 0);
                    uint32_t given = cvn_flow_done(&in, cost);
                    cvn_flow_put_credit(body, given);
                    assert_int_equal(cvn_flow_credit(&out, cvn_slice(body, sizeof body)), 0);
                    free(frame);
                }
            }
            assert_int_equal(in.credit, out.credit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_message_is_free_in_all_its_pieces),
        cmocka_unit_test(test_credit_down_to_nothing),
        cmocka_unit_test(test_what_follows_a_message_waits_behind_it),
        cmocka_unit_test(test_held_back_but_for_what_is_free),
        cmocka_unit_test(test_no_more_than_there_is_room_for),
        cmocka_unit_test(test_room_in_the_queue_up_to_its_limit),
        cmocka_unit_test(test_credit_that_is_none),
        cmocka_unit_test(test_receiver_charges_from_the_second_message_on),
        cmocka_unit_test(test_receiver_refuses_what_has_no_credit),
        cmocka_unit_test(test_receiver_gives_back_by_halves),
        cmocka_unit_test(test_sender_and_receiver_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
