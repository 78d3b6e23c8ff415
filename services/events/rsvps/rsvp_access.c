#include "services/events/rsvps/rsvp_access.h"

#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/membership_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats.h"

#include <errno.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name

bool cvn_rsvp_case_organised(const struct cvn_rsvp_case *c)
{
    return c->caller >= ROLE(ORGANISER);
}

static int refuse_absent(struct cvn_ctx *ctx, const char *event_id)
{
    return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no event %.60s that you may see.",
                          event_id);
}

static bool is_published(const Convene__Events__V1__Event *event)
{
    return event->publication == CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED ||
           event->publication == CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_ARCHIVED;
}

/* Whether the caller, who does not organise the event, sees it all the same. */
static int is_visible(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, bool has_link, bool *ret)
{
    bool open = false;
    switch (c->event->visibility) {
    case CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_UNSPECIFIED:
    case CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_PUBLIC:
        open = true;
        break;
    case CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS:
        open = c->caller >= ROLE(MEMBER);
        break;
    case CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_LINK:
        open = has_link;
        break;
    case _CONVENE__EVENTS__V1__VISIBILITY_IS_INT_SIZE:
        return -EUCLEAN;
    }
    *ret = open && is_published(c->event);
    if (*ret || ctx->who.kind != CVN_PRINCIPAL_PERSON)
        return 0;
    struct cvn_key key;
    bool banned = false;
    cvn_rsvp_key(&key, &c->event_id, &ctx->who.person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    if (r == 0)
        r = cvn_ban_is(ctx, &c->group_id, &ctx->who.person, &banned);
    *ret = r == 0 && !banned;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_rsvp_case_find(struct cvn_ctx *ctx, const char *field, const char *event_id,
                       struct cvn_rsvp_case *ret)
{
    struct cvn_rsvp_case c = {0};
    bool visible;
    if (!cvn_ctx_read_id(ctx, field, CVN_EVENT_PREFIX, event_id, &c.event_id))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_event_get(ctx, &c.event_id, &c.event);
    if (r == CVN_STORE_ABSENT)
        return refuse_absent(ctx, event_id);
    if (r == 0 && !cvn_id_parse(&c.group_id, CVN_GROUP_PREFIX, c.event->group_id))
        r = -EUCLEAN;
    if (r == 0)
        r = cvn_group_role_of_caller(ctx, &c.group_id, &c.caller);
    if (r == 0 && !cvn_rsvp_case_organised(&c)) {
        r = is_visible(ctx, &c, true, &visible);
        if (r == 0 && !visible)
            return refuse_absent(ctx, event_id);
    }
    if (r == 0)
        *ret = c;
    return r;
}

bool cvn_rsvp_sight_shows(enum cvn_rsvp_sight sight, Convene__Events__V1__RsvpState state)
{
    return sight == CVN_RSVP_SIGHT_ALL ||
           (sight == CVN_RSVP_SIGHT_COMING &&
            state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES);
}

int cvn_rsvp_sight(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                   Convene__Events__V1__Event *event, enum cvn_rsvp_sight *ret)
{
    struct cvn_rsvp_case c = {.event_id = *event_id, .event = event};
    bool visible = false;
    if (!cvn_id_parse(&c.group_id, CVN_GROUP_PREFIX, event->group_id))
        return -EUCLEAN;
    int r = cvn_group_role_of_caller(ctx, &c.group_id, &c.caller);
    if (r == 0 && !cvn_rsvp_case_organised(&c))
        r = is_visible(ctx, &c, false, &visible);
    if (r == 0)
        *ret = cvn_rsvp_case_organised(&c) ? CVN_RSVP_SIGHT_ALL
               : visible                   ? CVN_RSVP_SIGHT_COMING
                                           : CVN_RSVP_SIGHT_NONE;
    return r;
}

int cvn_rsvp_case_person(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                         struct cvn_seating_action *action)
{
    Convene__Events__V1__GroupRole role;
    int r = cvn_person_find(ctx, &action->person, NULL);
    if (r == 0)
        r = cvn_ban_is(ctx, &c->group_id, &action->person, &action->banned);
    if (r != 0 || c->event->visibility != CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS)
        return r;
    r = cvn_group_role(ctx, &c->group_id, &action->person, &role);
    if (r == 0)
        action->outsider = role < ROLE(MEMBER);
    return r;
}

void cvn_rsvp_show_state(const struct cvn_ctx *ctx, Convene__Events__V1__Rsvp *rsvp)
{
    if (rsvp->state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_OFFERED &&
        cvn_record_time_ms(rsvp->offer_expire_time, INT64_MAX) <= ctx->now_ms) {
        rsvp->state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_EXPIRED;
        rsvp->offer_expire_time = NULL;
        rsvp->guests = 0;
    }
}

/* Whoever joined last need not be counted to. */
static int find_position(struct cvn_ctx *ctx, const struct cvn_id *event,
                         Convene__Events__V1__Rsvp *rsvp)
{
    struct cvn_seats seats;
    struct cvn_queue_place place = cvn_queue_place_of(rsvp);
    uint32_t before;
    int r = cvn_seats_get(ctx, event, &seats);
    if (r != 0)
        return r;
    if (place.rank == CVN_QUEUE_RANK(seats.next_queue_number - 1))
        before = seats.waitlist_count[place.kind] - 1;
    else
        r = cvn_queue_before(ctx, event, &place, &before);
    if (r == 0)
        rsvp->queue_position = (int32_t)before + 1;
    return r;
}

bool cvn_rsvp_case_gathers(const struct cvn_rsvp_case *c)
{
    struct cvn_rsvp_event facts = cvn_rsvp_facts(c->event);
    return facts.waitlist == CVN_WAITLIST_LOTTERY && !facts.drawn;
}

int cvn_rsvp_show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, const struct cvn_id *person,
                  Convene__Events__V1__Rsvp *reply)
{
    const struct cvn_id *event = &c->event_id;
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_rsvp_get(ctx, event, person, &rsvp);
    if (r != 0)
        return r;
    cvn_rsvp_show_state(ctx, rsvp);
    if (rsvp->state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED &&
        !cvn_rsvp_case_gathers(c))
        r = find_position(ctx, event, rsvp);
    if (r == 0)
        r = cvn_person_name(ctx, person, &rsvp->display_name);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    if (!cvn_rsvp_case_organised(c))
        rsvp->change_count = 0;
    if (!cvn_rsvp_case_organised(c))
        rsvp->move_hash = (char *)(uintptr_t)protobuf_c_empty_string;
    *reply = *rsvp;
    return 0;
}

#define WAY(name) CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_##name

int cvn_rsvp_case_way(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                      Convene__Events__V1__AttendanceMode way, struct cvn_seating_action *action)
{
    bool hybrid = c->event->attendance_mode == WAY(MIXED);
    if (way == WAY(UNSPECIFIED) || (!hybrid && way == c->event->attendance_mode))
        return 0;
    if (hybrid && (way == WAY(OFFLINE) || way == WAY(ONLINE))) {
        action->other_kind = true;
        action->kind = way == WAY(ONLINE) ? CVN_SEATS_ONLINE : CVN_SEATS_ROOM;
        return 0;
    }
    cvn_problems_add(&ctx->problems, "way", "is none that the event offers; %s",
                     hybrid ? "ATTENDANCE_MODE_OFFLINE or _ONLINE is right"
                            : "leave it out, as everybody comes the same way");
    return cvn_ctx_refuse_problems(ctx);
}

/* Nobody comes anew to an archived group's events; whether a ban counts the rules say. */
static int look_at_group(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                         struct cvn_seating_action *action)
{
    int r = 0;
    if (action->request.action == CVN_RSVP_SAY_YES || action->request.action == CVN_RSVP_INVITE ||
        action->request.action == CVN_RSVP_ADD)
        r = cvn_group_require_active_id(ctx, &c->group_id);
    return r ? r : cvn_ban_is(ctx, &c->group_id, &action->person, &action->banned);
}

int cvn_rsvp_case_act(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                      const struct cvn_seating_action *given, Convene__Events__V1__Rsvp *reply)
{
    struct cvn_seating_action action = *given;
    struct cvn_seating seating;
    int r = look_at_group(ctx, c, &action);
    if (r == 0)
        r = cvn_seating_begin(&seating, ctx, &c->event_id, c->event);
    if (r == 0)
        r = cvn_seating_act(&seating, &action);
    if (r == 0)
        r = cvn_seating_end(&seating);
    if (r == 0)
        r = cvn_rsvp_show(ctx, c, &action.person, reply);
    if (r == CVN_STORE_ABSENT) /* the action changed nothing where nothing was */
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no such RSVP.");
    return r;
}
