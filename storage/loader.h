/* Fills an empty store with records, many in one commit. */
#ifndef CVN_STORAGE_LOADER_H
#define CVN_STORAGE_LOADER_H

#include "storage/store.h"

enum { CVN_LOADER_BYTES = 8 << 20 }; /* of records in one commit */

/* Embedded by value. */
struct cvn_loader {
    struct cvn_store *store;
    uint8_t *bytes; /* length of key, length of value, key, value; and so on */
    size_t len;
    int fault; /* of the store, when it could not be written */
};

/* 0 or -ENOMEM. */
int cvn_loader_init(struct cvn_loader *loader, struct cvn_store *store);
/* Adds a record; it may be committed with later ones. 0 or a fault, after which it is of no use. */
int cvn_loader_add(struct cvn_loader *loader, struct cvn_slice key, struct cvn_slice value);
/* Commits what is left. */
int cvn_loader_finish(struct cvn_loader *loader);
/* A zeroed loader is accepted. */
void cvn_loader_deinit(struct cvn_loader *loader);

#endif
