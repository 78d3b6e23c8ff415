/*
 * A unary echo of about 200 bytes between two processes:
 *     echo serve URL
 *     echo call URL OUTSTANDING CALLS SERVER_PID
 * The second prints one JSON line: calls per second, latency, CPU seconds per 100,000 calls.
 */
#include "echo.pb-c.h"
#include "rpc/channel.h"
#include "rpc/clock.h"
#include "rpc/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_BYTES = 160 };

static void echo(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    (void)user;
    cvn_server_call_finish(call, NULL, request);
}

static int serve(const char *url)
{
    static const struct cvn_method methods[2] = {{echo}, {NULL}};
    struct cvn_server *server;
    struct cvn_error err = {""};
    sigset_t stop;
    int got;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
    if (cvn_server_new(&server, &(struct cvn_server_options){.n_workers = 2}) != 0 ||
        cvn_server_add_service(server, &convene__testing__echo_service__descriptor, methods,
                               NULL) != 0 ||
        cvn_server_listen(server, url, &err) != 0 || cvn_server_start(server) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    puts("READY");
    (void)fflush(stdout);
    (void)sigwait(&stop, &got);
    cvn_server_free(server);
    return 0;
}

/* One run of the client. */
struct load {
    struct cvn_channel *channel;
    uint8_t request[256];
    size_t request_len;
    uint32_t *latencies_us;
    atomic_uint issued, ended, failed;
    unsigned n_calls;
    pthread_mutex_t lock;
    pthread_cond_t over;
};

struct slot {
    struct load *load;
    int64_t began_us;
};

static void issue(struct slot *slot);

static void end(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct slot *slot = arg;
    struct load *load = slot->load;
    unsigned place = atomic_fetch_add(&load->ended, 1);
    if (status->code != CVN_OK || reply.len != load->request_len)
        atomic_fetch_add(&load->failed, 1);
    if (place < load->n_calls)
        load->latencies_us[place] = (uint32_t)(cvn_rpc_now_us() - slot->began_us);
    if (place + 1 == load->n_calls) {
        (void)pthread_mutex_lock(&load->lock);
        (void)pthread_cond_signal(&load->over);
        (void)pthread_mutex_unlock(&load->lock);
    }
    issue(slot);
}

static void issue(struct slot *slot)
{
    struct load *load = slot->load;
    if (atomic_fetch_add(&load->issued, 1) >= load->n_calls)
        return;
    slot->began_us = cvn_rpc_now_us();
    (void)cvn_channel_start(load->channel, "convene.testing.EchoService/UnaryEcho",
                            cvn_slice(load->request, load->request_len), NULL,
                            (struct cvn_call_sink){end, slot});
}

static void run(struct load *load, struct slot *slots, unsigned outstanding, unsigned n_calls)
{
    load->n_calls = n_calls;
    atomic_store(&load->issued, 0);
    atomic_store(&load->ended, 0);
    for (unsigned i = 0; i < outstanding; i++) {
        slots[i].load = load;
        issue(&slots[i]);
    }
    (void)pthread_mutex_lock(&load->lock);
    while (atomic_load(&load->ended) < n_calls)
        (void)pthread_cond_wait(&load->over, &load->lock);
    (void)pthread_mutex_unlock(&load->lock);
}

static double cpu_seconds(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int call(const char *url, unsigned outstanding, unsigned n_calls, int server_pid)
{
    static struct load load = {.lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
    struct cvn_error err = {""};
    uint8_t body[BODY_BYTES] = {0};
    Convene__Testing__Echo message = CONVENE__TESTING__ECHO__INIT;
    message.text = (char *)(uintptr_t) "C meetup: lock-free queues";
    message.body.data = body;
    message.body.len = sizeof body;
    load.request_len = convene__testing__echo__pack(&message, load.request);
    load.latencies_us = calloc(n_calls, sizeof *load.latencies_us);
    struct slot *slots = calloc(outstanding, sizeof *slots);
    clockid_t server_clock;
    if (!load.latencies_us || !slots || cvn_channel_new(&load.channel, url, NULL, &err) != 0 ||
        clock_getcpuclockid(server_pid, &server_clock) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    run(&load, slots, outstanding,
        n_calls / 10 + outstanding < n_calls ? n_calls / 10 + outstanding : n_calls);
    double client0 = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), server0 = cpu_seconds(server_clock);
    int64_t began_us = cvn_rpc_now_us();
    run(&load, slots, outstanding, n_calls);
    double wall = (double)(cvn_rpc_now_us() - began_us) / 1e6;
    double client = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - client0;
    double server = cpu_seconds(server_clock) - server0;
    qsort(load.latencies_us, n_calls, sizeof *load.latencies_us, compare);
    printf("{\"impl\":\"convene\",\"tr\":\"%.3s\",\"out\":%u,\"n\":%u,\"cps\":%.0f,\"p50us\":%u,"
           "\"p99us\":%u,\"cpu_per100k\":%.2f,\"failed\":%u}\n",
           url, outstanding, n_calls, n_calls / wall, load.latencies_us[n_calls / 2],
           load.latencies_us[(size_t)(n_calls * 0.99)], (client + server) / n_calls * 1e5,
           atomic_load(&load.failed));
    cvn_channel_free(load.channel);
    free(load.latencies_us);
    free(slots);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2]);
    if (argc == 6 && strcmp(argv[1], "call") == 0)
        return call(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]), atoi(argv[5]));
    fprintf(stderr, "usage: echo serve URL | echo call URL OUTSTANDING CALLS SERVER_PID\n");
    return 2;
}
