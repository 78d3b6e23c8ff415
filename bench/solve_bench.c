/*
 * The solvers alone on an instance in a file, so that they can be compared with others on the same:
 *     solve_bench solve FILE stable|optimal|most|fair    prints one line of JSON
 *     solve_bench people FILE MENTEES SEED               writes a cohort's best 32 candidates
 *     solve_bench make FILE MENTEES KIND SEED            writes an adversarial instance
 * Kinds: 0 all worths equal, 1 three worths, 2 ten worths, 3 most want the same tenth of the
 * mentors; each has 32 mentors for every mentee and 2.5 mentees for every seat.
 *
 * The file, little endian: u32 magic "MMB1", u32 mentees, u32 mentors, u32 0, u64 edges, u8 seats
 * by mentor filled up to 8 bytes, u64 first edge by mentee and one more, and the edges: u32 mentor,
 * u16 score of the mentee, u16 score of the mentor.
 */
#include "bench/cohort.h"
#include "convene/matching.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MAGIC = 0x31424d4d, EACH = 32, SEATS = 4 };

static const char *const modes[] = {"stable", "optimal", "most", "fair"};

struct head {
    uint32_t magic, n_mentees, n_mentors, zero;
    uint64_t n_edges;
};

struct file {
    struct head head;
    uint8_t *seats;
    uint64_t *first;
    struct convene_matching_edge *edges;
};

static size_t seats_bytes(const struct head *head)
{
    return ((size_t)head->n_mentors + 7) & ~(size_t)7;
}

static bool file_alloc(struct file *file)
{
    file->seats = calloc(seats_bytes(&file->head) + 1, 1);
    file->first = calloc((size_t)file->head.n_mentees + 1, sizeof *file->first);
    file->edges = calloc(file->head.n_edges + 1, sizeof *file->edges);
    return file->seats && file->first && file->edges;
}

static void file_free(struct file *file)
{
    free(file->seats);
    free(file->first);
    free(file->edges);
}

static bool file_read(struct file *file, const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in)
        return false;
    bool ok = fread(&file->head, sizeof file->head, 1, in) == 1 && file->head.magic == MAGIC &&
              file->head.n_mentees <= CONVENE_MATCHING_SIDE_MAX &&
              file->head.n_mentors <= CONVENE_MATCHING_SIDE_MAX &&
              file->head.n_edges <= CONVENE_MATCHING_EDGES_MAX && file_alloc(file);
    size_t n_first = (size_t)file->head.n_mentees + 1, n_edges = file->head.n_edges;
    ok = ok && fread(file->seats, 1, seats_bytes(&file->head), in) == seats_bytes(&file->head) &&
         fread(file->first, sizeof *file->first, n_first, in) == n_first &&
         fread(file->edges, sizeof *file->edges, n_edges, in) == n_edges;
    (void)fclose(in);
    return ok;
}

static bool file_write(const struct file *file, const char *path)
{
    FILE *out = fopen(path, "wb");
    if (!out)
        return false;
    (void)fwrite(&file->head, sizeof file->head, 1, out);
    (void)fwrite(file->seats, 1, seats_bytes(&file->head), out);
    (void)fwrite(file->first, sizeof *file->first, (size_t)file->head.n_mentees + 1, out);
    (void)fwrite(file->edges, sizeof *file->edges, file->head.n_edges, out);
    return fclose(out) == 0;
}

static uint16_t pick_score(int kind, uint32_t mentor, uint64_t *random)
{
    switch (kind) {
    case 0:
        return 500;
    case 1:
        return (uint16_t)(100 * (1 + cohort_below(random, 3)));
    case 2:
        return (uint16_t)cohort_below(random, 10);
    default:
        return (uint16_t)(500 - mentor % 7);
    }
}

static int by_score(const void *a, const void *b)
{
    const struct convene_matching_edge *x = a, *y = b;
    if (x->mentee_score != y->mentee_score)
        return x->mentee_score > y->mentee_score ? -1 : 1;
    return (x->mentor > y->mentor) - (x->mentor < y->mentor);
}

static void make_list(struct convene_matching_edge *edges, uint32_t n_mentors, int kind,
                      uint64_t *random)
{
    uint32_t wanted = kind == 3 && n_mentors / 10 >= EACH ? n_mentors / 10 : n_mentors;
    for (uint32_t k = 0; k < EACH;) {
        uint32_t mentor = cohort_below(random, k < EACH * 9 / 10 ? wanted : n_mentors), i = 0;
        while (i < k && edges[i].mentor != mentor)
            i++;
        if (i < k)
            continue;
        uint16_t score = pick_score(kind, mentor, random);
        edges[k++] = (struct convene_matching_edge){mentor, score, score};
    }
    qsort(edges, EACH, sizeof *edges, by_score);
}

static int make(const char *path, uint32_t n_mentees, int kind, uint64_t seed)
{
    struct file file = {.head = {MAGIC, n_mentees, n_mentees / 10, 0, (uint64_t)n_mentees * EACH}};
    bool ok = file.head.n_mentors >= EACH && file_alloc(&file);
    for (uint32_t j = 0; ok && j < file.head.n_mentors; j++)
        file.seats[j] = SEATS;
    for (uint32_t i = 0; ok && i < n_mentees; i++) {
        file.first[i + 1] = (uint64_t)(i + 1) * EACH;
        make_list(file.edges + file.first[i], file.head.n_mentors, kind, &seed);
    }
    ok = ok && file_write(&file, path);
    file_free(&file);
    return ok ? 0 : 1;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct cvn_id));
}

static bool fill_people(struct file *file, const struct cohort *cohort,
                        const struct cvn_match_answer *answer)
{
    file->head = (struct head){MAGIC, (uint32_t)answer->n_mentees, (uint32_t)answer->n_mentors, 0,
                               answer->first[answer->n_mentees]};
    if (!file_alloc(file))
        return false;
    for (size_t i = 0; i < answer->n_mentors; i++) {
        const struct cvn_match_mentor *mentor = &cohort->mentors[i];
        const struct cvn_id *at = bsearch(&mentor->person.id, answer->mentor_ids, answer->n_mentors,
                                          sizeof *at, compare_ids);
        file->seats[at - answer->mentor_ids] = (uint8_t)mentor->capacity;
    }
    memcpy(file->first, answer->first, (answer->n_mentees + 1) * sizeof *file->first);
    for (uint64_t e = 0; e < file->head.n_edges; e++) {
        const struct cvn_match_candidate *from = &answer->candidates[e];
        file->edges[e] =
            (struct convene_matching_edge){from->mentor, from->mentee_score, from->mentor_score};
    }
    return true;
}

static int make_people(const char *path, size_t n_mentees, uint64_t seed)
{
    struct cohort_shape shape = cohort_shape_of(n_mentees, seed);
    struct cohort cohort;
    struct file file = {0};
    struct cvn_match_result *result = NULL;
    if (cohort_init(&cohort, &shape) != 0)
        return 1;
    cohort.problem.mode = CVN_MATCH_STABLE;
    bool ok = cvn_match_solve(&cohort.problem, NULL, &result) == 0 &&
              fill_people(&file, &cohort, cvn_match_result_answer(result)) &&
              file_write(&file, path);
    file_free(&file);
    cvn_match_result_free(result);
    cohort_deinit(&cohort);
    return ok ? 0 : 1;
}

static double read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int solve(const char *path, const char *mode)
{
    struct file file = {0};
    struct convene_matching_run run = {.mode = CONVENE_MATCHING_STABLE};
    while (run.mode < CONVENE_MATCHING_FAIR && strcmp(modes[run.mode], mode) != 0)
        run.mode++;
    if (!file_read(&file, path)) {
        (void)fprintf(stderr, "solve_bench: %s is no instance that can be read\n", path);
        return 1;
    }
    uint32_t *seats = calloc((size_t)file.head.n_mentors + 1, sizeof *seats);
    for (uint32_t j = 0; j < file.head.n_mentors; j++)
        seats[j] = file.seats[j];
    struct convene_matching_instance instance = {
        file.head.n_mentees, file.head.n_mentors, file.first, file.edges, seats, NULL};
    struct convene_matching matching;
    double began = read_clock(CLOCK_MONOTONIC), cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    int r = convene_matching_solve(&matching, &instance, &run);
    double seconds = read_clock(CLOCK_MONOTONIC) - began;
    cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (r == CONVENE_MATCHING_DONE) {
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("{\"mode\": \"%s\", \"seconds\": %.4f, \"cpu\": %.4f, \"placed\": %" PRId64
               ", \"worth\": %" PRId64 ", \"proved\": %s, \"peak_mb\": %.1f}\n",
               modes[run.mode], seconds, cpu, matching.n_placed, matching.worth,
               matching.proved ? "true" : "false", (double)usage.ru_maxrss / 1024);
        convene_matching_clear(&matching);
    } else {
        (void)fprintf(stderr, "solve_bench: %s\n", run.error);
    }
    free(seats);
    file_free(&file);
    return r != CONVENE_MATCHING_DONE;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "solve") == 0)
        return solve(argv[2], argv[3]);
    if (argc == 6 && strcmp(argv[1], "make") == 0)
        return make(argv[2], (uint32_t)strtoul(argv[3], NULL, 10), atoi(argv[4]),
                    strtoull(argv[5], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "people") == 0)
        return make_people(argv[2], strtoul(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
    (void)fprintf(stderr, "usage: solve_bench solve FILE MODE | people FILE MENTEES SEED | "
                          "make FILE MENTEES KIND SEED\n");
    return 2;
}
