/*
 * Where the parts of an iCalendar file are (RFC 5545, section 3.4), whatever its length: its lines
 * are looked at one by one, and their bytes are left in the file. What they say is the server's
 * business.
 */
#ifndef CVN_CLIENT_CLI_CALENDAR_SCAN_H
#define CVN_CLIENT_CLI_CALENDAR_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    CVN_CALENDAR_SCAN_BYTES = 256 << 10, /* in memory; a longer line is no BEGIN and no UID */
};

enum cvn_calendar_unit_kind {
    CVN_CALENDAR_UNIT_OPEN,    /* BEGIN:VCALENDAR */
    CVN_CALENDAR_UNIT_LINE,    /* a property of the calendar */
    CVN_CALENDAR_UNIT_ZONE,    /* a VTIMEZONE */
    CVN_CALENDAR_UNIT_EVENT,   /* a VEVENT */
    CVN_CALENDAR_UNIT_OTHER,   /* another component */
    CVN_CALENDAR_UNIT_CLOSE,   /* END:VCALENDAR */
    CVN_CALENDAR_UNIT_OUTSIDE, /* a line outside of calendars */
    CVN_CALENDAR_UNIT_END,     /* the file's */
};

struct cvn_calendar_unit {
    enum cvn_calendar_unit_kind kind;
    off_t at, bytes;
    size_t line; /* from 1 */
    /* Of a VEVENT: */
    uint64_t uid;  /* a hash; 0 without one */
    bool override; /* it has a RECURRENCE-ID */
    bool repeats;  /* an RRULE or RDATE */
};

struct cvn_calendar_line {
    off_t at, bytes;
    size_t number;
    const char *text; /* of len bytes, without its end; "" where it is too long */
    size_t len;
};

/* Embedded by value. */
struct cvn_calendar_scan {
    int fd; /* borrowed */
    off_t at;
    size_t line; /* of the next */
    bool in_calendar;
    int error;  /* of reading; from then on the file is at its end */
    off_t base; /* of the buffer */
    size_t n;
    char buffer[CVN_CALENDAR_SCAN_BYTES];
};

/* Begins at the file's beginning, behind a byte order mark. */
void cvn_calendar_scan_init(struct cvn_calendar_scan *scan, int fd);

/* The next unit. A component ends with its END, where the next event begins, or the calendar ends.
 */
void cvn_calendar_scan_next(struct cvn_calendar_scan *scan, struct cvn_calendar_unit *ret);

/* Where it is, to go back to. */
struct cvn_calendar_place {
    off_t at;
    size_t line;
    bool in_calendar;
};
struct cvn_calendar_place cvn_calendar_scan_place(const struct cvn_calendar_scan *scan);
void cvn_calendar_scan_return(struct cvn_calendar_scan *scan,
                              const struct cvn_calendar_place *place);

#endif
