/* ListEvents by topics and a place at once, against measuring each event; and an old store. */
#include "base/geo.h"
#include "services/events/listing/event_cells.h"
#include "services/events/spaces.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>

enum {
    N_EVENTS = 400,
    N_TOPICS = CVN_EVENT_TOPIC_CELLS_MAX + 1,
    N_OF_EVENT = 2,
    BATCH = 200,
    PAGE = 1000,
};

/* Cells meet at the second and the third; all of the coarsest do at the last. */
static const struct cvn_point centres[] = {{52.52, 13.40}, {0, 0}, {60.17, 179.99}, {89.7, 20}};
enum { N_CENTRES = sizeof centres / sizeof *centres };

struct scene {
    struct harness *harness;
    struct client owner, nobody, admin;
    struct cvn_id group;
    struct cvn_point at[N_EVENTS];
    unsigned topics[N_EVENTS][N_OF_EVENT];
    char words[N_TOPICS][12];
};

static void add_batch(struct scene *s, size_t first)
{
    static struct draft drafts[BATCH];
    static Convene__Events__V1__Event *events[BATCH];
    static char keys[BATCH][12], *topics[BATCH][N_OF_EVENT];
    Convene__Events__V1__BatchRegisterEventsRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_EVENTS_REQUEST__INIT;
    for (size_t i = 0; i < BATCH; i++) {
        struct draft *d = &drafts[i];
        draft_init(d, s->group);
        (void)snprintf(keys[i], sizeof keys[i], "%zu", first + i);
        d->event.external_id = keys[i];
        d->event.venue = &d->venue;
        d->venue.location = &d->at;
        d->at.latitude = s->at[first + i].lat;
        d->at.longitude = s->at[first + i].lon;
        for (size_t j = 0; j < N_OF_EVENT; j++)
            topics[i][j] = s->words[s->topics[first + i][j]];
        d->event.topics = topics[i];
        d->event.n_topics = N_OF_EVENT;
        events[i] = &d->event;
    }
    request.events = events;
    request.n_events = BATCH;
    request.publish = true;
    const Convene__Events__V1__BatchRegisterEventsResponse *reply = put_batch(&s->admin, &request);
    assert_non_null(reply);
    for (size_t i = 0; i < BATCH; i++)
        assert_int_equal(reply->results[i]->outcome, OUTCOME(CREATED));
}

/* Around each centre, the nearer the more. */
static void place(struct scene *s, struct dice *dice, size_t i)
{
    double away = (double)roll(dice, 1000) / 1000;
    const struct cvn_point *centre = &centres[i % N_CENTRES];
    away = 5 * away * away * away;
    s->at[i].lat = centre->lat + away * ((double)roll(dice, 2001) / 1000 - 1);
    s->at[i].lon = centre->lon + 2 * away * ((double)roll(dice, 2001) / 1000 - 1);
    s->at[i].lat = s->at[i].lat > 90 ? 180 - s->at[i].lat : s->at[i].lat;
    s->at[i].lon = s->at[i].lon > 180 ? s->at[i].lon - 360 : s->at[i].lon;
    s->topics[i][0] = (unsigned)(i / N_CENTRES % N_TOPICS);
    s->topics[i][1] = (s->topics[i][0] + 1 + (unsigned)roll(dice, N_TOPICS - 1)) % N_TOPICS;
}

static int setup(void **state)
{
    static struct scene s;
    struct dice dice = {20270302};
    (void)harness_setup(state);
    s = (struct scene){.harness = *state};
    s.owner = client_of(s.harness, harness_person(s.harness, 0));
    s.nobody = client_nobody(s.harness);
    s.admin = client_admin(s.harness);
    s.group = harness_group(s.harness, "Everywhere", s.owner.who.person);
    for (size_t i = 0; i < N_TOPICS; i++)
        (void)snprintf(s.words[i], sizeof s.words[i], "topic %zu", i);
    for (size_t i = 0; i < N_EVENTS; i++)
        place(&s, &dice, i);
    for (size_t i = 0; i < N_EVENTS; i += BATCH)
        add_batch(&s, i);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    client_end(&s->owner);
    client_end(&s->nobody);
    client_end(&s->admin);
    *state = s->harness;
    return harness_teardown(state);
}

/* How many events with one of the first n topics a list has around the centre. */
static size_t n_listed(struct scene *s, struct cvn_point at, double radius_m, size_t n)
{
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    Convene__Events__V1__Circle near = CONVENE__EVENTS__V1__CIRCLE__INIT;
    Convene__Events__V1__LatLng center = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    char *topics[N_TOPICS];
    for (size_t i = 0; i < n; i++)
        topics[i] = s->words[i];
    center.latitude = at.lat;
    center.longitude = at.lon;
    near.center = &center;
    near.radius_m = radius_m;
    request.near = &near;
    request.topics = topics;
    request.n_topics = n;
    request.page_size = PAGE;
    const Convene__Events__V1__ListEventsResponse *reply = list(&s->nobody, &request);
    assert_non_null(reply);
    assert_string_equal(reply->next_page_token, "");
    return reply->n_events;
}

static size_t n_measured(const struct scene *s, struct cvn_point at, double radius_m, size_t n)
{
    size_t n_found = 0;
    for (size_t i = 0; i < N_EVENTS; i++)
        n_found += (s->topics[i][0] < n || s->topics[i][1] < n) &&
                   cvn_geo_distance_m(at, s->at[i]) <= radius_m;
    return n_found;
}

/* Of more topics, and of larger circles, the cells are too many to be walked for each. */
static void test_list_by_few_topics_and_more_in_circles_of_all_sizes(void **state)
{
    struct scene *s = *state;
    static const double radii_m[] = {1, 5000, 25000, 60000, 150000, CVN_GEO_RADIUS_MAX_M};
    static const size_t n_topics[] = {
        1, 2, 4, 5, 16, CVN_EVENT_TOPIC_CELLS_MAX, CVN_EVENT_TOPIC_CELLS_MAX + 1};
    size_t n_found = 0;
    for (size_t i = 0; i < N_CENTRES; i++)
        for (size_t j = 0; j < sizeof radii_m / sizeof *radii_m; j++)
            for (size_t k = 0; k < sizeof n_topics / sizeof *n_topics; k++) {
                size_t n = n_listed(s, centres[i], radii_m[j], n_topics[k]);
                assert_int_equal(n, n_measured(s, centres[i], radii_m[j], n_topics[k]));
                n_found += n;
            }
    assert_true(n_found > N_EVENTS);
}

static void test_store_of_the_version_before_is_given_topics_with_places(void **state)
{
    struct scene *s = *state;
    size_t n = n_measured(s, centres[0], 25000, 2);
    assert_true(n > 0);
    assert_int_equal(forget_index(s->harness, CVN_INDEX_EVENT_TOPIC_CELL), N_EVENTS * N_OF_EVENT);
    assert_int_equal(n_listed(s, centres[0], 25000, 2), 0);
    step_schema(s->harness, 2);
    assert_int_equal(n_listed(s, centres[0], 25000, 2), n);
    assert_indexes_right(s->harness);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_list_by_few_topics_and_more_in_circles_of_all_sizes),
        T(test_store_of_the_version_before_is_given_topics_with_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
