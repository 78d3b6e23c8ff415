#include "client/cli/rpc_input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_FIRST = 16 * 1024 };

struct cvn_rpc_input {
    int fd; /* -1 for a text */
    bool owns_fd;
    int wake_fd;
    bool at_end; /* nothing follows what is in the buffer */
    char *buffer;
    size_t len, room;
    size_t begin; /* of the document */
    /* How far it was looked at, and what was found so far. */
    size_t at;
    unsigned depth;
    bool in_string, escaped;
};

int cvn_rpc_input_open(struct cvn_rpc_input **ret, const char *source, int wake_fd,
                       struct cvn_error *err)
{
    struct cvn_rpc_input *input = calloc(1, sizeof *input);
    if (!input) {
        return -ENOMEM;
    }
    input->fd = -1;
    input->wake_fd = wake_fd;
    if (strcmp(source, "-") == 0) {
        input->fd = STDIN_FILENO;
    } else if (*source == '@') {
        input->fd = open(source + 1, O_RDONLY | O_CLOEXEC);
        input->owns_fd = true;
        if (input->fd < 0) {
            int fault = errno;
            free(input);
            return cvn_error_set(err, -fault, "%s cannot be read: %s", source + 1, strerror(fault));
        }
    } else {
        input->buffer = strdup(source);
        input->len = input->room = strlen(source);
        input->at_end = true;
        if (!input->buffer) {
            free(input);
            return -ENOMEM;
        }
    }
    *ret = input;
    return 0;
}

void cvn_rpc_input_close(struct cvn_rpc_input *input)
{
    if (input) {
        if (input->owns_fd) {
            (void)close(input->fd);
        }
        free(input->buffer);
        free(input);
    }
}

/* Drops the documents that were given and makes room for more bytes. */
static int make_room(struct cvn_rpc_input *input)
{
    if (input->begin > 0) {
        memmove(input->buffer, input->buffer + input->begin, input->len - input->begin);
        input->len -= input->begin;
        input->at -= input->begin;
        input->begin = 0;
    }
    if (input->len < input->room) {
        return 0;
    }
    if (input->len >= CVN_RPC_INPUT_DOCUMENT_BYTES_MAX) {
        return -E2BIG;
    }
    size_t room = input->room ? 2 * input->room : ROOM_FIRST;
    char *buffer = realloc(input->buffer, room);
    if (!buffer) {
        return -ENOMEM;
    }
    input->buffer = buffer;
    input->room = room;
    return 0;
}

/* Reads more. 0, CVN_RPC_INPUT_WOKEN or a fault. */
static int fill(struct cvn_rpc_input *input)
{
    int r = make_room(input);
    if (r) {
        return r;
    }
    struct pollfd waits[] = {{.fd = input->fd, .events = POLLIN},
                             {.fd = input->wake_fd, .events = POLLIN}};
    while (poll(waits, 2, -1) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    if (waits[1].revents) {
        return CVN_RPC_INPUT_WOKEN;
    }
    ssize_t n = read(input->fd, input->buffer + input->len, input->room - input->len);
    if (n < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    input->len += (size_t)n;
    input->at_end = n == 0;
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Takes in one character; whether the document ends behind it. */
static bool take(struct cvn_rpc_input *input, char c)
{
    if (input->in_string) {
        bool closes = c == '"' && !input->escaped;
        input->escaped = c == '\\' && !input->escaped;
        input->in_string = !closes;
        return closes && input->depth == 0;
    }
    switch (c) {
    case '"':
        input->in_string = true;
        return false;
    case '{':
    case '[':
        input->depth++;
        return false;
    case '}':
    case ']':
        input->depth -= input->depth > 0;
        return input->depth == 0;
    default:
        return false;
    }
}

/* Looks through what is in the buffer; whether a whole document stands at its begin. */
static bool scan(struct cvn_rpc_input *input)
{
    while (input->at == input->begin && input->at < input->len &&
           is_blank(input->buffer[input->at])) {
        input->begin = ++input->at;
    }
    while (input->at < input->len) {
        char c = input->buffer[input->at];
        bool bare = input->depth == 0 && !input->in_string;
        if (bare && input->at > input->begin && (is_blank(c) || c == '{' || c == '[')) {
            return true;
        }
        input->at++;
        if (take(input, c)) {
            return true;
        }
    }
    return input->at_end && input->at > input->begin;
}

int cvn_rpc_input_next(struct cvn_rpc_input *input, struct cvn_slice *ret)
{
    input->begin = input->at;
    input->depth = 0;
    input->in_string = input->escaped = false;
    while (!scan(input)) {
        if (input->at_end) {
            return CVN_RPC_INPUT_END;
        }
        int r = fill(input);
        if (r) {
            return r;
        }
    }
    *ret = cvn_slice(input->buffer + input->begin, input->at - input->begin);
    return 0;
}
