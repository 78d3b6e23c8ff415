/* The commands of `convene match` about certain pairs, and about how two runs differ. */
#ifndef CVN_CLIENT_CLI_MATCH_PAIRS_H
#define CVN_CLIENT_CLI_MATCH_PAIRS_H

#include "client/cli/cli.h"
#include "convene/mentoring/v1/match.pb-c.h"

extern const struct cvn_option cvn_match_pair_options[];
extern const struct cvn_option cvn_match_diff_options[];

enum cvn_exit cvn_match_lock_run(struct cvn_cli *cli);
enum cvn_exit cvn_match_forbid_run(struct cvn_cli *cli);
enum cvn_exit cvn_match_unlock_run(struct cvn_cli *cli);
enum cvn_exit cvn_match_pairs_run(struct cvn_cli *cli);
enum cvn_exit cvn_match_diff_run(struct cvn_cli *cli);

/* Fills the pair rules of a run from --lock and --forbid. */
enum cvn_exit cvn_match_fill_pairs(struct cvn_cli *cli,
                                   Convene__Mentoring__V1__CreateMatchRunRequest *request);

/* Shows how the second run differs from the first, to so many mentees; 0 shows all. */
enum cvn_exit cvn_match_print_diff(struct cvn_cli *cli, const char *first, const char *second,
                                   size_t limit);

#endif
