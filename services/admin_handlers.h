/* convene.admin.v1.AdminService: what a server has counted, for its administrators. */
#ifndef CVN_SERVICES_ADMIN_HANDLERS_H
#define CVN_SERVICES_ADMIN_HANDLERS_H

#include <stdint.h>

struct cvn_metrics;
struct cvn_runtime;
struct cvn_server;
struct cvn_store_admin;

/* What the handlers read; to outlive the server. */
struct cvn_admin {
    const struct cvn_metrics *metrics;
    const struct cvn_store_admin *stores; /* whose figures are among the metrics; or NULL */
    int64_t start_time_ms;                /* wall clock */
};

/* Adds the service to the server. What cvn_methods_bind gives. */
int cvn_admin_bind(struct cvn_admin *admin, struct cvn_runtime *runtime, struct cvn_server *server);

#endif
