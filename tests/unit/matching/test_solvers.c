#include "bench/cohort.h"
#include "matching/certificate.h"
#include "matching/deferred.h"
#include "matching/fair.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

enum { SIDE_MAX = 6, EDGES_MAX = SIDE_MAX * SIDE_MAX, ROUNDS = 4000 };

/* A small instance with ties, gaps and unequal sides; it points into itself. */
struct small {
    struct cvn_match_instance in;
    uint64_t first[SIDE_MAX + 1];
    struct cvn_match_candidate edges[EDGES_MAX];
    uint32_t seats[SIDE_MAX];
    uint64_t lottery[SIDE_MAX];
};

static void make(struct small *small, uint64_t *state)
{
    static const uint32_t ranges[] = {1, 2, 4, 50, 3000};
    uint32_t range = ranges[cohort_below(state, 5)], density = 1 + cohort_below(state, 4);
    uint32_t n_mentees = cohort_below(state, SIDE_MAX + 1);
    uint32_t n_mentors = cohort_below(state, SIDE_MAX + 1);
    uint64_t n = 0;
    for (uint32_t i = 0; i < n_mentees; i++) {
        small->first[i] = n;
        small->lottery[i] = cohort_below(state, 4);
        for (uint32_t j = 0; j < n_mentors; j++)
            if (cohort_below(state, 4) < density)
                small->edges[n++] = (struct cvn_match_candidate){
                    j, (uint16_t)cohort_below(state, range), (uint16_t)cohort_below(state, range)};
        for (uint64_t a = small->first[i]; a < n; a++) /* best first, in an order of chance */
            for (uint64_t b = a + 1; b < n; b++)
                if (small->edges[b].mentee_score > small->edges[a].mentee_score) {
                    struct cvn_match_candidate swap = small->edges[a];
                    small->edges[a] = small->edges[b];
                    small->edges[b] = swap;
                }
    }
    small->first[n_mentees] = n;
    for (uint32_t j = 0; j < n_mentors; j++)
        small->seats[j] = cohort_below(state, 12) ? cohort_below(state, 4) : 2000000000;
    small->in = (struct cvn_match_instance){n_mentees,    n_mentors,    small->first,
                                            small->edges, small->seats, small->lottery};
}

/* What exhaustive search finds. */
struct best {
    const struct small *small;
    uint32_t left[SIDE_MAX];
    uint64_t edge[SIDE_MAX];
    int64_t worth;      /* the highest */
    int64_t placed;     /* the most, */
    int64_t worth_then; /* with the highest worth of those */
    int64_t floor;      /* with most placed, the highest least worth */
    int64_t floor_worth;
    uint64_t ranks[SIDE_MAX]; /* the choices of the stable matching best for every mentee */
    bool stable;
};

static void weigh(struct best *best)
{
    const struct cvn_match_instance *in = &best->small->in;
    int64_t worth = 0, placed = 0, least = INT64_MAX;
    for (uint32_t i = 0; i < in->n_mentees; i++)
        if (best->edge[i] != CVN_MATCH_NO_EDGE) {
            int64_t w = cvn_match_worth(&in->edges[best->edge[i]]);
            worth += w;
            placed++;
            least = w < least ? w : least;
        }
    if (worth > best->worth)
        best->worth = worth;
    bool more = placed > best->placed;
    if (more || (placed == best->placed && worth > best->worth_then))
        best->worth_then = worth;
    if (more || (placed == best->placed &&
                 (least > best->floor || (least == best->floor && worth > best->floor_worth)))) {
        best->floor = least;
        best->floor_worth = worth;
    }
    if (more)
        best->placed = placed;
    if (cvn_match_stability_prove(in, best->edge, NULL) == 0)
        for (uint32_t i = 0; i < in->n_mentees; i++)
            if (!best->stable || best->edge[i] < best->ranks[i])
                best->ranks[i] = best->edge[i];
    best->stable = best->stable || cvn_match_stability_prove(in, best->edge, NULL) == 0;
}

static void try_all(struct best *best, uint32_t mentee)
{
    const struct cvn_match_instance *in = &best->small->in;
    if (mentee == in->n_mentees) {
        weigh(best);
        return;
    }
    best->edge[mentee] = CVN_MATCH_NO_EDGE;
    try_all(best, mentee + 1);
    for (uint64_t e = in->first[mentee]; e < in->first[mentee + 1]; e++) {
        uint32_t *left = &best->left[in->edges[e].mentor];
        if (*left == 0)
            continue;
        --*left;
        best->edge[mentee] = e;
        try_all(best, mentee + 1);
        ++*left;
    }
}

static void search(struct best *best, const struct small *small)
{
    *best = (struct best){.small = small, .worth = -1, .placed = -1, .worth_then = -1};
    memcpy(best->left, small->seats, sizeof best->left);
    try_all(best, 0);
}

static void check_assignment(const struct small *small, const struct best *best,
                             enum cvn_match_aim aim)
{
    struct cvn_match_assignment made;
    struct cvn_match_bound bound;
    struct cvn_error err = {""};
    assert_int_equal(cvn_match_assign(&made, &small->in, aim, NULL), 0);
    if (cvn_match_assignment_prove(&small->in, &made, &bound, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(bound.value, bound.bound);
    if (aim == CVN_MATCH_AIM_WORTH) {
        assert_int_equal(made.worth, best->worth);
    } else {
        assert_int_equal(made.n_placed, best->placed);
        assert_int_equal(bound.n_most, best->placed);
        assert_int_equal(made.worth, best->worth_then);
    }
    cvn_match_assignment_deinit(&made);
}

static void test_optimal_equals_exhaustive_search(void **state)
{
    uint64_t random = 20;
    for (int round = 0; round < ROUNDS / 4; round++) {
        struct small small;
        struct best best;
        make(&small, &random);
        assert_int_equal(cvn_match_instance_check(&small.in, NULL), 0);
        search(&best, &small);
        check_assignment(&small, &best, CVN_MATCH_AIM_WORTH);
        check_assignment(&small, &best, CVN_MATCH_AIM_PARTICIPATION);
    }
}

static void test_stable_equals_the_best_of_all_stable_ones(void **state)
{
    uint64_t random = 21;
    for (int round = 0; round < ROUNDS / 4; round++) {
        struct small small;
        struct best best;
        struct cvn_match_stable made;
        make(&small, &random);
        search(&best, &small);
        assert_int_equal(cvn_match_defer(&made, &small.in, NULL), 0);
        assert_true(best.stable);
        assert_int_equal(cvn_match_stability_prove(&small.in, made.edge, NULL), 0);
        for (uint32_t i = 0; i < small.in.n_mentees; i++)
            assert_int_equal(made.edge[i], best.ranks[i]);
        cvn_match_stable_deinit(&made);
    }
}

static void test_fair_equals_exhaustive_search(void **state)
{
    uint64_t random = 22;
    for (int round = 0; round < ROUNDS / 8; round++) {
        struct small small;
        struct best best;
        struct cvn_match_assignment made;
        struct cvn_match_bound bound;
        make(&small, &random);
        search(&best, &small);
        assert_int_equal(cvn_match_share_out(&made, &small.in, NULL), 0);
        assert_int_equal(made.n_placed, best.placed);
        assert_int_equal(made.worth, best.floor_worth);
        if (best.placed > 0)
            assert_int_equal(made.floor, best.floor);
        assert_int_equal(cvn_match_assignment_prove(&small.in, &made, &bound, NULL), 0);
        assert_int_equal(bound.value, bound.bound);
        assert_int_equal(bound.n_placed, bound.n_most);
        cvn_match_assignment_deinit(&made);
    }
}

/* Larger ones, where only the certificate can tell. */
static void test_optimal_is_proved_where_search_is_impossible(void **state)
{
    enum { N = 3000, M = 700, K = 12 };
    uint64_t random = 23;
    for (uint32_t range = 1; range <= 10000; range *= 10) {
        uint64_t *first = test_malloc((N + 1) * sizeof *first);
        struct cvn_match_candidate *edges = test_malloc(N * K * sizeof *edges);
        uint32_t *seats = test_malloc(M * sizeof *seats);
        for (uint32_t j = 0; j < M; j++)
            seats[j] = cohort_below(&random, 4);
        for (uint32_t i = 0; i <= N; i++)
            first[i] = (uint64_t)i * K;
        for (uint32_t e = 0; e < N * K; e++)
            edges[e] = (struct cvn_match_candidate){
                (e % K) * (M / K) + cohort_below(&random, M / K),
                (uint16_t)cohort_below(&random, range), (uint16_t)cohort_below(&random, range)};
        struct cvn_match_instance in = {N, M, first, edges, seats, NULL};
        assert_int_equal(cvn_match_instance_check(&in, NULL), 0);
        for (int aim = CVN_MATCH_AIM_WORTH; aim <= CVN_MATCH_AIM_PARTICIPATION; aim++) {
            struct cvn_match_assignment made;
            struct cvn_match_bound bound;
            assert_int_equal(cvn_match_assign(&made, &in, (enum cvn_match_aim)aim, NULL), 0);
            assert_int_equal(cvn_match_assignment_prove(&in, &made, &bound, NULL), 0);
            assert_int_equal(bound.value, bound.bound);
            if (aim == CVN_MATCH_AIM_PARTICIPATION)
                assert_int_equal(bound.n_placed, bound.n_most);
            cvn_match_assignment_deinit(&made);
        }
        test_free(first);
        test_free(edges);
        test_free(seats);
    }
}

static void test_prove_when_tampered_with(void **state)
{
    uint64_t first[] = {0, 1, 2};
    struct cvn_match_candidate edges[] = {{0, 5, 5}, {0, 4, 4}};
    uint32_t seats[] = {1};
    struct cvn_match_instance in = {2, 1, first, edges, seats, NULL};
    uint64_t both[] = {0, 1}, worse[] = {CVN_MATCH_NO_EDGE, 1}, foreign[] = {1, CVN_MATCH_NO_EDGE};
    int64_t price[] = {8}, below[] = {-1};
    struct cvn_match_bound bound;
    struct cvn_match_assignment made = {.edge = both, .price = price};
    assert_int_equal(cvn_match_assignment_prove(&in, &made, &bound, NULL), CVN_MATCH_VIOLATION);
    made.edge = foreign;
    assert_int_equal(cvn_match_assignment_prove(&in, &made, &bound, NULL), CVN_MATCH_VIOLATION);
    made.edge = worse;
    assert_int_equal(cvn_match_assignment_prove(&in, &made, &bound, NULL), 0);
    assert_int_equal(bound.value, 8);
    assert_int_equal(bound.bound, 10);
    assert_int_equal(cvn_match_stability_prove(&in, worse, NULL), CVN_MATCH_VIOLATION);
    made.price = below;
    assert_int_equal(cvn_match_assignment_prove(&in, &made, &bound, NULL), CVN_MATCH_VIOLATION);
}

static void test_instance_check_when_broken(void **state)
{
    uint64_t first[] = {0, 1, 2}, falling[] = {0, 2, 1}, late[] = {1, 1, 2};
    struct cvn_match_candidate edges[] = {{0, 1, 1}, {0, 1, 1}};
    struct cvn_match_candidate foreign[] = {{0, 1, 1}, {1, 1, 1}};
    uint64_t twice[] = {0, 2, 2};
    uint32_t seats[] = {UINT32_MAX, 1};
    struct cvn_match_instance in = {2, 1, first, edges, seats, NULL};
    assert_int_equal(cvn_match_instance_check(&in, NULL), 0);
    in.first = falling;
    assert_int_equal(cvn_match_instance_check(&in, NULL), CVN_MATCH_INVALID);
    in.first = late;
    assert_int_equal(cvn_match_instance_check(&in, NULL), CVN_MATCH_INVALID);
    in.first = first;
    in.edges = foreign;
    assert_int_equal(cvn_match_instance_check(&in, NULL), CVN_MATCH_INVALID);
    in.first = twice;
    in.edges = edges;
    in.n_mentors = 2;
    assert_int_equal(cvn_match_instance_check(&in, NULL), CVN_MATCH_INVALID);
    in.first = first;
    in.n_mentees = CVN_MATCH_MENTEES_MAX + 1;
    assert_int_equal(cvn_match_instance_check(&in, NULL), CVN_MATCH_INVALID);
}

static bool refuse(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    return false;
}

static void test_solvers_when_cancelled(void **state)
{
    uint64_t first[] = {0, 0};
    struct cvn_match_instance in = {1, 0, first, NULL, NULL, NULL};
    struct cvn_match_progress progress = {refuse, NULL};
    struct cvn_match_assignment made;
    struct cvn_match_stable stable;
    assert_int_equal(cvn_match_assign(&made, &in, CVN_MATCH_AIM_WORTH, &progress),
                     CVN_MATCH_CANCELLED);
    assert_int_equal(cvn_match_defer(&stable, &in, &progress), CVN_MATCH_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimal_equals_exhaustive_search),
        cmocka_unit_test(test_stable_equals_the_best_of_all_stable_ones),
        cmocka_unit_test(test_fair_equals_exhaustive_search),
        cmocka_unit_test(test_optimal_is_proved_where_search_is_impossible),
        cmocka_unit_test(test_prove_when_tampered_with),
        cmocka_unit_test(test_instance_check_when_broken),
        cmocka_unit_test(test_solvers_when_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
