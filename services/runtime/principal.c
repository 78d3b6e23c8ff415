#include "services/runtime/principal.h"

#include "rpc/server.h"

#include <stdio.h>

void cvn_principal_of_call(struct cvn_principal *ret, const struct cvn_server_call *call,
                           uint32_t admin_uid)
{
    const struct cvn_peer *peer = cvn_server_call_peer(call);
    *ret = (struct cvn_principal){.kind = CVN_PRINCIPAL_ANONYMOUS};
    if (peer->transport == CVN_TRANSPORT_INPROC) {
        ret->kind = CVN_PRINCIPAL_ADMIN;
        (void)snprintf(ret->text, sizeof ret->text, "service");
    } else if (peer->has_uid) {
        if (peer->uid == admin_uid || peer->uid == 0)
            ret->kind = CVN_PRINCIPAL_ADMIN;
        (void)snprintf(ret->text, sizeof ret->text, "user:%u", peer->uid);
    } else {
        (void)snprintf(ret->text, sizeof ret->text, "anonymous");
    }
}
