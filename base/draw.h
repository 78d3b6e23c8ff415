/*
 * Drawing lots so that everybody can check it afterwards. A secret seed is chosen first and its
 * hash shown; whoever takes part has a ticket, the hash of what they are known by; then the order
 * is that of the tickets' hashes keyed with the seed and with all tickets together, so that neither
 * the seed nor the set of those who take part could be chosen for an outcome afterwards. All hashes
 * are BLAKE2b-256 (RFC 7693). Pure.
 */
#ifndef CVN_BASE_DRAW_H
#define CVN_BASE_DRAW_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

enum { CVN_DRAW_BYTES = 32, CVN_DRAW_TEXT_BYTES = 2 * CVN_DRAW_BYTES + 1 };

struct cvn_draw_ticket {
    uint8_t bytes[CVN_DRAW_BYTES];
};

/* What is shown before the draw: the hash of "convene draw 1", a NUL and the seed. */
void cvn_draw_commit(uint8_t ret[CVN_DRAW_BYTES], const uint8_t seed[CVN_DRAW_BYTES]);

/* The hash of the event's id, a NUL and the person's id. */
void cvn_draw_ticket(struct cvn_draw_ticket *ret, const char *event_id, const char *person_id);

/*
 * Draws: order[i] is the index of the ticket that comes i-th. The digest is the hash of all tickets
 * in ascending order, one behind the other; ticket by ticket its hash under the key seed of digest
 * and ticket is taken, and the least comes first. Whatever order the tickets are given in, the
 * outcome is the same. 0, or -ENOMEM when the arena is spent.
 */
int cvn_draw_order(const uint8_t seed[CVN_DRAW_BYTES], const struct cvn_draw_ticket *tickets,
                   size_t n, uint32_t *ret_order, struct cvn_arena *arena);

/* Hexadecimal digits of 32 bytes, and back; false when the text is anything else. */
void cvn_draw_format(char text[CVN_DRAW_TEXT_BYTES], const uint8_t bytes[CVN_DRAW_BYTES]);
bool cvn_draw_parse(uint8_t ret[CVN_DRAW_BYTES], const char *text);

#endif
