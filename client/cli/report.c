#include "client/cli/report.h"

#include "base/csv.h"
#include "client/cli/import.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct refused {
    size_t line;
    char *identity;
    char *reason;
};

struct cvn_report {
    size_t counts[CONVENE_REFUSED + 1]; /* by outcome */
    struct refused *refused;
    size_t n_refused;
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
    for (size_t i = 0; i < report->n_refused; i++) {
        free(report->refused[i].identity);
        free(report->refused[i].reason);
    }
    free(report->refused);
    free(report->broken);
    free(report);
}

void cvn_report_count(struct cvn_report *report, enum convene_outcome outcome)
{
    if (outcome >= CONVENE_CREATED && outcome <= CONVENE_REFUSED) {
        report->counts[outcome]++;
    }
}

void cvn_report_refuse(struct cvn_report *report, size_t line, const char *identity,
                       const char *reason)
{
    report->counts[CONVENE_REFUSED]++;
    if (report->n_refused == CVN_IMPORT_REFUSED_MAX) {
        return;
    }
    struct refused *grown =
        reallocarray(report->refused, report->n_refused + 1, sizeof *report->refused);
    if (!grown) {
        return; /* still counted */
    }
    report->refused = grown;
    struct refused *entry = &grown[report->n_refused];
    *entry = (struct refused){line, strdup(identity ? identity : ""), strdup(reason)};
    if (!entry->identity || !entry->reason) {
        free(entry->identity);
        free(entry->reason);
        return;
    }
    report->n_refused++;
}

void cvn_report_also(struct cvn_report *report, const char *reason)
{
    if (report->n_refused == 0 || report->counts[CONVENE_REFUSED] > report->n_refused) {
        return;
    }
    char **last = &report->refused[report->n_refused - 1].reason;
    char *both = NULL;
    if (asprintf(&both, "%s; %s", *last, reason) >= 0) {
        free(*last);
        *last = both;
    }
}

void cvn_report_broken(struct cvn_report *report, const char *reason)
{
    free(report->broken);
    report->broken = strdup(reason);
}

size_t cvn_report_total(const struct cvn_report *report)
{
    size_t total = 0;
    for (int i = CONVENE_CREATED; i <= CONVENE_REFUSED; i++) {
        total += report->counts[i];
    }
    return total;
}

static void print_text(struct cvn_cli *cli, const struct cvn_report *report, const char *noun,
                       const char *file_name)
{
    for (size_t i = 0; i < report->n_refused; i++) {
        const struct refused *entry = &report->refused[i];
        (void)printf("%s, line %zu%s%s: %s\n", file_name, entry->line, *entry->identity ? ", " : "",
                     entry->identity, entry->reason);
    }
    size_t left_out = report->counts[CONVENE_REFUSED] - report->n_refused;
    if (left_out > 0) {
        (void)printf("… and %zu more.\n", left_out);
    }
    if (report->broken) {
        (void)printf("%s: %s. What came before it was imported.\n", file_name, report->broken);
    }
    (void)printf("%s%zu %s: %zu created, %zu updated, %zu unchanged, %zu refused.\n",
                 cvn_args_has(&cli->args, "dry-run") ? "Nothing was stored. " : "",
                 cvn_report_total(report), noun, report->counts[CONVENE_CREATED],
                 report->counts[CONVENE_UPDATED], report->counts[CONVENE_UNCHANGED],
                 report->counts[CONVENE_REFUSED]);
}

static void print_json(const struct cvn_report *report)
{
    json_t *refused = json_array();
    for (size_t i = 0; i < report->n_refused; i++) {
        const struct refused *entry = &report->refused[i];
        (void)json_array_append_new(refused,
                                    json_pack("{sIssss}", "line", (json_int_t)entry->line, "id",
                                              entry->identity, "reason", entry->reason));
    }
    json_t *whole =
        json_pack("{sIsIsIsIsos*}", "created", (json_int_t)report->counts[CONVENE_CREATED],
                  "updated", (json_int_t)report->counts[CONVENE_UPDATED], "unchanged",
                  (json_int_t)report->counts[CONVENE_UNCHANGED], "refused",
                  (json_int_t)report->counts[CONVENE_REFUSED], "refusedRecords", refused, "broken",
                  report->broken);
    (void)json_dumpf(whole, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(whole);
}

static void print_csv(const struct cvn_report *report)
{
    const struct cvn_slice titles[] = {cvn_slice_of_string("line"), cvn_slice_of_string("id"),
                                       cvn_slice_of_string("reason")};
    (void)cvn_csv_write_row(stdout, titles, 3);
    for (size_t i = 0; i < report->n_refused; i++) {
        const struct refused *entry = &report->refused[i];
        char line[24];
        (void)snprintf(line, sizeof line, "%zu", entry->line);
        const struct cvn_slice fields[] = {cvn_slice_of_string(line),
                                           cvn_slice_of_string(entry->identity),
                                           cvn_slice_of_string(entry->reason)};
        (void)cvn_csv_write_row(stdout, fields, 3);
    }
}

enum cvn_exit cvn_report_print(struct cvn_cli *cli, const struct cvn_report *report,
                               const char *noun, const char *file_name)
{
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
    return clean ? CVN_EXIT_DONE : CVN_EXIT_FAILED;
}
