#include "services/events/rsvp_end.h"

#include "services/events/event_table.h"
#include "services/events/group_table.h"
#include "services/events/seats.h"

#include <errno.h>
#include <string.h>

enum { EVENT_BYTES_MAX = 32 << 20 }; /* memory for one event and its queue */

#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name

static bool is_active(Convene__Events__V1__RsvpState state)
{
    return state == STATE(INVITED) || state == STATE(REQUESTED) || state == STATE(YES) ||
           state == STATE(WAITLISTED) || state == STATE(OFFERED);
}

/* A postponed event's old start no longer counts. */
static bool is_to_come(const struct cvn_ctx *ctx, const Convene__Events__V1__Event *event)
{
    return event->status != STATUS(CANCELLED) &&
           (event->status == STATUS(POSTPONED) || cvn_event_start_ms(event) > ctx->now_ms);
}

static int remove_from(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                       const Convene__Events__V1__Event *event, const struct cvn_id *person)
{
    const struct cvn_seating_action action = {
        .person = *person,
        .request = {.action = CVN_RSVP_REMOVE, .now_ms = ctx->now_ms},
    };
    struct cvn_seating seating;
    int r = cvn_seating_begin(&seating, ctx, event_id, event);
    if (r == 0)
        r = cvn_seating_act(&seating, &action);
    if (r == CVN_REFUSED) /* an offer that ran out has ended by itself */
        r = 0;
    return r ? r : cvn_seating_end(&seating);
}

/* Ends one RSVP where it is the group's and to come. ctx has memory for this event alone. */
static int end_one(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *event_id,
                   const struct cvn_id *person, bool may, bool *ret_meant)
{
    Convene__Events__V1__Event *event;
    struct cvn_id of_group;
    int r = cvn_event_get(ctx, event_id, &event);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    if (!cvn_id_parse(&of_group, CVN_GROUP_PREFIX, event->group_id))
        return -EUCLEAN;
    *ret_meant = cvn_id_equal(&of_group, group) && is_to_come(ctx, event);
    return *ret_meant && may ? remove_from(ctx, event_id, event, person) : 0;
}

int cvn_rsvps_end_in_group(struct cvn_ctx *ctx, const struct cvn_id *group,
                           const struct cvn_id *person, size_t max, struct cvn_rsvps_ended *ret)
{
    struct cvn_rsvp_of_person *rsvps;
    size_t n;
    int r = cvn_rsvps_of_person(ctx, person, &rsvps, &n);
    *ret = (struct cvn_rsvps_ended){0};
    for (size_t i = 0; r == 0 && i < n && !ret->more; i++) {
        bool meant = false, may = ret->n < max;
        if (!is_active(rsvps[i].state))
            continue;
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, EVENT_BYTES_MAX);
        struct cvn_ctx one = *ctx;
        one.arena = &arena;
        r = end_one(&one, group, &rsvps[i].event, person, may, &meant);
        memcpy(ctx->entropy, one.entropy, sizeof ctx->entropy);
        ret->n += meant && may;
        ret->more = meant && !may;
    }
    return r;
}
