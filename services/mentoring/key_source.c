#include "services/mentoring/key_source.h"

#include "convene/admin/v1/key.pb-c.h"
#include "rpc/channel.h"
#include "rpc/clock.h"
#include "services/runtime/key_facts.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum {
    HASH_BYTES = 32,
    CALL_TIMEOUT_MS = 5000,
};

struct entry {
    uint8_t hash[HASH_BYTES];
    bool used;
    int64_t asked_ms;
    struct cvn_key_facts facts;
    UT_hash_handle hh;
};

struct cvn_key_source {
    struct cvn_channel *events;
    uint8_t secret[HASH_BYTES];
    pthread_mutex_t lock; /* covers what follows */
    struct entry *by_hash;
    unsigned next; /* to be used, or used again */
    struct entry entries[CVN_KEY_SOURCE_KEYS_MAX];
};

int cvn_key_source_new(struct cvn_key_source **ret, struct cvn_channel *events)
{
    struct cvn_key_source *source = calloc(1, sizeof *source);
    if (!source)
        return -ENOMEM;
    source->events = events;
    randombytes_buf(source->secret, sizeof source->secret);
    (void)pthread_mutex_init(&source->lock, NULL);
    *ret = source;
    return 0;
}

void cvn_key_source_free(struct cvn_key_source *source)
{
    if (!source)
        return;
    HASH_CLEAR(hh, source->by_hash);
    (void)pthread_mutex_destroy(&source->lock);
    sodium_memzero(source->secret, sizeof source->secret);
    free(source);
}

/* A clock that was set back makes an entry old, not young. */
static bool is_fresh(const struct entry *entry, int64_t now_ms)
{
    return now_ms >= entry->asked_ms && now_ms < entry->asked_ms + CVN_KEY_SOURCE_KEEP_MS &&
           (entry->facts.expire_ms == 0 || now_ms < entry->facts.expire_ms);
}

static bool recall(struct cvn_key_source *source, const uint8_t hash[HASH_BYTES], int64_t now_ms,
                   struct cvn_key_facts *ret)
{
    struct entry *entry;
    (void)pthread_mutex_lock(&source->lock);
    HASH_FIND(hh, source->by_hash, hash, HASH_BYTES, entry);
    bool found = entry && is_fresh(entry, now_ms);
    if (found)
        *ret = entry->facts;
    (void)pthread_mutex_unlock(&source->lock);
    return found;
}

static void remember(struct cvn_key_source *source, const uint8_t hash[HASH_BYTES], int64_t now_ms,
                     const struct cvn_key_facts *facts)
{
    struct entry *entry;
    (void)pthread_mutex_lock(&source->lock);
    HASH_FIND(hh, source->by_hash, hash, HASH_BYTES, entry);
    if (!entry) {
        entry = &source->entries[source->next];
        source->next = (source->next + 1) % CVN_KEY_SOURCE_KEYS_MAX;
        if (entry->used)
            HASH_DELETE(hh, source->by_hash, entry);
        memcpy(entry->hash, hash, HASH_BYTES);
        entry->used = true;
        HASH_ADD(hh, source->by_hash, hash, HASH_BYTES, entry);
    }
    entry->asked_ms = now_ms;
    entry->facts = *facts;
    (void)pthread_mutex_unlock(&source->lock);
}

/* What events says of the key is passed on; that it refuses this service, or is silent, is not. */
static int ask(const struct cvn_key_source *source, struct cvn_ctx *ctx,
               const struct cvn_api_key *key, struct cvn_key_facts *ret)
{
    Convene__Admin__V1__VerifyKeyRequest request = CONVENE__ADMIN__V1__VERIFY_KEY_REQUEST__INIT;
    request.key = (char *)(uintptr_t)key->text;
    int64_t left_ms = ctx->deadline_ms - cvn_rpc_now_ms();
    struct cvn_call_request call = {
        .service = &convene__admin__v1__key_service__descriptor,
        .method = "VerifyKey",
        .message = &request.base,
        .options = {.timeout_ms = left_ms < 1                 ? 1
                                  : left_ms < CALL_TIMEOUT_MS ? left_ms
                                                              : CALL_TIMEOUT_MS},
    };
    ProtobufCMessage *reply;
    enum cvn_code code = cvn_channel_call(source->events, &call, ctx->arena, ctx->status, &reply);
    if (code == CVN_OK)
        return cvn_key_facts_read(ret, (const Convene__Admin__V1__Key *)reply);
    const char *reason = cvn_status_reason(ctx->status, ctx->arena);
    static const char *const of_key[] = {"KEY_UNKNOWN", "KEY_REVOKED", "KEY_EXPIRED"};
    for (size_t i = 0; code == CVN_UNAUTHENTICATED && reason && i < 3; i++)
        if (strcmp(reason, of_key[i]) == 0)
            return CVN_REFUSED;
    return cvn_ctx_refuse(ctx, CVN_UNAVAILABLE,
                          "The events service, which knows the keys, does not answer; try again "
                          "when it does.");
}

int cvn_key_source_find(void *user, struct cvn_ctx *ctx, const struct cvn_api_key *key,
                        struct cvn_key_facts *ret)
{
    struct cvn_key_source *source = user;
    uint8_t hash[HASH_BYTES];
    (void)crypto_generichash(hash, sizeof hash, (const uint8_t *)key->text, CVN_API_KEY_CHARS,
                             source->secret, sizeof source->secret);
    if (recall(source, hash, ctx->now_ms, ret))
        return 0;
    int r = ask(source, ctx, key, ret);
    if (r == 0)
        remember(source, hash, ctx->now_ms, ret);
    return r;
}
