#include "base/civil.h"

#include <stdio.h>
#include <string.h>

enum {
    DAY_S = 86400,
};

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int cvn_civil_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

bool cvn_civil_valid(const struct cvn_civil *c)
{
    return c->year >= CVN_CIVIL_YEAR_MIN && c->year <= CVN_CIVIL_YEAR_MAX && c->month >= 1 &&
           c->month <= 12 && c->day >= 1 && c->day <= cvn_civil_days_in_month(c->year, c->month) &&
           c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 &&
           c->second <= 59;
}

/* Years are counted from March, so that the leap day is the last; 400 of them are an era. */
int64_t cvn_civil_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int64_t cvn_civil_seconds(const struct cvn_civil *c)
{
    return cvn_civil_days(c->year, c->month, c->day) * DAY_S + c->hour * 3600 + c->minute * 60 +
           c->second;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

struct cvn_civil cvn_civil_of_seconds(int64_t seconds)
{
    int64_t days = floor_div(seconds, DAY_S);
    int rest = (int)(seconds - days * DAY_S);
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (struct cvn_civil){
        .year = (int)(yoe + era * 400) + (month <= 2),
        .month = month,
        .day = (int)(doy - (153 * mp + 2) / 5) + 1,
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
    };
}

enum cvn_weekday cvn_civil_weekday(const struct cvn_civil *c)
{
    int64_t days = cvn_civil_days(c->year, c->month, c->day); /* 1970-01-01 was a Thursday */
    return (enum cvn_weekday)(days + 3 - floor_div(days + 3, 7) * 7 + 1);
}

/* Reads exactly n digits and moves *p behind them. */
static bool take_digits(const char **p, int n, int *ret)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *p += n;
    *ret = value;
    return true;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

static bool take_date_and_minute(const char **p, struct cvn_civil *c)
{
    return take_digits(p, 4, &c->year) && take_char(p, '-') && take_digits(p, 2, &c->month) &&
           take_char(p, '-') && take_digits(p, 2, &c->day) && take_char(p, 'T') &&
           take_digits(p, 2, &c->hour) && take_char(p, ':') && take_digits(p, 2, &c->minute);
}

bool cvn_civil_parse(struct cvn_civil *ret, const char *text)
{
    struct cvn_civil c = {0};
    const char *p = text;
    if (!take_date_and_minute(&p, &c))
        return false;
    if (take_char(&p, ':') && !take_digits(&p, 2, &c.second))
        return false;
    if (*p || !cvn_civil_valid(&c))
        return false;
    *ret = c;
    return true;
}

void cvn_civil_format(char text[CVN_CIVIL_TEXT_BYTES], const struct cvn_civil *c)
{
    (void)snprintf(text, CVN_CIVIL_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d", c->year, c->month,
                   c->day, c->hour, c->minute, c->second);
}

/* ".5" is 500 ms; digits past the third are read and dropped. */
static bool take_fraction(const char **p, int *ret_ms)
{
    int ms = 0, n = 0;
    for (; **p >= '0' && **p <= '9'; n++, (*p)++)
        if (n < 3)
            ms = ms * 10 + (**p - '0');
    for (int i = n; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return n >= 1 && n <= 9;
}

static bool take_offset(const char **p, int *ret_offset_s)
{
    if (take_char(p, 'Z')) {
        *ret_offset_s = 0;
        return true;
    }
    bool west = **p == '-';
    if (!west && **p != '+')
        return false;
    (*p)++;
    int hours, minutes;
    if (!take_digits(p, 2, &hours) || !take_char(p, ':') || !take_digits(p, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    int offset_s = hours * 3600 + minutes * 60;
    *ret_offset_s = west ? -offset_s : offset_s;
    return true;
}

bool cvn_instant_parse(int64_t *ret_utc_ms, int *ret_offset_s, const char *text)
{
    struct cvn_civil c = {0};
    const char *p = text;
    int ms = 0, offset_s;
    if (!take_date_and_minute(&p, &c) || !take_char(&p, ':') || !take_digits(&p, 2, &c.second))
        return false;
    if (take_char(&p, '.') && !take_fraction(&p, &ms))
        return false;
    if (!take_offset(&p, &offset_s) || *p || !cvn_civil_valid(&c))
        return false;
    *ret_utc_ms = (cvn_civil_seconds(&c) - offset_s) * 1000 + ms;
    if (ret_offset_s)
        *ret_offset_s = offset_s;
    return true;
}

void cvn_instant_format(char text[CVN_INSTANT_TEXT_BYTES], int64_t utc_ms, int offset_s)
{
    int64_t utc_s = floor_div(utc_ms, 1000);
    unsigned ms = (unsigned)(utc_ms - utc_s * 1000);
    struct cvn_civil c = cvn_civil_of_seconds(utc_s + offset_s);
    char civil[CVN_CIVIL_TEXT_BYTES], fraction[sizeof ".000"] = "", offset[sizeof "+00:00"] = "Z";
    cvn_civil_format(civil, &c);
    if (ms)
        (void)snprintf(fraction, sizeof fraction, ".%03u", ms % 1000);
    unsigned minutes = (unsigned)(offset_s < 0 ? -offset_s : offset_s) / 60 % (24 * 60);
    if (offset_s)
        (void)snprintf(offset, sizeof offset, "%c%02u:%02u", offset_s < 0 ? '-' : '+', minutes / 60,
                       minutes % 60);
    (void)snprintf(text, CVN_INSTANT_TEXT_BYTES, "%s%s%s", civil, fraction, offset);
}
