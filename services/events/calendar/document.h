/*
 * An iCalendar file as components: its events with the properties that Convene reads, its time
 * zones, and what was wrong. Attendees and organisers' addresses are not kept. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_DOCUMENT_H
#define CVN_SERVICES_EVENTS_CALENDAR_DOCUMENT_H

#include "services/events/calendar/lines.h"

#include <stdint.h>

enum {
    CVN_CALENDAR_FILE_MAX = 3 << 20,    /* bytes */
    CVN_CALENDAR_EVENTS_MAX = 5000,     /* VEVENTs */
    CVN_CALENDAR_ZONES_MAX = 600,       /* VTIMEZONEs; tzdata has as many names */
    CVN_CALENDAR_OBSERVANCES_MAX = 64,  /* of one VTIMEZONE */
    CVN_CALENDAR_PROPERTIES_MAX = 1000, /* of one VEVENT, of those that are read */
    CVN_CALENDAR_DEPTH_MAX = 8,         /* components within components */
    CVN_CALENDAR_NOTES_MAX = 20,        /* about the file, and of line numbers in one of them */
};

/* What is wrong with the file as a whole; nothing of it is read then. */
enum cvn_calendar_refusal {
    CVN_CALENDAR_OK = 0,
    CVN_CALENDAR_REFUSED_EMPTY,
    CVN_CALENDAR_REFUSED_SIZE,   /* over CVN_CALENDAR_FILE_MAX */
    CVN_CALENDAR_REFUSED_UTF16,  /* UTF-16 or UTF-32 */
    CVN_CALENDAR_REFUSED_KIND,   /* no VCALENDAR in it */
    CVN_CALENDAR_REFUSED_EVENTS, /* over CVN_CALENDAR_EVENTS_MAX */
};

/* The refusal as a sentence with what would be right; "" for OK. */
const char *cvn_calendar_refusal_text(enum cvn_calendar_refusal refusal);

struct cvn_calendar_entry {
    struct cvn_calendar_property property;
    struct cvn_calendar_entry *next;
};

/* A VEVENT. */
struct cvn_calendar_component {
    size_t line; /* of its BEGIN */
    struct cvn_calendar_entry *first;
    struct cvn_calendar_entry **end; /* where the next is put */
    size_t n_properties;
    bool closed;   /* its END was found */
    bool too_deep; /* components within it pass CVN_CALENDAR_DEPTH_MAX */
};

/* STANDARD or DAYLIGHT: from then on, at the times of the rule, so far east of UTC. */
struct cvn_calendar_observance {
    const char *start, *rule; /* DTSTART and RRULE as written, "" where absent */
    int offset_s;
    bool has_offset;
    struct cvn_calendar_observance *next;
};

/* A VTIMEZONE. */
struct cvn_calendar_timezone {
    size_t line;
    const char *tzid;
    const char *location; /* X-LIC-LOCATION; "" where absent */
    struct cvn_calendar_observance *observances;
    size_t n_observances;
    struct cvn_calendar_timezone *next;
};

struct cvn_calendar_document {
    struct cvn_calendar_component *events;
    size_t n_events;
    struct cvn_calendar_timezone *timezones;
    size_t n_timezones;
    const char *name, *time_zone; /* X-WR-CALNAME and X-WR-TIMEZONE, "" where absent */
    const char *notes[CVN_CALENDAR_NOTES_MAX];
    size_t n_notes;
};

/* Takes the file apart, into the arena. 0, also with *ret_refusal set; -ENOMEM. */
int cvn_calendar_document_read(struct cvn_calendar_document *document,
                               const struct cvn_calendar_file *file, struct cvn_arena *arena,
                               enum cvn_calendar_refusal *ret_refusal);

/* Adds a sentence to the notes; further ones than fit are dropped. 0 or -ENOMEM. */
int cvn_calendar_note(struct cvn_calendar_document *document, struct cvn_arena *arena,
                      const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
