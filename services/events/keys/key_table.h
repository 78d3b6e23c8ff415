/*
 * API keys as stored: what is known of a key under its id, beside a hash of the whole key. Keys are
 * found by their holder, too, in the order of making.
 */
#ifndef CVN_SERVICES_EVENTS_KEYS_KEY_TABLE_H
#define CVN_SERVICES_EVENTS_KEYS_KEY_TABLE_H

#include "base/api_key.h"
#include "convene/admin/v1/key.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

enum {
    CVN_KEY_HASH_BYTES = 32,
    CVN_KEYS_PER_HOLDER_MAX = 100, /* those that ended count until room is needed */
};

extern const struct cvn_table cvn_key_table;

/* A key's row, in the arena. */
struct cvn_key_row {
    uint8_t hash[CVN_KEY_HASH_BYTES];
    Convene__Admin__V1__Key *key;
};

/* Whose keys: a person's or a service account's. Embedded by value. */
struct cvn_key_holder {
    const char *service_account; /* NULL or "" for a person's */
    struct cvn_id person;
};

/*
 * The BLAKE2b hash of the whole key, keyed with the store's own secret, so that the hashes of one
 * store tell nothing about another's. CVN_STORE_ABSENT before the first key is made; a fault.
 */
int cvn_key_hash(struct cvn_txn *txn, const struct cvn_api_key *key,
                 uint8_t ret_hash[CVN_KEY_HASH_BYTES]);

/* Draws the store's secret if it has none yet. In an update. 0 or a fault. */
int cvn_key_secret_make(struct cvn_txn *txn);

/* Reads a row into the arena. 0; CVN_STORE_ABSENT; a fault. */
int cvn_key_row_get(struct cvn_txn *txn, struct cvn_arena *arena, const struct cvn_api_key_id *id,
                    struct cvn_key_row *ret);

/* Writes a row under its key's id. 0 or a fault. */
int cvn_key_row_put(struct cvn_txn *txn, struct cvn_arena *arena, const struct cvn_key_row *row);

/* Whether the key is revoked or its time is over. */
bool cvn_key_ended(const Convene__Admin__V1__Key *key, int64_t now_ms);

/*
 * Walks keys; embedded by value, zeroed before init, ended with deinit. With a holder, theirs in
 * the order of making; without, all by id. *after: go on beyond this row; empty for the beginning.
 */
struct cvn_key_walk {
    bool by_holder;
    struct cvn_index_cursor index;
    struct cvn_cursor all;
};
int cvn_key_walk_init(struct cvn_key_walk *walk, struct cvn_txn *txn,
                      const struct cvn_key_holder *holder, struct cvn_slice after);
void cvn_key_walk_deinit(struct cvn_key_walk *walk);

/*
 * The next row, in the arena, and where it was, as after of another walk. 0; CVN_STORE_ABSENT at
 * the end; a fault.
 */
int cvn_key_walk_next(struct cvn_key_walk *walk, struct cvn_arena *arena, struct cvn_key_row *ret,
                      struct cvn_key *ret_at);

/*
 * Makes room for one more key of the holder: at the limit, the oldest that ended goes. 0;
 * CVN_REFUSED when all of them are in use; a fault.
 */
int cvn_key_make_room(struct cvn_ctx *ctx, const struct cvn_key_holder *holder);

/* Deletes all keys of the holder. 0 and *ret_n how many; a fault. */
int cvn_key_delete_all(struct cvn_ctx *ctx, const struct cvn_key_holder *holder, size_t *ret_n);

#endif
