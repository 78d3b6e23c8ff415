#include "base/address.h"

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
