/*
 * Durable RSVPs and reads of occurrences on Convene's store and on others:
 *     store_bench DIRECTORY [--occurrences N] [--seconds S] [STORE …]
 * STORE is convene, sqlite, postgres or postgres-single; without one, all that were built in. One
 * JSON line for each number of callers, and two for each kind of read beside 16 writers.
 */
#include "bench/store_bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CALLERS_MAX = 256, READERS = 2, READ_WRITERS = 16, SAMPLES_MAX = 1 << 20 };

enum job_kind { JOB_WRITE, JOB_GET, JOB_LIST };

/* Callers whose writes wait for the thread that commits them together. */
struct group {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct store_rsvp waiting[STORE_GROUP_MAX * 2];
    unsigned n_waiting;
    uint64_t taken, committed; /* writes in all: a caller waits until its own is committed */
    bool ending;
};

struct job {
    const struct store_backend *backend;
    void *store;
    struct group group;
    atomic_bool ending;
    atomic_uint next_person, n_failed;
};

/* A thread that writes or reads, and how long each time took. */
struct worker {
    struct job *job;
    unsigned number;
    enum job_kind kind;
    uint64_t dice, n_occurrences;
    uint32_t *samples_us;
    unsigned n_samples;
    uint64_t n;
    pthread_t thread;
};

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t roll(uint64_t *dice)
{
    *dice = *dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *dice >> 33;
}

static void *commit_groups(void *arg)
{
    struct job *job = arg;
    struct group *group = &job->group;
    static struct store_rsvp batch[STORE_GROUP_MAX * 2];
    (void)pthread_mutex_lock(&group->lock);
    for (;;) {
        while (group->n_waiting == 0 && !group->ending)
            (void)pthread_cond_wait(&group->work, &group->lock);
        unsigned n = group->n_waiting;
        if (n == 0)
            break;
        memcpy(batch, group->waiting, n * sizeof *batch);
        group->n_waiting = 0;
        (void)pthread_mutex_unlock(&group->lock);
        if (job->backend->group(job->store, batch, n) != 0)
            atomic_fetch_add(&job->n_failed, n);
        (void)pthread_mutex_lock(&group->lock);
        group->committed += n;
        (void)pthread_cond_broadcast(&group->done);
    }
    (void)pthread_mutex_unlock(&group->lock);
    return NULL;
}

static void write_in_group(struct job *job, const struct store_rsvp *rsvp)
{
    struct group *group = &job->group;
    (void)pthread_mutex_lock(&group->lock);
    group->waiting[group->n_waiting++] = *rsvp; /* callers are fewer than places */
    uint64_t mine = ++group->taken;
    (void)pthread_cond_signal(&group->work);
    while (group->committed < mine)
        (void)pthread_cond_wait(&group->done, &group->lock);
    (void)pthread_mutex_unlock(&group->lock);
}

static int write_once(struct worker *w)
{
    struct job *job = w->job;
    struct store_rsvp rsvp = {(uint32_t)(roll(&w->dice) % STORE_EVENTS),
                              atomic_fetch_add(&job->next_person, 1)};
    if (job->backend->write)
        return job->backend->write(job->store, w->number, &rsvp);
    write_in_group(job, &rsvp);
    return 0;
}

static void do_once(struct worker *w)
{
    const struct store_backend *backend = w->job->backend;
    void *store = w->job->store;
    int r = 0;
    switch (w->kind) {
    case JOB_WRITE:
        r = write_once(w);
        break;
    case JOB_GET:
        r = backend->get(store, w->number, roll(&w->dice) % w->n_occurrences);
        break;
    case JOB_LIST:
        r = backend->list(store, w->number, roll(&w->dice) % w->n_occurrences);
        break;
    }
    if (r != 0)
        atomic_fetch_add(&w->job->n_failed, 1);
}

static unsigned samples_max(enum job_kind kind)
{
    return SAMPLES_MAX / CALLERS_MAX * (kind == JOB_WRITE ? 1 : 64);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    while (!atomic_load(&w->job->ending)) {
        int64_t began_us = now_us();
        do_once(w);
        w->n++;
        if (w->n_samples < samples_max(w->kind))
            w->samples_us[w->n_samples++] = (uint32_t)(now_us() - began_us);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(const struct job *job, const struct worker *workers, unsigned n,
                   enum job_kind kind, double seconds)
{
    static const char *const names[] = {"durable rsvp", "get", "list of 50"};
    static uint32_t all[SAMPLES_MAX];
    uint64_t done = 0;
    size_t n_all = 0;
    unsigned callers = 0;
    for (unsigned i = 0; i < n; i++) {
        if (workers[i].kind != kind)
            continue;
        callers++;
        done += workers[i].n;
        for (unsigned j = 0; j < workers[i].n_samples && n_all < SAMPLES_MAX; j++)
            all[n_all++] = workers[i].samples_us[j];
    }
    qsort(all, n_all, sizeof *all, compare);
    printf("{\"store\":\"%s\",\"job\":\"%s\",\"callers\":%u,\"per_s\":%.0f,\"p50us\":%u,"
           "\"p99us\":%u,\"failed\":%u}\n",
           job->backend->name, names[kind], callers, (double)done / seconds,
           n_all ? all[n_all / 2] : 0, n_all ? all[(size_t)((double)n_all * 0.99)] : 0,
           atomic_load(&job->n_failed));
    (void)fflush(stdout);
}

/* Who works at a time, at what, and for how long. */
struct shift {
    unsigned n_writers, n_readers;
    enum job_kind reading;
    uint64_t n_occurrences;
    double seconds;
};

static int run(struct job *job, const struct shift *shift)
{
    static struct worker workers[CALLERS_MAX + READERS];
    unsigned n = shift->n_writers + shift->n_readers;
    double seconds = shift->seconds;
    pthread_t grouper;
    bool grouped = !job->backend->write;
    atomic_store(&job->ending, false);
    job->group.ending = false;
    if (grouped && pthread_create(&grouper, NULL, commit_groups, job) != 0)
        return 1;
    int64_t began_us = now_us();
    for (unsigned i = 0; i < n; i++) {
        workers[i] = (struct worker){.job = job,
                                     .number = i,
                                     .kind = i < shift->n_writers ? JOB_WRITE : shift->reading,
                                     .dice = i + 1,
                                     .n_occurrences = shift->n_occurrences};
        workers[i].samples_us = malloc(samples_max(workers[i].kind) * sizeof(uint32_t));
        if (!workers[i].samples_us ||
            (job->backend->connect && job->backend->connect(job->store, i) != 0) ||
            pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    (void)nanosleep(&(struct timespec){(time_t)seconds, (long)((seconds - (long)seconds) * 1e9)},
                    NULL);
    atomic_store(&job->ending, true);
    for (unsigned i = 0; i < n; i++)
        (void)pthread_join(workers[i].thread, NULL);
    double spent = (double)(now_us() - began_us) / 1e6;
    if (grouped) {
        (void)pthread_mutex_lock(&job->group.lock);
        job->group.ending = true;
        (void)pthread_cond_signal(&job->group.work);
        (void)pthread_mutex_unlock(&job->group.lock);
        (void)pthread_join(grouper, NULL);
    }
    report(job, workers, n, JOB_WRITE, spent);
    if (shift->n_readers)
        report(job, workers, n, shift->reading, spent);
    for (unsigned i = 0; i < n; i++)
        free(workers[i].samples_us);
    return 0;
}

static int measure(const struct store_backend *backend, const char *directory,
                   uint64_t n_occurrences, double seconds)
{
    static const unsigned callers[] = {1, 16, 64, 256};
    static struct job job;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", directory, backend->name);
    (void)mkdir(path, 0700);
    memset(&job, 0, sizeof job);
    job.backend = backend;
    (void)pthread_mutex_init(&job.group.lock, NULL);
    (void)pthread_cond_init(&job.group.work, NULL);
    (void)pthread_cond_init(&job.group.done, NULL);
    int r = backend->open(&job.store, path, n_occurrences);
    if (r != 0)
        return r;
    struct shift shift = {.n_occurrences = n_occurrences, .seconds = seconds};
    for (unsigned i = 0; r == 0 && i < sizeof callers / sizeof callers[0]; i++) {
        shift.n_writers = callers[i];
        r = run(&job, &shift);
    }
    shift.n_writers = READ_WRITERS;
    shift.n_readers = READERS;
    for (shift.reading = JOB_GET; r == 0 && shift.reading <= JOB_LIST; shift.reading++)
        r = run(&job, &shift);
    backend->close(job.store);
    return r;
}

int main(int argc, char **argv)
{
    static const struct store_backend *const backends[] = {
        &store_convene,
#ifdef HAVE_SQLITE
        &store_sqlite_grouped,
#endif
#ifdef HAVE_POSTGRES
        &store_postgres_grouped,
        &store_postgres_single,
#endif
    };
    uint64_t n_occurrences = 1000000;
    double seconds = 5;
    int i = 2, failed = 0;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--occurrences") == 0)
            n_occurrences = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            seconds = strtod(argv[i + 1], NULL);
    }
    if (argc < 2 || n_occurrences == 0 || seconds <= 0) {
        fprintf(stderr,
                "usage: store_bench DIRECTORY [--occurrences N] [--seconds S] [STORE ...]\n");
        return 2;
    }
    for (unsigned b = 0; b < sizeof backends / sizeof backends[0]; b++) {
        bool wanted = i >= argc;
        for (int j = i; j < argc; j++)
            wanted |= strcmp(argv[j], backends[b]->name) == 0;
        if (wanted)
            failed |= measure(backends[b], argv[1], n_occurrences, seconds) != 0;
    }
    return failed;
}
