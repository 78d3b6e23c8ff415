/* Addresses of servers: the one when nobody said otherwise, and which of them others can read. */
#ifndef CVN_BASE_ADDRESS_H
#define CVN_BASE_ADDRESS_H

#include <stdbool.h>

/* "ipc://" and a path that fits the 107 bytes of sockaddr_un. */
enum { CVN_ADDRESS_BYTES = 6 + 107 + 1 };

/*
 * Writes the address that server and client take without further word. The values are those of the
 * environment's variables of these names, any of which may be NULL:
 *   convene_url      as it is, when not empty
 *   xdg_runtime_dir  ipc://DIR/convene.sock, when an absolute path
 *   home             ipc://HOME/.local/share/convene/convene.sock, when an absolute path
 * False, with url untouched, when none of the three helps or the path is too long for a socket.
 * The server makes the folder of the last form; the other two exist.
 */
bool cvn_address_default(char url[CVN_ADDRESS_BYTES], const char *convene_url,
                         const char *xdg_runtime_dir, const char *home);

/*
 * Whether one of the URLs, separated by commas, is tcp without TLS and not to this machine
 * (localhost by that name, 127.0.0.0/8, ::1), so that others could read on the way what is sent.
 */
bool cvn_address_is_readable(const char *urls);

#endif
