/* What the files of the RSVP's rules share; nobody else includes it. */
#ifndef CVN_SERVICES_EVENTS_RULES_RSVP_PARTS_H
#define CVN_SERVICES_EVENTS_RULES_RSVP_PARTS_H

#include "services/events/rules/rsvp.h"

/* What every action is decided from; the decision starts as "nothing changes". */
struct cvn_rsvp_question {
    const struct cvn_rsvp_event *event;
    const struct cvn_rsvp_person *person;
    uint32_t party;
    int64_t now_ms;
    bool over_capacity;
};

bool cvn_rsvp_has_started(const struct cvn_rsvp_question *q);

/* Why nobody may act on the RSVPs at all; a postponed event's old start no longer counts. */
enum cvn_rsvp_refusal cvn_rsvp_check_event(const struct cvn_rsvp_question *q);

/* Why nobody may come to hold or be promised a seat. */
enum cvn_rsvp_refusal cvn_rsvp_check_open(const struct cvn_rsvp_question *q);

/* Why a party of that size is none for the event. */
enum cvn_rsvp_refusal cvn_rsvp_check_party(const struct cvn_rsvp_question *q);

/* Whether free seats are kept for those who wait; others than the asker, who may be one of them. */
bool cvn_rsvp_queue_goes_first(const struct cvn_rsvp_question *q);

/* Works out what follows from the new state and party. */
void cvn_rsvp_move(const struct cvn_rsvp_question *q, enum cvn_rsvp_state state, uint32_t party,
                   struct cvn_rsvp_decision *d);

/* A seat now if one is free and nobody goes first, else a place in the queue. */
enum cvn_rsvp_refusal cvn_rsvp_seat_or_queue(const struct cvn_rsvp_question *q,
                                             struct cvn_rsvp_decision *d);

/* The actions of organisers and of those at the door. */
enum cvn_rsvp_refusal cvn_rsvp_invite(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d);
enum cvn_rsvp_refusal cvn_rsvp_approve(const struct cvn_rsvp_question *q,
                                       struct cvn_rsvp_decision *d);
enum cvn_rsvp_refusal cvn_rsvp_reject(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d);
enum cvn_rsvp_refusal cvn_rsvp_remove(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d);
enum cvn_rsvp_refusal cvn_rsvp_add(const struct cvn_rsvp_question *q, struct cvn_rsvp_decision *d);
enum cvn_rsvp_refusal cvn_rsvp_mark(const struct cvn_rsvp_question *q, enum cvn_rsvp_state marker,
                                    struct cvn_rsvp_decision *d);
enum cvn_rsvp_refusal cvn_rsvp_walk_in(const struct cvn_rsvp_question *q,
                                       struct cvn_rsvp_decision *d);
enum cvn_rsvp_refusal cvn_rsvp_unmark(const struct cvn_rsvp_question *q,
                                      struct cvn_rsvp_decision *d);

#endif
