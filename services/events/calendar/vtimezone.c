#include "services/events/calendar/vtimezone.h"

#include "services/events/calendar/zone_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROBES = 24, YEAR_DAYS = 365 };

/* When offsets change in a year, at most twice for each observance. */
struct change {
    int64_t local_s; /* on the clocks before it */
    int offset_s;
};

struct changes {
    struct change items[2 * CVN_CALENDAR_OBSERVANCES_MAX];
    size_t n;
};

/* One zone of each set of rules that many people live under. */
static const char *const candidates[] = {
    "Europe/Berlin",      "Europe/London",       "Europe/Athens",       "Europe/Moscow",
    "Europe/Istanbul",    "America/New_York",    "America/Chicago",     "America/Denver",
    "America/Phoenix",    "America/Los_Angeles", "America/Anchorage",   "America/Halifax",
    "America/St_Johns",   "America/Sao_Paulo",   "America/Bogota",      "America/Mexico_City",
    "America/Santiago",   "Asia/Jerusalem",      "Asia/Dubai",          "Asia/Tehran",
    "Asia/Karachi",       "Asia/Kolkata",        "Asia/Kathmandu",      "Asia/Dhaka",
    "Asia/Bangkok",       "Asia/Shanghai",       "Asia/Tokyo",          "Australia/Sydney",
    "Australia/Brisbane", "Australia/Adelaide",  "Australia/Darwin",    "Australia/Perth",
    "Pacific/Auckland",   "Pacific/Honolulu",    "Africa/Johannesburg", "Africa/Lagos",
    "Africa/Nairobi",     "Africa/Cairo"};

/* The part of a rule behind a name, as in "BYMONTH="; its length in *ret_len. NULL: none. */
static const char *part_of(const char *rule, const char *name, size_t *ret_len)
{
    size_t len = strlen(name);
    for (; *rule; rule += strcspn(rule, ";"), rule += *rule == ';')
        if (strncasecmp(rule, name, len) == 0) {
            *ret_len = strcspn(rule + len, ";");
            return rule + len;
        }
    return NULL;
}

/* The day of a month that "2SU" or "-1SU" names; 0 when it names none. */
static int day_of(const char *by_day, size_t len, int year, int month)
{
    static const char *const weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    char *rest;
    long nth = strtol(by_day, &rest, 10);
    int weekday = 0;
    while (weekday < 7 && strncasecmp(rest, weekdays[weekday], 2) != 0)
        weekday++;
    if (rest + 2 != by_day + len || weekday == 7 || nth == 0 || nth < -5 || nth > 5)
        return 0;
    int days = cvn_civil_days_in_month(year, month);
    struct cvn_civil end = {year, month, nth > 0 ? 1 : days, 0, 0, 0};
    int there = (int)cvn_civil_weekday(&end) - 1;
    int day = nth > 0 ? 1 + (weekday - there + 7) % 7 + ((int)nth - 1) * 7
                      : days - (there - weekday + 7) % 7 + ((int)nth + 1) * 7;
    return day >= 1 && day <= days ? day : 0;
}

/* DTSTART of an observance, whose year may lie before any that base/civil knows. */
static bool read_start(const char *text, struct cvn_civil *ret)
{
    *ret = (struct cvn_civil){0};
    return strlen(text) >= 8 && sscanf(text, "%4d%2d%2dT%2d%2d%2d", &ret->year, &ret->month,
                                       &ret->day, &ret->hour, &ret->minute, &ret->second) >= 3;
}

/* Adds the change of an observance in a year, if it has one then. False when it cannot be read. */
static bool add_change(struct changes *changes, const struct cvn_calendar_observance *o, int year)
{
    struct cvn_civil start;
    size_t month_len, day_len;
    if (!o->has_offset || !read_start(o->start, &start))
        return false;
    struct cvn_civil at = {year, start.month, start.day, start.hour, start.minute, start.second};
    if (start.year > year || (!o->rule[0] && start.year < year))
        return true;
    if (o->rule[0]) {
        const char *until = part_of(o->rule, "UNTIL=", &month_len);
        int last = 0;
        if (until && sscanf(until, "%4d", &last) == 1 && last < year)
            return true;
        const char *month = part_of(o->rule, "BYMONTH=", &month_len);
        const char *day = part_of(o->rule, "BYDAY=", &day_len);
        if (!month || !day)
            return false;
        at.month = atoi(month);
        at.day = at.month >= 1 && at.month <= 12 ? day_of(day, day_len, year, at.month) : 0;
    }
    if (!cvn_civil_valid(&at))
        return false;
    changes->items[changes->n++] = (struct change){cvn_civil_seconds(&at), o->offset_s};
    return true;
}

/* All observances say the same: *ret_s is it. */
static bool is_fixed(const struct cvn_calendar_timezone *timezone, int *ret_s)
{
    const struct cvn_calendar_observance *o = timezone->observances;
    if (!o || !o->has_offset)
        return false;
    *ret_s = o->offset_s;
    for (; o; o = o->next)
        if (!o->has_offset || o->offset_s != *ret_s)
            return false;
    return true;
}

static int compare(const void *a, const void *b)
{
    int64_t x = ((const struct change *)a)->local_s, y = ((const struct change *)b)->local_s;
    return (x > y) - (x < y);
}

/* Whether a later rule for the same offset has taken its place by that year. */
static bool is_superseded(const struct cvn_calendar_timezone *timezone,
                          const struct cvn_calendar_observance *o, int year)
{
    struct cvn_civil start, other;
    if (!read_start(o->start, &start))
        return false;
    for (const struct cvn_calendar_observance *p = timezone->observances; p; p = p->next)
        if (p != o && p->offset_s == o->offset_s && read_start(p->start, &other) &&
            other.year > start.year && other.year <= year)
            return true;
    return false;
}

/* Adds the changes of one year. */
static bool add_year(struct changes *changes, const struct cvn_calendar_timezone *timezone,
                     int year)
{
    for (const struct cvn_calendar_observance *o = timezone->observances; o; o = o->next)
        if (!is_superseded(timezone, o, year) && !add_change(changes, o, year))
            return false;
    return true;
}

/* Reads when clocks change in the year and the one before. */
static bool read_changes(const struct cvn_calendar_timezone *timezone, int year,
                         struct changes *ret)
{
    ret->n = 0;
    if (!add_year(ret, timezone, year - 1) || !add_year(ret, timezone, year))
        return false;
    qsort(ret->items, ret->n, sizeof *ret->items, compare);
    return ret->n > 0;
}

static bool agrees(const struct changes *changes, const struct cvn_zone *zone, int year)
{
    struct cvn_civil first = {year, 1, 1, 12, 0, 0};
    for (int i = 0; i < PROBES; i++) {
        int64_t local_s = cvn_civil_seconds(&first) + (int64_t)i * YEAR_DAYS * 86400 / PROBES;
        int offset_s = changes->items[0].offset_s;
        for (size_t c = 0; c < changes->n && changes->items[c].local_s <= local_s; c++)
            offset_s = changes->items[c].offset_s;
        struct cvn_civil at = cvn_civil_of_seconds(local_s);
        if (cvn_zone_offset_s(zone, cvn_zone_utc_ms(zone, &at)) != offset_s)
            return false;
    }
    return true;
}

int cvn_calendar_vtimezone_match(const struct cvn_calendar_places *places,
                                 const struct cvn_calendar_timezone *timezone, int year,
                                 const struct cvn_zone **ret_zone)
{
    struct changes changes;
    int offset_s;
    if (is_fixed(timezone, &offset_s))
        return cvn_calendar_zone_fixed(places->zones, offset_s, ret_zone);
    if (year <= CVN_CIVIL_YEAR_MIN || !read_changes(timezone, year, &changes))
        return CVN_ZONE_UNKNOWN;
    const struct cvn_zone *near[] = {places->fallback, places->home};
    for (size_t i = 0; i < 2; i++)
        if (near[i] && agrees(&changes, near[i], year)) {
            *ret_zone = near[i];
            return 0;
        }
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        const struct cvn_zone *zone;
        int r = cvn_zones_find(places->zones, candidates[i], &zone);
        if (r < 0)
            return r;
        if (r == 0 && agrees(&changes, zone, year)) {
            *ret_zone = zone;
            return 0;
        }
    }
    return CVN_ZONE_UNKNOWN;
}
