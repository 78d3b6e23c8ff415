#include "tests/unit/events_rsvp/checker.h"

#include "services/events/record.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats.h"
#include "services/events/spaces.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum { WAITING_MAX = 512 };

/* What the rows of one event add up to. */
struct sums {
    uint64_t n_rsvps;
    uint32_t seats_taken[CVN_SEAT_KINDS];
    uint32_t n_waiting[CVN_SEAT_KINDS];
    uint32_t n_offers;
    uint32_t n_queue_rows[CVN_SEAT_KINDS];
    uint32_t n_offer_rows;
    struct cvn_waiting queue[CVN_SEAT_KINDS][WAITING_MAX];
};

struct look {
    struct checker *checker;
    struct cvn_ctx *ctx;
    struct cvn_rsvp_event event;
    uint32_t capacity[CVN_SEAT_KINDS];
    struct cvn_seats seats;
    struct sums sums;
};

static void look_at_rsvp(struct look *look, struct cvn_slice key)
{
    struct cvn_id event, person;
    Convene__Events__V1__Rsvp *rsvp;
    struct cvn_queued queued;
    assert_true(cvn_rsvp_of_key(key, &event, &person));
    assert_int_equal(cvn_rsvp_get(look->ctx, &event, &person, &rsvp), 0);
    enum cvn_rsvp_state state = (enum cvn_rsvp_state)rsvp->state;
    enum cvn_seat_kind kind = cvn_seat_kind_of(rsvp);
    look->sums.n_rsvps++;
    if (cvn_rsvp_holds_seats(state))
        look->sums.seats_taken[kind] += 1 + (uint32_t)rsvp->guests;
    look->sums.n_offers += state == CVN_RSVP_OFFERED;
    assert_int_equal(rsvp->offer_expire_time != NULL,
                     state == CVN_RSVP_OFFERED && !look->seats.frozen);
    assert_int_equal(rsvp->queue_number > 0, state == CVN_RSVP_WAITLISTED);
    if (state != CVN_RSVP_WAITLISTED)
        return;
    struct cvn_queue_place place = cvn_queue_place_of(rsvp);
    look->sums.n_waiting[kind]++;
    assert_int_equal(cvn_queue_get(look->ctx, &event, &place, &queued), 0);
    assert_int_equal(queued.queue_number, rsvp->queue_number);
    assert_true(cvn_id_equal(&queued.person, &person));
    assert_int_equal(queued.party, 1 + rsvp->guests);
}

static void look_at_queue(struct look *look, struct cvn_slice key, struct cvn_slice value)
{
    struct checker *checker = look->checker;
    struct cvn_queued queued;
    assert_true(cvn_queue_read(key, value, &queued));
    assert_true(queued.queue_number < look->seats.next_queue_number);
    assert_true(queued.queue_number < CHECKER_NUMBERS_MAX);
    size_t number = (size_t)queued.queue_number;
    if (checker->given[number])
        assert_true(cvn_id_equal(&checker->holders[number], &queued.person));
    assert_true(queued.overtaken >= checker->overtaken[number]);
    checker->overtaken[number] = queued.overtaken;
    checker->given[number] = true;
    checker->holders[number] = queued.person;
    enum cvn_seat_kind kind = queued.place.kind;
    assert_true(look->sums.n_queue_rows[kind] < WAITING_MAX);
    look->sums.queue[kind][look->sums.n_queue_rows[kind]++] = (struct cvn_waiting){
        .queue_number = queued.queue_number, .party = queued.party, .overtaken = queued.overtaken};
    if (look->event.policy == CVN_WAITLIST_BOUNDED)
        assert_true(queued.overtaken <= CVN_RSVP_OVERTAKEN_MAX);
}

static void look_at_offer(struct look *look, struct cvn_slice key)
{
    struct cvn_key_reader reader;
    Convene__Events__V1__Rsvp *rsvp;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    struct cvn_id event = cvn_key_get_id(&reader);
    (void)cvn_key_get_u8(&reader);
    int64_t ends_ms = cvn_key_get_i64(&reader);
    struct cvn_id person = cvn_key_get_id(&reader);
    assert_true(cvn_key_reader_done(&reader));
    assert_int_equal(cvn_rsvp_get(look->ctx, &event, &person, &rsvp), 0);
    assert_int_equal(rsvp->state, CVN_RSVP_OFFERED);
    assert_int_equal(cvn_record_time_ms(rsvp->offer_expire_time, INT64_MAX), ends_ms);
    look->sums.n_offer_rows++;
}

static void look_at_rows(struct look *look)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    cvn_key_begin(&lo, CVN_SPACE_EVENTS);
    cvn_key_put_id(&lo, &look->checker->event);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor = {0};
    assert_int_equal(cvn_cursor_init(&cursor, look->ctx->txn, cvn_key_slice(&lo),
                                     cvn_key_slice(&hi), CVN_FORWARD),
                     0);
    int r;
    while ((r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        uint8_t kind = ((const uint8_t *)key.data)[CVN_EVENTS_KIND_AT];
        if (kind == CVN_EVENT_KIND_RSVP)
            look_at_rsvp(look, key);
        if (kind == CVN_EVENT_KIND_QUEUE)
            look_at_queue(look, key, value);
        if (kind == CVN_EVENT_KIND_OFFER)
            look_at_offer(look, key);
    }
    assert_int_equal(r, CVN_STORE_ABSENT);
}

static void read_event(struct look *look)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Event *event;
    cvn_event_kind_key(&key, &look->checker->event, CVN_EVENT_KIND_ROW);
    assert_int_equal(cvn_txn_get(look->ctx->txn, cvn_key_slice(&key), &value), 0);
    assert_int_equal(
        cvn_ctx_unpack(look->ctx, &convene__events__v1__event__descriptor, value, &event), 0);
    look->event = cvn_rsvp_facts(event);
    look->capacity[CVN_SEATS_ROOM] = look->event.capacity;
    look->capacity[CVN_SEATS_ONLINE] = (uint32_t)event->virtual_capacity;
}

/* Nobody waits whom the policy would serve from the seats that are free. */
static void look_for_idle_seats(struct look *look, enum cvn_seat_kind kind)
{
    look->event.seats_taken = look->seats.seats_taken[kind];
    look->event.n_waiting = look->seats.waitlist_count[kind];
    look->event.capacity = look->capacity[kind];
    const struct cvn_waitlist_rule rule = {
        .policy = look->event.policy,
        .overtaken_max = CVN_RSVP_OVERTAKEN_MAX,
        .capacity = look->event.capacity,
        .free_seats = cvn_rsvp_free_seats(&look->event),
    };
    if (cvn_rsvp_queue_moves(&look->event, look->ctx->now_ms))
        assert_int_equal(
            cvn_waitlist_pick(&rule, look->sums.queue[kind], look->sums.n_queue_rows[kind]), 0);
}

static int do_look(struct cvn_ctx *ctx, void *arg)
{
    struct look *look = arg;
    const struct checker *checker = look->checker;
    look->ctx = ctx;
    read_event(look);
    assert_int_equal(cvn_seats_get(ctx, &look->checker->event, &look->seats), 0);
    look_at_rows(look);
    assert_int_equal(look->seats.n_rsvps, look->sums.n_rsvps);
    for (int kind = 0; kind < CVN_SEAT_KINDS; kind++) {
        assert_int_equal(look->seats.seats_taken[kind], look->sums.seats_taken[kind]);
        assert_int_equal(look->seats.waitlist_count[kind], look->sums.n_waiting[kind]);
        assert_int_equal(look->sums.n_queue_rows[kind], look->sums.n_waiting[kind]);
        if (look->capacity[kind] && !checker->may_overbook)
            assert_true(look->sums.seats_taken[kind] <= look->capacity[kind]);
        look_for_idle_seats(look, (enum cvn_seat_kind)kind);
    }
    assert_int_equal(look->seats.n_offers, look->sums.n_offers);
    assert_int_equal(look->sums.n_offer_rows, look->sums.n_offers);
    return 0;
}

void checker_look(struct checker *checker, struct harness *harness)
{
    struct look look = {.checker = checker};
    assert_int_equal(harness_read(harness, do_look, &look), 0);
}
