#include "services/events/keys/key_access.h"

#include "services/events/record.h"
#include "services/runtime/key_facts.h"

#include <errno.h>
#include <sodium.h>

enum { NOTE_ARENA_BYTES = 1 << 16 };

int cvn_key_find(struct cvn_ctx *ctx, const struct cvn_api_key *key, Convene__Admin__V1__Key **ret)
{
    uint8_t hash[CVN_KEY_HASH_BYTES];
    struct cvn_key_row row = {0};
    struct cvn_api_key_id id = cvn_api_key_id(key);
    int r = cvn_key_hash(ctx->txn, key, hash);
    if (r == 0)
        r = cvn_key_row_get(ctx->txn, ctx->arena, &id, &row);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    bool same = sodium_memcmp(hash, row.hash, sizeof hash) == 0;
    if (r == CVN_STORE_ABSENT || !same)
        return cvn_authenticate_refuse_unknown(ctx);
    if (row.key->revoke_time)
        return cvn_ctx_refuse_state(ctx, CVN_UNAUTHENTICATED, "KEY_REVOKED",
                                    "The key was revoked; ask for a new one.");
    if (cvn_key_ended(row.key, ctx->now_ms))
        return cvn_ctx_refuse_state(ctx, CVN_UNAUTHENTICATED, "KEY_EXPIRED",
                                    "The key's time is over; ask for a new one.");
    *ret = row.key;
    return 0;
}

static bool is_noted(const Convene__Admin__V1__Key *key, int64_t now_ms)
{
    return cvn_record_time_ms(key->last_use_time, INT64_MIN) > now_ms - CVN_KEY_USE_NOTED_EVERY_MS;
}

/* The key may have been revoked, or be gone, since its use was seen. */
static int note_use(struct cvn_txn *txn, void *arg)
{
    const struct cvn_key_uses *uses = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, NOTE_ARENA_BYTES);
    struct cvn_key_row row;
    int r = cvn_key_row_get(txn, &arena, &uses->id, &row);
    if (r != 0 || is_noted(row.key, uses->now_ms))
        return r;
    row.key->last_use_time = cvn_record_time(&arena, uses->now_ms);
    return row.key->last_use_time ? cvn_key_row_put(txn, &arena, &row) : -ENOMEM;
}

static void end_note(void *arg, int result)
{
    struct cvn_key_uses *uses = arg;
    (void)result; /* a use that was not noted will be by the next call */
    atomic_flag_clear(&uses->busy);
}

void cvn_key_note_use(struct cvn_key_uses *uses, struct cvn_ctx *ctx,
                      const Convene__Admin__V1__Key *key)
{
    if (is_noted(key, ctx->now_ms) || atomic_flag_test_and_set(&uses->busy))
        return;
    uses->now_ms = ctx->now_ms;
    uses->update = (struct cvn_update){.run = note_use, .done = end_note, .arg = uses};
    if (!cvn_api_key_id_parse(&uses->id, key->id) || cvn_store_submit(ctx->store, &uses->update))
        atomic_flag_clear(&uses->busy);
}

int cvn_key_authenticate(void *user, struct cvn_ctx *ctx, const struct cvn_api_key *key,
                         struct cvn_key_facts *ret)
{
    struct cvn_txn *snapshot;
    Convene__Admin__V1__Key *found;
    int r = cvn_store_snapshot(ctx->store, &snapshot);
    if (r)
        return r;
    ctx->txn = snapshot;
    r = cvn_key_find(ctx, key, &found);
    if (r == 0)
        r = cvn_key_facts_read(ret, found);
    ctx->txn = NULL;
    cvn_snapshot_release(snapshot);
    if (r == 0)
        cvn_key_note_use(user, ctx, found);
    return r;
}
