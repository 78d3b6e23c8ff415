#include "services/events/record.h"

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "rpc/message.h"
#include "rpc/status.h"

#include <errno.h>
#include <string.h>

int cvn_record_unpack(struct cvn_arena *arena, const ProtobufCMessageDescriptor *type,
                      struct cvn_slice bytes, void *ret_message)
{
    return cvn_message_unpack(type, arena, bytes, ret_message);
}

Google__Protobuf__Timestamp *cvn_record_time(struct cvn_arena *arena, int64_t utc_ms)
{
    Google__Protobuf__Timestamp *time = cvn_arena_alloc(arena, sizeof *time);
    if (!time)
        return NULL;
    google__protobuf__timestamp__init(time);
    int64_t ms = utc_ms % 1000;
    if (ms < 0)
        ms += 1000;
    time->seconds = (utc_ms - ms) / 1000;
    time->nanos = (int32_t)(ms * 1000000);
    return time;
}

int64_t cvn_record_time_ms(const Google__Protobuf__Timestamp *time, int64_t fallback_ms)
{
    /* Years 1 to 9999, as google.protobuf.Timestamp has them. */
    const int64_t least_s = -62135596800, most_s = 253402300799;
    if (!time)
        return fallback_ms;
    int64_t s = time->seconds < least_s ? least_s : time->seconds > most_s ? most_s : time->seconds;
    return s * 1000 + time->nanos / 1000000;
}

static Google__Rpc__BadRequest *bad_request(const struct cvn_problems *problems)
{
    struct cvn_arena *arena = problems->arena;
    Google__Rpc__BadRequest *bad = cvn_arena_alloc(arena, sizeof *bad);
    Google__Rpc__BadRequest__FieldViolation *items =
        cvn_arena_alloc_array(arena, problems->n, sizeof *items);
    if (!bad || !items)
        return NULL;
    google__rpc__bad_request__init(bad);
    bad->field_violations = cvn_arena_alloc_array(arena, problems->n, sizeof(void *));
    if (!bad->field_violations)
        return NULL;
    bad->n_field_violations = problems->n;
    for (size_t i = 0; i < problems->n; i++) {
        google__rpc__bad_request__field_violation__init(&items[i]);
        items[i].field = cvn_arena_strdup(arena, problems->items[i].field);
        items[i].description = cvn_arena_strdup(arena, problems->items[i].text);
        if (!items[i].field || !items[i].description)
            return NULL;
        bad->field_violations[i] = &items[i];
    }
    return bad;
}

static Google__Protobuf__Any *any_of(struct cvn_arena *arena, const ProtobufCMessage *message)
{
    Google__Protobuf__Any *any = cvn_arena_alloc(arena, sizeof *any);
    uint8_t *bytes = cvn_arena_alloc(arena, protobuf_c_message_get_packed_size(message));
    if (!any || !bytes)
        return NULL;
    google__protobuf__any__init(any);
    any->type_url = cvn_arena_printf(arena, "type.googleapis.com/%s", message->descriptor->name);
    any->value.data = bytes;
    any->value.len = protobuf_c_message_pack(message, bytes);
    return any->type_url ? any : NULL;
}

Convene__Events__V1__RegisterResult *cvn_record_refused(const struct cvn_problems *problems)
{
    struct cvn_arena *arena = problems->arena;
    Google__Rpc__Status *status = cvn_arena_alloc(arena, sizeof *status);
    Google__Protobuf__Any **details = cvn_arena_alloc(arena, sizeof *details);
    Google__Rpc__BadRequest *bad = bad_request(problems);
    Convene__Events__V1__RegisterResult *result = cvn_record_stored(
        arena, "", CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_REFUSED);
    if (!status || !details || !bad || !result)
        return NULL;
    google__rpc__status__init(status);
    status->code = CVN_INVALID_ARGUMENT;
    status->message = cvn_arena_strdup(arena, cvn_problems_sentence(problems));
    details[0] = any_of(arena, &bad->base);
    if (!status->message || !details[0])
        return NULL;
    status->details = details;
    status->n_details = 1;
    result->status = status;
    return result;
}

Convene__Events__V1__RegisterResult *
cvn_record_stored(struct cvn_arena *arena, const char *id,
                  Convene__Events__V1__RegisterResult__Outcome outcome)
{
    Convene__Events__V1__RegisterResult *result = cvn_arena_alloc(arena, sizeof *result);
    if (!result)
        return NULL;
    convene__events__v1__register_result__init(result);
    result->id = cvn_arena_strdup(arena, id);
    result->outcome = outcome;
    return result->id ? result : NULL;
}

int cvn_record_same(struct cvn_arena *arena, const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    size_t len = protobuf_c_message_get_packed_size(a);
    if (len != protobuf_c_message_get_packed_size(b))
        return 0;
    uint8_t *bytes = cvn_arena_alloc_array(arena, 2, len);
    if (!bytes)
        return -ENOMEM;
    (void)protobuf_c_message_pack(a, bytes);
    (void)protobuf_c_message_pack(b, bytes + len);
    return memcmp(bytes, bytes + len, len) == 0;
}
