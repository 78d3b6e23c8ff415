/* Keys as credentials: finding what is presented, and noting that it was used. */
#ifndef CVN_SERVICES_EVENTS_KEYS_KEY_ACCESS_H
#define CVN_SERVICES_EVENTS_KEYS_KEY_ACCESS_H

#include "services/events/keys/key_table.h"
#include "services/runtime/authenticate.h"
#include "storage/store.h"

#include <stdatomic.h>

enum { CVN_KEY_USE_NOTED_EVERY_MS = 60 * 60 * 1000 };

/*
 * Notes uses beside the calls, one at a time; uses of other keys that fall into the time of one
 * write are noted at their next call. Zeroed at first; outlives the store's closing.
 */
struct cvn_key_uses {
    atomic_flag busy;
    struct cvn_api_key_id id;
    int64_t now_ms;
    struct cvn_update update;
};

/*
 * Finds the key in the transaction and refuses with UNAUTHENTICATED what is unknown, revoked or
 * expired, of which the latter two are told only to who has the whole key. 0 and *ret in the arena;
 * CVN_REFUSED; a fault. Takes the same time for a key that is not there and one whose secret is
 * another.
 */
int cvn_key_find(struct cvn_ctx *ctx, const struct cvn_api_key *key, Convene__Admin__V1__Key **ret);

/* Has the use noted, unless one was within CVN_KEY_USE_NOTED_EVERY_MS. Never waits. */
void cvn_key_note_use(struct cvn_key_uses *uses, struct cvn_ctx *ctx,
                      const Convene__Admin__V1__Key *key);

/* The find of struct cvn_authenticator on ctx->store; user is a struct cvn_key_uses. */
int cvn_key_authenticate(void *user, struct cvn_ctx *ctx, const struct cvn_api_key *key,
                         struct cvn_key_facts *ret);

#endif
