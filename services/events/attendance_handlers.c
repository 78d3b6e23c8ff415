#include "services/events/group_table.h"
#include "services/events/handlers.h"
#include "services/events/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvp_facts.h"
#include "services/events/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <stdlib.h>

/* A table that cannot grow leaves the row out: it is then read again. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum {
    PEOPLE_MAX = 500,
    EVENTS_MAX = 500, /* of one person */
    EVENT_BYTES_MAX = 4 << 20,
};

static const int64_t two_years_ms = (int64_t)2 * 365 * 24 * 60 * 60 * 1000;

/* When an event was, read once for all who came to it. */
struct held {
    struct cvn_id id;
    int64_t start_ms;
    bool took_place;
    UT_hash_handle hh;
};

struct query {
    struct cvn_ctx *ctx;
    int64_t since_ms;
    struct held *events; /* by id; rows are in the call's arena, the table is the heap's */
};

static int check_attendance(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchGetAttendanceRequest *req = request;
    if (req->n_person_ids > PEOPLE_MAX)
        cvn_problems_add(&ctx->problems, "person_ids",
                         "are %zu; at most %d can be asked for at "
                         "once",
                         req->n_person_ids, PEOPLE_MAX);
    for (size_t i = 0; i < req->n_person_ids && ctx->problems.n < CVN_PROBLEMS_MAX; i++) {
        struct cvn_id id;
        const char *field = cvn_arena_printf(ctx->arena, "person_ids[%zu]", i);
        (void)cvn_ctx_read_id(ctx, field ? field : "person_ids", CVN_PERSON_PREFIX,
                              req->person_ids[i], &id);
    }
    return cvn_ctx_refuse_problems(ctx);
}

static int read_event(struct query *query, struct held *held)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, EVENT_BYTES_MAX);
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Event *event;
    cvn_event_kind_key(&key, &held->id, CVN_EVENT_KIND_ROW);
    int r = cvn_txn_get(query->ctx->txn, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_record_unpack(&scratch, &convene__events__v1__event__descriptor, value, &event);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    struct cvn_rsvp_event facts = cvn_rsvp_facts(event);
    held->start_ms = facts.start_ms;
    held->took_place = facts.status != CVN_EVENT_CANCELLED && facts.status != CVN_EVENT_POSTPONED &&
                       cvn_record_time_ms(event->end_time, facts.start_ms) < query->ctx->now_ms;
    return 0;
}

static int find_event(struct query *query, const struct cvn_id *id, const struct held **ret)
{
    struct held *held;
    HASH_FIND(hh, query->events, id->bytes, CVN_ID_BYTES, held);
    if (!held) {
        held = cvn_arena_alloc(query->ctx->arena, sizeof *held);
        if (!held)
            return -ENOMEM;
        held->id = *id;
        int r = read_event(query, held);
        if (r != 0)
            return r;
        HASH_ADD(hh, query->events, id.bytes, CVN_ID_BYTES, held);
    }
    *ret = held;
    return 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct held *x = *(const struct held *const *)a, *y = *(const struct held *const *)b;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? 1 : -1;
    return memcmp(x->id.bytes, y->id.bytes, CVN_ID_BYTES);
}

static int fill_event(struct cvn_ctx *ctx, const struct held *held,
                      Convene__Events__V1__AttendedEvent **ret)
{
    Convene__Events__V1__AttendedEvent *event = cvn_arena_alloc(ctx->arena, sizeof *event);
    if (!event)
        return -ENOMEM;
    convene__events__v1__attended_event__init(event);
    event->event_id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &held->id);
    event->start_time = cvn_record_time(ctx->arena, held->start_ms);
    *ret = event;
    return event->event_id && event->start_time ? 0 : -ENOMEM;
}

static int fill_events(struct query *query, const struct held **came, size_t n,
                       Convene__Events__V1__Attendance *reply)
{
    if (n > 0)
        qsort(came, n, sizeof *came, newest_first);
    size_t n_shown = n < EVENTS_MAX ? n : EVENTS_MAX;
    reply->events = cvn_arena_alloc_array(query->ctx->arena, n_shown, sizeof(void *));
    int r = reply->events ? 0 : -ENOMEM;
    for (size_t i = 0; i < n_shown && r == 0; i++)
        r = fill_event(query->ctx, came[i], &reply->events[i]);
    reply->n_events = n_shown;
    return r;
}

/* Whoever said yes counts as having come until an organiser says otherwise. */
static bool counts_as_come(Convene__Events__V1__RsvpState state)
{
    return state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES ||
           state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_ATTENDED;
}

static int find_events(struct query *query, const struct cvn_id *person,
                       Convene__Events__V1__Attendance *reply)
{
    struct cvn_rsvp_of_person *rsvps;
    size_t n, n_came = 0;
    int r = cvn_rsvps_of_person(query->ctx, person, &rsvps, &n);
    if (r != 0)
        return r;
    const struct held **came = cvn_arena_alloc_array(query->ctx->arena, n, sizeof *came);
    if (!came)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct held *held;
        if (!counts_as_come(rsvps[i].state))
            continue;
        r = find_event(query, &rsvps[i].event, &held);
        if (r != 0)
            return r;
        if (held->took_place && held->start_ms >= query->since_ms)
            came[n_came++] = held;
    }
    return fill_events(query, came, n_came, reply);
}

static int find_groups(struct query *query, const struct cvn_id *person,
                       Convene__Events__V1__Attendance *reply)
{
    struct cvn_ctx *ctx = query->ctx;
    struct cvn_id *ids;
    size_t n;
    int r = cvn_member_groups(ctx, person, &ids, &n);
    if (r != 0)
        return r;
    reply->group_ids = cvn_arena_alloc_array(ctx->arena, n, sizeof(void *));
    if (!reply->group_ids)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        reply->group_ids[i] = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &ids[i]);
        if (!reply->group_ids[i])
            return -ENOMEM;
    }
    reply->n_group_ids = n;
    return 0;
}

/* 0 with *ret NULL where there is no such person. */
static int find_attendance(struct query *query, const char *person_id,
                           Convene__Events__V1__Attendance **ret)
{
    struct cvn_ctx *ctx = query->ctx;
    struct cvn_key key;
    struct cvn_id person;
    *ret = NULL;
    if (!cvn_id_parse(&person, CVN_PERSON_PREFIX, person_id))
        return 0;
    cvn_person_key(&key, &person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? 0 : r;
    Convene__Events__V1__Attendance *reply = cvn_arena_alloc(ctx->arena, sizeof *reply);
    if (!reply)
        return -ENOMEM;
    convene__events__v1__attendance__init(reply);
    reply->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &person);
    r = reply->person_id ? find_events(query, &person, reply) : -ENOMEM;
    if (r == 0)
        r = find_groups(query, &person, reply);
    if (r == 0)
        *ret = reply;
    return r;
}

static int batch_get_attendance(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BatchGetAttendanceRequest *req = request;
    Convene__Events__V1__BatchGetAttendanceResponse *response = reply;
    struct query query = {.ctx = ctx,
                          .since_ms = cvn_record_time_ms(req->since, ctx->now_ms - two_years_ms)};
    response->attendance = cvn_arena_alloc_array(ctx->arena, req->n_person_ids, sizeof(void *));
    int r = response->attendance ? 0 : -ENOMEM;
    for (size_t i = 0; i < req->n_person_ids && r == 0; i++) {
        Convene__Events__V1__Attendance *attendance;
        r = find_attendance(&query, req->person_ids[i], &attendance);
        if (r == 0 && attendance)
            response->attendance[response->n_attendance++] = attendance;
    }
    HASH_CLEAR(hh, query.events);
    return r;
}

const struct cvn_service_method cvn_attendance_methods[1] = {
    {"BatchGetAttendance", CVN_METHOD_READ, CVN_ACCESS_ADMIN, check_attendance,
     batch_get_attendance, NULL, CVN_SCOPE_PEOPLE_READ},
};
