#include "rpc/stream.h"
#include "load.h"
#include "rpc/clock.h"

#include <stdio.h>

enum { ARENA_BYTES = 64 * 1024 };

/* Reads the list. How many items came in order; all of them when nothing went wrong. */
static uint64_t read_items(struct cvn_stream *stream)
{
    CVN_ARENA_AUTO arena;
    ProtobufCMessage *message;
    struct cvn_status status = {0};
    uint64_t n = 0;
    cvn_arena_init(&arena, ARENA_BYTES);
    while (cvn_stream_read(stream, &arena, &message) == 0 &&
           ((const Convene__Bench__Item *)message)->id == n) {
        n++;
        cvn_arena_reset(&arena);
    }
    if (cvn_stream_finish(stream, &arena, &status) != CVN_OK)
        fprintf(stderr, "The stream ended with %s after %llu messages.\n",
                cvn_code_name(status.code), (unsigned long long)n);
    return n;
}

/* One list of so many items. False when it did not go well. */
static bool list(struct cvn_channel *channel, uint64_t n)
{
    Convene__Bench__ListItemsRequest request = CONVENE__BENCH__LIST_ITEMS_REQUEST__INIT;
    request.n_items = n;
    struct cvn_call_request call = {
        &convene__bench__load_service__descriptor, "ListItems", &request.base, {0}};
    struct cvn_stream *stream;
    if (cvn_stream_new(&stream, channel, &call, NULL) != 0)
        return false;
    uint64_t got = read_items(stream);
    cvn_stream_free(stream);
    return got == n;
}

int load_stream(const struct load_options *options)
{
    struct cvn_channel *channel = load_channel_new(options);
    if (!channel)
        return 1;
    bool good = list(channel, options->count / 10);
    struct load_cpu before = load_cpu_read(options->server_pid);
    int64_t began_us = cvn_rpc_now_us();
    good = good && list(channel, options->count);
    double wall_s = (double)(cvn_rpc_now_us() - began_us) / 1e6;
    struct load_cpu after = load_cpu_read(options->server_pid);
    double cpu_s = after.client_s - before.client_s + after.server_s - before.server_s;
    if (good)
        printf("{\"n\":%u,\"failed\":0,\"cps\":%.0f,\"cpu_per100k\":%.2f}\n", options->count,
               options->count / wall_s, cpu_s / options->count * 1e5);
    cvn_channel_free(channel);
    return good ? 0 : 1;
}
