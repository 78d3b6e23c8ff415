/*
 * gRPC's wish list of interoperability cases (the end of
 * https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md), over the transport
 * named on the command line.
 */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <stdlib.h>

enum { N_CALLS = 5000, N_TIMEOUTS = 3000, N_CHAINS = 100, CHAIN_LENGTH = 50 };

static const char *transport;

static void start(struct rig *rig, const struct cvn_channel_options *channel)
{
    static const struct cvn_server_options roomy = {.max_calls = 2 * N_CALLS,
                                                    .max_calls_per_connection = 2 * N_CALLS};
    rig_start(rig,
              &(struct rig_options){.transport = transport, .server = &roomy, .channel = channel});
    assert_int_equal(rig_empty_call(rig->channel, NULL), CVN_OK);
}

/* How asynchronous calls ended. */
struct ends {
    struct tally all;
    atomic_uint n_of[17];
};

static void note_end(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct ends *ends = arg;
    atomic_fetch_add(&ends->n_of[status->code], 1);
    tally_add(&ends->all);
}

static uint32_t start_call(struct rig *rig, const Convene__Testing__SimpleRequest *request,
                           const struct cvn_call_options *options, struct ends *ends)
{
    uint8_t bytes[64];
    size_t len = convene__testing__simple_request__pack(request, bytes);
    return cvn_channel_start(rig->channel, "convene.testing.TestService/UnaryCall",
                             cvn_slice(bytes, len), options,
                             (struct cvn_call_sink){note_end, ends});
}

static void test_thousands_of_calls_on_one_channel(void **state)
{
    struct ends ends = {.all = TALLY_INIT};
    struct rig rig;
    start(&rig, NULL);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    request.response_size = 100;
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS};
    for (int i = 0; i < N_CALLS; i++)
        (void)start_call(&rig, &request, &options, &ends);
    tally_wait(&ends.all, N_CALLS);
    assert_int_equal(ends.n_of[CVN_OK], N_CALLS);
    rig_stop(&rig);
}

/* Calls each of which is made by the callback of the one before. */
struct chain {
    struct rig *rig;
    struct tally *over;
    unsigned n_left;
    enum cvn_code code; /* of the first that failed */
};

static void call_on(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct chain *chain = arg;
    if (status->code != CVN_OK || chain->n_left-- == 0) {
        chain->code = status->code;
        tally_add(chain->over);
        return;
    }
    static const struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS};
    (void)cvn_channel_start(chain->rig->channel, "convene.testing.TestService/EmptyCall",
                            cvn_slice(NULL, 0), &options, (struct cvn_call_sink){call_on, chain});
}

static void test_calls_made_by_callbacks(void **state)
{
    static const struct cvn_status begin = {.code = CVN_OK};
    struct tally over = TALLY_INIT;
    struct chain chains[N_CHAINS];
    struct rig rig;
    start(&rig, NULL);
    for (int i = 0; i < N_CHAINS; i++) {
        chains[i] = (struct chain){.rig = &rig, .over = &over, .n_left = CHAIN_LENGTH};
        call_on(&chains[i], &begin, cvn_slice(NULL, 0));
    }
    tally_wait(&over, N_CHAINS);
    for (int i = 0; i < N_CHAINS; i++)
        assert_int_equal(chains[i].code, CVN_OK);
    rig_stop(&rig);
}

static void test_thousands_of_calls_time_out_at_once(void **state)
{
    struct ends ends = {.all = TALLY_INIT};
    struct rig rig;
    start(&rig, NULL);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    request.hold = true;
    struct cvn_call_options options = {.timeout_ms = 500};
    for (int i = 0; i < N_TIMEOUTS; i++)
        (void)start_call(&rig, &request, &options, &ends);
    tally_wait(&ends.all, N_TIMEOUTS);
    assert_int_equal(ends.n_of[CVN_DEADLINE_EXCEEDED], N_TIMEOUTS);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    rig_stop(&rig);
}

static void test_cancel_before_start(void **state)
{
    struct ends ends = {.all = TALLY_INIT};
    struct rig rig = {.server = NULL};
    transport_vacant(transport, rig.url);
    assert_int_equal(transport_connect(&rig.channel, rig.url, NULL, NULL), 0);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    uint32_t call = start_call(&rig, &request, &options, &ends);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    cvn_channel_cancel(rig.channel, call);
    cvn_stream_cancel(stream);
    tally_wait(&ends.all, 1);
    assert_int_equal(ends.n_of[CVN_CANCELLED], 1);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    rig.server =
        rig_serve(&(struct rig_options){.transport = transport}, &rig.service, rig.url, true);
    assert_int_equal(rig_empty_call(rig.channel, &options), CVN_OK);
    assert_int_equal(rig.service.n_begun, 0);
    rig_stop(&rig);
}

/* The deadline passes about when the answer comes: it is one or the other, and whole. */
static void test_deadline_just_met(void **state)
{
    struct rig rig;
    start(&rig, NULL);
    for (int i = 0; i < 200; i++) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, RIG_ARENA_BYTES);
        Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
        request.response_size = 1000;
        struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                        .method = "UnaryCall",
                                        .message = &request.base,
                                        .options = {.timeout_ms = 1 + i % 3}};
        struct cvn_status status;
        ProtobufCMessage *reply;
        enum cvn_code code = cvn_channel_call(rig.channel, &what, &arena, &status, &reply);
        if (code == CVN_OK)
            assert_int_equal(((Convene__Testing__SimpleResponse *)reply)->payload->body.len, 1000);
        else
            assert_int_equal(code, CVN_DEADLINE_EXCEEDED);
    }
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    rig_stop(&rig);
}

/* Metadata of so many bytes, keys included, beside the channel's authorization. */
static enum cvn_code call_with_header(struct rig *rig, size_t bytes)
{
    static const char *const keys[] = {"a-bin", "b-bin", "c-bin"};
    static const char value[CVN_METADATA_VALUE_BYTES_MAX];
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct cvn_metadata metadata;
    cvn_metadata_init(&metadata, &arena);
    for (size_t i = 0; i < 3 && bytes > 0; i++) {
        size_t len = bytes - 5 < sizeof value ? bytes - 5 : sizeof value;
        assert_int_equal(cvn_metadata_add(&metadata, keys[i], cvn_slice(value, len)), 0);
        bytes -= 5 + len;
    }
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .metadata = &metadata};
    return rig_empty_call(rig->channel, &options);
}

static void test_too_large_a_header(void **state)
{
    struct rig rig;
    start(&rig, &(struct cvn_channel_options){.authorization = "Bearer of 23 characters"});
    size_t own = strlen("authorization") + strlen("Bearer of 23 characters");
    assert_int_equal(call_with_header(&rig, CVN_METADATA_BYTES_MAX - own), CVN_OK);
    assert_int_equal(call_with_header(&rig, CVN_METADATA_BYTES_MAX - own + 1),
                     CVN_RESOURCE_EXHAUSTED);
    assert_int_equal(call_with_header(&rig, 100), CVN_OK);
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thousands_of_calls_on_one_channel),
        cmocka_unit_test(test_calls_made_by_callbacks),
        cmocka_unit_test(test_thousands_of_calls_time_out_at_once),
        cmocka_unit_test(test_cancel_before_start),
        cmocka_unit_test(test_deadline_just_met),
        cmocka_unit_test(test_too_large_a_header),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
