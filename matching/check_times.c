#include "matching/matching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WEEK = CVN_MATCH_WEEK_HOURS };

/* A person's hours, or a mentor's and the group's time, found by id. */
struct entry {
    struct cvn_id id;
    const struct cvn_match_hours *free;
    const struct cvn_match_hours *time;
};

static int compare_entries(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES); /* both begin with the id, as does a bare one */
}

static bool is_set(const struct cvn_match_hours *hours, int hour)
{
    return hours->bits[hour / 64] >> hour % 64 & 1;
}

/* How many hours of some are not among others. */
static int count_missing(const struct cvn_match_hours *some, const struct cvn_match_hours *others)
{
    int n = 0;
    for (int hour = 0; hour < WEEK; hour++)
        n += is_set(some, hour) && !is_set(others, hour);
    return n;
}

/* Hours, and how many stretches they make around the week. */
static void measure(const struct cvn_match_hours *hours, int *ret_hours, int *ret_stretches)
{
    *ret_hours = *ret_stretches = 0;
    for (int hour = 0; hour < WEEK; hour++) {
        *ret_hours += is_set(hours, hour);
        *ret_stretches += is_set(hours, hour) && !is_set(hours, (hour + WEEK - 1) % WEEK);
    }
}

static int refute(struct cvn_error *err, const char *whose, const struct cvn_id *id,
                  const char *what)
{
    char text[CVN_ID_TEXT_BYTES];
    cvn_id_format(text, "id", id);
    return cvn_error_set(err, CVN_MATCH_VIOLATION, "%s %s %s", whose, text, what);
}

static int check_mentors(const struct entry *mentors, size_t n, int32_t n_hours,
                         struct cvn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        int hours, stretches;
        measure(mentors[i].time, &hours, &stretches);
        if (hours == 0)
            continue;
        if (hours != n_hours || stretches != 1)
            return refute(err, "mentor", &mentors[i].id, "has a group that meets for another time");
        if (count_missing(mentors[i].time, mentors[i].free) > 0)
            return refute(err, "mentor", &mentors[i].id, "is not free when the group meets");
    }
    return 0;
}

static int check_pairs(const struct cvn_match_answer *answer, const struct entry *mentors,
                       size_t n_mentors, const struct entry *mentees, size_t n_mentees,
                       struct cvn_error *err)
{
    for (size_t i = 0; i < answer->n_pairs; i++) {
        const struct cvn_match_pair *pair = &answer->pairs[i];
        const struct entry *mentor =
            bsearch(&pair->mentor_id, mentors, n_mentors, sizeof *mentor, compare_entries);
        const struct entry *mentee =
            bsearch(&pair->mentee_id, mentees, n_mentees, sizeof *mentee, compare_entries);
        int hours, stretches;
        if (!mentor || !mentee)
            return refute(err, "mentee", &pair->mentee_id, "is paired with somebody unknown");
        measure(mentor->time, &hours, &stretches);
        if (hours == 0)
            return refute(err, "mentee", &pair->mentee_id, "is in a group that never meets");
        if (count_missing(mentor->time, mentee->free) > 0)
            return refute(err, "mentee", &pair->mentee_id, "is not free when the group meets");
    }
    return 0;
}

int cvn_match_check_times(const struct cvn_match_problem *problem, int32_t n_hours,
                          const struct cvn_match_hours *times,
                          const struct cvn_match_answer *answer, struct cvn_error *err)
{
    struct entry *mentors = malloc((problem->n_mentors + 1) * sizeof *mentors);
    struct entry *mentees = malloc((problem->n_mentees + 1) * sizeof *mentees);
    int r = mentors && mentees ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < problem->n_mentors; i++) {
        const struct cvn_match_person *person = &problem->mentors[i].person;
        mentors[i] = (struct entry){person->id, &person->hours, &times[i]};
    }
    for (size_t i = 0; r == 0 && i < problem->n_mentees; i++) {
        const struct cvn_match_person *person = &problem->mentees[i].person;
        mentees[i] = (struct entry){person->id, &person->hours, NULL};
    }
    if (r == 0) {
        qsort(mentors, problem->n_mentors, sizeof *mentors, compare_entries);
        qsort(mentees, problem->n_mentees, sizeof *mentees, compare_entries);
        r = check_mentors(mentors, problem->n_mentors, n_hours, err);
    }
    if (r == 0)
        r = check_pairs(answer, mentors, problem->n_mentors, mentees, problem->n_mentees, err);
    free(mentors);
    free(mentees);
    return r;
}
