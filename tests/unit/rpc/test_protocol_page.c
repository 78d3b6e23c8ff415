/*
 * The worked bytes of docs/protocol.md are what wire.h, frames.h and outbox.h produce: test_… PAGE.
 * A worked example is an indented block whose first line is its name in brackets; of each further
 * line the hexadecimal bytes count, up to three spaces or "…".
 */
#include "convene/rpc/v1/frame.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "rpc/flow.h"
#include "rpc/metadata_wire.h"
#include "rpc/outbox.h"
#include "rpc/status.h"
#include "tests/support/cmocka_all.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define EPOCH UINT64_C(0x800000010000002a)

enum { EXAMPLE_BYTES_MAX = 1024, ARENA_BYTES = 64 * 1024, PAGE_LINE_MAX = 512 };

struct bytes {
    uint8_t data[EXAMPLE_BYTES_MAX];
    size_t len;
};

/* What stands in the examples' bodies; memory in the arena. */
struct maker {
    struct cvn_arena arena;
    struct cvn_frames frames;
};

static const char *page;

static void append(struct bytes *to, const void *data, size_t len)
{
    assert_true(to->len + len <= sizeof to->data);
    memcpy(to->data + to->len, data, len);
    to->len += len;
}

static void add(struct maker *maker, const struct cvn_frame *frame)
{
    assert_int_equal(cvn_frames_add(&maker->frames, frame), 0);
}

static struct cvn_slice pack(struct maker *maker, const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = cvn_arena_alloc(&maker->arena, len);
    return cvn_slice(bytes, protobuf_c_message_pack(message, bytes));
}

static struct cvn_slice pack_status(struct maker *maker, const struct cvn_status *status)
{
    struct cvn_slice packed;
    assert_int_equal(cvn_status_pack(status, &maker->arena, &packed), 0);
    return packed;
}

static struct cvn_metadata *metadata(struct maker *maker, const char *key, struct cvn_slice value)
{
    struct cvn_metadata *made = cvn_arena_alloc(&maker->arena, sizeof *made);
    cvn_metadata_init(made, &maker->arena);
    assert_int_equal(cvn_metadata_add(made, key, value), 0);
    return made;
}

static void add_hello(struct maker *maker)
{
    Convene__Rpc__V1__Hello hello = CONVENE__RPC__V1__HELLO__INIT;
    hello.user_agent = (char *)(uintptr_t) "demo/1.0";
    hello.stream_credit = 131072;
    add(maker, &(struct cvn_frame){CVN_FRAME_HELLO, 0, 0, pack(maker, &hello.base)});
}

static void add_settings(struct maker *maker)
{
    Convene__Rpc__V1__Settings settings = CONVENE__RPC__V1__SETTINGS__INIT;
    settings.max_message_bytes = 4 << 20;
    settings.max_calls = 1024;
    settings.stream_credit = CVN_FLOW_CREDIT_BYTES;
    add(maker, &(struct cvn_frame){CVN_FRAME_SETTINGS, 0, 0, pack(maker, &settings.base)});
}

static void add_open(struct maker *maker)
{
    Convene__Rpc__V1__Open open = CONVENE__RPC__V1__OPEN__INIT;
    const struct cvn_metadata *with = metadata(maker, "x-request-id", cvn_slice_of_string("r-17"));
    open.method = (char *)(uintptr_t) "grpc.health.v1.Health/Check";
    open.timeout_ms = 5000;
    assert_int_equal(cvn_metadata_to_wire(with, &maker->arena, &open.metadata), 0);
    open.n_metadata = with->n;
    add(maker, &(struct cvn_frame){CVN_FRAME_OPEN, 0, 1, pack(maker, &open.base)});
}

static void add_unary_request(struct maker *maker)
{
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    add_open(maker);
    assert_int_equal(cvn_frames_add_packing(&maker->frames, 1, &request.base, CVN_FRAME_END_STREAM),
                     0);
}

static void add_unary_reply(struct maker *maker)
{
    Grpc__Health__V1__HealthCheckResponse reply = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    reply.status = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    assert_int_equal(cvn_frames_add_packing(&maker->frames, 1, &reply.base, 0), 0);
    add(maker, &(struct cvn_frame){.type = CVN_FRAME_TRAILERS, .call = 1});
}

static void add_headers(struct maker *maker)
{
    struct cvn_slice body;
    assert_int_equal(
        cvn_metadata_pack_headers(metadata(maker, "server", cvn_slice_of_string("demo")),
                                  &maker->arena, &body),
        0);
    add(maker, &(struct cvn_frame){CVN_FRAME_HEADERS, 0, 3, body});
}

static void add_pieces(struct maker *maker)
{
    static const uint8_t message[50000];
    assert_int_equal(cvn_frames_add_message(&maker->frames, 5, cvn_slice(message, sizeof message),
                                            CVN_FRAME_END_STREAM),
                     0);
}

static void add_half_close(struct maker *maker)
{
    add(maker, &(struct cvn_frame){.type = CVN_FRAME_HALF_CLOSE, .call = 3});
}

static void add_status(struct maker *maker)
{
    struct cvn_status status = {.code = CVN_UNAVAILABLE, .message = "Try again."};
    cvn_status_add_retry_info(&status, &maker->arena, 100);
    uint8_t *body = cvn_arena_alloc(&maker->arena, EXAMPLE_BYTES_MAX);
    struct cvn_slice packed = pack_status(maker, &status);
    body[0] = 1 << 3 | 2; /* Trailers.status */
    body[1] = (uint8_t)packed.len;
    memcpy(body + 2, packed.data, packed.len);
    add(maker, &(struct cvn_frame){CVN_FRAME_TRAILERS, 0, 3, cvn_slice(body, packed.len + 2)});
}

static void add_trailing_metadata(struct maker *maker)
{
    static const uint8_t cost[] = {0x00, 0xff};
    struct cvn_slice body;
    assert_int_equal(
        cvn_metadata_pack_trailers(metadata(maker, "cost-bin", cvn_slice(cost, sizeof cost)),
                                   &maker->arena, &body),
        0);
    add(maker, &(struct cvn_frame){CVN_FRAME_TRAILERS, 0, 3, body});
}

static void add_cancel(struct maker *maker)
{
    add(maker, &(struct cvn_frame){.type = CVN_FRAME_CANCEL, .call = 3});
}

static void add_credit(struct maker *maker)
{
    uint8_t body[CVN_FLOW_CREDIT_BODY_BYTES];
    cvn_flow_put_credit(body, 32844);
    add(maker, &(struct cvn_frame){CVN_FRAME_CREDIT, 0, 3, cvn_slice(body, sizeof body)});
}

static void add_ping(struct maker *maker)
{
    add(maker, &(struct cvn_frame){CVN_FRAME_PING, 0, 0, cvn_slice_of_string("7")});
}

static void add_pong(struct maker *maker)
{
    add(maker, &(struct cvn_frame){CVN_FRAME_PONG, 0, 0, cvn_slice_of_string("7")});
}

static void add_goaway(struct maker *maker)
{
    Convene__Rpc__V1__Goaway goaway = CONVENE__RPC__V1__GOAWAY__INIT;
    goaway.last_call = 7;
    goaway.reason = (char *)(uintptr_t) "The server is stopping.";
    add(maker, &(struct cvn_frame){CVN_FRAME_GOAWAY, 0, 0, pack(maker, &goaway.base)});
}

enum around { FRAMES, HEADERS_OF_FRAMES, BUNDLE, TCP_MESSAGE, IPC_MESSAGE };

/* What the page shows by each name. */
static const struct example {
    const char *name;
    void (*add)(struct maker *maker); /* NULL: no frames */
    enum around around;
    uint64_t epoch; /* of a bundle */
    uint32_t received;
} examples[] = {
    {"HELLO", add_hello, BUNDLE, 0, 0},
    {"SETTINGS", add_settings, BUNDLE, EPOCH, 1},
    {"unary request", add_unary_request, BUNDLE, EPOCH, 1},
    {"unary reply", add_unary_reply, BUNDLE, EPOCH, 2},
    {"acknowledgement", NULL, BUNDLE, EPOCH, 9},
    {"acknowledgement over tcp", NULL, TCP_MESSAGE, EPOCH, 9},
    {"acknowledgement over ipc", NULL, IPC_MESSAGE, EPOCH, 9},
    {"HEADERS", add_headers, FRAMES, 0, 0},
    {"a message in two pieces", add_pieces, HEADERS_OF_FRAMES, 0, 0},
    {"HALF_CLOSE", add_half_close, FRAMES, 0, 0},
    {"TRAILERS with a status", add_status, FRAMES, 0, 0},
    {"TRAILERS with metadata", add_trailing_metadata, FRAMES, 0, 0},
    {"CANCEL", add_cancel, FRAMES, 0, 0},
    {"CREDIT", add_credit, FRAMES, 0, 0},
    {"PING", add_ping, FRAMES, 0, 0},
    {"PONG", add_pong, FRAMES, 0, 0},
    {"GOAWAY", add_goaway, FRAMES, 0, 0},
};

enum { N_EXAMPLES = sizeof examples / sizeof *examples };

static void append_frames(struct bytes *to, struct maker *maker, enum around around)
{
    for (const struct cvn_queued_frame *frame = maker->frames.first; frame; frame = frame->next)
        append(to, frame->bytes,
               around == HEADERS_OF_FRAMES ? CVN_WIRE_FRAME_HEADER_BYTES : frame->len);
    cvn_frames_clear(&maker->frames);
}

/* A bundle as an outbox makes it, in what SP puts around it. */
static void append_bundle(struct bytes *to, struct maker *maker, const struct example *example)
{
    struct cvn_outbox outbox;
    cvn_outbox_init(&outbox, EXAMPLE_BYTES_MAX);
    outbox.received = example->received;
    outbox.ack_now = true;
    assert_int_equal(cvn_outbox_move(&outbox, &maker->frames), 0);
    nng_msg *msg = cvn_outbox_next(&outbox, example->epoch);
    assert_non_null(msg);
    static const uint8_t request_id[] = {0x80, 0, 0, 1};
    uint8_t length[8] = {0};
    length[7] = (uint8_t)(sizeof request_id + nng_msg_len(msg));
    if (example->around == IPC_MESSAGE)
        append(to, "\x01", 1);
    if (example->around != BUNDLE) {
        append(to, length, sizeof length);
        append(to, request_id, sizeof request_id);
    }
    append(to, nng_msg_body(msg), nng_msg_len(msg));
    nng_msg_free(msg);
    cvn_outbox_reset(&outbox);
}

static void make(const struct example *example, struct bytes *ret)
{
    struct maker maker = {.frames = {0}};
    cvn_arena_init(&maker.arena, ARENA_BYTES);
    ret->len = 0;
    if (example->add)
        example->add(&maker);
    if (example->around == FRAMES || example->around == HEADERS_OF_FRAMES)
        append_frames(ret, &maker, example->around);
    else
        append_bundle(ret, &maker, example);
    cvn_arena_deinit(&maker.arena);
}

/* The bytes that a line begins with. */
static void read_line(const char *line, struct bytes *to)
{
    while (*line == ' ')
        line++;
    while (isxdigit((unsigned char)line[0]) && isxdigit((unsigned char)line[1])) {
        const char pair[] = {line[0], line[1], '\0'};
        uint8_t byte = (uint8_t)strtoul(pair, NULL, 16);
        append(to, &byte, 1);
        line += 2;
        if (strncmp(line, "   ", 3) == 0)
            return;
        while (*line == ' ')
            line++;
    }
}

/* The name in a block's first line, cut at its bracket; NULL for another line. */
static const char *name_of(char *line)
{
    char *end = strchr(line, ']');
    if (strncmp(line, "    [", 5) != 0 || !end || strcmp(end, "]\n") != 0)
        return NULL;
    *end = '\0';
    return line + 5;
}

/* Reads the page's example of that name; how many examples the page has. */
static unsigned read_page(const char *name, struct bytes *ret)
{
    char line[PAGE_LINE_MAX];
    unsigned n = 0;
    bool here = false;
    FILE *file = fopen(page, "r");
    assert_non_null(file);
    ret->len = 0;
    while (fgets(line, sizeof line, file)) {
        bool indented = strncmp(line, "    ", 4) == 0;
        const char *named = name_of(line);
        if (named) {
            n++;
            here = strcmp(named, name) == 0;
        } else if (here && indented) {
            read_line(line, ret);
        } else {
            here = false;
        }
    }
    (void)fclose(file);
    return n;
}

static void test_worked_bytes_are_what_is_sent(void **state)
{
    unsigned n_wrong = 0;
    (void)state;
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        struct bytes made, shown;
        make(&examples[i], &made);
        (void)read_page(examples[i].name, &shown);
        if (shown.len != made.len || memcmp(shown.data, made.data, made.len) != 0) {
            print_error("The page shows [%s] otherwise than it is sent, which is:\n",
                        examples[i].name);
            for (size_t at = 0; at < made.len; at++)
                print_error("%02x%s", made.data[at], at % 20 == 19 ? "\n" : " ");
            print_error("\n");
            n_wrong++;
        }
    }
    assert_int_equal(n_wrong, 0);
}

static void test_every_example_of_the_page_is_known(void **state)
{
    struct bytes shown;
    (void)state;
    assert_int_equal(read_page("", &shown), N_EXAMPLES);
}

static void test_every_frame_has_an_example(void **state)
{
    bool seen[CVN_FRAME_GOAWAY + 1] = {[CVN_FRAME_ACK] = true}; /* reserved */
    (void)state;
    for (size_t i = 0; i < N_EXAMPLES; i++) {
        struct maker maker = {.frames = {0}};
        cvn_arena_init(&maker.arena, ARENA_BYTES);
        if (examples[i].add)
            examples[i].add(&maker);
        for (const struct cvn_queued_frame *f = maker.frames.first; f; f = f->next)
            seen[cvn_queued_frame_type(f)] = true;
        cvn_frames_clear(&maker.frames);
        cvn_arena_deinit(&maker.arena);
    }
    for (unsigned type = CVN_FRAME_HELLO; type <= CVN_FRAME_GOAWAY; type++)
        assert_true(seen[type]);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_bytes_are_what_is_sent),
        cmocka_unit_test(test_every_example_of_the_page_is_known),
        cmocka_unit_test(test_every_frame_has_an_example),
    };
    if (argc != 2)
        return 2;
    page = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
