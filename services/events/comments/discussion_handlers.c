/* Keeping a discussion in order: locks, and reports to the organisers. */
#include "services/events/comments/comment_access.h"
#include "services/events/comments/comment_handlers.h"
#include "services/events/field_check.h"
#include "services/events/groups/community_note.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/row_list.h"

#include <errno.h>

/* Locks or unlocks; what is so already stays as it is. */
static int set_lock(struct cvn_ctx *ctx, const char *event_id, bool locked,
                    Convene__Events__V1__Discussion *reply)
{
    struct cvn_discussion discussion;
    struct cvn_rsvp_case on;
    int r = cvn_discussion_find(ctx, event_id, &on);
    if (r == 0)
        r = cvn_discussion_require_organised(
            ctx, &on,
            locked ? "lock the discussion; organisers of the group may"
                   : "unlock the discussion; organisers of the group may");
    if (r == 0)
        r = cvn_discussion_get(ctx, &on.event_id, &discussion);
    if (r)
        return r;
    if (locked != (discussion.locked_ms != 0)) {
        discussion.locked_ms = locked ? ctx->now_ms : 0;
        r = cvn_discussion_put(ctx, &on.event_id, &discussion);
        if (r == 0)
            r = cvn_community_note(ctx, locked ? "discussion.locked" : "discussion.unlocked",
                                   cvn_arena_printf(ctx->arena, "%s/comments", on.event->id));
    }
    return r ? r : cvn_discussion_show(ctx, &on, reply);
}

int cvn_comments_lock(struct cvn_ctx *ctx, const void *request, void *reply)
{
    return set_lock(ctx, ((const Convene__Events__V1__LockCommentsRequest *)request)->event_id,
                    true, reply);
}

int cvn_comments_unlock(struct cvn_ctx *ctx, const void *request, void *reply)
{
    return set_lock(ctx, ((const Convene__Events__V1__UnlockCommentsRequest *)request)->event_id,
                    false, reply);
}

int cvn_comments_check_report(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__ReportCommentRequest *req = request;
    cvn_field_check_prose(&ctx->problems, "reason", req->reason, CVN_COMMENT_REASON_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int require_report_room(struct cvn_ctx *ctx, const struct cvn_id *event)
{
    struct cvn_discussion discussion;
    int r = cvn_discussion_get(ctx, event, &discussion);
    if (r || discussion.n_reports < CVN_EVENT_REPORTS_MAX)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_RESOURCE_EXHAUSTED, "TOO_MANY_REPORTS",
                                "%d reports wait for the organisers already.",
                                CVN_EVENT_REPORTS_MAX);
}

static int describe(struct cvn_ctx *ctx, const struct cvn_id ids[3], char *reason,
                    Convene__Events__V1__CommentReport *report)
{
    Convene__Events__V1__CommentReport *before = NULL;
    int r = cvn_report_get(ctx, ids, &before);
    if (r == CVN_STORE_ABSENT)
        r = require_report_room(ctx, &ids[0]);
    if (r)
        return r;
    report->reason = reason;
    report->create_time = before ? before->create_time : cvn_record_time(ctx->arena, ctx->now_ms);
    return report->create_time ? 0 : -ENOMEM;
}

int cvn_comments_report(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ReportCommentRequest *req = request;
    Convene__Events__V1__CommentReport *report = reply;
    struct cvn_comment_case c;
    struct cvn_id person;
    int r = cvn_comment_find_to_change(ctx, req->id, &c);
    if (r == 0)
        r = cvn_person_meant(ctx, "person_id", "", &person);
    if (r)
        return r;
    if (c.comment->state != CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_SHOWN)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "COMMENT_DELETED",
                                    "The comment was deleted.");
    const struct cvn_id ids[3] = {c.on.event_id, c.id, person};
    r = describe(ctx, ids, req->reason, report);
    if (r == 0)
        r = cvn_report_put(ctx, ids, report);
    if (r == 0)
        r = cvn_comment_note(ctx, "comment.reported", c.comment);
    if (r)
        return r;
    report->event_id = c.comment->event_id;
    report->comment_id = c.comment->id;
    report->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &person);
    return report->person_id ? 0 : -ENOMEM;
}

/* A page of reports under way. */
struct listing {
    const struct cvn_rsvp_case *on;
    Convene__Events__V1__ListReportsResponse *reply;
};

static int take(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken)
{
    struct listing *listing = arg;
    struct cvn_id ids[3];
    Convene__Events__V1__CommentReport *report;
    (void)value;
    (void)ret_taken;
    if (!cvn_report_of_key(key, ids))
        return -EUCLEAN;
    int r = cvn_report_get(ctx, ids, &report);
    if (r == 0)
        r = cvn_comment_get(ctx, &ids[0], &ids[1], &report->comment);
    if (r == 0)
        r = cvn_comment_show(ctx, listing->on, &ids[1], report->comment);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    listing->reply->reports[listing->reply->n_reports++] = report;
    return cvn_person_name(ctx, &ids[2], &report->display_name);
}

int cvn_comments_list_reports(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListReportsRequest *req = request;
    Convene__Events__V1__ListReportsResponse *response = reply;
    struct cvn_rsvp_case on;
    struct listing listing = {&on, response};
    struct cvn_row_list list = {.n_prefixes = 1, .take = take, .arg = &listing};
    size_t page_size;
    int r = cvn_row_list_room(ctx, req->page_size, &page_size, &response->reports);
    if (r == 0)
        r = cvn_discussion_find(ctx, req->event_id, &on);
    if (r == 0)
        r = cvn_discussion_require_organised(ctx, &on, "see reports; organisers of the group may");
    if (r)
        return r;
    cvn_report_prefix(&list.prefixes[0], &on.event_id, NULL);
    return cvn_row_list_page(ctx, &req->base, page_size, &list, &response->next_page_token);
}

int cvn_comments_dismiss_reports(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__DismissReportsRequest *req = request;
    struct cvn_comment_case c;
    uint32_t n = 0;
    int r = cvn_comment_find_to_change(ctx, req->id, &c);
    if (r == 0)
        r = cvn_discussion_require_organised(ctx, &c.on,
                                             "dismiss reports; organisers of the group may");
    if (r == 0)
        r = cvn_reports_count(ctx, &c.on.event_id, &c.id, &n);
    if (r == 0 && n > 0)
        r = cvn_reports_delete(ctx, &c.on.event_id, &c.id);
    if (r == 0 && n > 0)
        r = cvn_comment_note(ctx, "comment.reports_dismissed", c.comment);
    if (r == 0)
        r = cvn_comment_show(ctx, &c.on, &c.id, c.comment);
    if (r == 0)
        *(Convene__Events__V1__Comment *)reply = *c.comment;
    return r;
}
