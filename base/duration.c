#include "base/duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

static const int64_t seconds_max = (int64_t)CVN_DURATION_DAYS_MAX * 86400;

/* One number of 1 to 12 digits before its unit. */
static bool take_number(const char **p, int64_t *ret)
{
    int64_t value = 0;
    int n = 0;
    for (; **p >= '0' && **p <= '9' && n < 12; n++, (*p)++)
        value = value * 10 + (**p - '0');
    *ret = value;
    return n > 0;
}

/* Reads numbers with these units, each at most once and in this order, until another character. */
static bool take_units(const char **p, const char *units, const int64_t *sizes, int64_t *ret_sum)
{
    size_t next = 0;
    int64_t sum = 0;
    while (**p >= '0' && **p <= '9') {
        int64_t n;
        if (!take_number(p, &n))
            return false;
        while (units[next] && units[next] != **p)
            next++;
        if (!units[next])
            return false;
        sum += n * sizes[next++];
        (*p)++;
    }
    *ret_sum = sum;
    return true;
}

bool cvn_duration_parse(struct cvn_duration *ret, const char *text)
{
    static const int64_t of_date[] = {7, 1}, of_time[] = {3600, 60, 1};
    const char *p = text;
    int64_t days, seconds = 0;
    if (*p++ != 'P')
        return false;
    const char *date = p;
    if (!take_units(&p, "WD", of_date, &days))
        return false;
    bool any = p != date;
    if (*p == 'T') {
        const char *time = ++p;
        if (!take_units(&p, "HMS", of_time, &seconds) || p == time)
            return false;
        any = true;
    }
    if (*p || !any || days > CVN_DURATION_DAYS_MAX || seconds > seconds_max)
        return false;
    *ret = (struct cvn_duration){.days = (int32_t)days, .seconds = seconds};
    return true;
}

void cvn_duration_format(char text[CVN_DURATION_TEXT_BYTES], struct cvn_duration d)
{
    const struct {
        int64_t n;
        char unit;
    } parts[] = {{d.seconds / 3600, 'H'}, {d.seconds / 60 % 60, 'M'}, {d.seconds % 60, 'S'}};
    size_t room = CVN_DURATION_TEXT_BYTES, at = 0;
    at += (size_t)snprintf(text, room, "P");
    if (d.days)
        at += (size_t)snprintf(text + at, room - at, "%" PRId32 "D", d.days);
    if (!d.days && !d.seconds)
        (void)snprintf(text + at, room - at, "T0S");
    if (!d.seconds)
        return;
    at += (size_t)snprintf(text + at, room - at, "T");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n)
            at +=
                (size_t)snprintf(text + at, room - at, "%" PRId64 "%c", parts[i].n, parts[i].unit);
}

int64_t cvn_duration_ms(struct cvn_duration d)
{
    return ((int64_t)d.days * 86400 + d.seconds) * 1000;
}
