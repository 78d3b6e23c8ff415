/*
 * Calls on somebody's behalf, delegation in the words of RFC 8693: a service is the actor, signs in
 * as itself, and names in metadata the subject it acts for, a person. The method must be one that
 * the actor may call, and shows no more than the subject may see.
 */
#ifndef CVN_SERVICES_RUNTIME_DELEGATION_H
#define CVN_SERVICES_RUNTIME_DELEGATION_H

#include "services/runtime/ctx.h"

struct cvn_metadata;

/* The metadata that names the subject: "per_…". */
#define CVN_ON_BEHALF_OF "convene-on-behalf-of"

/*
 * Makes ctx->who the subject that the metadata names, where they name one; its text then has the
 * actor beside it. Only methods that narrow what they show to ctx->who are delegable. 0;
 * CVN_REFUSED: UNAUTHENTICATED for nobody, PERMISSION_DENIED with reason DELEGATION_SCOPE for an
 * actor that may not and NOT_DELEGABLE for the method, INVALID_ARGUMENT for no such id.
 */
int cvn_delegation_take(struct cvn_ctx *ctx, const struct cvn_metadata *metadata, bool delegable);

#endif
