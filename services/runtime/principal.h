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

#endif
