/* Starting match runs and waiting for them, with a bar that shows how far they are. */
#ifndef CVN_CLIENT_CLI_MATCH_WATCH_H
#define CVN_CLIENT_CLI_MATCH_WATCH_H

#include "client/cli/cli.h"
#include "convene/mentoring/v1/match.pb-c.h"

/* The options of `convene match run`. */
extern const struct cvn_option cvn_match_run_options[];

/* Fills the request from the command's first word and its options. */
enum cvn_exit cvn_match_fill(struct cvn_cli *cli,
                             Convene__Mentoring__V1__CreateMatchRunRequest *request);

/* What --without-events and --events-away say of the events service. */
enum cvn_exit cvn_match_read_events(struct cvn_cli *cli, Convene__Mentoring__V1__EventsUse *ret);

/* Watches until the run has ended; *ret_run is the caller's to free with convene_message_free. */
enum cvn_exit cvn_match_wait(struct cvn_cli *cli, const char *run_id,
                             Convene__Mentoring__V1__MatchRun **ret_run);

/* "find candidates 54 %, about 12 s left", in the run's arena. */
const char *cvn_match_progress_text(struct cvn_cli *cli,
                                    const Convene__Mentoring__V1__MatchRun *run);

/* Says in sentences how a run ended. CVN_EXIT_FAILED unless it is done. */
enum cvn_exit cvn_match_tell_end(struct cvn_cli *cli, const Convene__Mentoring__V1__MatchRun *run);

#endif
