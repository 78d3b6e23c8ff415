#include "matching/crew.h"

#include "matching/progress.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

int cvn_match_members_init(struct cvn_match_members *members,
                           const struct cvn_match_problem *problem, const void *like, size_t size)
{
    *members = (struct cvn_match_members){.n = problem->n_threads ? problem->n_threads : 1};
    for (int32_t i = 0; i < members->n; i++) {
        members->items[i] = malloc(size);
        if (!members->items[i])
            return -ENOMEM;
        memcpy(members->items[i], like, size);
    }
    return 0;
}

void cvn_match_members_deinit(struct cvn_match_members *members)
{
    for (int32_t i = 0; i < members->n; i++)
        free(members->items[i]);
    *members = (struct cvn_match_members){.n = 0};
}

struct run {
    const struct cvn_match_crew *crew;
    _Atomic uint64_t next; /* item */
    _Atomic uint64_t n_done;
    atomic_bool stopping;
};

/* One thread, and where it was stopped. */
struct hand {
    struct run *run;
    int32_t member;
    pthread_t thread;
    uint64_t at;
    int result;
};

/* Takes the next items. False when there are none left or the run ends. */
static bool take_chunk(struct run *run, uint64_t *ret_from, uint64_t *ret_to)
{
    const struct cvn_match_crew *crew = run->crew;
    if (atomic_load(&run->stopping))
        return false;
    uint64_t from = atomic_fetch_add(&run->next, crew->chunk);
    if (from >= crew->n_items)
        return false;
    *ret_from = from;
    *ret_to = crew->n_items - from < crew->chunk ? crew->n_items : from + crew->chunk;
    return true;
}

static void work(struct hand *hand, const struct cvn_match_progress *progress)
{
    struct run *run = hand->run;
    const struct cvn_match_crew *crew = run->crew;
    uint64_t from, to;
    while (hand->result == 0 && take_chunk(run, &from, &to)) {
        if (progress)
            hand->result =
                cvn_match_tell(progress, crew->phase, atomic_load(&run->n_done), crew->n_items);
        if (hand->result == 0)
            hand->result = crew->work(crew->members[hand->member], from, to);
        hand->at = from;
        atomic_fetch_add(&run->n_done, to - from);
    }
    if (hand->result != 0)
        atomic_store(&run->stopping, true);
}

static void *work_apart(void *arg)
{
    work(arg, NULL);
    return NULL;
}

/* Chunks are taken in their order and finished, so the first that ended the run is among these. */
static int first_result(const struct hand *hands, int32_t n_hands, int32_t *ret_member)
{
    const struct hand *first = NULL;
    for (int32_t i = 0; i < n_hands; i++)
        if (hands[i].result != 0 && (!first || hands[i].at < first->at))
            first = &hands[i];
    if (first && ret_member)
        *ret_member = first->member;
    return first ? first->result : 0;
}

int cvn_match_crew_run(const struct cvn_match_crew *crew, int32_t *ret_member)
{
    struct run run = {.crew = crew};
    struct hand hands[CVN_MATCH_THREADS_MAX] = {{0}};
    int32_t n_hands = 1;
    for (int32_t i = 0; i < crew->n_members; i++)
        hands[i] = (struct hand){.run = &run, .member = i};
    while (n_hands < crew->n_members &&
           pthread_create(&hands[n_hands].thread, NULL, work_apart, &hands[n_hands]) == 0)
        n_hands++;
    work(&hands[0], crew->progress);
    for (int32_t i = 1; i < n_hands; i++)
        (void)pthread_join(hands[i].thread, NULL);
    int r = first_result(hands, n_hands, ret_member);
    return r ? r : cvn_match_tell(crew->progress, crew->phase, crew->n_items, crew->n_items);
}
