#include "client/cli/streaming.h"

#include "client/cli/call.h"
#include "client/cli/failure.h"
#include "client/lib/channel.h"

#include <errno.h>

enum { REPLY_BYTES = 256 << 20 };

enum cvn_exit cvn_streaming_open(struct cvn_cli *cli, const struct cvn_call_request *request,
                                 struct cvn_stream **ret)
{
    struct convene_status status = CONVENE_STATUS_INIT;
    if (cvn_call_open(cli, &status)) {
        enum cvn_exit code = cvn_failure_print(cli, &status);
        convene_status_clear(&status);
        return code;
    }
    struct cvn_call_request copy = *request;
    if (cli->options.timeout_ms > 0) {
        copy.options.timeout_ms = cli->options.timeout_ms;
    }
    int r = cvn_stream_new(ret, cvn_client_channel(cli->client), &copy, NULL);
    return r == 0 ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

enum cvn_exit cvn_streaming_end(struct cvn_cli *cli, struct cvn_stream *stream)
{
    struct cvn_status ended;
    if (cvn_stream_finish(stream, &cli->arena, &ended) == CVN_OK) {
        return CVN_EXIT_DONE;
    }
    struct convene_status status = CONVENE_STATUS_INIT;
    cvn_client_take_status(cli->client, &ended, &cli->arena, &status);
    enum cvn_exit code = cvn_failure_print(cli, &status);
    convene_status_clear(&status);
    return code;
}

enum cvn_exit cvn_streaming_follow(struct cvn_cli *cli, const struct cvn_call_request *request,
                                   enum cvn_exit (*told)(struct cvn_cli *cli,
                                                         const ProtobufCMessage *message,
                                                         void *arg),
                                   void *arg)
{
    struct cvn_stream *stream;
    enum cvn_exit code = cvn_streaming_open(cli, request, &stream);
    if (code) {
        return code;
    }
    int r = 0;
    while (code == CVN_EXIT_DONE && r == 0) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, REPLY_BYTES);
        ProtobufCMessage *message;
        r = cvn_stream_read(stream, &arena, &message);
        if (r == 0) {
            cvn_client_note_answer(cli->client);
            code = told(cli, message, arg);
        }
    }
    if (r == -EBADMSG) {
        code = cvn_cli_fail(cli, CVN_EXIT_FAILED, "The server's answer cannot be read.");
    } else if (r == -ENOMEM) {
        code = cvn_cli_no_memory(cli);
    } else if (code == CVN_EXIT_DONE) {
        code = cvn_streaming_end(cli, stream);
    }
    cvn_stream_free(stream);
    return code;
}
