#include "tests/integration/rpc/peer.h"

#include "convene/rpc/v1/frame.pb-c.h"
#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <endian.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BUNDLE_ROOM = CVN_WIRE_BUNDLE_HEADER_BYTES + 16 * (CVN_WIRE_FRAME_BODY_MAX + 64),
    REQUEST_ID_BYTES = 4,
};

/* What nng's SP says first: a version, the protocol (REQ is 0x30, REP 0x31), nothing. */
static const uint8_t greeting[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
static const uint8_t request_id[REQUEST_ID_BYTES] = {0x80, 0, 0, 1};

static bool put(struct peer *peer, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = send(peer->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool get(struct peer *peer, void *bytes, size_t len)
{
    return len == 0 || recv(peer->fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

void peer_send_bytes(struct peer *peer, struct cvn_slice bytes)
{
    uint8_t head[1 + sizeof(uint64_t) + REQUEST_ID_BYTES] = {1};
    uint64_t len = htobe64(bytes.len + REQUEST_ID_BYTES);
    memcpy(head + 1, &len, sizeof len);
    memcpy(head + 1 + sizeof len, request_id, sizeof request_id);
    size_t skip = peer->ipc ? 0 : 1; /* tcp has no kind in front */
    if (put(peer, head + skip, sizeof head - skip))
        (void)put(peer, bytes.data, bytes.len);
}

/* One message of the carrier without the request's id, to be freed; NULL when it is lost. */
uint8_t *peer_take(struct peer *peer, size_t *ret_len)
{
    uint8_t kind;
    uint64_t len;
    if ((peer->ipc && !get(peer, &kind, 1)) || !get(peer, &len, sizeof len))
        return NULL;
    len = be64toh(len);
    uint8_t *bytes = malloc(len);
    if (!get(peer, bytes, len)) {
        free(bytes);
        return NULL;
    }
    memmove(bytes, bytes + REQUEST_ID_BYTES, len - REQUEST_ID_BYTES);
    *ret_len = len - REQUEST_ID_BYTES;
    return bytes;
}

void peer_send(struct peer *peer, const struct cvn_frame *frames, uint16_t n_frames)
{
    uint8_t *bytes = malloc(BUNDLE_ROOM);
    struct cvn_bundle_header header = {peer->epoch, peer->heard, n_frames};
    cvn_wire_put_bundle_header(bytes, &header);
    size_t at = CVN_WIRE_BUNDLE_HEADER_BYTES;
    for (uint16_t i = 0; i < n_frames; i++) {
        cvn_wire_put_frame_header(bytes + at, &frames[i]);
        at += CVN_WIRE_FRAME_HEADER_BYTES;
        if (frames[i].body.len)
            memcpy(bytes + at, frames[i].body.data, frames[i].body.len);
        at += frames[i].body.len;
    }
    peer_send_bytes(peer, cvn_slice(bytes, at));
    free(bytes);
}

static void dial(struct peer *peer, const char *url)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct sockaddr *address = (const void *)&local;
    socklen_t len = sizeof local;
    if (peer->ipc) {
        (void)snprintf(local.sun_path, sizeof local.sun_path, "%s", url + strlen("ipc://"));
    } else {
        remote.sin_port = htons((uint16_t)strtoul(strrchr(url, ':') + 1, NULL, 10));
        address = (const void *)&remote;
        len = sizeof remote;
    }
    peer->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    assert_int_equal(connect(peer->fd, address, len), 0);
}

void peer_connect(struct peer *peer, const char *url)
{
    *peer = (struct peer){.ipc = strncmp(url, "ipc:", 4) == 0};
    dial(peer, url);
}

void peer_init_with(struct peer *peer, const char *url, struct cvn_slice hello)
{
    peer_connect(peer, url);
    uint8_t theirs[sizeof greeting];
    assert_true(put(peer, greeting, sizeof greeting));
    assert_true(get(peer, theirs, sizeof theirs));
    peer_send(peer, &(struct cvn_frame){.type = CVN_FRAME_HELLO, .body = hello}, 1);
    size_t len;
    uint8_t *message = peer_take(peer, &len);
    assert_non_null(message);
    struct cvn_slice bytes = cvn_slice(message, len);
    struct cvn_bundle_header header;
    assert_int_equal(cvn_wire_read_bundle(&bytes, &header), 0);
    peer->epoch = header.epoch;
    peer->heard = 1;
    for (uint16_t i = 0; i < header.n_frames; i++) {
        struct cvn_frame frame;
        assert_int_equal(cvn_wire_read_frame(&bytes, &frame), 0);
        peer->sent_away |= frame.type == CVN_FRAME_GOAWAY;
    }
    free(message);
}

void peer_init(struct peer *peer, const char *url)
{
    peer_init_with(peer, url, cvn_slice(NULL, 0));
}

void peer_open(struct peer *peer, uint32_t call, const char *method, uint64_t timeout_ms)
{
    Convene__Rpc__V1__Open open = CONVENE__RPC__V1__OPEN__INIT;
    open.method = (char *)(uintptr_t)method;
    open.timeout_ms = timeout_ms;
    uint8_t body[1024];
    assert_true(convene__rpc__v1__open__get_packed_size(&open) <= sizeof body);
    size_t len = convene__rpc__v1__open__pack(&open, body);
    peer_send(peer, &(struct cvn_frame){CVN_FRAME_OPEN, 0, call, cvn_slice(body, len)}, 1);
}

static int code_of(const struct cvn_frame *frame)
{
    Convene__Rpc__V1__Trailers *trailers =
        convene__rpc__v1__trailers__unpack(NULL, frame->body.len, frame->body.data);
    assert_non_null(trailers);
    int code = trailers->status ? trailers->status->code : 0;
    convene__rpc__v1__trailers__free_unpacked(trailers, NULL);
    return code;
}

/* Takes one bundle in. The code of the TRAILERS, 0 for another frame waited for, or -1. */
static int hear(struct peer *peer, enum cvn_frame_type type, uint32_t call)
{
    size_t len;
    uint8_t *message = peer_take(peer, &len);
    assert_non_null(message);
    struct cvn_slice bytes = cvn_slice(message, len);
    struct cvn_bundle_header header;
    assert_int_equal(cvn_wire_read_bundle(&bytes, &header), 0);
    peer->heard += header.n_frames > 0;
    int code = -1;
    for (uint16_t i = 0; i < header.n_frames; i++) {
        struct cvn_frame frame;
        assert_int_equal(cvn_wire_read_frame(&bytes, &frame), 0);
        if (frame.call == call && frame.type == type)
            code = type == CVN_FRAME_TRAILERS ? code_of(&frame) : 0;
    }
    free(message);
    return code;
}

int peer_code(struct peer *peer, uint32_t call)
{
    int code;
    while ((code = hear(peer, CVN_FRAME_TRAILERS, call)) < 0)
        ;
    return code;
}

void peer_ping(struct peer *peer)
{
    peer_send(peer, &(struct cvn_frame){.type = CVN_FRAME_PING}, 1);
    while (hear(peer, CVN_FRAME_PONG, 0) < 0)
        ;
}

void peer_answer_ping(struct peer *peer)
{
    while (hear(peer, CVN_FRAME_PING, 0) < 0)
        ;
    peer_send(peer, &(struct cvn_frame){.type = CVN_FRAME_PONG}, 1);
}

void peer_wait_goaway(struct peer *peer)
{
    while (hear(peer, CVN_FRAME_GOAWAY, 0) < 0)
        ;
}

void peer_wait_closed(struct peer *peer)
{
    uint8_t dropped[4096];
    while (recv(peer->fd, dropped, sizeof dropped, 0) > 0)
        ;
}

void peer_deinit(struct peer *peer)
{
    (void)shutdown(peer->fd, SHUT_WR);
    peer_wait_closed(peer);
    (void)close(peer->fd);
}
