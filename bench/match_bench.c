/*
 * Seconds by phase, peak memory and the share matched for cohorts from the generator:
 * `match_bench [mentees[xmentors] [mode [threads [seed [candidates]]]]]`; 10,000 mentees, a quarter
 * as many mentors, stable, and as many threads as there are processors by default.
 */
#include "bench/cohort.h"

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
    } else if (t - timing->last_call > timing->longest_silence)
        timing->longest_silence = t - timing->last_call;
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

static void print(const struct cohort *cohort, const struct timing *timing,
                  const struct cvn_match_stats *stats)
{
    double n = (double)cohort->problem.n_mentees;
    for (int p = 0; p < PHASES; p++)
        printf("%-16s %9.3f s, CPU %.3f s\n", cvn_match_phase_name((enum cvn_match_phase)p),
               timing->seconds[p], timing->cpu[p]);
    printf("longest silence  %9.3f s\n", timing->longest_silence);
    printf("peak memory      %9.1f MB\n", peak_mb());
    printf("seats            %9" PRId64 " (%.3f of the mentees)\n", stats->n_seats,
           (double)stats->n_seats / n);
    printf("matched          %9" PRId64 " (%.2f %%), %" PRId64 " first choices\n", stats->n_matched,
           100 * (double)stats->n_matched / n, stats->n_first_choice);
    printf("pairs allowed    %9" PRId64 ", scored %" PRId64 "\n", stats->n_allowed,
           stats->n_scored);
    printf("candidates       %9" PRId64 " (%.1f each), %" PRId64 " proposals\n",
           stats->n_candidates, (double)stats->n_candidates / n, stats->n_proposals);
    printf("score            %9" PRId64 " mentees, %" PRId64 " mentors\n", stats->mentee_score,
           stats->mentor_score);
}

static bool read_mode(const char *name, enum cvn_match_mode *ret)
{
    static const char *const names[CVN_MATCH_MODES] = {"stable", "optimal", "most", "fair"};
    for (int m = 0; m < CVN_MATCH_MODES; m++)
        if (strcmp(name, names[m]) == 0) {
            *ret = (enum cvn_match_mode)m;
            return true;
        }
    fprintf(stderr, "match_bench: the mode is stable, optimal, most or fair\n");
    return false;
}

int main(int argc, char **argv)
{
    char *mentors = NULL;
    size_t n_mentees = argc > 1 ? strtoul(argv[1], &mentors, 10) : 10000;
    enum cvn_match_mode mode = CVN_MATCH_STABLE;
    if (argc > 2 && !read_mode(argv[2], &mode))
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
    cohort.problem.mode = mode;
    cohort.problem.n_threads =
        (int32_t)(n_threads < CVN_MATCH_THREADS_MAX ? n_threads : CVN_MATCH_THREADS_MAX);
    printf("%s, %zu mentees, %zu mentors, seed %" PRIu64 ", best %d, %d threads; made in %.3f s, "
           "%.1f MB\n",
           cvn_match_mode_name(mode), shape.n_mentees, shape.n_mentors, seed,
           cohort.problem.candidates_per_mentee, cohort.problem.n_threads, now() - began,
           peak_mb());
    struct timing timing = {0};
    struct cvn_match_progress progress = {note, &timing};
    struct cvn_match_result *result = NULL;
    struct cvn_error err = {""};
    int r = cvn_match_solve(&cohort.problem, &progress, &result);
    if (r == 0) {
        const struct cvn_match_answer *answer = cvn_match_result_answer(result);
        r = cvn_match_check(&cohort.problem, answer, CVN_MATCH_CHECK_CANDIDATES, &progress, &err);
        print(&cohort, &timing, &answer->stats);
    }
    if (r != 0)
        fprintf(stderr, "match_bench: %d %s\n", r, err.text);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
    return r != 0;
}
