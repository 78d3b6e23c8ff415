/*
 * gRPC's interoperability cases by their names
 * (https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md), over the transport
 * named on the command line.
 */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { LARGE_REQUEST = 271828, LARGE_REPLY = 314159, N_LARGE_EACH = 8 };

static const char *transport;

static int set_up(void **state)
{
    struct rig *rig = malloc(sizeof *rig);
    rig_start(rig, &(struct rig_options){.transport = transport});
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    rig_stop(*state);
    free(*state);
    return 0;
}

static void test_empty_unary(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(rig_empty_call(rig->channel, NULL), CVN_OK);
}

/* UnaryCall with the large request's and reply's sizes; whether all is as it should be. */
static bool call_large(struct rig *rig)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){LARGE_REQUEST, cvn_arena_alloc(&arena, LARGE_REQUEST)};
    request.payload = &payload;
    request.response_size = LARGE_REPLY;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "UnaryCall",
                                    .message = &request.base,
                                    .options = {.timeout_ms = RIG_TIMEOUT_MS}};
    struct cvn_status status;
    ProtobufCMessage *reply;
    return cvn_channel_call(rig->channel, &what, &arena, &status, &reply) == CVN_OK &&
           ((Convene__Testing__SimpleResponse *)reply)->payload->body.len == LARGE_REPLY;
}

static void test_large_unary(void **state)
{
    assert_true(call_large(*state));
}

static int write_input(struct cvn_stream *stream, size_t bytes)
{
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingInputCallRequest request =
        CONVENE__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){bytes, calloc(1, bytes)};
    request.payload = &payload;
    int r = cvn_stream_write(stream, &request.base);
    free(payload.body.data);
    return r;
}

static void test_client_streaming(void **state)
{
    static const size_t sizes[] = {27182, 8, 1828, 45904};
    struct cvn_stream *stream = rig_stream(*state, "StreamingInputCall", NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(write_input(stream, sizes[i]), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    ProtobufCMessage *reply;
    assert_int_equal(cvn_stream_read(stream, &arena, &reply), 0);
    assert_int_equal(
        ((Convene__Testing__StreamingInputCallResponse *)reply)->aggregated_payload_size, 74922);
    assert_int_equal(cvn_stream_read(stream, &arena, &reply), CVN_STREAM_END);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

static const int reply_sizes[] = {31415, 9, 2653, 58979};
static const size_t request_sizes[] = {27182, 8, 1828, 45904};

static void test_server_streaming(void **state)
{
    Convene__Testing__ResponseParameters wanted[4], *all[4];
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    for (size_t i = 0; i < 4; i++) {
        convene__testing__response_parameters__init(&wanted[i]);
        wanted[i].size = reply_sizes[i];
        all[i] = &wanted[i];
    }
    request.response_parameters = all;
    request.n_response_parameters = 4;
    struct cvn_stream *stream = rig_stream(*state, "StreamingOutputCall", &request.base);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rig_read(stream), reply_sizes[i]);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

static void test_ping_pong(void **state)
{
    struct cvn_stream *stream = rig_stream(*state, "FullDuplexCall", NULL);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rig_ask(stream, reply_sizes[i], request_sizes[i]), 0);
        assert_int_equal(rig_read(stream), reply_sizes[i]);
    }
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

/* HalfDuplexCall's own: all replies come after the last request. */
static void test_half_duplex(void **state)
{
    struct cvn_stream *stream = rig_stream(*state, "HalfDuplexCall", NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rig_ask(stream, reply_sizes[i], request_sizes[i]), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rig_read(stream), reply_sizes[i]);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

static void test_empty_stream(void **state)
{
    struct cvn_stream *stream = rig_stream(*state, "FullDuplexCall", NULL);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

static const uint8_t trailing_value[3] = {0x0a, 0x0b, 0xab};

/* Ends the stream and checks that the metadata came back. */
static void check_echoed(struct cvn_stream *stream)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct cvn_status status;
    assert_int_equal(cvn_stream_finish(stream, &arena, &status), CVN_OK);
    const struct cvn_metadata *initial = cvn_stream_initial_metadata(stream);
    const struct cvn_metadata *trailing = cvn_stream_trailing_metadata(stream);
    assert_non_null(initial);
    assert_non_null(trailing);
    assert_string_equal(cvn_metadata_get(initial, INTEROP_ECHO_INITIAL),
                        "test_initial_metadata_value");
    assert_null(cvn_metadata_get(initial, INTEROP_ECHO_TRAILING));
    assert_int_equal(trailing->n, 1);
    assert_string_equal(trailing->entries[0].key, INTEROP_ECHO_TRAILING);
    assert_int_equal(trailing->entries[0].value.len, sizeof trailing_value);
    assert_memory_equal(trailing->entries[0].value.data, trailing_value, sizeof trailing_value);
    cvn_stream_free(stream);
}

static void test_custom_metadata(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct cvn_metadata metadata;
    cvn_metadata_init(&metadata, &arena);
    assert_int_equal(cvn_metadata_add(&metadata, INTEROP_ECHO_INITIAL,
                                      cvn_slice_of_string("test_initial_metadata_value")),
                     0);
    assert_int_equal(cvn_metadata_add(&metadata, INTEROP_ECHO_TRAILING,
                                      cvn_slice(trailing_value, sizeof trailing_value)),
                     0);
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .metadata = &metadata};
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    request.response_size = LARGE_REPLY;
    check_echoed(rig_stream_with(*state, "UnaryCall", &request.base, &options, NULL));
    struct cvn_stream *stream = rig_stream_with(*state, "FullDuplexCall", NULL, &options, NULL);
    assert_int_equal(rig_ask(stream, LARGE_REPLY, LARGE_REQUEST), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    check_echoed(stream);
}

static void check_status(struct rig *rig, const char *message)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct cvn_status status;
    Convene__Testing__EchoStatus asked = CONVENE__TESTING__ECHO_STATUS__INIT;
    asked.code = CVN_UNKNOWN;
    asked.message = (char *)(uintptr_t)message;
    Convene__Testing__SimpleRequest simple = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    simple.response_status = &asked;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "UnaryCall",
                                    .message = &simple.base};
    ProtobufCMessage *reply;
    assert_int_equal(cvn_channel_call(rig->channel, &what, &arena, &status, &reply), CVN_UNKNOWN);
    assert_string_equal(status.message, message);
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    request.response_status = &asked;
    struct cvn_stream *stream = rig_stream(rig, "FullDuplexCall", NULL);
    assert_int_equal(cvn_stream_write(stream, &request.base), 0);
    assert_int_equal(cvn_stream_finish(stream, &arena, &status), CVN_UNKNOWN);
    assert_string_equal(status.message, message);
    cvn_stream_free(stream);
}

static void test_status_code_and_message(void **state)
{
    check_status(*state, "test status message");
}

static void test_special_status_message(void **state)
{
    check_status(*state, "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP "
                         "\xf0\x9f\x98\x88\t\n");
}

static enum cvn_code call_unimplemented(struct rig *rig, const ProtobufCServiceDescriptor *service)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    struct cvn_call_request what = {
        .service = service, .method = "UnimplementedCall", .message = &empty.base};
    struct cvn_status status;
    ProtobufCMessage *reply;
    return cvn_channel_call(rig->channel, &what, &arena, &status, &reply);
}

static void test_unimplemented_method(void **state)
{
    assert_int_equal(call_unimplemented(*state, &convene__testing__test_service__descriptor),
                     CVN_UNIMPLEMENTED);
}

static void test_unimplemented_service(void **state)
{
    assert_int_equal(
        call_unimplemented(*state, &convene__testing__unimplemented_service__descriptor),
        CVN_UNIMPLEMENTED);
}

static void test_cancel_after_begin(void **state)
{
    struct cvn_stream *stream = rig_stream(*state, "StreamingInputCall", NULL);
    cvn_stream_cancel(stream);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
}

static void test_cancel_after_first_response(void **state)
{
    struct cvn_stream *stream = rig_stream(*state, "FullDuplexCall", NULL);
    assert_int_equal(rig_ask(stream, 31415, 27182), 0);
    assert_int_equal(rig_read(stream), 31415);
    cvn_stream_cancel(stream);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
}

static void test_timeout_on_sleeping_server(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(rig_empty_call(rig->channel, NULL), CVN_OK); /* connected */
    struct cvn_call_options options = {.timeout_ms = 1};
    struct cvn_stream *stream = rig_stream_with(rig, "FullDuplexCall", NULL, &options, NULL);
    (void)rig_ask(stream, -1, 27182); /* the deadline may have passed already */
    assert_int_equal(rig_finish(stream), CVN_DEADLINE_EXCEEDED);
}

static void *call_large_often(void *rig)
{
    uintptr_t n_good = 0;
    for (int i = 0; i < N_LARGE_EACH; i++)
        n_good += call_large(rig);
    return (void *)n_good;
}

static void test_concurrent_large_unary(void **state)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_large_often, *state), 0);
    for (int i = 0; i < 8; i++) {
        void *n_good;
        (void)pthread_join(threads[i], &n_good);
        assert_int_equal((uintptr_t)n_good, N_LARGE_EACH);
    }
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(empty_unary),
        CASE(large_unary),
        CASE(client_streaming),
        CASE(server_streaming),
        CASE(ping_pong),
        CASE(half_duplex),
        CASE(empty_stream),
        CASE(custom_metadata),
        CASE(status_code_and_message),
        CASE(special_status_message),
        CASE(unimplemented_method),
        CASE(unimplemented_service),
        CASE(cancel_after_begin),
        CASE(cancel_after_first_response),
        CASE(timeout_on_sleeping_server),
        CASE(concurrent_large_unary),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
