#include "services/events/meetups/event_change.h"

#include "services/events/groups/group_access.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/seats.h"

#include <errno.h>

#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

int cvn_event_find_organised(struct cvn_ctx *ctx, const char *id, const char *what,
                             struct cvn_rsvp_case *ret)
{
    int r = cvn_rsvp_case_find(ctx, "id", id, ret);
    if (r == 0 && !cvn_rsvp_case_organised(ret))
        r = cvn_ctx_refuse_access(ctx, what);
    return r;
}

static int refuse(struct cvn_ctx *ctx, enum cvn_publication_refusal refusal)
{
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "EVENT_STATE", "%s",
                                cvn_publication_refusal_text(refusal));
}

/* The stored enums are the contract's, the rules' begin at 0. */
static enum cvn_publication publication_of(const Convene__Events__V1__Event *event)
{
    return (enum cvn_publication)((int)event->publication - (int)PUBLICATION(DRAFT));
}

static enum cvn_event_status status_of(Convene__Events__V1__EventStatus status)
{
    return status ? (enum cvn_event_status)((int)status - (int)STATUS(SCHEDULED))
                  : CVN_EVENT_SCHEDULED;
}

static Convene__Events__V1__EventStatus stored_status(enum cvn_event_status status)
{
    return (Convene__Events__V1__EventStatus)((int)status + (int)STATUS(SCHEDULED));
}

int cvn_event_decide_status(struct cvn_ctx *ctx, const Convene__Events__V1__Event *event,
                            enum cvn_event_action action, int64_t new_start_ms,
                            struct cvn_event_decision *ret)
{
    struct cvn_event_facts facts = {
        .publication = publication_of(event),
        .status = status_of(event->status),
        .status_before = status_of(event->status_before),
        .now_ms = ctx->now_ms,
        .start_ms = cvn_event_start_ms(event),
        .end_ms = cvn_record_time_ms(event->end_time, 0),
    };
    enum cvn_publication_refusal refusal = cvn_event_decide(&facts, action, new_start_ms, ret);
    return refusal ? refuse(ctx, refusal) : 0;
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

void cvn_event_set_status(Convene__Events__V1__Event *event,
                          const struct cvn_event_decision *decision)
{
    event->status = stored_status(decision->status);
    event->status_before = stored_status(decision->status_before);
    event->overridden = event->series_id[0] != '\0';
    event->sequence += decision->sequence_rises;
}

int cvn_event_store_status(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                           const struct cvn_event_decision *decision,
                           Convene__Events__V1__Event *reply)
{
    cvn_event_set_status(c->event, decision);
    return store(ctx, c, false, reply);
}

int cvn_event_set_publication(struct cvn_ctx *ctx, const char *id,
                              enum cvn_publication_action action, Convene__Events__V1__Event *reply)
{
    static const char *const whats[] = {
        [CVN_PUBLICATION_PUBLISH] = "publish this event",
        [CVN_PUBLICATION_UNPUBLISH] = "unpublish this event",
        [CVN_PUBLICATION_ARCHIVE] = "archive this event",
    };
    struct cvn_rsvp_case c;
    struct cvn_publication_decision decision;
    int r = cvn_event_find_organised(ctx, id, whats[action], &c);
    if (r == 0 && action == CVN_PUBLICATION_PUBLISH)
        r = cvn_group_require_active_id(ctx, &c.group_id);
    if (r)
        return r;
    enum cvn_publication_refusal refusal =
        cvn_publication_decide(publication_of(c.event), action, &decision);
    if (refusal)
        return refuse(ctx, refusal);
    if (!decision.changed)
        return show(ctx, &c, reply);
    c.event->publication =
        (Convene__Events__V1__Publication)((int)decision.publication + (int)PUBLICATION(DRAFT));
    return store(ctx, &c, decision.sequence_rises, reply);
}
