#include "client/cli/import_stream.h"

#include "client/cli/call.h"
#include "client/cli/failure.h"
#include "client/lib/registrar.h"
#include "rpc/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    /* Records that may be under way: as many as a registrar holds at most, and some more. */
    UNDER_WAY_MAX = 2 * CVN_REGISTRAR_CHUNKS_MAX * CVN_REGISTRAR_CHUNK_EVENTS,
    PROGRESS_MS = 200,
    SETTLE_MS = 1000, /* before which a rate says nothing */
};

struct record {
    size_t line;
    char *identity;
};

struct cvn_import_stream {
    struct cvn_cli *cli;
    struct cvn_import_stream_options options;
    struct cvn_registrar *registrar;
    struct record records[UNDER_WAY_MAX]; /* by number, modulo */
    uint64_t n_pushed;
    off_t file_bytes; /* 0 where nobody knows */
    int64_t began_ms, shown_ms;
    bool interrupted; /* once */
    sigset_t signals, mask_before;
};

/* Whether the user pressed Ctrl-C since the last look; the signal is blocked while streaming. */
static bool take_interrupt(struct cvn_import_stream *stream)
{
    const struct timespec now = {0};
    return sigtimedwait(&stream->signals, NULL, &now) > 0;
}

static bool is_given_up(void *arg)
{
    struct cvn_import_stream *stream = arg;
    if (!take_interrupt(stream)) {
        return false;
    }
    bool again = stream->interrupted;
    stream->interrupted = true;
    if (!again) {
        cvn_cli_note(stream->cli, "Stopping when what is under way is stored; Ctrl-C again stops "
                                  "at once.");
    }
    return again;
}

/* "about 2 min left" from the share of the file that is read. */
static void print_rest(const struct cvn_import_stream *stream, int64_t took_ms)
{
    off_t at = ftello(stream->options.file);
    if (stream->file_bytes <= 0 || at <= 0 || took_ms < SETTLE_MS) {
        return;
    }
    double share = (double)at / (double)stream->file_bytes;
    int64_t left_s = (int64_t)((double)took_ms * (1 - share) / share / 1000);
    (void)fprintf(stderr, " · %d%%", (int)(100 * share));
    if (left_s >= 120) {
        (void)fprintf(stderr, " · about %d min left", (int)(left_s / 60));
    } else if (left_s > 0) {
        (void)fprintf(stderr, " · about %d s left", (int)left_s);
    }
}

static void show_progress(struct cvn_import_stream *stream)
{
    int64_t now_ms = cvn_rpc_now_ms(), took_ms = now_ms - stream->began_ms;
    if (!stream->cli->err_terminal || stream->cli->quiet ||
        now_ms - stream->shown_ms < PROGRESS_MS) {
        return;
    }
    stream->shown_ms = now_ms;
    size_t n = cvn_report_total(stream->options.report);
    (void)fprintf(stderr, "\r\033[K%zu %s", n, stream->options.noun);
    if (took_ms >= SETTLE_MS) {
        (void)fprintf(stderr, " · %zu/s", (size_t)((int64_t)n * 1000 / took_ms));
    }
    print_rest(stream, took_ms);
}

static void take_result(void *arg, uint64_t tag, const Convene__Events__V1__RegisterResult *result)
{
    struct cvn_import_stream *stream = arg;
    struct record *record = &stream->records[tag % UNDER_WAY_MAX];
    if (result->outcome == CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_REFUSED) {
        stream->options.refuse(stream->options.arg, record->line,
                               record->identity ? record->identity : "", result->status);
    } else {
        cvn_report_count(stream->options.report, (enum convene_outcome)result->outcome);
    }
    free(record->identity);
    record->identity = NULL;
    show_progress(stream);
}

static void tell_line(void *arg, const struct convene_status *why)
{
    struct cvn_import_stream *stream = arg;
    if (stream->cli->err_terminal && !stream->cli->quiet) {
        (void)fputs("\r\033[K", stderr);
    }
    if (why) {
        cvn_cli_note(stream->cli, "The connection is lost (%s) Trying again…",
                     *why->message ? why->message : convene_code_name((int)why->code));
    } else {
        cvn_cli_note(stream->cli, "Connected again; going on.");
    }
}

static void hear_interrupts(struct cvn_import_stream *stream)
{
    (void)sigemptyset(&stream->signals);
    (void)sigaddset(&stream->signals, SIGINT);
    (void)sigaddset(&stream->signals, SIGTERM);
    /* Before the client starts its threads, so that none of them is ended by it. */
    (void)pthread_sigmask(SIG_BLOCK, &stream->signals, &stream->mask_before);
}

enum cvn_exit cvn_import_stream_open(struct cvn_import_stream **ret, struct cvn_cli *cli,
                                     const struct cvn_import_stream_options *options)
{
    struct cvn_import_stream *stream = calloc(1, sizeof *stream);
    struct convene_status status = CONVENE_STATUS_INIT;
    struct stat facts;
    if (!stream) {
        return cvn_cli_no_memory(cli);
    }
    stream->cli = cli;
    stream->options = *options;
    stream->began_ms = cvn_rpc_now_ms();
    if (fstat(fileno(options->file), &facts) == 0 && S_ISREG(facts.st_mode)) {
        stream->file_bytes = facts.st_size;
    }
    hear_interrupts(stream);
    const struct cvn_registrar_options inner = {
        .flags = (cvn_args_has(&cli->args, "publish") ? CONVENE_PUBLISH : 0U) |
                 (cvn_args_has(&cli->args, "dry-run") ? CONVENE_VALIDATE_ONLY : 0U),
        .result = take_result,
        .line = tell_line,
        .interrupted = is_given_up,
        .arg = stream,
    };
    int r = cvn_call_open(cli, &status);
    r = r ? r : cvn_registrar_new(&stream->registrar, cli->client, &inner, &status);
    enum cvn_exit code = r ? cvn_failure_print(cli, &status) : CVN_EXIT_DONE;
    convene_status_clear(&status);
    if (code) {
        cvn_import_stream_close(stream);
        return code;
    }
    *ret = stream;
    return CVN_EXIT_DONE;
}

static enum cvn_exit tell_failure(struct cvn_import_stream *stream, int r,
                                  struct convene_status *status)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    if (r == CONVENE_CANCELLED && stream->interrupted) {
        code = cvn_cli_fail(stream->cli, CVN_EXIT_FAILED,
                            "Stopped; what was under way may be stored or not.");
    } else if (r) {
        code = cvn_failure_print(stream->cli, status);
    }
    convene_status_clear(status);
    return code;
}

enum cvn_exit cvn_import_stream_push(struct cvn_import_stream *stream,
                                     const Convene__Events__V1__Event *event, size_t line,
                                     const char *identity)
{
    struct convene_status status = CONVENE_STATUS_INIT;
    struct record *record = &stream->records[stream->n_pushed % UNDER_WAY_MAX];
    *record = (struct record){.line = line, .identity = strdup(identity)};
    int r = cvn_registrar_push(stream->registrar, event, stream->n_pushed, &status);
    if (r == CONVENE_INVALID_ARGUMENT) {
        cvn_report_refuse(stream->options.report, line, identity, status.message);
        free(record->identity);
        record->identity = NULL;
        r = 0;
    } else {
        stream->n_pushed++;
    }
    return tell_failure(stream, r, &status);
}

bool cvn_import_stream_interrupted(struct cvn_import_stream *stream)
{
    if (!stream->interrupted) {
        (void)is_given_up(stream);
    }
    return stream->interrupted;
}

enum cvn_exit cvn_import_stream_flush(struct cvn_import_stream *stream)
{
    struct convene_status status = CONVENE_STATUS_INIT;
    int r = cvn_registrar_flush(stream->registrar, &status);
    return tell_failure(stream, r, &status);
}

void cvn_import_stream_close(struct cvn_import_stream *stream)
{
    if (!stream) {
        return;
    }
    cvn_registrar_free(stream->registrar);
    for (size_t i = 0; i < UNDER_WAY_MAX; i++) {
        free(stream->records[i].identity);
    }
    (void)pthread_sigmask(SIG_SETMASK, &stream->mask_before, NULL);
    free(stream);
}
