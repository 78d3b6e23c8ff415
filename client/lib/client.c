#include "base/address.h"
#include "base/arena.h"
#include "base/id.h"
#include "client/lib/channel.h"
#include "client/lib/credentials.h"
#include "client/lib/methods.h"
#include "client/lib/status.h"
#include "convene/convene.h"
#include "rpc/channel.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    URL_BYTES = 512,
    REPLY_BYTES = 256 << 20, /* memory of one reply, unpacked */
    CONNECT_TIMEOUT_MS = 2500,
    /* Where nobody listens. A server that starts listens before it does anything else. */
    REFUSED_TIMEOUT_MS = 200,
    RETRY_TOKENS = 100, /* gRPC's throttling: retries pause while half of them are gone */
    RETRY_TOKEN_PERMILLE = 500,
};

struct convene {
    struct cvn_channel *channel;
    char url[URL_BYTES];
    int64_t timeout_ms;
    bool fail_fast;
    atomic_bool answered; /* a server has answered since open */
};

/* A reply and the memory of its parts; what callers hold is the message at the end. */
struct reply_box {
    struct cvn_arena arena;
    max_align_t message[];
};

static int choose_url(char url[URL_BYTES], const char *asked, struct convene_status *status)
{
    char found[CVN_ADDRESS_BYTES];
    const char *from_environment = getenv("CONVENE_URL");
    const char *text = asked && *asked ? asked : from_environment;
    if (!text || !*text) {
        if (!cvn_address_default(found, NULL, getenv("XDG_RUNTIME_DIR"), getenv("HOME"))) {
            return cvn_status_set_sentence(
                status, CONVENE_INVALID_ARGUMENT,
                "There is no address: neither a URL, nor CONVENE_URL, XDG_RUNTIME_DIR or HOME.");
        }
        text = found;
    }
    if (strlen(text) >= URL_BYTES) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "The address has more than %d bytes.", URL_BYTES - 1);
    }
    memcpy(url, text, strlen(text) + 1);
    return 0;
}

/* The option, or else what the environment has. */
static const char *or_environment(const char *option, const char *name)
{
    return option ? option : getenv(name);
}

static int open_channel(struct convene *client, const struct convene_options *asked,
                        const char *authorization, struct convene_status *status)
{
    struct cvn_channel_options options = {
        .tls =
            {
                .ca = or_environment(asked->tls_ca_file, "CONVENE_TLS_CA"),
                .certificate = or_environment(asked->tls_cert_file, "CONVENE_TLS_CERT"),
                .key = or_environment(asked->tls_key_file, "CONVENE_TLS_KEY"),
                .server_name = or_environment(asked->tls_server_name, "CONVENE_TLS_NAME"),
            },
        .authorization = *authorization ? authorization : NULL,
        .connect_timeout_ms = client->timeout_ms / 2 < CONNECT_TIMEOUT_MS
                                  ? (int)(client->timeout_ms / 2 + 1)
                                  : CONNECT_TIMEOUT_MS,
        .refused_timeout_ms = REFUSED_TIMEOUT_MS,
        /* Where there is a choice, what cannot serve is passed over. */
        .health_service = strchr(client->url, ',') ? "" : NULL,
        .retry = {.max_tokens = RETRY_TOKENS, .token_permille = RETRY_TOKEN_PERMILLE},
    };
    struct cvn_error err = {""};
    int r = cvn_channel_new(&client->channel, client->url, &options, &err);
    if (r) {
        enum convene_code code =
            r == -ENOMEM || r == -EAGAIN ? CONVENE_RESOURCE_EXHAUSTED : CONVENE_INVALID_ARGUMENT;
        return cvn_status_set_sentence(status, code, "%s",
                                       *err.text ? err.text : "The client cannot be made.");
    }
    return 0;
}

int convene_open(struct convene **ret_client, const struct convene_options *options,
                 struct convene_status *status)
{
    static const struct convene_options none = {0};
    options = options ? options : &none;
    if (options->timeout_ms < 0 || options->timeout_ms > CONVENE_TIMEOUT_MAX_MS) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "timeout_ms must be from 0 to %d.", CONVENE_TIMEOUT_MAX_MS);
    }
    struct convene *client = sodium_init() < 0 ? NULL : calloc(1, sizeof *client);
    if (!client) {
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory for a client.");
    }
    client->timeout_ms = options->timeout_ms ? options->timeout_ms : CONVENE_TIMEOUT_MS;
    client->fail_fast = options->fail_fast;
    char authorization[CVN_CREDENTIALS_BYTES];
    int r = choose_url(client->url, options->url, status);
    r = r ? r : cvn_credentials_read(authorization, options, client->url, status);
    r = r ? r : open_channel(client, options, authorization, status);
    sodium_memzero(authorization, sizeof authorization);
    if (r) {
        free(client);
        return r;
    }
    cvn_status_set_ok(status);
    *ret_client = client;
    return 0;
}

void convene_close(struct convene *client)
{
    if (client) {
        cvn_channel_free(client->channel);
        free(client);
    }
}

const char *convene_url(const struct convene *client)
{
    return client->url;
}

void convene_message_free(ProtobufCMessage *message)
{
    if (message) {
        struct reply_box *box =
            (struct reply_box *)((char *)message - offsetof(struct reply_box, message));
        cvn_arena_deinit(&box->arena);
        free(box);
    }
}

/*
 * A copy of the request with a request_id of our own where its field is empty; the same for every
 * try of the call. The request's other fields are shared, so the copy is not freed as a message.
 */
static ProtobufCMessage *with_request_id(const ProtobufCMessage *request,
                                         char id[CVN_ID_TEXT_BYTES])
{
    const ProtobufCMessageDescriptor *type = request->descriptor;
    ProtobufCMessage *copy = malloc(type->sizeof_message);
    if (!copy) {
        return NULL;
    }
    memcpy(copy, request, type->sizeof_message);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(type, "request_id");
    char **text = field ? (char **)((char *)copy + field->offset) : NULL;
    if (text && (!*text || !**text)) {
        uint8_t entropy[10];
        struct timespec now;
        randombytes_buf(entropy, sizeof entropy);
        (void)clock_gettime(CLOCK_REALTIME, &now);
        struct cvn_id made = cvn_id_make(now.tv_sec * INT64_C(1000), entropy);
        cvn_id_format(id, "req", &made);
        *text = id;
    }
    return copy;
}

struct cvn_channel *cvn_client_channel(struct convene *client)
{
    return client->channel;
}

int64_t cvn_client_timeout_ms(const struct convene *client)
{
    return client->timeout_ms;
}

bool cvn_client_fails_fast(const struct convene *client)
{
    return client->fail_fast;
}

void cvn_client_note_answer(struct convene *client)
{
    atomic_store(&client->answered, true);
}

void cvn_client_take_status(struct convene *client, const struct cvn_status *from,
                            struct cvn_arena *arena, struct convene_status *status)
{
    bool from_server = from->code != CVN_UNAVAILABLE && from->code != CVN_DEADLINE_EXCEEDED;
    if (from_server) {
        atomic_store(&client->answered, true);
    }
    struct cvn_slice packed;
    Google__Rpc__Status *details = NULL;
    if (cvn_status_pack(from, arena, &packed) == 0) {
        details = google__rpc__status__unpack(NULL, packed.len, packed.data);
    }
    if (details) {
        (void)cvn_status_set_details(status, details);
        google__rpc__status__free_unpacked(details, NULL);
    } else {
        (void)cvn_status_set_sentence(status, (enum convene_code)from->code, "%s",
                                      from->message ? from->message : "");
    }
    if (status) {
        bool told_when = status->retry_after_ms > 0;
        status->unreachable =
            (from->code == CVN_UNAVAILABLE && !told_when) ||
            (from->code == CVN_DEADLINE_EXCEEDED && !atomic_load(&client->answered));
    }
}

/* On success *ret_reply is a reply_box's message. */
static int call_for_reply(struct convene *client, const struct cvn_call_request *request,
                          ProtobufCMessage **ret_reply, struct convene_status *status)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, REPLY_BYTES);
    struct cvn_status ended = {0};
    ProtobufCMessage *reply = NULL;
    if (cvn_channel_call(client->channel, request, &arena, &ended, &reply) != CVN_OK) {
        cvn_client_take_status(client, &ended, &arena, status);
        return (int)ended.code;
    }
    atomic_store(&client->answered, true);
    size_t size = reply->descriptor->sizeof_message;
    struct reply_box *box = malloc(sizeof *box + size);
    if (!box) {
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory for the reply.");
    }
    box->arena = arena;
    memcpy(box->message, reply, size);
    cvn_arena_init(&arena, REPLY_BYTES); /* what it held is the box's now */
    *ret_reply = (ProtobufCMessage *)box->message;
    return 0;
}

/*
 * What is tried again of a method that reads or has a request_id; nothing of another. Where the
 * caller does not want to wait, only what the server itself asks to have again.
 */
static const struct cvn_retry_policy *policy_of(const struct convene *client,
                                                const ProtobufCMethodDescriptor *method)
{
    static const struct cvn_retry_policy never;
    static const struct cvn_retry_policy usual = {
        .max_attempts = CVN_RETRY_ATTEMPTS_MAX,
        .codes = CVN_RETRY_CODE(CVN_UNAVAILABLE),
        .told_codes = CVN_RETRY_CODE(CVN_RESOURCE_EXHAUSTED),
    };
    static const struct cvn_retry_policy fail_fast = {
        .max_attempts = CVN_RETRY_ATTEMPTS_MAX,
        .told_codes = CVN_RETRY_CODE(CVN_UNAVAILABLE) | CVN_RETRY_CODE(CVN_RESOURCE_EXHAUSTED),
    };
    if (!cvn_method_repeatable(method)) {
        return &never;
    }
    return client->fail_fast ? &fail_fast : &usual;
}

int convene_call(struct convene *client, const char *method, const ProtobufCMessage *request,
                 ProtobufCMessage **ret_reply, struct convene_status *status)
{
    const ProtobufCServiceDescriptor *service = NULL;
    const ProtobufCMethodDescriptor *found = cvn_method_find(method, &service);
    if (!found) {
        return cvn_status_set_sentence(status, CONVENE_UNIMPLEMENTED, "There is no method %s.",
                                       method);
    }
    if (request->descriptor != found->input) {
        return cvn_status_set_sentence(status, CONVENE_INVALID_ARGUMENT,
                                       "The request of %s must be a %s, not a %s.", method,
                                       found->input->name, request->descriptor->name);
    }
    char id[CVN_ID_TEXT_BYTES];
    ProtobufCMessage *copy = with_request_id(request, id);
    if (!copy) {
        return cvn_status_set_sentence(status, CONVENE_RESOURCE_EXHAUSTED,
                                       "There is no memory for the request.");
    }
    struct cvn_call_request call = {
        .service = service,
        .method = found->name,
        .message = copy,
        .options = {.timeout_ms = client->timeout_ms,
                    .wait_for_ready = !client->fail_fast,
                    .retry = policy_of(client, found)},
    };
    ProtobufCMessage *reply = NULL;
    int r = call_for_reply(client, &call, &reply, status);
    free(copy);
    if (r == 0) {
        cvn_status_set_ok(status);
        *ret_reply = reply;
    }
    return r;
}
