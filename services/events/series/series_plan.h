/* When a stored series takes place, and what one of its occurrences is like. */
#ifndef CVN_SERVICES_EVENTS_SERIES_SERIES_PLAN_H
#define CVN_SERVICES_EVENTS_SERIES_SERIES_PLAN_H

#include "base/zone.h"
#include "convene/events/v1/series.pb-c.h"
#include "services/events/rules/recurrence.h"
#include "services/runtime/ctx.h"

/* Local starts in the arena, ascending. */
struct cvn_series_plan {
    struct cvn_civil *times;
    size_t n;
    const char *made_until; /* local; "" where nothing follows */
};

/*
 * Plans the occurrences from a local time (not NULL) up to the horizon of now, at most max, which
 * is CVN_SERIES_CHANGED_MAX or less. 0; CVN_REFUSED with the rule's refusal; a fault.
 */
int cvn_series_plan(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                    const struct cvn_civil *from, size_t max, struct cvn_series_plan *ret);

/*
 * From where a series that follows another, from an occurrence on, has occurrences: from there, or
 * from its own start, if what follows moves to earlier. With a rule of its own, a start before
 * further occurrences of the other is only what the rule counts from. 0; CVN_REFUSED when that is
 * over, or with the rule's refusal; a fault.
 */
int cvn_series_follow_from(struct cvn_ctx *ctx, const Convene__Events__V1__Series *other,
                           const struct cvn_civil *from, const Convene__Events__V1__Series *series,
                           struct cvn_civil *ret);

/*
 * Has *series, whose start is set, go on from an occurrence as another did: by its rule, with a
 * COUNT for those that are left, and its single dates, which move along with that occurrence. From
 * a single date on, the start becomes the next one of the rule. 0; CVN_REFUSED when there is no
 * such occurrence, or with the rule's refusal; a fault.
 */
int cvn_series_go_on(struct cvn_ctx *ctx, const Convene__Events__V1__Series *other,
                     const struct cvn_civil *from, Convene__Events__V1__Series *series);

/* Where a new series begins to have occurrences: its start, unless that is long ago. 0 or a fault.
 */
int cvn_series_first(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                     struct cvn_civil *ret);

/* What clocks of the series show now. 0 or a fault. */
int cvn_series_now(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                   struct cvn_civil *ret);

/*
 * Fills *event with the occurrence of that local start: no id yet, complete, its series' id and its
 * own recurrence_id set. 0 or a fault.
 */
int cvn_series_occurrence(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                          const struct cvn_civil *start, Convene__Events__V1__Event *event);

#endif
