/* `convene admin stats` and `convene admin metrics`. */
#ifndef CVN_CLIENT_CLI_STATS_H
#define CVN_CLIENT_CLI_STATS_H

#include "client/cli/cli.h"
#include "convene/admin/v1/admin.pb-c.h"

extern const struct cvn_option cvn_stats_options[];

enum cvn_exit cvn_stats_run(struct cvn_cli *cli);
enum cvn_exit cvn_metrics_run(struct cvn_cli *cli);

/*
 * What happened between two readings: a method's later counts less the earlier ones, and what is in
 * flight as it is. earlier may be NULL; a server that was started anew has counted from 0. In the
 * arena; NULL when that is spent.
 */
Convene__Admin__V1__MethodStats *cvn_stats_between(struct cvn_arena *arena,
                                                   const Convene__Admin__V1__MethodStats *earlier,
                                                   const Convene__Admin__V1__MethodStats *later);

enum { CVN_STATS_TEXT_BYTES = 32 };

/* Writes "850 us", "1.2 ms", "35 s"; "" for less than 0. */
void cvn_stats_format_us(char text[CVN_STATS_TEXT_BYTES], int64_t us);

/* Writes "512 B", "1.2 kB", "35 MB", by powers of 1000. */
void cvn_stats_format_bytes(char text[CVN_STATS_TEXT_BYTES], uint64_t bytes);

#endif
