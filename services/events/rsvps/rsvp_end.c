#include "services/events/rsvps/rsvp_end.h"

#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/seats.h"

#include <errno.h>
#include <string.h>

enum { EVENT_BYTES_MAX = 32 << 20 }; /* memory for one event and its queue */

#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name

/* Whose RSVP to which event is to end, and how. */
struct ending {
    const struct cvn_id *group; /* NULL: of any */
    const struct cvn_id *event;
    const struct cvn_id *person;
    enum cvn_rsvp_action action;
    bool may; /* false: only look whether there is anything to end */
};

static bool is_active(Convene__Events__V1__RsvpState state)
{
    return state == STATE(INVITED) || state == STATE(REQUESTED) || state == STATE(YES) ||
           state == STATE(WAITLISTED) || state == STATE(OFFERED);
}

/* A postponed event's old start no longer counts. */
static bool is_to_come(const struct cvn_ctx *ctx, const Convene__Events__V1__Event *event)
{
    return event->status == STATUS(POSTPONED) || cvn_event_start_ms(event) > ctx->now_ms;
}

static int act(struct cvn_ctx *ctx, const struct ending *ending,
               const Convene__Events__V1__Event *event)
{
    const struct cvn_seating_action action = {
        .person = *ending->person,
        .request = {.action = ending->action, .now_ms = ctx->now_ms},
    };
    Convene__Events__V1__Event as_is = *event;
    struct cvn_seating seating;
    /* Who is gone must not come back with a cancelled event that is restored; until then nobody is
     * served, as with one that is postponed. */
    if (as_is.status == STATUS(CANCELLED))
        as_is.status = STATUS(POSTPONED);
    int r = cvn_seating_begin(&seating, ctx, ending->event, &as_is);
    if (r == 0)
        r = cvn_seating_act(&seating, &action);
    if (r == CVN_REFUSED) /* an offer that ran out has ended by itself */
        r = 0;
    return r ? r : cvn_seating_end(&seating);
}

static int end_in_own_memory(struct cvn_ctx *ctx, const struct ending *ending, bool *ret_meant)
{
    Convene__Events__V1__Event *event;
    struct cvn_id group;
    int r = cvn_event_get(ctx, ending->event, &event);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, event->group_id))
        return -EUCLEAN;
    *ret_meant = is_to_come(ctx, event) && (!ending->group || cvn_id_equal(&group, ending->group));
    return *ret_meant && ending->may ? act(ctx, ending, event) : 0;
}

/* Ends one RSVP, with memory for its event alone: many may follow. */
static int end_one(struct cvn_ctx *ctx, const struct ending *ending, bool *ret_meant)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, EVENT_BYTES_MAX);
    struct cvn_ctx one = *ctx;
    one.arena = &arena;
    int r = end_in_own_memory(&one, ending, ret_meant);
    memcpy(ctx->entropy, one.entropy, sizeof ctx->entropy);
    return r;
}

int cvn_rsvps_end_in_group(struct cvn_ctx *ctx, const struct cvn_id *group,
                           const struct cvn_id *person, size_t max, struct cvn_rsvps_ended *ret)
{
    struct cvn_rsvp_of_person *rsvps;
    size_t n;
    int r = cvn_rsvps_of_person(ctx, person, &rsvps, &n);
    *ret = (struct cvn_rsvps_ended){0};
    for (size_t i = 0; r == 0 && i < n && !ret->more; i++) {
        const struct ending ending = {group, &rsvps[i].event, person, CVN_RSVP_REMOVE,
                                      ret->n < max};
        bool meant = false;
        if (!is_active(rsvps[i].state))
            continue;
        r = end_one(ctx, &ending, &meant);
        ret->n += meant && ending.may;
        ret->more = meant && !ending.may;
    }
    return r;
}

int cvn_rsvp_give_up(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *person,
                     bool *ret_ended)
{
    const struct ending ending = {NULL, event, person, CVN_RSVP_SAY_NO, true};
    Convene__Events__V1__Rsvp *rsvp;
    *ret_ended = false;
    int r = cvn_rsvp_get(ctx, event, person, &rsvp);
    if (r || !is_active(rsvp->state))
        return r;
    return end_one(ctx, &ending, ret_ended);
}
