#include "base/csv.h"
#include "client/cli/call.h"
#include "client/cli/enrolments.h"
#include "client/cli/field.h"
#include "client/cli/output_file.h"
#include "client/cli/view.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#define SERVICE "convene.mentoring.v1.EnrolmentService/"

enum { PAGE_SIZE = 500, ROW_BYTES = 4 << 20, LIST_MAX = 100 };

/*
 * Every value is written out in full, also where import would fill in the same, so that what is
 * imported again is the same whatever has changed about the person since.
 */
struct row {
    struct cvn_arena *arena;
    const Convene__Mentoring__V1__Enrolment *enrolment;
};

/* The texts of a column: one of a plain value, any number of a list. */
struct texts {
    const char *items[LIST_MAX];
    size_t n;
    bool list;
    bool failed; /* the arena is spent, or there are more than fit */
};

static void add(struct texts *texts, const char *text)
{
    if (!text || texts->n == LIST_MAX) {
        texts->failed = true;
        return;
    }
    texts->items[texts->n++] = text;
}

static void add_all(struct texts *texts, char *const *items, size_t n)
{
    texts->list = true;
    for (size_t i = 0; i < n; i++) {
        add(texts, items[i]);
    }
}

static void role(const struct row *row, struct texts *texts)
{
    add(texts,
        row->enrolment->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR ? "mentor" : "mentee");
}

static void person(const struct row *row, struct texts *texts)
{
    add(texts, row->enrolment->person_id);
}

/* Both numbers always, since a name may end in a colon and a number itself. */
static void skills(const struct row *row, struct texts *texts)
{
    texts->list = true;
    for (size_t i = 0; i < row->enrolment->n_skills; i++) {
        const Convene__Mentoring__V1__Skill *skill = row->enrolment->skills[i];
        add(texts,
            cvn_arena_printf(row->arena, "%s:%d:%d", skill->name, skill->level, skill->priority));
    }
}

static void goals(const struct row *row, struct texts *texts)
{
    texts->list = true;
    for (size_t i = 0; i < row->enrolment->n_goals; i++) {
        add(texts, cvn_field_enum_text(row->arena, &convene__mentoring__v1__goal__descriptor,
                                       (int)row->enrolment->goals[i]));
    }
}

static void languages(const struct row *row, struct texts *texts)
{
    add_all(texts, row->enrolment->languages, row->enrolment->n_languages);
}

static void time_zone(const struct row *row, struct texts *texts)
{
    add(texts, row->enrolment->time_zone);
}

static void availability(const struct row *row, struct texts *texts)
{
    static const char *const days[] = {"", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    texts->list = true;
    for (size_t i = 0; i < row->enrolment->n_availability; i++) {
        const Convene__Mentoring__V1__WeeklySpan *span = row->enrolment->availability[i];
        add(texts, cvn_arena_printf(row->arena, "%s %02d:%02d-%02d:%02d", days[span->weekday & 7],
                                    span->start_minute / 60, span->start_minute % 60,
                                    span->end_minute / 60, span->end_minute % 60));
    }
}

static void capacity(const struct row *row, struct texts *texts)
{
    if (row->enrolment->capacity) {
        add(texts, cvn_arena_printf(row->arena, "%d", row->enrolment->capacity));
    }
}

static void conflict_tags(const struct row *row, struct texts *texts)
{
    add_all(texts, row->enrolment->conflict_tags, row->enrolment->n_conflict_tags);
}

static void excluded(const struct row *row, struct texts *texts)
{
    add_all(texts, row->enrolment->excluded_ids, row->enrolment->n_excluded_ids);
}

static void ranked(const struct row *row, struct texts *texts)
{
    add_all(texts, row->enrolment->ranked_ids, row->enrolment->n_ranked_ids);
}

/* In the order and with the names of import. */
static const struct {
    const char *name;
    void (*texts)(const struct row *row, struct texts *texts);
} columns[] = {
    {"role", role},
    {"person", person},
    {"skills", skills},
    {"goals", goals},
    {"languages", languages},
    {"time_zone", time_zone},
    {"availability", availability},
    {"capacity", capacity},
    {"conflict_tags", conflict_tags},
    {"excluded", excluded},
    {"ranked", ranked},
};

enum { COLUMNS = sizeof columns / sizeof *columns };

static int write_csv(FILE *file, const struct row *row)
{
    struct cvn_slice fields[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++) {
        struct texts texts = {.n = 0};
        columns[c].texts(row, &texts);
        const char *text = "";
        for (size_t i = 0; text && i < texts.n; i++) {
            text = cvn_arena_printf(row->arena, "%s%s%s", text, i ? ";" : "", texts.items[i]);
        }
        if (texts.failed || !text) {
            return -ENOMEM;
        }
        fields[c] = cvn_slice_of_string(text);
    }
    return cvn_csv_write_row(file, fields, COLUMNS);
}

static int write_json(FILE *file, const struct row *row)
{
    json_t *object = json_object();
    bool failed = !object;
    for (size_t c = 0; !failed && c < COLUMNS; c++) {
        struct texts texts = {.n = 0};
        columns[c].texts(row, &texts);
        failed = texts.failed;
        json_t *value = texts.list ? json_array() : json_string(texts.n ? texts.items[0] : "");
        for (size_t i = 0; texts.list && i < texts.n; i++) {
            failed = json_array_append_new(value, json_string(texts.items[i])) || failed;
        }
        failed = json_object_set_new(object, columns[c].name, value) || failed;
    }
    int r = failed                                                            ? -ENOMEM
            : json_dumpf(object, file, JSON_COMPACT) || fputc('\n', file) < 0 ? -EIO
                                                                              : 0;
    json_decref(object);
    return r;
}

static int write_heading(FILE *file)
{
    struct cvn_slice names[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++) {
        names[c] = cvn_slice_of_string(columns[c].name);
    }
    return cvn_csv_write_row(file, names, COLUMNS);
}

struct export
{
    struct cvn_cli *cli;
    struct cvn_output output;
    bool json;
    size_t n;
};

static int write_page(struct export *export,
                      const Convene__Mentoring__V1__ListEnrolmentsResponse *page)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < page->n_enrolments; i++) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, ROW_BYTES);
        const struct row row = {&arena, page->enrolments[i]};
        r = export->json ? write_json(export->output.file, &row)
                         : write_csv(export->output.file, &row);
        export->n++;
    }
    return r;
}

static enum cvn_exit write_all(struct export *export, char *program_id)
{
    Convene__Mentoring__V1__ListEnrolmentsRequest request =
        CONVENE__MENTORING__V1__LIST_ENROLMENTS_REQUEST__INIT;
    request.program_id = program_id;
    request.page_size = PAGE_SIZE;
    request.active_only = true;
    int r = export->json ? 0 : write_heading(export->output.file);
    do {
        CVN_REPLY_AUTO Convene__Mentoring__V1__ListEnrolmentsResponse *page = NULL;
        enum cvn_exit code = cvn_call(export->cli, SERVICE "ListEnrolments", &request, &page);
        if (code) {
            return code;
        }
        r = r ? r : write_page(export, page);
        request.page_token = cvn_arena_strdup(&export->cli->arena, page->next_page_token);
        if (!request.page_token) {
            return cvn_cli_no_memory(export->cli);
        }
    } while (r == 0 && *request.page_token);
    /* What else went wrong, closing the file says. */
    return r == -ENOMEM ? cvn_cli_no_memory(export->cli) : CVN_EXIT_DONE;
}

static bool wants_json(const struct cvn_cli *cli, const char *file_name)
{
    const char *format = cvn_args_get(&cli->args, "format");
    const char *dot = file_name ? strrchr(file_name, '.') : NULL;
    return format ? strcmp(format, "jsonl") == 0
                  : dot && (strcmp(dot, ".jsonl") == 0 || strcmp(dot, ".ndjson") == 0);
}

enum cvn_exit cvn_enrolments_export_run(struct cvn_cli *cli)
{
    char *program_id = NULL;
    const char *file_name = cvn_args_word(&cli->args, 1);
    const char *format = cvn_args_get(&cli->args, "format");
    if (format && strcmp(format, "csv") != 0 && strcmp(format, "jsonl") != 0) {
        return cvn_cli_misuse(cli, "--format must be csv or jsonl, not \"%s\".", format);
    }
    struct export export = {.cli = cli, .json = wants_json(cli, file_name)};
    bool to_stdout = !file_name || strcmp(file_name, "-") == 0;
    enum cvn_exit code = cvn_call_program(cli, cvn_args_word(&cli->args, 0), &program_id);
    if (code) {
        return code;
    }
    int r = cvn_output_open(&export.output, to_stdout ? NULL : file_name);
    if (r) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be written: %s.", file_name,
                            strerror(-r));
    }
    code = write_all(&export, program_id);
    r = cvn_output_close(&export.output, code == CVN_EXIT_DONE);
    if (r && code == CVN_EXIT_DONE) {
        code = cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s could not be written: %s.",
                            to_stdout ? "The output" : file_name, strerror(-r));
    }
    if (code == CVN_EXIT_DONE && !to_stdout) {
        (void)printf("%zu enrolment%s written to %s.\n", export.n, export.n == 1 ? "" : "s",
                     file_name);
    }
    return code;
}

const struct cvn_option cvn_enrolments_export_options[] = {
    {"format", 0, "csv|jsonl", "instead of judging by the file's name", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
