#include "rpc/stub.h"

#include "rpc/message.h"

#include <stdio.h>
#include <stdlib.h>

enum { METHOD_NAME_BYTES = 256 };

/* A call under way. */
struct stub_call {
    const struct cvn_stub *stub;
    const ProtobufCMessageDescriptor *output;
    ProtobufCClosure closure;
    void *closure_data;
};

static void end(struct stub_call *call, const struct cvn_status *status,
                const ProtobufCMessage *reply)
{
    if (call->stub->ended)
        call->stub->ended(call->closure_data, status);
    call->closure(reply, call->closure_data);
    free(call);
}

static void done(void *arg, const struct cvn_status *status, struct cvn_slice bytes)
{
    struct stub_call *call = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CVN_STUB_ARENA_BYTES);
    struct cvn_status own = {0};
    ProtobufCMessage *reply = NULL;
    int r = status->code == CVN_OK ? cvn_message_unpack(call->output, &arena, bytes, &reply) : 0;
    if (r < 0 && arena.overflowed)
        own = (struct cvn_status){.code = CVN_RESOURCE_EXHAUSTED,
                                  .message = "The reply is larger than a stub takes."};
    else if (r < 0)
        own = (struct cvn_status){.code = CVN_INTERNAL,
                                  .message = "The server's reply could not be read."};
    end(call, r < 0 ? &own : status, r < 0 ? NULL : reply);
}

static void invoke(ProtobufCService *service, unsigned method_index, const ProtobufCMessage *input,
                   ProtobufCClosure closure, void *closure_data)
{
    const struct cvn_stub *stub = (const struct cvn_stub *)service;
    const ProtobufCMethodDescriptor *method = &service->descriptor->methods[method_index];
    static const struct cvn_status no_memory = {.code = CVN_RESOURCE_EXHAUSTED,
                                                .message = "There is no memory for a call."};
    struct stub_call *call = calloc(1, sizeof *call);
    if (!call) {
        if (stub->ended)
            stub->ended(closure_data, &no_memory);
        closure(NULL, closure_data);
        return;
    }
    *call = (struct stub_call){stub, method->output, closure, closure_data};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CVN_STUB_ARENA_BYTES);
    struct cvn_slice packed;
    char name[METHOD_NAME_BYTES];
    (void)snprintf(name, sizeof name, "%s/%s", service->descriptor->name, method->name);
    if (cvn_message_pack(input, &arena, &packed) < 0)
        end(call, &no_memory, NULL);
    else
        (void)cvn_channel_start(stub->channel, name, packed, &stub->options,
                                (struct cvn_call_sink){done, call});
}

static void destroy(ProtobufCService *service)
{
    (void)service;
}

void cvn_stub_init(struct cvn_stub *stub, struct cvn_channel *channel,
                   const ProtobufCServiceDescriptor *service,
                   const struct cvn_call_options *options)
{
    *stub = (struct cvn_stub){.base = {service, invoke, destroy}, .channel = channel};
    if (options)
        stub->options = *options;
}
