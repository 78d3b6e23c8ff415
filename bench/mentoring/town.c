#include "bench/mentoring/town.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 1, PEOPLE_PER_GROUP = 200, OF_PERSON = 1, OF_GROUP, OF_EVENT, OF_PLACE, OF_VISIT };

static uint64_t dice(uint64_t number, uint64_t salt)
{
    uint64_t state = number * UINT64_C(0xd6e8feb86659fd93) + salt;
    return cohort_random(&state);
}

/* One of n, lower ones more often: any of the first n, n / 2, n / 4 …, each as likely. */
static uint32_t pick(uint64_t number, uint64_t salt, uint32_t n)
{
    uint32_t halvings = (uint32_t)(dice(number, salt) % 8), range = n >> halvings;
    return range ? (uint32_t)(dice(number, salt + 50) % range) : 0;
}

static struct cvn_id make_id(uint32_t number, uint64_t salt)
{
    uint8_t random[10];
    uint64_t words[2] = {dice(number, salt), dice(number, salt + 100)};
    memcpy(random, words, sizeof random);
    return cvn_id_make(INT64_C(1700000000000) + number, random);
}

struct cvn_id town_person_id(uint32_t number)
{
    return make_id(number, OF_PERSON);
}

struct cvn_id town_group_id(uint32_t number)
{
    return make_id(number, OF_GROUP);
}

struct cvn_id town_event_id(uint32_t group, uint32_t meetup)
{
    return make_id(meetup * 100000 + group, OF_EVENT);
}

const struct cvn_match_person *town_person(const struct town *town, uint32_t number)
{
    const struct cvn_match_problem *problem = &town->cohort.problem;
    return number < problem->n_mentees ? &town->cohort.mentees[number].person
                                       : &town->cohort.mentors[number - problem->n_mentees].person;
}

int town_init(struct town *town, uint32_t n_mentees, uint32_t meetups, int64_t now_ms)
{
    struct cohort_shape shape = cohort_shape_of(n_mentees, SEED);
    *town = (struct town){.meetups = meetups, .now_ms = now_ms};
    shape.shared = 0; /* the events service tells */
    shape.excluded = shape.ranked = shape.previous = 0;
    int r = cohort_init(&town->cohort, &shape);
    if (r)
        return r;
    town->n_people = (uint32_t)(shape.n_mentees + shape.n_mentors);
    town->n_groups = meetups ? town->n_people / PEOPLE_PER_GROUP + 1 : 0;
    town->groups = calloc(town->n_people, sizeof *town->groups);
    if (!town->groups)
        return -ENOMEM;
    for (uint32_t i = 0; i < town->n_people; i++)
        for (uint32_t j = 0; j < TOWN_GROUPS_MAX; j++)
            town->groups[i][j] =
                town->n_groups ? pick(i, OF_PLACE + 1000 * j, town->n_groups) : UINT32_MAX;
    return 0;
}

void town_deinit(struct town *town)
{
    cohort_deinit(&town->cohort);
    free(town->groups);
}

bool town_is_member(const struct town *town, uint32_t person, uint32_t group)
{
    for (uint32_t j = 0; j < TOWN_GROUPS_MAX; j++)
        if (town->groups[person][j] == group)
            return true;
    return false;
}

bool town_came(const struct town *town, uint32_t person, uint32_t group, uint32_t meetup)
{
    uint64_t number = ((uint64_t)person * TOWN_MEETUPS + meetup) * 100000 + group;
    return dice(number, OF_VISIT) % (TOWN_GROUPS_MAX * TOWN_MEETUPS) < town->meetups;
}
