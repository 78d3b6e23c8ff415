#include "services/runtime/write_stream.h"

#include "rpc/server.h"
#include "services/runtime/answer.h"
#include "storage/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { UNDONE = 99 }; /* what an update returns so that the store takes it all back */

/* A call. */
struct intake {
    const struct cvn_write_streams *streams;
    const struct cvn_write_stream_type *type;
    struct cvn_server_call *call;
    struct cvn_ctx *ctx; /* of the call: who makes it */
    void *state;

    struct cvn_arena message_arena, update_arena;
    struct cvn_ctx work; /* of what is worked on */
    struct cvn_status status;
    uint8_t entropy[CVN_ENTROPY_BYTES]; /* of the update */
    enum cvn_write_stream_mode mode;
    struct cvn_update update;

    pthread_mutex_t lock; /* of these */
    unsigned n_users;     /* threads and updates that are at it: the last one ends the call */
    bool unanswered;      /* the update's answer waits for room */
    bool ending, finished;
    int result; /* with which it ends */
};

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
    if (result && result != CVN_REFUSED) {
        intake->status = (struct cvn_status){0};
        cvn_answer_fault(&intake->status, &intake->update_arena, result);
    }
    cvn_server_call_finish(intake->call, result ? &intake->status : NULL, NULL);
}

static void set_unanswered(struct intake *intake, bool unanswered)
{
    (void)pthread_mutex_lock(&intake->lock);
    intake->unanswered = unanswered;
    (void)pthread_mutex_unlock(&intake->lock);
}

/* Prepares the context for a message, or for one of its updates. */
static void set_out(struct intake *intake, struct cvn_arena *arena)
{
    intake->work = *intake->ctx;
    intake->work.arena = arena;
    intake->work.status = &intake->status;
    intake->work.service = intake->streams->service;
    intake->work.store = intake->streams->store;
    intake->work.now_ms = intake->streams->wall_clock_ms();
    intake->streams->random_bytes(intake->entropy, sizeof intake->entropy);
    intake->entropy[3] &= 0x7f; /* as in methods.c: room to count up */
    cvn_problems_init(&intake->work.problems, arena);
}

static int run(struct cvn_txn *txn, void *arg)
{
    struct intake *intake = arg;
    struct cvn_ctx *ctx = &intake->work;
    cvn_arena_reset(&intake->update_arena);
    ctx->txn = txn;
    memcpy(ctx->entropy, intake->entropy, sizeof ctx->entropy);
    cvn_problems_init(&ctx->problems, ctx->arena);
    int r = intake->type->run(ctx, intake->state);
    return r == 0 && intake->mode == CVN_WRITE_STREAM_UNDO ? UNDONE : r;
}

static bool is_cancelled(void *arg)
{
    struct intake *intake = arg;
    return cvn_server_call_cancelled(intake->call);
}

static void answer(struct intake *intake);

static void end_update(void *arg, int result)
{
    struct intake *intake = arg;
    if (result && result != UNDONE)
        end(intake, result);
    else
        answer(intake);
    leave(intake);
}

static void submit(struct intake *intake)
{
    intake->update = (struct cvn_update){
        .run = run,
        .done = end_update,
        .cancelled = is_cancelled,
        .arg = intake,
        .deadline_ns = intake->ctx->deadline_ms * 1000000,
        .caller = cvn_store_caller(cvn_slice_of_string(intake->ctx->who.text)),
    };
    enter(intake); /* the update */
    int r = cvn_store_submit(intake->streams->store, &intake->update);
    if (r)
        end_update(intake, r);
}

static void read_only(struct intake *intake)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(intake->streams->store, &snapshot);
    if (r == 0) {
        r = run(snapshot, intake);
        cvn_snapshot_release(snapshot);
    }
    if (r)
        end(intake, r);
    else
        answer(intake);
}

/* Begins an update of the message. */
static void begin_update(struct intake *intake)
{
    set_out(intake, &intake->update_arena);
    if (intake->mode == CVN_WRITE_STREAM_READ)
        read_only(intake);
    else
        submit(intake);
}

/* Sends the update's answer and goes on; or later, when there is room. */
static void answer(struct intake *intake)
{
    set_unanswered(intake, true); /* before the write, which may have writable told at once */
    int r = cvn_server_call_write(intake->call, intake->type->answer(intake->state));
    if (r == CVN_CALL_LATER)
        return;
    set_unanswered(intake, false);
    if (r) {
        end(intake, r == -EPIPE ? CVN_STORE_CANCELLED : r);
        return;
    }
    if (intake->type->next(intake->state)) {
        begin_update(intake);
        return;
    }
    cvn_arena_reset(&intake->message_arena);
    cvn_arena_reset(&intake->update_arena);
    cvn_server_call_resume(intake->call);
}

/* Copies a message, which is gone when its function returns, and has it taken. */
static int take(struct intake *intake, const ProtobufCMessage *message)
{
    ProtobufCMessage *copy;
    struct cvn_slice bytes;
    set_out(intake, &intake->message_arena);
    intake->mode = CVN_WRITE_STREAM_WRITE;
    int r = 0;
    if (intake->work.who.by_key) /* which may have been revoked since the message before */
        r = cvn_runtime_admit_again(intake->streams->runtime, intake->call, &intake->type->need,
                                    &intake->work);
    intake->ctx->who = intake->work.who;
    if (r == 0)
        r = cvn_ctx_pack(&intake->work, message, &bytes);
    if (r == 0)
        r = cvn_ctx_unpack(&intake->work, message->descriptor, bytes, &copy);
    return r ? r : intake->type->take(&intake->work, intake->state, copy, &intake->mode);
}

static void begin(struct cvn_server_call *call, void *user)
{
    const struct cvn_write_streams *streams = user;
    const struct cvn_write_stream_type *type = streams->types[cvn_server_call_method_index(call)];
    struct cvn_ctx *ctx;
    if (cvn_runtime_admit(streams->runtime, call, &type->need, &ctx) != 0)
        return;
    struct intake *intake = cvn_arena_alloc(ctx->arena, sizeof *intake);
    void *state = cvn_arena_alloc(ctx->arena, type->state_size);
    if (!intake || !state) {
        cvn_answer_fault(ctx->status, ctx->arena, -ENOMEM);
        cvn_server_call_finish(call, ctx->status, NULL);
        return;
    }
    intake->streams = streams;
    intake->type = type;
    intake->call = call;
    intake->ctx = ctx;
    intake->state = state;
    cvn_arena_init(&intake->message_arena, type->message_bytes_max);
    cvn_arena_init(&intake->update_arena, type->update_bytes_max);
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
    int r = take(intake, message);
    if (r)
        end(intake, r);
    else
        begin_update(intake);
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
    cvn_arena_deinit(&intake->message_arena);
    cvn_arena_deinit(&intake->update_arena);
    (void)pthread_mutex_destroy(&intake->lock);
}

int cvn_write_streams_bind(struct cvn_write_streams *streams, struct cvn_server *server,
                           const ProtobufCServiceDescriptor *descriptor,
                           const struct cvn_write_stream_type *const *types)
{
    static const struct cvn_stream_handler stream = {
        .begin = begin,
        .message = take_message,
        .half_close = end_input,
        .writable = go_on,
        .cancelled = give_up,
        .done = forget,
    };
    static const struct cvn_method methods[] = {{.stream = &stream}, {.stream = &stream}};
    assert(descriptor->n_methods <= sizeof methods / sizeof *methods);
    streams->types = types;
    return cvn_server_add_service(server, descriptor, methods, streams);
}
