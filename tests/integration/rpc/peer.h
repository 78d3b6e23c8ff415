/*
 * A peer that speaks the wire by hand over a plain socket, so that it can say what no channel
 * would. ipc and tcp only.
 */
#ifndef CVN_TESTS_PEER_H
#define CVN_TESTS_PEER_H

#include "rpc/wire.h"

struct peer {
    int fd;
    bool ipc;
    uint64_t epoch;
    uint32_t heard; /* bundles with frames */
    bool sent_away; /* a GOAWAY came with the SETTINGS */
};

/* Connects and says nothing, not even SP's greeting. */
void peer_connect(struct peer *peer, const char *url);

/* Connects, says HELLO and waits for the SETTINGS. */
void peer_init(struct peer *peer, const char *url);
/* The same with a HELLO of that body. */
void peer_init_with(struct peer *peer, const char *url, struct cvn_slice hello);
/* The next bundle, to be freed; NULL when the connection is lost. */
uint8_t *peer_take(struct peer *peer, size_t *ret_len);
/* Says that nothing follows, waits until the server closes, and closes. */
void peer_deinit(struct peer *peer);

/* Sends the bytes as one message of the carrier; nothing when the connection is lost. */
void peer_send_bytes(struct peer *peer, struct cvn_slice bytes);

/* Sends one bundle of the frames. */
void peer_send(struct peer *peer, const struct cvn_frame *frames, uint16_t n_frames);

/* Sends OPEN of the method with a timeout (0: none), which is the call's only frame. */
void peer_open(struct peer *peer, uint32_t call, const char *method, uint64_t timeout_ms);

/* Waits for the TRAILERS of the call and returns its code; frames of other calls are dropped. */
int peer_code(struct peer *peer, uint32_t call);

/* Sends a PING and waits for its PONG: all sent before has been taken in. */
void peer_ping(struct peer *peer);

/* Waits for a PING and answers it. */
void peer_answer_ping(struct peer *peer);

/* Waits for a GOAWAY. */
void peer_wait_goaway(struct peer *peer);

/* Reads and drops until the server has closed the connection. */
void peer_wait_closed(struct peer *peer);

#endif
