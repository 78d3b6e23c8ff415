#include "services/events/rsvps/move_reason.h"

#include "base/draw.h"
#include "services/events/people/person_table.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/service.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

/* A row: the person's id, the salt, and the text. */
enum { TEXT_AT = CVN_ID_BYTES + CVN_MOVE_SALT_BYTES };

const struct cvn_index cvn_move_reason_index = {"move_reason_person", CVN_INDEX_REASON_PERSON,
                                                false};

static int derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    if (value.len < TEXT_AT)
        return -EBADMSG;
    return cvn_index_emit(sink, CVN_INDEX_REASON_PERSON, cvn_slice(value.data, CVN_ID_BYTES),
                          cvn_slice(NULL, 0));
}

const struct cvn_table cvn_move_reason_table = {
    .name = "move_reasons",
    .space = CVN_SPACE_EVENTS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_EVENT_KIND_REASON,
    .indexes = &cvn_move_reason_index,
    .n_indexes = 1,
    .derive = derive,
};

static void row_key(struct cvn_key *key, const struct cvn_id *event, int64_t number)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_REASON);
    cvn_key_put_u64(key, (uint64_t)number);
}

static void hash_of(char ret[CVN_DRAW_TEXT_BYTES], const uint8_t salt[CVN_MOVE_SALT_BYTES],
                    struct cvn_slice text)
{
    uint8_t hash[CVN_DRAW_BYTES];
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, salt, CVN_MOVE_SALT_BYTES);
    (void)crypto_generichash_update(&state, text.data, text.len);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    cvn_draw_format(ret, hash);
}

/* From the process's secret, so that ids, which everybody sees, tell nothing of it. */
static void choose_salt(const struct cvn_ctx *ctx, struct cvn_slice key,
                        uint8_t ret[CVN_MOVE_SALT_BYTES])
{
    const struct cvn_events_service *service = ctx->service;
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, service->lottery_secret, sizeof service->lottery_secret,
                                  CVN_MOVE_SALT_BYTES);
    (void)crypto_generichash_update(&state, key.data, key.len);
    (void)crypto_generichash_update(&state, (const uint8_t *)&ctx->now_ms, sizeof ctx->now_ms);
    (void)crypto_generichash_update(&state, ctx->entropy, sizeof ctx->entropy);
    (void)crypto_generichash_final(&state, ret, CVN_MOVE_SALT_BYTES);
}

int cvn_move_reason_put_aside(struct cvn_ctx *ctx, const struct cvn_id *event,
                              Convene__Events__V1__RsvpMove *move)
{
    struct cvn_slice text = cvn_slice_of_string(move->reason);
    struct cvn_key key;
    struct cvn_id person;
    char hash[CVN_DRAW_TEXT_BYTES];
    if (text.len == 0)
        return 0;
    if (!cvn_id_parse(&person, CVN_PERSON_PREFIX, move->person_id))
        return -EINVAL;
    uint8_t *row = cvn_arena_alloc(ctx->arena, TEXT_AT + text.len);
    if (!row)
        return -ENOMEM;
    row_key(&key, event, move->number);
    memcpy(row, person.bytes, CVN_ID_BYTES);
    choose_salt(ctx, cvn_key_slice(&key), row + CVN_ID_BYTES);
    memcpy(row + TEXT_AT, text.data, text.len);
    hash_of(hash, row + CVN_ID_BYTES, text);
    move->reason = (char *)(uintptr_t)protobuf_c_empty_string;
    move->reason_hash = cvn_arena_strdup(ctx->arena, hash);
    if (!move->reason_hash)
        return -ENOMEM;
    return cvn_table_put(ctx->txn, &cvn_move_reason_table, cvn_key_slice(&key),
                         cvn_slice(row, TEXT_AT + text.len));
}

int cvn_move_reason_fill(struct cvn_ctx *ctx, const struct cvn_id *event,
                         Convene__Events__V1__RsvpMove *move)
{
    struct cvn_key key;
    struct cvn_slice row;
    if (!move->reason_hash[0])
        return 0;
    row_key(&key, event, move->number);
    int r = cvn_table_get(ctx->txn, &cvn_move_reason_table, cvn_key_slice(&key), &row);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    if (row.len < TEXT_AT)
        return -EUCLEAN;
    const uint8_t *bytes = row.data;
    move->reason = cvn_arena_copy(ctx->arena, bytes + TEXT_AT, row.len - TEXT_AT);
    move->reason_salt.data = cvn_arena_copy(ctx->arena, bytes + CVN_ID_BYTES, CVN_MOVE_SALT_BYTES);
    move->reason_salt.len = CVN_MOVE_SALT_BYTES;
    return move->reason && move->reason_salt.data ? 0 : -ENOMEM;
}

bool cvn_move_reason_is_right(const Convene__Events__V1__RsvpMove *move)
{
    char hash[CVN_DRAW_TEXT_BYTES];
    if (move->reason_salt.len != CVN_MOVE_SALT_BYTES)
        return false;
    hash_of(hash, move->reason_salt.data, cvn_slice_of_string(move->reason));
    return strcmp(hash, move->reason_hash) == 0;
}

int cvn_move_reason_delete(struct cvn_ctx *ctx, struct cvn_slice key)
{
    return cvn_table_delete(ctx->txn, &cvn_move_reason_table, key);
}
