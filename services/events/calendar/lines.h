/*
 * Content lines of iCalendar (RFC 5545, section 3.1): unfolded, numbered, and taken apart into
 * name, parameters and value. libical's parser is not asked: it gives no line numbers, takes
 * Latin-1 for text, and answers a truncated or UTF-16 file with nothing. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_LINES_H
#define CVN_SERVICES_EVENTS_CALENDAR_LINES_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>

enum {
    CVN_CALENDAR_LINE_MAX = 128 << 10, /* bytes of a line, unfolded; what is longer is cut */
    CVN_CALENDAR_PARAMETERS_MAX = 8,   /* of a property; further ones are dropped */
    CVN_CALENDAR_SHOWN_MAX = 60,       /* bytes of a value in a sentence */
    CVN_CALENDAR_LINES_END = 1,        /* outcome: no further line */
};

enum cvn_calendar_fault {
    CVN_CALENDAR_FINE = 0,
    CVN_CALENDAR_FAULT_FORM,     /* not NAME:VALUE */
    CVN_CALENDAR_FAULT_ENCODING, /* not UTF-8 */
    CVN_CALENDAR_FAULT_CONTROL,  /* control characters in it */
    CVN_CALENDAR_FAULT_LONG,     /* over CVN_CALENDAR_LINE_MAX */
};

struct cvn_calendar_parameter {
    const char *name;  /* upper case */
    const char *value; /* without its quotes */
};

/* Texts are in the arena and terminated. */
struct cvn_calendar_property {
    size_t line;      /* where it begins in the file, from 1 */
    const char *name; /* upper case; "" with FAULT_FORM */
    const char *value;
    size_t n_parameters;
    struct cvn_calendar_parameter parameters[CVN_CALENDAR_PARAMETERS_MAX];
    enum cvn_calendar_fault fault;
    bool mended; /* an empty parameter or a misplaced quote was read over */
};

/* Lines that stand together in a file. */
struct cvn_calendar_piece {
    struct cvn_slice content;
    size_t first_line; /* its number; 0: it goes on behind the piece before, the first one with 1 */
};

/* A file, or what was taken out of one. */
struct cvn_calendar_file {
    const struct cvn_calendar_piece *pieces;
    size_t n;
};

/* Embedded by value. The file is borrowed and outlives it. */
struct cvn_calendar_lines {
    struct cvn_calendar_file further; /* pieces */
    struct cvn_slice rest;            /* of the piece */
    size_t line;                      /* of the next */
    struct cvn_arena *arena;
};

/* Begins at the file's beginning, behind a byte order mark. */
void cvn_calendar_lines_init(struct cvn_calendar_lines *lines, const struct cvn_calendar_file *file,
                             struct cvn_arena *arena);

/* The next line that is not empty. 0; CVN_CALENDAR_LINES_END; -ENOMEM. */
int cvn_calendar_lines_next(struct cvn_calendar_lines *lines, struct cvn_calendar_property *ret);

/* The parameter's value, or NULL. */
const char *cvn_calendar_parameter(const struct cvn_calendar_property *property, const char *name);

/* TEXT without its escapes (section 3.3.11), in the arena; NULL when that is spent. */
char *cvn_calendar_unescape(struct cvn_arena *arena, const char *value);

/*
 * The text as a sentence may show it: at most CVN_CALENDAR_SHOWN_MAX bytes, control characters as
 * question marks. In the arena; "" when that is spent.
 */
const char *cvn_calendar_shown(struct cvn_arena *arena, const char *text);

/* Where the first piece of a list ends: at separator, not escaped, or at the end. */
const char *cvn_calendar_piece_end(const char *value, char separator);

#endif
