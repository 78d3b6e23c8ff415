/* Scopes: what an API key is limited to. Each method names the one that it needs (methods.h). */
#ifndef CVN_SERVICES_RUNTIME_SCOPE_H
#define CVN_SERVICES_RUNTIME_SCOPE_H

#include "base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names are the contract's (convene.admin.v1.Scope). */
enum cvn_scope {
    CVN_SCOPE_NONE, /* of a method: no scope is enough, the key has to be unlimited */
    CVN_SCOPE_READ,
    CVN_SCOPE_EVENTS_REGISTER,
    CVN_SCOPE_RSVPS_ANSWER,
    CVN_SCOPE_RSVPS_DECIDE,
    CVN_SCOPE_GROUPS_MANAGE,
    CVN_SCOPE_COMMENTS_WRITE,
    CVN_SCOPE_MENTORING_ENROL,
    CVN_SCOPE_MENTORING_MANAGE,
    CVN_SCOPE_PEOPLE_READ,
    CVN_SCOPE_PEOPLE_REGISTER,
    CVN_SCOPE_DELEGATION,
    CVN_SCOPE_ADMIN,
};

enum {
    CVN_SCOPE_GROUPS_MAX = 16, /* that one scope of a key names */
    CVN_GRANTS_MAX = 8,        /* scopes of one key */
};

/* What is true of a scope. */
struct cvn_scope_row {
    enum cvn_scope scope;
    const char *name;
    bool of_groups;  /* may be given for certain groups only */
    bool of_person;  /* a person's key may have it */
    bool of_service; /* a service account's key may have it */
};

/* The row of a name, or NULL. */
const struct cvn_scope_row *cvn_scope_find(const char *name);

/* The scope's name; "" for none. */
const char *cvn_scope_name(enum cvn_scope scope);

/* All names, as "read, events.register, …", for sentences. */
extern const char cvn_scope_names[];

/* One scope of a key. */
struct cvn_grant {
    enum cvn_scope scope;
    size_t n_groups; /* 0: all that its holder has */
    struct cvn_id groups[CVN_SCOPE_GROUPS_MAX];
};

#endif
