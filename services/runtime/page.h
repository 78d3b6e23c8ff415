/*
 * Page tokens (AIP-158): where a list goes on, sealed so that one from another list, another store
 * or another set of filters is refused instead of giving a wrong page.
 */
#ifndef CVN_SERVICES_RUNTIME_PAGE_H
#define CVN_SERVICES_RUNTIME_PAGE_H

#include "base/slice.h"
#include "services/runtime/ctx.h"

/*
 * The page size to use: fallback for 0, clipped to max. A negative one notes a problem for
 * "page_size" and gives fallback.
 */
int32_t cvn_page_size(struct cvn_ctx *ctx, int32_t asked, int32_t fallback, int32_t max);

/*
 * A token for going on after the cursor (the store key of the last row shown). request is the
 * list's request message; its page_token and page_size are left out of the seal. NULL when the
 * arena is spent.
 */
char *cvn_page_token_make(struct cvn_ctx *ctx, const ProtobufCMessage *request,
                          struct cvn_slice cursor);

/*
 * Opens the request's page_token: *ret_cursor is empty for the first page. On a foreign or damaged
 * token notes a problem for "page_token" and returns false.
 */
bool cvn_page_token_read(struct cvn_ctx *ctx, const ProtobufCMessage *request,
                         struct cvn_slice *ret_cursor);

/*
 * The same for a place that belongs to no list, as in a log: sealed for what name says, so that no
 * other token is taken for it. payload is at most CVN_TOKEN_PAYLOAD_MAX bytes; NULL when it is
 * longer or the arena is spent.
 */
enum { CVN_TOKEN_PAYLOAD_MAX = 511 };
char *cvn_token_make(struct cvn_ctx *ctx, const char *name, struct cvn_slice payload);

/* Opens such a token into the arena. False for a foreign or damaged one. */
bool cvn_token_read(struct cvn_ctx *ctx, const char *name, const char *token,
                    struct cvn_slice *ret_payload);

#endif
