#include "matching/deferred.h"

#include "matching/directory.h"
#include "matching/progress.h"

#include <errno.h>
#include <stdlib.h>

/* So many propose at a time, after what they will read has been brought near. */
enum { GROUP = 64, TELL_EVERY_GROUPS = 1 << 9 };

struct holder {
    uint32_t mentee;
    uint32_t score;
};

struct chair {
    uint32_t first; /* of its seats in holders */
    uint32_t n_held;
    uint32_t n_seats;
};

/* Edges of a mentee that were not yet refused; the first of them is held when it has a seat. */
struct list {
    uint64_t next;
    uint64_t end;
};

struct run {
    const struct cvn_match_instance *instance;
    const struct cvn_match_progress *progress;
    uint16_t *bars;       /* by mentor: lower scores are refused without a look at who sits there */
    struct chair *chairs; /* by mentor */
    struct holder *holders; /* a heap for each mentor, the least liked on top */
    struct list *lists;     /* by mentee */
    uint64_t *waiting;      /* a bit for each mentee who has a proposal to make */
    uint32_t n_waiting;
    uint32_t n_groups; /* since the last report */
};

/* A mentee of a group, and where its next proposal goes. */
struct asker {
    uint32_t mentee;
    uint32_t mentor;
};

static uint64_t draw_of(const struct cvn_match_instance *in, uint32_t mentee)
{
    return in->lottery ? in->lottery[mentee] : mentee;
}

static bool is_liked_less(const struct cvn_match_instance *in, struct holder a, struct holder b)
{
    if (a.score != b.score)
        return a.score < b.score;
    uint64_t draw_a = draw_of(in, a.mentee), draw_b = draw_of(in, b.mentee);
    return draw_a != draw_b ? draw_a > draw_b : a.mentee > b.mentee;
}

static void add(const struct cvn_match_instance *in, struct holder *heap, uint32_t at,
                struct holder holder)
{
    for (uint32_t parent; at > 0 && is_liked_less(in, holder, heap[parent = (at - 1) / 2]);
         at = parent)
        heap[at] = heap[parent];
    heap[at] = holder;
}

static void replace_least(const struct cvn_match_instance *in, struct holder *heap, uint32_t n,
                          struct holder holder)
{
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_liked_less(in, heap[child + 1], heap[child]))
            child++;
        if (!is_liked_less(in, heap[child], holder))
            break;
        heap[at] = heap[child];
    }
    heap[at] = holder;
}

static void set_waiting(struct run *run, uint32_t mentee)
{
    run->waiting[mentee / 64] |= UINT64_C(1) << mentee % 64;
    run->n_waiting++;
}

/* Passes over the mentors who would refuse at once. False when the list is at its end. */
static bool find_next(const struct run *run, uint32_t mentee, uint32_t *ret_mentor)
{
    const struct cvn_match_candidate *edges = run->instance->edges;
    struct list *list = &run->lists[mentee];
    uint64_t e = list->next;
    while (e < list->end && edges[e].mentor_score < run->bars[edges[e].mentor])
        e++;
    list->next = e;
    if (e < list->end)
        *ret_mentor = edges[e].mentor;
    return e < list->end;
}

/* Whether the mentor takes the mentee, by the first edge of its list; who had the seat waits. */
static bool takes(struct run *run, uint32_t mentor, uint32_t mentee)
{
    const struct cvn_match_instance *in = run->instance;
    struct chair *chair = &run->chairs[mentor];
    struct holder *heap = run->holders + chair->first;
    struct holder asker = {mentee, in->edges[run->lists[mentee].next].mentor_score};
    if (chair->n_held < chair->n_seats) {
        add(in, heap, chair->n_held++, asker);
    } else {
        if (chair->n_seats == 0 || !is_liked_less(in, heap[0], asker))
            return false;
        run->lists[heap[0].mentee].next++;
        set_waiting(run, heap[0].mentee);
        replace_least(in, heap, chair->n_held, asker);
    }
    if (chair->n_held == chair->n_seats)
        run->bars[mentor] = (uint16_t)heap[0].score;
    return true;
}

/* A mentee proposes until somebody takes it or nobody is left. */
static void propose(struct run *run, uint32_t mentee)
{
    uint32_t mentor;
    while (find_next(run, mentee, &mentor) && !takes(run, mentor, mentee))
        run->lists[mentee].next++;
}

/* What a proposal reads leads from one thing to the next, each fetched for the whole group. */
static void propose_all(struct run *run, struct asker *group, uint32_t n)
{
    const struct cvn_match_candidate *edges = run->instance->edges;
    uint32_t n_left = 0;
    for (uint32_t i = 0; i < n; i++)
        __builtin_prefetch(&edges[run->lists[group[i].mentee].next]);
    for (uint32_t i = 0; i < n; i++) {
        if (!find_next(run, group[i].mentee, &group[i].mentor))
            continue;
        __builtin_prefetch(&run->chairs[group[i].mentor]);
        group[n_left++] = group[i];
    }
    for (uint32_t i = 0; i < n_left; i++)
        __builtin_prefetch(&run->holders[run->chairs[group[i].mentor].first]);
    for (uint32_t i = 0; i < n_left; i++)
        propose(run, group[i].mentee);
}

/* The next of those who wait, from a word of their bits on; they wait no more. */
static uint32_t gather(struct run *run, uint32_t *word, struct asker group[GROUP])
{
    uint32_t n_words = (run->instance->n_mentees + 63) / 64, n = 0;
    for (; *word < n_words; ++*word)
        for (uint64_t *bits = &run->waiting[*word]; *bits; *bits &= *bits - 1) {
            if (n == GROUP)
                return n;
            group[n].mentee = 64 * *word + (uint32_t)__builtin_ctzll(*bits);
            __builtin_prefetch(&run->lists[group[n++].mentee]);
            run->n_waiting--;
        }
    return n;
}

/* Everybody who waits proposes, by their numbers, so that what is read lies in one direction. */
static int sweep(struct run *run)
{
    uint32_t n_mentees = run->instance->n_mentees, word = 0;
    struct asker group[GROUP];
    int r = 0;
    for (uint32_t n; r == 0 && (n = gather(run, &word, group)) > 0;) {
        propose_all(run, group, n);
        if (++run->n_groups % TELL_EVERY_GROUPS == 0)
            r = cvn_match_tell(run->progress, CVN_MATCH_PHASE_SOLVE, n_mentees - run->n_waiting,
                               n_mentees);
    }
    return r;
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

static int run_init(struct run *run)
{
    const struct cvn_match_instance *in = run->instance;
    run->bars = calloc((size_t)in->n_mentors + 1, sizeof *run->bars);
    run->chairs = calloc((size_t)in->n_mentors + 1, sizeof *run->chairs);
    run->lists = malloc(((size_t)in->n_mentees + 1) * sizeof *run->lists);
    run->waiting = calloc((size_t)in->n_mentees / 64 + 1, sizeof *run->waiting);
    if (!run->bars || !run->chairs || !run->lists || !run->waiting)
        return -ENOMEM;
    uint32_t first = 0;
    count_seats(run);
    for (uint32_t j = 0; j < in->n_mentors; j++) {
        run->chairs[j].first = first;
        first += run->chairs[j].n_seats;
    }
    for (uint32_t i = 0; i < in->n_mentees; i++) {
        run->lists[i] = (struct list){in->first[i], in->first[i + 1]};
        set_waiting(run, i);
    }
    run->holders = malloc(((size_t)first + 1) * sizeof *run->holders);
    return run->holders ? 0 : -ENOMEM;
}

static void run_deinit(struct run *run)
{
    free(run->bars);
    free(run->chairs);
    free(run->holders);
    free(run->lists);
    free(run->waiting);
}

static int hand_over(const struct run *run, struct cvn_match_stable *ret)
{
    const struct cvn_match_instance *in = run->instance;
    struct cvn_match_stable made = {
        .edge = malloc(((size_t)in->n_mentees + 1) * sizeof *made.edge),
    };
    if (!made.edge)
        return -ENOMEM;
    for (uint32_t i = 0; i < in->n_mentees; i++) {
        const struct list *list = &run->lists[i];
        bool is_placed = list->next < list->end;
        made.edge[i] = is_placed ? list->next : CVN_MATCH_NO_EDGE;
        made.n_placed += is_placed;
        made.n_proposals += (int64_t)(list->next - in->first[i]) + is_placed;
    }
    *ret = made;
    return 0;
}

int cvn_match_defer(struct cvn_match_stable *ret, const struct cvn_match_instance *instance,
                    const struct cvn_match_progress *progress)
{
    struct run run = {.instance = instance, .progress = progress};
    int r = run_init(&run);
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, 0, instance->n_mentees);
    while (r == 0 && run.n_waiting > 0)
        r = sweep(&run);
    if (r == 0)
        r = cvn_match_tell(progress, CVN_MATCH_PHASE_SOLVE, instance->n_mentees,
                           instance->n_mentees);
    if (r == 0)
        r = hand_over(&run, ret);
    run_deinit(&run);
    return r;
}

void cvn_match_stable_deinit(struct cvn_match_stable *stable)
{
    free(stable->edge);
    *stable = (struct cvn_match_stable){0};
}
