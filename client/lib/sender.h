/*
 * Messages on a line (line.h), each of which the server answers once or several times, in order. A
 * few are under way at a time; what was not answered to the end is sent again after a break.
 */
#ifndef CVN_CLIENT_LIB_SENDER_H
#define CVN_CLIENT_LIB_SENDER_H

#include "base/arena.h"
#include "client/lib/line.h"

struct cvn_sender;

/* A message, with what its sender keeps of it. */
struct cvn_sender_message {
    struct cvn_arena arena;    /* of all of it */
    ProtobufCMessage *message; /* what is changed in it counts when it is sent again */
    void *user;
    struct cvn_sender_message *next; /* the sender's, as the last */
    bool sent;                       /* in the call that is open */
};

enum { CVN_SENDER_MORE = -1 }; /* what answer gives when another answer follows */

struct cvn_sender_options {
    struct cvn_call_request request; /* service and method, a stream in both directions */
    size_t under_way_max;            /* messages that push leaves unanswered */
    /* Takes an answer. 0 for the message's last; CVN_SENDER_MORE; a code, with the status set. */
    int (*answer)(void *arg, struct cvn_sender_message *message, const ProtobufCMessage *answer,
                  struct convene_status *status);
    /* That the connection broke, with why, or (NULL) is there again. May be NULL. */
    void (*line)(void *arg, const struct convene_status *why);
    /* Asked while waiting: whether to give up, with CONVENE_CANCELLED. May be NULL. */
    bool (*interrupted)(void *arg);
    void *arg;
};

/* 0 or CONVENE_RESOURCE_EXHAUSTED. *ret is the caller's; the client outlives it. */
int cvn_sender_new(struct cvn_sender **ret, struct convene *client,
                   const struct cvn_sender_options *options, struct convene_status *status);

/* An empty message with an arena of so many bytes; NULL without memory. */
struct cvn_sender_message *cvn_sender_message_new(size_t arena_bytes);
void cvn_sender_message_free(struct cvn_sender_message *message);

/*
 * Takes the message, which is the sender's from then on, and waits while more are under way than
 * may be. 0 or the code of a failure, and then all that follows fails.
 */
int cvn_sender_push(struct cvn_sender *sender, struct cvn_sender_message *message,
                    struct convene_status *status);

/* Waits until all that was pushed is answered. 0 or the code of the failure. */
int cvn_sender_flush(struct cvn_sender *sender, struct convene_status *status);

/* What has no answer is given up. NULL is accepted. */
void cvn_sender_free(struct cvn_sender *sender);

/* Has the sender fail with that from now on; the code. */
int cvn_sender_fail(struct cvn_sender *sender, enum convene_code code, const char *sentence,
                    struct convene_status *status);

/* The code of the failure, or 0. */
int cvn_sender_failed(const struct cvn_sender *sender);

#endif
