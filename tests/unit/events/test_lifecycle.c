/* What happens to an event after it was made: updates by mask, other times, and back again. */
#include "google/protobuf/field_mask.pb-c.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <string.h>

enum { UPDATE = 7, RESCHEDULE, POSTPONE, MOVE_ONLINE, RESTORE, UNPUBLISH, ARCHIVE, COPY };

struct scene {
    struct harness *harness;
    struct cvn_id group, event;
    struct client owner, stranger;
    struct draft d;
    struct id_text id;
};

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    s = (struct scene){.harness = *state};
    s.harness->now_ms = INT64_C(1798977600) * 1000; /* 2027-01-03 */
    struct cvn_id owner = harness_person(s.harness, 0);
    s.group = harness_group(s.harness, "Group", owner);
    s.owner = client_of(s.harness, owner);
    s.stranger = client_of(s.harness, harness_person(s.harness, 2));
    draft_init(&s.d, s.group);
    s.d.event.end_local = text("2027-03-01T20:30");
    s.event = id_of(create(&s.owner, &s.d.event, true));
    s.id = id_text("evt", s.event);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    assert_indexes_right(s->harness);
    client_end(&s->owner);
    client_end(&s->stranger);
    *state = s->harness;
    return harness_teardown(state);
}

static const Convene__Events__V1__Event *update(struct scene *s, const char *field,
                                                const char *etag)
{
    Convene__Events__V1__UpdateEventRequest request =
        CONVENE__EVENTS__V1__UPDATE_EVENT_REQUEST__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char *paths[1] = {text(field)};
    mask.paths = paths;
    mask.n_paths = 1;
    request.update_mask = &mask;
    request.event = &s->d.event;
    s->d.event.id = s->id.text;
    request.etag = text(etag);
    return client_call(&s->owner, &cvn_event_methods[UPDATE], &request);
}

static void test_update_when_a_field_is_named_takes_only_that(void **state)
{
    struct scene *s = *state;
    s->d.event.title = text("Another title");
    s->d.event.capacity = 7;
    const Convene__Events__V1__Event *event = update(s, "title", "");
    assert_non_null(event);
    assert_string_equal(event->title, "Another title");
    assert_int_equal(event->capacity, 0);
    assert_int_equal(event->sequence, 1);
}

static void test_update_when_the_start_moves_keeps_the_length(void **state)
{
    struct scene *s = *state;
    int64_t before = start_of(get(&s->owner, s->event));
    s->d.event.start_local = text("2027-03-02T10:00");
    const Convene__Events__V1__Event *event = update(s, "start_local", "");
    assert_non_null(event);
    assert_string_equal(event->end_local, "2027-03-02T12:00:00");
    assert_int_equal(event->status, STATUS(RESCHEDULED));
    assert_int_equal(event->previous_start_time->seconds * 1000, before);
}

static void test_update_when_the_etag_is_old_is_refused(void **state)
{
    struct scene *s = *state;
    char etag[32];
    (void)snprintf(etag, sizeof etag, "%s", get(&s->owner, s->event)->etag);
    assert_int_equal(strlen(etag), 16);
    s->d.event.title = text("First");
    assert_non_null(update(s, "title", etag));
    s->d.event.title = text("Second");
    assert_null(update(s, "title", etag));
    assert_int_equal(s->owner.status.code, CVN_ABORTED);
    assert_string_equal(get(&s->owner, s->event)->title, "First");
}

static void test_update_when_the_field_is_the_servers_is_refused(void **state)
{
    struct scene *s = *state;
    static const char *const fields[] = {"status", "id", "sequence", "group_id", "venue.city", "x"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        assert_null(update(s, fields[i], ""));
        assert_true(client_blames(&s->owner, "update_mask.paths[0]"));
    }
}

static const Convene__Events__V1__Event *reschedule(struct scene *s, const char *start)
{
    Convene__Events__V1__RescheduleEventRequest request =
        CONVENE__EVENTS__V1__RESCHEDULE_EVENT_REQUEST__INIT;
    request.id = s->id.text;
    request.start_local = text(start);
    return client_call(&s->owner, &cvn_event_methods[RESCHEDULE], &request);
}

static void test_reschedule_when_ahead_remembers_the_start(void **state)
{
    struct scene *s = *state;
    int64_t before = start_of(get(&s->owner, s->event));
    const Convene__Events__V1__Event *event = reschedule(s, "2027-04-01T18:30");
    assert_non_null(event);
    assert_int_equal(event->status, STATUS(RESCHEDULED));
    assert_int_equal(event->previous_start_time->seconds * 1000, before);
    assert_string_equal(event->end_local, "2027-04-01T20:30:00");
    assert_int_equal(event->sequence, 1);
    assert_null(reschedule(s, "2026-04-01T18:30"));
    assert_string_equal(client_reason(&s->owner), "EVENT_STATE");
}

/* All these requests begin alike: an id at the same place. */
static const Convene__Events__V1__Event *act(struct scene *s, int method)
{
    Convene__Events__V1__RestoreEventRequest restore =
        CONVENE__EVENTS__V1__RESTORE_EVENT_REQUEST__INIT;
    Convene__Events__V1__PostponeEventRequest postpone =
        CONVENE__EVENTS__V1__POSTPONE_EVENT_REQUEST__INIT;
    Convene__Events__V1__MoveEventOnlineRequest move =
        CONVENE__EVENTS__V1__MOVE_EVENT_ONLINE_REQUEST__INIT;
    restore.id = postpone.id = move.id = s->id.text;
    move.online_url = text("https://meet.example/1");
    const void *request = method == POSTPONE      ? (const void *)&postpone
                          : method == MOVE_ONLINE ? (const void *)&move
                                                  : (const void *)&restore;
    return client_call(&s->owner, &cvn_event_methods[method], request);
}

static void test_restore_when_postponed_returns_to_what_it_was(void **state)
{
    struct scene *s = *state;
    assert_null(act(s, RESTORE));
    const Convene__Events__V1__Event *event = act(s, MOVE_ONLINE);
    assert_non_null(event);
    assert_int_equal(event->status, STATUS(MOVED_ONLINE));
    assert_int_equal(event->attendance_mode, MODE(ONLINE));
    assert_int_equal(act(s, POSTPONE)->status, STATUS(POSTPONED));
    event = act(s, RESTORE);
    assert_non_null(event);
    assert_int_equal(event->status, STATUS(MOVED_ONLINE));
    assert_int_equal(event->sequence, 3);
    assert_non_null(cancel(&s->owner, s->event, "ill"));
    assert_int_equal(act(s, RESTORE)->status, STATUS(MOVED_ONLINE));
}

static void test_archive_when_unpublished_ends_everything(void **state)
{
    struct scene *s = *state;
    assert_null(act(s, ARCHIVE));
    assert_int_equal(act(s, UNPUBLISH)->publication, PUBLICATION(UNPUBLISHED));
    assert_null(get(&s->stranger, s->event));
    assert_int_equal(act(s, ARCHIVE)->publication, PUBLICATION(ARCHIVED));
    assert_null(publish(&s->owner, s->event));
}

static void test_copy_when_asked_is_a_draft_at_another_time(void **state)
{
    struct scene *s = *state;
    Convene__Events__V1__CopyEventRequest request = CONVENE__EVENTS__V1__COPY_EVENT_REQUEST__INIT;
    request.id = s->id.text;
    request.start_local = text("2027-05-01T10:00");
    const Convene__Events__V1__Event *copy =
        client_call(&s->owner, &cvn_event_methods[COPY], &request);
    assert_non_null(copy);
    assert_string_not_equal(copy->id, s->id.text);
    assert_int_equal(copy->publication, PUBLICATION(DRAFT));
    assert_string_equal(copy->end_local, "2027-05-01T12:00:00");
    assert_string_equal(copy->title, "An evening");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_update_when_a_field_is_named_takes_only_that),
        TEST(test_update_when_the_start_moves_keeps_the_length),
        TEST(test_update_when_the_etag_is_old_is_refused),
        TEST(test_update_when_the_field_is_the_servers_is_refused),
        TEST(test_reschedule_when_ahead_remembers_the_start),
        TEST(test_restore_when_postponed_returns_to_what_it_was),
        TEST(test_archive_when_unpublished_ends_everything),
        TEST(test_copy_when_asked_is_a_draft_at_another_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
