/*
 * Resource ids: a UUIDv7 (RFC 9562, section 5.7) written as 26 characters of Crockford base32
 * behind a type prefix, as in "evt_01jd3x…". Their order is the order of creation.
 */
#ifndef CVN_BASE_ID_H
#define CVN_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CVN_ID_BYTES = 16,
    CVN_ID_DIGITS = 26,
    CVN_ID_PREFIX_MAX = 5,
    CVN_ID_TEXT_BYTES = CVN_ID_PREFIX_MAX + 1 + CVN_ID_DIGITS + 1, /* prefix, '_', digits, NUL */
};

struct cvn_id {
    uint8_t bytes[CVN_ID_BYTES];
};

/*
 * A UUIDv7 of the time (milliseconds since 1970, UTC) and the randomness given; of random, 74 bits
 * are used. Pure. Two ids of one millisecond are ordered by their randomness.
 */
struct cvn_id cvn_id_make(int64_t time_ms, const uint8_t random[10]);

/* Writes "prefix_" and 26 lower-case digits. The prefix has at most CVN_ID_PREFIX_MAX letters. */
void cvn_id_format(char text[CVN_ID_TEXT_BYTES], const char *prefix, const struct cvn_id *id);

/*
 * Reads what format wrote; digits in either case, and O, I, L as Crockford reads them. False when
 * the prefix is another, the length is off or a digit is none; *ret is untouched then.
 */
bool cvn_id_parse(struct cvn_id *ret, const char *prefix, const char *text);

static inline bool cvn_id_equal(const struct cvn_id *a, const struct cvn_id *b)
{
    return __builtin_memcmp(a->bytes, b->bytes, CVN_ID_BYTES) == 0;
}

#endif
