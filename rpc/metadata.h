/*
 * Metadata: what travels beside a call's messages, as gRPC has it. Keys are lower-case ASCII; a key
 * that ends in "-bin" carries any bytes, every other one printable ASCII.
 */
#ifndef CVN_RPC_METADATA_H
#define CVN_RPC_METADATA_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CVN_METADATA_ENTRIES_MAX = 64,
    CVN_METADATA_KEY_BYTES_MAX = 128,
    CVN_METADATA_VALUE_BYTES_MAX = 8192,
    CVN_METADATA_BYTES_MAX = 16384, /* keys and values of all entries */
};

struct cvn_metadata_entry {
    const char *key;
    struct cvn_slice value; /* NUL behind it, so text can be used as a string */
};

/* In order; a key may come several times. Embedded by value, memory in the arena given at init. */
struct cvn_metadata {
    struct cvn_arena *arena;
    struct cvn_metadata_entry *entries;
    size_t n;
    size_t bytes;
};

void cvn_metadata_init(struct cvn_metadata *metadata, struct cvn_arena *arena);

/*
 * Adds a copy of the entry. 0; -EINVAL for a key that is too long, or a key or value that gRPC does
 * not allow; -E2BIG over another limit above; -ENOMEM.
 */
int cvn_metadata_add(struct cvn_metadata *metadata, const char *key, struct cvn_slice value);

/* The first value of the key as text; NULL where there is none. */
const char *cvn_metadata_get(const struct cvn_metadata *metadata, const char *key);

#endif
