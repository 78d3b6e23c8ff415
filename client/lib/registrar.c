#include "client/lib/registrar.h"

#include "client/lib/sender.h"
#include "client/lib/status.h"
#include "rpc/message.h"

#include <stdlib.h>

enum { ARENA_BYTES = 64 << 20 }; /* of one chunk */

/* Records that travel in one message. */
struct chunk {
    Convene__Events__V1__StreamRegisterEventsRequest request;
    Convene__Events__V1__Event *events[CVN_REGISTRAR_CHUNK_EVENTS];
    uint64_t tags[CVN_REGISTRAR_CHUNK_EVENTS];
    size_t bytes;
};

struct cvn_registrar {
    struct cvn_registrar_options options;
    struct cvn_sender *sender;
    struct cvn_sender_message *gathering; /* NULL: the next record begins another */
};

static int take_answer(void *arg, struct cvn_sender_message *message,
                       const ProtobufCMessage *answer, struct convene_status *status)
{
    struct cvn_registrar *registrar = arg;
    const struct chunk *chunk = message->user;
    const Convene__Events__V1__StreamRegisterEventsResponse *response = (const void *)answer;
    if (response->n_results != chunk->request.n_events) {
        return cvn_status_set_sentence(status, CONVENE_INTERNAL,
                                       "The server's answer does not belong to what it was sent.");
    }
    for (size_t i = 0; i < response->n_results; i++) {
        registrar->options.result(registrar->options.arg, chunk->tags[i], response->results[i]);
    }
    return 0;
}

static void tell_line(void *arg, const struct convene_status *why)
{
    const struct cvn_registrar *registrar = arg;
    if (registrar->options.line) {
        registrar->options.line(registrar->options.arg, why);
    }
}

static bool is_interrupted(void *arg)
{
    const struct cvn_registrar *registrar = arg;
    return registrar->options.interrupted && registrar->options.interrupted(registrar->options.arg);
}

int cvn_registrar_new(struct cvn_registrar **ret, struct convene *client,
                      const struct cvn_registrar_options *options, struct convene_status *status)
{
    struct cvn_registrar *registrar = calloc(1, sizeof *registrar);
    if (!registrar) {
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory to register with.");
    }
    registrar->options = *options;
    const struct cvn_sender_options inner = {
        .request = {.service = &convene__events__v1__registrar_service__descriptor,
                    .method = "StreamRegisterEvents"},
        .under_way_max = CVN_REGISTRAR_CHUNKS - 1,
        .answer = take_answer,
        .line = tell_line,
        .interrupted = is_interrupted,
        .arg = registrar,
    };
    int r = cvn_sender_new(&registrar->sender, client, &inner, status);
    if (r) {
        free(registrar);
        return r;
    }
    *ret = registrar;
    return 0;
}

void cvn_registrar_free(struct cvn_registrar *registrar)
{
    if (!registrar) {
        return;
    }
    cvn_sender_message_free(registrar->gathering);
    cvn_sender_free(registrar->sender);
    free(registrar);
}

static struct cvn_sender_message *begin_chunk(const struct cvn_registrar *registrar)
{
    struct cvn_sender_message *message = cvn_sender_message_new(ARENA_BYTES);
    struct chunk *chunk = message ? cvn_arena_alloc(&message->arena, sizeof *chunk) : NULL;
    if (!chunk) {
        cvn_sender_message_free(message);
        return NULL;
    }
    convene__events__v1__stream_register_events_request__init(&chunk->request);
    chunk->request.publish = (registrar->options.flags & CONVENE_PUBLISH) != 0;
    chunk->request.validate_only = (registrar->options.flags & CONVENE_VALIDATE_ONLY) != 0;
    chunk->request.events = chunk->events;
    message->message = &chunk->request.base;
    message->user = chunk;
    return message;
}

static int add(struct cvn_sender_message *message, const Convene__Events__V1__Event *event,
               uint64_t tag)
{
    struct chunk *chunk = message->user;
    struct cvn_slice packed;
    ProtobufCMessage *copy;
    int r = cvn_message_pack(&event->base, &message->arena, &packed);
    if (r == 0) {
        r = cvn_message_unpack(event->base.descriptor, &message->arena, packed, &copy);
    }
    if (r) {
        return r;
    }
    chunk->tags[chunk->request.n_events] = tag;
    chunk->events[chunk->request.n_events++] = (Convene__Events__V1__Event *)copy;
    chunk->bytes += packed.len;
    return 0;
}

/* Sends what has gathered. */
static int send_chunk(struct cvn_registrar *registrar, struct convene_status *status)
{
    struct cvn_sender_message *message = registrar->gathering;
    registrar->gathering = NULL;
    return message ? cvn_sender_push(registrar->sender, message, status) : 0;
}

int cvn_registrar_push(struct cvn_registrar *registrar, const Convene__Events__V1__Event *event,
                       uint64_t tag, struct convene_status *status)
{
    if (cvn_sender_failed(registrar->sender)) {
        return cvn_sender_flush(registrar->sender, status);
    }
    size_t size = convene__events__v1__event__get_packed_size(event);
    if (size > CVN_REGISTRAR_EVENT_BYTES_MAX) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "The event has %zu bytes; at most %d are right.", size,
                                       CVN_REGISTRAR_EVENT_BYTES_MAX);
    }
    if (!registrar->gathering) {
        registrar->gathering = begin_chunk(registrar);
    }
    if (!registrar->gathering || add(registrar->gathering, event, tag) != 0) {
        return cvn_sender_fail(registrar->sender, CONVENE_RESOURCE_EXHAUSTED,
                               "There is no memory for the event.", status);
    }
    const struct chunk *chunk = registrar->gathering->user;
    bool whole = chunk->request.n_events == CVN_REGISTRAR_CHUNK_EVENTS ||
                 chunk->bytes >= CVN_REGISTRAR_CHUNK_BYTES;
    return whole ? send_chunk(registrar, status) : 0;
}

int cvn_registrar_flush(struct cvn_registrar *registrar, struct convene_status *status)
{
    int r = send_chunk(registrar, status);
    return r ? r : cvn_sender_flush(registrar->sender, status);
}
