#include "tests/support/transport.h"

#include "rpc/tls.h"
#include "tests/support/cmocka_all.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HANDSHAKE_MS = 15000 };

static void make_address(const char *transport, char url[TRANSPORT_URL_BYTES])
{
    static atomic_uint n_made;
    unsigned n = atomic_fetch_add(&n_made, 1);
    if (strcmp(transport, "tls+tcp") == 0)
        (void)snprintf(url, TRANSPORT_URL_BYTES, "tls+tcp://127.0.0.1:0");
    else if (strcmp(transport, "tcp") == 0)
        (void)snprintf(url, TRANSPORT_URL_BYTES, "tcp://127.0.0.1:0");
    else if (strcmp(transport, "ipc") == 0)
        (void)snprintf(url, TRANSPORT_URL_BYTES, "ipc:///tmp/convene-test-%d-%u.sock",
                       (int)getpid(), n);
    else if (strcmp(transport, "inproc") == 0)
        (void)snprintf(url, TRANSPORT_URL_BYTES, "inproc://test-%u", n);
    else
        fail_msg("%s is no transport; inproc, ipc, tcp and tls+tcp are.", transport);
}

void transport_listen(struct cvn_server *server, const char *transport,
                      char url[TRANSPORT_URL_BYTES])
{
    make_address(transport, url);
    transport_listen_again(server, url);
    if (cvn_server_port(server))
        (void)snprintf(url, TRANSPORT_URL_BYTES, "%s://127.0.0.1:%u", transport,
                       cvn_server_port(server));
}

void transport_listen_again(struct cvn_server *server, const char *url)
{
    struct cvn_error err = {""};
    const struct cvn_tls_files files = {
        .certificate = TRANSPORT_CERTS "server.pem",
        .key = TRANSPORT_CERTS "server.key",
    };
    if (cvn_tls_is_url(url) && cvn_server_set_tls(server, &files, &err) < 0)
        fail_msg("%s", err.text);
    if (cvn_server_listen(server, url, &err) < 0)
        fail_msg("%s", err.text);
}

int transport_connect(struct cvn_channel **ret, const char *urls,
                      const struct cvn_channel_options *options, struct cvn_error *err)
{
    struct cvn_channel_options with_tls = {0};
    if (options)
        with_tls = *options;
    if (!with_tls.tls.ca)
        with_tls.tls.ca = TRANSPORT_CERTS "ca.pem";
    if (cvn_tls_is_url(urls) && !with_tls.connect_timeout_ms)
        with_tls.connect_timeout_ms = HANDSHAKE_MS; /* takes long under a sanitizer */
    return cvn_channel_new(ret, urls, &with_tls, err);
}

void transport_vacant(const char *transport, char url[TRANSPORT_URL_BYTES])
{
    struct cvn_server *server;
    assert_int_equal(cvn_server_new(&server, NULL), 0);
    transport_listen(server, transport, url);
    cvn_server_free(server);
}
