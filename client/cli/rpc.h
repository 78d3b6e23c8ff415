/*
 * `convene rpc`: any method of any server that describes itself. Its parts: reflect asks the
 * server, describe shows what it said, call calls with input and output.
 */
#ifndef CVN_CLIENT_CLI_RPC_H
#define CVN_CLIENT_CLI_RPC_H

#include "client/cli/cli.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "rpc/types.h"

/* The names of the server's services. *ret lives in the arena. Says so when they cannot be had. */
enum cvn_exit cvn_rpc_reflect_services(struct cvn_cli *cli, struct cvn_arena *arena,
                                       Grpc__Reflection__V1__ListServiceResponse **ret);

/*
 * The types of the file that declares the symbol and of what it imports; with NULL those of all
 * services. *ret is the caller's to cvn_types_free. CVN_EXIT_NOT_FOUND when nothing has that name;
 * says so.
 */
enum cvn_exit cvn_rpc_reflect_types(struct cvn_cli *cli, const char *symbol,
                                    struct cvn_types **ret);

/* Commands. */
enum cvn_exit cvn_rpc_describe_run(struct cvn_cli *cli);
enum cvn_exit cvn_rpc_call_run(struct cvn_cli *cli);
extern const struct cvn_option cvn_rpc_call_options[];

#endif
