#include "client/json.h"

#include "base/civil.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/rpc/error_details.pb-c.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { JSON_NAME_BYTES = 128, DEPTH_MAX = 64 };

static int of_message(const ProtobufCMessage *message, int depth, json_t **ret_json);

void cvn_json_name(char *name, size_t size, const char *field)
{
    size_t n = 0;
    bool upper = false;
    for (; *field && n + 1 < size; field++) {
        if (*field == '_') {
            upper = true;
        } else {
            name[n++] = upper ? (char)toupper((unsigned char)*field) : *field;
            upper = false;
        }
    }
    name[n] = '\0';
}

static int give(json_t *json, int failure, json_t **ret_json)
{
    if (!json) {
        return failure;
    }
    *ret_json = json;
    return 0;
}

static int of_double(double value, json_t **ret_json)
{
    if (isnan(value)) {
        return give(json_string("NaN"), -ENOMEM, ret_json);
    }
    if (isinf(value)) {
        return give(json_string(value > 0 ? "Infinity" : "-Infinity"), -ENOMEM, ret_json);
    }
    return give(json_real(value), -ENOMEM, ret_json);
}

static int of_int64(int64_t value, json_t **ret_json)
{
    return give(json_sprintf("%" PRId64, value), -ENOMEM, ret_json);
}

static int of_uint64(uint64_t value, json_t **ret_json)
{
    return give(json_sprintf("%" PRIu64, value), -ENOMEM, ret_json);
}

static int of_enum(const ProtobufCFieldDescriptor *field, int32_t value, json_t **ret_json)
{
    const ProtobufCEnumValue *named =
        protobuf_c_enum_descriptor_get_value(field->descriptor, value);
    return give(named ? json_string(named->name) : json_integer(value), -ENOMEM, ret_json);
}

static int of_bytes(const ProtobufCBinaryData *data, json_t **ret_json)
{
    size_t size = sodium_base64_encoded_len(data->len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    if (!text) {
        return -ENOMEM;
    }
    sodium_bin2base64(text, size, data->data, data->len, sodium_base64_VARIANT_ORIGINAL);
    int r = give(json_string(text), -ENOMEM, ret_json);
    free(text);
    return r;
}

/* One value of the field, at value as protobuf-c keeps it in memory. */
static int of_value(const ProtobufCFieldDescriptor *field, const void *value, int depth,
                    json_t **ret_json)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return give(json_integer(*(const int32_t *)value), -ENOMEM, ret_json);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return give(json_integer(*(const uint32_t *)value), -ENOMEM, ret_json);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return of_int64(*(const int64_t *)value, ret_json);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return of_uint64(*(const uint64_t *)value, ret_json);
    case PROTOBUF_C_TYPE_FLOAT:
        return of_double((double)*(const float *)value, ret_json);
    case PROTOBUF_C_TYPE_DOUBLE:
        return of_double(*(const double *)value, ret_json);
    case PROTOBUF_C_TYPE_BOOL:
        return give(json_boolean(*(const protobuf_c_boolean *)value), -ENOMEM, ret_json);
    case PROTOBUF_C_TYPE_ENUM:
        return of_enum(field, *(const int32_t *)value, ret_json);
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)value;
        return give(json_string(text ? text : ""), -EILSEQ, ret_json);
    }
    case PROTOBUF_C_TYPE_BYTES:
        return of_bytes(value, ret_json);
    case PROTOBUF_C_TYPE_MESSAGE:
        return of_message(*(ProtobufCMessage *const *)value, depth + 1, ret_json);
    }
    return -EINVAL;
}

static size_t value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        return sizeof(int32_t);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return sizeof(int64_t);
    case PROTOBUF_C_TYPE_FLOAT:
        return sizeof(float);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    return 0;
}

/* Whether a singular field is at the value that canonical JSON leaves out. */
static bool is_default(const ProtobufCFieldDescriptor *field, const void *value)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)value;
        return !text || !*text;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        return !*(void *const *)value;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        return ((const ProtobufCBinaryData *)value)->len == 0;
    }
    static const char zeros[sizeof(int64_t)];
    return memcmp(value, zeros, value_size(field->type)) == 0;
}

/* protobuf-c forgets which messages are map entries; protoc names them so, and we name none so. */
static bool is_map(const ProtobufCFieldDescriptor *field)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return false;
    }
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    size_t len = strlen(entry->name);
    return len > 5 && strcmp(entry->name + len - 5, "Entry") == 0 && entry->n_fields == 2 &&
           strcmp(entry->fields[0].name, "key") == 0 &&
           entry->fields[0].type == PROTOBUF_C_TYPE_STRING;
}

static int of_map(size_t n, ProtobufCMessage *const *entries, int depth, json_t **ret_json)
{
    json_t *object = json_object();
    if (!object) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const ProtobufCFieldDescriptor *fields = entries[i]->descriptor->fields;
        const char *base = (const char *)entries[i];
        const char *key = *(char *const *)(base + fields[0].offset);
        json_t *value = NULL;
        int r = of_value(&fields[1], base + fields[1].offset, depth, &value);
        if (r == 0 && json_object_set_new(object, key, value)) {
            r = -EILSEQ;
        }
        if (r) {
            json_decref(object);
            return r;
        }
    }
    *ret_json = object;
    return 0;
}

static int of_repeated(const ProtobufCFieldDescriptor *field, const char *base, int depth,
                       json_t **ret_json)
{
    size_t n = *(const size_t *)(base + field->quantifier_offset);
    const char *values = *(const char *const *)(base + field->offset);
    if (is_map(field)) {
        return of_map(n, (ProtobufCMessage *const *)values, depth, ret_json);
    }
    json_t *array = json_array();
    if (!array) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        json_t *value = NULL;
        int r = of_value(field, values + i * value_size(field->type), depth, &value);
        if (r == 0 && json_array_append_new(array, value)) {
            r = -ENOMEM;
        }
        if (r) {
            json_decref(array);
            return r;
        }
    }
    *ret_json = array;
    return 0;
}

static int of_timestamp(const Google__Protobuf__Timestamp *time, json_t **ret_json)
{
    int64_t last = cvn_civil_seconds(&(struct cvn_civil){CVN_CIVIL_YEAR_MAX, 12, 31, 23, 59, 59});
    if (time->seconds < 0 || time->seconds > last || time->nanos < 0 || time->nanos > 999999999) {
        return -ERANGE;
    }
    char text[CVN_INSTANT_TEXT_BYTES];
    cvn_instant_format(text, time->seconds * 1000 + time->nanos / 1000000, 0);
    return give(json_string(text), -ENOMEM, ret_json);
}

static int of_duration(const Google__Protobuf__Duration *duration, json_t **ret_json)
{
    const char *sign = duration->seconds < 0 || duration->nanos < 0 ? "-" : "";
    uint64_t seconds =
        duration->seconds < 0 ? -(uint64_t)duration->seconds : (uint64_t)duration->seconds;
    long nanos = labs((long)duration->nanos);
    json_t *json = nanos ? json_sprintf("%s%" PRIu64 ".%09lds", sign, seconds, nanos)
                         : json_sprintf("%s%" PRIu64 "s", sign, seconds);
    return give(json, -ENOMEM, ret_json);
}

static const ProtobufCMessageDescriptor *any_type(const char *url)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &google__rpc__bad_request__descriptor,
        &google__rpc__error_info__descriptor,
        &google__rpc__retry_info__descriptor,
        &google__rpc__precondition_failure__descriptor,
    };
    const char *name = strrchr(url, '/');
    for (size_t i = 0; name && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i]->name, name + 1) == 0) {
            return types[i];
        }
    }
    return NULL;
}

static int of_any(const Google__Protobuf__Any *any, int depth, json_t **ret_json)
{
    const ProtobufCMessageDescriptor *type = any_type(any->type_url);
    ProtobufCMessage *inner =
        type ? protobuf_c_message_unpack(type, NULL, any->value.len, any->value.data) : NULL;
    json_t *json = NULL;
    int r;
    if (inner) {
        r = of_message(inner, depth + 1, &json);
        protobuf_c_message_free_unpacked(inner, NULL);
    } else {
        json_t *bytes = NULL;
        r = of_bytes(&any->value, &bytes);
        if (r == 0) {
            r = give(json_pack("{so}", "value", bytes), -ENOMEM, &json);
        }
    }
    if (r == 0 && json_object_set_new(json, "@type", json_string(any->type_url))) {
        json_decref(json);
        r = -EILSEQ;
    }
    if (r == 0) {
        *ret_json = json;
    }
    return r;
}

static bool is_set(const ProtobufCFieldDescriptor *field, const char *base)
{
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        return *(const uint32_t *)(base + field->quantifier_offset) == field->id;
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return *(const size_t *)(base + field->quantifier_offset) > 0;
    }
    return !is_default(field, base + field->offset);
}

static int of_fields(const ProtobufCMessage *message, int depth, json_t **ret_json)
{
    json_t *object = json_object();
    if (!object) {
        return -ENOMEM;
    }
    const char *base = (const char *)message;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!is_set(field, base)) {
            continue;
        }
        char name[JSON_NAME_BYTES];
        cvn_json_name(name, sizeof name, field->name);
        json_t *value = NULL;
        int r = field->label == PROTOBUF_C_LABEL_REPEATED
                    ? of_repeated(field, base, depth, &value)
                    : of_value(field, base + field->offset, depth, &value);
        if (r == 0 && json_object_set_new(object, name, value)) {
            r = -ENOMEM;
        }
        if (r) {
            json_decref(object);
            return r;
        }
    }
    *ret_json = object;
    return 0;
}

static int of_message(const ProtobufCMessage *message, int depth, json_t **ret_json)
{
    if (depth > DEPTH_MAX) {
        return -ELOOP;
    }
    if (message->descriptor == &google__protobuf__timestamp__descriptor) {
        return of_timestamp((const Google__Protobuf__Timestamp *)message, ret_json);
    }
    if (message->descriptor == &google__protobuf__duration__descriptor) {
        return of_duration((const Google__Protobuf__Duration *)message, ret_json);
    }
    if (message->descriptor == &google__protobuf__any__descriptor) {
        return of_any((const Google__Protobuf__Any *)message, depth, ret_json);
    }
    return of_fields(message, depth, ret_json);
}

int cvn_json_of_message(const ProtobufCMessage *message, json_t **ret_json)
{
    return of_message(message, 0, ret_json);
}
