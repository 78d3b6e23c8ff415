#include "client/cli/import_stream.h"

#include "client/cli/call.h"
#include "client/cli/failure.h"
#include "client/cli/import_progress.h"
#include "client/lib/registrar.h"

#include <stdlib.h>
#include <string.h>

/* Records that may be under way: as many as a registrar holds at most, and some more. */
enum { UNDER_WAY_MAX = 2 * CVN_REGISTRAR_CHUNKS * CVN_REGISTRAR_CHUNK_EVENTS };

struct record {
    size_t line;
    char *identity;
};

struct cvn_import_stream {
    struct cvn_import_progress progress;
    struct cvn_import_stream_options options;
    struct cvn_registrar *registrar;
    struct record records[UNDER_WAY_MAX]; /* by number, modulo */
    uint64_t n_pushed;
};

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
    cvn_import_progress_show(&stream->progress, ftello(stream->options.file));
}

static void tell_line(void *arg, const struct convene_status *why)
{
    struct cvn_import_stream *stream = arg;
    cvn_import_progress_tell_line(&stream->progress, why);
}

static bool is_given_up(void *arg)
{
    struct cvn_import_stream *stream = arg;
    return cvn_import_progress_given_up(&stream->progress);
}

enum cvn_exit cvn_import_stream_open(struct cvn_import_stream **ret, struct cvn_cli *cli,
                                     const struct cvn_import_stream_options *options)
{
    struct cvn_import_stream *stream = calloc(1, sizeof *stream);
    struct convene_status status = CONVENE_STATUS_INIT;
    if (!stream) {
        return cvn_cli_no_memory(cli);
    }
    stream->options = *options;
    cvn_import_progress_begin(&stream->progress, cli, options->report, options->noun);
    stream->progress.file_bytes = cvn_import_progress_size(options->file);
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
    return cvn_import_progress_tell(&stream->progress, r, &status);
}

bool cvn_import_stream_interrupted(struct cvn_import_stream *stream)
{
    return cvn_import_progress_interrupted(&stream->progress);
}

enum cvn_exit cvn_import_stream_flush(struct cvn_import_stream *stream)
{
    struct convene_status status = CONVENE_STATUS_INIT;
    int r = cvn_registrar_flush(stream->registrar, &status);
    return cvn_import_progress_tell(&stream->progress, r, &status);
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
    cvn_import_progress_end(&stream->progress);
    free(stream);
}
