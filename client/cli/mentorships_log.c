#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/mentorships.h"
#include "convene/mentoring/v1/mentorship.pb-c.h"

#include <stdio.h>

enum { LOG_PAGE = 1000 };

#define SERVICE "convene.mentoring.v1.MentorshipService/"
#define KIND(name) CONVENE__MENTORING__V1__LOG_ENTRY__KIND__KIND_##name

CVN_VIEW_STRING(see_date, Convene__Mentoring__V1__LogEntry, date)
CVN_VIEW_STRING(see_note, Convene__Mentoring__V1__LogEntry, note)
CVN_VIEW_STRING(see_entry, Convene__Mentoring__V1__LogEntry, id)
CVN_VIEW_INT(see_minutes, Convene__Mentoring__V1__LogEntry, minutes)
CVN_VIEW_ENUM(see_kind, Convene__Mentoring__V1__LogEntry, kind,
              convene__mentoring__v1__log_entry__kind__descriptor)
CVN_VIEW_ENUM(see_progress, Convene__Mentoring__V1__LogEntry, progress,
              convene__mentoring__v1__log_entry__progress__descriptor)
CVN_VIEW_ENUM(see_author, Convene__Mentoring__V1__LogEntry, author_role,
              convene__mentoring__v1__role__descriptor)

static const struct cvn_view_column log_columns[] = {
    {{"Date", false, false}, see_date},      {{"Entry", false, false}, see_kind},
    {{"Minutes", true, false}, see_minutes}, {{"Progress", false, false}, see_progress},
    {{"By the", false, false}, see_author},  {{"Note", false, true}, see_note},
    {{"Id", false, false}, see_entry},       {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_mentorship_show_log(struct cvn_cli *cli, char *mentorship_id)
{
    Convene__Mentoring__V1__ListLogEntriesRequest request =
        CONVENE__MENTORING__V1__LIST_LOG_ENTRIES_REQUEST__INIT;
    request.mentorship_id = mentorship_id;
    request.page_size = LOG_PAGE;
    CVN_REPLY_AUTO Convene__Mentoring__V1__ListLogEntriesResponse *reply = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "ListLogEntries", &request, &reply);
    if (code || reply->n_log_entries == 0) {
        return code;
    }
    (void)putchar('\n');
    return cvn_view_rows(cli, log_columns, (ProtobufCMessage *const *)reply->log_entries,
                         reply->n_log_entries);
}

static enum cvn_exit add_entry(struct cvn_cli *cli, Convene__Mentoring__V1__LogEntry__Kind kind)
{
    Convene__Mentoring__V1__AddLogEntryRequest request =
        CONVENE__MENTORING__V1__ADD_LOG_ENTRY_REQUEST__INIT;
    Convene__Mentoring__V1__LogEntry entry = CONVENE__MENTORING__V1__LOG_ENTRY__INIT;
    request.log_entry = &entry;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    entry.mentorship_id = (char *)cvn_args_word(&cli->args, 0);
    entry.kind = kind;
    CVN_REPLY_AUTO Convene__Mentoring__V1__LogEntry *made = NULL;
    code = code ? code : cvn_call(cli, SERVICE "AddLogEntry", &request, &made);
    return code ? code : cvn_view_one(cli, log_columns, made);
}

enum cvn_exit cvn_mentorship_log_run(struct cvn_cli *cli)
{
    return add_entry(cli, KIND(SESSION));
}

enum cvn_exit cvn_mentorship_check_in_run(struct cvn_cli *cli)
{
    return add_entry(cli, KIND(CHECK_IN));
}

CVN_VIEW_INT(see_rating, Convene__Mentoring__V1__Feedback, rating)
CVN_VIEW_STRING(see_text, Convene__Mentoring__V1__Feedback, text)
CVN_VIEW_STRING(see_mentorship, Convene__Mentoring__V1__Feedback, mentorship_id)
CVN_VIEW_ENUM(see_role, Convene__Mentoring__V1__Feedback, role,
              convene__mentoring__v1__role__descriptor)

static const struct cvn_view_column feedback_columns[] = {
    {{"Rating", false, false}, see_rating}, {{"By the", false, false}, see_role},
    {{"Text", false, false}, see_text},     {{"Mentorship", false, false}, see_mentorship},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_mentorship_feedback_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__GiveFeedbackRequest request =
        CONVENE__MENTORING__V1__GIVE_FEEDBACK_REQUEST__INIT;
    Convene__Mentoring__V1__Feedback feedback = CONVENE__MENTORING__V1__FEEDBACK__INIT;
    request.feedback = &feedback;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    feedback.mentorship_id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Feedback *given = NULL;
    code = code ? code : cvn_call(cli, SERVICE "GiveFeedback", &request, &given);
    return code ? code : cvn_view_one(cli, feedback_columns, given);
}

const struct cvn_option cvn_mentorship_log_options[] = {
    {"minutes", 'm', "N", "how long it was, 1 to 600; required", "log_entry.minutes"},
    {"date", 0, "DATE", "as in 2027-02-01; today when left out", "log_entry.date"},
    {"note", 0, "TEXT", "what it was about", "log_entry.note"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_mentorship_check_in_options[] = {
    {"progress", 0, "PROGRESS", "on-track, slow or stuck; required", "log_entry.progress"},
    {"date", 0, "DATE", "as in 2027-02-01; today when left out", "log_entry.date"},
    {"note", 0, "TEXT", "why", "log_entry.note"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_mentorship_feedback_options[] = {
    {"rating", 0, "N", "1 (poor) to 5 (very good); required", "feedback.rating"},
    {"text", 0, "TEXT", "in your words", "feedback.text"},
    {"as", 0, "mentor|mentee", "for one of the two, by those who run the programme",
     "feedback.role"},
    {NULL, 0, NULL, NULL, NULL},
};
