/* What ListEvents finds by words and by the company they keep; what it says when it finds nothing.
 */
#include "google/protobuf/wrappers.pb-c.h"
#include "rpc/message.h"
#include "services/events/groups/group_rename.h"
#include "services/events/listing/event_list.h"
#include "services/events/listing/event_plan.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <string.h>

enum { BATCH_GROUPS = 3 };

struct scene {
    struct harness *harness;
    struct cvn_id group, owner_id;
    struct client owner, member, nobody, admin;
    struct draft d;
    Convene__Events__V1__ListEventsRequest request;
};

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    s = (struct scene){.harness = *state};
    s.owner_id = harness_person(s.harness, 0);
    s.owner = client_of(s.harness, s.owner_id);
    s.member = client_of(s.harness, harness_person(s.harness, 1));
    s.nobody = client_nobody(s.harness);
    s.admin = client_admin(s.harness);
    s.group = harness_group(s.harness, "Rustaceans Köln", s.owner_id);
    join(&s.member, s.group);
    draft_init(&s.d, s.group);
    convene__events__v1__list_events_request__init(&s.request);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    struct client *const clients[] = {&s->owner, &s->member, &s->nobody, &s->admin};
    return scene_end(state, s->harness, clients, 4);
}

static struct cvn_id add(struct scene *s, const char *title)
{
    s->d.event.title = text(title);
    return id_of(create(&s->owner, &s->d.event, true));
}

/* Adds n events by batches, one a minute, titled by turns. */
static void add_many(struct scene *s, int n, const char *const titles[2])
{
    static Convene__Events__V1__Event events[500];
    static Convene__Events__V1__Event *pointers[500];
    static char keys[500][12], starts[500][24];
    for (int done = 0; done < n;) {
        Convene__Events__V1__BatchRegisterEventsRequest request =
            CONVENE__EVENTS__V1__BATCH_REGISTER_EVENTS_REQUEST__INIT;
        request.events = pointers;
        request.publish = true;
        for (size_t i = 0; i < 500 && done < n; i++, done++) {
            events[i] = s->d.event;
            (void)snprintf(keys[i], sizeof keys[i], "%d", done);
            (void)snprintf(starts[i], sizeof starts[i], "2027-%02d-%02dT%02d:%02d:00",
                           1 + done / 40320, 1 + done / 1440 % 28, done / 60 % 24, done % 60);
            events[i].external_id = keys[i];
            events[i].start_local = starts[i];
            events[i].title = text(titles[i % 2]);
            pointers[request.n_events++] = &events[i];
        }
        assert_non_null(put_batch(&s->admin, &request));
    }
}

static size_t count(struct scene *s, const char *asked)
{
    s->request.text = text(asked);
    const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
    assert_non_null(r);
    return r->n_events;
}

static void test_text_stands_in_title_group_venue_topics_and_description(void **state)
{
    struct scene *s = *state;
    char *topics[] = {text("Embedded systems")};
    s->d.event.venue = &s->d.venue;
    s->d.venue.name = text("Bürgerhaus Stollwerck");
    s->d.venue.city = text("Köln");
    s->d.event.topics = topics;
    s->d.event.n_topics = 1;
    s->d.event.description = text("We look at *lifetimes*.\n\nBring a laptop.");
    (void)add(s, "Borrow checking, live");
    const char *const found[] = {"borrow",        "rustaceans",        "burgerhaus",
                                 "koln",          "embedded",          "lifetimes",
                                 "laptop borrow", "LIFETIMES Systems", "stoll"};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        assert_int_equal(count(s, found[i]), 1);
    assert_int_equal(count(s, "stoll "), 0);
    assert_int_equal(count(s, "borrow python"), 0);
    assert_int_equal(count(s, "ive"), 0);
}

static void test_text_at_its_limits(void **state)
{
    struct scene *s = *state;
    s->request.text = text("a b c d e f g h i j k l m n o p");
    assert_non_null(list(&s->nobody, &s->request));
    s->request.text = text("a b c d e f g h i j k l m n o p q");
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "text"));
    s->request.text = text(", !");
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "text"));
    char longest[202];
    memset(longest, 'x', sizeof longest - 1);
    longest[200] = '\0';
    s->request.text = longest;
    assert_non_null(list(&s->nobody, &s->request));
    longest[200] = 'x';
    longest[201] = '\0';
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "text"));
}

/* Distinct words "w0000" and on, so many of them, in the arena. */
static char *words_text(struct cvn_arena *arena, size_t n)
{
    char *all = cvn_arena_alloc(arena, 6 * n + 1);
    assert_non_null(all);
    for (size_t i = 0; i < n; i++)
        (void)sprintf(all + 6 * i, "w%04zu ", i);
    return all;
}

/* Of a text of too many words the first are found; the title's always are. */
static void test_text_of_more_words_than_are_kept(void **state)
{
    struct scene *s = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    s->d.event.description = words_text(&arena, 1300); /* 7,800 bytes */
    (void)add(s, "Final words");
    assert_int_equal(count(s, "final"), 1);
    assert_int_equal(count(s, "w0000"), 1);
    assert_int_equal(count(s, "w1299"), 0);
    size_t n_kept = CVN_EVENT_TOKENS_MAX;
    char last[16];
    while (n_kept > 0 && (sprintf(last, "w%04zu ", n_kept - 1), count(s, last)) == 0)
        n_kept--;
    assert_true(n_kept > CVN_EVENT_TOKENS_MAX / 3 && n_kept < CVN_EVENT_TOKENS_MAX);
}

/* As many words as one beginning stands for, and one more, which takes the other way. */
static void test_beginning_of_many_words(void **state)
{
    struct scene *s = *state;
    char title[32];
    for (int i = 0; i < CVN_EVENT_PLAN_WORDS_MAX + 1; i++) {
        (void)snprintf(title, sizeof title, "prefix%02d other", i);
        (void)add(s, title);
        if (i + 2 > CVN_EVENT_PLAN_WORDS_MAX)
            assert_int_equal(count(s, "prefix"), i + 1 < 20 ? i + 1 : 20);
    }
    for (int i = 0; i <= CVN_EVENT_PLAN_WORDS_MAX; i++) {
        (void)snprintf(title, sizeof title, "quad%cx", i < 26 ? 'a' + i : '0' + i - 26);
        (void)add(s, title);
    }
    (void)add(s, "prerogative");
    (void)add(s, "pref");
    s->request.page_size = 100;
    assert_int_equal(count(s, "prefix"), CVN_EVENT_PLAN_WORDS_MAX + 1);
    assert_int_equal(count(s, "prefi"), CVN_EVENT_PLAN_WORDS_MAX + 1);
    assert_int_equal(count(s, "pref"), CVN_EVENT_PLAN_WORDS_MAX + 2);
    assert_int_equal(count(s, "pre"), CVN_EVENT_PLAN_WORDS_MAX + 3);
    assert_int_equal(count(s, "quad"), CVN_EVENT_PLAN_WORDS_MAX + 1);
    assert_int_equal(count(s, "prero"), 1);
    assert_int_equal(count(s, "prerogatives"), 0);
    assert_int_equal(count(s, "other prefix"), CVN_EVENT_PLAN_WORDS_MAX + 1);
}

static void rename_group(struct scene *s, const char *name)
{
    Convene__Events__V1__BatchRegisterGroupsRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_GROUPS_REQUEST__INIT;
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT, *groups[] = {&group};
    group.slug = text("rustaceans-koln");
    group.name = text(name);
    group.time_zone = text("Europe/Berlin");
    request.groups = groups;
    request.n_groups = 1;
    const Convene__Events__V1__BatchRegisterGroupsResponse *r =
        client_call(&s->admin, &cvn_group_methods[BATCH_GROUPS], &request);
    assert_non_null(r);
    assert_int_equal(r->results[0]->outcome, OUTCOME(UPDATED));
}

static int turn(struct scene *s)
{
    return cvn_group_rename_turn(&s->harness->service, s->harness->store, s->harness->now_ms);
}

static void test_events_follow_the_name_of_their_group(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, "An evening");
    add_many(s, CVN_GROUP_RENAME_STEP, (const char *[]){"An evening", "A day"});
    int32_t sequence = get(&s->owner, id)->sequence;
    char etag[32];
    (void)snprintf(etag, sizeof etag, "%s", get(&s->owner, id)->etag);
    assert_int_equal(turn(s), 0);
    rename_group(s, "Ferris and friends");
    assert_int_equal(count(s, "ferris"), 0); /* not yet */
    assert_int_equal(turn(s), 1);
    rename_group(s, "Crabs"); /* begins anew */
    for (int n = 0; turn(s) == 1; n++)
        assert_true(n < 4);
    s->request.page_size = 1000;
    assert_int_equal(count(s, "crabs"), CVN_GROUP_RENAME_STEP + 1);
    assert_int_equal(count(s, "ferris"), 0);
    assert_int_equal(count(s, "rustaceans"), 0);
    assert_string_equal(get(&s->owner, id)->group_name, "Crabs");
    assert_int_equal(get(&s->owner, id)->sequence, sequence);
    assert_string_equal(get(&s->owner, id)->etag, etag);
    assert_indexes_right(s->harness);
}

static const Convene__Events__V1__FilterHint *
hint_of(const Convene__Events__V1__ListEventsResponse *r, const char *filter)
{
    for (size_t i = 0; i < r->n_hints; i++)
        if (strcmp(r->hints[i]->filter, filter) == 0)
            return r->hints[i];
    return NULL;
}

static void test_empty_list_says_what_there_would_be(void **state)
{
    struct scene *s = *state;
    char *rust[] = {text("rust")}, *go[] = {text("go")};
    s->d.event.topics = rust;
    s->d.event.n_topics = 1;
    for (int i = 0; i < 3; i++)
        (void)add(s, "An evening");
    struct cvn_id off = add(s, "Called off");
    assert_non_null(cancel(&s->owner, off, ""));
    s->request.topics = go;
    s->request.n_topics = 1;
    s->request.text = text("evening");
    const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
    assert_int_equal(r->n_events, 0);
    assert_int_equal(hint_of(r, "topics")->count, 3);
    assert_false(hint_of(r, "topics")->at_least);
    assert_int_equal(hint_of(r, "text")->count, 0);
    assert_int_equal(hint_of(r, "include_cancelled")->count, 0);
    assert_null(hint_of(r, "near"));
    s->request.n_topics = 0;
    s->request.text = text("called");
    r = list(&s->nobody, &s->request);
    assert_int_equal(hint_of(r, "include_cancelled")->count, 1);
    s->request.text = text("evening");
    r = list(&s->nobody, &s->request);
    assert_int_equal(r->n_events, 3);
    assert_int_equal(r->n_hints, 0);
}

static void test_hints_count_so_far_and_no_further(void **state)
{
    struct scene *s = *state;
    add_many(s, CVN_EVENT_LIST_HINT_MAX, (const char *[]){"An evening", "A day"});
    s->request.language = text("de");
    const Convene__Events__V1__FilterHint *hint =
        hint_of(list(&s->nobody, &s->request), "languages");
    assert_int_equal(hint->count, CVN_EVENT_LIST_HINT_MAX);
    assert_false(hint->at_least);
    (void)add(s, "One more");
    hint = hint_of(list(&s->nobody, &s->request), "languages");
    assert_int_equal(hint->count, CVN_EVENT_LIST_HINT_MAX);
    assert_true(hint->at_least);
}

static void test_matches_tell_distance_topics_and_language(void **state)
{
    struct scene *s = *state;
    Convene__Events__V1__Circle near = CONVENE__EVENTS__V1__CIRCLE__INIT;
    Convene__Events__V1__LatLng center = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    char *topics[] = {text("Rust"), text("WASM"), text("Talks")};
    char *asked[] = {text("wasm"), text("rust")}, *tags[] = {text(""), text("en")};
    s->d.event.topics = topics;
    s->d.event.n_topics = 3;
    s->d.event.language = text("en-GB");
    s->d.event.venue = &s->d.venue;
    s->d.venue.location = &s->d.at;
    s->d.at.latitude = 53;
    s->d.at.longitude = 13;
    (void)add(s, "a");
    s->d.event.language = text("");
    s->d.event.venue = NULL;
    s->d.event.attendance_mode = MODE(ONLINE);
    (void)add(s, "b");
    near.center = &center;
    near.radius_m = 200000;
    center.latitude = 52;
    center.longitude = 13;
    s->request.near = &near;
    s->request.online_too = true;
    s->request.topics = asked;
    s->request.n_topics = 2;
    s->request.languages = tags;
    s->request.n_languages = 2;
    assert_null(list(&s->nobody, &s->request)->events[0]->match);
    s->request.with_matches = true;
    const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
    assert_int_equal(r->n_events, 2);
    const Convene__Events__V1__EventMatch *a = r->events[0]->match, *b = r->events[1]->match;
    assert_int_equal((int)a->distance_m->value, 111195);
    assert_int_equal(a->n_topics, 2);
    assert_string_equal(a->topics[0], "Rust");
    assert_true(a->language);
    assert_null(b->distance_m);
    assert_false(b->language);
    s->request.near = NULL;
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "online_too"));
}

static const Convene__Events__V1__ListEventsResponse *list_at(struct scene *s, const char *name,
                                                              const char *country, double radius_m)
{
    static Convene__Events__V1__PlaceName place;
    convene__events__v1__place_name__init(&place);
    place.name = text(name);
    place.country = text(country);
    place.radius_m = radius_m;
    s->request.place = &place;
    return list(&s->nobody, &s->request);
}

static void test_place_by_name_is_a_circle(void **state)
{
    struct scene *s = *state;
    s->d.event.venue = &s->d.venue;
    s->d.venue.location = &s->d.at;
    s->d.at.latitude = 50.94;
    s->d.at.longitude = 6.96;
    (void)add(s, "In Köln");
    s->d.at.latitude = 50.68; /* south of Bonn, 31 km away */
    s->d.at.longitude = 7.15;
    (void)add(s, "In Bonn");
    const Convene__Events__V1__ListEventsResponse *r = list_at(s, "cologne", "", 0);
    assert_int_equal(r->n_events, 2 - 1);
    assert_string_equal(r->events[0]->title, "In Köln");
    assert_string_equal(r->place->name, "Köln");
    assert_string_equal(r->place->country, "de");
    assert_int_equal(list_at(s, "Köln", "de", 35000)->n_events, 2);
    assert_int_equal(list_at(s, "Koeln", "", 500)->n_events, 0);
}

static void test_place_that_is_not_clear_asks_back(void **state)
{
    struct scene *s = *state;
    assert_null(list_at(s, "Springfield", "us", 0));
    assert_int_equal(s->nobody.status.code, CVN_INVALID_ARGUMENT);
    assert_non_null(strstr(s->nobody.status.message, "Springfield (us, MO), 166,000 people; "));
    assert_null(list_at(s, "Hambrug", "", 0));
    assert_non_null(strstr(s->nobody.status.message, "but Hamburg (de, 04), 1,845,000 people."));
    assert_null(list_at(s, "Berlin", "fr", 0));
    assert_non_null(strstr(s->nobody.status.message, "in that country or region, but Berlin (de"));
    assert_null(list_at(s, "Xyzzyxyz", "", 0));
    assert_non_null(strstr(s->nobody.status.message, "a point and a radius are right"));
    assert_null(list_at(s, "", "", 500001));
    assert_true(client_blames(&s->nobody, "place.name"));
    assert_true(client_blames(&s->nobody, "place.radius_m"));
    Convene__Events__V1__Circle near = CONVENE__EVENTS__V1__CIRCLE__INIT;
    s->request.near = &near;
    assert_null(list_at(s, "Berlin", "DE", 0));
    assert_true(client_blames(&s->nobody, "place"));
    assert_true(client_blames(&s->nobody, "place.country"));
}

/* Many events have a city and no coordinates. */
static void test_events_are_found_at_the_centre_of_their_city(void **state)
{
    struct scene *s = *state;
    s->d.event.venue = &s->d.venue;
    s->d.venue.city = text("Bonn");
    struct cvn_id id = add(s, "a");
    assert_int_equal(list_at(s, "Bonn", "", 1000)->n_events, 1);
    assert_int_equal(list_at(s, "Köln", "", 30000)->n_events, 1);
    assert_int_equal((int)get(&s->nobody, id)->city_center->latitude, 50);
    s->d.venue.city = text("Springfield"); /* one of many */
    assert_null(get(&s->nobody, add(s, "b"))->city_center);
    s->d.venue.country = text("fr");
    s->d.venue.city = text("Berlin");
    assert_null(get(&s->nobody, add(s, "c"))->city_center);
    s->d.venue.country = text("de");
    s->d.event.external_id = text("k");
    assert_int_equal(put(&s->owner, &s->d.event, true)->outcome, OUTCOME(CREATED));
    assert_int_equal(put(&s->owner, &s->d.event, true)->outcome, OUTCOME(UNCHANGED));
    assert_int_equal(list_at(s, "Berlin", "", 1000)->n_events, 1);
    s->d.venue.city = text("Potsdam");
    assert_int_equal(put(&s->owner, &s->d.event, true)->outcome, OUTCOME(UPDATED));
    assert_int_equal(list_at(s, "Berlin", "", 1000)->n_events, 0);
    assert_int_equal(list_at(s, "Potsdam", "", 1000)->n_events, 1);
    assert_indexes_right(s->harness);
}

static void test_filters_of_many_at_their_limits(void **state)
{
    struct scene *s = *state;
    char *many[51], *tags[21];
    for (size_t i = 0; i < 51; i++)
        many[i] = text("go");
    for (size_t i = 0; i < 21; i++)
        tags[i] = text("en");
    s->request.topics = many;
    s->request.languages = tags;
    s->request.n_topics = 50;
    s->request.n_languages = 20;
    assert_non_null(list(&s->nobody, &s->request));
    s->request.n_topics = 51;
    s->request.n_languages = 21;
    s->request.group_ids = many;
    s->request.n_group_ids = 51;
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "topics"));
    assert_true(client_blames(&s->nobody, "languages"));
    assert_true(client_blames(&s->nobody, "group_ids"));
}

/* Two words that never meet, each as often as the other: seeks do not make a call endless. */
static void test_words_that_never_meet_end_a_page_early(void **state)
{
    struct scene *s = *state;
    add_many(s, 24000, (const char *[]){"right", "left"});
    char token[256] = "";
    int n_pages = 0;
    s->request.text = text("left right ");
    do {
        s->request.page_token = token;
        const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
        assert_non_null(r);
        assert_int_equal(r->n_events, 0);
        n_pages++;
        assert_true(strlen(r->next_page_token) < sizeof token);
        strcpy(token, r->next_page_token);
    } while (token[0]);
    assert_int_equal(n_pages, 2);
}

/* All fields but what only lists tell, packed, in the client's arena. */
static struct cvn_slice packed(struct client *client, const Convene__Events__V1__Event *event)
{
    struct cvn_slice bytes;
    assert_non_null(event);
    assert_int_equal(cvn_message_pack(&event->base, &client->arena, &bytes), 0);
    return bytes;
}

static void assert_listed_as_got(struct scene *s, struct client *client, struct cvn_id id)
{
    CVN_ARENA_AUTO kept;
    cvn_arena_init(&kept, 1 << 20);
    struct cvn_slice got = cvn_arena_slice(&kept, packed(client, get(client, id)));
    const Convene__Events__V1__ListEventsResponse *r = list(client, &s->request);
    assert_int_equal(r->n_events, 1);
    struct cvn_slice listed = packed(client, r->events[0]);
    assert_int_equal(listed.len, got.len);
    assert_memory_equal(listed.data, got.data, got.len);
}

static void test_list_shows_events_as_get_does(void **state)
{
    struct scene *s = *state;
    struct client *const clients[] = {&s->owner, &s->member, &s->nobody, &s->admin};
    for (int lottery = 0; lottery < 2; lottery++) {
        s->d.event.online_url = text("https://meet.example.org/x");
        s->d.event.attendance_mode = MODE(MIXED);
        s->d.event.virtual_capacity = 300;
        s->d.event.capacity = 1;
        s->d.event.venue = &s->d.venue;
        s->d.venue.name = text("Hall");
        s->d.venue.city = text("Berlin");
        s->d.venue.country = text("de");
        if (lottery)
            s->d.event.waitlist_mode = CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_LOTTERY;
        struct cvn_id id = add(s, lottery ? "by lot" : "first come");
        s->request.text = text(lottery ? "by lot" : "first come");
        for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
            assert_listed_as_got(s, clients[i], id);
        (void)say_yes(&s->member, id, s->member.who.person, 0);
        (void)say_yes(&s->owner, id, s->owner_id, 0);
        for (size_t i = 0; i < sizeof clients / sizeof *clients; i++)
            assert_listed_as_got(s, clients[i], id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_text_stands_in_title_group_venue_topics_and_description),
        T(test_text_at_its_limits),
        T(test_text_of_more_words_than_are_kept),
        T(test_beginning_of_many_words),
        T(test_events_follow_the_name_of_their_group),
        T(test_empty_list_says_what_there_would_be),
        T(test_hints_count_so_far_and_no_further),
        T(test_matches_tell_distance_topics_and_language),
        T(test_place_by_name_is_a_circle),
        T(test_place_that_is_not_clear_asks_back),
        T(test_events_are_found_at_the_centre_of_their_city),
        T(test_filters_of_many_at_their_limits),
        T(test_words_that_never_meet_end_a_page_early),
        T(test_list_shows_events_as_get_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
