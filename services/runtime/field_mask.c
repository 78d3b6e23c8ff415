#include "services/runtime/field_mask.h"

#include "rpc/types.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 64 };

/* Splits "rules.min_common_hours"; false for a name that is too long to be one. */
static bool split(const char *path, char first[NAME_BYTES], const char **ret_rest)
{
    size_t len = strcspn(path, ".");
    if (len == 0 || len >= NAME_BYTES)
        return false;
    memcpy(first, path, len);
    first[len] = '\0';
    *ret_rest = path[len] ? path + len + 1 : NULL;
    return true;
}

static bool is_listed(const struct cvn_field_mask_rule *rule, const char *field)
{
    for (size_t i = 0; i < rule->n; i++)
        if (strcmp(field, rule->changeable[i]) == 0)
            return true;
    return false;
}

static bool is_changeable(const struct cvn_field_mask_rule *rule, const char *path)
{
    char first[NAME_BYTES];
    const char *rest;
    if (!rule->deep || !strchr(path, '.'))
        return is_listed(rule, path);
    if (!split(path, first, &rest) || !is_listed(rule, first))
        return false;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(rule->deep, first);
    return field && field->type == PROTOBUF_C_TYPE_MESSAGE &&
           field->label != PROTOBUF_C_LABEL_REPEATED &&
           protobuf_c_message_descriptor_get_field_by_name(field->descriptor, rest);
}

void cvn_field_mask_check(struct cvn_problems *problems, const Google__Protobuf__FieldMask *mask,
                          const struct cvn_field_mask_rule *rule)
{
    if (!mask || mask->n_paths == 0 || mask->n_paths > CVN_FIELD_MASK_MAX) {
        cvn_problems_add(problems, "update_mask", "names %zu fields; 1 to %d are right",
                         mask ? mask->n_paths : 0, CVN_FIELD_MASK_MAX);
        return;
    }
    for (size_t i = 0; i < mask->n_paths; i++) {
        char at[NAME_BYTES];
        (void)snprintf(at, sizeof at, "update_mask.paths[%zu]", i);
        if (!is_changeable(rule, mask->paths[i]))
            cvn_problems_add(problems, at,
                             "is \"%.60s\", which is no field of %s that can be changed; %s",
                             mask->paths[i], rule->resource, rule->example);
    }
}

bool cvn_field_mask_names(const Google__Protobuf__FieldMask *mask, const char *path)
{
    for (size_t i = 0; i < mask->n_paths; i++)
        if (strcmp(mask->paths[i], path) == 0)
            return true;
    return false;
}

bool cvn_field_mask_names_within(const Google__Protobuf__FieldMask *mask, const char *field)
{
    size_t len = strlen(field);
    for (size_t i = 0; i < mask->n_paths; i++)
        if (strncmp(mask->paths[i], field, len) == 0 && mask->paths[i][len] == '.')
            return true;
    return false;
}

/* Bytes of a field in a message of protobuf-c's. */
static size_t size_of(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED ? sizeof(void *)
                                                     : cvn_types_value_size(field->type);
}

static void copy_field(ProtobufCMessage *to, const ProtobufCMessage *from,
                       const ProtobufCFieldDescriptor *field)
{
    memcpy((char *)to + field->offset, (const char *)from + field->offset, size_of(field));
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        memcpy((char *)to + field->quantifier_offset, (const char *)from + field->quantifier_offset,
               sizeof(size_t));
}

/* A copy of the message in the field, or one with its defaults, in the arena. NULL when spent. */
static ProtobufCMessage *inner_of(struct cvn_arena *arena, const ProtobufCMessage *message,
                                  const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *type = field->descriptor;
    ProtobufCMessage *inner = cvn_arena_alloc(arena, type->sizeof_message);
    const ProtobufCMessage *stored;
    if (!inner)
        return NULL;
    memcpy(&stored, (const char *)message + field->offset, sizeof stored);
    if (stored)
        memcpy(inner, stored, type->sizeof_message);
    else
        protobuf_c_message_init(type, inner);
    return inner;
}

void cvn_field_mask_apply(const Google__Protobuf__FieldMask *mask, ProtobufCMessage *to,
                          const ProtobufCMessage *from)
{
    for (size_t i = 0; i < mask->n_paths; i++)
        copy_field(to, from,
                   protobuf_c_message_descriptor_get_field_by_name(to->descriptor, mask->paths[i]));
}

static int apply_within(struct cvn_arena *arena, ProtobufCMessage *to, const ProtobufCMessage *from,
                        const ProtobufCFieldDescriptor *field, const char *rest)
{
    ProtobufCMessage *changed = inner_of(arena, to, field);
    const ProtobufCMessage *asked = inner_of(arena, from, field);
    if (!changed || !asked)
        return -ENOMEM;
    copy_field(changed, asked,
               protobuf_c_message_descriptor_get_field_by_name(field->descriptor, rest));
    memcpy((char *)to + field->offset, &changed, sizeof changed);
    return 0;
}

int cvn_field_mask_apply_deep(struct cvn_arena *arena, const Google__Protobuf__FieldMask *mask,
                              ProtobufCMessage *to, const ProtobufCMessage *from)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < mask->n_paths; i++) {
        char first[NAME_BYTES];
        const char *rest;
        if (!split(mask->paths[i], first, &rest))
            return -EINVAL;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(to->descriptor, first);
        if (rest)
            r = apply_within(arena, to, from, field, rest);
        else
            copy_field(to, from, field);
    }
    return r;
}
