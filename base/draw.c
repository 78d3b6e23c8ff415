#include "base/draw.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char domain[] = "convene draw 1"; /* its NUL is part of what is hashed */

/* Of two pieces, one behind the other; key is NULL or 32 bytes. */
static void hash(uint8_t ret[CVN_DRAW_BYTES], const uint8_t *key, struct cvn_slice a,
                 struct cvn_slice b)
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, key, key ? CVN_DRAW_BYTES : 0, CVN_DRAW_BYTES);
    (void)crypto_generichash_update(&state, a.data, a.len);
    (void)crypto_generichash_update(&state, b.data, b.len);
    (void)crypto_generichash_final(&state, ret, CVN_DRAW_BYTES);
}

void cvn_draw_commit(uint8_t ret[CVN_DRAW_BYTES], const uint8_t seed[CVN_DRAW_BYTES])
{
    hash(ret, NULL, cvn_slice(domain, sizeof domain), cvn_slice(seed, CVN_DRAW_BYTES));
}

void cvn_draw_ticket(struct cvn_draw_ticket *ret, const char *event_id, const char *person_id)
{
    hash(ret->bytes, NULL, cvn_slice(event_id, strlen(event_id) + 1),
         cvn_slice(person_id, strlen(person_id)));
}

/* One lot: what decides, and whose it is. */
struct lot {
    uint8_t rank[CVN_DRAW_BYTES];
    uint8_t ticket[CVN_DRAW_BYTES];
    uint32_t index;
};

static int by_ticket(const void *a, const void *b)
{
    return memcmp(((const struct lot *)a)->ticket, ((const struct lot *)b)->ticket, CVN_DRAW_BYTES);
}

static int by_rank(const void *a, const void *b)
{
    int order =
        memcmp(((const struct lot *)a)->rank, ((const struct lot *)b)->rank, CVN_DRAW_BYTES);
    return order ? order : by_ticket(a, b);
}

int cvn_draw_order(const uint8_t seed[CVN_DRAW_BYTES], const struct cvn_draw_ticket *tickets,
                   size_t n, uint32_t *ret_order, struct cvn_arena *arena)
{
    uint8_t digest[CVN_DRAW_BYTES];
    crypto_generichash_state state;
    struct lot *lots = cvn_arena_alloc_array(arena, n, sizeof *lots);
    if (!lots)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        memcpy(lots[i].ticket, tickets[i].bytes, CVN_DRAW_BYTES);
        lots[i].index = (uint32_t)i;
    }
    if (n > 0)
        qsort(lots, n, sizeof *lots, by_ticket);
    (void)crypto_generichash_init(&state, NULL, 0, CVN_DRAW_BYTES);
    for (size_t i = 0; i < n; i++)
        (void)crypto_generichash_update(&state, lots[i].ticket, CVN_DRAW_BYTES);
    (void)crypto_generichash_final(&state, digest, CVN_DRAW_BYTES);
    for (size_t i = 0; i < n; i++)
        hash(lots[i].rank, seed, cvn_slice(digest, CVN_DRAW_BYTES),
             cvn_slice(lots[i].ticket, CVN_DRAW_BYTES));
    if (n > 0)
        qsort(lots, n, sizeof *lots, by_rank);
    for (size_t i = 0; i < n; i++)
        ret_order[i] = lots[i].index;
    return 0;
}

void cvn_draw_format(char text[CVN_DRAW_TEXT_BYTES], const uint8_t bytes[CVN_DRAW_BYTES])
{
    (void)sodium_bin2hex(text, CVN_DRAW_TEXT_BYTES, bytes, CVN_DRAW_BYTES);
}

bool cvn_draw_parse(uint8_t ret[CVN_DRAW_BYTES], const char *text)
{
    uint8_t bytes[CVN_DRAW_BYTES];
    size_t len;
    if (strlen(text) != CVN_DRAW_TEXT_BYTES - 1 ||
        sodium_hex2bin(bytes, sizeof bytes, text, CVN_DRAW_TEXT_BYTES - 1, NULL, &len, NULL) != 0 ||
        len != sizeof bytes)
        return false;
    memcpy(ret, bytes, sizeof bytes);
    return true;
}
