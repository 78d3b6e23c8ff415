/* How far a long job has come: told by the thread that does it, now and then and at its end. */
#ifndef CVN_STORAGE_PROGRESS_H
#define CVN_STORAGE_PROGRESS_H

#include "storage/txn.h"

#include <stdint.h>

enum { CVN_PROGRESS_KEYS = 1024 }; /* between two tellings */

/* Whoever listens. Anything but 0 from tell ends the job with that result. */
struct cvn_progress {
    int (*tell)(void *arg, uint64_t n_done, uint64_t n_total);
    void *arg;
};

/* Of a job that goes through all keys of a snapshot; embedded by value. */
struct cvn_progress_count {
    const struct cvn_progress *progress;
    uint64_t n_done, n_total;
};

/* Begins to count; progress is borrowed, and may be NULL when nobody listens. */
struct cvn_progress_count cvn_progress_begin(const struct cvn_progress *progress,
                                             struct cvn_txn *snapshot);
/* One key more is done. 0 or what tell returned. */
int cvn_progress_step(struct cvn_progress_count *count);
/* All are done, however many they were. As step. */
int cvn_progress_end(struct cvn_progress_count *count);

#endif
