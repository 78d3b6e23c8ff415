#include "client/cli/report.h"

#include "base/csv.h"
#include "client/cli/import.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is said of a record. */
enum kind { REFUSED, SKIPPED, REMARK };

struct entry {
    enum kind kind;
    size_t line; /* 0: of no line */
    char *identity;
    char *reason;
};

static const char *const kinds[] = {"refused", "skipped", "note"};

struct cvn_report {
    size_t counts[CONVENE_REFUSED + 1]; /* by outcome */
    size_t n_skipped;
    struct entry *entries;
    size_t n_entries;
    size_t n_kept[REMARK + 1]; /* of the entries, by kind */
    char *broken;
};

struct cvn_report *cvn_report_new(void)
{
    return calloc(1, sizeof(struct cvn_report));
}

void cvn_report_free(struct cvn_report *report)
{
    if (!report) {
        return;
    }
    for (size_t i = 0; i < report->n_entries; i++) {
        free(report->entries[i].identity);
        free(report->entries[i].reason);
    }
    free(report->entries);
    free(report->broken);
    free(report);
}

void cvn_report_count(struct cvn_report *report, enum convene_outcome outcome)
{
    if (outcome >= CONVENE_CREATED && outcome <= CONVENE_REFUSED) {
        report->counts[outcome]++;
    }
}

/* Keeps an entry if it is not one too many of its kind; what is not kept is still counted. */
static void keep(struct cvn_report *report, enum kind kind, const struct entry *what)
{
    if (report->n_kept[kind] == CVN_IMPORT_REFUSED_MAX) {
        return;
    }
    struct entry *grown =
        reallocarray(report->entries, report->n_entries + 1, sizeof *report->entries);
    if (!grown) {
        return;
    }
    report->entries = grown;
    struct entry *entry = &grown[report->n_entries];
    *entry = (struct entry){kind, what->line, strdup(what->identity ? what->identity : ""),
                            strdup(what->reason)};
    if (!entry->identity || !entry->reason) {
        free(entry->identity);
        free(entry->reason);
        return;
    }
    report->n_entries++;
    report->n_kept[kind]++;
}

void cvn_report_refuse(struct cvn_report *report, size_t line, const char *identity,
                       const char *reason)
{
    report->counts[CONVENE_REFUSED]++;
    keep(report, REFUSED,
         &(struct entry){REFUSED, line, (char *)(uintptr_t)identity, (char *)(uintptr_t)reason});
}

void cvn_report_skip(struct cvn_report *report, size_t line, const char *identity,
                     const char *reason)
{
    report->n_skipped++;
    keep(report, SKIPPED,
         &(struct entry){SKIPPED, line, (char *)(uintptr_t)identity, (char *)(uintptr_t)reason});
}

void cvn_report_remark(struct cvn_report *report, size_t line, const char *identity,
                       const char *text)
{
    keep(report, REMARK,
         &(struct entry){REMARK, line, (char *)(uintptr_t)identity, (char *)(uintptr_t)text});
}

void cvn_report_also(struct cvn_report *report, const char *reason)
{
    struct entry *entry = report->n_entries > 0 ? &report->entries[report->n_entries - 1] : NULL;
    if (!entry || entry->kind != REFUSED ||
        report->counts[CONVENE_REFUSED] > report->n_kept[REFUSED]) {
        return;
    }
    char *both = NULL;
    if (asprintf(&both, "%s; %s", entry->reason, reason) >= 0) {
        free(entry->reason);
        entry->reason = both;
    }
}

void cvn_report_broken(struct cvn_report *report, const char *reason)
{
    free(report->broken);
    report->broken = strdup(reason);
}

size_t cvn_report_total(const struct cvn_report *report)
{
    size_t total = report->n_skipped;
    for (int i = CONVENE_CREATED; i <= CONVENE_REFUSED; i++) {
        total += report->counts[i];
    }
    return total;
}

/* "file, line 12, identity: " as far as there is one; what is no refusal says so. */
static void print_entry(const struct entry *entry, const char *file_name)
{
    (void)printf("%s", file_name);
    if (entry->line > 0) {
        (void)printf(", line %zu", entry->line);
    }
    (void)printf("%s%s: %s%s%s\n", *entry->identity ? ", " : "", entry->identity,
                 entry->kind == REFUSED ? "" : kinds[entry->kind],
                 entry->kind == REFUSED ? "" : ": ", entry->reason);
}

/* "events", or "1 event"'s noun. */
static void print_noun(size_t n, const char *noun)
{
    static const char many[] = "people", one[] = "person";
    if (n != 1)
        (void)printf("%zu %s", n, noun);
    else if (strcmp(noun, many) == 0)
        (void)printf("1 %s", one);
    else
        (void)printf("1 %.*s", (int)strlen(noun) - 1, noun);
}

static void print_text(struct cvn_cli *cli, const struct cvn_report *report, const char *noun,
                       const char *file_name)
{
    for (size_t i = 0; i < report->n_entries; i++) {
        print_entry(&report->entries[i], file_name);
    }
    size_t left_out = report->counts[CONVENE_REFUSED] - report->n_kept[REFUSED];
    if (left_out > 0) {
        (void)printf("… and %zu more.\n", left_out);
    }
    if (report->broken) {
        (void)printf("%s: %s.%s\n", file_name, report->broken,
                     cvn_report_total(report) > 0 ? " What came before it became:" : "");
    }
    (void)fputs(cvn_args_has(&cli->args, "dry-run") ? "Nothing was stored. It would be " : "",
                stdout);
    print_noun(cvn_report_total(report), noun);
    (void)printf(": %zu created, %zu updated, %zu unchanged, %zu refused",
                 report->counts[CONVENE_CREATED], report->counts[CONVENE_UPDATED],
                 report->counts[CONVENE_UNCHANGED], report->counts[CONVENE_REFUSED]);
    if (report->n_skipped > 0) {
        (void)printf(", %zu skipped", report->n_skipped);
    }
    (void)puts(".");
}

/* The entries of some kinds. */
static json_t *json_entries(const struct cvn_report *report, enum kind first, enum kind last)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->n_entries; i++) {
        const struct entry *entry = &report->entries[i];
        if (entry->kind >= first && entry->kind <= last) {
            (void)json_array_append_new(list,
                                        json_pack("{sIssss}", "line", (json_int_t)entry->line, "id",
                                                  entry->identity, "reason", entry->reason));
        }
    }
    return list;
}

static void print_json(const struct cvn_report *report)
{
    json_t *whole = json_pack(
        "{sIsIsIsIsIsosososs*}", "created", (json_int_t)report->counts[CONVENE_CREATED], "updated",
        (json_int_t)report->counts[CONVENE_UPDATED], "unchanged",
        (json_int_t)report->counts[CONVENE_UNCHANGED], "refused",
        (json_int_t)report->counts[CONVENE_REFUSED], "skipped", (json_int_t)report->n_skipped,
        "refusedRecords", json_entries(report, REFUSED, REFUSED), "skippedRecords",
        json_entries(report, SKIPPED, SKIPPED), "notes", json_entries(report, REMARK, REMARK),
        "broken", report->broken);
    (void)json_dumpf(whole, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(whole);
}

static void print_csv(const struct cvn_report *report)
{
    const struct cvn_slice titles[] = {cvn_slice_of_string("line"), cvn_slice_of_string("id"),
                                       cvn_slice_of_string("reason"), cvn_slice_of_string("kind")};
    (void)cvn_csv_write_row(stdout, titles, 4);
    for (size_t i = 0; i < report->n_entries; i++) {
        const struct entry *entry = &report->entries[i];
        char line[24];
        (void)snprintf(line, sizeof line, "%zu", entry->line);
        const struct cvn_slice fields[] = {
            cvn_slice_of_string(line), cvn_slice_of_string(entry->identity),
            cvn_slice_of_string(entry->reason), cvn_slice_of_string(kinds[entry->kind])};
        (void)cvn_csv_write_row(stdout, fields, 4);
    }
}

enum cvn_exit cvn_report_print(struct cvn_cli *cli, const struct cvn_report *report,
                               const char *noun, const char *file_name, enum cvn_exit code)
{
    if (code && cvn_report_total(report) == 0) {
        return code;
    }
    switch (cli->format) {
    case CVN_FORMAT_TABLE:
        print_text(cli, report, noun, file_name);
        break;
    case CVN_FORMAT_JSON:
        print_json(report);
        break;
    case CVN_FORMAT_CSV:
        print_csv(report);
        break;
    }
    bool clean = report->counts[CONVENE_REFUSED] == 0 && !report->broken;
    return code || clean ? code : CVN_EXIT_FAILED;
}
