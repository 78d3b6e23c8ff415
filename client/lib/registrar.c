#include "client/lib/registrar.h"

#include "client/lib/channel.h"
#include "client/lib/line.h"
#include "client/lib/status.h"
#include "rpc/message.h"

#include <stdlib.h>

enum {
    ARENA_BYTES = 64 << 20, /* of one chunk, or one answer */
    WAIT_MS = 200,          /* between two looks at whether to give up */
};

/* Records that travel in one message. */
struct chunk {
    struct chunk *next;
    struct cvn_arena arena;
    Convene__Events__V1__Event *events[CVN_REGISTRAR_CHUNK_EVENTS];
    uint64_t tags[CVN_REGISTRAR_CHUNK_EVENTS];
    size_t n, bytes;
    bool sent; /* in the call that is open */
};

struct cvn_registrar {
    struct cvn_registrar_options options;
    struct cvn_line line;
    struct chunk *first, **end; /* unanswered, oldest first; the last may still gather */
    struct chunk *gathering;    /* NULL: the next record begins another */
    size_t n_chunks;
    bool broken; /* and that was told */
    int failed;  /* the code; from then on nothing is done any more */
    struct convene_status why;
};

static int fail(struct cvn_registrar *registrar, int code, struct convene_status *status)
{
    if (!registrar->failed) {
        registrar->failed = code;
    }
    if (!status) {
        return registrar->failed;
    }
    if (registrar->why.code == CONVENE_OK) {
        return cvn_status_set_sentence(status, (enum convene_code)registrar->failed,
                                       "Registering has failed before.");
    }
    convene_status_clear(status);
    *status = registrar->why;
    registrar->why = (struct convene_status)CONVENE_STATUS_INIT;
    return registrar->failed;
}

static int fail_for(struct cvn_registrar *registrar, enum convene_code code, const char *sentence)
{
    (void)cvn_status_set_sentence(&registrar->why, code, "%s", sentence);
    registrar->failed = (int)code;
    return (int)code;
}

int cvn_registrar_new(struct cvn_registrar **ret, struct convene *client,
                      const struct cvn_registrar_options *options, struct convene_status *status)
{
    struct cvn_registrar *registrar = calloc(1, sizeof *registrar);
    int64_t patience_ms = cvn_client_timeout_ms(client);
    if (!registrar || cvn_line_init(&registrar->line, client, patience_ms) != 0) {
        free(registrar);
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory to register with.");
    }
    registrar->options = *options;
    registrar->why = (struct convene_status)CONVENE_STATUS_INIT;
    registrar->end = &registrar->first;
    registrar->line.request = (struct cvn_call_request){
        .service = &convene__events__v1__registrar_service__descriptor,
        .method = "StreamRegisterEvents",
    };
    *ret = registrar;
    return 0;
}

static void drop_first(struct cvn_registrar *registrar)
{
    struct chunk *chunk = registrar->first;
    registrar->first = chunk->next;
    if (!registrar->first) {
        registrar->end = &registrar->first;
    }
    registrar->n_chunks--;
    cvn_arena_deinit(&chunk->arena);
    free(chunk);
}

void cvn_registrar_free(struct cvn_registrar *registrar)
{
    if (!registrar) {
        return;
    }
    while (registrar->first) {
        drop_first(registrar);
    }
    cvn_line_deinit(&registrar->line);
    convene_status_clear(&registrar->why);
    free(registrar);
}

/* Sends what is complete and was not sent in this call, as far as it is taken. */
static void send_chunks(struct cvn_registrar *registrar)
{
    for (struct chunk *chunk = registrar->first; chunk; chunk = chunk->next) {
        if (chunk->sent || chunk == registrar->gathering) {
            continue;
        }
        Convene__Events__V1__StreamRegisterEventsRequest request =
            CONVENE__EVENTS__V1__STREAM_REGISTER_EVENTS_REQUEST__INIT;
        request.publish = (registrar->options.flags & CONVENE_PUBLISH) != 0;
        request.validate_only = (registrar->options.flags & CONVENE_VALIDATE_ONLY) != 0;
        request.n_events = chunk->n;
        request.events = chunk->events;
        if (cvn_stream_try_write(registrar->line.stream, &request.base) != 0) {
            return; /* later, or the end is read next */
        }
        chunk->sent = true;
    }
}

static int take_answer(struct cvn_registrar *registrar,
                       const Convene__Events__V1__StreamRegisterEventsResponse *answer)
{
    struct chunk *chunk = registrar->first;
    if (!chunk || !chunk->sent || answer->n_results != chunk->n) {
        return fail_for(registrar, CONVENE_INTERNAL,
                        "The server's answer does not belong to what it was sent.");
    }
    for (size_t i = 0; i < chunk->n; i++) {
        registrar->options.result(registrar->options.arg, chunk->tags[i], answer->results[i]);
    }
    drop_first(registrar);
    return 0;
}

static void tell_line(struct cvn_registrar *registrar, const struct convene_status *why)
{
    if (registrar->options.line && registrar->broken != (why != NULL)) {
        registrar->options.line(registrar->options.arg, why);
    }
    registrar->broken = why != NULL;
}

/* Reads one answer. 0 when there was one; CVN_LINE_LATER; the code of a failure, negative. */
static int read_answer(struct cvn_registrar *registrar)
{
    CVN_ARENA_AUTO arena;
    ProtobufCMessage *message;
    cvn_arena_init(&arena, ARENA_BYTES);
    int r = cvn_line_read(&registrar->line, &arena, &message, &registrar->why);
    if (r == 0) {
        tell_line(registrar, NULL);
        return -take_answer(registrar, (const void *)message);
    }
    if (r == CVN_LINE_BROKEN) {
        tell_line(registrar, &registrar->why);
        return CVN_LINE_LATER;
    }
    if (r == CVN_LINE_ENDED) {
        return -fail_for(registrar, CONVENE_INTERNAL, "The server ended the stream too early.");
    }
    return r;
}

/* Sends and takes what can be, without waiting. 0 or the code of a failure. */
static int move(struct cvn_registrar *registrar)
{
    int r = cvn_line_open(&registrar->line);
    if (r == 0) {
        for (struct chunk *chunk = registrar->first; chunk; chunk = chunk->next) {
            chunk->sent = false;
        }
    } else if (r < 0) {
        return fail_for(registrar, CONVENE_RESOURCE_EXHAUSTED, "There is no memory for a call.");
    }
    if (registrar->line.stream) {
        send_chunks(registrar);
    }
    do {
        r = read_answer(registrar);
    } while (r == 0);
    return r < 0 ? -r : 0;
}

/* Moves on until no more than n chunks are unanswered. */
static int settle(struct cvn_registrar *registrar, size_t n, struct convene_status *status)
{
    int r = registrar->failed;
    while (r == 0 && registrar->n_chunks > n) {
        r = move(registrar);
        if (r || registrar->n_chunks <= n) {
            break;
        }
        if (registrar->options.interrupted &&
            registrar->options.interrupted(registrar->options.arg)) {
            r = fail_for(registrar, CONVENE_CANCELLED, "Registering was given up.");
            break;
        }
        cvn_line_wait(&registrar->line, WAIT_MS);
    }
    return r ? fail(registrar, r, status) : 0;
}

static struct chunk *begin_chunk(struct cvn_registrar *registrar)
{
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk) {
        cvn_arena_init(&chunk->arena, ARENA_BYTES);
        *registrar->end = chunk;
        registrar->end = &chunk->next;
        registrar->gathering = chunk;
        registrar->n_chunks++;
    }
    return chunk;
}

static int add(struct chunk *chunk, const Convene__Events__V1__Event *event, uint64_t tag)
{
    struct cvn_slice packed;
    ProtobufCMessage *copy;
    int r = cvn_message_pack(&event->base, &chunk->arena, &packed);
    if (r == 0) {
        r = cvn_message_unpack(event->base.descriptor, &chunk->arena, packed, &copy);
    }
    if (r) {
        return r;
    }
    chunk->events[chunk->n] = (Convene__Events__V1__Event *)copy;
    chunk->tags[chunk->n++] = tag;
    chunk->bytes += packed.len;
    return 0;
}

int cvn_registrar_push(struct cvn_registrar *registrar, const Convene__Events__V1__Event *event,
                       uint64_t tag, struct convene_status *status)
{
    if (registrar->failed) {
        return fail(registrar, registrar->failed, status);
    }
    size_t size = convene__events__v1__event__get_packed_size(event);
    if (size > CVN_REGISTRAR_EVENT_BYTES_MAX) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "The event has %zu bytes; at most %d are right.", size,
                                       CVN_REGISTRAR_EVENT_BYTES_MAX);
    }
    struct chunk *chunk = registrar->gathering ? registrar->gathering : begin_chunk(registrar);
    if (!chunk || add(chunk, event, tag) != 0) {
        (void)fail_for(registrar, CONVENE_RESOURCE_EXHAUSTED, "There is no memory for the event.");
        return fail(registrar, CONVENE_RESOURCE_EXHAUSTED, status);
    }
    if (chunk->n < CVN_REGISTRAR_CHUNK_EVENTS && chunk->bytes < CVN_REGISTRAR_CHUNK_BYTES) {
        return 0;
    }
    registrar->gathering = NULL;
    int r = move(registrar);
    return r ? fail(registrar, r, status) : settle(registrar, CVN_REGISTRAR_CHUNKS_MAX - 1, status);
}

int cvn_registrar_flush(struct cvn_registrar *registrar, struct convene_status *status)
{
    registrar->gathering = NULL;
    return settle(registrar, 0, status);
}
