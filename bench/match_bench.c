/*
 * Seconds by phase, peak memory and the share matched for cohorts from the generator:
 * `match_bench [mentees[xmentors] [modes [threads [seed [candidates]]]]]`; 10,000 mentees, a
 * quarter as many mentors, "stable,optimal" from the same candidates, which the first check goes
 * through, and as many threads as there are processors by default. With "all-pairs" among the
 * modes, each goes beyond the candidates.
 */
#include "bench/cohort.h"
#include "matching/prepared.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PHASES = CVN_MATCH_PHASE_CHECK + 1 };

struct timing {
    double began[PHASES];
    double seconds[PHASES];
    double cpu_began[PHASES];
    double cpu[PHASES]; /* of all threads */
    double last_call;
    double longest_silence;
    enum cvn_match_phase before; /* what was told after it */
    uint64_t before_done;
};

static double read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

static bool note(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    struct timing *timing = context;
    double t = now(), cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    if (timing->began[phase] == 0) {
        timing->began[phase] = t;
        timing->cpu_began[phase] = cpu;
    }
    if (t - timing->last_call > timing->longest_silence) {
        timing->longest_silence = t - timing->last_call;
        timing->before = phase;
        timing->before_done = done;
    }
    timing->cpu[phase] = cpu - timing->cpu_began[phase];
    timing->seconds[phase] = t - timing->began[phase];
    timing->last_call = t;
    return true;
}

static double peak_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static void print_phase(const struct timing *timing, enum cvn_match_phase phase)
{
    printf("%-16s %9.3f s, CPU %.3f s\n", cvn_match_phase_name(phase), timing->seconds[phase],
           timing->cpu[phase]);
}

static void print_answer(const struct cvn_match_answer *answer)
{
    const struct cvn_match_stats *stats = &answer->stats;
    printf("matched          %9" PRId64 " (%.2f %%), %" PRId64 " first choices\n", stats->n_matched,
           100 * (double)stats->n_matched / (double)answer->n_mentees, stats->n_first_choice);
    printf("score            %9" PRId64 " mentees, %" PRId64 " mentors; %" PRId64 " proposals\n",
           stats->mentee_score, stats->mentor_score, stats->n_proposals);
}

/* Of any answer, as all have the same candidates. */
static void print_candidates(const struct cvn_match_answer *answer)
{
    const struct cvn_match_stats *stats = &answer->stats;
    double n = (double)answer->n_mentees;
    printf("seats            %9" PRId64 " (%.3f of the mentees)\n", stats->n_seats,
           (double)stats->n_seats / n);
    printf("pairs scored     %9" PRId64 "\n", stats->n_scored);
    printf("candidates       %9" PRId64 " (%.1f each)\n", stats->n_candidates,
           (double)stats->n_candidates / n);
}

/* How much better any pairs could be. */
static void print_gap(const struct cvn_match_answer *answer, enum cvn_match_mode mode)
{
    const struct cvn_match_gap *gap = &answer->gap;
    if (mode != CVN_MATCH_STABLE)
        printf("gap over all     %9.4f %% at most, %" PRId64 " mentees tempted\n",
               100 * (double)(gap->bound - gap->worth) / (double)(gap->worth ? gap->worth : 1),
               gap->n_tempted);
    if (mode == CVN_MATCH_STABLE)
        printf("left over        %9" PRId64 " mentees who might yet find somebody\n",
               gap->n_tempted);
}

/*
 * Solves and checks in one mode; the check goes through the candidates of the first, and of all
 * where each mode has its own.
 */
static int run_mode(struct cohort *cohort, const struct cvn_match_prepared *prepared,
                    enum cvn_match_mode mode, struct timing *timing, bool is_first)
{
    struct cvn_match_progress progress = {note, timing};
    struct cvn_match_result *result = NULL;
    struct cvn_error err = {""};
    for (int p = CVN_MATCH_PHASE_SOLVE; p < PHASES; p++)
        timing->began[p] = 0;
    timing->last_call = now();
    int r = cvn_match_prepared_solve(prepared, mode, &progress, &result);
    if (r == 0) {
        const struct cvn_match_answer *answer = cvn_match_result_answer(result);
        cohort->problem.mode = mode;
        r = cvn_match_check(&cohort->problem, answer,
                            is_first || cohort->problem.all_pairs ? CVN_MATCH_CHECK_CANDIDATES
                                                                  : CVN_MATCH_CHECK_PAIRS,
                            &progress, &err);
        printf("\nmode             %s\n", cvn_match_mode_name(mode));
        for (int p = CVN_MATCH_PHASE_SOLVE; p < PHASES; p++)
            print_phase(timing, (enum cvn_match_phase)p);
        print_answer(answer);
        if (cohort->problem.all_pairs)
            print_gap(answer, mode);
        printf("peak memory      %9.1f MB\n", peak_mb());
        if (is_first || cohort->problem.all_pairs)
            print_candidates(answer);
    }
    if (r != 0)
        fprintf(stderr, "match_bench: %d %s\n", r, err.text);
    cvn_match_result_free(result);
    return r;
}

struct modes {
    enum cvn_match_mode items[CVN_MATCH_MODES];
    size_t n;
    bool all_pairs;
};

/* Names with commas between them. False when one is none. */
static bool read_modes(const char *text, struct modes *modes)
{
    static const char *const names[] = {"stable", "optimal", "most", "fair", "all-pairs"};
    *modes = (struct modes){.n = 0};
    while (*text) {
        size_t length = strcspn(text, ","), m = 0;
        while (m <= CVN_MATCH_MODES &&
               (strlen(names[m]) != length || strncmp(text, names[m], length) != 0))
            m++;
        if (m > CVN_MATCH_MODES || (m < CVN_MATCH_MODES && modes->n == CVN_MATCH_MODES))
            break;
        if (m == CVN_MATCH_MODES)
            modes->all_pairs = true;
        else
            modes->items[modes->n++] = (enum cvn_match_mode)m;
        text += length + (text[length] == ',');
    }
    if (modes->n > 0 && !*text)
        return true;
    fprintf(stderr, "match_bench: modes are stable, optimal, most, fair and all-pairs, not %s\n",
            text);
    return false;
}

static int run(struct cohort *cohort, const struct modes *modes)
{
    double began = now();
    struct timing timing = {.last_call = began};
    struct cvn_match_progress progress = {note, &timing};
    struct cvn_match_prepared *prepared = NULL;
    cohort->problem.all_pairs = modes->all_pairs;
    int r = cvn_match_prepared_new(&cohort->problem, &progress, &prepared);
    if (r == 0)
        for (int p = CVN_MATCH_PHASE_PREPARE; p <= CVN_MATCH_PHASE_CANDIDATES; p++)
            print_phase(&timing, (enum cvn_match_phase)p);
    for (size_t m = 0; r == 0 && m < modes->n; m++)
        r = run_mode(cohort, prepared, modes->items[m], &timing, m == 0);
    cvn_match_prepared_free(prepared);
    printf("\nlongest silence  %9.3f s, before %s told of %" PRIu64 "\n", timing.longest_silence,
           cvn_match_phase_name(timing.before), timing.before_done);
    printf("in all           %9.3f s\n", now() - began);
    return r;
}

int main(int argc, char **argv)
{
    char *mentors = NULL;
    size_t n_mentees = argc > 1 ? strtoul(argv[1], &mentors, 10) : 10000;
    struct modes modes;
    if (!read_modes(argc > 2 ? argv[2] : "stable,optimal", &modes))
        return 2;
    long n_threads = argc > 3 ? strtol(argv[3], NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    struct cohort_shape shape = cohort_shape_of(n_mentees, seed);
    if (mentors && *mentors == 'x')
        shape.n_mentors = strtoul(mentors + 1, NULL, 10);
    struct cohort cohort;
    double began = now();
    if (cohort_init(&cohort, &shape) != 0)
        return 1;
    if (argc > 5)
        cohort.problem.candidates_per_mentee = (int32_t)strtol(argv[5], NULL, 10);
    cohort.problem.n_threads =
        (int32_t)(n_threads < CVN_MATCH_THREADS_MAX ? n_threads : CVN_MATCH_THREADS_MAX);
    printf("%zu mentees, %zu mentors, seed %" PRIu64 ", best %d, %d threads; made in %.3f s, "
           "%.1f MB\n",
           shape.n_mentees, shape.n_mentors, seed, cohort.problem.candidates_per_mentee,
           cohort.problem.n_threads, now() - began, peak_mb());
    int r = run(&cohort, &modes);
    cohort_deinit(&cohort);
    return r != 0;
}
