/* Fills messages: each field's type, and where protobuf-c finds it in memory. */
#include "base/text.h"
#include "rpc/json.h"
#include "rpc/types_build.h"

#include <errno.h>
#include <stdlib.h>

enum {
    RESERVED_FIRST = 19000, /* for protobuf itself */
    RESERVED_LAST = 19999,
};

/* Room for the members of a oneof, which share it. */
struct choice {
    size_t size;
    unsigned case_offset;
    unsigned offset;
};

static int refuse(const ProtobufCMessageDescriptor *message, const char *field, const char *why,
                  struct cvn_error *err)
{
    return cvn_error_set(err, -EINVAL, "field %.200s.%.100s %s", message->name, field, why);
}

static bool c_type(Google__Protobuf__FieldDescriptorProto__Type type, ProtobufCType *ret)
{
    static const ProtobufCType types[] = {
        [1] = PROTOBUF_C_TYPE_DOUBLE,    [2] = PROTOBUF_C_TYPE_FLOAT,
        [3] = PROTOBUF_C_TYPE_INT64,     [4] = PROTOBUF_C_TYPE_UINT64,
        [5] = PROTOBUF_C_TYPE_INT32,     [6] = PROTOBUF_C_TYPE_FIXED64,
        [7] = PROTOBUF_C_TYPE_FIXED32,   [8] = PROTOBUF_C_TYPE_BOOL,
        [9] = PROTOBUF_C_TYPE_STRING,    [11] = PROTOBUF_C_TYPE_MESSAGE,
        [12] = PROTOBUF_C_TYPE_BYTES,    [13] = PROTOBUF_C_TYPE_UINT32,
        [14] = PROTOBUF_C_TYPE_ENUM,     [15] = PROTOBUF_C_TYPE_SFIXED32,
        [16] = PROTOBUF_C_TYPE_SFIXED64, [17] = PROTOBUF_C_TYPE_SINT32,
        [18] = PROTOBUF_C_TYPE_SINT64,
    };
    int number = (int)type;
    if (number < 1 || number > 18 || number == 10)
        return false;
    *ret = types[number];
    return true;
}

static bool is_packable(ProtobufCType type)
{
    return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES &&
           type != PROTOBUF_C_TYPE_MESSAGE;
}

/* A file that is not from protoc may name a type and leave open what it is. */
static int read_type(const struct cvn_types *types, const struct cvn_types_built_message *built,
                     const Google__Protobuf__FieldDescriptorProto *proto,
                     ProtobufCFieldDescriptor *field, struct cvn_error *err)
{
    if (proto->has_type && !c_type(proto->type, &field->type))
        return refuse(&built->descriptor, proto->name,
                      "is a group or of a type unknown here; make it a message", err);
    bool named = !proto->has_type || field->type == PROTOBUF_C_TYPE_MESSAGE ||
                 field->type == PROTOBUF_C_TYPE_ENUM;
    if (!named)
        return 0;
    const struct cvn_types_symbol *symbol =
        cvn_types_resolve(types, built->descriptor.name, proto->type_name);
    if (!symbol || (symbol->kind != CVN_TYPES_MESSAGE && symbol->kind != CVN_TYPES_ENUM))
        return refuse(&built->descriptor, proto->name, "has a type that no file declares", err);
    ProtobufCType type =
        symbol->kind == CVN_TYPES_MESSAGE ? PROTOBUF_C_TYPE_MESSAGE : PROTOBUF_C_TYPE_ENUM;
    if (proto->has_type && type != field->type)
        return refuse(&built->descriptor, proto->name,
                      "names a message for an enum, or an enum for a message", err);
    field->type = type;
    field->descriptor = symbol->thing;
    return 0;
}

static bool in_oneof(const Google__Protobuf__FieldDescriptorProto *proto)
{
    return proto->has_oneof_index && !proto->proto3_optional;
}

static int read_label(const struct cvn_types_built_message *built,
                      const Google__Protobuf__FieldDescriptorProto *proto,
                      ProtobufCFieldDescriptor *field, struct cvn_error *err)
{
    int label = proto->has_label ? (int)proto->label : 1;
    bool proto3 = built->file->proto3;
    if (label < 1 || label > 3)
        return refuse(&built->descriptor, proto->name, "is neither single nor repeated", err);
    if (label == 2 && proto3)
        return refuse(&built->descriptor, proto->name, "is required, which proto3 has not", err);
    if (label != 1 && proto->has_oneof_index)
        return refuse(&built->descriptor, proto->name, "is repeated or required in a oneof", err);
    if (proto->has_oneof_index &&
        (proto->oneof_index < 0 || (size_t)proto->oneof_index >= built->proto->n_oneof_decl))
        return refuse(&built->descriptor, proto->name, "is in a oneof that is not declared", err);
    if (label == 3)
        field->label = PROTOBUF_C_LABEL_REPEATED;
    else if (label == 2)
        field->label = PROTOBUF_C_LABEL_REQUIRED;
    else if (proto3 && !proto->proto3_optional)
        field->label = PROTOBUF_C_LABEL_NONE;
    else
        field->label = PROTOBUF_C_LABEL_OPTIONAL;
    return 0;
}

static uint32_t flags_of(const struct cvn_types_built_message *built,
                         const Google__Protobuf__FieldDescriptorProto *proto,
                         const ProtobufCFieldDescriptor *field)
{
    const Google__Protobuf__FieldOptions *options = proto->options;
    uint32_t flags = in_oneof(proto) ? PROTOBUF_C_FIELD_FLAG_ONEOF : 0;
    bool packed = options && options->has_packed ? options->packed : built->file->proto3;
    if (packed && field->label == PROTOBUF_C_LABEL_REPEATED && is_packable(field->type))
        flags |= PROTOBUF_C_FIELD_FLAG_PACKED;
    if (options && options->deprecated)
        flags |= PROTOBUF_C_FIELD_FLAG_DEPRECATED;
    return flags;
}

/*
 * A required field gets no default, or protobuf-c would not miss it; a member of a oneof none,
 * because protobuf-c's initialiser would write it into the room all members share.
 */
static int read_default(struct cvn_types *types, const struct cvn_types_built_message *built,
                        const Google__Protobuf__FieldDescriptorProto *proto,
                        ProtobufCFieldDescriptor *field, struct cvn_error *err)
{
    const char *text = proto->default_value;
    if (text && (built->file->proto3 || field->label == PROTOBUF_C_LABEL_REPEATED ||
                 field->type == PROTOBUF_C_TYPE_MESSAGE))
        return refuse(&built->descriptor, proto->name,
                      "has a default, which only a single value in proto2 may have", err);
    if (in_oneof(proto) || field->label == PROTOBUF_C_LABEL_REQUIRED ||
        field->label == PROTOBUF_C_LABEL_REPEATED)
        return 0;
    if (!text && field->type == PROTOBUF_C_TYPE_STRING && field->label == PROTOBUF_C_LABEL_NONE)
        field->default_value = protobuf_c_empty_string;
    if (!text && field->type == PROTOBUF_C_TYPE_ENUM) {
        const struct cvn_types_built_enum *type = field->descriptor;
        field->default_value = type->first ? &type->first : NULL;
    }
    int r = text ? cvn_types_default(field, text, &types->arena, &field->default_value) : 0;
    if (r == -ENOMEM)
        return cvn_types_no_room(types, err);
    return r ? refuse(&built->descriptor, proto->name, "has a default that is no value of its type",
                      err)
             : 0;
}

/* The JSON name is kept only where it is not what the field's own name gives. */
static int read_json_name(const struct cvn_types_built_message *built,
                          const Google__Protobuf__FieldDescriptorProto *proto,
                          ProtobufCFieldDescriptor *field, struct cvn_error *err)
{
    char usual[CVN_TYPES_NAME_BYTES_MAX + 1];
    if (!proto->json_name)
        return 0;
    struct cvn_slice name = cvn_slice_of_string(proto->json_name);
    if (name.len > CVN_TYPES_NAME_BYTES_MAX || !cvn_text_is_line(name))
        return refuse(&built->descriptor, proto->name, "has a json_name that is no line of text",
                      err);
    cvn_json_field_name(proto->name, usual, sizeof usual);
    if (strcmp(usual, proto->json_name) != 0)
        field->reserved2 = proto->json_name;
    return 0;
}

static int fill_field(struct cvn_types *types, const struct cvn_types_built_message *built,
                      const Google__Protobuf__FieldDescriptorProto *proto,
                      ProtobufCFieldDescriptor *field, struct cvn_error *err)
{
    if (proto->number < 1 || proto->number > CVN_TYPES_FIELD_NUMBER_MAX ||
        (proto->number >= RESERVED_FIRST && proto->number <= RESERVED_LAST))
        return refuse(&built->descriptor, proto->name,
                      "has a number that is not 1 to 536870911, or is of 19000 to 19999", err);
    *field = (ProtobufCFieldDescriptor){.name = proto->name, .id = (uint32_t)proto->number};
    int r = read_label(built, proto, field, err);
    if (r == 0)
        r = read_type(types, built, proto, field, err);
    if (r == 0)
        r = read_default(types, built, proto, field, err);
    if (r == 0)
        r = read_json_name(built, proto, field, err);
    field->flags = flags_of(built, proto, field);
    return r;
}

static unsigned take(size_t *size, size_t bytes, size_t alignment)
{
    size_t offset = (*size + alignment - 1) / alignment * alignment;
    *size = offset + bytes;
    return (unsigned)offset;
}

static size_t alignment_of(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_BYTES ? sizeof(void *) : cvn_types_value_size(type);
}

/* A field that is in no oneof. Pointers tell by NULL that they are absent, other values by a flag.
 */
static void place_field(ProtobufCFieldDescriptor *field, size_t *size)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        field->quantifier_offset = take(size, sizeof(size_t), sizeof(size_t));
        field->offset = take(size, sizeof(void *), sizeof(void *));
        return;
    }
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_STRING &&
        field->type != PROTOBUF_C_TYPE_MESSAGE)
        field->quantifier_offset =
            take(size, sizeof(protobuf_c_boolean), sizeof(protobuf_c_boolean));
    field->offset = take(size, cvn_types_value_size(field->type), alignment_of(field->type));
}

/* Lays the message out as protoc-c would: fields, then for each oneof its case and its room. */
static int place_fields(struct cvn_types *types, struct cvn_types_built_message *built,
                        const Google__Protobuf__FieldDescriptorProto *const *protos,
                        ProtobufCFieldDescriptor *fields, struct cvn_error *err)
{
    size_t n_choices = built->proto->n_oneof_decl;
    size_t size = sizeof(ProtobufCMessage);
    struct choice *choices = cvn_arena_alloc_array(&types->arena, n_choices, sizeof *choices);
    if (!choices)
        return cvn_types_no_room(types, err);
    for (size_t i = 0; i < built->proto->n_field; i++) {
        if (!in_oneof(protos[i])) {
            place_field(&fields[i], &size);
            continue;
        }
        struct choice *choice = &choices[protos[i]->oneof_index];
        size_t bytes = cvn_types_value_size(fields[i].type);
        choice->size = bytes > choice->size ? bytes : choice->size;
    }
    for (size_t i = 0; i < n_choices; i++) {
        if (choices[i].size == 0)
            continue;
        choices[i].case_offset = take(&size, sizeof(uint32_t), sizeof(uint32_t));
        choices[i].offset = take(&size, choices[i].size, sizeof(void *));
    }
    for (size_t i = 0; i < built->proto->n_field; i++) {
        if (!in_oneof(protos[i]))
            continue;
        fields[i].quantifier_offset = choices[protos[i]->oneof_index].case_offset;
        fields[i].offset = choices[protos[i]->oneof_index].offset;
    }
    (void)take(&size, 0, sizeof(void *));
    built->descriptor.sizeof_message = size;
    return 0;
}

static int compare_protos(const void *a, const void *b)
{
    int32_t x = (*(const Google__Protobuf__FieldDescriptorProto *const *)a)->number;
    int32_t y = (*(const Google__Protobuf__FieldDescriptorProto *const *)b)->number;
    return (x > y) - (x < y);
}

static int compare_by_name(const void *a, const void *b, void *fields)
{
    const ProtobufCFieldDescriptor *all = fields;
    return strcmp(all[*(const unsigned *)a].name, all[*(const unsigned *)b].name);
}

static int fill_lookups(struct cvn_types *types, struct cvn_types_built_message *built,
                        ProtobufCFieldDescriptor *fields, struct cvn_error *err)
{
    unsigned n = (unsigned)built->proto->n_field, n_ranges = 0;
    unsigned *by_name = cvn_arena_alloc_array(&types->arena, n, sizeof *by_name);
    ProtobufCIntRange *ranges = cvn_arena_alloc_array(&types->arena, n + 1, sizeof *ranges);
    if (!by_name || !ranges)
        return cvn_types_no_room(types, err);
    for (unsigned i = 0; i < n; i++) {
        by_name[i] = i;
        if (i > 0 && fields[i].id == fields[i - 1].id)
            return refuse(&built->descriptor, fields[i].name, "has the number of another", err);
        if (i == 0 || fields[i].id != fields[i - 1].id + 1)
            ranges[n_ranges++] = (ProtobufCIntRange){(int)fields[i].id, i};
    }
    ranges[n_ranges] = (ProtobufCIntRange){0, n};
    qsort_r(by_name, n, sizeof *by_name, compare_by_name, fields);
    built->descriptor.fields = fields;
    built->descriptor.fields_sorted_by_name = by_name;
    built->descriptor.n_fields = n;
    built->descriptor.field_ranges = ranges;
    built->descriptor.n_field_ranges = n_ranges;
    return 0;
}

/* Entries are made by protoc; a file that says it has one of another form is not believed. */
static int check_map_entry(const struct cvn_types_built_message *built, struct cvn_error *err)
{
    const ProtobufCMessageDescriptor *type = &built->descriptor;
    if (!built->map_entry)
        return 0;
    bool two = type->n_fields == 2 && type->fields[0].id == 1 && type->fields[1].id == 2;
    for (unsigned i = 0; i < 2 && two; i++)
        two = type->fields[i].label != PROTOBUF_C_LABEL_REPEATED &&
              !(type->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF);
    ProtobufCType key = two ? type->fields[0].type : PROTOBUF_C_TYPE_MESSAGE;
    if (key == PROTOBUF_C_TYPE_MESSAGE || key == PROTOBUF_C_TYPE_BYTES ||
        key == PROTOBUF_C_TYPE_ENUM || key == PROTOBUF_C_TYPE_FLOAT ||
        key == PROTOBUF_C_TYPE_DOUBLE)
        return cvn_error_set(err, -EINVAL, "%.200s is not a key and a value, as a map's entry is",
                             type->name);
    return 0;
}

int cvn_types_fill_message(struct cvn_types *types, struct cvn_types_built_message *built,
                           struct cvn_error *err)
{
    const Google__Protobuf__DescriptorProto *proto = built->proto;
    built->descriptor = (ProtobufCMessageDescriptor){
        .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
        .name = built->descriptor.name,
        .short_name = proto->name,
        .c_name = proto->name,
        .package_name = built->file->public.package,
        .sizeof_message = sizeof(ProtobufCMessage),
        .reserved1 = built,
    };
    if (proto->n_oneof_decl > proto->n_field)
        return cvn_error_set(err, -EINVAL, "message %.200s declares a oneof without a field",
                             built->descriptor.name);
    if (proto->n_field == 0) /* protobuf-c wants NULL for all of no fields */
        return check_map_entry(built, err);
    const Google__Protobuf__FieldDescriptorProto **protos =
        cvn_arena_copy(&types->arena, proto->field, proto->n_field * sizeof *proto->field);
    ProtobufCFieldDescriptor *fields =
        cvn_arena_alloc_array(&types->arena, proto->n_field, sizeof *fields);
    if (!protos || !fields)
        return cvn_types_no_room(types, err);
    qsort(protos, proto->n_field, sizeof *protos, compare_protos);
    int r = 0;
    for (size_t i = 0; i < proto->n_field && r == 0; i++)
        r = fill_field(types, built, protos[i], &fields[i], err);
    if (r == 0)
        r = fill_lookups(types, built, fields, err);
    if (r == 0)
        r = place_fields(types, built, protos, fields, err);
    return r ? r : check_map_entry(built, err);
}
