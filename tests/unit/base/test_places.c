#include "base/places.h"

#include "base/places_table.h"
#include "base/text.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX = 8 };

struct result {
    struct cvn_place places[MAX];
    size_t n;
};

static struct result find(const char *name, const char *country, const char *region)
{
    CVN_ARENA_AUTO arena;
    struct result result = {.n = 99};
    cvn_arena_init(&arena, 1 << 16);
    const struct cvn_place_asked asked = {name, country, region};
    assert_int_equal(cvn_places_find(&arena, &asked, result.places, MAX, &result.n), 0);
    assert_true(result.n <= MAX);
    return result;
}

static void assert_first(const char *name, const char *country)
{
    struct result result = find(name, "", "");
    if (result.n == 0)
        fail_msg("%s is not found", name);
    if (!cvn_places_clear(result.places, result.n))
        fail_msg("%s is not clear", name);
    assert_string_equal(result.places[0].country, country);
}

static void test_find_by_names_in_many_languages(void **state)
{
    static const char *const names[][2] = {
        {"Berlin", "de"},   {"berlin", "de"},    {"München", "de"},   {"Munich", "de"},
        {"muenchen", "de"}, {"MUNCHEN", "de"},   {"Wien", "at"},      {"Vienna", "at"},
        {"東京", "jp"},     {"Москва", "ru"},    {"Łódź", "pl"},      {"lodz", "pl"},
        {"New York", "us"}, {"new-york", "us"},  {"London", "gb"},    {"Zürich", "ch"},
        {"Genf", "ch"},     {"Warszawa", "pl"},  {"Αθήνα", "gr"},     {"서울", "kr"},
        {"Koeln", "de"},    {"São Paulo", "br"}, {"sao paulo", "br"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_first(names[i][0], names[i][1]);
    struct result berlin = find("Berlin", "", "");
    assert_true(cvn_geo_distance_m(berlin.places[0].at, (struct cvn_point){52.52, 13.405}) < 3000);
    assert_true(berlin.places[0].population > 3000000);
}

static void test_find_the_beginning_of_a_name(void **state)
{
    struct result frankfurt = find("Frankfurt (Oder)", "", "");
    assert_int_equal(frankfurt.n, 1);
    assert_string_equal(frankfurt.places[0].name, "Frankfurt (Oder)");
    assert_first("Freiburg im", "de");
    assert_int_equal(find("Berl", "", "").n, 0);
}

static void test_find_asks_back_where_it_is_not_clear(void **state)
{
    struct result all = find("Springfield", "us", "");
    assert_int_equal(all.n, MAX);
    assert_false(cvn_places_clear(all.places, all.n));
    for (size_t i = 1; i < all.n; i++)
        assert_true(all.places[i - 1].population >= all.places[i].population);
    struct result one = find("Springfield", "US", "il");
    assert_int_equal(one.n, 1);
    assert_string_equal(one.places[0].region, "IL");
    assert_int_equal(find("Berlin", "fr", "").n, 0);
}

static void test_clear_is_a_matter_of_size(void **state)
{
    struct cvn_place places[2] = {{.population = 500}, {.population = 100}};
    assert_true(cvn_places_clear(places, 2));
    places[1].population = 101;
    assert_false(cvn_places_clear(places, 2));
    assert_true(cvn_places_clear(places, 1));
    assert_false(cvn_places_clear(places, 0));
}

static void test_find_takes_whatever_people_write(void **state)
{
    char longest[20000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(find("", "", "").n, 0);
    assert_int_equal(find("--", "", "").n, 0);
    assert_int_equal(find(longest, "", "").n, 0);
    CVN_ARENA_AUTO arena;
    struct cvn_place place;
    size_t n;
    cvn_arena_init(&arena, 1 << 16);
    const struct cvn_place_asked bad = {"Z\xfcrich", "", ""};
    assert_int_equal(cvn_places_find(&arena, &bad, &place, 1, &n), CVN_TEXT_INVALID);
    cvn_arena_deinit(&arena);
    cvn_arena_init(&arena, 8);
    const struct cvn_place_asked good = {"Berlin", "", ""};
    assert_int_equal(cvn_places_find(&arena, &good, &place, 1, &n), -ENOMEM);
}

static void test_suggest_what_is_spelt_nearly_so(void **state)
{
    CVN_ARENA_AUTO arena;
    struct cvn_place places[MAX];
    size_t n;
    cvn_arena_init(&arena, 1 << 16);
    const struct cvn_place_asked asked = {"Hambrug", "", ""};
    assert_int_equal(cvn_places_suggest(&arena, &asked, places, MAX, &n), 0);
    assert_true(n > 0);
    assert_string_equal(places[0].name, "Hamburg");
    const struct cvn_place_asked nothing = {"Xyzzyxyz", "", ""};
    assert_int_equal(cvn_places_suggest(&arena, &nothing, places, MAX, &n), 0);
    assert_int_equal(n, 0);
}

/* Every city is found by its own name and country, among those of that name. */
static void test_table_finds_every_city_of_its_own(void **state)
{
    const struct cvn_places_table *table = (const void *)cvn_places_table;
    const struct cvn_places_city *cities =
        (const void *)((const char *)cvn_places_table + table->cities);
    assert_true(table->n_cities > 20000);
    for (uint32_t i = 0; i < table->n_cities; i += 7) {
        const char *name = (const char *)cvn_places_table + cities[i].name;
        struct result found = find(name, cities[i].country, cities[i].region);
        bool there = found.n == MAX; /* or behind the last one shown */
        for (size_t j = 0; j < found.n && !there; j++)
            there = strcmp(found.places[j].name, name) == 0;
        if (!there)
            fail_msg("%s in %s is not found", name, cities[i].country);
        if (i > 0)
            assert_true(cities[i - 1].population >= cities[i].population);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_by_names_in_many_languages),
        cmocka_unit_test(test_find_the_beginning_of_a_name),
        cmocka_unit_test(test_find_asks_back_where_it_is_not_clear),
        cmocka_unit_test(test_clear_is_a_matter_of_size),
        cmocka_unit_test(test_find_takes_whatever_people_write),
        cmocka_unit_test(test_suggest_what_is_spelt_nearly_so),
        cmocka_unit_test(test_table_finds_every_city_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
