#include "client/cli/calendar_import.h"

#include "base/slice.h"
#include "client/cli/call.h"
#include "client/cli/report.h"
#include "convene/events/v1/calendar.pb-c.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHOD "convene.events.v1.CalendarService/ImportCalendar"
#define OUTCOME(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name

enum { READ_BYTES = 64 << 10 };

struct calendar_import {
    struct cvn_cli *cli;
    const char *file_name;
    struct cvn_report *report;
    size_t lines_before; /* of the file, before what is being sent */
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

/* All of the file. 0; -EFBIG over the limit; -errno. */
static int read_all(FILE *file, char **ret, size_t *ret_len)
{
    size_t len = 0;
    size_t room = 0;
    char *data = NULL;
    for (;;) {
        if (room - len < READ_BYTES) {
            room = room ? 2 * room : 2 * READ_BYTES;
            char *grown = realloc(data, room);
            if (!grown) {
                free(data);
                return -ENOMEM;
            }
            data = grown;
        }
        size_t n = fread(data + len, 1, READ_BYTES, file);
        len += n;
        bool too_large = len > CVN_CALENDAR_IMPORT_FILE_MAX;
        if (too_large || (n == 0 && ferror(file))) {
            free(data);
            return too_large ? -EFBIG : -EIO;
        }
        if (n == 0) {
            *ret = data;
            *ret_len = len;
            return 0;
        }
    }
}

/* How often the text stands in the bytes. */
static size_t count(const char *data, size_t len, const char *text)
{
    size_t n = 0;
    const char *end = data + len;
    for (const char *at = data; (at = memmem(at, (size_t)(end - at), text, strlen(text)));
         at += strlen(text)) {
        n++;
    }
    return n;
}

/* The end of the first calendar in the bytes; all of them where it has none. */
static size_t calendar_of(const char *data, size_t len)
{
    static const char end[] = "END:VCALENDAR";
    const char *found = memmem(data, len, end, sizeof end - 1);
    const char *newline = found ? memchr(found, '\n', len - (size_t)(found - data)) : NULL;
    return newline ? (size_t)(newline + 1 - data) : len;
}

/* As many whole calendars as one call takes; at least one. */
static size_t piece_of(const char *data, size_t len)
{
    size_t taken = 0;
    size_t n_events = 0;
    while (taken < len) {
        size_t next = calendar_of(data + taken, len - taken);
        n_events += count(data + taken, next, "BEGIN:VEVENT");
        if (taken > 0 && (taken + next > CVN_CALENDAR_IMPORT_SENT_MAX ||
                          n_events > CVN_CALENDAR_IMPORT_EVENTS_MAX)) {
            break;
        }
        taken += next;
    }
    return taken;
}

/* What a line of the report names: the title, and which occurrence of it. */
static const char *identity_of(struct cvn_cli *cli,
                               const Convene__Events__V1__CalendarResult *result)
{
    const char *name = *result->title ? result->title : result->uid;
    const char *text = *result->recurrence_id ? cvn_arena_printf(&cli->arena, "\"%s\" of %.10s",
                                                                 name, result->recurrence_id)
                                              : cvn_arena_printf(&cli->arena, "\"%s\"", name);
    return text ? text : name;
}

static void take_result(struct calendar_import *import,
                        const Convene__Events__V1__CalendarResult *result)
{
    size_t line = (size_t)result->line + import->lines_before;
    const char *identity = identity_of(import->cli, result);
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

static void show_progress(const struct calendar_import *import, int32_t done, int32_t of)
{
    if (import->cli->err_terminal && !import->cli->quiet) {
        (void)fprintf(stderr, "\rline %d of %d", done ? done : of, of);
    }
}

/* Sends one piece of the file, as often as it takes. */
static enum cvn_exit send_piece(struct calendar_import *import, const char *data, size_t len)
{
    struct cvn_cli *cli = import->cli;
    Convene__Events__V1__ImportCalendarRequest request =
        CONVENE__EVENTS__V1__IMPORT_CALENDAR_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    const char *zone = cvn_args_get(&cli->args, "time-zone");
    request.group_id = (char *)(uintptr_t)cvn_args_get(&cli->args, "group");
    request.time_zone = zone ? (char *)(uintptr_t)zone : request.time_zone;
    request.content.data = (uint8_t *)(uintptr_t)data;
    request.content.len = len;
    while (code == CVN_EXIT_DONE) {
        CVN_REPLY_AUTO Convene__Events__V1__ImportCalendarResponse *reply = NULL;
        code = cvn_call(cli, METHOD, &request, &reply);
        if (code) {
            break;
        }
        for (size_t i = 0; i < reply->n_warnings; i++) {
            cvn_report_remark(import->report, 0, "", reply->warnings[i]);
        }
        for (size_t i = 0; i < reply->n_results; i++) {
            take_result(import, reply->results[i]);
        }
        show_progress(import, reply->next_line, reply->line_count);
        request.first_line = reply->next_line;
        if (request.first_line == 0) {
            break;
        }
    }
    return code;
}

static enum cvn_exit send_all(struct calendar_import *import, const char *data, size_t len)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    do {
        size_t piece = piece_of(data, len);
        code = send_piece(import, data, piece);
        import->lines_before += count(data, piece, "\n");
        data += piece;
        len -= piece;
    } while (code == CVN_EXIT_DONE && len > 0);
    struct cvn_cli *cli = import->cli;
    if (cli->err_terminal && !cli->quiet) {
        (void)fputs("\r\033[K", stderr);
    }
    bool began = cvn_report_total(import->report) > 0;
    enum cvn_exit told = code && !began
                             ? CVN_EXIT_DONE
                             : cvn_report_print(cli, import->report, "events", import->file_name);
    if (code == CVN_EXIT_DONE && import->created && !cvn_args_has(&cli->args, "publish") &&
        !cvn_args_has(&cli->args, "dry-run")) {
        cvn_cli_note(cli, "What was created are drafts. With --publish they are seen at once; one "
                          "by one: convene events publish EVENT");
    }
    return code ? code : told;
}

enum cvn_exit cvn_calendar_import_run(struct cvn_cli *cli, const char *file_name)
{
    bool from_stdin = strcmp(file_name, "-") == 0;
    if (!cvn_args_get(&cli->args, "group")) {
        return cvn_cli_misuse(cli, "A calendar does not say whose events it has: --group GROUP is "
                                   "missing.");
    }
    FILE *file = from_stdin ? stdin : fopen(file_name, "rbe");
    char *data = NULL;
    size_t len = 0;
    int r = file ? read_all(file, &data, &len) : -errno;
    if (file && !from_stdin) {
        (void)fclose(file);
    }
    if (r) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be read: %s.", file_name,
                            strerror(-r));
    }
    struct calendar_import import = {
        .cli = cli,
        .file_name = from_stdin ? "standard input" : file_name,
        .report = cvn_report_new(),
    };
    enum cvn_exit code = import.report ? send_all(&import, data, len) : cvn_cli_no_memory(cli);
    cvn_report_free(import.report);
    free(data);
    return code;
}
