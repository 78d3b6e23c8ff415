#include "bench/finding/world.h"

#include "base/places.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { OF_GROUP = 1, OF_PERSON, OF_EVENT, OF_WORD, OF_CITY };

uint64_t world_dice(uint64_t number, uint64_t salt)
{
    uint64_t z = (number + salt * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xd6e8feb86659fd93);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint32_t world_pick(uint64_t dice, uint32_t n)
{
    double share = (double)(dice >> 11) / (double)(UINT64_C(1) << 53);
    uint32_t picked = (uint32_t)(pow((double)n + 1, share) - 1);
    return picked < n ? picked : n - 1;
}

/* Ids in the order of their numbers, as they are where things are registered one after another. */
static struct cvn_id make_id(uint32_t number, uint64_t salt)
{
    uint8_t random[10];
    uint64_t dice[2] = {world_dice(number, salt), world_dice(number, salt + 100)};
    memcpy(random, dice, sizeof random);
    return cvn_id_make(WORLD_FIRST_S * 1000 - INT64_C(10000000000) + number, random);
}

struct cvn_id world_group_id(uint32_t group)
{
    return make_id(group, OF_GROUP);
}

struct cvn_id world_person_id(uint32_t person)
{
    return make_id(person, OF_PERSON);
}

struct cvn_id world_event_id(uint32_t event)
{
    return make_id(event, OF_EVENT);
}

void world_word(char word[WORLD_WORD_BYTES], uint32_t number)
{
    static const char *const parts[] = {"ba", "ke", "li",  "mo",  "nu",  "ra",  "se",  "ti",
                                        "vo", "zu", "dan", "pel", "gor", "fin", "hub", "sta"};
    uint64_t dice = world_dice(number, OF_WORD);
    size_t n = 2 + dice % 3, len = 0;
    for (size_t i = 0; i < n; i++) {
        const char *part = parts[dice >> (8 + 8 * i) & 15];
        memcpy(word + len, part, strlen(part));
        len += strlen(part);
    }
    (void)snprintf(word + len, WORLD_WORD_BYTES - len, "%x", number & 15);
}

uint32_t world_city_of_group(uint32_t group)
{
    return world_pick(world_dice(group, OF_CITY), WORLD_CITIES);
}

int world_init(struct world *world, uint32_t n_events)
{
    static const char *const names[] = {"London",        "Berlin",    "New York", "Paris",
                                        "San Francisco", "Amsterdam", "München",  "Toronto",
                                        "Madrid",        "Bengaluru", "Tokyo",    "Singapore",
                                        "Sydney",        "São Paulo", "Warszawa", "Praha"};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    *world = (struct world){
        .n_events = n_events, .n_groups = n_events / 100 + 1, .n_people = n_events / 10 + 1};
    for (uint32_t i = 0; i < WORLD_CITIES; i++) {
        struct world_city *city = &world->cities[i];
        struct cvn_place place;
        size_t n = 0;
        const struct cvn_place_asked asked = {names[i % 16], "", ""};
        if (cvn_places_find(&arena, &asked, &place, 1, &n) || n == 0)
            return -ENOMEM;
        /* Sixteen real ones, and around each of them others, 60 to 400 km away. */
        double away = i < 16 ? 0 : 0.6 + 3 * (double)(world_dice(i, OF_CITY + 1) % 1000) / 1000;
        double turn = 2 * M_PI * (double)(world_dice(i, OF_CITY + 2) % 1000) / 1000;
        (void)snprintf(city->name, sizeof city->name, i < 16 ? "%s" : "%s %u", place.name, i / 16);
        memcpy(city->country, place.country, sizeof city->country);
        city->at.lat = place.at.lat + away * sin(turn);
        city->at.lon = place.at.lon + away * cos(turn);
        cvn_arena_reset(&arena);
    }
    return 0;
}
