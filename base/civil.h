/*
 * Civil date and time of the proleptic Gregorian calendar, as a clock on the wall shows it, with no
 * zone of its own (base/zone.h gives it one). Arithmetic after Howard Hinnant, "chrono-compatible
 * low-level date algorithms"; text after RFC 3339 and ISO 8601. Everything here is pure.
 */
#ifndef CVN_BASE_CIVIL_H
#define CVN_BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CVN_CIVIL_YEAR_MIN = 1970,
    CVN_CIVIL_YEAR_MAX = 2100,
    CVN_CIVIL_TEXT_BYTES = sizeof "2026-12-01T18:30:00",
    CVN_INSTANT_TEXT_BYTES = sizeof "2026-12-01T18:30:00.000+01:00",
};

struct cvn_civil {
    int year;
    int month;  /* 1 to 12 */
    int day;    /* 1 to 31 */
    int hour;   /* 0 to 23 */
    int minute; /* 0 to 59 */
    int second; /* 0 to 59, leap seconds are refused */
};

enum cvn_weekday {
    CVN_MONDAY = 1, /* ISO 8601 */
    CVN_TUESDAY,
    CVN_WEDNESDAY,
    CVN_THURSDAY,
    CVN_FRIDAY,
    CVN_SATURDAY,
    CVN_SUNDAY,
};

/* Whether there is such a day and time, in the years above. */
bool cvn_civil_valid(const struct cvn_civil *civil);

/* Days from 1970-01-01 to the date; negative before. */
int64_t cvn_civil_days(int year, int month, int day);

/* Seconds from 1970-01-01T00:00:00 to the civil time, both read on the same clock. */
int64_t cvn_civil_seconds(const struct cvn_civil *civil);

/* The civil time so many seconds after 1970-01-01T00:00:00 on the same clock; inverse of the above.
 */
struct cvn_civil cvn_civil_of_seconds(int64_t seconds);

enum cvn_weekday cvn_civil_weekday(const struct cvn_civil *civil);

/* Days in the month, 28 to 31. */
int cvn_civil_days_in_month(int year, int month);

/*
 * Reads "2026-12-01T18:30" or "2026-12-01T18:30:00" and nothing else. False, with *ret untouched,
 * when the form is another or there is no such day, time or year.
 */
bool cvn_civil_parse(struct cvn_civil *ret, const char *text);

/* Writes "2026-12-01T18:30:00". The civil time is valid. */
void cvn_civil_format(char text[CVN_CIVIL_TEXT_BYTES], const struct cvn_civil *civil);

/*
 * Reads an instant of RFC 3339: "2026-12-01T18:30:00+01:00", ":00Z", or with 1 to 9 digits of a
 * second, of which milliseconds are kept. ret_offset_s (may be NULL) is the offset written, in
 * seconds east of UTC, at most 23:59. False, with nothing written, when the text is anything else.
 */
bool cvn_instant_parse(int64_t *ret_utc_ms, int *ret_offset_s, const char *text);

/*
 * Writes the instant as RFC 3339 at the offset, "Z" for 0, with ".000" only where the milliseconds
 * are not 0. The local year is within the years above; the offset is in whole minutes.
 */
void cvn_instant_format(char text[CVN_INSTANT_TEXT_BYTES], int64_t utc_ms, int offset_s);

#endif
