#include "client/cli/progress.h"

#include "client/cli/stats.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_AGAIN "\r\033[K"

static bool is_shown(const struct cvn_cli *cli)
{
    return cli->err_terminal && !cli->quiet;
}

void cvn_progress_show_keys(struct cvn_cli *cli, const char *what, uint64_t done, uint64_t total)
{
    if (is_shown(cli) && total > 0) {
        (void)fprintf(stderr, LINE_AGAIN "%s: %" PRIu64 " of %" PRIu64 " keys, %" PRIu64 " %%",
                      what, done, total, done * 100 / total);
    }
}

void cvn_progress_show_bytes(struct cvn_cli *cli, uint64_t done, uint64_t total)
{
    char left[CVN_STATS_TEXT_BYTES], right[CVN_STATS_TEXT_BYTES];
    if (is_shown(cli) && total > 0) {
        cvn_stats_format_bytes(left, done);
        cvn_stats_format_bytes(right, total);
        (void)fprintf(stderr, LINE_AGAIN "%s of %s", left, right);
    }
}

void cvn_progress_clear(struct cvn_cli *cli)
{
    if (is_shown(cli)) {
        (void)fputs(LINE_AGAIN, stderr);
    }
}
