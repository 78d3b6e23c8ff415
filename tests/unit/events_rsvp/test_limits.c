/* The limits of what there is already of answers: what comes at them, and beyond. */
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/attended.h"
#include "services/events/rsvps/check_in.h"
#include "services/events/rsvps/co_attendance.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/move_verify.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/rsvp_task.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <string.h>

enum { CHUNK = 1000, MANY = 9 /* what ids of many things begin with */ };

#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

static struct cvn_id number_id(unsigned number)
{
    return (struct cvn_id){
        {MANY, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number, 1}};
}

/* Something written many times, in updates of a thousand, with memory for one at a time. */
struct many {
    struct scene *scene;
    int (*one)(struct cvn_ctx *ctx, struct many *many, unsigned number);
    unsigned next, end;
    struct cvn_seats seats;
    Convene__Events__V1__RsvpState state;
    int64_t time_ms;
};

static int write_chunk(struct cvn_ctx *ctx, void *arg)
{
    struct many *many = arg;
    unsigned end = many->end - many->next > CHUNK ? many->next + CHUNK : many->end;
    int r = 0;
    while (r == 0 && many->next < end) {
        r = many->one(ctx, many, many->next++);
        cvn_arena_reset(ctx->arena);
    }
    return r;
}

static void write_many(struct many *many, unsigned n)
{
    many->end = many->next + n;
    while (many->next < many->end)
        assert_int_equal(harness_write(many->scene->harness, write_chunk, many), 0);
}

/* An event of that number, which took place a day before each one before it. */
static int put_event(struct cvn_ctx *ctx, struct many *many, unsigned number)
{
    Convene__Events__V1__Event event = many->scene->message;
    struct cvn_id id = number_id(number);
    event.id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &id);
    event.start_time = event.end_time =
        cvn_record_time(ctx->arena, ctx->now_ms - (number + 1) * HOUR_MS);
    return event.id && event.start_time ? cvn_event_put(ctx, &id, &event) : -1;
}

/* The first of the people came to the event of that number. */
static int put_attendance(struct cvn_ctx *ctx, struct many *many, unsigned number)
{
    Convene__Events__V1__Rsvp rsvp = CONVENE__EVENTS__V1__RSVP__INIT;
    struct cvn_id event = number_id(number);
    rsvp.state = many->state;
    return cvn_rsvp_put(ctx, &event, &many->scene->people[0], &rsvp);
}

static int list_own(struct cvn_ctx *ctx, void *arg)
{
    struct scene *s = arg;
    struct cvn_rsvp_of_person *rsvps;
    size_t n;
    assert_int_equal(cvn_rsvps_of_person(ctx, &s->people[0], &rsvps, &n), 0);
    assert_int_equal(n, CVN_RSVPS_OF_PERSON_MAX);
    /* Those to events registered last first. */
    struct cvn_id newest = number_id(CVN_RSVPS_OF_PERSON_MAX);
    assert_memory_equal(&rsvps[0].event, &newest, sizeof newest);
    return 0;
}

static void test_answers_of_a_person_beyond_those_looked_at(void **state)
{
    struct scene s = scene_new(state, 0, 1);
    struct many answers = {.scene = &s, .one = put_attendance, .state = STATE(NO)};
    write_many(&answers, CVN_RSVPS_OF_PERSON_MAX + 1);
    assert_int_equal(harness_read(s.harness, list_own, &s), 0);
    scene_end(&s);
}

static size_t attended_by_first(struct scene *s)
{
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    struct id_text id = id_text("per", s->people[0]);
    char *ids[] = {id.text};
    request.person_ids = ids;
    request.n_person_ids = 1;
    const Convene__Events__V1__BatchGetAttendanceResponse *found =
        client_call(&s->admin, &cvn_attendance_methods[0], &request);
    assert_non_null(found);
    assert_int_equal(found->n_attendance, 1);
    return found->attendance[0]->n_events;
}

static void test_events_that_somebody_came_to_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 0, 1);
    struct many events = {.scene = &s, .one = put_event};
    struct many came = {.scene = &s, .one = put_attendance, .state = STATE(ATTENDED)};
    write_many(&events, CVN_ATTENDED_EVENTS_MAX + 1);
    write_many(&came, CVN_ATTENDED_EVENTS_MAX);
    assert_int_equal(attended_by_first(&s), CVN_ATTENDED_EVENTS_MAX);
    write_many(&came, 1);
    assert_int_equal(attended_by_first(&s), CVN_ATTENDED_EVENTS_MAX);
    scene_end(&s);
}

/* The first two of the people came to the event of that number. */
static int put_both(struct cvn_ctx *ctx, struct many *many, unsigned number)
{
    Convene__Events__V1__Rsvp rsvp = CONVENE__EVENTS__V1__RSVP__INIT;
    struct cvn_id event = number_id(number);
    rsvp.state = STATE(ATTENDED);
    int r = put_event(ctx, many, number);
    for (int i = 0; r == 0 && i < 2; i++)
        r = cvn_rsvp_put(ctx, &event, &many->scene->people[i], &rsvp);
    return r;
}

/* The first page of what the first of the people shares with n others, all but one unknown. */
static const Convene__Events__V1__ListCoAttendanceResponse *share(struct scene *s, unsigned n)
{
    static struct id_text texts[CVN_ATTENDED_PEOPLE_MAX];
    char *ids[CVN_ATTENDED_PEOPLE_MAX];
    Convene__Events__V1__ListCoAttendanceRequest request =
        CONVENE__EVENTS__V1__LIST_CO_ATTENDANCE_REQUEST__INIT;
    struct id_text people[2] = {id_text("per", s->people[0]), id_text("per", s->people[1])};
    char *person_ids[] = {people[0].text, people[1].text};
    for (unsigned i = 0; i < n; i++) {
        texts[i] = i == 0 ? people[1] : id_text("per", number_id(i));
        ids[i] = texts[i].text;
    }
    request.person_ids = person_ids;
    request.n_person_ids = 2;
    request.other_person_ids = ids;
    request.n_other_person_ids = n;
    const Convene__Events__V1__ListCoAttendanceResponse *page =
        client_call(&s->admin, &cvn_attendance_methods[1], &request);
    assert_non_null(page);
    return page;
}

static void test_events_of_a_pair_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 0, 2);
    struct many events = {.scene = &s, .one = put_both};
    write_many(&events, CVN_CO_ATTENDANCE_EVENTS_MAX);
    for (int32_t more = 0; more < 2; more++) {
        const Convene__Events__V1__ListCoAttendanceResponse *page = share(&s, 1);
        assert_int_equal(page->n_pairs, 1);
        assert_int_equal(page->pairs[0]->n_events, CVN_CO_ATTENDANCE_EVENTS_MAX);
        assert_int_equal(page->pairs[0]->event_count, CVN_CO_ATTENDANCE_EVENTS_MAX + more);
        write_many(&events, 1);
    }
    scene_end(&s);
}

/* An event with far more answers than people are asked for, so that each is looked up. */
static int put_crowded(struct cvn_ctx *ctx, struct many *many, unsigned number)
{
    struct cvn_id event = number_id(number);
    struct cvn_seats seats;
    int r = put_event(ctx, many, number);
    if (r == 0)
        r = put_attendance(ctx, many, number);
    if (r == 0)
        r = cvn_seats_get(ctx, &event, &seats);
    seats.n_rsvps = 1000000;
    return r ? r : cvn_seats_put(ctx, &event, &seats);
}

static void test_looks_of_a_page_at_their_limit(void **state)
{
    enum { OTHERS = 400 };
    struct scene s = scene_new(state, 0, 2);
    struct many events = {.scene = &s, .one = put_crowded, .state = STATE(ATTENDED)};
    write_many(&events, CVN_CO_ATTENDANCE_LOOKS_MAX / OTHERS - 1);
    assert_string_equal(share(&s, OTHERS)->next_page_token, "");
    write_many(&events, 1);
    assert_string_not_equal(share(&s, OTHERS)->next_page_token, "");
    scene_end(&s);
}

static void close_attendance(struct scene *s, int32_t marked, bool more)
{
    Convene__Events__V1__CloseAttendanceRequest request =
        CONVENE__EVENTS__V1__CLOSE_ATTENDANCE_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    const Convene__Events__V1__CloseAttendanceResponse *done =
        client_call(&s->admin, &cvn_rsvp_methods[CLOSE_ATTENDANCE], &request);
    assert_non_null(done);
    assert_int_equal(done->marked_count, marked);
    assert_int_equal(done->more, more);
}

static void test_people_marked_in_one_call_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 0, 1);
    int64_t now_ms = s.harness->now_ms, over_ms = s.message.end_time->seconds * 1000 + HOUR_MS;
    struct cvn_id *people = test_calloc(CVN_CHECK_IN_CLOSE_MAX + 1, sizeof *people);
    for (unsigned i = 0; i <= CVN_CHECK_IN_CLOSE_MAX; i++)
        people[i] = harness_person(s.harness, 100 + i);
    for (unsigned more = 0; more < 2; more++) {
        s.harness->now_ms = now_ms;
        s.event = harness_put_event(s.harness, 2 + more, s.message);
        for (unsigned i = 0; i < CVN_CHECK_IN_CLOSE_MAX + more; i++)
            assert_int_equal(say_yes(&s.admin, s.event, people[i], 0), CVN_RSVP_YES);
        s.harness->now_ms = over_ms;
        close_attendance(&s, CVN_CHECK_IN_CLOSE_MAX, more);
        close_attendance(&s, (int32_t)more, false);
    }
    test_free(people);
    scene_end(&s);
}

/* Offers a seat of the event to the person, until the time. */
static int put_offer(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                     int64_t time_ms)
{
    Convene__Events__V1__Rsvp rsvp = CONVENE__EVENTS__V1__RSVP__INIT;
    struct cvn_seats seats;
    rsvp.state = STATE(OFFERED);
    rsvp.offer_expire_time = cvn_record_time(ctx->arena, time_ms);
    int r = cvn_rsvp_put(ctx, event, person, &rsvp);
    if (r == 0)
        r = cvn_offer_put(ctx, event, time_ms, person);
    if (r == 0)
        r = cvn_seats_get(ctx, event, &seats);
    seats.n_offers++;
    seats.n_rsvps++;
    seats.seats_taken[CVN_SEATS_ROOM]++;
    return r ? r : cvn_seats_put(ctx, event, &seats);
}

/* An event of that number, which is to come, with one offer. */
static int put_offering(struct cvn_ctx *ctx, struct many *many, unsigned number)
{
    Convene__Events__V1__Event event = many->scene->message;
    struct cvn_id id = number_id(number);
    event.id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &id);
    int r = event.id ? cvn_event_put(ctx, &id, &event) : -1;
    return r ? r : put_offer(ctx, &id, &many->scene->people[0], many->time_ms);
}

/* The scene's event has an offer to somebody of that number. */
static int put_one_of_many_offers(struct cvn_ctx *ctx, struct many *many, unsigned number)
{
    struct cvn_id person = number_id(number);
    return put_offer(ctx, &many->scene->event, &person, many->time_ms);
}

static int turn(struct scene *s)
{
    int64_t next_ms;
    return cvn_rsvp_task_turn(&s->harness->service, s->harness->store, s->harness->now_ms,
                              &next_ms);
}

static int count_offers(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_rsvp_offer offer = {0};
    (void)arg;
    int n = 0;
    while (cvn_rsvp_next_offer(ctx->txn, &offer) == 0)
        n++;
    return n;
}

static void test_events_of_one_turn_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 0, 1);
    for (int more = 0; more < 2; more++) {
        struct many events = {.scene = &s,
                              .one = put_offering,
                              .next = (unsigned)more * CHUNK,
                              .time_ms = s.harness->now_ms + HOUR_MS};
        write_many(&events, CVN_RSVP_TASK_MAX + (unsigned)more);
        s.harness->now_ms += 2 * HOUR_MS;
        assert_int_equal(turn(&s), more);
        assert_int_equal(harness_read(s.harness, count_offers, NULL), more);
        assert_int_equal(turn(&s), 0);
        assert_int_equal(harness_read(s.harness, count_offers, NULL), 0);
    }
    scene_end(&s);
}

static void test_offers_that_end_in_one_update_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 0, 1);
    scene_store(&s);
    struct many offers = {
        .scene = &s, .one = put_one_of_many_offers, .time_ms = s.harness->now_ms + HOUR_MS};
    write_many(&offers, CVN_OFFERS_ENDED_MAX + 1);
    s.harness->now_ms += 2 * HOUR_MS;
    assert_int_equal(turn(&s), 0);
    assert_int_equal(harness_read(s.harness, count_offers, NULL), 1);
    assert_int_equal(turn(&s), 0); /* the rest end with the next write */
    assert_int_equal(harness_read(s.harness, count_offers, NULL), 0);
    scene_end(&s);
}

/* A step of somebody of that number that follows from none: a fault. */
static int put_step(struct cvn_ctx *ctx, struct many *many, unsigned number)
{
    Convene__Events__V1__RsvpMove move = CONVENE__EVENTS__V1__RSVP_MOVE__INIT;
    struct id_text person = id_text("per", number_id(number));
    move.person_id = person.text;
    move.state_before = STATE(YES); /* who was never there before */
    move.state = STATE(NO);
    move.principal = (char *)(uintptr_t) "admin";
    int r = cvn_move_append(ctx, &many->scene->event, &many->seats, &move);
    bool last = many->next == many->end || many->next % CHUNK == 0;
    return r == 0 && last ? cvn_seats_put(ctx, &many->scene->event, &many->seats) : r;
}

static const Convene__Events__V1__VerifyRsvpMovesResponse *verify(struct scene *s)
{
    Convene__Events__V1__VerifyRsvpMovesRequest request =
        CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    return client_call(&s->admin, &cvn_rsvp_methods[VERIFY_MOVES], &request);
}

static void test_faults_of_a_history_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 0, 1);
    s.event = number_id(0);
    struct many events = {.scene = &s, .one = put_event};
    write_many(&events, 1);
    struct many steps = {.scene = &s, .one = put_step, .seats.next_queue_number = 1};
    write_many(&steps, CVN_MOVE_FAULTS_MAX);
    for (int more = 0; more < 2; more++) {
        const Convene__Events__V1__VerifyRsvpMovesResponse *report = verify(&s);
        assert_non_null(report);
        assert_int_equal(report->n_faults, CVN_MOVE_FAULTS_MAX);
        assert_int_equal(report->fault_count, CVN_MOVE_FAULTS_MAX + more);
        write_many(&steps, 1);
    }
    scene_end(&s);
}

static void test_people_of_a_history_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 0, 1);
    s.event = number_id(0);
    struct many events = {.scene = &s, .one = put_event};
    write_many(&events, 1);
    struct many steps = {.scene = &s, .one = put_step, .seats.next_queue_number = 1};
    write_many(&steps, CVN_MOVE_VERIFY_PEOPLE_MAX);
    assert_non_null(verify(&s));
    write_many(&steps, 1);
    assert_null(verify(&s));
    assert_int_equal(s.admin.result, CVN_REFUSED);
    assert_int_equal(s.admin.status.code, CVN_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(s.admin.status.message, "400000 people"));
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_answers_of_a_person_beyond_those_looked_at),
        SCENE_TEST(test_events_that_somebody_came_to_at_their_limit),
        SCENE_TEST(test_events_of_a_pair_at_their_limit),
        SCENE_TEST(test_looks_of_a_page_at_their_limit),
        SCENE_TEST(test_people_marked_in_one_call_at_their_limit),
        SCENE_TEST(test_events_of_one_turn_at_their_limit),
        SCENE_TEST(test_offers_that_end_in_one_update_at_their_limit),
        SCENE_TEST(test_faults_of_a_history_at_their_limit),
        SCENE_TEST(test_people_of_a_history_at_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
