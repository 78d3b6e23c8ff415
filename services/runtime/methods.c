#include "services/runtime/methods.h"

#include "rpc/server.h"
#include "services/runtime/answer.h"
#include "services/runtime/delegation.h"
#include "storage/replay.h"
#include "storage/store.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { REPLAY_PURGE_PER_WRITE = 2 };

/* One service's methods, bound. Lives as long as the runtime. */
struct binding {
    struct cvn_runtime *runtime;
    const ProtobufCServiceDescriptor *descriptor;
    const struct cvn_service_method *methods;
    void *service;
    struct cvn_method *table; /* the server's view of methods */
    struct binding *next;
};

struct cvn_runtime {
    struct cvn_runtime_options options;
    uint8_t token_key[CVN_TOKEN_KEY_BYTES];
    struct binding *bindings;
};

/* A call on its way through prepare, run and the reply; lives in the call's arena. */
struct job {
    struct cvn_server_call *call;
    const struct binding *binding;
    const struct cvn_service_method *method;
    const ProtobufCMessageDescriptor *output;
    const ProtobufCMessage *request;
    struct cvn_ctx ctx;
    struct cvn_status status;
    uint8_t entropy[CVN_ENTROPY_BYTES]; /* as drawn; run may run twice */
    ProtobufCMessage *reply;
    struct cvn_slice packed;
    bool replayed;
    const char *request_id; /* "" without one */
    struct cvn_replay_request replay;
    struct cvn_update update;
};

/* The request's request_id, or "" when its type has none. */
static const char *request_id_of(const ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor, "request_id");
    return field ? *(const char *const *)((const char *)request + field->offset) : "";
}

static int check_access(struct cvn_ctx *ctx, enum cvn_method_access access)
{
    const struct cvn_principal *who = &ctx->who;
    switch (access) {
    case CVN_ACCESS_PUBLIC:
        return 0;
    case CVN_ACCESS_SIGNED_IN:
        if (who->kind != CVN_PRINCIPAL_ANONYMOUS)
            return 0;
        return cvn_ctx_refuse_access(ctx, "do this");
    case CVN_ACCESS_ADMIN:
        if (who->kind == CVN_PRINCIPAL_ADMIN ||
            (who->kind == CVN_PRINCIPAL_SERVICE && who->granted && !who->of_groups))
            return 0;
        return cvn_ctx_refuse_access(ctx, "do this: it is for administrators");
    }
    return -EINVAL;
}

static int check_request_id(struct job *job)
{
    size_t len = strlen(job->request_id);
    if (len <= CVN_REPLAY_REQUEST_ID_BYTES_MAX)
        return 0;
    cvn_problems_add(&job->ctx.problems, "request_id", "has %zu bytes; at most %d are right", len,
                     CVN_REPLAY_REQUEST_ID_BYTES_MAX);
    return cvn_ctx_refuse_problems(&job->ctx);
}

/* Names the request for its replay record: who, which id, and a hash of method and body. */
static int name_replay(struct job *job)
{
    struct cvn_slice body;
    int r = cvn_ctx_pack(&job->ctx, job->request, &body);
    if (r)
        return r;
    job->replay.principal = cvn_slice_of_string(job->ctx.who.text);
    job->replay.request_id = cvn_slice_of_string(job->request_id);
    const char *type = job->request->descriptor->name;
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, NULL, 0, CVN_REPLAY_HASH_BYTES);
    (void)crypto_generichash_update(&state, (const uint8_t *)type, strlen(type) + 1);
    (void)crypto_generichash_update(&state, body.data, body.len);
    (void)crypto_generichash_final(&state, job->replay.hash, CVN_REPLAY_HASH_BYTES);
    return 0;
}

/* Runs the method in the transaction and packs what it answered. */
static int run_method(struct job *job, struct cvn_txn *txn)
{
    struct cvn_ctx *ctx = &job->ctx;
    ctx->txn = txn;
    memcpy(ctx->entropy, job->entropy, sizeof ctx->entropy);
    cvn_problems_init(&ctx->problems, ctx->arena);
    job->reply = cvn_arena_alloc(ctx->arena, job->output->sizeof_message);
    if (!job->reply)
        return -ENOMEM;
    protobuf_c_message_init(job->output, job->reply);
    int r = job->method->run(ctx, job->request, job->reply);
    return r ? r : cvn_ctx_pack(ctx, job->reply, &job->packed);
}

/* Gives the answer of before: 0 with job->replayed set, CVN_STORE_ABSENT, or a refusal. */
static int replay(struct job *job, struct cvn_txn *txn)
{
    struct cvn_replay_record record;
    int r = cvn_replay_get(txn, &job->replay, job->ctx.now_ms, &record);
    if (r == CVN_REPLAY_CONFLICT) {
        cvn_problems_init(&job->ctx.problems, job->ctx.arena);
        cvn_problems_add(&job->ctx.problems, "request_id",
                         "was used within the last 24 hours for another request; use a new one for "
                         "each request, and the same one only to repeat it");
        return cvn_ctx_refuse_problems(&job->ctx);
    }
    if (r)
        return r;
    job->packed = cvn_arena_slice(job->ctx.arena, record.reply);
    if (!job->packed.data)
        return -ENOMEM;
    job->replayed = true;
    return 0;
}

static int run_update(struct cvn_txn *txn, void *arg)
{
    struct job *job = arg;
    job->replayed = false;
    if (*job->request_id == '\0')
        return run_method(job, txn);
    int r = replay(job, txn);
    if (r != CVN_STORE_ABSENT)
        return r;
    r = run_method(job, txn);
    struct cvn_slice kept = job->packed;
    if (r == 0 && job->method->forget) {
        job->method->forget(job->reply);
        r = cvn_ctx_pack(&job->ctx, job->reply, &kept);
    }
    if (r == 0)
        r = cvn_replay_put(txn, &job->replay, job->ctx.now_ms, kept);
    size_t n_purged;
    return r ? r : cvn_replay_purge(txn, job->ctx.now_ms, REPLAY_PURGE_PER_WRITE, &n_purged);
}

/* Ends the call with what a method or the store gave. */
static void answer(struct job *job, int result)
{
    if (result == 0) {
        cvn_server_call_finish_packed(job->call, job->packed);
        return;
    }
    if (result != CVN_REFUSED)
        cvn_answer_fault(&job->status, job->ctx.arena, result);
    cvn_server_call_finish(job->call, &job->status, NULL);
}

static void end_update(void *arg, int result)
{
    struct job *job = arg;
    if (result == 0 && !job->replayed && job->method->after)
        job->method->after(&job->ctx, job->request, job->reply);
    answer(job, result);
}

static bool is_over(void *arg)
{
    struct job *job = arg;
    return cvn_server_call_cancelled(job->call);
}

static void run_read(struct job *job, struct cvn_store *store)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r == 0) {
        r = run_method(job, snapshot);
        cvn_snapshot_release(snapshot);
    }
    answer(job, r);
}

static void submit_write(struct job *job, struct cvn_store *store)
{
    int r = *job->request_id ? name_replay(job) : 0;
    if (r == 0) {
        job->update = (struct cvn_update){
            .run = run_update,
            .done = end_update,
            .cancelled = is_over,
            .arg = job,
            .deadline_ns = job->ctx.deadline_ms * 1000000,
            .caller = cvn_store_caller(cvn_slice_of_string(job->ctx.who.text)),
        };
        r = cvn_store_submit(store, &job->update);
    }
    if (r)
        answer(job, r);
}

static void init_ctx(struct job *job, const struct cvn_runtime *runtime, void *service)
{
    struct cvn_arena *arena = cvn_server_call_arena(job->call);
    job->ctx = (struct cvn_ctx){
        .arena = arena,
        .store = runtime->options.store,
        .now_ms = runtime->options.wall_clock_ms(),
        .deadline_ms = cvn_server_call_deadline_ms(job->call),
        .over = is_over,
        .call = job,
        .service = service,
        .status = &job->status,
        .token_key = runtime->token_key,
    };
    runtime->options.random_bytes(job->entropy, sizeof job->entropy);
    job->entropy[3] &= 0x7f; /* room to count up without a carry into the version and variant */
    memcpy(job->ctx.entropy, job->entropy, sizeof job->ctx.entropy);
    cvn_problems_init(&job->ctx.problems, arena);
    cvn_principal_of_call(&job->ctx.who, job->call, runtime->options.admin_uid);
}

static struct job *new_job(const struct binding *binding, struct cvn_server_call *call,
                           const ProtobufCMessage *request)
{
    struct job *job = cvn_arena_alloc(cvn_server_call_arena(call), sizeof *job);
    if (!job)
        return NULL;
    unsigned index = cvn_server_call_method_index(call);
    job->call = call;
    job->binding = binding;
    job->method = &binding->methods[index];
    job->output = binding->descriptor->methods[index].output;
    job->request = request;
    job->request_id = request_id_of(request);
    init_ctx(job, binding->runtime, binding->service);
    return job;
}

static int authenticate(struct cvn_ctx *ctx, const struct cvn_runtime *runtime,
                        const struct cvn_server_call *call, const struct cvn_service_method *method)
{
    const struct cvn_method_need need = {
        .scope = method->scope,
        .public = method->access == CVN_ACCESS_PUBLIC,
    };
    return cvn_authenticate(ctx, &runtime->options.authenticator, cvn_server_call_metadata(call),
                            &need);
}

/* Who calls, on whose behalf, and whether they may. */
static int sign_in(struct job *job, const struct cvn_runtime *runtime)
{
    int r = authenticate(&job->ctx, runtime, job->call, job->method);
    if (r == 0)
        r = check_access(&job->ctx, job->method->access);
    if (r == 0)
        r = cvn_delegation_take(&job->ctx, cvn_server_call_metadata(job->call),
                                job->method->delegable);
    cvn_server_call_set_principal(job->call, job->ctx.who.text);
    return r;
}

static void refuse_for_memory(struct cvn_server_call *call)
{
    struct cvn_status status = {.code = CVN_RESOURCE_EXHAUSTED,
                                .message = "The request is too large to be worked on."};
    cvn_server_call_finish(call, &status, NULL);
}

int cvn_runtime_admit(struct cvn_runtime *runtime, struct cvn_server_call *call,
                      const struct cvn_service_method *method, struct cvn_ctx **ret)
{
    struct job *job = cvn_arena_alloc(cvn_server_call_arena(call), sizeof *job);
    if (!job) {
        refuse_for_memory(call);
        return CVN_REFUSED;
    }
    job->call = call;
    job->method = method;
    job->request_id = "";
    init_ctx(job, runtime, NULL);
    int r = sign_in(job, runtime);
    if (r) {
        answer(job, r);
        return CVN_REFUSED;
    }
    *ret = &job->ctx;
    return 0;
}

int cvn_runtime_admit_again(struct cvn_runtime *runtime, struct cvn_server_call *call,
                            const struct cvn_service_method *method, struct cvn_ctx *ctx)
{
    ctx->store = runtime->options.store;
    ctx->now_ms = runtime->options.wall_clock_ms();
    cvn_principal_of_call(&ctx->who, call, runtime->options.admin_uid);
    int r = authenticate(ctx, runtime, call, method);
    return r ? r : check_access(ctx, method->access);
}

static void handle(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    const struct binding *binding = user;
    struct job *job = new_job(binding, call, request);
    if (!job) {
        refuse_for_memory(call);
        return;
    }
    int r = sign_in(job, binding->runtime);
    if (r == 0)
        r = check_request_id(job);
    if (r == 0 && job->method->prepare)
        r = job->method->prepare(&job->ctx, request);
    if (r) {
        answer(job, r);
        return;
    }
    struct cvn_store *store = binding->runtime->options.store;
    switch (job->method->kind) {
    case CVN_METHOD_READ:
        run_read(job, store);
        break;
    case CVN_METHOD_WRITE:
        submit_write(job, store);
        break;
    }
}

int cvn_methods_bind(struct cvn_runtime *runtime, struct cvn_server *server,
                     const ProtobufCServiceDescriptor *descriptor,
                     const struct cvn_service_method *methods, void *service)
{
    for (unsigned i = 0; i < descriptor->n_methods; i++)
        if (!methods[i].name || strcmp(methods[i].name, descriptor->methods[i].name) != 0 ||
            (methods[i].delegable && methods[i].kind != CVN_METHOD_READ))
            return -EINVAL;
    struct binding *binding = calloc(1, sizeof *binding);
    struct cvn_method *table = calloc(descriptor->n_methods, sizeof *table);
    if (!binding || !table) {
        free(binding);
        free(table);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < descriptor->n_methods; i++)
        table[i].unary = handle;
    *binding = (struct binding){
        .runtime = runtime,
        .descriptor = descriptor,
        .methods = methods,
        .service = service,
        .table = table,
        .next = runtime->bindings,
    };
    runtime->bindings = binding;
    return cvn_server_add_service(server, descriptor, table, binding);
}

static struct cvn_slice token_key_name(void)
{
    return cvn_slice("\x01token_key", 10);
}

/* Draws the store's secret the first time; arg is the runtime. */
static int make_token_key(struct cvn_txn *txn, void *arg)
{
    struct cvn_runtime *runtime = arg;
    struct cvn_slice found;
    int r = cvn_txn_get(txn, token_key_name(), &found);
    if (r == CVN_STORE_ABSENT) {
        runtime->options.random_bytes(runtime->token_key, sizeof runtime->token_key);
        return cvn_txn_put(txn, token_key_name(),
                           cvn_slice(runtime->token_key, sizeof runtime->token_key));
    }
    if (r == 0 && found.len != sizeof runtime->token_key)
        return -EUCLEAN;
    if (r == 0)
        memcpy(runtime->token_key, found.data, sizeof runtime->token_key);
    return r;
}

int cvn_runtime_new(struct cvn_runtime **ret, const struct cvn_runtime_options *options)
{
    struct cvn_runtime *runtime = calloc(1, sizeof *runtime);
    if (!runtime)
        return -ENOMEM;
    runtime->options = *options;
    int r = cvn_store_update(options->store, make_token_key, runtime, 0);
    if (r) {
        free(runtime);
        return r > 0 ? -EAGAIN : r;
    }
    *ret = runtime;
    return 0;
}

void cvn_runtime_free(struct cvn_runtime *runtime)
{
    if (!runtime)
        return;
    while (runtime->bindings) {
        struct binding *binding = runtime->bindings;
        runtime->bindings = binding->next;
        free(binding->table);
        free(binding);
    }
    sodium_memzero(runtime->token_key, sizeof runtime->token_key);
    free(runtime);
}
