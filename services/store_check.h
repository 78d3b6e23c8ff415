/* convene.admin.v1.CheckService, for store_admin.c. */
#ifndef CVN_SERVICES_STORE_CHECK_H
#define CVN_SERVICES_STORE_CHECK_H

#include "services/store_admin.h"

/* Adds the service to the server. What cvn_server_add_service gives. */
int cvn_store_check_bind(struct cvn_store_admin *admin, struct cvn_server *server);

#endif
