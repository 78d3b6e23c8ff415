#include "services/events/calendar/moment.h"

#include "base/duration.h"
#include "services/events/calendar/vtimezone.h"
#include "services/events/calendar/zone_name.h"

#include <string.h>

/* So many digits as a number; -1 when one of them is none. */
static int number(const char *text, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = 10 * value + (text[i] - '0');
    }
    return value;
}

static bool read_date(const char *text, struct cvn_civil *ret)
{
    ret->year = number(text, 4);
    ret->month = number(text + 4, 2);
    ret->day = number(text + 6, 2);
    return ret->year >= 0 && ret->month >= 0 && ret->day >= 0;
}

/* "T183000" or "T1830". */
static bool read_time(const char *text, size_t len, struct cvn_civil *ret)
{
    if ((text[0] != 'T' && text[0] != 't') || (len != 5 && len != 7))
        return false;
    ret->hour = number(text + 1, 2);
    ret->minute = number(text + 3, 2);
    ret->second = len == 7 ? number(text + 5, 2) : 0;
    if (ret->second == 60)
        ret->second = 59;
    return ret->hour >= 0 && ret->minute >= 0 && ret->second >= 0;
}

enum cvn_calendar_moment_fault cvn_calendar_moment_parse(struct cvn_calendar_moment *ret,
                                                         const char *text, size_t len)
{
    struct cvn_calendar_moment moment = {.is_date = len == 8};
    if (len > 8 && (text[len - 1] == 'Z' || text[len - 1] == 'z')) {
        moment.is_utc = true;
        len--;
    }
    if (len < 8 || !read_date(text, &moment.civil))
        return CVN_CALENDAR_MOMENT_FORM;
    if (!moment.is_date && !read_time(text + 8, len - 8, &moment.civil))
        return CVN_CALENDAR_MOMENT_FORM;
    if (!cvn_civil_valid(&moment.civil))
        return CVN_CALENDAR_MOMENT_RANGE;
    *ret = moment;
    return CVN_CALENDAR_MOMENT_FINE;
}

static const struct cvn_calendar_timezone *timezone_of(const struct cvn_calendar_document *document,
                                                       const char *tzid)
{
    const struct cvn_calendar_timezone *t = document ? document->timezones : NULL;
    while (t && strcmp(t->tzid, tzid) != 0)
        t = t->next;
    return t;
}

int cvn_calendar_zone_of(const struct cvn_calendar_places *places, const char *tzid,
                         const struct cvn_civil *civil, const struct cvn_zone **ret_zone,
                         enum cvn_calendar_zone_how *ret_how)
{
    *ret_how = CVN_CALENDAR_ZONE_KNOWN;
    int r = cvn_calendar_zone_find(places->zones, tzid, ret_zone);
    const struct cvn_calendar_timezone *timezone = timezone_of(places->document, tzid);
    if (r == CVN_ZONE_UNKNOWN && timezone && timezone->location[0])
        r = cvn_calendar_zone_find(places->zones, timezone->location, ret_zone);
    if (r == CVN_ZONE_UNKNOWN && timezone) {
        *ret_how = CVN_CALENDAR_ZONE_MATCHED;
        r = cvn_calendar_vtimezone_match(places, timezone, civil->year, ret_zone);
    }
    if (r == CVN_ZONE_UNKNOWN && places->fallback) {
        *ret_how = CVN_CALENDAR_ZONE_GUESSED;
        *ret_zone = places->fallback;
        r = 0;
    }
    return r;
}

int64_t cvn_calendar_moment_ms(const struct cvn_calendar_moment *moment,
                               const struct cvn_zone *zone)
{
    if (moment->is_utc)
        return cvn_civil_seconds(&moment->civil) * 1000;
    return cvn_zone_utc_ms(moment->zone ? moment->zone : zone, &moment->civil);
}

struct cvn_civil cvn_calendar_moment_in(const struct cvn_calendar_moment *moment,
                                        const struct cvn_zone *zone)
{
    if (moment->is_date || (!moment->is_utc && (!moment->zone || moment->zone == zone)))
        return moment->civil;
    return cvn_zone_civil(zone, cvn_calendar_moment_ms(moment, zone));
}

bool cvn_calendar_duration(const char *text, int64_t *ret_s)
{
    struct cvn_duration duration;
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (!cvn_duration_parse(&duration, text))
        return false;
    *ret_s = cvn_duration_ms(duration) / 1000 * (negative ? -1 : 1);
    return true;
}
