/*
 * Lists of a server that holds a community of N events (world.h), through libconvene:
 * measure URL N CALLS [me]. Each kind of list is called one after another, each time for another
 * place, topic, word, group or person, or for that of the key in the environment; a line of its
 * first page's latency for each. The first line is of calls that do nothing.
 */
#include "bench/finding/world.h"
#include "convene/convene.h"
#include "convene/events/v1/event.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define METHOD "convene.events.v1.EventService/ListEvents"

enum { WEEK_S = 7 * 24 * 60 * 60, TEXT_BYTES = 64 };

static bool as_me; /* the caller asks for the caller's own agenda */

/* A request, and what it points at. */
struct list {
    Convene__Events__V1__ListEventsRequest request;
    Convene__Events__V1__Circle near;
    Convene__Events__V1__LatLng center;
    Google__Protobuf__Timestamp from, before;
    char text[TEXT_BYTES];
    char *topics[1];
};

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
    list->request.attendee_id = as_me ? (char *)"me" : list->text;
}

static void of_everything(const struct world *world, struct list *list, uint32_t i)
{
    (void)world;
    ask_when(list, i, 0);
}

static const struct {
    const char *name;
    void (*ask)(const struct world *world, struct list *list, uint32_t i);
} kinds[] = {
    {"nothing: Health/Check", NULL},
    {"25 km around a city, a week, a topic", by_place_and_topic},
    {"25 km around a city, a week", by_place},
    {"words that begin with four letters", by_beginning},
    {"two common words", by_two_words},
    {"a group", by_group},
    {"a person's agenda", of_person},
    {"everything from a day on", of_everything},
};

static double now_us(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One call; the number of its events, or -1. */
static long call(struct convene *client, const struct world *world, size_t kind, uint32_t i)
{
    struct list list = {.request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT};
    Grpc__Health__V1__HealthCheckRequest check = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct convene_status status = CONVENE_STATUS_INIT;
    ProtobufCMessage *message = NULL;
    bool lists = kinds[kind].ask != NULL;
    if (lists)
        kinds[kind].ask(world, &list, i);
    if (convene_call(client, lists ? METHOD : "grpc.health.v1.Health/Check",
                     lists ? &list.request.base : &check.base, &message, &status)) {
        (void)fprintf(stderr, "%s\n", status.message);
        convene_status_clear(&status);
        return -1;
    }
    long n = lists ? (long)((const Convene__Events__V1__ListEventsResponse *)message)->n_events : 0;
    convene_message_free(message);
    return n;
}

static int measure(struct convene *client, const struct world *world, size_t kind, uint32_t n)
{
    double *us = calloc(n, sizeof *us);
    long n_events = 0;
    for (uint32_t i = 0; us && i < n / 10; i++)
        if (call(client, world, kind, n + i) < 0)
            return -1;
    for (uint32_t i = 0; us && i < n; i++) {
        double began = now_us();
        long found = call(client, world, kind, i);
        us[i] = now_us() - began;
        if (found < 0)
            return -1;
        n_events += found;
    }
    if (!us)
        return -1;
    qsort(us, n, sizeof *us, compare);
    (void)printf("%-38s %6.1f events, p50 %5.0f us, p99 %6.0f us\n", kinds[kind].name,
                 (double)n_events / n, us[n / 2], us[n - 1 - n / 100]);
    free(us);
    return 0;
}

int main(int argc, char **argv)
{
    static struct world world;
    struct convene_status status = CONVENE_STATUS_INIT;
    struct convene *client = NULL;
    bool right = argc == 4 || argc == 5;
    const struct convene_options options = {.url = right ? argv[1] : ""};
    uint32_t n = right ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    uint32_t n_calls = right ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;
    as_me = argc == 5 && strcmp(argv[4], "me") == 0;
    if (n == 0 || n_calls < 10 || world_init(&world, n) ||
        convene_open(&client, &options, &status)) {
        (void)fprintf(stderr, "usage: measure URL EVENTS CALLS [me]\n%s\n", status.message);
        return EXIT_FAILURE;
    }
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof kinds / sizeof *kinds; i++)
        r = measure(client, &world, i, n_calls);
    convene_close(client);
    return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
