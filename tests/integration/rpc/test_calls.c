/* One suite of calls over the transport named on the command line. */
#include "echo.pb-c.h"
#include "rpc/channel.h"
#include "rpc/clock.h"
#include "rpc/server.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/transport.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 128 << 20, MAX_MESSAGE_BYTES = 1 << 20 };

static const char *transport;

/* A call kept until the test lets it go. */
struct held {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct cvn_server_call *calls[1024];
    size_t n;
};

struct fixture {
    char url[TRANSPORT_URL_BYTES];
    struct cvn_server *server;
    struct cvn_channel *channel;
    struct held held;
};

/* "hold" keeps the call; anything else is answered at once. */
static void echo(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    const Convene__Testing__Echo *message = (const void *)request;
    struct held *held = user;
    if (strcmp(message->text, "hold") == 0) {
        (void)pthread_mutex_lock(&held->lock);
        held->calls[held->n++] = call;
        (void)pthread_cond_broadcast(&held->changed);
        (void)pthread_mutex_unlock(&held->lock);
        return;
    }
    struct cvn_status status = {.code = cvn_code_of_number(message->code),
                                .message = message->code ? message->text : NULL};
    const char *mirrored = cvn_metadata_get(cvn_server_call_metadata(call), "x-mirror");
    Convene__Testing__Echo reply = *message;
    if (mirrored)
        reply.text = (char *)(uintptr_t)mirrored;
    cvn_server_call_finish(call, &status, &reply.base);
}

static const struct cvn_method methods[2] = {{echo}, {NULL}};

static void wait_held(struct held *held, size_t n)
{
    (void)pthread_mutex_lock(&held->lock);
    while (held->n < n)
        (void)pthread_cond_wait(&held->changed, &held->lock);
    (void)pthread_mutex_unlock(&held->lock);
}

static size_t count_held(struct held *held)
{
    (void)pthread_mutex_lock(&held->lock);
    size_t n = held->n;
    (void)pthread_mutex_unlock(&held->lock);
    return n;
}

static void start_server(struct fixture *f)
{
    assert_int_equal(cvn_server_new(&f->server,
                                    &(struct cvn_server_options){
                                        .n_workers = 4,
                                        .max_message_bytes = MAX_MESSAGE_BYTES,
                                        .max_calls_per_connection = 512,
                                    }),
                     0);
    assert_int_equal(cvn_server_add_service(f->server, &convene__testing__echo_service__descriptor,
                                            methods, &f->held),
                     0);
    if (f->url[0])
        transport_listen_again(f->server, f->url);
    else
        transport_listen(f->server, transport, f->url);
    assert_int_equal(cvn_server_start(f->server), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    (void)pthread_mutex_init(&f->held.lock, NULL);
    (void)pthread_cond_init(&f->held.changed, NULL);
    start_server(f);
    assert_int_equal(transport_connect(&f->channel, f->url, NULL, NULL), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    cvn_channel_free(f->channel);
    cvn_server_free(f->server);
    free(f);
    return 0;
}

static enum cvn_code call(struct fixture *f, struct cvn_arena *arena, Convene__Testing__Echo *sent,
                          const struct cvn_call_options *options, struct cvn_status *status,
                          Convene__Testing__Echo **ret)
{
    struct cvn_call_request request = {
        .service = &convene__testing__echo_service__descriptor,
        .method = "UnaryEcho",
        .message = &sent->base,
    };
    if (options)
        request.options = *options;
    return cvn_channel_call(f->channel, &request, arena, status, (ProtobufCMessage **)ret);
}

static enum cvn_code call_text(struct fixture *f, const char *text, int64_t timeout_ms)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT, *reply;
    sent.text = (char *)(uintptr_t)text;
    struct cvn_status status;
    struct cvn_call_options options = {.timeout_ms = timeout_ms};
    return call(f, &arena, &sent, &options, &status, &reply);
}

static void test_empty_unary(void **state)
{
    assert_int_equal(call_text(*state, "", 10000), CVN_OK);
}

static void check_size(struct fixture *f, size_t body_len, enum cvn_code want)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT, *reply;
    sent.body.len = body_len;
    sent.body.data = malloc(body_len);
    for (size_t i = 0; i < body_len; i++)
        sent.body.data[i] = (uint8_t)(i * 31);
    struct cvn_status status;
    assert_int_equal(call(f, &arena, &sent, NULL, &status, &reply), want);
    if (want == CVN_OK) {
        assert_int_equal(reply->body.len, body_len);
        assert_memory_equal(reply->body.data, sent.body.data, body_len);
    }
    free(sent.body.data);
}

static void test_large_unary(void **state)
{
    check_size(*state, 300 * 1024, CVN_OK);
    check_size(*state, 48 * 1024, CVN_OK);
}

static void test_message_size_up_to_the_limit_and_not_beyond(void **state)
{
    /* Tag and length of the body field take 4 bytes at this size. */
    check_size(*state, MAX_MESSAGE_BYTES - 4, CVN_OK);
    check_size(*state, MAX_MESSAGE_BYTES - 3, CVN_RESOURCE_EXHAUSTED);
    assert_int_equal(call_text(*state, "still here", 10000), CVN_OK);
}

static void test_custom_metadata(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_metadata metadata;
    cvn_metadata_init(&metadata, &arena);
    assert_int_equal(cvn_metadata_add(&metadata, "x-mirror", cvn_slice_of_string("there and back")),
                     0);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT, *reply;
    struct cvn_status status;
    struct cvn_call_options options = {.timeout_ms = 10000, .metadata = &metadata};
    assert_int_equal(call(*state, &arena, &sent, &options, &status, &reply), CVN_OK);
    assert_string_equal(reply->text, "there and back");
}

static void check_status(struct fixture *f, int code, const char *text)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT, *reply;
    sent.code = code;
    sent.text = (char *)(uintptr_t)text;
    struct cvn_status status;
    assert_int_equal(call(f, &arena, &sent, NULL, &status, &reply), code);
    assert_string_equal(status.message, text);
}

static void test_status_code_and_message(void **state)
{
    for (int code = CVN_CANCELLED; code <= CVN_UNAUTHENTICATED; code++)
        check_status(*state, code, "test status message");
}

static void test_special_status_message(void **state)
{
    check_status(*state, CVN_UNKNOWN,
                 "\t\ntest with whitespace\r\nand Unicode BMP \xe2\x98\xba and non-BMP "
                 "\xf0\x9f\x98\x88\t\n");
}

static enum cvn_code code_of(struct fixture *f, const ProtobufCServiceDescriptor *service,
                             const char *method)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT;
    ProtobufCMessage *reply;
    struct cvn_status status;
    struct cvn_call_request request = {.service = service,
                                       .method = method,
                                       .message = &sent.base,
                                       .options = {.timeout_ms = 9000}};
    return cvn_channel_call(f->channel, &request, &arena, &status, &reply);
}

static void test_unimplemented_method(void **state)
{
    assert_int_equal(code_of(*state, &convene__testing__echo_service__descriptor, "NotThere"),
                     CVN_UNIMPLEMENTED);
}

static void test_unimplemented_service(void **state)
{
    ProtobufCServiceDescriptor other = convene__testing__echo_service__descriptor;
    other.name = "convene.testing.OtherService";
    assert_int_equal(code_of(*state, &other, "UnaryEcho"), CVN_UNIMPLEMENTED);
}

static void release(struct held *held)
{
    for (size_t i = 0; i < held->n; i++)
        cvn_server_call_finish(held->calls[i], NULL, NULL);
    held->n = 0;
}

static void test_timeout_on_sleeping_server(void **state)
{
    struct fixture *f = *state;
    do /* on a busy machine the deadline may pass before the server has the call */
        assert_int_equal(call_text(f, "hold", 50), CVN_DEADLINE_EXCEEDED);
    while (count_held(&f->held) == 0);
    while (!cvn_server_call_cancelled(f->held.calls[0]))
        ;
    release(&f->held);
    assert_int_equal(call_text(f, "", 10000), CVN_OK);
    assert_int_equal(call_text(f, "", -1), CVN_DEADLINE_EXCEEDED);
}

/* Ends of asynchronous calls, counted. */
struct ends {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t n, n_ok;
    enum cvn_code last;
};

static void note_end(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct ends *ends = arg;
    (void)reply;
    (void)pthread_mutex_lock(&ends->lock);
    ends->n++;
    ends->n_ok += status->code == CVN_OK;
    ends->last = status->code;
    (void)pthread_cond_broadcast(&ends->changed);
    (void)pthread_mutex_unlock(&ends->lock);
}

static void wait_ends(struct ends *ends, size_t n)
{
    (void)pthread_mutex_lock(&ends->lock);
    while (ends->n < n)
        (void)pthread_cond_wait(&ends->changed, &ends->lock);
    (void)pthread_mutex_unlock(&ends->lock);
}

static uint32_t start_call(struct fixture *f, const char *text, struct ends *ends)
{
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT;
    sent.text = (char *)(uintptr_t)text;
    uint8_t bytes[64];
    size_t len = convene__testing__echo__pack(&sent, bytes);
    return cvn_channel_start(f->channel, "convene.testing.EchoService/UnaryEcho",
                             cvn_slice(bytes, len), &(struct cvn_call_options){.timeout_ms = 60000},
                             (struct cvn_call_sink){note_end, ends});
}

static void test_cancel_reaches_the_handler(void **state)
{
    struct fixture *f = *state;
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    uint32_t number = start_call(f, "hold", &ends);
    wait_held(&f->held, 1);
    cvn_channel_cancel(f->channel, number);
    wait_ends(&ends, 1);
    assert_int_equal(ends.last, CVN_CANCELLED);
    while (!cvn_server_call_cancelled(f->held.calls[0]))
        ;
    release(&f->held);
}

static void test_replies_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    for (int i = 0; i < 200; i++)
        (void)start_call(f, i % 2 ? "hold" : "now", &ends);
    wait_ends(&ends, 100);
    wait_held(&f->held, 100);
    assert_int_equal(ends.n, 100);
    for (size_t i = f->held.n; i-- > 0;)
        cvn_server_call_finish(f->held.calls[i], NULL, NULL);
    wait_ends(&ends, 200);
    assert_int_equal(ends.n_ok, 200);
}

static void test_too_many_calls_on_one_connection(void **state)
{
    struct fixture *f = *state;
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    for (int i = 0; i < 512; i++)
        (void)start_call(f, "hold", &ends);
    wait_held(&f->held, 512);
    assert_int_equal(ends.n, 0);
    assert_int_equal(call_text(f, "", 10000), CVN_RESOURCE_EXHAUSTED);
    release(&f->held);
    wait_ends(&ends, 512);
    assert_int_equal(call_text(f, "", 10000), CVN_OK);
}

struct caller {
    struct fixture *f;
    unsigned n_ok;
};

static void *call_often(void *arg)
{
    struct caller *caller = arg;
    for (int i = 0; i < 500; i++)
        caller->n_ok += call_text(caller->f, "again", 60000) == CVN_OK;
    return NULL;
}

static void test_concurrent_calls_from_several_threads(void **state)
{
    pthread_t threads[8];
    struct caller callers[8];
    for (int i = 0; i < 8; i++) {
        callers[i] = (struct caller){.f = *state};
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(callers[i].n_ok, 500);
    }
}

static void *free_server(void *arg)
{
    cvn_server_free(arg);
    return NULL;
}

static void test_server_gone_and_back(void **state)
{
    struct fixture *f = *state;
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    (void)start_call(f, "hold", &ends);
    wait_held(&f->held, 1);
    pthread_t helper;
    assert_int_equal(pthread_create(&helper, NULL, free_server, f->server), 0);
    wait_ends(&ends, 1);
    assert_int_equal(ends.last, CVN_UNAVAILABLE);
    release(&f->held);
    (void)pthread_join(helper, NULL);
    assert_int_equal(call_text(f, "", 10), CVN_UNAVAILABLE);
    start_server(f);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    Convene__Testing__Echo sent = CONVENE__TESTING__ECHO__INIT, *reply;
    struct cvn_status status;
    struct cvn_call_options patient = {.timeout_ms = 60000, .wait_for_ready = true};
    assert_int_equal(call(f, &arena, &sent, &patient, &status, &reply), CVN_OK);
}

static void *drain(void *arg)
{
    return (void *)(uintptr_t)cvn_server_drain(arg, 60000);
}

static void test_drain_lets_running_calls_finish(void **state)
{
    struct fixture *f = *state;
    struct ends ends = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    (void)start_call(f, "hold", &ends);
    wait_held(&f->held, 1);
    pthread_t helper;
    assert_int_equal(pthread_create(&helper, NULL, drain, f->server), 0);
    while (call_text(f, "", 100) == CVN_OK)
        ;
    release(&f->held);
    void *n_cancelled;
    (void)pthread_join(helper, &n_cancelled);
    assert_int_equal((uintptr_t)n_cancelled, 0);
    wait_ends(&ends, 1);
    assert_int_equal(ends.last, CVN_OK);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_empty_unary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_unary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_message_size_up_to_the_limit_and_not_beyond, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_custom_metadata, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_status_code_and_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_special_status_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unimplemented_method, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unimplemented_service, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timeout_on_sleeping_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel_reaches_the_handler, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_replies_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_calls_on_one_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_concurrent_calls_from_several_threads, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_server_gone_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drain_lets_running_calls_finish, set_up, tear_down),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
