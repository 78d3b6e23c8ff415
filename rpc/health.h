/*
 * grpc.health.v1.Health: whether services can be called, kept in a small table and told to those
 * who ask and to those who watch
 * (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
 */
#ifndef CVN_RPC_HEALTH_H
#define CVN_RPC_HEALTH_H

#include "rpc/server.h"

#include <stddef.h>

enum {
    CVN_HEALTH_SERVICES_MAX = 256,
    CVN_HEALTH_NAME_BYTES_MAX = 200,
    CVN_HEALTH_WATCHERS_MAX = 4096, /* RESOURCE_EXHAUSTED with RetryInfo beyond */
};

/* With the numbers of grpc.health.v1.HealthCheckResponse.ServingStatus. */
enum cvn_health_status {
    CVN_HEALTH_SERVING = 1,
    CVN_HEALTH_NOT_SERVING = 2,
    CVN_HEALTH_SERVICE_UNKNOWN = 3,
};

struct cvn_health;

/* Makes a table in which the server as a whole, "", is SERVING. 0 or -ENOMEM. *ret is the caller's.
 */
int cvn_health_new(struct cvn_health **ret);

/* After the servers it was bound to. NULL is accepted. */
void cvn_health_free(struct cvn_health *health);

/* Adds the service to the server, before it starts. What cvn_server_add_service gives. */
int cvn_health_bind(struct cvn_health *health, struct cvn_server *server);

/*
 * Sets how a service fares and tells those who watch it; the name is copied, and one that is set to
 * CVN_HEALTH_SERVICE_UNKNOWN is as if it never had been set. Nothing changes any more once the
 * drain has begun. 0; -EINVAL for a name over CVN_HEALTH_NAME_BYTES_MAX; -E2BIG when there would be
 * more than CVN_HEALTH_SERVICES_MAX; -ENOMEM. Any thread.
 */
int cvn_health_set(struct cvn_health *health, const char *service, enum cvn_health_status status);

/*
 * All services are NOT_SERVING from now on. Those who watch are told, and their calls end with
 * UNAVAILABLE, so that no server waits for them. Before cvn_server_drain. Any thread.
 */
void cvn_health_drain(struct cvn_health *health);

/* How many watch now. */
size_t cvn_health_watchers(struct cvn_health *health);

#endif
