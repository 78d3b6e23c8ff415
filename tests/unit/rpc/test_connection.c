/* What of a connection's bundles is to be written at once, by whoever has the server's lock. */
#include "rpc/server_state.h"
#include "tests/support/cmocka_all.h"

enum { BODY_BYTES = CVN_WIRE_FRAME_BODY_MAX };

static const struct cvn_stream_handler stream_handler = {NULL};

static void handle(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    (void)call;
    (void)request;
    (void)user;
}

static const struct cvn_method unary = {.unary = handle};
static const struct cvn_method server_stream = {.unary = handle, .stream = &stream_handler};

static unsigned n_now, n_later;

static bool send_bundle(struct cvn_connection *connection, nng_msg *bundle, bool now)
{
    (void)connection;
    nng_msg_free(bundle);
    n_now += now;
    n_later += !now;
    return now;
}

static void do_nothing(struct cvn_connection *connection)
{
    (void)connection;
}

static const struct cvn_carrier carrier = {send_bundle, do_nothing, do_nothing, do_nothing};

struct scene {
    struct cvn_server *server;
    struct cvn_connection *connection;
    struct cvn_server_call call;
};

static int setup(void **state)
{
    static struct scene s;
    n_now = n_later = 0;
    assert_int_equal(cvn_server_new(&s.server, NULL), 0);
    s.connection = cvn_connection_new(s.server, &carrier, 1);
    assert_non_null(s.connection);
    s.call = (struct cvn_server_call){.number = 1, .handler = &unary, .connection = s.connection};
    HASH_ADD(hh, s.connection->calls, number, sizeof s.call.number, &s.call);
    s.connection->n_calls = 1;
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    HASH_DELETE(hh, s->connection->calls, &s->call);
    s->connection->n_calls = 0;
    (void)pthread_mutex_lock(&s->server->lock);
    while (s->connection->outbox.sending)
        cvn_connection_sent(s->connection, true);
    cvn_connection_drop(s->connection);
    (void)pthread_mutex_unlock(&s->server->lock);
    cvn_server_free(s->server);
    return 0;
}

static void send_frames(struct scene *s, int n)
{
    static const uint8_t body[BODY_BYTES];
    struct cvn_frame frame = {
        .type = CVN_FRAME_MSG, .call = 1, .body = cvn_slice(body, sizeof body)};
    (void)pthread_mutex_lock(&s->server->lock);
    for (int i = 0; i < n; i++)
        assert_int_equal(cvn_outbox_put(&s->connection->outbox, &frame), 0);
    cvn_connection_send(s->connection);
    (void)pthread_mutex_unlock(&s->server->lock);
}

static void test_the_only_call_s_reply_is_written_at_once(void **state)
{
    struct scene *s = *state;
    send_frames(s, 1);
    send_frames(s, 1);
    assert_int_equal(n_now, 2);
    assert_int_equal(n_later, 0);
    assert_false(s->connection->outbox.sending);
}

/* The server's lock is all connections': nobody keeps it for bundle after bundle. */
static void test_a_reply_of_several_bundles_is_not(void **state)
{
    struct scene *s = *state;
    send_frames(s, 3);
    assert_int_equal(n_now, 0);
    assert_int_equal(n_later, 1);
    assert_true(s->connection->outbox.sending);
}

static void test_among_other_calls_it_is_not(void **state)
{
    struct scene *s = *state;
    s->connection->n_calls = 2;
    send_frames(s, 1);
    assert_int_equal(n_later, 1);
}

static void test_a_stream_s_reply_is_not(void **state)
{
    struct scene *s = *state;
    s->call.handler = &server_stream;
    send_frames(s, 1);
    assert_int_equal(n_later, 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_the_only_call_s_reply_is_written_at_once),
        T(test_a_reply_of_several_bundles_is_not),
        T(test_among_other_calls_it_is_not),
        T(test_a_stream_s_reply_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
