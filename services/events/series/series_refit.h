/* Bringing occurrences that are there in line with what their series became. */
#ifndef CVN_SERVICES_EVENTS_SERIES_SERIES_REFIT_H
#define CVN_SERVICES_EVENTS_SERIES_SERIES_REFIT_H

#include "services/events/series/series_plan.h"

/* How a series is registered by somebody who knows more of it than a caller
 * does. May be NULL. */
struct cvn_series_how {
    bool publish; /* what is created */
    /* The version that is registered, kept with what is stored; NULL: none. */
    const Convene__Events__V1__CalendarSource *source;
    /*
     * Has its say in an occurrence that is made, or follows the series anew,
     * before it is stored: sets *ret_revised when *event, a copy of made, was
     * changed. 0 or a fault. May be NULL.
     */
    int (*revise)(void *arg, const Convene__Events__V1__Event *made,
                  Convene__Events__V1__Event *event, bool *ret_revised);
    void *arg;
};

/*
 * Lets the occurrences of series old, from a local time on and not yet begun, follow the plan of
 * series: one on the same day is changed and keeps its RSVPs, one changed by itself keeps what it
 * says, one without a day is cancelled where somebody has answered and else deleted, and for a day
 * without one it is made. *ret_n is how many were made, less those deleted. 0; CVN_REFUSED when
 * there are over CVN_SERIES_CHANGED_MAX or a capacity is below the seats taken; a fault.
 */
struct cvn_series_refit {
    const struct cvn_id *old;
    const Convene__Events__V1__Series *series;
    struct cvn_civil from;
    struct cvn_civil first; /* from where series has occurrences; not after from */
    const struct cvn_series_how *how;
};
int cvn_series_refit(struct cvn_ctx *ctx, const struct cvn_series_refit *refit, int32_t *ret_n);

/*
 * Calls off the occurrences of a series from a local time on that have not begun, for a reason; one
 * that is not published, and that nobody has answered or written about, is deleted. *ret_n is how
 * many were called off. 0; CVN_REFUSED when there are over CVN_SERIES_CHANGED_MAX; a fault.
 */
int cvn_series_call_off(struct cvn_ctx *ctx, const struct cvn_id *id, const struct cvn_civil *from,
                        const char *reason, int32_t *ret_n);

/*
 * Stores the occurrence of that start as a new event, or makes it of an event with its external_id
 * that is of no series. 0; CVN_REFUSED; a fault.
 */
int cvn_series_make(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                    const struct cvn_civil *start, const struct cvn_series_how *how);

#endif
