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
    uint32_t n_seats;
};

struct run {
    const struct cvn_match_instance *instance;
    const struct cvn_match_progress *progress;
    struct chair *chairs;   /* by mentor */
    struct holder *holders; /* a heap for each mentor, the least liked on top */
    uint64_t *next;         /* by mentee: the edge it holds, or would try next */
    uint32_t *asking;       /* mentees who have a proposal to make */
    uint32_t n_asking;
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

/* A mentee proposes once. Returns who has to propose on: it, who lost the seat, or nobody. */
static uint32_t propose(struct run *run, uint32_t mentee)
{
    const struct cvn_match_instance *in = run->instance;
    if (run->next[mentee] == in->first[mentee + 1])
        return CVN_MATCH_NOBODY;
    const struct cvn_match_candidate *edge = &in->edges[run->next[mentee]];
    struct chair *chair = &run->chairs[edge->mentor];
    struct holder *heap = run->holders + chair->first;
    struct holder asker = {in->lottery ? in->lottery[mentee] : mentee, mentee, edge->mentor_score};
    run->n_proposals++;
    if (chair->n_held < chair->n_seats) {
        add(heap, chair->n_held++, asker);
        return CVN_MATCH_NOBODY;
    }
    if (chair->n_seats > 0 && is_liked_less(&heap[0], &asker)) {
        mentee = heap[0].mentee;
        replace_least(heap, chair->n_held, asker);
    }
    run->next[mentee]++;
    return mentee;
}

/* So many propose at a time, after what they will read has been brought near. */
enum { GROUP = 16 };

static void bring_near(const struct run *run, const uint32_t *mentees, uint32_t n)
{
    const struct cvn_match_candidate *edges = run->instance->edges;
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(&edges[run->next[mentees[i]]]);
    for (uint32_t i = 0; i < n; i++)
        if (run->next[mentees[i]] < run->instance->first[mentees[i] + 1])
            __builtin_prefetch(&run->chairs[edges[run->next[mentees[i]]].mentor]);
    for (uint32_t i = 0; i < n; i++)
        if (run->next[mentees[i]] < run->instance->first[mentees[i] + 1])
            __builtin_prefetch(
                &run->holders[run->chairs[edges[run->next[mentees[i]]].mentor].first]);
}

/* Everybody who asks proposes once; who has to propose on asks again. */
static int take_turn(struct run *run)
{
    uint32_t n = run->n_asking, n_left = 0;
    for (uint32_t from = 0; from < n; from += GROUP) {
        uint32_t n_group = n - from < GROUP ? n - from : GROUP;
        bring_near(run, run->asking + from, n_group);
        for (uint32_t i = from; i < from + n_group; i++) {
            uint32_t again = propose(run, run->asking[i]);
            if (again != CVN_MATCH_NOBODY)
                run->asking[n_left++] = again;
        }
        if (from % TELL_EVERY_PROPOSALS == 0 &&
            cvn_match_tell(run->progress, CVN_MATCH_PHASE_SOLVE, run->instance->n_mentees - n,
                           run->instance->n_mentees) != 0)
            return CVN_MATCH_CANCELLED;
    }
    run->n_asking = n_left;
    return 0;
}

/* Seats that nobody could take get no room, where there would be many. */
static void count_seats(struct run *run)
{
    const struct cvn_match_instance *in = run->instance;
    uint64_t n_seats = 0;
    for (uint32_t j = 0; j < in->n_mentors; j++)
        n_seats += run->chairs[j].n_seats = in->seats[j];
    if (n_seats <= 2 * (uint64_t)in->n_mentees)
        return;
    for (uint32_t j = 0; j < in->n_mentors; j++)
        run->chairs[j].n_seats = 0;
    for (uint64_t e = 0; e < in->first[in->n_mentees]; e++) {
        struct chair *chair = &run->chairs[in->edges[e].mentor];
        chair->n_seats += chair->n_seats < in->seats[in->edges[e].mentor];
    }
}

static int allocate(struct run *run)
{
    const struct cvn_match_instance *in = run->instance;
    run->chairs = calloc((size_t)in->n_mentors + 1, sizeof *run->chairs);
    run->next = malloc(((size_t)in->n_mentees + 1) * sizeof *run->next);
    run->asking = malloc(((size_t)in->n_mentees + 1) * sizeof *run->asking);
    if (!run->chairs || !run->next || !run->asking)
        return -ENOMEM;
    uint32_t first = 0;
    count_seats(run);
    for (uint32_t j = 0; j < in->n_mentors; j++) {
        struct chair *chair = &run->chairs[j];
        chair->first = first;
        first += chair->n_seats;
    }
    for (uint32_t i = 0; i < in->n_mentees; i++) {
        run->next[i] = in->first[i];
        run->asking[i] = i;
    }
    run->n_asking = in->n_mentees;
    run->holders = malloc(((size_t)first + 1) * sizeof *run->holders);
    return run->holders ? 0 : -ENOMEM;
}

int cvn_match_defer(struct cvn_match_stable *ret, const struct cvn_match_instance *instance,
                    const struct cvn_match_progress *progress)
{
    struct run run = {.instance = instance, .progress = progress};
    int r = allocate(&run);
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, 0, instance->n_mentees);
    while (r == 0 && run.n_asking > 0)
        r = take_turn(&run);
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, instance->n_mentees,
                           instance->n_mentees);
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
    free(run.asking);
    free(run.next);
    return r;
}

void cvn_match_stable_deinit(struct cvn_match_stable *stable)
{
    free(stable->edge);
    *stable = (struct cvn_match_stable){0};
}
