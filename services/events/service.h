/* The events service: what its methods share beside the store, and how it is put together. */
#ifndef CVN_SERVICES_EVENTS_SERVICE_H
#define CVN_SERVICES_EVENTS_SERVICE_H

#include "base/zone.h"
#include "services/events/keys/key_access.h"

struct cvn_runtime;
struct cvn_server;
struct cvn_table;

/* The service state given to cvn_methods_bind; lives as long as the server. */
struct cvn_events_service {
    struct cvn_zones *zones;    /* borrowed */
    uint8_t lottery_secret[32]; /* random, of this process: seeds of lots come from it */
    struct cvn_key_uses key_uses;
};

/* Every table of the service that has indexes, NULL at the end: for cvn_table_verify. */
extern const struct cvn_table *const cvn_events_tables[];

/* Adds people, groups, events, RSVPs, attendance and keys to the server. 0 or a fault. */
int cvn_events_bind(struct cvn_events_service *service, struct cvn_runtime *runtime,
                    struct cvn_server *server);

#endif
