#include "services/events/calendar/document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 32, KINDS = 4, EVENTS_FIRST = 64 };

/* Kinds of components that calendars hold beside events, and how many were passed over. */
static const char *const other_kinds[KINDS] = {"VTODO", "VJOURNAL", "VFREEBUSY", ""};

struct reader {
    struct cvn_arena *arena;
    struct cvn_calendar_document *document;
    /* Names of the components that are open, cut; depth may pass their number. */
    char open[CVN_CALENDAR_DEPTH_MAX][NAME_MAX_BYTES];
    size_t depth;
    size_t events_room;
    struct cvn_calendar_component *event;       /* the one that is open */
    struct cvn_calendar_timezone *timezone;     /* the same */
    struct cvn_calendar_observance *observance; /* the same */
    size_t n_others[KINDS];                     /* passed over, the last for all other kinds */
    size_t n_malformed, first_malformed;        /* lines outside of events */
    bool any, too_many;
};

const char *cvn_calendar_refusal_text(enum cvn_calendar_refusal refusal)
{
    switch (refusal) {
    case CVN_CALENDAR_OK:
        return "";
    case CVN_CALENDAR_REFUSED_EMPTY:
        return "cannot be read as a calendar: nothing is in it; export the calendar again, as a "
               "file that ends in .ics";
    case CVN_CALENDAR_REFUSED_SIZE:
        return "cannot be imported at once: it has over 3 MiB; send it in parts, as `convene "
               "events import` does";
    case CVN_CALENDAR_REFUSED_UTF16:
        return "cannot be read as a calendar: its text is UTF-16 or UTF-32; save it as UTF-8";
    case CVN_CALENDAR_REFUSED_KIND:
        return "cannot be read as a calendar: there is no line BEGIN:VCALENDAR in it; export the "
               "calendar again, as a file that ends in .ics";
    case CVN_CALENDAR_REFUSED_EVENTS:
        return "cannot be imported at once: it has over 5,000 events; send it in parts, as "
               "`convene events import` does";
    }
    return "";
}

int cvn_calendar_note(struct cvn_calendar_document *document, struct cvn_arena *arena,
                      const char *format, ...)
{
    if (document->n_notes == CVN_CALENDAR_NOTES_MAX)
        return 0;
    va_list args;
    va_start(args, format);
    char *text = cvn_arena_vprintf(arena, format, args);
    va_end(args);
    if (!text)
        return -ENOMEM;
    document->notes[document->n_notes++] = text;
    return 0;
}

static bool is(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* Whether the open component at that depth, from 1, is of the kind. */
static bool open_is(const struct reader *r, size_t depth, const char *kind)
{
    return depth >= 1 && depth <= r->depth && depth <= CVN_CALENDAR_DEPTH_MAX &&
           is(r->open[depth - 1], kind);
}

/* What was open deeper than that is so no more. */
static void close_to(struct reader *r, size_t depth, bool closed)
{
    if (depth < 2 && r->event) {
        r->event->closed = closed;
        r->event = NULL;
    }
    if (depth < 2)
        r->timezone = NULL;
    if (depth < 3)
        r->observance = NULL;
    r->depth = depth;
}

static int begin_event(struct reader *r, size_t line)
{
    struct cvn_calendar_document *document = r->document;
    if (document->n_events == CVN_CALENDAR_EVENTS_MAX) {
        r->too_many = true;
        return 0;
    }
    if (document->n_events == r->events_room) {
        size_t room = r->events_room ? 2 * r->events_room : EVENTS_FIRST;
        struct cvn_calendar_component *grown = cvn_arena_alloc_array(r->arena, room, sizeof *grown);
        if (!grown)
            return -ENOMEM;
        for (size_t i = 0; i < document->n_events; i++)
            grown[i] = document->events[i];
        document->events = grown;
        r->events_room = room;
    }
    r->event = &document->events[document->n_events++];
    *r->event = (struct cvn_calendar_component){.line = line};
    return 0;
}

static int begin_timezone(struct reader *r, size_t line)
{
    if (r->document->n_timezones == CVN_CALENDAR_ZONES_MAX)
        return 0;
    struct cvn_calendar_timezone *timezone = cvn_arena_alloc(r->arena, sizeof *timezone);
    if (!timezone)
        return -ENOMEM;
    *timezone = (struct cvn_calendar_timezone){
        .line = line, .tzid = "", .location = "", .next = r->document->timezones};
    r->document->timezones = timezone;
    r->document->n_timezones++;
    r->timezone = timezone;
    return 0;
}

static int begin_observance(struct reader *r)
{
    if (r->timezone->n_observances == CVN_CALENDAR_OBSERVANCES_MAX)
        return 0;
    struct cvn_calendar_observance *observance = cvn_arena_alloc(r->arena, sizeof *observance);
    if (!observance)
        return -ENOMEM;
    *observance =
        (struct cvn_calendar_observance){.start = "", .rule = "", .next = r->timezone->observances};
    r->timezone->observances = observance;
    r->timezone->n_observances++;
    r->observance = observance;
    return 0;
}

static void count_other(struct reader *r, const char *kind)
{
    size_t i = 0;
    while (i < KINDS - 1 && !is(kind, other_kinds[i]))
        i++;
    r->n_others[i]++;
}

static int begin(struct reader *r, const struct cvn_calendar_property *p)
{
    if (r->event && is(p->value, "VEVENT"))
        close_to(r, 1, false); /* the one before has no END */
    if (r->depth < CVN_CALENDAR_DEPTH_MAX)
        (void)snprintf(r->open[r->depth], NAME_MAX_BYTES, "%s", p->value);
    r->depth++;
    if (r->depth > CVN_CALENDAR_DEPTH_MAX && r->event)
        r->event->too_deep = true;
    if (r->depth == 1) {
        r->any |= is(p->value, "VCALENDAR");
        return 0;
    }
    if (!open_is(r, 1, "VCALENDAR"))
        return 0;
    if (r->depth == 2 && is(p->value, "VEVENT"))
        return begin_event(r, p->line);
    if (r->depth == 2 && is(p->value, "VTIMEZONE"))
        return begin_timezone(r, p->line);
    if (r->depth == 2)
        count_other(r, p->value);
    if (r->depth == 3 && r->timezone && (is(p->value, "STANDARD") || is(p->value, "DAYLIGHT")))
        return begin_observance(r);
    return 0;
}

static void note_malformed(struct reader *r, size_t line)
{
    if (r->n_malformed++ == 0)
        r->first_malformed = line;
}

static void end(struct reader *r, const struct cvn_calendar_property *p)
{
    if (r->depth > CVN_CALENDAR_DEPTH_MAX) {
        r->depth--;
        return;
    }
    size_t depth = r->depth;
    char name[NAME_MAX_BYTES];
    (void)snprintf(name, sizeof name, "%s", p->value);
    while (depth > 0 && !is(r->open[depth - 1], name))
        depth--;
    if (depth == 0)
        note_malformed(r, p->line);
    else /* an event whose END is another's is not whole */
        close_to(r, depth - 1, depth == 2 || r->depth < 2);
}

/* Those of a VEVENT that are read; X-CONVENE- ones as well. */
static bool is_read(const char *name)
{
    static const char *const names[] = {
        "UID",     "DTSTART",  "DTEND",        "DURATION",   "SUMMARY",    "DESCRIPTION",
        "URL",     "LOCATION", "GEO",          "CATEGORIES", "STATUS",     "SEQUENCE",
        "RRULE",   "RDATE",    "EXDATE",       "EXRULE",     "CONFERENCE", "LAST-MODIFIED",
        "DTSTAMP", "",         "RECURRENCE-ID"};
    if (strncmp(name, "X-CONVENE-", 10) == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static int keep(struct reader *r, const struct cvn_calendar_property *p)
{
    struct cvn_calendar_component *event = r->event;
    if (!is_read(p->name) || ++event->n_properties > CVN_CALENDAR_PROPERTIES_MAX)
        return 0;
    struct cvn_calendar_entry *entry = cvn_arena_alloc(r->arena, sizeof *entry);
    if (!entry)
        return -ENOMEM;
    entry->property = *p;
    /* The array of events may have moved since; the list's beginning lies in it. */
    if (!event->first)
        event->end = &event->first;
    *event->end = entry;
    event->end = &entry->next;
    return 0;
}

/* "+0130", "-053045": seconds east of UTC. */
static bool read_offset(const char *text, int *ret_s)
{
    int hours, minutes, seconds = 0, used = 0;
    char sign;
    if ((sscanf(text, "%c%2d%2d%2d%n", &sign, &hours, &minutes, &seconds, &used) < 4 &&
         sscanf(text, "%c%2d%2d%n", &sign, &hours, &minutes, &used) < 3) ||
        text[used] || (sign != '+' && sign != '-') || hours < 0 || minutes < 0 || seconds < 0)
        return false;
    *ret_s = (hours * 3600 + minutes * 60 + seconds) * (sign == '-' ? -1 : 1);
    return true;
}

static void take_of_timezone(struct reader *r, const struct cvn_calendar_property *p)
{
    struct cvn_calendar_observance *observance = r->observance;
    if (r->depth == 2 && is(p->name, "TZID")) /* blanks are cut off parameters, too */
        r->timezone->tzid = p->value + strspn(p->value, " \t");
    else if (r->depth == 2 && is(p->name, "X-LIC-LOCATION"))
        r->timezone->location = p->value;
    else if (observance && r->depth == 3 && is(p->name, "DTSTART"))
        observance->start = p->value;
    else if (observance && r->depth == 3 && is(p->name, "RRULE"))
        observance->rule = p->value;
    else if (observance && r->depth == 3 && is(p->name, "TZOFFSETTO"))
        observance->has_offset = read_offset(p->value, &observance->offset_s);
}

static int take(struct reader *r, const struct cvn_calendar_property *p)
{
    if (r->event && r->depth == 2)
        return keep(r, p);
    if (p->fault && r->any) {
        if (!r->event)
            note_malformed(r, p->line);
        return 0;
    }
    if (r->timezone) {
        take_of_timezone(r, p);
        return 0;
    }
    if (r->depth != 1 || !open_is(r, 1, "VCALENDAR"))
        return 0;
    if (is(p->name, "X-WR-CALNAME") || (is(p->name, "NAME") && !r->document->name[0]))
        r->document->name = cvn_calendar_unescape(r->arena, p->value);
    else if (is(p->name, "X-WR-TIMEZONE"))
        r->document->time_zone = p->value;
    return r->document->name ? 0 : -ENOMEM;
}

static int note_others(struct reader *r)
{
    int result = 0;
    for (size_t i = 0; result == 0 && i < KINDS; i++) {
        size_t n = r->n_others[i];
        if (n > 0)
            result = cvn_calendar_note(r->document, r->arena,
                                       "%zu %s%s left out: only events are imported.", n,
                                       i < KINDS - 1 ? other_kinds[i]
                                       : n == 1      ? "other component"
                                                     : "other components",
                                       n == 1 ? " was" : " were");
    }
    return result;
}

static int note_all(struct reader *r)
{
    int result = note_others(r);
    if (result == 0 && r->depth > 0 && r->any)
        result = cvn_calendar_note(r->document, r->arena,
                                   "The file ends before END:VCALENDAR; it may be cut off.");
    if (result == 0 && r->n_malformed > 0)
        result = cvn_calendar_note(
            r->document, r->arena,
            "%zu line%s outside of events could not be read, the first of them line %zu.",
            r->n_malformed, r->n_malformed == 1 ? "" : "s", r->first_malformed);
    if (result == 0 && r->document->n_events == 0)
        result = cvn_calendar_note(r->document, r->arena, "There are no events in the file.");
    return result;
}

/* Whether the bytes begin as text of two or four bytes to the character does. */
static bool is_wide(struct cvn_slice file)
{
    const uint8_t *b = file.data;
    return file.len >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff) ||
                             b[0] == 0 || (b[0] == 'B' && b[1] == 0));
}

static enum cvn_calendar_refusal refusal_of(const struct cvn_calendar_file *file)
{
    size_t len = 0;
    for (size_t i = 0; i < file->n; i++)
        len += file->pieces[i].content.len;
    if (len == 0)
        return CVN_CALENDAR_REFUSED_EMPTY;
    if (len > CVN_CALENDAR_FILE_MAX)
        return CVN_CALENDAR_REFUSED_SIZE;
    return is_wide(file->pieces[0].content) ? CVN_CALENDAR_REFUSED_UTF16 : CVN_CALENDAR_OK;
}

int cvn_calendar_document_read(struct cvn_calendar_document *document,
                               const struct cvn_calendar_file *file, struct cvn_arena *arena,
                               enum cvn_calendar_refusal *ret_refusal)
{
    struct reader r = {.arena = arena, .document = document};
    struct cvn_calendar_lines lines;
    struct cvn_calendar_property p;
    *document = (struct cvn_calendar_document){.name = "", .time_zone = ""};
    *ret_refusal = refusal_of(file);
    if (*ret_refusal)
        return 0;
    cvn_calendar_lines_init(&lines, file, arena);
    int result;
    while (!r.too_many && (result = cvn_calendar_lines_next(&lines, &p)) == 0) {
        if (is(p.name, "BEGIN"))
            result = begin(&r, &p);
        else if (is(p.name, "END"))
            end(&r, &p);
        else
            result = take(&r, &p);
        if (result)
            return result;
    }
    if (result < 0)
        return result;
    if (r.too_many || !r.any)
        *ret_refusal = r.any ? CVN_CALENDAR_REFUSED_EVENTS : CVN_CALENDAR_REFUSED_KIND;
    return *ret_refusal ? 0 : note_all(&r);
}
