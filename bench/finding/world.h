/*
 * A community of any size, made up by number, so that who loads it and who asks about it agree:
 * events over two years, a hundred to a group, in 200 cities and on 200 topics, of
 * each of which the n-th is about 1/n as common as the first; titles of words likewise; and for
 * each ten events one person, who goes to about twenty.
 */
#ifndef CVN_BENCH_FINDING_WORLD_H
#define CVN_BENCH_FINDING_WORLD_H

#include "base/geo.h"
#include "base/id.h"

#include <stdint.h>

enum {
    WORLD_CITIES = 200,
    WORLD_TOPICS = 200,
    WORLD_WORDS = 20000,
    WORLD_TITLE_WORDS = 6,
    WORLD_EVENT_TOPICS = 3,
    WORLD_RSVPS = 2, /* for each event */
    WORLD_WORD_BYTES = 16,
    WORLD_DAYS = 730,
};

/* The start of the first day. */
#define WORLD_FIRST_S INT64_C(1798761600) /* 2027-01-01 */

struct world_city {
    char name[100];
    char country[3];
    struct cvn_point at;
};

struct world {
    uint32_t n_events, n_groups, n_people;
    struct world_city cities[WORLD_CITIES];
};

/* 0, or -ENOMEM. */
int world_init(struct world *world, uint32_t n_events);

struct cvn_id world_group_id(uint32_t group);
struct cvn_id world_person_id(uint32_t person);
struct cvn_id world_event_id(uint32_t event);

/* SplitMix64 of a number and what it is for. */
uint64_t world_dice(uint64_t number, uint64_t salt);

/* One of n, of which the i-th is about 1/i as likely as the first. */
uint32_t world_pick(uint64_t dice, uint32_t n);

/* A word of 4 to 12 letters; a number's is always the same. */
void world_word(char word[WORLD_WORD_BYTES], uint32_t number);

uint32_t world_city_of_group(uint32_t group);

#endif
