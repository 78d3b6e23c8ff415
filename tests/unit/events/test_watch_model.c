/*
 * Watches against a plain loop: events are changed at random, and whoever follows a filter has the
 * events that a list of that filter gives, whenever they have caught up. Who follows each change is
 * told of no event that was not theirs.
 */
#include "services/events/listing/event_filter.h"
#include "services/events/meetups/event_table.h"
#include "services/events/watch/watch_feed.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <string.h>

enum { EVENTS = 6, PEOPLE = 3, FILTERS = 10, STEPS = 500, CURSOR_BYTES = 1024 };
enum { UNPUBLISH = 12, RESTORE = 11, ARCHIVE_GROUP = 8, RESTORE_GROUP = 9 };

struct world {
    struct harness *harness;
    struct dice dice;
    struct cvn_id group, people[PEOPLE];
    struct client clients[PEOPLE]; /* the first owns the group */
    struct client nobody;
    char group_text[CVN_ID_TEXT_BYTES];
    bool archived;
    bool put[EVENTS];
    struct cvn_id events[EVENTS];
};

/* Somebody who follows a filter, and the events that they have by what they were told. */
struct follower {
    struct world *world;
    struct client *client;
    bool live; /* follows each change */
    size_t filter;
    Convene__Events__V1__ListEventsRequest request;
    Convene__Events__V1__Circle circle;
    Convene__Events__V1__LatLng centre;
    char cursor[CURSOR_BYTES];
    char held[EVENTS][CVN_ID_TEXT_BYTES];
    size_t n_held;
    size_t n_told, n_removed;
};

static size_t place_of(const struct follower *f, const char *id)
{
    size_t i = 0;
    while (i < f->n_held && strcmp(f->held[i], id) != 0)
        i++;
    return i;
}

static int take(void *arg, const Convene__Events__V1__WatchEventsResponse *message)
{
    struct follower *f = arg;
    const Convene__Events__V1__EventChange *change = message->change;
    (void)snprintf(f->cursor, sizeof f->cursor, "%s", message->cursor);
    if (!change || !change->event_id[0])
        return 0;
    size_t at = place_of(f, change->event_id);
    if (change->what_case == CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_REMOVED) {
        if (f->live && at == f->n_held)
            fail_msg("filter %zu: %s is removed, and was not there", f->filter, change->event_id);
        if (at < f->n_held)
            memcpy(f->held[at], f->held[--f->n_held], sizeof f->held[at]);
        f->n_removed++;
    } else if (change->what_case == CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_EVENT) {
        if (at == f->n_held)
            memcpy(f->held[f->n_held++], change->event_id, strlen(change->event_id) + 1);
        f->n_told++;
    } else if (f->live && !f->request.free_seats_only) {
        assert_true(at < f->n_held); /* seats and answers of what is theirs */
    }
    return 0;
}

/* Catches up. */
static void catch_up(struct follower *f)
{
    Convene__Events__V1__WatchEventsRequest request =
        CONVENE__EVENTS__V1__WATCH_EVENTS_REQUEST__INIT;
    char cursor[CURSOR_BYTES];
    (void)snprintf(cursor, sizeof cursor, "%s", f->cursor);
    request.filter = &f->request;
    request.cursor = cursor;
    struct following following = {.who = f->client->who, .request = &request, .sink = {take, f}};
    assert_int_equal(follow(f->world->harness, &following), CVN_WATCH_IDLE);
}

/* Catches up, and has what a list gives. */
static void look(struct follower *f)
{
    catch_up(f);
    Convene__Events__V1__ListEventsRequest request = f->request;
    request.page_size = 100;
    const Convene__Events__V1__ListEventsResponse *found = list(f->client, &request);
    assert_non_null(found);
    for (size_t i = 0; i < found->n_events; i++)
        if (place_of(f, found->events[i]->id) == f->n_held)
            fail_msg("filter %zu, %s: %s was not told", f->filter, f->live ? "live" : "late",
                     found->events[i]->id);
    for (size_t i = 0; i < f->n_held; i++) {
        size_t j = 0;
        while (j < found->n_events && strcmp(found->events[j]->id, f->held[i]) != 0)
            j++;
        if (j == found->n_events)
            fail_msg("filter %zu, %s: %s was not removed", f->filter, f->live ? "live" : "late",
                     f->held[i]);
    }
}

/* A random one of the words, which ends with NULL. */
static char *pick(struct world *w, const char *const *words)
{
    size_t n = 0;
    while (words[n])
        n++;
    return text(words[roll(&w->dice, n)]);
}

static const char *const titles[] = {"Postgres night", "Post office tour", "Rust and C", NULL};
static const char *const topics[] = {"databases", "c", "rust", NULL};
static const char *const cities[] = {"Berlin", "Hamburg", NULL};
static const char *const languages[] = {"de", "en", "en-GB", NULL};
static const char *const starts[] = {"2031-03-01T18:30", "2031-04-01T18:30", NULL};

/* Registers an event anew, as another system would. */
static void put_one(struct world *w, size_t i)
{
    struct draft draft;
    char key[8];
    char *topic[] = {pick(w, topics)};
    draft_init(&draft, w->group);
    (void)snprintf(key, sizeof key, "e%zu", i);
    draft.event.external_id = key;
    draft.event.title = pick(w, titles);
    draft.event.description = roll(&w->dice, 2) ? text("About indexes.") : text("");
    draft.event.topics = topic;
    draft.event.n_topics = 1;
    draft.event.language = pick(w, languages);
    draft.event.start_local = pick(w, starts);
    draft.event.end_local = draft.event.start_local;
    draft.event.capacity = (int32_t)roll(&w->dice, 3);
    if (roll(&w->dice, 3) == 0) {
        draft.event.attendance_mode = MODE(MIXED);
        draft.event.virtual_capacity = (int32_t)roll(&w->dice, 3);
    }
    draft.event.visibility = roll(&w->dice, 4) ? VISIBILITY(PUBLIC) : VISIBILITY(MEMBERS);
    draft.venue.city = pick(w, cities);
    draft.event.venue = &draft.venue;
    const Convene__Events__V1__RegisterEventResponse *done =
        put(&w->clients[0], &draft.event, true);
    if (done) /* a cancelled one takes no changes */
        w->events[i] = id_of(done->event);
    w->put[i] = w->put[i] || done;
}

static void change_state(struct world *w, struct cvn_id event)
{
    struct client *owner = &w->clients[0];
    struct id_text id = id_text("evt", event);
    Convene__Events__V1__UnpublishEventRequest unpublish =
        CONVENE__EVENTS__V1__UNPUBLISH_EVENT_REQUEST__INIT;
    Convene__Events__V1__RestoreEventRequest restore =
        CONVENE__EVENTS__V1__RESTORE_EVENT_REQUEST__INIT;
    unpublish.id = restore.id = id.text;
    switch (roll(&w->dice, 4)) { /* what is refused changes nothing */
    case 0:
        (void)publish(owner, event);
        break;
    case 1:
        (void)client_call(owner, &cvn_event_methods[UNPUBLISH], &unpublish);
        break;
    case 2:
        (void)cancel(owner, event, "It rains.");
        break;
    default:
        (void)client_call(owner, &cvn_event_methods[RESTORE], &restore);
        break;
    }
}

/* Mostly it is not archived for long: it takes no answers while it is. */
static void archive_or_restore(struct world *w)
{
    Convene__Events__V1__ArchiveGroupRequest archive =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    Convene__Events__V1__RestoreGroupRequest restore =
        CONVENE__EVENTS__V1__RESTORE_GROUP_REQUEST__INIT;
    archive.id = restore.id = w->group_text;
    if (w->archived)
        assert_non_null(client_call(&w->clients[0], &cvn_group_methods[RESTORE_GROUP], &restore));
    else
        assert_non_null(client_call(&w->clients[0], &cvn_group_methods[ARCHIVE_GROUP], &archive));
    w->archived = !w->archived;
}

static void change_something(struct world *w)
{
    size_t i = roll(&w->dice, EVENTS), p = roll(&w->dice, PEOPLE);
    w->harness->now_ms += 1 + (int64_t)roll(&w->dice, 3);
    if (roll(&w->dice, w->archived ? 4 : 20) == 0)
        archive_or_restore(w);
    else if (!w->put[i] || roll(&w->dice, 4) == 0)
        put_one(w, i);
    else if (roll(&w->dice, 3) == 0)
        change_state(w, w->events[i]);
    else if (roll(&w->dice, 2) == 0)
        (void)say_yes(&w->clients[p], w->events[i], w->people[p], 0);
    else
        (void)say_no(&w->clients[p], w->events[i], w->people[p]);
}

static struct world *new_world(struct harness *harness, uint64_t seed)
{
    static struct world w;
    w = (struct world){.harness = harness, .dice = {seed}};
    for (unsigned i = 0; i < PEOPLE; i++) {
        w.people[i] = harness_person(harness, i);
        w.clients[i] = client_of(harness, w.people[i]);
    }
    w.group = harness_group(harness, "Postgres Berlin", w.people[0]);
    w.nobody = client_nobody(harness);
    (void)snprintf(w.group_text, sizeof w.group_text, "%s", id_text("grp", w.group).text);
    return &w;
}

/* A filter of each kind, and of several at once. */
static void ask(struct follower *f)
{
    static char *two[] = {NULL, NULL};
    Convene__Events__V1__ListEventsRequest *r = &f->request;
    convene__events__v1__list_events_request__init(r);
    f->client = f->filter % 2 ? &f->world->nobody : &f->world->clients[1];
    two[0] = text("c");
    two[1] = text("rust");
    switch (f->filter) {
    case 0:
        r->text = text("postgres nig");
        break;
    case 1:
        r->text = text("index");
        break;
    case 2:
        r->free_seats_only = true;
        break;
    case 3:
        r->topics = two;
        r->n_topics = 2;
        r->free_seats_only = true;
        break;
    case 4:
        r->attendee_id = text("me");
        break;
    case 5:
        r->include_cancelled = true;
        r->language = text("en");
        break;
    case 6:
        r->attendee_id = text("me");
        r->city = text("Berlin");
        r->text = text("post");
        break;
    case 7:
        r->city = text("Hamburg");
        r->attendance_mode = MODE(OFFLINE);
        break;
    case 8:
        f->client = &f->world->clients[0];
        r->include_unpublished = true;
        r->group_id = f->world->group_text;
        break;
    default:
        convene__events__v1__circle__init(&f->circle);
        convene__events__v1__lat_lng__init(&f->centre);
        f->centre.latitude = 52.52;
        f->centre.longitude = 13.4;
        f->circle.center = &f->centre;
        f->circle.radius_m = 20000;
        r->near = &f->circle;
        r->text = text("tour");
        break;
    }
}

static void run(struct harness *harness, uint64_t seed)
{
    static struct follower followers[2][FILTERS]; /* live ones, and late ones */
    struct world *w = new_world(harness, seed);
    size_t n_told = 0, n_removed = 0;
    for (int late = 0; late < 2; late++)
        for (size_t i = 0; i < FILTERS; i++) {
            followers[late][i] = (struct follower){.world = w, .live = !late, .filter = i};
            ask(&followers[late][i]);
            look(&followers[late][i]);
        }
    for (int step = 0; step < STEPS; step++) {
        change_something(w);
        for (size_t i = 0; i < FILTERS; i++) {
            look(&followers[0][i]);
            if (roll(&w->dice, 8) == 0)
                look(&followers[1][i]);
        }
    }
    for (size_t i = 0; i < FILTERS; i++) {
        look(&followers[1][i]);
        n_told += followers[0][i].n_told;
        n_removed += followers[0][i].n_removed;
        assert_true(followers[0][i].n_removed > 0); /* each comes to something */
    }
    assert_true(n_told > 200 && n_removed > 100);
    for (unsigned i = 0; i < PEOPLE; i++)
        client_end(&w->clients[i]);
    client_end(&w->nobody);
}

static void test_followers_have_what_a_list_gives(void **state)
{
    run(*state, 7);
}

static void test_followers_have_what_a_list_gives_by_other_dice(void **state)
{
    run(*state, 20311);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_followers_have_what_a_list_gives),
        TEST(test_followers_have_what_a_list_gives_by_other_dice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
