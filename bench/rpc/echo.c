#include "load.h"
#include "rpc/clock.h"
#include "rpc/message.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { ITEM_BYTES_MAX = 256, REPLY_ARENA_BYTES = 16 * 1024 };

/* One run of the client. */
struct run {
    struct cvn_channel *channel;
    uint32_t *latencies_us;
    atomic_uint issued, ended, failed;
    unsigned n_calls;
    pthread_mutex_t lock;
    pthread_cond_t over;
    unsigned n_busy; /* slots that have a call, or may make one */
};

/* One of the calls that are outstanding. */
struct slot {
    struct run *run;
    struct load_item item;
    int64_t began_us;
};

static void issue(struct slot *slot);

static bool is_answer(const struct slot *slot, const struct cvn_status *status,
                      struct cvn_slice reply)
{
    CVN_ARENA_AUTO arena;
    ProtobufCMessage *message;
    cvn_arena_init(&arena, REPLY_ARENA_BYTES);
    return status->code == CVN_OK &&
           cvn_message_unpack(&convene__bench__item__descriptor, &arena, reply, &message) == 0 &&
           ((const Convene__Bench__Item *)message)->id == slot->item.message.id + 1;
}

static void end(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct slot *slot = arg;
    struct run *run = slot->run;
    if (!is_answer(slot, status, reply))
        atomic_fetch_add(&run->failed, 1);
    unsigned place = atomic_fetch_add(&run->ended, 1);
    run->latencies_us[place] = (uint32_t)(cvn_rpc_now_us() - slot->began_us);
    issue(slot);
}

static void stop(struct run *run)
{
    (void)pthread_mutex_lock(&run->lock);
    if (--run->n_busy == 0)
        (void)pthread_cond_signal(&run->over);
    (void)pthread_mutex_unlock(&run->lock);
}

static void issue(struct slot *slot)
{
    struct run *run = slot->run;
    unsigned id = atomic_fetch_add(&run->issued, 1);
    if (id >= run->n_calls) {
        stop(run);
        return;
    }
    uint8_t request[ITEM_BYTES_MAX];
    slot->began_us = cvn_rpc_now_us();
    slot->item.message.id = id;
    size_t len = protobuf_c_message_pack(&slot->item.message.base, request);
    (void)cvn_channel_start(run->channel, "convene.bench.LoadService/EchoItem",
                            cvn_slice(request, len), NULL, (struct cvn_call_sink){end, slot});
}

static void run_calls(struct run *run, struct slot *slots, unsigned outstanding, unsigned n_calls)
{
    run->n_calls = n_calls;
    run->n_busy = outstanding;
    atomic_store(&run->issued, 0);
    atomic_store(&run->ended, 0);
    for (unsigned i = 0; i < outstanding; i++)
        issue(&slots[i]);
    (void)pthread_mutex_lock(&run->lock);
    while (run->n_busy > 0)
        (void)pthread_cond_wait(&run->over, &run->lock);
    (void)pthread_mutex_unlock(&run->lock);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void measure(struct run *run, struct slot *slots, const struct load_options *options)
{
    unsigned n = options->count, warm_up = n / 10 + 1;
    run_calls(run, slots, options->outstanding, warm_up);
    struct load_cpu before = load_cpu_read(options->server_pid);
    int64_t began_us = cvn_rpc_now_us();
    run_calls(run, slots, options->outstanding, n);
    double wall_s = (double)(cvn_rpc_now_us() - began_us) / 1e6;
    struct load_cpu after = load_cpu_read(options->server_pid);
    double cpu_s = after.client_s - before.client_s + after.server_s - before.server_s;
    qsort(run->latencies_us, n, sizeof *run->latencies_us, compare);
    printf("{\"n\":%u,\"failed\":%u,\"cps\":%.0f,\"p50us\":%u,\"p99us\":%u,\"cpu_per100k\":%.2f}\n",
           n, atomic_load(&run->failed), n / wall_s, run->latencies_us[n / 2],
           run->latencies_us[(size_t)(n * 0.99)], cpu_s / n * 1e5);
}

int load_echo(const struct load_options *options)
{
    struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
    if (!options->outstanding || !options->count)
        return 2;
    run.latencies_us = calloc(options->count + 1, sizeof *run.latencies_us);
    struct slot *slots = calloc(options->outstanding, sizeof *slots);
    if (run.latencies_us && slots)
        run.channel = load_channel_new(options);
    for (unsigned i = 0; slots && i < options->outstanding; i++) {
        slots[i].run = &run;
        load_item_init(&slots[i].item);
    }
    if (run.channel)
        measure(&run, slots, options);
    cvn_channel_free(run.channel);
    free(run.latencies_us);
    free(slots);
    return run.channel && atomic_load(&run.failed) == 0 ? 0 : 1;
}
