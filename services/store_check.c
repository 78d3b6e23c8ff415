#include "services/store_check.h"

#include "convene/admin/v1/store.pb-c.h"
#include "rpc/server.h"
#include "services/runtime/answer.h"
#include "services/runtime/methods.h"
#include "services/store_pace.h"
#include "storage/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A check under way. The stores are gone through on the worker that began it; what was found is
 * sent when that is over, at the peer's speed.
 */
struct check {
    struct cvn_store_admin *admin;
    struct cvn_server_call *call;
    struct cvn_ctx *ctx;
    const char *store; /* that is being gone through */
    struct cvn_store_pace pace;
    Convene__Admin__V1__CheckProgress results[CVN_STORE_ADMIN_STORES_MAX];
    size_t n_results, n_sent;
    bool finished;
};

static void finish(struct check *check, const struct cvn_status *status)
{
    if (check->finished)
        return;
    check->finished = true;
    cvn_server_call_finish(check->call, status, NULL);
}

static void finish_with(struct check *check, int result)
{
    struct cvn_status status = {0};
    if (result)
        cvn_answer_fault(&status, check->ctx->arena, result);
    finish(check, result ? &status : NULL);
}

/* What the peer has no room for is left out. */
static void send_progress(struct check *check, uint64_t n_done, uint64_t n_total)
{
    Convene__Admin__V1__CheckProgress progress = CONVENE__ADMIN__V1__CHECK_PROGRESS__INIT;
    progress.store = (char *)(uintptr_t)check->store;
    progress.keys_done = n_done;
    progress.keys_total = n_total;
    (void)cvn_server_call_write(check->call, &progress.base);
}

/* As the keys go by. */
static int tell(void *arg, uint64_t n_done, uint64_t n_total)
{
    struct check *check = arg;
    if (cvn_server_call_cancelled(check->call))
        return CVN_STORE_CANCELLED;
    if (cvn_store_pace_due(&check->pace))
        send_progress(check, n_done, n_total);
    return 0;
}

static int fill_findings(struct cvn_ctx *ctx, const struct cvn_verify_report *report,
                         Convene__Admin__V1__StoreCheck *out)
{
    size_t n = cvn_verify_n_kept(report);
    out->finding_count = report->n_findings;
    out->findings = cvn_arena_alloc_array(ctx->arena, n + 1, sizeof *out->findings);
    if (!out->findings)
        return -ENOMEM;
    for (; out->n_findings < n; out->n_findings++) {
        char *text = cvn_arena_strdup(ctx->arena, report->findings[out->n_findings]);
        if (!text)
            return -ENOMEM;
        out->findings[out->n_findings] = text;
    }
    return 0;
}

static int add_result(struct check *check, const struct cvn_verify_report *report)
{
    Convene__Admin__V1__StoreCheck *out = cvn_arena_alloc(check->ctx->arena, sizeof *out);
    if (!out)
        return -ENOMEM;
    convene__admin__v1__store_check__init(out);
    out->name = (char *)(uintptr_t)check->store;
    out->keys = report->n_keys;
    out->rows = report->n_rows;
    out->entries = report->n_entries;
    out->changes = report->n_changes;
    out->replays = report->n_replays;
    out->last_change = report->last_change;
    Convene__Admin__V1__CheckProgress *result = &check->results[check->n_results++];
    convene__admin__v1__check_progress__init(result);
    result->store = out->name;
    result->keys_done = result->keys_total = report->n_keys;
    result->check = out;
    return fill_findings(check->ctx, report, out);
}

static int check_store(struct check *check, const struct cvn_admin_store *store)
{
    struct cvn_verify_report *report = cvn_arena_alloc(check->ctx->arena, sizeof *report);
    const struct cvn_progress progress = {tell, check};
    struct cvn_txn *snapshot;
    check->store = store->name;
    int r = report ? cvn_store_snapshot(store->store, &snapshot) : -ENOMEM;
    if (r)
        return r;
    send_progress(check, 0, 0); /* so that the caller knows that it has begun */
    r = cvn_store_verify(snapshot, store->tables, &progress, report);
    if (r == 0 && store->audit)
        r = store->audit(snapshot, &progress, report);
    cvn_snapshot_release(snapshot);
    return r ? r : add_result(check, report);
}

static void send_results(struct check *check)
{
    int r = 0;
    while (r == 0 && check->n_sent < check->n_results) {
        r = cvn_server_call_write(check->call, &check->results[check->n_sent].base);
        check->n_sent += r == 0;
    }
    if (r == CVN_CALL_LATER)
        return;
    finish_with(check, r == -EPIPE ? CVN_STORE_CANCELLED : r);
}

static void run(struct check *check, const char *only)
{
    const struct cvn_store_admin *admin = check->admin;
    int r = 0;
    for (size_t i = 0; r == 0 && i < admin->n_stores; i++)
        if (!*only || strcmp(only, admin->stores[i].name) == 0)
            r = check_store(check, &admin->stores[i]);
    if (r) {
        finish_with(check, r);
    } else if (check->n_results == 0) {
        (void)cvn_ctx_refuse(check->ctx, CVN_NOT_FOUND, "The server has no store \"%.60s\".", only);
        finish(check, check->ctx->status);
    } else {
        send_results(check);
    }
}

static const struct cvn_service_method need = {"CheckStores", CVN_METHOD_READ, CVN_ACCESS_ADMIN,
                                               .scope = CVN_SCOPE_ADMIN};

static void refuse(struct cvn_server_call *call, const char *sentence)
{
    struct cvn_status status = {.code = CVN_RESOURCE_EXHAUSTED, .message = sentence};
    cvn_server_call_finish(call, &status, NULL);
}

static void begin(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    const Convene__Admin__V1__CheckStoresRequest *request = (const void *)message;
    struct cvn_store_admin *admin = user;
    struct cvn_ctx *ctx;
    if (cvn_runtime_admit(admin->runtime, call, &need, &ctx) != 0)
        return;
    if (atomic_exchange(&admin->checking, true)) {
        refuse(call, "The stores are being checked already; try again when that is done.");
        return;
    }
    struct check *check = calloc(1, sizeof *check);
    if (!check) {
        atomic_store(&admin->checking, false);
        refuse(call, "The server has no memory for a check now.");
        return;
    }
    *check = (struct check){.admin = admin, .call = call, .ctx = ctx};
    cvn_server_call_set_state(call, check);
    run(check, request->store);
}

static void go_on(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct check *check = cvn_server_call_state(call);
    if (check && !check->finished)
        send_results(check);
}

static void give_up(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct check *check = cvn_server_call_state(call);
    if (check)
        finish_with(check, CVN_STORE_CANCELLED);
}

static void end(struct cvn_server_call *call, void *user)
{
    struct cvn_store_admin *admin = user;
    struct check *check = cvn_server_call_state(call);
    if (!check)
        return;
    free(check);
    atomic_store(&admin->checking, false);
}

static const struct cvn_stream_handler stream = {
    .writable = go_on, .cancelled = give_up, .done = end};
static const struct cvn_method methods[] = {{.unary = begin, .stream = &stream}};

int cvn_store_check_bind(struct cvn_store_admin *admin, struct cvn_server *server)
{
    return cvn_server_add_service(server, &convene__admin__v1__check_service__descriptor, methods,
                                  admin);
}
