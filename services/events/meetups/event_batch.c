#include "services/events/meetups/event_batch.h"

#include "services/events/field_check.h"
#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_write.h"
#include "services/events/record.h"
#include "services/events/refusal.h"
#include "services/events/service.h"

#include <errno.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name

static struct cvn_zones *zones_of(const struct cvn_ctx *ctx)
{
    return ((const struct cvn_events_service *)ctx->service)->zones;
}

int cvn_event_check_record(struct cvn_problems *problems, const char *path,
                           const Convene__Events__V1__Event *event, struct cvn_zones *zones)
{
    if (event && !event->external_id[0])
        cvn_problems_add(problems, cvn_field_path(problems, "%s.external_id", path),
                         "is empty; your own key for the event is right, the same each time it is "
                         "registered");
    return cvn_event_check(problems, path, event, zones);
}

int cvn_event_check_batch(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchRegisterEventsRequest *req = request;
    if (req->n_events > CVN_EVENT_BATCH_MAX) {
        cvn_problems_add(&ctx->problems, "events",
                         "has %zu records; at most %d in one call are "
                         "right",
                         req->n_events, CVN_EVENT_BATCH_MAX);
        return cvn_ctx_refuse_problems(ctx);
    }
    Convene__Events__V1__RegisterResult **refused = cvn_arena_alloc_array(
        ctx->arena, req->n_events, sizeof(Convene__Events__V1__RegisterResult *));
    if (!refused)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_events; i++) {
        struct cvn_problems problems;
        cvn_problems_init(&problems, ctx->arena);
        const char *path = cvn_field_path(&problems, "events[%zu]", i);
        int r = cvn_event_check_record(&problems, path, req->events[i], zones_of(ctx));
        if (r == 0 && problems.total > 0 && !(refused[i] = cvn_record_refused(&problems)))
            r = -ENOMEM;
        if (r)
            return r;
    }
    ctx->prepared = refused;
    return 0;
}

/* The line of the report for a record that the store's state refused. */
static Convene__Events__V1__RegisterResult *refused_by_state(struct cvn_ctx *ctx)
{
    Convene__Events__V1__RegisterResult *result = cvn_arena_alloc(ctx->arena, sizeof *result);
    if (!result)
        return NULL;
    convene__events__v1__register_result__init(result);
    result->outcome = OUTCOME(REFUSED);
    result->status = cvn_refusal_status(ctx);
    return result->status ? result : NULL;
}

static int register_record(struct cvn_ctx *ctx,
                           const Convene__Events__V1__BatchRegisterEventsRequest *req, size_t i,
                           Convene__Events__V1__RegisterResult **ret)
{
    Convene__Events__V1__Event event = *req->events[i];
    Convene__Events__V1__RegisterResult__Outcome outcome;
    cvn_problems_init(&ctx->problems, ctx->arena); /* of this record alone */
    int r = cvn_event_register(ctx, &event,
                               (struct cvn_event_register_how){.publish = req->publish,
                                                               .validate_only = req->validate_only},
                               &outcome);
    if (r == CVN_REFUSED)
        *ret = refused_by_state(ctx);
    else if (r == 0)
        *ret = cvn_record_stored(ctx->arena, event.id, outcome);
    else
        return r;
    return *ret ? 0 : -ENOMEM;
}

int cvn_event_register_batch(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BatchRegisterEventsRequest *req = request;
    Convene__Events__V1__BatchRegisterEventsResponse *response = reply;
    Convene__Events__V1__RegisterResult **refused = ctx->prepared;
    response->results = cvn_arena_alloc_array(ctx->arena, req->n_events, sizeof *response->results);
    if (!response->results)
        return -ENOMEM;
    for (size_t i = 0; i < req->n_events; i++) {
        response->results[i] = refused[i];
        int r = refused[i] ? 0 : register_record(ctx, req, i, &response->results[i]);
        if (r)
            return r;
        response->n_results++;
    }
    return 0;
}
