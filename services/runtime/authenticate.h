/*
 * Signing in: from a call's `authorization: Bearer cvn_…` to who calls. A key that is presented
 * counts, whatever the connection would allow without it.
 */
#ifndef CVN_SERVICES_RUNTIME_AUTHENTICATE_H
#define CVN_SERVICES_RUNTIME_AUTHENTICATE_H

#include "services/runtime/ctx.h"

struct cvn_metadata;

/* Who knows the keys: the events service's own store, or mentoring's way to ask it. */
struct cvn_authenticator {
    /*
     * Finds a well-formed key. 0 and *ret; CVN_REFUSED with ctx->status set; or a fault (-errno,
     * CVN_STORE_BUSY). On a worker thread, without a transaction; may call a peer.
     */
    int (*find)(void *user, struct cvn_ctx *ctx, const struct cvn_api_key *key,
                struct cvn_key_facts *ret);
    void *user;
};

/* What the method asks of a key. */
struct cvn_method_need {
    enum cvn_scope scope;
    bool public; /* nobody in particular may call it, too */
};

/*
 * Makes ctx->who the holder of the call's key when it carries one; else leaves it. A public method
 * for which the key has no scope sees what everybody sees. 0; CVN_REFUSED with UNAUTHENTICATED and
 * reason KEY_MALFORMED or what find says, or with PERMISSION_DENIED and KEY_SCOPE; a fault. A key's
 * text is in no sentence.
 */
int cvn_authenticate(struct cvn_ctx *ctx, const struct cvn_authenticator *authenticator,
                     const struct cvn_metadata *metadata, const struct cvn_method_need *need);

/* Refuses a key that is none, or whose secret is another: one sentence for both. */
int cvn_authenticate_refuse_unknown(struct cvn_ctx *ctx);

#endif
