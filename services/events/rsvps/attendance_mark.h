/*
 * A word for how things stood when attendance was asked for: with it a service learns in one call
 * for whom something has changed since, instead of asking about everybody again.
 */
#ifndef CVN_SERVICES_EVENTS_RSVPS_ATTENDANCE_MARK_H
#define CVN_SERVICES_EVENTS_RSVPS_ATTENDANCE_MARK_H

#include "services/runtime/ctx.h"

enum {
    /* Entries of the change log, events, and RSVPs to them, that one call looks at: so many of
     * each; where there are more since the mark, it does not tell any more. */
    CVN_ATTENDANCE_MARK_LOOKS_MAX = 20000,
    CVN_ATTENDANCE_CHANGED_MAX = 10000, /* people that are told; likewise */
};

/*
 * The mark of now, in the arena: the last entry of the change log, what is in it, so that it is not
 * taken for one of the same number in a store that was restored, and the time. 0 or a fault.
 */
int cvn_attendance_mark_make(struct cvn_ctx *ctx, char **ret);

/* Whose attendance may be another than at a mark: sorted, each once. */
struct cvn_attendance_changes {
    bool known; /* else it may be anybody's */
    struct cvn_id *people;
    size_t n;
};

/*
 * Whose attendance of the last two years may be another than at the mark, as far as the caller may
 * see it; in the arena. Not known where that cannot be told, as of a text that is no mark. What
 * lies in the future is no change: RSVPs and new events before the event is over. 0 or a fault.
 */
int cvn_attendance_changed(struct cvn_ctx *ctx, const char *mark,
                           struct cvn_attendance_changes *ret);

#endif
