/* Watching and registering over a connection: limits, those who do not read, drains, lost rights.
 */
#include "convene/events/v1/registrar.pb-c.h"
#include "convene/events/v1/watch.pb-c.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "rpc/stream.h"
#include "services/events/meetups/event_batch.h"
#include "services/events/registrar.h"
#include "services/events/watch/watch_hub.h"
#include "services/runtime/methods.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 << 20, TIMEOUT_MS = 60000 };

/* The clock and the keys of the server; runtime options take functions without arguments. */
static _Atomic int64_t now_ms;
static atomic_bool revoked;

static int64_t read_clock(void)
{
    return now_ms;
}

struct rig {
    struct harness *harness;
    struct cvn_runtime *runtime;
    struct cvn_watch_hub *hub;
    struct cvn_write_streams registrar;
    struct cvn_server *server;
    struct cvn_channel *channel;
    struct cvn_id owner;
    struct draft draft;
    char url[128];
};

static int find_key(void *user, struct cvn_ctx *ctx, const struct cvn_api_key *key,
                    struct cvn_key_facts *ret)
{
    (void)key;
    if (revoked)
        return cvn_ctx_refuse_state(ctx, CVN_UNAUTHENTICATED, "KEY_REVOKED",
                                    "The key was revoked.");
    *ret = (struct cvn_key_facts){.is_person = true, .person = *(const struct cvn_id *)user};
    return 0;
}

static struct cvn_channel *connect_as(struct rig *rig, const char *authorization)
{
    struct cvn_channel *channel;
    struct cvn_error err;
    const struct cvn_channel_options options = {.authorization = authorization};
    assert_int_equal(cvn_channel_new(&channel, rig->url, &options, &err), 0);
    return channel;
}

static int set_up(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    void *harness;
    assert_non_null(rig);
    assert_int_equal(harness_setup(&harness), 0);
    rig->harness = harness;
    now_ms = rig->harness->now_ms;
    revoked = false;
    rig->owner = harness_person(rig->harness, 1);
    draft_init(&rig->draft, harness_group(rig->harness, "Berlin C", rig->owner));
    assert_int_equal(cvn_runtime_new(&rig->runtime,
                                     &(struct cvn_runtime_options){
                                         .store = rig->harness->store,
                                         .wall_clock_ms = read_clock,
                                         .random_bytes = randombytes_buf,
                                         .admin_uid = getuid(),
                                         .authenticator = {find_key, &rig->owner},
                                     }),
                     0);
    assert_int_equal(cvn_watch_hub_new(&rig->hub,
                                       &(struct cvn_watch_hub_options){
                                           .service = &rig->harness->service,
                                           .store = rig->harness->store,
                                           .runtime = rig->runtime,
                                           .wall_clock_ms = read_clock,
                                       }),
                     0);
    rig->registrar = (struct cvn_write_streams){.service = &rig->harness->service,
                                                .store = rig->harness->store,
                                                .runtime = rig->runtime,
                                                .wall_clock_ms = read_clock,
                                                .random_bytes = randombytes_buf};
    assert_int_equal(cvn_server_new(&rig->server, NULL), 0);
    assert_int_equal(cvn_watch_hub_bind(rig->hub, rig->server), 0);
    assert_int_equal(cvn_registrar_bind(&rig->registrar, rig->server), 0);
    (void)snprintf(rig->url, sizeof rig->url, "ipc://%s/s", rig->harness->path);
    assert_int_equal(cvn_server_listen(rig->server, rig->url, NULL), 0);
    assert_int_equal(cvn_server_start(rig->server), 0);
    rig->channel = connect_as(rig, NULL);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    struct rig *rig = *state;
    cvn_channel_free(rig->channel);
    cvn_watch_hub_drain(rig->hub);
    (void)cvn_server_drain(rig->server, 0);
    cvn_watch_hub_stop(rig->hub);
    cvn_server_free(rig->server);
    cvn_watch_hub_free(rig->hub);
    cvn_runtime_free(rig->runtime);
    void *harness = rig->harness;
    (void)harness_teardown(&harness);
    free(rig);
    return 0;
}

static struct cvn_stream *open_watch(struct cvn_channel *channel, const char *cursor)
{
    struct cvn_stream *stream;
    Convene__Events__V1__WatchEventsRequest request =
        CONVENE__EVENTS__V1__WATCH_EVENTS_REQUEST__INIT;
    request.cursor = text(cursor);
    const struct cvn_call_request call = {
        .service = &convene__events__v1__watch_service__descriptor,
        .method = "WatchEvents",
        .message = &request.base,
        .options = {.timeout_ms = TIMEOUT_MS, .wait_for_ready = true},
    };
    assert_int_equal(cvn_stream_new(&stream, channel, &call, NULL), 0);
    return stream;
}

/* The next message, in the arena; NULL at the end. */
static const Convene__Events__V1__WatchEventsResponse *read_watch(struct cvn_stream *stream,
                                                                  struct cvn_arena *arena)
{
    ProtobufCMessage *message;
    cvn_arena_reset(arena);
    int r = cvn_stream_read(stream, arena, &message);
    assert_true(r == 0 || r == CVN_STREAM_END);
    return r == 0 ? (const void *)message : NULL;
}

/* Waits until the watch says that it is live. */
static void wait_live(struct cvn_stream *stream)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    const Convene__Events__V1__WatchEventsResponse *message = read_watch(stream, &arena);
    assert_non_null(message);
    assert_true(message->live);
}

/* How the call ended, and when to come back. */
static enum cvn_code end_of(struct cvn_stream *stream, int64_t *ret_retry_ms)
{
    CVN_ARENA_AUTO arena;
    struct cvn_status status;
    cvn_arena_init(&arena, ARENA_BYTES);
    enum cvn_code code = cvn_stream_finish(stream, &arena, &status);
    if (ret_retry_ms)
        *ret_retry_ms = cvn_status_retry_delay_ms(&status, &arena);
    cvn_stream_free(stream);
    return code;
}

static void wait_watchers(struct rig *rig, size_t n)
{
    for (int i = 0; i < TIMEOUT_MS && cvn_watch_hub_watchers(rig->hub) != n; i++)
        (void)usleep(1000);
    assert_int_equal(cvn_watch_hub_watchers(rig->hub), n);
}

static void make_events(struct rig *rig, int n)
{
    CLIENT owner = client_of(rig->harness, rig->owner);
    for (int i = 0; i < n; i++)
        assert_non_null(create(&owner, &rig->draft.event, true));
}

static char key_text[8 + CVN_API_KEY_CHARS + 1];

static const char *some_key(void)
{
    struct cvn_api_key key;
    uint8_t random[64];
    randombytes_buf(random, sizeof random);
    cvn_api_key_make(&key, random);
    (void)snprintf(key_text, sizeof key_text, "Bearer %s", key.text);
    return key_text;
}

/* Each caller over two connections, for which a server has a limit of its own. */
static void test_one_watch_too_many_is_refused(void **state)
{
    enum { EACH = CVN_WATCHERS_OF_CALLER_MAX, CALLERS = CVN_WATCHERS_MAX / EACH };
    struct rig *rig = *state;
    struct cvn_channel *channels[2 * CALLERS];
    struct cvn_stream **watches = test_calloc(CVN_WATCHERS_MAX, sizeof(void *));
    int64_t retry_ms;
    for (int i = 0; i < CVN_WATCHERS_MAX; i++) {
        int k = 2 * i / EACH;
        rig->owner.bytes[0] = (uint8_t)(i / EACH); /* whose the keys are */
        if (i % (EACH / 2) == 0)
            channels[k] = connect_as(rig, some_key());
        watches[i] = open_watch(channels[k], "");
        wait_live(watches[i]);
        if (i % EACH == EACH - 1)
            assert_int_equal(end_of(open_watch(channels[k], ""), NULL), CVN_RESOURCE_EXHAUSTED);
    }
    assert_int_equal(end_of(open_watch(rig->channel, ""), &retry_ms), CVN_RESOURCE_EXHAUSTED);
    assert_true(retry_ms > 0);
    cvn_stream_free(watches[0]);
    wait_watchers(rig, CVN_WATCHERS_MAX - 1);
    watches[0] = open_watch(rig->channel, "");
    wait_live(watches[0]);
    for (int i = 0; i < CVN_WATCHERS_MAX; i++)
        cvn_stream_free(watches[i]);
    wait_watchers(rig, 0);
    for (int i = 0; i < 2 * CALLERS; i++)
        cvn_channel_free(channels[i]);
    test_free(watches);
}

static void test_watch_that_nobody_reads_holds_up_no_other(void **state)
{
    enum { N = 300 };
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    char *long_one = long_text(&arena, "", 10000);
    rig->draft.event.description = long_one; /* 300 of these are far more than anybody's credit */
    struct cvn_stream *slow = open_watch(rig->channel, "");
    struct cvn_stream *quick = open_watch(rig->channel, "");
    wait_live(slow);
    wait_live(quick);
    CVN_ARENA_AUTO messages;
    cvn_arena_init(&messages, ARENA_BYTES);
    make_events(rig, N);
    int64_t last = 0;
    for (int i = 0; i < N; i++) {
        const Convene__Events__V1__WatchEventsResponse *message = read_watch(quick, &messages);
        assert_non_null(message);
        assert_true(last == 0 || message->change->sequence == last + 1);
        last = message->change->sequence;
    }
    int64_t first = 0;
    for (int i = 0; i < N; i++) { /* and it has lost nothing */
        const Convene__Events__V1__WatchEventsResponse *message = read_watch(slow, &messages);
        assert_non_null(message);
        first = first ? first : message->change->sequence;
        assert_int_equal(message->change->sequence, first + i);
    }
    assert_int_equal(first + N - 1, last);
    cvn_stream_free(slow);
    cvn_stream_free(quick);
}

static void test_drain_sends_watches_elsewhere(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_stream *watch = open_watch(rig->channel, "");
    wait_live(watch);
    make_events(rig, 1);
    assert_non_null(read_watch(watch, &arena)->change);
    cvn_watch_hub_drain(rig->hub);
    assert_null(read_watch(watch, &arena));
    assert_int_equal(end_of(watch, NULL), CVN_UNAVAILABLE);
    assert_int_equal(end_of(open_watch(rig->channel, ""), NULL), CVN_UNAVAILABLE);
    assert_int_equal(cvn_watch_hub_watchers(rig->hub), 0);
}

static void test_revoked_key_is_told_nothing_any_more(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_channel *person = connect_as(rig, some_key());
    struct cvn_stream *watch = open_watch(person, "");
    wait_live(watch);
    make_events(rig, 1);
    assert_non_null(read_watch(watch, &arena)->change);
    revoked = true;
    now_ms += CVN_WATCH_IDENTIFY_EVERY_MS;
    make_events(rig, 1);
    assert_null(read_watch(watch, &arena));
    assert_int_equal(end_of(watch, NULL), CVN_UNAUTHENTICATED);
    cvn_channel_free(person);
}

static struct cvn_stream *open_registrar(struct cvn_channel *channel)
{
    struct cvn_stream *stream;
    const struct cvn_call_request call = {
        .service = &convene__events__v1__registrar_service__descriptor,
        .method = "StreamRegisterEvents",
        .options = {.timeout_ms = TIMEOUT_MS, .wait_for_ready = true},
    };
    assert_int_equal(cvn_stream_new(&stream, channel, &call, NULL), 0);
    return stream;
}

/* A message of n events, numbered from first, each with a title of so many bytes. */
static const Convene__Events__V1__StreamRegisterEventsRequest *
chunk_of(struct rig *rig, struct cvn_arena *arena, int first, int n, size_t title_bytes)
{
    Convene__Events__V1__StreamRegisterEventsRequest *request =
        cvn_arena_alloc(arena, sizeof *request);
    convene__events__v1__stream_register_events_request__init(request);
    request->publish = true;
    request->events = cvn_arena_alloc_array(arena, (size_t)n, sizeof *request->events);
    for (int i = 0; i < n; i++) {
        Convene__Events__V1__Event *event = cvn_arena_alloc(arena, sizeof *event);
        *event = rig->draft.event;
        event->external_id = cvn_arena_printf(arena, "e-%d", first + i);
        event->title = title_bytes ? long_text(arena, "", title_bytes) : event->title;
        request->events[request->n_events++] = event;
    }
    return request;
}

static void expect_results(struct cvn_stream *stream, int64_t first, int n, int outcome)
{
    CVN_ARENA_AUTO arena;
    ProtobufCMessage *message;
    cvn_arena_init(&arena, ARENA_BYTES);
    assert_int_equal(cvn_stream_read(stream, &arena, &message), 0);
    const Convene__Events__V1__StreamRegisterEventsResponse *reply = (const void *)message;
    assert_int_equal(reply->first_index, first);
    assert_int_equal(reply->n_results, n);
    for (int i = 0; i < n; i++)
        assert_int_equal(reply->results[i]->outcome, outcome);
}

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name

static void test_stream_registers_in_order_and_again(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_stream *stream = open_registrar(rig->channel);
    const Convene__Events__V1__StreamRegisterEventsRequest *chunk =
        chunk_of(rig, &arena, 0, CVN_EVENT_BATCH_MAX, 0);
    assert_int_equal(cvn_stream_write(stream, &chunk->base), 0);
    assert_int_equal(cvn_stream_write(stream, &chunk->base), 0);
    assert_int_equal(cvn_stream_write(stream, &chunk_of(rig, &arena, 1, 0, 0)->base), 0);
    assert_int_equal(cvn_stream_write(stream, &chunk_of(rig, &arena, 9000, 2, 400)->base), 0);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    expect_results(stream, 0, CVN_EVENT_BATCH_MAX, OUTCOME(CREATED));
    expect_results(stream, CVN_EVENT_BATCH_MAX, CVN_EVENT_BATCH_MAX, OUTCOME(UNCHANGED));
    expect_results(stream, 2 * CVN_EVENT_BATCH_MAX, 0, 0);
    expect_results(stream, 2 * CVN_EVENT_BATCH_MAX, 2, OUTCOME(REFUSED)); /* too long a title */
    assert_int_equal(end_of(stream, NULL), CVN_OK);
}

static void test_dry_run_stores_nothing(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    for (int turn = 0; turn < 2; turn++) {
        Convene__Events__V1__StreamRegisterEventsRequest chunk = *chunk_of(rig, &arena, 0, 10, 0);
        chunk.validate_only = true;
        struct cvn_stream *stream = open_registrar(rig->channel);
        assert_int_equal(cvn_stream_write(stream, &chunk.base), 0);
        assert_int_equal(cvn_stream_writes_done(stream), 0);
        expect_results(stream, 0, 10, OUTCOME(CREATED));
        assert_int_equal(end_of(stream, NULL), CVN_OK);
    }
}

static void test_message_that_is_too_much_ends_the_stream(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_stream *stream = open_registrar(rig->channel);
    (void)cvn_stream_write(stream, &chunk_of(rig, &arena, 0, CVN_EVENT_BATCH_MAX + 1, 0)->base);
    assert_int_equal(end_of(stream, NULL), CVN_INVALID_ARGUMENT);
    stream = open_registrar(rig->channel);
    (void)cvn_stream_write(stream, &chunk_of(rig, &arena, 0, 1, 10 << 20)->base);
    assert_int_equal(end_of(stream, NULL), CVN_RESOURCE_EXHAUSTED);
}

static void test_stream_that_stops_half_way_keeps_what_was_answered(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    for (int turn = 0; turn < 20; turn++) {
        struct cvn_channel *channel = connect_as(rig, NULL);
        struct cvn_stream *stream = open_registrar(channel);
        for (int i = 0; i <= turn % 4; i++)
            assert_int_equal(
                cvn_stream_write(stream, &chunk_of(rig, &arena, turn * 100 + 20 * i, 20, 0)->base),
                0);
        if (turn % 2)
            expect_results(stream, 0, 20, OUTCOME(CREATED));
        cvn_stream_free(stream);
        if (turn % 3)
            cvn_channel_free(channel);
        struct cvn_stream *again = open_registrar(rig->channel);
        const Convene__Events__V1__StreamRegisterEventsRequest *chunk =
            chunk_of(rig, &arena, turn * 100, 20, 0);
        assert_int_equal(cvn_stream_write(again, &chunk->base), 0);
        assert_int_equal(cvn_stream_write(again, &chunk->base), 0);
        if (turn % 2)
            expect_results(again, 0, 20, OUTCOME(UNCHANGED));
        else /* done or not: the second time it is */
            (void)cvn_stream_read(again, &arena, &(ProtobufCMessage *){NULL});
        expect_results(again, 20, 20, OUTCOME(UNCHANGED));
        cvn_stream_free(again);
        if (turn % 3 == 0)
            cvn_channel_free(channel);
    }
}

static void test_results_that_nobody_reads_stop_the_stream(void **state)
{
    enum { N = 120, EACH = 100 };
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_stream *stream = open_registrar(rig->channel);
    const Convene__Events__V1__StreamRegisterEventsRequest *chunk =
        chunk_of(rig, &arena, 0, EACH, 301); /* each is refused, in some hundred bytes */
    int n_written = 0, r = 0;
    for (; n_written < N && r == 0; n_written += r == 0) {
        r = cvn_stream_try_write(stream, &chunk->base);
        for (int i = 0; r == CVN_STREAM_LATER && i < 300; i++) { /* it may only be slow */
            (void)usleep(1000);
            r = cvn_stream_try_write(stream, &chunk->base);
        }
    }
    assert_true(n_written < N); /* it takes no more: neither side fills its memory */
    assert_int_equal(r, CVN_STREAM_LATER);
    assert_int_equal(cvn_stream_writes_done(stream), 0);
    for (int i = 0; i < n_written; i++)
        expect_results(stream, (int64_t)i * EACH, EACH, OUTCOME(REFUSED));
    assert_int_equal(end_of(stream, NULL), CVN_OK);
}

static struct cvn_stream *open_import(struct cvn_channel *channel)
{
    struct cvn_stream *stream;
    const struct cvn_call_request call = {
        .service = &convene__events__v1__registrar_service__descriptor,
        .method = "StreamImportCalendar",
        .options = {.timeout_ms = TIMEOUT_MS, .wait_for_ready = true},
    };
    assert_int_equal(cvn_stream_new(&stream, channel, &call, NULL), 0);
    return stream;
}

/* A calendar of n events, numbered from first, in two pieces of which the second begins at 1000. */
static const Convene__Events__V1__StreamImportCalendarRequest *
calendar_of(struct rig *rig, struct cvn_arena *arena, int first, int n)
{
    Convene__Events__V1__StreamImportCalendarRequest *request =
        cvn_arena_alloc(arena, sizeof *request);
    Convene__Events__V1__CalendarPiece *pieces = cvn_arena_alloc_array(arena, 2, sizeof *pieces);
    char *text = cvn_arena_alloc(arena, (size_t)n * 100 + 100);
    size_t len = (size_t)sprintf(text, "BEGIN:VCALENDAR\n");
    convene__events__v1__stream_import_calendar_request__init(request);
    request->group_id = rig->draft.group.text;
    request->pieces = cvn_arena_alloc_array(arena, 2, sizeof *request->pieces);
    for (int i = 0; i < 2; i++) {
        convene__events__v1__calendar_piece__init(&pieces[i]);
        request->pieces[request->n_pieces++] = &pieces[i];
    }
    pieces[0].content = (ProtobufCBinaryData){len, (uint8_t *)text};
    pieces[1].content.data = (uint8_t *)text + len;
    pieces[1].first_line = 1000;
    for (int i = 0; i < n; i++)
        len += (size_t)sprintf(text + len,
                               "BEGIN:VEVENT\nUID:c-%d\nDTSTART:20280301T173000Z\nEND:VEVENT\n",
                               first + i);
    len += (size_t)sprintf(text + len, "END:VCALENDAR\n");
    pieces[1].content.len = len - pieces[0].content.len;
    return request;
}

/* Reads the answers to a message of n events: each has an outcome, by line from 1000 on. */
static size_t expect_calendar(struct cvn_stream *stream, int n, int outcome)
{
    size_t n_answers = 0;
    int32_t next_line = 1;
    for (int i = 0; next_line > 0; n_answers++) {
        CVN_ARENA_AUTO arena;
        ProtobufCMessage *message;
        cvn_arena_init(&arena, ARENA_BYTES);
        assert_int_equal(cvn_stream_read(stream, &arena, &message), 0);
        const Convene__Events__V1__StreamImportCalendarResponse *reply = (const void *)message;
        for (size_t k = 0; k < reply->n_results; k++, i++) {
            assert_int_equal(reply->results[k]->outcome, outcome);
            assert_int_equal(reply->results[k]->line, 1000 + 4 * i);
        }
        next_line = reply->next_line;
        assert_int_equal(i, next_line ? (next_line - 1000) / 4 : n);
    }
    return n_answers;
}

#define RESULT(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name

static void test_calendars_are_answered_in_parts_and_in_order(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_stream *stream = open_import(rig->channel);
    Convene__Events__V1__StreamImportCalendarRequest first = *calendar_of(rig, &arena, 0, 600);
    first.publish = true;
    assert_int_equal(cvn_stream_write(stream, &first.base), 0);
    assert_int_equal(cvn_stream_write(stream, &calendar_of(rig, &arena, 600, 3)->base), 0);
    assert_int_equal(cvn_stream_write(stream, &calendar_of(rig, &arena, 0, 600)->base), 0);
    assert_int_equal(expect_calendar(stream, 600, RESULT(CREATED)), 2);
    assert_int_equal(expect_calendar(stream, 3, RESULT(CREATED)), 1);
    assert_int_equal(expect_calendar(stream, 600, RESULT(UNCHANGED)), 1);
    Convene__Events__V1__StreamImportCalendarRequest bad = *calendar_of(rig, &arena, 0, 1);
    bad.pieces[0]->content.len = bad.pieces[1]->content.len = 0;
    assert_int_equal(cvn_stream_write(stream, &bad.base), 0);
    assert_int_equal(end_of(stream, NULL), CVN_INVALID_ARGUMENT);
}

static void test_calendars_of_a_dry_run_are_taken_back(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    for (int turn = 0; turn < 2; turn++) {
        struct cvn_stream *stream = open_import(rig->channel);
        Convene__Events__V1__StreamImportCalendarRequest first = *calendar_of(rig, &arena, 0, 600);
        first.validate_only = true;
        assert_int_equal(cvn_stream_write(stream, &first.base), 0);
        assert_int_equal(cvn_stream_writes_done(stream), 0);
        assert_int_equal(expect_calendar(stream, 600, RESULT(CREATED)), 2);
        assert_int_equal(end_of(stream, NULL), CVN_OK);
    }
}

static void test_revoked_key_stores_nothing_any_more(void **state)
{
    struct rig *rig = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_channel *person = connect_as(rig, some_key());
    struct cvn_stream *stream = open_import(person);
    assert_int_equal(cvn_stream_write(stream, &calendar_of(rig, &arena, 0, 1)->base), 0);
    assert_int_equal(expect_calendar(stream, 1, RESULT(CREATED)), 1);
    revoked = true;
    assert_int_equal(cvn_stream_write(stream, &calendar_of(rig, &arena, 1, 1)->base), 0);
    assert_int_equal(end_of(stream, NULL), CVN_UNAUTHENTICATED);
    stream = open_import(rig->channel);
    assert_int_equal(cvn_stream_write(stream, &calendar_of(rig, &arena, 0, 1)->base), 0);
    assert_int_equal(expect_calendar(stream, 1, RESULT(UNCHANGED)), 1);
    assert_int_equal(cvn_stream_write(stream, &calendar_of(rig, &arena, 1, 1)->base), 0);
    assert_int_equal(expect_calendar(stream, 1, RESULT(CREATED)), 1);
    cvn_stream_free(stream);
    cvn_channel_free(person);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_watch_too_many_is_refused),
        TEST(test_watch_that_nobody_reads_holds_up_no_other),
        TEST(test_drain_sends_watches_elsewhere),
        TEST(test_revoked_key_is_told_nothing_any_more),
        TEST(test_stream_registers_in_order_and_again),
        TEST(test_dry_run_stores_nothing),
        TEST(test_message_that_is_too_much_ends_the_stream),
        TEST(test_stream_that_stops_half_way_keeps_what_was_answered),
        TEST(test_results_that_nobody_reads_stop_the_stream),
        TEST(test_calendars_are_answered_in_parts_and_in_order),
        TEST(test_calendars_of_a_dry_run_are_taken_back),
        TEST(test_revoked_key_stores_nothing_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
