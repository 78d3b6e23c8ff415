/* CommentService: what is said, changed, taken out, and read. */
#include "services/events/comments/comment_handlers.h"

#include "services/events/comments/comment_access.h"
#include "services/events/etag.h"
#include "services/events/field_check.h"
#include "services/events/handlers.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/row_list.h"

#include <errno.h>
#include <string.h>

#define STATE(name) CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_##name

static void check_text(struct cvn_ctx *ctx, const char *text)
{
    if (text[strspn(text, " \t\r\n")] == '\0')
        cvn_problems_add(&ctx->problems, "text", "is empty; 1 to %d bytes of Markdown are right",
                         CVN_COMMENT_TEXT_MAX);
    cvn_field_check_prose(&ctx->problems, "text", text, CVN_COMMENT_TEXT_MAX);
}

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    check_text(ctx, ((const Convene__Events__V1__CreateCommentRequest *)request)->text);
    return cvn_ctx_refuse_problems(ctx);
}

static int check_update(struct cvn_ctx *ctx, const void *request)
{
    check_text(ctx, ((const Convene__Events__V1__UpdateCommentRequest *)request)->text);
    return cvn_ctx_refuse_problems(ctx);
}

static int check_delete(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__DeleteCommentRequest *req = request;
    cvn_field_check_prose(&ctx->problems, "reason", req->reason, CVN_COMMENT_REASON_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

/* Who is to be the author: the caller, or whom an administrator names. */
static int find_author(struct cvn_ctx *ctx, const char *person_id, struct cvn_id *ret)
{
    int r = cvn_person_meant(ctx, "person_id", person_id, ret);
    if (r)
        return r;
    if (!cvn_person_is_caller(ctx, ret) && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
        return cvn_ctx_refuse_access(ctx, "comment for somebody else");
    return cvn_person_find(ctx, ret, NULL);
}

static int require_room(struct cvn_ctx *ctx, const struct cvn_rsvp_case *on,
                        const struct cvn_id *author)
{
    struct cvn_discussion discussion;
    size_t n = 0;
    int r = cvn_discussion_get(ctx, &on->event_id, &discussion);
    if (r == 0 && discussion.n_comments >= CVN_EVENT_COMMENTS_MAX)
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "DISCUSSION_FULL",
                                    "An event has at most %d comments.", CVN_EVENT_COMMENTS_MAX);
    if (r == 0)
        r = cvn_comments_since(ctx, author, &on->event_id, ctx->now_ms - CVN_COMMENT_WINDOW_MS,
                               CVN_COMMENTS_IN_WINDOW_MAX, &n);
    if (r || n < CVN_COMMENTS_IN_WINDOW_MAX)
        return r;
    return cvn_ctx_refuse_state(ctx, CVN_RESOURCE_EXHAUSTED, "COMMENTS_TOO_FAST",
                                "At most %d comments on an event within %d minutes; wait a little.",
                                CVN_COMMENTS_IN_WINDOW_MAX, CVN_COMMENT_WINDOW_MS / 60000);
}

static int create_comment(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CreateCommentRequest *req = request;
    Convene__Events__V1__Comment *comment = reply;
    struct cvn_id author, id = cvn_ctx_new_id(ctx);
    struct cvn_rsvp_case on;
    int r = cvn_discussion_find(ctx, req->event_id, &on);
    if (r == 0)
        r = find_author(ctx, req->person_id, &author);
    if (r == 0)
        r = cvn_discussion_require_open(ctx, &on, &author);
    if (r == 0)
        r = require_room(ctx, &on, &author);
    if (r)
        return r;
    comment->id = cvn_ctx_id_text(ctx, CVN_COMMENT_PREFIX, &id);
    comment->event_id = on.event->id;
    comment->author_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &author);
    comment->text = req->text;
    comment->state = STATE(SHOWN);
    comment->create_time = cvn_record_time(ctx->arena, ctx->now_ms);
    if (!comment->id || !comment->author_id || !comment->create_time)
        return -ENOMEM;
    r = cvn_comment_put(ctx, &on.event_id, &id, comment);
    return r ? r : cvn_comment_show(ctx, &on, &id, comment);
}

static int get_comment(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__GetCommentRequest *req = request;
    struct cvn_comment_case c;
    int r = cvn_comment_find(ctx, req->id, &c);
    if (r == 0)
        r = cvn_comment_show(ctx, &c.on, &c.id, c.comment);
    if (r == 0)
        *(Convene__Events__V1__Comment *)reply = *c.comment;
    return r;
}

static int require_shown(struct cvn_ctx *ctx, const struct cvn_comment_case *c)
{
    if (c->comment->state == STATE(SHOWN))
        return 0;
    return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "COMMENT_DELETED",
                                "The comment was deleted.");
}

/* Stores the comment as it became, and shows it. */
static int store(struct cvn_ctx *ctx, const struct cvn_comment_case *c,
                 Convene__Events__V1__Comment *reply)
{
    int r = cvn_comment_put(ctx, &c->on.event_id, &c->id, c->comment);
    if (r == 0)
        r = cvn_comment_show(ctx, &c->on, &c->id, c->comment);
    if (r == 0)
        *reply = *c->comment;
    return r;
}

static int update_comment(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__UpdateCommentRequest *req = request;
    struct cvn_comment_case c;
    int r = cvn_comment_find_to_change(ctx, req->id, &c);
    if (r == 0 && !c.own)
        return cvn_ctx_refuse_access(ctx, "change what somebody else said");
    if (r == 0)
        r = cvn_discussion_require_open(ctx, &c.on, &ctx->who.person);
    if (r == 0)
        r = require_shown(ctx, &c);
    if (r == 0)
        r = cvn_etag_require(ctx, req->etag, &c.comment->base, "comment");
    if (r)
        return r;
    if (strcmp(c.comment->text, req->text) == 0) {
        r = cvn_comment_show(ctx, &c.on, &c.id, c.comment);
        *(Convene__Events__V1__Comment *)reply = *c.comment;
        return r;
    }
    c.comment->text = req->text;
    c.comment->edit_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return c.comment->edit_time ? store(ctx, &c, reply) : -ENOMEM;
}

/* Authors take back what they said whatever has become of the event; others say why. */
static int may_delete(struct cvn_ctx *ctx, const struct cvn_comment_case *c, const char *reason)
{
    if (c->own)
        return 0;
    int r = cvn_discussion_require_organised(ctx, &c->on, "delete what somebody else said");
    if (r || reason[0])
        return r;
    cvn_problems_add(&ctx->problems, "reason",
                     "is empty; why the comment has to go, in 1 to %d bytes, is right",
                     CVN_COMMENT_REASON_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int delete_comment(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__DeleteCommentRequest *req = request;
    struct cvn_comment_case c;
    int r = cvn_comment_find_to_change(ctx, req->id, &c);
    if (r == 0)
        r = may_delete(ctx, &c, req->reason);
    if (r)
        return r;
    if (c.comment->state != STATE(SHOWN)) {
        r = cvn_comment_show(ctx, &c.on, &c.id, c.comment);
        *(Convene__Events__V1__Comment *)reply = *c.comment;
        return r;
    }
    c.comment->text = (char *)(uintptr_t)protobuf_c_empty_string;
    c.comment->state = c.own ? STATE(DELETED_BY_AUTHOR) : STATE(DELETED_BY_ORGANISER);
    c.comment->reason = c.own ? c.comment->reason : req->reason;
    r = cvn_reports_delete(ctx, &c.on.event_id, &c.id);
    return r ? r : store(ctx, &c, reply);
}

/* A page under way. */
struct listing {
    const struct cvn_rsvp_case *on;
    Convene__Events__V1__ListCommentsResponse *reply;
};

static int take(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken)
{
    struct listing *listing = arg;
    struct cvn_id event, id;
    Convene__Events__V1__Comment *comment;
    (void)value;
    (void)ret_taken;
    if (!cvn_comment_of_key(key, &event, &id))
        return -EUCLEAN;
    int r = cvn_comment_get(ctx, &event, &id, &comment);
    if (r == 0)
        r = cvn_comment_show(ctx, listing->on, &id, comment);
    if (r == 0)
        listing->reply->comments[listing->reply->n_comments++] = comment;
    return r;
}

static int list_comments(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListCommentsRequest *req = request;
    Convene__Events__V1__ListCommentsResponse *response = reply;
    struct cvn_rsvp_case on;
    struct listing listing = {&on, response};
    struct cvn_row_list list = {
        .descending = req->newest_first, .n_prefixes = 1, .take = take, .arg = &listing};
    size_t page_size;
    int r = cvn_row_list_room(ctx, req->page_size, &page_size, &response->comments);
    if (r == 0)
        r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &on);
    response->discussion = r ? NULL : cvn_arena_alloc(ctx->arena, sizeof *response->discussion);
    if (r || !response->discussion)
        return r ? r : -ENOMEM;
    convene__events__v1__discussion__init(response->discussion);
    r = cvn_discussion_show(ctx, &on, response->discussion);
    if (r)
        return r;
    cvn_comment_prefix(&list.prefixes[0], &on.event_id);
    return cvn_row_list_page(ctx, &req->base, page_size, &list, &response->next_page_token);
}

const struct cvn_service_method cvn_comment_methods[10] = {
    {"CreateComment", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_create, create_comment, NULL,
     CVN_SCOPE_COMMENTS_WRITE},
    {"GetComment", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, get_comment, NULL, CVN_SCOPE_READ},
    {"UpdateComment", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_update, update_comment, NULL,
     CVN_SCOPE_COMMENTS_WRITE},
    {"DeleteComment", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_delete, delete_comment, NULL,
     CVN_SCOPE_COMMENTS_WRITE},
    {"ListComments", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, list_comments, NULL, CVN_SCOPE_READ},
    {"LockComments", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_comments_lock, NULL,
     CVN_SCOPE_COMMENTS_WRITE},
    {"UnlockComments", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_comments_unlock, NULL,
     CVN_SCOPE_COMMENTS_WRITE},
    {"ReportComment", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, cvn_comments_check_report,
     cvn_comments_report, NULL, CVN_SCOPE_COMMENTS_WRITE},
    {"ListReports", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_comments_list_reports, NULL,
     CVN_SCOPE_COMMENTS_WRITE},
    {"DismissReports", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, cvn_comments_dismiss_reports,
     NULL, CVN_SCOPE_COMMENTS_WRITE},
};
