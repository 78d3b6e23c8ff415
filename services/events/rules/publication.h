/*
 * Who may see an event (publication) and whether it takes place (status, schema.org's EventStatus),
 * and what may follow what. Pure: the clock's reading and the counts come in as facts.
 */
#ifndef CVN_SERVICES_EVENTS_RULES_PUBLICATION_H
#define CVN_SERVICES_EVENTS_RULES_PUBLICATION_H

#include <stdbool.h>
#include <stdint.h>

enum cvn_publication {
    CVN_PUBLICATION_DRAFT,
    CVN_PUBLICATION_PUBLISHED,
    CVN_PUBLICATION_UNPUBLISHED,
    CVN_PUBLICATION_ARCHIVED,
};

enum cvn_publication_action {
    CVN_PUBLICATION_PUBLISH,
    CVN_PUBLICATION_UNPUBLISH,
    CVN_PUBLICATION_ARCHIVE,
};

enum cvn_event_status {
    CVN_EVENT_SCHEDULED,
    CVN_EVENT_RESCHEDULED,
    CVN_EVENT_MOVED_ONLINE,
    CVN_EVENT_POSTPONED, /* RSVPs closed, queue frozen */
    CVN_EVENT_CANCELLED, /* RSVPs stay, offers void */
};

enum cvn_event_action {
    CVN_EVENT_RESCHEDULE,
    CVN_EVENT_MOVE_ONLINE,
    CVN_EVENT_POSTPONE,
    CVN_EVENT_CANCEL,
    CVN_EVENT_RESTORE, /* take a postponement or cancellation back */
};

/* Why an action is not allowed; 0 means it is. */
enum cvn_publication_refusal {
    CVN_PUBLICATION_OK = 0,
    CVN_PUBLICATION_REFUSED_ARCHIVED,       /* nothing follows ARCHIVED */
    CVN_PUBLICATION_REFUSED_DRAFT,          /* a draft is deleted, not unpublished or cancelled */
    CVN_PUBLICATION_REFUSED_PUBLISHED,      /* unpublish before archiving */
    CVN_PUBLICATION_REFUSED_ANSWERED,       /* somebody has answered: cancel instead of deleting */
    CVN_PUBLICATION_REFUSED_STARTED,        /* too late: the event has started */
    CVN_PUBLICATION_REFUSED_ENDED,          /* too late: the event is over */
    CVN_PUBLICATION_REFUSED_NEW_START_PAST, /* the new start is not in the future */
    CVN_PUBLICATION_REFUSED_CANCELLED,      /* restore the event first */
    CVN_PUBLICATION_REFUSED_NOT_SUSPENDED,  /* neither postponed nor cancelled */
};

/* The event as it is, instants in milliseconds since 1970 UTC. */
struct cvn_event_facts {
    enum cvn_publication publication;
    enum cvn_event_status status;
    enum cvn_event_status status_before; /* what RESTORE returns to; never POSTPONED, CANCELLED */
    int64_t now_ms;
    int64_t start_ms;
    int64_t end_ms;
};

struct cvn_publication_decision {
    enum cvn_publication publication;
    bool changed;        /* false: it was so already */
    bool sequence_rises; /* a calendar must show it: SEQUENCE + 1 (RFC 5545, section 3.8.7.4) */
};

struct cvn_event_decision {
    enum cvn_event_status status;
    enum cvn_event_status status_before; /* to be stored */
    bool changed;
    bool sequence_rises;
    bool keep_previous_start; /* the start left behind becomes previousStartDate */
    bool offers_void;         /* every OFFERED RSVP is to be expired */
    bool run_queue;           /* the queue moves again: promote while seats are free */
};

/* May the event become visible, hidden or archived? *ret is untouched when refused. */
enum cvn_publication_refusal cvn_publication_decide(enum cvn_publication publication,
                                                    enum cvn_publication_action action,
                                                    struct cvn_publication_decision *ret);

/* May the event be deleted, given how many people have ever answered? */
enum cvn_publication_refusal cvn_publication_may_delete(uint64_t n_answers);

/*
 * May the status change so? new_start_ms counts for RESCHEDULE only. *ret is untouched when
 * refused. The time of a draft may be changed at will: that is no rescheduling, and no SEQUENCE
 * rises.
 */
enum cvn_publication_refusal cvn_event_decide(const struct cvn_event_facts *facts,
                                              enum cvn_event_action action, int64_t new_start_ms,
                                              struct cvn_event_decision *ret);

/* The refusal as a sentence for people, with what would help; "" for OK. */
const char *cvn_publication_refusal_text(enum cvn_publication_refusal refusal);

#endif
