#include "services/events/refusal.h"

Google__Rpc__Status *cvn_refusal_status(struct cvn_ctx *ctx)
{
    struct cvn_slice packed;
    Google__Rpc__Status *status;
    if (cvn_status_pack(ctx->status, ctx->arena, &packed) < 0 ||
        cvn_ctx_unpack(ctx, &google__rpc__status__descriptor, packed, &status) != 0)
        return NULL;
    return status;
}
