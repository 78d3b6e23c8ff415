#include "cohort/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Points of one meetup, by how long ago it was; together at most CVN_MATCH_MEETUP_POINTS_MAX. */
enum { POINTS_QUARTER = 400, POINTS_YEAR = 250, POINTS_OLDER = 120 };

/* Somebody was somewhere: at a meetup or in a group. */
struct presence {
    const char *place; /* its id */
    uint32_t member;   /* index on their side */
    int64_t start_ms;  /* of a meetup */
    int32_t points;
    bool mentee;
    bool group;
};

struct list {
    struct presence *items;
    size_t n;
};

/* Two people and one thing in common. */
struct common {
    uint32_t mentor, mentee;
    int32_t points, groups, meetups;
    int64_t last_ms; /* start of the latest meetup */
};

static int32_t points_of(int64_t start_ms, int64_t now_ms)
{
    int64_t days = (now_ms - start_ms) / DAY_MS;
    return days <= 90 ? POINTS_QUARTER : days <= 365 ? POINTS_YEAR : POINTS_OLDER;
}

static void add_presences(struct list *list, const struct cvn_cohort_member *members, size_t n,
                          bool mentees, int64_t now_ms)
{
    for (size_t i = 0; i < n; i++) {
        const Convene__Events__V1__Attendance *a = members[i].attendance;
        for (size_t j = 0; a && j < a->n_events; j++) {
            int64_t start_ms =
                a->events[j]->start_time ? a->events[j]->start_time->seconds * 1000 : 0;
            list->items[list->n++] = (struct presence){
                .place = a->events[j]->event_id,
                .member = (uint32_t)i,
                .start_ms = start_ms,
                .points = points_of(start_ms, now_ms),
                .mentee = mentees,
            };
        }
        for (size_t j = 0; a && j < a->n_group_ids; j++)
            list->items[list->n++] = (struct presence){
                .place = a->group_ids[j], .member = (uint32_t)i, .mentee = mentees, .group = true};
    }
}

static size_t count_presences(const struct cvn_cohort_member *members, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (members[i].attendance)
            count += members[i].attendance->n_events + members[i].attendance->n_group_ids;
    return count;
}

/* By place, mentors before mentees, then by index. */
static int compare_presences(const void *a, const void *b)
{
    const struct presence *x = a, *y = b;
    int c = strcmp(x->place, y->place);
    if (c == 0)
        c = (int)x->mentee - (int)y->mentee;
    return c ? c : (x->member > y->member) - (x->member < y->member);
}

static int compare_commons(const void *a, const void *b)
{
    const struct common *x = a, *y = b;
    if (x->mentor != y->mentor)
        return x->mentor < y->mentor ? -1 : 1;
    return (x->mentee > y->mentee) - (x->mentee < y->mentee);
}

/* How many of the presences from first on are at one place, and how many of these are mentors. */
static size_t measure_place(const struct list *list, size_t first, size_t *ret_mentors)
{
    size_t end = first, mentors = 0;
    while (end < list->n && strcmp(list->items[end].place, list->items[first].place) == 0)
        mentors += !list->items[end++].mentee;
    *ret_mentors = mentors;
    return end - first;
}

/* How many commons all places make together, those that are too common left out. */
static size_t count_commons(const struct list *list)
{
    size_t count = 0, mentors, n;
    for (size_t first = 0; first < list->n; first += n) {
        n = measure_place(list, first, &mentors);
        size_t pairs = mentors * (n - mentors);
        if (pairs <= CVN_COHORT_PAIRS_OF_ONE_MAX && pairs <= CVN_COHORT_PAIRS_MAX - count)
            count += pairs;
    }
    return count;
}

static struct common common_of(const struct presence *mentor, const struct presence *mentee)
{
    return (struct common){
        .mentor = mentor->member,
        .mentee = mentee->member,
        .points = mentor->points,
        .groups = mentor->group,
        .meetups = !mentor->group,
        .last_ms = mentor->start_ms,
    };
}

static size_t list_commons(const struct list *list, struct common *commons)
{
    size_t count = 0, mentors, n;
    for (size_t first = 0; first < list->n; first += n) {
        n = measure_place(list, first, &mentors);
        size_t pairs = mentors * (n - mentors);
        if (pairs > CVN_COHORT_PAIRS_OF_ONE_MAX || pairs > CVN_COHORT_PAIRS_MAX - count)
            continue;
        for (size_t i = first; i < first + mentors; i++)
            for (size_t j = first + mentors; j < first + n; j++)
                commons[count++] = common_of(&list->items[i], &list->items[j]);
    }
    return count;
}

/* Adds up what each two have in common. */
static size_t merge(struct common *commons, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || compare_commons(&commons[kept - 1], &commons[i]) != 0) {
            commons[kept++] = commons[i];
            continue;
        }
        struct common *sum = &commons[kept - 1];
        sum->points += commons[i].points;
        sum->groups += commons[i].groups;
        sum->meetups += commons[i].meetups;
        if (commons[i].last_ms > sum->last_ms)
            sum->last_ms = commons[i].last_ms;
    }
    return kept;
}

static int32_t at_most(int32_t value, int32_t max)
{
    return value < max ? value : max;
}

int cvn_cohort_share(struct cvn_cohort *cohort, struct cvn_arena *arena)
{
    const struct cvn_cohort_input *input = &cohort->input;
    struct list list = {0};
    size_t n_presences = count_presences(input->mentors, input->n_mentors) +
                         count_presences(input->mentees, input->n_mentees);
    list.items = cvn_arena_alloc_array(arena, n_presences, sizeof *list.items);
    if (!list.items)
        return -ENOMEM;
    add_presences(&list, input->mentors, input->n_mentors, false, input->now_ms);
    add_presences(&list, input->mentees, input->n_mentees, true, input->now_ms);
    if (list.n > 0)
        qsort(list.items, list.n, sizeof *list.items, compare_presences);
    size_t n = count_commons(&list);
    struct common *commons = cvn_arena_alloc_array(arena, n, sizeof *commons);
    if (!commons)
        return -ENOMEM;
    n = list_commons(&list, commons);
    if (n > 0)
        qsort(commons, n, sizeof *commons, compare_commons);
    n = merge(commons, n);
    struct cvn_match_shared *shared = cvn_arena_alloc_array(arena, n, sizeof *shared);
    struct cvn_cohort_met *met = cvn_arena_alloc_array(arena, n, sizeof *met);
    if (!shared || !met)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        met[i] = (struct cvn_cohort_met){commons[i].meetups, commons[i].last_ms};
        shared[i] = (struct cvn_match_shared){
            .mentor_id = input->mentors[commons[i].mentor].person,
            .mentee_id = input->mentees[commons[i].mentee].person,
            .meetup_points = at_most(commons[i].points, CVN_MATCH_MEETUP_POINTS_MAX),
            .groups = at_most(commons[i].groups, CVN_MATCH_SHARED_GROUPS_MAX),
        };
    }
    cohort->met = met;
    cohort->problem.shared = shared;
    cohort->problem.n_shared = n;
    return 0;
}
