/*
 * Comments as stored: a packed Comment under its event and id, found by author too; reports beneath
 * the same event; and one row of counts and whether the discussion is locked. A comment's id alone
 * leads to its event by a row of its own.
 */
#ifndef CVN_SERVICES_EVENTS_COMMENTS_COMMENT_TABLE_H
#define CVN_SERVICES_EVENTS_COMMENTS_COMMENT_TABLE_H

#include "convene/events/v1/comment.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

#define CVN_COMMENT_PREFIX "cmt"

enum {
    CVN_COMMENT_TEXT_MAX = 4000,        /* bytes */
    CVN_EVENT_COMMENTS_MAX = 10000,     /* of one event, deleted ones included */
    CVN_EVENT_REPORTS_MAX = 1000,       /* of one event, waiting */
    CVN_COMMENTS_IN_WINDOW_MAX = 10,    /* of one person on one event ... */
    CVN_COMMENT_WINDOW_MS = 10 * 60000, /* ... within that time */
};

extern const struct cvn_table cvn_comment_table;
extern const struct cvn_table cvn_report_table;

/* Comments by author, event; the value is the time of writing. Reports by who reported. */
extern const struct cvn_index cvn_comment_index;
extern const struct cvn_index cvn_report_index;

struct cvn_discussion {
    uint32_t n_comments; /* rows */
    uint32_t n_shown;
    uint32_t n_reports;
    int64_t locked_ms; /* since when it is locked; 0: it is not */
};

/* All 0 before the first comment. 0 or a fault. */
int cvn_discussion_get(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_discussion *ret);
int cvn_discussion_put(struct cvn_ctx *ctx, const struct cvn_id *event,
                       const struct cvn_discussion *discussion);

/* What the keys of an event's comments begin with, and of the reports on one, or on all for NULL.
 */
void cvn_comment_prefix(struct cvn_key *key, const struct cvn_id *event);
void cvn_report_prefix(struct cvn_key *key, const struct cvn_id *event,
                       const struct cvn_id *comment);

/* The event and the comment of a row's key. False when it is none. */
bool cvn_comment_of_key(struct cvn_slice key, struct cvn_id *ret_event, struct cvn_id *ret_comment);

/* The event, the comment and the person of a report's key. False when it is none. */
bool cvn_report_of_key(struct cvn_slice key, struct cvn_id ret_ids[3]);

/* The event that a comment is on. 0; CVN_STORE_ABSENT; a fault. */
int cvn_comment_event(struct cvn_ctx *ctx, const struct cvn_id *comment, struct cvn_id *ret_event);

/* Reads one, ids filled in, the author's name not. 0; CVN_STORE_ABSENT; a fault. */
int cvn_comment_get(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *comment,
                    Convene__Events__V1__Comment **ret);

/* Writes one, new or over what was there, keeps the counts, and notes the change in the log. 0 or a
 * fault. */
int cvn_comment_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *comment,
                    const Convene__Events__V1__Comment *message);

/* How many comments the author has written on the event since then, at most max. 0 or a fault. */
int cvn_comments_since(struct cvn_ctx *ctx, const struct cvn_id *author, const struct cvn_id *event,
                       int64_t since_ms, size_t max, size_t *ret_n);

/* Reads a report; ids are event, comment, person. 0; CVN_STORE_ABSENT; a fault. */
int cvn_report_get(struct cvn_ctx *ctx, const struct cvn_id ids[3],
                   Convene__Events__V1__CommentReport **ret);

/* Writes one, new or over what was there, and keeps the count. 0 or a fault. */
int cvn_report_put(struct cvn_ctx *ctx, const struct cvn_id ids[3],
                   const Convene__Events__V1__CommentReport *report);

/* Deletes one. 0; CVN_STORE_ABSENT; a fault. */
int cvn_report_delete(struct cvn_ctx *ctx, const struct cvn_id ids[3]);

/* How many reports there are on a comment. 0 or a fault. */
int cvn_reports_count(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *comment,
                      uint32_t *ret_n);

/* Deletes all reports on a comment. 0 or a fault. */
int cvn_reports_delete(struct cvn_ctx *ctx, const struct cvn_id *event,
                       const struct cvn_id *comment);

#endif
