#include "client/cli/when.h"

#include "client/cli/values.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY_S = 86400, OFFSET_DAYS_MAX = 36600 };

/* Midnight of the day so many days after 1970-01-01 on the zone's clocks, as an instant. */
static int64_t midnight_ms(const struct cvn_zone *zone, int64_t days)
{
    struct cvn_civil civil = cvn_civil_of_seconds(days * DAY_S);
    return cvn_zone_utc_ms(zone, &civil);
}

static struct cvn_when days_span(const struct cvn_zone *zone, int64_t first, int64_t n)
{
    return (struct cvn_when){midnight_ms(zone, first), midnight_ms(zone, first + n)};
}

static struct cvn_when month_span(const struct cvn_zone *zone, int year, int month)
{
    return days_span(zone, cvn_civil_days(year, month, 1), cvn_civil_days_in_month(year, month));
}

static const char *const day_names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};

static bool named_span(struct cvn_when *ret, const char *text, const struct cvn_civil *today,
                       const struct cvn_zone *zone)
{
    int64_t day = cvn_civil_days(today->year, today->month, today->day);
    int weekday = cvn_civil_weekday(today);
    int64_t monday = day - (weekday - CVN_MONDAY);
    const struct {
        const char *name;
        int64_t first;
        int64_t n;
    } spans[] = {
        {"today", day, 1},        {"tomorrow", day + 1, 1},     {"yesterday", day - 1, 1},
        {"this-week", monday, 7}, {"next-week", monday + 7, 7}, {"this-weekend", monday + 5, 2},
    };
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        if (strcasecmp(spans[i].name, text) == 0) {
            *ret = days_span(zone, spans[i].first, spans[i].n);
            return true;
        }
    }
    for (int i = 0; i < 7; i++) {
        bool is_short = strlen(text) == 3 && strncasecmp(day_names[i], text, 3) == 0;
        if (is_short || strcasecmp(day_names[i], text) == 0) {
            *ret = days_span(zone, day + (i + CVN_MONDAY - weekday + 7) % 7, 1);
            return true;
        }
    }
    bool next = strcasecmp(text, "next-month") == 0;
    if (next || strcasecmp(text, "this-month") == 0) {
        bool turn = next && today->month == 12;
        *ret = month_span(zone, today->year + turn, turn ? 1 : today->month + next);
        return true;
    }
    return false;
}

/* "+7d" and the like; a day is the same time on another day. */
static bool offset(struct cvn_when *ret, const char *text, int64_t now_ms,
                   const struct cvn_zone *zone)
{
    if ((*text != '+' && *text != '-') || !isdigit((unsigned char)text[1])) {
        return false;
    }
    char *unit;
    errno = 0;
    long n = strtol(text, &unit, 10);
    if (errno || labs(n) > OFFSET_DAYS_MAX) {
        return false;
    }
    int64_t at_ms;
    if (strcmp(unit, "d") == 0 || strcmp(unit, "w") == 0) {
        struct cvn_civil civil = cvn_zone_civil(zone, now_ms);
        int64_t days = *unit == 'w' ? 7 * (int64_t)n : n;
        civil = cvn_civil_of_seconds(cvn_civil_seconds(&civil) + days * DAY_S);
        if (!cvn_civil_valid(&civil)) {
            return false;
        }
        at_ms = cvn_zone_utc_ms(zone, &civil);
    } else if (strcmp(unit, "h") == 0) {
        at_ms = now_ms + (int64_t)n * 3600000;
    } else if (strcmp(unit, "min") == 0 || strcmp(unit, "m") == 0) {
        at_ms = now_ms + (int64_t)n * 60000;
    } else {
        return false;
    }
    *ret = (struct cvn_when){at_ms, at_ms};
    return true;
}

static bool two_digits(const char *text, int *ret)
{
    if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1])) {
        return false;
    }
    *ret = (text[0] - '0') * 10 + (text[1] - '0');
    return true;
}

static bool date(struct cvn_when *ret, const char *text, const struct cvn_zone *zone)
{
    size_t len = strlen(text);
    int century;
    struct cvn_civil civil = {.day = 1};
    bool ok = (len == 7 || len == 10) && two_digits(text, &century) &&
              two_digits(text + 2, &civil.year) && text[4] == '-' &&
              two_digits(text + 5, &civil.month);
    ok = ok && (len == 7 || (text[7] == '-' && two_digits(text + 8, &civil.day)));
    if (!ok) {
        return false;
    }
    civil.year += century * 100;
    if (!cvn_civil_valid(&civil)) {
        return false;
    }
    *ret = len == 7 ? month_span(zone, civil.year, civil.month)
                    : days_span(zone, cvn_civil_days(civil.year, civil.month, civil.day), 1);
    return true;
}

int cvn_when_parse(struct cvn_when *ret, const char *text, int64_t now_ms,
                   const struct cvn_zone *zone, struct cvn_error *err)
{
    struct cvn_civil today = cvn_zone_civil(zone, now_ms);
    struct cvn_civil civil;
    int64_t at_ms = now_ms;
    if (strcasecmp(text, "now") == 0 || cvn_instant_parse(&at_ms, NULL, text)) {
        *ret = (struct cvn_when){at_ms, at_ms};
        return 0;
    }
    if (cvn_civil_parse(&civil, text)) {
        at_ms = cvn_zone_utc_ms(zone, &civil);
        *ret = (struct cvn_when){at_ms, at_ms};
        return 0;
    }
    if (named_span(ret, text, &today, zone) || offset(ret, text, now_ms, zone) ||
        date(ret, text, zone)) {
        return 0;
    }
    return cvn_error_set(err, -EINVAL,
                         "must be a time like 2026-12-01, 2026-12-01T18:30, today, friday, "
                         "this-week or +7d, not \"%.40s\"",
                         text);
}

void cvn_when_format(char text[CVN_WHEN_TEXT_BYTES], const struct cvn_civil *civil, int this_year)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char year[16] = "";
    if (civil->year != this_year) {
        (void)snprintf(year, sizeof year, " %d", civil->year);
    }
    (void)snprintf(text, CVN_WHEN_TEXT_BYTES, "%s %d %s%s %02d:%02d",
                   days[cvn_civil_weekday(civil) - CVN_MONDAY], civil->day,
                   months[civil->month - 1], year, civil->hour, civil->minute);
}
