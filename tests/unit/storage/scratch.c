#include "tests/unit/storage/scratch.h"

#include "storage/engine_memory.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void open_at(struct scratch *scratch, const struct cvn_store_options *options)
{
    struct cvn_store_options with_path = options ? *options : (struct cvn_store_options){0};
    struct cvn_error err = {""};
    with_path.path = scratch->path;
    with_path.engine = scratch->engine;
    with_path.memory = scratch->memory;
    if (cvn_store_open(&scratch->store, &with_path, &err) != 0)
        fail_msg("%s", err.text);
}

void scratch_open(struct scratch *scratch, const struct cvn_store_options *options)
{
    (void)snprintf(scratch->path, sizeof scratch->path, "/tmp/convene-store-XXXXXX");
    assert_non_null(mkdtemp(scratch->path));
    scratch->memory = cvn_memory_new();
    assert_non_null(scratch->memory);
    open_at(scratch, options);
}

void scratch_reopen(struct scratch *scratch, const struct cvn_store_options *options)
{
    cvn_store_close(scratch->store);
    open_at(scratch, options);
}

void scratch_remove_directory(const char *path)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "store.lock"};
    for (size_t i = 0; i < 3; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s/%s", path, files[i]);
        (void)unlink(name);
    }
    (void)rmdir(path);
}

void scratch_remove(struct scratch *scratch)
{
    cvn_store_close(scratch->store);
    cvn_memory_free(scratch->memory);
    scratch_remove_directory(scratch->path);
}

struct cvn_slice text(const char *s)
{
    return cvn_slice_of_string(s);
}

struct pair {
    const char *key, *value;
};

static int put(struct cvn_txn *txn, void *arg)
{
    const struct pair *pair = arg;
    return cvn_txn_put(txn, text(pair->key), text(pair->value));
}

void scratch_put(struct scratch *scratch, const char *key, const char *value)
{
    struct pair pair = {key, value};
    assert_int_equal(cvn_store_update(scratch->store, put, &pair, 0), 0);
}

const char *scratch_get(struct scratch *scratch, const char *key, char *buffer)
{
    struct cvn_txn *txn;
    struct cvn_slice value;
    assert_int_equal(cvn_store_snapshot(scratch->store, &txn), 0);
    int r = cvn_txn_get(txn, text(key), &value);
    if (r == 0)
        (void)snprintf(buffer, 256, "%.*s", (int)value.len, (const char *)value.data);
    cvn_snapshot_release(txn);
    return r == 0 ? buffer : NULL;
}
