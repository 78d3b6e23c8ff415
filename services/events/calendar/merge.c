#include "services/events/calendar/merge.h"

#include "services/events/calendar/item.h"
#include "services/events/calendar/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct merger {
    struct cvn_calendar *calendar;
    const struct cvn_calendar_import *how;
    struct cvn_arena *arena;
    struct cvn_calendar_item **order; /* by UID, then by line */
    size_t n_series;
    int64_t deadline_ms;
};

static int compare(const void *a, const void *b)
{
    const struct cvn_calendar_item *x = *(struct cvn_calendar_item *const *)a;
    const struct cvn_calendar_item *y = *(struct cvn_calendar_item *const *)b;
    int c = strcmp(x->result.uid, y->result.uid);
    return c ? c : (x->result.line > y->result.line) - (x->result.line < y->result.line);
}

static void set_aside(struct merger *m, struct cvn_calendar_item *item)
{
    m->calendar->others[m->calendar->n_others++] = item;
}

/* Whether b, which comes later in the file, says it more recently than a. */
static bool is_newer(const struct cvn_calendar_item *b, const struct cvn_calendar_item *a)
{
    if (b->sequence != a->sequence)
        return b->sequence > a->sequence;
    return b->modified_s >= a->modified_s;
}

/* Keeps the newer one of two that say the same; the other is set aside. */
static int keep_newer(struct merger *m, struct cvn_calendar_item **kept,
                      struct cvn_calendar_item *item)
{
    struct cvn_calendar_item *old = item;
    if (is_newer(item, *kept)) {
        old = *kept;
        *kept = item;
    }
    set_aside(m, old);
    return cvn_calendar_skip(old, m->arena, "Line %d says the same event anew.",
                             (*kept)->result.line);
}

/* The main one among the items; those that are refused count where there is no other. */
static int choose_main(struct merger *m, struct cvn_calendar_item **items, size_t n,
                       struct cvn_calendar_record *record)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct cvn_calendar_item *item = items[i];
        if (item->has_recurrence)
            continue;
        if (!record->main)
            record->main = item;
        else if (cvn_calendar_item_decided(item))
            set_aside(m, item);
        else if (cvn_calendar_item_decided(record->main)) {
            set_aside(m, record->main);
            record->main = item;
        } else
            r = keep_newer(m, &record->main, item);
    }
    return r;
}

/* Which occurrence it is, and its times on the clocks of the series. */
static int place_override(struct merger *m, const struct cvn_calendar_record *record,
                          struct cvn_calendar_item *item, const struct cvn_zone *zone)
{
    struct cvn_civil start = record->main
                                 ? cvn_calendar_series_date(record->main, &item->recurrence, zone)
                                 : cvn_calendar_moment_in(&item->recurrence, zone);
    if (!cvn_civil_valid(&start))
        return cvn_calendar_refuse(item, m->arena,
                                   "RECURRENCE-ID is outside of the years 1970 to 2100.");
    item->result.recurrence_id = cvn_calendar_local(m->arena, &start);
    if (!item->result.recurrence_id)
        return -ENOMEM;
    if (record->main && !record->series)
        return cvn_calendar_refuse(item, m->arena,
                                   "It changes one occurrence, but the event on line %d does not "
                                   "repeat.",
                                   record->main->result.line);
    return cvn_calendar_item_place(item, zone, m->arena);
}

static int add_override(struct merger *m, struct cvn_calendar_record *record,
                        struct cvn_calendar_item *item)
{
    for (size_t i = 0; i < record->n_overrides; i++)
        if (strcmp(record->overrides[i]->result.recurrence_id, item->result.recurrence_id) == 0)
            return keep_newer(m, &record->overrides[i], item);
    record->overrides[record->n_overrides++] = item;
    return 0;
}

static int zone_named(struct merger *m, const char *name, const struct cvn_zone **ret)
{
    int r = cvn_zones_find(m->how->zones, name, ret);
    return r > 0 ? -EINVAL : r; /* it was found before */
}

static int take_overrides(struct merger *m, struct cvn_calendar_item **items, size_t n,
                          struct cvn_calendar_record *record)
{
    record->overrides = cvn_arena_alloc_array(m->arena, n, sizeof(void *));
    int r = record->overrides ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct cvn_calendar_item *item = items[i];
        const struct cvn_zone *zone;
        if (!item->has_recurrence)
            continue;
        if (!cvn_calendar_item_decided(item) && record->main &&
            cvn_calendar_item_decided(record->main))
            r = cvn_calendar_refuse(item, m->arena, "Its series, on line %d, was refused.",
                                    record->main->result.line);
        if (r == 0 && !cvn_calendar_item_decided(item)) {
            r = zone_named(
                m, record->main ? record->main->event->time_zone : item->event->time_zone, &zone);
            if (r == 0)
                r = place_override(m, record, item, zone);
        }
        if (r == 0 && cvn_calendar_item_decided(item))
            set_aside(m, item);
        else if (r == 0)
            r = add_override(m, record, item);
    }
    return r;
}

static int make_series(struct merger *m, struct cvn_calendar_record *record)
{
    const struct cvn_zone *zone;
    if (++m->n_series > CVN_CALENDAR_SERIES_MAX)
        return cvn_calendar_refuse(record->main, m->arena,
                                   "The file has over %d series; import the rest by themselves.",
                                   CVN_CALENDAR_SERIES_MAX);
    int64_t began_ms = m->how->clock_ms(m->how->clock_arg);
    if (began_ms > m->deadline_ms)
        return cvn_calendar_refuse(record->main, m->arena,
                                   "Working out the rules of this file takes too long; import the "
                                   "rest by itself.");
    int r = zone_named(m, record->main->event->time_zone, &zone);
    if (r == 0)
        r = cvn_calendar_series_make(record, zone, m->how->now_ms, m->arena);
    record->cost_ms = m->how->clock_ms(m->how->clock_arg) - began_ms;
    return r;
}

static int32_t line_of(const struct cvn_calendar_record *record)
{
    int32_t line = record->main ? record->main->result.line : INT32_MAX;
    for (size_t i = 0; i < record->n_overrides; i++)
        if (record->overrides[i]->result.line < line)
            line = record->overrides[i]->result.line;
    return line;
}

/* Makes a record of the items of one UID. */
static int merge_one(struct merger *m, struct cvn_calendar_item **items, size_t n)
{
    struct cvn_calendar *calendar = m->calendar;
    struct cvn_calendar_record record = {.uid = items[0]->result.uid};
    int r = choose_main(m, items, n, &record);
    if (r == 0 && record.main && !cvn_calendar_item_decided(record.main) &&
        cvn_calendar_repeats(record.main))
        r = make_series(m, &record);
    if (r == 0)
        r = take_overrides(m, items, n, &record);
    if (r)
        return r;
    if (record.main && cvn_calendar_item_decided(record.main)) {
        set_aside(m, record.main);
        record.main = NULL;
    }
    record.line = line_of(&record);
    if (record.main || record.n_overrides > 0)
        calendar->records[calendar->n_records++] = record;
    return 0;
}

static int compare_records(const void *a, const void *b)
{
    int32_t x = ((const struct cvn_calendar_record *)a)->line;
    int32_t y = ((const struct cvn_calendar_record *)b)->line;
    return (x > y) - (x < y);
}

int cvn_calendar_merge(struct cvn_calendar *calendar, const struct cvn_calendar_import *how,
                       struct cvn_calendar_item *items, size_t n, struct cvn_arena *arena)
{
    struct merger m = {.calendar = calendar, .how = how, .arena = arena};
    m.deadline_ms = how->clock_ms(how->clock_arg) + CVN_CALENDAR_TIME_MS_MAX;
    m.order = cvn_arena_alloc_array(arena, n, sizeof(void *));
    calendar->records = cvn_arena_alloc_array(arena, n, sizeof *calendar->records);
    calendar->others = cvn_arena_alloc_array(arena, n, sizeof(void *));
    if (!m.order || !calendar->records || !calendar->others)
        return -ENOMEM;
    size_t n_order = 0;
    for (size_t i = 0; i < n; i++) {
        if (items[i].result.uid[0])
            m.order[n_order++] = &items[i];
        else
            set_aside(&m, &items[i]); /* refused before it had one */
    }
    if (n_order > 0)
        qsort(m.order, n_order, sizeof(void *), compare);
    int r = 0;
    for (size_t i = 0, end; r == 0 && i < n_order; i = end) {
        end = i + 1;
        while (end < n_order && strcmp(m.order[end]->result.uid, m.order[i]->result.uid) == 0)
            end++;
        r = merge_one(&m, &m.order[i], end - i);
    }
    if (calendar->n_records > 0)
        qsort(calendar->records, calendar->n_records, sizeof *calendar->records, compare_records);
    return r;
}
