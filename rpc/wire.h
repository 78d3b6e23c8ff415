/*
 * The bytes of bundles and frames, as docs/protocol.md describes them. Pure: bytes in, frames out.
 * All integers are big-endian.
 */
#ifndef CVN_RPC_WIRE_H
#define CVN_RPC_WIRE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CVN_WIRE_VERSION = 1,
    CVN_WIRE_BUNDLE_HEADER_BYTES = 20,
    CVN_WIRE_FRAME_HEADER_BYTES = 12,
    CVN_WIRE_BUNDLE_FRAMES_MAX = 16,
    CVN_WIRE_BUNDLE_BYTES_MAX = 64 * 1024,
    /* A longer message travels as several MSG frames, all but the last with CVN_FRAME_MORE. */
    CVN_WIRE_FRAME_BODY_MAX = 48 * 1024,
    /* Bundles with frames that one side may send before the other has acknowledged any. */
    CVN_WIRE_WINDOW_BUNDLES = 32,
    /* A receiver acknowledges at the latest after so many, with an empty bundle if need be. */
    CVN_WIRE_ACK_AFTER = 8,
};

enum cvn_frame_type {
    CVN_FRAME_HELLO = 1,      /* client: the first frame on a pipe */
    CVN_FRAME_SETTINGS = 2,   /* server: its limits; the bundle's epoch names the connection */
    CVN_FRAME_OPEN = 3,       /* client: begins a call */
    CVN_FRAME_HEADERS = 4,    /* server: initial metadata */
    CVN_FRAME_MSG = 5,        /* a message or a piece of one */
    CVN_FRAME_HALF_CLOSE = 6, /* client: no further message */
    CVN_FRAME_TRAILERS = 7,   /* server: how the call ended */
    CVN_FRAME_CANCEL = 8,     /* client: wants no answer any more */
    CVN_FRAME_CREDIT = 9,     /* either: the peer may send so many bytes more on a stream */
    CVN_FRAME_ACK = 10,       /* reserved: acknowledgements ride in the bundle header */
    CVN_FRAME_PING = 11,
    CVN_FRAME_PONG = 12,
    CVN_FRAME_GOAWAY = 13, /* server: takes no further call on this connection */
};

enum {
    CVN_FRAME_MORE = 1,       /* on MSG: another piece of the same message follows */
    CVN_FRAME_END_STREAM = 2, /* on MSG: a HALF_CLOSE is implied behind it */
};

struct cvn_bundle_header {
    uint64_t epoch; /* of the connection, from the server's SETTINGS; 0 before */
    uint32_t ack;   /* bundles with frames received so far on this connection, modulo 2^32 */
    uint16_t n_frames;
};

struct cvn_frame {
    enum cvn_frame_type type;
    uint8_t flags;
    uint32_t call; /* 0 for frames of the connection */
    struct cvn_slice body;
};

/* Writes the header into CVN_WIRE_BUNDLE_HEADER_BYTES at out. */
void cvn_wire_put_bundle_header(uint8_t *out, const struct cvn_bundle_header *header);

/* Writes the frame's header into CVN_WIRE_FRAME_HEADER_BYTES at out; the body goes behind it. */
void cvn_wire_put_frame_header(uint8_t *out, const struct cvn_frame *frame);

/* Sets the call in a frame's header that is written already. */
void cvn_wire_put_frame_call(uint8_t *header, uint32_t call);

/*
 * Reads a bundle's header and takes it off the front of *bytes. 0; -EPROTO for another magic or
 * version, too many frames, or too few bytes.
 */
int cvn_wire_read_bundle(struct cvn_slice *bytes, struct cvn_bundle_header *ret);

/*
 * Takes the next frame off the front of *bytes; its body is borrowed. 0; -EPROTO for a body longer
 * than what is there or than CVN_WIRE_FRAME_BODY_MAX. A type that this version does not know is
 * given as it is, for the caller to skip.
 */
int cvn_wire_read_frame(struct cvn_slice *bytes, struct cvn_frame *ret);

#endif
