#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool take(char url[CVN_ADDRESS_BYTES], const char *scheme, const char *start,
                 const char *rest)
{
    size_t len = strlen(scheme) + strlen(start) + strlen(rest);
    if (len >= CVN_ADDRESS_BYTES) {
        return false;
    }
    (void)snprintf(url, CVN_ADDRESS_BYTES, "%s%s%s", scheme, start, rest);
    return true;
}

bool cvn_address_default(char url[CVN_ADDRESS_BYTES], const char *convene_url,
                         const char *xdg_runtime_dir, const char *home)
{
    if (convene_url && *convene_url) {
        return take(url, "", convene_url, "");
    }
    if (xdg_runtime_dir && *xdg_runtime_dir == '/') {
        return take(url, "ipc://", xdg_runtime_dir, "/convene.sock");
    }
    if (home && *home == '/') {
        return take(url, "ipc://", home, "/.local/share/convene/convene.sock");
    }
    return false;
}

/* Whether a URL's host, as long as given, is this machine. */
static bool is_this_machine(const char *host, size_t len)
{
    static const char name[] = "localhost";
    char text[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;
    if (len == strlen(name) && strncasecmp(host, name, len) == 0) {
        return true;
    }
    if (len >= sizeof text) {
        return false;
    }
    memcpy(text, host, len);
    text[len] = '\0';
    if (inet_pton(AF_INET, text, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_readable(const char *url, size_t len)
{
    static const char *const schemes[] = {"tcp://", "tcp4://", "tcp6://"};
    size_t scheme = 0;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (len > strlen(schemes[i]) && strncasecmp(url, schemes[i], strlen(schemes[i])) == 0) {
            scheme = strlen(schemes[i]);
        }
    }
    if (scheme == 0) {
        return false;
    }
    const char *host = url + scheme;
    size_t host_len = len - scheme;
    const char *slash = memchr(host, '/', host_len);
    host_len = slash ? (size_t)(slash - host) : host_len;
    const char *close = *host == '[' ? memchr(host, ']', host_len) : NULL;
    if (close) {
        return !is_this_machine(host + 1, (size_t)(close - host) - 1);
    }
    const char *port = memrchr(host, ':', host_len);
    return !is_this_machine(host, port ? (size_t)(port - host) : host_len);
}

bool cvn_address_is_readable(const char *urls)
{
    for (const char *at = urls;; at++) {
        at += strspn(at, " ");
        size_t len = strcspn(at, ",");
        if (is_readable(at, len)) {
            return true;
        }
        at += len;
        if (!*at) {
            return false;
        }
    }
}
