#include "services/events/event_write.h"

#include "services/events/event_check.h"
#include "services/events/event_table.h"
#include "services/events/group_access.h"
#include "services/events/group_table.h"
#include "services/events/record.h"
#include "services/events/seats.h"
#include "services/events/service.h"

#include <errno.h>
#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name

static struct cvn_zones *zones_of(const struct cvn_ctx *ctx)
{
    return ((const struct cvn_events_service *)ctx->service)->zones;
}

/* Finds the event's group, lets organisers pass, and fills in what follows from both. */
static int place_in_group(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                          struct cvn_id *ret_group)
{
    Convene__Events__V1__Group *group;
    int r = cvn_group_find(ctx, "event.group_id", event->group_id, ret_group, &group);
    if (r == 0)
        r = cvn_group_require(ctx, ret_group,
                              CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER);
    if (r)
        return r;
    event->group_id = group->id;
    return cvn_event_complete(ctx->arena, event, group->time_zone, zones_of(ctx));
}

static int stamp(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Event *event)
{
    event->id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, id);
    event->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return event->id && event->update_time ? 0 : -ENOMEM;
}

static int add(struct cvn_ctx *ctx, Convene__Events__V1__Event *event, bool publish)
{
    struct cvn_id id = cvn_ctx_new_id(ctx);
    event->publication = publish ? PUBLICATION(PUBLISHED) : PUBLICATION(DRAFT);
    event->status = STATUS(SCHEDULED);
    event->status_reason = (char *)(uintptr_t)protobuf_c_empty_string;
    event->sequence = 0;
    int r = stamp(ctx, &id, event);
    if (r)
        return r;
    event->create_time = event->update_time;
    r = cvn_event_put(ctx, &id, event);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                                    "The group has an event with the external id \"%s\" already; "
                                    "register it to update it.",
                                    event->external_id);
    return r ? r : cvn_event_show(ctx, &id, true, event);
}

int cvn_event_create(struct cvn_ctx *ctx, Convene__Events__V1__Event *event, bool publish)
{
    struct cvn_id group;
    int r = place_in_group(ctx, event, &group);
    return r ? r : add(ctx, event, publish);
}

/* What the server sets stays as it was. */
static void keep_output_fields(Convene__Events__V1__Event *event,
                               const Convene__Events__V1__Event *before)
{
    event->id = before->id;
    event->publication = before->publication;
    event->status = before->status;
    event->status_reason = before->status_reason;
    event->sequence = before->sequence;
    event->seats_taken = before->seats_taken;
    event->waitlist_count = before->waitlist_count;
    event->create_time = before->create_time;
    event->update_time = before->update_time;
}

/* A published event whose time moves is rescheduled, and a calendar must show any change. */
static void note_change(const struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                        const Convene__Events__V1__Event *before)
{
    if (before->publication != PUBLICATION(PUBLISHED))
        return;
    event->sequence++;
    bool moved = cvn_event_start_ms(event) != cvn_event_start_ms(before);
    bool ahead = cvn_event_start_ms(before) > ctx->now_ms;
    if (moved && ahead && before->status == STATUS(SCHEDULED))
        event->status = STATUS(RESCHEDULED);
}

/* Only a lower capacity is looked at: what was overbooked before may still change otherwise. */
static int refuse_capacity(struct cvn_ctx *ctx, const struct cvn_id *id,
                           const Convene__Events__V1__Event *event,
                           const Convene__Events__V1__Event *before)
{
    bool lowered =
        event->capacity > 0 && (before->capacity == 0 || event->capacity < before->capacity);
    struct cvn_seats seats;
    int r = lowered ? cvn_seats_get(ctx, id, &seats) : 0;
    if (r || !lowered || seats.seats_taken <= (uint32_t)event->capacity)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "SEATS_TAKEN",
                                "capacity is %d and %u seats are taken; at least as many are "
                                "right, or remove people first.",
                                event->capacity, seats.seats_taken);
}

static int update(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Event *event,
                  bool validate_only, Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    Convene__Events__V1__Event *before;
    int r = cvn_event_get(ctx, id, &before);
    if (r)
        return r;
    keep_output_fields(event, before);
    int same = cvn_record_same(ctx->arena, &event->base, &before->base);
    if (same < 0)
        return same;
    *ret_outcome = same ? OUTCOME(UNCHANGED) : OUTCOME(UPDATED);
    r = same ? 0 : refuse_capacity(ctx, id, event, before);
    if (r)
        return r;
    if (!same && !validate_only) {
        note_change(ctx, event, before);
        r = stamp(ctx, id, event);
        if (r == 0)
            r = cvn_event_put(ctx, id, event);
        if (r == 0)
            r = cvn_seats_settle(ctx, id, event);
    }
    return r ? r : cvn_event_show(ctx, id, true, event);
}

int cvn_event_register(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                       struct cvn_event_register_how how,
                       Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    struct cvn_id group, id;
    int r = place_in_group(ctx, event, &group);
    if (r == 0)
        r = cvn_event_by_external_id(ctx, &group, event->external_id, &id);
    if (r == 0)
        return update(ctx, &id, event, how.validate_only, ret_outcome);
    if (r != CVN_STORE_ABSENT)
        return r;
    *ret_outcome = OUTCOME(CREATED);
    event->id = (char *)(uintptr_t)protobuf_c_empty_string; /* the one asked with is ignored */
    return how.validate_only ? 0 : add(ctx, event, how.publish);
}
