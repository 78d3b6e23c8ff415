#include "base/posix_tz.h"

#include "base/civil.h"

#include <stddef.h>

struct cursor {
    const char *p, *end;
};

static bool at(const struct cursor *c, char want)
{
    return c->p < c->end && *c->p == want;
}

static bool take(struct cursor *c, char want)
{
    if (!at(c, want))
        return false;
    c->p++;
    return true;
}

static bool take_number(struct cursor *c, int min, int max, int *ret)
{
    int n = 0, digits = 0;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9' && digits < 3; digits++, c->p++)
        n = n * 10 + (*c->p - '0');
    *ret = n;
    return digits && n >= min && n <= max;
}

/* "CET" or "<+0330>"; only its extent matters. */
static bool take_name(struct cursor *c)
{
    const char *start = c->p;
    if (take(c, '<')) {
        while (c->p < c->end && *c->p != '>')
            c->p++;
        return take(c, '>');
    }
    while (c->p < c->end && ((*c->p >= 'A' && *c->p <= 'Z') || (*c->p >= 'a' && *c->p <= 'z')))
        c->p++;
    return c->p - start >= 3;
}

/* [+-]hh[:mm[:ss]], in seconds. */
static bool take_time(struct cursor *c, int hours_max, int32_t *ret)
{
    int h, m = 0, s = 0;
    bool negative = take(c, '-');
    if (!negative)
        (void)take(c, '+');
    if (!take_number(c, 0, hours_max, &h))
        return false;
    if (take(c, ':') &&
        (!take_number(c, 0, 59, &m) || (take(c, ':') && !take_number(c, 0, 59, &s))))
        return false;
    *ret = (h * 3600 + m * 60 + s) * (negative ? -1 : 1);
    return true;
}

static bool take_change(struct cursor *c, struct cvn_posix_change *ret)
{
    struct cvn_posix_change change = {.time_s = 2 * 3600};
    bool ok;
    if (take(c, 'M')) {
        change.kind = CVN_POSIX_MONTH_WEEK_DAY;
        ok = take_number(c, 1, 12, &change.month) && take(c, '.') &&
             take_number(c, 1, 5, &change.week) && take(c, '.') &&
             take_number(c, 0, 6, &change.weekday);
    } else if (take(c, 'J')) {
        change.kind = CVN_POSIX_JULIAN;
        ok = take_number(c, 1, 365, &change.day);
    } else {
        change.kind = CVN_POSIX_DAY_OF_YEAR;
        ok = take_number(c, 0, 365, &change.day);
    }
    if (!ok || (take(c, '/') && !take_time(c, 167, &change.time_s)))
        return false;
    *ret = change;
    return true;
}

bool cvn_posix_tz_parse(struct cvn_posix_tz *ret, struct cvn_slice text)
{
    struct cursor c = {text.data, (const char *)text.data + text.len};
    struct cvn_posix_tz tz = {0};
    if (!take_name(&c) || !take_time(&c, 24, &tz.standard_s))
        return false;
    tz.standard_s = -tz.standard_s;
    if (c.p < c.end) {
        tz.has_dst = true;
        tz.dst_s = -(tz.standard_s + 3600);
        if (!take_name(&c) || (!at(&c, ',') && !take_time(&c, 24, &tz.dst_s)))
            return false;
        tz.dst_s = -tz.dst_s;
        if (!take(&c, ',') || !take_change(&c, &tz.to_dst) || !take(&c, ',') ||
            !take_change(&c, &tz.to_standard) || c.p != c.end)
            return false;
    }
    *ret = tz;
    return true;
}

/* Days since 1970 of the week-th weekday of the month, the last one where week is 5. */
static int64_t day_of_week_in_month(int year, const struct cvn_posix_change *change)
{
    struct cvn_civil first = {.year = year, .month = change->month, .day = 1};
    int first_weekday = cvn_civil_weekday(&first) % 7; /* Sunday is 0 */
    int day = 1 + (change->weekday - first_weekday + 7) % 7 + (change->week - 1) * 7;
    while (day > cvn_civil_days_in_month(year, change->month))
        day -= 7;
    return cvn_civil_days(year, change->month, day);
}

int64_t cvn_posix_change_s(const struct cvn_posix_change *change, int year, int32_t offset_s)
{
    int64_t days = 0;
    switch (change->kind) {
    case CVN_POSIX_MONTH_WEEK_DAY:
        days = day_of_week_in_month(year, change);
        break;
    case CVN_POSIX_JULIAN:
        days = cvn_civil_days(year, 1, 1) + change->day - 1;
        if (change->day >= 60 && cvn_civil_days_in_month(year, 2) == 29)
            days++;
        break;
    case CVN_POSIX_DAY_OF_YEAR:
        days = cvn_civil_days(year, 1, 1) + change->day;
        break;
    }
    return days * 86400 + change->time_s - offset_s;
}
