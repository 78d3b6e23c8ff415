#include "services/events/meetups/register_stream.h"

#include "convene/events/v1/registrar.pb-c.h"
#include "rpc/message.h"
#include "rpc/server.h"
#include "services/events/meetups/event_batch.h"
#include "services/runtime/answer.h"
#include "services/runtime/methods.h"
#include "storage/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A call of StreamRegisterEvents. Its chunk is the message that is worked on. */
struct intake {
    const struct cvn_registrar_service *service;
    struct cvn_server_call *call;
    struct cvn_ctx *ctx; /* of the call: who makes it */
    bool begun;          /* the first message has said what all are to be */
    bool publish, validate_only;
    int64_t n_events; /* in the messages before this one */

    struct cvn_arena arena; /* of the chunk, with all below */
    struct cvn_ctx chunk_ctx;
    struct cvn_status status;
    uint8_t entropy[CVN_ENTROPY_BYTES];
    Convene__Events__V1__BatchRegisterEventsRequest request;
    Convene__Events__V1__BatchRegisterEventsResponse reply;
    struct cvn_update update;

    pthread_mutex_t lock; /* of these */
    unsigned n_users;     /* threads and updates that are at it: the last one ends the call */
    bool unanswered;      /* the chunk's answer waits for room */
    bool ending, finished;
    int result; /* with which it ends */
};

static const struct cvn_service_method need = {"StreamRegisterEvents", CVN_METHOD_WRITE,
                                               CVN_ACCESS_SIGNED_IN,
                                               .scope = CVN_SCOPE_EVENTS_REGISTER};

static void enter(struct intake *intake)
{
    (void)pthread_mutex_lock(&intake->lock);
    intake->n_users++;
    (void)pthread_mutex_unlock(&intake->lock);
}

/* Has the call end with 0, CVN_REFUSED, an outcome of the store or a fault; the first counts. */
static void end(struct intake *intake, int result)
{
    (void)pthread_mutex_lock(&intake->lock);
    if (!intake->ending)
        intake->result = result;
    intake->ending = true;
    (void)pthread_mutex_unlock(&intake->lock);
}

/* The last to leave a call that ends finishes it; it may be gone then. */
static void leave(struct intake *intake)
{
    (void)pthread_mutex_lock(&intake->lock);
    bool last = --intake->n_users == 0 && intake->ending && !intake->finished;
    intake->finished |= last;
    int result = intake->result;
    (void)pthread_mutex_unlock(&intake->lock);
    if (!last)
        return;
    if (result && result != CVN_REFUSED)
        cvn_answer_fault(&intake->status, &intake->arena, result);
    cvn_server_call_finish(intake->call, result ? &intake->status : NULL, NULL);
}

/* Sends the chunk's answer and goes on to the next message; or later, when there is room. */
static void answer(struct intake *intake)
{
    Convene__Events__V1__StreamRegisterEventsResponse message =
        CONVENE__EVENTS__V1__STREAM_REGISTER_EVENTS_RESPONSE__INIT;
    message.first_index = intake->n_events;
    message.n_results = intake->reply.n_results;
    message.results = intake->reply.results;
    (void)pthread_mutex_lock(&intake->lock);
    intake->unanswered = true; /* before the write, which may have writable told at once */
    (void)pthread_mutex_unlock(&intake->lock);
    int r = cvn_server_call_write(intake->call, &message.base);
    if (r == CVN_CALL_LATER)
        return;
    (void)pthread_mutex_lock(&intake->lock);
    intake->unanswered = false;
    (void)pthread_mutex_unlock(&intake->lock);
    if (r) {
        end(intake, r == -EPIPE ? CVN_STORE_CANCELLED : r);
        return;
    }
    intake->n_events += (int64_t)intake->request.n_events;
    cvn_arena_reset(&intake->arena);
    cvn_server_call_resume(intake->call);
}

static int register_chunk(struct cvn_txn *txn, void *arg)
{
    struct intake *intake = arg;
    struct cvn_ctx *ctx = &intake->chunk_ctx;
    ctx->txn = txn;
    memcpy(ctx->entropy, intake->entropy, sizeof ctx->entropy);
    cvn_problems_init(&ctx->problems, ctx->arena);
    convene__events__v1__batch_register_events_response__init(&intake->reply);
    return cvn_event_register_batch(ctx, &intake->request, &intake->reply);
}

static bool is_cancelled(void *arg)
{
    struct intake *intake = arg;
    return cvn_server_call_cancelled(intake->call);
}

static void end_update(void *arg, int result)
{
    struct intake *intake = arg;
    if (result)
        end(intake, result);
    else
        answer(intake);
    leave(intake);
}

/* Nothing is stored: a snapshot will do. */
static void try_chunk(struct intake *intake)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(intake->service->store, &snapshot);
    if (r == 0) {
        r = register_chunk(snapshot, intake);
        cvn_snapshot_release(snapshot);
    }
    if (r)
        end(intake, r);
    else
        answer(intake);
}

static void submit_chunk(struct intake *intake)
{
    intake->update = (struct cvn_update){
        .run = register_chunk,
        .done = end_update,
        .cancelled = is_cancelled,
        .arg = intake,
        .deadline_ns = intake->ctx->deadline_ms * 1000000,
        .caller = cvn_store_caller(cvn_slice_of_string(intake->ctx->who.text)),
    };
    enter(intake); /* the update */
    int r = cvn_store_submit(intake->service->store, &intake->update);
    if (r)
        end_update(intake, r);
}

/* Copies a message of the stream, which is gone when its function returns, into the chunk. */
static int take_chunk(struct intake *intake, const ProtobufCMessage *message)
{
    Convene__Events__V1__StreamRegisterEventsRequest *copy;
    struct cvn_slice bytes;
    intake->chunk_ctx = *intake->ctx;
    intake->chunk_ctx.arena = &intake->arena;
    intake->chunk_ctx.status = &intake->status;
    intake->chunk_ctx.service = intake->service->events;
    intake->chunk_ctx.now_ms = intake->service->wall_clock_ms();
    intake->service->random_bytes(intake->entropy, sizeof intake->entropy);
    intake->entropy[3] &= 0x7f; /* as in methods.c: room to count up */
    cvn_problems_init(&intake->chunk_ctx.problems, &intake->arena);
    int r = cvn_ctx_pack(&intake->chunk_ctx, message, &bytes);
    if (r == 0)
        r = cvn_ctx_unpack(&intake->chunk_ctx, message->descriptor, bytes, &copy);
    if (r)
        return r;
    if (!intake->begun) {
        intake->begun = true;
        intake->publish = copy->publish;
        intake->validate_only = copy->validate_only;
    }
    convene__events__v1__batch_register_events_request__init(&intake->request);
    intake->request.n_events = copy->n_events;
    intake->request.events = copy->events;
    intake->request.publish = intake->publish;
    intake->request.validate_only = intake->validate_only;
    return cvn_event_check_batch(&intake->chunk_ctx, &intake->request);
}

static void begin(struct cvn_server_call *call, void *user)
{
    const struct cvn_registrar_service *service = user;
    struct cvn_ctx *ctx;
    if (cvn_runtime_admit(service->runtime, call, &need, &ctx) != 0)
        return;
    struct intake *intake = cvn_arena_alloc(ctx->arena, sizeof *intake);
    if (!intake) {
        cvn_answer_fault(ctx->status, ctx->arena, -ENOMEM);
        cvn_server_call_finish(call, ctx->status, NULL);
        return;
    }
    intake->service = service;
    intake->call = call;
    intake->ctx = ctx;
    cvn_arena_init(&intake->arena, CVN_REGISTER_CHUNK_BYTES_MAX);
    (void)pthread_mutex_init(&intake->lock, NULL);
    cvn_server_call_set_state(call, intake);
}

static void take_message(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    (void)user;
    struct intake *intake = cvn_server_call_state(call);
    if (!intake)
        return;
    enter(intake);
    cvn_server_call_hold(call);
    int r = take_chunk(intake, message);
    if (r)
        end(intake, r);
    else if (intake->validate_only)
        try_chunk(intake);
    else
        submit_chunk(intake);
    leave(intake);
}

static void end_input(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct intake *intake = cvn_server_call_state(call);
    if (!intake)
        return;
    enter(intake);
    end(intake, 0);
    leave(intake);
}

static void go_on(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct intake *intake = cvn_server_call_state(call);
    if (!intake)
        return;
    enter(intake);
    (void)pthread_mutex_lock(&intake->lock);
    bool due = intake->unanswered && !intake->ending;
    (void)pthread_mutex_unlock(&intake->lock);
    if (due)
        answer(intake);
    leave(intake);
}

static void give_up(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct intake *intake = cvn_server_call_state(call);
    if (!intake)
        return;
    enter(intake);
    end(intake, CVN_STORE_CANCELLED);
    leave(intake);
}

static void forget(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct intake *intake = cvn_server_call_state(call);
    if (!intake)
        return;
    cvn_arena_deinit(&intake->arena);
    (void)pthread_mutex_destroy(&intake->lock);
}

int cvn_registrar_service_bind(struct cvn_registrar_service *service, struct cvn_server *server)
{
    static const struct cvn_stream_handler stream = {
        .begin = begin,
        .message = take_message,
        .half_close = end_input,
        .writable = go_on,
        .cancelled = give_up,
        .done = forget,
    };
    static const struct cvn_method methods[] = {{.stream = &stream}};
    return cvn_server_add_service(server, &convene__events__v1__registrar_service__descriptor,
                                  methods, service);
}
