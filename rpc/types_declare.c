/*
 * The second step of building a pool: everything that has a full name gets it, so that the steps
 * after it can refer to what other files declare; and the last, the lists by name.
 */
#include "rpc/types_build.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* Where declarations are being read: the scope's full name, and how deep messages nest in it. */
struct scope {
    struct cvn_types *types;
    struct cvn_types_built_file *file;
    const char *name;
    int depth;
    struct cvn_error *err;
};

static bool is_identifier(const char *name, size_t len)
{
    if (len == 0 || isdigit((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(isalnum((unsigned char)name[i]) && (unsigned char)name[i] < 128) && name[i] != '_')
            return false;
    return true;
}

static int add_symbol(const struct scope *scope, struct cvn_types_symbol symbol)
{
    struct cvn_types *types = scope->types;
    if (types->n_symbols == CVN_TYPES_SYMBOLS_MAX)
        return cvn_error_set(scope->err, -EINVAL, "the files declare more than %d names",
                             CVN_TYPES_SYMBOLS_MAX);
    if (types->n_symbols == types->room_symbols) {
        size_t room = types->room_symbols ? types->room_symbols * 2 : 256;
        struct cvn_types_symbol *larger =
            cvn_arena_alloc_array(&types->arena, room, sizeof *larger);
        if (!larger)
            return cvn_types_no_room(types, scope->err);
        if (types->n_symbols > 0)
            memcpy(larger, types->symbols, types->n_symbols * sizeof *larger);
        types->symbols = larger;
        types->room_symbols = room;
    }
    symbol.file = scope->file;
    types->symbols[types->n_symbols++] = symbol;
    return 0;
}

/* The full name of what is called name in the scope; NULL with *ret_r saying why not. */
static const char *full_name(const struct scope *scope, const char *name, int *ret_r)
{
    size_t len = name ? strlen(name) : 0;
    size_t outer = strlen(scope->name);
    if (!is_identifier(name, len)) {
        *ret_r =
            cvn_error_set(scope->err, -EINVAL, "a name declared in %s is not letters, digits and _",
                          *scope->name ? scope->name : scope->file->public.name);
        return NULL;
    }
    if (outer + 1 + len > CVN_TYPES_NAME_BYTES_MAX) {
        *ret_r = cvn_error_set(scope->err, -EINVAL, "a name in %s has more than %d bytes",
                               scope->file->public.name, CVN_TYPES_NAME_BYTES_MAX);
        return NULL;
    }
    const char *full =
        cvn_arena_printf(&scope->types->arena, "%s%s%s", scope->name, outer ? "." : "", name);
    if (!full)
        *ret_r = cvn_types_no_room(scope->types, scope->err);
    return full;
}

static int declare_part(const struct scope *scope, const char *name)
{
    int r = 0;
    const char *full = full_name(scope, name, &r);
    return full ? add_symbol(scope, (struct cvn_types_symbol){full, CVN_TYPES_PART}) : r;
}

static int declare_extensions(const struct scope *scope, size_t n,
                              Google__Protobuf__FieldDescriptorProto *const *extensions)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        const char *full = full_name(scope, extensions[i]->name, &r);
        if (full)
            r = add_symbol(scope, (struct cvn_types_symbol){full, CVN_TYPES_EXTENSION,
                                                            .proto = extensions[i]});
    }
    return r;
}

static int declare_enum(const struct scope *scope,
                        const Google__Protobuf__EnumDescriptorProto *proto)
{
    int r = 0;
    struct cvn_types_built_enum *built = cvn_arena_alloc(&scope->types->arena, sizeof *built);
    if (!built)
        return cvn_types_no_room(scope->types, scope->err);
    built->proto = proto;
    built->file = scope->file;
    built->descriptor.name = full_name(scope, proto->name, &r);
    if (!built->descriptor.name)
        return r;
    if (proto->n_value == 0 || proto->n_value > CVN_TYPES_ENUM_VALUES_MAX)
        return cvn_error_set(scope->err, -EINVAL, "enum %.200s has %zu values, not 1 to %d",
                             built->descriptor.name, proto->n_value, CVN_TYPES_ENUM_VALUES_MAX);
    r = add_symbol(
        scope, (struct cvn_types_symbol){built->descriptor.name, CVN_TYPES_ENUM, .thing = built});
    /* Values are named beside their enum, not in it, as in C++. */
    for (size_t i = 0; i < proto->n_value && r == 0; i++)
        r = declare_part(scope, proto->value[i]->name);
    return r;
}

static int declare_message(const struct scope *scope,
                           const Google__Protobuf__DescriptorProto *proto);

static int declare_members(const struct scope *scope,
                           const Google__Protobuf__DescriptorProto *proto)
{
    int r = 0;
    for (size_t i = 0; i < proto->n_field && r == 0; i++)
        r = declare_part(scope, proto->field[i]->name);
    for (size_t i = 0; i < proto->n_oneof_decl && r == 0; i++)
        r = declare_part(scope, proto->oneof_decl[i]->name);
    for (size_t i = 0; i < proto->n_enum_type && r == 0; i++)
        r = declare_enum(scope, proto->enum_type[i]);
    for (size_t i = 0; i < proto->n_nested_type && r == 0; i++)
        r = declare_message(scope, proto->nested_type[i]);
    return r ? r : declare_extensions(scope, proto->n_extension, proto->extension);
}

static int declare_message(const struct scope *scope,
                           const Google__Protobuf__DescriptorProto *proto)
{
    int r = 0;
    struct cvn_types_built_message *built = cvn_arena_alloc(&scope->types->arena, sizeof *built);
    if (!built)
        return cvn_types_no_room(scope->types, scope->err);
    built->proto = proto;
    built->file = scope->file;
    built->map_entry = proto->options && proto->options->map_entry;
    built->descriptor.name = full_name(scope, proto->name, &r);
    if (!built->descriptor.name)
        return r;
    if (proto->n_field > CVN_TYPES_MESSAGE_FIELDS_MAX)
        return cvn_error_set(scope->err, -EINVAL, "message %.200s has %zu fields, more than %d",
                             built->descriptor.name, proto->n_field, CVN_TYPES_MESSAGE_FIELDS_MAX);
    if (scope->depth == CVN_TYPES_NESTING_MAX)
        return cvn_error_set(scope->err, -EINVAL,
                             "message %.200s is declared more than %d messages deep",
                             built->descriptor.name, CVN_TYPES_NESTING_MAX);
    r = add_symbol(scope, (struct cvn_types_symbol){built->descriptor.name, CVN_TYPES_MESSAGE,
                                                    .thing = built});
    struct scope inner = *scope;
    inner.name = built->descriptor.name;
    inner.depth++;
    return r ? r : declare_members(&inner, proto);
}

static int declare_service(const struct scope *scope,
                           const Google__Protobuf__ServiceDescriptorProto *proto)
{
    int r = 0;
    struct cvn_types *types = scope->types;
    struct cvn_types_built_service *built = cvn_arena_alloc(&types->arena, sizeof *built);
    struct cvn_types_method *methods =
        cvn_arena_alloc_array(&types->arena, proto->n_method, sizeof *methods);
    if (!built || !methods)
        return cvn_types_no_room(types, scope->err);
    built->proto = proto;
    built->public.full_name = full_name(scope, proto->name, &r);
    if (!built->public.full_name)
        return r;
    built->public.file = &scope->file->public;
    built->public.n_methods = proto->n_method;
    built->public.methods = methods;
    r = add_symbol(scope, (struct cvn_types_symbol){built->public.full_name, CVN_TYPES_SERVICE,
                                                    .thing = built});
    struct scope inner = *scope;
    inner.name = built->public.full_name;
    for (size_t i = 0; i < proto->n_method && r == 0; i++) {
        methods[i].name = proto->method[i]->name;
        methods[i].full_name = full_name(&inner, methods[i].name, &r);
        if (methods[i].full_name)
            r = add_symbol(&inner, (struct cvn_types_symbol){methods[i].full_name, CVN_TYPES_METHOD,
                                                             .thing = &methods[i]});
    }
    return r;
}

/* A package is a name for each of its parts: "a.b" is "a" and "a.b". */
static int declare_package(const struct scope *scope, const char *package)
{
    int r = 0;
    if (strlen(package) > CVN_TYPES_NAME_BYTES_MAX)
        return cvn_error_set(scope->err, -EINVAL, "the package of file %s has more than %d bytes",
                             scope->file->public.name, CVN_TYPES_NAME_BYTES_MAX);
    for (size_t begin = 0, end = 0; package[end] && r == 0; begin = end + 1) {
        end = begin + strcspn(package + begin, ".");
        if (!is_identifier(package + begin, end - begin) || (package[end] && !package[end + 1]))
            return cvn_error_set(scope->err, -EINVAL,
                                 "the package of file %s is not names with dots between them",
                                 scope->file->public.name);
        const char *part = cvn_arena_copy(&scope->types->arena, package, end);
        r = part ? add_symbol(scope, (struct cvn_types_symbol){part, CVN_TYPES_PACKAGE})
                 : cvn_types_no_room(scope->types, scope->err);
    }
    return r;
}

static int declare_file(const struct scope *scope)
{
    const Google__Protobuf__FileDescriptorProto *proto = scope->file->proto;
    int r = declare_package(scope, scope->name);
    for (size_t i = 0; i < proto->n_message_type && r == 0; i++)
        r = declare_message(scope, proto->message_type[i]);
    for (size_t i = 0; i < proto->n_enum_type && r == 0; i++)
        r = declare_enum(scope, proto->enum_type[i]);
    for (size_t i = 0; i < proto->n_service && r == 0; i++)
        r = declare_service(scope, proto->service[i]);
    return r ? r : declare_extensions(scope, proto->n_extension, proto->extension);
}

static int compare_symbols(const void *a, const void *b)
{
    return strcmp(((const struct cvn_types_symbol *)a)->name,
                  ((const struct cvn_types_symbol *)b)->name);
}

int cvn_types_declare(struct cvn_types *types, struct cvn_error *err)
{
    for (size_t i = 0; i < types->n_files; i++) {
        struct cvn_types_built_file *file = &types->files[i];
        int r = declare_file(&(struct scope){types, file, file->public.package, 0, err});
        if (r)
            return r;
    }
    if (types->n_symbols == 0)
        return 0;
    qsort(types->symbols, types->n_symbols, sizeof *types->symbols, compare_symbols);
    size_t n = 1;
    for (size_t i = 1; i < types->n_symbols; i++) {
        struct cvn_types_symbol *symbol = &types->symbols[i], *last = &types->symbols[n - 1];
        if (strcmp(symbol->name, last->name) != 0)
            types->symbols[n++] = *symbol;
        else if (symbol->kind != CVN_TYPES_PACKAGE || last->kind != CVN_TYPES_PACKAGE)
            return cvn_error_set(err, -EINVAL, "the name %.200s is declared twice", symbol->name);
    }
    types->n_symbols = n;
    return 0;
}

const struct cvn_types_symbol *cvn_types_resolve(const struct cvn_types *types, const char *scope,
                                                 const char *name)
{
    if (!name)
        return NULL;
    if (*name == '.')
        return cvn_types_find(types, name + 1);
    char full[2 * CVN_TYPES_NAME_BYTES_MAX + 2];
    size_t outer = strlen(scope), len = strlen(name);
    if (outer > CVN_TYPES_NAME_BYTES_MAX || len > CVN_TYPES_NAME_BYTES_MAX)
        return NULL;
    memcpy(full, scope, outer);
    while (outer > 0) {
        full[outer] = '.';
        memcpy(full + outer + 1, name, len + 1);
        const struct cvn_types_symbol *found = cvn_types_find(types, full);
        if (found)
            return found;
        while (outer > 0 && full[--outer] != '.')
            continue;
    }
    return cvn_types_find(types, name);
}

static int compare_extensions(const void *a, const void *b)
{
    const struct cvn_types_extension *x = a, *y = b;
    int order = strcmp(x->message, y->message);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* What a symbol that is an extension extends. */
static int read_extension(struct cvn_types *types, const struct cvn_types_symbol *symbol,
                          struct cvn_types_extension *ret, struct cvn_error *err)
{
    const Google__Protobuf__FieldDescriptorProto *proto = symbol->proto;
    const struct cvn_types_symbol *extended =
        cvn_types_resolve(types, symbol->name, proto->extendee);
    if (!extended || extended->kind != CVN_TYPES_MESSAGE)
        return cvn_error_set(err, -EINVAL, "extension %.200s extends no message of these files",
                             symbol->name);
    if (proto->number < 1 || proto->number > CVN_TYPES_FIELD_NUMBER_MAX)
        return cvn_error_set(err, -EINVAL, "the number of extension %.200s is not 1 to %d",
                             symbol->name, CVN_TYPES_FIELD_NUMBER_MAX);
    *ret = (struct cvn_types_extension){extended->name, proto->number, symbol->file};
    return 0;
}

int cvn_types_index(struct cvn_types *types, struct cvn_error *err)
{
    size_t n_services = 0, n_extensions = 0;
    for (size_t i = 0; i < types->n_symbols; i++) {
        n_services += types->symbols[i].kind == CVN_TYPES_SERVICE;
        n_extensions += types->symbols[i].kind == CVN_TYPES_EXTENSION;
    }
    types->services = cvn_arena_alloc_array(&types->arena, n_services, sizeof *types->services);
    types->extensions =
        cvn_arena_alloc_array(&types->arena, n_extensions, sizeof *types->extensions);
    if (!types->services || !types->extensions)
        return cvn_types_no_room(types, err);
    for (size_t i = 0; i < types->n_symbols; i++) {
        const struct cvn_types_symbol *symbol = &types->symbols[i];
        if (symbol->kind == CVN_TYPES_SERVICE)
            types->services[types->n_services++] = symbol->thing;
        if (symbol->kind != CVN_TYPES_EXTENSION)
            continue;
        int r = read_extension(types, symbol, &types->extensions[types->n_extensions++], err);
        if (r)
            return r;
    }
    if (n_extensions > 1)
        qsort(types->extensions, n_extensions, sizeof *types->extensions, compare_extensions);
    for (size_t i = 1; i < n_extensions; i++)
        if (compare_extensions(&types->extensions[i - 1], &types->extensions[i]) == 0)
            return cvn_error_set(err, -EINVAL, "message %.200s is extended twice with number %d",
                                 types->extensions[i].message, types->extensions[i].number);
    return 0;
}
