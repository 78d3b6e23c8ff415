/* Bringing occurrences that are there in line with what their series became. */
#ifndef CVN_SERVICES_EVENTS_SERIES_SERIES_REFIT_H
#define CVN_SERVICES_EVENTS_SERIES_SERIES_REFIT_H

#include "services/events/series/series_plan.h"

/*
 * Lets the occurrences of series old, from a local time on and not yet begun, follow the plan of
 * series: one on the same day is changed and keeps its RSVPs, one changed by itself keeps what it
 * says, one without a day is cancelled where somebody has answered and else deleted, and for a day
 * without one it is made. *ret_n is how many were made, less those deleted. 0; CVN_REFUSED when
 * there are over CVN_SERIES_CHANGED_MAX or a capacity is below the seats taken; a fault.
 */
int cvn_series_refit(struct cvn_ctx *ctx, const struct cvn_id *old,
                     const Convene__Events__V1__Series *series, const struct cvn_civil *from,
                     int32_t *ret_n);

/*
 * Stores the occurrence of that start as a new event, or makes it of an event with its external_id
 * that is of no series. 0; CVN_REFUSED; a fault.
 */
int cvn_series_make(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                    const struct cvn_civil *start);

#endif
