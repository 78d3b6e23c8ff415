/* Whether the server of a link says that it is serving: gRPC's client-side health checking. */
#include "grpc/health/v1/health.pb-c.h"
#include "rpc/channel_state.h"
#include "rpc/clock.h"
#include "rpc/message.h"

#include <stdlib.h>

#define METHOD "grpc.health.v1.Health/Watch"

enum {
    REQUEST_BYTES_MAX = 1024, /* no server knows a longer name */
    REPLY_ARENA_BYTES = 4096,
    ATTEMPTS_COUNTED_MAX = CVN_RETRY_ATTEMPTS_MAX - 1, /* with which the pauses stop growing */
};

/* NULL without memory, or for a name that is too long to be one. */
static struct cvn_client_call *new_watch(const struct cvn_channel *channel)
{
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    request.service = channel->health_service;
    uint8_t packed[REQUEST_BYTES_MAX];
    if (grpc__health__v1__health_check_request__get_packed_size(&request) > sizeof packed)
        return NULL;
    struct cvn_client_call_start start = {
        .method = METHOD,
        .request =
            cvn_slice(packed, grpc__health__v1__health_check_request__pack(&request, packed)),
        .streams = true,
    };
    return cvn_client_call_new(channel, &start);
}

/* Tries later, after a pause that grows with each failure in a row, as between attempts of calls.
 */
static void begin_later(struct cvn_link *link)
{
    struct cvn_channel *channel = link->channel;
    struct cvn_retry_policy policy = {
        .max_attempts = CVN_RETRY_ATTEMPTS_MAX,
        .initial_backoff_ms = channel->options.retry.initial_backoff_ms,
        .codes = CVN_RETRY_CODE(CVN_UNAVAILABLE),
    };
    struct cvn_retry_throttle unthrottled = {0};
    if (link->n_health_failures < ATTEMPTS_COUNTED_MAX)
        link->n_health_failures++;
    struct cvn_retry_question question = {.code = CVN_UNAVAILABLE,
                                          .n_attempts = link->n_health_failures,
                                          .random = cvn_channel_random(channel)};
    cvn_deadlines_remove(&channel->health_agains, &link->health_again);
    link->health_again.at_ms =
        cvn_rpc_now_ms() + cvn_retry_delay_ms(&policy, &unthrottled, &question);
    if (cvn_deadlines_add(&channel->health_agains, &link->health_again) == 0)
        cvn_watch_alarm(&channel->watch, link->health_again.at_ms);
}

static void begin(struct cvn_link *link)
{
    if (!link->ready || link->health || link->channel->closing)
        return;
    struct cvn_client_call *call = new_watch(link->channel);
    if (call) {
        call->watches = link;
        link->health = call;
    }
    if (call && !cvn_client_call_put(call, link)) {
        link->health = NULL;
        cvn_client_call_free(call);
        call = NULL;
    }
    if (!call)
        begin_later(link);
}

void cvn_link_health_begin(struct cvn_link *link)
{
    if (!link->channel->health_service)
        return;
    link->unhealthy = true;
    link->n_health_failures = 0;
    begin(link);
}

void cvn_link_health_end(struct cvn_link *link)
{
    link->health = NULL;
    cvn_deadlines_remove(&link->channel->health_agains, &link->health_again);
}

void cvn_links_health_again(struct cvn_channel *channel, int64_t now_ms)
{
    struct cvn_deadline *first;
    while ((first = cvn_deadlines_first(&channel->health_agains)) && first->at_ms <= now_ms) {
        cvn_deadlines_remove(&channel->health_agains, first);
        struct cvn_link *link = (void *)((char *)first - offsetof(struct cvn_link, health_again));
        begin(link);
        cvn_link_send(link);
    }
    if (first)
        cvn_watch_alarm(&channel->watch, first->at_ms);
}

static bool is_serving(struct cvn_slice bytes)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, REPLY_ARENA_BYTES);
    ProtobufCMessage *message;
    return cvn_message_unpack(&grpc__health__v1__health_check_response__descriptor, &arena, bytes,
                              &message) == 0 &&
           ((const Grpc__Health__V1__HealthCheckResponse *)message)->status ==
               GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
}

void cvn_link_health_tell(struct cvn_client_call *call)
{
    struct cvn_link *link = call->watches;
    struct cvn_reply_message *message;
    bool present = link->health == call;
    while ((message = call->inbox_first)) {
        call->inbox_first = message->next;
        if (!call->inbox_first)
            call->inbox_last = NULL;
        cvn_client_call_give_credit(call, message->cost);
        if (present) {
            link->unhealthy = !is_serving(cvn_slice(message->bytes, message->len));
            link->n_health_failures = 0;
        }
        free(message->bytes);
        free(message);
    }
    if (call->ended && present) {
        link->health = NULL;
        /* A server that has no such service cannot say that it is not serving. */
        link->unhealthy = call->status.code != CVN_UNIMPLEMENTED;
        if (link->unhealthy && link->ready)
            begin_later(link);
    }
    if (call->ended)
        cvn_client_call_free(call);
    cvn_channel_put_waiting(link->channel);
}
