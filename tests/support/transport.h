/* Where the tests' servers listen, over which transport: the one place that makes addresses. */
#ifndef CVN_TESTS_TRANSPORT_H
#define CVN_TESTS_TRANSPORT_H

#include "rpc/channel.h"
#include "rpc/server.h"

enum { TRANSPORT_URL_BYTES = 128 };

/*
 * Has the server listen at a fresh address of the transport ("inproc", "ipc", "tcp" or "tls+tcp");
 * url is then what to connect to. Fails the test when it cannot.
 */
void transport_listen(struct cvn_server *server, const char *transport,
                      char url[TRANSPORT_URL_BYTES]);

/* Has the server listen at the address of one that is gone. */
void transport_listen_again(struct cvn_server *server, const char *url);

/*
 * As cvn_channel_new, but that the authority of the tests' certificates is trusted unless options
 * name another.
 */
int transport_connect(struct cvn_channel **ret, const char *urls,
                      const struct cvn_channel_options *options, struct cvn_error *err);

/* An address of the transport that nobody listens at. */
void transport_vacant(const char *transport, char url[TRANSPORT_URL_BYTES]);

#endif
