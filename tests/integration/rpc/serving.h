/* A server and a channel to it over the transport named on the command line. */
#ifndef CVN_TESTS_SERVING_H
#define CVN_TESTS_SERVING_H

#include "rpc/channel.h"
#include "rpc/server.h"
#include "rpc/stream.h"

struct serving {
    struct cvn_server *server;
    struct cvn_channel *channel;
    char url[128];
};

/* A server that does not listen yet, so that services can be added. */
void serving_new(struct serving *serving, unsigned n_workers);
/* Starts it on "inproc", "ipc" or "tcp", and connects. */
void serving_start(struct serving *serving, const char *transport);
/* Frees both; streams are to be freed before. */
void serving_free(struct serving *serving);

/* Begins a streaming call; a NULL message: its requests are written one by one. */
struct cvn_stream *serving_stream(struct serving *serving,
                                  const ProtobufCServiceDescriptor *service, const char *method,
                                  const ProtobufCMessage *message);

/* Waits for the end and gives the code; *ret_message, if asked for, is in the arena. */
enum cvn_code serving_finish(struct cvn_stream *stream, struct cvn_arena *arena,
                             const char **ret_message);

#endif
