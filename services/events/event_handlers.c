#include "services/events/event_check.h"
#include "services/events/event_list.h"
#include "services/events/event_table.h"
#include "services/events/event_write.h"
#include "services/events/field_check.h"
#include "services/events/handlers.h"
#include "services/events/record.h"
#include "services/events/rsvp_access.h"
#include "services/events/rules/publication.h"
#include "services/events/seats.h"
#include "services/events/service.h"

#include <errno.h>

enum { REASON_BYTES_MAX = 500, BATCH_MAX = 500 };

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name

static struct cvn_zones *zones_of(const struct cvn_ctx *ctx)
{
    return ((const struct cvn_events_service *)ctx->service)->zones;
}

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CreateEventRequest *req = request;
    int r = cvn_event_check(&ctx->problems, "event", req->event, zones_of(ctx));
    return r ? r : cvn_ctx_refuse_problems(ctx);
}

static int create_event(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CreateEventRequest *req = request;
    Convene__Events__V1__Event *event = reply;
    *event = *req->event;
    return cvn_event_create(ctx, event, req->publish);
}

static int get_event(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__GetEventRequest *req = request;
    struct cvn_rsvp_case c;
    int r = cvn_rsvp_case_find(ctx, "id", req->id, &c);
    if (r == 0)
        r = cvn_event_show(ctx, &c.event_id, cvn_rsvp_case_organised(&c), c.event);
    if (r == 0)
        *(Convene__Events__V1__Event *)reply = *c.event;
    return r;
}

/* The event of an id that the caller organises. */
static int find_organised(struct cvn_ctx *ctx, const char *id, const char *what,
                          struct cvn_rsvp_case *ret)
{
    int r = cvn_rsvp_case_find(ctx, "id", id, ret);
    if (r == 0 && !cvn_rsvp_case_organised(ret))
        r = cvn_ctx_refuse_access(ctx, what);
    return r;
}

static int refuse_change(struct cvn_ctx *ctx, enum cvn_publication_refusal refusal)
{
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "EVENT_STATE", "%s",
                                cvn_publication_refusal_text(refusal));
}

/* The event as its organisers see it. */
static int show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                Convene__Events__V1__Event *reply)
{
    int r = cvn_event_show(ctx, &c->event_id, true, c->event);
    if (r == 0)
        *reply = *c->event;
    return r;
}

/* Stores a changed event, brings its seats in line and shows it. */
static int store(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, bool sequence_rises,
                 Convene__Events__V1__Event *reply)
{
    c->event->sequence += sequence_rises;
    c->event->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    int r = c->event->update_time ? cvn_event_put(ctx, &c->event_id, c->event) : -ENOMEM;
    if (r == 0)
        r = cvn_seats_settle(ctx, &c->event_id, c->event);
    return r ? r : show(ctx, c, reply);
}

/* The stored enums are the contract's, the rules' begin at 0. */
static enum cvn_publication publication_of(const Convene__Events__V1__Event *event)
{
    return (enum cvn_publication)((int)event->publication - (int)PUBLICATION(DRAFT));
}

static int publish_event(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__PublishEventRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_publication_decision decision;
    int r = find_organised(ctx, req->id, "publish this event", &c);
    if (r)
        return r;
    enum cvn_publication_refusal refusal =
        cvn_publication_decide(publication_of(c.event), CVN_PUBLICATION_PUBLISH, &decision);
    if (refusal)
        return refuse_change(ctx, refusal);
    if (!decision.changed)
        return show(ctx, &c, reply);
    c.event->publication = PUBLICATION(PUBLISHED);
    return store(ctx, &c, decision.sequence_rises, reply);
}

static int check_cancel(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CancelEventRequest *req = request;
    cvn_field_check_prose(&ctx->problems, "reason", req->reason, REASON_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int cancel_event(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CancelEventRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_event_decision decision;
    int r = find_organised(ctx, req->id, "cancel this event", &c);
    if (r)
        return r;
    struct cvn_event_facts facts = {
        .publication = publication_of(c.event),
        .status = (enum cvn_event_status)((int)c.event->status - (int)STATUS(SCHEDULED)),
        .status_before = CVN_EVENT_SCHEDULED,
        .now_ms = ctx->now_ms,
        .start_ms = cvn_event_start_ms(c.event),
        .end_ms = cvn_record_time_ms(c.event->end_time, 0),
    };
    enum cvn_publication_refusal refusal = cvn_event_decide(&facts, CVN_EVENT_CANCEL, 0, &decision);
    if (refusal)
        return refuse_change(ctx, refusal);
    if (!decision.changed)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "EVENT_CANCELLED",
                                    "The event is cancelled already.");
    c.event->status = STATUS(CANCELLED);
    c.event->status_reason = req->reason;
    return store(ctx, &c, decision.sequence_rises, reply);
}

/* One record to register: external_id is what it is known by. */
static int check_record(struct cvn_problems *problems, const char *path,
                        const Convene__Events__V1__Event *event, struct cvn_zones *zones)
{
    if (event && !event->external_id[0])
        cvn_problems_add(problems, cvn_field_path(problems, "%s.external_id", path),
                         "is empty; your own key for the event is right, the same each time it is "
                         "registered");
    return cvn_event_check(problems, path, event, zones);
}

static int check_register(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__RegisterEventRequest *req = request;
    int r = check_record(&ctx->problems, "event", req->event, zones_of(ctx));
    return r ? r : cvn_ctx_refuse_problems(ctx);
}

static int register_event(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RegisterEventRequest *req = request;
    Convene__Events__V1__RegisterEventResponse *response = reply;
    Convene__Events__V1__Event *event = cvn_arena_alloc(ctx->arena, sizeof *event);
    if (!event)
        return -ENOMEM;
    *event = *req->event;
    response->event = event;
    return cvn_event_register(ctx, event, (struct cvn_event_register_how){.publish = req->publish},
                              &response->outcome);
}

/* Checks every record; those refused already are left in ctx->prepared, by place. */
static int check_batch(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchRegisterEventsRequest *req = request;
    if (req->n_events > BATCH_MAX) {
        cvn_problems_add(&ctx->problems, "events",
                         "has %zu records; at most %d in one call are "
                         "right",
                         req->n_events, BATCH_MAX);
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
        int r = check_record(&problems, path, req->events[i], zones_of(ctx));
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
    struct cvn_slice packed;
    if (!result || cvn_status_pack(ctx->status, ctx->arena, &packed) < 0)
        return NULL;
    convene__events__v1__register_result__init(result);
    result->outcome = OUTCOME(REFUSED);
    return cvn_ctx_unpack(ctx, &google__rpc__status__descriptor, packed, &result->status) == 0
               ? result
               : NULL;
}

static int register_record(struct cvn_ctx *ctx,
                           const Convene__Events__V1__BatchRegisterEventsRequest *req, size_t i,
                           Convene__Events__V1__RegisterResult **ret)
{
    Convene__Events__V1__Event event = *req->events[i];
    Convene__Events__V1__RegisterResult__Outcome outcome;
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

static int register_batch(struct cvn_ctx *ctx, const void *request, void *reply)
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

const struct cvn_service_method cvn_event_methods[7] = {
    {"CreateEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_create, create_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"GetEvent", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, get_event, NULL, CVN_SCOPE_READ},
    {"ListEvents", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, cvn_event_list_check, cvn_event_list, NULL,
     CVN_SCOPE_READ},
    {"PublishEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, publish_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"CancelEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_cancel, cancel_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"RegisterEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_register, register_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"BatchRegisterEvents", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_batch, register_batch,
     NULL, CVN_SCOPE_EVENTS_REGISTER},
};
