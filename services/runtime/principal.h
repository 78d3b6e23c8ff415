/* Who calls: what credentials and the connection say, before any object is looked at. */
#ifndef CVN_SERVICES_RUNTIME_PRINCIPAL_H
#define CVN_SERVICES_RUNTIME_PRINCIPAL_H

#include "base/api_key.h"
#include "base/id.h"
#include "services/runtime/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cvn_principal_kind {
    CVN_PRINCIPAL_ANONYMOUS, /* no credentials: may read what is public */
    CVN_PRINCIPAL_PERSON,    /* an API key of a person */
    CVN_PRINCIPAL_SERVICE,   /* an API key of a service account: an organiser of the groups that
                                its scope names, and nobody's RSVPs are its own */
    CVN_PRINCIPAL_ADMIN,     /* the operating system's user that runs the server, root, a peer
                                service in the same process, or a key with the scope admin */
};

enum {
    CVN_PRINCIPAL_TEXT_BYTES = 128,
    CVN_SERVICE_ACCOUNT_BYTES_MAX = 32,
};

struct cvn_principal {
    enum cvn_principal_kind kind;
    struct cvn_id person;                /* of CVN_PRINCIPAL_PERSON */
    char text[CVN_PRINCIPAL_TEXT_BYTES]; /* for the call log and replay records: "user:1000" */
    bool by_key;
    bool granted;      /* the key is limited, and the method's scope is among what it may */
    bool delegated;    /* a service acts on the person's behalf */
    bool may_act;      /* may call on behalf of people (RFC 8693): has the scope delegation */
    int64_t expire_ms; /* of the key; 0: it does not expire */
    bool of_groups;    /* the key's scope is for certain groups only: */
    size_t n_groups;
    struct cvn_id groups[CVN_SCOPE_GROUPS_MAX];
};

struct cvn_server_call;

/*
 * Who makes the call as far as the connection tells: a service when it comes from within the
 * process; an administrator when the peer's user over ipc is admin_uid or root; else nobody.
 */
void cvn_principal_of_call(struct cvn_principal *ret, const struct cvn_server_call *call,
                           uint32_t admin_uid);

/* What is known of a key that was found in order. */
struct cvn_key_facts {
    struct cvn_api_key_id id;
    bool is_person;
    struct cvn_id person;                                    /* of a person's key */
    char service_account[CVN_SERVICE_ACCOUNT_BYTES_MAX + 1]; /* of another */
    int64_t expire_ms;                                       /* 0: never */
    size_t n_grants;                                         /* 0: all that the person may */
    struct cvn_grant grants[CVN_GRANTS_MAX];
};

enum cvn_principal_outcome {
    CVN_PRINCIPAL_TAKEN = 0,
    CVN_PRINCIPAL_UNGRANTED = 1, /* the key lacks the scope; *ret is nobody then */
};

/*
 * Who calls by means of the key a method that needs the scope. Pure. CVN_PRINCIPAL_TAKEN, or
 * CVN_PRINCIPAL_UNGRANTED with an anonymous principal that has the key's text.
 */
enum cvn_principal_outcome cvn_principal_of_key(struct cvn_principal *ret,
                                                const struct cvn_key_facts *key,
                                                enum cvn_scope scope);

/* Whether a key's scope leaves the group out. */
bool cvn_principal_excludes_group(const struct cvn_principal *who, const struct cvn_id *group);

#endif
