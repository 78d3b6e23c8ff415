/* Credit: who does not read holds up nobody else and no memory, over the transport named. */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum {
    N_MESSAGES = 20000,
    MESSAGE_BYTES = 100,
    /* What may wait of one direction: the credit, as much again in its queue, and one message. */
    WAITING_MAX = 2 * 64 * 1024 / MESSAGE_BYTES + 2,
};

static const char *transport;

static void start(struct rig *rig, const struct cvn_server_options *server,
                  const struct cvn_channel_options *channel)
{
    rig_start(rig,
              &(struct rig_options){.transport = transport, .server = server, .channel = channel});
}

static void test_unread_stream_does_not_stop_its_sibling(void **state)
{
    struct rig rig;
    start(&rig, NULL, NULL);
    struct cvn_stream *unread = rig_stream(&rig, "FullDuplexCall", NULL);
    struct cvn_stream *read = rig_stream(&rig, "FullDuplexCall", NULL);
    for (int i = 0; i < 20; i++) { /* more than the credit */
        assert_int_equal(rig_ask(unread, 10000, 1), 0);
    }
    for (int i = 0; i < 200; i++) {
        assert_int_equal(rig_ask(read, 10000, 1), 0);
        assert_int_equal(rig_read(read), 10000);
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(rig_read(unread), 10000);
    assert_int_equal(cvn_stream_writes_done(unread), 0);
    assert_int_equal(cvn_stream_writes_done(read), 0);
    assert_int_equal(rig_finish(unread), CVN_OK);
    assert_int_equal(rig_finish(read), CVN_OK);
    rig_stop(&rig);
}

/* A handler that writes many replies as fast as it is let. */
struct writer {
    atomic_uint n_written;
    struct tally laters, writables;
};

static void write_many(struct cvn_server_call *call, void *user)
{
    struct writer *writer = user;
    uint8_t body[MESSAGE_BYTES] = {0};
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingOutputCallResponse reply =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    payload.body = (ProtobufCBinaryData){sizeof body, body};
    reply.payload = &payload;
    while (atomic_load(&writer->n_written) < N_MESSAGES) {
        int r = cvn_server_call_write(call, &reply.base);
        if (r == CVN_CALL_LATER)
            tally_add(&writer->laters);
        if (r)
            return;
        atomic_fetch_add(&writer->n_written, 1);
    }
    cvn_server_call_finish(call, NULL, NULL);
}

static void begin_many(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    write_many(call, user);
}

static void write_more(struct cvn_server_call *call, void *user)
{
    struct writer *writer = user;
    tally_add(&writer->writables);
    write_many(call, user);
}

static void give_up(struct cvn_server_call *call, void *user)
{
    cvn_server_call_finish(call, &(struct cvn_status){.code = CVN_CANCELLED}, NULL);
}

static const struct cvn_stream_handler many_stream = {.writable = write_more, .cancelled = give_up};
static const struct cvn_method many_methods[7] = {
    [2] = {.unary = begin_many, .stream = &many_stream}};

static void test_writer_waits_for_a_reader(void **state)
{
    struct writer writer = {.laters = TALLY_INIT, .writables = TALLY_INIT};
    struct rig rig;
    rig_start(&rig, &(struct rig_options){
                        .transport = transport, .methods = many_methods, .user = &writer});
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    struct cvn_stream *stream = rig_stream(&rig, "StreamingOutputCall", &request.base);
    tally_wait(&writer.laters, 1);
    assert_true(atomic_load(&writer.n_written) <= WAITING_MAX);
    for (int i = 0; i < N_MESSAGES; i++)
        assert_int_equal(rig_read(stream), MESSAGE_BYTES);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
    assert_int_equal(tally_get(&writer.laters), tally_get(&writer.writables));
    rig_stop(&rig);
}

static void test_unread_stream_can_be_cancelled(void **state)
{
    struct writer writer = {.laters = TALLY_INIT, .writables = TALLY_INIT};
    struct rig rig;
    rig_start(&rig, &(struct rig_options){
                        .transport = transport, .methods = many_methods, .user = &writer});
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    struct cvn_stream *stream = rig_stream(&rig, "StreamingOutputCall", &request.base);
    tally_wait(&writer.laters, 1);
    cvn_stream_cancel(stream);
    assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    rig_stop(&rig);
}

/* A handler of StreamingInputCall that does not get on before the gate is opened. */
struct gate {
    struct tally opened;
    atomic_uint n_told;
    struct tally tries; /* of the client's watcher */
};

static void pass_gate(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct gate *gate = user;
    atomic_fetch_add(&gate->n_told, 1);
    tally_wait(&gate->opened, 1);
}

static void answer_at_end(struct cvn_server_call *call, void *user)
{
    Convene__Testing__StreamingInputCallResponse reply =
        CONVENE__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    cvn_server_call_finish(call, NULL, &reply.base);
}

static const struct cvn_stream_handler gate_stream = {
    .message = pass_gate, .half_close = answer_at_end, .cancelled = give_up};
static const struct cvn_method gate_methods[7] = {[3] = {.stream = &gate_stream}};

static void note_change(void *arg)
{
    tally_add(arg);
}

static void test_client_waits_for_a_handler(void **state)
{
    struct gate gate = {.opened = TALLY_INIT, .tries = TALLY_INIT};
    struct rig rig;
    rig_start(&rig, &(struct rig_options){
                        .transport = transport, .methods = gate_methods, .user = &gate});
    uint8_t body[MESSAGE_BYTES] = {0};
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingInputCallRequest request =
        CONVENE__TESTING__STREAMING_INPUT_CALL_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){sizeof body, body};
    request.payload = &payload;
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    struct cvn_stream_watcher watcher = {note_change, &gate.tries};
    struct cvn_stream *stream =
        rig_stream_with(&rig, "StreamingInputCall", NULL, &options, &watcher);
    unsigned n = 0, n_changes = 0;
    bool waited = false;
    while (n < N_MESSAGES) {
        int r = cvn_stream_try_write(stream, &request.base);
        n += r == 0;
        if (r == CVN_STREAM_LATER && !waited) { /* the handler has had one message at most */
            assert_true(n <= 2 * WAITING_MAX);
            assert_true(atomic_load(&gate.n_told) <= 1);
            waited = true;
            tally_add(&gate.opened);
        } else if (r == CVN_STREAM_LATER) {
            tally_wait(&gate.tries, n_changes + 1);
        }
        n_changes = tally_get(&gate.tries);
        if (r == CVN_STREAM_LATER && cvn_stream_try_write(stream, &request.base) == 0)
            n++;
    }
    assert_true(waited);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_finish(stream), CVN_OK);
    assert_int_equal(gate.n_told, N_MESSAGES);
    rig_stop(&rig);
}

/* A handler of FullDuplexCall that echoes, and counts what it is told while a reply waits. */
struct echoer {
    struct tally told, laters;
    atomic_uint n_told_too_early;
    bool waits; /* of the one call */
};

static int echo_one(struct cvn_server_call *call)
{
    uint8_t body[MESSAGE_BYTES] = {0};
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__StreamingOutputCallResponse reply =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    payload.body = (ProtobufCBinaryData){sizeof body, body};
    reply.payload = &payload;
    return cvn_server_call_write(call, &reply.base);
}

static void echo(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    struct echoer *echoer = user;
    if (echoer->waits)
        atomic_fetch_add(&echoer->n_told_too_early, 1);
    echoer->waits = echo_one(call) == CVN_CALL_LATER;
    if (echoer->waits)
        tally_add(&echoer->laters);
    tally_add(&echoer->told);
}

static void echo_again(struct cvn_server_call *call, void *user)
{
    struct echoer *echoer = user;
    echoer->waits = echo_one(call) == CVN_CALL_LATER;
}

static void finish_echo(struct cvn_server_call *call, void *user)
{
    struct echoer *echoer = user;
    if (echoer->waits)
        atomic_fetch_add(&echoer->n_told_too_early, 1);
    cvn_server_call_finish(call, NULL, NULL);
}

static const struct cvn_stream_handler echo_stream = {
    .message = echo, .half_close = finish_echo, .writable = echo_again, .cancelled = give_up};
static const struct cvn_method echo_methods[7] = {[4] = {.stream = &echo_stream}};

static void test_requests_wait_while_a_reply_does(void **state)
{
    struct echoer echoer = {.told = TALLY_INIT, .laters = TALLY_INIT};
    struct rig rig;
    rig_start(&rig, &(struct rig_options){
                        .transport = transport, .methods = echo_methods, .user = &echoer});
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    unsigned n = 0;
    while (tally_get(&echoer.laters) == 0)
        n += cvn_stream_try_write(stream, &request.base) == 0;
    for (unsigned i = 0; i < 500; i++) /* these the server takes in and keeps to itself */
        n += cvn_stream_try_write(stream, &request.base) == 0;
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(rig_read(stream), MESSAGE_BYTES);
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_OK);
    assert_int_equal(echoer.n_told_too_early, 0);
    rig_stop(&rig);
}

static void check_large(struct rig *rig)
{
    struct cvn_stream *stream = rig_stream(rig, "FullDuplexCall", NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rig_ask(stream, 1 << 20, 1 << 20), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(rig_read(stream), 1 << 20);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_finish(stream), CVN_OK);
}

static void test_messages_larger_than_the_credit(void **state)
{
    struct rig rig;
    start(&rig, NULL, NULL);
    check_large(&rig);
    rig_stop(&rig);
}

static void test_credit_of_next_to_nothing(void **state)
{
    struct rig rig;
    start(&rig, &(struct cvn_server_options){.stream_credit_bytes = 1},
          &(struct cvn_channel_options){.stream_credit_bytes = 1});
    check_large(&rig);
    rig_stop(&rig);
}

/* What was written before there was a connection fills the queue, and needs no credit. */
static void test_writer_goes_on_when_the_connection_comes(void **state)
{
    struct rig rig = {.server = NULL};
    transport_vacant(transport, rig.url);
    assert_int_equal(transport_connect(&rig.channel, rig.url, NULL, NULL), 0);
    struct tally changes = TALLY_INIT;
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    struct cvn_stream_watcher watcher = {note_change, &changes};
    struct cvn_stream *stream = rig_stream_with(&rig, "FullDuplexCall", NULL, &options, &watcher);
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    assert_int_equal(rig_ask(stream, -1, 100 * 1024), 0);
    assert_int_equal(cvn_stream_try_write(stream, &request.base), CVN_STREAM_LATER);
    assert_int_equal(tally_get(&changes), 0);
    rig.server =
        rig_serve(&(struct rig_options){.transport = transport}, &rig.service, rig.url, true);
    tally_wait(&changes, 1);
    assert_int_equal(cvn_stream_try_write(stream, &request.base), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    assert_int_equal(rig_finish(stream), CVN_OK);
    rig_stop(&rig);
}

static void check_shared_queue(struct rig *rig, bool large_requests)
{
    enum { N = 16, EACH = 20, BYTES = 40000 };
    struct cvn_stream *streams[N];
    for (int i = 0; i < N; i++)
        streams[i] = rig_stream(rig, "FullDuplexCall", NULL);
    for (int n = 0; n < EACH; n++)
        for (int i = 0; i < N; i++)
            assert_int_equal(rig_ask(streams[i], BYTES, large_requests ? BYTES : 1), 0);
    for (int i = 0; i < N; i++)
        assert_int_equal(cvn_stream_writes_done(streams[i]), 0);
    for (int i = 0; i < N; i++) {
        for (int n = 0; n < EACH; n++)
            assert_int_equal(rig_read(streams[i]), BYTES);
        assert_int_equal(rig_finish(streams[i]), CVN_OK);
    }
}

/* A queue of a connection is smaller than what its streams' credit adds up to. */
static void test_streams_share_a_client_s_small_queue(void **state)
{
    struct rig rig;
    start(&rig, &(struct cvn_server_options){.stream_credit_bytes = 1 << 20},
          &(struct cvn_channel_options){.max_queue_bytes = CVN_CHANNEL_QUEUE_BYTES_MIN,
                                        .stream_credit_bytes = 1 << 20});
    check_shared_queue(&rig, true);
    rig_stop(&rig);
}

static void test_streams_share_a_server_s_small_queue(void **state)
{
    struct rig rig;
    start(&rig, &(struct cvn_server_options){.max_connection_bytes = 4 << 20},
          &(struct cvn_channel_options){.stream_credit_bytes = 1 << 20});
    check_shared_queue(&rig, false);
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unread_stream_does_not_stop_its_sibling),
        cmocka_unit_test(test_writer_waits_for_a_reader),
        cmocka_unit_test(test_unread_stream_can_be_cancelled),
        cmocka_unit_test(test_client_waits_for_a_handler),
        cmocka_unit_test(test_requests_wait_while_a_reply_does),
        cmocka_unit_test(test_messages_larger_than_the_credit),
        cmocka_unit_test(test_credit_of_next_to_nothing),
        cmocka_unit_test(test_writer_goes_on_when_the_connection_comes),
        cmocka_unit_test(test_streams_share_a_client_s_small_queue),
        cmocka_unit_test(test_streams_share_a_server_s_small_queue),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
