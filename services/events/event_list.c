#include "services/events/event_list.h"

#include "base/civil.h"
#include "services/events/event_stream.h"
#include "services/events/field_check.h"
#include "services/events/group_access.h"
#include "services/events/group_table.h"
#include "services/events/person_table.h"
#include "services/events/record.h"
#include "services/events/series_table.h"
#include "services/events/spaces.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name
#define VISIBILITY(name) CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_##name
#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

/* A request's filters as they are compared, and what was found out of the caller. */
struct filter {
    struct cvn_ctx *ctx;
    struct cvn_ctx row; /* the same call, its arena for one event at a time */
    const Convene__Events__V1__ListEventsRequest *request;
    bool by_group, by_attendee, by_series;
    struct cvn_id group, attendee, series;
    struct cvn_slice city, topic; /* folded; empty: any */
    struct cvn_event_window window;
    struct cvn_event_place after;
    /* The role in the group looked at last: most lists stay in few groups. */
    struct cvn_id known_group;
    Convene__Events__V1__GroupRole known_role;
    bool known;
    size_t page_bytes;
};

int cvn_event_list_check(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__ListEventsRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, CVN_EVENT_LIST_DEFAULT, CVN_EVENT_LIST_MAX);
    if (req->near)
        cvn_field_check_circle(&ctx->problems, "near", req->near);
    cvn_field_check_line(&ctx->problems, "city", req->city, CVN_FIELD_CITY_MAX, false);
    cvn_field_check_line(&ctx->problems, "topic", req->topic, CVN_FIELD_TOPIC_BYTES_MAX, false);
    cvn_field_check_language(&ctx->problems, "language", req->language);
    cvn_field_check_time(&ctx->problems, "start_time_from", req->start_time_from);
    cvn_field_check_time(&ctx->problems, "start_time_before", req->start_time_before);
    if (!protobuf_c_enum_descriptor_get_value(&convene__events__v1__attendance_mode__descriptor,
                                              (int)req->attendance_mode))
        cvn_problems_add(&ctx->problems, "attendance_mode", "is %d, which is no AttendanceMode",
                         (int)req->attendance_mode);
    return cvn_ctx_refuse_problems(ctx);
}

static bool read_cursor(struct filter *f)
{
    struct cvn_slice cursor;
    if (!cvn_page_token_read(f->ctx, &f->request->base, &cursor))
        return false;
    if (cursor.len == 0)
        return true;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, cursor);
    f->after.start_ms = cvn_key_get_i64(&reader);
    f->after.id = cvn_key_get_id(&reader);
    f->window.after = &f->after;
    if (cvn_key_reader_done(&reader))
        return true;
    cvn_problems_add(&f->ctx->problems, "page_token",
                     "is of another version; leave it empty for the first page");
    return false;
}

/* The first whole millisecond at or after the instant: starts are whole seconds. */
static int64_t bound_ms(const Google__Protobuf__Timestamp *time, int64_t fallback_ms)
{
    return cvn_record_time_ms(time, fallback_ms) + (time && time->nanos % 1000000 > 0);
}

/* Folds a word of the request. 0; CVN_REFUSED when nothing is left of it; a fault. */
static int read_word(struct filter *f, const char *field, const char *word, struct cvn_slice *ret)
{
    int r = cvn_group_word(f->ctx->arena, word, ret);
    if (r || !word[0] || ret->len > 0)
        return r;
    cvn_problems_add(&f->ctx->problems, field,
                     "has nothing in it to compare; letters, digits or signs are right");
    return cvn_ctx_refuse_problems(f->ctx);
}

/* Turns the request into a filter. 0, CVN_REFUSED or a fault. */
static int read_filter(struct filter *f)
{
    const Convene__Events__V1__ListEventsRequest *req = f->request;
    struct cvn_ctx *ctx = f->ctx;
    f->window.from_ms = bound_ms(req->start_time_from, INT64_MIN);
    f->window.before_ms = bound_ms(req->start_time_before, INT64_MAX);
    if (!read_cursor(f))
        return cvn_ctx_refuse_problems(ctx);
    int r = 0;
    if (req->group_id[0]) {
        f->by_group = true;
        r = cvn_group_find(ctx, "group_id", req->group_id, &f->group, NULL);
    }
    if (r == 0 && req->series_id[0]) {
        f->by_series = true;
        if (!cvn_ctx_read_id(ctx, "series_id", CVN_SERIES_PREFIX, req->series_id, &f->series))
            r = cvn_ctx_refuse_problems(ctx);
    }
    if (r == 0 && req->attendee_id[0]) {
        f->by_attendee = true;
        r = cvn_person_meant(ctx, "attendee_id", req->attendee_id, &f->attendee);
        bool own =
            ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&ctx->who.person, &f->attendee);
        if (r == 0 && !own && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
            r = cvn_ctx_refuse_access(ctx, "see where somebody else goes");
    }
    if (r == 0)
        r = read_word(f, "city", req->city, &f->city);
    if (r == 0)
        r = read_word(f, "topic", req->topic, &f->topic);
    return r;
}

static bool is_coming(Convene__Events__V1__RsvpState state)
{
    return state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES ||
           state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED ||
           state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_OFFERED ||
           state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_REQUESTED ||
           state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_ATTENDED;
}

/* Reads an event to look at, which lives until the next one. 0; CVN_STORE_ABSENT; a fault. */
static int peek(struct filter *f, const struct cvn_id *id, Convene__Events__V1__Event **ret)
{
    cvn_arena_reset(f->row.arena);
    return cvn_event_get(&f->row, id, ret);
}

/* An attendee's events are as many as one person goes to: read and sorted here. */
static int open_attendee(struct filter *f, struct cvn_event_stream *stream)
{
    struct cvn_rsvp_of_person *rsvps;
    size_t n_rsvps, n = 0;
    int r = cvn_rsvps_of_person(f->ctx, &f->attendee, &rsvps, &n_rsvps);
    if (r)
        return r;
    struct cvn_event_place *places = cvn_arena_alloc_array(f->ctx->arena, n_rsvps, sizeof *places);
    if (!places)
        return -ENOMEM;
    for (size_t i = 0; i < n_rsvps; i++) {
        Convene__Events__V1__Event *event;
        if (!is_coming(rsvps[i].state))
            continue;
        r = peek(f, &rsvps[i].event, &event);
        if (r == CVN_STORE_ABSENT)
            continue;
        if (r)
            return r;
        places[n++] = (struct cvn_event_place){cvn_event_start_ms(event), rsvps[i].event};
    }
    cvn_event_stream_set_places(stream, places, n, &f->window);
    return 0;
}

/* Opens the index that leaves least to look at. */
static int open_stream(struct filter *f, struct cvn_event_stream *stream)
{
    const Convene__Events__V1__Circle *near = f->request->near;
    struct cvn_key prefix;
    cvn_key_init(&prefix);
    if (f->by_attendee)
        return open_attendee(f, stream);
    if (f->by_series) {
        cvn_key_put_id(&prefix, &f->series);
        return cvn_event_stream_add(stream, CVN_EVENT_BY_SERIES, &prefix, &f->window);
    }
    if (f->by_group) {
        cvn_key_put_id(&prefix, &f->group);
        return cvn_event_stream_add(stream, CVN_EVENT_BY_GROUP, &prefix, &f->window);
    }
    if (near)
        return cvn_event_stream_add_circle(
            stream, (struct cvn_point){near->center->latitude, near->center->longitude},
            near->radius_m, &f->window);
    if (f->city.len > 0) {
        cvn_key_put_text(&prefix, f->city);
        return cvn_event_stream_add(stream, CVN_EVENT_BY_CITY, &prefix, &f->window);
    }
    if (f->topic.len > 0) {
        cvn_key_put_text(&prefix, f->topic);
        return cvn_event_stream_add(stream, CVN_EVENT_BY_TOPIC, &prefix, &f->window);
    }
    return cvn_event_stream_add(stream, CVN_EVENT_BY_START, &prefix, &f->window);
}

static int same_word(struct filter *f, const char *word, struct cvn_slice folded, bool *ret)
{
    struct cvn_slice other;
    int r = cvn_group_word(f->row.arena, word, &other);
    *ret = r == 0 && cvn_slice_compare(other, folded) == 0;
    return r;
}

static int has_topic(struct filter *f, const Convene__Events__V1__Event *event, bool *ret)
{
    *ret = f->topic.len == 0;
    int r = 0;
    for (size_t i = 0; r == 0 && !*ret && i < event->n_topics; i++)
        r = same_word(f, event->topics[i], f->topic, ret);
    return r;
}

static bool is_near(const Convene__Events__V1__Circle *circle,
                    const Convene__Events__V1__Event *event)
{
    if (!event->venue || !event->venue->location)
        return false;
    struct cvn_point centre = {circle->center->latitude, circle->center->longitude};
    struct cvn_point at = {event->venue->location->latitude, event->venue->location->longitude};
    return cvn_geo_distance_m(centre, at) <= circle->radius_m;
}

static int role_in(struct filter *f, const struct cvn_id *group,
                   Convene__Events__V1__GroupRole *ret)
{
    int r = 0;
    if (!f->known || !cvn_id_equal(&f->known_group, group)) {
        r = cvn_group_role_of_caller(&f->row, group, &f->known_role);
        f->known_group = *group;
        f->known = r == 0;
    }
    *ret = f->known_role;
    return r;
}

/* Whether the caller may see the event in this list. */
static int is_visible(struct filter *f, const Convene__Events__V1__Event *event,
                      const struct cvn_id *group, bool *ret)
{
    bool published =
        event->publication == PUBLICATION(PUBLISHED) || event->publication == PUBLICATION(ARCHIVED);
    *ret = published && event->visibility == VISIBILITY(PUBLIC);
    if (*ret)
        return 0;
    Convene__Events__V1__GroupRole role;
    int r = role_in(f, group, &role);
    bool organises = role >= ROLE(ORGANISER);
    if (!published)
        *ret = organises && f->request->include_unpublished;
    else if (event->visibility == VISIBILITY(MEMBERS))
        *ret = role >= ROLE(MEMBER);
    else
        *ret = organises || f->by_attendee;
    return r;
}

static bool is_of_series(const struct filter *f, const Convene__Events__V1__Event *event)
{
    struct cvn_id series;
    return cvn_id_parse(&series, CVN_SERIES_PREFIX, event->series_id) &&
           cvn_id_equal(&series, &f->series);
}

/* Whether the event passes every filter. 0 or a fault. */
static int passes(struct filter *f, const Convene__Events__V1__Event *event,
                  const struct cvn_id *group, bool *ret)
{
    const Convene__Events__V1__ListEventsRequest *req = f->request;
    *ret = false;
    if ((f->by_group && !cvn_id_equal(group, &f->group)) ||
        (f->by_series && !is_of_series(f, event)) ||
        (req->attendance_mode && event->attendance_mode != req->attendance_mode) ||
        (req->language[0] && strcasecmp(req->language, event->language) != 0) ||
        (!req->include_cancelled &&
         event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED) ||
        (req->near && !is_near(req->near, event)))
        return 0;
    bool fits = f->city.len == 0;
    int r = fits || !event->venue ? 0 : same_word(f, event->venue->city, f->city, &fits);
    if (r == 0 && fits)
        r = has_topic(f, event, &fits);
    if (r == 0 && fits)
        r = is_visible(f, event, group, &fits);
    *ret = r == 0 && fits;
    return r;
}

/* Adds an event that passed to the page. */
static int show(struct filter *f, const struct cvn_id *id, const struct cvn_id *group,
                Convene__Events__V1__ListEventsResponse *response)
{
    Convene__Events__V1__Event *event;
    Convene__Events__V1__GroupRole role;
    int r = cvn_event_get(f->ctx, id, &event);
    if (r == 0)
        r = role_in(f, group, &role);
    if (r == 0)
        r = cvn_event_show(f->ctx, id, role >= ROLE(ORGANISER), event);
    if (r)
        return r;
    response->events[response->n_events++] = event;
    f->page_bytes += convene__events__v1__event__get_packed_size(event);
    return 0;
}

/* Reads the event at a place and adds it to the page if it passes. */
static int consider(struct filter *f, const struct cvn_event_place *place,
                    Convene__Events__V1__ListEventsResponse *response)
{
    Convene__Events__V1__Event *event;
    struct cvn_id group;
    bool fits;
    int r = peek(f, &place->id, &event);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, event->group_id))
        return -EUCLEAN;
    r = passes(f, event, &group, &fits);
    return r || !fits ? r : show(f, &place->id, &group, response);
}

static int put_token(struct filter *f, const struct cvn_event_place *last,
                     Convene__Events__V1__ListEventsResponse *response)
{
    struct cvn_key cursor;
    cvn_key_init(&cursor);
    cvn_key_put_i64(&cursor, last->start_ms);
    cvn_key_put_id(&cursor, &last->id);
    response->next_page_token =
        cvn_page_token_make(f->ctx, &f->request->base, cvn_key_slice(&cursor));
    return response->next_page_token ? 0 : -ENOMEM;
}

/* Fills the page, and the token when there may be more. */
static int fill(struct filter *f, struct cvn_event_stream *stream, size_t page_size,
                Convene__Events__V1__ListEventsResponse *response)
{
    struct cvn_event_place place, last;
    int r = cvn_event_stream_next(stream, &place);
    for (size_t n_seen = 0; r == 0; n_seen++) {
        if (response->n_events == page_size || n_seen == CVN_EVENT_LIST_SCAN_MAX ||
            f->page_bytes >= CVN_EVENT_LIST_BYTES_MAX)
            return put_token(f, &last, response);
        r = consider(f, &place, response);
        last = place;
        if (r == 0)
            r = cvn_event_stream_next(stream, &place);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

struct cvn_event_filter {
    struct filter f;
    bool everything;
};

int cvn_event_filter_new(struct cvn_ctx *ctx, const void *request, struct cvn_event_filter **ret)
{
    struct cvn_event_filter *filter = cvn_arena_alloc(ctx->arena, sizeof *filter);
    if (!filter)
        return -ENOMEM;
    filter->f = (struct filter){.ctx = ctx, .request = request};
    Convene__Events__V1__ListEventsRequest bare = *filter->f.request;
    bare.include_cancelled = bare.include_unpublished = false;
    filter->everything = convene__events__v1__list_events_request__get_packed_size(&bare) == 0;
    int r = read_filter(&filter->f);
    if (r == 0)
        *ret = filter;
    return r;
}

const struct cvn_id *cvn_event_filter_group(const struct cvn_event_filter *filter)
{
    return filter->f.by_group ? &filter->f.group : NULL;
}

const struct cvn_id *cvn_event_filter_attendee(const struct cvn_event_filter *filter)
{
    return filter->f.by_attendee ? &filter->f.attendee : NULL;
}

bool cvn_event_filter_everything(const struct cvn_event_filter *filter)
{
    return filter->everything;
}

bool cvn_event_filter_attends(int rsvp_state)
{
    return is_coming((Convene__Events__V1__RsvpState)rsvp_state);
}

int cvn_event_filter_passes(struct cvn_event_filter *filter, struct cvn_ctx *ctx, const void *event,
                            int role, bool *ret)
{
    const Convene__Events__V1__Event *row = event;
    struct filter *f = &filter->f;
    int64_t start_ms = cvn_event_start_ms(row);
    *ret = false;
    f->ctx = ctx;
    f->row = *ctx;
    if (!cvn_id_parse(&f->known_group, CVN_GROUP_PREFIX, row->group_id))
        return -EUCLEAN;
    f->known_role = (Convene__Events__V1__GroupRole)role;
    f->known = true;
    struct cvn_id group = f->known_group;
    if (start_ms < f->window.from_ms || start_ms >= f->window.before_ms)
        return 0;
    return passes(f, row, &group, ret);
}

char *cvn_event_list_token(struct cvn_ctx *ctx, const void *request, const void *event)
{
    const Convene__Events__V1__Event *row = event;
    Convene__Events__V1__ListEventsResponse response;
    struct filter f = {.ctx = ctx, .request = request};
    struct cvn_event_place last = {.start_ms = cvn_event_start_ms(row)};
    return cvn_id_parse(&last.id, CVN_EVENT_PREFIX, row->id) && put_token(&f, &last, &response) == 0
               ? response.next_page_token
               : NULL;
}

int cvn_event_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    CVN_ARENA_AUTO row_arena;
    cvn_arena_init(&row_arena, CVN_EVENT_LIST_ROW_BYTES_MAX);
    struct filter f = {.ctx = ctx, .row = *ctx, .request = request};
    f.row.arena = &row_arena;
    Convene__Events__V1__ListEventsResponse *response = reply;
    struct cvn_event_stream *stream = cvn_arena_alloc(ctx->arena, sizeof *stream);
    int32_t page_size =
        cvn_page_size(ctx, f.request->page_size, CVN_EVENT_LIST_DEFAULT, CVN_EVENT_LIST_MAX);
    response->events =
        cvn_arena_alloc_array(ctx->arena, (size_t)page_size, sizeof *response->events);
    if (!stream || !response->events)
        return -ENOMEM;
    int r = read_filter(&f);
    if (r)
        return r;
    stream->txn = ctx->txn;
    r = open_stream(&f, stream);
    if (r == 0)
        r = fill(&f, stream, (size_t)page_size, response);
    cvn_event_stream_deinit(stream);
    return r;
}
