#include "load.h"

#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 64 * 1024 };

/* A client that has made a call. NULL with the sentence on stderr. */
static struct cvn_channel *new_client(const struct load_options *options)
{
    CVN_ARENA_AUTO arena;
    struct load_item item;
    struct cvn_status status;
    ProtobufCMessage *reply;
    struct cvn_channel *channel = load_channel_new(options);
    if (!channel)
        return NULL;
    cvn_arena_init(&arena, ARENA_BYTES);
    load_item_init(&item);
    struct cvn_call_request call = {
        &convene__bench__load_service__descriptor, "EchoItem", &item.message.base, {0}};
    enum cvn_code code = cvn_channel_call(channel, &call, &arena, &status, &reply);
    if (code == CVN_OK || code == CVN_UNIMPLEMENTED) /* the latter from another server */
        return channel;
    fprintf(stderr, "A client's call ended with %s.\n", cvn_code_name(code));
    cvn_channel_free(channel);
    return NULL;
}

int load_idle(const struct load_options *options)
{
    unsigned n = 0;
    struct cvn_channel **channels = calloc(options->outstanding, sizeof(struct cvn_channel *));
    if (!channels)
        return 1;
    while (n < options->outstanding && (channels[n] = new_client(options)))
        n++;
    if (n == options->outstanding) {
        puts("READY");
        (void)fflush(stdout);
        while (getchar() != EOF)
            ;
    }
    int failed = n < options->outstanding;
    while (n > 0)
        cvn_channel_free(channels[--n]);
    free(channels);
    return failed;
}
