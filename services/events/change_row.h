/*
 * What the events service's tables write to the change log, with every row that is written or
 * deleted, so that no writer can leave it out; a row that stays as it is is no change. Entries of
 * another kind, which no row shows, are community_note.h's, and its rule holds here: no name, and
 * no text that somebody wrote about a person.
 *
 * An entry's subject is the id of the event, the group or the series. Its kind: "event.created",
 * ".updated", ".published", ".unpublished", ".archived", ".rescheduled", ".postponed",
 * ".moved_online", ".cancelled", ".restored", ".deleted", and ".filled" or ".freed" where the last
 * free seat went, or the first came; "rsvp." and the new state in lower case,
 * or ".promoted" out of the queue, ".updated" in the same state; "group.created", ".updated",
 * ".archived", ".restored"; "member.joined", ".updated", ".left"; "series.created", ".updated"; and
 * of the subject "evt_…/comments/cmt_…" "comment.created", ".updated", ".removed". Its detail is
 * what was so before, for those who must know what somebody could see then: of groups restored
 * since when they were archived, in milliseconds; of RSVPs and members the person and four numbers,
 * as "per_… 4 3 1 1", and of RSVPs the hash of the step in the event's history (move_log.h), so
 * that the log bears witness to that.
 */
#ifndef CVN_SERVICES_EVENTS_CHANGE_ROW_H
#define CVN_SERVICES_EVENTS_CHANGE_ROW_H

#include "convene/events/v1/comment.pb-c.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "convene/events/v1/series.pb-c.h"
#include "services/events/rsvps/seat_counts.h"
#include "services/runtime/ctx.h"
#include "storage/change_log.h"

/* In each, before is NULL for what is new, and after for what ends. 0 or a fault. */
int cvn_change_row_event(struct cvn_ctx *ctx, const struct cvn_id *id,
                         const Convene__Events__V1__Event *before,
                         const Convene__Events__V1__Event *after);
/* A free seat is there now, or none any more: seats and capacity are those of before. */
int cvn_change_row_seats(struct cvn_ctx *ctx, const struct cvn_id *id,
                         const Convene__Events__V1__Event *event, const struct cvn_seats *before,
                         bool is_free);
int cvn_change_row_rsvp(struct cvn_ctx *ctx, const struct cvn_id ids[2],
                        const Convene__Events__V1__Rsvp *before,
                        const Convene__Events__V1__Rsvp *after); /* ids: event, person */
int cvn_change_row_group(struct cvn_ctx *ctx, const struct cvn_id *id,
                         const Convene__Events__V1__Group *before,
                         const Convene__Events__V1__Group *after);
int cvn_change_row_member(struct cvn_ctx *ctx, const struct cvn_id ids[2],
                          const Convene__Events__V1__Member *before,
                          const Convene__Events__V1__Member *after); /* ids: group, person */
int cvn_change_row_series(struct cvn_ctx *ctx, const struct cvn_id *id, bool is_new);
int cvn_change_row_comment(struct cvn_ctx *ctx, const struct cvn_id ids[2], bool is_new,
                           Convene__Events__V1__CommentState state); /* ids: event, comment */

enum cvn_change_subject_kind {
    CVN_CHANGE_OF_OTHER, /* nothing of the above */
    CVN_CHANGE_OF_EVENT,
    CVN_CHANGE_OF_RSVP,
    CVN_CHANGE_OF_GROUP,
    CVN_CHANGE_OF_MEMBER,
    CVN_CHANGE_OF_SERIES,
    CVN_CHANGE_OF_COMMENT,
};

struct cvn_change_subject {
    enum cvn_change_subject_kind kind;
    struct cvn_id id;      /* of the event, group or series */
    struct cvn_id person;  /* of an RSVP or a member */
    struct cvn_id comment; /* on the event */
};

/* What an entry is about, by its kind. */
struct cvn_change_subject cvn_change_subject_read(const struct cvn_change *change);

/*
 * The event as it was before a change, as far as it decides who could see it and which filters it
 * passed, with the seats that were taken. What is searched for words is kept only where the change
 * was about it; elsewhere it is taken from now, the event as it is (or NULL), if that still has the
 * same. Where neither is so there is no title. *ret_before is NULL where the event is new, or
 * nothing was said. 0 or a fault.
 */
int cvn_change_read_event(struct cvn_ctx *ctx, const struct cvn_change *change,
                          const Convene__Events__V1__Event *now,
                          Convene__Events__V1__Event **ret_before);

/*
 * Whether an entry is one of a group that was archived or restored; *ret_ms is then since when it
 * was archived until this entry, and INT64_MAX where it was not.
 */
bool cvn_change_read_archived(const struct cvn_change *change, int64_t *ret_ms);

/* What an RSVP, or a membership, was and became: states or roles, and seats asked for. */
struct cvn_change_step {
    unsigned before, after;
    unsigned party_before, party_after;
    const char *hash; /* to be written: of the step in the event's history (move_log.h), or NULL */
};

/* False where the entry does not say. */
bool cvn_change_read_step(const struct cvn_change *change, struct cvn_change_step *ret);

#endif
