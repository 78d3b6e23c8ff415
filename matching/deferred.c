#include "matching/deferred.h"

#include "matching/directory.h"
#include "matching/progress.h"

#include <errno.h>
#include <stdlib.h>

enum { TELL_EVERY_PROPOSALS = 1 << 16 };

struct holder {
    uint64_t draw;
    uint32_t mentee;
    uint32_t score;
};

struct chair {
    uint32_t first; /* of its seats in holders */
    uint32_t n_held;
    uint32_t n_seats; /* no more than mentees who could sit there */
};

struct run {
    const struct cvn_match_instance *instance;
    const struct cvn_match_progress *progress;
    struct chair *chairs;   /* by mentor */
    struct holder *holders; /* a heap for each mentor, the least liked on top */
    uint64_t *next;         /* by mentee: the edge it holds, or would try next */
    uint32_t n_started;
    int64_t n_proposals;
};

static bool is_liked_less(const struct holder *a, const struct holder *b)
{
    if (a->score != b->score)
        return a->score < b->score;
    return a->draw != b->draw ? a->draw > b->draw : a->mentee > b->mentee;
}

static void add(struct holder *heap, uint32_t at, struct holder holder)
{
    for (uint32_t parent; at > 0 && is_liked_less(&holder, &heap[parent = (at - 1) / 2]);
         at = parent)
        heap[at] = heap[parent];
    heap[at] = holder;
}

static void replace_least(struct holder *heap, uint32_t n, struct holder holder)
{
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_liked_less(&heap[child + 1], &heap[child]))
            child++;
        if (!is_liked_less(&heap[child], &holder))
            break;
        heap[at] = heap[child];
    }
    heap[at] = holder;
}

static int tell(const struct run *run)
{
    return cvn_match_tell(run->progress, CVN_MATCH_PHASE_SOLVE, run->n_started,
                          run->instance->n_mentees);
}

/* Seats one mentee, and whoever loses a seat by that, until nobody is left who could ask on. */
static int seat(struct run *run, uint32_t mentee)
{
    const struct cvn_match_instance *in = run->instance;
    while (run->next[mentee] < in->first[mentee + 1]) {
        if (run->n_proposals++ % TELL_EVERY_PROPOSALS == 0 && tell(run) != 0)
            return CVN_MATCH_CANCELLED;
        const struct cvn_match_candidate *edge = &in->edges[run->next[mentee]];
        struct chair *chair = &run->chairs[edge->mentor];
        struct holder *heap = run->holders + chair->first;
        struct holder asker = {in->lottery ? in->lottery[mentee] : mentee, mentee,
                               edge->mentor_score};
        if (chair->n_held < chair->n_seats) {
            add(heap, chair->n_held++, asker);
            return 0;
        }
        if (chair->n_seats > 0 && is_liked_less(&heap[0], &asker)) {
            mentee = heap[0].mentee;
            replace_least(heap, chair->n_held, asker);
        }
        run->next[mentee]++;
    }
    return 0;
}

static int allocate(struct run *run)
{
    const struct cvn_match_instance *in = run->instance;
    run->chairs = calloc((size_t)in->n_mentors + 1, sizeof *run->chairs);
    run->next = malloc(((size_t)in->n_mentees + 1) * sizeof *run->next);
    if (!run->chairs || !run->next)
        return -ENOMEM;
    for (uint64_t e = 0; e < in->first[in->n_mentees]; e++)
        run->chairs[in->edges[e].mentor].n_seats++;
    uint32_t first = 0;
    for (uint32_t j = 0; j < in->n_mentors; j++) {
        struct chair *chair = &run->chairs[j];
        if (chair->n_seats > in->seats[j])
            chair->n_seats = in->seats[j];
        chair->first = first;
        first += chair->n_seats;
    }
    for (uint32_t i = 0; i < in->n_mentees; i++)
        run->next[i] = in->first[i];
    run->holders = malloc(((size_t)first + 1) * sizeof *run->holders);
    return run->holders ? 0 : -ENOMEM;
}

int cvn_match_defer(struct cvn_match_stable *ret, const struct cvn_match_instance *instance,
                    const struct cvn_match_progress *progress)
{
    struct run run = {.instance = instance, .progress = progress};
    int r = allocate(&run);
    if (r == 0)
        r = tell(&run);
    for (; r == 0 && run.n_started < instance->n_mentees; run.n_started++)
        r = seat(&run, run.n_started);
    if (r == 0)
        r = tell(&run);
    if (r == 0) {
        *ret = (struct cvn_match_stable){.edge = run.next, .n_proposals = run.n_proposals};
        run.next = NULL;
        for (uint32_t i = 0; i < instance->n_mentees; i++) {
            if (ret->edge[i] == instance->first[i + 1])
                ret->edge[i] = CVN_MATCH_NO_EDGE;
            ret->n_placed += ret->edge[i] != CVN_MATCH_NO_EDGE;
        }
    }
    free(run.chairs);
    free(run.holders);
    free(run.next);
    return r;
}

void cvn_match_stable_deinit(struct cvn_match_stable *stable)
{
    free(stable->edge);
    *stable = (struct cvn_match_stable){0};
}
