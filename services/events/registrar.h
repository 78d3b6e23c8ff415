/* convene.events.v1.RegistrarService: events that come in streams. */
#ifndef CVN_SERVICES_EVENTS_REGISTRAR_H
#define CVN_SERVICES_EVENTS_REGISTRAR_H

#include "services/runtime/write_stream.h"

/*
 * Adds the service to the server, before it starts; streams->service is a struct
 * cvn_events_service. What cvn_server_add_service gives.
 */
int cvn_registrar_bind(struct cvn_write_streams *streams, struct cvn_server *server);

#endif
