#include "services/events/rsvps/move_log.h"

#include "base/draw.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/move_reason.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

enum { MOVE_BYTES = 4096 }; /* of a step, whose texts are bounded; more is damage */

void cvn_move_genesis(uint8_t ret[CVN_CHAIN_BYTES], const struct cvn_id *event)
{
    char text[CVN_ID_TEXT_BYTES];
    cvn_id_format(text, CVN_EVENT_PREFIX, event);
    (void)crypto_generichash(ret, CVN_CHAIN_BYTES, (const uint8_t *)text, strlen(text), NULL, 0);
}

void cvn_move_hash(uint8_t ret[CVN_CHAIN_BYTES], const uint8_t before[CVN_CHAIN_BYTES],
                   struct cvn_slice packed)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, CVN_CHAIN_BYTES);
    (void)crypto_generichash_update(&state, before, CVN_CHAIN_BYTES);
    (void)crypto_generichash_update(&state, packed.data, packed.len);
    (void)crypto_generichash_final(&state, ret, CVN_CHAIN_BYTES);
}

static void move_key(struct cvn_key *key, const struct cvn_id *event, uint64_t number)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_MOVE);
    cvn_key_put_u64(key, number);
}

/* A person is the same by whichever key; all others are what the call log calls them. */
static char *principal_of(struct cvn_ctx *ctx)
{
    if (ctx->who.kind == CVN_PRINCIPAL_PERSON)
        return cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &ctx->who.person);
    return cvn_arena_strdup(ctx->arena, ctx->who.text[0] ? ctx->who.text : "admin");
}

int cvn_move_append(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_seats *seats,
                    Convene__Events__V1__RsvpMove *move)
{
    struct cvn_key key;
    struct cvn_slice packed;
    move->number = (int64_t)seats->n_moves + 1;
    move->move_time = cvn_record_time(ctx->arena, ctx->now_ms);
    if (!move->principal[0])
        move->principal = principal_of(ctx);
    if (!move->move_time || !move->principal)
        return -ENOMEM;
    int r = cvn_move_reason_put_aside(ctx, event, move);
    if (r == 0)
        r = cvn_ctx_pack(ctx, &move->base, &packed);
    if (r != 0)
        return r;
    uint8_t *row = cvn_arena_alloc(ctx->arena, CVN_CHAIN_BYTES + packed.len);
    if (!row)
        return -ENOMEM;
    if (seats->n_moves == 0)
        cvn_move_genesis(seats->chain, event);
    cvn_move_hash(row, seats->chain, packed);
    memcpy(row + CVN_CHAIN_BYTES, packed.data, packed.len);
    memcpy(seats->chain, row, CVN_CHAIN_BYTES);
    seats->n_moves++;
    move_key(&key, event, seats->n_moves);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_slice(row, CVN_CHAIN_BYTES + packed.len));
}

int cvn_move_sign(struct cvn_ctx *ctx, const struct cvn_seats *seats,
                  Convene__Events__V1__Rsvp *rsvp)
{
    char text[CVN_DRAW_TEXT_BYTES];
    cvn_draw_format(text, seats->chain);
    char *copy = cvn_arena_strdup(ctx->arena, text);
    if (!copy)
        return -ENOMEM;
    rsvp->move_hash = copy;
    return 0;
}

int cvn_move_walk(struct cvn_ctx *ctx, const struct cvn_id *event, uint64_t after,
                  struct cvn_cursor *cursor)
{
    struct cvn_key lo, hi, prefix;
    cvn_event_kind_key(&prefix, event, CVN_EVENT_KIND_MOVE);
    cvn_key_prefix_end(&hi, cvn_key_slice(&prefix));
    move_key(&lo, event, after + 1);
    return cvn_cursor_init(cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
}

int cvn_move_next(struct cvn_cursor *cursor, struct cvn_arena *arena, uint64_t *ret_number,
                  struct cvn_move *ret)
{
    struct cvn_slice key, value;
    struct cvn_key_reader reader;
    int r = cvn_cursor_next(cursor, &key, &value);
    if (r != 0)
        return r;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    (void)cvn_key_get_id(&reader);
    (void)cvn_key_get_u8(&reader);
    *ret_number = cvn_key_get_u64(&reader);
    if (!cvn_key_reader_done(&reader) || value.len < CVN_CHAIN_BYTES ||
        value.len > CVN_CHAIN_BYTES + MOVE_BYTES)
        return -EUCLEAN;
    memcpy(ret->hash, value.data, CVN_CHAIN_BYTES);
    ret->packed =
        cvn_slice((const uint8_t *)value.data + CVN_CHAIN_BYTES, value.len - CVN_CHAIN_BYTES);
    r = cvn_record_unpack(arena, &convene__events__v1__rsvp_move__descriptor, ret->packed,
                          &ret->message);
    return r == -EBADMSG ? -EUCLEAN : r;
}
