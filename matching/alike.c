#include "matching/alike.h"

#include "matching/sort.h"

#include <errno.h>
#include <stdlib.h>

struct place {
    uint64_t key;
    uint32_t mentee;
};

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->mentee > y->mentee) - (x->mentee < y->mentee);
}

/* The hour of a day in which somebody is free first; 24: never. */
static uint32_t first_hour(const struct cvn_match_hours *hours)
{
    uint32_t hour = 0;
    for (; hour < 24; hour++)
        for (uint32_t at = hour; at < CVN_MATCH_WEEK_HOURS; at += 24)
            if (hours->bits[at / 64] >> at % 64 & 1)
                return hour;
    return hour;
}

/* The skill wanted most, the hour, and the skill wanted next. */
static uint64_t key_of(const struct cvn_match_cohort *cohort, const struct cvn_match_person *person)
{
    struct {
        uint32_t worth, skill;
    } first = {0, 0}, second = {0, 0};
    for (size_t i = 0; i < person->n_skills; i++) {
        uint32_t skill = person->skills[i].skill;
        uint32_t worth = person->skills[i].priority * cohort->rarity[skill];
        if (worth > first.worth) {
            second = first;
            first.worth = worth;
            first.skill = skill;
        } else if (worth > second.worth) {
            second.worth = worth;
            second.skill = skill;
        }
    }
    return (uint64_t)first.skill << 32 | (uint64_t)first_hour(&person->hours) << 24 |
           (second.skill & 0xffffff);
}

int cvn_match_put_alike_together(const struct cvn_match_cohort *cohort, struct cvn_match_pace *pace,
                                 uint32_t **ret)
{
    uint32_t n = cohort->mentees.n;
    struct place *places = malloc(((size_t)n + 1) * sizeof *places);
    uint32_t *order = malloc(((size_t)n + 1) * sizeof *order);
    int r = places && order ? 0 : -ENOMEM;
    for (uint32_t i = 0; r == 0 && i < n; i++) {
        places[i] = (struct place){key_of(cohort, &cvn_match_cohort_mentee(cohort, i)->person), i};
        r = cvn_match_step(pace, 1);
    }
    if (r == 0)
        r = cvn_match_sort(places, n, sizeof *places, compare, pace);
    for (uint32_t i = 0; r == 0 && i < n; i++)
        order[i] = places[i].mentee;
    free(places);
    if (r == 0)
        *ret = order;
    else
        free(order);
    return r;
}
