#include "base/arena.h"
#include "tests/support/cmocka_all.h"

#include <stdint.h>
#include <string.h>

static void test_alloc_up_to_the_cap_and_not_beyond(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 64);
    assert_non_null(cvn_arena_alloc(&arena, 48));
    assert_non_null(cvn_arena_alloc(&arena, 16));
    assert_false(arena.overflowed);
    assert_null(cvn_arena_alloc(&arena, 1));
    assert_true(arena.overflowed);
}

static void test_sizes_that_overflow_are_refused(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, SIZE_MAX);
    assert_null(cvn_arena_alloc(&arena, SIZE_MAX));
    assert_null(cvn_arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    assert_null(cvn_arena_copy(&arena, "", SIZE_MAX));
}

static void test_memory_is_zeroed_and_aligned(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    for (size_t n = 0; n < 300; n++) {
        unsigned char *p = cvn_arena_alloc(&arena, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xee, n);
    }
}

static void test_reset_gives_the_cap_back(void **state)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 32);
    assert_string_equal(cvn_arena_printf(&arena, "%d seats", 12), "12 seats");
    assert_null(cvn_arena_alloc(&arena, 32));
    cvn_arena_reset(&arena);
    assert_false(arena.overflowed);
    assert_non_null(cvn_arena_alloc(&arena, 32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_up_to_the_cap_and_not_beyond),
        cmocka_unit_test(test_sizes_that_overflow_are_refused),
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_reset_gives_the_cap_back),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
