/* Pairs of people who met, beside a plain loop over who answered what. */
#include "services/events/rsvps/attended.h"
#include "services/events/rsvps/co_attendance.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/dice.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdlib.h>
#include <string.h>

enum { N_PEOPLE = 12, N_EVENTS = 9, LIST = 1, SEED = 7 };

struct scene {
    struct harness *harness;
    int64_t begin_ms; /* from which the events' days are counted */
    struct cvn_id owner, group;
    struct cvn_id people[N_PEOPLE], events[N_EVENTS];
    bool came[N_EVENTS][N_PEOPLE];
    struct id_text texts[N_PEOPLE];
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

/* A day apart. */
static void put_events(struct scene *s, Convene__Events__V1__Visibility visibility)
{
    int64_t now_ms = s->harness->now_ms;
    s->harness->now_ms = s->begin_ms;
    for (unsigned e = 0; e < N_EVENTS; e++) {
        Convene__Events__V1__Event event = harness_event(s->harness, s->group, 0);
        event.start_time->seconds += e * DAY_MS / 1000;
        event.end_time->seconds += e * DAY_MS / 1000;
        event.visibility = visibility;
        s->events[e] = harness_put_event(s->harness, e, event);
    }
    s->harness->now_ms = now_ms;
}

/* Events a day apart, each with some of the people, and with as many again whom nobody asks for. */
static struct scene *set_scene(void **state)
{
    static struct scene scene; /* of one test at a time */
    memset(&scene, 0, sizeof scene);
    struct scene *s = &scene;
    uint64_t dice = SEED;
    s->harness = *state;
    CLIENT admin = client_admin(s->harness);
    s->begin_ms = s->harness->now_ms;
    s->owner = harness_person(s->harness, 1000);
    s->group = harness_group(s->harness, "Group", s->owner);
    put_events(s, CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_PUBLIC);
    for (unsigned i = 0; i < N_PEOPLE; i++)
        s->people[i] = harness_person(s->harness, i);
    qsort(s->people, N_PEOPLE, sizeof *s->people, compare_ids);
    for (unsigned i = 0; i < N_PEOPLE; i++)
        s->texts[i] = id_text("per", s->people[i]);
    for (unsigned e = 0; e < N_EVENTS; e++) {
        for (unsigned i = 0; i < N_PEOPLE; i++) {
            s->came[e][i] = dice_below(&dice, 3) == 0;
            if (s->came[e][i])
                assert_true(say_yes(&admin, s->events[e], s->people[i], 0) > 0);
        }
        (void)say_yes(&admin, s->events[e], s->owner, 0);
    }
    s->harness->now_ms += (60 + N_EVENTS + 1) * DAY_MS;
    return s;
}

static void fill(Convene__Events__V1__ListCoAttendanceRequest *request, struct scene *s,
                 char *ids[2][N_PEOPLE], unsigned n, unsigned first_other)
{
    convene__events__v1__list_co_attendance_request__init(request);
    for (unsigned i = 0; i < N_PEOPLE; i++)
        ids[0][i] = ids[1][i] = s->texts[i].text;
    request->person_ids = ids[0];
    request->n_person_ids = n;
    request->other_person_ids = ids[1] + first_other;
    request->n_other_person_ids = first_other < N_PEOPLE ? N_PEOPLE - first_other : 0;
}

static unsigned shared(const struct scene *s, unsigned a, unsigned b)
{
    unsigned n = 0;
    for (unsigned e = 0; e < N_EVENTS; e++)
        n += s->came[e][a] && s->came[e][b];
    return n;
}

static unsigned number_of(const struct scene *s, const char *id)
{
    unsigned i = 0;
    while (i < N_PEOPLE && strcmp(s->texts[i].text, id) != 0)
        i++;
    return i;
}

/* Walks all pages of a size and checks each pair; how many there were. */
static unsigned walk(struct scene *s, Convene__Events__V1__ListCoAttendanceRequest *request,
                     int32_t page_size)
{
    CLIENT admin = client_admin(s->harness);
    char token[1024] = "";
    unsigned n = 0;
    request->page_size = page_size;
    do {
        request->page_token = token;
        const Convene__Events__V1__ListCoAttendanceResponse *page =
            client_call(&admin, &cvn_attendance_methods[LIST], request);
        assert_non_null(page);
        assert_true(page->n_pairs <= (size_t)page_size);
        for (size_t i = 0; i < page->n_pairs; i++) {
            const Convene__Events__V1__CoAttendance *pair = page->pairs[i];
            unsigned a = number_of(s, pair->person_id), b = number_of(s, pair->other_person_id);
            assert_true(a < N_PEOPLE && b < N_PEOPLE && a != b);
            assert_int_equal(pair->event_count, shared(s, a, b));
            assert_int_equal(pair->n_events, pair->event_count);
            for (size_t j = 1; j < pair->n_events; j++)
                assert_true(pair->events[j - 1]->start_time->seconds >
                            pair->events[j]->start_time->seconds);
            n++;
        }
        strcpy(token, page->next_page_token);
    } while (token[0]);
    return n;
}

static void test_pairs_among_people_are_those_of_a_plain_loop(void **state)
{
    struct scene *s = set_scene(state);
    Convene__Events__V1__ListCoAttendanceRequest request;
    char *ids[2][N_PEOPLE];
    unsigned met = 0;
    for (unsigned a = 0; a < N_PEOPLE; a++)
        for (unsigned b = a + 1; b < N_PEOPLE; b++)
            met += shared(s, a, b) > 0;
    assert_true(met > N_PEOPLE);
    fill(&request, s, ids, N_PEOPLE, N_PEOPLE);
    for (int32_t page_size = 1; page_size <= (int32_t)met + 1; page_size += 3)
        assert_int_equal(walk(s, &request, page_size), met);
}

static void test_pairs_of_two_sets_are_those_of_a_plain_loop(void **state)
{
    enum { N = 7, FIRST_OTHER = 3 }; /* four people are in both */
    struct scene *s = set_scene(state);
    Convene__Events__V1__ListCoAttendanceRequest request;
    char *ids[2][N_PEOPLE];
    unsigned met = 0;
    for (unsigned a = 0; a < N; a++)
        for (unsigned b = FIRST_OTHER; b < N_PEOPLE; b++)
            met += a != b && shared(s, a, b) > 0;
    fill(&request, s, ids, N, FIRST_OTHER);
    for (int32_t page_size = 1; page_size <= (int32_t)met + 1; page_size += 4)
        assert_int_equal(walk(s, &request, page_size), met);
    /* Of one against many, each event's RSVPs are looked up instead of read. */
    fill(&request, s, ids, 1, N_PEOPLE - 1);
    assert_int_equal(walk(s, &request, 5), shared(s, 0, N_PEOPLE - 1) > 0);
}

static void test_pairs_since_then(void **state)
{
    struct scene *s = set_scene(state);
    Convene__Events__V1__ListCoAttendanceRequest request;
    Google__Protobuf__Timestamp since = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    char *ids[2][N_PEOPLE];
    fill(&request, s, ids, N_PEOPLE, N_PEOPLE);
    since.seconds = s->harness->now_ms / 1000;
    request.since = &since;
    assert_int_equal(walk(s, &request, 100), 0);
    request.since = NULL;
    s->harness->now_ms += 3 * 365 * DAY_MS; /* two years, where nothing is said */
    assert_int_equal(walk(s, &request, 100), 0);
}

static void test_pairs_are_for_services_and_bounded(void **state)
{
    struct scene *s = set_scene(state);
    CLIENT admin = client_admin(s->harness);
    CLIENT person = client_of(s->harness, s->people[0]);
    Convene__Events__V1__ListCoAttendanceRequest request;
    char *ids[2][N_PEOPLE];
    static char *many[CVN_ATTENDED_PEOPLE_MAX + 1];
    fill(&request, s, ids, N_PEOPLE, N_PEOPLE);
    assert_null(client_call(&person, &cvn_attendance_methods[LIST], &request));
    assert_int_equal(person.status.code, CVN_PERMISSION_DENIED);
    request.n_person_ids = 0;
    assert_null(client_call(&admin, &cvn_attendance_methods[LIST], &request));
    assert_true(client_blames(&admin, "person_ids"));
    for (size_t i = 0; i <= CVN_ATTENDED_PEOPLE_MAX; i++)
        many[i] = s->texts[i % N_PEOPLE].text;
    request.person_ids = many;
    request.n_person_ids = CVN_ATTENDED_PEOPLE_MAX;
    assert_non_null(client_call(&admin, &cvn_attendance_methods[LIST], &request));
    request.n_person_ids = CVN_ATTENDED_PEOPLE_MAX + 1;
    assert_null(client_call(&admin, &cvn_attendance_methods[LIST], &request));
    assert_true(client_blames(&admin, "person_ids"));
    request.n_person_ids = 1;
    request.page_token = (char *)"nonsense";
    assert_null(client_call(&admin, &cvn_attendance_methods[LIST], &request));
    assert_true(client_blames(&admin, "page_token"));
}

/* How many events are told of all pairs together. */
static unsigned told(struct client *client, struct scene *s)
{
    Convene__Events__V1__ListCoAttendanceRequest request;
    char *ids[2][N_PEOPLE];
    unsigned n = 0;
    fill(&request, s, ids, N_PEOPLE, N_PEOPLE);
    request.page_size = CVN_CO_ATTENDANCE_MAX;
    const Convene__Events__V1__ListCoAttendanceResponse *page =
        client_call(client, &cvn_attendance_methods[LIST], &request);
    assert_non_null(page);
    for (size_t i = 0; i < page->n_pairs; i++)
        n += (unsigned)page->pairs[i]->event_count;
    return n;
}

static void test_pairs_on_behalf_of_somebody_are_what_they_may_see(void **state)
{
    struct scene *s = set_scene(state);
    CLIENT admin = client_admin(s->harness);
    CLIENT owner = client_on_behalf_of(s->harness, s->owner);
    CLIENT outsider = client_on_behalf_of(s->harness, harness_person(s->harness, 2000));
    unsigned all = told(&admin, s);
    assert_true(all > N_EVENTS);
    assert_int_equal(told(&outsider, s), all);
    put_events(s, CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS);
    assert_int_equal(told(&outsider, s), 0);
    assert_int_equal(told(&owner, s), all);
    assert_int_equal(told(&admin, s), all);
    /* One of them, who is no member, sees what they had an RSVP for themselves. */
    CLIENT one = client_on_behalf_of(s->harness, s->people[0]);
    unsigned seen = 0;
    for (unsigned a = 0; a < N_PEOPLE; a++)
        for (unsigned b = a + 1; b < N_PEOPLE; b++)
            for (unsigned e = 0; e < N_EVENTS; e++)
                seen += s->came[e][0] && s->came[e][a] && s->came[e][b];
    assert_true(seen > 0 && seen < all);
    assert_int_equal(told(&one, s), seen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pairs_among_people_are_those_of_a_plain_loop),
        TEST(test_pairs_of_two_sets_are_those_of_a_plain_loop),
        TEST(test_pairs_since_then),
        TEST(test_pairs_are_for_services_and_bounded),
        TEST(test_pairs_on_behalf_of_somebody_are_what_they_may_see),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
