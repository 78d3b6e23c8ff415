#include "client/cli/match_publish.h"

#include "client/cli/call.h"
#include "client/cli/match_pairs.h"
#include "client/cli/match_watch.h"
#include "client/cli/view.h"
#include "convene/mentoring/v1/match.pb-c.h"

#include <stdio.h>

#define SERVICE "convene.mentoring.v1.MatchService/"

enum { CHANGES_SHOWN = 20 };

CVN_VIEW_STRING(see_mentee, Convene__Mentoring__V1__StalePair, mentee_name)
CVN_VIEW_STRING(see_mentor, Convene__Mentoring__V1__StalePair, mentor_name)
CVN_VIEW_STRING(see_reason, Convene__Mentoring__V1__StalePair, reason)

static const struct cvn_view_column stale_columns[] = {
    {{"Mentee", false, true}, see_mentee},
    {{"Mentor", false, true}, see_mentor},
    {{"Left out, because", false, true}, see_reason},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit tell(struct cvn_cli *cli,
                          const Convene__Mentoring__V1__PublishMatchRunResponse *reply)
{
    bool dry = cvn_args_has(&cli->args, "dry-run");
    (void)printf("%s %s", dry ? "Nothing was stored. This would propose" : "Proposed",
                 cvn_view_count(cli, reply->proposed_count, "pair"));
    if (reply->kept_count) {
        (void)printf(", %d more %s mentor and mentee already", reply->kept_count,
                     reply->kept_count == 1 ? "is" : "are");
    }
    if (reply->stale_count) {
        (void)printf(", %d %s left out:\n", reply->stale_count,
                     reply->stale_count == 1 ? "is" : "are");
        return cvn_view_rows(cli, stale_columns, (ProtobufCMessage *const *)reply->stale,
                             reply->n_stale);
    }
    (void)printf(".\n");
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_match_publish_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__PublishMatchRunRequest request =
        CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
    cvn_call_be_patient(cli);
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.run_id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__PublishMatchRunResponse *reply = NULL;
    code = code ? code : cvn_call(cli, SERVICE "PublishMatchRun", &request, &reply);
    if (code) {
        return code;
    }
    if (cli->format == CVN_FORMAT_JSON) {
        return cvn_view_one(cli, stale_columns, reply);
    }
    if (cli->format == CVN_FORMAT_CSV) {
        return cvn_view_rows(cli, stale_columns, (ProtobufCMessage *const *)reply->stale,
                             reply->n_stale);
    }
    code = tell(cli, reply);
    if (code == CVN_EXIT_DONE && !request.validate_only) {
        cvn_cli_note(cli, "Next: convene mentorships list %s", reply->run->program_id);
    }
    return code;
}

/* Starts a run of the other's programme and mode, and waits for it. */
static enum cvn_exit run_anew(struct cvn_cli *cli, const Convene__Mentoring__V1__MatchRun *base,
                              bool keep, Convene__Mentoring__V1__MatchRun **ret)
{
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    request.program_id = base->program_id;
    request.mode = base->mode;
    request.candidates_per_mentee = base->candidates_per_mentee;
    request.seed = base->seed;
    request.events_use = base->events_use;
    request.pair_rules = base->pair_rules;
    request.n_pair_rules = base->n_pair_rules;
    request.candidates_only = !base->all_pairs;
    /* Who is paired by the other run by now is to be paired again, or it could not be compared. */
    request.include_mentored = base->publish_time != NULL;
    if (keep) {
        request.base_run_id = base->id;
    }
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *made = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "CreateMatchRun", &request, &made);
    return code ? code : cvn_match_wait(cli, made->id, ret);
}

static enum cvn_exit show_run(struct cvn_cli *cli, const char *title, const char *base_id,
                              const Convene__Mentoring__V1__MatchRun *run)
{
    if (cli->format == CVN_FORMAT_TABLE) {
        (void)printf("%s\n", title);
    }
    enum cvn_exit code = cvn_match_tell_end(cli, run);
    return code ? code : cvn_match_print_diff(cli, base_id, run->id, CHANGES_SHOWN);
}

enum cvn_exit cvn_match_rematch_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__GetMatchRunRequest get =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    get.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *base = NULL;
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *kept = NULL;
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchRun *fresh = NULL;
    if (cli->format != CVN_FORMAT_TABLE) {
        return cvn_cli_misuse(cli, "rematch compares for people to read; programs use match run "
                                   "--keep and match diff.");
    }
    cvn_call_be_patient(cli);
    enum cvn_exit code = cvn_call(cli, SERVICE "GetMatchRun", &get, &base);
    code = code ? code : run_anew(cli, base, true, &kept);
    code = code ? code : run_anew(cli, base, false, &fresh);
    code = code ? code : show_run(cli, "Keeping every pair that still can be:", base->id, kept);
    if (code == CVN_EXIT_DONE) {
        (void)putchar('\n');
        code = show_run(cli, "From the beginning:", base->id, fresh);
    }
    if (code == CVN_EXIT_DONE) {
        cvn_cli_note(cli, "Next: convene match publish %s, or %s", kept->id, fresh->id);
    }
    return code;
}

const struct cvn_option cvn_match_publish_options[] = {
    {"partial", 0, NULL, "leave out the pairs that cannot be proposed any more", "partial"},
    {"dry-run", 0, NULL, "check everything and store nothing", "validate_only"},
    {NULL, 0, NULL, NULL, NULL},
};
