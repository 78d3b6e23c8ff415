#include "services/events/listing/event_list.h"

#include "services/events/listing/event_hints.h"
#include "services/events/listing/event_plan.h"
#include "services/events/listing/event_query.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/seats.h"
#include "services/runtime/page.h"

#include <errno.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

/* A page in the making. */
struct page {
    struct cvn_event_query query;
    struct cvn_event_plan plan;
    Convene__Events__V1__ListEventsResponse *response;
    size_t size;
    size_t n_bytes; /* of the events read for it */
};

int cvn_event_list_check(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__ListEventsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, CVN_EVENT_LIST_DEFAULT, CVN_EVENT_LIST_MAX);
    cvn_event_query_check(ctx, req);
    return cvn_ctx_refuse_problems(ctx);
}

static int add(struct page *page, const struct cvn_event_place *place,
               const struct cvn_event_traits *traits, Convene__Events__V1__Event *event)
{
    Convene__Events__V1__ListEventsResponse *response = page->response;
    Convene__Events__V1__GroupRole role;
    int r = cvn_event_query_role(&page->query, &traits->group, &role);
    if (r == 0)
        r = cvn_event_show(page->query.ctx, &place->id, role >= ROLE(ORGANISER), event);
    if (r)
        return r;
    if (page->query.request->with_matches) {
        event->match = cvn_event_query_tell(&page->query, event);
        if (!event->match)
            return -ENOMEM;
    }
    response->events[response->n_events++] = event;
    return 0;
}

/* Reads the event at a place and adds it to the page if it is wanted. */
static int consider(struct page *page, const struct cvn_event_place *place,
                    const struct cvn_event_traits *traits)
{
    struct cvn_ctx *ctx = page->query.ctx;
    Convene__Events__V1__Event *event;
    struct cvn_slice row;
    bool wanted = true;
    int r = page->query.request->free_seats_only
                ? cvn_event_query_has_seats(&page->query, &place->id, traits, &wanted)
                : 0;
    if (r || !wanted)
        return r;
    r = cvn_event_get_row(ctx, &place->id, &event, &row);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    page->n_bytes += row.len;
    r = cvn_event_query_matches(&page->query, event, &wanted);
    if (r == 0 && wanted)
        return add(page, place, traits, event);
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
        bool full =
            page->response->n_events == page->size || page->n_bytes >= CVN_EVENT_LIST_BYTES_MAX;
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
    response->events = cvn_arena_alloc_array(ctx->arena, page->size, sizeof *response->events);
    return response->events ? 0 : -ENOMEM;
}

int cvn_event_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    CVN_ARENA_AUTO row_arena;
    cvn_arena_init(&row_arena, CVN_EVENT_LIST_ROW_BYTES_MAX);
    struct page *page = cvn_arena_alloc(ctx->arena, sizeof *page);
    if (!page)
        return -ENOMEM;
    page->response = reply;
    int r = begin(page, ctx, request);
    if (r == 0)
        r = cvn_event_query_read(&page->query, ctx, request, &row_arena);
    page->response->place = page->query.place;
    if (r == 0)
        r = cvn_event_plan_open(&page->plan, &page->query, CVN_EVENT_LIST_SCAN_MAX);
    if (r == 0)
        r = fill(page);
    cvn_event_plan_deinit(&page->plan);
    bool none = page->response->n_events == 0 && !page->response->next_page_token[0] &&
                !page->query.window.after;
    return r || !none ? r : cvn_event_hints_add(&page->query, reply);
}

char *cvn_event_list_token(struct cvn_ctx *ctx, const void *request, const void *event)
{
    const Convene__Events__V1__Event *row = event;
    struct cvn_event_place last = {.start_ms = cvn_event_start_ms(row)};
    return cvn_id_parse(&last.id, CVN_EVENT_PREFIX, row->id) ? make_token(ctx, request, &last)
                                                             : NULL;
}
