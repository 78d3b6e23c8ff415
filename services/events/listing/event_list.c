#include "services/events/listing/event_list.h"

#include "services/events/listing/event_hints.h"
#include "services/events/listing/event_plan.h"
#include "services/events/listing/event_query.h"
#include "services/events/meetups/event_row.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/seats.h"
#include "services/runtime/page.h"

#include <errno.h>

enum {
    EVENTS_FIELD = 1, /* of ListEventsResponse */
    ROW_ROOM_BYTES = 8192,
};

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

/* A page in the making. */
struct page {
    struct cvn_event_query query;
    struct cvn_event_plan plan;
    Convene__Events__V1__ListEventsResponse *response;
    bool packed; /* events are put into it as bytes */
    size_t n, size;
    size_t n_bytes; /* of the events read for it */
};

int cvn_event_list_check(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__ListEventsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, CVN_EVENT_LIST_DEFAULT, CVN_EVENT_LIST_MAX);
    cvn_event_query_check(ctx, req);
    return cvn_ctx_refuse_problems(ctx);
}

/* The event as the caller is shown it. 0 or a fault. */
static int show(struct page *page, const struct cvn_id *id, bool organised, struct cvn_slice row,
                Convene__Events__V1__Event **ret)
{
    struct cvn_ctx *ctx = page->query.ctx;
    Convene__Events__V1__Event *event;
    int r = cvn_ctx_unpack(ctx, &convene__events__v1__event__descriptor, row, &event);
    if (r == 0)
        r = cvn_event_show(ctx, id, organised, event);
    if (r)
        return r;
    if (page->query.request->with_matches) {
        event->match = cvn_event_query_tell(&page->query, event);
        if (!event->match)
            return -ENOMEM;
    }
    *ret = event;
    return 0;
}

/*
 * An event in its packed form goes into the response as a field that protobuf-c takes for one it
 * does not know, and packs as it is.
 */
static int add_packed(struct page *page, const struct cvn_id *id, bool organised,
                      const struct cvn_event_row *row)
{
    struct cvn_slice shown;
    Convene__Events__V1__Event *event;
    int r;
    if (!page->query.request->with_matches) {
        r = cvn_event_row_show(page->query.ctx, id, organised, row, &shown);
    } else {
        r = show(page, id, organised, row->event, &event);
        if (r == 0)
            r = cvn_event_row_pack(page->query.ctx, event, &shown);
    }
    if (r)
        return r;
    page->response->base.unknown_fields[page->n++] = (ProtobufCMessageUnknownField){
        .tag = EVENTS_FIELD,
        .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED,
        .len = shown.len,
        .data = (uint8_t *)(uintptr_t)shown.data,
    };
    page->response->base.n_unknown_fields = (unsigned)page->n;
    return 0;
}

static int add(struct page *page, const struct cvn_id *id, const struct cvn_event_traits *traits,
               const struct cvn_event_row *row)
{
    Convene__Events__V1__GroupRole role;
    int r = cvn_event_query_role(&page->query, &traits->group, &role);
    if (r)
        return r;
    if (page->packed)
        return add_packed(page, id, role >= ROLE(ORGANISER), row);
    r = show(page, id, role >= ROLE(ORGANISER), row->event, &page->response->events[page->n]);
    if (r == 0)
        page->response->n_events = ++page->n;
    return r;
}

/* Reads the event at a place and adds it to the page if it is wanted. */
static int consider(struct page *page, const struct cvn_event_place *place,
                    const struct cvn_event_traits *traits)
{
    const struct cvn_event_row *row;
    bool wanted;
    int r = cvn_event_query_is_held(&page->query, traits, place->start_ms, &wanted);
    if (r == 0 && wanted && page->query.request->free_seats_only)
        r = cvn_event_query_has_seats(&page->query, &place->id, traits, &wanted);
    if (r || !wanted)
        return r;
    r = cvn_event_plan_row(&page->plan, place, &row);
    if (r)
        return r;
    page->n_bytes += row->event.len;
    r = cvn_event_query_matches_row(&page->query, traits, row->event, &wanted);
    if (r == 0 && wanted)
        return add(page, &place->id, traits, row);
    cvn_event_plan_charge(&page->plan, CVN_EVENT_LIST_READ);
    return r;
}

static char *make_token(struct cvn_ctx *ctx, const ProtobufCMessage *request,
                        const struct cvn_event_place *last)
{
    struct cvn_key cursor;
    cvn_key_init(&cursor);
    cvn_key_put_i64(&cursor, last->start_ms);
    cvn_key_put_id(&cursor, &last->id);
    return cvn_page_token_make(ctx, request, cvn_key_slice(&cursor));
}

static int put_token(struct page *page, const struct cvn_event_place *last)
{
    char *token = make_token(page->query.ctx, &page->query.request->base, last);
    if (!token)
        return -ENOMEM;
    page->response->next_page_token = token;
    return 0;
}

/* Fills the page, and the token when there may be more. */
static int fill(struct page *page)
{
    struct cvn_event_place place, last;
    struct cvn_event_traits traits;
    int r = 0;
    for (;;) {
        bool full = page->n == page->size || page->n_bytes >= CVN_EVENT_LIST_BYTES_MAX;
        last = page->plan.passed;
        r = cvn_event_plan_next(&page->plan, &place, &traits);
        if (r == CVN_STORE_ABSENT)
            return 0;
        if (r == CVN_EVENT_PLAN_SPENT)
            return put_token(page, &page->plan.passed);
        if (r == 0 && full)
            return put_token(page, &last);
        if (r == 0)
            r = consider(page, &place, &traits);
        if (r)
            return r;
    }
}

static int begin(struct page *page, struct cvn_ctx *ctx,
                 const Convene__Events__V1__ListEventsRequest *request)
{
    Convene__Events__V1__ListEventsResponse *response = page->response;
    int32_t size =
        cvn_page_size(ctx, request->page_size, CVN_EVENT_LIST_DEFAULT, CVN_EVENT_LIST_MAX);
    page->size = (size_t)size;
    if (page->packed) {
        ProtobufCMessageUnknownField **fields = &response->base.unknown_fields;
        *fields = cvn_arena_alloc_array(ctx->arena, page->size, sizeof **fields);
        return *fields ? 0 : -ENOMEM;
    }
    response->events = cvn_arena_alloc_array(ctx->arena, page->size, sizeof *response->events);
    return response->events ? 0 : -ENOMEM;
}

static int list(struct cvn_ctx *ctx, const Convene__Events__V1__ListEventsRequest *request,
                Convene__Events__V1__ListEventsResponse *reply, bool packed)
{
    CVN_ARENA_ROOM(room, ROW_ROOM_BYTES);
    CVN_ARENA_AUTO row_arena;
    cvn_arena_init_with(&row_arena, CVN_EVENT_LIST_ROW_BYTES_MAX, room, sizeof room);
    struct page *page = cvn_arena_alloc(ctx->arena, sizeof *page);
    if (!page)
        return -ENOMEM;
    page->response = reply;
    page->packed = packed;
    int r = begin(page, ctx, request);
    if (r == 0)
        r = cvn_event_query_read(&page->query, ctx, request, &row_arena);
    page->response->place = page->query.place;
    if (r == 0)
        r = cvn_event_plan_open(&page->plan, &page->query, CVN_EVENT_LIST_SCAN_MAX);
    if (r == 0)
        r = fill(page);
    cvn_event_plan_deinit(&page->plan);
    bool none = page->n == 0 && !page->response->next_page_token[0] && !page->query.window.after;
    return r || !none ? r : cvn_event_hints_add(&page->query, reply);
}

int cvn_event_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    return list(ctx, request, reply, false);
}

int cvn_event_list_packed(struct cvn_ctx *ctx, const void *request, void *reply)
{
    return list(ctx, request, reply, true);
}

char *cvn_event_list_token(struct cvn_ctx *ctx, const void *request, const void *event)
{
    const Convene__Events__V1__Event *row = event;
    struct cvn_event_place last = {.start_ms = cvn_event_start_ms(row)};
    return cvn_id_parse(&last.id, CVN_EVENT_PREFIX, row->id) ? make_token(ctx, request, &last)
                                                             : NULL;
}
