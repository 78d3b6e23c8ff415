#include "rpc/status.h"

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "rpc/message.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define TYPE_URL_PREFIX "type.googleapis.com/"
#define DURATION_SECONDS_MAX INT64_C(315576000000) /* google/protobuf/duration.proto */
#define DURATION_NANOS_MAX 999999999

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

enum { N_CODES = sizeof names / sizeof *names };

const char *cvn_code_name(enum cvn_code code)
{
    return names[cvn_code_of_number(code)];
}

enum cvn_code cvn_code_of_number(int64_t number)
{
    return number >= 0 && number < N_CODES ? (enum cvn_code)number : CVN_UNKNOWN;
}

struct cvn_status *cvn_status_set(struct cvn_status *status, struct cvn_arena *arena,
                                  enum cvn_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *status = (struct cvn_status){.code = code, .message = cvn_arena_vprintf(arena, format, args)};
    va_end(args);
    return status;
}

static void add_detail(struct cvn_status *status, struct cvn_arena *arena,
                       const ProtobufCMessage *detail)
{
    if (status->n_details == CVN_STATUS_DETAILS_MAX)
        return;
    size_t len = protobuf_c_message_get_packed_size(detail);
    uint8_t *bytes = cvn_arena_alloc(arena, len);
    if (!bytes)
        return;
    status->details[status->n_details++] = (struct cvn_status_detail){
        detail->descriptor->name, cvn_slice(bytes, protobuf_c_message_pack(detail, bytes))};
}

void cvn_status_from_problems(struct cvn_status *status, struct cvn_arena *arena,
                              const struct cvn_problems *problems)
{
    *status = (struct cvn_status){.code = CVN_INVALID_ARGUMENT,
                                  .message = cvn_problems_sentence(problems)};
    Google__Rpc__BadRequest__FieldViolation violations[CVN_PROBLEMS_MAX];
    Google__Rpc__BadRequest__FieldViolation *list[CVN_PROBLEMS_MAX];
    for (size_t i = 0; i < problems->n; i++) {
        google__rpc__bad_request__field_violation__init(&violations[i]);
        violations[i].field = (char *)(uintptr_t)problems->items[i].field;
        violations[i].description = (char *)(uintptr_t)problems->items[i].text;
        list[i] = &violations[i];
    }
    Google__Rpc__BadRequest detail = GOOGLE__RPC__BAD_REQUEST__INIT;
    detail.field_violations = list;
    detail.n_field_violations = problems->n;
    add_detail(status, arena, &detail.base);
}

void cvn_status_add_error_info(struct cvn_status *status, struct cvn_arena *arena,
                               const char *reason)
{
    Google__Rpc__ErrorInfo detail = GOOGLE__RPC__ERROR_INFO__INIT;
    detail.reason = (char *)(uintptr_t)reason;
    detail.domain = (char *)(uintptr_t) "convene";
    add_detail(status, arena, &detail.base);
}

void cvn_status_add_retry_info(struct cvn_status *status, struct cvn_arena *arena, int64_t delay_ms)
{
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    delay.seconds = delay_ms / 1000;
    delay.nanos = (int32_t)(delay_ms % 1000) * 1000000;
    Google__Rpc__RetryInfo detail = GOOGLE__RPC__RETRY_INFO__INIT;
    detail.retry_delay = &delay;
    add_detail(status, arena, &detail.base);
}

void cvn_status_add_precondition(struct cvn_status *status, struct cvn_arena *arena,
                                 const struct cvn_problem *violation, const char *subject)
{
    Google__Rpc__PreconditionFailure__Violation one =
        GOOGLE__RPC__PRECONDITION_FAILURE__VIOLATION__INIT;
    one.type = (char *)(uintptr_t)violation->field;
    one.description = (char *)(uintptr_t)violation->text;
    one.subject = (char *)(uintptr_t)subject;
    Google__Rpc__PreconditionFailure__Violation *list[] = {&one};
    Google__Rpc__PreconditionFailure detail = GOOGLE__RPC__PRECONDITION_FAILURE__INIT;
    detail.violations = list;
    detail.n_violations = 1;
    add_detail(status, arena, &detail.base);
}

int cvn_status_copy(struct cvn_status *to, struct cvn_arena *arena, const struct cvn_status *from)
{
    struct cvn_status copy = {.code = from->code, .n_details = from->n_details};
    if (from->message && !(copy.message = cvn_arena_strdup(arena, from->message)))
        return -ENOMEM;
    for (size_t i = 0; i < from->n_details; i++) {
        copy.details[i].type = cvn_arena_strdup(arena, from->details[i].type);
        copy.details[i].bytes = cvn_arena_slice(arena, from->details[i].bytes);
        if (!copy.details[i].type || !copy.details[i].bytes.data)
            return -ENOMEM;
    }
    *to = copy;
    return 0;
}

/* The sentence, cut at a code point when it is over the limit. */
static char *sentence(const struct cvn_status *status, struct cvn_arena *arena)
{
    const char *message = status->message ? status->message : "";
    size_t len = strlen(message);
    if (len > CVN_STATUS_MESSAGE_BYTES_MAX)
        for (len = CVN_STATUS_MESSAGE_BYTES_MAX; len > 0 && (message[len] & 0xc0) == 0x80; len--)
            ;
    return cvn_arena_copy(arena, message, len);
}

int cvn_status_pack(const struct cvn_status *status, struct cvn_arena *arena, struct cvn_slice *ret)
{
    Google__Protobuf__Any details[CVN_STATUS_DETAILS_MAX], *list[CVN_STATUS_DETAILS_MAX];
    Google__Rpc__Status message = GOOGLE__RPC__STATUS__INIT;
    message.code = status->code;
    message.message = sentence(status, arena);
    message.details = list;
    message.n_details = status->n_details;
    for (size_t i = 0; i < status->n_details; i++) {
        google__protobuf__any__init(&details[i]);
        details[i].type_url =
            cvn_arena_printf(arena, TYPE_URL_PREFIX "%s", status->details[i].type);
        details[i].value.data = (uint8_t *)(uintptr_t)status->details[i].bytes.data;
        details[i].value.len = status->details[i].bytes.len;
        list[i] = &details[i];
        if (!details[i].type_url)
            return -ENOMEM;
    }
    size_t len = google__rpc__status__get_packed_size(&message);
    uint8_t *bytes = cvn_arena_alloc(arena, len);
    if (!bytes || !message.message)
        return -ENOMEM;
    *ret = cvn_slice(bytes, google__rpc__status__pack(&message, bytes));
    return 0;
}

int cvn_status_unpack(struct cvn_status *ret, struct cvn_arena *arena, struct cvn_slice bytes)
{
    ProtobufCMessage *unpacked;
    int r = cvn_message_unpack(&google__rpc__status__descriptor, arena, bytes, &unpacked);
    if (r)
        return r;
    const Google__Rpc__Status *message = (const void *)unpacked;
    struct cvn_status status = {.code = cvn_code_of_number(message->code),
                                .message = message->message};
    for (size_t i = 0; i < message->n_details && i < CVN_STATUS_DETAILS_MAX; i++) {
        const Google__Protobuf__Any *any = message->details[i];
        const char *slash = strrchr(any->type_url, '/');
        status.details[status.n_details++] = (struct cvn_status_detail){
            slash ? slash + 1 : any->type_url, cvn_slice(any->value.data, any->value.len)};
    }
    *ret = status;
    return 0;
}

/* The first detail of the type, unpacked into the arena; NULL where there is none. */
static const void *find_detail(const struct cvn_status *status, struct cvn_arena *arena,
                               const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < status->n_details; i++) {
        if (strcmp(status->details[i].type, type->name) != 0)
            continue;
        ProtobufCMessage *detail;
        return cvn_message_unpack(type, arena, status->details[i].bytes, &detail) ? NULL : detail;
    }
    return NULL;
}

size_t cvn_status_problems(const struct cvn_status *status, struct cvn_problems *ret)
{
    const Google__Rpc__BadRequest *detail =
        find_detail(status, ret->arena, &google__rpc__bad_request__descriptor);
    if (!detail)
        return 0;
    for (size_t i = 0; i < detail->n_field_violations; i++)
        cvn_problems_add(ret, detail->field_violations[i]->field, "%s",
                         detail->field_violations[i]->description);
    return detail->n_field_violations;
}

const char *cvn_status_reason(const struct cvn_status *status, struct cvn_arena *arena)
{
    const Google__Rpc__ErrorInfo *detail =
        find_detail(status, arena, &google__rpc__error_info__descriptor);
    return detail ? detail->reason : NULL;
}

int64_t cvn_status_retry_delay_ms(const struct cvn_status *status, struct cvn_arena *arena)
{
    const Google__Rpc__RetryInfo *detail =
        find_detail(status, arena, &google__rpc__retry_info__descriptor);
    if (!detail || !detail->retry_delay)
        return -1;
    const Google__Protobuf__Duration *delay = detail->retry_delay;
    if (delay->seconds < 0 || delay->seconds > DURATION_SECONDS_MAX || delay->nanos < 0 ||
        delay->nanos > DURATION_NANOS_MAX)
        return -1;
    return delay->seconds * 1000 + delay->nanos / 1000000;
}
