#include "services/events/field_check.h"
#include "services/events/handlers.h"
#include "services/events/listing/event_list.h"
#include "services/events/meetups/event_batch.h"
#include "services/events/meetups/event_change.h"
#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_lifecycle.h"
#include "services/events/meetups/event_table.h"
#include "services/events/meetups/event_write.h"
#include "services/events/record.h"
#include "services/events/refusal.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/service.h"

#include <errno.h>

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

static int publish_event(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__PublishEventRequest *req = request;
    return cvn_event_set_publication(ctx, req->id, CVN_PUBLICATION_PUBLISH, reply);
}

static int check_cancel(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CancelEventRequest *req = request;
    cvn_field_check_prose(&ctx->problems, "reason", req->reason, CVN_EVENT_REASON_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int cancel_event(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CancelEventRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_event_decision decision;
    int r = cvn_event_find_organised(ctx, req->id, "cancel this event", &c);
    if (r == 0)
        r = cvn_event_decide_status(ctx, c.event, CVN_EVENT_CANCEL, 0, &decision);
    if (r)
        return r;
    if (!decision.changed)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "EVENT_CANCELLED",
                                    "The event is cancelled already.");
    c.event->status_reason = req->reason;
    return cvn_event_store_status(ctx, &c, &decision, reply);
}

static int check_register(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__RegisterEventRequest *req = request;
    int r = cvn_event_check_record(&ctx->problems, "event", req->event, zones_of(ctx));
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

const struct cvn_service_method cvn_event_methods[15] = {
    {"CreateEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_create, create_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"GetEvent", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, get_event, NULL, CVN_SCOPE_READ},
    {"ListEvents", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, cvn_event_list_check, cvn_event_list_packed,
     NULL, CVN_SCOPE_READ},
    {"PublishEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, publish_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"CancelEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_cancel, cancel_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"RegisterEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_register, register_event, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"BatchRegisterEvents", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_event_check_batch,
     cvn_event_register_batch, NULL, CVN_SCOPE_EVENTS_REGISTER},
    {"UpdateEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_event_check_update,
     cvn_event_update, NULL, CVN_SCOPE_EVENTS_REGISTER},
    {"RescheduleEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_event_check_reschedule,
     cvn_event_reschedule, NULL, CVN_SCOPE_EVENTS_REGISTER},
    {"PostponeEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_event_check_postpone,
     cvn_event_postpone, NULL, CVN_SCOPE_EVENTS_REGISTER},
    {"MoveEventOnline", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_event_check_move_online,
     cvn_event_move_online, NULL, CVN_SCOPE_EVENTS_REGISTER},
    {"RestoreEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_event_restore, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"UnpublishEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_event_unpublish, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"ArchiveEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_event_archive, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"CopyEvent", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_event_check_copy, cvn_event_copy,
     NULL, CVN_SCOPE_EVENTS_REGISTER},
};
