/*
 * RSVPs: what a person's answer to an occurrence may become, and what that does to seats and queue.
 *
 *     NONE | INVITED | NO | EXPIRED --yes--> REQUESTED (approval) | YES (fits) | WAITLISTED
 *     REQUESTED --approve, reject--> YES | WAITLISTED | REJECTED
 *     WAITLISTED --promote--> YES (waitlist AUTO) | OFFERED (waitlist OFFER, seat held)
 *     OFFERED --yes, no, expire--> YES | NO | EXPIRED
 *     any active --no, remove--> NO | REMOVED
 *     YES --after the start--> ATTENDED | NO_SHOW | EXCUSED, each correctable into the others
 *     any not marked --added by an organiser--> as yes, or YES over capacity
 *     any but REJECTED, REMOVED --walked in--> ATTENDED
 *
 * With the waitlist LOTTERY whoever says yes is WAITLISTED, and nobody is promoted before the draw;
 * after it the waitlist is AUTO, in the order drawn.
 *
 * An action that finds what it wants already so changes nothing and is no error: a click repeated
 * has one effect. Pure: clock and counts come in as facts, read in the transaction that writes the
 * decision. Physical and virtual seats of a hybrid event are counted apart: the facts are of one
 * kind, that which the person asks for, and whose queue the person would join.
 */
#ifndef CVN_SERVICES_EVENTS_RULES_RSVP_H
#define CVN_SERVICES_EVENTS_RULES_RSVP_H

#include "services/events/rules/publication.h"
#include "services/events/rules/waitlist.h"

#include <stdbool.h>
#include <stdint.h>

/* Stored: the numbers never change. */
enum cvn_rsvp_state {
    CVN_RSVP_NONE = 0,
    CVN_RSVP_INVITED = 1,
    CVN_RSVP_REQUESTED = 2,
    CVN_RSVP_YES = 3,
    CVN_RSVP_WAITLISTED = 4,
    CVN_RSVP_OFFERED = 5,
    CVN_RSVP_NO = 6,
    CVN_RSVP_EXPIRED = 7,
    CVN_RSVP_REJECTED = 8,
    CVN_RSVP_REMOVED = 9,
    CVN_RSVP_ATTENDED = 10,
    CVN_RSVP_NO_SHOW = 11,
    CVN_RSVP_EXCUSED = 12,
};
enum { CVN_RSVP_STATES = 13 };

enum cvn_rsvp_action {
    CVN_RSVP_SAY_YES, /* by the person; also takes an offer, and changes the number of guests */
    CVN_RSVP_SAY_NO,  /* by the person, up to the start */
    CVN_RSVP_INVITE,  /* by an organiser; also lifts a rejection or removal */
    CVN_RSVP_APPROVE, /* by an organiser */
    CVN_RSVP_REJECT,  /* by an organiser */
    CVN_RSVP_REMOVE,  /* by an organiser */
    CVN_RSVP_PROMOTE, /* by the queue (waitlist.h) */
    CVN_RSVP_EXPIRE,  /* by the clock, or because the event was cancelled */
    CVN_RSVP_ATTEND,  /* by an organiser or host, from when check-in opens on */
    CVN_RSVP_MISS,    /* by an organiser, after the start */
    CVN_RSVP_EXCUSE,  /* by an organiser, after the start */
    CVN_RSVP_ADD,     /* by an organiser: yes whatever window, approval and past say */
    CVN_RSVP_WALK_IN, /* by an organiser or host: somebody is here who was not expected */
    CVN_RSVP_UNMARK,  /* by an organiser or host: takes a mark of attendance back */
};
enum { CVN_RSVP_ACTIONS = 14 };

/* Check-in opens before the start by so long. */
#define CVN_RSVP_CHECK_IN_EARLY_MS ((int64_t)60 * 60 * 1000)

enum cvn_waitlist_mode {
    CVN_WAITLIST_NONE,    /* full is full */
    CVN_WAITLIST_AUTO,    /* a free seat is given */
    CVN_WAITLIST_OFFER,   /* a free seat is offered, and held until taken or expired */
    CVN_WAITLIST_LOTTERY, /* everybody waits for the draw; then AUTO */
};
enum { CVN_WAITLIST_MODES = 4 };

/* Why an action is not allowed; 0 means it is. */
enum cvn_rsvp_refusal {
    CVN_RSVP_OK = 0,
    CVN_RSVP_REFUSED_UNPUBLISHED,
    CVN_RSVP_REFUSED_CANCELLED,
    CVN_RSVP_REFUSED_POSTPONED,
    CVN_RSVP_REFUSED_STARTED,
    CVN_RSVP_REFUSED_NOT_STARTED,
    CVN_RSVP_REFUSED_NOT_OPEN,   /* the RSVP window opens later */
    CVN_RSVP_REFUSED_CLOSED,     /* the RSVP window is over */
    CVN_RSVP_REFUSED_BANNED,     /* from the group */
    CVN_RSVP_REFUSED_MEMBERS,    /* for members of the group only */
    CVN_RSVP_REFUSED_NO_PARTY,   /* a party counts the person: at least 1 */
    CVN_RSVP_REFUSED_GUESTS,     /* more guests than allowed */
    CVN_RSVP_REFUSED_TOO_LARGE,  /* the party exceeds the whole capacity */
    CVN_RSVP_REFUSED_FULL,       /* no seats, and no waitlist */
    CVN_RSVP_REFUSED_NO_SEATS,   /* not enough for the further guests, or for the one promoted */
    CVN_RSVP_REFUSED_QUEUE,      /* further guests may not pass those who wait */
    CVN_RSVP_REFUSED_REJECTED,   /* the request was turned down before */
    CVN_RSVP_REFUSED_REMOVED,    /* removed by an organiser before */
    CVN_RSVP_REFUSED_STATE,      /* the action has no meaning in this state */
    CVN_RSVP_REFUSED_MARKED,     /* attendance is already recorded */
    CVN_RSVP_REFUSED_NOT_LISTED, /* a mark for somebody without a seat, who did not walk in */
};

/* The occurrence, as read in the transaction. Instants in milliseconds since 1970 UTC. */
struct cvn_rsvp_event {
    enum cvn_publication publication;
    enum cvn_event_status status;
    int64_t start_ms;
    int64_t opens_ms;     /* RSVP window; 0: from publication on */
    int64_t closes_ms;    /* first instant at which it is over; 0: the start */
    uint32_t capacity;    /* seats; 0: unlimited */
    uint32_t seats_taken; /* party sizes of all that hold seats, this person's included */
    uint32_t n_waiting;   /* WAITLISTED parties, this person's included */
    uint32_t guests_max;  /* per person */
    bool approval;        /* an organiser approves each request; an invitation is approval */
    enum cvn_waitlist_mode waitlist;
    bool drawn; /* for LOTTERY: lots were drawn */
    enum cvn_waitlist_policy policy;
};

/* The person, and the RSVP as it is. */
struct cvn_rsvp_person {
    enum cvn_rsvp_state state;
    uint32_t party; /* seats asked for, 1 + guests; 0 where the state is NONE or INVITED */
    bool banned;
    bool outsider;  /* no member, where the event is for members only; an invitation overrules it */
    bool elsewhere; /* seats and queue of the answer so far are of the other kind, which the facts
                       do not count */
    bool walked_in; /* the seat was taken by walking in */
};

struct cvn_rsvp_request {
    enum cvn_rsvp_action action;
    uint32_t party; /* for SAY_YES, ADD and WALK_IN: 1 + guests */
    int64_t now_ms;
    bool over_capacity; /* for ADD: a seat, whether or not one is free and others wait */
};

struct cvn_rsvp_decision {
    enum cvn_rsvp_state state;
    uint32_t party;          /* to be stored with it */
    int32_t seats_delta;     /* to be added to seats_taken */
    uint32_t seats_left;     /* to be taken off the seats of the other kind */
    bool changed;            /* false: nothing to write */
    bool needs_queue_number; /* a new one; in every other case an old number lapses or stays */
    bool walked_in;          /* to be stored with it */
    bool over_capacity;      /* the party's seats are beyond the capacity, by an organiser's will */
    bool run_queue; /* seats may now suit somebody who waits: promote, in this transaction */
};

/*
 * What the action makes of the RSVP. *ret is untouched when refused. Someone new is queued behind
 * those who wait, free seats or not, unless the policy is FIRST_FIT; run_queue then lets the policy
 * decide at once. A party already over capacity (because that was lowered) is never thrown out.
 */
enum cvn_rsvp_refusal cvn_rsvp_decide(const struct cvn_rsvp_event *event,
                                      const struct cvn_rsvp_person *person,
                                      const struct cvn_rsvp_request *request,
                                      struct cvn_rsvp_decision *ret);

/* Seats nobody holds: 0 when overbooked, CVN_WAITLIST_NO_LIMIT when unlimited. */
uint32_t cvn_rsvp_free_seats(const struct cvn_rsvp_event *event);

/*
 * Whether the queue moves at all: published, neither postponed nor cancelled, not started, lots
 * drawn where it is a lottery.
 */
bool cvn_rsvp_queue_moves(const struct cvn_rsvp_event *event, int64_t now_ms);

/* Why the order of those who wait may not be changed; before the draw it means nothing. */
enum cvn_rsvp_refusal cvn_rsvp_may_reorder(const struct cvn_rsvp_event *event, int64_t now_ms);

/* Whether lots may be drawn now: a lottery, not drawn, and otherwise the queue would move. */
bool cvn_rsvp_may_draw(const struct cvn_rsvp_event *event, int64_t now_ms);

/*
 * Whether offers stand still: nobody could take one while the event is postponed or hidden, so none
 * runs out.
 */
bool cvn_rsvp_offers_frozen(const struct cvn_rsvp_event *event);

/* Whether RSVPs in the state hold seats that count against the capacity. */
bool cvn_rsvp_holds_seats(enum cvn_rsvp_state state);

/* The refusal as a sentence for people, with what would help; "" for OK. */
const char *cvn_rsvp_refusal_text(enum cvn_rsvp_refusal refusal);

/* The state as in "waitlisted", for messages and logs. */
const char *cvn_rsvp_state_name(enum cvn_rsvp_state state);

#endif
