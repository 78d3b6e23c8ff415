#include "matching/deferred.h"

#include "matching/directory.h"
#include "matching/progress.h"

#include <errno.h>
#include <stdlib.h>

/* So many propose at a time, after what they will read has been brought near. */
enum { GROUP = 64, TELL_EVERY_PROPOSALS = 1 << 16 };

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
    uint32_t asking[GROUP]; /* mentees who have a proposal to make */
    uint32_t n_asking;
    uint32_t n_begun;
    int64_t n_proposals;
    int64_t tell_at;
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

/* What a proposal reads leads from one thing to the next, each fetched while others propose. */
enum { AHEAD_HOLDERS = 4, AHEAD_CHAIR = 10, AHEAD_EDGE = 16 };

static bool has_next(const struct run *run, uint32_t mentee)
{
    return run->next[mentee] < run->instance->first[mentee + 1];
}

static void fetch_edge(const struct run *run, uint32_t i)
{
    if (i < run->n_asking)
        __builtin_prefetch(&run->instance->edges[run->next[run->asking[i]]]);
}

static void fetch_chair(const struct run *run, uint32_t i)
{
    if (i < run->n_asking && has_next(run, run->asking[i]))
        __builtin_prefetch(&run->chairs[run->instance->edges[run->next[run->asking[i]]].mentor]);
}

static void fetch_holders(const struct run *run, uint32_t i)
{
    if (i < run->n_asking && has_next(run, run->asking[i]))
        __builtin_prefetch(
            &run->holders[run->chairs[run->instance->edges[run->next[run->asking[i]]].mentor]
                              .first]);
}

/* Each of the group proposes once; who has to propose on takes their place, or the next mentee. */
static int take_turn(struct run *run)
{
    const struct cvn_match_instance *in = run->instance;
    while (run->n_asking < GROUP && run->n_begun < in->n_mentees)
        run->asking[run->n_asking++] = run->n_begun++;
    uint32_t n_left = 0;
    for (uint32_t i = 0; i < AHEAD_EDGE; i++)
        fetch_edge(run, i);
    for (uint32_t i = 0; i < AHEAD_CHAIR; i++)
        fetch_chair(run, i);
    for (uint32_t i = 0; i < AHEAD_HOLDERS; i++)
        fetch_holders(run, i);
    for (uint32_t i = 0; i < run->n_asking; i++) {
        fetch_edge(run, i + AHEAD_EDGE);
        fetch_chair(run, i + AHEAD_CHAIR);
        fetch_holders(run, i + AHEAD_HOLDERS);
        uint32_t again = propose(run, run->asking[i]);
        if (again != CVN_MATCH_NOBODY) {
            __builtin_prefetch(&run->next[again]);
            __builtin_prefetch(&in->first[again + 1]);
            run->asking[n_left++] = again;
        }
    }
    run->n_asking = n_left;
    if (run->n_proposals < run->tell_at)
        return 0;
    run->tell_at = run->n_proposals + TELL_EVERY_PROPOSALS;
    return cvn_match_tell(run->progress, CVN_MATCH_PHASE_SOLVE, run->n_begun, in->n_mentees);
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
    if (!run->chairs || !run->next)
        return -ENOMEM;
    uint32_t first = 0;
    count_seats(run);
    for (uint32_t j = 0; j < in->n_mentors; j++) {
        struct chair *chair = &run->chairs[j];
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
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, 0, instance->n_mentees);
    while (r == 0 && (run.n_asking > 0 || run.n_begun < instance->n_mentees))
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
    free(run.next);
    return r;
}

void cvn_match_stable_deinit(struct cvn_match_stable *stable)
{
    free(stable->edge);
    *stable = (struct cvn_match_stable){0};
}
