#include "client/cli/event_time.h"

#include "base/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DURATION_MAX_S = 31 * 86400 };

/* "1h30m": numbers with units, in any order; a bare number is minutes. */
static bool units(int64_t *ret_seconds, const char *text)
{
    int64_t total = 0;
    while (*text) {
        char *end;
        if (!isdigit((unsigned char)*text)) {
            return false;
        }
        errno = 0;
        long n = strtol(text, &end, 10);
        size_t len = strspn(end, "dhmin");
        int64_t unit;
        if (*end == '\0' || (len == 1 && *end == 'm') || (len == 3 && memcmp(end, "min", 3) == 0)) {
            unit = 60;
        } else if (len == 1 && *end == 'h') {
            unit = 3600;
        } else if (len == 1 && *end == 'd') {
            unit = 86400;
        } else {
            return false;
        }
        if (errno || n > DURATION_MAX_S) {
            return false;
        }
        total += n * unit;
        text = end + len;
        text += strspn(text, " ");
    }
    *ret_seconds = total;
    return true;
}

int cvn_event_duration(int64_t *ret_seconds, const char *text, struct cvn_error *err)
{
    int64_t seconds = -1;
    struct cvn_duration duration;
    int hours;
    int minutes;
    int used = 0;
    if (cvn_duration_parse(&duration, text)) {
        seconds = duration.days * INT64_C(86400) + duration.seconds;
    } else if (sscanf(text, "%4d:%2d%n", &hours, &minutes, &used) == 2 && !text[used] &&
               hours >= 0 && minutes >= 0 && minutes < 60) {
        seconds = hours * INT64_C(3600) + minutes * 60;
    } else if (!*text || !units(&seconds, text)) {
        seconds = -1;
    }
    if (seconds < 0 || seconds > DURATION_MAX_S) {
        return cvn_error_set(err, -EINVAL,
                             "must be a length like 2h, 90min or 1h30m, at most 31 days, not "
                             "\"%.40s\"",
                             text);
    }
    *ret_seconds = seconds;
    return 0;
}

int cvn_event_time_is_instant(const char *text)
{
    int64_t ms;
    return cvn_instant_parse(&ms, NULL, text);
}

int cvn_event_local(char local[CVN_CIVIL_TEXT_BYTES], const char *text, const struct cvn_zone *zone,
                    struct cvn_error *err)
{
    char copy[CVN_INSTANT_TEXT_BYTES + 8];
    size_t len = strlen(text);
    struct cvn_civil civil;
    int64_t ms;
    if (len < sizeof copy) {
        memcpy(copy, text, len + 1);
        if (len > 10 && copy[10] == ' ') {
            copy[10] = 'T';
        }
        if (cvn_civil_parse(&civil, copy)) {
            cvn_civil_format(local, &civil);
            return 0;
        }
        if (cvn_instant_parse(&ms, NULL, copy) && zone) {
            civil = cvn_zone_civil(zone, ms);
            cvn_civil_format(local, &civil);
            return 0;
        }
        if (cvn_instant_parse(&ms, NULL, copy)) {
            return cvn_error_set(err, -EINVAL,
                                 "has an offset, which needs a time_zone to be made local");
        }
    }
    return cvn_error_set(err, -EINVAL,
                         "must be a local time like 2026-12-01T18:30, or one with an offset like "
                         "2026-12-01T18:30:00+01:00, not \"%.40s\"",
                         text);
}

int cvn_event_later(char local[CVN_CIVIL_TEXT_BYTES], const char *start_local, int64_t seconds,
                    struct cvn_error *err)
{
    struct cvn_civil civil;
    if (!cvn_civil_parse(&civil, start_local)) {
        return cvn_error_set(err, -EINVAL, "needs a start");
    }
    civil = cvn_civil_of_seconds(cvn_civil_seconds(&civil) + seconds);
    if (!cvn_civil_valid(&civil)) {
        return cvn_error_set(err, -EINVAL, "ends after the year %d", CVN_CIVIL_YEAR_MAX);
    }
    cvn_civil_format(local, &civil);
    return 0;
}
