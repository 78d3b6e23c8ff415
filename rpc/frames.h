/* Frames that wait to be sent, in order: made outside of any lock, moved without copying. */
#ifndef CVN_RPC_FRAMES_H
#define CVN_RPC_FRAMES_H

#include "rpc/wire.h"

#include <protobuf-c/protobuf-c.h>

struct cvn_queued_frame {
    struct cvn_queued_frame *next;
    size_t len;          /* header and body */
    bool free_of_credit; /* not to be counted against the stream's credit */
    uint8_t bytes[];
};

/* Zeroed is empty. Not locked. */
struct cvn_frames {
    struct cvn_queued_frame *first, *last;
    size_t bytes; /* of all, headers included */
};

/* Adds a frame with a copy of its body. 0 or -ENOMEM. */
int cvn_frames_add(struct cvn_frames *frames, const struct cvn_frame *frame);

/*
 * Adds a message of a call as one or more MSG frames; flags go on the last. 0, or -ENOMEM when
 * nothing is added.
 */
int cvn_frames_add_message(struct cvn_frames *frames, uint32_t call, struct cvn_slice message,
                           uint8_t flags);

/* The same with a message that is not packed yet. */
int cvn_frames_add_packing(struct cvn_frames *frames, uint32_t call,
                           const ProtobufCMessage *message, uint8_t flags);

/* Moves all frames to the end of another list. */
void cvn_frames_move(struct cvn_frames *to, struct cvn_frames *from);

/* Takes the first one out; NULL when there is none. To be freed with free() or pushed again. */
struct cvn_queued_frame *cvn_frames_shift(struct cvn_frames *frames);
void cvn_frames_push(struct cvn_frames *frames, struct cvn_queued_frame *frame);

/* Sets the call that all of them belong to. */
void cvn_frames_set_call(struct cvn_frames *frames, uint32_t call);

/* Frees all. */
void cvn_frames_clear(struct cvn_frames *frames);

/* A queued frame's type. */
enum cvn_frame_type cvn_queued_frame_type(const struct cvn_queued_frame *frame);

#endif
