/*
 * Registering events in a stream, as messages of the contract: what convene_registrar_… and
 * `convene events import` are made of. Records gather into chunks; a few chunks are under way at a
 * time, and all that were not answered are sent again after a break.
 */
#ifndef CVN_CLIENT_LIB_REGISTRAR_H
#define CVN_CLIENT_LIB_REGISTRAR_H

#include "convene/convene.h"
#include "convene/events/v1/registrar.pb-c.h"

enum {
    CVN_REGISTRAR_CHUNK_EVENTS = 200,
    CVN_REGISTRAR_CHUNK_BYTES = 512 << 10, /* packed; the record that reaches it is the last */
    CVN_REGISTRAR_CHUNKS = 4,              /* under way, with the one that gathers */
    CVN_REGISTRAR_EVENT_BYTES_MAX = 1 << 20,
};

struct cvn_registrar;

struct cvn_registrar_options {
    unsigned flags; /* CONVENE_PUBLISH, CONVENE_VALIDATE_ONLY */
    /* What became of a record, in the order in which they were pushed, with its tag. */
    void (*result)(void *arg, uint64_t tag, const Convene__Events__V1__RegisterResult *result);
    /* That the connection broke, with why, or (NULL) is there again. May be NULL. */
    void (*line)(void *arg, const struct convene_status *why);
    /* Asked while waiting: whether to give up, with CONVENE_CANCELLED. May be NULL. */
    bool (*interrupted)(void *arg);
    void *arg;
};

/* 0 or CONVENE_RESOURCE_EXHAUSTED. *ret is the caller's; the client outlives it. */
int cvn_registrar_new(struct cvn_registrar **ret, struct convene *client,
                      const struct cvn_registrar_options *options, struct convene_status *status);

/*
 * Takes a copy of the record; waits while too much is under way. 0; CONVENE_INVALID_ARGUMENT for a
 * record over CVN_REGISTRAR_EVENT_BYTES_MAX, which is then as if it had not been pushed; another
 * code when registering failed, and then all that follows does.
 */
int cvn_registrar_push(struct cvn_registrar *registrar, const Convene__Events__V1__Event *event,
                       uint64_t tag, struct convene_status *status);

/* Waits until all that was pushed has its result. 0 or the code of the failure. */
int cvn_registrar_flush(struct cvn_registrar *registrar, struct convene_status *status);

/* What was pushed and has no result is given up. NULL is accepted. */
void cvn_registrar_free(struct cvn_registrar *registrar);

#endif
