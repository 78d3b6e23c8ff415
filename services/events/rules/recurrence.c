#include "services/events/rules/recurrence.h"

#include <libical/ical.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int64_t seconds_of(const struct cvn_civil *civil)
{
    return cvn_civil_seconds(civil);
}

/* Only what an RRULE is made of: libical reads over much that is none. */
static bool is_rule_text(const char *rule)
{
    return rule[strspn(rule, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-")] == '\0';
}

/* Whether some month allowed has some day of the month allowed. */
static bool has_a_day(const struct icalrecurrencetype *rule)
{
    if (rule->by_month_day[0] == ICAL_RECURRENCE_ARRAY_MAX ||
        rule->by_month[0] == ICAL_RECURRENCE_ARRAY_MAX)
        return true;
    for (int m = 0; m < ICAL_BY_MONTH_SIZE && rule->by_month[m] != ICAL_RECURRENCE_ARRAY_MAX; m++) {
        int month = rule->by_month[m];
        if (month < 1 || month > 12)
            continue;
        int days = cvn_civil_days_in_month(2024, month);
        for (int d = 0;
             d < ICAL_BY_MONTHDAY_SIZE && rule->by_month_day[d] != ICAL_RECURRENCE_ARRAY_MAX; d++)
            if (abs(rule->by_month_day[d]) <= days)
                return true;
    }
    return false;
}

static enum cvn_recurrence_refusal read_rule(const char *text, struct icalrecurrencetype *ret)
{
    if (strlen(text) > CVN_RECURRENCE_RULE_MAX)
        return CVN_RECURRENCE_REFUSED_LONG;
    if (!is_rule_text(text) || !strstr(text, "FREQ="))
        return CVN_RECURRENCE_REFUSED_SYNTAX;
    if (strstr(text, "RSCALE=") || strstr(text, "SKIP="))
        return CVN_RECURRENCE_REFUSED_CALENDAR;
    *ret = icalrecurrencetype_from_string(text);
    if (ret->freq == ICAL_SECONDLY_RECURRENCE || ret->freq == ICAL_MINUTELY_RECURRENCE ||
        ret->freq == ICAL_HOURLY_RECURRENCE)
        return CVN_RECURRENCE_REFUSED_OFTEN;
    if (ret->freq == ICAL_NO_RECURRENCE || ret->interval < 1 || ret->count < 0)
        return CVN_RECURRENCE_REFUSED_SYNTAX;
    return has_a_day(ret) ? CVN_RECURRENCE_OK : CVN_RECURRENCE_REFUSED_NEVER;
}

enum cvn_recurrence_refusal cvn_recurrence_check(const char *rule)
{
    struct icalrecurrencetype parsed;
    return rule[0] ? read_rule(rule, &parsed) : CVN_RECURRENCE_OK;
}

static struct icaltimetype ical_of(const struct cvn_civil *civil)
{
    struct icaltimetype time = icaltime_null_time();
    time.year = civil->year;
    time.month = civil->month;
    time.day = civil->day;
    time.hour = civil->hour;
    time.minute = civil->minute;
    time.second = civil->second;
    return time;
}

static struct cvn_civil civil_of(struct icaltimetype time)
{
    return (struct cvn_civil){time.year, time.month, time.day, time.hour, time.minute, time.second};
}

/* UNTIL as clocks at the place show it; a date means its whole day. */
static void localize_until(struct icalrecurrencetype *rule, const struct cvn_zone *zone)
{
    if (icaltime_is_null_time(rule->until))
        return;
    struct cvn_civil until = civil_of(rule->until);
    if (rule->until.is_date) {
        until.hour = 23;
        until.minute = until.second = 59;
    } else if (icaltime_is_utc(rule->until) && zone) {
        until = cvn_zone_civil(zone, cvn_civil_seconds(&until) * 1000);
    }
    rule->until = ical_of(&until);
}

/* What is gathered: sorted and thinned out at the end. */
struct gathered {
    struct cvn_civil *times;
    size_t n, max;
};

static int compare(const void *a, const void *b)
{
    int64_t x = seconds_of(a), y = seconds_of(b);
    return (x > y) - (x < y);
}

static bool inside(const struct cvn_recurrence_window *window, const struct cvn_civil *time)
{
    return compare(time, &window->from) >= 0 && compare(time, &window->before) < 0;
}

static bool excepted(const struct cvn_recurrence *recurrence, const struct cvn_civil *time)
{
    for (size_t i = 0; i < recurrence->n_except; i++)
        if (compare(&recurrence->except[i], time) == 0)
            return true;
    return false;
}

/* Keeps the earliest: what the rule gives ascends, so that a full list may be left alone. */
static void gather(struct gathered *all, const struct cvn_recurrence *recurrence,
                   const struct cvn_recurrence_window *window, const struct cvn_civil *time)
{
    if (!inside(window, time) || excepted(recurrence, time))
        return;
    size_t at = all->n;
    while (at > 0 && compare(&all->times[at - 1], time) > 0)
        at--;
    if (at == all->max || (at > 0 && compare(&all->times[at - 1], time) == 0))
        return;
    size_t n_kept = all->n < all->max ? all->n : all->max - 1;
    memmove(&all->times[at + 1], &all->times[at], (n_kept - at) * sizeof *all->times);
    all->times[at] = *time;
    all->n = n_kept + 1;
}

enum { DAY_S = 24 * 60 * 60 };

/* The start, so many whole periods later that one at least is left before the time. */
static struct cvn_civil days_later(const struct cvn_civil *start, const struct cvn_civil *from,
                                   int period_days)
{
    int64_t period_s = (int64_t)period_days * DAY_S;
    int64_t n = (seconds_of(from) - seconds_of(start)) / period_s - 1;
    return n > 0 ? cvn_civil_of_seconds(seconds_of(start) + n * period_s) : *start;
}

/* The same in months, as far as they have that day. */
static struct cvn_civil months_later(const struct cvn_civil *start, const struct cvn_civil *from,
                                     int period)
{
    int first = start->year * 12 + start->month - 1;
    int n = (from->year * 12 + from->month - 1 - first) / period - 1;
    for (; n > 0; n--) {
        int month = first + n * period;
        struct cvn_civil later = *start;
        later.year = month / 12;
        later.month = month % 12 + 1;
        if (cvn_civil_valid(&later))
            return later;
    }
    return *start;
}

/*
 * From where the rule may be stepped through for what it gives from a time on. Without a COUNT a
 * rule of days, weeks or months gives the same when it starts whole intervals later, on the same
 * weekday or day of the month. Years differ by more than their number (weeks, leap days), and a
 * rule of these has few steps. icalrecur_iterator_set_start is not asked: its weeks are out of step
 * with some INTERVALs.
 */
static struct cvn_civil begin_near(const struct icalrecurrencetype *rule,
                                   const struct cvn_civil *start, const struct cvn_civil *from)
{
    struct cvn_civil until = civil_of(rule->until);
    if (rule->count > 0)
        return *start;
    if (!icaltime_is_null_time(rule->until) && compare(&until, from) < 0)
        from = &until; /* libical takes no rule that has ended before it starts */
    if (rule->freq == ICAL_DAILY_RECURRENCE)
        return days_later(start, from, rule->interval);
    if (rule->freq == ICAL_WEEKLY_RECURRENCE)
        return days_later(start, from, 7 * rule->interval);
    return rule->freq == ICAL_MONTHLY_RECURRENCE ? months_later(start, from, rule->interval)
                                                 : *start;
}

static enum cvn_recurrence_refusal step_through(const struct cvn_recurrence *recurrence,
                                                const struct cvn_recurrence_window *window,
                                                struct gathered *all)
{
    struct icalrecurrencetype rule;
    enum cvn_recurrence_refusal refusal = read_rule(recurrence->rule, &rule);
    if (refusal)
        return refusal;
    localize_until(&rule, recurrence->zone);
    struct cvn_civil start = begin_near(&rule, &recurrence->start, &window->from);
    icalrecur_iterator *steps = icalrecur_iterator_new(rule, ical_of(&start));
    if (!steps)
        return CVN_RECURRENCE_REFUSED_SYNTAX;
    int n = 0;
    for (; n < CVN_RECURRENCE_STEPS_MAX; n++) {
        struct cvn_civil time = civil_of(icalrecur_iterator_next(steps));
        if (!cvn_civil_valid(&time) || compare(&time, &window->before) >= 0 || all->n == all->max)
            break;
        gather(all, recurrence, window, &time);
    }
    icalrecur_iterator_free(steps);
    return n < CVN_RECURRENCE_STEPS_MAX ? CVN_RECURRENCE_OK : CVN_RECURRENCE_REFUSED_STEPS;
}

enum cvn_recurrence_refusal cvn_recurrence_expand(const struct cvn_recurrence *recurrence,
                                                  const struct cvn_recurrence_window *window,
                                                  struct cvn_civil *times, size_t *ret_n)
{
    struct gathered all = {.times = times, .max = window->max};
    enum cvn_recurrence_refusal refusal = CVN_RECURRENCE_OK;
    gather(&all, recurrence, window, &recurrence->start);
    if (recurrence->rule[0])
        refusal = step_through(recurrence, window, &all);
    for (size_t i = 0; refusal == CVN_RECURRENCE_OK && i < recurrence->n_dates; i++)
        gather(&all, recurrence, window, &recurrence->dates[i]);
    if (refusal == CVN_RECURRENCE_OK)
        *ret_n = all.n;
    return refusal;
}

/* Whether the rule names what goes by the clock, or else by the calendar, that a move changes. */
static bool is_moved(const char *rule, const struct cvn_civil *from, int64_t by_s)
{
    struct cvn_civil to = cvn_civil_of_seconds(seconds_of(from) + by_s);
    bool same_day = to.year == from->year && to.month == from->month && to.day == from->day;
    bool by_clock =
        strstr(rule, "BYHOUR=") || strstr(rule, "BYMINUTE=") || strstr(rule, "BYSECOND=");
    return by_s != 0 && (by_clock || (!same_day && strstr(rule, "BY")));
}

/* An UNTIL moves by what the occurrences do, so that it leaves out none of them, and adds none. */
static void move_until(struct icalrecurrencetype *rule, const struct cvn_zone *zone, int64_t by_s)
{
    bool is_date = rule->until.is_date, is_utc = icaltime_is_utc(rule->until);
    localize_until(rule, zone);
    struct cvn_civil until = civil_of(rule->until);
    until = cvn_civil_of_seconds(seconds_of(&until) + by_s);
    if (is_utc && !is_date && zone)
        until = cvn_civil_of_seconds(cvn_zone_utc_ms(zone, &until) / 1000);
    rule->until = ical_of(&until);
    if (is_utc && !is_date)
        rule->until.zone = icaltimezone_get_utc_timezone();
    else if (is_date && until.hour == 23 && until.minute == 59)
        rule->until.is_date = 1;
}

/* The first time of the rule not before from, none of which is valid; *ret_n are before, of those
 * that were stepped through: with a COUNT all. */
static enum cvn_recurrence_refusal next_of(const struct icalrecurrencetype *rule,
                                           const struct cvn_recurrence *recurrence,
                                           const struct cvn_civil *from, struct cvn_civil *ret,
                                           int *ret_n)
{
    struct icalrecurrencetype local = *rule;
    localize_until(&local, recurrence->zone);
    struct cvn_civil start = begin_near(&local, &recurrence->start, from);
    icalrecur_iterator *steps = icalrecur_iterator_new(local, ical_of(&start));
    if (!steps)
        return CVN_RECURRENCE_REFUSED_SYNTAX;
    int n = 0;
    for (; n < CVN_RECURRENCE_STEPS_MAX; n++) {
        *ret = civil_of(icalrecur_iterator_next(steps));
        if (!cvn_civil_valid(ret) || compare(ret, from) >= 0)
            break;
    }
    icalrecur_iterator_free(steps);
    *ret_n = n;
    return n < CVN_RECURRENCE_STEPS_MAX ? CVN_RECURRENCE_OK : CVN_RECURRENCE_REFUSED_STEPS;
}

/* Writes the rule that is left once n times of it are over, and the rest has moved. */
static enum cvn_recurrence_refusal write_rest(const struct cvn_recurrence *recurrence,
                                              struct icalrecurrencetype *rule, int n, int64_t by_s,
                                              char *ret)
{
    bool ends = !icaltime_is_null_time(rule->until);
    if (rule->count == 0 && (!ends || by_s == 0)) {
        memcpy(ret, recurrence->rule, strlen(recurrence->rule) + 1);
        return CVN_RECURRENCE_OK;
    }
    if (rule->count > 0)
        rule->count -= n;
    if (ends)
        move_until(rule, recurrence->zone, by_s);
    char *text = icalrecurrencetype_as_string_r(rule);
    size_t len = text ? strlen(text) : CVN_RECURRENCE_RULE_MAX + 1;
    if (len <= CVN_RECURRENCE_RULE_MAX)
        memcpy(ret, text, len + 1);
    icalmemory_free_buffer(text);
    return len <= CVN_RECURRENCE_RULE_MAX ? CVN_RECURRENCE_OK : CVN_RECURRENCE_REFUSED_LONG;
}

enum cvn_recurrence_refusal cvn_recurrence_rest(const struct cvn_recurrence *recurrence,
                                                const struct cvn_civil *from, int64_t by_s,
                                                struct cvn_recurrence_rest *ret)
{
    struct icalrecurrencetype rule;
    struct cvn_civil next;
    int n = 0;
    enum cvn_recurrence_refusal refusal =
        recurrence->rule[0] ? read_rule(recurrence->rule, &rule) : CVN_RECURRENCE_OK;
    *ret = (struct cvn_recurrence_rest){.start = cvn_civil_of_seconds(seconds_of(from) + by_s)};
    if (refusal || !recurrence->rule[0])
        return refusal;
    refusal = next_of(&rule, recurrence, from, &next, &n);
    if (refusal || !cvn_civil_valid(&next))
        return refusal;
    if (compare(from, &recurrence->start) != 0) /* which counts, whether the rule gives it or not */
        ret->start = cvn_civil_of_seconds(seconds_of(&next) + by_s);
    return is_moved(recurrence->rule, from, by_s)
               ? CVN_RECURRENCE_REFUSED_MOVED
               : write_rest(recurrence, &rule, n, by_s, ret->rule);
}

const char *cvn_recurrence_refusal_text(enum cvn_recurrence_refusal refusal)
{
    switch (refusal) {
    case CVN_RECURRENCE_OK:
        return "";
    case CVN_RECURRENCE_REFUSED_LONG:
        return "is longer than 500 bytes; list single dates instead";
    case CVN_RECURRENCE_REFUSED_SYNTAX:
        return "is no rule of RFC 5545; FREQ=WEEKLY;BYDAY=TU is one";
    case CVN_RECURRENCE_REFUSED_OFTEN:
        return "repeats more than daily; FREQ is DAILY, WEEKLY, MONTHLY or YEARLY";
    case CVN_RECURRENCE_REFUSED_CALENDAR:
        return "uses RSCALE or SKIP, which are not offered; Gregorian dates are";
    case CVN_RECURRENCE_REFUSED_NEVER:
        return "never falls on a day that exists; check its days and months";
    case CVN_RECURRENCE_REFUSED_STEPS:
        return "repeats over 20,000 times before today; start the series later";
    case CVN_RECURRENCE_REFUSED_MOVED:
        return "names days or hours, which do not move along; say the rule from then on";
    }
    return "";
}
