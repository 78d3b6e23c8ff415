/* The comment that a request means, what its caller is to it, and comments as shown. */
#ifndef CVN_SERVICES_EVENTS_COMMENTS_COMMENT_ACCESS_H
#define CVN_SERVICES_EVENTS_COMMENTS_COMMENT_ACCESS_H

#include "services/events/comments/comment_table.h"
#include "services/events/rsvps/rsvp_access.h"

enum { CVN_COMMENT_REASON_MAX = 500 }; /* bytes */

struct cvn_comment_case {
    struct cvn_rsvp_case on; /* the event, and the caller's role in its group */
    struct cvn_id id;
    Convene__Events__V1__Comment *comment;
    bool own; /* the caller is the author */
};

/*
 * The event of an id, for its discussion. 0; CVN_REFUSED with NOT_FOUND where there is none that
 * the caller may see, with PERMISSION_DENIED for a key that leaves its group out; a fault.
 */
int cvn_discussion_find(struct cvn_ctx *ctx, const char *event_id, struct cvn_rsvp_case *ret);

/* The comment of an id. 0; CVN_REFUSED with NOT_FOUND as far as the event is not seen; a fault. */
int cvn_comment_find(struct cvn_ctx *ctx, const char *id, struct cvn_comment_case *ret);

/* As find, but refuses a key that leaves the event's group out, with PERMISSION_DENIED. */
int cvn_comment_find_to_change(struct cvn_ctx *ctx, const char *id, struct cvn_comment_case *ret);

/* Refuses who does not organise the event. what: "lock a discussion". */
int cvn_discussion_require_organised(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on,
                                     const char *what);

/*
 * Refuses who may not speak on the event: PERMISSION_DENIED for who is banned from its group;
 * FAILED_PRECONDITION while the discussion is locked to all but organisers, or the group or the
 * event is archived.
 */
int cvn_discussion_require_open(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on,
                                const struct cvn_id *person);

/* Makes a stored comment what the caller is shown. 0 or a fault. */
int cvn_comment_show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on, const struct cvn_id *id,
                     Convene__Events__V1__Comment *comment);

/* The discussion as shown. 0 or a fault. */
int cvn_discussion_show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on,
                        Convene__Events__V1__Discussion *reply);

/* Notes what is done about a comment in the log. 0 or a fault. */
int cvn_comment_note(struct cvn_ctx *ctx, const char *kind,
                     const Convene__Events__V1__Comment *comment);

#endif
