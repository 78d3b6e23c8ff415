#include "services/events/listing/event_hints.h"

#include "services/events/listing/event_list.h"
#include "services/events/listing/event_plan.h"
#include "services/events/meetups/event_row.h"

#include <errno.h>

typedef Convene__Events__V1__ListEventsRequest request_type;

/* One filter: whether a request has it, and how to leave it out. */
struct filter {
    const char *name; /* of its field */
    bool (*given)(const request_type *request);
    void (*leave_out)(request_type *request);
    /* Whether an event was seen that may be in a list only without it; NULL: nobody knows. */
    bool (*left_some)(const struct cvn_event_query *query);
};

static char *none(void)
{
    return (char *)(uintptr_t)protobuf_c_empty_string;
}

static bool has_window(const request_type *r)
{
    return r->start_time_from || r->start_time_before;
}
static void any_time(request_type *r)
{
    r->start_time_from = r->start_time_before = NULL;
}
static bool has_near(const request_type *r)
{
    return r->near;
}
static void any_place(request_type *r)
{
    r->near = NULL;
    r->place = NULL;
    r->online_too = false;
}
static bool has_place(const request_type *r)
{
    return r->place;
}
static bool has_city(const request_type *r)
{
    return r->city[0];
}
static void any_city(request_type *r)
{
    r->city = none();
}
static bool has_groups(const request_type *r)
{
    return r->group_id[0] || r->n_group_ids;
}
static void any_group(request_type *r)
{
    r->group_id = none();
    r->n_group_ids = 0;
}
static bool has_topics(const request_type *r)
{
    return r->topic[0] || r->n_topics;
}
static void any_topic(request_type *r)
{
    r->topic = none();
    r->n_topics = 0;
}
static bool has_text(const request_type *r)
{
    return r->text[0];
}
static void any_text(request_type *r)
{
    r->text = none();
}
static bool has_languages(const request_type *r)
{
    return r->language[0] || r->n_languages;
}
static void any_language(request_type *r)
{
    r->language = none();
    r->n_languages = 0;
}
static bool has_mode(const request_type *r)
{
    return r->attendance_mode;
}
static void any_mode(request_type *r)
{
    r->attendance_mode = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_UNSPECIFIED;
}
static bool has_attendee(const request_type *r)
{
    return r->attendee_id[0];
}
static void any_attendee(request_type *r)
{
    r->attendee_id = none();
}
static bool has_member(const request_type *r)
{
    return r->member_id[0];
}
static void any_member(request_type *r)
{
    r->member_id = none();
}
static bool has_series(const request_type *r)
{
    return r->series_id[0];
}
static void any_series(request_type *r)
{
    r->series_id = none();
}
static bool has_seats(const request_type *r)
{
    return r->free_seats_only;
}
static void any_seats(request_type *r)
{
    r->free_seats_only = false;
}
static bool leaves_cancelled(const request_type *r)
{
    return !r->include_cancelled;
}
static bool left_cancelled(const struct cvn_event_query *query)
{
    return query->left_cancelled;
}
static void with_cancelled(request_type *r)
{
    r->include_cancelled = true;
}
static bool leaves_unpublished(const request_type *r)
{
    return !r->include_unpublished;
}
static bool left_unpublished(const struct cvn_event_query *query)
{
    return query->left_unpublished;
}
static void with_unpublished(request_type *r)
{
    r->include_unpublished = true;
}

static const struct filter filters[] = {
    {"start_time_from", has_window, any_time, NULL},
    {"near", has_near, any_place, NULL},
    {"place", has_place, any_place, NULL},
    {"city", has_city, any_city, NULL},
    {"group_ids", has_groups, any_group, NULL},
    {"topics", has_topics, any_topic, NULL},
    {"text", has_text, any_text, NULL},
    {"languages", has_languages, any_language, NULL},
    {"attendance_mode", has_mode, any_mode, NULL},
    {"attendee_id", has_attendee, any_attendee, NULL},
    {"member_id", has_member, any_member, NULL},
    {"series_id", has_series, any_series, NULL},
    {"free_seats_only", has_seats, any_seats, NULL},
    {"include_cancelled", leaves_cancelled, with_cancelled, left_cancelled},
    {"include_unpublished", leaves_unpublished, with_unpublished, left_unpublished},
};
enum { N_FILTERS = sizeof filters / sizeof *filters };

/* Whether the event is wanted, traits having admitted it. */
static int is_wanted(struct cvn_event_plan *plan, const struct cvn_event_place *place,
                     const struct cvn_event_traits *traits, bool *ret)
{
    struct cvn_event_query *query = plan->query;
    const struct cvn_event_row *row;
    int r = cvn_event_query_is_held(query, traits, place->start_ms, ret);
    if (r == 0 && *ret && query->request->free_seats_only)
        r = cvn_event_query_has_seats(query, &place->id, traits, ret);
    if (r || !*ret || cvn_event_query_questions(query, traits) == 0)
        return r;
    cvn_event_plan_charge(plan, CVN_EVENT_LIST_READ);
    r = cvn_event_plan_row(plan, place, &row);
    return r ? r : cvn_event_query_matches_row(query, traits, row->event, ret);
}

static int count(struct cvn_event_query *query, Convene__Events__V1__FilterHint *hint)
{
    struct cvn_event_place place;
    struct cvn_event_traits traits;
    struct cvn_event_plan *plan = cvn_arena_alloc(query->ctx->arena, sizeof *plan);
    if (!plan)
        return -ENOMEM;
    int r = cvn_event_plan_open(plan, query, CVN_EVENT_LIST_HINT_SCAN_MAX);
    while (r == 0 && (r = cvn_event_plan_next(plan, &place, &traits)) == 0) {
        bool wanted;
        if (hint->count == CVN_EVENT_LIST_HINT_MAX) {
            r = CVN_EVENT_PLAN_SPENT;
            break;
        }
        r = is_wanted(plan, &place, &traits, &wanted);
        hint->count += r == 0 && wanted;
    }
    cvn_event_plan_deinit(plan);
    hint->at_least = r == CVN_EVENT_PLAN_SPENT;
    return r == CVN_EVENT_PLAN_SPENT || r == CVN_STORE_ABSENT ? 0 : r;
}

/*
 * Counts in memory of its own: what is only counted does not add up in the call's. What was read of
 * groups counts for all.
 */
static int count_without(struct cvn_event_query *query, const struct filter *filter,
                         Convene__Events__V1__FilterHint *hint)
{
    CVN_ARENA_AUTO arena, row_arena;
    cvn_arena_init(&arena, CVN_EVENT_LIST_HINT_BYTES_MAX);
    cvn_arena_init(&row_arena, CVN_EVENT_LIST_ROW_BYTES_MAX);
    struct cvn_ctx ctx = *query->ctx;
    request_type request = *query->request;
    struct cvn_event_query *other = cvn_arena_alloc(&arena, sizeof *other);
    if (!other)
        return -ENOMEM;
    ctx.arena = &arena;
    filter->leave_out(&request);
    int r = cvn_event_query_read(other, &ctx, &request, &row_arena);
    other->of_events = query->of_events;
    if (r == 0)
        r = count(other, hint);
    query->of_events = other->of_events;
    return r;
}

/* The list itself was walked to its end: of some filters that told whether they matter. */
int cvn_event_hints_add(struct cvn_event_query *query,
                        Convene__Events__V1__ListEventsResponse *reply)
{
    struct cvn_arena *arena = query->ctx->arena;
    reply->hints = cvn_arena_alloc_array(arena, N_FILTERS, sizeof *reply->hints);
    int r = reply->hints ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < N_FILTERS; i++) {
        if (!filters[i].given(query->request))
            continue;
        Convene__Events__V1__FilterHint *hint = cvn_arena_alloc(arena, sizeof *hint);
        if (!hint)
            return -ENOMEM;
        convene__events__v1__filter_hint__init(hint);
        hint->filter = (char *)(uintptr_t)filters[i].name;
        if (!filters[i].left_some || filters[i].left_some(query))
            r = count_without(query, &filters[i], hint);
        reply->hints[reply->n_hints++] = hint;
    }
    return r;
}
