/* Every limit of an event's fields, at its boundary. */
#include "services/events/meetups/event_check.h"

#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

struct scene {
    struct cvn_zones *zones;
    struct cvn_arena arena;
    struct cvn_problems problems;
    struct draft d;
};

static int setup(void **state)
{
    static struct scene scene;
    scene = (struct scene){0};
    cvn_arena_init(&scene.arena, 8 << 20);
    draft_init(&scene.d, (struct cvn_id){{1}});
    scene.d.event.venue = &scene.d.venue;
    scene.d.venue.location = &scene.d.at;
    *state = &scene;
    return cvn_zones_new(&scene.zones);
}

static int teardown(void **state)
{
    struct scene *s = *state;
    cvn_zones_free(s->zones);
    cvn_arena_deinit(&s->arena);
    return 0;
}

static void check(struct scene *s)
{
    cvn_problems_init(&s->problems, &s->arena);
    assert_int_equal(cvn_event_check(&s->problems, "event", &s->d.event, s->zones), 0);
}

#define assert_fine(s)                                                                             \
    do {                                                                                           \
        check(s);                                                                                  \
        assert_string_equal(cvn_problems_sentence(&(s)->problems), "");                            \
    } while (0)

/* Exactly that field is wrong, and something is said about it. */
#define assert_wrong(s, path)                                                                      \
    do {                                                                                           \
        check(s);                                                                                  \
        assert_int_equal((s)->problems.total, 1);                                                  \
        assert_string_equal((s)->problems.items[0].field, path);                                   \
        assert_true(strlen((s)->problems.items[0].text) > 5);                                      \
    } while (0)

static void test_check_of_the_least_event(void **state)
{
    assert_fine((struct scene *)*state);
}

static void test_check_of_no_event(void **state)
{
    struct scene *s = *state;
    cvn_problems_init(&s->problems, &s->arena);
    assert_int_equal(cvn_event_check(&s->problems, "events[7]", NULL, s->zones), 0);
    assert_string_equal(cvn_problems_sentence(&s->problems), "events[7] is missing");
}

static void test_check_names_the_path_in_a_batch(void **state)
{
    struct scene *s = *state;
    s->d.at.latitude = 91;
    cvn_problems_init(&s->problems, &s->arena);
    assert_int_equal(cvn_event_check(&s->problems, "events[3]", &s->d.event, s->zones), 0);
    assert_int_equal(s->problems.total, 1);
    assert_string_equal(s->problems.items[0].field, "events[3].venue.location.latitude");
}

static void test_check_of_texts_at_their_longest(void **state)
{
    struct scene *s = *state;
    const struct {
        char **field;
        const char *path;
        const char *prefix;
        size_t max;
    } rows[] = {
        {&s->d.event.title, "event.title", "", 300},
        {&s->d.event.description, "event.description", "", 50000},
        {&s->d.event.external_id, "event.external_id", "", 200},
        {&s->d.event.cost_note, "event.cost_note", "", 200},
        {&s->d.event.online_url, "event.online_url", "https://example.org/", 500},
        {&s->d.event.url, "event.url", "http://example.org/", 500},
        {&s->d.event.language, "event.language", "de-abcdefgh-abcdefgh-abcdefgh-", 35},
        {&s->d.venue.name, "event.venue.name", "", 200},
        {&s->d.venue.address, "event.venue.address", "", 500},
        {&s->d.venue.city, "event.venue.city", "", 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *before = *rows[i].field;
        size_t n = rows[i].max - strlen(rows[i].prefix);
        *rows[i].field = long_text(&s->arena, rows[i].prefix, n);
        assert_fine(s);
        *rows[i].field = long_text(&s->arena, rows[i].prefix, n + 1);
        assert_wrong(s, rows[i].path);
        *rows[i].field = before;
    }
}

static void test_check_of_title(void **state)
{
    struct scene *s = *state;
    const char *const wrong[] = {"", " ", "two\nlines", "tab\t", "bell\a", "\xff", "del\x7f"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s->d.event.title = text(wrong[i]);
        assert_wrong(s, "event.title");
    }
    s->d.event.title = text("x");
    assert_fine(s);
}

static void test_check_of_description(void **state)
{
    struct scene *s = *state;
    s->d.event.description = text("# Lines\n\n\tand tabs\r\n");
    assert_fine(s);
    s->d.event.description = text("escape \x1b[1m");
    assert_wrong(s, "event.description");
}

static void test_check_of_group_missing(void **state)
{
    struct scene *s = *state;
    s->d.event.group_id = text("");
    assert_wrong(s, "event.group_id");
}

static void test_check_of_addresses(void **state)
{
    struct scene *s = *state;
    const char *const wrong[] = {"example.org", "ftp://example.org/", "https://",
                                 "javascript:alert(1)", "https://example.org/a b"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s->d.event.url = text(wrong[i]);
        assert_wrong(s, "event.url");
        s->d.event.url = text("");
        s->d.event.online_url = text(wrong[i]);
        assert_wrong(s, "event.online_url");
        s->d.event.online_url = text("");
    }
}

static void test_check_of_numbers(void **state)
{
    struct scene *s = *state;
    const struct {
        int32_t *field;
        const char *path;
        int32_t max;
    } rows[] = {
        {&s->d.event.capacity, "event.capacity", 1000000},
        {&s->d.event.max_guests, "event.max_guests", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        *rows[i].field = -1;
        assert_wrong(s, rows[i].path);
        *rows[i].field = rows[i].max + 1;
        assert_wrong(s, rows[i].path);
        *rows[i].field = rows[i].max;
        assert_fine(s);
        *rows[i].field = 0;
        assert_fine(s);
    }
}

static void test_check_of_choices(void **state)
{
    struct scene *s = *state;
    const struct {
        int *field;
        const char *path;
        int last;
    } rows[] = {
        {(int *)&s->d.event.attendance_mode, "event.attendance_mode", 3},
        {(int *)&s->d.event.waitlist_mode, "event.waitlist_mode", 4},
        {(int *)&s->d.event.party_policy, "event.party_policy", 3},
        {(int *)&s->d.event.visibility, "event.visibility", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        *rows[i].field = rows[i].last;
        assert_fine(s);
        *rows[i].field = rows[i].last + 1;
        assert_wrong(s, rows[i].path);
        *rows[i].field = -1;
        assert_wrong(s, rows[i].path);
        *rows[i].field = 0;
    }
}

static void test_check_of_topics(void **state)
{
    struct scene *s = *state;
    static char *topics[21];
    s->d.event.topics = topics;
    for (size_t i = 0; i < 21; i++)
        topics[i] = text("c++");
    topics[0] = long_text(&s->arena, "", 50);
    s->d.event.n_topics = 20;
    assert_fine(s);
    s->d.event.n_topics = 21;
    assert_wrong(s, "event.topics");
    s->d.event.n_topics = 20;
    topics[19] = long_text(&s->arena, "", 51);
    assert_wrong(s, "event.topics[19]");
    topics[19] = text("");
    assert_wrong(s, "event.topics[19]");
}

static void test_check_of_hosts(void **state)
{
    struct scene *s = *state;
    static char *hosts[21];
    struct id_text id = id_text("per", (struct cvn_id){{7}}),
                   other = id_text("evt", (struct cvn_id){{7}});
    s->d.event.host_ids = hosts;
    for (size_t i = 0; i < 21; i++)
        hosts[i] = id.text;
    s->d.event.n_host_ids = 20;
    assert_fine(s);
    s->d.event.n_host_ids = 21;
    assert_wrong(s, "event.host_ids");
    s->d.event.n_host_ids = 20;
    hosts[19] = other.text;
    assert_wrong(s, "event.host_ids[19]");
}

static void test_check_of_location(void **state)
{
    struct scene *s = *state;
    const struct {
        double *field;
        const char *path;
        double max;
    } rows[] = {
        {&s->d.at.latitude, "event.venue.location.latitude", 90},
        {&s->d.at.longitude, "event.venue.location.longitude", 180},
    };
    for (size_t i = 0; i < 2; i++) {
        const double wrong[] = {nextafter(rows[i].max, 1000), -nextafter(rows[i].max, 1000), NAN,
                                INFINITY};
        for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
            *rows[i].field = wrong[j];
            assert_wrong(s, rows[i].path);
        }
        *rows[i].field = -rows[i].max;
        assert_fine(s);
        *rows[i].field = rows[i].max;
        assert_fine(s);
    }
}

static void test_check_of_country(void **state)
{
    struct scene *s = *state;
    s->d.venue.country = text("de");
    assert_fine(s);
    s->d.venue.country = text("DE");
    assert_wrong(s, "event.venue.country");
    s->d.venue.country = text("deu");
    assert_wrong(s, "event.venue.country");
}

static void test_check_of_start(void **state)
{
    struct scene *s = *state;
    const char *const wrong[] = {
        "",           "2027-02-29T18:30:00",  "2027-02-28T24:00:00",       "2027-02-28 18:30:00",
        "2027-02-28", "2027-02-28T18:30:00Z", "2027-02-28T18:30:00+01:00", "tomorrow",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s->d.event.start_local = text(wrong[i]);
        assert_wrong(s, "event.start_local");
    }
    s->d.event.start_local = text("2028-02-29T18:30");
    assert_fine(s);
}

static void test_check_of_end(void **state)
{
    struct scene *s = *state;
    s->d.event.end_local = s->d.event.start_local;
    assert_fine(s);
    s->d.event.end_local = text("2027-03-01T18:29:59");
    assert_wrong(s, "event.end_local");
    s->d.event.end_local = text("2027-04-01T18:30:00"); /* 31 days */
    assert_fine(s);
    s->d.event.end_local = text("2027-04-01T18:30:01");
    assert_wrong(s, "event.end_local");
    s->d.event.end_local = text("later");
    assert_wrong(s, "event.end_local");
}

static void test_check_of_zone(void **state)
{
    struct scene *s = *state;
    s->d.event.time_zone = text("America/New_York");
    assert_fine(s);
    s->d.event.time_zone = text("Mars/Phobos");
    assert_wrong(s, "event.time_zone");
    s->d.event.time_zone = text("../../etc/passwd");
    assert_wrong(s, "event.time_zone");
}

static void test_check_of_rsvp_window(void **state)
{
    struct scene *s = *state;
    static Google__Protobuf__Timestamp open = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    static Google__Protobuf__Timestamp close = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    open.seconds = close.seconds = 1800000000;
    s->d.event.rsvp_open_time = &open;
    s->d.event.rsvp_close_time = &close;
    assert_fine(s);
    open.nanos = 1000000;
    assert_wrong(s, "event.rsvp_close_time");
    s->d.event.rsvp_close_time = NULL;
    assert_fine(s);
}

static void test_check_of_instants_out_of_range(void **state)
{
    struct scene *s = *state;
    static Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    const struct {
        int64_t seconds;
        int32_t nanos;
        bool fine;
    } rows[] = {
        {INT64_C(-62135596800), 0, true},
        {INT64_C(-62135596801), 0, false},
        {INT64_C(253402300799), 999999999, true},
        {INT64_C(253402300800), 0, false},
        {0, -1, false},
        {0, 1000000000, false},
        {INT64_MAX, 0, false},
        {INT64_MIN, 0, false},
    };
    s->d.event.rsvp_open_time = &time;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        time.seconds = rows[i].seconds;
        time.nanos = rows[i].nanos;
        if (rows[i].fine)
            assert_fine(s);
        else
            assert_wrong(s, "event.rsvp_open_time");
    }
}

static void test_check_says_everything_at_once(void **state)
{
    struct scene *s = *state;
    s->d.event.title = text("");
    s->d.event.capacity = -1;
    s->d.at.latitude = 91;
    s->d.event.time_zone = text("Nowhere");
    check(s);
    assert_int_equal(s->problems.total, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_check_of_the_least_event),
        T(test_check_of_no_event),
        T(test_check_names_the_path_in_a_batch),
        T(test_check_of_texts_at_their_longest),
        T(test_check_of_title),
        T(test_check_of_description),
        T(test_check_of_group_missing),
        T(test_check_of_addresses),
        T(test_check_of_numbers),
        T(test_check_of_choices),
        T(test_check_of_topics),
        T(test_check_of_hosts),
        T(test_check_of_location),
        T(test_check_of_country),
        T(test_check_of_start),
        T(test_check_of_end),
        T(test_check_of_zone),
        T(test_check_of_rsvp_window),
        T(test_check_of_instants_out_of_range),
        T(test_check_says_everything_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
