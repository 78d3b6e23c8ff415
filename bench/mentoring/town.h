/*
 * People of a mentoring programme (bench/cohort.h) who are in groups and went to their meetups, by
 * seed: a group for each 200 people, of which the n-th has about 1/n as many members as the first,
 * each person in up to three, and a meetup a month for two years, from which each member stays away
 * as often as makes the number of meetups asked for.
 */
#ifndef CVN_BENCH_MENTORING_TOWN_H
#define CVN_BENCH_MENTORING_TOWN_H

#include "bench/cohort.h"

#include <stdint.h>

enum {
    TOWN_GROUPS_MAX = 3, /* of a person */
    TOWN_MEETUPS = 24,   /* of a group */
};

struct town {
    struct cohort cohort;
    uint32_t n_people, n_groups; /* mentees come first */
    uint32_t meetups;            /* of each person, on average */
    int64_t now_ms;
    uint32_t (*groups)[TOWN_GROUPS_MAX]; /* of each person; UINT32_MAX for none */
};

/* Of so many mentees, and a mentor for each four. 0 or -ENOMEM. */
int town_init(struct town *town, uint32_t n_mentees, uint32_t meetups, int64_t now_ms);
void town_deinit(struct town *town);

const struct cvn_match_person *town_person(const struct town *town, uint32_t number);

/* In the order of the numbers, as they are where things are registered one after another. */
struct cvn_id town_person_id(uint32_t number);
struct cvn_id town_group_id(uint32_t number);
struct cvn_id town_event_id(uint32_t group, uint32_t meetup);

bool town_is_member(const struct town *town, uint32_t person, uint32_t group);
/* Whether a member came. */
bool town_came(const struct town *town, uint32_t person, uint32_t group, uint32_t meetup);

struct cvn_store;

/* People, groups and meetups; and the programme with everybody enrolled, whose id is told. */
int town_load_events(const struct town *town, struct cvn_store *store);
int town_load_programme(const struct town *town, struct cvn_store *store, struct cvn_id *ret_id);

#endif
