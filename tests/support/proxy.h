/*
 * Stands between a client and a server over ipc or tcp on loopback and does to their connection
 * what a network does: holds it up, cuts it at a byte, cuts a message short, refuses another. It
 * knows nng's framing of messages on a stream and nothing of what is in them. Threads of its own;
 * nothing depends on time.
 */
#ifndef CVN_TESTS_PROXY_H
#define CVN_TESTS_PROXY_H

#include "base/slice.h"
#include "tests/support/transport.h"

#include <stdbool.h>
#include <stdint.h>

enum proxy_direction { PROXY_TO_SERVER, PROXY_TO_CLIENT };

enum {
    PROXY_CONNECTIONS_MAX = 64,         /* of one proxy, ever */
    PROXY_MESSAGE_BYTES_MAX = 1 << 20,  /* a longer one fails the test */
    PROXY_RECORD_BYTES_MAX = 256 << 10, /* kept of each direction of the first connection */
    PROXY_GREETING_BYTES = 8,           /* what each side says before any message */
};

struct proxy;

/* A proxy to the server at server_url; url is then what to connect to. Fails the test if it cannot.
 */
struct proxy *proxy_new(const char *server_url, char url[TRANSPORT_URL_BYTES]);

/*
 * Ends what it carries and frees it; after the client and the server have closed, or they hear of
 * it. NULL is accepted.
 */
void proxy_free(struct proxy *proxy);

/*
 * Has the next connection cut when exactly n_bytes of the direction have passed, be it amid a
 * message: both sides read the end of what they got, and what they still send is dropped. Those
 * after it are passed on. So no side finds out by a write that fails, which makes nng 1.5.2 close
 * a pipe whose message is half there, and hang (fixed by its #1636).
 */
void proxy_cut_at(struct proxy *proxy, enum proxy_direction direction, uint64_t n_bytes);

/*
 * Has the next connection lose all but n_bytes of the message-th message (from 0) of the
 * direction, nng's header of a request counted; the framing says so, so that nng delivers it.
 */
void proxy_truncate(struct proxy *proxy, enum proxy_direction direction, unsigned message,
                    uint64_t n_bytes);

/* Passes nothing on in the direction until it is released; connections and cuts go on. */
void proxy_hold(struct proxy *proxy, enum proxy_direction direction);
void proxy_release(struct proxy *proxy, enum proxy_direction direction);

/* Waits until a message is held up in the direction. */
void proxy_wait_held(struct proxy *proxy, enum proxy_direction direction);

/* Waits until so many messages have passed in the direction over the last connection. */
void proxy_wait_messages(struct proxy *proxy, enum proxy_direction direction, uint64_t n);

/* Cuts the last connection now; what is held up of it is dropped. */
void proxy_cut_now(struct proxy *proxy);

/*
 * Ends the first connection for the client, and later for the server, which notices nothing
 * meanwhile: so the end of a connection comes after the beginning of the next.
 */
void proxy_cut_client(struct proxy *proxy);
void proxy_cut_server(struct proxy *proxy);

/* While refusing, who connects is told that nobody listens. What is connected stays. */
void proxy_refuse(struct proxy *proxy, bool refuse);

/* How many connections were taken so far. */
unsigned proxy_connections(struct proxy *proxy);

/* Whether a cut that was asked for has been made. */
bool proxy_has_cut(struct proxy *proxy);

/* What has passed in the direction over the first connection, borrowed, when both have closed. */
struct cvn_slice proxy_record(struct proxy *proxy, enum proxy_direction direction);

/* Bytes in front of each message: its length, and over ipc its kind before that. */
size_t proxy_message_header_bytes(const struct proxy *proxy);

#endif
