/*
 * Stores of the version before. The first is made by make_old_store, which is built from the
 * version before and run by the build; CVN_OLD_STORE names the file.
 */
#include "storage/backup.h"
#include "storage/engine_lmdb.h"
#include "storage/engine_memory.h"
#include "storage/verify.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"
#include "tests/unit/storage/talks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *old_store(void)
{
    const char *name = getenv("CVN_OLD_STORE");
    if (!name)
        fail_msg("CVN_OLD_STORE must name what make_old_store wrote");
    return name;
}

static int64_t read_file(void *arg, void *buffer, size_t n)
{
    return (int64_t)fread(buffer, 1, n, arg);
}

static int set_up(void **state)
{
    struct scratch *s = calloc(1, sizeof *s);
    struct cvn_backup_reader *reader;
    struct cvn_backup_part part;
    struct cvn_error err = {""};
    s->engine = *state;
    s->memory = cvn_memory_new();
    strcpy(s->path, "/tmp/convene-schema-XXXXXX");
    assert_non_null(mkdtemp(s->path));
    assert_int_equal(rmdir(s->path), 0); /* restoring makes it */
    FILE *file = fopen(old_store(), "rb");
    assert_non_null(file);
    assert_int_equal(cvn_backup_reader_new(&reader, read_file, file), 0);
    assert_int_equal(cvn_backup_read_part(reader, &part, &err), 0);
    assert_int_equal(part.schema_version, 1);
    struct cvn_store_options options = {.engine = s->engine, .memory = s->memory, .path = s->path};
    if (cvn_backup_restore_part(reader, &options, &err) != 0)
        fail_msg("%s", err.text);
    cvn_backup_reader_free(reader);
    (void)fclose(file);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static int step_that_fails(struct cvn_txn *txn, void *arg)
{
    int r = talks_step_to_2(txn, arg);
    return r ? r : -EIO;
}

static int step_that_adds_much(struct cvn_txn *txn, void *arg)
{
    static char large[CVN_STORE_VALUE_BYTES_MAX];
    int r = talks_step_to_2(txn, arg);
    for (int i = 0; r == 0 && i < 2 * CVN_STORE_UPDATE_BYTES_MAX / CVN_STORE_VALUE_BYTES_MAX; i++)
        r = cvn_txn_put(txn, text("large"), cvn_slice(large, sizeof large));
    return r;
}

static cvn_schema_step *const steps[] = {talks_step_to_1, talks_step_to_2};
static cvn_schema_step *const failing[] = {talks_step_to_1, step_that_fails};
static cvn_schema_step *const large[] = {talks_step_to_1, step_that_adds_much};

static int open_as(struct scratch *s, uint32_t version, cvn_schema_step *const *with, int *n_steps,
                   struct cvn_error *err)
{
    struct cvn_store_options options = {.engine = s->engine,
                                        .memory = s->memory,
                                        .path = s->path,
                                        .schema_version = version,
                                        .schema_steps = with,
                                        .schema_arg = n_steps};
    cvn_store_close(s->store);
    s->store = NULL;
    *n_steps = 0;
    return cvn_store_open(&s->store, &options, err);
}

/* Every row and every index entry is what the version makes of it. */
static void assert_version(struct scratch *s, int version)
{
    static struct cvn_verify_report report;
    const struct cvn_table *table = version == 1 ? &talks_table_1 : &talks_table_2;
    const struct cvn_table *const tables[] = {table, NULL};
    struct cvn_txn *txn;
    assert_int_equal(cvn_store_snapshot(s->store, &txn), 0);
    assert_int_equal(cvn_store_verify(txn, tables, NULL, &report), 0);
    assert_int_equal(report.n_findings, 0);
    assert_int_equal(report.n_rows, TALKS_N);
    assert_int_equal(report.n_entries, version * TALKS_N);
    for (int i = 0; i < TALKS_N; i++) {
        char title[TALKS_TITLE_BYTES], value[TALKS_VALUE_BYTES];
        struct cvn_slice found;
        talks_title(title, i);
        talks_value(value, i, version);
        assert_int_equal(cvn_table_get(txn, table, text(title), &found), 0);
        assert_int_equal(cvn_slice_compare(found, text(value)), 0);
    }
    cvn_snapshot_release(txn);
}

static void test_store_of_the_version_before_is_stepped_forward_once(void **state)
{
    struct scratch *s = *state;
    struct cvn_error err = {""};
    int n_steps;
    assert_int_equal(open_as(s, 2, steps, &n_steps, &err), 0);
    assert_int_equal(n_steps, 1);
    assert_version(s, 2);
    assert_int_equal(open_as(s, 2, steps, &n_steps, &err), 0);
    assert_int_equal(n_steps, 0);
    assert_version(s, 2);
}

static void test_program_of_the_version_before_still_opens_it_unstepped(void **state)
{
    struct scratch *s = *state;
    struct cvn_error err = {""};
    int n_steps;
    assert_int_equal(open_as(s, 1, steps, &n_steps, &err), 0);
    assert_int_equal(n_steps, 0);
    assert_version(s, 1);
}

static void test_newer_store_is_refused_and_unchanged(void **state)
{
    struct scratch *s = *state;
    struct cvn_error err = {""};
    int n_steps;
    assert_int_equal(open_as(s, 2, steps, &n_steps, &err), 0);
    assert_int_equal(open_as(s, 1, steps, &n_steps, &err), -EPROTO);
    assert_null(s->store);
    assert_non_null(strstr(err.text, "schema version 2"));
    assert_non_null(strstr(err.text, "newer than the 1"));
    assert_int_equal(open_as(s, 2, steps, &n_steps, &err), 0);
    assert_version(s, 2);
}

static void test_step_that_fails_changes_nothing(void **state)
{
    struct scratch *s = *state;
    struct cvn_error err = {""};
    int n_steps;
    assert_int_equal(open_as(s, 2, failing, &n_steps, &err), -EIO);
    assert_non_null(strstr(err.text, "from schema version 1 to 2"));
    assert_int_equal(open_as(s, 1, steps, &n_steps, &err), 0);
    assert_version(s, 1);
    assert_int_equal(open_as(s, 2, steps, &n_steps, &err), 0);
    assert_version(s, 2);
}

/* More than an update may write, and more than the map has room for at first. */
static void test_step_may_write_more_than_an_update(void **state)
{
    struct scratch *s = *state;
    struct cvn_error err = {""};
    int n_steps;
    if (open_as(s, 2, large, &n_steps, &err) != 0)
        fail_msg("%s", err.text);
    assert_version(s, 2);
}

#define WITH_ENGINE(test, engine)                                                                  \
    {                                                                                              \
#test " [" #engine "]", test, set_up, tear_down, (void *)(uintptr_t)&cvn_engine_##engine   \
    }
#define WITH_EACH(test) WITH_ENGINE(test, lmdb), WITH_ENGINE(test, memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_EACH(test_store_of_the_version_before_is_stepped_forward_once),
        WITH_EACH(test_program_of_the_version_before_still_opens_it_unstepped),
        WITH_EACH(test_newer_store_is_refused_and_unchanged),
        WITH_EACH(test_step_that_fails_changes_nothing),
        WITH_EACH(test_step_may_write_more_than_an_update),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
