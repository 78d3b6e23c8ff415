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

static void test_room_of_the_caller_s_is_used_first_and_again(void **state)
{
    CVN_ARENA_ROOM(room, 128);
    CVN_ARENA_AUTO arena;
    cvn_arena_init_with(&arena, 4096, room, sizeof room);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) { /* the rest is the block's own */
            unsigned char *p = cvn_arena_alloc(&arena, 32);
            assert_true(p >= room && p + 32 <= room + sizeof room);
            for (int j = 0; j < 32; j++)
                assert_int_equal(p[j], 0);
            memset(p, 0xee, 32);
        }
        unsigned char *p = cvn_arena_alloc(&arena, 16);
        assert_true(p < room || p >= room + sizeof room);
        assert_null(cvn_arena_alloc(&arena, 4096 - 3 * 32 - 16 + 1));
        assert_non_null(cvn_arena_alloc(&arena, 4096 - 3 * 32 - 16));
        cvn_arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_up_to_the_cap_and_not_beyond),
        cmocka_unit_test(test_sizes_that_overflow_are_refused),
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_reset_gives_the_cap_back),
        cmocka_unit_test(test_room_of_the_caller_s_is_used_first_and_again),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
