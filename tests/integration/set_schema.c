/*
 * Gives the events store in a data directory another schema version, for store_versions.py, and
 * writes a backup of it as it then is: set_schema DIR VERSION BACKUP. Of version 0 it lacks what
 * the step from there adds, as the program of that time left it.
 */
#include "services/events/schema.h"
#include "services/events/spaces.h"
#include "storage/backup.h"
#include "storage/schema.h"

#include <stdio.h>
#include <stdlib.h>

static int drop_index(struct cvn_txn *txn, uint8_t index)
{
    const uint8_t prefix[] = {CVN_SPACE_INDEX, index}, end[] = {CVN_SPACE_INDEX, index + 1};
    int r = 0;
    while (r == 0) {
        CVN_CURSOR_AUTO cursor;
        struct cvn_slice found, value;
        struct cvn_key key;
        r = cvn_cursor_init(&cursor, txn, cvn_slice(prefix, 2), cvn_slice(end, 2), CVN_FORWARD);
        r = r ? r : cvn_cursor_next(&cursor, &found, &value);
        if (r == 0) {
            cvn_key_init(&key);
            cvn_key_put_raw(&key, found);
            r = cvn_txn_delete(txn, cvn_key_slice(&key));
        }
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int set(struct cvn_txn *txn, void *arg)
{
    const uint32_t *version = arg;
    int r = *version == 0 ? drop_index(txn, CVN_INDEX_GROUP_ARCHIVED) : 0;
    return r ? r : cvn_schema_write(txn, *version);
}

static int write_file(void *arg, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, arg) == n ? 0 : -1;
}

static int back_up(struct cvn_store *store, const char *path)
{
    FILE *file = fopen(path, "wb");
    const struct cvn_backup_sink sink = {.write = write_file, .arg = file};
    struct cvn_backup_part part = {.number = 1, .n_parts = 1, .name = "events"};
    struct cvn_txn *snapshot;
    uint64_t n_bytes;
    if (!file)
        return -1;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r == 0) {
        r = cvn_backup_write(snapshot, &part, &sink, &n_bytes);
        cvn_snapshot_release(snapshot);
    }
    return fclose(file) != 0 ? -1 : r;
}

int main(int argc, char **argv)
{
    struct cvn_store *store;
    struct cvn_error err = {""};
    char path[4096];
    if (argc != 4)
        return 2;
    (void)snprintf(path, sizeof path, "%s/events", argv[1]);
    uint32_t version = (uint32_t)strtoul(argv[2], NULL, 10);
    const struct cvn_store_options options = {.path = path,
                                              .manual = true,
                                              .schema_version = CVN_EVENTS_SCHEMA,
                                              .schema_steps = cvn_events_schema_steps};
    int r = cvn_store_open(&store, &options, &err);
    if (r == 0) {
        r = cvn_store_update(store, set, &version, 0);
        r = r ? r : back_up(store, argv[3]);
        cvn_store_close(store);
    }
    if (r)
        (void)fprintf(stderr, "set_schema: %s (%d)\n", err.text, r);
    return r != 0;
}
