/* JSON documents one after another, from a file, a terminal or a text. */
#ifndef CVN_CLIENT_CLI_RPC_INPUT_H
#define CVN_CLIENT_CLI_RPC_INPUT_H

#include "base/error.h"
#include "base/slice.h"

struct cvn_rpc_input;

enum { CVN_RPC_INPUT_DOCUMENT_BYTES_MAX = 64 << 20 };

enum cvn_rpc_input_outcome {
    CVN_RPC_INPUT_END = 1,   /* no further document */
    CVN_RPC_INPUT_WOKEN = 2, /* wake_fd became readable while waiting */
};

/*
 * Opens "-" (standard input), "@FILE" or the text itself, which is borrowed. wake_fd may be -1. 0;
 * a fault with the sentence in err; -ENOMEM. *ret is the caller's.
 */
int cvn_rpc_input_open(struct cvn_rpc_input **ret, const char *source, int wake_fd,
                       struct cvn_error *err);
void cvn_rpc_input_close(struct cvn_rpc_input *input);

/*
 * The next document: an object or array to its last bracket, a string to its quote, anything else
 * to the next blank; whether it is JSON remains to be seen. 0 with *ret valid until the next call;
 * an outcome; -E2BIG over the limit, -ENOMEM, or what reading failed with.
 */
int cvn_rpc_input_next(struct cvn_rpc_input *input, struct cvn_slice *ret);

#endif
