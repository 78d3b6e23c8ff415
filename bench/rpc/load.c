/*
 * The RPC benchmark's server and clients, which bench/rpc/compare.py runs:
 *     load [TLS] serve URL
 *     load [TLS] echo URL OUTSTANDING CALLS SERVER_PID
 *     load [TLS] stream URL MESSAGES SERVER_PID
 *     load [TLS] idle URL CLIENTS
 * TLS is --ca FILE --cert FILE --key FILE, for tls+tcp:// addresses. echo and stream print one JSON
 * line; idle prints READY when each of its clients has made a call, and stays until its input
 * ends.
 */
#include "load.h"

#include "rpc/clock.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CONNECT_MS = 20000 };

void load_item_init(struct load_item *item)
{
    *item = (struct load_item){.topics = {3, 700, 15, 90000}};
    convene__bench__item__init(&item->message);
    convene__bench__place__init(&item->place);
    item->place.latitude = 48.2082;
    item->place.longitude = 16.3738;
    item->place.city = (char *)(uintptr_t) "Vienna";
    item->message.title = (char *)(uintptr_t) "C meetup: lock-free queues";
    item->message.starts_at_ms = INT64_C(1700000000000);
    item->message.place = &item->place;
    item->message.topics = item->topics;
    item->message.n_topics = sizeof item->topics / sizeof *item->topics;
    item->message.body.data = item->body;
    item->message.body.len = sizeof item->body;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

struct load_cpu load_cpu_read(int server_pid)
{
    clockid_t server;
    struct load_cpu cpu = {.client_s = seconds(CLOCK_PROCESS_CPUTIME_ID)};
    if (clock_getcpuclockid(server_pid, &server) == 0)
        cpu.server_s = seconds(server);
    return cpu;
}

struct cvn_channel *load_channel_new(const struct load_options *options)
{
    struct cvn_channel_options channel_options = {.connect_timeout_ms = CONNECT_MS};
    channel_options.tls = options->tls;
    struct cvn_channel *channel;
    struct cvn_error err = {""};
    if (cvn_channel_new(&channel, options->url, &channel_options, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return NULL;
    }
    int64_t by_ms = cvn_rpc_now_ms() + CONNECT_MS;
    struct cvn_channel_stats stats;
    do {
        cvn_channel_read_stats(channel, &stats);
        if (stats.n_ready)
            return channel;
        (void)usleep(1000);
    } while (cvn_rpc_now_ms() < by_ms);
    fprintf(stderr, "%s: no connection within %d ms\n", options->url, CONNECT_MS);
    cvn_channel_free(channel);
    return NULL;
}

static void allow_many_sockets(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int usage(void)
{
    fprintf(stderr, "usage: load [--ca FILE --cert FILE --key FILE] serve URL\n"
                    "       load … echo URL OUTSTANDING CALLS SERVER_PID\n"
                    "       load … stream URL MESSAGES SERVER_PID\n"
                    "       load … idle URL CLIENTS\n");
    return 2;
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static int run(struct load_options *options, int n, char **words)
{
    if (n < 2)
        return usage();
    options->url = words[1];
    if (n == 2 && strcmp(words[0], "serve") == 0)
        return load_serve(options);
    if (n == 5 && strcmp(words[0], "echo") == 0) {
        options->outstanding = number(words[2]);
        options->count = number(words[3]);
        options->server_pid = atoi(words[4]);
        return load_echo(options);
    }
    if (n == 4 && strcmp(words[0], "stream") == 0) {
        options->count = number(words[2]);
        options->server_pid = atoi(words[3]);
        return load_stream(options);
    }
    if (n == 3 && strcmp(words[0], "idle") == 0) {
        options->outstanding = number(words[2]);
        return load_idle(options);
    }
    return usage();
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {{"ca", required_argument, NULL, 'a'},
                                                 {"cert", required_argument, NULL, 'c'},
                                                 {"key", required_argument, NULL, 'k'},
                                                 {0}};
    struct load_options options = {0};
    int letter;
    while ((letter = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
        if (letter == 'a')
            options.tls.ca = optarg;
        else if (letter == 'c')
            options.tls.certificate = optarg;
        else if (letter == 'k')
            options.tls.key = optarg;
        else
            return usage();
    }
    allow_many_sockets();
    return run(&options, argc - optind, argv + optind);
}
