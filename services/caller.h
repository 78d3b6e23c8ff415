/* Whom a call counts for where callers are limited, before anything that it says is verified. */
#ifndef CVN_SERVICES_CALLER_H
#define CVN_SERVICES_CALLER_H

#include "rpc/caller_limits.h"

/*
 * The API key that the call presents, by the part that may be shown; else the operating system's
 * user over ipc, else the connection. False for a peer in this process, which has no limits. Any
 * thread; for cvn_limits_options.
 */
bool cvn_caller_of_call(void *user, const struct cvn_server_call *call,
                        char text[CVN_LIMITS_CALLER_BYTES_MAX]);

#endif
