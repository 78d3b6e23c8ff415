/*
 * convene.admin.v1.StoreService, CheckService and BackupService: the figures of a server's stores,
 * a check of them, and their backup, while the server runs.
 */
#ifndef CVN_SERVICES_STORE_ADMIN_H
#define CVN_SERVICES_STORE_ADMIN_H

#include "storage/store.h"
#include "storage/table.h"
#include "storage/verify.h"

#include <stdatomic.h>

struct cvn_runtime;
struct cvn_server;

enum { CVN_STORE_ADMIN_STORES_MAX = 4 };

/* One store of the process, by the name of its directory. */
struct cvn_admin_store {
    const char *name;
    struct cvn_store *store;
    const struct cvn_table *const *tables;
    cvn_verify_audit *audit; /* NULL for none */
};

/* Zeroed before the first is added; to outlive the server. */
struct cvn_store_admin {
    struct cvn_admin_store stores[CVN_STORE_ADMIN_STORES_MAX];
    size_t n_stores;
    const char *directory; /* where a backup lies while it is being sent */
    struct cvn_runtime *runtime;
    atomic_bool backing_up, checking; /* one of each at a time */
};

/* Adds a store that is open; all are borrowed. */
void cvn_store_admin_add(struct cvn_store_admin *admin, const struct cvn_admin_store *store);

/*
 * Adds the services to the server; the stores may be added later, but before it starts. 0 or a
 * fault.
 */
int cvn_store_admin_bind(struct cvn_store_admin *admin, struct cvn_runtime *runtime,
                         struct cvn_server *server);

#endif
