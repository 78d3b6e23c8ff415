/*
 * protobuf-c's interface of generated services on a channel: with a stub's base, the functions that
 * protoc-c generates are real calls, as convene__events__v1__event_service__list_events(&stub.base,
 * &request, closure, data). For unary methods; a streaming one ends with UNIMPLEMENTED, see
 * rpc/stream.h.
 */
#ifndef CVN_RPC_STUB_H
#define CVN_RPC_STUB_H

#include "rpc/channel.h"

enum {
    /* Memory for one reply's message; a larger one ends with RESOURCE_EXHAUSTED. */
    CVN_STUB_ARENA_BYTES = 256 << 20,
};

/* Embedded by value; not copied or moved once it is in use. */
struct cvn_stub {
    ProtobufCService base;
    struct cvn_channel *channel;
    struct cvn_call_options options; /* of every call */
    /*
     * Told how a call ended, just before its closure, with the closure's data; the status lives
     * meanwhile. The one way to learn why a closure gets NULL. May be NULL.
     */
    void (*ended)(void *closure_data, const struct cvn_status *status);
};

/*
 * Makes a stub of the service on the channel, which must outlive it and its calls; options may be
 * NULL, and what they point to must outlive it, too.
 *
 * A call's closure is run exactly once: with the reply, which lives meanwhile, or with NULL when
 * the call failed. It runs on a thread of the channel's or, for a call that fails at once, on the
 * caller's; it may begin calls and must not wait for any. Calls from any thread. The stub holds
 * nothing: protobuf_c_service_destroy does nothing to it.
 */
void cvn_stub_init(struct cvn_stub *stub, struct cvn_channel *channel,
                   const ProtobufCServiceDescriptor *service,
                   const struct cvn_call_options *options);

#endif
