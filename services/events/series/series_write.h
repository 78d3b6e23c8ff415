/*
 * Storing a series and making its occurrences. Each occurrence is an event of its own under its own
 * id, so that its seats and RSVPs lie beside it; the series remembers up to where they are made.
 */
#ifndef CVN_SERVICES_EVENTS_SERIES_SERIES_WRITE_H
#define CVN_SERVICES_EVENTS_SERIES_SERIES_WRITE_H

#include "convene/events/v1/series.pb-c.h"
#include "services/events/series/series_refit.h"

enum {
    CVN_SERIES_HORIZON_DAYS = 400,    /* ahead, for which occurrences are made */
    CVN_SERIES_BACK_DAYS = 31,        /* of a series that began earlier, made when it is added */
    CVN_SERIES_OCCURRENCES_MAX = 500, /* made in one write of a series as it is */
    CVN_SERIES_CHANGED_MAX = 2000,    /* looked at, or planned, in one split or change */
    CVN_SERIES_EXTERNAL_ID_MAX = 180, /* bytes; an occurrence's adds '/' and its start */
};

/*
 * Adds a checked series and its occurrences; *series becomes what was stored. 0; CVN_REFUSED (no
 * such group, no right, external id taken); a fault.
 */
int cvn_series_create(struct cvn_ctx *ctx, Convene__Events__V1__Series *series, bool publish);

/*
 * Creates or updates a checked series by group and external id. What is past stays, and so do
 * occurrences that were changed by themselves. Results as for create.
 */
int cvn_series_register(struct cvn_ctx *ctx, Convene__Events__V1__Series *series,
                        const struct cvn_series_how *how,
                        Convene__Events__V1__RegisterResult__Outcome *ret_outcome);

/*
 * Ends the series before the occurrence of that local start and lets *series, checked, follow; it
 * becomes what was stored. 0; CVN_REFUSED; a fault.
 */
int cvn_series_split(struct cvn_ctx *ctx, const char *series_id, const char *recurrence_id,
                     Convene__Events__V1__Series *series);

/*
 * Ends the series before the occurrence of a checked request, and calls off what was to follow.
 * Results as for split.
 */
int cvn_series_cancel(struct cvn_ctx *ctx, const Convene__Events__V1__CancelSeriesRequest *request,
                      Convene__Events__V1__CancelSeriesResponse *response);

/* Makes the occurrences that have come within the horizon. 0, CVN_STORE_ABSENT or a fault. */
int cvn_series_extend(struct cvn_ctx *ctx, const struct cvn_id *id);

#endif
