#include "client/cli/import.h"

#include "client/cli/call.h"
#include "client/cli/failure.h"
#include "client/cli/field.h"
#include "client/cli/import_stream.h"
#include "client/cli/records.h"
#include "client/cli/report.h"

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS_MAX = 64,
    BATCH_RECORDS = 500,
    BATCH_BYTES = 1 << 20,  /* of text, so that a batch fits into one message */
    ARENA_BYTES = 32 << 20, /* of one batch */
};

struct import {
    struct cvn_cli *cli;
    const struct cvn_import_kind *kind;
    const char *program_id;
    const char *file_name;
    struct cvn_report *report;
    struct cvn_import_stream *stream; /* NULL for what goes in batches */
    struct cvn_arena arena;           /* of the batch */
    ProtobufCMessage *records[BATCH_RECORDS];
    size_t lines[BATCH_RECORDS];
    const char *identities[BATCH_RECORDS];
    size_t n;
    size_t text_bytes;
};

static ProtobufCMessage *new_message(struct cvn_arena *arena,
                                     const ProtobufCMessageDescriptor *type)
{
    ProtobufCMessage *message = cvn_arena_alloc(arena, type->sizeof_message);
    if (message) {
        protobuf_c_message_init(type, message);
    }
    return message;
}

/* Makes a message of the record in the batch's arena. */
/* The value in lower case where its column folds it, in the arena. NULL: no memory. */
static const char *fold(struct import *import, const struct cvn_record *record,
                        const struct cvn_import_column *column, const char *value)
{
    if (!column->folds || !value[strcspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]) {
        return value;
    }
    char *folded = cvn_arena_strdup(&import->arena, value);
    if (!folded) {
        return NULL;
    }
    for (char *c = folded; *c; c++) {
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    if (strcmp(column->name, import->kind->identity) == 0) {
        struct cvn_error remark;
        (void)cvn_error_set(&remark, 0, "%s is taken in lower case, as \"%.100s\"", column->name,
                            folded);
        cvn_report_remark(import->report, record->line, value, remark.text);
    }
    return folded;
}

static int convert(struct import *import, const struct cvn_record *record,
                   ProtobufCMessage **ret_message, struct cvn_error *err)
{
    const struct cvn_import_kind *kind = import->kind;
    const char *values[COLUMNS_MAX] = {NULL};
    ProtobufCMessage *message = new_message(&import->arena, kind->record);
    if (!message) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < record->n; i++) {
        const struct cvn_import_column *column =
            cvn_import_column_find(kind->columns, record->names[i]);
        if (!column) {
            return cvn_import_column_refuse(kind->columns, kind->noun, record->names[i], err);
        }
        size_t max = column->max_bytes ? column->max_bytes : CVN_IMPORT_VALUE_MAX;
        size_t len = strlen(record->values[i]);
        if (len > max) {
            return cvn_error_set(err, -EINVAL, "%s has %zu bytes, at most %zu are accepted",
                                 column->name, len, max);
        }
        const char *value = fold(import, record, column, record->values[i]);
        if (!value) {
            return -ENOMEM;
        }
        values[column - kind->columns] = value;
        struct cvn_error why = {""};
        int r =
            column->path ? cvn_field_set(&import->arena, message, column->path, value, &why) : 0;
        if (r) {
            return r == -EINVAL ? cvn_error_set(err, r, "%s %s", column->name, why.text) : r;
        }
    }
    int r = kind->finish ? kind->finish(import->cli, &import->arena, message, values, err) : 0;
    if (r == 0) {
        *ret_message = message;
    }
    return r;
}

/* The field of a record, without its place in the batch, which says nothing to who has the file. */
static const char *within_record(const struct cvn_import_kind *kind, const char *field)
{
    size_t len = strlen(kind->records_field);
    const char *dot = strchr(field, '.');
    return dot && strncmp(field, kind->records_field, len) == 0 && field[len] == '[' ? dot + 1
                                                                                     : field;
}

/* The violation in the words of the file: the column's name where one fills the field. */
static const char *column_of(const struct cvn_import_kind *kind, const char *field)
{
    for (const struct cvn_import_column *c = kind->columns; c->name; c++) {
        const char *path = c->path ? c->path : c->blamed;
        if (path && cvn_failure_is_field(field, path)) {
            return c->name;
        }
    }
    return within_record(kind, field);
}

static Google__Rpc__BadRequest *bad_request(const Google__Rpc__Status *status)
{
    for (size_t i = 0; i < status->n_details; i++) {
        const Google__Protobuf__Any *any = status->details[i];
        if (strstr(any->type_url, "google.rpc.BadRequest")) {
            return google__rpc__bad_request__unpack(NULL, any->value.len, any->value.data);
        }
    }
    return NULL;
}

static void refuse_by_server(void *arg, size_t line, const char *identity,
                             const Google__Rpc__Status *status)
{
    struct import *import = arg;
    const char *fallback = status && *status->message ? status->message : "refused";
    Google__Rpc__BadRequest *details = status ? bad_request(status) : NULL;
    if (!details || details->n_field_violations == 0) {
        cvn_report_refuse(import->report, line, identity, fallback);
    }
    for (size_t v = 0; details && v < details->n_field_violations; v++) {
        struct cvn_error reason;
        (void)cvn_error_set(&reason, 0, "%s %s",
                            column_of(import->kind, details->field_violations[v]->field),
                            details->field_violations[v]->description);
        if (v == 0) {
            cvn_report_refuse(import->report, line, identity, reason.text);
        } else {
            cvn_report_also(import->report, reason.text);
        }
    }
    if (details) {
        google__rpc__bad_request__free_unpacked(details, NULL);
    }
}

static const void *member(const ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return (const char *)message + field->offset;
}

/* RegisterResult and EnrolmentResult agree in names and numbers; both are read here. */
static enum cvn_exit take_results(struct import *import, const ProtobufCMessage *reply)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(reply->descriptor, 1);
    size_t n = *(const size_t *)((const char *)reply + field->quantifier_offset);
    ProtobufCMessage *const *results =
        *(ProtobufCMessage *const *const *)((const char *)reply + field->offset);
    if (n != import->n) {
        return cvn_cli_fail(import->cli, CVN_EXIT_FAILED,
                            "The server answered %zu results for %zu records.", n, import->n);
    }
    for (size_t i = 0; i < n; i++) {
        int outcome = *(const int *)member(results[i], "outcome");
        if (outcome == CONVENE_REFUSED) {
            const Google__Rpc__Status *const *status = member(results[i], "status");
            refuse_by_server(import, import->lines[i], import->identities[i], *status);
        } else {
            cvn_report_count(import->report, (enum convene_outcome)outcome);
        }
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit send_batch(struct import *import)
{
    if (import->n == 0) {
        return CVN_EXIT_DONE;
    }
    struct cvn_cli *cli = import->cli;
    ProtobufCMessage *request = new_message(&import->arena, import->kind->request);
    if (!request) {
        return cvn_cli_no_memory(cli);
    }
    enum cvn_exit code = cvn_call_fill(cli, request);
    struct cvn_error err;
    if (code == CVN_EXIT_DONE && import->program_id &&
        cvn_field_set(&import->arena, request, "program_id", import->program_id, &err)) {
        return cvn_cli_no_memory(cli);
    }
    if (code) {
        return code;
    }
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(
        import->kind->request, import->kind->records_field);
    *(size_t *)((char *)request + field->quantifier_offset) = import->n;
    *(ProtobufCMessage ***)((char *)request + field->offset) = import->records;
    CVN_REPLY_AUTO ProtobufCMessage *reply = NULL;
    code = cvn_call(cli, import->kind->method, request, &reply);
    if (code == CVN_EXIT_DONE) {
        code = take_results(import, reply);
    }
    cvn_arena_reset(&import->arena);
    import->n = 0;
    import->text_bytes = 0;
    if (cli->err_terminal && !cli->quiet) {
        (void)fprintf(stderr, "\r%zu %s", cvn_report_total(import->report), import->kind->noun);
    }
    return code;
}

static const char *identity_of(struct import *import, const struct cvn_record *record)
{
    for (size_t i = 0; i < record->n; i++) {
        if (strcmp(record->names[i], import->kind->identity) == 0) {
            return record->values[i];
        }
    }
    return "";
}

static enum cvn_exit take_record(struct import *import, const struct cvn_record *record)
{
    struct cvn_error err = {""};
    ProtobufCMessage *message = NULL;
    int r = convert(import, record, &message, &err);
    if (r == -ENOMEM) {
        return cvn_cli_no_memory(import->cli);
    }
    if (r == -ECANCELED) {
        return import->cli->zone_failure;
    }
    if (r) {
        cvn_report_refuse(import->report, record->line, identity_of(import, record), err.text);
        return CVN_EXIT_DONE;
    }
    if (import->stream) {
        enum cvn_exit code =
            cvn_import_stream_push(import->stream, (const Convene__Events__V1__Event *)message,
                                   record->line, identity_of(import, record));
        cvn_arena_reset(&import->arena);
        return code;
    }
    for (size_t i = 0; i < record->n; i++) {
        import->text_bytes += strlen(record->values[i]);
    }
    import->records[import->n] = message;
    import->lines[import->n] = record->line;
    import->identities[import->n] = cvn_arena_strdup(&import->arena, identity_of(import, record));
    import->n++;
    if (import->n == BATCH_RECORDS || import->text_bytes >= BATCH_BYTES) {
        return send_batch(import);
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit check_columns(struct import *import, const struct cvn_records *records)
{
    const char *const *names;
    size_t n = cvn_records_columns(records, &names);
    for (size_t i = 0; i < n; i++) {
        const struct cvn_import_kind *kind = import->kind;
        if (!cvn_import_column_find(kind->columns, names[i])) {
            struct cvn_error err;
            (void)cvn_import_column_refuse(kind->columns, kind->noun, names[i], &err);
            return cvn_cli_misuse(import->cli, "%s: %s", import->file_name, err.text);
        }
    }
    return CVN_EXIT_DONE;
}

/* Whether the user has stopped the import behind that line; says so in the report. */
static bool is_stopped(struct import *import, size_t line)
{
    struct cvn_error err;
    if (!import->stream || !cvn_import_stream_interrupted(import->stream)) {
        return false;
    }
    (void)cvn_error_set(&err, 0, "stopped behind line %zu; run it again to go on", line);
    cvn_report_broken(import->report, err.text);
    return true;
}

/* Has all that was read answered. */
static enum cvn_exit settle(struct import *import)
{
    return import->stream ? cvn_import_stream_flush(import->stream) : send_batch(import);
}

static enum cvn_exit take_records(struct import *import, struct cvn_records *records)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    size_t line = 0;
    while (code == CVN_EXIT_DONE) {
        struct cvn_record record;
        struct cvn_error err = {""};
        if (is_stopped(import, line)) {
            return settle(import);
        }
        int r = cvn_records_next(records, &record, &err);
        line = r == 0 ? record.line : line;
        if (r == 0) {
            code = take_record(import, &record);
        } else if (r == CVN_RECORDS_REFUSED) {
            cvn_report_refuse(import->report, record.line, "", err.text);
        } else {
            code = settle(import);
            if (code == CVN_EXIT_DONE && r == CVN_RECORDS_BROKEN) {
                cvn_report_broken(import->report, err.text);
            } else if (code == CVN_EXIT_DONE && r < 0) {
                cvn_report_broken(import->report, strerror(-r));
            }
            break;
        }
    }
    return code;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static enum cvn_exit choose_format(struct cvn_cli *cli, const char *file_name,
                                   enum cvn_records_format *ret)
{
    const char *asked = cvn_args_get(&cli->args, "format");
    bool json = asked ? strcmp(asked, "jsonl") == 0
                      : ends_with(file_name, ".jsonl") || ends_with(file_name, ".ndjson") ||
                            ends_with(file_name, ".json");
    if (asked && !json && strcmp(asked, "csv") != 0) {
        return cvn_cli_misuse(cli, "--format must be csv, jsonl or (of events) ics, not \"%s\".",
                              asked);
    }
    *ret = json ? CVN_RECORDS_JSON_LINES : CVN_RECORDS_CSV;
    return CVN_EXIT_DONE;
}

static enum cvn_exit import_file(struct import *import, FILE *file, enum cvn_records_format format)
{
    struct cvn_error err = {""};
    struct cvn_records *records = NULL;
    int r = cvn_records_new(&records, file, format, &err);
    if (r) {
        return r < 0 ? cvn_cli_fail(import->cli, CVN_EXIT_FAILED, "%s: %s.", import->file_name,
                                    strerror(-r))
                     : cvn_cli_fail(import->cli, CVN_EXIT_FAILED, "%s: %s.", import->file_name,
                                    err.text);
    }
    enum cvn_exit code = check_columns(import, records);
    if (code == CVN_EXIT_DONE && import->kind->streams) {
        const struct cvn_import_stream_options options = {.noun = import->kind->noun,
                                                          .file = file,
                                                          .report = import->report,
                                                          .refuse = refuse_by_server,
                                                          .arg = import};
        code = cvn_import_stream_open(&import->stream, import->cli, &options);
    }
    code = code ? code : take_records(import, records);
    cvn_import_stream_close(import->stream);
    cvn_records_free(records);
    if (import->cli->err_terminal && !import->cli->quiet) {
        (void)fputs("\r\033[K", stderr);
    }
    return cvn_report_print(import->cli, import->report, import->kind->noun, import->file_name,
                            code);
}

enum cvn_exit cvn_import_run(struct cvn_cli *cli, const struct cvn_import_kind *kind,
                             const char *file_name, const char *program_id)
{
    enum cvn_records_format format;
    enum cvn_exit code = choose_format(cli, file_name, &format);
    if (code) {
        return code;
    }
    bool from_stdin = strcmp(file_name, "-") == 0;
    FILE *file = from_stdin ? stdin : fopen(file_name, "rbe");
    if (!file) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be read: %s.", file_name,
                            strerror(errno));
    }
    struct import *import = calloc(1, sizeof *import);
    struct cvn_report *report = cvn_report_new();
    if (import && report) {
        import->cli = cli;
        import->kind = kind;
        import->program_id = program_id;
        import->file_name = from_stdin ? "standard input" : file_name;
        import->report = report;
        cvn_arena_init(&import->arena, ARENA_BYTES);
        code = import_file(import, file, format);
        cvn_arena_deinit(&import->arena);
    } else {
        code = cvn_cli_no_memory(cli);
    }
    cvn_report_free(report);
    free(import);
    if (!from_stdin) {
        (void)fclose(file);
    }
    return code;
}
