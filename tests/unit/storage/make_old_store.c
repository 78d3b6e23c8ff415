/* Makes a store of version 1 of talks.h and writes its backup to the file named: for test_schema.
 */
#include "storage/backup.h"
#include "storage/engine_memory.h"
#include "tests/unit/storage/talks.h"

#include <stdio.h>
#include <string.h>

static int put_talks(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    int r = 0;
    for (int i = 0; r == 0 && i < TALKS_N; i++) {
        char title[TALKS_TITLE_BYTES], value[TALKS_VALUE_BYTES];
        talks_title(title, i);
        talks_value(value, i, 1);
        r = cvn_table_put(txn, &talks_table_1, cvn_slice(title, strlen(title)),
                          cvn_slice(value, strlen(value)));
    }
    return r;
}

static int write_file(void *arg, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, arg) == n ? 0 : -1;
}

int main(int argc, char **argv)
{
    static cvn_schema_step *const steps[] = {talks_step_to_1};
    struct cvn_store *store;
    struct cvn_txn *snapshot;
    struct cvn_error err = {""};
    int n_steps = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
    struct cvn_store_options options = {.engine = &cvn_engine_memory,
                                        .manual = true,
                                        .schema_version = 1,
                                        .schema_steps = steps,
                                        .schema_arg = &n_steps};
    if (!file || cvn_store_open(&store, &options, &err) != 0) {
        (void)fprintf(stderr, "make_old_store: %s\n", err.text);
        return 1;
    }
    struct cvn_backup_part part = {.number = 1, .n_parts = 1, .name = "talks"};
    uint64_t n_bytes;
    int r = cvn_store_update(store, put_talks, NULL, 0);
    if (r == 0)
        r = cvn_store_snapshot(store, &snapshot);
    if (r == 0) {
        const struct cvn_backup_sink sink = {.write = write_file, .arg = file};
        r = cvn_backup_write(snapshot, &part, &sink, &n_bytes);
        cvn_snapshot_release(snapshot);
    }
    cvn_store_close(store);
    return fclose(file) != 0 || r != 0;
}
