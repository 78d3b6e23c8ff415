/*
 * Content lines out: folded at 75 octets without splitting a character, ended with CR LF, text
 * escaped (RFC 5545, sections 3.1 and 3.3.11). Pure.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_TEXT_OUT_H
#define CVN_SERVICES_EVENTS_CALENDAR_TEXT_OUT_H

#include "base/arena.h"
#include "base/civil.h"

#include <stdbool.h>

enum { CVN_CALENDAR_FOLD_AT = 75 }; /* octets of a line, its end apart */

/* Text that grows in an arena. Embedded by value; zeroed but for the arena it is empty. */
struct cvn_calendar_out {
    struct cvn_arena *arena;
    char *data;
    size_t len, room;
    bool failed; /* memory was spent; nothing more is added */
};

/* Adds the line of a property, already in its form. */
void cvn_calendar_out_line(struct cvn_calendar_out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a property of TEXT, whose value is escaped; name may have parameters. Empty ones are left
 * out. */
void cvn_calendar_out_text(struct cvn_calendar_out *out, const char *name, const char *value);

/* Adds bytes as they are. */
void cvn_calendar_out_raw(struct cvn_calendar_out *out, const char *data, size_t len);

/* The value as TEXT, escaped, in the arena; separators within a list are escaped, too. NULL: no
 * memory. */
char *cvn_calendar_escape(struct cvn_arena *arena, const char *value);

/* The value for a parameter in quotes, which cannot have some characters. NULL: no memory. */
char *cvn_calendar_quotable(struct cvn_arena *arena, const char *value);

enum { CVN_CALENDAR_STAMP_BYTES = sizeof "20261201T183000Z" };

/* Writes "20261201T183000". */
void cvn_calendar_stamp(char text[CVN_CALENDAR_STAMP_BYTES], const struct cvn_civil *civil);

/* Writes "20261201T183000Z" for an instant in milliseconds since 1970. */
void cvn_calendar_stamp_utc(char text[CVN_CALENDAR_STAMP_BYTES], int64_t utc_ms);

#endif
