/* ListEvents by hand: each filter's edges, pages, and what may appear. */
#include "services/events/listing/event_list.h"

#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>
#include <string.h>

enum { ARCHIVE_GROUP = 8 };    /* among the methods of groups */
enum { START_S = 1803922200 }; /* of a draft as it is begun: 2027-03-01 18:30 in Berlin */

struct scene {
    struct harness *harness;
    struct cvn_id group, owner_id;
    struct client owner, member, nobody, admin;
    struct draft d;
    Convene__Events__V1__ListEventsRequest request;
    Convene__Events__V1__Circle near;
    Convene__Events__V1__LatLng center;
    Google__Protobuf__Timestamp from, before;
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
    s.group = harness_group(s.harness, "Group", s.owner_id);
    join(&s.member, s.group);
    draft_init(&s.d, s.group);
    convene__events__v1__list_events_request__init(&s.request);
    convene__events__v1__circle__init(&s.near);
    convene__events__v1__lat_lng__init(&s.center);
    google__protobuf__timestamp__init(&s.from);
    google__protobuf__timestamp__init(&s.before);
    s.near.center = &s.center;
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

/* The titles of a page, parted by commas, in the client's arena. */
static const char *titles(struct scene *s, struct client *client)
{
    const Convene__Events__V1__ListEventsResponse *r = list(client, &s->request);
    if (!r)
        return "refused";
    const char *all = "";
    for (size_t i = 0; i < r->n_events; i++)
        all = cvn_arena_printf(&client->arena, "%s%s%s", all, i ? "," : "", r->events[i]->title);
    return all;
}

static void test_list_of_nothing(void **state)
{
    struct scene *s = *state;
    const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
    assert_non_null(r);
    assert_int_equal(r->n_events, 0);
    assert_string_equal(r->next_page_token, "");
}

static void test_list_is_sorted_by_start_then_id(void **state)
{
    struct scene *s = *state;
    s->d.event.start_local = text("2027-03-03T10:00:00");
    (void)add(s, "c");
    s->d.event.start_local = text("2027-03-02T10:00:00");
    (void)add(s, "a");
    (void)add(s, "b"); /* the same start, registered later */
    s->d.event.start_local = text("1971-03-02T10:00:00");
    (void)add(s, "old");
    assert_string_equal(titles(s, &s->nobody), "old,a,b,c");
}

static void test_list_latest_first_in_pages(void **state)
{
    struct scene *s = *state;
    static const char *const starts[] = {"2027-03-01T18:30:00", "2027-03-02T18:30:00",
                                         "2027-03-02T18:30:00", "2027-03-09T18:30:00"};
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        s->d.event.start_local = text(starts[i]);
        (void)add(s, names[i]);
    }
    s->request.latest_first = true;
    assert_string_equal(titles(s, &s->nobody), "d,c,b,a");
    s->request.page_size = 2;
    const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
    char token[512];
    (void)snprintf(token, sizeof token, "%s", r->next_page_token);
    s->d.event.start_local = text("2027-03-20T18:30:00"); /* behind what was read already */
    (void)add(s, "e");
    s->d.event.start_local = text("2027-03-02T10:00:00");
    (void)add(s, "f");
    s->request.page_size = 20;
    s->request.page_token = token;
    assert_string_equal(titles(s, &s->nobody), "b,f,a");
    s->request.latest_first = false; /* the token is of a list in the other order */
    assert_null(list(&s->nobody, &s->request));
}

static void archive(struct scene *s)
{
    Convene__Events__V1__ArchiveGroupRequest request =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    request.id = s->d.group.text;
    assert_non_null(client_call(&s->owner, &cvn_group_methods[ARCHIVE_GROUP], &request));
}

static void test_list_without_what_archived_groups_had_ahead(void **state)
{
    struct scene *s = *state;
    s->d.event.start_local = text("2027-03-01T18:30:00");
    struct cvn_id ahead = add(s, "ahead");
    s->d.event.start_local = text("2020-03-01T18:30:00");
    (void)add(s, "past");
    (void)say_yes(&s->member, ahead, s->member.who.person, 0);
    archive(s);
    assert_string_equal(titles(s, &s->nobody), "past");
    assert_string_equal(titles(s, &s->owner), "past");
    s->request.group_id = s->d.group.text;
    assert_string_equal(titles(s, &s->member), "past");
    s->request.include_unpublished = true; /* who organises it sees all of it */
    assert_string_equal(titles(s, &s->owner), "past,ahead");
    assert_string_equal(titles(s, &s->member), "past");
    s->request.group_id = text("");
    s->request.include_unpublished = false;
    s->request.attendee_id = text("me"); /* and who comes, what they come to */
    assert_string_equal(titles(s, &s->member), "ahead");
    s->request.attendee_id = text("");
    s->harness->now_ms = (int64_t)START_S * 1000;
    assert_string_equal(titles(s, &s->nobody), "past"); /* when its day has come, too */
}

static void test_list_window_is_half_open(void **state)
{
    struct scene *s = *state;
    (void)add(s, "a");
    const struct {
        int64_t from_s, before_s;
        int32_t from_nanos, before_nanos;
        const char *titles;
    } rows[] = {
        {START_S, START_S + 1, 0, 0, "a"},    {START_S + 1, START_S + 2, 0, 0, ""},
        {START_S - 1, START_S, 0, 0, ""},     {START_S, START_S, 0, 0, ""},
        {START_S + 1, START_S - 1, 0, 0, ""}, {START_S - 1, START_S, 0, 1, "a"},
        {START_S, START_S + 1, 1, 0, ""},     {START_S - 1, START_S + 1, 999999999, 0, "a"},
    };
    s->request.start_time_from = &s->from;
    s->request.start_time_before = &s->before;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        s->from.seconds = rows[i].from_s;
        s->from.nanos = rows[i].from_nanos;
        s->before.seconds = rows[i].before_s;
        s->before.nanos = rows[i].before_nanos;
        assert_string_equal(titles(s, &s->nobody), rows[i].titles);
    }
    s->request.start_time_from = NULL;
    s->before.seconds = START_S + 1;
    assert_string_equal(titles(s, &s->nobody), "a");
}

static void test_list_refuses_wrong_filters(void **state)
{
    struct scene *s = *state;
    s->request.page_size = -1;
    s->request.city = text("two\nlines");
    s->request.topic = text("x\x01");
    s->request.language = text("no language");
    s->request.attendance_mode = (Convene__Events__V1__AttendanceMode)4;
    s->request.near = &s->near;
    s->near.radius_m = 500001;
    s->center.latitude = -91;
    s->request.start_time_from = &s->from;
    s->request.start_time_before = &s->before;
    s->from.nanos = -1;
    s->before.nanos = 1000000000;
    assert_null(list(&s->nobody, &s->request));
    const char *const fields[] = {
        "page_size",
        "city",
        "topic",
        "language",
        "near.radius_m",
        "near.center.latitude",
        "attendance_mode",
        "start_time_from",
        "start_time_before",
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        assert_true(client_blames(&s->nobody, fields[i]));
}

/* A mark alone folds to nothing, which is not the same as asking for any. */
static void test_list_refuses_words_that_fold_to_nothing(void **state)
{
    struct scene *s = *state;
    s->request.city = text("\u0301");
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "city"));
    s->request.city = text("");
    s->request.topic = text("\u0301");
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "topic"));
}

static void test_list_of_an_unknown_group(void **state)
{
    struct scene *s = *state;
    s->request.group_id = text("nowhere");
    assert_null(list(&s->nobody, &s->request));
    assert_int_equal(s->nobody.status.code, CVN_NOT_FOUND);
}

static void test_list_by_words_whatever_their_case(void **state)
{
    struct scene *s = *state;
    char *topics[] = {text("Rust"), text("RUST"), text("C++")};
    s->d.event.venue = &s->d.venue;
    s->d.venue.city = text("Łódź");
    s->d.event.topics = topics;
    s->d.event.n_topics = 3;
    (void)add(s, "a");
    s->d.venue.city = text("Łódź Stary");
    s->d.event.n_topics = 1;
    (void)add(s, "b");
    s->request.city = text("LODZ");
    assert_string_equal(titles(s, &s->nobody), "a");
    s->request.city = text("");
    s->request.topic = text("rust");
    assert_string_equal(titles(s, &s->nobody), "a,b"); /* each once */
    s->request.topic = text("c++");
    assert_string_equal(titles(s, &s->nobody), "a");
    s->request.topic = text("c");
    assert_string_equal(titles(s, &s->nobody), "");
}

static void test_list_by_the_longest_words(void **state)
{
    struct scene *s = *state;
    char city[100 + 1] = "", topic[50 + 1] = "";
    for (int i = 0; i < 33; i++) /* one sign that folds to 33 bytes */
        strcat(city, "\uFDFA");
    for (int i = 0; i < 16; i++)
        strcat(topic, "\uFDFA");
    char *topics[] = {topic};
    s->d.event.venue = &s->d.venue;
    s->d.venue.city = city;
    s->d.event.topics = topics;
    s->d.event.n_topics = 1;
    (void)add(s, "a");
    s->request.city = city;
    assert_string_equal(titles(s, &s->nobody), "a");
    s->request.city = text("");
    s->request.topic = topic;
    assert_string_equal(titles(s, &s->nobody), "a");
}

static void add_at(struct scene *s, const char *title, double latitude, double longitude)
{
    s->d.event.venue = &s->d.venue;
    s->d.venue.location = &s->d.at;
    s->d.at.latitude = latitude;
    s->d.at.longitude = longitude;
    (void)add(s, title);
}

static const char *titles_near(struct scene *s, double latitude, double longitude, double radius_m)
{
    s->request.near = &s->near;
    s->center.latitude = latitude;
    s->center.longitude = longitude;
    s->near.radius_m = radius_m;
    return titles(s, &s->nobody);
}

static void test_list_near_at_the_edge(void **state)
{
    struct scene *s = *state;
    add_at(s, "a", 52, 13);
    s->d.event.venue = NULL;
    (void)add(s, "nowhere");
    /* A degree of latitude on the sphere of base/geo.h is 111,195.08 m. */
    assert_string_equal(titles_near(s, 53, 13, 111195), "");
    assert_string_equal(titles_near(s, 53, 13, 111196), "a");
    assert_string_equal(titles_near(s, 52, 13, 0.001), "a");
}

static void test_list_near_the_ends_of_the_earth(void **state)
{
    struct scene *s = *state;
    add_at(s, "east", 0, 179.9);
    add_at(s, "west", 0, -179.9);
    add_at(s, "line", 0, 180);
    add_at(s, "pole", 89.9, 100);
    add_at(s, "south", -90, 0);
    assert_string_equal(titles_near(s, 0, 180, 20000), "east,west,line");
    assert_string_equal(titles_near(s, 0, -180, 20000), "east,west,line");
    assert_string_equal(titles_near(s, 0, -179.95, 10000), "west,line");
    assert_string_equal(titles_near(s, 89.9, -80, 30000), "pole");
    assert_string_equal(titles_near(s, 90, 0, 500000), "pole");
    assert_string_equal(titles_near(s, -90, 77, 1), "south");
}

static void test_list_by_visibility(void **state)
{
    struct scene *s = *state;
    s->d.event.visibility = VISIBILITY(MEMBERS);
    (void)add(s, "members");
    s->d.event.visibility = VISIBILITY(LINK);
    (void)add(s, "link");
    s->d.event.visibility = VISIBILITY(PUBLIC);
    (void)add(s, "public");
    s->d.event.title = text("draft");
    assert_non_null(create(&s->owner, &s->d.event, false));
    for (int i = 0; i < 2; i++) {
        s->request.group_id = i ? s->d.group.text : text("");
        s->request.include_unpublished = true;
        assert_string_equal(titles(s, &s->nobody), "public");
        assert_string_equal(titles(s, &s->member), "members,public");
        assert_string_equal(titles(s, &s->owner), "members,link,public,draft");
        s->request.include_unpublished = false;
        assert_string_equal(titles(s, &s->owner), "members,link,public");
    }
}

static void test_list_of_cancelled(void **state)
{
    struct scene *s = *state;
    struct cvn_id id = add(s, "a");
    (void)add(s, "b");
    assert_non_null(cancel(&s->owner, id, ""));
    assert_string_equal(titles(s, &s->nobody), "b");
    s->request.include_cancelled = true;
    assert_string_equal(titles(s, &s->nobody), "a,b");
}

static void test_list_of_an_attendee(void **state)
{
    struct scene *s = *state;
    struct cvn_id person = s->member.who.person;
    s->d.event.capacity = 1;
    struct cvn_id full = add(s, "waits");
    (void)say_yes(&s->owner, full, s->owner_id, 0);
    (void)say_yes(&s->member, full, person, 0);
    struct cvn_id left = add(s, "left");
    (void)say_yes(&s->member, left, person, 0);
    (void)say_no(&s->member, left, person);
    s->d.event.visibility = VISIBILITY(LINK);
    struct cvn_id link = add(s, "link");
    (void)say_yes(&s->member, link, person, 0);
    (void)add(s, "other");
    s->request.attendee_id = text("me");
    assert_string_equal(titles(s, &s->member), "waits,link");
    s->request.attendee_id = PERSON_TEXT(person);
    assert_string_equal(titles(s, &s->member), "waits,link");
    assert_string_equal(titles(s, &s->admin), "waits,link");
    assert_null(list(&s->owner, &s->request));
    assert_int_equal(s->owner.status.code, CVN_PERMISSION_DENIED);
    assert_null(list(&s->nobody, &s->request));
    assert_int_equal(s->nobody.status.code, CVN_UNAUTHENTICATED);
}

static void test_list_window_of_an_attendee(void **state)
{
    struct scene *s = *state;
    (void)say_yes(&s->member, add(s, "a"), s->member.who.person, 0);
    s->request.attendee_id = text("me");
    s->request.start_time_from = &s->from;
    s->request.start_time_before = &s->before;
    s->from.seconds = START_S;
    s->before.seconds = START_S + 1;
    assert_string_equal(titles(s, &s->member), "a");
    s->from.seconds = START_S + 1;
    s->before.seconds = START_S + 2;
    assert_string_equal(titles(s, &s->member), "");
    s->from.seconds = START_S - 1;
    s->before.seconds = START_S;
    assert_string_equal(titles(s, &s->member), "");
}

static void test_list_shows_online_addresses_as_get_does(void **state)
{
    struct scene *s = *state;
    s->d.event.online_url = text("https://meet.example.org/x");
    struct cvn_id id = add(s, "a");
    assert_string_equal(list(&s->nobody, &s->request)->events[0]->online_url, "");
    assert_string_equal(list(&s->owner, &s->request)->events[0]->online_url,
                        "https://meet.example.org/x");
    assert_string_equal(list(&s->member, &s->request)->events[0]->online_url, "");
    (void)say_yes(&s->member, id, s->member.who.person, 0);
    const Convene__Events__V1__ListEventsResponse *r = list(&s->member, &s->request);
    assert_string_equal(r->events[0]->online_url, "https://meet.example.org/x");
    assert_int_equal(r->events[0]->seats_taken, 1);
}

static void test_list_refuses_a_token_of_other_filters(void **state)
{
    struct scene *s = *state;
    (void)add(s, "a");
    (void)add(s, "b");
    s->request.page_size = 1;
    const Convene__Events__V1__ListEventsResponse *r = list(&s->admin, &s->request);
    char token[256];
    assert_true(strlen(r->next_page_token) > 0 && strlen(r->next_page_token) < sizeof token);
    strcpy(token, r->next_page_token);
    s->request.page_token = token;
    assert_string_equal(titles(s, &s->nobody), "b");
    s->request.page_size = 5; /* how much of it may change */
    assert_string_equal(titles(s, &s->nobody), "b");
    s->request.topic = text("x");
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "page_token"));
    s->request.topic = text("");
    token[3] ^= 1;
    assert_null(list(&s->nobody, &s->request));
    assert_true(client_blames(&s->nobody, "page_token"));
    s->request.page_token = text("x");
    assert_null(list(&s->nobody, &s->request));
}

/* Registers n events of the draft, keyed by number. */
static void add_many(struct scene *s, size_t n)
{
    static Convene__Events__V1__Event events[500];
    static Convene__Events__V1__Event *pointers[500];
    static char keys[500][12];
    for (size_t done = 0; done < n;) {
        Convene__Events__V1__BatchRegisterEventsRequest request =
            CONVENE__EVENTS__V1__BATCH_REGISTER_EVENTS_REQUEST__INIT;
        request.events = pointers;
        request.publish = true;
        for (; request.n_events < 500 && done < n; request.n_events++, done++) {
            events[request.n_events] = s->d.event;
            (void)snprintf(keys[request.n_events], sizeof keys[0], "%zu", done);
            events[request.n_events].external_id = keys[request.n_events];
            pointers[request.n_events] = &events[request.n_events];
        }
        assert_non_null(put_batch(&s->admin, &request));
    }
}

/* Pages to the end: how many events and how many pages there were. */
static size_t count_events(struct scene *s, size_t *ret_n_pages)
{
    size_t n = 0;
    char token[256] = "";
    *ret_n_pages = 0;
    do {
        s->request.page_token = token;
        const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
        assert_non_null(r);
        n += r->n_events;
        ++*ret_n_pages;
        assert_true(strlen(r->next_page_token) < sizeof token);
        strcpy(token, r->next_page_token);
    } while (token[0]);
    s->request.page_token = text("");
    return n;
}

static void test_list_page_at_its_largest(void **state)
{
    struct scene *s = *state;
    add_many(s, 1001);
    assert_int_equal(list(&s->nobody, &s->request)->n_events, 20);
    s->request.page_size = 1000;
    assert_int_equal(list(&s->nobody, &s->request)->n_events, 1000);
    s->request.page_size = 1001;
    assert_int_equal(list(&s->nobody, &s->request)->n_events, 1000);
    size_t n_pages;
    assert_int_equal(count_events(s, &n_pages), 1001);
    assert_int_equal(n_pages, 2);
}

static void test_list_page_of_large_events(void **state)
{
    struct scene *s = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    s->d.event.description = long_text(&arena, "", 50000);
    add_many(s, 150);
    s->request.page_size = 1000;
    const Convene__Events__V1__ListEventsResponse *r = list(&s->nobody, &s->request);
    size_t bytes = convene__events__v1__list_events_response__get_packed_size(r);
    assert_true(bytes > CVN_EVENT_LIST_BYTES_MAX - 51000);
    assert_true(bytes < CVN_EVENT_LIST_BYTES_MAX + 51000);
    size_t n_pages;
    assert_int_equal(count_events(s, &n_pages), 150);
    assert_int_equal(n_pages, 4);
}

/* What a list looks at and does not show costs the call no memory. */
static void test_list_that_passes_over_large_events(void **state)
{
    struct scene *s = *state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    s->d.event.description = long_text(&arena, "", 50000);
    s->d.event.language = text("en");
    add_many(s, 100);
    s->d.event.language = text("de");
    (void)add(s, "a");
    s->nobody.arena.cap_bytes = 1 << 20;
    s->request.language = text("de");
    assert_string_equal(titles(s, &s->nobody), "a");
}

static void test_list_that_looks_at_as_much_as_it_may(void **state)
{
    struct scene *s = *state;
    s->d.event.visibility = VISIBILITY(MEMBERS);
    add_many(s, CVN_EVENT_LIST_SCAN_MAX - 1);
    s->d.event.visibility = VISIBILITY(PUBLIC);
    s->d.event.start_local = text("2027-03-02T18:30:00");
    (void)add(s, "a");
    size_t n_pages;
    assert_int_equal(count_events(s, &n_pages), 1);
    assert_int_equal(n_pages, 1);
    (void)add(s, "b");
    assert_int_equal(count_events(s, &n_pages), 2);
    assert_int_equal(n_pages, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_list_of_nothing),
        T(test_list_is_sorted_by_start_then_id),
        T(test_list_latest_first_in_pages),
        T(test_list_without_what_archived_groups_had_ahead),
        T(test_list_window_is_half_open),
        T(test_list_refuses_wrong_filters),
        T(test_list_refuses_words_that_fold_to_nothing),
        T(test_list_of_an_unknown_group),
        T(test_list_by_words_whatever_their_case),
        T(test_list_by_the_longest_words),
        T(test_list_near_at_the_edge),
        T(test_list_near_the_ends_of_the_earth),
        T(test_list_by_visibility),
        T(test_list_of_cancelled),
        T(test_list_of_an_attendee),
        T(test_list_window_of_an_attendee),
        T(test_list_shows_online_addresses_as_get_does),
        T(test_list_refuses_a_token_of_other_filters),
        T(test_list_page_at_its_largest),
        T(test_list_page_of_large_events),
        T(test_list_that_passes_over_large_events),
        T(test_list_that_looks_at_as_much_as_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
