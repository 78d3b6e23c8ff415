/*
 * grpc.reflection.v1.ServerReflection: what a server offers, as data, so that a client needs no
 * .proto file of it (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md).
 */
#ifndef CVN_RPC_REFLECTION_H
#define CVN_RPC_REFLECTION_H

#include "rpc/server.h"
#include "rpc/types.h"

enum { CVN_REFLECTION_REQUEST_BYTES_MAX = 4096 }; /* INVALID_ARGUMENT beyond */

/* What reflection tells of; embedded by value, and to outlive the server. */
struct cvn_reflection {
    const struct cvn_server *server; /* whose services are listed */
    const struct cvn_types *types;   /* that hold the files of all of them */
};

/* Adds the service to the server, before it starts. What cvn_server_add_service gives. */
int cvn_reflection_bind(const struct cvn_reflection *reflection, struct cvn_server *server);

#endif
