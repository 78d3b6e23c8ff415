#include "services/caller.h"

#include "base/api_key.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The naming part of the key of `authorization: Bearer cvn_…`. */
static bool read_key(const struct cvn_server_call *call, struct cvn_api_key_id *ret)
{
    static const char scheme[] = "Bearer ";
    const char *text = cvn_metadata_get(cvn_server_call_metadata(call), "authorization");
    if (!text || strncasecmp(text, scheme, strlen(scheme)) != 0)
        return false;
    text += strlen(scheme);
    struct cvn_api_key key;
    bool good = cvn_api_key_parse(&key, text + strspn(text, " "));
    if (good)
        *ret = cvn_api_key_id(&key);
    sodium_memzero(&key, sizeof key);
    return good;
}

bool cvn_caller_of_call(void *user, const struct cvn_server_call *call,
                        char text[CVN_LIMITS_CALLER_BYTES_MAX])
{
    const struct cvn_peer *peer = cvn_server_call_peer(call);
    struct cvn_api_key_id key;
    if (peer->transport == CVN_TRANSPORT_INPROC)
        return false;
    if (read_key(call, &key))
        (void)snprintf(text, CVN_LIMITS_CALLER_BYTES_MAX, "key:%s", key.text);
    else if (peer->has_uid)
        (void)snprintf(text, CVN_LIMITS_CALLER_BYTES_MAX, "user:%" PRIu32, peer->uid);
    else
        (void)snprintf(text, CVN_LIMITS_CALLER_BYTES_MAX, "connection:%" PRIu64, peer->connection);
    return true;
}
