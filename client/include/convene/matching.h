/*
 * Matching for programs of their own: who gets whose seats, without a server and without I/O. Part
 * of libconvene.
 *
 * One side, here called mentees, has lists of the other, here called mentors, who have seats. Each
 * edge carries two scores. A program that pairs two mentees with one mentor who has one seat:
 *
 *     uint64_t first[] = {0, 1, 2};
 *     struct convene_matching_edge edges[] = {{0, 30, 10}, {0, 20, 40}};
 *     uint32_t seats[] = {1};
 *     struct convene_matching_instance instance = {2, 1, first, edges, seats, NULL};
 *     struct convene_matching matching;
 *     struct convene_matching_run run = {.mode = CONVENE_MATCHING_OPTIMAL};
 *     if (convene_matching_solve(&matching, &instance, &run) == CONVENE_MATCHING_DONE) {
 *         printf("%d placed, worth %" PRId64 "\n", (int)matching.n_placed, matching.worth);
 *         convene_matching_clear(&matching);
 *     } else {
 *         fprintf(stderr, "%s\n", run.error);
 *     }
 *
 * All results are exact, and the same on any machine. What is called proved has been proved by a
 * checker that shares no code with the solvers, on every call, before it is given out.
 *
 * Any thread; calls share nothing. What a call is given must not change meanwhile.
 */
#ifndef CONVENE_MATCHING_H
#define CONVENE_MATCHING_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CONVENE_MATCHING_SIDE_MAX = 1 << 20,  /* mentees, and mentors */
    CONVENE_MATCHING_EDGES_MAX = 1 << 28, /* together */
    CONVENE_MATCHING_ERROR_BYTES = 512,
};

/* That a mentee may have a mentor. Its worth is the sum of both scores. */
struct convene_matching_edge {
    uint32_t mentor; /* below n_mentors */
    uint16_t mentee_score;
    uint16_t mentor_score; /* how much the mentor likes the mentee */
};

/*
 * Mentee i has edges[first[i]] up to edges[first[i + 1]], in the order in which they like them,
 * each mentor at most once. first has n_mentees + 1 places, begins with 0 and never falls.
 */
struct convene_matching_instance {
    uint32_t n_mentees;
    uint32_t n_mentors;
    const uint64_t *first;
    const struct convene_matching_edge *edges;
    const uint32_t *seats;   /* by mentor; any number, 0 too */
    const uint64_t *lottery; /* by mentee: breaks mentors' ties, lower first; NULL: by number */
};

enum convene_matching_mode {
    /*
     * No mentee and mentor would both rather have each other, and no such matching is better for
     * any mentee (Gale and Shapley 1962). Mentees go by the order of their edges, mentors by their
     * scores.
     */
    CONVENE_MATCHING_STABLE,
    CONVENE_MATCHING_OPTIMAL, /* the highest total worth */
    CONVENE_MATCHING_MOST,    /* most mentees placed; of those, the highest total worth */
    CONVENE_MATCHING_FAIR, /* most placed; then the least worth of a pair highest; then the total */
};

/* How a solve ended. */
enum convene_matching_outcome {
    CONVENE_MATCHING_DONE = 0,
    CONVENE_MATCHING_INVALID = 1,   /* the instance breaks a rule above */
    CONVENE_MATCHING_CANCELLED = 2, /* by the callback */
    CONVENE_MATCHING_NO_MEMORY = 3,
    CONVENE_MATCHING_FAULT = 4, /* the checker refuted the solver: a fault of the library */
};

/* What is asked for. Start from zeros. */
struct convene_matching_run {
    enum convene_matching_mode mode;
    /*
     * Told at intervals of milliseconds how far the solver is, done <= total; returns false to
     * cancel. FAIR and MOST solve more than once and begin again each time. May be NULL.
     */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
    char error[CONVENE_MATCHING_ERROR_BYTES]; /* a sentence, where the outcome is not DONE */
};

/* What came out; cleared by the caller. */
struct convene_matching {
    uint64_t *edge; /* by mentee: an index into edges, or UINT64_MAX for nobody */
    int64_t n_placed;
    int64_t worth; /* of all pairs together */
    int32_t least; /* the least worth of a pair; 0 where there is none */
    /*
     * By mentor: what one more seat there could add to the whole at most, where under MOST and FAIR
     * each mentee placed counts for much beside the worth. NULL for STABLE.
     */
    int64_t *price;
    /*
     * STABLE: that nobody blocks. OPTIMAL: that no matching has more worth. MOST: that none places
     * more, and none of those has more worth. FAIR: that none places more, none of those has a
     * higher least worth, and none of those has more worth.
     */
    bool proved;
};

/*
 * Solves. Returns an enum convene_matching_outcome; *ret is untouched unless it is DONE. Memory: 24
 * bytes for each edge and 64 for each person, at most; FAIR twice that.
 */
int convene_matching_solve(struct convene_matching *ret,
                           const struct convene_matching_instance *instance,
                           struct convene_matching_run *run);

/* Frees what it holds and zeroes it. A zeroed one and NULL are accepted. */
void convene_matching_clear(struct convene_matching *matching);

#ifdef __cplusplus
}
#endif

#endif
