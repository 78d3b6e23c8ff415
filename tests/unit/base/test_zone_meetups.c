/*
 * Real meetups against the zones of their groups: the offset that a start was published with is the
 * one its group's zone gives for that instant. The data is not part of the project; without it
 * there is nothing to test.
 */
#include "base/zone.h"
#include "tests/support/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *directory = "";

static json_t *load(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    json_t *json = json_load_file(path, 0, NULL);
    if (!json)
        print_message("no %s: nothing to compare with\n", path);
    return json;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static const char *zone_name_of(const json_t *groups, const char *urlname)
{
    size_t i;
    json_t *group;
    json_array_foreach(groups, i, group)
    {
        if (strcmp(text_of(group, "urlname"), urlname) == 0)
            return text_of(group, "timezone");
    }
    return NULL;
}

struct tally {
    size_t compared, equal, without_group;
};

static void compare(struct cvn_zones *zones, const char *zone_name, const char *start,
                    struct tally *tally)
{
    const struct cvn_zone *zone;
    int64_t utc_ms;
    int offset_s;
    if (cvn_zones_find(zones, zone_name, &zone) != 0)
        fail_msg("no zone %s", zone_name);
    if (!cvn_instant_parse(&utc_ms, &offset_s, start))
        fail_msg("no instant: %s", start);
    tally->compared++;
    if (cvn_zone_offset_s(zone, utc_ms) != offset_s) {
        print_message("%s is not at %+d s but %+d s in %s\n", start, offset_s,
                      cvn_zone_offset_s(zone, utc_ms), zone_name);
        return;
    }
    tally->equal++;
    struct cvn_civil civil = cvn_zone_civil(zone, utc_ms);
    char local[CVN_CIVIL_TEXT_BYTES];
    cvn_civil_format(local, &civil);
    assert_memory_equal(local, start, strlen(local));
    assert_int_equal(cvn_zone_utc_ms(zone, &civil), utc_ms);
}

static void test_published_offsets_are_those_of_the_zone(void **state)
{
    json_t *groups = load("meetup_groups.json"), *meetups = load("meetups.json"), *meetup;
    struct cvn_zones *zones = NULL;
    struct tally tally = {0};
    size_t i;
    if (!groups || !meetups) {
        json_decref(groups);
        json_decref(meetups);
        skip();
    }
    assert_int_equal(cvn_zones_new(&zones), 0);
    json_array_foreach(meetups, i, meetup)
    {
        const char *zone_name = zone_name_of(groups, text_of(meetup, "group"));
        if (zone_name)
            compare(zones, zone_name, text_of(meetup, "start"), &tally);
        else
            tally.without_group++;
    }
    print_message("%zu of %zu offsets agree; %zu meetups name an unknown group\n", tally.equal,
                  tally.compared, tally.without_group);
    assert_true(tally.compared > 1000);
    assert_int_equal(tally.equal, tally.compared);
    cvn_zones_free(zones);
    json_decref(groups);
    json_decref(meetups);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_offsets_are_those_of_the_zone),
    };
    if (argc > 1)
        directory = argv[1];
    return cmocka_run_group_tests_name("zone_meetups", tests, NULL, NULL);
}
