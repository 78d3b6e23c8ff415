/* libconvene against a server of our own making, over inproc. */
#include "tests/support/cmocka_all.h"

#include "convene/convene.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "rpc/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL "inproc://test-client"

enum { N_METHODS = 7, N_RSVP_METHODS = 13, STORED = 5, PAGE = 2 };

/* What the server saw, and what it is to answer. */
struct fake {
    struct cvn_server *server;
    struct convene *client;
    struct convene_status status;
    int n_calls;
    int n_failing; /* calls to refuse first */
    enum cvn_code failing;
    int64_t advised_ms; /* when to come back, which goes with that; 0: not said */
    bool refuse;
    char request_ids[4][64];
    size_t batch_sizes[4];
    char answers[128]; /* as "question=value,value;" */
};

static struct fake fake;

static void note_request_id(const char *id)
{
    (void)snprintf(fake.request_ids[fake.n_calls % 4], 64, "%s", id);
}

/* Ends the call when the test wants it refused. */
static bool refuse(struct cvn_server_call *call)
{
    struct cvn_arena *arena = cvn_server_call_arena(call);
    struct cvn_status status = {0};
    fake.n_calls++;
    if (fake.n_failing > 0) {
        fake.n_failing--;
        (void)cvn_status_set(&status, arena, fake.failing, "Come back soon.");
        if (fake.advised_ms > 0) {
            cvn_status_add_retry_info(&status, arena, fake.advised_ms);
        }
    } else if (fake.refuse) {
        struct cvn_problems problems;
        cvn_problems_init(&problems, arena);
        cvn_problems_add(&problems, "event.title", "must not be empty");
        cvn_status_from_problems(&status, arena, &problems);
    } else {
        return false;
    }
    cvn_server_call_finish(call, &status, NULL);
    return true;
}

static void register_event(struct cvn_server_call *call, const ProtobufCMessage *message,
                           void *user)
{
    (void)user;
    const Convene__Events__V1__RegisterEventRequest *request = (const void *)message;
    note_request_id(request->request_id);
    if (refuse(call)) {
        return;
    }
    Convene__Events__V1__RegisterEventResponse reply =
        CONVENE__EVENTS__V1__REGISTER_EVENT_RESPONSE__INIT;
    Convene__Events__V1__Event event = *request->event;
    event.id = (char *)"evt_1";
    reply.event = &event;
    reply.outcome = CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_CREATED;
    cvn_server_call_finish(call, NULL, &reply.base);
}

/* Refuses the events whose title is empty. */
static void batch_register(struct cvn_server_call *call, const ProtobufCMessage *message,
                           void *user)
{
    (void)user;
    const Convene__Events__V1__BatchRegisterEventsRequest *request = (const void *)message;
    fake.batch_sizes[fake.n_calls++ % 4] = request->n_events;
    Convene__Events__V1__RegisterResult results[CONVENE_BATCH_MAX];
    Convene__Events__V1__RegisterResult *pointers[CONVENE_BATCH_MAX];
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    status.code = CVN_INVALID_ARGUMENT;
    status.message = (char *)"title must not be empty";
    for (size_t i = 0; i < request->n_events; i++) {
        bool good = *request->events[i]->title != '\0';
        convene__events__v1__register_result__init(&results[i]);
        results[i].outcome = good ? CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_CREATED
                                  : CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_REFUSED;
        results[i].id = good ? request->events[i]->external_id : (char *)"";
        results[i].status = good ? NULL : &status;
        pointers[i] = &results[i];
    }
    Convene__Events__V1__BatchRegisterEventsResponse reply =
        CONVENE__EVENTS__V1__BATCH_REGISTER_EVENTS_RESPONSE__INIT;
    reply.results = pointers;
    reply.n_results = request->n_events;
    cvn_server_call_finish(call, NULL, &reply.base);
}

/* Five events, two a page; the token is the number of those shown. */
static void list_events(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    (void)user;
    const Convene__Events__V1__ListEventsRequest *request = (const void *)message;
    if (refuse(call)) {
        return;
    }
    size_t first = *request->page_token ? (size_t)(*request->page_token - '0') : 0;
    Convene__Events__V1__Event events[PAGE];
    Convene__Events__V1__Event *pointers[PAGE];
    char titles[PAGE][8];
    size_t n = 0;
    for (; n < PAGE && first + n < STORED && n < (size_t)request->page_size; n++) {
        convene__events__v1__event__init(&events[n]);
        (void)snprintf(titles[n], sizeof titles[n], "t%zu", first + n);
        events[n].title = titles[n];
        pointers[n] = &events[n];
    }
    char token[8] = "";
    if (first + n < STORED) {
        (void)snprintf(token, sizeof token, "%zu", first + n);
    }
    Convene__Events__V1__ListEventsResponse reply = CONVENE__EVENTS__V1__LIST_EVENTS_RESPONSE__INIT;
    reply.events = pointers;
    reply.n_events = n;
    reply.next_page_token = token;
    cvn_server_call_finish(call, NULL, &reply.base);
}

/* Asks for an answer to "diet" and gives a seat in the way that was asked for. */
static void respond(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    (void)user;
    const Convene__Events__V1__RespondRequest *request = (const void *)message;
    note_request_id(request->request_id);
    fake.n_calls++;
    fake.answers[0] = '\0';
    for (size_t i = 0; i < request->n_answers; i++) {
        const Convene__Events__V1__QuestionAnswer *answer = request->answers[i];
        (void)strncat(fake.answers, answer->question_id, 16);
        for (size_t k = 0; k < answer->n_values; k++) {
            (void)strncat(fake.answers, k ? "," : "=", 2);
            (void)strncat(fake.answers, answer->values[k], 16);
        }
        (void)strncat(fake.answers, ";", 2);
    }
    Convene__Events__V1__Rsvp rsvp = CONVENE__EVENTS__V1__RSVP__INIT;
    rsvp.state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES;
    rsvp.way = request->way;
    rsvp.guests = request->guests;
    cvn_server_call_finish(call, NULL, &rsvp.base);
}

static const struct cvn_method rsvp_methods[N_RSVP_METHODS] = {{respond}};

/* In the .proto's order. */
static const struct cvn_method methods[N_METHODS] = {
    {NULL}, {NULL}, {list_events}, {NULL}, {NULL}, {register_event}, {batch_register},
};

static void open_client(bool fail_fast)
{
    const struct convene_options options = {.url = URL, .timeout_ms = 5000, .fail_fast = fail_fast};
    assert_int_equal(convene_open(&fake.client, &options, &fake.status), 0);
}

static int set_up(void **state)
{
    (void)state;
    fake = (struct fake){.status = CONVENE_STATUS_INIT, .failing = CVN_UNAVAILABLE};
    const struct cvn_server_options options = {.n_workers = 1};
    return cvn_server_new(&fake.server, &options) ||
           cvn_server_add_service(fake.server, &convene__events__v1__event_service__descriptor,
                                  methods, NULL) ||
           cvn_server_add_service(fake.server, &convene__events__v1__rsvp_service__descriptor,
                                  rsvp_methods, NULL) ||
           cvn_server_listen(fake.server, URL, NULL) || cvn_server_start(fake.server);
}

static int tear_down(void **state)
{
    (void)state;
    convene_close(fake.client);
    convene_status_clear(&fake.status);
    cvn_server_free(fake.server);
    return 0;
}

static const struct convene_event good = {
    .group = "g", .external_id = "x", .title = "Hi", .start = "2026-12-01T18:30"};

static void test_register_tells_id_and_outcome(void **state)
{
    (void)state;
    struct convene_registered done;
    open_client(true);
    assert_int_equal(convene_register_event(fake.client, &good, 0, &done, &fake.status), 0);
    assert_string_equal(done.id, "evt_1");
    assert_int_equal(done.outcome, CONVENE_CREATED);
    assert_string_equal(fake.status.message, "");
}

static void test_retry_keeps_the_request_id_and_another_call_has_its_own(void **state)
{
    (void)state;
    open_client(false);
    fake.n_failing = 1;
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status), 0);
    assert_int_equal(fake.n_calls, 2);
    assert_true(strlen(fake.request_ids[0]) > 20);
    assert_string_equal(fake.request_ids[0], fake.request_ids[1]);
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status), 0);
    assert_string_not_equal(fake.request_ids[1], fake.request_ids[2]);
}

static void test_exhausted_is_tried_again_when_the_server_says_when(void **state)
{
    (void)state;
    open_client(false);
    fake.failing = CVN_RESOURCE_EXHAUSTED;
    fake.advised_ms = 1;
    fake.n_failing = 2;
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status), 0);
    assert_int_equal(fake.n_calls, 3);
    assert_string_equal(fake.request_ids[0], fake.request_ids[2]);
    fake.advised_ms = 0;
    fake.n_failing = 1;
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status),
                     CONVENE_RESOURCE_EXHAUSTED);
    assert_int_equal(fake.n_calls, 4);
}

static void test_tries_end_when_the_next_would_be_past_the_timeout(void **state)
{
    (void)state;
    open_client(false);
    fake.advised_ms = 6000;
    fake.n_failing = 1;
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status),
                     CONVENE_UNAVAILABLE);
    assert_int_equal(fake.n_calls, 1);
    assert_int_equal(fake.status.retry_after_ms, 6000);
}

static void test_tries_end_after_the_fifth(void **state)
{
    (void)state;
    open_client(true);
    fake.advised_ms = 1;
    fake.n_failing = 4;
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status), 0);
    assert_int_equal(fake.n_calls, 5);
    fake.n_failing = 5;
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status),
                     CONVENE_UNAVAILABLE);
    assert_int_equal(fake.n_calls, 10);
}

static void test_fail_fast_does_not_try_again(void **state)
{
    (void)state;
    open_client(true);
    fake.n_failing = 1;
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status),
                     CONVENE_UNAVAILABLE);
    assert_int_equal(fake.n_calls, 1);
    assert_string_equal(fake.status.message, "Come back soon.");
}

static void test_refusal_names_the_field(void **state)
{
    (void)state;
    open_client(false);
    fake.refuse = true;
    struct convene_registered done = {.id = "kept"};
    assert_int_equal(convene_register_event(fake.client, &good, 0, &done, &fake.status),
                     CONVENE_INVALID_ARGUMENT);
    assert_int_equal(fake.n_calls, 1);
    assert_int_equal(fake.status.n_violations, 1);
    assert_string_equal(fake.status.violations[0].field, "event.title");
    assert_string_equal(fake.status.violations[0].text, "must not be empty");
    assert_false(fake.status.unreachable);
    assert_string_equal(done.id, "kept");
}

static int count(const struct convene_event *event, void *user)
{
    int *n = user;
    char title[8];
    (void)snprintf(title, sizeof title, "t%d", *n);
    assert_string_equal(event->title, title);
    ++*n;
    return 0;
}

static int stop_at_second(const struct convene_event *event, void *user)
{
    (void)event;
    return ++*(int *)user == 2;
}

static void test_list_walks_pages_to_the_end_or_the_limit(void **state)
{
    (void)state;
    open_client(true);
    int n = 0;
    struct convene_event_filter filter = {0};
    assert_int_equal(convene_list_events(fake.client, &filter, count, &n, &fake.status), 0);
    assert_int_equal(n, STORED);
    assert_int_equal(fake.n_calls, 3);
    n = 0;
    filter.limit = 3;
    assert_int_equal(convene_list_events(fake.client, &filter, count, &n, &fake.status), 0);
    assert_int_equal(n, 3);
    n = 0;
    filter.limit = 0;
    assert_int_equal(convene_list_events(fake.client, &filter, stop_at_second, &n, &fake.status),
                     0);
    assert_int_equal(n, 2);
}

static void test_batch_of_501_goes_in_two_calls(void **state)
{
    (void)state;
    open_client(true);
    static struct convene_event events[CONVENE_BATCH_MAX + 1];
    for (size_t i = 0; i <= CONVENE_BATCH_MAX; i++) {
        events[i] = good;
    }
    events[7].title = "";
    events[CONVENE_BATCH_MAX].external_id = "last";
    struct convene_batch batch = {events, CONVENE_BATCH_MAX, 0};
    struct convene_registered *results = NULL;
    assert_int_equal(convene_register_events(fake.client, &batch, &results, &fake.status), 0);
    assert_int_equal(fake.n_calls, 1);
    convene_registered_free(results, batch.n_events);
    batch.n_events++;
    assert_int_equal(convene_register_events(fake.client, &batch, &results, &fake.status), 0);
    assert_int_equal(fake.n_calls, 3);
    assert_int_equal(fake.batch_sizes[1], 500);
    assert_int_equal(fake.batch_sizes[2], 1);
    assert_int_equal(results[7].outcome, CONVENE_REFUSED);
    assert_string_equal(results[7].status.message, "title must not be empty");
    assert_string_equal(results[CONVENE_BATCH_MAX].id, "last");
    convene_registered_free(results, batch.n_events);
}

static void test_nobody_there_is_unreachable(void **state)
{
    (void)state;
    const struct convene_options options = {
        .url = "inproc://nobody", .timeout_ms = 200, .fail_fast = true};
    assert_int_equal(convene_open(&fake.client, &options, &fake.status), 0);
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status),
                     CONVENE_UNAVAILABLE);
    assert_true(fake.status.unreachable);
}

static void test_waiting_for_nobody_ends_with_the_timeout(void **state)
{
    (void)state;
    const struct convene_options options = {.url = "inproc://nobody", .timeout_ms = 200};
    assert_int_equal(convene_open(&fake.client, &options, &fake.status), 0);
    assert_int_equal(convene_register_event(fake.client, &good, 0, NULL, &fake.status),
                     CONVENE_DEADLINE_EXCEEDED);
    assert_true(fake.status.unreachable);
}

static void test_wrong_calls_do_not_leave(void **state)
{
    (void)state;
    open_client(true);
    Convene__Events__V1__GetEventRequest request = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    assert_int_equal(convene_call(fake.client, "convene.events.v1.EventService/Fly", &request.base,
                                  &reply, &fake.status),
                     CONVENE_UNIMPLEMENTED);
    assert_int_equal(convene_call(fake.client, "convene.events.v1.EventService/ListEvents",
                                  &request.base, &reply, &fake.status),
                     CONVENE_INVALID_ARGUMENT);
    assert_int_equal(fake.n_calls, 0);
    assert_null(reply);
}

static void test_respond_sends_the_way_and_the_answers(void **state)
{
    (void)state;
    open_client(true);
    const char *const days[] = {"mon", "wed"}, *const diet[] = {"vegan|not split"};
    const struct convene_question_answer answers[] = {{"days", days, 2}, {"diet", diet, 1}, {0}};
    struct convene_rsvp_request request = {.event = "evt_1",
                                           .answer = CONVENE_YES,
                                           .guests = 2,
                                           .way = CONVENE_MODE_ONLINE,
                                           .answers = answers,
                                           .n_answers = 3};
    struct convene_rsvp rsvp;
    assert_int_equal(convene_respond(fake.client, &request, &rsvp, &fake.status), 0);
    assert_string_equal(fake.answers, "days=mon,wed;diet=vegan|not split;;");
    assert_int_equal(rsvp.state, CONVENE_RSVP_YES);
    assert_int_equal(rsvp.way, CONVENE_MODE_ONLINE);
    assert_int_equal(rsvp.guests, 2);
    /* As programs written before these fields were there. */
    const struct convene_rsvp_request plain = {"evt_1", NULL, CONVENE_YES, 0};
    assert_int_equal(convene_respond(fake.client, &plain, &rsvp, &fake.status), 0);
    assert_string_equal(fake.answers, "");
    assert_int_equal(rsvp.way, CONVENE_MODE_UNSPECIFIED);
}

static void test_respond_with_more_answers_than_memory_does_not_leave(void **state)
{
    (void)state;
    open_client(true);
    enum { MANY = 100000 };
    struct convene_question_answer *answers = calloc(MANY, sizeof *answers);
    const struct convene_rsvp_request request = {
        .event = "evt_1", .answer = CONVENE_YES, .answers = answers, .n_answers = MANY};
    assert_non_null(answers);
    assert_int_equal(convene_respond(fake.client, &request, NULL, &fake.status),
                     CONVENE_RESOURCE_EXHAUSTED);
    assert_int_equal(fake.n_calls, 0);
    free(answers);
}

static void test_options_out_of_bounds_are_refused(void **state)
{
    (void)state;
    struct convene_options options = {.url = "nonsense"};
    assert_int_equal(convene_open(&fake.client, &options, &fake.status), CONVENE_INVALID_ARGUMENT);
    options = (struct convene_options){.url = URL, .timeout_ms = CONVENE_TIMEOUT_MAX_MS + 1};
    assert_int_equal(convene_open(&fake.client, &options, &fake.status), CONVENE_INVALID_ARGUMENT);
    assert_null(fake.client);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_register_tells_id_and_outcome),
        TEST(test_retry_keeps_the_request_id_and_another_call_has_its_own),
        TEST(test_exhausted_is_tried_again_when_the_server_says_when),
        TEST(test_tries_end_when_the_next_would_be_past_the_timeout),
        TEST(test_tries_end_after_the_fifth),
        TEST(test_fail_fast_does_not_try_again),
        TEST(test_refusal_names_the_field),
        TEST(test_list_walks_pages_to_the_end_or_the_limit),
        TEST(test_batch_of_501_goes_in_two_calls),
        TEST(test_nobody_there_is_unreachable),
        TEST(test_waiting_for_nobody_ends_with_the_timeout),
        TEST(test_respond_sends_the_way_and_the_answers),
        TEST(test_respond_with_more_answers_than_memory_does_not_leave),
        TEST(test_wrong_calls_do_not_leave),
        TEST(test_options_out_of_bounds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
