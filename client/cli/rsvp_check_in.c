#include "client/cli/rsvp_check_in.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/import_columns.h"
#include "client/cli/records.h"
#include "client/cli/rsvp_view.h"

#include <errno.h>
#include <string.h>

enum { ENTRIES_MAX = 500, CLOSE_CALLS_MAX = 1000 };

typedef Convene__Events__V1__CheckInEntry entry_type;

/* Lines on their way, in calls of at most ENTRIES_MAX. */
struct door {
    entry_type *entries[ENTRIES_MAX];
    const char *named[ENTRIES_MAX]; /* whom, as they were named */
    size_t n;
    enum cvn_exit worst;
};

static enum cvn_exit send_entries(struct cvn_cli *cli, struct door *door)
{
    Convene__Events__V1__CheckInRequest request = CONVENE__EVENTS__V1__CHECK_IN_REQUEST__INIT;
    request.event_id = (char *)cvn_args_word(&cli->args, 0);
    request.entries = door->entries;
    request.n_entries = door->n;
    CVN_REPLY_AUTO Convene__Events__V1__CheckInResponse *reply = NULL;
    if (door->n == 0) {
        return CVN_EXIT_DONE;
    }
    enum cvn_exit code = cvn_call(cli, CVN_RSVP_SERVICE "CheckIn", &request, &reply);
    door->n = 0;
    if (code) {
        return code;
    }
    code = cvn_rsvp_tell_results(cli, reply->results, reply->n_results, door->named);
    if (code == CVN_EXIT_FAILED) {
        door->worst = code;
        code = CVN_EXIT_DONE;
    }
    return code;
}

static entry_type *new_entry(struct cvn_cli *cli)
{
    entry_type *entry = cvn_arena_alloc(&cli->arena, sizeof *entry);
    if (entry) {
        convene__events__v1__check_in_entry__init(entry);
    }
    return entry;
}

static enum cvn_exit add_entry(struct cvn_cli *cli, struct door *door, entry_type *entry,
                               const char *named)
{
    enum cvn_exit code = door->n == ENTRIES_MAX ? send_entries(cli, door) : CVN_EXIT_DONE;
    if (code == CVN_EXIT_DONE) {
        door->named[door->n] = cvn_arena_strdup(&cli->arena, named);
        code = door->named[door->n] ? code : cvn_cli_no_memory(cli);
        door->entries[door->n++] = entry;
    }
    return code;
}

/*
 * The nonce of somebody checked in by hand is of this moment, person and way: a click repeated by
 * the same program counts once, and a later correction is a line of its own.
 */
static enum cvn_exit add_word(struct cvn_cli *cli, struct door *door, const char *word)
{
    entry_type *entry = new_entry(cli);
    enum cvn_exit code = entry ? cvn_call_fill(cli, entry) : cvn_cli_no_memory(cli);
    code = code ? code : cvn_call_person(cli, word, &entry->person_id);
    code = code ? code : cvn_rsvp_way(cli, &entry->way);
    if (code) {
        return code;
    }
    if (!*entry->nonce) {
        entry->nonce =
            cvn_arena_printf(&cli->arena, "%s@%lld", entry->person_id + 4, (long long)cli->now_ms);
    }
    return entry->nonce ? add_entry(cli, door, entry, word) : cvn_cli_no_memory(cli);
}

/* "person" is an id or an e-mail; all other columns are the entry's fields of that name. */
static const struct cvn_import_column columns[] = {
    {"person", NULL, NULL, 0, NULL},       {"nonce", "nonce", NULL, 0, NULL},
    {"walk_in", "walk_in", NULL, 0, NULL}, {"guests", "guests", NULL, 0, NULL},
    {"way", "way", NULL, 0, NULL},         {"undo", "undo", NULL, 0, NULL},
    {"reason", "reason", NULL, 0, NULL},   {NULL, NULL, NULL, 0, NULL},
};

static enum cvn_exit read_entry(struct cvn_cli *cli, const struct cvn_record *record,
                                entry_type *entry, const char **ret_named)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    for (size_t i = 0; code == CVN_EXIT_DONE && i < record->n; i++) {
        struct cvn_error err = {""};
        const struct cvn_import_column *column = cvn_import_column_find(columns, record->names[i]);
        if (!column) {
            (void)cvn_import_column_refuse(columns, "a check-in list", record->names[i], &err);
            return cvn_cli_misuse(cli, "Line 1: %s", err.text);
        }
        if (!column->path) {
            *ret_named = record->values[i];
            code = cvn_call_person(cli, record->values[i], &entry->person_id);
            continue;
        }
        int r = cvn_field_set(&cli->arena, &entry->base, column->path, record->values[i], &err);
        if (r == -ENOMEM) {
            code = cvn_cli_no_memory(cli);
        } else if (r) {
            code = cvn_cli_fail(cli, CVN_EXIT_FAILED, "Line %zu: %.40s %s.", record->line,
                                record->names[i], err.text);
        }
    }
    return code;
}

static enum cvn_exit add_records(struct cvn_cli *cli, struct door *door,
                                 struct cvn_records *records)
{
    struct cvn_record record;
    struct cvn_error err = {""};
    int r;
    while ((r = cvn_records_next(records, &record, &err)) == 0) {
        entry_type *entry = new_entry(cli);
        const char *named = "";
        enum cvn_exit code =
            entry ? read_entry(cli, &record, entry, &named) : cvn_cli_no_memory(cli);
        if (code == CVN_EXIT_NOT_FOUND) { /* nobody else has to wait for that */
            cvn_cli_note(cli, "Line %zu of the list was left out.", record.line);
            door->worst = code;
            continue;
        }
        code = code ? code : add_entry(cli, door, entry, named);
        if (code) {
            return code;
        }
    }
    if (r == CVN_RECORDS_END) {
        return CVN_EXIT_DONE;
    }
    return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s",
                        *err.text ? err.text : "The list cannot be read.");
}

static enum cvn_exit add_list(struct cvn_cli *cli, struct door *door, const char *path)
{
    struct cvn_records *records = NULL;
    struct cvn_error err = {""};
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be read: %s.", path, strerror(errno));
    }
    int r = cvn_records_new(&records, file, CVN_RECORDS_CSV, &err);
    enum cvn_exit code = r == 0 ? add_records(cli, door, records)
                                : cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s: %s", path, err.text);
    cvn_records_free(records);
    if (file != stdin) {
        (void)fclose(file);
    }
    return code;
}

enum cvn_exit cvn_rsvp_run_check_in(struct cvn_cli *cli)
{
    struct door *door = cvn_arena_alloc(&cli->arena, sizeof *door);
    const char *path = cvn_args_get(&cli->args, "list");
    const char *word;
    enum cvn_exit code = CVN_EXIT_DONE;
    if (!door) {
        return cvn_cli_no_memory(cli);
    }
    if (!path && !cvn_args_word(&cli->args, 1)) {
        return cvn_cli_misuse(cli, "Say who is there, or give a list with --list.");
    }
    for (size_t i = 1; code == CVN_EXIT_DONE && (word = cvn_args_word(&cli->args, i)); i++) {
        code = add_word(cli, door, word);
    }
    if (code == CVN_EXIT_DONE && path) {
        code = add_list(cli, door, path);
    }
    code = code ? code : send_entries(cli, door);
    return code ? code : door->worst;
}

CVN_VIEW_INT(see_marked, Convene__Events__V1__CloseAttendanceResponse, marked_count)

static const struct cvn_view_column close_columns[] = {
    {{"No-shows", true, false}, see_marked},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_rsvp_run_close(struct cvn_cli *cli)
{
    Convene__Events__V1__CloseAttendanceResponse total =
        CONVENE__EVENTS__V1__CLOSE_ATTENDANCE_RESPONSE__INIT;
    total.more = true;
    for (int i = 0; total.more && i < CLOSE_CALLS_MAX; i++) {
        Convene__Events__V1__CloseAttendanceRequest request =
            CONVENE__EVENTS__V1__CLOSE_ATTENDANCE_REQUEST__INIT;
        request.event_id = (char *)cvn_args_word(&cli->args, 0);
        CVN_REPLY_AUTO Convene__Events__V1__CloseAttendanceResponse *reply = NULL;
        enum cvn_exit code = cvn_call(cli, CVN_RSVP_SERVICE "CloseAttendance", &request, &reply);
        if (code) {
            return code;
        }
        total.marked_count += reply->marked_count;
        total.more = reply->more;
    }
    if (cli->format != CVN_FORMAT_TABLE) {
        return cvn_view_one(cli, close_columns, &total);
    }
    (void)printf("%d marked as no-show%s; everybody else who said yes was checked in.\n",
                 total.marked_count, total.marked_count == 1 ? "" : "s");
    return CVN_EXIT_DONE;
}

const struct cvn_option cvn_rsvp_check_in_options[] = {
    {"list", 0, "FILE", "a CSV file with the columns person and nonce; - is standard input", NULL},
    {"walk-in", 0, NULL, "they had no seat and are let in", "walk_in"},
    {"guests", 0, "N", "with --walk-in: people they bring, 0 to 10", "guests"},
    CVN_RSVP_WAY_OPTIONS,
    {"undo", 0, NULL, "take the mark back; needs --reason", "undo"},
    {"reason", 0, "TEXT", "why, for the history", "reason"},
    {"nonce", 0, "TEXT", "of one line, so that it counts once however often it is sent", "nonce"},
    {NULL, 0, NULL, NULL, NULL},
};
