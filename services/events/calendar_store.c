#include "services/events/calendar_store.h"

#include "services/events/calendar/fields.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_change.h"
#include "services/events/meetups/event_table.h"
#include "services/events/meetups/event_write.h"
#include "services/events/record.h"
#include "services/events/series/series_table.h"

#include <errno.h>
#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name
#define REGISTERED(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

/* Reads "evt_…@convene". */
static bool read_own_uid(const char *uid, const char *prefix, struct cvn_id *ret)
{
    char text[CVN_ID_TEXT_BYTES];
    const char *at = strchr(uid, '@');
    if (!at || strcmp(at, "@convene") != 0 || (size_t)(at - uid) >= sizeof text)
        return false;
    memcpy(text, uid, (size_t)(at - uid));
    text[at - uid] = '\0';
    return cvn_id_parse(ret, prefix, text);
}

static int find_event(struct cvn_calendar_apply *a, const char *uid,
                      struct cvn_calendar_target *ret)
{
    Convene__Events__V1__Event *event;
    int r = CVN_STORE_ABSENT;
    if (read_own_uid(uid, CVN_EVENT_PREFIX, &ret->event))
        r = cvn_event_get(a->ctx, &ret->event, &event);
    if (r == 0 && strcmp(event->group_id, a->group_id) != 0)
        r = CVN_STORE_ABSENT; /* another group's is none of this one's */
    if (r == CVN_STORE_ABSENT)
        r = cvn_event_by_external_id(a->ctx, &a->group, uid, &ret->event);
    ret->has_event = r == 0;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int find_series(struct cvn_calendar_apply *a, const char *uid,
                       struct cvn_calendar_target *ret)
{
    Convene__Events__V1__Series *series;
    int r = CVN_STORE_ABSENT;
    if (read_own_uid(uid, CVN_SERIES_PREFIX, &ret->series))
        r = cvn_series_get(a->ctx, &ret->series, &series);
    if (r == 0 && strcmp(series->event->group_id, a->group_id) != 0)
        r = CVN_STORE_ABSENT;
    if (r == CVN_STORE_ABSENT)
        r = cvn_series_by_external_id(a->ctx, &a->group, uid, &ret->series);
    ret->has_series = r == 0;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_calendar_find(struct cvn_calendar_apply *apply, const char *uid,
                      struct cvn_calendar_target *ret)
{
    *ret = (struct cvn_calendar_target){0};
    int r = find_event(apply, uid, ret);
    return r ? r : find_series(apply, uid, ret);
}

enum cvn_calendar_age cvn_calendar_compare(const struct cvn_calendar_item *item,
                                           const struct cvn_calendar_version *version)
{
    int32_t sequence = version->source ? version->source->sequence : version->sequence;
    int64_t modified_s = version->source ? version->source->modified_s : version->update_ms / 1000;
    if (item->has_sequence && item->sequence != sequence)
        return item->sequence < sequence ? CVN_CALENDAR_OLDER : CVN_CALENDAR_NEWER;
    if (item->modified_s == 0 || modified_s == 0)
        return CVN_CALENDAR_UNDATED;
    if (item->modified_s == modified_s)
        return CVN_CALENDAR_SAME;
    return item->modified_s < modified_s ? CVN_CALENDAR_OLDER : CVN_CALENDAR_NEWER;
}

int cvn_calendar_skip_older(struct cvn_arena *arena, struct cvn_calendar_item *item,
                            const struct cvn_calendar_version *version)
{
    return cvn_calendar_skip(
        item, arena, "What is here is newer: it has SEQUENCE %d, the file %d%s.",
        version->source ? version->source->sequence : version->sequence, item->sequence,
        item->modified_s ? " and an earlier LAST-MODIFIED" : "");
}

bool cvn_calendar_changed_here(const struct cvn_calendar_version *version)
{
    return version->source && version->update_ms > version->source->stored_ms;
}

Convene__Events__V1__CalendarSource *cvn_calendar_source(struct cvn_arena *arena,
                                                         const struct cvn_calendar_item *item,
                                                         int64_t stored_ms)
{
    Convene__Events__V1__CalendarSource *source = cvn_arena_alloc(arena, sizeof *source);
    if (!source)
        return NULL;
    convene__events__v1__calendar_source__init(source);
    source->sequence = item->sequence;
    source->modified_s = item->modified_s;
    source->stored_ms = stored_ms;
    return source;
}

int cvn_calendar_refuse_item(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item)
{
    return cvn_calendar_refuse(item, apply->ctx->arena, "%s", apply->ctx->status->message);
}

/* The venue stays where the file says it in the words that an export has for it. */
static int say_venue(struct cvn_arena *arena, const struct cvn_calendar_item *item,
                     Convene__Events__V1__Event *event)
{
    const Convene__Events__V1__Venue *said = item->event->venue;
    const char *location = cvn_calendar_location(arena, event->venue);
    if (!location)
        return -ENOMEM;
    if (!event->venue || !item->location[0] || strcmp(location, item->location) != 0) {
        event->venue = item->event->venue;
        return 0;
    }
    if (!said->location)
        return 0;
    event->venue = cvn_arena_copy(arena, event->venue, sizeof *event->venue);
    if (event->venue)
        event->venue->location = said->location;
    return event->venue ? 0 : -ENOMEM;
}

int cvn_calendar_say(struct cvn_arena *arena, const struct cvn_calendar_item *item,
                     Convene__Events__V1__Event *event)
{
    const ProtobufCMessageDescriptor *type = event->base.descriptor;
    for (unsigned number = 1; number < 64; number++) {
        const ProtobufCFieldDescriptor *field =
            item->said & CVN_CALENDAR_SAID(number)
                ? protobuf_c_message_descriptor_get_field(type, number)
                : NULL;
        if (field && number != CVN_CALENDAR_VENUE)
            cvn_calendar_field_copy(event, item->event, field);
    }
    return item->said & CVN_CALENDAR_SAID(CVN_CALENDAR_VENUE) ? say_venue(arena, item, event) : 0;
}

int cvn_calendar_add_event(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                           const char *external_id)
{
    struct cvn_ctx *ctx = apply->ctx;
    Convene__Events__V1__Event event = *item->event;
    struct cvn_id group;
    event.group_id = (char *)(uintptr_t)apply->group_id;
    event.external_id = (char *)(uintptr_t)external_id;
    int r = cvn_event_place_in_group(ctx, &event, &group);
    if (r)
        return r == CVN_REFUSED ? cvn_calendar_refuse_item(apply, item) : r;
    cvn_event_clear_output(&event);
    event.publication = item->publication ? item->publication
                        : apply->publish  ? PUBLICATION(PUBLISHED)
                                          : PUBLICATION(DRAFT);
    if (item->status)
        event.status = item->status;
    event.status_reason = item->event->status_reason;
    event.sequence = item->sequence;
    if (item->has_sequence || item->modified_s)
        event.calendar_source = cvn_calendar_source(ctx->arena, item, ctx->now_ms);
    r = cvn_event_add(ctx, &event);
    apply->n_writes++;
    if (r)
        return r == CVN_REFUSED ? cvn_calendar_refuse_item(apply, item) : r;
    item->result.id = event.id;
    item->result.outcome = OUTCOME(CREATED);
    return 0;
}

/* What an item makes of an event, until it is stored. */
struct revision {
    struct cvn_calendar_apply *apply;
    struct cvn_calendar_item *item;
    const Convene__Events__V1__Event *before;
    Convene__Events__V1__Event *event;
    const struct cvn_calendar_version *version; /* of before */
    enum cvn_calendar_age age;
    bool changed;
};

/* Takes the event through an action of its life. */
static int act(struct revision *revision, enum cvn_event_action action)
{
    struct cvn_ctx *ctx = revision->apply->ctx;
    struct cvn_calendar_item *item = revision->item;
    struct cvn_event_decision decision;
    int r = cvn_event_decide_status(ctx, revision->event, action, 0, &decision);
    if (r == CVN_REFUSED)
        return cvn_calendar_remark(item, ctx->arena, "Its status stays as it is here: %s",
                                   ctx->status->message);
    if (r || !decision.changed)
        return r;
    const char *reason = item->event->status_reason;
    revision->event->status_reason =
        (char *)(uintptr_t)(reason[0]                     ? reason
                            : action == CVN_EVENT_RESTORE ? ""
                                                          : "The calendar that it comes from says "
                                                            "so.");
    cvn_event_set_status(revision->event, &decision);
    revision->changed = true;
    return 0;
}

/* The status that the item says, as far as something leads there. */
static int follow_status(struct revision *revision)
{
    struct cvn_calendar_item *item = revision->item;
    Convene__Events__V1__EventStatus status = revision->event->status;
    bool suspended = status == STATUS(CANCELLED) || status == STATUS(POSTPONED);
    if (!item->status || item->status == status)
        return 0;
    if (item->status == STATUS(CANCELLED))
        return act(revision, CVN_EVENT_CANCEL);
    if (item->status == STATUS(POSTPONED))
        return act(revision, CVN_EVENT_POSTPONE);
    if (suspended && revision->age == CVN_CALENDAR_NEWER)
        return act(revision, CVN_EVENT_RESTORE);
    return suspended ? cvn_calendar_remark(item, revision->apply->ctx->arena,
                                           "It is called off or postponed here and stays so.")
                     : 0;
}

/* What the item says of the event, but for its status. 0; CVN_REFUSED; a fault.
 */
static int revise_facts(struct revision *revision)
{
    struct cvn_ctx *ctx = revision->apply->ctx;
    Convene__Events__V1__Event event = *revision->before;
    Convene__Events__V1__RegisterResult__Outcome outcome;
    struct cvn_id group;
    int r = cvn_calendar_say(ctx->arena, revision->item, &event);
    if (r == 0)
        r = cvn_event_place_in_group(ctx, &event, &group);
    if (r)
        return r;
    int same = cvn_record_same(ctx->arena, &event.base, &revision->before->base);
    if (same)
        return same < 0 ? same : 0;
    if (revision->age == CVN_CALENDAR_SAME && cvn_calendar_changed_here(revision->version))
        return cvn_calendar_remark(revision->item, ctx->arena,
                                   "It was changed here since, and the file has no newer version.");
    r = cvn_event_revise(ctx, &event, revision->before, &outcome);
    if (r || outcome != REGISTERED(UPDATED))
        return r;
    *revision->event = event;
    revision->changed = true;
    return 0;
}

/*
 * Makes of the event, which is as before, what the item says; and the version
 * that it has been brought to, where there is one to remember.
 */
static int revise(struct revision *revision, bool *ret_version)
{
    const struct cvn_calendar_item *item = revision->item;
    Convene__Events__V1__Event *event = revision->event;
    struct cvn_ctx *ctx = revision->apply->ctx;
    int r = revise_facts(revision);
    if (r == 0)
        r = follow_status(revision);
    bool newer = revision->age == CVN_CALENDAR_NEWER && revision->before->calendar_source;
    *ret_version = (revision->changed || newer) && (item->has_sequence || item->modified_s);
    if (r || !*ret_version)
        return r;
    if (event->sequence < item->sequence)
        event->sequence = item->sequence;
    event->calendar_source = cvn_calendar_source(
        ctx->arena, item,
        revision->changed ? ctx->now_ms : cvn_record_time_ms(event->update_time, 0));
    return event->calendar_source ? 0 : -ENOMEM;
}

/* Stores what the item makes of an event that is not newer here. */
static int change_newer(struct revision *revision, const struct cvn_id *id)
{
    struct cvn_ctx *ctx = revision->apply->ctx;
    bool version;
    revision->item->result.outcome = OUTCOME(UNCHANGED);
    int r = revise(revision, &version);
    revision->apply->n_writes += revision->changed || version;
    if (r == 0 && revision->changed) {
        revision->item->result.outcome = OUTCOME(UPDATED);
        r = cvn_event_store(ctx, id, revision->event);
    } else if (r == 0 && version) {
        r = cvn_event_put(ctx, id, revision->event);
    }
    return r == CVN_REFUSED ? cvn_calendar_refuse_item(revision->apply, revision->item) : r;
}

int cvn_calendar_change_event(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                              const struct cvn_id *id)
{
    struct cvn_ctx *ctx = apply->ctx;
    Convene__Events__V1__Event *before;
    int r = cvn_event_get(ctx, id, &before);
    if (r)
        return r;
    item->result.id = before->id;
    Convene__Events__V1__Event event = *before;
    struct cvn_calendar_version version = {before->calendar_source, before->sequence,
                                           cvn_record_time_ms(before->update_time, 0)};
    struct revision revision = {apply, item, before, &event, &version, .changed = false};
    revision.age = cvn_calendar_compare(item, &version);
    /* An occurrence that is as its series made it has no version of its own. */
    if (before->series_id[0] && !before->overridden && !before->calendar_source)
        revision.age = CVN_CALENDAR_UNDATED;
    if (revision.age != CVN_CALENDAR_OLDER)
        return change_newer(&revision, id);
    return cvn_calendar_skip_older(ctx->arena, item, &version);
}

int cvn_calendar_revise_made(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                             const Convene__Events__V1__Event *made,
                             Convene__Events__V1__Event *event, bool *ret_revised)
{
    bool version;
    struct cvn_calendar_version none = {NULL, made->sequence, apply->ctx->now_ms};
    struct revision revision = {apply, item, made, event, &none, CVN_CALENDAR_UNDATED, false};
    item->result.id = made->id;
    item->result.outcome = OUTCOME(UNCHANGED);
    int r = revise(&revision, &version);
    if (r == CVN_REFUSED) {
        *event = *made;
        return cvn_calendar_refuse_item(apply, item);
    }
    *ret_revised = revision.changed || version;
    if (revision.changed)
        item->result.outcome = OUTCOME(UPDATED);
    return r;
}

int cvn_calendar_cancel_event(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                              const struct cvn_id *id)
{
    Convene__Events__V1__Event *event;
    int r = cvn_event_get(apply->ctx, id, &event);
    if (r || event->status == STATUS(CANCELLED))
        return r;
    struct revision revision = {apply, item, event, event, NULL, CVN_CALENDAR_UNDATED, false};
    r = act(&revision, CVN_EVENT_CANCEL);
    if (r || !revision.changed)
        return r;
    apply->n_writes++;
    item->result.outcome = OUTCOME(UPDATED);
    return cvn_event_store(apply->ctx, id, event);
}
