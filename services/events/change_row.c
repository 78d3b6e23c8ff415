#include "services/events/change_row.h"

#include "base/draw.h"
#include "base/text.h"
#include "services/events/comments/comment_table.h"
#include "services/events/etag.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_index.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/series/series_table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name
#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

#define COMMENTS "/comments/"
#define GROUP_ARCHIVED "group.archived"
#define GROUP_RESTORED "group.restored"

enum {
    STEP_BYTES = CVN_ID_TEXT_BYTES + 4 * 11 + CVN_DRAW_TEXT_BYTES,
    TIME_BYTES = 24, /* milliseconds in digits */
    COMMENT_BYTES = 2 * CVN_ID_TEXT_BYTES + sizeof COMMENTS,
};

static int append(struct cvn_ctx *ctx, const char *subject, const char *kind,
                  struct cvn_slice detail)
{
    const struct cvn_change change = {
        .time_ms = ctx->now_ms,
        .subject = cvn_slice_of_string(subject),
        .kind = cvn_slice_of_string(kind),
        .principal = cvn_slice_of_string(ctx->who.text),
        .detail = detail,
    };
    return cvn_change_append(ctx->txn, &change, NULL);
}

static const char *kind_of_status(Convene__Events__V1__EventStatus before,
                                  Convene__Events__V1__EventStatus after)
{
    bool was_off = before == STATUS(CANCELLED) || before == STATUS(POSTPONED);
    bool is_off = after == STATUS(CANCELLED) || after == STATUS(POSTPONED);
    if (was_off && !is_off)
        return "event.restored";
    if (after == STATUS(CANCELLED))
        return "event.cancelled";
    if (after == STATUS(POSTPONED))
        return "event.postponed";
    if (after == STATUS(MOVED_ONLINE))
        return "event.moved_online";
    return after == STATUS(RESCHEDULED) ? "event.rescheduled" : "event.updated";
}

static const char *kind_of_publication(Convene__Events__V1__Publication after)
{
    if (after == PUBLICATION(PUBLISHED))
        return "event.published";
    if (after == PUBLICATION(UNPUBLISHED))
        return "event.unpublished";
    return after == PUBLICATION(ARCHIVED) ? "event.archived" : "event.updated";
}

static const char *kind_of_event(const Convene__Events__V1__Event *before,
                                 const Convene__Events__V1__Event *after)
{
    if (!before)
        return "event.created";
    if (!after)
        return "event.deleted";
    if (before->publication != after->publication)
        return kind_of_publication(after->publication);
    if (before->status != after->status)
        return kind_of_status(before->status, after->status);
    return cvn_event_start_ms(before) != cvn_event_start_ms(after) ? "event.rescheduled"
                                                                   : "event.updated";
}

/* What of an event is searched for words (listing/event_index.h); venue is where its part goes. */
static void take_text(Convene__Events__V1__Event *to, Convene__Events__V1__Venue *venue,
                      const Convene__Events__V1__Event *from)
{
    to->title = from->title;
    to->description = from->description;
    to->group_name = from->group_name;
    to->n_topics = from->n_topics;
    to->topics = from->topics;
    if (from->venue && venue) {
        venue->name = from->venue->name;
        venue->city = from->venue->city;
        to->venue = venue;
    }
}

/* A hash of that. 0 or a fault. */
static int hash_text(struct cvn_ctx *ctx, const Convene__Events__V1__Event *event, char **ret)
{
    Convene__Events__V1__Event text = CONVENE__EVENTS__V1__EVENT__INIT;
    Convene__Events__V1__Venue venue = CONVENE__EVENTS__V1__VENUE__INIT;
    take_text(&text, &venue, event);
    return cvn_etag_make(ctx, &text.base, ret);
}

/* What was to be searched where after has something else to search; else the hash of both. */
static int add_text(struct cvn_ctx *ctx, const Convene__Events__V1__Event *before,
                    const Convene__Events__V1__Event *after, Convene__Events__V1__Event *facts,
                    Convene__Events__V1__Venue *venue)
{
    char *now = NULL;
    int r = hash_text(ctx, before, &facts->etag);
    if (r == 0 && after)
        r = hash_text(ctx, after, &now);
    if (r || (now && strcmp(now, facts->etag) == 0))
        return r;
    take_text(facts, venue, before);
    struct cvn_slice searched =
        cvn_text_cut(cvn_slice_of_string(before->description), CVN_EVENT_TOKEN_BYTES_MAX);
    facts->description =
        cvn_arena_printf(ctx->arena, "%.*s", (int)searched.len, (const char *)searched.data);
    return facts->description ? 0 : -ENOMEM;
}

/* What of an event decides who sees it and which filters it passes; the rest is left empty. */
static int pack_facts(struct cvn_ctx *ctx, const Convene__Events__V1__Event *event,
                      const Convene__Events__V1__Event *after, const struct cvn_seats *seats,
                      struct cvn_slice *ret)
{
    Convene__Events__V1__Event facts = CONVENE__EVENTS__V1__EVENT__INIT;
    Convene__Events__V1__Venue venue = CONVENE__EVENTS__V1__VENUE__INIT;
    facts.group_id = event->group_id;
    facts.start_time = event->start_time;
    facts.end_time = event->end_time;
    facts.attendance_mode = event->attendance_mode;
    facts.n_topics = event->n_topics;
    facts.topics = event->topics;
    facts.language = event->language;
    facts.visibility = event->visibility;
    facts.publication = event->publication;
    facts.status = event->status;
    facts.series_id = event->series_id;
    facts.capacity = event->capacity;
    facts.virtual_capacity = event->virtual_capacity;
    facts.seats_taken = (int32_t)seats->seats_taken[CVN_SEATS_ROOM];
    facts.virtual_seats_taken = (int32_t)seats->seats_taken[CVN_SEATS_ONLINE];
    if (event->venue) {
        venue.city = event->venue->city;
        venue.location = event->venue->location;
        facts.venue = &venue;
        facts.city_center = event->city_center;
    }
    int r = add_text(ctx, event, after, &facts, &venue);
    return r ? r : cvn_ctx_pack(ctx, &facts.base, ret);
}

int cvn_change_row_event(struct cvn_ctx *ctx, const struct cvn_id *id,
                         const Convene__Events__V1__Event *before,
                         const Convene__Events__V1__Event *after)
{
    char subject[CVN_ID_TEXT_BYTES];
    struct cvn_slice detail = {NULL, 0};
    cvn_id_format(subject, CVN_EVENT_PREFIX, id);
    struct cvn_seats seats;
    int r = before ? cvn_seats_get(ctx, id, &seats) : 0;
    if (r == 0 && before)
        r = pack_facts(ctx, before, after, &seats, &detail);
    return r ? r : append(ctx, subject, kind_of_event(before, after), detail);
}

int cvn_change_row_seats(struct cvn_ctx *ctx, const struct cvn_id *id,
                         const Convene__Events__V1__Event *event, const struct cvn_seats *before,
                         bool is_free)
{
    char subject[CVN_ID_TEXT_BYTES];
    struct cvn_slice detail;
    Convene__Events__V1__Event was = *event;
    cvn_id_format(subject, CVN_EVENT_PREFIX, id);
    if (before->n_moves > 0) {
        was.capacity = (int32_t)before->settings.capacity[CVN_SEATS_ROOM];
        was.virtual_capacity = (int32_t)before->settings.capacity[CVN_SEATS_ONLINE];
    }
    int r = pack_facts(ctx, &was, event, before, &detail);
    return r ? r : append(ctx, subject, is_free ? "event.freed" : "event.filled", detail);
}

/* Appends what became of a person's row beneath an event or a group. */
static int append_step(struct cvn_ctx *ctx, const char *subject, const char *kind,
                       const struct cvn_id *person, const struct cvn_change_step *step)
{
    char who[CVN_ID_TEXT_BYTES], detail[STEP_BYTES];
    cvn_id_format(who, CVN_PERSON_PREFIX, person);
    (void)snprintf(detail, sizeof detail, "%s %u %u %u %u%s%.64s", who, step->before, step->after,
                   step->party_before, step->party_after, step->hash ? " " : "",
                   step->hash ? step->hash : "");
    return append(ctx, subject, kind, cvn_slice_of_string(detail));
}

static const char *kind_of_rsvp(const struct cvn_change_step *step)
{
    static const char *const kinds[] = {
        [STATE(UNSPECIFIED)] = "rsvp.deleted",
        [STATE(INVITED)] = "rsvp.invited",
        [STATE(REQUESTED)] = "rsvp.requested",
        [STATE(YES)] = "rsvp.yes",
        [STATE(WAITLISTED)] = "rsvp.waitlisted",
        [STATE(OFFERED)] = "rsvp.offered",
        [STATE(NO)] = "rsvp.no",
        [STATE(EXPIRED)] = "rsvp.expired",
        [STATE(REJECTED)] = "rsvp.rejected",
        [STATE(REMOVED)] = "rsvp.removed",
        [STATE(ATTENDED)] = "rsvp.attended",
        [STATE(NO_SHOW)] = "rsvp.no_show",
        [STATE(EXCUSED)] = "rsvp.excused",
    };
    if (step->before == step->after)
        return "rsvp.updated";
    if (step->before == STATE(WAITLISTED) && step->after == STATE(YES))
        return "rsvp.promoted";
    return step->after < sizeof kinds / sizeof kinds[0] ? kinds[step->after] : "rsvp.updated";
}

static uint32_t party_of(const Convene__Events__V1__Rsvp *rsvp)
{
    return rsvp ? 1 + (uint32_t)rsvp->guests : 0;
}

int cvn_change_row_rsvp(struct cvn_ctx *ctx, const struct cvn_id ids[2],
                        const Convene__Events__V1__Rsvp *before,
                        const Convene__Events__V1__Rsvp *after)
{
    char subject[CVN_ID_TEXT_BYTES];
    const struct cvn_change_step step = {
        .before = before ? (unsigned)before->state : 0,
        .after = after ? (unsigned)after->state : 0,
        .party_before = party_of(before),
        .party_after = party_of(after),
        .hash = after && after->move_hash[0] ? after->move_hash : NULL,
    };
    cvn_id_format(subject, CVN_EVENT_PREFIX, &ids[0]);
    return append_step(ctx, subject, kind_of_rsvp(&step), &ids[1], &step);
}

int cvn_change_row_group(struct cvn_ctx *ctx, const struct cvn_id *id,
                         const Convene__Events__V1__Group *before,
                         const Convene__Events__V1__Group *after)
{
    char subject[CVN_ID_TEXT_BYTES], since[TIME_BYTES] = "";
    const char *kind = before ? "group.updated" : "group.created";
    if (before && !before->archive_time && after->archive_time)
        kind = GROUP_ARCHIVED;
    if (before && before->archive_time && !after->archive_time) {
        kind = GROUP_RESTORED;
        (void)snprintf(since, sizeof since, "%" PRId64,
                       cvn_record_time_ms(before->archive_time, INT64_MIN));
    }
    cvn_id_format(subject, CVN_GROUP_PREFIX, id);
    return append(ctx, subject, kind, cvn_slice_of_string(since));
}

int cvn_change_row_member(struct cvn_ctx *ctx, const struct cvn_id ids[2],
                          const Convene__Events__V1__Member *before,
                          const Convene__Events__V1__Member *after)
{
    char subject[CVN_ID_TEXT_BYTES];
    const struct cvn_change_step step = {
        .before = before ? (unsigned)before->role : 0,
        .after = after ? (unsigned)after->role : 0,
    };
    const char *kind = !before ? "member.joined" : after ? "member.updated" : "member.left";
    cvn_id_format(subject, CVN_GROUP_PREFIX, &ids[0]);
    return append_step(ctx, subject, kind, &ids[1], &step);
}

int cvn_change_row_series(struct cvn_ctx *ctx, const struct cvn_id *id, bool is_new)
{
    char subject[CVN_ID_TEXT_BYTES];
    cvn_id_format(subject, CVN_SERIES_PREFIX, id);
    return append(ctx, subject, is_new ? "series.created" : "series.updated", cvn_slice(NULL, 0));
}

int cvn_change_row_comment(struct cvn_ctx *ctx, const struct cvn_id ids[2], bool is_new,
                           Convene__Events__V1__CommentState state)
{
    bool shown = state == CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_SHOWN;
    char event[CVN_ID_TEXT_BYTES], comment[CVN_ID_TEXT_BYTES], subject[COMMENT_BYTES];
    cvn_id_format(event, CVN_EVENT_PREFIX, &ids[0]);
    cvn_id_format(comment, CVN_COMMENT_PREFIX, &ids[1]);
    (void)snprintf(subject, sizeof subject, "%s" COMMENTS "%s", event, comment);
    const char *kind = is_new ? "comment.created" : shown ? "comment.updated" : "comment.removed";
    return append(ctx, subject, kind, cvn_slice(NULL, 0));
}

/* A slice as text that ends; false when it is longer. */
static bool copy_text(struct cvn_slice from, char *text, size_t size)
{
    if (from.len >= size)
        return false;
    if (from.len > 0)
        memcpy(text, from.data, from.len);
    text[from.len] = '\0';
    return true;
}

/* The person that a detail begins with; the rest of it is in *ret_rest. */
static bool read_person(const struct cvn_change *change, struct cvn_id *ret,
                        char ret_rest[STEP_BYTES])
{
    char text[STEP_BYTES];
    if (!copy_text(change->detail, text, sizeof text))
        return false;
    size_t n = strcspn(text, " ");
    (void)snprintf(ret_rest, STEP_BYTES, "%s", text + n);
    text[n] = '\0';
    return cvn_id_parse(ret, CVN_PERSON_PREFIX, text);
}

/* The comment of "evt_…/comments/cmt_…", which then is "evt_…". */
static bool cut_comment(char *subject, struct cvn_id *ret)
{
    char *rest = strstr(subject, COMMENTS);
    if (!rest || !cvn_id_parse(ret, CVN_COMMENT_PREFIX, rest + strlen(COMMENTS)))
        return false;
    *rest = '\0';
    return true;
}

struct cvn_change_subject cvn_change_subject_read(const struct cvn_change *change)
{
    static const struct {
        const char *kind;
        enum cvn_change_subject_kind is;
        const char *prefix;
        bool of_person;
    } rows[] = {
        {"event.", CVN_CHANGE_OF_EVENT, CVN_EVENT_PREFIX, false},
        {"rsvp.", CVN_CHANGE_OF_RSVP, CVN_EVENT_PREFIX, true},
        {"group.", CVN_CHANGE_OF_GROUP, CVN_GROUP_PREFIX, false},
        {"member.", CVN_CHANGE_OF_MEMBER, CVN_GROUP_PREFIX, true},
        {"series.", CVN_CHANGE_OF_SERIES, CVN_SERIES_PREFIX, false},
        {"comment.", CVN_CHANGE_OF_COMMENT, CVN_EVENT_PREFIX, false},
    };
    struct cvn_change_subject ret = {.kind = CVN_CHANGE_OF_OTHER};
    char kind[CVN_CHANGE_KIND_BYTES_MAX + 1], id[COMMENT_BYTES], rest[STEP_BYTES];
    if (!copy_text(change->kind, kind, sizeof kind) || !copy_text(change->subject, id, sizeof id))
        return ret;
    if (strncmp(kind, "comment.", strlen("comment.")) == 0 && !cut_comment(id, &ret.comment))
        return ret;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncmp(kind, rows[i].kind, strlen(rows[i].kind)) == 0 &&
            cvn_id_parse(&ret.id, rows[i].prefix, id) &&
            (!rows[i].of_person || read_person(change, &ret.person, rest)))
            ret.kind = rows[i].is;
    return ret;
}

int cvn_change_read_event(struct cvn_ctx *ctx, const struct cvn_change *change,
                          const Convene__Events__V1__Event *now,
                          Convene__Events__V1__Event **ret_before)
{
    Convene__Events__V1__Event *before;
    char *hash = NULL;
    *ret_before = NULL;
    if (change->detail.len == 0)
        return 0;
    int r = cvn_record_unpack(ctx->arena, &convene__events__v1__event__descriptor, change->detail,
                              &before);
    if (r)
        return r == -EBADMSG ? 0 : r;
    if (now && !before->title[0] && before->etag[0]) {
        r = hash_text(ctx, now, &hash);
        if (r == 0 && strcmp(hash, before->etag) == 0)
            take_text(before, before->venue, now);
    }
    *ret_before = before;
    return r;
}

bool cvn_change_read_archived(const struct cvn_change *change, int64_t *ret_ms)
{
    char since[TIME_BYTES];
    if (cvn_slice_compare(change->kind, cvn_slice_of_string(GROUP_ARCHIVED)) == 0) {
        *ret_ms = INT64_MAX;
        return true;
    }
    if (cvn_slice_compare(change->kind, cvn_slice_of_string(GROUP_RESTORED)) != 0)
        return false;
    *ret_ms = INT64_MIN; /* what does not say so was archived since ever */
    if (copy_text(change->detail, since, sizeof since))
        (void)sscanf(since, "%" SCNd64, ret_ms);
    return true;
}

bool cvn_change_read_step(const struct cvn_change *change, struct cvn_change_step *ret)
{
    struct cvn_id person;
    char rest[STEP_BYTES];
    struct cvn_change_step step = {0};
    if (!read_person(change, &person, rest) ||
        sscanf(rest, " %u %u %u %u", &step.before, &step.after, &step.party_before,
               &step.party_after) != 4)
        return false;
    *ret = step;
    return true;
}
