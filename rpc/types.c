#include "rpc/types.h"

#include "rpc/types_build.h"

#include <errno.h>
#include <stdlib.h>

int cvn_types_no_room(const struct cvn_types *types, struct cvn_error *err)
{
    return cvn_error_set(err, -ENOMEM, "the types need more than the %zu bytes allowed for them",
                         types->arena.cap_bytes);
}

/* Enums come before the messages whose fields have a value of theirs for default. */
static int fill(struct cvn_types *types, struct cvn_error *err)
{
    int r = 0;
    for (size_t i = 0; i < types->n_symbols && r == 0; i++)
        if (types->symbols[i].kind == CVN_TYPES_ENUM)
            r = cvn_types_fill_enum(types, types->symbols[i].thing, err);
    for (size_t i = 0; i < types->n_symbols && r == 0; i++)
        if (types->symbols[i].kind == CVN_TYPES_MESSAGE)
            r = cvn_types_fill_message(types, types->symbols[i].thing, err);
    for (size_t i = 0; i < types->n_symbols && r == 0; i++)
        if (types->symbols[i].kind == CVN_TYPES_SERVICE)
            r = cvn_types_fill_service(types, types->symbols[i].thing, err);
    return r;
}

int cvn_types_new_of_files(const struct cvn_slice *files, size_t n, size_t cap_bytes,
                           struct cvn_types **ret, struct cvn_error *err)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, cap_bytes);
    struct cvn_types *types = cvn_arena_alloc(&arena, sizeof *types);
    if (!types)
        return cvn_error_set(err, -ENOMEM, "%zu bytes are no room for types", cap_bytes);
    types->arena = arena;
    arena = (struct cvn_arena){0};
    int r = cvn_types_read_files(types, files, n, err);
    if (r == 0)
        r = cvn_types_declare(types, err);
    if (r == 0)
        r = fill(types, err);
    if (r == 0)
        r = cvn_types_index(types, err);
    if (r == 0)
        *ret = types;
    else
        cvn_types_free(types);
    return r;
}

/* The next `repeated FileDescriptorProto file = 1` of a set; false when the bytes are not one. */
static bool next_of_set(struct cvn_slice *set, struct cvn_slice *ret)
{
    const uint8_t *at = set->data;
    size_t len = 0, i = 1;
    if (set->len < 2 || at[0] != (1 << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED))
        return false;
    for (unsigned shift = 0;; shift += 7) {
        if (i == set->len || shift > 28)
            return false;
        len |= (size_t)(at[i] & 0x7f) << shift;
        if (!(at[i++] & 0x80))
            break;
    }
    if (len > set->len - i)
        return false;
    *ret = cvn_slice(at + i, len);
    *set = cvn_slice(at + i + len, set->len - i - len);
    return true;
}

int cvn_types_new_of_set(struct cvn_slice set, size_t cap_bytes, struct cvn_types **ret,
                         struct cvn_error *err)
{
    struct cvn_slice *files = calloc(CVN_TYPES_FILES_MAX, sizeof *files);
    if (!files)
        return cvn_error_set(err, -ENOMEM, "there is no memory to read a set of files");
    size_t n = 0;
    int r = 0;
    while (set.len > 0 && r == 0) {
        if (n == CVN_TYPES_FILES_MAX)
            r = cvn_error_set(err, -EINVAL, "the set has more than %d files", CVN_TYPES_FILES_MAX);
        else if (!next_of_set(&set, &files[n++]))
            r = cvn_error_set(err, -EINVAL,
                              "the bytes are no google.protobuf.FileDescriptorSet, as protoc "
                              "--descriptor_set_out writes it");
    }
    if (r == 0)
        r = cvn_types_new_of_files(files, n, cap_bytes, ret, err);
    free(files);
    return r;
}

void cvn_types_free(struct cvn_types *types)
{
    if (!types)
        return;
    struct cvn_arena arena = types->arena; /* the struct lies in it */
    cvn_arena_deinit(&arena);
}

static int compare_symbol(const void *name, const void *symbol)
{
    return strcmp(name, ((const struct cvn_types_symbol *)symbol)->name);
}

const struct cvn_types_symbol *cvn_types_find(const struct cvn_types *types, const char *full_name)
{
    return types->n_symbols ? bsearch(full_name, types->symbols, types->n_symbols,
                                      sizeof *types->symbols, compare_symbol)
                            : NULL;
}

static void *find_kind(const struct cvn_types *types, const char *name, enum cvn_types_kind kind)
{
    const struct cvn_types_symbol *symbol = cvn_types_find(types, name);
    return symbol && symbol->kind == kind ? symbol->thing : NULL;
}

const ProtobufCMessageDescriptor *cvn_types_message(const struct cvn_types *types,
                                                    const char *full_name)
{
    return find_kind(types, full_name, CVN_TYPES_MESSAGE);
}

const ProtobufCEnumDescriptor *cvn_types_enum(const struct cvn_types *types, const char *full_name)
{
    return find_kind(types, full_name, CVN_TYPES_ENUM);
}

const struct cvn_types_service *cvn_types_service(const struct cvn_types *types,
                                                  const char *full_name)
{
    return find_kind(types, full_name, CVN_TYPES_SERVICE);
}

const struct cvn_types_method *cvn_types_method(const struct cvn_types *types, const char *name)
{
    char dotted[CVN_TYPES_NAME_BYTES_MAX + 1];
    if (*name == '/')
        name++;
    size_t len = strlen(name);
    if (len > CVN_TYPES_NAME_BYTES_MAX)
        return NULL;
    memcpy(dotted, name, len + 1);
    char *slash = strchr(dotted, '/');
    if (slash)
        *slash = '.';
    return find_kind(types, dotted, CVN_TYPES_METHOD);
}

const struct cvn_types_service *cvn_types_service_at(const struct cvn_types *types, size_t i)
{
    return i < types->n_services ? types->services[i] : NULL;
}

static int compare_file(const void *name, const void *file)
{
    return strcmp(name, (*(struct cvn_types_built_file *const *)file)->public.name);
}

const struct cvn_types_file *cvn_types_file(const struct cvn_types *types, const char *name)
{
    struct cvn_types_built_file *const *found =
        types->n_files ? bsearch(name, types->files_by_name, types->n_files,
                                 sizeof *types->files_by_name, compare_file)
                       : NULL;
    return found ? &(*found)->public : NULL;
}

const struct cvn_types_file *cvn_types_file_at(const struct cvn_types *types, size_t i)
{
    return i < types->n_files ? &types->files[i].public : NULL;
}

const struct cvn_types_file *cvn_types_file_of_symbol(const struct cvn_types *types,
                                                      const char *full_name)
{
    const struct cvn_types_symbol *symbol = cvn_types_find(types, full_name);
    return symbol && symbol->kind != CVN_TYPES_PACKAGE ? &symbol->file->public : NULL;
}

/* Where the message's extensions begin in the sorted list, from number on. */
static size_t extensions_from(const struct cvn_types *types, const char *message, int32_t number)
{
    size_t low = 0, high = types->n_extensions;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cvn_types_extension *extension = &types->extensions[middle];
        int order = strcmp(extension->message, message);
        if (order < 0 || (order == 0 && extension->number < number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct cvn_types_file *cvn_types_file_of_extension(const struct cvn_types *types,
                                                         const char *message, int32_t number)
{
    size_t i = extensions_from(types, message, number);
    if (i == types->n_extensions || types->extensions[i].number != number ||
        strcmp(types->extensions[i].message, message) != 0)
        return NULL;
    return &types->extensions[i].file->public;
}

size_t cvn_types_extensions(const struct cvn_types *types, const char *message, int32_t *numbers,
                            size_t max)
{
    size_t n = 0;
    for (size_t i = extensions_from(types, message, 0);
         i < types->n_extensions && strcmp(types->extensions[i].message, message) == 0; i++) {
        if (n < max)
            numbers[n] = types->extensions[i].number;
        n++;
    }
    return n;
}

int cvn_types_closure(const struct cvn_types *types, const struct cvn_types_file *file,
                      struct cvn_arena *arena, const struct cvn_types_file *const **ret,
                      size_t *ret_n)
{
    const struct cvn_types_file **list = cvn_arena_alloc_array(arena, types->n_files, sizeof *list);
    bool *listed = cvn_arena_alloc_array(arena, types->n_files, sizeof *listed);
    if (!list || !listed)
        return -ENOMEM;
    size_t n = 0;
    list[n++] = file;
    listed[((const struct cvn_types_built_file *)file)->index] = true;
    for (size_t done = 0; done < n; done++) {
        for (size_t i = 0; i < list[done]->n_imports; i++) {
            const struct cvn_types_file *import = list[done]->imports[i];
            size_t index = ((const struct cvn_types_built_file *)import)->index;
            if (!listed[index])
                list[n++] = import;
            listed[index] = true;
        }
    }
    *ret = list;
    *ret_n = n;
    return 0;
}
