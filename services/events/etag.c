#include "services/events/etag.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

/*
 * SipHash-2-4 under a key that is no secret: an etag tells one version of a row from another, and
 * who could make two of the same may write the row anyway.
 */
static const uint8_t key[crypto_shorthash_KEYBYTES] = "convene: etags.";

int cvn_etag_make(struct cvn_ctx *ctx, const ProtobufCMessage *row, char **ret)
{
    struct cvn_slice packed;
    int r = cvn_ctx_pack(ctx, row, &packed);
    return r ? r : cvn_etag_of(ctx, packed, ret);
}

int cvn_etag_of(struct cvn_ctx *ctx, struct cvn_slice packed, char **ret)
{
    uint8_t hash[crypto_shorthash_BYTES];
    char text[2 * sizeof hash + 1];
    (void)crypto_shorthash(hash, packed.data, packed.len, key);
    (void)sodium_bin2hex(text, sizeof text, hash, sizeof hash);
    char *etag = cvn_arena_strdup(ctx->arena, text);
    if (!etag)
        return -ENOMEM;
    *ret = etag;
    return 0;
}

int cvn_etag_require(struct cvn_ctx *ctx, const char *given, const ProtobufCMessage *row,
                     const char *noun)
{
    char *etag = NULL;
    if (!given[0])
        return 0;
    int r = cvn_etag_make(ctx, row, &etag);
    if (r || strcmp(given, etag) == 0)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_ABORTED, "ETAG_STALE",
                                "The %s was changed meanwhile; get it again and make your change "
                                "from what it is now.",
                                noun);
}
