/* Etags (AIP-154): a word that stands for a resource as it is stored, against lost updates. */
#ifndef CVN_SERVICES_EVENTS_ETAG_H
#define CVN_SERVICES_EVENTS_ETAG_H

#include "services/runtime/ctx.h"

/* The etag of the message's bytes, in the arena: 16 hexadecimal digits of a hash. 0 or a fault. */
int cvn_etag_make(struct cvn_ctx *ctx, const ProtobufCMessage *row, char **ret);

/* The same of bytes that are packed already. */
int cvn_etag_of(struct cvn_ctx *ctx, struct cvn_slice packed, char **ret);

/*
 * Refuses with ABORTED when the etag a request gave is not the row's; "" is never stale. noun is
 * what it is about, as in "event". 0, CVN_REFUSED or a fault.
 */
int cvn_etag_require(struct cvn_ctx *ctx, const char *given, const ProtobufCMessage *row,
                     const char *noun);

#endif
