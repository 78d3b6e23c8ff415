/*
 * The updates that wait for the writer. Each caller's wait in a lane of their own, and the lanes
 * take turns (round robin), so that one caller's flood delays another's single update by one batch
 * and no more. Built into the updates themselves: nothing is allocated, every step takes constant
 * time. The store's lock guards it.
 */
#ifndef CVN_STORAGE_QUEUE_H
#define CVN_STORAGE_QUEUE_H

#include "storage/store.h"

enum { CVN_QUEUE_BUCKETS = 512 };

/* Zeroed, it is empty. */
struct cvn_queue {
    struct cvn_update *turns_first, *turns_last;   /* the first update of each lane */
    struct cvn_update *buckets[CVN_QUEUE_BUCKETS]; /* the same, to be found by caller */
    uint32_t n;
};

/*
 * Adds an update at the end of its caller's lane. CVN_STORE_BUSY when max_all wait, or max_caller
 * of this caller, where 0 is nobody's number and has no such limit.
 */
int cvn_queue_push(struct cvn_queue *queue, struct cvn_update *update, uint32_t max_all,
                   uint32_t max_caller);

/* Takes the first update of the lane whose turn it is; NULL when none waits. */
struct cvn_update *cvn_queue_take(struct cvn_queue *queue);

#endif
