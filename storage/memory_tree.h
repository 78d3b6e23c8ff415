/*
 * An ordered map whose versions share what they have in common: a treap (Seidel and Aragon,
 * "Randomized Search Trees", 1996) with the priorities derived from the keys, so that the same keys
 * make the same tree, and with copied paths (Driscoll et al., "Making Data Structures Persistent",
 * 1989). A version that nobody writes to any more may be read by any number of threads; retaining
 * and releasing it is for any thread.
 */
#ifndef CVN_STORAGE_MEMORY_TREE_H
#define CVN_STORAGE_MEMORY_TREE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

/* A version is its root; NULL is the empty one. */
struct cvn_memory_node;

/* One more holder. */
struct cvn_memory_node *cvn_memory_retain(struct cvn_memory_node *root);
void cvn_memory_release(struct cvn_memory_node *root);

/*
 * Writes an entry whose key is not there, or is, in the version at *root. Nodes of this owner are
 * changed in place, all others copied first; an owner is a number that no earlier writer had. 0, or
 * -ENOMEM, after which the version is only good to be released.
 */
int cvn_memory_add(struct cvn_memory_node **root, uint64_t owner, const struct cvn_slice entry[2]);
int cvn_memory_replace(struct cvn_memory_node **root, uint64_t owner,
                       const struct cvn_slice entry[2]);
/* CVN_STORE_ABSENT when the key is not there; -ENOMEM as for add. */
int cvn_memory_delete(struct cvn_memory_node **root, uint64_t owner, struct cvn_slice key);

/* The entry at the key; NULL when there is none. */
const struct cvn_memory_node *cvn_memory_find(const struct cvn_memory_node *root,
                                              struct cvn_slice key);
/* The least entry above the key, or at it if so said; any key is above an empty one. */
const struct cvn_memory_node *cvn_memory_above(const struct cvn_memory_node *root,
                                               struct cvn_slice key, bool or_at);
/* The greatest entry below the key; any key is below an empty one. */
const struct cvn_memory_node *cvn_memory_below(const struct cvn_memory_node *root,
                                               struct cvn_slice key);

/* What an entry holds, borrowed from its version. */
struct cvn_slice cvn_memory_key(const struct cvn_memory_node *node);
struct cvn_slice cvn_memory_value(const struct cvn_memory_node *node);

#endif
