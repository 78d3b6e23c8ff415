/* How often it is told how far something long has come. */
#ifndef CVN_SERVICES_STORE_PACE_H
#define CVN_SERVICES_STORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { CVN_STORE_PACE_MS = 100 };

/* Zeroed: not told yet. */
struct cvn_store_pace {
    int64_t next_ms; /* of CLOCK_MONOTONIC */
};

/* Whether it is time to tell again, and notes that it was told. Not at the first asking. */
bool cvn_store_pace_due(struct cvn_store_pace *pace);

#endif
