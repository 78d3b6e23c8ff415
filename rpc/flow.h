/*
 * Flow control of one direction of one call, in bytes of credit, so that a stream that nobody reads
 * holds up no other. The first message of a direction travels without credit: every call has at
 * least one, and its size has a limit of its own. Each further MSG frame costs its length, header
 * included, and may be sent while the credit is above 0. Not locked.
 */
#ifndef CVN_RPC_FLOW_H
#define CVN_RPC_FLOW_H

#include "rpc/frames.h"

enum {
    CVN_FLOW_CREDIT_BYTES = 64 * 1024, /* what a stream starts with unless the peer says more */
    CVN_FLOW_QUEUE_BYTES = 64 * 1024,  /* that wait for credit; a message begun below is taken */
};

/* The sender's side. */
struct cvn_flow_out {
    int64_t credit;
    bool first_left;         /* the first message was queued whole */
    struct cvn_frames queue; /* for credit; what follows a waiting frame waits with it */
};

void cvn_flow_out_init(struct cvn_flow_out *flow, uint32_t credit);

/* Takes a message's frames, all of it, and what comes behind messages. The list is emptied. */
void cvn_flow_put(struct cvn_flow_out *flow, struct cvn_frames *frames);

/*
 * Moves what the credit allows to the end of ready, at most so many bytes; of what needs credit
 * nothing while held.
 */
void cvn_flow_release(struct cvn_flow_out *flow, bool held, size_t max_bytes,
                      struct cvn_frames *ready);

/* Whether another message may be queued. */
static inline bool cvn_flow_has_room(const struct cvn_flow_out *flow)
{
    return flow->queue.bytes < CVN_FLOW_QUEUE_BYTES;
}

/* Adds what a CREDIT frame's body gives. 0, or -EPROTO for one that is none or overflows. */
int cvn_flow_credit(struct cvn_flow_out *flow, struct cvn_slice body);

/* The receiver's side. */
struct cvn_flow_in {
    uint32_t window; /* what the peer began with */
    int64_t credit;  /* what it has left */
    uint32_t owed;   /* taken in and done with, and not given back yet */
    bool first_came;
};

void cvn_flow_in_init(struct cvn_flow_in *flow, uint32_t window);

/*
 * Notes a MSG frame. Sets *ret_cost to what must be given back when its message is done with; the
 * pieces before the last are given back at once. 0, or -EPROTO when the peer had no credit.
 */
int cvn_flow_take(struct cvn_flow_in *flow, const struct cvn_frame *frame, uint32_t *ret_cost);

/* Notes that so much is done with. What to give back with a CREDIT frame now; mostly 0. */
uint32_t cvn_flow_done(struct cvn_flow_in *flow, uint32_t cost);

/* Writes a CREDIT frame's body, CVN_FLOW_CREDIT_BODY_BYTES of it. */
enum { CVN_FLOW_CREDIT_BODY_BYTES = 4 };
void cvn_flow_put_credit(uint8_t *out, uint32_t bytes);

#endif
