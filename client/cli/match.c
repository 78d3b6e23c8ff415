#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/explain.h"
#include "client/cli/field.h"
#include "client/cli/match_pairs.h"
#include "client/cli/match_publish.h"
#include "client/cli/match_sensitivity.h"
#include "client/cli/match_solve.h"
#include "client/cli/match_view.h"
#include "client/cli/match_watch.h"
#include "client/cli/mentor_groups.h"
#include "client/cli/view.h"
#include "convene/mentoring/v1/match.pb-c.h"

#include <inttypes.h>

#define SERVICE "convene.mentoring.v1.MatchService/"

enum {
    LIST_LIMIT = 50,
    PAIRS_LIMIT = 200,
};

CVN_VIEW_STRING(see_id, Convene__Mentoring__V1__MatchRun, id)
CVN_VIEW_STRING(see_program, Convene__Mentoring__V1__MatchRun, program_id)
CVN_VIEW_STRING(see_check, Convene__Mentoring__V1__MatchRun, check)
CVN_VIEW_STRING(see_failure, Convene__Mentoring__V1__MatchRun, failure)
CVN_VIEW_STRING(see_digest, Convene__Mentoring__V1__MatchRun, input_digest)
CVN_VIEW_INT(see_mentors, Convene__Mentoring__V1__MatchRun, mentor_count)
CVN_VIEW_INT(see_seats, Convene__Mentoring__V1__MatchRun, seat_count)
CVN_VIEW_INT(see_candidates, Convene__Mentoring__V1__MatchRun, candidate_count)
CVN_VIEW_INT(see_score, Convene__Mentoring__V1__MatchRun, total_score)
CVN_VIEW_ENUM(see_state, Convene__Mentoring__V1__MatchRun, state,
              convene__mentoring__v1__match_run__state__descriptor)
CVN_VIEW_ENUM(see_mode, Convene__Mentoring__V1__MatchRun, mode,
              convene__mentoring__v1__match_mode__descriptor)
CVN_VIEW_INSTANT(see_published, Convene__Mentoring__V1__MatchRun, publish_time)
CVN_VIEW_INSTANT(see_ended, Convene__Mentoring__V1__MatchRun, end_time)
CVN_VIEW_STRING(see_events, Convene__Mentoring__V1__MatchRun, events_note)
CVN_VIEW_STRING(see_base, Convene__Mentoring__V1__MatchRun, base_run_id)
CVN_VIEW_INT(see_least, Convene__Mentoring__V1__MatchRun, least_score)
CVN_VIEW_INT(see_full, Convene__Mentoring__V1__MatchRun, full_mentor_count)
CVN_VIEW_INSTANT(see_created, Convene__Mentoring__V1__MatchRun, create_time)

static const char *see_matched(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchRun *run = message;
    return cvn_arena_printf(&cli->arena, "%d of %d", run->matched_count, run->mentee_count);
}

static const char *see_seed(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchRun *run = message;
    return cvn_arena_printf(&cli->arena, "%" PRIu64, run->seed);
}

/* What was settled of pairs beforehand. */
static const char *see_settled(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchRun *run = message;
    const char *text = "";
    if (run->locked_count || run->forbidden_count) {
        text = cvn_arena_printf(&cli->arena, "%d locked, %d forbidden", run->locked_count,
                                run->forbidden_count);
    }
    if (text && run->kept_count) {
        text = cvn_arena_printf(&cli->arena, "%s; %d kept", text, run->kept_count);
    }
    return text;
}

static const char *see_groups(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchRun *run = message;
    return run->session_hours
               ? cvn_arena_printf(&cli->arena, "%d, each for %s a week", run->group_count,
                                  cvn_view_count(cli, run->session_hours, "hour"))
               : "";
}

static const char *see_gap(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchRun *run = message;
    return run->gap ? cvn_match_gap_text(cli, run->gap->total, run->gap->bound) : "";
}

static const char *see_progress(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__MatchRun *run = message;
    return *run->phase ? cvn_match_progress_text(cli, run) : "";
}

static const struct cvn_view_column run_columns[] = {
    {{"Started", false, false}, see_created}, {{"State", false, false}, see_state},
    {{"Matched", true, false}, see_matched},  {{"Score", true, false}, see_score},
    {{"Mode", false, false}, see_mode},       {{"Published", false, false}, see_published},
    {{"Run", false, false}, see_id},          {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"State", false, false}, see_state},
    {{"Failure", false, false}, see_failure},
    {{"Progress", false, false}, see_progress},
    {{"Mentees paired", false, false}, see_matched},
    {{"Groups", false, false}, see_groups},
    {{"Mentors", false, false}, see_mentors},
    {{"Seats", false, false}, see_seats},
    {{"Full mentors", false, false}, see_full},
    {{"Candidates", false, false}, see_candidates},
    {{"Total score", false, false}, see_score},
    {{"Lowest pair", false, false}, see_least},
    {{"Check", false, false}, see_check},
    {{"Gap", false, false}, see_gap},
    {{"Settled", false, false}, see_settled},
    {{"Keeps pairs of", false, false}, see_base},
    {{"Events", false, false}, see_events},
    {{"Mode", false, false}, see_mode},
    {{"Seed", false, false}, see_seed},
    {{"Input", false, false}, see_digest},
    {{"Started", false, false}, see_created},
    {{"Ended", false, false}, see_ended},
    {{"Published", false, false}, see_published},
    {{"Programme", false, false}, see_program},
    {{"Run", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit tell_run(struct cvn_cli *cli, const Convene__Mentoring__V1__MatchRun *run)
{
    bool done = run->state == CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_DONE;
    enum cvn_exit verdict = done ? CVN_EXIT_DONE : CVN_EXIT_FAILED;
    if (cli->format != CVN_FORMAT_TABLE) {
        enum cvn_exit code = cvn_view_one(cli, show_columns, run);
        return code ? code : verdict;
    }
    return cvn_match_tell_end(cli, run);
}

static enum cvn_exit run_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    enum cvn_exit code = cvn_match_fill(cli, &request);
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *run = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CreateMatchRun", &request, &run);
    if (code == CVN_EXIT_DONE && cvn_args_has(&cli->args, "no-wait")) {
        return cvn_view_one(cli, show_columns, run);
    }
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *ended = NULL;
    code = code ? code : cvn_match_wait(cli, run->id, &ended);
    return code ? code : tell_run(cli, ended);
}

static enum cvn_exit run_watch(struct cvn_cli *cli)
{
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *ended = NULL;
    enum cvn_exit code = cvn_match_wait(cli, cvn_args_word(&cli->args, 0), &ended);
    return code ? code : tell_run(cli, ended);
}

static enum cvn_exit show_pairs(struct cvn_cli *cli, const Convene__Mentoring__V1__MatchRun *run)
{
    const struct cvn_view_list list = {
        SERVICE "ListMatches",
        run->session_hours ? cvn_match_group_columns : cvn_match_columns,
        "The run has no pairs.",
        PAIRS_LIMIT,
        NULL,
    };
    Convene__Mentoring__V1__ListMatchesRequest request =
        CONVENE__MENTORING__V1__LIST_MATCHES_REQUEST__INIT;
    if (cvn_args_has(&cli->args, "groups")) {
        return cvn_mentor_groups_show(cli, run->id);
    }
    request.run_id = run->id;
    request.unmatched_only = cvn_args_has(&cli->args, "unmatched");
    return cvn_view_pages(cli, &list, &request.base);
}

/* People see the run and its pairs; programs get the pairs, or with --run the run alone. */
static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__GetMatchRunRequest request =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    bool only_run = cvn_args_has(&cli->args, "run");
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *run = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetMatchRun", &request, &run);
    if (code == CVN_EXIT_DONE && cli->format != CVN_FORMAT_TABLE && !only_run) {
        return show_pairs(cli, run);
    }
    code = code ? code : cvn_view_one(cli, show_columns, run);
    bool done = run && run->state == CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_DONE;
    if (code || only_run || !done) {
        return code;
    }
    (void)putchar('\n');
    code = show_pairs(cli, run);
    if (code == CVN_EXIT_DONE) {
        cvn_cli_note(cli, "Next: convene match explain %s PERSON, or convene match publish %s",
                     request.id, request.id);
    }
    return code;
}

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListMatchRuns", run_columns,
        "There is no run yet. Start one with `convene match run PROGRAM`.", LIST_LIMIT};
    Convene__Mentoring__V1__ListMatchRunsRequest request =
        CONVENE__MENTORING__V1__LIST_MATCH_RUNS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request.program_id);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit run_explain(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__ExplainMatchRequest request =
        CONVENE__MENTORING__V1__EXPLAIN_MATCH_REQUEST__INIT;
    request.run_id = (char *)cvn_args_word(&cli->args, 0);
    enum cvn_exit code = cvn_call_person(cli, cvn_args_word(&cli->args, 1), &request.person_id);
    CVN_REPLY_AUTO Convene__Mentoring__V1__ExplainMatchResponse *reply = NULL;
    code = code ? code : cvn_call(cli, SERVICE "ExplainMatch", &request, &reply);
    return code ? code : cvn_explain_print(cli, reply);
}

static enum cvn_exit run_cancel(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__CancelMatchRunRequest request =
        CONVENE__MENTORING__V1__CANCEL_MATCH_RUN_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *run = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "CancelMatchRun", &request, &run);
    return code ? code : cvn_view_one(cli, show_columns, run);
}

static const struct cvn_option show_options[] = {
    {"run", 0, NULL, "the run's figures only", NULL},
    {"unmatched", 0, NULL, "only mentees without a mentor", NULL},
    {"groups", 0, NULL, "mentors' groups and when they meet, in place of the pairs", NULL},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option list_options[] = {
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_match_commands[] = {
    {"run", "PROGRAM", 1, 1, "Pairs the mentees of a programme with its mentors.",
     "convene match run \"Spring mentoring\" --mode optimal --lock ada@example.org=bob@example.org",
     cvn_match_run_options, false, run_run, NULL},
    {"solve", "", 0, 0,
     "Pairs people from two files, without a server and without storing anything.",
     "convene match solve --mentors mentors.csv --mentees mentees.csv --mode optimal",
     cvn_match_solve_options, false, cvn_match_solve_run, NULL},
    {"watch", "RUN", 1, 1, "Shows how far a run is until it has ended.", NULL, NULL, false,
     run_watch, NULL},
    {"show", "RUN", 1, 1, "Shows a run and its pairs.", NULL, show_options, false, run_show, NULL},
    {"list", "PROGRAM", 1, 1, "Lists a programme's runs, newest first.", NULL, list_options, false,
     run_list, NULL},
    {"explain", "RUN PERSON", 2, 2,
     "Says why a person was paired as they were, or was not; by e-mail or id, or me.", NULL, NULL,
     false, run_explain, NULL},
    {"sensitivity", "RUN MENTEE", 2, 2,
     "Says which weights would give a mentee another mentor, and from which value; by e-mail or "
     "id.",
     NULL, NULL, false, cvn_match_sensitivity_run, NULL},
    {"cancel", "RUN", 1, 1, "Asks a running one to stop.", NULL, NULL, false, run_cancel, NULL},
    {"publish", "RUN", 1, 1, "Proposes a run's pairs to the people; only then do they hear of it.",
     NULL, cvn_match_publish_options, false, cvn_match_publish_run, NULL},
    {"rematch", "RUN", 1, 1,
     "After people withdrew: pairs anew, once with every pair kept that can be and once from the "
     "beginning, and says for both who changes.",
     NULL, NULL, false, cvn_match_rematch_run, NULL},
    {"diff", "RUN RUN", 2, 2, "Says who is paired otherwise in the second run than in the first.",
     NULL, cvn_match_diff_options, false, cvn_match_diff_run, NULL},
    {"lock", "PROGRAM MENTEE MENTOR", 3, 3, "Pairs two in every run from now on; by e-mail or id.",
     NULL, cvn_match_pair_options, false, cvn_match_lock_run, NULL},
    {"forbid", "PROGRAM MENTEE MENTOR", 3, 3, "Never pairs two from now on.", NULL,
     cvn_match_pair_options, false, cvn_match_forbid_run, NULL},
    {"unlock", "PROGRAM MENTEE MENTOR", 3, 3, "Leaves two to the runs again.", NULL, NULL, false,
     cvn_match_unlock_run, NULL},
    {"pairs", "PROGRAM", 1, 1, "Lists the locked and forbidden pairs.", NULL, list_options, false,
     cvn_match_pairs_run, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
