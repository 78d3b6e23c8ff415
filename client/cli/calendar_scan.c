#include "client/cli/calendar_scan.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { KIND_BYTES = 32 };

/* Reads the buffer anew from there; less at the file's end. */
static void fill(struct cvn_calendar_scan *scan, off_t at)
{
    scan->base = at;
    scan->n = 0;
    while (scan->n < sizeof scan->buffer && !scan->error) {
        ssize_t n = pread(scan->fd, scan->buffer + scan->n, sizeof scan->buffer - scan->n,
                          at + (off_t)scan->n);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            scan->error = n < 0 ? -errno : 0;
            return;
        }
        scan->n += (size_t)n;
    }
}

static bool is_buffered(const struct cvn_calendar_scan *scan, off_t at)
{
    return at >= scan->base && at < scan->base + (off_t)scan->n;
}

/* Where the line that begins in the buffer ends in it, behind its newline; NULL where it does not.
 */
static const char *end_in_buffer(const struct cvn_calendar_scan *scan, off_t at)
{
    const char *begin = scan->buffer + (at - scan->base);
    const char *end = memchr(begin, '\n', scan->n - (size_t)(at - scan->base));
    return end ? end + 1 : NULL;
}

/* Finds the end of a line that is longer than the buffer. */
static off_t end_beyond(struct cvn_calendar_scan *scan)
{
    for (;;) {
        off_t at = scan->base + (off_t)scan->n;
        fill(scan, at);
        if (scan->n == 0) {
            return at;
        }
        const char *end = end_in_buffer(scan, at);
        if (end) {
            return at + (end - scan->buffer);
        }
    }
}

/* The next line as it stands in the file; false at its end. */
static bool next_line(struct cvn_calendar_scan *scan, struct cvn_calendar_line *ret)
{
    const char *end = is_buffered(scan, scan->at) ? end_in_buffer(scan, scan->at) : NULL;
    if (!end) {
        fill(scan, scan->at);
        if (scan->n == 0) {
            return false;
        }
        end = end_in_buffer(scan, scan->at);
    }
    bool last = !end && scan->n < sizeof scan->buffer;
    const char *text = scan->buffer + (scan->at - scan->base);
    *ret = (struct cvn_calendar_line){.at = scan->at, .number = scan->line, .text = ""};
    if (end || last) {
        ret->text = text;
        ret->bytes = (end ? end : scan->buffer + scan->n) - text;
        ret->len = (size_t)ret->bytes - (end ? 1 : 0);
        ret->len -= ret->len > 0 && text[ret->len - 1] == '\r';
    } else {
        ret->bytes = end_beyond(scan) - scan->at;
    }
    scan->at += ret->bytes;
    scan->line++;
    return true;
}

void cvn_calendar_scan_init(struct cvn_calendar_scan *scan, int fd)
{
    scan->fd = fd;
    scan->line = 1;
    scan->in_calendar = false;
    scan->error = 0;
    scan->at = 0;
    fill(scan, 0);
    if (scan->n >= 3 && memcmp(scan->buffer, "\xef\xbb\xbf", 3) == 0) {
        scan->at = 3;
    }
}

struct cvn_calendar_place cvn_calendar_scan_place(const struct cvn_calendar_scan *scan)
{
    return (struct cvn_calendar_place){scan->at, scan->line, scan->in_calendar};
}

void cvn_calendar_scan_return(struct cvn_calendar_scan *scan,
                              const struct cvn_calendar_place *place)
{
    scan->at = place->at;
    scan->line = place->line;
    scan->in_calendar = place->in_calendar;
}

/* Whether the line is "WORD:kind", in any case and without blanks behind. */
static bool says(const struct cvn_calendar_line *line, const char *word, const char *kind)
{
    size_t n = strlen(word), m = strlen(kind), len = line->len;
    while (len > 0 && (line->text[len - 1] == ' ' || line->text[len - 1] == '\t')) {
        len--;
    }
    return len == n + m && strncasecmp(line->text, word, n) == 0 &&
           strncasecmp(line->text + n, kind, m) == 0;
}

static bool begins(const struct cvn_calendar_line *line, const char *word)
{
    size_t n = strlen(word);
    return line->len > n && strncasecmp(line->text, word, n) == 0;
}

/* Whether the line is the property, with parameters or without. */
static bool is_property(const struct cvn_calendar_line *line, const char *name)
{
    size_t n = strlen(name);
    return begins(line, name) && (line->text[n] == ':' || line->text[n] == ';');
}

/* Fowler, Noll and Vo's FNV-1a. */
static uint64_t hash(uint64_t so_far, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        so_far = (so_far ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return so_far;
}

/* What a component's lines say of it, those of components within it apart. */
struct reading {
    struct cvn_calendar_unit *unit;
    size_t depth; /* of components within */
    bool in_uid;  /* the line before was part of it */
};

static void read_line(struct reading *reading, const struct cvn_calendar_line *line)
{
    struct cvn_calendar_unit *unit = reading->unit;
    if (begins(line, "BEGIN:")) {
        reading->depth++;
    } else if (begins(line, "END:") && reading->depth > 0) {
        reading->depth--;
    }
    if (reading->in_uid && line->len > 0 && (line->text[0] == ' ' || line->text[0] == '\t')) {
        unit->uid = hash(unit->uid, line->text + 1, line->len - 1);
        return;
    }
    reading->in_uid = false;
    if (reading->depth > 0 || unit->kind != CVN_CALENDAR_UNIT_EVENT) {
        return;
    }
    const char *colon = memchr(line->text, ':', line->len);
    if (is_property(line, "UID") && colon) {
        size_t n = line->len - (size_t)(colon + 1 - line->text);
        unit->uid = hash(UINT64_C(0xcbf29ce484222325), colon + 1, n);
        reading->in_uid = true;
    }
    unit->override |= is_property(line, "RECURRENCE-ID");
    unit->repeats |= is_property(line, "RRULE") || is_property(line, "RDATE");
}

static enum cvn_calendar_unit_kind kind_of(const struct cvn_calendar_line *begin)
{
    return says(begin, "BEGIN:", "VEVENT")      ? CVN_CALENDAR_UNIT_EVENT
           : says(begin, "BEGIN:", "VTIMEZONE") ? CVN_CALENDAR_UNIT_ZONE
                                                : CVN_CALENDAR_UNIT_OTHER;
}

/* Whether the line belongs to what follows the component, which has no END then. */
static bool is_behind(const struct cvn_calendar_line *line)
{
    return says(line, "BEGIN:", "VEVENT") || says(line, "BEGIN:", "VCALENDAR") ||
           says(line, "END:", "VCALENDAR");
}

/* Takes the rest of the component that began with the line. */
static void scan_component(struct cvn_calendar_scan *scan, const struct cvn_calendar_line *begin,
                           struct cvn_calendar_unit *unit)
{
    char kind[KIND_BYTES];
    size_t n = begin->len - 6 < sizeof kind - 1 ? begin->len - 6 : sizeof kind - 1;
    memcpy(kind, begin->text + 6, n);
    kind[n] = '\0';
    kind[strcspn(kind, " \t")] = '\0';
    struct reading reading = {.unit = unit};
    struct cvn_calendar_line line;
    unit->kind = kind_of(begin);
    for (;;) {
        struct cvn_calendar_place before = cvn_calendar_scan_place(scan);
        if (!next_line(scan, &line)) {
            return;
        }
        if (is_behind(&line)) {
            cvn_calendar_scan_return(scan, &before);
            return;
        }
        unit->bytes += line.bytes;
        if (says(&line, "END:", kind)) {
            return;
        }
        read_line(&reading, &line);
    }
}

static bool is_blank(const struct cvn_calendar_line *line)
{
    size_t i = 0;
    while (i < line->len && (line->text[i] == ' ' || line->text[i] == '\t')) {
        i++;
    }
    return i == line->len && line->len + 2 >= (size_t)line->bytes;
}

void cvn_calendar_scan_next(struct cvn_calendar_scan *scan, struct cvn_calendar_unit *ret)
{
    struct cvn_calendar_line line;
    do {
        if (!next_line(scan, &line)) {
            *ret = (struct cvn_calendar_unit){.kind = CVN_CALENDAR_UNIT_END, .at = scan->at};
            return;
        }
    } while (!scan->in_calendar && is_blank(&line));
    *ret = (struct cvn_calendar_unit){
        .kind = scan->in_calendar ? CVN_CALENDAR_UNIT_LINE : CVN_CALENDAR_UNIT_OUTSIDE,
        .at = line.at,
        .bytes = line.bytes,
        .line = line.number,
    };
    if (says(&line, "BEGIN:", "VCALENDAR")) {
        ret->kind = CVN_CALENDAR_UNIT_OPEN;
        scan->in_calendar = true;
    } else if (scan->in_calendar && says(&line, "END:", "VCALENDAR")) {
        ret->kind = CVN_CALENDAR_UNIT_CLOSE;
        scan->in_calendar = false;
    } else if (scan->in_calendar && begins(&line, "BEGIN:")) {
        scan_component(scan, &line, ret);
    }
}
