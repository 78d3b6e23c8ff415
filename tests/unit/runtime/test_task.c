/* What a service does by itself: which of its errands is first, and in whose name. */
#include "services/runtime/task.h"
#include "storage/engine_memory.h"
#include "storage/key.h"
#include "storage/store.h"
#include "tests/support/cmocka_all.h"

#include <errno.h>
#include <string.h>

enum { SPACE = 7 };

static int setup(void **state)
{
    struct cvn_error err = {""};
    const struct cvn_store_options options = {.engine = &cvn_engine_memory, .path = "memory"};
    return cvn_store_open((struct cvn_store **)state, &options, &err);
}

static int teardown(void **state)
{
    cvn_store_close(*state);
    return 0;
}

static int put_row(struct cvn_txn *txn, void *arg)
{
    const struct cvn_key *key = arg;
    return cvn_txn_put(txn, cvn_key_slice(key), cvn_slice("", 0));
}

/* A row of [space][id], and n bytes more. */
static void put(struct cvn_store *store, uint8_t space, uint8_t id, size_t n_more)
{
    struct cvn_key key;
    cvn_key_begin(&key, space);
    cvn_key_put_id(&key, &(struct cvn_id){{id}});
    for (size_t i = 0; i < n_more; i++)
        cvn_key_put_u8(&key, 0);
    assert_int_equal(cvn_store_update(store, put_row, &key, 0), 0);
}

static void test_first_is_the_least_id_of_its_space(void **state)
{
    struct cvn_id id;
    put(*state, SPACE - 1, 1, 0);
    put(*state, SPACE + 1, 1, 0);
    assert_int_equal(cvn_task_look(*state, SPACE, &id), CVN_STORE_ABSENT);
    put(*state, SPACE, 9, 0);
    put(*state, SPACE, 5, 0);
    assert_int_equal(cvn_task_look(*state, SPACE, &id), 0);
    assert_int_equal(id.bytes[0], 5);
}

static void test_first_when_its_key_is_longer_is_damage(void **state)
{
    struct cvn_id id;
    put(*state, SPACE, 5, 1);
    assert_int_equal(cvn_task_look(*state, SPACE, &id), -EUCLEAN);
}

static void test_context_acts_for_the_server(void **state)
{
    int service;
    struct cvn_status status = {0};
    struct cvn_task task = {.service = &service, .now_ms = 1000, .entropy = {7}};
    CVN_ARENA_AUTO arena;
    (void)state;
    cvn_arena_init(&arena, 4096);
    struct cvn_ctx ctx = cvn_task_ctx(&task, NULL, &arena, &status);
    assert_int_equal(ctx.who.kind, CVN_PRINCIPAL_ADMIN);
    assert_string_equal(ctx.who.text, "clock");
    assert_ptr_equal(ctx.service, &service);
    assert_int_equal(ctx.now_ms, 1000);
    assert_memory_equal(ctx.entropy, task.entropy, sizeof task.entropy);
    assert_int_equal(cvn_ctx_refuse(&ctx, CVN_NOT_FOUND, "Gone."), CVN_REFUSED);
    assert_int_equal(status.code, CVN_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_first_is_the_least_id_of_its_space),
        TEST(test_first_when_its_key_is_longer_is_damage),
        TEST(test_context_acts_for_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
