#include "tests/unit/events/watching.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

struct watching watch_of(struct harness *harness, const struct client *client)
{
    struct watching w = {.harness = harness, .who = client->who, .room = -1};
    convene__events__v1__list_events_request__init(&w.filter);
    return w;
}

static int take(void *arg, const Convene__Events__V1__WatchEventsResponse *message)
{
    static const char *const names[] = {
        [CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_EVENT] = "event",
        [CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_REMOVED] = "removed",
        [CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_COUNTS] = "counts",
        [CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_RSVP] = "rsvp",
        [CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_GROUP] = "group",
        [CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_MEMBER] = "member",
        [CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_COMMENT] = "comment",
    };
    struct watching *w = arg;
    const Convene__Events__V1__EventChange *change = message->change;
    if (w->room == 0)
        return CVN_WATCH_LATER;
    w->room -= w->room > 0;
    (void)snprintf(w->cursor, sizeof w->cursor, "%s", message->cursor);
    assert_true(strlen(w->cursor) <= 700);
    w->live |= message->live;
    if (!change)
        return 0;
    w->n++;
    size_t at = strlen(w->told);
    (void)snprintf(w->told + at, sizeof w->told - at, "%s%s:%s", at ? " " : "", change->kind,
                   names[change->what_case]);
    (void)snprintf(w->event_seen, sizeof w->event_seen, "%s", change->event_id);
    assert_true(change->sequence >= w->sequence);
    w->sequence = change->sequence;
    if (change->what_case == CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_RSVP)
        (void)snprintf(w->person_seen, sizeof w->person_seen, "%s", change->rsvp->person_id);
    if (change->what_case == CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_MEMBER)
        (void)snprintf(w->person_seen, sizeof w->person_seen, "%s", change->member->person_id);
    if (change->what_case == CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_COUNTS)
        w->seats = change->counts->seats_taken;
    if (change->what_case == CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_COMMENT) {
        (void)snprintf(w->text, sizeof w->text, "%s", change->comment->text);
        (void)snprintf(w->comment_seen, sizeof w->comment_seen, "%s", change->comment->id);
    }
    return 0;
}

void catch_up(struct watching *w)
{
    Convene__Events__V1__WatchEventsRequest request =
        CONVENE__EVENTS__V1__WATCH_EVENTS_REQUEST__INIT;
    char cursor[WATCH_CURSOR_BYTES];
    (void)snprintf(cursor, sizeof cursor, "%s", w->cursor);
    request.filter = &w->filter;
    request.cursor = cursor;
    request.snapshot = w->snapshot && !cursor[0];
    w->told[0] = '\0';
    w->live = false;
    struct following f = {.who = w->who, .request = &request, .sink = {take, w}};
    (void)follow(w->harness, &f);
    w->result = f.opened;
    w->code = f.code;
    (void)snprintf(w->reason, sizeof w->reason, "%s", f.reason);
}

void expect(struct watching *w, const char *told)
{
    catch_up(w);
    assert_int_equal(w->result, 0);
    assert_string_equal(w->told, told);
}

struct watch_scene *watch_scene_set(struct harness *harness)
{
    static struct watch_scene scene;
    scene.owner_id = harness_person(harness, 1);
    scene.other_id = harness_person(harness, 2);
    scene.group = harness_group(harness, "Berlin C", scene.owner_id);
    draft_init(&scene.draft, scene.group);
    (void)snprintf(scene.group_text, sizeof scene.group_text, "%s", scene.draft.group.text);
    return &scene;
}
