#include "rpc/message.h"
#include "rpc/server_state.h"

#include <stdlib.h>

/* A call that gets message after message lets others have the worker after so many. */
enum { EVENTS_AT_ONCE_MAX = 32, CALLS_HERE_MAX = 16 };

enum event {
    EVENT_NONE,
    EVENT_REQUEST,
    EVENT_BEGIN,
    EVENT_MESSAGE,
    EVENT_HALF_CLOSE,
    EVENT_WRITABLE,
    EVENT_CANCELLED,
};

/* What the handler must be told next. */
static enum event next_event(const struct cvn_server_call *call)
{
    const struct cvn_method *handler = call->handler;
    if (!handler || call->finished)
        return EVENT_NONE;
    bool streams = handler->stream && handler->stream->message;
    if (atomic_load(&call->ended))
        return call->begun && !call->told_cancelled && handler->stream ? EVENT_CANCELLED
                                                                       : EVENT_NONE;
    if (!call->begun && streams)
        return EVENT_BEGIN;
    if (!call->begun)
        return call->half_closed && call->whole ? EVENT_REQUEST : EVENT_NONE;
    if (call->wants_to_write) /* who asks on without reading is not asked on for */
        return cvn_flow_has_room(&call->out) ? EVENT_WRITABLE : EVENT_NONE;
    if (call->held)
        return EVENT_NONE;
    if (call->inbox_first)
        return EVENT_MESSAGE;
    if (streams && call->half_closed && !call->told_half_close)
        return EVENT_HALF_CLOSE;
    return EVENT_NONE;
}

/*
 * Wakes a worker unless one is on its way: who takes a call and leaves others wakes the next. So
 * short calls that come together are run by few, and long ones by as many as there are.
 */
static void wake_worker(struct cvn_server *server)
{
    if (server->n_waking > 0 || server->n_idle == 0)
        return;
    server->n_idle--;
    server->n_waking++;
    (void)pthread_cond_signal(&server->work);
}

bool cvn_server_call_enqueue(struct cvn_server_call *call)
{
    if (next_event(call) == EVENT_NONE)
        return false;
    struct cvn_server *server = call->connection->server;
    call->busy = true;
    call->next = NULL;
    if (server->run_last)
        server->run_last->next = call;
    else
        server->run_first = call;
    server->run_last = call;
    if (server->taking_in)
        server->n_unwoken++;
    else
        wake_worker(server);
    return true;
}

bool cvn_server_wake_workers(struct cvn_server *server)
{
    server->taking_in = false;
    bool here = server->n_unwoken > 0 && !server->running_here;
    if (here) {
        server->running_here = true;
        server->n_unwoken--;
    }
    if (server->n_unwoken > 0)
        wake_worker(server);
    server->n_unwoken = 0;
    return here;
}

/* The call that waits longest for a worker; NULL when none does. */
static struct cvn_server_call *shift_waiting(struct cvn_server *server)
{
    struct cvn_server_call *call = server->run_first;
    if (!call)
        return NULL;
    server->run_first = call->next;
    if (server->run_first)
        wake_worker(server);
    else
        server->run_last = NULL;
    return call;
}

void cvn_server_run_here(struct cvn_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    struct cvn_server_call *call;
    for (int n = 0; n < CALLS_HERE_MAX && (call = shift_waiting(server)); n++) {
        cvn_server_call_run(call);
        cvn_server_log_over(server);
    }
    server->running_here = false;
    (void)pthread_mutex_unlock(&server->lock);
}

static void wait_work(struct cvn_server *server)
{
    server->n_idle++;
    (void)pthread_cond_wait(&server->work, &server->lock);
    if (server->n_waking > 0)
        server->n_waking--;
    else
        server->n_idle--; /* nobody did; it happens */
}

void cvn_server_work(struct cvn_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    for (;;) {
        while (!server->run_first && !server->stopping)
            wait_work(server);
        struct cvn_server_call *call = shift_waiting(server);
        if (!call)
            break;
        cvn_server_call_run(call);
        cvn_server_log_over(server);
    }
    (void)pthread_mutex_unlock(&server->lock);
}

/* Asks the interceptors. Whether all let it pass; else the call is finished. */
static bool intercept(struct cvn_server_call *call)
{
    const struct cvn_server *server = call->connection->server;
    struct cvn_status status = {0};
    for (; call->n_begun < server->options.n_interceptors; call->n_begun++) {
        const struct cvn_interceptor *interceptor = &server->interceptors[call->n_begun];
        enum cvn_code code =
            interceptor->begin ? interceptor->begin(interceptor->user, call, &status) : CVN_OK;
        if (code != CVN_OK) {
            status.code = code; /* it may have said no more than that */
            cvn_server_call_finish(call, &status, NULL);
            return false;
        }
    }
    return true;
}

/* Unpacks and checks a request into the arena. False with the status that refuses it. */
static bool read_request(const struct cvn_server_call *call, struct cvn_slice bytes,
                         struct cvn_arena *arena, ProtobufCMessage **ret, struct cvn_status *status)
{
    const ProtobufCMethodDescriptor *method =
        &call->service->descriptor->methods[call->method_index];
    int r = cvn_message_unpack(method->input, arena, bytes, ret);
    if (r < 0) {
        if (arena->overflowed)
            *status = (struct cvn_status){
                .code = CVN_RESOURCE_EXHAUSTED,
                .message = "The request unfolds to more memory than one call may use."};
        else
            (void)cvn_status_set(status, arena, CVN_INVALID_ARGUMENT,
                                 "The request is no %s: its bytes do not read as one.",
                                 method->input->name);
    } else {
        struct cvn_problems problems;
        cvn_problems_init(&problems, arena);
        cvn_message_check(*ret, &problems);
        if (problems.total == 0)
            return true;
        cvn_status_from_problems(status, arena, &problems);
    }
    return false;
}

static void tell_request(struct cvn_server_call *call)
{
    ProtobufCMessage *request;
    struct cvn_status status = {0};
    bool good = intercept(call);
    if (good && !read_request(call, cvn_slice(call->incoming, call->incoming_len), &call->arena,
                              &request, &status)) {
        cvn_server_call_finish(call, &status, NULL);
        good = false;
    }
    free(call->incoming); /* no longer counted among what waits */
    call->incoming = NULL;
    call->incoming_len = 0;
    call->handled = good;
    if (good)
        call->handler->unary(call, request, call->service->user);
}

static void tell_message(struct cvn_server_call *call, struct cvn_inbox_message *message)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, call->connection->server->options.max_arena_bytes);
    ProtobufCMessage *request;
    struct cvn_status status = {0};
    if (read_request(call, cvn_slice(message->bytes, message->len), &arena, &request, &status)) {
        call->handler->stream->message(call, request, call->service->user);
        return;
    }
    /* To finish the call is its handler's, which is told that nobody waits any more. */
    struct cvn_server *server = call->connection->server;
    (void)pthread_mutex_lock(&server->lock);
    cvn_server_call_end(call, &status);
    (void)pthread_mutex_unlock(&server->lock);
}

static void tell_begin(struct cvn_server_call *call)
{
    const struct cvn_stream_handler *stream = call->handler->stream;
    call->handled = intercept(call);
    if (call->handled && stream->begin)
        stream->begin(call, call->service->user);
}

/* Takes out what the event is about and notes that it is told; with the lock held. */
static struct cvn_inbox_message *take_event(struct cvn_server_call *call, enum event event)
{
    struct cvn_inbox_message *message = NULL;
    switch (event) {
    case EVENT_NONE:
        break;
    case EVENT_REQUEST:
        call->connection->incoming_bytes -= call->incoming_len;
        call->begun = true;
        break;
    case EVENT_BEGIN:
        call->begun = true;
        break;
    case EVENT_MESSAGE:
        message = call->inbox_first;
        call->inbox_first = message->next;
        if (!call->inbox_first)
            call->inbox_last = NULL;
        call->connection->incoming_bytes -= message->len;
        break;
    case EVENT_HALF_CLOSE:
        call->told_half_close = true;
        break;
    case EVENT_WRITABLE:
        call->wants_to_write = false;
        break;
    case EVENT_CANCELLED:
        call->told_cancelled = true;
        break;
    }
    return message;
}

/* Without the lock. */
static void tell(struct cvn_server_call *call, enum event event, struct cvn_inbox_message *message)
{
    const struct cvn_stream_handler *stream = call->handler->stream;
    void *user = call->service->user;
    switch (event) {
    case EVENT_NONE:
        break;
    case EVENT_REQUEST:
        tell_request(call);
        break;
    case EVENT_BEGIN:
        tell_begin(call);
        break;
    case EVENT_MESSAGE:
        tell_message(call, message);
        break;
    case EVENT_HALF_CLOSE:
        if (stream->half_close)
            stream->half_close(call, user);
        break;
    case EVENT_WRITABLE:
        if (stream->writable)
            stream->writable(call, user);
        break;
    case EVENT_CANCELLED:
        if (stream->cancelled)
            stream->cancelled(call, user);
        break;
    }
}

void cvn_server_call_run(struct cvn_server_call *call)
{
    struct cvn_server *server = call->connection->server;
    enum event event = next_event(call);
    for (unsigned n = 0; n < EVENTS_AT_ONCE_MAX && event != EVENT_NONE; n++) {
        struct cvn_inbox_message *message = take_event(call, event);
        (void)pthread_mutex_unlock(&server->lock);
        tell(call, event, message);
        (void)pthread_mutex_lock(&server->lock);
        if (message) {
            if (cvn_server_call_give_credit(call, message->cost))
                cvn_connection_send(call->connection);
            else
                cvn_connection_cut_off(call->connection);
            free(message->bytes);
            free(message);
        }
        event = next_event(call);
    }
    call->busy = false;
    cvn_server_call_settle(call);
}

static void tell_interceptors(const struct cvn_server_call *call)
{
    const struct cvn_server *server = call->connection->server;
    struct cvn_call_record record = {
        .method = call->method,
        .known = call->handler != NULL,
        .code = call->ended_code,
        .duration_us = cvn_rpc_now_us() - call->began_us,
        .bytes_in = call->bytes_in,
        .bytes_out = call->bytes_out,
        .principal = call->principal[0] ? call->principal : NULL,
        .request_id = cvn_metadata_get(&call->metadata, "x-request-id"),
        .traceparent = cvn_metadata_get(&call->metadata, "traceparent"),
        .peer = &call->connection->peer,
    };
    for (size_t i = server->options.n_interceptors; i > 0; i--) {
        const struct cvn_interceptor *interceptor = &server->interceptors[i - 1];
        record.interceptor_state = call->interceptor_states[i - 1];
        if (interceptor->end)
            interceptor->end(interceptor->user, &record, i <= call->n_begun);
    }
}

static struct cvn_server_call *oldest_first(struct cvn_server_call *newest)
{
    struct cvn_server_call *oldest = NULL;
    while (newest) {
        struct cvn_server_call *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* Tells of the calls and frees what is theirs alone; what is left of each goes on being linked. */
static void close_all(struct cvn_server_call *calls)
{
    for (struct cvn_server_call *call = calls; call; call = call->next) {
        if (call->handled && call->handler->stream && call->handler->stream->done)
            call->handler->stream->done(call, call->service->user);
        tell_interceptors(call);
        cvn_arena_deinit(&call->arena);
        cvn_frames_clear(&call->out.queue);
        free(call->incoming);
        while (call->inbox_first) {
            struct cvn_inbox_message *message = call->inbox_first;
            call->inbox_first = message->next;
            free(message->bytes);
            free(message);
        }
    }
}

static void run_hooks(struct cvn_server *server)
{
    struct cvn_server_call *call;
    while ((call = server->hooked)) {
        server->hooked = call->next_hooked;
        void (*hook)(void *arg) = call->hook;
        void *arg = call->hook_arg;
        call->hook = NULL;
        call->hook_due = false;
        if (hook) { /* the call was not finished meanwhile */
            call->hook_runs = true;
            (void)pthread_mutex_unlock(&server->lock);
            hook(arg);
            (void)pthread_mutex_lock(&server->lock);
            call->hook_runs = false;
        }
        (void)pthread_cond_broadcast(&server->calm);
        cvn_server_call_settle(call);
    }
}

void cvn_server_log_over(struct cvn_server *server)
{
    run_hooks(server);
    while (server->over) {
        struct cvn_server_call *call = oldest_first(server->over);
        server->over = NULL;
        (void)pthread_mutex_unlock(&server->lock);
        close_all(call);
        (void)pthread_mutex_lock(&server->lock);
        while (call) {
            struct cvn_server_call *next = call->next;
            cvn_connection_unref(call->connection);
            if (server->n_spare < CVN_SERVER_SPARE_CALLS_MAX) {
                call->next = server->spare;
                server->spare = call;
                server->n_spare++;
            } else {
                free(call);
            }
            if (--server->n_calls == 0)
                (void)pthread_cond_broadcast(&server->calm);
            call = next;
        }
    }
}
