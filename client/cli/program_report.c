#include "client/cli/program_report.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/mentor_groups.h"
#include "client/cli/view.h"
#include "convene/mentoring/v1/mentorship.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"

#include <stdio.h>

enum { LIST_LIMIT = 100 };

/* "4.25" for 425, "" for none. */
static const char *rating_text(struct cvn_cli *cli, int32_t hundredths)
{
    return hundredths ? cvn_arena_printf(&cli->arena, "%d.%02d", hundredths / 100, hundredths % 100)
                      : "";
}

CVN_VIEW_STRING(see_topic, Convene__Mentoring__V1__TopicReport, topic)
CVN_VIEW_INT(see_proposed, Convene__Mentoring__V1__TopicReport, proposed_count)
CVN_VIEW_INT(see_accepted, Convene__Mentoring__V1__TopicReport, accepted_count)
CVN_VIEW_INT(see_sessions, Convene__Mentoring__V1__TopicReport, session_count)
CVN_VIEW_INT(see_minutes, Convene__Mentoring__V1__TopicReport, session_minutes)
CVN_VIEW_INT(see_feedback, Convene__Mentoring__V1__TopicReport, feedback_count)

static const char *see_rating(struct cvn_cli *cli, const void *message)
{
    return rating_text(cli,
                       ((const Convene__Mentoring__V1__TopicReport *)message)->rating_hundredths);
}

static const struct cvn_view_column topic_columns[] = {
    {{"Topic", false, true}, see_topic},       {{"Proposed", true, false}, see_proposed},
    {{"Accepted", true, false}, see_accepted}, {{"Sessions", true, false}, see_sessions},
    {{"Minutes", true, false}, see_minutes},   {{"Feedback", true, false}, see_feedback},
    {{"Rating", true, false}, see_rating},     {{NULL, false, false}, NULL},
};

#define REPORT Convene__Mentoring__V1__ProgramReport

enum { GROUPS_MAX = 1000 }; /* as the contract says of ProgramReport.groups */
CVN_VIEW_STRING(see_name, REPORT, name)
CVN_VIEW_INT(see_mentors, REPORT, mentor_count)
CVN_VIEW_INT(see_mentees, REPORT, mentee_count)
CVN_VIEW_INT(see_waiting, REPORT, waiting_count)
CVN_VIEW_INT(see_matched, REPORT, matched_mentee_count)
CVN_VIEW_INT(see_all_proposed, REPORT, proposed_count)
CVN_VIEW_INT(see_all_accepted, REPORT, accepted_count)
CVN_VIEW_INT(see_pending, REPORT, pending_count)
CVN_VIEW_INT(see_active, REPORT, active_count)
CVN_VIEW_INT(see_paused, REPORT, paused_count)
CVN_VIEW_INT(see_completed, REPORT, completed_count)
CVN_VIEW_INT(see_ended, REPORT, ended_count)
CVN_VIEW_INT(see_declined, REPORT, declined_count)
CVN_VIEW_INT(see_expired, REPORT, expired_count)
CVN_VIEW_INT(see_all_sessions, REPORT, session_count)
CVN_VIEW_INT(see_all_minutes, REPORT, session_minutes)
CVN_VIEW_INT(see_all_feedback, REPORT, feedback_count)

static const char *see_satisfaction(struct cvn_cli *cli, const void *message)
{
    return rating_text(cli, ((const REPORT *)message)->rating_hundredths);
}

static const char *see_of_mentees(struct cvn_cli *cli, const void *message)
{
    return rating_text(cli, ((const REPORT *)message)->mentee_rating_hundredths);
}

static const char *see_of_mentors(struct cvn_cli *cli, const void *message)
{
    return rating_text(cli, ((const REPORT *)message)->mentor_rating_hundredths);
}

static const struct cvn_view_column report_columns[] = {
    {{"Name", false, false}, see_name},
    {{"Mentors", false, false}, see_mentors},
    {{"Mentees", false, false}, see_mentees},
    {{"Waiting", false, false}, see_waiting},
    {{"Ever matched", false, false}, see_matched},
    {{"Proposed", false, false}, see_all_proposed},
    {{"Accepted", false, false}, see_all_accepted},
    {{"Unanswered", false, false}, see_pending},
    {{"Active", false, false}, see_active},
    {{"Paused", false, false}, see_paused},
    {{"Completed", false, false}, see_completed},
    {{"Ended early", false, false}, see_ended},
    {{"Declined", false, false}, see_declined},
    {{"Expired", false, false}, see_expired},
    {{"Sessions", false, false}, see_all_sessions},
    {{"Minutes", false, false}, see_all_minutes},
    {{"Feedback", false, false}, see_all_feedback},
    {{"Satisfaction", false, false}, see_satisfaction},
    {{"Of mentees", false, false}, see_of_mentees},
    {{"Of mentors", false, false}, see_of_mentors},
    {{NULL, false, false}, NULL},
};

/* The groups, and whether the server left some out, which it gives no more of. */
static enum cvn_exit show_groups(struct cvn_cli *cli, const REPORT *report)
{
    enum cvn_exit code = cvn_view_rows(cli, cvn_mentor_group_columns,
                                       (ProtobufCMessage *const *)report->groups, report->n_groups);
    if (code == CVN_EXIT_DONE && report->n_groups >= GROUPS_MAX) {
        cvn_cli_note(cli, "These are the first %d groups; `convene mentorships list` has them all.",
                     GROUPS_MAX);
    }
    return code;
}

enum cvn_exit cvn_program_report_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__GetProgramReportRequest request =
        CONVENE__MENTORING__V1__GET_PROGRAM_REPORT_REQUEST__INIT;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.id);
    CVN_REPLY_AUTO REPORT *report = NULL;
    code = code ? code
                : cvn_call(cli, "convene.mentoring.v1.ProgramService/GetProgramReport", &request,
                           &report);
    if (code) {
        return code;
    }
    if (report->mentor_count == 0 && report->mentee_count == 0) {
        cvn_cli_note(cli, "Nobody is enrolled yet. Next: convene programs import PROGRAM FILE");
    }
    bool topics = cvn_args_has(&cli->args, "topics");
    if (cvn_args_has(&cli->args, "groups")) {
        return show_groups(cli, report);
    }
    if (cli->format == CVN_FORMAT_JSON || !topics) {
        code = cvn_view_one(cli, report_columns, report);
    }
    bool table = cli->format == CVN_FORMAT_TABLE;
    if (code == CVN_EXIT_DONE && table && !topics && report->n_groups > 0) {
        (void)printf("\nGroups:\n");
        code = show_groups(cli, report);
    }
    if (code || cli->format == CVN_FORMAT_JSON || (!topics && !table) || report->n_topics == 0) {
        return code;
    }
    if (!topics) {
        (void)printf("\nBy topic:\n");
    }
    return cvn_view_rows(cli, topic_columns, (ProtobufCMessage *const *)report->topics,
                         report->n_topics);
}

CVN_VIEW_INT(see_one_rating, Convene__Mentoring__V1__Feedback, rating)
CVN_VIEW_STRING(see_text, Convene__Mentoring__V1__Feedback, text)
CVN_VIEW_STRING(see_mentorship, Convene__Mentoring__V1__Feedback, mentorship_id)
CVN_VIEW_ENUM(see_role, Convene__Mentoring__V1__Feedback, role,
              convene__mentoring__v1__role__descriptor)

static const struct cvn_view_column feedback_columns[] = {
    {{"Rating", true, false}, see_one_rating},
    {{"By the", false, false}, see_role},
    {{"Text", false, true}, see_text},
    {{"Mentorship", false, false}, see_mentorship},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_program_feedback_run(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {"convene.mentoring.v1.MentorshipService/ListFeedback",
                                              feedback_columns, "Nobody has said anything yet.",
                                              LIST_LIMIT};
    Convene__Mentoring__V1__ListFeedbackRequest request =
        CONVENE__MENTORING__V1__LIST_FEEDBACK_REQUEST__INIT;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.program_id);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

const struct cvn_option cvn_program_report_options[] = {
    {"topics", 0, NULL, "only the table by topic, as for CSV", NULL},
    {"groups", 0, NULL, "only the groups and when they meet, of a programme of groups", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_program_feedback_options[] = {
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
