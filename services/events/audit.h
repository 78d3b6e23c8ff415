/*
 * Checks what the events service's rows say of one another, beyond what indexes show: that the
 * counters beside each event are what its RSVPs, queue, offers, check-ins and comments come to, and
 * that the history of its RSVPs is whole (rsvps/move_verify.h). Offered as `convene admin check`.
 */
#ifndef CVN_SERVICES_EVENTS_AUDIT_H
#define CVN_SERVICES_EVENTS_AUDIT_H

#include "storage/verify.h"

/* A cvn_verify_audit of the events store. Goes through all events once, and twice through RSVPs. */
int cvn_events_audit(struct cvn_txn *txn, const struct cvn_progress *progress,
                     struct cvn_verify_report *report);

#endif
