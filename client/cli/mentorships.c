#include "client/cli/mentorships.h"

#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/field.h"
#include "client/cli/match_watch.h"
#include "client/cli/mentor_groups.h"
#include "client/cli/view.h"
#include "convene/mentoring/v1/mentorship.pb-c.h"

enum { LIST_LIMIT = 100 };

#define SERVICE "convene.mentoring.v1.MentorshipService/"
#define STATE(name) CONVENE__MENTORING__V1__MENTORSHIP_STATE__MENTORSHIP_STATE_##name

CVN_VIEW_STRING(see_id, Convene__Mentoring__V1__Mentorship, id)
CVN_VIEW_STRING(see_mentee, Convene__Mentoring__V1__Mentorship, mentee_name)
CVN_VIEW_STRING(see_mentor, Convene__Mentoring__V1__Mentorship, mentor_name)
CVN_VIEW_STRING(see_reason, Convene__Mentoring__V1__Mentorship, state_reason)
CVN_VIEW_STRING(see_goals, Convene__Mentoring__V1__Mentorship, goals)
CVN_VIEW_STRING(see_program, Convene__Mentoring__V1__Mentorship, program_name)
CVN_VIEW_STRING(see_run, Convene__Mentoring__V1__Mentorship, run_id)
CVN_VIEW_STRING(see_planned_end, Convene__Mentoring__V1__Mentorship, planned_end_date)
CVN_VIEW_STRING(see_last_session, Convene__Mentoring__V1__Mentorship, last_session_date)
CVN_VIEW_STRING(see_replaces, Convene__Mentoring__V1__Mentorship, replaces_id)
CVN_VIEW_LIST(see_topics, Convene__Mentoring__V1__Mentorship, topics)
CVN_VIEW_INT(see_sessions, Convene__Mentoring__V1__Mentorship, session_count)
CVN_VIEW_INT(see_minutes, Convene__Mentoring__V1__Mentorship, session_minutes)
CVN_VIEW_INT(see_mentee_score, Convene__Mentoring__V1__Mentorship, mentee_score)
CVN_VIEW_INT(see_mentor_score, Convene__Mentoring__V1__Mentorship, mentor_score)
CVN_VIEW_INSTANT(see_start, Convene__Mentoring__V1__Mentorship, start_time)
CVN_VIEW_INSTANT(see_end, Convene__Mentoring__V1__Mentorship, end_time)
CVN_VIEW_ENUM(see_state, Convene__Mentoring__V1__Mentorship, state,
              convene__mentoring__v1__mentorship_state__descriptor)

static bool is_proposed(const Convene__Mentoring__V1__Mentorship *m)
{
    return m->state == STATE(PROPOSED);
}

/* Of use as long as it is a proposal only. */
static const char *see_accept_by(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Mentorship *m = message;
    return is_proposed(m) ? cvn_view_instant(cli, m->accept_by_time) : "";
}

/* Who has said what, as "mentor yes, mentee not yet". */
static const char *see_answers(struct cvn_cli *cli, const void *message)
{
    static const char *const words[] = {"not yet", "yes", "no"};
    const Convene__Mentoring__V1__Mentorship *m = message;
    if (m->mentee_answer > 2 || m->mentor_answer > 2) {
        return "";
    }
    return cvn_arena_printf(&cli->arena, "mentee %s, mentor %s", words[m->mentee_answer],
                            words[m->mentor_answer]);
}

static const char *see_whose(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Mentorship *m = message;
    return m->state_role
               ? cvn_field_enum_text(&cli->arena, &convene__mentoring__v1__role__descriptor,
                                     (int)m->state_role)
               : "";
}

static const char *see_meets_utc(struct cvn_cli *cli, const void *message)
{
    return cvn_meeting_utc(cli, ((const Convene__Mentoring__V1__Mentorship *)message)->meeting);
}

static const char *see_meets_here(struct cvn_cli *cli, const void *message)
{
    return cvn_meeting_here(cli, ((const Convene__Mentoring__V1__Mentorship *)message)->meeting);
}

#define LIST_COLUMNS                                                                               \
    {{"Mentee", false, true}, see_mentee}, {{"Mentor", false, true}, see_mentor},                  \
        {{"State", false, false}, see_state}, {{"Answers", false, false}, see_answers},            \
        {{"Accept by", false, false}, see_accept_by}, {{"Sessions", true, false}, see_sessions},   \
        {{"Topics", false, true}, see_topics}, {{"Meets here", false, false}, see_meets_here},     \
        {{"Mentorship", false, false}, see_id},                                                    \
    {                                                                                              \
        {NULL, false, false}, NULL                                                                 \
    }

/* Of one programme, and of several. */
static const struct cvn_view_column list_columns[] = {LIST_COLUMNS};
static const struct cvn_view_column all_columns[] = {{{"Programme", false, true}, see_program},
                                                     LIST_COLUMNS};

const struct cvn_view_column cvn_mentorship_columns[] = {
    {{"Mentee", false, false}, see_mentee},
    {{"Mentor", false, false}, see_mentor},
    {{"State", false, false}, see_state},
    {{"By the", false, false}, see_whose},
    {{"Reason", false, false}, see_reason},
    {{"Answers", false, false}, see_answers},
    {{"Accept by", false, false}, see_accept_by},
    {{"Topics", false, false}, see_topics},
    {{"Goals", false, false}, see_goals},
    {{"Meets UTC", false, false}, see_meets_utc},
    {{"Meets here", false, false}, see_meets_here},
    {{"Began", false, false}, see_start},
    {{"Planned end", false, false}, see_planned_end},
    {{"Ended", false, false}, see_end},
    {{"Sessions", false, false}, see_sessions},
    {{"Minutes", false, false}, see_minutes},
    {{"Last session", false, false}, see_last_session},
    {{"Mentee score", false, false}, see_mentee_score},
    {{"Mentor score", false, false}, see_mentor_score},
    {{"In place of", false, false}, see_replaces},
    {{"Run", false, false}, see_run},
    {{"Programme", false, false}, see_program},
    {{"Mentorship", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__ListMentorshipsRequest request =
        CONVENE__MENTORING__V1__LIST_MENTORSHIPS_REQUEST__INIT;
    const char *program = cvn_args_word(&cli->args, 0);
    const char *person = cvn_args_get(&cli->args, "person");
    const struct cvn_view_list list = {
        SERVICE "ListMentorships", program ? list_columns : all_columns,
        "There is no mentorship. They are made by `convene match publish RUN`.", LIST_LIMIT, NULL};
    enum cvn_exit code = cvn_call_fill(cli, &request);
    if (code == CVN_EXIT_DONE && program) {
        code = cvn_call_program(cli, program, &request.program_id);
    }
    if (code == CVN_EXIT_DONE && person) {
        code = cvn_call_person(cli, person, &request.person_id);
    }
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__GetMentorshipRequest request =
        CONVENE__MENTORING__V1__GET_MENTORSHIP_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Mentorship *m = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetMentorship", &request, &m);
    code = code ? code : cvn_view_one(cli, cvn_mentorship_columns, m);
    return code || cli->format != CVN_FORMAT_TABLE || !m->start_time
               ? code
               : cvn_mentorship_show_log(cli, request.id);
}

/* What is to be done next, in words. */
static void tell_next(struct cvn_cli *cli, const Convene__Mentoring__V1__Mentorship *m)
{
    switch (m->state) {
    case STATE(PROPOSED):
        cvn_cli_note(cli, "It becomes active when the other one has accepted, too.");
        break;
    case STATE(ACTIVE):
        cvn_cli_note(cli, "Next: convene mentorships log %s --minutes 45", m->id);
        break;
    case STATE(DECLINED):
    case STATE(ENDED):
        cvn_cli_note(cli, "Managers find somebody else with: convene mentorships replace %s",
                     m->id);
        break;
    case STATE(COMPLETED):
        cvn_cli_note(cli, "Next: convene mentorships feedback %s --rating 5 --text \"…\"", m->id);
        break;
    default:
        break;
    }
}

/* Fills the request, whose id is *id, and makes the call that changes the mentorship. */
static enum cvn_exit change(struct cvn_cli *cli, const char *method, void *request, char **id)
{
    enum cvn_exit code = cvn_call_fill(cli, request);
    *id = (char *)(uintptr_t)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__Mentorship *m = NULL;
    code = code ? code : cvn_call(cli, method, request, &m);
    code = code ? code : cvn_view_one(cli, cvn_mentorship_columns, m);
    if (code == CVN_EXIT_DONE) {
        tell_next(cli, m);
    }
    return code;
}

static enum cvn_exit run_accept(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__AcceptMentorshipRequest request =
        CONVENE__MENTORING__V1__ACCEPT_MENTORSHIP_REQUEST__INIT;
    return change(cli, SERVICE "AcceptMentorship", &request, &request.id);
}

static enum cvn_exit run_decline(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__DeclineMentorshipRequest request =
        CONVENE__MENTORING__V1__DECLINE_MENTORSHIP_REQUEST__INIT;
    return change(cli, SERVICE "DeclineMentorship", &request, &request.id);
}

static enum cvn_exit run_pause(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__PauseMentorshipRequest request =
        CONVENE__MENTORING__V1__PAUSE_MENTORSHIP_REQUEST__INIT;
    return change(cli, SERVICE "PauseMentorship", &request, &request.id);
}

static enum cvn_exit run_resume(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__ResumeMentorshipRequest request =
        CONVENE__MENTORING__V1__RESUME_MENTORSHIP_REQUEST__INIT;
    return change(cli, SERVICE "ResumeMentorship", &request, &request.id);
}

static enum cvn_exit run_complete(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__CompleteMentorshipRequest request =
        CONVENE__MENTORING__V1__COMPLETE_MENTORSHIP_REQUEST__INIT;
    return change(cli, SERVICE "CompleteMentorship", &request, &request.id);
}

static enum cvn_exit run_end(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__EndMentorshipRequest request =
        CONVENE__MENTORING__V1__END_MENTORSHIP_REQUEST__INIT;
    return change(cli, SERVICE "EndMentorship", &request, &request.id);
}

static enum cvn_exit run_goals(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__SetMentorshipGoalsRequest request =
        CONVENE__MENTORING__V1__SET_MENTORSHIP_GOALS_REQUEST__INIT;
    request.goals = (char *)(uintptr_t)cvn_args_word(&cli->args, 1);
    return change(cli, SERVICE "SetMentorshipGoals", &request, &request.id);
}

static void tell_replacement(const Convene__Mentoring__V1__ReplaceMentorshipResponse *reply)
{
    for (size_t i = 0; i < reply->n_mentorships; i++) {
        const Convene__Mentoring__V1__Mentorship *m = reply->mentorships[i];
        (void)printf("Proposed: %s with the mentor %s (%s).\n", m->mentee_name, m->mentor_name,
                     m->id);
    }
    if (*reply->seat_note) {
        (void)printf("The mentor's seat stays free: %s.\n", reply->seat_note);
    }
    if (*reply->mentee_note) {
        (void)printf("No other mentor for the mentee: %s.\n", reply->mentee_note);
    }
    if (!reply->events_used && *reply->events_note) {
        (void)printf("%s\n", reply->events_note);
    }
}

static enum cvn_exit run_replace(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__ReplaceMentorshipRequest request =
        CONVENE__MENTORING__V1__REPLACE_MENTORSHIP_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__ReplaceMentorshipResponse *reply = NULL;
    enum cvn_exit code = cvn_match_read_events(cli, &request.events_use);
    code = code ? code : cvn_call(cli, SERVICE "ReplaceMentorship", &request, &reply);
    if (code || cli->format != CVN_FORMAT_TABLE) {
        return code
                   ? code
                   : cvn_view_rows(cli, list_columns, (ProtobufCMessage *const *)reply->mentorships,
                                   reply->n_mentorships);
    }
    tell_replacement(reply);
    return CVN_EXIT_DONE;
}

static const struct cvn_option replace_options[] = {
    {"without-events", 0, NULL, "leave meetups and groups out of the score", NULL},
    {"events-away", 0, "fail|go-on",
     "what to do when the events service does not answer; fail when left out", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option list_options[] = {
    {"state", 0, "STATE", "only proposed, active, paused, completed, ended, declined or expired",
     "state"},
    {"person", 0, "PERSON", "only of one person; for managers", NULL},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option accept_options[] = {
    {"as", 0, "mentor|mentee", "for one of the two, by those who run the programme", "role"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option decline_options[] = {
    {"reason", 0, "TEXT", "told to the other one", "reason"},
    {"as", 0, "mentor|mentee", "for one of the two, by those who run the programme", "role"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option reason_options[] = {
    {"reason", 0, "TEXT", "told to the other one", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option end_options[] = {
    {"reason", 0, "TEXT", "told to the other one; required", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_mentorships_commands[] = {
    {"list", "[PROGRAM]", 0, 1, "Lists a programme's mentorships, or your own.", NULL, list_options,
     false, run_list, NULL},
    {"show", "MENTORSHIP", 1, 1, "Shows one, with its sessions and check-ins.", NULL, NULL, false,
     run_show, NULL},
    {"accept", "MENTORSHIP", 1, 1, "Says yes; when both have, it begins.", NULL, accept_options,
     false, run_accept, NULL},
    {"decline", "MENTORSHIP", 1, 1, "Says no to a proposal.",
     "convene mentorships decline mnt_… --reason \"no time this spring\"", decline_options, false,
     run_decline, NULL},
    {"pause", "MENTORSHIP", 1, 1, "Lets one rest.", NULL, reason_options, false, run_pause, NULL},
    {"resume", "MENTORSHIP", 1, 1, "Goes on with one that rests.", NULL, NULL, false, run_resume,
     NULL},
    {"complete", "MENTORSHIP", 1, 1, "Closes one that has reached what it was for.", NULL, NULL,
     false, run_complete, NULL},
    {"end", "MENTORSHIP", 1, 1, "Ends one early, or takes a proposal back.", NULL, end_options,
     false, run_end, NULL},
    {"goals", "MENTORSHIP TEXT", 2, 2, "Writes down what the two want to reach.",
     "convene mentorships goals mnt_… \"A talk at the spring meetup\"", NULL, false, run_goals,
     NULL},
    {"replace", "MENTORSHIP", 1, 1,
     "Proposes others in place of one that was declined, has expired or has ended.", NULL,
     replace_options, false, run_replace, NULL},
    {"log", "MENTORSHIP", 1, 1, "Writes down a session that was held.",
     "convene mentorships log mnt_… --minutes 45 --date 2027-02-01 --note \"code review\"",
     cvn_mentorship_log_options, false, cvn_mentorship_log_run, NULL},
    {"check-in", "MENTORSHIP", 1, 1, "Says how it goes: on-track, slow or stuck.", NULL,
     cvn_mentorship_check_in_options, false, cvn_mentorship_check_in_run, NULL},
    {"feedback", "MENTORSHIP", 1, 1,
     "Says how it was, 1 (poor) to 5 (very good); the programme's managers read it.", NULL,
     cvn_mentorship_feedback_options, false, cvn_mentorship_feedback_run, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
