#include "services/events/rsvps/rsvp_facts.h"

#include "services/events/record.h"

static enum cvn_publication publication_of(Convene__Events__V1__Publication publication)
{
    switch (publication) {
    case CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED:
        return CVN_PUBLICATION_PUBLISHED;
    case CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_UNPUBLISHED:
        return CVN_PUBLICATION_UNPUBLISHED;
    case CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_ARCHIVED:
        return CVN_PUBLICATION_ARCHIVED;
    case CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_UNSPECIFIED:
    case CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_DRAFT:
    case _CONVENE__EVENTS__V1__PUBLICATION_IS_INT_SIZE:
        break;
    }
    return CVN_PUBLICATION_DRAFT;
}

static enum cvn_event_status status_of(Convene__Events__V1__EventStatus status)
{
    switch (status) {
    case CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_RESCHEDULED:
        return CVN_EVENT_RESCHEDULED;
    case CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_MOVED_ONLINE:
        return CVN_EVENT_MOVED_ONLINE;
    case CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED:
        return CVN_EVENT_POSTPONED;
    case CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED:
        return CVN_EVENT_CANCELLED;
    case CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_UNSPECIFIED:
    case CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED:
    case _CONVENE__EVENTS__V1__EVENT_STATUS_IS_INT_SIZE:
        break;
    }
    return CVN_EVENT_SCHEDULED;
}

static enum cvn_waitlist_mode mode_of(Convene__Events__V1__WaitlistMode mode)
{
    switch (mode) {
    case CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_OFFER:
        return CVN_WAITLIST_OFFER;
    case CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_NONE:
        return CVN_WAITLIST_NONE;
    case CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_LOTTERY:
        return CVN_WAITLIST_LOTTERY;
    case CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_UNSPECIFIED:
    case CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_AUTO:
    case _CONVENE__EVENTS__V1__WAITLIST_MODE_IS_INT_SIZE:
        break;
    }
    return CVN_WAITLIST_AUTO;
}

static enum cvn_waitlist_policy policy_of(Convene__Events__V1__PartyPolicy policy)
{
    switch (policy) {
    case CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_FIRST_FIT:
        return CVN_WAITLIST_FIRST_FIT;
    case CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_BOUNDED:
        return CVN_WAITLIST_BOUNDED;
    case CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_UNSPECIFIED:
    case CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_STRICT:
    case _CONVENE__EVENTS__V1__PARTY_POLICY_IS_INT_SIZE:
        break;
    }
    return CVN_WAITLIST_STRICT;
}

Convene__Events__V1__WaitlistMode cvn_rsvp_stored_mode(enum cvn_waitlist_mode mode)
{
    switch (mode) {
    case CVN_WAITLIST_OFFER:
        return CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_OFFER;
    case CVN_WAITLIST_NONE:
        return CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_NONE;
    case CVN_WAITLIST_LOTTERY:
        return CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_LOTTERY;
    case CVN_WAITLIST_AUTO:
        break;
    }
    return CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_AUTO;
}

Convene__Events__V1__PartyPolicy cvn_rsvp_stored_policy(enum cvn_waitlist_policy policy)
{
    switch (policy) {
    case CVN_WAITLIST_FIRST_FIT:
        return CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_FIRST_FIT;
    case CVN_WAITLIST_BOUNDED:
        return CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_BOUNDED;
    case CVN_WAITLIST_STRICT:
        break;
    }
    return CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_STRICT;
}

struct cvn_rsvp_event cvn_rsvp_facts(const Convene__Events__V1__Event *event)
{
    return (struct cvn_rsvp_event){
        .publication = publication_of(event->publication),
        .status = status_of(event->status),
        .start_ms = cvn_record_time_ms(event->start_time, 0),
        .opens_ms = cvn_record_time_ms(event->rsvp_open_time, 0),
        .closes_ms = cvn_record_time_ms(event->rsvp_close_time, 0),
        .capacity = event->capacity > 0 ? (uint32_t)event->capacity : 0,
        .guests_max = event->max_guests > 0 ? (uint32_t)event->max_guests : 0,
        .approval = event->approval_required,
        .waitlist = mode_of(event->waitlist_mode),
        .drawn = event->lottery_drawn_time != NULL,
        .policy = policy_of(event->party_policy),
    };
}

uint32_t cvn_rsvp_party(const Convene__Events__V1__Rsvp *rsvp)
{
    if (!rsvp)
        return 0;
    enum cvn_rsvp_state state = (enum cvn_rsvp_state)rsvp->state;
    bool asks = state == CVN_RSVP_REQUESTED || state == CVN_RSVP_WAITLISTED;
    return asks || cvn_rsvp_holds_seats(state) ? 1 + (uint32_t)rsvp->guests : 0;
}

static int refuse_guests(struct cvn_ctx *ctx, enum cvn_rsvp_refusal refusal)
{
    cvn_problems_add(&ctx->problems, "guests", "are too many: %s", cvn_rsvp_refusal_text(refusal));
    return cvn_ctx_refuse_problems(ctx);
}

static const char *reason_of(enum cvn_rsvp_refusal refusal)
{
    switch (refusal) {
    case CVN_RSVP_REFUSED_UNPUBLISHED:
        return "EVENT_NOT_PUBLISHED";
    case CVN_RSVP_REFUSED_CANCELLED:
        return "EVENT_CANCELLED";
    case CVN_RSVP_REFUSED_POSTPONED:
        return "EVENT_POSTPONED";
    case CVN_RSVP_REFUSED_STARTED:
        return "EVENT_STARTED";
    case CVN_RSVP_REFUSED_NOT_STARTED:
        return "EVENT_NOT_STARTED";
    case CVN_RSVP_REFUSED_NOT_OPEN:
        return "NOT_OPEN_YET";
    case CVN_RSVP_REFUSED_CLOSED:
        return "RSVP_CLOSED";
    case CVN_RSVP_REFUSED_BANNED:
        return "BANNED";
    case CVN_RSVP_REFUSED_MEMBERS:
        return "MEMBERS_ONLY";
    case CVN_RSVP_REFUSED_FULL:
        return "EVENT_FULL";
    case CVN_RSVP_REFUSED_NO_SEATS:
        return "NOT_ENOUGH_SEATS";
    case CVN_RSVP_REFUSED_QUEUE:
        return "OTHERS_WAIT";
    case CVN_RSVP_REFUSED_REJECTED:
        return "REQUEST_REJECTED";
    case CVN_RSVP_REFUSED_REMOVED:
        return "REMOVED_BY_ORGANISER";
    case CVN_RSVP_REFUSED_MARKED:
        return "ATTENDANCE_RECORDED";
    case CVN_RSVP_REFUSED_NOT_LISTED:
        return "NO_SEAT";
    case CVN_RSVP_REFUSED_STATE:
    case CVN_RSVP_REFUSED_NO_PARTY:
    case CVN_RSVP_REFUSED_GUESTS:
    case CVN_RSVP_REFUSED_TOO_LARGE:
    case CVN_RSVP_OK:
        break;
    }
    return "WRONG_STATE";
}

int cvn_rsvp_refuse(struct cvn_ctx *ctx, enum cvn_rsvp_refusal refusal)
{
    if (refusal == CVN_RSVP_REFUSED_GUESTS || refusal == CVN_RSVP_REFUSED_TOO_LARGE)
        return refuse_guests(ctx, refusal);
    /* A ban is about who asks, the rest about how things stand. */
    enum cvn_code code =
        refusal == CVN_RSVP_REFUSED_BANNED ? CVN_PERMISSION_DENIED : CVN_FAILED_PRECONDITION;
    return cvn_ctx_refuse_state(ctx, code, reason_of(refusal), "%s",
                                cvn_rsvp_refusal_text(refusal));
}
