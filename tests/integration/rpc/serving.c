#include "serving.h"

#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CALLS_MAX = 6000 };

void serving_new(struct serving *serving, unsigned n_workers)
{
    assert_int_equal(cvn_server_new(&serving->server,
                                    &(struct cvn_server_options){
                                        .n_workers = n_workers,
                                        .max_calls = CALLS_MAX,
                                        .max_calls_per_connection = CALLS_MAX,
                                    }),
                     0);
}

void serving_start(struct serving *serving, const char *transport)
{
    static int n;
    struct cvn_error err = {""};
    if (strcmp(transport, "tcp") == 0)
        (void)snprintf(serving->url, sizeof serving->url, "tcp://127.0.0.1:0");
    else if (strcmp(transport, "ipc") == 0)
        (void)snprintf(serving->url, sizeof serving->url, "ipc:///tmp/convene-serve-%d-%d.sock",
                       (int)getpid(), n++);
    else
        (void)snprintf(serving->url, sizeof serving->url, "inproc://serve-%d", n++);
    if (cvn_server_listen(serving->server, serving->url, &err) < 0)
        fail_msg("%s", err.text);
    if (cvn_server_port(serving->server))
        (void)snprintf(serving->url, sizeof serving->url, "tcp://127.0.0.1:%u",
                       cvn_server_port(serving->server));
    assert_int_equal(cvn_server_start(serving->server), 0);
    /* Hardly any credit, so that a reply that is not read soon holds up those behind it. */
    static const struct cvn_channel_options options = {.stream_credit_bytes = 1};
    assert_int_equal(cvn_channel_new(&serving->channel, serving->url, &options, NULL), 0);
}

void serving_free(struct serving *serving)
{
    cvn_channel_free(serving->channel);
    cvn_server_free(serving->server);
}

struct cvn_stream *serving_stream(struct serving *serving,
                                  const ProtobufCServiceDescriptor *service, const char *method,
                                  const ProtobufCMessage *message)
{
    struct cvn_call_request request = {.service = service, .method = method, .message = message};
    struct cvn_stream *stream;
    assert_int_equal(cvn_stream_new(&stream, serving->channel, &request, NULL), 0);
    return stream;
}

enum cvn_code serving_finish(struct cvn_stream *stream, struct cvn_arena *arena,
                             const char **ret_message)
{
    struct cvn_status status;
    enum cvn_code code = cvn_stream_finish(stream, arena, &status);
    if (ret_message)
        *ret_message = status.message;
    return code;
}
