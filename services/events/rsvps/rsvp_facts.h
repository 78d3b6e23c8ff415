/* What the rules (rules/rsvp.h) are told of stored messages, and what callers are told of them. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_RSVP_FACTS_H
#define CVN_SERVICES_EVENTS_RSVPS_RSVP_FACTS_H

#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "services/events/rules/rsvp.h"
#include "services/runtime/ctx.h"

enum { CVN_RSVP_OVERTAKEN_MAX = 3 }; /* PARTY_POLICY_BOUNDED, as event.proto says */

/*
 * The event as the rules know it, with the capacity of the room; its counts are 0 and the caller's
 * to fill in. Pure.
 */
struct cvn_rsvp_event cvn_rsvp_facts(const Convene__Events__V1__Event *event);

/* The contract's names for what the rules call so. Pure. */
Convene__Events__V1__WaitlistMode cvn_rsvp_stored_mode(enum cvn_waitlist_mode mode);
Convene__Events__V1__PartyPolicy cvn_rsvp_stored_policy(enum cvn_waitlist_policy policy);

/* The seats that the RSVP asks for or holds; 0 where it does neither, and for NULL. Pure. */
uint32_t cvn_rsvp_party(const Convene__Events__V1__Rsvp *rsvp);

/*
 * Refuses with the rule's sentence: INVALID_ARGUMENT naming `guests` where another number would do,
 * PERMISSION_DENIED for who is banned, else FAILED_PRECONDITION; with a reason, as "EVENT_FULL".
 * Always CVN_REFUSED.
 */
int cvn_rsvp_refuse(struct cvn_ctx *ctx, enum cvn_rsvp_refusal refusal);

#endif
