#include "cohort/shared.h"

#include "matching/sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_BYTES_MAX ((size_t)4 << 30)
enum { MENTORS_AT_ONCE = 64 }; /* between two questions whether to go on */
#define EVENT_PREFIX "evt"
#define GROUP_PREFIX "grp"
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Points of one meetup, by how long ago it was; together at most CVN_MATCH_MEETUP_POINTS_MAX. */
enum { POINTS_QUARTER = 400, POINTS_YEAR = 250, POINTS_OLDER = 120 };

/* Somebody was somewhere: at a meetup or in a group. */
struct presence {
    struct cvn_id place;
    uint32_t member;  /* index on their side */
    int64_t start_ms; /* of a meetup */
    int32_t points;
    bool mentee;
    bool group;
};

struct list {
    struct presence *items;
    size_t n;
};

/* Those who were at one place: in the list from first on, the mentors before the mentees. */
struct place {
    size_t first, n_mentors, n_mentees;
    size_t n_pairs;
};

/* What one mentor has in common with somebody. */
struct common {
    int32_t points, groups, meetups;
    int64_t last_ms; /* start of the latest meetup */
};

/* All of the mentors, one after another. */
struct sharing {
    struct cvn_arena *scratch;
    struct list list;
    struct place *places; /* that count */
    size_t n_places, n_left_out, n_pairs;
    size_t *first_visit;    /* of each mentor, in visits; and behind the last one */
    uint32_t *visits;       /* places by mentor */
    struct common *commons; /* of the mentor at hand, by mentee */
    uint32_t *met;          /* the mentees that have any; in n_met */
    size_t n_met;
};

static int32_t points_of(int64_t start_ms, int64_t now_ms)
{
    int64_t days = (now_ms - start_ms) / DAY_MS;
    return days <= 90 ? POINTS_QUARTER : days <= 365 ? POINTS_YEAR : POINTS_OLDER;
}

/* What has no id of its kind is no place. */
static void add_presence(struct list *list, const char *prefix, const char *place,
                         const struct presence *presence)
{
    struct cvn_id id;
    if (!cvn_id_parse(&id, prefix, place))
        return;
    list->items[list->n] = *presence;
    list->items[list->n++].place = id;
}

static void add_presences(struct list *list, const struct cvn_cohort_member *members, size_t n,
                          bool mentees, int64_t now_ms)
{
    for (size_t i = 0; i < n; i++) {
        const Convene__Events__V1__Attendance *a = members[i].attendance;
        struct presence presence = {.member = (uint32_t)i, .mentee = mentees};
        for (size_t j = 0; a && j < a->n_events; j++) {
            const Convene__Events__V1__AttendedEvent *event = a->events[j];
            presence.start_ms = event->start_time ? event->start_time->seconds * 1000 : 0;
            presence.points = points_of(presence.start_ms, now_ms);
            add_presence(list, EVENT_PREFIX, event->event_id, &presence);
        }
        presence = (struct presence){.member = (uint32_t)i, .mentee = mentees, .group = true};
        for (size_t j = 0; a && j < a->n_group_ids; j++)
            add_presence(list, GROUP_PREFIX, a->group_ids[j], &presence);
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
    int c = memcmp(x->place.bytes, y->place.bytes, CVN_ID_BYTES);
    if (c == 0)
        c = (int)x->mentee - (int)y->mentee;
    return c ? c : (x->member > y->member) - (x->member < y->member);
}

static bool goes_on(const struct cvn_cohort_input *input)
{
    return !input->go_on || input->go_on(input->arg);
}

static bool ask(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    return goes_on(context);
}

/* There may be millions. */
static int sort_presences(struct list *list, struct cvn_cohort_input *input)
{
    struct cvn_match_progress progress = {ask, input};
    struct cvn_match_pace pace = {.progress = &progress, .total = list->n};
    int r = cvn_match_sort(list->items, list->n, sizeof *list->items, compare_presences, &pace);
    return r == CVN_MATCH_CANCELLED ? CVN_COHORT_STOPPED : r;
}

static size_t measure_place(const struct list *list, size_t first, struct place *ret)
{
    size_t end = first;
    *ret = (struct place){.first = first};
    while (end < list->n && cvn_id_equal(&list->items[end].place, &list->items[first].place))
        *(list->items[end++].mentee ? &ret->n_mentees : &ret->n_mentors) += 1;
    ret->n_pairs = ret->n_mentors * ret->n_mentees;
    return end - first;
}

/* The fewer pairs share a place, the more it tells of them. */
static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->n_pairs != y->n_pairs)
        return x->n_pairs < y->n_pairs ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

/* Chooses the places that count. */
static int choose_places(struct sharing *sharing)
{
    const struct list *list = &sharing->list;
    size_t n = 0, len;
    sharing->places = cvn_arena_alloc_array(sharing->scratch, list->n, sizeof *sharing->places);
    if (!sharing->places)
        return -ENOMEM;
    for (size_t first = 0; first < list->n; first += len) {
        len = measure_place(list, first, &sharing->places[n]);
        n += sharing->places[n].n_pairs > 0;
    }
    if (n > 0)
        qsort(sharing->places, n, sizeof *sharing->places, compare_places);
    while (sharing->n_places < n) {
        size_t pairs = sharing->places[sharing->n_places].n_pairs;
        if (pairs > CVN_COHORT_PAIRS_OF_ONE_MAX || pairs > CVN_COHORT_PAIRS_MAX - sharing->n_pairs)
            break;
        sharing->n_pairs += pairs;
        sharing->n_places++;
    }
    sharing->n_left_out = n - sharing->n_places;
    return 0;
}

/* Lists for each mentor where they were. */
static int list_visits(struct sharing *sharing, size_t n_mentors)
{
    size_t n = 0;
    for (size_t i = 0; i < sharing->n_places; i++)
        n += sharing->places[i].n_mentors;
    sharing->first_visit =
        cvn_arena_alloc_array(sharing->scratch, n_mentors + 2, sizeof *sharing->first_visit);
    sharing->visits = cvn_arena_alloc_array(sharing->scratch, n, sizeof *sharing->visits);
    if (!sharing->first_visit || !sharing->visits)
        return -ENOMEM;
    size_t *next = sharing->first_visit + 1; /* moves to where the next mentor's begin */
    for (size_t i = 0; i < sharing->n_places; i++)
        for (size_t j = 0; j < sharing->places[i].n_mentors; j++)
            next[sharing->list.items[sharing->places[i].first + j].member + 1]++;
    for (size_t i = 1; i <= n_mentors; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < sharing->n_places; i++)
        for (size_t j = 0; j < sharing->places[i].n_mentors; j++)
            sharing->visits[next[sharing->list.items[sharing->places[i].first + j].member]++] =
                (uint32_t)i;
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Adds up what a mentor has in common with each mentee. */
static void add_up(struct sharing *sharing, size_t mentor)
{
    sharing->n_met = 0;
    for (size_t v = sharing->first_visit[mentor]; v < sharing->first_visit[mentor + 1]; v++) {
        const struct place *place = &sharing->places[sharing->visits[v]];
        const struct presence *mentees = &sharing->list.items[place->first + place->n_mentors];
        for (size_t i = 0; i < place->n_mentees; i++) {
            struct common *sum = &sharing->commons[mentees[i].member];
            if (sum->groups == 0 && sum->meetups == 0)
                sharing->met[sharing->n_met++] = mentees[i].member;
            sum->points += mentees[i].points;
            sum->groups += mentees[i].group;
            sum->meetups += !mentees[i].group;
            if (mentees[i].start_ms > sum->last_ms)
                sum->last_ms = mentees[i].start_ms;
        }
    }
    if (sharing->n_met > 0)
        qsort(sharing->met, sharing->n_met, sizeof *sharing->met, compare_numbers);
}

static int32_t at_most(int32_t value, int32_t max)
{
    return value < max ? value : max;
}

/* Writes the rows of all mentors; there are no more of them than pairs that share a place. */
static int write_rows(struct sharing *sharing, struct cvn_cohort *cohort, struct cvn_arena *arena)
{
    const struct cvn_cohort_input *input = &cohort->input;
    size_t n = 0, n_mentees = input->n_mentees;
    struct cvn_match_shared *shared =
        cvn_arena_alloc_unset(arena, sharing->n_pairs * sizeof *shared);
    struct cvn_cohort_met *met = cvn_arena_alloc_unset(arena, sharing->n_pairs * sizeof *met);
    sharing->commons = cvn_arena_alloc_array(sharing->scratch, n_mentees, sizeof *sharing->commons);
    sharing->met = cvn_arena_alloc_array(sharing->scratch, n_mentees, sizeof *sharing->met);
    if (!shared || !met || !sharing->commons || !sharing->met)
        return -ENOMEM;
    for (size_t mentor = 0; mentor < input->n_mentors; mentor++) {
        if (mentor % MENTORS_AT_ONCE == 0 && !goes_on(input))
            return CVN_COHORT_STOPPED;
        add_up(sharing, mentor);
        for (size_t i = 0; i < sharing->n_met; i++, n++) {
            struct common *sum = &sharing->commons[sharing->met[i]];
            met[n] = (struct cvn_cohort_met){sum->meetups, sum->last_ms};
            shared[n] = (struct cvn_match_shared){
                .mentor_id = input->mentors[mentor].person,
                .mentee_id = input->mentees[sharing->met[i]].person,
                .meetup_points = at_most(sum->points, CVN_MATCH_MEETUP_POINTS_MAX),
                .groups = at_most(sum->groups, CVN_MATCH_SHARED_GROUPS_MAX),
            };
            *sum = (struct common){0};
        }
    }
    cohort->met = met;
    cohort->problem.shared = shared;
    cohort->problem.n_shared = n;
    return 0;
}

int cvn_cohort_share(struct cvn_cohort *cohort, struct cvn_arena *arena)
{
    const struct cvn_cohort_input *input = &cohort->input;
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    struct sharing sharing = {.scratch = &scratch};
    struct list *list = &sharing.list;
    size_t n_presences = count_presences(input->mentors, input->n_mentors) +
                         count_presences(input->mentees, input->n_mentees);
    list->items = cvn_arena_alloc_array(&scratch, n_presences, sizeof *list->items);
    if (!list->items)
        return -ENOMEM;
    add_presences(list, input->mentors, input->n_mentors, false, input->now_ms);
    add_presences(list, input->mentees, input->n_mentees, true, input->now_ms);
    if (!goes_on(input))
        return CVN_COHORT_STOPPED;
    int r = sort_presences(list, &cohort->input);
    if (r == 0)
        r = choose_places(&sharing);
    if (r == 0)
        r = list_visits(&sharing, input->n_mentors);
    cohort->n_places_left_out = sharing.n_left_out;
    return r ? r : write_rows(&sharing, cohort, arena);
}
