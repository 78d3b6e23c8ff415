#include "services/events/calendar/series.h"

#include "services/events/calendar/item.h"
#include "services/events/rules/recurrence.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_BYTES = 1 << 20 };

static const struct cvn_civil first_time = {CVN_CIVIL_YEAR_MIN, 1, 1, 0, 0, 0};
static const struct cvn_civil last_time = {CVN_CIVIL_YEAR_MAX, 12, 31, 23, 59, 59};

struct maker {
    struct cvn_calendar_record *record;
    struct cvn_calendar_item *item;
    const struct cvn_zone *zone;
    struct cvn_arena *arena, *scratch;
    int64_t now_ms;
    struct cvn_civil start;
    struct cvn_civil *dates, *except; /* CVN_CALENDAR_DATES_MAX each */
    size_t n_dates, n_except;
};

bool cvn_calendar_repeats(const struct cvn_calendar_item *item)
{
    return item->n_rules > 0 || item->n_dates > 0;
}

struct cvn_civil cvn_calendar_series_date(const struct cvn_calendar_item *main,
                                          const struct cvn_calendar_moment *moment,
                                          const struct cvn_zone *zone)
{
    if (main->start.is_date)
        return (struct cvn_civil){
            moment->civil.year, moment->civil.month, moment->civil.day, 0, 0, 0};
    if (!moment->is_date)
        return cvn_calendar_moment_in(moment, zone);
    struct cvn_civil start = cvn_calendar_moment_in(&main->start, zone);
    start.year = moment->civil.year;
    start.month = moment->civil.month;
    start.day = moment->civil.day;
    return start;
}

static int compare(const void *a, const void *b)
{
    int64_t x = cvn_civil_seconds(a), y = cvn_civil_seconds(b);
    return (x > y) - (x < y);
}

static int refuse_rule(struct maker *m, const char *name, enum cvn_recurrence_refusal refusal)
{
    return cvn_calendar_refuse(m->item, m->arena, "line %zu: %s %s.", m->item->rule_line, name,
                               cvn_recurrence_refusal_text(refusal));
}

/* Adds a date, none twice; refuses when there are too many. */
static int add_date(struct maker *m, struct cvn_civil *dates, size_t *n,
                    const struct cvn_civil *date)
{
    for (size_t i = 0; i < *n; i++)
        if (compare(&dates[i], date) == 0)
            return 0;
    if (*n == CVN_CALENDAR_DATES_MAX)
        return cvn_calendar_refuse(m->item, m->arena,
                                   "line %zu: it has several rules, and those behind the first "
                                   "make over %d dates; make it several series.",
                                   m->item->rule_line, CVN_CALENDAR_DATES_MAX);
    dates[(*n)++] = *date;
    return 0;
}

/* Lists what a rule gives beside the first one: a series has one rule. */
static int add_rule(struct maker *m, const char *name, const char *rule, struct cvn_civil *dates,
                    size_t *n)
{
    const struct cvn_recurrence recurrence = {.start = m->start, .rule = rule, .zone = m->zone};
    const struct cvn_recurrence_window window = {
        .from = first_time, .before = last_time, .max = CVN_CALENDAR_DATES_MAX + 2};
    struct cvn_civil *times = cvn_arena_alloc_array(m->scratch, window.max, sizeof *times);
    size_t n_times = 0;
    if (!times)
        return -ENOMEM;
    enum cvn_recurrence_refusal refusal =
        cvn_recurrence_expand(&recurrence, &window, times, &n_times);
    if (refusal)
        return refuse_rule(m, name, refusal);
    int r = 0;
    for (size_t i = 0; r == 0 && i < n_times && !cvn_calendar_item_decided(m->item); i++)
        if (compare(&times[i], &m->start) != 0)
            r = add_date(m, dates, n, &times[i]);
    return r;
}

static int gather_dates(struct maker *m)
{
    struct cvn_calendar_item *item = m->item;
    int r = 0;
    for (size_t i = 0; r == 0 && i < item->n_dates; i++) {
        struct cvn_civil date = cvn_calendar_series_date(item, &item->dates[i], m->zone);
        if (cvn_civil_valid(&date))
            r = add_date(m, m->dates, &m->n_dates, &date);
    }
    for (size_t i = 0; r == 0 && i < item->n_except; i++) {
        struct cvn_civil date = cvn_calendar_series_date(item, &item->except[i], m->zone);
        if (cvn_civil_valid(&date))
            r = add_date(m, m->except, &m->n_except, &date);
    }
    for (size_t i = 1; r == 0 && i < item->n_rules; i++)
        r = add_rule(m, "RRULE", item->rules[i], m->dates, &m->n_dates);
    for (size_t i = 0; r == 0 && i < item->n_exrules; i++)
        r = add_rule(m, "EXRULE", item->exrules[i], m->except, &m->n_except);
    if (r == 0 && item->n_rules > 1 && !cvn_calendar_item_decided(item))
        r = cvn_calendar_remark(item, m->arena,
                                "line %zu: it has %zu rules; the dates of those behind the first "
                                "are kept as single dates.",
                                item->rule_line, item->n_rules);
    if (m->n_dates > 0)
        qsort(m->dates, m->n_dates, sizeof *m->dates, compare);
    if (m->n_except > 0)
        qsort(m->except, m->n_except, sizeof *m->except, compare);
    return r;
}

/* Says which EXDATEs take nothing away: often they are in another zone than they should be. */
static int remark_idle(struct maker *m, const struct cvn_recurrence *recurrence)
{
    struct cvn_recurrence_window window = {
        .from = first_time, .before = last_time, .max = CVN_RECURRENCE_RESULTS_MAX};
    struct cvn_civil *times = cvn_arena_alloc_array(m->scratch, window.max, sizeof *times);
    size_t n_times = 0, n_idle = 0, first = 0;
    if (!times)
        return -ENOMEM;
    if (cvn_recurrence_expand(recurrence, &window, times, &n_times) || n_times == 0)
        return 0;
    for (size_t i = 0; i < m->n_except; i++) {
        bool beyond = n_times == window.max && compare(&m->except[i], &times[n_times - 1]) > 0;
        if (!beyond && !bsearch(&m->except[i], times, n_times, sizeof *times, compare) &&
            n_idle++ == 0)
            first = i;
    }
    const char *local = n_idle ? cvn_calendar_local(m->arena, &m->except[first]) : NULL;
    if (!local)
        return n_idle ? -ENOMEM : 0;
    return cvn_calendar_remark(m->item, m->arena,
                               n_idle == 1
                                   ? "%zu EXDATE leaves nothing out: there is no occurrence "
                                     "at %s in %s."
                                   : "%zu EXDATEs leave nothing out, the first one at %s in "
                                     "%s.",
                               n_idle, local, cvn_zone_name(m->zone));
}

/* The time on the clocks of the zone so many days from now, as far as there is one. */
static struct cvn_civil days_from(const struct maker *m, int days)
{
    struct cvn_civil now = cvn_zone_civil(m->zone, m->now_ms);
    struct cvn_civil there =
        cvn_civil_of_seconds(cvn_civil_seconds(&now) + (int64_t)days * 24 * 60 * 60);
    return cvn_civil_valid(&there) ? there : days < 0 ? first_time : last_time;
}

/*
 * The rule is stepped through as far as it will be when the series is stored, which is where it may
 * turn out to repeat for too long.
 */
static int check_rule(struct maker *m, const struct cvn_recurrence *recurrence)
{
    struct cvn_recurrence_window window = {.from = first_time, .before = last_time, .max = 2};
    struct cvn_civil times[2];
    size_t n = 0;
    enum cvn_recurrence_refusal refusal = cvn_recurrence_check(recurrence->rule);
    if (!refusal)
        refusal = cvn_recurrence_expand(recurrence, &window, times, &n);
    window.from = days_from(m, -CVN_CALENDAR_BACK_DAYS);
    window.before = days_from(m, CVN_CALENDAR_AHEAD_DAYS);
    if (!refusal)
        refusal = cvn_recurrence_expand(recurrence, &window, times, &n);
    return refusal ? refuse_rule(m, "RRULE", refusal) : 0;
}

static char **write_dates(struct maker *m, const struct cvn_civil *dates, size_t n)
{
    char **texts = cvn_arena_alloc_array(m->arena, n, sizeof *texts);
    for (size_t i = 0; texts && i < n; i++)
        if (!(texts[i] = cvn_calendar_local(m->arena, &dates[i])))
            return NULL;
    return texts;
}

int cvn_calendar_series_make(struct cvn_calendar_record *record, const struct cvn_zone *zone,
                             int64_t now_ms, struct cvn_arena *arena)
{
    struct cvn_calendar_item *item = record->main;
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES);
    struct maker m = {.record = record,
                      .item = item,
                      .zone = zone,
                      .arena = arena,
                      .scratch = &scratch,
                      .now_ms = now_ms};
    m.start = cvn_calendar_moment_in(&item->start, zone);
    m.dates = cvn_arena_alloc_array(&scratch, CVN_CALENDAR_DATES_MAX, sizeof *m.dates);
    m.except = cvn_arena_alloc_array(&scratch, CVN_CALENDAR_DATES_MAX, sizeof *m.except);
    Convene__Events__V1__Series *series = cvn_arena_alloc(arena, sizeof *series);
    if (!m.dates || !m.except || !series)
        return -ENOMEM;
    struct cvn_recurrence recurrence = {
        .start = m.start, .rule = item->n_rules ? item->rules[0] : "", .zone = zone};
    int r = check_rule(&m, &recurrence);
    if (r == 0 && !cvn_calendar_item_decided(item))
        r = gather_dates(&m);
    if (r || cvn_calendar_item_decided(item))
        return r;
    recurrence.dates = m.dates;
    recurrence.n_dates = m.n_dates;
    if (m.n_except > 0)
        r = remark_idle(&m, &recurrence);
    convene__events__v1__series__init(series);
    series->event = item->event;
    series->rrule = (char *)(uintptr_t)recurrence.rule;
    series->further_starts = write_dates(&m, m.dates, m.n_dates);
    series->n_further_starts = m.n_dates;
    series->excluded_starts = write_dates(&m, m.except, m.n_except);
    series->n_excluded_starts = m.n_except;
    record->series = series;
    return r || (series->further_starts && series->excluded_starts) ? r : -ENOMEM;
}
