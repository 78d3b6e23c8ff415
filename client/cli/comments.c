#include "client/cli/comments.h"

#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/field.h"
#include "client/cli/view.h"
#include "convene/events/v1/comment.pb-c.h"

#include <stdio.h>
#include <string.h>

#define SERVICE "convene.events.v1.CommentService/"
#define STATE(name) CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_##name

enum { LIST_LIMIT = 50 };

CVN_VIEW_STRING(see_id, Convene__Events__V1__Comment, id)
CVN_VIEW_INSTANT(see_when, Convene__Events__V1__Comment, create_time)
CVN_VIEW_INSTANT(see_edited, Convene__Events__V1__Comment, edit_time)
CVN_VIEW_INT(see_reports, Convene__Events__V1__Comment, report_count)

const char *cvn_comments_author(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Comment *comment = message;
    (void)cli;
    return *comment->display_name ? comment->display_name : "(gone)";
}

const char *cvn_comments_text(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Comment *comment = message;
    switch (comment->state) {
    case STATE(DELETED_BY_AUTHOR):
        return "(deleted by the author)";
    case STATE(DELETED_BY_ORGANISER):
        return cvn_arena_printf(&cli->arena, "(deleted by an organiser%s%s)",
                                *comment->reason ? ": " : "", comment->reason);
    case STATE(ERASED):
        return "(the author was erased)";
    case STATE(UNSPECIFIED):
    case STATE(SHOWN):
    case _CONVENE__EVENTS__V1__COMMENT_STATE_IS_INT_SIZE:
        break;
    }
    return comment->text;
}

static const struct cvn_view_column list_columns[] = {
    {{"When", false, false}, see_when},
    {{"Who", false, true}, cvn_comments_author},
    {{"Comment", false, true}, cvn_comments_text},
    {{"Edited", false, false}, see_edited},
    {{"Reports", true, false}, see_reports},
    {{"Id", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Who", false, false}, cvn_comments_author},
    {{"When", false, false}, see_when},
    {{"Edited", false, false}, see_edited},
    {{"Comment", false, false}, cvn_comments_text},
    {{"Reports", true, false}, see_reports},
    {{"Id", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

CVN_VIEW_STRING(see_comment_id, Convene__Events__V1__CommentReport, comment_id)
CVN_VIEW_STRING(see_reporter, Convene__Events__V1__CommentReport, display_name)
CVN_VIEW_STRING(see_why, Convene__Events__V1__CommentReport, reason)
CVN_VIEW_INSTANT(see_reported, Convene__Events__V1__CommentReport, create_time)

static const char *see_reported_text(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__CommentReport *report = message;
    return report->comment ? cvn_comments_text(cli, report->comment) : NULL;
}

static const struct cvn_view_column report_columns[] = {
    {{"When", false, false}, see_reported},
    {{"Reported by", false, true}, see_reporter},
    {{"Why", false, true}, see_why},
    {{"Comment", false, true}, see_reported_text},
    {{"Comment id", false, false}, see_comment_id},
    {{NULL, false, false}, NULL},
};

CVN_VIEW_STRING(see_event, Convene__Events__V1__Discussion, event_id)
CVN_VIEW_INSTANT(see_locked, Convene__Events__V1__Discussion, lock_time)
CVN_VIEW_INT(see_count, Convene__Events__V1__Discussion, comment_count)
CVN_VIEW_INT(see_waiting, Convene__Events__V1__Discussion, report_count)

static const struct cvn_view_column discussion_columns[] = {
    {{"Event", false, false}, see_event},   {{"Locked since", false, false}, see_locked},
    {{"Comments", true, false}, see_count}, {{"Reports", true, false}, see_waiting},
    {{NULL, false, false}, NULL},
};

/* Calls a method that answers with a comment, and shows it. */
static enum cvn_exit change(struct cvn_cli *cli, const char *method, const void *request)
{
    CVN_REPLY_AUTO Convene__Events__V1__Comment *comment = NULL;
    enum cvn_exit code = cvn_call(cli, method, request, &comment);
    return code ? code : cvn_view_one(cli, show_columns, comment);
}

/* On a terminal it is worth knowing why nobody can answer. */
static void tell_lock(struct cvn_cli *cli, char *event_id)
{
    Convene__Events__V1__ListCommentsRequest request =
        CONVENE__EVENTS__V1__LIST_COMMENTS_REQUEST__INIT;
    struct convene_status status = CONVENE_STATUS_INIT;
    CVN_REPLY_AUTO Convene__Events__V1__ListCommentsResponse *reply = NULL;
    request.event_id = event_id;
    request.page_size = 1;
    if (cvn_call_quietly(cli, SERVICE "ListComments", &request, &reply, &status) == 0 &&
        reply->discussion && reply->discussion->locked) {
        cvn_cli_note(cli, "The discussion is locked; only organisers can comment.");
    }
    convene_status_clear(&status);
}

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListComments", list_columns,
        "Nobody has said anything yet. Begin with `convene comments add EVENT TEXT`.", LIST_LIMIT};
    Convene__Events__V1__ListCommentsRequest request =
        CONVENE__EVENTS__V1__LIST_COMMENTS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.event_id = cvn_call_word(cli, 0);
    code = code ? code : cvn_view_pages(cli, &list, &request.base);
    if (code == CVN_EXIT_DONE && cli->format == CVN_FORMAT_TABLE && !cli->quiet) {
        tell_lock(cli, cvn_call_word(cli, 0));
    }
    return code;
}

static enum cvn_exit run_add(struct cvn_cli *cli)
{
    Convene__Events__V1__CreateCommentRequest request =
        CONVENE__EVENTS__V1__CREATE_COMMENT_REQUEST__INIT;
    request.event_id = cvn_call_word(cli, 0);
    request.text = cvn_call_word(cli, 1);
    enum cvn_exit code = cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    return code ? code : change(cli, SERVICE "CreateComment", &request);
}

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Events__V1__GetCommentRequest request = CONVENE__EVENTS__V1__GET_COMMENT_REQUEST__INIT;
    request.id = cvn_call_word(cli, 0);
    return change(cli, SERVICE "GetComment", &request);
}

static enum cvn_exit run_edit(struct cvn_cli *cli)
{
    Convene__Events__V1__UpdateCommentRequest request =
        CONVENE__EVENTS__V1__UPDATE_COMMENT_REQUEST__INIT;
    request.id = cvn_call_word(cli, 0);
    request.text = cvn_call_word(cli, 1);
    return change(cli, SERVICE "UpdateComment", &request);
}

static enum cvn_exit run_remove(struct cvn_cli *cli)
{
    Convene__Events__V1__DeleteCommentRequest request =
        CONVENE__EVENTS__V1__DELETE_COMMENT_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.id = cvn_call_word(cli, 0);
    return code ? code : change(cli, SERVICE "DeleteComment", &request);
}

static enum cvn_exit set_lock(struct cvn_cli *cli, const char *method, const void *request)
{
    CVN_REPLY_AUTO Convene__Events__V1__Discussion *discussion = NULL;
    enum cvn_exit code = cvn_call(cli, method, request, &discussion);
    return code ? code : cvn_view_one(cli, discussion_columns, discussion);
}

static enum cvn_exit run_lock(struct cvn_cli *cli)
{
    Convene__Events__V1__LockCommentsRequest request =
        CONVENE__EVENTS__V1__LOCK_COMMENTS_REQUEST__INIT;
    request.event_id = cvn_call_word(cli, 0);
    return set_lock(cli, SERVICE "LockComments", &request);
}

static enum cvn_exit run_unlock(struct cvn_cli *cli)
{
    Convene__Events__V1__UnlockCommentsRequest request =
        CONVENE__EVENTS__V1__UNLOCK_COMMENTS_REQUEST__INIT;
    request.event_id = cvn_call_word(cli, 0);
    return set_lock(cli, SERVICE "UnlockComments", &request);
}

static enum cvn_exit run_report(struct cvn_cli *cli)
{
    Convene__Events__V1__ReportCommentRequest request =
        CONVENE__EVENTS__V1__REPORT_COMMENT_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.id = cvn_call_word(cli, 0);
    CVN_REPLY_AUTO Convene__Events__V1__CommentReport *report = NULL;
    code = code ? code : cvn_call(cli, SERVICE "ReportComment", &request, &report);
    if (code || cli->format != CVN_FORMAT_TABLE) {
        return code ? code : cvn_view_one(cli, report_columns, report);
    }
    (void)puts("Reported. The organisers of the event see it.");
    return CVN_EXIT_DONE;
}

static enum cvn_exit run_reports(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {SERVICE "ListReports", report_columns,
                                              "Nothing is reported.", LIST_LIMIT};
    Convene__Events__V1__ListReportsRequest request =
        CONVENE__EVENTS__V1__LIST_REPORTS_REQUEST__INIT;
    request.event_id = cvn_call_word(cli, 0);
    return cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit run_dismiss(struct cvn_cli *cli)
{
    Convene__Events__V1__DismissReportsRequest request =
        CONVENE__EVENTS__V1__DISMISS_REPORTS_REQUEST__INIT;
    request.id = cvn_call_word(cli, 0);
    return change(cli, SERVICE "DismissReports", &request);
}

static const struct cvn_option page_options[] = {
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option list_options[] = {
    {"newest", 0, NULL, "the newest first", "newest_first"},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option add_options[] = {
    {"as", 0, "PERSON", "id or e-mail of somebody else; for administrators", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option reason_options[] = {
    {"reason", 0, "TEXT", "why, at most 500 bytes", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_comments_commands[] = {
    {"list", "EVENT", 1, 1, "Lists what was said about a meetup, oldest first.",
     "convene comments list evt_01jd… --newest --limit 10\n"
     "\n"
     "convene events watch shows what is said as it is said.",
     list_options, false, run_list, NULL},
    {"add", "EVENT TEXT", 2, 2, "Says something about a meetup, in Markdown.",
     "Whoever may see the meetup reads it. At most 4,000 bytes, and 10 comments within 10\n"
     "minutes.\n"
     "\n"
     "  convene comments add evt_01jd… \"Is there a ramp?\"",
     add_options, false, run_add, NULL},
    {"show", "COMMENT", 1, 1, "Shows one comment.", NULL, NULL, false, run_show, NULL},
    {"edit", "COMMENT TEXT", 2, 2, "Says it otherwise; for the author.", NULL, NULL, false,
     run_edit, NULL},
    {"remove", "COMMENT", 1, 1, "Takes a comment out; its place stays.",
     "Authors take out their own; organisers anybody's, with --reason.", reason_options, false,
     run_remove, NULL},
    {"lock", "EVENT", 1, 1, "Lets only organisers speak from now on. For organisers.", NULL, NULL,
     false, run_lock, NULL},
    {"unlock", "EVENT", 1, 1, "Lets everybody speak again. For organisers.", NULL, NULL, false,
     run_unlock, NULL},
    {"report", "COMMENT", 1, 1, "Tells the organisers that a comment should not be there.", NULL,
     reason_options, false, run_report, NULL},
    {"reports", "EVENT", 1, 1, "Lists what was reported. For organisers.", NULL, page_options,
     false, run_reports, NULL},
    {"dismiss", "COMMENT", 1, 1, "Drops the reports on a comment. For organisers.", NULL, NULL,
     false, run_dismiss, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
