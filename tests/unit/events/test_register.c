/* Registering by (group, external id), one by one and in batches. */
#include "google/rpc/error_details.pb-c.h"
#include "services/events/meetups/event_table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <string.h>

#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

enum { N_PEOPLE = 4, BATCH_MAX = 500 };

struct scene {
    struct harness *harness;
    struct cvn_id group;
    struct cvn_id people[N_PEOPLE]; /* the first owns the group */
    struct client clients[N_PEOPLE];
    struct client *owner;
    struct client admin;
    struct draft d;
    Convene__Events__V1__BatchRegisterEventsRequest batch;
    Convene__Events__V1__Event events[BATCH_MAX + 1];
    Convene__Events__V1__Event *pointers[BATCH_MAX + 1];
};

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    memset(&s, 0, sizeof s);
    s.harness = *state;
    for (unsigned i = 0; i < N_PEOPLE; i++) {
        s.people[i] = harness_person(s.harness, i);
        s.clients[i] = client_of(s.harness, s.people[i]);
    }
    s.owner = &s.clients[0];
    s.admin = client_admin(s.harness);
    s.group = harness_group(s.harness, "Group", s.people[0]);
    draft_init(&s.d, s.group);
    s.d.event.external_id = text("a");
    convene__events__v1__batch_register_events_request__init(&s.batch);
    s.batch.events = s.pointers;
    s.batch.publish = true;
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    assert_indexes_right(s->harness);
    for (unsigned i = 0; i < N_PEOPLE; i++)
        client_end(&s->clients[i]);
    client_end(&s->admin);
    *state = s->harness;
    return harness_teardown(state);
}

/* Registers the draft as it stands; what is asserted is the outcome, what is given the event. */
static const Convene__Events__V1__Event *
put_as(struct scene *s, Convene__Events__V1__RegisterResult__Outcome outcome)
{
    const Convene__Events__V1__RegisterEventResponse *r = put(s->owner, &s->d.event, true);
    assert_non_null(r);
    assert_int_equal(r->outcome, outcome);
    return r->event;
}

static Convene__Events__V1__Event *add_record(struct scene *s, const char *external_id)
{
    Convene__Events__V1__Event *event = &s->events[s->batch.n_events];
    *event = s->d.event;
    event->external_id = text(external_id);
    s->pointers[s->batch.n_events++] = event;
    return event;
}

static size_t count_listed(struct scene *s)
{
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    request.page_size = 1000;
    request.include_unpublished = request.include_cancelled = true;
    const Convene__Events__V1__ListEventsResponse *response = list(&s->admin, &request);
    assert_non_null(response);
    assert_string_equal(response->next_page_token, "");
    return response->n_events;
}

static void test_register_twice_is_unchanged(void **state)
{
    struct scene *s = *state;
    char *topics[] = {text("Rust"), text("rust")};
    s->d.event.topics = topics;
    s->d.event.n_topics = 2;
    s->d.event.venue = &s->d.venue;
    s->d.venue.location = &s->d.at;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    s->harness->now_ms += HOUR_MS;
    s->d.event.start_local = text("2027-03-01T18:30"); /* the same, put shorter */
    s->d.event.group_id = text("group");
    const Convene__Events__V1__Event *e = put_as(s, OUTCOME(UNCHANGED));
    struct cvn_id same = id_of(e);
    assert_true(cvn_id_equal(&id, &same));
    assert_int_equal(e->sequence, 0);
    assert_int_equal(e->update_time->seconds, e->create_time->seconds);
    assert_int_equal(count_listed(s), 1);
}

static void test_register_without_external_id(void **state)
{
    struct scene *s = *state;
    s->d.event.external_id = text("");
    assert_null(put(s->owner, &s->d.event, true));
    assert_true(client_blames(s->owner, "event.external_id"));
    assert_null(put(s->owner, NULL, true));
    assert_true(client_blames(s->owner, "event"));
}

static void test_register_by_who_does_not_organise(void **state)
{
    struct scene *s = *state;
    assert_null(put(&s->clients[1], &s->d.event, true));
    assert_int_equal(s->clients[1].status.code, CVN_PERMISSION_DENIED);
    assert_int_equal(count_listed(s), 0);
}

static void test_register_the_same_key_in_two_groups(void **state)
{
    struct scene *s = *state;
    (void)put_as(s, OUTCOME(CREATED));
    draft_init(&s->d, harness_group(s->harness, "Other", s->people[0]));
    s->d.event.external_id = text("a");
    (void)put_as(s, OUTCOME(CREATED));
    assert_int_equal(count_listed(s), 2);
}

static void test_register_a_new_title(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    s->harness->now_ms += HOUR_MS;
    s->d.event.title = text("Another evening");
    struct cvn_id same = id_of(put_as(s, OUTCOME(UPDATED)));
    assert_true(cvn_id_equal(&id, &same));
    const Convene__Events__V1__Event *e = get(&s->admin, id);
    assert_string_equal(e->title, "Another evening");
    assert_int_equal(e->status, STATUS(SCHEDULED));
    assert_int_equal(e->update_time->seconds - e->create_time->seconds, 3600);
}

static void test_register_a_new_start(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    s->d.event.start_local = text("2027-03-02T18:30:00");
    (void)put_as(s, OUTCOME(UPDATED));
    const Convene__Events__V1__Event *e = get(&s->admin, id);
    assert_int_equal(e->status, STATUS(RESCHEDULED));
    assert_int_equal(e->sequence, 1);
    assert_int_equal(start_of(e), INT64_C(1804008600000));
    s->d.event.time_zone = text("Europe/London"); /* an hour later */
    (void)put_as(s, OUTCOME(UPDATED));
    e = get(&s->admin, id);
    assert_int_equal(e->sequence, 2);
    assert_int_equal(start_of(e), INT64_C(1804012200000));
    (void)put_as(s, OUTCOME(UNCHANGED));
}

static void test_register_a_new_end(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    s->d.event.end_local = text("2027-03-01T21:00:00");
    (void)put_as(s, OUTCOME(UPDATED));
    const Convene__Events__V1__Event *e = get(&s->admin, id);
    assert_int_equal(e->status, STATUS(SCHEDULED)); /* rescheduled is a moved start (schema.org) */
    assert_int_equal(e->sequence, 1);
}

static void test_register_a_new_start_of_a_draft(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__RegisterEventResponse *r = put(s->owner, &s->d.event, false);
    assert_non_null(r);
    struct cvn_id id = id_of(r->event);
    s->d.event.start_local = text("2027-03-02T18:30:00");
    (void)put_as(s, OUTCOME(UPDATED)); /* which asks for publication, but for new ones only */
    const Convene__Events__V1__Event *e = get(&s->admin, id);
    assert_int_equal(e->publication, PUBLICATION(DRAFT));
    assert_int_equal(e->status, STATUS(SCHEDULED));
    assert_int_equal(e->sequence, 0);
}

static void test_register_facts_of_past_and_cancelled_events(void **state)
{
    struct scene *s = *state;
    s->d.event.start_local = text("2019-05-05T10:00:00");
    struct cvn_id past = id_of(put_as(s, OUTCOME(CREATED)));
    s->d.event.start_local = text("2019-05-06T10:00:00");
    (void)put_as(s, OUTCOME(UPDATED));
    assert_int_equal(get(&s->admin, past)->status, STATUS(SCHEDULED));
    s->d.event.external_id = text("b");
    s->d.event.start_local = text("2027-03-01T18:30:00");
    struct cvn_id off = id_of(put_as(s, OUTCOME(CREATED)));
    assert_non_null(cancel(s->owner, off, "why"));
    s->d.event.title = text("What it was");
    (void)put_as(s, OUTCOME(UPDATED));
    const Convene__Events__V1__Event *e = get(&s->admin, off);
    assert_int_equal(e->status, STATUS(CANCELLED));
    assert_string_equal(e->status_reason, "why");
    assert_string_equal(e->title, "What it was");
}

static void test_register_more_seats_serves_the_queue(void **state)
{
    struct scene *s = *state;
    s->d.event.capacity = 1;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    assert_int_equal(say_yes(&s->clients[1], id, s->people[1], 0), STATE(YES));
    assert_int_equal(say_yes(&s->clients[2], id, s->people[2], 0), STATE(WAITLISTED));
    assert_int_equal(say_yes(&s->clients[3], id, s->people[3], 0), STATE(WAITLISTED));
    s->d.event.capacity = 2;
    const Convene__Events__V1__Event *e = put_as(s, OUTCOME(UPDATED));
    assert_int_equal(e->seats_taken, 2);
    assert_int_equal(e->waitlist_count, 1);
    assert_int_equal(state_of(&s->admin, id, s->people[2]), STATE(YES));
    s->d.event.capacity = 0;
    assert_int_equal(put_as(s, OUTCOME(UPDATED))->waitlist_count, 0);
    assert_int_equal(state_of(&s->admin, id, s->people[3]), STATE(YES));
}

/* Nobody who has a seat loses it; whoever waits does so until there are seats again. */
static void test_register_fewer_seats_than_taken_keeps_the_seated(void **state)
{
    struct scene *s = *state;
    s->d.event.capacity = 2;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    for (unsigned i = 1; i < N_PEOPLE; i++)
        (void)say_yes(&s->clients[i], id, s->people[i], 0);
    s->d.event.capacity = 1;
    const Convene__Events__V1__Event *e = put_as(s, OUTCOME(UPDATED));
    assert_int_equal(e->capacity, 1);
    assert_int_equal(e->seats_taken, 2);
    assert_int_equal(e->waitlist_count, 1);
    assert_int_equal(say_no(&s->clients[1], id, s->people[1]), STATE(NO));
    assert_int_equal(state_of(&s->admin, id, s->people[3]), STATE(WAITLISTED));
    assert_int_equal(say_no(&s->clients[2], id, s->people[2]), STATE(NO));
    assert_int_equal(state_of(&s->admin, id, s->people[3]), STATE(YES));
    s->d.event.title = text("Full house");
    assert_int_equal(put_as(s, OUTCOME(UPDATED))->seats_taken, 1);
}

static int expect_no_counts(struct cvn_ctx *ctx, void *arg)
{
    Convene__Events__V1__Event *event;
    int r = cvn_event_get(ctx, arg, &event);
    return r ? r : event->seats_taken + event->waitlist_count;
}

/* Counts lie in their own row: an event stored with them would tell old ones. */
static void test_register_stores_no_counts(void **state)
{
    struct scene *s = *state;
    s->d.event.capacity = 1;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    assert_int_equal(say_yes(&s->clients[1], id, s->people[1], 0), STATE(YES));
    assert_int_equal(say_yes(&s->clients[2], id, s->people[2], 0), STATE(WAITLISTED));
    assert_non_null(cancel(s->owner, id, ""));
    s->d.event.title = text("New");
    s->d.event.seats_taken = s->d.event.waitlist_count = 9;
    assert_int_equal(put_as(s, OUTCOME(UPDATED))->seats_taken, 1);
    assert_int_equal(harness_read(s->harness, expect_no_counts, &id), 0);
}

static void test_batch_reports_in_order(void **state)
{
    struct scene *s = *state;
    s->d.event.external_id = text("b");
    struct cvn_id b = id_of(put_as(s, OUTCOME(CREATED)));
    s->d.event.external_id = text("c");
    (void)put_as(s, OUTCOME(CREATED));
    (void)add_record(s, "a");
    (void)add_record(s, "b");
    add_record(s, "c")->title = text("New");
    const Convene__Events__V1__BatchRegisterEventsResponse *r = put_batch(s->owner, &s->batch);
    assert_non_null(r);
    assert_int_equal(r->n_results, 3);
    assert_int_equal(r->results[0]->outcome, OUTCOME(CREATED));
    assert_int_equal(r->results[1]->outcome, OUTCOME(UNCHANGED));
    assert_int_equal(r->results[2]->outcome, OUTCOME(UPDATED));
    assert_string_equal(r->results[1]->id, EVENT_TEXT(b));
    for (size_t i = 0; i < 3; i++)
        assert_null(r->results[i]->status);
    assert_int_equal(count_listed(s), 3);
}

/* The first violation of a refused record. */
static const char *violated(struct scene *s, const Convene__Events__V1__RegisterResult *result)
{
    assert_int_equal(result->outcome, OUTCOME(REFUSED));
    assert_string_equal(result->id, "");
    assert_int_equal(result->status->code, CVN_INVALID_ARGUMENT);
    assert_int_equal(result->status->n_details, 1);
    const Google__Protobuf__Any *any = result->status->details[0];
    assert_string_equal(any->type_url, "type.googleapis.com/google.rpc.BadRequest");
    Google__Rpc__BadRequest *bad =
        google__rpc__bad_request__unpack(NULL, any->value.len, any->value.data);
    assert_non_null(bad);
    assert_true(bad->n_field_violations > 0);
    const char *field = cvn_arena_strdup(&s->owner->arena, bad->field_violations[0]->field);
    google__rpc__bad_request__free_unpacked(bad, NULL);
    return field;
}

static void test_batch_with_bad_rows(void **state)
{
    struct scene *s = *state;
    (void)add_record(s, "a");
    add_record(s, "b")->title = text("");
    (void)add_record(s, "");
    add_record(s, "d")->group_id = text("nowhere");
    (void)add_record(s, "e");
    const Convene__Events__V1__BatchRegisterEventsResponse *r = put_batch(s->owner, &s->batch);
    assert_non_null(r);
    assert_int_equal(r->n_results, 5);
    assert_int_equal(r->results[0]->outcome, OUTCOME(CREATED));
    assert_string_equal(violated(s, r->results[1]), "events[1].title");
    assert_string_equal(violated(s, r->results[2]), "events[2].external_id");
    assert_int_equal(r->results[3]->outcome, OUTCOME(REFUSED));
    assert_int_equal(r->results[3]->status->code, CVN_NOT_FOUND);
    assert_string_equal(r->results[3]->id, "");
    assert_int_equal(r->results[4]->outcome, OUTCOME(CREATED));
    assert_int_equal(count_listed(s), 2);
}

/* When it starts is known only once the group's time zone is. */
static void test_batch_refused_by_the_state(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    Google__Protobuf__Timestamp late = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    late.seconds = INT64_C(4000000000);
    Convene__Events__V1__Event *row = add_record(s, "a");
    row->lottery_draw_time = &late;
    row->title = text("Later");
    (void)add_record(s, "b");
    const Convene__Events__V1__BatchRegisterEventsResponse *r = put_batch(s->owner, &s->batch);
    assert_int_equal(r->results[0]->outcome, OUTCOME(REFUSED));
    assert_int_equal(r->results[0]->status->code, CVN_INVALID_ARGUMENT);
    assert_int_equal(r->results[1]->outcome, OUTCOME(CREATED));
    assert_string_equal(get(&s->admin, id)->title, "An evening");
}

static void test_batch_by_who_does_not_organise(void **state)
{
    struct scene *s = *state;
    (void)add_record(s, "a");
    const Convene__Events__V1__BatchRegisterEventsResponse *r =
        put_batch(&s->clients[1], &s->batch);
    assert_non_null(r);
    assert_int_equal(r->results[0]->outcome, OUTCOME(REFUSED));
    assert_int_equal(r->results[0]->status->code, CVN_PERMISSION_DENIED);
    assert_int_equal(count_listed(s), 0);
}

static void test_batch_with_the_same_key_twice(void **state)
{
    struct scene *s = *state;
    (void)add_record(s, "a");
    (void)add_record(s, "a");
    add_record(s, "a")->title = text("Other");
    const Convene__Events__V1__BatchRegisterEventsResponse *r = put_batch(s->owner, &s->batch);
    assert_int_equal(r->results[0]->outcome, OUTCOME(CREATED));
    assert_int_equal(r->results[1]->outcome, OUTCOME(UNCHANGED));
    assert_int_equal(r->results[2]->outcome, OUTCOME(UPDATED));
    assert_string_equal(r->results[0]->id, r->results[2]->id);
    assert_int_equal(count_listed(s), 1);
}

static void test_batch_to_validate_only(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = id_of(put_as(s, OUTCOME(CREATED)));
    add_record(s, "a")->title = text("New");
    add_record(s, "b")->id = text("evt_01h2xcejqtf2nbrexx3vqjhp41");
    add_record(s, "c")->title = text("");
    s->batch.validate_only = true;
    const Convene__Events__V1__BatchRegisterEventsResponse *r = put_batch(s->owner, &s->batch);
    assert_int_equal(r->results[0]->outcome, OUTCOME(UPDATED));
    assert_string_equal(r->results[0]->id, EVENT_TEXT(id));
    assert_int_equal(r->results[1]->outcome, OUTCOME(CREATED));
    assert_string_equal(r->results[1]->id, ""); /* there is none yet */
    assert_string_equal(violated(s, r->results[2]), "events[2].title");
    assert_int_equal(count_listed(s), 1);
    assert_string_equal(get(&s->admin, id)->title, "An evening");
    s->batch.validate_only = false;
    r = put_batch(s->owner, &s->batch);
    assert_int_equal(r->results[0]->outcome, OUTCOME(UPDATED));
    assert_int_equal(r->results[1]->outcome, OUTCOME(CREATED));
}

static void test_batch_at_its_largest(void **state)
{
    struct scene *s = *state;
    static char keys[BATCH_MAX + 1][8];
    for (int i = 0; i <= BATCH_MAX; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "k%d", i);
        (void)add_record(s, keys[i]);
    }
    assert_null(put_batch(s->owner, &s->batch));
    assert_true(client_blames(s->owner, "events"));
    assert_int_equal(count_listed(s), 0);
    s->batch.n_events = BATCH_MAX;
    const Convene__Events__V1__BatchRegisterEventsResponse *r = put_batch(s->owner, &s->batch);
    assert_non_null(r);
    assert_int_equal(r->n_results, BATCH_MAX);
    assert_int_equal(count_listed(s), BATCH_MAX);
}

static void test_batch_without_records(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__BatchRegisterEventsResponse *r = put_batch(s->owner, &s->batch);
    assert_non_null(r);
    assert_int_equal(r->n_results, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_register_twice_is_unchanged),
        T(test_register_without_external_id),
        T(test_register_by_who_does_not_organise),
        T(test_register_the_same_key_in_two_groups),
        T(test_register_a_new_title),
        T(test_register_a_new_start),
        T(test_register_a_new_end),
        T(test_register_a_new_start_of_a_draft),
        T(test_register_facts_of_past_and_cancelled_events),
        T(test_register_more_seats_serves_the_queue),
        T(test_register_fewer_seats_than_taken_keeps_the_seated),
        T(test_register_stores_no_counts),
        T(test_batch_reports_in_order),
        T(test_batch_with_bad_rows),
        T(test_batch_refused_by_the_state),
        T(test_batch_by_who_does_not_organise),
        T(test_batch_with_the_same_key_twice),
        T(test_batch_to_validate_only),
        T(test_batch_at_its_largest),
        T(test_batch_without_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
