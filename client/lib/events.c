#include "base/arena.h"
#include "client/lib/convert.h"
#include "client/lib/status.h"
#include "convene/convene.h"

#include <stdlib.h>
#include <string.h>

#define SERVICE "convene.events.v1.EventService/"

enum {
    REQUEST_BYTES = 1 << 20,
    PAGE_SIZE = 200,
    BATCH_TEXT_BYTES = 1 << 20, /* so that a batch fits into one message */
};

static int no_memory(struct convene_status *status)
{
    return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                   "There is no memory for this request.");
}

int convene_register_event(struct convene *client, const struct convene_event *event,
                           unsigned flags, struct convene_registered *ret,
                           struct convene_status *status)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, REQUEST_BYTES);
    Convene__Events__V1__RegisterEventRequest request =
        CONVENE__EVENTS__V1__REGISTER_EVENT_REQUEST__INIT;
    request.event = cvn_event_to_message(&arena, event);
    request.publish = (flags & CONVENE_PUBLISH) != 0;
    if (!request.event) {
        return no_memory(status);
    }
    ProtobufCMessage *message = NULL;
    int r = convene_call(client, SERVICE "RegisterEvent", &request.base, &message, status);
    if (r == 0 && ret) {
        const Convene__Events__V1__RegisterEventResponse *reply = (const void *)message;
        *ret = (struct convene_registered){.outcome = (enum convene_outcome)reply->outcome,
                                           .status = CONVENE_STATUS_INIT};
        cvn_copy_id(ret->id, reply->event ? reply->event->id : "");
    }
    convene_message_free(message);
    return r;
}

void convene_registered_free(struct convene_registered *results, size_t n)
{
    for (size_t i = 0; results && i < n; i++) {
        convene_status_clear(&results[i].status);
    }
    free(results);
}

static size_t text_bytes(const struct convene_event *event)
{
    return (event->description ? strlen(event->description) : 0) +
           (event->title ? strlen(event->title) : 0);
}

/* How many events from first on go into one call. */
static size_t batch_size(const struct convene_batch *batch, size_t first)
{
    size_t n = 0;
    size_t bytes = 0;
    while (first + n < batch->n_events && n < CONVENE_BATCH_MAX) {
        bytes += text_bytes(&batch->events[first + n]);
        if (n > 0 && bytes > BATCH_TEXT_BYTES) {
            break;
        }
        n++;
    }
    return n;
}

static int register_some(struct convene *client, const struct convene_batch *batch, size_t first,
                         size_t n, struct convene_registered *results,
                         struct convene_status *status)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 4 * REQUEST_BYTES);
    Convene__Events__V1__BatchRegisterEventsRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_EVENTS_REQUEST__INIT;
    Convene__Events__V1__Event *events[CONVENE_BATCH_MAX];
    for (size_t i = 0; i < n; i++) {
        events[i] = cvn_event_to_message(&arena, &batch->events[first + i]);
        if (!events[i]) {
            return no_memory(status);
        }
    }
    request.events = events;
    request.n_events = n;
    request.publish = (batch->flags & CONVENE_PUBLISH) != 0;
    request.validate_only = (batch->flags & CONVENE_VALIDATE_ONLY) != 0;
    ProtobufCMessage *message = NULL;
    int r = convene_call(client, SERVICE "BatchRegisterEvents", &request.base, &message, status);
    if (r) {
        return r;
    }
    const Convene__Events__V1__BatchRegisterEventsResponse *reply = (const void *)message;
    if (reply->n_results != n) {
        r = cvn_status_set_sentence(status, CONVENE_INTERNAL,
                                    "The server answered %zu results for %zu events.",
                                    reply->n_results, n);
    }
    for (size_t i = 0; r == 0 && i < n; i++) {
        cvn_registered_of_message(&results[first + i], reply->results[i]);
    }
    convene_message_free(message);
    return r;
}

int convene_register_events(struct convene *client, const struct convene_batch *batch,
                            struct convene_registered **ret_results, struct convene_status *status)
{
    struct convene_registered *results = calloc(batch->n_events + 1, sizeof *results);
    if (!results) {
        return no_memory(status);
    }
    for (size_t i = 0; i < batch->n_events; i++) {
        results[i].status = (struct convene_status)CONVENE_STATUS_INIT;
    }
    int r = 0;
    for (size_t first = 0, n; r == 0 && first < batch->n_events; first += n) {
        n = batch_size(batch, first);
        r = register_some(client, batch, first, n, results, status);
    }
    if (r) {
        convene_registered_free(results, batch->n_events);
        return r;
    }
    *ret_results = results;
    return 0;
}

int convene_list_events(struct convene *client, const struct convene_event_filter *filter,
                        int (*callback)(const struct convene_event *event, void *user), void *user,
                        struct convene_status *status)
{
    struct cvn_filter_parts parts;
    cvn_filter_to_request(&parts, filter);
    ProtobufCMessage *page = NULL;
    size_t shown = 0;
    bool more = true;
    int r = 0;
    while (more) {
        size_t left = filter->limit ? filter->limit - shown : PAGE_SIZE;
        parts.request.page_size = (int32_t)(left < PAGE_SIZE ? left : PAGE_SIZE);
        ProtobufCMessage *next = NULL;
        r = convene_call(client, SERVICE "ListEvents", &parts.request.base, &next, status);
        convene_message_free(page); /* the request borrowed its token */
        page = next;
        if (r) {
            break;
        }
        const Convene__Events__V1__ListEventsResponse *reply = (const void *)page;
        more = *reply->next_page_token != '\0';
        for (size_t i = 0; i < reply->n_events; i++) {
            struct convene_event event;
            cvn_event_of_message(&event, reply->events[i]);
            shown++;
            if (callback(&event, user) || shown == filter->limit) {
                more = false;
                break;
            }
        }
        parts.request.page_token = reply->next_page_token;
    }
    convene_message_free(page);
    return r;
}
