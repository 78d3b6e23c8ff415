#include "services/runtime/delegation.h"

#include "rpc/metadata.h"

#include <stdio.h>
#include <string.h>

/* The subject's id; false with the problem noted. */
static bool read_subject(struct cvn_ctx *ctx, const struct cvn_metadata *metadata,
                         struct cvn_id *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < metadata->n; i++)
        n += strcmp(metadata->entries[i].key, CVN_ON_BEHALF_OF) == 0;
    if (n == 1)
        return cvn_ctx_read_id(ctx, CVN_ON_BEHALF_OF, "per",
                               cvn_metadata_get(metadata, CVN_ON_BEHALF_OF), ret);
    cvn_problems_add(&ctx->problems, CVN_ON_BEHALF_OF, "is there %zu times; once is right", n);
    return false;
}

/* "per_…(service:mentoring/0123456789)" */
static void become(struct cvn_principal *who, const struct cvn_id *subject)
{
    struct cvn_principal actor = *who;
    char text[CVN_ID_TEXT_BYTES];
    cvn_id_format(text, "per", subject);
    *who = (struct cvn_principal){
        .kind = CVN_PRINCIPAL_PERSON,
        .person = *subject,
        .by_key = actor.by_key,
        .granted = true,
        .delegated = true,
        .expire_ms = actor.expire_ms,
    };
    (void)snprintf(who->text, sizeof who->text, "%s(%.90s)", text, actor.text);
}

int cvn_delegation_take(struct cvn_ctx *ctx, const struct cvn_metadata *metadata, bool delegable)
{
    struct cvn_id subject;
    if (!cvn_metadata_get(metadata, CVN_ON_BEHALF_OF))
        return 0;
    if (ctx->who.kind == CVN_PRINCIPAL_ANONYMOUS)
        return cvn_ctx_refuse_access(ctx, "act on behalf of others");
    if (!ctx->who.may_act)
        return cvn_ctx_refuse_state(ctx, CVN_PERMISSION_DENIED, "DELEGATION_SCOPE",
                                    "Only a service whose key has the scope %s may act on behalf "
                                    "of others.",
                                    cvn_scope_name(CVN_SCOPE_DELEGATION));
    if (!delegable)
        return cvn_ctx_refuse_state(ctx, CVN_PERMISSION_DENIED, "NOT_DELEGABLE",
                                    "This is not done on behalf of others; leave the metadata "
                                    "%s out to do it as oneself.",
                                    CVN_ON_BEHALF_OF);
    if (!read_subject(ctx, metadata, &subject))
        return cvn_ctx_refuse_problems(ctx);
    become(&ctx->who, &subject);
    return 0;
}
