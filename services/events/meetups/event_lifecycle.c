#include "services/events/meetups/event_lifecycle.h"

#include "services/events/field_check.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_change.h"
#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_table.h"
#include "services/events/meetups/event_write.h"
#include "services/events/record.h"
#include "services/events/service.h"
#include "services/runtime/field_mask.h"

#include <errno.h>
#include <string.h>

/* What UpdateEvent may change; all other fields are the server's, or say which event it is. */
static const char *const changeable[] = {"external_id",
                                         "title",
                                         "description",
                                         "start_local",
                                         "end_local",
                                         "time_zone",
                                         "topics",
                                         "language",
                                         "capacity",
                                         "max_guests",
                                         "venue",
                                         "online_url",
                                         "waitlist_mode",
                                         "party_policy",
                                         "approval_required",
                                         "visibility",
                                         "rsvp_open_time",
                                         "host_ids",
                                         "cost_note",
                                         "rsvp_close_time",
                                         "url",
                                         "attendance_mode",
                                         "virtual_capacity",
                                         "offer_minutes",
                                         "questions",
                                         "lottery_draw_time",
                                         "all_day"};

static struct cvn_zones *zones_of(const struct cvn_ctx *ctx)
{
    return ((const struct cvn_events_service *)ctx->service)->zones;
}

static const struct cvn_field_mask_rule mask_rule = {
    .resource = "Event",
    .example = "title is one, and venue as a whole",
    .changeable = changeable,
    .n = sizeof changeable / sizeof *changeable,
};

int cvn_event_check_update(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__UpdateEventRequest *req = request;
    if (!req->event)
        cvn_problems_add(&ctx->problems, "event", "is missing");
    cvn_field_mask_check(&ctx->problems, req->update_mask, &mask_rule);
    return cvn_ctx_refuse_problems(ctx);
}

/* Ends the event as long after its start as it ended before. 0, CVN_REFUSED or -ENOMEM. */
static int keep_length(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                       const Convene__Events__V1__Event *before)
{
    struct cvn_civil start, old_start, old_end;
    char text[CVN_CIVIL_TEXT_BYTES];
    if (!cvn_civil_parse(&start, event->start_local))
        return 0; /* which the check will say */
    if (!cvn_civil_parse(&old_start, before->start_local) ||
        !cvn_civil_parse(&old_end, before->end_local))
        return -EUCLEAN;
    struct cvn_civil end = cvn_civil_of_seconds(
        cvn_civil_seconds(&start) + cvn_civil_seconds(&old_end) - cvn_civil_seconds(&old_start));
    if (!cvn_civil_valid(&end)) {
        cvn_problems_add(&ctx->problems, "start_local", "leads past 2100; an earlier one is right");
        return cvn_ctx_refuse_problems(ctx);
    }
    cvn_civil_format(text, &end);
    event->end_local = cvn_arena_strdup(ctx->arena, text);
    return event->end_local ? 0 : -ENOMEM;
}

/* Checks what an event became, and works out what follows. */
static int complete(struct cvn_ctx *ctx, Convene__Events__V1__Event *event)
{
    struct cvn_id group;
    int r = cvn_event_check(&ctx->problems, "event", event, zones_of(ctx));
    if (r == 0)
        r = cvn_ctx_refuse_problems(ctx);
    return r ? r : cvn_event_place_in_group(ctx, event, &group);
}

int cvn_event_update(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__UpdateEventRequest *req = request;
    Convene__Events__V1__Event *event = reply;
    Convene__Events__V1__RegisterResult__Outcome outcome;
    struct cvn_rsvp_case c;
    int r = cvn_event_find_organised(ctx, req->event->id, "change this event", &c);
    if (r == 0)
        r = cvn_event_require_etag(ctx, req->etag, c.event);
    if (r)
        return r;
    *event = *c.event;
    cvn_field_mask_apply(req->update_mask, &event->base, &req->event->base);
    if (cvn_field_mask_names(req->update_mask, "start_local") &&
        !cvn_field_mask_names(req->update_mask, "end_local"))
        r = keep_length(ctx, event, c.event);
    if (r == 0)
        r = complete(ctx, event);
    return r ? r : cvn_event_change(ctx, &c.event_id, event, c.event, &outcome);
}

static void check_reason(struct cvn_ctx *ctx, const char *reason)
{
    cvn_field_check_prose(&ctx->problems, "reason", reason, CVN_EVENT_REASON_MAX);
}

int cvn_event_check_reschedule(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__RescheduleEventRequest *req = request;
    check_reason(ctx, req->reason);
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_event_reschedule(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RescheduleEventRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_event_decision decision;
    int r = cvn_event_find_organised(ctx, req->id, "reschedule this event", &c);
    if (r)
        return r;
    Convene__Events__V1__Event before = *c.event;
    c.event->start_local = req->start_local;
    c.event->end_local = req->end_local;
    if (!req->end_local[0])
        r = keep_length(ctx, c.event, &before);
    if (r == 0)
        r = complete(ctx, c.event);
    if (r == 0)
        r = cvn_event_decide_status(ctx, &before, CVN_EVENT_RESCHEDULE, cvn_event_start_ms(c.event),
                                    &decision);
    if (r)
        return r;
    if (decision.keep_previous_start)
        c.event->previous_start_time = before.start_time;
    if (!decision.changed && strcmp(before.end_local, c.event->end_local) != 0)
        decision.sequence_rises = true;
    c.event->status_reason = req->reason;
    return cvn_event_store_status(ctx, &c, &decision, reply);
}

int cvn_event_check_postpone(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__PostponeEventRequest *req = request;
    check_reason(ctx, req->reason);
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_event_postpone(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__PostponeEventRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_event_decision decision;
    int r = cvn_event_find_organised(ctx, req->id, "postpone this event", &c);
    if (r == 0)
        r = cvn_event_decide_status(ctx, c.event, CVN_EVENT_POSTPONE, 0, &decision);
    if (r)
        return r;
    c.event->status_reason = req->reason;
    return cvn_event_store_status(ctx, &c, &decision, reply);
}

int cvn_event_check_move_online(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__MoveEventOnlineRequest *req = request;
    check_reason(ctx, req->reason);
    cvn_field_check_url(&ctx->problems, "online_url", req->online_url);
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_event_move_online(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__MoveEventOnlineRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_event_decision decision;
    int r = cvn_event_find_organised(ctx, req->id, "move this event online", &c);
    if (r == 0)
        r = cvn_event_decide_status(ctx, c.event, CVN_EVENT_MOVE_ONLINE, 0, &decision);
    if (r)
        return r;
    c.event->attendance_mode = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE;
    if (req->online_url[0])
        c.event->online_url = req->online_url;
    c.event->status_reason = req->reason;
    return cvn_event_store_status(ctx, &c, &decision, reply);
}

int cvn_event_restore(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RestoreEventRequest *req = request;
    struct cvn_rsvp_case c;
    struct cvn_event_decision decision;
    int r = cvn_event_find_organised(ctx, req->id, "restore this event", &c);
    if (r == 0)
        r = cvn_event_decide_status(ctx, c.event, CVN_EVENT_RESTORE, 0, &decision);
    if (r)
        return r;
    c.event->status_reason = (char *)(uintptr_t)protobuf_c_empty_string;
    return cvn_event_store_status(ctx, &c, &decision, reply);
}

int cvn_event_unpublish(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__UnpublishEventRequest *req = request;
    return cvn_event_set_publication(ctx, req->id, CVN_PUBLICATION_UNPUBLISH, reply);
}

int cvn_event_archive(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ArchiveEventRequest *req = request;
    return cvn_event_set_publication(ctx, req->id, CVN_PUBLICATION_ARCHIVE, reply);
}

int cvn_event_check_copy(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CopyEventRequest *req = request;
    struct cvn_civil start;
    if (!cvn_civil_parse(&start, req->start_local))
        cvn_problems_add(&ctx->problems, "start_local",
                         "is \"%.40s\"; a local time like 2026-12-01T18:30:00 is right",
                         req->start_local);
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_event_copy(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CopyEventRequest *req = request;
    Convene__Events__V1__Event *event = reply;
    struct cvn_rsvp_case c;
    int r = cvn_event_find_organised(ctx, req->id, "copy this event", &c);
    if (r)
        return r;
    *event = *c.event;
    event->start_local = req->start_local;
    event->external_id = req->external_id;
    event->rsvp_open_time = NULL; /* a window of another date's means nothing here */
    event->rsvp_close_time = NULL;
    event->lottery_draw_time = NULL;
    r = keep_length(ctx, event, c.event);
    if (r == 0)
        r = complete(ctx, event);
    return r ? r : cvn_event_create(ctx, event, false);
}
