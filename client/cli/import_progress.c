#include "client/cli/import_progress.h"

#include "client/cli/failure.h"
#include "rpc/clock.h"

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

enum {
    SHOW_MS = 200,
    SETTLE_MS = 1000, /* before which a rate says nothing */
};

void cvn_import_progress_begin(struct cvn_import_progress *progress, struct cvn_cli *cli,
                               const struct cvn_report *report, const char *noun)
{
    *progress = (struct cvn_import_progress){
        .cli = cli, .report = report, .noun = noun, .began_ms = cvn_rpc_now_ms()};
    (void)sigemptyset(&progress->signals);
    (void)sigaddset(&progress->signals, SIGINT);
    (void)sigaddset(&progress->signals, SIGTERM);
    /* Before the client starts its threads, so that none of them is ended by it. */
    (void)pthread_sigmask(SIG_BLOCK, &progress->signals, &progress->mask_before);
}

void cvn_import_progress_end(struct cvn_import_progress *progress)
{
    cvn_import_progress_clear(progress);
    (void)pthread_sigmask(SIG_SETMASK, &progress->mask_before, NULL);
}

off_t cvn_import_progress_size(FILE *file)
{
    struct stat facts;
    return fstat(fileno(file), &facts) == 0 && S_ISREG(facts.st_mode) ? facts.st_size : 0;
}

/* Whether the user pressed Ctrl-C since the last look; the signal is blocked while streaming. */
static bool take_interrupt(const struct cvn_import_progress *progress)
{
    const struct timespec now = {0};
    return sigtimedwait(&progress->signals, NULL, &now) > 0;
}

bool cvn_import_progress_given_up(void *arg)
{
    struct cvn_import_progress *progress = arg;
    if (!take_interrupt(progress)) {
        return false;
    }
    bool again = progress->interrupted;
    progress->interrupted = true;
    if (!again) {
        cvn_cli_note(progress->cli, "Stopping when what is under way is stored; Ctrl-C again stops "
                                    "at once.");
    }
    return again;
}

bool cvn_import_progress_interrupted(struct cvn_import_progress *progress)
{
    if (!progress->interrupted) {
        (void)cvn_import_progress_given_up(progress);
    }
    return progress->interrupted;
}

static bool is_shown(const struct cvn_import_progress *progress)
{
    return progress->cli->err_terminal && !progress->cli->quiet;
}

/* "about 2 min left" from the share of the file that is read. */
static void print_rest(const struct cvn_import_progress *progress, off_t at, int64_t took_ms)
{
    if (progress->file_bytes <= 0 || at <= 0 || took_ms < SETTLE_MS) {
        return;
    }
    double share = (double)at / (double)progress->file_bytes;
    int64_t left_s = (int64_t)((double)took_ms * (1 - share) / share / 1000);
    (void)fprintf(stderr, " · %d%%", (int)(100 * share));
    if (left_s >= 120) {
        (void)fprintf(stderr, " · about %d min left", (int)(left_s / 60));
    } else if (left_s > 0) {
        (void)fprintf(stderr, " · about %d s left", (int)left_s);
    }
}

void cvn_import_progress_show(struct cvn_import_progress *progress, off_t at)
{
    int64_t now_ms = cvn_rpc_now_ms(), took_ms = now_ms - progress->began_ms;
    if (!is_shown(progress) || now_ms - progress->shown_ms < SHOW_MS) {
        return;
    }
    progress->shown_ms = now_ms;
    size_t n = cvn_report_total(progress->report);
    (void)fprintf(stderr, "\r\033[K%zu %s", n, progress->noun);
    if (took_ms >= SETTLE_MS) {
        (void)fprintf(stderr, " · %zu/s", (size_t)((int64_t)n * 1000 / took_ms));
    }
    print_rest(progress, at, took_ms);
}

void cvn_import_progress_clear(const struct cvn_import_progress *progress)
{
    if (is_shown(progress)) {
        (void)fputs("\r\033[K", stderr);
    }
}

void cvn_import_progress_tell_line(void *arg, const struct convene_status *why)
{
    const struct cvn_import_progress *progress = arg;
    cvn_import_progress_clear(progress);
    if (why) {
        cvn_cli_note(progress->cli, "%s (%s) Trying again…",
                     why->code == CONVENE_RESOURCE_EXHAUSTED ? "The server takes no more for now"
                                                             : "The connection is lost",
                     *why->message ? why->message : convene_code_name((int)why->code));
    } else {
        cvn_cli_note(progress->cli, "Connected again; going on.");
    }
}

enum cvn_exit cvn_import_progress_tell(const struct cvn_import_progress *progress, int r,
                                       struct convene_status *status)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    if (r == CONVENE_CANCELLED && progress->interrupted) {
        code = cvn_cli_fail(progress->cli, CVN_EXIT_FAILED,
                            "Stopped; what was under way may be stored or not.");
    } else if (r) {
        code = cvn_failure_print(progress->cli, status);
    }
    convene_status_clear(status);
    return code;
}
