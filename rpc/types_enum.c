/* Fills enums and services, whose descriptors are flat. */
#include "rpc/types_build.h"

#include <errno.h>
#include <stdlib.h>

/* A value with its place in the declaration, by which aliases are told from the first name. */
struct declared {
    const char *name;
    int32_t number;
    unsigned place;
};

static int compare_numbers(const void *a, const void *b)
{
    const struct declared *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int compare_indices(const void *a, const void *b)
{
    return strcmp(((const ProtobufCEnumValueIndex *)a)->name,
                  ((const ProtobufCEnumValueIndex *)b)->name);
}

static int check_enum(const struct cvn_types_built_enum *built, const struct declared *values,
                      struct cvn_error *err)
{
    const Google__Protobuf__EnumDescriptorProto *proto = built->proto;
    const char *name = built->descriptor.name;
    if (built->file->proto3 && built->first != 0)
        return cvn_error_set(err, -EINVAL,
                             "the first value of enum %.200s is %d, in proto3 it is 0", name,
                             built->first);
    if (proto->options && proto->options->allow_alias)
        return 0;
    for (size_t i = 1; i < proto->n_value; i++)
        if (values[i].number == values[i - 1].number)
            return cvn_error_set(err, -EINVAL,
                                 "enum %.200s gives %d to two values without allow_alias", name,
                                 values[i].number);
    return 0;
}

/* Runs of numbers that follow on one another; the terminator tells where the last one ends. */
static unsigned fill_ranges(const ProtobufCEnumValue *values, unsigned n, ProtobufCIntRange *ranges)
{
    unsigned n_ranges = 0;
    for (unsigned i = 0; i < n; i++)
        if (i == 0 || values[i].value != values[i - 1].value + 1)
            ranges[n_ranges++] = (ProtobufCIntRange){values[i].value, i};
    ranges[n_ranges] = (ProtobufCIntRange){0, n};
    return n_ranges;
}

int cvn_types_fill_enum(struct cvn_types *types, struct cvn_types_built_enum *built,
                        struct cvn_error *err)
{
    const Google__Protobuf__EnumDescriptorProto *proto = built->proto;
    unsigned n = (unsigned)proto->n_value, n_distinct = 0;
    struct cvn_arena *arena = &types->arena;
    struct declared *declared = cvn_arena_alloc_array(arena, n, sizeof *declared);
    ProtobufCEnumValue *values = cvn_arena_alloc_array(arena, n, sizeof *values);
    ProtobufCEnumValueIndex *by_name = cvn_arena_alloc_array(arena, n, sizeof *by_name);
    ProtobufCIntRange *ranges = cvn_arena_alloc_array(arena, n + 1, sizeof *ranges);
    if (!declared || !values || !by_name || !ranges)
        return cvn_types_no_room(types, err);
    for (unsigned i = 0; i < n; i++)
        declared[i] = (struct declared){proto->value[i]->name, proto->value[i]->number, i};
    built->first = declared[0].number;
    qsort(declared, n, sizeof *declared, compare_numbers);
    int r = check_enum(built, declared, err);
    if (r)
        return r;
    for (unsigned i = 0; i < n; i++) {
        if (i == 0 || declared[i].number != declared[i - 1].number)
            values[n_distinct++] =
                (ProtobufCEnumValue){declared[i].name, declared[i].name, declared[i].number};
        by_name[i] = (ProtobufCEnumValueIndex){declared[i].name, n_distinct - 1};
    }
    qsort(by_name, n, sizeof *by_name, compare_indices);
    built->descriptor = (ProtobufCEnumDescriptor){
        .magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
        .name = built->descriptor.name,
        .short_name = proto->name,
        .c_name = proto->name,
        .package_name = built->file->public.package,
        .n_values = n_distinct,
        .values = values,
        .n_value_names = n,
        .values_by_name = by_name,
        .n_value_ranges = fill_ranges(values, n_distinct, ranges),
        .value_ranges = ranges,
    };
    return 0;
}

static int resolve_message(const struct cvn_types *types, const struct cvn_types_method *method,
                           const char *name, const ProtobufCMessageDescriptor **ret,
                           struct cvn_error *err)
{
    const struct cvn_types_symbol *symbol = cvn_types_resolve(types, method->full_name, name);
    if (!symbol || symbol->kind != CVN_TYPES_MESSAGE)
        return cvn_error_set(
            err, -EINVAL, "method %.200s takes or gives a type that is no message of these files",
            method->full_name);
    *ret = symbol->thing;
    return 0;
}

int cvn_types_fill_service(struct cvn_types *types, struct cvn_types_built_service *built,
                           struct cvn_error *err)
{
    int r = 0;
    struct cvn_types_method *methods = (struct cvn_types_method *)(void *)built->public.methods;
    for (size_t i = 0; i < built->public.n_methods && r == 0; i++) {
        const Google__Protobuf__MethodDescriptorProto *proto = built->proto->method[i];
        methods[i].client_streaming = proto->client_streaming;
        methods[i].server_streaming = proto->server_streaming;
        methods[i].deprecated = proto->options && proto->options->deprecated;
        r = resolve_message(types, &methods[i], proto->input_type, &methods[i].input, err);
        if (r == 0)
            r = resolve_message(types, &methods[i], proto->output_type, &methods[i].output, err);
    }
    return r;
}
