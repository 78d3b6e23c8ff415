#include "services/events/rsvps/attended.h"

#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <stdlib.h>

/* A table that cannot grow leaves the row out: it is then read again. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { EVENT_BYTES_MAX = 4 << 20 };

static const int64_t two_years_ms = (int64_t)2 * 365 * 24 * 60 * 60 * 1000;

/* When an event was. */
struct cvn_attended_event {
    struct cvn_id id;
    int64_t start_ms;
    bool took_place;
    enum cvn_rsvp_sight sight; /* of who calls */
    UT_hash_handle hh;
};

int64_t cvn_attended_since_ms(const struct cvn_ctx *ctx, const Google__Protobuf__Timestamp *since)
{
    return cvn_record_time_ms(since, ctx->now_ms - two_years_ms);
}

void cvn_attended_check_people(struct cvn_ctx *ctx, const char *field, char *const *ids, size_t n)
{
    if (n > CVN_ATTENDED_PEOPLE_MAX)
        cvn_problems_add(&ctx->problems, field, "are %zu; at most %d can be asked for at once", n,
                         CVN_ATTENDED_PEOPLE_MAX);
    for (size_t i = 0; i < n && ctx->problems.n < CVN_PROBLEMS_MAX; i++) {
        struct cvn_id id;
        const char *path = cvn_arena_printf(ctx->arena, "%s[%zu]", field, i);
        (void)cvn_ctx_read_id(ctx, path ? path : field, CVN_PERSON_PREFIX, ids[i], &id);
    }
}

static bool counts(Convene__Events__V1__RsvpState state)
{
    return state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES ||
           state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_ATTENDED;
}

bool cvn_attended_counts(const struct cvn_attended *attended,
                         const struct cvn_attended_event *event, const struct cvn_id *person,
                         Convene__Events__V1__RsvpState state)
{
    return counts(state) && (cvn_rsvp_sight_shows(event->sight, state) ||
                             cvn_person_is_caller(attended->ctx, person));
}

static int read_event(struct cvn_attended *attended, struct cvn_attended_event *held)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, EVENT_BYTES_MAX);
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Event *event;
    cvn_event_kind_key(&key, &held->id, CVN_EVENT_KIND_ROW);
    int r = cvn_txn_get(attended->ctx->txn, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_record_unpack(&scratch, &convene__events__v1__event__descriptor, value, &event);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    struct cvn_rsvp_event facts = cvn_rsvp_facts(event);
    held->start_ms = facts.start_ms;
    held->took_place = facts.status != CVN_EVENT_CANCELLED && facts.status != CVN_EVENT_POSTPONED &&
                       cvn_record_time_ms(event->end_time, facts.start_ms) < attended->ctx->now_ms;
    struct cvn_ctx ctx = *attended->ctx;
    ctx.arena = &scratch;
    return cvn_rsvp_sight(&ctx, &held->id, event, &held->sight);
}

static int find_event(struct cvn_attended *attended, const struct cvn_id *id,
                      const struct cvn_attended_event **ret)
{
    struct cvn_attended_event *held;
    HASH_FIND(hh, attended->events, id->bytes, CVN_ID_BYTES, held);
    if (!held) {
        held = cvn_arena_alloc(attended->ctx->arena, sizeof *held);
        if (!held)
            return -ENOMEM;
        held->id = *id;
        int r = read_event(attended, held);
        if (r != 0)
            return r;
        HASH_ADD(hh, attended->events, id.bytes, CVN_ID_BYTES, held);
    }
    *ret = held;
    return 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct cvn_attended_event *x = *(const struct cvn_attended_event *const *)a;
    const struct cvn_attended_event *y = *(const struct cvn_attended_event *const *)b;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? 1 : -1;
    return memcmp(x->id.bytes, y->id.bytes, CVN_ID_BYTES);
}

int cvn_attended_by(struct cvn_attended *attended, const struct cvn_id *person,
                    const struct cvn_attended_event ***ret, size_t *ret_n)
{
    struct cvn_rsvp_of_person *rsvps;
    size_t n, n_came = 0;
    int r = cvn_rsvps_of_person(attended->ctx, person, &rsvps, &n);
    if (r != 0)
        return r;
    const struct cvn_attended_event **came =
        cvn_arena_alloc_array(attended->ctx->arena, n, sizeof *came);
    if (!came)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct cvn_attended_event *held;
        if (!counts(rsvps[i].state))
            continue;
        r = find_event(attended, &rsvps[i].event, &held);
        if (r != 0)
            return r;
        if (cvn_attended_counts(attended, held, person, rsvps[i].state) && held->took_place &&
            held->start_ms >= attended->since_ms)
            came[n_came++] = held;
    }
    if (n_came > 0)
        qsort(came, n_came, sizeof *came, newest_first);
    *ret = came;
    *ret_n = n_came < CVN_ATTENDED_EVENTS_MAX ? n_came : CVN_ATTENDED_EVENTS_MAX;
    return 0;
}

const struct cvn_id *cvn_attended_event_id(const struct cvn_attended_event *event)
{
    return &event->id;
}

int cvn_attended_message(struct cvn_ctx *ctx, const struct cvn_attended_event *event,
                         Convene__Events__V1__AttendedEvent **ret)
{
    Convene__Events__V1__AttendedEvent *message = cvn_arena_alloc(ctx->arena, sizeof *message);
    if (!message)
        return -ENOMEM;
    convene__events__v1__attended_event__init(message);
    message->event_id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &event->id);
    message->start_time = cvn_record_time(ctx->arena, event->start_ms);
    *ret = message;
    return message->event_id && message->start_time ? 0 : -ENOMEM;
}

void cvn_attended_deinit(struct cvn_attended *attended)
{
    HASH_CLEAR(hh, attended->events);
}
