/* The RRULE of a series as other programs read it. */
#include "services/events/calendar/moment.h"
#include "services/events/calendar/write.h"

#include <string.h>

/* A time as UNTIL: in UTC, or a date where the series takes whole days. NULL: no memory. */
static const char *until_text(struct cvn_arena *arena, const Convene__Events__V1__Series *series,
                              const struct cvn_zone *zone, const struct cvn_civil *local)
{
    char stamp[CVN_CALENDAR_STAMP_BYTES];
    if (series->event->all_day) {
        cvn_calendar_stamp(stamp, local);
        stamp[8] = '\0';
    } else {
        cvn_calendar_stamp_utc(stamp, cvn_zone_utc_ms(zone, local));
    }
    return cvn_arena_strdup(arena, stamp);
}

/* The UNTIL of the rule, of len bytes, in the form that goes with the start; as it is if it is
 * none. */
static const char *convert_until(struct cvn_arena *arena, const Convene__Events__V1__Series *series,
                                 const struct cvn_zone *zone, const char *text, size_t len)
{
    struct cvn_calendar_moment until;
    if (cvn_calendar_moment_parse(&until, text, len) != CVN_CALENDAR_MOMENT_FINE)
        return cvn_arena_copy(arena, text, len);
    struct cvn_civil local = cvn_calendar_moment_in(&until, zone);
    if (until.is_date && !series->event->all_day) {
        local.hour = 23;
        local.minute = local.second = 59;
    }
    return until_text(arena, series, zone, &local);
}

/* The part of a rule that begins with the name. */
static bool is_part(const char *part, const char *name)
{
    return strncmp(part, name, strlen(name)) == 0;
}

const char *cvn_calendar_rule(struct cvn_arena *arena, const Convene__Events__V1__Series *series,
                              const struct cvn_zone *zone)
{
    struct cvn_civil end;
    const char *text = "", *until = NULL;
    if (!series->rrule[0])
        return "";
    if (cvn_civil_parse(&end, series->ends_before)) {
        end = cvn_civil_of_seconds(cvn_civil_seconds(&end) - 1);
        until = until_text(arena, series, zone, &end);
        if (!until)
            return NULL;
    }
    for (const char *part = series->rrule; text && *part;) {
        size_t len = strcspn(part, ";");
        const char *written = NULL;
        if (is_part(part, "UNTIL=") && !until)
            written = convert_until(arena, series, zone, part + 6, len - 6);
        bool dropped = until && (is_part(part, "UNTIL=") || is_part(part, "COUNT="));
        if (written)
            text = cvn_arena_printf(arena, "%s%sUNTIL=%s", text, text[0] ? ";" : "", written);
        else if (!dropped)
            text = cvn_arena_printf(arena, "%s%s%.*s", text, text[0] ? ";" : "", (int)len, part);
        part += len + (part[len] == ';');
    }
    return text && until ? cvn_arena_printf(arena, "%s;UNTIL=%s", text, until) : text;
}
