/* The change log of the mentoring service: what followers hear of. */
#ifndef CVN_SERVICES_MENTORING_CHANGE_H
#define CVN_SERVICES_MENTORING_CHANGE_H

#include "services/runtime/ctx.h"

/*
 * Appends to the change log, in the transaction of the change, by whom the context says: subject is
 * an id as text, kind a word like "mentorship.accepted". Never a person's words. 0 or a fault.
 */
int cvn_mentoring_note_change(struct cvn_ctx *ctx, const char *subject, const char *kind);

#endif
