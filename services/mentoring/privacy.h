/*
 * What mentoring holds of a person, given out and erased. The person's other traces, as in other
 * services, are for those to tell.
 */
#ifndef CVN_SERVICES_MENTORING_PRIVACY_H
#define CVN_SERVICES_MENTORING_PRIVACY_H

#include "convene/mentoring/v1/privacy.pb-c.h"
#include "services/runtime/ctx.h"

struct cvn_key;
struct cvn_mentoring;
struct cvn_txn;

enum {
    CVN_PERSON_ERASURE_ROWS_MAX = 500, /* of runs' results, and of runs, that one step looks at */
    CVN_PERSON_ERASURE_TURN_MAX = 100, /* steps of one turn */
};

/* In place of a name that was erased. */
#define CVN_FORGOTTEN_NAME "(forgotten)"

/* The run of ExportPerson. */
int cvn_person_export(struct cvn_ctx *ctx, const void *request, void *reply);

/* Begins or goes on with an erasure, and does one bounded step of it. 0 or a fault. */
int cvn_person_erase(struct cvn_ctx *ctx, const struct cvn_id *person,
                     Convene__Mentoring__V1__ErasePersonResponse *ret);

/*
 * For a schema step: has the erasure of a stored row begin anew, with what it has counted. 0 or a
 * fault.
 */
int cvn_person_erasure_restart(struct cvn_txn *txn, const struct cvn_key *key,
                               struct cvn_slice value);

/* Whether all it can do is to await the end of a run. 0 or a fault. */
int cvn_person_erasure_awaits(struct cvn_ctx *ctx, const struct cvn_id *person, bool *ret);

/*
 * Goes on with an erasure that somebody began. 1 where there is more to do at once; 0 where none is
 * there or a run is awaited, whose end wakes the service; a fault. Waits for the store's writer
 * where there is something to do.
 */
int cvn_person_erasure_turn(struct cvn_mentoring *mentoring, int64_t now_ms);

#endif
