/* Data directories as files: whether one is there, its size, changing places, removing. */
#ifndef CVN_SERVICES_STORE_FILES_H
#define CVN_SERVICES_STORE_FILES_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether nothing is at the path, or an empty directory. False with the sentence in err. */
bool cvn_store_files_absent(const char *path, struct cvn_error *err);

/*
 * Renames the directory to where nothing is or an empty one, at once and durably. 0 or a fault;
 * -EEXIST when something has come there meanwhile.
 */
int cvn_store_files_put_in_place(const char *from, const char *to, struct cvn_error *err);

/* Has two directories change places at once and durably. 0 or a fault. */
int cvn_store_files_exchange(const char *a, const char *b, struct cvn_error *err);

/* Makes the path's name in its directory survive the loss of power, where that can be had. */
void cvn_store_files_sync_parent(const char *path);

/* The bytes of a store's data; -1 when there are none. */
int64_t cvn_store_files_bytes(const char *store);

/* Removes a directory of stores, or a store, and what stores leave in them, and nothing else. */
void cvn_store_files_remove(const char *path);

#endif
