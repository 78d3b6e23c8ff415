/* Series as stored: a packed Series under its id, found by its own key and by when it needs more.
 */
#ifndef CVN_SERVICES_EVENTS_SERIES_SERIES_TABLE_H
#define CVN_SERVICES_EVENTS_SERIES_SERIES_TABLE_H

#include "convene/events/v1/series.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

#define CVN_SERIES_PREFIX "ser"

extern const struct cvn_table cvn_series_table;

/* Reads one series into the arena. 0; CVN_STORE_ABSENT; a fault. */
int cvn_series_get(struct cvn_ctx *ctx, const struct cvn_id *id,
                   Convene__Events__V1__Series **ret_series);

/* Writes a series and notes the change in the log. 0; CVN_TABLE_DUPLICATE when the group has
 * another of its key; a fault. */
int cvn_series_put(struct cvn_ctx *ctx, const struct cvn_id *id,
                   const Convene__Events__V1__Series *series);

/* The id behind a group's external id. 0; CVN_STORE_ABSENT; a fault. */
int cvn_series_by_external_id(struct cvn_ctx *ctx, const struct cvn_id *group,
                              const char *external_id, struct cvn_id *ret_series);

/*
 * The series whose occurrences are made the least far, if only to before that local time (seconds
 * since 1970), but none before the place *after says, which moves on. 0; CVN_STORE_ABSENT; a fault.
 */
struct cvn_series_place {
    int64_t made_until_s;
    struct cvn_id id;
    bool any; /* false: begin at the beginning */
};
int cvn_series_next_due(struct cvn_txn *txn, int64_t before_s, struct cvn_series_place *after);

#endif
