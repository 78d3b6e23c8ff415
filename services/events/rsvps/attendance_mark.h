/*
 * A word for how things stood when attendance was asked for: with it a service learns in one call
 * that nothing has changed since for anybody, instead of asking about everybody again.
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_ATTENDANCE_MARK_H
#define CVN_SERVICES_EVENTS_RSVPS_ATTENDANCE_MARK_H

#include "services/runtime/ctx.h"

enum {
    /* Entries of the change log, and again events, that one call looks at; where there are more
     * since the mark, it does not hold any more. */
    CVN_ATTENDANCE_MARK_LOOKS_MAX = 20000,
};

/*
 * The mark of now, in the arena: the last entry of the change log, what is in it, so that it is not
 * taken for one of the same number in a store that was restored, and the time. 0 or a fault.
 */
int cvn_attendance_mark_make(struct cvn_ctx *ctx, char **ret);

/*
 * Whether everybody's attendance of the last two years is as it was at the mark, as far as anybody
 * may see it. False also where that cannot be told, as of a text that is no mark. What lies in the
 * future is no change: comments, and RSVPs and new events before the event is over. 0 or a fault.
 */
int cvn_attendance_mark_holds(struct cvn_ctx *ctx, const char *mark, bool *ret);

#endif
