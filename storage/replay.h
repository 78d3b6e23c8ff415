/*
 * Replay records: what was answered to a request, kept under its principal and request id in the
 * transaction that had the effect, so that a retry gets the first answer and has no second effect.
 */
#ifndef CVN_STORAGE_REPLAY_H
#define CVN_STORAGE_REPLAY_H

#include "storage/txn.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CVN_REPLAY_PRINCIPAL_BYTES_MAX = 128,
    CVN_REPLAY_REQUEST_ID_BYTES_MAX = 64,
    CVN_REPLAY_HASH_BYTES = 32,
    CVN_REPLAY_KEEP_MS = 24 * 60 * 60 * 1000,
};

/* Which request. The slices are borrowed; neither is empty nor over its limit above. */
struct cvn_replay_request {
    struct cvn_slice principal;
    struct cvn_slice request_id;
    uint8_t hash[CVN_REPLAY_HASH_BYTES]; /* of the method's name and the body, by the caller */
};

struct cvn_replay_record {
    int64_t created_ms;     /* since 1970, UTC */
    struct cvn_slice reply; /* borrowed from the transaction */
};

/*
 * Looks for the answer given before. 0 and *ret when this request was answered; CVN_STORE_ABSENT
 * when not, or CVN_REPLAY_KEEP_MS or more before now_ms; CVN_REPLAY_CONFLICT when the id was used
 * with another hash; -EINVAL for a name that is empty or too long; -EUCLEAN for a damaged record.
 */
int cvn_replay_get(struct cvn_txn *txn, const struct cvn_replay_request *request, int64_t now_ms,
                   struct cvn_replay_record *ret);

/* Keeps the answer, over an older one of that id. Faults as for get and cvn_txn_put. */
int cvn_replay_put(struct cvn_txn *txn, const struct cvn_replay_request *request, int64_t now_ms,
                   struct cvn_slice reply);

/*
 * Deletes at most limit of the records that are CVN_REPLAY_KEEP_MS old or older, oldest first.
 * *ret_n is how many; as long as it is limit there may be more.
 */
int cvn_replay_purge(struct cvn_txn *txn, int64_t now_ms, size_t limit, size_t *ret_n);

/*
 * Deletes at most limit of the records of those principals whose names begin with the text.
 * *ret_n is how many; as long as it is limit there may be more.
 */
int cvn_replay_forget(struct cvn_txn *txn, struct cvn_slice principal, size_t limit, size_t *ret_n);

/*
 * Whether a stored record can be read and has its place in the order of time. 0;
 * CVN_STORE_ABSENT when it lacks that place; -EUCLEAN when it is damaged; a fault.
 */
int cvn_replay_check(struct cvn_txn *txn, struct cvn_slice key, struct cvn_slice value);

#endif
