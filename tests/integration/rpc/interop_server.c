/*
 * TestService for clients of other languages: interop_server ipc|tcp|tls+tcp. Prints "READY URL"
 * when it listens, serves until its standard input ends, and fails when a call was left over then.
 */
#include "tests/support/interop_service.h"
#include "tests/support/transport.h"

#include <stdio.h>

enum { DRAIN_TIMEOUT_MS = 60000 };

int main(int argc, char **argv)
{
    static struct interop_service service;
    struct cvn_server *server;
    char url[TRANSPORT_URL_BYTES];
    if (argc != 2) {
        (void)fprintf(stderr, "usage: interop_server ipc|tcp|tls+tcp\n");
        return 2;
    }
    if (cvn_server_new(&server, &(struct cvn_server_options){.n_workers = 2}) != 0)
        return 1;
    interop_service_add(&service, server);
    transport_listen(server, argv[1], url);
    if (cvn_server_start(server) != 0)
        return 1;
    (void)printf("READY %s\n", url);
    (void)fflush(stdout);
    while (getchar() != EOF)
        ;
    unsigned n_cancelled = cvn_server_drain(server, DRAIN_TIMEOUT_MS);
    unsigned n_live = atomic_load(&service.n_live);
    cvn_server_free(server);
    if (n_cancelled || n_live)
        (void)fprintf(stderr, "%u calls and %u streams were left over\n", n_cancelled, n_live);
    return n_cancelled || n_live ? 1 : 0;
}
