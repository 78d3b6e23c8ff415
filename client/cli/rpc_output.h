/* How a call of `convene rpc call` is shown: replies, metadata, and how it ended. */
#ifndef CVN_CLIENT_CLI_RPC_OUTPUT_H
#define CVN_CLIENT_CLI_RPC_OUTPUT_H

#include "client/cli/cli.h"
#include "rpc/json.h"
#include "rpc/metadata.h"
#include "rpc/status.h"

/* Prints a reply on standard output. Says so when it has no JSON form. */
enum cvn_exit cvn_rpc_print_reply(struct cvn_cli *cli, const ProtobufCMessage *message,
                                  const struct cvn_json_options *options);

/* Prints entries under a title on standard error, "-bin" values in base64; NULL has none. */
void cvn_rpc_print_metadata(const char *title, const struct cvn_metadata *metadata);

/*
 * Says on standard error how a call failed: code, sentence, and each detail as JSON where its type
 * is known to this program or in types. Returns the exit code.
 */
enum cvn_exit cvn_rpc_print_failure(struct cvn_cli *cli, const struct cvn_status *status,
                                    const struct cvn_types *types);

#endif
