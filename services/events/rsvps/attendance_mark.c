#include "services/events/rsvps/attendance_mark.h"

#include "services/events/change_row.h"
#include "services/events/etag.h"
#include "services/events/listing/event_index.h"
#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/attended.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
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

/* Seats aside, whether the event was over before the change, or is with it. */
static int event_concerns(struct cvn_ctx *ctx, const struct cvn_change *change,
                          const struct cvn_id *id, bool *ret)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, EVENT_BYTES_MAX);
    struct cvn_ctx row = *ctx;
    Convene__Events__V1__Event *before;
    row.arena = &scratch;
    *ret = !is_kind(change, "event.filled") && !is_kind(change, "event.freed");
    int r = *ret ? cvn_change_read_event(&row, change, NULL, &before) : 0;
    if (r || !*ret || (before && ends_before(before, ctx->now_ms)))
        return r;
    return is_over(ctx, id, ret);
}

/* Whether an entry may have changed what somebody came to, or who is seen to. */
static int concerns(struct cvn_ctx *ctx, const struct cvn_change *change, bool *ret)
{
    const struct cvn_change_subject subject = cvn_change_subject_read(change);
    *ret = true;
    switch (subject.kind) {
    case CVN_CHANGE_OF_COMMENT:
    case CVN_CHANGE_OF_SERIES: /* its events have entries of their own */
        *ret = false;
        return 0;
    case CVN_CHANGE_OF_EVENT:
        return event_concerns(ctx, change, &subject.id, ret);
    case CVN_CHANGE_OF_RSVP:
        return is_over(ctx, &subject.id, ret);
    case CVN_CHANGE_OF_OTHER:
        *ret = !is_kind(change, "person.created") && !is_kind(change, "person.updated");
        return 0;
    case CVN_CHANGE_OF_GROUP:
    case CVN_CHANGE_OF_MEMBER:
        break;
    }
    return 0;
}

/* Whether the log still has the mark's entry, and nothing behind it that matters. */
static int log_holds(struct cvn_ctx *ctx, const struct mark *mark, bool *ret)
{
    struct cvn_change change;
    char *digest = (char *)(uintptr_t) "";
    CVN_CHANGE_CURSOR_AUTO cursor = {0};
    int r = cvn_change_cursor_init(&cursor, ctx->txn, mark->sequence ? mark->sequence - 1 : 0);
    if (r == 0 && mark->sequence > 0) {
        r = cvn_change_cursor_next(&cursor, &change);
        r = r ? r : digest_entry(ctx, &change, &digest);
    }
    if (r)
        return r < 0 ? r : 0;
    bool matters = strcmp(digest, mark->digest) != 0;
    for (size_t n = 0; r == 0 && !matters; n++) {
        r = cvn_change_cursor_next(&cursor, &change);
        if (r == 0)
            r = concerns(ctx, &change, &matters);
        matters |= r == 0 && n == CVN_ATTENDANCE_MARK_LOOKS_MAX;
    }
    *ret = !matters;
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

/* Whether no event came to be too long ago since. */
static int past_holds(struct cvn_ctx *ctx, const struct mark *mark, bool *ret)
{
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_ctx then = {.now_ms = mark->at_ms};
    int r = starts_between(&cursor, ctx, cvn_attended_since_ms(&then, NULL),
                           cvn_attended_since_ms(ctx, NULL));
    r = r ? r : cvn_index_cursor_next(&cursor, &entry);
    *ret = r == CVN_STORE_ABSENT;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Whether no event came to be over since. */
static int present_holds(struct cvn_ctx *ctx, const struct mark *mark, bool *ret)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_ctx then = *ctx;
    then.now_ms = mark->at_ms;
    int r = starts_between(&cursor, ctx, mark->at_ms - longest_event_ms, ctx->now_ms);
    *ret = true;
    for (size_t n = 0; r == 0 && *ret; n++) {
        struct cvn_index_entry entry;
        struct cvn_key_reader reader;
        bool was_over = false, over = false;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r)
            break;
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        struct cvn_id id = cvn_key_get_id(&reader);
        r = is_over(&then, &id, &was_over);
        if (r == 0 && !was_over)
            r = is_over(ctx, &id, &over);
        *ret = (was_over || !over) && n < CVN_ATTENDANCE_MARK_LOOKS_MAX;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_attendance_mark_holds(struct cvn_ctx *ctx, const char *mark, bool *ret)
{
    struct mark then;
    *ret = false;
    if (!read_mark(mark, &then) || then.at_ms > ctx->now_ms)
        return 0;
    int r = log_holds(ctx, &then, ret);
    if (r == 0 && *ret)
        r = past_holds(ctx, &then, ret);
    if (r == 0 && *ret)
        r = present_holds(ctx, &then, ret);
    return r;
}
