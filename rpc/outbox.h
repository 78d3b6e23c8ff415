/*
 * What one side has to say on one connection: frames queued in order, bundled when the carrier is
 * free, and held back while too many bundles are unacknowledged. Not locked: the owner's lock
 * covers it.
 */
#ifndef CVN_RPC_OUTBOX_H
#define CVN_RPC_OUTBOX_H

#include "rpc/frames.h"

#include <nng/nng.h>

struct cvn_outbox {
    struct cvn_frames queue;
    size_t bytes_max;  /* what may be queued */
    uint64_t n_queued; /* frames that were ever queued on this connection */
    uint64_t n_left;   /* of these, the ones that have left */
    uint32_t sent;     /* bundles with frames, modulo 2^32 */
    uint32_t acked;    /* of these, by the peer */
    uint32_t received; /* bundles with frames from the peer */
    uint32_t ack_told; /* the last count that left */
    bool sending;      /* the carrier has a bundle of ours */
    bool ack_now;      /* acknowledge without waiting for company */
};

void cvn_outbox_init(struct cvn_outbox *outbox, size_t bytes_max);

/* Drops what is queued and forgets all counts, as for a new connection. */
void cvn_outbox_reset(struct cvn_outbox *outbox);

enum {
    /* Beyond bytes_max, for what must go whatever waits: cancellations and credit above all. */
    CVN_OUTBOX_CONTROL_BYTES = 1 << 20,
};

/*
 * Queues a frame that is none of a message; the body is copied. 0; -ENOBUFS when bytes_max would
 * be passed by more than CVN_OUTBOX_CONTROL_BYTES (nothing is queued then); -ENOMEM.
 */
int cvn_outbox_put(struct cvn_outbox *outbox, const struct cvn_frame *frame);

/* How many bytes of frames move takes. */
size_t cvn_outbox_room(const struct cvn_outbox *outbox);

/*
 * Queues frames and empties their list. 0, or -ENOBUFS when there is no such room, and the list is
 * as it was.
 */
int cvn_outbox_move(struct cvn_outbox *outbox, struct cvn_frames *frames);

/*
 * The next bundle to send, or NULL when there is none to send now. Sets sending; the caller gives
 * the message to the carrier and clears sending when that is done.
 */
nng_msg *cvn_outbox_next(struct cvn_outbox *outbox, uint64_t epoch);

/*
 * Notes a bundle from the peer. 0, or -EPROTO when it acknowledges what was never sent or more
 * than the window is unacknowledged.
 */
int cvn_outbox_heard(struct cvn_outbox *outbox, const struct cvn_bundle_header *header);

/* Whether everything queued has left and been acknowledged. */
bool cvn_outbox_settled(const struct cvn_outbox *outbox);

#endif
