/* A store in a directory of its own, for one test. */
#ifndef CVN_TESTS_SCRATCH_H
#define CVN_TESTS_SCRATCH_H

#include "storage/store.h"

struct scratch {
    char path[64];
    const struct cvn_engine_type *engine; /* of every opening; LMDB when NULL */
    struct cvn_memory *memory;            /* what the engine in memory writes to */
    struct cvn_store *store;
};

/* Makes the directory and opens the store with the options given, path aside. Fails the test. */
void scratch_open(struct scratch *scratch, const struct cvn_store_options *options);
/* Closes and opens again. */
void scratch_reopen(struct scratch *scratch, const struct cvn_store_options *options);
/* Closes and removes the directory. */
void scratch_remove(struct scratch *scratch);

/* Removes what a store leaves in its directory, and the directory. */
void scratch_remove_directory(const char *path);

struct cvn_slice text(const char *s);

/* Writes or reads one key in a transaction of its own; absent reads as NULL. */
void scratch_put(struct scratch *scratch, const char *key, const char *value);
/* The value at the key, copied to a buffer of 256 bytes; NULL when there is none. */
const char *scratch_get(struct scratch *scratch, const char *key, char *buffer);

#endif
