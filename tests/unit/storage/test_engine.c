/* What every engine must promise, run over each of them. */
#include "storage/engine.h"
#include "storage/engine_lmdb.h"
#include "storage/engine_memory.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAP_BYTES = 8 << 20, READERS = 8 };

struct fixture {
    struct cvn_engine_options options;
    char path[64];
    const struct cvn_engine_type *type;
    struct cvn_engine *engine;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->type = *state;
    (void)snprintf(f->path, sizeof f->path, "/tmp/convene-engine-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    f->options = (struct cvn_engine_options){.path = f->path,
                                             .map_bytes = MAP_BYTES,
                                             .readers_max = READERS,
                                             .memory = cvn_memory_new()};
    assert_int_equal(f->type->open(&f->engine, &f->options), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    f->type->close(f->engine);
    cvn_memory_free(f->options.memory);
    scratch_remove_directory(f->path);
    free(f);
    return 0;
}

static void write_one(struct fixture *f, const char *key, const char *value)
{
    struct cvn_engine_txn *txn;
    assert_int_equal(f->type->begin(f->engine, true, &txn), 0);
    assert_int_equal(f->type->put(txn, text(key), text(value)), 0);
    assert_int_equal(f->type->commit(txn), 0);
}

static void assert_value(struct fixture *f, struct cvn_engine_txn *txn, const char *key,
                         const char *value)
{
    struct cvn_slice found;
    int r = f->type->get(txn, text(key), &found);
    if (!value) {
        assert_int_equal(r, CVN_STORE_ABSENT);
        return;
    }
    assert_int_equal(r, 0);
    assert_int_equal(found.len, strlen(value));
    assert_memory_equal(found.data, value, found.len);
}

static void test_commit_is_seen_by_later_snapshots_only(void **state)
{
    struct fixture *f = *state;
    struct cvn_engine_txn *before, *during, *after, *update;
    write_one(f, "a", "1");
    assert_int_equal(f->type->begin(f->engine, false, &before), 0);
    assert_int_equal(f->type->begin(f->engine, true, &update), 0);
    assert_int_equal(f->type->put(update, text("a"), text("22")), 0);
    assert_int_equal(f->type->put(update, text("b"), text("")), 0);
    assert_int_equal(f->type->begin(f->engine, false, &during), 0);
    assert_value(f, update, "a", "22");
    assert_value(f, during, "a", "1");
    assert_int_equal(f->type->commit(update), 0);
    assert_int_equal(f->type->begin(f->engine, false, &after), 0);
    assert_value(f, before, "a", "1");
    assert_value(f, before, "b", NULL);
    assert_value(f, during, "a", "1");
    assert_value(f, after, "a", "22");
    assert_value(f, after, "b", "");
    f->type->reset(before);
    assert_int_equal(f->type->renew(before), 0);
    assert_value(f, before, "a", "22");
    f->type->abort(before);
    f->type->abort(during);
    f->type->abort(after);
}

static void test_abort_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct cvn_engine_txn *txn;
    write_one(f, "a", "1");
    assert_int_equal(f->type->begin(f->engine, true, &txn), 0);
    assert_int_equal(f->type->put(txn, text("a"), text("2")), 0);
    assert_int_equal(f->type->put(txn, text("b"), text("2")), 0);
    assert_int_equal(f->type->del(txn, text("a")), 0);
    assert_int_equal(f->type->del(txn, text("a")), CVN_STORE_ABSENT);
    f->type->abort(txn);
    assert_int_equal(f->type->begin(f->engine, false, &txn), 0);
    assert_value(f, txn, "a", "1");
    assert_value(f, txn, "b", NULL);
    f->type->abort(txn);
}

static void test_committed_is_there_after_reopening(void **state)
{
    struct fixture *f = *state;
    struct cvn_engine_txn *txn;
    write_one(f, "a", "1");
    assert_int_equal(f->type->reopen(f->engine), 0);
    write_one(f, "b", "2");
    f->type->close(f->engine);
    assert_int_equal(f->type->open(&f->engine, &f->options), 0);
    assert_int_equal(f->type->begin(f->engine, false, &txn), 0);
    assert_value(f, txn, "a", "1");
    assert_value(f, txn, "b", "2");
    f->type->abort(txn);
}

static void test_full_is_said_and_growing_helps(void **state)
{
    struct fixture *f = *state;
    static char large[1 << 20];
    struct cvn_engine_txn *txn;
    char key[2] = "a";
    int r = 0;
    for (int tries = 0; r == 0 && tries < 64; tries++, key[0]++) {
        assert_int_equal(f->type->begin(f->engine, true, &txn), 0);
        r = f->type->put(txn, text(key), cvn_slice(large, sizeof large));
        if (r) {
            f->type->abort(txn);
            break;
        }
        r = f->type->commit(txn);
    }
    assert_int_equal(r, CVN_ENGINE_FULL);
    assert_int_equal(f->type->grow(f->engine, (uint64_t)2 * MAP_BYTES), 0);
    assert_int_equal(f->type->begin(f->engine, true, &txn), 0);
    assert_int_equal(f->type->put(txn, text(key), cvn_slice(large, sizeof large)), 0);
    assert_int_equal(f->type->commit(txn), 0);
    struct cvn_engine_figures figures;
    f->type->measure(f->engine, &figures);
    assert_int_equal(figures.map_bytes, 2 * MAP_BYTES);
    assert_true(figures.used_bytes > MAP_BYTES / 2 && figures.used_bytes <= 2 * MAP_BYTES);
    assert_int_equal(figures.n_keys, key[0] - 'a' + 1);
}

static void test_snapshot_that_lags_is_measured(void **state)
{
    struct fixture *f = *state;
    struct cvn_engine_figures figures;
    struct cvn_engine_txn *txn;
    write_one(f, "a", "1");
    assert_int_equal(f->type->begin(f->engine, false, &txn), 0);
    write_one(f, "a", "2");
    write_one(f, "a", "3");
    f->type->measure(f->engine, &figures);
    assert_int_equal(figures.n_readers, 1);
    assert_int_equal(figures.reader_lag_most, 2);
    f->type->abort(txn);
}

/* The model: which of 4096 keys are there, and with which value. */
enum { KEYS = 4096, OPERATIONS = 20000 };

struct model {
    uint16_t value[KEYS]; /* 0: absent */
    uint16_t committed[KEYS];
    uint64_t random;
};

static uint32_t draw(struct model *model, uint32_t below)
{
    model->random = model->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(model->random >> 33) % below;
}

/* Keys of various lengths, in the order of their numbers. */
static struct cvn_slice key_of(uint32_t number, char buffer[64])
{
    int len = snprintf(buffer, 64, "%04u%.*s", number, (int)(number % 40),
                       "........................................");
    return cvn_slice(buffer, (size_t)len);
}

/* The next key there is from number on, in either direction; -1 at the end. */
static int next_there(const uint16_t *values, int number, int step)
{
    for (; number >= 0 && number < KEYS; number += step)
        if (values[number])
            return number;
    return -1;
}

static void assert_at(int number, const uint16_t *values, int r, const struct cvn_slice at[2])
{
    char buffer[64];
    if (number < 0) {
        assert_int_equal(r, CVN_STORE_ABSENT);
        return;
    }
    assert_int_equal(r, 0);
    struct cvn_slice key = key_of((uint32_t)number, buffer);
    assert_int_equal(cvn_slice_compare(at[0], key), 0);
    assert_int_equal(at[1].len, sizeof values[number]);
    assert_memory_equal(at[1].data, &values[number], sizeof values[number]);
}

static void check_moves(struct fixture *f, struct cvn_engine_txn *txn, struct model *model,
                        const uint16_t *values)
{
    struct cvn_engine_cursor *cursor;
    struct cvn_slice at[2], none = {NULL, 0};
    char buffer[64];
    assert_int_equal(f->type->cursor_open(txn, &cursor), 0);
    int number = (int)draw(model, KEYS);
    int r = f->type->cursor_move(cursor, CVN_MOVE_BELOW, key_of((uint32_t)number, buffer), at);
    assert_at(next_there(values, number - 1, -1), values, r, at);
    r = f->type->cursor_move(cursor, CVN_MOVE_AT_OR_ABOVE, key_of((uint32_t)number, buffer), at);
    number = next_there(values, number, 1);
    assert_at(number, values, r, at);
    for (int step = draw(model, 2) ? 1 : -1, i = 0; number >= 0 && i < 3; i++) {
        r = f->type->cursor_move(cursor, step > 0 ? CVN_MOVE_NEXT : CVN_MOVE_PREVIOUS, none, at);
        number = next_there(values, number + step, step);
        assert_at(number, values, r, at);
    }
    r = f->type->cursor_move(cursor, CVN_MOVE_FIRST, none, at);
    assert_at(next_there(values, 0, 1), values, r, at);
    r = f->type->cursor_move(cursor, CVN_MOVE_LAST, none, at);
    assert_at(next_there(values, KEYS - 1, -1), values, r, at);
    f->type->cursor_close(cursor);
}

static void write_something(struct fixture *f, struct cvn_engine_txn *txn, struct model *model)
{
    char buffer[64];
    uint32_t number = draw(model, KEYS);
    struct cvn_slice key = key_of(number, buffer);
    if (draw(model, 3) == 0) {
        assert_int_equal(f->type->del(txn, key), model->value[number] ? 0 : CVN_STORE_ABSENT);
        model->value[number] = 0;
        return;
    }
    uint16_t value = (uint16_t)(1 + draw(model, 60000));
    assert_int_equal(f->type->put(txn, key, cvn_slice(&value, sizeof value)), 0);
    model->value[number] = value;
}

static void test_engine_does_as_a_model_does(void **state)
{
    struct fixture *f = *state;
    static struct model model;
    model = (struct model){.random = 20250131};
    struct cvn_engine_txn *txn, *snapshot;
    uint64_t n_there = 0;
    for (int i = 0; i < OPERATIONS;) {
        assert_int_equal(f->type->begin(f->engine, true, &txn), 0);
        assert_int_equal(f->type->begin(f->engine, false, &snapshot), 0);
        for (int n = (int)draw(&model, 200); n >= 0; n--, i++)
            write_something(f, txn, &model);
        check_moves(f, txn, &model, model.value);
        check_moves(f, snapshot, &model, model.committed);
        if (draw(&model, 4)) {
            assert_int_equal(f->type->commit(txn), 0);
            memcpy(model.committed, model.value, sizeof model.value);
        } else {
            f->type->abort(txn);
            memcpy(model.value, model.committed, sizeof model.value);
        }
        f->type->abort(snapshot);
    }
    for (int i = 0; i < KEYS; i++)
        n_there += model.committed[i] != 0;
    struct cvn_engine_figures figures;
    f->type->measure(f->engine, &figures);
    assert_int_equal(figures.n_keys, n_there);
}

#define WITH_ENGINE(test, engine)                                                                  \
    {                                                                                              \
#test " [" #engine "]", test, set_up, tear_down, (void *)(uintptr_t)&cvn_engine_##engine   \
    }
#define WITH_EACH(test) WITH_ENGINE(test, lmdb), WITH_ENGINE(test, memory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_EACH(test_commit_is_seen_by_later_snapshots_only),
        WITH_EACH(test_abort_leaves_nothing),
        WITH_EACH(test_committed_is_there_after_reopening),
        WITH_EACH(test_full_is_said_and_growing_helps),
        WITH_EACH(test_snapshot_that_lags_is_measured),
        WITH_EACH(test_engine_does_as_a_model_does),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
