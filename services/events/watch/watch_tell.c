#include "services/events/watch/watch_tell.h"

#include "services/events/comments/comment_access.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_stream.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rules/rsvp.h"

#include <errno.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define WHAT(name) CONVENE__EVENTS__V1__EVENT_CHANGE__WHAT_##name

static char *literal(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* The change's head: number, time and kind. 0 or -ENOMEM. */
static int begin(struct cvn_ctx *ctx, const struct cvn_watch_entry *entry,
                 Convene__Events__V1__EventChange *ret)
{
    convene__events__v1__event_change__init(ret);
    ret->sequence = (int64_t)entry->change.sequence;
    ret->change_time = cvn_record_time(ctx->arena, entry->change.time_ms);
    ret->kind = cvn_arena_copy(ctx->arena, entry->change.kind.data, entry->change.kind.len);
    return ret->change_time && ret->kind ? 0 : -ENOMEM;
}

void cvn_watch_tell_listed(Convene__Events__V1__EventChange *ret, Convene__Events__V1__Event *event)
{
    convene__events__v1__event_change__init(ret);
    ret->kind = literal("event.listed");
    ret->event_id = event->id;
    ret->group_id = event->group_id;
    ret->what_case = WHAT(EVENT);
    ret->event = event;
}

static int tell_event(struct cvn_ctx *ctx, const struct cvn_id *id, int role,
                      const Convene__Events__V1__Event *event,
                      Convene__Events__V1__EventChange *ret)
{
    Convene__Events__V1__Event *shown = cvn_arena_alloc(ctx->arena, sizeof *shown);
    if (!shown)
        return -ENOMEM;
    *shown = *event;
    int r = cvn_event_show(ctx, id, role >= (int)ROLE(ORGANISER), shown);
    ret->event_id = shown->id;
    ret->group_id = shown->group_id;
    ret->what_case = WHAT(EVENT);
    ret->event = shown;
    return r ? r : CVN_WATCH_TOLD;
}

static int tell_removed(struct cvn_ctx *ctx, const struct cvn_id *id,
                        Convene__Events__V1__EventChange *ret)
{
    Convene__Events__V1__RemovedEvent *removed = cvn_arena_alloc(ctx->arena, sizeof *removed);
    if (!removed)
        return -ENOMEM;
    convene__events__v1__removed_event__init(removed);
    removed->id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, id);
    ret->kind = literal("event.removed");
    ret->event_id = removed->id;
    ret->what_case = WHAT(REMOVED);
    ret->removed = removed;
    return removed->id ? CVN_WATCH_TOLD : -ENOMEM;
}

static int tell_counts(struct cvn_ctx *ctx, const struct cvn_id *id,
                       const Convene__Events__V1__Event *event,
                       Convene__Events__V1__EventChange *ret)
{
    Convene__Events__V1__EventCounts *counts = cvn_arena_alloc(ctx->arena, sizeof *counts);
    Convene__Events__V1__Event shown = *event;
    int r = counts ? cvn_event_show(ctx, id, false, &shown) : -ENOMEM;
    if (r)
        return r;
    convene__events__v1__event_counts__init(counts);
    counts->seats_taken = shown.seats_taken;
    counts->waitlist_count = shown.waitlist_count;
    counts->virtual_seats_taken = shown.virtual_seats_taken;
    counts->virtual_waitlist_count = shown.virtual_waitlist_count;
    ret->kind = literal("event.counts");
    ret->event_id = event->id;
    ret->group_id = event->group_id;
    ret->what_case = WHAT(COUNTS);
    ret->counts = counts;
    return CVN_WATCH_TOLD;
}

/* The caller's role in an event's group, and how that stands. */
static int sight_of(struct cvn_ctx *ctx, const char *group_id, struct cvn_event_sight *ret)
{
    struct cvn_id group;
    Convene__Events__V1__GroupRole role;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, group_id))
        return -EUCLEAN;
    int r = cvn_group_role_of_caller(ctx, &group, &role);
    ret->role = (int)role;
    return r ? r : cvn_group_archived_ms(ctx->txn, &group, &ret->archived_ms);
}

/*
 * The same for what was before a change: a group that is archived since may not have been then, and
 * what its watchers have of it goes with either.
 */
static void look_back(struct cvn_event_sight *sight, int64_t change_ms)
{
    if (sight->archived_ms >= change_ms)
        sight->archived_ms = INT64_MAX;
}

/* Whether something with that time was written with an entry or behind it. */
static bool is_since(const struct cvn_watch_entry *entry, const Google__Protobuf__Timestamp *time)
{
    return cvn_record_time_ms(time, INT64_MAX) >= entry->change.time_ms;
}

/* Whose events the filter wants, if anybody's: whether this one is, and was, among theirs. */
struct attendance {
    bool now;
    bool before; /* an entry; also where it may have been, since the answer was changed since */
};

static int find_attendance(const struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                           const struct cvn_watch_entry *entry, struct attendance *ret)
{
    const struct cvn_id *attendee = cvn_event_filter_attendee(filter);
    Convene__Events__V1__Rsvp *rsvp;
    *ret = (struct attendance){true, true};
    if (!attendee)
        return 0;
    int r = cvn_rsvp_get(ctx, &entry->subject.id, attendee, &rsvp);
    ret->now = r == 0 && cvn_event_filter_attends((int)rsvp->state);
    ret->before = ret->now || (r == 0 && is_since(entry, rsvp->update_time));
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* The same of an event as it is. */
static int attended(const struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                    const struct cvn_id *event, bool *ret)
{
    const struct cvn_watch_entry entry = {.subject.id = *event, .change.time_ms = INT64_MAX};
    struct attendance attendance;
    int r = find_attendance(filter, ctx, &entry, &attendance);
    *ret = attendance.now;
    return r;
}

static bool is_kind(const struct cvn_watch_entry *entry, const char *kind)
{
    return cvn_slice_compare(entry->change.kind, cvn_slice_of_string(kind)) == 0;
}

/* Whether it is about nothing but whether a seat is free. */
static bool is_about_seats(const struct cvn_watch_entry *entry)
{
    return is_kind(entry, "event.filled") || is_kind(entry, "event.freed");
}

/* What passes now is shown as it is; what does not, and did before the change, is removed. */
static int tell_event_entry(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                            const struct cvn_watch_entry *entry,
                            Convene__Events__V1__EventChange *ret)
{
    const struct cvn_id *id = &entry->subject.id;
    struct attendance theirs;
    bool fits = false;
    struct cvn_event_sight sight;
    if (is_about_seats(entry) && !cvn_event_filter_wants_seats(filter))
        return 0;
    int r = find_attendance(filter, ctx, entry, &theirs);
    if (r == 0 && entry->event && theirs.now) {
        r = sight_of(ctx, entry->event->group_id, &sight);
        if (r == 0)
            r = cvn_event_filter_passes(filter, ctx, id, entry->event, &sight, &fits);
        if (r == 0 && fits)
            r = begin(ctx, entry, ret);
        if (r || fits)
            return r ? r : tell_event(ctx, id, sight.role, entry->event, ret);
    }
    if (r || !entry->before || !theirs.before)
        return r;
    r = sight_of(ctx, entry->before->group_id, &sight);
    look_back(&sight, entry->change.time_ms);
    if (r == 0)
        r = cvn_event_filter_passes(filter, ctx, NULL, entry->before, &sight, &fits);
    if (r == 0 && fits)
        r = begin(ctx, entry, ret);
    return r || !fits ? r : tell_removed(ctx, id, ret);
}

static int tell_rsvp(struct cvn_ctx *ctx, const struct cvn_watch_entry *entry, int role,
                     Convene__Events__V1__EventChange *ret)
{
    Convene__Events__V1__Rsvp *rsvp = cvn_arena_alloc(ctx->arena, sizeof *rsvp);
    struct cvn_rsvp_case c = {.event_id = entry->subject.id,
                              .event = entry->event,
                              .caller = (Convene__Events__V1__GroupRole)role};
    if (!rsvp)
        return -ENOMEM;
    if (!cvn_id_parse(&c.group_id, CVN_GROUP_PREFIX, entry->event->group_id))
        return -EUCLEAN;
    int r = cvn_rsvp_show(ctx, &c, &entry->subject.person, rsvp);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    ret->event_id = entry->event->id;
    ret->group_id = entry->event->group_id;
    ret->what_case = WHAT(RSVP);
    ret->rsvp = rsvp;
    return CVN_WATCH_TOLD;
}

static bool changed_counts(const struct cvn_change *change)
{
    struct cvn_change_step step;
    if (!cvn_change_read_step(change, &step))
        return true; /* it does not say: tell what they are */
    bool held = cvn_rsvp_holds_seats((enum cvn_rsvp_state)step.before);
    bool holds = cvn_rsvp_holds_seats((enum cvn_rsvp_state)step.after);
    bool waited = step.before == CVN_RSVP_WAITLISTED, waits = step.after == CVN_RSVP_WAITLISTED;
    if (step.before == step.after) /* another party, or the other kind of seats */
        return holds || waits;
    return waited != waits || (held ? step.party_before : 0) != (holds ? step.party_after : 0);
}

/*
 * The filter's attendee has answered: the event comes into their list, or goes from it. Whether it
 * was in the list before is not known where it was changed since.
 */
static int tell_attendee(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                         const struct cvn_watch_entry *entry, int role, bool fits,
                         Convene__Events__V1__EventChange *ret)
{
    struct cvn_change_step step;
    bool attends;
    int r = attended(filter, ctx, &entry->subject.id, &attends);
    if (r || (!fits && !is_since(entry, entry->event->update_time)))
        return r;
    r = begin(ctx, entry, ret);
    if (r)
        return r;
    if (attends && fits)
        return tell_event(ctx, &entry->subject.id, role, entry->event, ret);
    bool known = cvn_change_read_step(&entry->change, &step);
    bool leaves = !known || (cvn_event_filter_attends((int)step.before) &&
                             !cvn_event_filter_attends((int)step.after));
    return leaves ? tell_removed(ctx, &entry->subject.id, ret) : 0;
}

static int tell_rsvp_entry(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                           const struct cvn_watch_entry *entry,
                           Convene__Events__V1__EventChange *ret)
{
    const struct cvn_id *attendee = cvn_event_filter_attendee(filter);
    const struct cvn_id *person = &entry->subject.person;
    bool fits;
    struct cvn_event_sight sight = {0};
    int r = entry->event ? sight_of(ctx, entry->event->group_id, &sight) : 0;
    if (r || !entry->event)
        return r;
    r = cvn_event_filter_passes(filter, ctx, &entry->subject.id, entry->event, &sight, &fits);
    if (r == 0 && attendee && cvn_id_equal(attendee, person))
        return tell_attendee(filter, ctx, entry, sight.role, fits, ret);
    if (r == 0 && fits)
        r = begin(ctx, entry, ret);
    if (r || !fits)
        return r;
    r = attended(filter, ctx, &entry->subject.id, &fits);
    if (r || !fits)
        return r;
    bool own = ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&ctx->who.person, person);
    if (own || sight.role >= (int)ROLE(ORGANISER))
        return tell_rsvp(ctx, entry, sight.role, ret);
    return changed_counts(&entry->change) ? tell_counts(ctx, &entry->subject.id, entry->event, ret)
                                          : 0;
}

static int tell_comment(struct cvn_ctx *ctx, const struct cvn_watch_entry *entry, int role,
                        Convene__Events__V1__Comment *comment,
                        Convene__Events__V1__EventChange *ret)
{
    struct cvn_rsvp_case on = {.event_id = entry->subject.id,
                               .event = entry->event,
                               .caller = (Convene__Events__V1__GroupRole)role};
    if (!cvn_id_parse(&on.group_id, CVN_GROUP_PREFIX, entry->event->group_id))
        return -EUCLEAN;
    int r = cvn_comment_show(ctx, &on, &entry->subject.comment, comment);
    if (r)
        return r;
    ret->event_id = entry->event->id;
    ret->group_id = entry->event->group_id;
    ret->what_case = WHAT(COMMENT);
    ret->comment = comment;
    return CVN_WATCH_TOLD;
}

/*
 * Who sees the event sees what is said about it. What was taken out meanwhile is told of with that
 * entry, which follows.
 */
static int tell_comment_entry(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                              const struct cvn_watch_entry *entry,
                              Convene__Events__V1__EventChange *ret)
{
    Convene__Events__V1__Comment *comment;
    bool fits = false;
    struct cvn_event_sight sight = {0};
    if (!entry->event)
        return 0;
    int r = cvn_comment_get(ctx, &entry->subject.id, &entry->subject.comment, &comment);
    if (r == 0)
        r = attended(filter, ctx, &entry->subject.id, &fits);
    if (r == 0 && fits)
        r = sight_of(ctx, entry->event->group_id, &sight);
    if (r == 0 && fits)
        r = cvn_event_filter_passes(filter, ctx, &entry->subject.id, entry->event, &sight, &fits);
    if (r == 0 && fits)
        r = begin(ctx, entry, ret);
    if (r || !fits)
        return r == CVN_STORE_ABSENT ? 0 : r;
    bool shown = comment->state == CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_SHOWN;
    bool is_removal = is_kind(entry, "comment.removed");
    bool is_change =
        is_removal || is_kind(entry, "comment.created") || is_kind(entry, "comment.updated");
    return is_change && shown != is_removal ? tell_comment(ctx, entry, sight.role, comment, ret)
                                            : 0;
}

static int tell_group(struct cvn_ctx *ctx, const struct cvn_watch_entry *entry,
                      Convene__Events__V1__EventChange *ret)
{
    Convene__Events__V1__Group *group;
    int r = cvn_group_get(ctx, &entry->subject.id, &group);
    if (r == 0)
        r = begin(ctx, entry, ret);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    ret->group_id = group->id;
    ret->what_case = WHAT(GROUP);
    ret->group = group;
    return CVN_WATCH_TOLD;
}

static bool is_own(const struct cvn_ctx *ctx, const struct cvn_watch_entry *entry)
{
    return ctx->who.kind == CVN_PRINCIPAL_PERSON &&
           cvn_id_equal(&ctx->who.person, &entry->subject.person);
}

static int tell_member(struct cvn_ctx *ctx, const struct cvn_watch_entry *entry,
                       Convene__Events__V1__EventChange *ret)
{
    const struct cvn_id *group = &entry->subject.id, *person = &entry->subject.person;
    Convene__Events__V1__GroupRole role;
    Convene__Events__V1__Member *member;
    int r = cvn_group_role_of_caller(ctx, group, &role);
    if (r || (role < ROLE(ORGANISER) && !is_own(ctx, entry)))
        return r;
    r = cvn_member_get(ctx, group, person, &member);
    if (r == CVN_STORE_ABSENT) {
        member = cvn_arena_alloc(ctx->arena, sizeof *member);
        if (!member)
            return -ENOMEM;
        convene__events__v1__member__init(member);
        r = cvn_member_fill(ctx, group, person, member);
    }
    if (r == 0)
        r = begin(ctx, entry, ret);
    if (r)
        return r;
    ret->group_id = member->group_id;
    ret->what_case = WHAT(MEMBER);
    ret->member = member;
    return CVN_WATCH_TOLD;
}

int cvn_watch_tell_entry(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                         const struct cvn_watch_entry *entry, Convene__Events__V1__EventChange *ret)
{
    bool of_group = cvn_event_filter_names_group(filter, &entry->subject.id);
    switch (entry->subject.kind) {
    case CVN_CHANGE_OF_EVENT:
        return tell_event_entry(filter, ctx, entry, ret);
    case CVN_CHANGE_OF_RSVP:
        return tell_rsvp_entry(filter, ctx, entry, ret);
    case CVN_CHANGE_OF_GROUP:
        return of_group ? tell_group(ctx, entry, ret) : 0;
    case CVN_CHANGE_OF_MEMBER:
        return of_group ? tell_member(ctx, entry, ret) : 0;
    case CVN_CHANGE_OF_COMMENT:
        return tell_comment_entry(filter, ctx, entry, ret);
    case CVN_CHANGE_OF_SERIES: /* its occurrences are events */
    case CVN_CHANGE_OF_OTHER:
        break;
    }
    return 0;
}

/* What a role lets somebody see beside the public: nothing, members' events, all. */
static int rank(int role)
{
    return (role >= (int)ROLE(MEMBER)) + (role >= (int)ROLE(ORGANISER));
}

/* The same for a change of a group: its events ahead of when it is, or was, archived. */
static int walk_group(const struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                      const struct cvn_watch_entry *entry, struct cvn_watch_cursor *cursor)
{
    Convene__Events__V1__GroupRole role;
    int64_t archived_ms;
    if (cvn_event_filter_attendee(filter) ||
        !cvn_change_read_archived(&entry->change, &archived_ms))
        return 0; /* whoever comes keeps the event */
    int r = cvn_group_role_of_caller(ctx, &entry->subject.id, &role);
    if (r)
        return r;
    cursor->phase = CVN_WATCH_WALK;
    cursor->walk_role = (uint8_t)role;
    cursor->walk_archived_ms = archived_ms;
    cursor->walk_start_ms = archived_ms == INT64_MAX ? entry->change.time_ms : archived_ms;
    return 0;
}

static int walk_member(struct cvn_ctx *ctx, const struct cvn_watch_entry *entry,
                       struct cvn_watch_cursor *cursor)
{
    struct cvn_change_step step;
    Convene__Events__V1__GroupRole role;
    if (!is_own(ctx, entry) || !cvn_change_read_step(&entry->change, &step))
        return 0;
    int r = cvn_group_role_of_caller(ctx, &entry->subject.id, &role);
    if (r || rank((int)step.before) == rank((int)role))
        return r;
    struct cvn_event_sight was = {.role = (int)step.before};
    r = cvn_group_archived_ms(ctx->txn, &entry->subject.id, &was.archived_ms);
    look_back(&was, entry->change.time_ms);
    cursor->phase = CVN_WATCH_WALK;
    cursor->walk_role = (uint8_t)was.role;
    cursor->walk_archived_ms = was.archived_ms;
    cursor->walk_start_ms = INT64_MIN;
    return r;
}

int cvn_watch_walk_begin(const struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                         const struct cvn_watch_entry *entry, struct cvn_watch_cursor *cursor)
{
    bool of_group = entry->subject.kind == CVN_CHANGE_OF_GROUP;
    bool of_member = entry->subject.kind == CVN_CHANGE_OF_MEMBER;
    cursor->walk_group = entry->subject.id;
    if (!(of_group || of_member) || !cvn_event_filter_takes_group(filter, &entry->subject.id))
        return 0;
    return of_group ? walk_group(filter, ctx, entry, cursor) : walk_member(ctx, entry, cursor);
}

/* The walk's next event. 0; CVN_STORE_ABSENT; a fault. */
static int walk_on(struct cvn_ctx *ctx, struct cvn_watch_cursor *cursor)
{
    CVN_INDEX_CURSOR_AUTO walk = {0};
    struct cvn_index_entry entry;
    struct cvn_key lo, hi, at, primary;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, &cursor->walk_group);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    at = lo;
    cvn_key_put_i64(&at, cursor->walk_start_ms);
    cvn_event_key(&primary, &cursor->walk_event);
    int r = cvn_index_cursor_init(&walk, ctx->txn, &cvn_event_indexes[CVN_EVENT_BY_GROUP],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r == 0)
        r = cvn_index_cursor_resume(&walk, cvn_key_slice(&at), cvn_key_slice(&primary));
    if (r == 0)
        r = cvn_index_cursor_next(&walk, &entry);
    if (r)
        return r;
    struct cvn_event_place place;
    r = cvn_event_place_read(&entry, &place);
    if (r)
        return r;
    cursor->walk_start_ms = place.start_ms;
    cursor->walk_event = place.id;
    return 0;
}

int cvn_watch_tell_walked(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                          struct cvn_watch_cursor *cursor, Convene__Events__V1__EventChange *ret)
{
    Convene__Events__V1__Event *event;
    bool theirs, saw = false, sees = false;
    const struct cvn_event_sight was = {cursor->walk_role, cursor->walk_archived_ms};
    struct cvn_event_sight is = {0};
    int r = walk_on(ctx, cursor);
    if (r)
        return r;
    r = cvn_event_get(ctx, &cursor->walk_event, &event);
    if (r == 0)
        r = attended(filter, ctx, &cursor->walk_event, &theirs);
    if (r == 0)
        r = sight_of(ctx, event->group_id, &is);
    if (r == 0)
        r = cvn_event_filter_passes(filter, ctx, &cursor->walk_event, event, &was, &saw);
    if (r == 0)
        r = cvn_event_filter_passes(filter, ctx, &cursor->walk_event, event, &is, &sees);
    if (r || !theirs || saw == sees)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    convene__events__v1__event_change__init(ret);
    ret->sequence = (int64_t)cursor->sequence;
    ret->change_time = cvn_record_time(ctx->arena, cursor->time_ms);
    if (!ret->change_time)
        return -ENOMEM;
    ret->kind = literal("event.appeared");
    return sees ? tell_event(ctx, &cursor->walk_event, is.role, event, ret)
                : tell_removed(ctx, &cursor->walk_event, ret);
}
