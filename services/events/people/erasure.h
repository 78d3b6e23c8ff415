/*
 * Erasing a person: the profile goes in the first step, and what else is held about them in bounded
 * steps, each an update of its own that may be the last for a while. What is left to do is a row in
 * the store, so that whoever comes by goes on.
 */
#ifndef CVN_SERVICES_EVENTS_PEOPLE_ERASURE_H
#define CVN_SERVICES_EVENTS_PEOPLE_ERASURE_H

#include "convene/events/v1/privacy.pb-c.h"
#include "services/events/service.h"
#include "services/runtime/ctx.h"

struct cvn_store;

enum {
    CVN_ERASURE_ROWS_MAX = 100,      /* rows that one step changes */
    CVN_ERASURE_TURN_MAX = 20,       /* steps of one turn */
    CVN_ERASURE_LEFT_MS = 60 * 1000, /* how long whoever asked for one is given to finish it */
};

/* The erasure that is looked at; zeroed at the start of the process. */
struct cvn_erasure_task {
    struct cvn_id person;
    int64_t since_ms;
    bool any;
};

/*
 * Begins: deletes the profile. 0; CVN_REFUSED with FAILED_PRECONDITION, reason LAST_OWNER, while
 * the person is the only owner of a group that is not archived; a fault.
 */
int cvn_erasure_begin(struct cvn_ctx *ctx, const struct cvn_id *person);

/*
 * Takes the next step, in an update. 0 and *reply how far it is; CVN_STORE_ABSENT when the person
 * is not being erased; a fault.
 */
int cvn_erasure_step(struct cvn_ctx *ctx, const struct cvn_id *person,
                     Convene__Events__V1__ErasePersonResponse *reply);

/*
 * Goes on with erasures that were left. 1 when there is more to do at once; 0 when not, and
 * *ret_next_ms is when one will count as left, unchanged for none; or a fault. To be called by one
 * thread, not the store's writer.
 */
int cvn_erasure_turn(struct cvn_erasure_task *task, struct cvn_events_service *service,
                     struct cvn_store *store, int64_t now_ms, int64_t *ret_next_ms);

#endif
