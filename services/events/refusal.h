/* A refusal of one record of many, as a message beside the others' outcomes. */
#ifndef CVN_SERVICES_EVENTS_REFUSAL_H
#define CVN_SERVICES_EVENTS_REFUSAL_H

#include "google/rpc/status.pb-c.h"
#include "services/runtime/ctx.h"

/* The context's status in the arena; NULL when it is spent. */
Google__Rpc__Status *cvn_refusal_status(struct cvn_ctx *ctx);

#endif
