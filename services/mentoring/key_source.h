/*
 * Keys, asked of the events service, which has them, and remembered for a short time: a key that is
 * revoked works here for at most CVN_KEY_SOURCE_KEEP_MS longer. Refusals are not remembered. Keys
 * themselves are not kept, only a hash with a secret of this process.
 */
#ifndef CVN_SERVICES_MENTORING_KEY_SOURCE_H
#define CVN_SERVICES_MENTORING_KEY_SOURCE_H

#include "services/runtime/authenticate.h"

struct cvn_channel;
struct cvn_key_source;

enum {
    CVN_KEY_SOURCE_KEEP_MS = 30000,
    CVN_KEY_SOURCE_KEYS_MAX = 1024, /* remembered; the oldest goes */
};

/* The channel is borrowed and outlives the source. 0 or -ENOMEM. *ret is the caller's. */
int cvn_key_source_new(struct cvn_key_source **ret, struct cvn_channel *events);
void cvn_key_source_free(struct cvn_key_source *source);

/*
 * The find of struct cvn_authenticator; user is the source. Waits for the events service within the
 * call's deadline and refuses with UNAVAILABLE when it does not answer. Any thread but the
 * channel's own.
 */
int cvn_key_source_find(void *user, struct cvn_ctx *ctx, const struct cvn_api_key *key,
                        struct cvn_key_facts *ret);

#endif
