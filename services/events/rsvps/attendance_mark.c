#include "services/events/rsvps/attendance_mark.h"

#include "services/events/change_row.h"
#include "services/events/etag.h"
#include "services/events/listing/event_index.h"
#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/attended.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_BYTES_MAX = 4 << 20, DIGEST_BYTES = 32 };

static const int64_t longest_event_ms = (int64_t)CVN_EVENT_DAYS_MAX * 24 * 60 * 60 * 1000;

struct mark {
    uint64_t sequence; /* 0: the log was empty */
    int64_t at_ms;
    char digest[DIGEST_BYTES]; /* of that entry; "" for 0 */
};

static int digest_entry(struct cvn_ctx *ctx, const struct cvn_change *change, char **ret)
{
    const char *text =
        cvn_arena_printf(ctx->arena, "%" PRId64 " %.*s %.*s", change->time_ms,
                         (int)change->kind.len, (const char *)change->kind.data,
                         (int)change->subject.len, (const char *)change->subject.data);
    return text ? cvn_etag_of(ctx, cvn_slice_of_string(text), ret) : -ENOMEM;
}

int cvn_attendance_mark_make(struct cvn_ctx *ctx, char **ret)
{
    struct cvn_change_bounds bounds;
    struct cvn_change change;
    char *digest = (char *)(uintptr_t) "";
    CVN_CHANGE_CURSOR_AUTO cursor = {0};
    int r = cvn_change_bounds(ctx->txn, &bounds);
    if (r == 0 && bounds.last >= bounds.first) {
        r = cvn_change_cursor_init(&cursor, ctx->txn, bounds.last - 1);
        r = r ? r : cvn_change_cursor_next(&cursor, &change);
        r = r ? r : digest_entry(ctx, &change, &digest);
    }
    if (r)
        return r < 0 ? r : -EUCLEAN;
    *ret = cvn_arena_printf(ctx->arena, "%" PRIu64 ".%" PRId64 ".%s", bounds.last, ctx->now_ms,
                            digest);
    return *ret ? 0 : -ENOMEM;
}

static bool read_mark(const char *text, struct mark *ret)
{
    *ret = (struct mark){0};
    return sscanf(text, "%20" SCNu64 ".%20" SCNd64 ".%31s", &ret->sequence, &ret->at_ms,
                  ret->digest) >= 2;
}

static bool ends_before(const Convene__Events__V1__Event *event, int64_t now_ms)
{
    return cvn_record_time_ms(event->end_time, cvn_event_start_ms(event)) < now_ms;
}

/* Whether an event that is there is over by now; what is gone counts as if it were. */
static int is_over(struct cvn_ctx *ctx, const struct cvn_id *id, bool *ret)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, EVENT_BYTES_MAX);
    struct cvn_ctx row = *ctx;
    Convene__Events__V1__Event *event;
    row.arena = &scratch;
    int r = cvn_event_get(&row, id, &event);
    *ret = r != 0 || ends_before(event, ctx->now_ms);
    return r < 0 ? r : 0;
}

static bool is_kind(const struct cvn_change *change, const char *kind)
{
    return cvn_slice_compare(change->kind, cvn_slice_of_string(kind)) == 0;
}

/* What came of the time since a mark, as far as it has been looked at. */
struct look {
    struct cvn_ctx *ctx;
    struct mark mark;
    struct cvn_attendance_changes *changes;
    size_t n_rsvps;
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

static void keep_each_once(struct cvn_attendance_changes *changes)
{
    size_t n = 0;
    if (changes->n > 0)
        qsort(changes->people, changes->n, sizeof *changes->people, compare_ids);
    for (size_t i = 0; i < changes->n; i++)
        if (n == 0 || !cvn_id_equal(&changes->people[n - 1], &changes->people[i]))
            changes->people[n++] = changes->people[i];
    changes->n = n;
}

static void add_person(struct look *look, const struct cvn_id *person)
{
    struct cvn_attendance_changes *changes = look->changes;
    if (changes->n == CVN_ATTENDANCE_CHANGED_MAX)
        keep_each_once(changes);
    if (changes->n == CVN_ATTENDANCE_CHANGED_MAX)
        changes->known = bsearch(person, changes->people, changes->n, sizeof *person, compare_ids);
    else
        changes->people[changes->n++] = *person;
}

/* Everybody with an RSVP to the event. */
static int add_people_of(struct look *look, const struct cvn_id *event)
{
    struct cvn_key lo, hi;
    struct cvn_slice key;
    CVN_CURSOR_AUTO cursor = {0};
    cvn_event_kind_key(&lo, event, CVN_EVENT_KIND_RSVP);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, look->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                            CVN_FORWARD);
    while (r == 0 && look->changes->known && (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        struct cvn_id of, person;
        if (!cvn_rsvp_of_key(key, &of, &person))
            return -EUCLEAN;
        if (look->n_rsvps++ == CVN_ATTENDANCE_MARK_LOOKS_MAX)
            look->changes->known = false;
        else
            add_person(look, &person);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Seats aside: an event that was over before the change, or is with it. */
static int look_at_event(struct look *look, const struct cvn_change *change,
                         const struct cvn_id *id)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, EVENT_BYTES_MAX);
    struct cvn_ctx row = *look->ctx;
    Convene__Events__V1__Event *before;
    bool over;
    row.arena = &scratch;
    if (is_kind(change, "event.filled") || is_kind(change, "event.freed"))
        return 0;
    int r = cvn_change_read_event(&row, change, NULL, &before);
    if (r)
        return r;
    over = before && ends_before(before, row.now_ms);
    if (!over)
        r = is_over(&row, id, &over);
    return r == 0 && over ? add_people_of(look, id) : r;
}

/* Who answered sees the event by that, and whom else it shows. */
static int look_at_rsvp(struct look *look, const struct cvn_change_subject *subject)
{
    bool over;
    int r = is_over(look->ctx, &subject->id, &over);
    if (r || !over)
        return r;
    add_person(look, &subject->person);
    return cvn_person_is_caller(look->ctx, &subject->person) ? add_people_of(look, &subject->id)
                                                             : 0;
}

/* By what the caller is in a group, they see others. */
static void look_at_member(struct look *look, const struct cvn_id *person)
{
    if (cvn_person_is_caller(look->ctx, person))
        look->changes->known = false;
    else
        add_person(look, person);
}

static bool begins(const struct cvn_change *change, const char *text)
{
    size_t len = strlen(text);
    return change->kind.len >= len && memcmp(change->kind.data, text, len) == 0;
}

static void look_at_other(struct look *look, const struct cvn_change *change)
{
    static const char *const idle[] = {"person.created", "person.updated", "request.",
                                       "invitation.",    "discussion.",    "comment."};
    struct cvn_id person;
    char text[CVN_ID_TEXT_BYTES];
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (begins(change, idle[i]))
            return;
    if (begins(change, "ban.") && look->ctx->who.kind != CVN_PRINCIPAL_PERSON)
        return; /* what it takes from the person has entries of its own */
    (void)snprintf(text, sizeof text, "%.*s", (int)change->subject.len,
                   (const char *)change->subject.data);
    if (is_kind(change, "person.erased") && cvn_id_parse(&person, CVN_PERSON_PREFIX, text))
        add_person(look, &person);
    else
        look->changes->known = false;
}

/* An entry that may have changed what somebody came to, or who is seen to. */
static int look_at_entry(struct look *look, const struct cvn_change *change)
{
    const struct cvn_change_subject subject = cvn_change_subject_read(change);
    switch (subject.kind) {
    case CVN_CHANGE_OF_COMMENT:
    case CVN_CHANGE_OF_SERIES: /* its events have entries of their own */
    case CVN_CHANGE_OF_GROUP:  /* and so have its members */
        return 0;
    case CVN_CHANGE_OF_EVENT:
        return look_at_event(look, change, &subject.id);
    case CVN_CHANGE_OF_RSVP:
        return look_at_rsvp(look, &subject);
    case CVN_CHANGE_OF_MEMBER:
        look_at_member(look, &subject.person);
        return 0;
    case CVN_CHANGE_OF_OTHER:
        look_at_other(look, change);
        break;
    }
    return 0;
}

/* Goes over the log behind the mark's entry, where it still has that. */
static int look_at_log(struct look *look)
{
    const struct mark *mark = &look->mark;
    struct cvn_change change;
    char *digest = (char *)(uintptr_t) "";
    CVN_CHANGE_CURSOR_AUTO cursor = {0};
    look->changes->known = false;
    int r =
        cvn_change_cursor_init(&cursor, look->ctx->txn, mark->sequence ? mark->sequence - 1 : 0);
    if (r == 0 && mark->sequence > 0) {
        r = cvn_change_cursor_next(&cursor, &change);
        r = r ? r : digest_entry(look->ctx, &change, &digest);
    }
    if (r)
        return r < 0 ? r : 0;
    look->changes->known = strcmp(digest, mark->digest) == 0;
    for (size_t n = 0; r == 0 && look->changes->known; n++) {
        r = cvn_change_cursor_next(&cursor, &change);
        if (r == 0 && n == CVN_ATTENDANCE_MARK_LOOKS_MAX)
            look->changes->known = false;
        else if (r == 0)
            r = look_at_entry(look, &change);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int starts_between(struct cvn_index_cursor *cursor, struct cvn_ctx *ctx, int64_t from_ms,
                          int64_t to_ms)
{
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_i64(&lo, from_ms);
    cvn_key_init(&hi);
    cvn_key_put_i64(&hi, to_ms);
    return cvn_index_cursor_init(cursor, ctx->txn, &cvn_event_indexes[CVN_EVENT_BY_START],
                                 (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                 CVN_FORWARD);
}

static int event_of(struct cvn_slice primary, struct cvn_id *ret)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, primary);
    (void)cvn_key_get_u8(&reader);
    *ret = cvn_key_get_id(&reader);
    return reader.failed ? -EUCLEAN : 0;
}

/* Events that came to be too long ago since. */
static int look_at_past(struct look *look)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_ctx then = {.now_ms = look->mark.at_ms};
    int r = starts_between(&cursor, look->ctx, cvn_attended_since_ms(&then, NULL),
                           cvn_attended_since_ms(look->ctx, NULL));
    for (size_t n = 0; r == 0 && look->changes->known; n++) {
        struct cvn_index_entry entry;
        struct cvn_id id;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r == 0)
            r = event_of(entry.primary, &id);
        if (r == 0 && n == CVN_ATTENDANCE_MARK_LOOKS_MAX)
            look->changes->known = false;
        else if (r == 0)
            r = add_people_of(look, &id);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Events that came to be over since. */
static int look_at_present(struct look *look)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_ctx then = *look->ctx;
    then.now_ms = look->mark.at_ms;
    int r =
        starts_between(&cursor, look->ctx, look->mark.at_ms - longest_event_ms, look->ctx->now_ms);
    for (size_t n = 0; r == 0 && look->changes->known; n++) {
        struct cvn_index_entry entry;
        struct cvn_id id;
        bool was_over = false, over = false;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r == 0)
            r = event_of(entry.primary, &id);
        if (r == 0)
            r = is_over(&then, &id, &was_over);
        if (r == 0 && !was_over)
            r = is_over(look->ctx, &id, &over);
        if (r == 0 && n == CVN_ATTENDANCE_MARK_LOOKS_MAX)
            look->changes->known = false;
        else if (r == 0 && !was_over && over)
            r = add_people_of(look, &id);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_attendance_changed(struct cvn_ctx *ctx, const char *mark,
                           struct cvn_attendance_changes *ret)
{
    struct look look = {.ctx = ctx, .changes = ret};
    *ret = (struct cvn_attendance_changes){0};
    if (!read_mark(mark, &look.mark) || look.mark.at_ms > ctx->now_ms)
        return 0;
    ret->people =
        cvn_arena_alloc_array(ctx->arena, CVN_ATTENDANCE_CHANGED_MAX, sizeof *ret->people);
    if (!ret->people)
        return -ENOMEM;
    int r = look_at_log(&look);
    if (r == 0 && ret->known)
        r = look_at_past(&look);
    if (r == 0 && ret->known)
        r = look_at_present(&look);
    keep_each_once(ret);
    return r;
}
