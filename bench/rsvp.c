/*
 * Durable RSVPs through a running convened:
 *     rsvp URL CALLERS CALLS EVENT_ID PEOPLE_FILE
 * PEOPLE_FILE holds one person id a line; each call is another person's yes, or no the second time
 * round. Prints one JSON line.
 */
#include "convene/events/v1/rsvp.pb-c.h"
#include "rpc/channel.h"
#include "rpc/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_BYTES = 40, PEOPLE_MAX = 100000, ARENA_BYTES = 1 << 20, TIMEOUT_MS = 30000 };

static char people[PEOPLE_MAX][ID_BYTES];
static unsigned n_people, n_calls;
static atomic_uint next_call, n_failed;
static uint32_t *latencies_us;

struct caller {
    struct cvn_channel *channel;
    const char *event_id;
};

static bool respond(struct caller *caller, unsigned number)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    char request_id[64];
    (void)snprintf(request_id, sizeof request_id, "%s-%u", caller->event_id, number);
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    request.event_id = (char *)(uintptr_t)caller->event_id;
    request.person_id = people[number % n_people];
    request.answer = number / n_people % 2
                         ? CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_NO
                         : CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES;
    request.request_id = request_id;
    struct cvn_call_request call = {
        .service = &convene__events__v1__rsvp_service__descriptor,
        .method = "Respond",
        .message = &request.base,
        .options = {.timeout_ms = TIMEOUT_MS},
    };
    struct cvn_status status;
    ProtobufCMessage *reply;
    return cvn_channel_call(caller->channel, &call, &arena, &status, &reply) == CVN_OK;
}

static void *work(void *arg)
{
    for (unsigned number; (number = atomic_fetch_add(&next_call, 1)) < n_calls;) {
        int64_t began_us = cvn_rpc_now_us();
        if (!respond(arg, number))
            atomic_fetch_add(&n_failed, 1);
        latencies_us[number] = (uint32_t)(cvn_rpc_now_us() - began_us);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static bool read_people(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    while (n_people < PEOPLE_MAX && fscanf(file, "%39s", people[n_people]) == 1)
        n_people++;
    (void)fclose(file);
    return n_people > 0;
}

int main(int argc, char **argv)
{
    struct caller caller;
    struct cvn_error err = {""};
    if (argc != 6 || !read_people(argv[5])) {
        fprintf(stderr, "usage: rsvp URL CALLERS CALLS EVENT_ID PEOPLE_FILE\n");
        return 2;
    }
    unsigned n_callers = (unsigned)atoi(argv[2]);
    n_calls = (unsigned)atoi(argv[3]);
    caller.event_id = argv[4];
    latencies_us = calloc(n_calls, sizeof *latencies_us);
    pthread_t *threads = calloc(n_callers, sizeof *threads);
    if (!latencies_us || !threads || cvn_channel_new(&caller.channel, argv[1], NULL, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int64_t began_us = cvn_rpc_now_us();
    for (unsigned i = 0; i < n_callers; i++)
        if (pthread_create(&threads[i], NULL, work, &caller) != 0)
            return 1;
    for (unsigned i = 0; i < n_callers; i++)
        (void)pthread_join(threads[i], NULL);
    double wall = (double)(cvn_rpc_now_us() - began_us) / 1e6;
    qsort(latencies_us, n_calls, sizeof *latencies_us, compare);
    printf("{\"job\":\"durable rsvp\",\"callers\":%u,\"n\":%u,\"per_s\":%.0f,\"p50us\":%u,"
           "\"p99us\":%u,\"failed\":%u}\n",
           n_callers, n_calls, n_calls / wall, latencies_us[n_calls / 2],
           latencies_us[(size_t)(n_calls * 0.99)], atomic_load(&n_failed));
    cvn_channel_free(caller.channel);
    free(threads);
    free(latencies_us);
    return 0;
}
