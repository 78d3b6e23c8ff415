/*
 * TLS of tls+tcp:// addresses: from PEM files to what nng's streams are configured with. nng 1.5.2
 * does it with mbedTLS 2.28, so it is TLS 1.2 (RFC 5246), and names are compared with the
 * certificate's DNS names only, also where the host is an IP address (RFC 6125 has IP names for
 * that, which mbedTLS 2.28 does not look at).
 *
 * A server's certificate is always verified, against the authorities and the name. A server
 * verifies its clients' when it has authorities for that.
 */
#ifndef CVN_RPC_TLS_H
#define CVN_RPC_TLS_H

#include "base/error.h"

#include <stdbool.h>

struct nng_tls_config;

#define CVN_TLS_AUTHORITIES_DEFAULT "/etc/ssl/certs/ca-certificates.crt"

enum { CVN_TLS_FILE_BYTES_MAX = 4 << 20 };

enum cvn_tls_side { CVN_TLS_CLIENT, CVN_TLS_SERVER };

/* PEM files and a name. NULL or "" for none. */
struct cvn_tls_files {
    /*
     * The authorities that the peer's certificate must come from. A client without takes
     * CVN_TLS_AUTHORITIES_DEFAULT. A server with it admits only clients that show such a
     * certificate; without it, any.
     */
    const char *ca;
    const char *certificate; /* one's own, then those between it and its authority */
    const char *key;         /* its private key, without a password */
    const char *server_name; /* that the server's certificate must be for, if not the URL's host */
};

/* What was read from the files. Does not change, so any threads may share it. */
struct cvn_tls;

/* Whether the URL's scheme is one of TLS. */
bool cvn_tls_is_url(const char *url);

/*
 * Reads and checks the files. 0 and *ret, which is the caller's; -ENOENT, -EACCES … for a file that
 * cannot be read, -EINVAL for one that is missing, has nothing of its kind in it, has expired or
 * does not fit the other, -ENOMEM. err says which file and what would be right.
 */
int cvn_tls_new(struct cvn_tls **ret, enum cvn_tls_side side, const struct cvn_tls_files *files,
                struct cvn_error *err);
void cvn_tls_free(struct cvn_tls *tls); /* NULL is accepted */

/*
 * Makes a configuration for one connection, which the caller frees with nng_tls_config_free; for
 * one and not for many, because mbedTLS keeps in an elliptic curve's key what it worked out, and no
 * lock around it. host is the URL's, for a client. 0 or -ENOMEM.
 */
int cvn_tls_configure(const struct cvn_tls *tls, const char *host, struct nng_tls_config **ret);

#endif
