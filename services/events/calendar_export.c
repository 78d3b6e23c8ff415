#include "services/events/calendar_export.h"

#include "convene/events/v1/calendar.pb-c.h"
#include "services/events/calendar/write.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/handlers.h"
#include "services/events/listing/event_list.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/series/series_table.h"
#include "services/events/service.h"

#include <errno.h>
#include <string.h>

/* What goes on from event to event. */
struct exporter {
    struct cvn_ctx *ctx;
    struct cvn_calendar_writer writer;
    bool whole_series; /* series as such, with the occurrences that differ */
    size_t n_seen;     /* events, in all pages */
    /* The group and the series looked at last: most lists stay in few. */
    const char *group_id;
    struct cvn_calendar_host host;
    bool organised;
    const char *series_id;
    const Convene__Events__V1__Series *series;
};

static Convene__Events__V1__ListEventsRequest
filter_of(const Convene__Events__V1__ExportCalendarRequest *req)
{
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    if (req->filter)
        filter = *req->filter;
    filter.page_size = CVN_CALENDAR_EXPORT_PAGE;
    filter.include_cancelled = true; /* who subscribed must see that it is off */
    return filter;
}

static int check_export(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__ExportCalendarRequest *req = request;
    Convene__Events__V1__ListEventsRequest filter = filter_of(req);
    cvn_field_check_line(&ctx->problems, "calendar_name", req->calendar_name, CVN_CALENDAR_NAME_MAX,
                         false);
    if (req->event_id[0] && req->filter)
        cvn_problems_add(&ctx->problems, "filter",
                         "stands beside event_id; one of the two is right");
    return cvn_event_list_check(ctx, &filter);
}

/* Whether nothing but the group or the series narrows the list down. */
static bool is_whole(const Convene__Events__V1__ListEventsRequest *filter)
{
    Convene__Events__V1__ListEventsRequest rest = *filter;
    char *none = (char *)(uintptr_t)protobuf_c_empty_string;
    if (!rest.group_id[0] && !rest.series_id[0] && rest.n_group_ids == 0)
        return false;
    rest.n_group_ids = 0;
    rest.group_id = rest.series_id = rest.page_token = none;
    rest.page_size = 0;
    rest.include_unpublished = rest.include_cancelled = false;
    return convene__events__v1__list_events_request__get_packed_size(&rest) == 0;
}

/* Reads the event's group, and whether the caller organises it. */
static int know_group(struct exporter *x, const char *group_id)
{
    struct cvn_id id;
    Convene__Events__V1__Group *group;
    Convene__Events__V1__GroupRole role;
    if (x->group_id && strcmp(x->group_id, group_id) == 0)
        return 0;
    if (!cvn_id_parse(&id, CVN_GROUP_PREFIX, group_id))
        return -EUCLEAN;
    int r = cvn_group_get(x->ctx, &id, &group);
    if (r == 0)
        r = cvn_group_role_of_caller(x->ctx, &id, &role);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    x->group_id = group->id;
    x->host = (struct cvn_calendar_host){group->id, group->name};
    x->organised = role >= CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER;
    return 0;
}

static int know_series(struct exporter *x, const char *series_id)
{
    struct cvn_id id;
    Convene__Events__V1__Series *series;
    if (x->series_id && strcmp(x->series_id, series_id) == 0)
        return 0;
    if (!cvn_id_parse(&id, CVN_SERIES_PREFIX, series_id))
        return -EUCLEAN;
    int r = cvn_series_get(x->ctx, &id, &series);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    if (!x->organised)
        series->event->online_url = (char *)(uintptr_t)protobuf_c_empty_string;
    x->series_id = series->id;
    x->series = series;
    return 0;
}

/* Whether the event comes first of what the store has of its series. */
static int is_first(struct exporter *x, const Convene__Events__V1__Event *event, bool *ret)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_id series, id;
    struct cvn_key lo, hi, own;
    struct cvn_index_entry entry;
    if (!cvn_id_parse(&series, CVN_SERIES_PREFIX, event->series_id) ||
        !cvn_id_parse(&id, CVN_EVENT_PREFIX, event->id))
        return -EUCLEAN;
    cvn_event_key(&own, &id);
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, &series);
    hi = lo;
    cvn_key_put_i64(&lo, INT64_MIN);
    cvn_key_put_i64(&hi, INT64_MAX);
    int r = cvn_index_cursor_init(&cursor, x->ctx->txn, &cvn_event_indexes[CVN_EVENT_BY_SERIES],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    *ret = r == 0 && cvn_slice_compare(entry.primary, cvn_key_slice(&own)) == 0;
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* A zone that this machine lost since: the event cannot be told to others. */
static int settle(int r)
{
    return r == CVN_CALENDAR_WRITTEN_ZONE ? -EUCLEAN : r;
}

/* Writes one event; with whole series, an occurrence only where it differs. */
static int write_one(struct exporter *x, const Convene__Events__V1__Event *event)
{
    bool first = false;
    int r = know_group(x, event->group_id);
    if (r || !event->series_id[0])
        return r ? r : settle(cvn_calendar_write_event(&x->writer, event, NULL, &x->host));
    r = know_series(x, event->series_id);
    if (r == 0 && x->whole_series)
        r = is_first(x, event, &first);
    if (r == 0 && first)
        r = settle(cvn_calendar_write_series(&x->writer, x->series, &x->host));
    if (r || (x->whole_series && !event->overridden))
        return r;
    return settle(cvn_calendar_write_event(&x->writer, event, x->series, &x->host));
}

static bool is_enough(const struct exporter *x)
{
    return x->n_seen >= CVN_CALENDAR_EXPORT_EVENTS_MAX ||
           x->writer.out.len >= CVN_CALENDAR_EXPORT_BYTES_MAX;
}

/* Writes a page of the list, or the part of it that reaches a limit. */
static int write_page(struct exporter *x, const Convene__Events__V1__ListEventsRequest *filter,
                      Convene__Events__V1__ListEventsResponse *page)
{
    convene__events__v1__list_events_response__init(page);
    int r = cvn_event_list(x->ctx, filter, page);
    for (size_t i = 0; r == 0 && i < page->n_events; i++) {
        r = write_one(x, page->events[i]);
        x->n_seen++;
        if (r == 0 && is_enough(x) && i + 1 < page->n_events) {
            page->next_page_token = cvn_event_list_token(x->ctx, filter, page->events[i]);
            return page->next_page_token ? 0 : -ENOMEM;
        }
    }
    return r;
}

/* Writes pages of the list until one of the limits. */
static int write_list(struct exporter *x, Convene__Events__V1__ListEventsRequest *filter,
                      Convene__Events__V1__ExportCalendarResponse *response)
{
    Convene__Events__V1__ListEventsResponse page;
    int r;
    x->whole_series = is_whole(filter);
    do {
        r = write_page(x, filter, &page);
        if (r)
            return r;
        filter->page_token = page.next_page_token;
    } while (page.next_page_token[0] && !is_enough(x));
    response->next_page_token = page.next_page_token;
    return 0;
}

static int write_event(struct exporter *x, const char *event_id)
{
    struct cvn_rsvp_case c;
    int r = cvn_rsvp_case_find(x->ctx, "event_id", event_id, &c);
    if (r == 0)
        r = cvn_event_show(x->ctx, &c.event_id, cvn_rsvp_case_organised(&c), c.event);
    return r ? r : write_one(x, c.event);
}

/* The name asked for, or the group's where the list is of one. */
static int find_name(struct exporter *x, const Convene__Events__V1__ExportCalendarRequest *req,
                     const char **ret)
{
    struct cvn_id id;
    Convene__Events__V1__Group *group;
    *ret = req->calendar_name;
    const Convene__Events__V1__ListEventsRequest *filter = req->filter;
    if (req->calendar_name[0] || !filter || (!filter->group_id[0] && filter->n_group_ids != 1))
        return 0;
    const char *name = filter->group_id[0] ? filter->group_id : filter->group_ids[0];
    int r = cvn_group_find(x->ctx, "filter.group_id", name, &id, &group);
    if (r == 0)
        *ret = group->name;
    return r;
}

static int export(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ExportCalendarRequest *req = request;
    Convene__Events__V1__ExportCalendarResponse *response = reply;
    Convene__Events__V1__ListEventsRequest filter = filter_of(req);
    struct exporter *x = cvn_arena_alloc(ctx->arena, sizeof *x);
    struct cvn_slice content;
    const char *name;
    if (!x)
        return -ENOMEM;
    x->ctx = ctx;
    cvn_calendar_writer_init(&x->writer, ((const struct cvn_events_service *)ctx->service)->zones,
                             ctx->arena);
    int r = find_name(x, req, &name);
    if (r == 0)
        r = req->event_id[0] ? write_event(x, req->event_id) : write_list(x, &filter, response);
    if (r == 0)
        r = cvn_calendar_writer_finish(&x->writer, name, &content);
    if (r)
        return r;
    response->content.data = (uint8_t *)(uintptr_t)content.data;
    response->content.len = content.len;
    response->component_count = (int32_t)x->writer.n_components;
    return 0;
}

const struct cvn_service_method cvn_calendar_methods[1] = {
    {"ExportCalendar", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, check_export, export, NULL,
     CVN_SCOPE_READ},
};
