/*
 * Keys whose byte order is the order of what they were built from. A key is a sequence of fields,
 * the first of them the key space; fields of fixed width and terminated text, so that no key built
 * from the same kinds of fields begins another one.
 */
#ifndef CVN_STORAGE_KEY_H
#define CVN_STORAGE_KEY_H

#include "base/id.h"
#include "base/slice.h"

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CVN_KEY_BYTES_MAX = 511 };

/*
 * Key spaces, the first byte of each key. Services number theirs from CVN_SPACE_SERVICE_FIRST to
 * CVN_SPACE_SERVICE_LAST; those above belong to storage, and no service writes there by hand.
 */
enum {
    CVN_SPACE_SERVICE_FIRST = 0x01,
    CVN_SPACE_SERVICE_LAST = 0xef,
    CVN_SPACE_INDEX = 0xf0,          /* table.h: index id, index key, primary key */
    CVN_SPACE_REPLAY = 0xf1,         /* replay.h: principal, request id */
    CVN_SPACE_REPLAY_BY_TIME = 0xf2, /* replay.h: time of creation, principal, request id */
    CVN_SPACE_CHANGES = 0xf3,        /* change_log.h: sequence number */
    CVN_SPACE_META = 0xfe,           /* the store's own facts, as its schema version */
};

/*
 * A key being built; embedded by value. A field that does not fit is refused as a whole and sets
 * overflowed, and from then on the key stays as it is and its slice is empty, which every function
 * of the store refuses: a key is never cut.
 */
struct cvn_key {
    uint8_t bytes[CVN_KEY_BYTES_MAX];
    bool overflowed;
    size_t len;
};

/* Makes an empty key. */
static inline void cvn_key_init(struct cvn_key *key)
{
    key->len = 0;
    key->overflowed = false;
}

/* Makes a key that holds its key space and nothing else yet. */
void cvn_key_begin(struct cvn_key *key, uint8_t space);

/* Room for a field of n bytes, or NULL and the key overflows. */
static inline uint8_t *cvn_key_reserve(struct cvn_key *key, size_t n)
{
    if (key->overflowed || n > CVN_KEY_BYTES_MAX - key->len) {
        key->overflowed = true;
        return NULL;
    }
    uint8_t *at = key->bytes + key->len;
    key->len += n;
    return at;
}

/* Appends bytes as they are: the rest of a key that was built before. */
static inline void cvn_key_put_raw(struct cvn_key *key, struct cvn_slice bytes)
{
    uint8_t *at = cvn_key_reserve(key, bytes.len);
    if (at && bytes.len)
        memcpy(at, bytes.data, bytes.len);
}

/* Appends an unsigned number of 1, 2, 4 or 8 bytes; sorts ascending. */
static inline void cvn_key_put_u8(struct cvn_key *key, uint8_t value)
{
    cvn_key_put_raw(key, cvn_slice(&value, sizeof value));
}

static inline void cvn_key_put_u16(struct cvn_key *key, uint16_t value)
{
    const uint16_t big_endian = htobe16(value);
    cvn_key_put_raw(key, cvn_slice(&big_endian, sizeof big_endian));
}

static inline void cvn_key_put_u32(struct cvn_key *key, uint32_t value)
{
    const uint32_t big_endian = htobe32(value);
    cvn_key_put_raw(key, cvn_slice(&big_endian, sizeof big_endian));
}

static inline void cvn_key_put_u64(struct cvn_key *key, uint64_t value)
{
    const uint64_t big_endian = htobe64(value);
    cvn_key_put_raw(key, cvn_slice(&big_endian, sizeof big_endian));
}

/* Appends a signed number of 8 bytes; sorts ascending, negative ones first: its sign is turned. */
static inline void cvn_key_put_i64(struct cvn_key *key, int64_t value)
{
    cvn_key_put_u64(key, (uint64_t)value ^ UINT64_C(1) << 63);
}

/* Appends numbers of 8 bytes that sort descending, so that the newest comes first. */
static inline void cvn_key_put_u64_desc(struct cvn_key *key, uint64_t value)
{
    cvn_key_put_u64(key, ~value);
}

static inline void cvn_key_put_i64_desc(struct cvn_key *key, int64_t value)
{
    cvn_key_put_i64(key, ~value);
}

/* Appends the 16 bytes of an id. */
static inline void cvn_key_put_id(struct cvn_key *key, const struct cvn_id *id)
{
    cvn_key_put_raw(key, cvn_slice(id->bytes, CVN_ID_BYTES));
}

/*
 * Appends bytes of any length, terminated: 0x00 is written as 0x00 0xff, and the end as 0x00 0x00.
 * Sorts as memcmp does, a text before those that it begins. Takes len + 2 bytes and one more for
 * each 0x00 in it.
 */
void cvn_key_put_text(struct cvn_key *key, struct cvn_slice text);

/*
 * Appends the same without its end, for the lower bound of a range over all texts that begin so;
 * the key's prefix end is then the upper bound.
 */
void cvn_key_put_text_prefix(struct cvn_key *key, struct cvn_slice text);

/* The key's bytes, borrowed from it; {NULL, 0} when it has overflowed. */
static inline struct cvn_slice cvn_key_slice(const struct cvn_key *key)
{
    return key->overflowed ? cvn_slice(NULL, 0) : cvn_slice(key->bytes, key->len);
}

/*
 * Makes end the least key that is above every key which begins with prefix, so that [prefix, end)
 * is the range of all of these. Empty, which ranges read as "no bound", if prefix is all 0xff.
 */
void cvn_key_prefix_end(struct cvn_key *end, struct cvn_slice prefix);

/*
 * Reads a key back field by field, in the order in which it was built; embedded by value. A read
 * past the end, or of text that is not terminated, yields 0 and sets failed, and from then on
 * every read does. The key's bytes must outlive the reader.
 */
struct cvn_key_reader {
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

void cvn_key_reader_init(struct cvn_key_reader *reader, struct cvn_slice key);

/* The number that cvn_key_put_i64 wrote there. */
static inline int64_t cvn_key_i64_of(const uint8_t bytes[8])
{
    uint64_t big_endian;
    memcpy(&big_endian, bytes, sizeof big_endian);
    return (int64_t)(be64toh(big_endian) ^ UINT64_C(1) << 63);
}

uint8_t cvn_key_get_u8(struct cvn_key_reader *reader);
uint16_t cvn_key_get_u16(struct cvn_key_reader *reader);
uint32_t cvn_key_get_u32(struct cvn_key_reader *reader);
uint64_t cvn_key_get_u64(struct cvn_key_reader *reader);
int64_t cvn_key_get_i64(struct cvn_key_reader *reader);
uint64_t cvn_key_get_u64_desc(struct cvn_key_reader *reader);
int64_t cvn_key_get_i64_desc(struct cvn_key_reader *reader);
struct cvn_id cvn_key_get_id(struct cvn_key_reader *reader);

/*
 * Writes the text, unescaped, to buffer, and returns it as a slice of the buffer. Fails, too, when
 * it is longer than size; CVN_KEY_BYTES_MAX is always enough.
 */
struct cvn_slice cvn_key_get_text(struct cvn_key_reader *reader, char *buffer, size_t size);

/* All bytes that are left, borrowed from the key. */
struct cvn_slice cvn_key_get_rest(struct cvn_key_reader *reader);

/* Whether every read so far succeeded and nothing is left. */
bool cvn_key_reader_done(const struct cvn_key_reader *reader);

#endif
