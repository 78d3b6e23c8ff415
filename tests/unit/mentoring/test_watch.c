/* Watching a run over a real server, and what is shown of one that takes long. */
#include "rpc/channel.h"
#include "rpc/server.h"
#include "rpc/stream.h"
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 20000, ARENA_BYTES = 16 << 20 };

/* The mentoring service behind a server of its own, for streams. */
struct scene {
    struct published p;
    struct cvn_runtime *runtime;
    struct cvn_server *server;
    struct cvn_channel *channel;
};

static void begin(struct scene *scene, void **state)
{
    char url[96];
    struct cvn_error err = {""};
    published_match(&scene->p, state);
    struct harness *harness = scene->p.harness;
    assert_int_equal(cvn_runtime_new(&scene->runtime,
                                     &(struct cvn_runtime_options){
                                         .store = harness->store,
                                         .wall_clock_ms = harness_now_ms,
                                         .random_bytes = randombytes_buf,
                                     }),
                     0);
    assert_int_equal(cvn_server_new(&scene->server, &(struct cvn_server_options){.n_workers = 2}),
                     0);
    assert_int_equal(cvn_mentoring_bind(harness->service, scene->runtime, scene->server), 0);
    (void)snprintf(url, sizeof url, "inproc:/%s-mentoring", harness->path);
    assert_int_equal(cvn_server_listen(scene->server, url, &err), 0);
    assert_int_equal(cvn_server_start(scene->server), 0);
    assert_int_equal(cvn_channel_new(&scene->channel, url, NULL, &err), 0);
}

static void end(struct scene *scene)
{
    cvn_channel_free(scene->channel);
    (void)cvn_server_drain(scene->server, 0);
    cvn_server_free(scene->server);
    cvn_runtime_free(scene->runtime);
    published_end(&scene->p);
}

static struct cvn_stream *watch(struct scene *scene, const char *run_id)
{
    Convene__Mentoring__V1__WatchMatchRunRequest request =
        CONVENE__MENTORING__V1__WATCH_MATCH_RUN_REQUEST__INIT;
    struct cvn_stream *stream;
    request.id = (char *)(uintptr_t)run_id;
    const struct cvn_call_request call = {
        .service = &convene__mentoring__v1__match_watch_service__descriptor,
        .method = "WatchMatchRun",
        .message = &request.base,
        .options = {.timeout_ms = TIMEOUT_MS, .wait_for_ready = true},
    };
    assert_int_equal(cvn_stream_new(&stream, scene->channel, &call, NULL), 0);
    return stream;
}

/* The next message, or NULL at the end. */
static const Convene__Mentoring__V1__MatchRun *next(struct cvn_stream *stream,
                                                    struct cvn_arena *arena)
{
    ProtobufCMessage *message;
    int r = cvn_stream_read(stream, arena, &message);
    assert_true(r == 0 || r == CVN_STREAM_END);
    return r == 0 ? (const Convene__Mentoring__V1__MatchRun *)message : NULL;
}

static enum cvn_code finish(struct cvn_stream *stream, struct cvn_arena *arena)
{
    struct cvn_status status;
    enum cvn_code code = cvn_stream_finish(stream, arena, &status);
    cvn_stream_free(stream);
    return code;
}

static void test_watch_of_one_that_has_ended_tells_it_once(void **state)
{
    struct scene scene;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    begin(&scene, state);
    struct cvn_stream *stream = watch(&scene, scene.p.run.text);
    const Convene__Mentoring__V1__MatchRun *run = next(stream, &arena);
    assert_non_null(run);
    assert_int_equal(run->state, RUN_STATE(DONE));
    assert_null(next(stream, &arena));
    assert_int_equal(finish(stream, &arena), CVN_OK);
    end(&scene);
}

/* OpenReview matcher #370: hours without a sign of progress. Here every step is told, and a run
 * that hangs on another service says so and can be cancelled. */
static void test_hours_without_progress(void **state)
{
    struct scene scene;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    begin(&scene, state);
    harness_close_gate();
    struct id_text id = harness_start_run(&scene.p.admin, scene.p.program.text, 1);
    struct cvn_stream *stream = watch(&scene, id.text);
    const Convene__Mentoring__V1__MatchRun *run;
    do {
        run = next(stream, &arena);
        assert_non_null(run);
    } while (strcmp(run->phase, "ask where people met") != 0);
    Convene__Mentoring__V1__CancelMatchRunRequest cancel =
        CONVENE__MENTORING__V1__CANCEL_MATCH_RUN_REQUEST__INIT;
    cancel.id = id.text;
    assert_non_null(client_call(&scene.p.admin, "CancelMatchRun", &cancel));
    while (run->state != RUN_STATE(CANCELLED)) { /* though the gate is closed still */
        run = next(stream, &arena);
        assert_non_null(run);
    }
    assert_null(next(stream, &arena));
    assert_int_equal(finish(stream, &arena), CVN_OK);
    harness_open_gate();
    end(&scene);
}

static void test_watch_that_is_given_up_lets_the_run_go_on(void **state)
{
    struct scene scene;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    begin(&scene, state);
    harness_set_now_ms(harness_now_ms() + DAY_MS);
    harness_close_gate();
    struct id_text id = harness_start_run(&scene.p.admin, scene.p.program.text, 1);
    struct cvn_stream *stream = watch(&scene, id.text);
    assert_non_null(next(stream, &arena));
    cvn_stream_cancel(stream);
    assert_int_equal(finish(stream, &arena), CVN_CANCELLED);
    harness_open_gate();
    assert_int_equal(harness_wait_run(&scene.p.admin, id.text)->state, RUN_STATE(DONE));
    end(&scene);
}

static void test_watch_ends_when_the_service_stops(void **state)
{
    struct scene scene;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    begin(&scene, state);
    harness_hold_runs(scene.p.harness);
    struct id_text id = harness_start_run(&scene.p.admin, scene.p.program.text, 1);
    struct cvn_stream *stream = watch(&scene, id.text);
    const Convene__Mentoring__V1__MatchRun *run = next(stream, &arena);
    assert_int_equal(run->state, RUN_STATE(QUEUED));
    cvn_run_watch_stop(&scene.p.harness->service->watch);
    while (next(stream, &arena))
        ;
    assert_int_equal(finish(stream, &arena), CVN_UNAVAILABLE);
    end(&scene);
}

static void test_watch_of_no_run(void **state)
{
    struct scene scene;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    begin(&scene, state);
    struct cvn_stream *stream = watch(&scene, "run_00000000000000000000000000");
    assert_null(next(stream, &arena));
    assert_int_equal(finish(stream, &arena), CVN_NOT_FOUND);
    stream = watch(&scene, "nonsense");
    assert_null(next(stream, &arena));
    assert_int_equal(finish(stream, &arena), CVN_INVALID_ARGUMENT);
    end(&scene);
}

/* 256 may watch, and the next one is told to ask instead. */
static void test_watchers_up_to_the_limit(void **state)
{
    struct scene scene;
    CVN_ARENA_AUTO arena;
    static struct cvn_stream *streams[CVN_RUN_WATCHERS_MAX + 1];
    cvn_arena_init(&arena, ARENA_BYTES);
    begin(&scene, state);
    harness_hold_runs(scene.p.harness);
    struct id_text id = harness_start_run(&scene.p.admin, scene.p.program.text, 1);
    for (size_t i = 0; i < CVN_RUN_WATCHERS_MAX; i++) {
        streams[i] = watch(&scene, id.text);
        assert_non_null(next(streams[i], &arena));
    }
    streams[CVN_RUN_WATCHERS_MAX] = watch(&scene, id.text);
    assert_null(next(streams[CVN_RUN_WATCHERS_MAX], &arena));
    assert_int_equal(finish(streams[CVN_RUN_WATCHERS_MAX], &arena), CVN_RESOURCE_EXHAUSTED);
    harness_release_runs(scene.p.harness);
    for (size_t i = 0; i < CVN_RUN_WATCHERS_MAX; i++) {
        while (next(streams[i], &arena))
            ;
        assert_int_equal(finish(streams[i], &arena), CVN_OK);
    }
    end(&scene);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_watch_of_one_that_has_ended_tells_it_once),
        TEST(test_hours_without_progress),
        TEST(test_watch_that_is_given_up_lets_the_run_go_on),
        TEST(test_watch_ends_when_the_service_stops),
        TEST(test_watch_of_no_run),
        TEST(test_watchers_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
