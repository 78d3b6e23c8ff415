#include "client/cli/match_watch.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/match_pairs.h"
#include "client/cli/match_view.h"
#include "client/cli/streaming.h"
#include "client/cli/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SERVICE "convene.mentoring.v1.MatchService/"

enum { BAR_CELLS = 24, WAIT_MS_MAX = 24 * 60 * 60 * 1000, MINUTE_MS = 60 * 1000 };

#define USE(name) CONVENE__MENTORING__V1__EVENTS_USE__EVENTS_USE_##name

static int percent_of(const Convene__Mentoring__V1__MatchRun *run)
{
    return run->phase_total > 0 ? (int)(100 * run->phase_done / run->phase_total) : 0;
}

const char *cvn_match_progress_text(struct cvn_cli *cli,
                                    const Convene__Mentoring__V1__MatchRun *run)
{
    const char *text = cvn_arena_printf(&cli->arena, "%s %d %%", run->phase, percent_of(run));
    if (text && run->remaining_ms >= 2 * MINUTE_MS) {
        text = cvn_arena_printf(&cli->arena, "%s, about %d min left", text,
                                (int)(run->remaining_ms / MINUTE_MS));
    } else if (text && run->remaining_ms > 0) {
        text = cvn_arena_printf(&cli->arena, "%s, about %d s left", text,
                                (int)(run->remaining_ms / 1000) + 1);
    }
    return text ? text : "";
}

/* [##########··············] find candidates 42 %, about 3 s left */
static enum cvn_exit show_progress(struct cvn_cli *cli, const ProtobufCMessage *message, void *arg)
{
    const Convene__Mentoring__V1__MatchRun *run = (const Convene__Mentoring__V1__MatchRun *)message;
    (void)arg;
    if (!cli->err_terminal || cli->quiet || !*run->phase) {
        return CVN_EXIT_DONE;
    }
    int full = percent_of(run) * BAR_CELLS / 100;
    (void)fputs("\r\033[K[", stderr);
    for (int i = 0; i < BAR_CELLS; i++) {
        (void)fputs(i < full ? "#" : "·", stderr);
    }
    (void)fprintf(stderr, "] %s", cvn_match_progress_text(cli, run));
    (void)fflush(stderr);
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_match_wait(struct cvn_cli *cli, const char *run_id,
                             Convene__Mentoring__V1__MatchRun **ret_run)
{
    Convene__Mentoring__V1__WatchMatchRunRequest watch =
        CONVENE__MENTORING__V1__WATCH_MATCH_RUN_REQUEST__INIT;
    Convene__Mentoring__V1__GetMatchRunRequest get =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    watch.id = get.id = (char *)(uintptr_t)run_id;
    const struct cvn_call_request request = {
        .service = &convene__mentoring__v1__match_watch_service__descriptor,
        .method = "WatchMatchRun",
        .message = &watch.base,
        .options = {.timeout_ms = WAIT_MS_MAX},
    };
    enum cvn_exit code = cvn_streaming_follow(cli, &request, show_progress, NULL);
    if (cli->err_terminal && !cli->quiet) {
        (void)fputs("\r\033[K", stderr);
    }
    return code ? code : cvn_call(cli, SERVICE "GetMatchRun", &get, ret_run);
}

static void tell_done(struct cvn_cli *cli, const Convene__Mentoring__V1__MatchRun *run)
{
    (void)printf("Paired %d of %s with %s (%s), total score %" PRId64 ".\n", run->matched_count,
                 cvn_view_count(cli, run->mentee_count, "mentee"),
                 cvn_view_count(cli, run->mentor_count, "mentor"),
                 cvn_view_count(cli, run->seat_count, "seat"), run->total_score);
    if (*run->check) {
        (void)printf("Checked: %s.\n", run->check);
    }
    const char *gap = run->gap ? cvn_match_gap_text(cli, run->gap->total, run->gap->bound) : NULL;
    if (gap && *gap) {
        (void)printf("%s\n", gap);
    }
    if (run->kept_count || run->locked_count) {
        (void)printf("Settled before: %s",
                     cvn_view_count(cli, run->locked_count + run->kept_count, "pair"));
        if (run->kept_count) {
            (void)printf(", %d of them kept from the other run", run->kept_count);
        }
        (void)printf(".\n");
    }
    if ((!run->events_used || run->left_out_count) && *run->events_note) {
        (void)printf("%s\n", run->events_note);
    }
    (void)printf("Next: convene match show %s\n", run->id);
}

enum cvn_exit cvn_match_tell_end(struct cvn_cli *cli, const Convene__Mentoring__V1__MatchRun *run)
{
    if (run->state == CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_DONE) {
        tell_done(cli, run);
        return CVN_EXIT_DONE;
    }
    const char *state = cvn_field_enum_text(
        &cli->arena, &convene__mentoring__v1__match_run__state__descriptor, (int)run->state);
    size_t len = strlen(run->failure);
    const char *end = len > 0 && run->failure[len - 1] == '.' ? "" : ".";
    bool failed = run->state == CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_FAILED;
    return cvn_cli_fail(cli, CVN_EXIT_FAILED, "The run %s %s %s%s%s%s", run->id,
                        failed ? "has" : "is", state, *run->failure ? ": " : "", run->failure, end);
}

enum cvn_exit cvn_match_read_events(struct cvn_cli *cli, Convene__Mentoring__V1__EventsUse *ret)
{
    const char *away = cvn_args_get(&cli->args, "events-away");
    if (cvn_args_has(&cli->args, "without-events")) {
        *ret = USE(NONE);
        return away ? cvn_cli_misuse(cli, "--without-events and --events-away exclude each other.")
                    : CVN_EXIT_DONE;
    }
    if (!away || strcmp(away, "fail") == 0) {
        *ret = USE(REQUIRED);
    } else if (strcmp(away, "wait") == 0) {
        *ret = USE(WAIT);
    } else if (strcmp(away, "go-on") == 0) {
        *ret = USE(OPTIONAL);
    } else {
        return cvn_cli_misuse(cli, "--events-away must be fail, wait or go-on, not \"%s\".", away);
    }
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_match_fill(struct cvn_cli *cli,
                             Convene__Mentoring__V1__CreateMatchRunRequest *request)
{
    enum cvn_exit code = cvn_call_fill(cli, request);
    code = code ? code : cvn_match_read_events(cli, &request->events_use);
    code = code ? code : cvn_match_fill_pairs(cli, request);
    return code ? code : cvn_call_program(cli, cvn_args_word(&cli->args, 0), &request->program_id);
}

const struct cvn_option cvn_match_run_options[] = {
    {"mode", 0, "MODE", "stable, which is the default, optimal, most-placed or fair", "mode"},
    {"candidates", 0, "N", "mentors kept for each mentee; 32 when left out, at most 256",
     "candidates_per_mentee"},
    {"seed", 0, "N", "breaks ties; the same seed gives the same pairs", "seed"},
    {"candidates-only", 0, NULL, "do not go on from these to all mentors: faster, and pairs fewer",
     "candidates_only"},
    {"lock", 0, "MENTEE=MENTOR",
     "pair two in this run; by e-mail or id; may be given several times", NULL},
    {"forbid", 0, "MENTEE=MENTOR", "do not pair two in this run; likewise", NULL},
    {"keep", 0, "RUN", "keep the pairs of this run that still can be", "base_run_id"},
    {"all", 'a', NULL, "also mentees who have a mentor, to see what a fresh start would give",
     "include_mentored"},
    {"without-events", 0, NULL, "leave meetups and groups out of the score", NULL},
    {"events-away", 0, "fail|wait|go-on",
     "what to do when the events service does not answer; fail when left out", NULL},
    {"no-wait", 0, NULL, "start it and return at once", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
