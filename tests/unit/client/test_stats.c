/* What `convene admin stats` makes of two readings, and of large numbers. */
#include "client/cli/stats.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

static void assert_us(int64_t us, const char *want)
{
    char text[CVN_STATS_TEXT_BYTES];
    cvn_stats_format_us(text, us);
    assert_string_equal(text, want);
}

static void assert_bytes(uint64_t bytes, const char *want)
{
    char text[CVN_STATS_TEXT_BYTES];
    cvn_stats_format_bytes(text, bytes);
    assert_string_equal(text, want);
}

static void test_numbers_have_at_most_three_digits(void **state)
{
    (void)state;
    assert_us(-1, "");
    assert_us(0, "0 us");
    assert_us(999, "999 us");
    assert_us(1000, "1.0 ms");
    assert_us(1250, "1.3 ms");
    assert_us(12500, "13 ms");
    assert_us(100000000, "100 s");
    assert_bytes(0, "0 B");
    assert_bytes(999, "999 B");
    assert_bytes(1000, "1.0 kB");
    assert_bytes(9949, "9.9 kB");
    assert_bytes(99900, "100 kB");
    assert_bytes(999400, "999 kB");
    assert_bytes(1500000000, "1.5 GB");
    assert_bytes(UINT64_C(5000000000000000), "5000 TB");
}

struct reading {
    Convene__Admin__V1__MethodStats stats;
    Convene__Admin__V1__CodeCount counts[2];
    Convene__Admin__V1__CodeCount *codes[2];
    uint64_t latency[2];
};

static void fill(struct reading *reading, uint64_t n_ok, uint64_t n_not_found)
{
    convene__admin__v1__method_stats__init(&reading->stats);
    for (int i = 0; i < 2; i++) {
        convene__admin__v1__code_count__init(&reading->counts[i]);
        reading->codes[i] = &reading->counts[i];
    }
    reading->counts[0].calls = n_ok;
    reading->counts[1].code = 5;
    reading->counts[1].calls = n_not_found;
    reading->latency[0] = n_ok;
    reading->latency[1] = n_not_found;
    reading->stats.n_codes = n_not_found ? 2 : 1; /* as the server leaves out what did not occur */
    reading->stats.codes = reading->codes;
    reading->stats.n_latency_counts = 2;
    reading->stats.latency_counts = reading->latency;
    reading->stats.started = n_ok + n_not_found + 1;
    reading->stats.in_flight = 1;
    reading->stats.bytes_in = n_ok * 10;
}

static void test_between_is_what_happened_since(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    struct reading earlier, later;
    fill(&earlier, 5, 0);
    fill(&later, 7, 3);
    const Convene__Admin__V1__MethodStats *between =
        cvn_stats_between(&arena, &earlier.stats, &later.stats);
    assert_int_equal(between->started, 5);
    assert_int_equal(between->in_flight, 1);
    assert_int_equal(between->bytes_in, 20);
    assert_int_equal(between->codes[0]->calls, 2);
    assert_int_equal(between->codes[1]->calls, 3);
    assert_int_equal(between->latency_counts[0], 2);
    assert_int_equal(between->latency_counts[1], 3);
    assert_int_equal(later.counts[0].calls, 7);
}

static void test_between_counts_from_nothing_after_a_restart(void **state)
{
    (void)state;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    struct reading earlier, later;
    fill(&earlier, 50, 4);
    fill(&later, 7, 3);
    assert_int_equal(cvn_stats_between(&arena, &earlier.stats, &later.stats)->codes[0]->calls, 7);
    assert_int_equal(cvn_stats_between(&arena, NULL, &later.stats)->codes[1]->calls, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_have_at_most_three_digits),
        cmocka_unit_test(test_between_is_what_happened_since),
        cmocka_unit_test(test_between_counts_from_nothing_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
