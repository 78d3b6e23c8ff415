/* The face of streams that does not wait: watchers, over the transport named on the command line.
 */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

enum { N_ECHOES = 2000 };

static const char *transport;

/* A client that writes and reads from its watcher alone. */
struct pinger {
    struct rig *rig;
    pthread_mutex_t lock; /* the watcher may come before begin has the stream */
    struct cvn_stream *stream;
    unsigned n_written, n_read;
    bool done_writing, freed;
    unsigned n_after_free;
    bool free_when_read; /* rather than at the end */
    struct tally over;
};

static void write_on(struct pinger *pinger)
{
    Convene__Testing__ResponseParameters wanted = CONVENE__TESTING__RESPONSE_PARAMETERS__INIT;
    Convene__Testing__ResponseParameters *all[1] = {&wanted};
    Convene__Testing__StreamingOutputCallRequest request =
        CONVENE__TESTING__STREAMING_OUTPUT_CALL_REQUEST__INIT;
    request.response_parameters = all;
    request.n_response_parameters = 1;
    while (pinger->n_written < N_ECHOES) {
        wanted.size = (int32_t)(pinger->n_written % 500);
        if (cvn_stream_try_write(pinger->stream, &request.base) != 0)
            return;
        pinger->n_written++;
    }
    if (!pinger->done_writing) {
        pinger->done_writing = true;
        (void)cvn_stream_writes_done(pinger->stream);
    }
}

static void read_on(struct pinger *pinger)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    ProtobufCMessage *message;
    while (cvn_stream_try_read(pinger->stream, &arena, &message) == 0) {
        const Convene__Testing__StreamingOutputCallResponse *reply = (const void *)message;
        if (reply->payload && reply->payload->body.len != pinger->n_read % 500)
            return;
        pinger->n_read++;
        cvn_arena_reset(&arena);
    }
}

static void change(void *arg)
{
    struct pinger *pinger = arg;
    (void)pthread_mutex_lock(&pinger->lock);
    if (pinger->freed) {
        pinger->n_after_free++;
    } else {
        write_on(pinger);
        read_on(pinger);
        if (cvn_stream_ended(pinger->stream) || (pinger->free_when_read && pinger->n_read > 0)) {
            read_on(pinger); /* what came with the end */
            pinger->freed = true;
            cvn_stream_free(pinger->stream);
            tally_add(&pinger->over);
        }
    }
    (void)pthread_mutex_unlock(&pinger->lock);
}

static void begin(struct pinger *pinger)
{
    struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS, .wait_for_ready = true};
    struct cvn_stream_watcher watcher = {change, pinger};
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "FullDuplexCall",
                                    .options = options};
    (void)pthread_mutex_lock(&pinger->lock);
    assert_int_equal(cvn_stream_new(&pinger->stream, pinger->rig->channel, &what, &watcher), 0);
    write_on(pinger);
    (void)pthread_mutex_unlock(&pinger->lock);
}

static void init(struct pinger *pinger, struct rig *rig)
{
    *pinger = (struct pinger){.rig = rig, .over = TALLY_INIT};
    (void)pthread_mutex_init(&pinger->lock, NULL);
}

static void start(struct rig *rig)
{
    rig_start(rig, &(struct rig_options){.transport = transport});
    assert_int_equal(rig_empty_call(rig->channel, NULL), CVN_OK);
}

static void test_watcher_does_it_all(void **state)
{
    struct rig rig;
    start(&rig);
    struct pinger pinger;
    init(&pinger, &rig);
    begin(&pinger);
    tally_wait(&pinger.over, 1);
    rig_stop(&rig);
    assert_int_equal(pinger.n_written, N_ECHOES);
    assert_int_equal(pinger.n_read, N_ECHOES);
    assert_int_equal(pinger.n_after_free, 0);
}

static void test_watcher_frees_amid_the_stream(void **state)
{
    struct rig rig;
    start(&rig);
    static struct pinger pingers[50];
    for (int i = 0; i < 50; i++) {
        init(&pingers[i], &rig);
        pingers[i].free_when_read = true;
        begin(&pingers[i]);
    }
    for (int i = 0; i < 50; i++)
        tally_wait(&pingers[i].over, 1);
    rig_stop(&rig);
    for (int i = 0; i < 50; i++)
        assert_int_equal(pingers[i].n_after_free, 0);
}

/* Counts its calls; says how many came after the stream was freed. */
struct counter {
    atomic_uint n;
    atomic_bool freed;
    atomic_uint n_after_free;
};

static void count(void *arg)
{
    struct counter *counter = arg;
    atomic_fetch_add(&counter->n, 1);
    if (atomic_load(&counter->freed))
        atomic_fetch_add(&counter->n_after_free, 1);
}

static void test_watcher_is_quiet_after_free(void **state)
{
    struct rig rig;
    start(&rig);
    static struct counter counters[200];
    for (int i = 0; i < 200; i++) {
        struct cvn_call_options options = {.timeout_ms = RIG_TIMEOUT_MS};
        struct cvn_stream_watcher watcher = {count, &counters[i]};
        struct cvn_stream *stream =
            rig_stream_with(&rig, "FullDuplexCall", NULL, &options, &watcher);
        for (int n = 0; n < 5; n++)
            assert_int_equal(rig_ask(stream, 10, 10), 0);
        if (i % 2)
            assert_int_equal(rig_read(stream), 10);
        cvn_stream_free(stream); /* with replies under way */
        atomic_store(&counters[i].freed, true);
    }
    rig_stop(&rig);
    for (int i = 0; i < 200; i++)
        assert_int_equal(atomic_load(&counters[i].n_after_free), 0);
}

static void test_watcher_is_told_of_a_call_that_cannot_begin(void **state)
{
    struct rig rig;
    start(&rig);
    struct counter counter = {0};
    struct cvn_call_options late = {.timeout_ms = -1};
    struct cvn_stream_watcher watcher = {count, &counter};
    struct cvn_stream *stream = rig_stream_with(&rig, "FullDuplexCall", NULL, &late, &watcher);
    assert_true(cvn_stream_ended(stream));
    while (atomic_load(&counter.n) == 0)
        ;
    assert_int_equal(rig_finish(stream), CVN_DEADLINE_EXCEEDED);
    rig_stop(&rig);
}

/* A stream that its owner cancels from another thread while the watcher runs. */
static void *cancel(void *stream)
{
    cvn_stream_cancel(stream);
    return NULL;
}

static void test_cancel_from_another_thread(void **state)
{
    struct rig rig;
    start(&rig);
    for (int i = 0; i < 100; i++) {
        struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, cancel, stream), 0);
        while (rig_ask(stream, 10, 1000) == 0) /* waits for room, until it is cancelled */
            ;
        (void)pthread_join(thread, NULL);
        assert_int_equal(rig_finish(stream), CVN_CANCELLED);
    }
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watcher_does_it_all),
        cmocka_unit_test(test_watcher_frees_amid_the_stream),
        cmocka_unit_test(test_watcher_is_quiet_after_free),
        cmocka_unit_test(test_watcher_is_told_of_a_call_that_cannot_begin),
        cmocka_unit_test(test_cancel_from_another_thread),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
