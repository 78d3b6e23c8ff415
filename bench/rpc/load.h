/* What the RPC benchmark's parts share: the messages, what is measured, the programs' parts. */
#ifndef CVN_BENCH_RPC_LOAD_H
#define CVN_BENCH_RPC_LOAD_H

#include "load.pb-c.h"
#include "rpc/channel.h"
#include "rpc/tls.h"

#include <time.h>

/* What every part is given. */
struct load_options {
    const char *url;
    struct cvn_tls_files tls; /* for tls+tcp:// */
    unsigned outstanding;     /* calls at once; clients, for idle */
    unsigned count;           /* calls or messages */
    int server_pid;
};

/* An item of about 200 bytes and what it is made of; embedded by value, not to be moved. */
struct load_item {
    Convene__Bench__Item message;
    Convene__Bench__Place place;
    uint32_t topics[4];
    uint8_t body[120];
};

void load_item_init(struct load_item *item);

/* Both sides' processor time; of_server is 0 where its process is not to be seen. */
struct load_cpu {
    double client_s, server_s;
};
struct load_cpu load_cpu_read(int server_pid);

/* A channel to options->url, connected. NULL with the sentence on stderr. */
struct cvn_channel *load_channel_new(const struct load_options *options);

/* The parts; each returns the program's exit code. */
int load_serve(const struct load_options *options);
int load_echo(const struct load_options *options);
int load_stream(const struct load_options *options);
int load_idle(const struct load_options *options);

#endif
