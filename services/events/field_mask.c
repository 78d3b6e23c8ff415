#include "services/events/field_mask.h"

#include "services/events/field_check.h"

#include <string.h>

static bool is_changeable(const struct cvn_field_mask_rule *rule, const char *path)
{
    for (size_t i = 0; i < rule->n; i++)
        if (strcmp(path, rule->changeable[i]) == 0)
            return true;
    return false;
}

void cvn_field_mask_check(struct cvn_problems *problems, const Google__Protobuf__FieldMask *mask,
                          const struct cvn_field_mask_rule *rule)
{
    if (!mask || mask->n_paths == 0 || mask->n_paths > CVN_FIELD_MASK_MAX) {
        cvn_problems_add(problems, "update_mask", "names %zu fields; 1 to %d are right",
                         mask ? mask->n_paths : 0, CVN_FIELD_MASK_MAX);
        return;
    }
    for (size_t i = 0; i < mask->n_paths; i++)
        if (!is_changeable(rule, mask->paths[i]))
            cvn_problems_add(problems, cvn_field_path(problems, "update_mask.paths[%zu]", i),
                             "is \"%.60s\", which is no field of %s that can be changed; %s",
                             mask->paths[i], rule->resource, rule->example);
}

bool cvn_field_mask_names(const Google__Protobuf__FieldMask *mask, const char *path)
{
    for (size_t i = 0; i < mask->n_paths; i++)
        if (strcmp(mask->paths[i], path) == 0)
            return true;
    return false;
}

/* Bytes of one value of a field in a message of protobuf-c's. */
static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return sizeof(void *);
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        break;
    }
    return sizeof(uint32_t);
}

void cvn_field_mask_apply(const Google__Protobuf__FieldMask *mask, ProtobufCMessage *to,
                          const ProtobufCMessage *from)
{
    for (size_t i = 0; i < mask->n_paths; i++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(to->descriptor, mask->paths[i]);
        memcpy((char *)to + field->offset, (const char *)from + field->offset, size_of(field));
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            memcpy((char *)to + field->quantifier_offset,
                   (const char *)from + field->quantifier_offset, sizeof(size_t));
    }
}
