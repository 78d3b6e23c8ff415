/* Streaming calls of the command line. */
#ifndef CVN_CLIENT_CLI_STREAMING_H
#define CVN_CLIENT_CLI_STREAMING_H

#include "client/cli/cli.h"
#include "rpc/stream.h"

/*
 * Begins the call; its deadline is --timeout where that was given, else the request's. Says so when
 * it cannot. *ret is the caller's to cvn_stream_free, before the run ends.
 */
enum cvn_exit cvn_streaming_open(struct cvn_cli *cli, const struct cvn_call_request *request,
                                 struct cvn_stream **ret);

/* Waits for the end; says why on standard error unless it is OK. Returns the exit code. */
enum cvn_exit cvn_streaming_end(struct cvn_cli *cli, struct cvn_stream *stream);

/*
 * Makes a server-streaming call and has told called with each reply, which lives until it returns;
 * a code other than CVN_EXIT_DONE ends the call with it.
 */
enum cvn_exit cvn_streaming_follow(struct cvn_cli *cli, const struct cvn_call_request *request,
                                   enum cvn_exit (*told)(struct cvn_cli *cli,
                                                         const ProtobufCMessage *message,
                                                         void *arg),
                                   void *arg);

#endif
