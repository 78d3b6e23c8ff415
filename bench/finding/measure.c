/*
 * Lists of a server that holds a community of N events (world.h), through libconvene:
 * measure URL N CALLS [me]. Each kind of list is called one after another, each time for another
 * place, topic, word, group or person, or for that of the key in the environment; a line of its
 * first page's latency for each. The first line is of calls that do nothing.
 */
#include "bench/finding/asks.h"
#include "convene/convene.h"
#include "grpc/health/v1/health.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define METHOD "convene.events.v1.EventService/ListEvents"

enum { NOTHING = ASK_KINDS }; /* the kind of call that lists nothing */

static bool as_me; /* the caller asks for the caller's own agenda */

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
    struct list list;
    Grpc__Health__V1__HealthCheckRequest check = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    struct convene_status status = CONVENE_STATUS_INIT;
    ProtobufCMessage *message = NULL;
    bool lists = kind != NOTHING;
    list_init(&list, as_me);
    if (lists)
        ask_kinds[kind].ask(world, &list, i);
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
    (void)printf("%-38s %6.1f events, p50 %5.0f us, p99 %6.0f us\n",
                 kind == NOTHING ? "nothing: Health/Check" : ask_kinds[kind].name,
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
    int r = measure(client, &world, NOTHING, n_calls);
    for (size_t i = 0; r == 0 && i < ASK_KINDS; i++)
        r = measure(client, &world, i, n_calls);
    convene_close(client);
    return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
