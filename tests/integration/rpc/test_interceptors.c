/* What stands around calls, on both sides, over the transport named on the command line. */
#include "tests/integration/rpc/rig.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

static const char *transport;

/* What the interceptors were told, one letter each; those of one call come one after another. */
struct story {
    pthread_mutex_t lock;
    char text[256];
    size_t len;
    struct tally ends; /* of outermost ones: all others have been told */
};
#define STORY_INIT                                                                                 \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .ends = TALLY_INIT                                      \
    }

struct teller {
    struct story *story;
    unsigned place;
    enum cvn_code code; /* to refuse with */
    const char *message;
    int fault; /* of a client's */
};

static void tell(struct story *story, char letter)
{
    (void)pthread_mutex_lock(&story->lock);
    if (story->len < sizeof story->text - 1)
        story->text[story->len++] = letter;
    (void)pthread_mutex_unlock(&story->lock);
}

static enum cvn_code begin(void *user, struct cvn_server_call *call, struct cvn_status *status)
{
    struct teller *teller = user;
    tell(teller->story, (char)('a' + teller->place));
    if (teller->code != CVN_OK && teller->message)
        return cvn_status_set(status, cvn_server_call_arena(call), teller->code, "%s",
                              teller->message)
            ->code;
    return teller->code;
}

/* A capital letter for one that had begun, a digit for one that had not. */
static void end(void *user, const struct cvn_call_record *record, bool begun)
{
    struct teller *teller = user;
    tell(teller->story, (char)((begun ? 'A' : '0') + teller->place));
    if (teller->place == 0)
        tally_add(&teller->story->ends);
}

static void start(struct rig *rig, struct teller tellers[3], struct story *story)
{
    struct cvn_interceptor interceptors[3];
    for (unsigned i = 0; i < 3; i++) {
        tellers[i].story = story;
        tellers[i].place = i;
        interceptors[i] = (struct cvn_interceptor){begin, end, &tellers[i]};
    }
    struct cvn_server_options options = {.interceptors = interceptors, .n_interceptors = 3};
    rig_start(rig, &(struct rig_options){.transport = transport, .server = &options});
}

static void test_interceptors_nest(void **state)
{
    struct story story = STORY_INIT;
    struct teller tellers[3] = {0};
    struct rig rig;
    start(&rig, tellers, &story);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
    tally_wait(&story.ends, 1);
    assert_string_equal(story.text, "abcCBA");
    rig_stop(&rig);
}

/* A call of UnaryCall with a payload of so many bytes. */
static enum cvn_code call_with(struct rig *rig, size_t bytes, struct cvn_arena *arena,
                               struct cvn_status *status)
{
    Convene__Testing__Payload payload = CONVENE__TESTING__PAYLOAD__INIT;
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    payload.body = (ProtobufCBinaryData){bytes, cvn_arena_alloc(arena, bytes)};
    request.payload = &payload;
    struct cvn_call_request what = {.service = &convene__testing__test_service__descriptor,
                                    .method = "UnaryCall",
                                    .message = &request.base,
                                    .options = {.timeout_ms = RIG_TIMEOUT_MS}};
    ProtobufCMessage *reply;
    return cvn_channel_call(rig->channel, &what, arena, status, &reply);
}

static void test_refusal_keeps_the_inner_ones_out(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct story story = STORY_INIT;
    struct teller tellers[3] = {[1] = {.code = CVN_UNAUTHENTICATED, .message = "Say who you are."}};
    struct rig rig;
    struct cvn_status status;
    start(&rig, tellers, &story);
    assert_int_equal(call_with(&rig, 10, &arena, &status), CVN_UNAUTHENTICATED);
    assert_string_equal(status.message, "Say who you are.");
    tally_wait(&story.ends, 1);
    assert_string_equal(story.text, "ab21A");
    rig_stop(&rig);
}

static void test_refusal_by_its_code_alone(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct story story = STORY_INIT;
    struct teller tellers[3] = {[2] = {.code = CVN_PERMISSION_DENIED}};
    struct rig rig;
    struct cvn_status status;
    start(&rig, tellers, &story);
    assert_int_equal(call_with(&rig, 10, &arena, &status), CVN_PERMISSION_DENIED);
    rig_stop(&rig);
}

static void test_refused_requests_are_not_counted_for_ever(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, RIG_ARENA_BYTES);
    struct story story = STORY_INIT;
    struct teller tellers[3] = {[0] = {.code = CVN_UNAUTHENTICATED, .message = "No."}};
    struct rig rig;
    struct cvn_status status;
    start(&rig, tellers, &story);
    assert_int_equal(call_with(&rig, 1000, &arena, &status), CVN_UNAUTHENTICATED);
    tally_wait(&story.ends, 1);
    /* Refused by the interceptor again, and not for the bytes that wait. */
    assert_int_equal(call_with(&rig, 10, &arena, &status), CVN_UNAUTHENTICATED);
    rig_stop(&rig);
}

static void test_refused_stream(void **state)
{
    struct story story = STORY_INIT;
    struct teller tellers[3] = {[1] = {.code = CVN_UNAUTHENTICATED, .message = "No."}};
    struct rig rig;
    start(&rig, tellers, &story);
    struct cvn_stream *stream = rig_stream(&rig, "FullDuplexCall", NULL);
    while (rig_ask(stream, 10, 1000) == 0) /* until the refusal has come */
        ;
    assert_int_equal(rig_read(stream), -1);
    assert_int_equal(rig_finish(stream), CVN_UNAUTHENTICATED);
    tally_wait(&story.ends, 1);
    assert_string_equal(story.text, "ab21A");
    assert_int_equal(rig.service.n_begun, 0);
    rig_stop(&rig);
}

static void test_end_of_a_call_that_no_method_has(void **state)
{
    struct story story = STORY_INIT;
    struct teller tellers[3] = {0};
    struct rig rig;
    start(&rig, tellers, &story);
    Convene__Testing__Empty empty = CONVENE__TESTING__EMPTY__INIT;
    struct cvn_stream *stream = rig_stream(&rig, "UnimplementedCall", &empty.base);
    assert_int_equal(rig_finish(stream), CVN_UNIMPLEMENTED);
    tally_wait(&story.ends, 1);
    assert_string_equal(story.text, "210");
    rig_stop(&rig);
}

static int client_begin(void *user, const char *method, struct cvn_metadata *metadata)
{
    struct teller *teller = user;
    tell(teller->story, (char)('a' + teller->place));
    if (teller->fault)
        return teller->fault;
    return cvn_metadata_add(metadata, INTEROP_ECHO_INITIAL,
                            cvn_slice_of_string(teller->place ? "inner" : "outer"));
}

static void client_end(void *user, const char *method, enum cvn_code code, int64_t duration_us)
{
    struct teller *teller = user;
    tell(teller->story, (char)('A' + teller->place));
    if (teller->place == 0)
        tally_add(&teller->story->ends);
}

static void start_client(struct rig *rig, struct teller tellers[3], struct story *story)
{
    struct cvn_client_interceptor interceptors[3];
    for (unsigned i = 0; i < 3; i++) {
        tellers[i].story = story;
        tellers[i].place = i;
        interceptors[i] = (struct cvn_client_interceptor){client_begin, client_end, &tellers[i]};
    }
    struct cvn_channel_options options = {.interceptors = interceptors, .n_interceptors = 3};
    rig_start(rig, &(struct rig_options){.transport = transport, .channel = &options});
}

static void test_client_interceptors_add_metadata(void **state)
{
    struct story story = STORY_INIT;
    struct teller tellers[3] = {0};
    struct rig rig;
    start_client(&rig, tellers, &story);
    Convene__Testing__SimpleRequest request = CONVENE__TESTING__SIMPLE_REQUEST__INIT;
    struct cvn_stream *stream = rig_stream(&rig, "UnaryCall", &request.base);
    assert_int_equal(rig_read(stream), 0);
    const struct cvn_metadata *echoed = cvn_stream_initial_metadata(stream);
    assert_non_null(echoed);
    assert_int_equal(echoed->n, 3);
    assert_string_equal(echoed->entries[0].value.data, "outer");
    assert_string_equal(echoed->entries[2].value.data, "inner");
    assert_int_equal(rig_finish(stream), CVN_OK);
    tally_wait(&story.ends, 1);
    assert_string_equal(story.text, "abcCBA");
    rig_stop(&rig);
}

static void test_client_interceptors_end_before_the_caller_goes_on(void **state)
{
    struct story story = STORY_INIT;
    struct teller tellers[3] = {0};
    struct rig rig;
    start_client(&rig, tellers, &story);
    for (unsigned i = 1; i <= 50; i++) {
        assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_OK);
        assert_int_equal(tally_get(&story.ends), i);
    }
    rig_stop(&rig);
}

static void test_client_interceptor_that_fails_a_call(void **state)
{
    struct story story = STORY_INIT;
    struct teller tellers[3] = {[1] = {.fault = -EINVAL}};
    struct rig rig;
    start_client(&rig, tellers, &story);
    assert_int_equal(rig_empty_call(rig.channel, NULL), CVN_INVALID_ARGUMENT);
    tally_wait(&story.ends, 1);
    assert_string_equal(story.text, "abA");
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    transport = argc > 1 ? argv[1] : "inproc";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interceptors_nest),
        cmocka_unit_test(test_refusal_keeps_the_inner_ones_out),
        cmocka_unit_test(test_refusal_by_its_code_alone),
        cmocka_unit_test(test_refused_requests_are_not_counted_for_ever),
        cmocka_unit_test(test_refused_stream),
        cmocka_unit_test(test_end_of_a_call_that_no_method_has),
        cmocka_unit_test(test_client_interceptors_add_metadata),
        cmocka_unit_test(test_client_interceptors_end_before_the_caller_goes_on),
        cmocka_unit_test(test_client_interceptor_that_fails_a_call),
    };
    return cmocka_run_group_tests_name(transport, tests, NULL, NULL);
}
