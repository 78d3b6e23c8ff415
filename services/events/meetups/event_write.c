#include "services/events/meetups/event_write.h"

#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_place.h"
#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/seats.h"
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

/* Lots drawn after the start would be of no use to anybody. */
static int refuse_late_draw(struct cvn_ctx *ctx, const Convene__Events__V1__Event *event)
{
    int64_t draw_ms = cvn_record_time_ms(event->lottery_draw_time, INT64_MIN);
    if (draw_ms >= cvn_event_start_ms(event))
        cvn_problems_add(&ctx->problems, "event.lottery_draw_time",
                         "is not before the event's start; an earlier time is right");
    return cvn_ctx_refuse_problems(ctx);
}

int cvn_event_place_in_group(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                             struct cvn_id *ret_group)
{
    Convene__Events__V1__Group *group;
    int r = cvn_group_find(ctx, "event.group_id", event->group_id, ret_group, &group);
    if (r == 0)
        r = cvn_group_require(ctx, ret_group,
                              CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER);
    if (r == 0)
        r = cvn_group_require_active(ctx, group);
    if (r)
        return r;
    event->group_id = group->id;
    event->group_name = group->name;
    r = cvn_event_complete(ctx->arena, event, group->time_zone, zones_of(ctx));
    if (r == 0)
        r = cvn_event_place_locate(ctx->arena, event, group->country);
    return r ? r : refuse_late_draw(ctx, event);
}

static int stamp(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Event *event)
{
    event->id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, id);
    event->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return event->id && event->update_time ? 0 : -ENOMEM;
}

void cvn_event_clear_output(Convene__Events__V1__Event *event)
{
    char *none = (char *)(uintptr_t)protobuf_c_empty_string;
    event->id = none;
    event->status = STATUS(SCHEDULED);
    event->status_before = STATUS(UNSPECIFIED);
    event->status_reason = none;
    event->sequence = 0;
    event->series_id = none;
    event->recurrence_id = none;
    event->overridden = false;
    event->previous_start_time = NULL;
    event->match = NULL;
    event->calendar_source = NULL;
    event->etag = none;
    event->lottery_commitment = none;
    event->lottery_seed = none;
    event->lottery_drawn_time = NULL;
    cvn_event_clear_counts(event);
}

int cvn_event_add(struct cvn_ctx *ctx, Convene__Events__V1__Event *event)
{
    struct cvn_id id = cvn_ctx_new_id(ctx);
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

static int add(struct cvn_ctx *ctx, Convene__Events__V1__Event *event, bool publish)
{
    cvn_event_clear_output(event);
    event->publication = publish ? PUBLICATION(PUBLISHED) : PUBLICATION(DRAFT);
    return cvn_event_add(ctx, event);
}

int cvn_event_create(struct cvn_ctx *ctx, Convene__Events__V1__Event *event, bool publish)
{
    struct cvn_id group;
    int r = cvn_event_place_in_group(ctx, event, &group);
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
    event->virtual_seats_taken = before->virtual_seats_taken;
    event->virtual_waitlist_count = before->virtual_waitlist_count;
    event->create_time = before->create_time;
    event->update_time = before->update_time;
    event->series_id = before->series_id;
    event->recurrence_id = before->recurrence_id;
    event->overridden = before->overridden;
    event->previous_start_time = before->previous_start_time;
    event->status_before = before->status_before;
    event->calendar_source = before->calendar_source;
    event->etag = before->etag;
    event->lottery_commitment = before->lottery_commitment;
    event->lottery_seed = before->lottery_seed;
    event->lottery_drawn_time = before->lottery_drawn_time;
    event->group_name = before->group_name; /* renaming is a task of its own */
    event->match = NULL;
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
    if (!moved || !ahead || before->status == STATUS(CANCELLED) ||
        before->status == STATUS(POSTPONED))
        return;
    if (before->status == STATUS(SCHEDULED))
        event->status = STATUS(RESCHEDULED);
    event->previous_start_time = before->start_time;
}

int cvn_event_store(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Event *event)
{
    int r = stamp(ctx, id, event);
    if (r == 0)
        r = cvn_event_put(ctx, id, event);
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                                    "The group has another event with the external id \"%s\".",
                                    event->external_id);
    return r ? r : cvn_seats_settle(ctx, id, event);
}

/* Another table of places is no change of an event whose venue stays. 0 or -ENOMEM. */
static int keep_city_center(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                            const Convene__Events__V1__Event *before)
{
    int same = event->venue && before->venue
                   ? cvn_record_same(ctx->arena, &event->venue->base, &before->venue->base)
                   : 0;
    if (same > 0)
        event->city_center = before->city_center;
    return same < 0 ? same : 0;
}

/* What becomes of the event: UPDATED or UNCHANGED, with nothing written yet. */
static int judge(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                 const Convene__Events__V1__Event *before,
                 Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    keep_output_fields(event, before);
    int r = keep_city_center(ctx, event, before);
    if (r)
        return r;
    int same = cvn_record_same(ctx->arena, &event->base, &before->base);
    if (same < 0)
        return same;
    *ret_outcome = same ? OUTCOME(UNCHANGED) : OUTCOME(UPDATED);
    return 0;
}

int cvn_event_revise(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                     const Convene__Events__V1__Event *before,
                     Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    int r = judge(ctx, event, before, ret_outcome);
    if (r || *ret_outcome != OUTCOME(UPDATED))
        return r;
    event->overridden |= event->series_id[0] != '\0';
    note_change(ctx, event, before);
    return 0;
}

int cvn_event_change(struct cvn_ctx *ctx, const struct cvn_id *id,
                     Convene__Events__V1__Event *event, const Convene__Events__V1__Event *before,
                     Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    int r = cvn_event_revise(ctx, event, before, ret_outcome);
    if (r == 0 && *ret_outcome == OUTCOME(UPDATED))
        r = cvn_event_store(ctx, id, event);
    return r ? r : cvn_event_show(ctx, id, true, event);
}

int cvn_event_follow(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                     const Convene__Events__V1__Event *before,
                     Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    Convene__Events__V1__Event own = *before;
    own.series_id = event->series_id;
    own.recurrence_id = event->recurrence_id;
    int r = judge(ctx, event, &own, ret_outcome);
    if (r == 0 && *ret_outcome == OUTCOME(UPDATED))
        note_change(ctx, event, &own);
    return r;
}

/*
 * The event of the group that is known by the key: its external_id or, as an export writes it where
 * there is none, its own id. 0; CVN_STORE_ABSENT; a fault.
 */
static int find_registered(struct cvn_ctx *ctx, const struct cvn_id *group,
                           Convene__Events__V1__Event *event, struct cvn_id *ret)
{
    Convene__Events__V1__Event *stored;
    int r = cvn_event_by_external_id(ctx, group, event->external_id, ret);
    if (r != CVN_STORE_ABSENT || !cvn_id_parse(ret, CVN_EVENT_PREFIX, event->external_id))
        return r;
    r = cvn_event_get(ctx, ret, &stored);
    if (r || strcmp(stored->group_id, event->group_id) != 0 || stored->external_id[0])
        return r ? r : CVN_STORE_ABSENT;
    event->external_id = stored->external_id;
    return 0;
}

int cvn_event_register(struct cvn_ctx *ctx, Convene__Events__V1__Event *event,
                       struct cvn_event_register_how how,
                       Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    struct cvn_id group, id;
    int r = cvn_event_place_in_group(ctx, event, &group);
    if (r == 0)
        r = find_registered(ctx, &group, event, &id);
    Convene__Events__V1__Event *before;
    if (r == 0) {
        r = cvn_event_get(ctx, &id, &before);
        if (r == 0 && !how.validate_only)
            return cvn_event_change(ctx, &id, event, before, ret_outcome);
        if (r == 0)
            r = judge(ctx, event, before, ret_outcome);
        return r ? r : cvn_event_show(ctx, &id, true, event);
    }
    if (r != CVN_STORE_ABSENT)
        return r;
    *ret_outcome = OUTCOME(CREATED);
    cvn_event_clear_output(event); /* the id asked with is ignored */
    return how.validate_only ? 0 : add(ctx, event, how.publish);
}
