#include "tests/support/cmocka_all.h"

#include "client/cli/records.h"
#include "client/demo/files.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A Friday, so that some first meetups would fall on a weekend. */
static const struct cvn_civil friday = {2026, 11, 27, 22, 15, 0};

static char folder[PATH_MAX];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/cvn-demo-XXXXXX");
    return !mkdtemp(folder) || cvn_demo_write_files(folder, &friday);
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"groups", "people", "events", "enrolments"};
    for (size_t i = 0; i < 4; i++) {
        char path[PATH_MAX + 32];
        (void)snprintf(path, sizeof path, "%s/%s.csv", folder, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

static const char *value(const struct cvn_record *record, const char *name)
{
    for (size_t i = 0; i < record->n; i++) {
        if (strcmp(record->names[i], name) == 0) {
            return record->values[i];
        }
    }
    fail_msg("there is no column %s", name);
    return NULL;
}

/* Shows each record to check (if any) and returns how many there are. */
static int walk(const char *name, void (*check)(const struct cvn_record *record))
{
    char path[PATH_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/%s.csv", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct cvn_records *records = NULL;
    struct cvn_error err;
    assert_int_equal(cvn_records_new(&records, file, CVN_RECORDS_CSV, &err), 0);
    struct cvn_record record;
    int n = 0;
    int r;
    while ((r = cvn_records_next(records, &record, &err)) == 0) {
        if (check) {
            check(&record);
        }
        n++;
    }
    assert_int_equal(r, CVN_RECORDS_END);
    cvn_records_free(records);
    (void)fclose(file);
    return n;
}

static void check_evening(const struct cvn_record *record)
{
    struct cvn_civil start;
    assert_true(cvn_civil_parse(&start, value(record, "start")));
    assert_true(cvn_civil_seconds(&start) > cvn_civil_seconds(&friday));
    assert_true(cvn_civil_weekday(&start) <= CVN_FRIDAY);
    assert_in_range(start.hour, 17, 20);
}

static int seats;

static void add_seats(const struct cvn_record *record)
{
    seats += atoi(value(record, "capacity"));
}

static void test_sample_has_what_the_demo_promises(void **state)
{
    (void)state;
    assert_int_equal(walk("groups", NULL), 12);
    assert_int_equal(walk("people", NULL), 30);
    assert_int_equal(walk("events", check_evening), 60);
    seats = 0;
    assert_int_equal(walk("enrolments", add_seats), 28);
    assert_int_equal(seats, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sample_has_what_the_demo_promises, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
