#include "client/lib/status.h"

#include "base/arena.h"
#include "google/rpc/error_details.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATUS_BYTES = 1 << 20, /* a status on the wire is smaller than a message; this caps the copy */
    DETAILS_MAX = 16,
    VIOLATIONS_MAX = 256,
};

static const struct convene_status blank = CONVENE_STATUS_INIT;

void convene_status_clear(struct convene_status *status)
{
    if (status) {
        cvn_arena_deinit(status->memory ? status->memory : &(struct cvn_arena){0});
        free(status->memory);
        *status = blank;
    }
}

const char *convene_code_name(int code)
{
    static const char *const names[] = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    };
    size_t n = sizeof names / sizeof *names;
    return code >= 0 && (size_t)code < n ? names[code] : "UNKNOWN";
}

/* Clears status and gives the memory for what it is to say; NULL when there is none. */
static struct cvn_arena *begin(struct convene_status *status, int code)
{
    convene_status_clear(status);
    bool known = code >= CONVENE_OK && code <= CONVENE_UNAUTHENTICATED;
    status->code = known ? (enum convene_code)code : CONVENE_UNKNOWN;
    struct cvn_arena *arena = malloc(sizeof *arena);
    if (arena) {
        cvn_arena_init(arena, STATUS_BYTES);
        status->memory = arena;
    }
    return arena;
}

static const char *or_blank(const char *text)
{
    return text ? text : "";
}

int cvn_status_set_sentence(struct convene_status *status, enum convene_code code,
                            const char *format, ...)
{
    if (!status) {
        return (int)code;
    }
    /* The words may borrow from what the status says now; so they are made before it is cleared. */
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    struct cvn_arena *arena = begin(status, (int)code);
    if (len >= 0) {
        status->message = or_blank(arena ? cvn_arena_strdup(arena, text) : NULL);
        free(text);
    }
    return (int)code;
}

void cvn_status_set_ok(struct convene_status *status)
{
    convene_status_clear(status);
}

static void take_bad_request(struct convene_status *status, struct cvn_arena *arena,
                             const Google__Rpc__BadRequest *details)
{
    size_t n =
        details->n_field_violations < VIOLATIONS_MAX ? details->n_field_violations : VIOLATIONS_MAX;
    struct convene_violation *violations = cvn_arena_alloc_array(arena, n, sizeof *violations);
    for (size_t i = 0; violations && i < n; i++) {
        const Google__Rpc__BadRequest__FieldViolation *from = details->field_violations[i];
        violations[i].field = or_blank(cvn_arena_strdup(arena, from->field));
        violations[i].text = or_blank(cvn_arena_strdup(arena, from->description));
    }
    status->violations = violations;
    status->n_violations = violations ? n : 0;
}

static bool is_type(const Google__Protobuf__Any *any, const ProtobufCMessageDescriptor *type)
{
    const char *name = strrchr(any->type_url, '/');
    return name && strcmp(name + 1, type->name) == 0;
}

static void take_detail(struct convene_status *status, struct cvn_arena *arena,
                        const Google__Protobuf__Any *any)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &google__rpc__bad_request__descriptor,
        &google__rpc__error_info__descriptor,
        &google__rpc__retry_info__descriptor,
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!is_type(any, types[i])) {
            continue;
        }
        ProtobufCMessage *message =
            protobuf_c_message_unpack(types[i], NULL, any->value.len, any->value.data);
        if (!message) {
            return;
        }
        if (i == 0) {
            take_bad_request(status, arena, (const Google__Rpc__BadRequest *)message);
        } else if (i == 1) {
            const char *reason = ((const Google__Rpc__ErrorInfo *)message)->reason;
            status->reason = or_blank(cvn_arena_strdup(arena, reason));
        } else {
            const Google__Protobuf__Duration *delay =
                ((const Google__Rpc__RetryInfo *)message)->retry_delay;
            bool sane = delay && delay->seconds >= 0 && delay->seconds < 86400;
            status->retry_after_ms = sane ? delay->seconds * 1000 + delay->nanos / 1000000 : 0;
        }
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

int cvn_status_set_details(struct convene_status *status, const Google__Rpc__Status *from)
{
    if (!status) {
        return from->code;
    }
    struct cvn_arena *arena = begin(status, from->code);
    status->message = or_blank(arena ? cvn_arena_strdup(arena, from->message) : NULL);
    for (size_t i = 0; arena && i < from->n_details && i < DETAILS_MAX; i++) {
        take_detail(status, arena, from->details[i]);
    }
    return (int)status->code;
}
