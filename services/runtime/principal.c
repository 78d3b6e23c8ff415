#include "services/runtime/principal.h"

#include "rpc/server.h"

#include <stdio.h>
#include <string.h>

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
    ret->may_act = ret->kind == CVN_PRINCIPAL_ADMIN;
}

static const struct cvn_grant *find_grant(const struct cvn_key_facts *key, enum cvn_scope scope)
{
    for (size_t i = 0; i < key->n_grants; i++)
        if (key->grants[i].scope == scope)
            return &key->grants[i];
    return NULL;
}

/*
 * "per_…", so that a person's requests are the same whichever key they come by; with the key's name
 * behind it when the key is limited, so that what was answered to another key is not replayed.
 */
static void set_text(struct cvn_principal *who, const struct cvn_key_facts *key)
{
    char person[CVN_ID_TEXT_BYTES];
    cvn_id_format(person, "per", &key->person);
    (void)snprintf(who->text, sizeof who->text, "%s%s%s%s",
                   key->is_person ? "" : "service:", key->is_person ? person : key->service_account,
                   key->n_grants > 0 ? "/" : "",
                   key->n_grants > 0 ? key->id.text + CVN_API_KEY_PREFIX_CHARS : "");
}

enum cvn_principal_outcome cvn_principal_of_key(struct cvn_principal *ret,
                                                const struct cvn_key_facts *key,
                                                enum cvn_scope scope)
{
    struct cvn_principal who = {.by_key = true, .expire_ms = key->expire_ms};
    set_text(&who, key);
    *ret = who;
    bool unlimited = key->is_person && key->n_grants == 0;
    bool admin = !key->is_person && find_grant(key, CVN_SCOPE_ADMIN);
    const struct cvn_grant *grant = scope == CVN_SCOPE_NONE ? NULL : find_grant(key, scope);
    if (!unlimited && !admin && !grant)
        return CVN_PRINCIPAL_UNGRANTED;
    who.kind = admin            ? CVN_PRINCIPAL_ADMIN
               : key->is_person ? CVN_PRINCIPAL_PERSON
                                : CVN_PRINCIPAL_SERVICE;
    who.person = key->person;
    who.granted = !unlimited;
    who.may_act = admin || (!key->is_person && find_grant(key, CVN_SCOPE_DELEGATION));
    if (grant && !admin && grant->n_groups > 0) {
        who.of_groups = true;
        who.n_groups = grant->n_groups;
        memcpy(who.groups, grant->groups, grant->n_groups * sizeof *grant->groups);
    }
    *ret = who;
    return CVN_PRINCIPAL_TAKEN;
}

bool cvn_principal_excludes_group(const struct cvn_principal *who, const struct cvn_id *group)
{
    for (size_t i = 0; i < who->n_groups; i++)
        if (cvn_id_equal(&who->groups[i], group))
            return false;
    return who->of_groups;
}
