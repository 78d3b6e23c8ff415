/*
 * The rule after the last transition of a time zone, as POSIX writes it in TZ and RFC 9636,
 * section 3.3.1, extends it: "CET-1CEST,M3.5.0,M10.5.0/3". Pure.
 */
#ifndef CVN_BASE_POSIX_TZ_H
#define CVN_BASE_POSIX_TZ_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum cvn_posix_day {
    CVN_POSIX_MONTH_WEEK_DAY, /* Mm.w.d */
    CVN_POSIX_JULIAN,         /* Jn, 1 to 365, February 29 never counted */
    CVN_POSIX_DAY_OF_YEAR,    /* n, 0 to 365 */
};

struct cvn_posix_change {
    enum cvn_posix_day kind;
    int month, week, weekday; /* week 5 is the last; weekday 0 is Sunday */
    int day;
    int32_t time_s; /* local, -167 h to 167 h */
};

struct cvn_posix_tz {
    int32_t standard_s; /* east of UTC, unlike the text */
    bool has_dst;
    int32_t dst_s;
    struct cvn_posix_change to_dst;
    struct cvn_posix_change to_standard;
};

/* Reads the text; false, with *ret untouched, when it is no such rule. */
bool cvn_posix_tz_parse(struct cvn_posix_tz *ret, struct cvn_slice text);

/* The instant of a change in a year, in seconds since 1970 UTC, for clocks at that offset before.
 */
int64_t cvn_posix_change_s(const struct cvn_posix_change *change, int year, int32_t offset_s);

#endif
