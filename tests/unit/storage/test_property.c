/*
 * Random operations on tables against a plain model in memory, on every engine. A seed that fails
 * is printed with the shortest list of operations that still fails.
 *
 * CONVENE_PROPERTY_RUNS=N runs N seeds on each store instead of a few, CONVENE_PROPERTY_SEED=N
 * begins with that seed.
 */
#include "storage/engine.h"
#include "storage/engine_lmdb.h"
#include "storage/engine_memory.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/storage/property_ops.h"

#include <stdio.h>
#include <stdlib.h>

enum { N_OPS = 240, SHRINK_RUNS = 4000, CAUGHT_OPS_MAX = 8, SMALL_MAP_BYTES = 256 << 10 };
#define LARGE_MAP_BYTES (UINT64_C(64) << 20)

static unsigned long number_of(const char *variable, unsigned long otherwise)
{
    const char *value = getenv(variable);
    return value ? strtoul(value, NULL, 10) : otherwise;
}

static struct ops *new_ops(void)
{
    struct ops *ops = malloc(sizeof *ops);
    assert_non_null(ops);
    return ops;
}

static void report(struct ops *ops, const struct ops_store *store, unsigned long seed)
{
    char failure[OPS_FAILURE_BYTES];
    ops_shrink(ops, store, SHRINK_RUNS);
    (void)ops_run(ops, store, failure);
    printf("seed %lu fails: %s\nthe shortest list that does, %zu operations:\n", seed, failure,
           ops->n);
    ops_print(ops, stdout);
}

static void run_seeds(const struct ops_store *store, unsigned long n_runs)
{
    char failure[OPS_FAILURE_BYTES];
    struct ops *ops = new_ops();
    bool agreed = true;
    unsigned long first = number_of("CONVENE_PROPERTY_SEED", 1);
    n_runs = number_of("CONVENE_PROPERTY_RUNS", n_runs);
    for (unsigned long seed = first; agreed && seed < first + n_runs; seed++) {
        ops_make(ops, seed, N_OPS);
        agreed = ops_run(ops, store, failure);
        if (!agreed)
            report(ops, store, seed);
    }
    free(ops);
    assert_true(agreed);
}

static void test_memory_agrees_with_the_model(void **state)
{
    const struct ops_store store = {&cvn_engine_memory, LARGE_MAP_BYTES, true};
    run_seeds(&store, 60);
}

static void test_memory_agrees_when_it_has_to_grow(void **state)
{
    const struct ops_store store = {&cvn_engine_memory, 8 << 10, false};
    run_seeds(&store, 30);
}

static void test_disk_agrees_with_the_model(void **state)
{
    const struct ops_store store = {&cvn_engine_lmdb, LARGE_MAP_BYTES, true};
    run_seeds(&store, 3);
}

static void test_disk_agrees_when_it_has_to_grow(void **state)
{
    const struct ops_store store = {&cvn_engine_lmdb, SMALL_MAP_BYTES, false};
    run_seeds(&store, 2);
}

/* An engine that says it deleted index entries and keeps those of one index. */
static int forgetful_delete(struct cvn_engine_txn *txn, struct cvn_slice key)
{
    const uint8_t *bytes = key.data;
    if (bytes[0] == CVN_SPACE_INDEX && bytes[1] == 3)
        return 0;
    return cvn_engine_memory.del(txn, key);
}

static struct cvn_engine_type forgetful;

static int forgetful_open(struct cvn_engine **ret, const struct cvn_engine_options *options)
{
    int r = cvn_engine_memory.open(ret, options);
    if (r == 0)
        (*ret)->type = &forgetful;
    return r;
}

static void test_a_forgetful_engine_is_caught_and_the_list_shrunk(void **state)
{
    char failure[OPS_FAILURE_BYTES];
    forgetful = cvn_engine_memory;
    forgetful.open = forgetful_open;
    forgetful.del = forgetful_delete;
    const struct ops_store store = {&forgetful, LARGE_MAP_BYTES, true};
    struct ops *ops = new_ops();
    bool caught = false;
    for (uint64_t seed = 1; !caught && seed <= 20; seed++) {
        ops_make(ops, seed, N_OPS);
        caught = !ops_run(ops, &store, failure);
    }
    assert_true(caught);
    ops_shrink(ops, &store, SHRINK_RUNS);
    assert_false(ops_run(ops, &store, failure));
    assert_in_range(ops->n, 1, CAUGHT_OPS_MAX);
    free(ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_agrees_with_the_model),
        cmocka_unit_test(test_memory_agrees_when_it_has_to_grow),
        cmocka_unit_test(test_disk_agrees_with_the_model),
        cmocka_unit_test(test_disk_agrees_when_it_has_to_grow),
        cmocka_unit_test(test_a_forgetful_engine_is_caught_and_the_list_shrunk),
    };
    return cmocka_run_group_tests_name("property", tests, NULL, NULL);
}
