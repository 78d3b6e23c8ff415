/*
 * convene.events.v1.RegistrarService: events that come in a stream. Each message is one update on
 * the store's writer; the next one is taken when that is on the disk and its answer is on its way,
 * so that a stream holds no more than one message and its caller's credit.
 */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_REGISTER_STREAM_H
#define CVN_SERVICES_EVENTS_MEETUPS_REGISTER_STREAM_H

#include "services/events/service.h"

struct cvn_store;

enum {
    CVN_REGISTER_CHUNK_BYTES_MAX = 64 << 20, /* memory for one message and its answer */
};

/* Lives as long as the server. */
struct cvn_registrar_service {
    struct cvn_events_service *events;
    struct cvn_store *store;
    struct cvn_runtime *runtime;
    int64_t (*wall_clock_ms)(void);
    void (*random_bytes)(void *buffer, size_t size);
};

/* Adds the service to the server, before it starts. What cvn_server_add_service gives. */
int cvn_registrar_service_bind(struct cvn_registrar_service *service, struct cvn_server *server);

#endif
