#include "services/events/watch/watch_feed.h"

#include "services/events/groups/group_access.h"
#include "services/events/watch/watch_tell.h"
#include "storage/change_log.h"

#include <errno.h>
#include <stdio.h>

static int refuse_cursor(struct cvn_ctx *ctx, int r)
{
    if (r == CVN_CHANGE_TRIMMED)
        return cvn_ctx_refuse_state(ctx, CVN_OUT_OF_RANGE, "CURSOR_TRIMMED",
                                    "The changes behind the cursor are kept no more; list again: "
                                    "watch without a cursor and with snapshot.");
    return cvn_ctx_refuse_state(ctx, CVN_OUT_OF_RANGE, "CURSOR_UNKNOWN",
                                "The cursor is of changes that this store does not have, as after "
                                "it was restored from a backup; list again: watch without a cursor "
                                "and with snapshot.");
}

/* Whether the log still has what was seen: the same entry, or all that came behind it. */
static int check_log(struct cvn_ctx *ctx, const struct cvn_watch_cursor *at)
{
    CVN_CHANGE_CURSOR_AUTO cursor;
    struct cvn_change_bounds bounds;
    struct cvn_change change;
    int r = cvn_change_bounds(ctx->txn, &bounds);
    bool kept = r == 0 && at->sequence > 0 && at->sequence >= bounds.first;
    if (r)
        return r;
    r = cvn_change_cursor_init(&cursor, ctx->txn, kept ? at->sequence - 1 : at->sequence);
    if (r == CVN_CHANGE_TRIMMED || r == CVN_CHANGE_AHEAD)
        return refuse_cursor(ctx, r);
    if (r == 0 && kept)
        r = cvn_change_cursor_next(&cursor, &change);
    if (r == CVN_STORE_ABSENT)
        return refuse_cursor(ctx, CVN_CHANGE_AHEAD);
    if (r == 0 && kept && at->time_ms != INT64_MIN && change.time_ms != at->time_ms)
        return refuse_cursor(ctx, CVN_CHANGE_AHEAD);
    return r;
}

/* From the newest entry on. */
static int begin_now(struct cvn_watch_feed *feed, struct cvn_ctx *ctx, bool snapshot)
{
    struct cvn_change_bounds bounds;
    int r = cvn_change_bounds(ctx->txn, &bounds);
    feed->at = (struct cvn_watch_cursor){
        .phase = snapshot ? CVN_WATCH_LIST : CVN_WATCH_LOG,
        .sequence = bounds.last,
        .time_ms = INT64_MIN,
    };
    if (r || bounds.last < bounds.first)
        return r;
    CVN_CHANGE_CURSOR_AUTO cursor;
    struct cvn_change change;
    r = cvn_change_cursor_init(&cursor, ctx->txn, bounds.last - 1);
    if (r == 0)
        r = cvn_change_cursor_next(&cursor, &change);
    if (r == 0)
        feed->at.time_ms = change.time_ms;
    return r > 0 ? -EUCLEAN : r;
}

/* Says of the filter's problems where they are in this request. */
static int refuse_filter(struct cvn_ctx *ctx)
{
    for (size_t i = 0; i < ctx->problems.n; i++) {
        const char *field = cvn_arena_printf(ctx->arena, "filter.%s", ctx->problems.items[i].field);
        if (field)
            ctx->problems.items[i].field = field;
    }
    return ctx->problems.n > 0 ? cvn_ctx_refuse_problems(ctx) : CVN_REFUSED;
}

static int read_filter(struct cvn_watch_feed *feed, struct cvn_ctx *ctx)
{
    Convene__Events__V1__ListEventsRequest *list = &feed->list;
    if (list->page_size || list->page_token[0])
        cvn_problems_add(&ctx->problems, list->page_size ? "page_size" : "page_token",
                         "is set, and a watch has no pages; leave it out");
    if (ctx->problems.n > 0)
        return refuse_filter(ctx);
    int r = cvn_event_list_check(ctx, list);
    if (r == 0)
        r = cvn_event_filter_new(ctx, list, &feed->filter);
    return r == CVN_REFUSED ? refuse_filter(ctx) : r;
}

int cvn_watch_feed_open(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                        const Convene__Events__V1__WatchEventsRequest *request)
{
    *feed = (struct cvn_watch_feed){.list = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT};
    if (request->filter)
        feed->list = *request->filter;
    int r = read_filter(feed, ctx);
    if (r)
        return r;
    if (request->cursor[0] == '\0')
        return begin_now(feed, ctx, request->snapshot);
    if (request->snapshot)
        cvn_problems_add(&ctx->problems, "snapshot",
                         "is set beside a cursor; a snapshot begins without one");
    else if (!cvn_watch_cursor_read(ctx, request->cursor, &feed->at))
        cvn_problems_add(&ctx->problems, "cursor",
                         "is not one that this server gave; use the cursor of a message of "
                         "WatchEvents, or leave it empty to begin now");
    r = cvn_ctx_refuse_problems(ctx);
    return r ? r : check_log(ctx, &feed->at);
}

/* Writes a message with the cursor as it is to be behind it. */
static int write_at(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                    const struct cvn_watch_sink *sink,
                    Convene__Events__V1__WatchEventsResponse *message)
{
    message->cursor = cvn_watch_cursor_make(ctx, &feed->at);
    if (!message->cursor)
        return -ENOMEM;
    int r = sink->write(sink->arg, message);
    if (r == 0)
        feed->unsaid = 0;
    return r;
}

/* Writes a change; the feed stands behind it when that was taken, else where it stood. */
static int write_change(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                        const struct cvn_watch_sink *sink, Convene__Events__V1__EventChange *change,
                        const struct cvn_watch_cursor *behind)
{
    Convene__Events__V1__WatchEventsResponse message =
        CONVENE__EVENTS__V1__WATCH_EVENTS_RESPONSE__INIT;
    struct cvn_watch_cursor was = feed->at;
    message.change = change;
    feed->at = *behind;
    int r = write_at(feed, ctx, sink, &message);
    if (r)
        feed->at = was;
    return r;
}

int cvn_watch_feed_say_cursor(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                              const struct cvn_watch_sink *sink)
{
    Convene__Events__V1__WatchEventsResponse message =
        CONVENE__EVENTS__V1__WATCH_EVENTS_RESPONSE__INIT;
    return feed->unsaid > 0 ? write_at(feed, ctx, sink, &message) : 0;
}

static int say_live(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                    const struct cvn_watch_sink *sink)
{
    Convene__Events__V1__WatchEventsResponse message =
        CONVENE__EVENTS__V1__WATCH_EVENTS_RESPONSE__INIT;
    message.live = true;
    int r = feed->live ? 0 : write_at(feed, ctx, sink, &message);
    feed->live |= r == 0;
    return r;
}

/* Shows one event of the snapshot; the cursor behind it is the list's own. */
static int tell_listed(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                       const struct cvn_watch_sink *sink, Convene__Events__V1__Event *event)
{
    struct cvn_watch_cursor behind = feed->at;
    Convene__Events__V1__EventChange change;
    const char *token = cvn_event_list_token(ctx, &feed->list, event);
    if (!token || strlen(token) >= sizeof behind.list_token)
        return -ENOMEM;
    (void)snprintf(behind.list_token, sizeof behind.list_token, "%s", token);
    cvn_watch_tell_listed(&change, event);
    return write_change(feed, ctx, sink, &change, &behind);
}

static int step_list(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                     const struct cvn_watch_sink *sink)
{
    Convene__Events__V1__ListEventsResponse page = CONVENE__EVENTS__V1__LIST_EVENTS_RESPONSE__INIT;
    char token[CVN_WATCH_LIST_TOKEN_BYTES];
    memcpy(token, feed->at.list_token, sizeof token);
    feed->list.page_size = CVN_WATCH_LIST_PAGE;
    feed->list.page_token = token;
    int r = cvn_event_list(ctx, &feed->list, &page);
    for (size_t i = 0; r == 0 && i < page.n_events; i++)
        r = tell_listed(feed, ctx, sink, page.events[i]);
    feed->list.page_size = 0;
    feed->list.page_token = (char *)(uintptr_t)protobuf_c_empty_string;
    if (r)
        return r;
    if (!page.next_page_token[0]) {
        feed->at.phase = CVN_WATCH_LOG;
        feed->at.list_token[0] = '\0';
    } else if (strlen(page.next_page_token) < sizeof feed->at.list_token) {
        (void)snprintf(feed->at.list_token, sizeof feed->at.list_token, "%s", page.next_page_token);
    } else {
        return -EMSGSIZE;
    }
    return CVN_WATCH_MORE;
}

static int step_walk(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                     const struct cvn_watch_sink *sink)
{
    struct cvn_watch_cursor behind = feed->at;
    for (int n = 0; n < CVN_WATCH_WALK_ROWS; n++) {
        Convene__Events__V1__EventChange change;
        cvn_arena_reset(ctx->arena);
        int r = cvn_watch_tell_walked(feed->filter, ctx, &behind, &change);
        if (r == CVN_STORE_ABSENT) {
            feed->at.phase = CVN_WATCH_LOG;
            return CVN_WATCH_MORE;
        }
        if (r == CVN_WATCH_TOLD)
            r = write_change(feed, ctx, sink, &change, &behind);
        if (r)
            return r;
        feed->at = behind;
    }
    return CVN_WATCH_MORE;
}

/* Tells one entry of the log and moves on behind it. */
static int pass_entry(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                      const struct cvn_watch_sink *sink, const struct cvn_watch_entry *entry)
{
    struct cvn_watch_cursor behind = {.phase = CVN_WATCH_LOG,
                                      .sequence = entry->change.sequence,
                                      .time_ms = entry->change.time_ms};
    Convene__Events__V1__EventChange change;
    int r = cvn_watch_walk_begin(feed->filter, ctx, entry, &behind);
    if (r == 0)
        r = cvn_watch_tell_entry(feed->filter, ctx, entry, &change);
    if (r == CVN_WATCH_TOLD)
        return write_change(feed, ctx, sink, &change, &behind);
    if (r == 0) {
        feed->at = behind;
        feed->unsaid++;
    }
    return r;
}

static int step_log(struct cvn_watch_feed *feed, struct cvn_ctx *ctx, struct cvn_watch_page *page,
                    const struct cvn_watch_sink *sink)
{
    size_t i;
    int r = cvn_watch_page_seek(page, ctx->txn, feed->at.sequence, &i);
    if (r == CVN_CHANGE_TRIMMED || r == CVN_CHANGE_AHEAD)
        return refuse_cursor(ctx, r);
    for (; r == 0 && i < page->n && feed->at.phase == CVN_WATCH_LOG; i++) {
        cvn_arena_reset(ctx->arena);
        r = cvn_watch_page_read(page, ctx, &page->entries[i]);
        if (r == 0)
            r = pass_entry(feed, ctx, sink, &page->entries[i]);
    }
    if (r == 0 && feed->unsaid >= CVN_WATCH_UNSAID_MAX)
        r = cvn_watch_feed_say_cursor(feed, ctx, sink);
    if (r)
        return r;
    if (!page->last || feed->at.phase != CVN_WATCH_LOG)
        return CVN_WATCH_MORE;
    r = say_live(feed, ctx, sink);
    return r ? r : CVN_WATCH_IDLE;
}

int cvn_watch_feed_step(struct cvn_watch_feed *feed, struct cvn_ctx *ctx,
                        struct cvn_watch_page *page, const struct cvn_watch_sink *sink)
{
    cvn_arena_reset(ctx->arena);
    switch (feed->at.phase) {
    case CVN_WATCH_LIST:
        return step_list(feed, ctx, sink);
    case CVN_WATCH_WALK:
        return step_walk(feed, ctx, sink);
    case CVN_WATCH_LOG:
        break;
    }
    return step_log(feed, ctx, page, sink);
}
