/* A server and a channel to it, and a client's steps on streams, for tests over each transport. */
#ifndef CVN_TESTS_RIG_H
#define CVN_TESTS_RIG_H

#include "rpc/stream.h"
#include "tests/support/interop_service.h"
#include "tests/support/transport.h"

#include <pthread.h>

enum { RIG_ARENA_BYTES = 16 << 20, RIG_TIMEOUT_MS = 120000 };

struct rig {
    char url[TRANSPORT_URL_BYTES];
    struct cvn_server *server;
    struct cvn_channel *channel;
    struct interop_service service;
};

/* What a rig is made of. */
struct rig_options {
    const char *transport;
    const struct cvn_method *methods; /* of TestService; NULL: interop_methods */
    void *user;                       /* of the methods; NULL: the rig's interop service */
    const struct cvn_server_options *server;
    const struct cvn_channel_options *channel;
};

void rig_start(struct rig *rig, const struct rig_options *options);
void rig_stop(struct rig *rig);

/* A server of TestService at url, or at a fresh address of the transport, which is then in url. */
struct cvn_server *rig_serve(const struct rig_options *options, struct interop_service *service,
                             char url[TRANSPORT_URL_BYTES], bool again);

/* Begins a stream of TestService with a timeout that is never meant to pass. */
struct cvn_stream *rig_stream(struct rig *rig, const char *method, const ProtobufCMessage *request);
struct cvn_stream *rig_stream_with(struct rig *rig, const char *method,
                                   const ProtobufCMessage *request,
                                   const struct cvn_call_options *options,
                                   const struct cvn_stream_watcher *watcher);

/* Writes a request of FullDuplexCall or HalfDuplexCall that asks for a reply of so many bytes. */
int rig_ask(struct cvn_stream *stream, int32_t reply_bytes, size_t payload_bytes);

/* Reads a StreamingOutputCallResponse: its payload's size, or -1 at the end. */
int rig_read(struct cvn_stream *stream);

/* Finishes the stream, frees it, and returns how it ended. */
enum cvn_code rig_finish(struct cvn_stream *stream);

/* A unary call of EmptyCall, which shows that the channel works. */
enum cvn_code rig_empty_call(struct cvn_channel *channel, const struct cvn_call_options *options);

/* A number that threads count up, and others wait for. */
struct tally {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned n;
};
#define TALLY_INIT                                                                                 \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0                                     \
    }
void tally_add(struct tally *tally);
void tally_wait(struct tally *tally, unsigned n);
unsigned tally_get(struct tally *tally);

#endif
