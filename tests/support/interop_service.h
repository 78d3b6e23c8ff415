/* The implementation of TestService in interop.proto, for the tests of the RPC layer. */
#ifndef CVN_TESTS_INTEROP_SERVICE_H
#define CVN_TESTS_INTEROP_SERVICE_H

#include "interop.pb-c.h"
#include "rpc/server.h"

#include <stdatomic.h>

enum { INTEROP_RESPONSES_MAX = 1024 /* that one stream asked for and that have not left */ };

/* Metadata that is echoed, with the initial and with the trailing. */
#define INTEROP_ECHO_INITIAL "x-grpc-test-echo-initial"
#define INTEROP_ECHO_TRAILING "x-grpc-test-echo-trailing-bin"

/* The service's user pointer. */
struct interop_service {
    atomic_uint n_live; /* streams that have begun and are not done */
    atomic_uint n_begun;
};

/* One row for each of TestService's methods. */
extern const struct cvn_method interop_methods[7];

/* Adds the service to a server that has not started. Fails the test when it cannot. */
void interop_service_add(struct interop_service *service, struct cvn_server *server);

#endif
