/* What the events service does by itself as time passes. */
#ifndef CVN_SERVICES_EVENTS_SERIES_SERIES_TASK_H
#define CVN_SERVICES_EVENTS_SERIES_SERIES_TASK_H

#include "services/events/series/series_table.h"
#include "services/events/service.h"

#include <stdint.h>

struct cvn_store;

enum {
    CVN_SERIES_TASK_MAX = 100,      /* series extended in one turn */
    CVN_SERIES_REST_MS = 60 * 1000, /* between two rounds over the series that are due */
    CVN_SERIES_TASK_EVENTS = 1000,  /* events looked at in one turn after tzdata may have changed */
};

/* Where a turn goes on; zeroed at the start of the process. */
struct cvn_series_task {
    int64_t from_ms;               /* of the events whose instants were compared with tzdata */
    bool compared;                 /* all of them were */
    struct cvn_series_place place; /* of the series that are due */
    bool refused;                  /* one of them, as that of an archived group, is left as it is */
    int64_t rests_until_ms;        /* no series is looked for before */
};

/*
 * One turn: makes the occurrences that have come within the horizon, one update of the store for
 * each series, and derives the instants of coming events anew, once in the life of a process, so
 * that a new tzdata moves them. 1 when there is more to do at once; 0 when not, and *ret_next_ms is
 * when there will be, as far as it is known; or a fault. To be called by one thread, not the
 * store's writer.
 */
int cvn_series_task_turn(struct cvn_series_task *task, struct cvn_events_service *service,
                         struct cvn_store *store, int64_t now_ms, int64_t *ret_next_ms);

#endif
