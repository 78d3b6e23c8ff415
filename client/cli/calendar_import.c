#include "client/cli/calendar_import.h"

#include "client/cli/calendar_file.h"
#include "client/cli/call.h"
#include "client/cli/import_progress.h"
#include "client/cli/report.h"
#include "client/lib/sender.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name

enum {
    MESSAGE_BYTES = 16 << 20,
    UNDER_WAY = 2, /* messages that are sent ahead of their answers */
    NAME_BYTES = 64 << 10,
};

struct calendar_import {
    struct cvn_cli *cli;
    const char *file_name;
    struct cvn_report *report;
    struct cvn_calendar_file *file;
    struct cvn_import_progress progress;
    struct cvn_sender *sender;
    bool created;
};

bool cvn_calendar_import_meant(const struct cvn_cli *cli, const char *file_name)
{
    const char *asked = cvn_args_get(&cli->args, "format");
    size_t len = strlen(file_name);
    if (asked) {
        return strcmp(asked, "ics") == 0;
    }
    return (len >= 4 && strcasecmp(file_name + len - 4, ".ics") == 0) ||
           (len >= 5 && strcasecmp(file_name + len - 5, ".ical") == 0);
}

/* What a line of the report names: the title, and which occurrence of it. */
static const char *identity_of(struct cvn_arena *arena,
                               const Convene__Events__V1__CalendarResult *result)
{
    const char *name = *result->title ? result->title : result->uid;
    const char *text = *result->recurrence_id
                           ? cvn_arena_printf(arena, "\"%s\" of %.10s", name, result->recurrence_id)
                           : cvn_arena_printf(arena, "\"%s\"", name);
    return text ? text : name;
}

static void take_result(struct calendar_import *import,
                        const Convene__Events__V1__CalendarResult *result)
{
    size_t line = (size_t)result->line;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, NAME_BYTES);
    const char *identity = identity_of(&arena, result);
    size_t first = 0;
    switch (result->outcome) {
    case OUTCOME(REFUSED):
        cvn_report_refuse(import->report, line, identity,
                          result->n_reasons ? result->reasons[first++] : "refused");
        for (; first < result->n_reasons; first++) {
            cvn_report_also(import->report, result->reasons[first]);
        }
        return;
    case OUTCOME(SKIPPED):
        cvn_report_skip(import->report, line, identity,
                        result->n_reasons ? result->reasons[first++] : "there was nothing to do");
        break;
    case OUTCOME(CREATED):
    case OUTCOME(UPDATED):
    case OUTCOME(UNCHANGED):
        cvn_report_count(import->report, (enum convene_outcome)result->outcome);
        import->created |= result->outcome == OUTCOME(CREATED);
        break;
    default: /* of a newer server */
        break;
    }
    for (; first < result->n_reasons; first++) {
        cvn_report_remark(import->report, line, identity, result->reasons[first]);
    }
}

static int take_answer(void *arg, struct cvn_sender_message *message,
                       const ProtobufCMessage *answer, struct convene_status *status)
{
    struct calendar_import *import = arg;
    Convene__Events__V1__StreamImportCalendarRequest *request = (void *)message->message;
    const Convene__Events__V1__StreamImportCalendarResponse *response = (const void *)answer;
    (void)status;
    for (size_t i = 0; i < response->n_warnings; i++) {
        cvn_report_remark(import->report, 0, "", response->warnings[i]);
    }
    for (size_t i = 0; i < response->n_results; i++) {
        take_result(import, response->results[i]);
    }
    cvn_import_progress_show(&import->progress, cvn_calendar_file_at(import->file));
    request->first_line = response->next_line; /* of a message that is sent again */
    return response->next_line > 0 ? CVN_SENDER_MORE : 0;
}

static void tell_line(void *arg, const struct convene_status *why)
{
    struct calendar_import *import = arg;
    cvn_import_progress_tell_line(&import->progress, why);
}

static bool is_given_up(void *arg)
{
    struct calendar_import *import = arg;
    return cvn_import_progress_given_up(&import->progress);
}

/* The next message of the file, with what the command asks. CVN_EXIT_DONE and NULL at its end. */
static enum cvn_exit next_message(struct calendar_import *import, struct cvn_sender_message **ret)
{
    struct cvn_cli *cli = import->cli;
    struct cvn_sender_message *message = cvn_sender_message_new(MESSAGE_BYTES);
    Convene__Events__V1__StreamImportCalendarRequest *request =
        message ? cvn_arena_alloc(&message->arena, sizeof *request) : NULL;
    *ret = NULL;
    if (!request) {
        cvn_sender_message_free(message);
        return cvn_cli_no_memory(cli);
    }
    convene__events__v1__stream_import_calendar_request__init(request);
    enum cvn_exit code = cvn_call_fill(cli, request);
    const char *zone = cvn_args_get(&cli->args, "time-zone");
    request->group_id = (char *)(uintptr_t)cvn_args_get(&cli->args, "group");
    request->time_zone = zone ? (char *)(uintptr_t)zone : request->time_zone;
    int r = code ? 0 : cvn_calendar_file_next(import->file, &message->arena, request);
    message->message = &request->base;
    if (code == CVN_EXIT_DONE && r == 0) {
        *ret = message;
        return code;
    }
    cvn_sender_message_free(message);
    if (r == CVN_CALENDAR_FILE_NONE) {
        return cvn_cli_fail(
            cli, CVN_EXIT_FAILED,
            "%s is no iCalendar: there is no line BEGIN:VCALENDAR in it. Export the "
            "calendar again, as a file that ends in .ics.",
            import->file_name);
    }
    if (r == -EFBIG) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s has over %d lines; split it in several.",
                            import->file_name, CVN_CALENDAR_FILE_LINES_MAX);
    }
    return r < 0 ? cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be read: %s.", import->file_name,
                                strerror(-r))
                 : code;
}

/* Whether all of the file was sent; of a pipe that would have to be waited for. */
static bool is_all_sent(struct calendar_import *import)
{
    struct cvn_sender_message *message = NULL;
    if (import->progress.file_bytes == 0) {
        return false;
    }
    bool is_end = next_message(import, &message) == CVN_EXIT_DONE && !message;
    cvn_sender_message_free(message);
    return is_end;
}

/* Sends message by message; stops where the user wants it. */
static enum cvn_exit send_file(struct calendar_import *import)
{
    struct convene_status status = CONVENE_STATUS_INIT;
    struct cvn_sender_message *message = NULL;
    enum cvn_exit code = CVN_EXIT_DONE;
    do {
        if (cvn_import_progress_interrupted(&import->progress)) {
            if (!is_all_sent(import)) {
                cvn_report_broken(import->report, "stopped; run it again to go on");
            }
            break;
        }
        code = next_message(import, &message);
        if (code == CVN_EXIT_DONE && message) {
            int r = cvn_sender_push(import->sender, message, &status);
            code = cvn_import_progress_tell(&import->progress, r, &status);
        }
    } while (code == CVN_EXIT_DONE && message);
    if (code == CVN_EXIT_DONE || !cvn_sender_failed(import->sender)) {
        int r = cvn_sender_flush(import->sender, &status);
        enum cvn_exit told = cvn_import_progress_tell(&import->progress, r, &status);
        code = code ? code : told;
    }
    return code;
}

static enum cvn_exit send_all(struct calendar_import *import)
{
    struct cvn_cli *cli = import->cli;
    struct convene_status status = CONVENE_STATUS_INIT;
    const struct cvn_sender_options options = {
        .request = {.service = &convene__events__v1__registrar_service__descriptor,
                    .method = "StreamImportCalendar"},
        .under_way_max = UNDER_WAY,
        .answer = take_answer,
        .line = tell_line,
        .interrupted = is_given_up,
        .arg = import,
    };
    cvn_import_progress_begin(&import->progress, cli, import->report, "events");
    import->progress.file_bytes = cvn_calendar_file_size(import->file);
    int r = cvn_call_open(cli, &status);
    r = r ? r : cvn_sender_new(&import->sender, cli->client, &options, &status);
    enum cvn_exit code = cvn_import_progress_tell(&import->progress, r, &status);
    code = code ? code : send_file(import);
    cvn_sender_free(import->sender);
    cvn_import_progress_end(&import->progress);
    return code;
}

static enum cvn_exit print(struct calendar_import *import, enum cvn_exit code)
{
    struct cvn_cli *cli = import->cli;
    enum cvn_exit told = cvn_report_print(cli, import->report, "events", import->file_name, code);
    if (code == CVN_EXIT_DONE && import->created && !cvn_args_has(&cli->args, "publish") &&
        !cvn_args_has(&cli->args, "dry-run")) {
        cvn_cli_note(cli, "What was created are drafts. With --publish they are seen at once; one "
                          "by one: convene events publish EVENT");
    }
    return told;
}

static void refuse(void *arg, size_t line, const char *reason)
{
    struct calendar_import *import = arg;
    cvn_report_refuse(import->report, line, "", reason);
}

static void remark(void *arg, size_t line, const char *text)
{
    struct calendar_import *import = arg;
    cvn_report_remark(import->report, line, "", text);
}

enum cvn_exit cvn_calendar_import_run(struct cvn_cli *cli, const char *file_name)
{
    bool from_stdin = strcmp(file_name, "-") == 0;
    if (!cvn_args_get(&cli->args, "group")) {
        return cvn_cli_misuse(cli, "A calendar does not say whose events it has: --group GROUP is "
                                   "missing.");
    }
    struct calendar_import import = {
        .cli = cli,
        .file_name = from_stdin ? "standard input" : file_name,
        .report = cvn_report_new(),
    };
    cli->named_field = "pieces"; /* of StreamImportCalendar */
    cli->named = import.file_name;
    const struct cvn_calendar_file_notes notes = {refuse, remark, &import};
    FILE *file = from_stdin ? stdin : fopen(file_name, "rbe");
    int r = file ? 0 : -errno;
    if (r == 0) {
        r = import.report ? cvn_calendar_file_new(&import.file, file, &notes) : -ENOMEM;
    }
    enum cvn_exit code = r ? cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be read: %s.",
                                          import.file_name, strerror(-r))
                           : print(&import, send_all(&import));
    cvn_calendar_file_free(import.file);
    cvn_report_free(import.report);
    if (file && !from_stdin) {
        (void)fclose(file);
    }
    return code;
}
