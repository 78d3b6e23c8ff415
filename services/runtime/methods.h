/*
 * Binds a service's methods to the RPC server and the store: one snapshot per read, one update on
 * the store's writer per write, replay by request_id, the access that each method needs.
 */
#ifndef CVN_SERVICES_RUNTIME_METHODS_H
#define CVN_SERVICES_RUNTIME_METHODS_H

#include "services/runtime/authenticate.h"
#include "services/runtime/ctx.h"

struct cvn_server;

enum cvn_method_kind {
    CVN_METHOD_READ,  /* run has a snapshot */
    CVN_METHOD_WRITE, /* run has the writer's transaction; the reply leaves after its commit */
};

/* The least a caller must be; run narrows to the object. */
enum cvn_method_access {
    CVN_ACCESS_PUBLIC,
    CVN_ACCESS_SIGNED_IN,
    CVN_ACCESS_ADMIN, /* or a service account's key that has the method's scope for all */
};

/*
 * One method. All three functions return 0, CVN_REFUSED or a fault (-errno).
 *
 * prepare (may be NULL) runs first, on a worker thread and without a transaction: it checks what
 * can be checked from the request alone, and may call peers. It leaves what run needs in
 * ctx->prepared.
 *
 * run reads, decides and writes. It fills reply, an initialised message of the method's output
 * type, with memory of the arena (or with slices of the snapshot, in a read). It may be run more
 * than once for one call when the store must grow, so it has no effect but on its transaction,
 * its arena and its reply. What it wrote before returning non-zero is undone.
 *
 * after (may be NULL) runs once the write is durable, before the reply leaves, on the writer's
 * thread: it may only signal. It is not run for a replayed answer.
 *
 * forget (may be NULL) takes out of the reply what must not be stored, such as a secret, and says
 * in its place that it was; a repeated request is answered with what it leaves.
 */
struct cvn_service_method {
    const char *name; /* as in the .proto; checked at bind against the descriptor's order */
    enum cvn_method_kind kind;
    enum cvn_method_access access;
    int (*prepare)(struct cvn_ctx *ctx, const void *request);
    int (*run)(struct cvn_ctx *ctx, const void *request, void *reply);
    void (*after)(struct cvn_ctx *ctx, const void *request, const void *reply);
    enum cvn_scope scope; /* that a limited key needs; CVN_SCOPE_NONE: none is enough */
    void (*forget)(void *reply);
    bool delegable; /* a read that may be called on a person's behalf (delegation.h) */
};

struct cvn_runtime_options {
    struct cvn_store *store;
    int64_t (*wall_clock_ms)(void);
    void (*random_bytes)(void *buffer, size_t size); /* libsodium's in production */
    uint32_t admin_uid; /* peers of this user over ipc are administrators; so is root */
    struct cvn_authenticator authenticator; /* zeroed: no key is known */
};

/* Shared by all services of one store. */
struct cvn_runtime;

/* Reads (or makes, the first time) the store's secret that seals page tokens. 0 or -errno. */
int cvn_runtime_new(struct cvn_runtime **ret, const struct cvn_runtime_options *options);
void cvn_runtime_free(struct cvn_runtime *runtime);

/*
 * Registers the service with the server; methods holds one row for each method of the descriptor,
 * in its order. The arrays and service must outlive the server. 0, or -EINVAL when a row is
 * missing, out of order, or a write that is delegable, or -ENOMEM.
 */
int cvn_methods_bind(struct cvn_runtime *runtime, struct cvn_server *server,
                     const ProtobufCServiceDescriptor *descriptor,
                     const struct cvn_service_method *methods, void *service);

/*
 * Signs a call in that does not go through cvn_methods_bind, as a stream: who calls, and whether
 * they may. Of the method only its access and scope are looked at. 0 and *ret a context in the
 * call's arena without a transaction or service; or the call was refused and is finished: then
 * CVN_REFUSED.
 */
int cvn_runtime_admit(struct cvn_runtime *runtime, struct cvn_server_call *call,
                      const struct cvn_service_method *method, struct cvn_ctx **ret);

/*
 * Asks again who makes a call that was admitted, since a key may have been revoked meanwhile: sets
 * ctx->who. The context has an arena and a status; the thread holds no snapshot. 0, CVN_REFUSED
 * with the status set, or a fault; the call goes on in any case.
 */
int cvn_runtime_admit_again(struct cvn_runtime *runtime, struct cvn_server_call *call,
                            const struct cvn_service_method *method, struct cvn_ctx *ctx);

#endif
