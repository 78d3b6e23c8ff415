#include "bench/finding/asks.h"

#include <stdio.h>
#include <string.h>

enum { WEEK_S = 7 * 24 * 60 * 60 };

void list_init(struct list *list, bool as_me)
{
    *list =
        (struct list){.request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT, .as_me = as_me};
}

static void ask_when(struct list *list, uint32_t i, int64_t length_s)
{
    google__protobuf__timestamp__init(&list->from);
    google__protobuf__timestamp__init(&list->before);
    list->from.seconds = WORLD_FIRST_S + (int64_t)(60 + world_dice(i, 60) % 600) * 86400;
    list->before.seconds = list->from.seconds + length_s;
    list->request.start_time_from = &list->from;
    if (length_s)
        list->request.start_time_before = &list->before;
}

static void ask_near(const struct world *world, struct list *list, uint32_t i)
{
    const struct world_city *city = &world->cities[world_pick(world_dice(i, 61), WORLD_CITIES)];
    convene__events__v1__circle__init(&list->near);
    convene__events__v1__lat_lng__init(&list->center);
    list->center.latitude = city->at.lat;
    list->center.longitude = city->at.lon;
    list->near.center = &list->center;
    list->near.radius_m = 25000;
    list->request.near = &list->near;
}

static void ask_topic(struct list *list, uint32_t i)
{
    (void)snprintf(list->text, sizeof list->text, "topic-%u",
                   world_pick(world_dice(i, 62), WORLD_TOPICS));
    list->topics[0] = list->text;
    list->request.topics = list->topics;
    list->request.n_topics = 1;
}

static void by_place_and_topic(const struct world *world, struct list *list, uint32_t i)
{
    ask_when(list, i, WEEK_S);
    ask_near(world, list, i);
    ask_topic(list, i);
}

static void by_place(const struct world *world, struct list *list, uint32_t i)
{
    ask_when(list, i, WEEK_S);
    ask_near(world, list, i);
}

/* The first four letters of a word. */
static void by_beginning(const struct world *world, struct list *list, uint32_t i)
{
    (void)world;
    ask_when(list, i, 0);
    world_word(list->text, world_pick(world_dice(i, 63), WORLD_WORDS));
    list->text[4] = '\0';
    list->request.text = list->text;
}

static void by_two_words(const struct world *world, struct list *list, uint32_t i)
{
    (void)world;
    char other[WORLD_WORD_BYTES];
    ask_when(list, i, 0);
    world_word(list->text, world_pick(world_dice(i, 63), 50));
    world_word(other, world_pick(world_dice(i, 64), 50));
    strcat(strcat(strcat(list->text, " "), other), " ");
    list->request.text = list->text;
}

static void by_group(const struct world *world, struct list *list, uint32_t i)
{
    ask_when(list, i, 0);
    struct cvn_id id = world_group_id((uint32_t)(world_dice(i, 65) % world->n_groups));
    cvn_id_format(list->text, "grp", &id);
    list->request.group_id = list->text;
}

static void of_person(const struct world *world, struct list *list, uint32_t i)
{
    struct cvn_id id = world_person_id((uint32_t)(world_dice(i, 66) % world->n_people));
    cvn_id_format(list->text, "per", &id);
    list->request.attendee_id = list->as_me ? (char *)"me" : list->text;
}

static void of_everything(const struct world *world, struct list *list, uint32_t i)
{
    (void)world;
    ask_when(list, i, 0);
}

const struct ask_kind ask_kinds[ASK_KINDS] = {
    {"25 km around a city, a week, a topic", by_place_and_topic},
    {"25 km around a city, a week", by_place},
    {"words that begin with four letters", by_beginning},
    {"two common words", by_two_words},
    {"a group", by_group},
    {"a person's agenda", of_person},
    {"everything from a day on", of_everything},
};
