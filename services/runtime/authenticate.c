#include "services/runtime/authenticate.h"

#include "rpc/metadata.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int refuse_malformed(struct cvn_ctx *ctx, const char *what)
{
    return cvn_ctx_refuse_state(ctx, CVN_UNAUTHENTICATED, "KEY_MALFORMED",
                                "%s; `Bearer ` and a key of %d characters that begins with "
                                "%s is right.",
                                what, CVN_API_KEY_CHARS, CVN_API_KEY_PREFIX);
}

/* RFC 6750, section 2.1, but for the key's own form; the scheme's case does not count. */
static int read_bearer(struct cvn_ctx *ctx, const struct cvn_metadata *metadata,
                       struct cvn_api_key *ret)
{
    const char *found = NULL;
    for (size_t i = 0; i < metadata->n; i++) {
        if (strcmp(metadata->entries[i].key, "authorization") != 0)
            continue;
        if (found)
            return refuse_malformed(ctx, "The call has authorization metadata twice");
        found = metadata->entries[i].value.data;
    }
    static const char scheme[] = "Bearer ";
    if (strncasecmp(found, scheme, strlen(scheme)) != 0)
        return refuse_malformed(ctx, "The call's authorization is of another kind");
    found += strlen(scheme);
    found += strspn(found, " ");
    return cvn_api_key_parse(ret, found) ? 0 : refuse_malformed(ctx, "The key is malformed");
}

static int refuse_ungranted(struct cvn_ctx *ctx, enum cvn_scope scope)
{
    if (scope == CVN_SCOPE_NONE)
        return cvn_ctx_refuse_state(ctx, CVN_PERMISSION_DENIED, "KEY_SCOPE",
                                    "The key is limited to its scopes, and this takes an "
                                    "unlimited one.");
    return cvn_ctx_refuse_state(ctx, CVN_PERMISSION_DENIED, "KEY_SCOPE",
                                "The key may not do this: it lacks the scope %s.",
                                cvn_scope_name(scope));
}

int cvn_authenticate(struct cvn_ctx *ctx, const struct cvn_authenticator *authenticator,
                     const struct cvn_metadata *metadata, const struct cvn_method_need *need)
{
    if (!cvn_metadata_get(metadata, "authorization"))
        return 0;
    /* From here on the connection's rights are gone, whatever the key gives. */
    ctx->who = (struct cvn_principal){.kind = CVN_PRINCIPAL_ANONYMOUS};
    (void)snprintf(ctx->who.text, sizeof ctx->who.text, "refused-key");
    struct cvn_api_key key;
    struct cvn_key_facts facts = {0};
    int r = read_bearer(ctx, metadata, &key);
    if (r == 0)
        r = authenticator->find ? authenticator->find(authenticator->user, ctx, &key, &facts)
                                : cvn_authenticate_refuse_unknown(ctx);
    sodium_memzero(&key, sizeof key);
    if (r)
        return r;
    enum cvn_principal_outcome outcome = cvn_principal_of_key(&ctx->who, &facts, need->scope);
    if (outcome == CVN_PRINCIPAL_UNGRANTED && !need->public)
        return refuse_ungranted(ctx, need->scope);
    return 0;
}

int cvn_authenticate_refuse_unknown(struct cvn_ctx *ctx)
{
    return cvn_ctx_refuse_state(ctx, CVN_UNAUTHENTICATED, "KEY_UNKNOWN",
                                "The key is not known here. Check that it was copied whole and is "
                                "for this server, or ask for a new one.");
}
