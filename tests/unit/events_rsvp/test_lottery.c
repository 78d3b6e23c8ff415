/* Lots: the draw itself, who waits for it, when it happens, and what everybody can check. */
#include "base/draw.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/lottery_table.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_task.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <stdio.h>
#include <string.h>

enum { YES = CVN_RSVP_YES, WAITLISTED = CVN_RSVP_WAITLISTED, PEOPLE = 12, SEATS = 3 };

static Google__Protobuf__Timestamp draw_time;

/* Twelve people for three seats; lots are drawn in a day. */
static struct scene lottery(void **state)
{
    struct scene s = scene_new(state, SEATS, PEOPLE);
    google__protobuf__timestamp__init(&draw_time);
    draw_time.seconds = (s.harness->now_ms + DAY_MS) / 1000;
    s.message.waitlist_mode = MODE(LOTTERY);
    s.message.lottery_draw_time = &draw_time;
    scene_store(&s);
    return s;
}

static int64_t turn(struct scene *s)
{
    int64_t next_ms;
    assert_int_equal(
        cvn_rsvp_task_turn(&s->harness->service, s->harness->store, s->harness->now_ms, &next_ms),
        0);
    return next_ms;
}

static const Convene__Events__V1__Draw *get_draw(struct client *client, struct scene *s)
{
    Convene__Events__V1__GetDrawRequest request = CONVENE__EVENTS__V1__GET_DRAW_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    return client_call(client, &cvn_rsvp_methods[GET_DRAW], &request);
}

static const Convene__Events__V1__Draw *draw(struct client *client, struct scene *s)
{
    Convene__Events__V1__DrawLotsRequest request = CONVENE__EVENTS__V1__DRAW_LOTS_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    return client_call(client, &cvn_rsvp_methods[DRAW_LOTS], &request);
}

static const Convene__Events__V1__ListDrawTicketsResponse *
list_tickets(struct client *client, struct scene *s, int32_t size, char *token)
{
    Convene__Events__V1__ListDrawTicketsRequest request =
        CONVENE__EVENTS__V1__LIST_DRAW_TICKETS_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    request.page_size = size;
    request.page_token = token;
    return client_call(client, &cvn_rsvp_methods[LIST_TICKETS], &request);
}

static unsigned count(struct scene *s, int state)
{
    unsigned n = 0;
    for (unsigned i = 0; i < PEOPLE; i++)
        n += scene_now(s, i) == state;
    return n;
}

static void test_nobody_has_a_seat_before_the_draw(void **state)
{
    struct scene s = lottery(state);
    for (unsigned i = 0; i < PEOPLE; i++)
        assert_int_equal(scene_yes(&s, i, 0), WAITLISTED);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[4])->queue_position, 0);
    Convene__Events__V1__DecideRequest move = scene_decision(&s, 4, DECIDE(MOVE));
    move.position = 1;
    assert_null(client_call(&s.admin, &cvn_rsvp_methods[DECIDE_FOR], &move));
    assert_int_equal(scene_no(&s, 0), CVN_RSVP_NO);
    assert_int_equal(count(&s, WAITLISTED), PEOPLE - 1);
    s.message.capacity = SEATS + 1;
    scene_store(&s);
    assert_int_equal(count(&s, WAITLISTED), PEOPLE - 1);
    scene_check(&s);
    scene_end(&s);
}

static void test_lots_are_drawn_on_time_without_a_click(void **state)
{
    struct scene s = lottery(state);
    for (unsigned i = 0; i < PEOPLE; i++)
        (void)scene_yes(&s, i, 0);
    int64_t due_ms = draw_time.seconds * 1000;
    s.harness->now_ms = due_ms - 1;
    assert_int_equal(turn(&s), due_ms);
    assert_int_equal(count(&s, YES), 0);
    s.harness->now_ms = due_ms;
    assert_int_equal(turn(&s), INT64_MAX);
    assert_int_equal(count(&s, YES), SEATS);
    assert_int_equal(count(&s, WAITLISTED), PEOPLE - SEATS);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

/* What anybody can do with what is public: no id of anybody else is among it. */
static void test_anybody_can_check_the_draw(void **state)
{
    struct scene s = lottery(state);
    CLIENT one = client_of(s.harness, s.people[5]);
    char promised[CVN_DRAW_TEXT_BYTES], hash_text[CVN_DRAW_TEXT_BYTES];
    uint8_t seed[CVN_DRAW_BYTES], hash[CVN_DRAW_BYTES];
    for (unsigned i = 0; i < PEOPLE; i++)
        (void)scene_yes(&s, i, 0);
    const Convene__Events__V1__Draw *d = get_draw(&one, &s);
    assert_non_null(d);
    assert_int_equal(d->ticket_count, PEOPLE);
    assert_string_equal(d->seed, "");
    strcpy(promised, d->commitment);
    assert_int_equal(strlen(promised), CVN_DRAW_TEXT_BYTES - 1);
    s.harness->now_ms = draw_time.seconds * 1000;
    (void)turn(&s);
    d = get_draw(&one, &s);
    assert_string_equal(d->commitment, promised);
    assert_true(cvn_draw_parse(seed, d->seed));
    cvn_draw_commit(hash, seed);
    cvn_draw_format(hash_text, hash);
    assert_string_equal(hash_text, promised);
    const Convene__Events__V1__ListDrawTicketsResponse *r = list_tickets(&one, &s, 0, (char *)"");
    assert_int_equal(r->n_tickets, PEOPLE);
    struct cvn_draw_ticket tickets[PEOPLE], own;
    struct id_text event = id_text("evt", s.event), who = id_text("per", s.people[5]);
    unsigned n_named = 0, own_at = PEOPLE;
    cvn_draw_ticket(&own, event.text, who.text);
    for (unsigned i = 0; i < PEOPLE; i++) {
        assert_int_equal(r->tickets[i]->place, i + 1);
        assert_true(cvn_draw_parse(tickets[i].bytes, r->tickets[i]->ticket));
        n_named += r->tickets[i]->person_id[0] != '\0';
        if (memcmp(tickets[i].bytes, own.bytes, sizeof own.bytes) == 0)
            own_at = i;
    }
    assert_int_equal(n_named, 1);
    assert_true(own_at < PEOPLE);
    uint32_t order[PEOPLE];
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    assert_int_equal(cvn_draw_order(seed, tickets, PEOPLE, order, &arena), 0);
    for (uint32_t i = 0; i < PEOPLE; i++)
        assert_int_equal(order[i], i);
    assert_int_equal(scene_now(&s, 5), own_at < SEATS ? YES : WAITLISTED);
    scene_end(&s);
}

static void test_the_rest_waits_in_the_order_drawn(void **state)
{
    struct scene s = lottery(state);
    for (unsigned i = 0; i < PEOPLE; i++)
        (void)scene_yes(&s, i, 0);
    s.harness->now_ms = draw_time.seconds * 1000;
    (void)turn(&s);
    const Convene__Events__V1__ListDrawTicketsResponse *r =
        list_tickets(&s.admin, &s, 0, (char *)"");
    struct cvn_id seated, first;
    assert_true(cvn_id_parse(&seated, "per", r->tickets[0]->person_id));
    assert_true(cvn_id_parse(&first, "per", r->tickets[SEATS]->person_id));
    assert_int_equal(get_rsvp(&s.admin, s.event, first)->queue_position, 1);
    assert_int_equal(say_no(&s.admin, s.event, seated), CVN_RSVP_NO);
    assert_int_equal(state_of(&s.admin, s.event, first), YES);
    /* Whoever comes after the draw is behind those who took part. */
    assert_int_equal(say_yes(&s.admin, s.event, seated, 0), WAITLISTED);
    assert_int_equal(get_rsvp(&s.admin, s.event, seated)->queue_position, PEOPLE - SEATS);
    scene_check(&s);
    (void)scene_verify(&s);
    scene_end(&s);
}

static void test_an_organiser_draws_not_before_the_time_announced(void **state)
{
    struct scene s = lottery(state);
    CLIENT owner = client_of(s.harness, s.people[0]), member = client_of(s.harness, s.people[1]);
    (void)scene_yes(&s, 1, 0);
    assert_null(draw(&owner, &s));
    assert_string_equal(client_reason(&owner), "DRAW_LATER");
    s.harness->now_ms = draw_time.seconds * 1000;
    assert_null(draw(&member, &s));
    assert_int_equal(member.status.code, CVN_PERMISSION_DENIED);
    const Convene__Events__V1__Draw *d = draw(&owner, &s);
    assert_non_null(d);
    assert_non_null(d->drawn_time);
    char seed[CVN_DRAW_TEXT_BYTES];
    strcpy(seed, d->seed);
    s.harness->now_ms += HOUR_MS;
    d = draw(&owner, &s); /* again: the same draw */
    assert_string_equal(d->seed, seed);
    assert_int_equal(d->drawn_time->seconds, draw_time.seconds);
    assert_int_equal(turn(&s), INT64_MAX);
    scene_end(&s);
}

static void test_a_postponed_event_draws_when_it_has_a_date_again(void **state)
{
    struct scene s = lottery(state);
    for (unsigned i = 0; i < PEOPLE; i++)
        (void)scene_yes(&s, i, 0);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED;
    scene_store(&s);
    s.harness->now_ms = draw_time.seconds * 1000;
    assert_int_equal(turn(&s), INT64_MAX);
    assert_int_equal(count(&s, WAITLISTED), PEOPLE);
    s.message.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_RESCHEDULED;
    scene_store(&s);
    (void)turn(&s);
    assert_int_equal(count(&s, YES), SEATS);
    scene_end(&s);
}

static void test_a_draw_that_the_server_slept_through_is_not_due_for_ever(void **state)
{
    struct scene s = lottery(state);
    (void)scene_yes(&s, 1, 0);
    s.harness->now_ms = s.message.start_time->seconds * 1000;
    assert_int_equal(turn(&s), INT64_MAX);
    assert_int_equal(turn(&s), INT64_MAX);
    assert_int_equal(scene_now(&s, 1), WAITLISTED);
    scene_end(&s);
}

static int fill_queue(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_seats seats;
    int r = cvn_seats_get(ctx, arg, &seats);
    seats.waitlist_count[CVN_SEATS_ROOM] = CVN_LOTTERY_PARTIES_MAX - 1;
    return r ? r : cvn_seats_put(ctx, arg, &seats);
}

static void test_a_lottery_at_its_limit(void **state)
{
    struct scene s = lottery(state);
    (void)scene_yes(&s, 0, 0);
    assert_int_equal(harness_write(s.harness, fill_queue, &s.event), 0);
    assert_int_equal(scene_yes(&s, 1, 0), WAITLISTED);
    assert_int_equal(scene_yes(&s, 2, 0), -1);
    assert_string_equal(client_reason(&s.admin), "QUEUE_FULL");
    scene_end(&s);
}

static void test_tickets_by_pages(void **state)
{
    struct scene s = lottery(state);
    char token[512] = "";
    unsigned n = 0;
    for (unsigned i = 0; i < PEOPLE; i++)
        (void)scene_yes(&s, i, 0);
    s.harness->now_ms = draw_time.seconds * 1000;
    (void)turn(&s);
    do {
        const Convene__Events__V1__ListDrawTicketsResponse *r =
            list_tickets(&s.admin, &s, 5, token);
        assert_non_null(r);
        for (size_t i = 0; i < r->n_tickets; i++)
            assert_int_equal(r->tickets[i]->place, ++n);
        strcpy(token, r->next_page_token);
    } while (token[0]);
    assert_int_equal(n, PEOPLE);
    scene_end(&s);
}

static void test_events_that_are_no_lottery_have_no_draw(void **state)
{
    struct scene s = scene_new(state, 1, 1);
    scene_store(&s);
    assert_null(get_draw(&s.admin, &s));
    assert_string_equal(client_reason(&s.admin), "NOT_A_LOTTERY");
    assert_null(draw(&s.admin, &s));
    scene_end(&s);
}

/* The outcome is what the seed and the tickets make it, in whatever order they are given. */
static void test_the_draw_is_the_same_for_any_order_of_the_tickets(void **state)
{
    enum { N = 100 };
    struct cvn_draw_ticket tickets[N], turned[N];
    uint32_t order[N], other[N], counts[N] = {0};
    uint8_t seed[CVN_DRAW_BYTES] = {1}, next[CVN_DRAW_BYTES] = {2};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    for (unsigned i = 0; i < N; i++) {
        char who[16];
        (void)snprintf(who, sizeof who, "per_%u", i);
        cvn_draw_ticket(&tickets[i], "evt_1", who);
    }
    for (unsigned i = 0; i < N; i++)
        turned[i] = tickets[N - 1 - i];
    assert_int_equal(cvn_draw_order(seed, tickets, N, order, &arena), 0);
    assert_int_equal(cvn_draw_order(seed, turned, N, other, &arena), 0);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(other[i], N - 1 - order[i]);
        counts[order[i]]++;
    }
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(counts[i], 1);
    assert_int_equal(cvn_draw_order(next, tickets, N, other, &arena), 0);
    assert_memory_not_equal(order, other, sizeof order);
    /* One ticket more is another draw altogether. */
    assert_int_equal(cvn_draw_order(seed, tickets, N - 1, other, &arena), 0);
    assert_memory_not_equal(order, other, 20 * sizeof *order);
}

/* So that somebody else's program can be held against ours. */
static void test_the_hashes_of_a_draw_written_out(void **state)
{
    uint8_t seed[CVN_DRAW_BYTES], hash[CVN_DRAW_BYTES];
    struct cvn_draw_ticket ticket;
    char text[CVN_DRAW_TEXT_BYTES];
    memset(seed, 7, sizeof seed);
    cvn_draw_commit(hash, seed);
    cvn_draw_format(text, hash);
    assert_string_equal(text, "05cff6f5106a97ee345f620d28f75f560dd8ed6e00263947a6505d6c5666b99e");
    cvn_draw_ticket(&ticket, "evt_1", "per_2");
    cvn_draw_format(text, ticket.bytes);
    assert_string_equal(text, "0b499db7da6c5e4f712b156048c8ac491e7d7ee97d66d6215451eace5b1c1a0b");
    assert_true(cvn_draw_parse(hash, text));
    assert_memory_equal(hash, ticket.bytes, sizeof hash);
    assert_false(cvn_draw_parse(hash, "00"));
    text[3] = 'x';
    assert_false(cvn_draw_parse(hash, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_nobody_has_a_seat_before_the_draw),
        SCENE_TEST(test_lots_are_drawn_on_time_without_a_click),
        SCENE_TEST(test_anybody_can_check_the_draw),
        SCENE_TEST(test_the_rest_waits_in_the_order_drawn),
        SCENE_TEST(test_an_organiser_draws_not_before_the_time_announced),
        SCENE_TEST(test_a_postponed_event_draws_when_it_has_a_date_again),
        SCENE_TEST(test_a_draw_that_the_server_slept_through_is_not_due_for_ever),
        SCENE_TEST(test_a_lottery_at_its_limit),
        SCENE_TEST(test_tickets_by_pages),
        SCENE_TEST(test_events_that_are_no_lottery_have_no_draw),
        cmocka_unit_test(test_the_draw_is_the_same_for_any_order_of_the_tickets),
        cmocka_unit_test(test_the_hashes_of_a_draw_written_out),
    };
    return cmocka_run_group_tests_name("lottery", tests, NULL, NULL);
}
