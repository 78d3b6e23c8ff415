#include "tests/unit/events_calendar/reading.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

enum { ARENA_BYTES = 64 << 20 };

int reading_setup(void **state)
{
    static struct reading reading;
    reading = (struct reading){.time_zone = ""};
    assert_int_equal(cvn_zones_new(&reading.zones), 0);
    cvn_arena_init(&reading.arena, ARENA_BYTES);
    *state = &reading;
    return 0;
}

int reading_teardown(void **state)
{
    struct reading *reading = *state;
    cvn_arena_deinit(&reading->arena);
    cvn_zones_free(reading->zones);
    return 0;
}

static int64_t tick(void *arg)
{
    struct reading *reading = arg;
    return reading->now_ms += reading->tick_ms;
}

const struct cvn_calendar *read_bytes(struct reading *reading, const char *bytes, size_t len)
{
    const struct cvn_calendar_piece piece = {.content = cvn_slice(bytes, len)};
    struct cvn_calendar_import how = {
        .file = {&piece, 1},
        .zones = reading->zones,
        .time_zone = reading->time_zone,
        .group_zone = "Europe/Berlin",
        .now_ms = INT64_C(1796083200) * 1000, /* 2026-12-01T00:00:00Z */
        .clock_ms = tick,
        .clock_arg = reading,
    };
    cvn_arena_reset(&reading->arena);
    assert_int_equal(cvn_calendar_read(&reading->calendar, &how, &reading->arena), 0);
    return &reading->calendar;
}

const struct cvn_calendar *read_calendar(struct reading *reading, const char *lines)
{
    static const char begin[] = "BEGIN:VCALENDAR\n", end[] = "END:VCALENDAR\n";
    size_t len = strlen(lines);
    char *text = test_malloc(sizeof begin + len + sizeof end);
    memcpy(text, begin, sizeof begin - 1);
    memcpy(text + sizeof begin - 1, lines, len);
    memcpy(text + sizeof begin - 1 + len, end, sizeof end);
    const struct cvn_calendar *calendar = read_bytes(reading, text, strlen(text));
    test_free(text);
    assert_int_equal(calendar->refusal, CVN_CALENDAR_OK);
    return calendar;
}

const struct cvn_calendar_item *read_event(struct reading *reading, const char *lines)
{
    static const char begin[] = "BEGIN:VEVENT\nUID:one\n", end[] = "END:VEVENT\n";
    size_t len = strlen(lines);
    char *text = test_malloc(sizeof begin + len + sizeof end);
    memcpy(text, begin, sizeof begin - 1);
    memcpy(text + sizeof begin - 1, lines, len);
    memcpy(text + sizeof begin - 1 + len, end, sizeof end);
    const struct cvn_calendar *calendar = read_calendar(reading, text);
    test_free(text);
    assert_int_equal(calendar->n_records + calendar->n_others, 1);
    if (calendar->n_others == 1)
        return calendar->others[0];
    return calendar->records[0].main ? calendar->records[0].main
                                     : calendar->records[0].overrides[0];
}

bool says(const struct cvn_calendar_item *item, const char *words)
{
    for (size_t i = 0; i < item->result.n_reasons; i++)
        if (strstr(item->result.reasons[i], words))
            return true;
    for (size_t i = 0; i < item->result.n_reasons; i++)
        print_message("it says: %s\n", item->result.reasons[i]);
    return false;
}

bool notes(const struct cvn_calendar *calendar, const char *words)
{
    for (size_t i = 0; i < calendar->n_notes; i++)
        if (strstr(calendar->notes[i], words))
            return true;
    return false;
}

int64_t start_ms(struct reading *reading, const struct cvn_calendar_item *item)
{
    const struct cvn_zone *zone;
    struct cvn_civil civil;
    assert_int_equal(cvn_zones_find(reading->zones, item->event->time_zone, &zone), 0);
    assert_true(cvn_civil_parse(&civil, item->event->start_local));
    return cvn_zone_utc_ms(zone, &civil);
}
