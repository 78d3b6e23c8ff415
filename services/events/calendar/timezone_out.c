#include "services/events/calendar/timezone_out.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 1100, DAY_MS = 24 * 60 * 60 * 1000 };

/* One change of the clocks. */
struct change {
    int64_t at_ms;
    int from_s, to_s;
    struct cvn_civil local; /* on the clocks before it */
    bool written;
};

/* What years have in common whose clocks change on "the second Sunday in March at two". */
struct pattern {
    int nth;   /* of the month, from 1; 0 where it differs */
    bool last; /* of the month */
};

static const char *const weekdays[] = {"", "MO", "TU", "WE", "TH", "FR", "SA", "SU"};

static struct change make_change(const struct cvn_zone *zone, int64_t at_ms)
{
    struct change change = {
        .at_ms = at_ms,
        .from_s = cvn_zone_offset_s(zone, at_ms - 1),
        .to_s = cvn_zone_offset_s(zone, at_ms),
    };
    change.local = cvn_civil_of_seconds(at_ms / 1000 + change.from_s);
    return change;
}

/*
 * The changes of the span and two before it: what holds at its beginning and, as some programs
 * cannot do without a STANDARD beside a DAYLIGHT, what held before that.
 */
static size_t list_changes(const struct cvn_zone *zone, const struct cvn_calendar_span *span,
                           struct change *changes)
{
    size_t n = 0;
    int64_t at_ms = INT64_MIN / 2, end_ms = span->open ? INT64_MAX : span->last_ms + DAY_MS;
    while (n < CHANGES_MAX && cvn_zone_next_change(zone, at_ms, &at_ms) && at_ms <= end_ms) {
        if (n == 2 && at_ms <= span->first_ms - DAY_MS) {
            changes[0] = changes[1];
            n = 1;
        }
        changes[n++] = make_change(zone, at_ms);
    }
    return n;
}

static struct pattern pattern_of(const struct cvn_civil *local)
{
    return (struct pattern){
        .nth = (local->day - 1) / 7 + 1,
        .last = local->day + 7 > cvn_civil_days_in_month(local->year, local->month),
    };
}

static int second_of_day(const struct cvn_civil *local)
{
    return (local->hour * 60 + local->minute) * 60 + local->second;
}

/* Whether b is what a is, a year later, as far as the pattern still allows; narrows it. */
static bool goes_on(const struct change *a, const struct change *b, struct pattern *pattern)
{
    struct pattern other = pattern_of(&b->local);
    if (b->written || b->from_s != a->from_s || b->to_s != a->to_s ||
        b->local.year != a->local.year + 1 || b->local.month != a->local.month ||
        cvn_civil_weekday(&a->local) != cvn_civil_weekday(&b->local) ||
        second_of_day(&a->local) != second_of_day(&b->local))
        return false;
    struct pattern both = {pattern->nth == other.nth ? pattern->nth : 0,
                           pattern->last && other.last};
    if (!both.nth && !both.last)
        return false;
    *pattern = both;
    return true;
}

static void write_offset(struct cvn_calendar_out *out, const char *name, int offset_s)
{
    int size = abs(offset_s);
    char sign = offset_s < 0 ? '-' : '+';
    if (size % 60)
        cvn_calendar_out_line(out, "%s:%c%02d%02d%02d", name, sign, size / 3600, size / 60 % 60,
                              size % 60);
    else
        cvn_calendar_out_line(out, "%s:%c%02d%02d", name, sign, size / 3600, size / 60 % 60);
}

static void begin(struct cvn_calendar_out *out, const struct change *change)
{
    char stamp[CVN_CALENDAR_STAMP_BYTES];
    cvn_calendar_stamp(stamp, &change->local);
    cvn_calendar_out_line(out, "BEGIN:%s", change->to_s > change->from_s ? "DAYLIGHT" : "STANDARD");
    cvn_calendar_out_line(out, "DTSTART:%s", stamp);
    write_offset(out, "TZOFFSETFROM", change->from_s);
    write_offset(out, "TZOFFSETTO", change->to_s);
}

static void end(struct cvn_calendar_out *out, const struct change *change)
{
    cvn_calendar_out_line(out, "END:%s", change->to_s > change->from_s ? "DAYLIGHT" : "STANDARD");
}

/* Writes the years in a row that have a change like this one; false when there is but one. */
static bool write_rule(struct cvn_calendar_out *out, struct change *changes, size_t n, size_t first,
                       bool open)
{
    struct pattern pattern = pattern_of(&changes[first].local);
    size_t last = first;
    for (size_t i = first + 1; i < n; i++)
        if (goes_on(&changes[last], &changes[i], &pattern))
            last = i;
    if (last == first)
        return false;
    char until[CVN_CALENDAR_STAMP_BYTES];
    cvn_calendar_stamp_utc(until, changes[last].at_ms);
    const struct cvn_civil *local = &changes[first].local;
    bool endless = open && changes[last].local.year >= CVN_CIVIL_YEAR_MAX;
    begin(out, &changes[first]);
    cvn_calendar_out_line(out, "RRULE:FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s%s%s", local->month,
                          pattern.last ? -1 : pattern.nth, weekdays[cvn_civil_weekday(local)],
                          endless ? "" : ";UNTIL=", endless ? "" : until);
    end(out, &changes[first]);
    pattern = pattern_of(local);
    size_t at = first;
    changes[first].written = true;
    for (size_t i = first + 1; i <= last; i++)
        if (goes_on(&changes[at], &changes[i], &pattern)) {
            changes[i].written = true;
            at = i;
        }
    return true;
}

/* Writes what follows no rule: all changes between the same offsets in one, by their dates. */
static void write_dates(struct cvn_calendar_out *out, struct change *changes, size_t n,
                        size_t first)
{
    const char *list = "";
    for (size_t i = first + 1; list && i < n; i++) {
        char stamp[CVN_CALENDAR_STAMP_BYTES];
        if (changes[i].written || changes[i].from_s != changes[first].from_s ||
            changes[i].to_s != changes[first].to_s)
            continue;
        cvn_calendar_stamp(stamp, &changes[i].local);
        list = cvn_arena_printf(out->arena, "%s%s%s", list, list[0] ? "," : "", stamp);
        changes[i].written = true;
    }
    begin(out, &changes[first]);
    if (list && list[0])
        cvn_calendar_out_line(out, "RDATE:%s", list);
    out->failed |= !list;
    end(out, &changes[first]);
}

void cvn_calendar_out_timezone(struct cvn_calendar_out *out, const struct cvn_zone *zone,
                               const struct cvn_calendar_span *span)
{
    struct change *changes = cvn_arena_alloc_array(out->arena, CHANGES_MAX, sizeof *changes);
    if (!changes) {
        out->failed = true;
        return;
    }
    size_t n = list_changes(zone, span, changes);
    cvn_calendar_out_line(out, "BEGIN:VTIMEZONE");
    cvn_calendar_out_line(out, "TZID:%s", cvn_zone_name(zone));
    /* What stood before the first change, or always. */
    if (n == 0 || changes[0].at_ms > span->first_ms - DAY_MS) {
        int offset_s = cvn_zone_offset_s(zone, n ? changes[0].at_ms - 1 : span->first_ms);
        struct change ever = {.from_s = offset_s, .to_s = offset_s, .local = {1970, 1, 1, 0, 0, 0}};
        begin(out, &ever);
        end(out, &ever);
    }
    for (size_t i = 0; i < n; i++)
        if (!changes[i].written && !write_rule(out, changes, n, i, span->open))
            write_dates(out, changes, n, i);
    cvn_calendar_out_line(out, "END:VTIMEZONE");
}
