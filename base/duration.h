/*
 * Lengths of time as ISO 8601 writes them and RFC 5545, section 3.3.6, reads them: days are nominal
 * (the same time on another day, be it 23 hours later), hours, minutes and seconds exact.
 */
#ifndef CVN_BASE_DURATION_H
#define CVN_BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CVN_DURATION_DAYS_MAX = 36600,
    CVN_DURATION_TEXT_BYTES = 40,
};

struct cvn_duration {
    int32_t days;
    int64_t seconds;
};

/*
 * Reads "PT2H", "P1DT30M", "P2W", "PT0S": whole, unsigned numbers in descending units. Years and
 * months, which have no length, are refused, and so is what exceeds CVN_DURATION_DAYS_MAX in days
 * or in hours of as many days. False leaves *ret untouched.
 */
bool cvn_duration_parse(struct cvn_duration *ret, const char *text);

/* Writes the shortest form, as in "P1DT30M"; nothing at all is "PT0S". Weeks become days. */
void cvn_duration_format(char text[CVN_DURATION_TEXT_BYTES], struct cvn_duration duration);

/* Its length with 24 hours to the day, in milliseconds. */
int64_t cvn_duration_ms(struct cvn_duration duration);

#endif
