/* Weights of a score as options give them: "skills:400; goals:100". */
#ifndef CVN_CLIENT_CLI_WEIGHTS_H
#define CVN_CLIENT_CLI_WEIGHTS_H

#include "client/cli/cli.h"

#include <protobuf-c/protobuf-c.h>

enum { CVN_WEIGHTS_GIVEN = 32 }; /* more than fit into the text of an option */

/* The fields that were set, as "mentee_weights.skills", in the run's arena. */
struct cvn_weights_given {
    size_t n;
    const char *fields[CVN_WEIGHTS_GIVEN];
};

/*
 * Sets the weights that an option gives in the programme's field at path; the others stay as they
 * are. Without the option nothing is set. CVN_EXIT_USAGE behind a sentence for what is no weight.
 */
enum cvn_exit cvn_weights_set(struct cvn_cli *cli, const char *option, const char *path,
                              ProtobufCMessage *program, struct cvn_weights_given *ret);

#endif
