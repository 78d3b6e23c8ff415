#include "client/cli/calendar_file.h"

#include "client/cli/calendar_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 64 << 10, RANGES_FIRST = 64 };

/* Bytes that stand together in the file. */
struct range {
    off_t at, bytes;
    size_t line;
};

struct ranges {
    struct range *items;
    size_t n, room;
    off_t bytes;
};

/* An event, or a changed occurrence. */
struct entry {
    uint64_t uid;
    struct range range;
    bool repeats, sent;
};

struct cvn_calendar_file {
    struct cvn_calendar_file_notes notes;
    FILE *copy; /* of what is no file, or NULL */
    off_t size;
    struct cvn_calendar_scan scan;
    bool begun, whole, ended;

    /* The calendar that is open. */
    bool open, in_part; /* its head is in the part */
    struct ranges head;
    struct entry *overrides; /* by UID, then by place */
    size_t n_overrides, overrides_room;
    size_t pending, pending_end; /* of these, those that go next */

    struct ranges part;
    size_t part_events, part_series;
    size_t n_calendars, n_outside, first_outside;
};

static int add_range(struct ranges *ranges, const struct range *range)
{
    struct range *last = ranges->n > 0 ? &ranges->items[ranges->n - 1] : NULL;
    ranges->bytes += range->bytes;
    if (last && last->at + last->bytes == range->at) {
        last->bytes += range->bytes;
        return 0;
    }
    if (ranges->n == ranges->room) {
        size_t room = ranges->room ? 2 * ranges->room : RANGES_FIRST;
        struct range *grown = reallocarray(ranges->items, room, sizeof *grown);
        if (!grown) {
            return -ENOMEM;
        }
        ranges->items = grown;
        ranges->room = room;
    }
    ranges->items[ranges->n++] = *range;
    return 0;
}

static void clear(struct ranges *ranges)
{
    ranges->n = 0;
    ranges->bytes = 0;
}

static struct range range_of(const struct cvn_calendar_unit *unit)
{
    return (struct range){unit->at, unit->bytes, unit->line};
}

/* Copies what comes into a file without a name. */
static int copy(FILE *from, FILE **ret)
{
    char bytes[COPY_BYTES];
    FILE *to = tmpfile();
    if (!to) {
        return -errno;
    }
    size_t n;
    errno = 0;
    while ((n = fread(bytes, 1, sizeof bytes, from)) > 0) {
        if (fwrite(bytes, 1, n, to) != n) {
            break;
        }
    }
    if (n > 0 || ferror(from) || fflush(to) != 0) {
        int r = errno ? -errno : -EIO;
        (void)fclose(to);
        return r;
    }
    *ret = to;
    return 0;
}

int cvn_calendar_file_new(struct cvn_calendar_file **ret, FILE *file,
                          const struct cvn_calendar_file_notes *notes)
{
    struct stat facts;
    struct cvn_calendar_file *new = calloc(1, sizeof *new);
    if (!new) {
        return -ENOMEM;
    }
    bool regular = fstat(fileno(file), &facts) == 0 && S_ISREG(facts.st_mode) && ftello(file) == 0;
    int r = regular ? 0 : copy(file, &new->copy);
    if (r == 0 && !regular && fstat(fileno(new->copy), &facts) != 0) {
        r = -errno;
    }
    if (r) {
        cvn_calendar_file_free(new);
        return r;
    }
    new->notes = *notes;
    new->size = facts.st_size;
    cvn_calendar_scan_init(&new->scan, fileno(new->copy ? new->copy : file));
    *ret = new;
    return 0;
}

void cvn_calendar_file_free(struct cvn_calendar_file *file)
{
    if (!file) {
        return;
    }
    if (file->copy) {
        (void)fclose(file->copy);
    }
    free(file->head.items);
    free(file->part.items);
    free(file->overrides);
    free(file);
}

off_t cvn_calendar_file_at(const struct cvn_calendar_file *file)
{
    return file->ended ? file->size : file->scan.at;
}

off_t cvn_calendar_file_size(const struct cvn_calendar_file *file)
{
    return file->size;
}

/* Whether all of the file is no more than one message takes. */
static bool is_small(struct cvn_calendar_file *file)
{
    if (file->size > CVN_CALENDAR_FILE_BYTES_MAX) {
        return false;
    }
    struct cvn_calendar_place begin = cvn_calendar_scan_place(&file->scan);
    struct cvn_calendar_unit unit;
    size_t n_events = 0, n_series = 0;
    do {
        cvn_calendar_scan_next(&file->scan, &unit);
        n_events += unit.kind == CVN_CALENDAR_UNIT_EVENT;
        n_series += unit.repeats;
    } while (unit.kind != CVN_CALENDAR_UNIT_END);
    cvn_calendar_scan_return(&file->scan, &begin);
    return n_events <= CVN_CALENDAR_FILE_EVENTS_MAX && n_series <= CVN_CALENDAR_FILE_SERIES_MAX;
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = (x->uid > y->uid) - (x->uid < y->uid);
    return c ? c : (x->range.at > y->range.at) - (x->range.at < y->range.at);
}

static int note_override(struct cvn_calendar_file *file, const struct cvn_calendar_unit *unit)
{
    if (file->n_overrides == CVN_CALENDAR_OVERRIDES_MAX) {
        return 0;
    }
    if (file->n_overrides == file->overrides_room) {
        size_t room = file->overrides_room ? 2 * file->overrides_room : RANGES_FIRST;
        struct entry *grown = reallocarray(file->overrides, room, sizeof *grown);
        if (!grown) {
            return -ENOMEM;
        }
        file->overrides = grown;
        file->overrides_room = room;
    }
    file->overrides[file->n_overrides++] =
        (struct entry){.uid = unit->uid, .range = range_of(unit), .repeats = unit->repeats};
    return 0;
}

/* Adds a line or a time zone to what all parts of the calendar begin with. */
static int add_head(struct cvn_calendar_file *file, const struct cvn_calendar_unit *unit)
{
    const struct range range = range_of(unit);
    if (file->head.bytes + unit->bytes <= CVN_CALENDAR_HEAD_BYTES_MAX) {
        return add_range(&file->head, &range);
    }
    file->notes.remark(
        file->notes.arg, unit->line,
        "The calendar's own lines and time zones are over 512 KiB; this one was left "
        "out.");
    return 0;
}

/* Looks through the calendar that was opened for what its parts need, and comes back. */
static int look_ahead(struct cvn_calendar_file *file, const struct cvn_calendar_unit *open)
{
    struct cvn_calendar_place begin = cvn_calendar_scan_place(&file->scan);
    struct cvn_calendar_unit unit = *open;
    clear(&file->head);
    file->n_overrides = 0;
    int r = add_head(file, open);
    while (r == 0) {
        cvn_calendar_scan_next(&file->scan, &unit);
        if (unit.kind == CVN_CALENDAR_UNIT_LINE || unit.kind == CVN_CALENDAR_UNIT_ZONE) {
            r = add_head(file, &unit);
        } else if (unit.kind == CVN_CALENDAR_UNIT_EVENT && unit.override && unit.uid) {
            r = note_override(file, &unit);
        } else if (unit.kind == CVN_CALENDAR_UNIT_OPEN || unit.kind == CVN_CALENDAR_UNIT_CLOSE ||
                   unit.kind == CVN_CALENDAR_UNIT_END) {
            break;
        }
    }
    if (unit.kind == CVN_CALENDAR_UNIT_END) {
        file->notes.remark(file->notes.arg, 0,
                           "The file ends before END:VCALENDAR; it may be cut off.");
    }
    if (file->n_overrides > 0) {
        qsort(file->overrides, file->n_overrides, sizeof *file->overrides, compare);
    }
    cvn_calendar_scan_return(&file->scan, &begin);
    file->open = true;
    file->in_part = false;
    file->n_calendars++;
    return r;
}

/* The first of the occurrences of that UID, and the one behind the last. */
static void find_overrides(const struct cvn_calendar_file *file, uint64_t uid, size_t *ret_first,
                           size_t *ret_end)
{
    size_t lo = 0, hi = file->n_overrides;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (file->overrides[middle].uid < uid) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    *ret_first = lo;
    while (lo < file->n_overrides && file->overrides[lo].uid == uid) {
        lo++;
    }
    *ret_end = lo;
}

/* Whether the event is one of those that travel behind their series. */
static bool is_moved(const struct cvn_calendar_file *file, const struct cvn_calendar_unit *unit)
{
    const struct entry wanted = {.uid = unit->uid, .range = range_of(unit)};
    return unit->override && unit->uid && file->n_overrides > 0 &&
           bsearch(&wanted, file->overrides, file->n_overrides, sizeof wanted, compare);
}

/* What is to be added to a part. */
struct load {
    off_t bytes;
    size_t n_events, n_series;
};

/* Whether so much more goes into the part; into an empty one goes whatever a message takes. */
static bool has_room(const struct cvn_calendar_file *file, const struct load *load)
{
    off_t head = file->in_part ? 0 : file->head.bytes;
    return file->part.n == 0 || (file->part.bytes + head + load->bytes <= CVN_CALENDAR_PART_BYTES &&
                                 file->part_events + load->n_events <= CVN_CALENDAR_PART_EVENTS &&
                                 file->part_series + load->n_series <= CVN_CALENDAR_PART_SERIES);
}

/* Whether there is a part that it would go into, were that empty. */
static bool is_of_a_part(const struct cvn_calendar_file *file, const struct load *load)
{
    return file->head.bytes + load->bytes <= CVN_CALENDAR_PART_BYTES &&
           load->n_events <= CVN_CALENDAR_PART_EVENTS && load->n_series <= CVN_CALENDAR_PART_SERIES;
}

/* Whether a component is more than a message takes, and that was told. */
static bool refuse_long(struct cvn_calendar_file *file, const struct range *range)
{
    bool is_long = file->head.bytes + range->bytes + COPY_BYTES > CVN_CALENDAR_FILE_BYTES_MAX;
    if (is_long) {
        file->notes.refuse(file->notes.arg, range->line,
                           "It is longer than one message takes, about 3 MiB.");
    }
    return is_long;
}

/* Adds a component to the part, with the head of its calendar if that is not there. */
static int add_component(struct cvn_calendar_file *file, const struct range *range, bool repeats)
{
    int r = 0;
    for (size_t i = 0; r == 0 && !file->in_part && i < file->head.n; i++) {
        r = add_range(&file->part, &file->head.items[i]);
    }
    file->in_part = true;
    file->part_events++;
    file->part_series += repeats;
    return r ? r : add_range(&file->part, range);
}

enum { FULL = 3 }; /* the part is complete */

/* Adds the changed occurrences that go next, as far as there is room. */
static int add_pending(struct cvn_calendar_file *file)
{
    int r = 0;
    for (; r == 0 && file->pending < file->pending_end; file->pending++) {
        struct entry *entry = &file->overrides[file->pending];
        const struct load load = {entry->range.bytes, 1, entry->repeats};
        if (entry->sent || refuse_long(file, &entry->range)) {
            entry->sent = true;
            continue;
        }
        if (!has_room(file, &load)) {
            return FULL;
        }
        entry->sent = true;
        r = add_component(file, &entry->range, entry->repeats);
    }
    return r;
}

/* Adds an event with its changed occurrences, or leaves it for the next part. */
static int add_event(struct cvn_calendar_file *file, const struct cvn_calendar_unit *unit)
{
    size_t first = 0, end = 0;
    const struct range range = range_of(unit);
    const struct load alone = {unit->bytes, 1, unit->repeats};
    struct load load = alone;
    if (refuse_long(file, &range)) {
        return 0;
    }
    if (unit->uid && !unit->override) {
        find_overrides(file, unit->uid, &first, &end);
    }
    for (size_t i = first; i < end; i++) {
        load.bytes += file->overrides[i].sent ? 0 : file->overrides[i].range.bytes;
        load.n_events++;
    }
    if (!has_room(file, is_of_a_part(file, &load) ? &load : &alone)) {
        return FULL;
    }
    int r = add_component(file, &range, unit->repeats);
    file->pending = first;
    file->pending_end = end;
    return r ? r : add_pending(file);
}

/* Adds the occurrences whose series is not in the calendar. */
static int close_calendar(struct cvn_calendar_file *file)
{
    file->pending = 0;
    file->pending_end = file->n_overrides;
    int r = add_pending(file);
    if (r == 0) {
        file->open = false;
    }
    return r;
}

static int take_unit(struct cvn_calendar_file *file, const struct cvn_calendar_unit *unit)
{
    switch (unit->kind) {
    case CVN_CALENDAR_UNIT_LINE:
    case CVN_CALENDAR_UNIT_ZONE:
        return 0; /* they are in the head */
    case CVN_CALENDAR_UNIT_EVENT:
    case CVN_CALENDAR_UNIT_OTHER:
        return is_moved(file, unit) ? 0 : add_event(file, unit);
    case CVN_CALENDAR_UNIT_OUTSIDE:
        file->first_outside = file->n_outside++ ? file->first_outside : unit->line;
        return 0;
    case CVN_CALENDAR_UNIT_OPEN:
    case CVN_CALENDAR_UNIT_CLOSE:
    case CVN_CALENDAR_UNIT_END: {
        int r = file->open ? close_calendar(file) : 0;
        if (r == 0 && file->in_part && unit->kind == CVN_CALENDAR_UNIT_OPEN) {
            return FULL; /* the one before has no END, and is given one */
        }
        if (r == 0 && file->in_part && unit->kind == CVN_CALENDAR_UNIT_CLOSE) {
            const struct range range = range_of(unit);
            file->in_part = false;
            r = add_range(&file->part, &range);
        }
        if (r == 0 && unit->kind == CVN_CALENDAR_UNIT_OPEN) {
            r = look_ahead(file, unit);
        }
        file->ended = r == 0 && unit->kind == CVN_CALENDAR_UNIT_END;
        return r;
    }
    }
    return 0;
}

/* Gathers a part. 0 or -errno. */
static int gather(struct cvn_calendar_file *file)
{
    int r = add_pending(file);
    while (r == 0 && !file->ended) {
        struct cvn_calendar_place before = cvn_calendar_scan_place(&file->scan);
        struct cvn_calendar_unit unit;
        cvn_calendar_scan_next(&file->scan, &unit);
        size_t n_before = file->part_events;
        r = file->scan.line > CVN_CALENDAR_FILE_LINES_MAX ? -EFBIG : take_unit(file, &unit);
        bool taken = unit.kind == CVN_CALENDAR_UNIT_EVENT && file->part_events > n_before;
        if (r == FULL && !taken) {
            cvn_calendar_scan_return(&file->scan, &before);
        }
    }
    if (r == 0 && file->scan.error) {
        r = file->scan.error;
    }
    return r == FULL ? 0 : r;
}

static int read_range(struct cvn_calendar_file *file, const struct range *range, uint8_t *to)
{
    off_t done = 0;
    while (done < range->bytes) {
        ssize_t n =
            pread(file->scan.fd, to + done, (size_t)(range->bytes - done), range->at + done);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            return -EIO; /* it became shorter meanwhile */
        }
        done += n > 0 ? n : 0;
    }
    return 0;
}

/* Makes the request's pieces of the part. */
static int make_pieces(struct cvn_calendar_file *file, struct cvn_arena *arena,
                       Convene__Events__V1__StreamImportCalendarRequest *request)
{
    static const char end[] = "\nEND:VCALENDAR\n";
    size_t n = file->part.n + (file->in_part ? 1 : 0);
    Convene__Events__V1__CalendarPiece *pieces = cvn_arena_alloc_array(arena, n, sizeof *pieces);
    request->pieces = cvn_arena_alloc_array(arena, n, sizeof *request->pieces);
    if (!pieces || !request->pieces) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        convene__events__v1__calendar_piece__init(&pieces[i]);
        request->pieces[request->n_pieces++] = &pieces[i];
    }
    if (file->in_part) { /* it goes on in the next part */
        pieces[n - 1].content.data = (uint8_t *)(uintptr_t)end;
        pieces[n - 1].content.len = sizeof end - 1;
    }
    int r = 0;
    for (size_t i = 0; r == 0 && i < file->part.n; i++) {
        const struct range *range = &file->part.items[i];
        pieces[i].first_line = (int32_t)range->line;
        pieces[i].content.len = (size_t)range->bytes;
        pieces[i].content.data = cvn_arena_alloc(arena, (size_t)range->bytes);
        r = pieces[i].content.data ? read_range(file, range, pieces[i].content.data) : -ENOMEM;
    }
    return r;
}

static int end(struct cvn_calendar_file *file)
{
    char text[160];
    if (file->n_outside > 0) {
        (void)snprintf(text, sizeof text,
                       "%zu line%s outside of calendars %s left out, the first of them line %zu.",
                       file->n_outside, file->n_outside == 1 ? "" : "s",
                       file->n_outside == 1 ? "was" : "were", file->first_outside);
        file->notes.remark(file->notes.arg, 0, text);
    }
    return file->n_calendars > 0 || file->whole ? CVN_CALENDAR_FILE_END : CVN_CALENDAR_FILE_NONE;
}

int cvn_calendar_file_next(struct cvn_calendar_file *file, struct cvn_arena *arena,
                           Convene__Events__V1__StreamImportCalendarRequest *request)
{
    int r = 0;
    clear(&file->part);
    file->part_events = file->part_series = 0;
    file->in_part = false;
    if (!file->begun) {
        file->begun = true;
        file->whole = is_small(file);
        file->ended = file->whole;
        if (file->whole) {
            r = add_range(&file->part, &(struct range){0, file->size, 1});
        }
    }
    if (r == 0 && !file->ended) {
        r = gather(file);
    }
    if (r) {
        return r;
    }
    if (file->part.n == 0) {
        return end(file);
    }
    return make_pieces(file, arena, request);
}
