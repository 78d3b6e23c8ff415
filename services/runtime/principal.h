/* Who calls: what credentials and the connection say, before any object is looked at. */
#ifndef CVN_SERVICES_RUNTIME_PRINCIPAL_H
#define CVN_SERVICES_RUNTIME_PRINCIPAL_H

#include "base/id.h"

enum cvn_principal_kind {
    CVN_PRINCIPAL_ANONYMOUS, /* no credentials: may read what is public */
    CVN_PRINCIPAL_PERSON,    /* an API key of a person */
    CVN_PRINCIPAL_ADMIN,     /* the operating system's user that runs the server, root, or a peer
                                service in the same process */
};

enum { CVN_PRINCIPAL_TEXT_BYTES = 48 };

struct cvn_principal {
    enum cvn_principal_kind kind;
    struct cvn_id person;                /* of CVN_PRINCIPAL_PERSON */
    char text[CVN_PRINCIPAL_TEXT_BYTES]; /* for the call log and replay records: "user:1000" */
};

struct cvn_server_call;

/*
 * Who makes the call: a service when it comes from within the process; an administrator when the
 * peer's user over ipc is admin_uid or root; else nobody.
 */
void cvn_principal_of_call(struct cvn_principal *ret, const struct cvn_server_call *call,
                           uint32_t admin_uid);

#endif
