#include "services/events/listing/event_filter.h"

#include "services/events/listing/event_list.h"
#include "services/events/listing/event_query.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/seat_counts.h"

#include <errno.h>

#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

struct cvn_event_filter {
    struct cvn_event_query query;
    bool everything; /* lets every event through that the caller may see, but for its state */
};

int cvn_event_filter_new(struct cvn_ctx *ctx, const void *request, struct cvn_event_filter **ret)
{
    CVN_ARENA_AUTO row_arena;
    cvn_arena_init(&row_arena, CVN_EVENT_LIST_ROW_BYTES_MAX);
    struct cvn_event_filter *filter = cvn_arena_alloc(ctx->arena, sizeof *filter);
    if (!filter)
        return -ENOMEM;
    int r = cvn_event_query_read(&filter->query, ctx, request, &row_arena);
    Convene__Events__V1__ListEventsRequest bare = *filter->query.request;
    bare.include_cancelled = bare.include_unpublished = bare.with_matches = bare.latest_first =
        false;
    filter->everything = convene__events__v1__list_events_request__get_packed_size(&bare) == 0;
    if (r == 0)
        *ret = filter;
    return r;
}

bool cvn_event_filter_takes_group(const struct cvn_event_filter *filter, const struct cvn_id *group)
{
    return cvn_event_query_takes_group(&filter->query, group);
}

bool cvn_event_filter_names_group(const struct cvn_event_filter *filter, const struct cvn_id *group)
{
    return filter->query.by_groups ? cvn_event_query_takes_group(&filter->query, group)
                                   : filter->everything;
}

const struct cvn_id *cvn_event_filter_attendee(const struct cvn_event_filter *filter)
{
    return filter->query.by_attendee ? &filter->query.attendee : NULL;
}

bool cvn_event_filter_attends(int rsvp_state)
{
    return rsvp_state == STATE(YES) || rsvp_state == STATE(WAITLISTED) ||
           rsvp_state == STATE(OFFERED) || rsvp_state == STATE(REQUESTED) ||
           rsvp_state == STATE(ATTENDED);
}

/* What the index tells a list: series, window and text. */
static int is_indexed_so(struct cvn_event_query *query, const Convene__Events__V1__Event *event,
                         bool *ret)
{
    int64_t start_ms = cvn_event_start_ms(event);
    *ret = start_ms >= query->window.from_ms && start_ms < query->window.before_ms &&
           cvn_event_query_is_of_series(query, event);
    return *ret && event->title[0] ? cvn_event_query_has_text(query, event, ret) : 0;
}

bool cvn_event_filter_wants_seats(const struct cvn_event_filter *filter)
{
    return filter->query.request->free_seats_only;
}

/* Whether a seat of the event is, or was, free, if that is asked for. */
static int has_seats(struct cvn_event_query *query, const struct cvn_id *id,
                     const Convene__Events__V1__Event *event, const struct cvn_event_traits *traits,
                     bool *ret)
{
    const uint32_t capacity[CVN_SEAT_KINDS] = {traits->capacity, traits->virtual_capacity};
    const uint32_t taken[CVN_SEAT_KINDS] = {(uint32_t)event->seats_taken,
                                            (uint32_t)event->virtual_seats_taken};
    if (!query->request->free_seats_only)
        return 0;
    if (id)
        return cvn_event_query_has_seats(query, id, traits, ret);
    *ret =
        cvn_seats_free(capacity, taken,
                       traits->mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED);
    return 0;
}

int cvn_event_filter_passes(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                            const struct cvn_id *id, const void *event,
                            const struct cvn_event_sight *sight, bool *ret)
{
    CVN_ARENA_AUTO row_arena;
    cvn_arena_init(&row_arena, CVN_EVENT_LIST_ROW_BYTES_MAX);
    struct cvn_event_query *query = &filter->query;
    struct cvn_event_traits traits;
    query->ctx = ctx;
    query->row = *ctx;
    query->row.arena = &row_arena;
    *ret = false;
    int r = cvn_event_traits_of(&row_arena, event, &traits);
    if (r == 0)
        cvn_event_groups_begin(&query->of_events, &traits.group,
                               (Convene__Events__V1__GroupRole)sight->role, sight->archived_ms);
    if (r == 0)
        r = cvn_event_query_admits(query, &traits, ret);
    if (r == 0 && *ret)
        r = has_seats(query, id, event, &traits, ret);
    if (r == 0 && *ret)
        r = cvn_event_query_is_held(query, &traits, cvn_event_start_ms(event), ret);
    if (r == 0 && *ret)
        r = is_indexed_so(query, event, ret);
    if (r == 0 && *ret)
        r = cvn_event_query_matches(query, event, cvn_event_query_questions(query, NULL), ret);
    query->row.arena = NULL; /* it ends here */
    return r;
}
