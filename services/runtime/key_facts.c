#include "services/runtime/key_facts.h"

#include <errno.h>
#include <string.h>

static int read_grant(struct cvn_grant *ret, const Convene__Admin__V1__Scope *scope)
{
    const struct cvn_scope_row *row = cvn_scope_find(scope->name);
    if (!row || scope->n_group_ids > CVN_SCOPE_GROUPS_MAX)
        return -EBADMSG;
    ret->scope = row->scope;
    for (size_t i = 0; i < scope->n_group_ids; i++)
        if (!cvn_id_parse(&ret->groups[i], "grp", scope->group_ids[i]))
            return -EBADMSG;
    ret->n_groups = scope->n_group_ids;
    return 0;
}

int cvn_key_facts_read(struct cvn_key_facts *ret, const Convene__Admin__V1__Key *key)
{
    struct cvn_key_facts facts = {.is_person = !key->service_account[0]};
    size_t len = strlen(key->service_account);
    if (len > CVN_SERVICE_ACCOUNT_BYTES_MAX || key->n_scopes > CVN_GRANTS_MAX ||
        !cvn_api_key_id_parse(&facts.id, key->id) ||
        (facts.is_person && !cvn_id_parse(&facts.person, "per", key->person_id)))
        return -EBADMSG;
    memcpy(facts.service_account, key->service_account, len + 1);
    facts.expire_ms =
        key->expire_time ? key->expire_time->seconds * 1000 + key->expire_time->nanos / 1000000 : 0;
    for (size_t i = 0; i < key->n_scopes; i++) {
        int r = read_grant(&facts.grants[i], key->scopes[i]);
        if (r)
            return r;
    }
    facts.n_grants = key->n_scopes;
    *ret = facts;
    return 0;
}
