#include "client/cli/roster.h"

#include "base/text.h"
#include "client/cli/enrolments.h"
#include "client/cli/field.h"
#include "client/cli/records.h"
#include "cohort/enrolment_check.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

enum { FAULTS_SHOWN = 20, PROBLEM_BYTES = 1 << 16 };

struct reader {
    struct cvn_cli *cli;
    struct cvn_arena *arena;
    const char *file_name;
    Convene__Mentoring__V1__Role role;
    struct cvn_roster *roster;
    size_t n_faults;
};

int cvn_roster_id(struct cvn_arena *arena, const char *person, struct cvn_id *ret)
{
    struct cvn_slice folded;
    if (cvn_text_fold(arena, cvn_slice_of_string(person), &folded) != 0) {
        return -ENOMEM;
    }
    (void)crypto_generichash(ret->bytes, CVN_ID_BYTES, folded.data, folded.len, NULL, 0);
    return 0;
}

/* With its line, unless that is 0: then the reason says where. */
static void tell_fault(struct reader *reader, size_t line, const char *reason)
{
    if (reader->n_faults++ >= FAULTS_SHOWN) {
        return;
    }
    if (line) {
        (void)fprintf(stderr, "convene: %s:%zu: %s\n", reader->file_name, line, reason);
    } else {
        (void)fprintf(stderr, "convene: %s: %s\n", reader->file_name, reason);
    }
}

/* What is wrong with a name that is no column. Returns -EINVAL. */
static int refuse_column(const char *name, struct cvn_error *err)
{
    return cvn_import_column_refuse(cvn_enrolments_import.columns, cvn_enrolments_import.noun, name,
                                    err);
}

/* Tells which columns of the heading there are not, once and for all records. */
static void check_columns(struct reader *reader, const struct cvn_records *records)
{
    const char *const *names;
    size_t n = cvn_records_columns(records, &names);
    for (size_t i = 0; i < n; i++) {
        struct cvn_error err;
        if (strcmp(names[i], "name") != 0 &&
            !cvn_import_column_find(cvn_enrolments_import.columns, names[i])) {
            (void)refuse_column(names[i], &err);
            tell_fault(reader, 1, err.text);
        }
    }
}

/* The ids of people that a list names. 0 or -ENOMEM. */
static int name_people(struct cvn_arena *arena, char **texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct cvn_id id;
        char text[CVN_ID_TEXT_BYTES];
        if (cvn_roster_id(arena, texts[i], &id) != 0) {
            return -ENOMEM;
        }
        cvn_id_format(text, CVN_COHORT_PERSON_PREFIX, &id);
        texts[i] = cvn_arena_strdup(arena, text);
        if (!texts[i]) {
            return -ENOMEM;
        }
    }
    return 0;
}

/* Sets the fields of an enrolment. 0; -EINVAL with a sentence in err; -ENOMEM. */
static int set_fields(struct reader *reader, const struct cvn_record *record,
                      Convene__Mentoring__V1__Enrolment *enrolment, struct cvn_error *err)
{
    for (size_t i = 0; i < record->n; i++) {
        const struct cvn_import_column *column =
            cvn_import_column_find(cvn_enrolments_import.columns, record->names[i]);
        struct cvn_error why = {""};
        int r;
        if (strcmp(record->names[i], "name") == 0) {
            r = cvn_field_set(reader->arena, &enrolment->base, "display_name", record->values[i],
                              &why);
        } else if (!column) {
            return refuse_column(record->names[i], err);
        } else {
            r = cvn_field_set(reader->arena, &enrolment->base, column->path, record->values[i],
                              &why);
        }
        if (r != 0) {
            return r == -EINVAL ? cvn_error_set(err, r, "%s %s", record->names[i], why.text) : r;
        }
    }
    return 0;
}

/* What an enrolment must be like, and what is put in where it says nothing. */
static int complete(struct reader *reader, Convene__Mentoring__V1__Enrolment *enrolment,
                    struct cvn_error *err)
{
    static char english[] = "en", utc[] = "UTC";
    static char *only_english[] = {english};
    CVN_ARENA_AUTO scratch;
    struct cvn_problems problems;
    if (enrolment->role && enrolment->role != reader->role) {
        return cvn_error_set(err, -EINVAL, "role is %s in the file of %s",
                             enrolment->role == ROLE(MENTOR) ? "mentor" : "mentee",
                             reader->role == ROLE(MENTOR) ? "mentors" : "mentees");
    }
    enrolment->role = reader->role;
    if (!enrolment->display_name[0]) {
        enrolment->display_name = enrolment->person_id;
    }
    if (enrolment->n_languages == 0) {
        enrolment->languages = only_english;
        enrolment->n_languages = 1;
    }
    if (!enrolment->time_zone[0]) {
        enrolment->time_zone = utc;
    }
    cvn_arena_init(&scratch, PROBLEM_BYTES);
    cvn_problems_init(&problems, &scratch);
    int r = cvn_enrolment_check(&problems, "row", enrolment, reader->cli->zones);
    if (r == 0 && problems.total > 0) {
        r = cvn_error_set(err, -EINVAL, "%s", cvn_problems_sentence(&problems));
    }
    cvn_enrolment_set_levels(enrolment);
    return r;
}

static int add(struct reader *reader, Convene__Mentoring__V1__Enrolment *enrolment)
{
    struct cvn_roster *roster = reader->roster;
    struct cvn_arena *arena = reader->arena;
    struct cvn_id id;
    if (roster->n == roster->capacity) {
        size_t capacity = roster->capacity ? 2 * roster->capacity : 1024;
        struct cvn_cohort_member *members = cvn_arena_alloc_array(arena, capacity, sizeof *members);
        if (!members) {
            return -ENOMEM;
        }
        if (roster->n > 0) {
            memcpy(members, roster->members, roster->n * sizeof *members);
        }
        roster->members = members;
        roster->capacity = capacity;
    }
    if (cvn_roster_id(arena, enrolment->person_id, &id) != 0 ||
        name_people(arena, enrolment->excluded_ids, enrolment->n_excluded_ids) != 0 ||
        name_people(arena, enrolment->ranked_ids, enrolment->n_ranked_ids) != 0) {
        return -ENOMEM;
    }
    roster->members[roster->n++] = (struct cvn_cohort_member){.person = id, .enrolment = enrolment};
    return 0;
}

static int take(struct reader *reader, const struct cvn_record *record, struct cvn_error *err)
{
    Convene__Mentoring__V1__Enrolment *enrolment =
        cvn_arena_alloc(reader->arena, sizeof *enrolment);
    if (!enrolment) {
        return -ENOMEM;
    }
    convene__mentoring__v1__enrolment__init(enrolment);
    int r = set_fields(reader, record, enrolment, err);
    if (r == 0) {
        r = complete(reader, enrolment, err);
    }
    return r ? r : add(reader, enrolment);
}

static int read_all(struct reader *reader, struct cvn_records *records)
{
    struct cvn_record record;
    struct cvn_error err;
    int r;
    while ((r = cvn_records_next(records, &record, &err)) != CVN_RECORDS_END) {
        if (r == 0 && reader->roster->n == CVN_ROSTER_PEOPLE_MAX) {
            (void)cvn_error_set(&err, 0, "there are more than %d people", CVN_ROSTER_PEOPLE_MAX);
            tell_fault(reader, record.line, err.text);
            return 0;
        }
        if (r == 0) {
            r = take(reader, &record, &err);
        }
        if (r == -EINVAL || r == CVN_RECORDS_REFUSED || r == CVN_RECORDS_BROKEN) {
            tell_fault(reader, r == CVN_RECORDS_BROKEN ? 0 : record.line, err.text);
            if (r == CVN_RECORDS_BROKEN) {
                return 0;
            }
        } else if (r != 0) {
            return r;
        }
    }
    return 0;
}

static int compare_members(const void *a, const void *b)
{
    return cvn_cohort_compare_member(&((const struct cvn_cohort_member *)a)->person, b);
}

/* Sorts everybody, and finds who is there twice. */
static void sort(struct reader *reader)
{
    struct cvn_roster *roster = reader->roster;
    if (roster->n > 0) {
        qsort(roster->members, roster->n, sizeof *roster->members, compare_members);
    }
    for (size_t i = 1; i < roster->n; i++) {
        if (compare_members(&roster->members[i - 1], &roster->members[i]) == 0 &&
            reader->n_faults++ < FAULTS_SHOWN) {
            (void)fprintf(stderr, "convene: %s: \"%s\" is in it twice\n", reader->file_name,
                          roster->members[i].enrolment->person_id);
        }
    }
}

static enum cvn_exit read_file(struct reader *reader, FILE *file)
{
    size_t len = strlen(reader->file_name);
    bool lines = len > 6 && strcmp(reader->file_name + len - 6, ".jsonl") == 0;
    struct cvn_records *records;
    struct cvn_error err = {""};
    int r = cvn_records_new(&records, file, lines ? CVN_RECORDS_JSON_LINES : CVN_RECORDS_CSV, &err);
    if (r == CVN_RECORDS_BROKEN) {
        return cvn_cli_fail(reader->cli, CVN_EXIT_FAILED, "%s: %s.", reader->file_name, err.text);
    }
    if (r == 0) {
        check_columns(reader, records);
        r = reader->n_faults > 0 ? 0 : read_all(reader, records);
        cvn_records_free(records);
    }
    if (r == -ENOMEM) {
        return cvn_cli_no_memory(reader->cli);
    }
    if (r != 0) {
        return cvn_cli_fail(reader->cli, CVN_EXIT_FAILED, "%s cannot be read: %s.",
                            reader->file_name, strerror(-r));
    }
    sort(reader);
    if (reader->n_faults > 0) {
        return cvn_cli_fail(reader->cli, CVN_EXIT_FAILED,
                            "%s has %zu fault%s; nothing was matched.", reader->file_name,
                            reader->n_faults, reader->n_faults == 1 ? "" : "s");
    }
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_roster_read(struct cvn_cli *cli, struct cvn_arena *arena, const char *file_name,
                              Convene__Mentoring__V1__Role role, struct cvn_roster *ret)
{
    struct reader reader = {
        .cli = cli, .arena = arena, .file_name = file_name, .role = role, .roster = ret};
    FILE *file = fopen(file_name, "rb");
    *ret = (struct cvn_roster){0};
    if (!file) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be read: %s.", file_name,
                            strerror(errno));
    }
    enum cvn_exit code = read_file(&reader, file);
    (void)fclose(file);
    return code;
}
