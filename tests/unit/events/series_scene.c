#include "tests/unit/events/series_scene.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>

int series_setup(void **state)
{
    static struct series_scene s;
    (void)harness_setup(state);
    s = (struct series_scene){.harness = *state};
    s.harness->now_ms = SERIES_MONDAY_MS;
    s.owner_id = harness_person(s.harness, 0);
    s.group = harness_group(s.harness, "Group", s.owner_id);
    s.owner = client_of(s.harness, s.owner_id);
    s.stranger = client_of(s.harness, harness_person(s.harness, 2));
    draft_init(&s.d, s.group);
    s.d.event.start_local = text("2027-02-02T18:30");
    s.d.event.end_local = text("2027-02-02T20:30");
    s.d.event.time_zone = text("Europe/Berlin");
    convene__events__v1__series__init(&s.series);
    s.series.event = &s.d.event;
    s.series.rrule = text("FREQ=WEEKLY;COUNT=10");
    *state = &s;
    return 0;
}

int series_teardown(void **state)
{
    struct series_scene *s = *state;
    assert_indexes_right(s->harness);
    client_end(&s->owner);
    client_end(&s->stranger);
    *state = s->harness;
    return harness_teardown(state);
}

const Convene__Events__V1__Series *series_make(struct series_scene *s, struct client *client)
{
    Convene__Events__V1__CreateSeriesRequest request =
        CONVENE__EVENTS__V1__CREATE_SERIES_REQUEST__INIT;
    request.series = &s->series;
    request.publish = true;
    return client_call(client, &cvn_series_methods[CREATE], &request);
}

struct id_text series_made(struct series_scene *s)
{
    struct id_text id;
    const Convene__Events__V1__Series *series = series_make(s, &s->owner);
    assert_non_null(series);
    (void)snprintf(id.text, sizeof id.text, "%s", series->id);
    return id;
}

const Convene__Events__V1__ListEventsResponse *series_occurrences(struct series_scene *s,
                                                                  const char *id)
{
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    request.series_id = text(id);
    request.page_size = 1000;
    request.include_cancelled = true;
    const Convene__Events__V1__ListEventsResponse *found = list(&s->owner, &request);
    assert_non_null(found);
    return found;
}

const Convene__Events__V1__Series *series_split(struct series_scene *s, const char *id,
                                                const char *from)
{
    Convene__Events__V1__SplitSeriesRequest request =
        CONVENE__EVENTS__V1__SPLIT_SERIES_REQUEST__INIT;
    request.id = text(id);
    request.recurrence_id = text(from);
    request.series = &s->series;
    return client_call(&s->owner, &cvn_series_methods[SPLIT], &request);
}

int series_turn(struct series_scene *s, struct cvn_series_task *task, int64_t *ret_next_ms)
{
    return cvn_series_task_turn(task, &s->harness->service, s->harness->store, s->harness->now_ms,
                                ret_next_ms);
}
