#include "services/events/meetups/register_stream.h"

#include "convene/events/v1/registrar.pb-c.h"
#include "services/events/meetups/event_batch.h"

enum { MESSAGE_BYTES = 64 << 20 }; /* memory for a message, and for its answer */

struct intake {
    bool begun; /* the first message has said what all are to be */
    bool publish, validate_only;
    int64_t n_events; /* in the messages before this one */
    void *refused;    /* what check has left for the batch */
    Convene__Events__V1__BatchRegisterEventsRequest request;
    Convene__Events__V1__BatchRegisterEventsResponse reply;
    Convene__Events__V1__StreamRegisterEventsResponse answer;
};

static int take(struct cvn_ctx *ctx, void *state, ProtobufCMessage *message,
                enum cvn_write_stream_mode *ret_mode)
{
    struct intake *intake = state;
    const Convene__Events__V1__StreamRegisterEventsRequest *chunk = (const void *)message;
    if (!intake->begun) {
        intake->begun = true;
        intake->publish = chunk->publish;
        intake->validate_only = chunk->validate_only;
    }
    if (intake->validate_only)
        *ret_mode = CVN_WRITE_STREAM_READ;
    convene__events__v1__batch_register_events_request__init(&intake->request);
    intake->request.n_events = chunk->n_events;
    intake->request.events = chunk->events;
    intake->request.publish = intake->publish;
    intake->request.validate_only = intake->validate_only;
    int r = cvn_event_check_batch(ctx, &intake->request);
    intake->refused = ctx->prepared;
    return r;
}

static int run(struct cvn_ctx *ctx, void *state)
{
    struct intake *intake = state;
    ctx->prepared = intake->refused;
    convene__events__v1__batch_register_events_response__init(&intake->reply);
    return cvn_event_register_batch(ctx, &intake->request, &intake->reply);
}

static const ProtobufCMessage *answer(void *state)
{
    struct intake *intake = state;
    convene__events__v1__stream_register_events_response__init(&intake->answer);
    intake->answer.first_index = intake->n_events;
    intake->answer.n_results = intake->reply.n_results;
    intake->answer.results = intake->reply.results;
    return &intake->answer.base;
}

static bool next(void *state)
{
    struct intake *intake = state;
    intake->n_events += (int64_t)intake->request.n_events;
    return false;
}

const struct cvn_write_stream_type cvn_register_stream = {
    .need = {"StreamRegisterEvents", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN,
             .scope = CVN_SCOPE_EVENTS_REGISTER},
    .message_bytes_max = MESSAGE_BYTES,
    .update_bytes_max = MESSAGE_BYTES,
    .state_size = sizeof(struct intake),
    .take = take,
    .run = run,
    .answer = answer,
    .next = next,
};
