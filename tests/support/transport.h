/* Where the tests' servers listen, over which transport: the one place that makes addresses. */
#ifndef CVN_TESTS_TRANSPORT_H
#define CVN_TESTS_TRANSPORT_H

#include "rpc/server.h"

enum { TRANSPORT_URL_BYTES = 128 };

/*
 * Has the server listen at a fresh address of the transport ("inproc", "ipc" or "tcp"); url is then
 * what to connect to. Fails the test when it cannot.
 */
void transport_listen(struct cvn_server *server, const char *transport,
                      char url[TRANSPORT_URL_BYTES]);

/* Has the server listen at the address of one that is gone. */
void transport_listen_again(struct cvn_server *server, const char *url);

/* An address of the transport that nobody listens at. */
void transport_vacant(const char *transport, char url[TRANSPORT_URL_BYTES]);

#endif
