/* The first step of building a pool: files are unpacked, told apart by name, and linked. */
#include "base/text.h"
#include "rpc/message.h"
#include "rpc/types_build.h"

#include <errno.h>
#include <stdlib.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp((*(struct cvn_types_built_file *const *)a)->public.name,
                  (*(struct cvn_types_built_file *const *)b)->public.name);
}

static int check_syntax(struct cvn_types_built_file *file, struct cvn_error *err)
{
    const char *syntax = file->proto->syntax;
    file->proto3 = syntax && strcmp(syntax, "proto3") == 0;
    if (file->proto3 || !syntax || !*syntax || strcmp(syntax, "proto2") == 0)
        return 0;
    return cvn_error_set(err, -EINVAL,
                         "file %s is neither proto2 nor proto3, and no other syntax is read",
                         file->public.name);
}

static bool is_file_name(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= CVN_TYPES_FILE_NAME_BYTES_MAX &&
           cvn_text_is_line(cvn_slice(name, len));
}

static int read_file(struct cvn_types *types, struct cvn_types_built_file *file,
                     struct cvn_slice bytes, struct cvn_error *err)
{
    if (bytes.len > CVN_TYPES_FILE_BYTES_MAX)
        return cvn_error_set(err, -EINVAL, "a file's descriptor has %zu bytes, more than %d",
                             bytes.len, CVN_TYPES_FILE_BYTES_MAX);
    file->public.bytes = cvn_arena_slice(&types->arena, bytes);
    if (!file->public.bytes.data)
        return cvn_types_no_room(types, err);
    ProtobufCMessage *message = NULL;
    int r = cvn_message_unpack(&google__protobuf__file_descriptor_proto__descriptor, &types->arena,
                               file->public.bytes, &message);
    if (r == -ENOMEM)
        return cvn_types_no_room(types, err);
    if (r)
        return cvn_error_set(err, -EINVAL,
                             "the bytes of a file are no google.protobuf.FileDescriptorProto");
    file->proto = (const Google__Protobuf__FileDescriptorProto *)message;
    file->public.name = file->proto->name ? file->proto->name : "";
    file->public.package = file->proto->package ? file->proto->package : "";
    if (!is_file_name(file->public.name))
        return cvn_error_set(err, -EINVAL, "a file's name is not a line of 1 to %d bytes of text",
                             CVN_TYPES_FILE_NAME_BYTES_MAX);
    return check_syntax(file, err);
}

/* Sorts the files by name, and drops those given again with the same bytes. */
static int sort_files(struct cvn_types *types, struct cvn_error *err)
{
    size_t n = 0;
    if (types->n_files > 0)
        qsort(types->files_by_name, types->n_files, sizeof *types->files_by_name, compare_names);
    for (size_t i = 0; i < types->n_files; i++) {
        struct cvn_types_built_file *file = types->files_by_name[i];
        struct cvn_types_built_file *last = n ? types->files_by_name[n - 1] : NULL;
        if (!last || strcmp(last->public.name, file->public.name) != 0)
            types->files_by_name[n++] = file;
        else if (cvn_slice_compare(last->public.bytes, file->public.bytes) != 0)
            return cvn_error_set(err, -EINVAL, "file %s is given twice, and not the same",
                                 file->public.name);
        else
            file->public.name = NULL; /* a copy */
    }
    types->n_files = n;
    return 0;
}

/* Closes the gaps that copies left, and points the sorted list at where files lie now. */
static int drop_copies(struct cvn_types *types, size_t n_given, struct cvn_error *err)
{
    int r = sort_files(types, err);
    if (r || types->n_files == n_given)
        return r;
    size_t n = 0;
    for (size_t i = 0; i < n_given; i++)
        if (types->files[i].public.name)
            types->files[n++] = types->files[i];
    for (size_t i = 0; i < n; i++)
        types->files_by_name[i] = &types->files[i];
    if (n > 0)
        qsort(types->files_by_name, n, sizeof *types->files_by_name, compare_names);
    return 0;
}

static bool is_weak(const Google__Protobuf__FileDescriptorProto *proto, size_t import)
{
    for (size_t i = 0; i < proto->n_weak_dependency; i++)
        if (proto->weak_dependency[i] >= 0 && (size_t)proto->weak_dependency[i] == import)
            return true;
    return false;
}

static int refuse_import(const struct cvn_types_built_file *file, const char *import,
                         struct cvn_error *err)
{
    return cvn_error_set(err, -EINVAL, "file %s imports a file that is not given%s%s",
                         file->public.name, is_file_name(import) ? ": " : "",
                         is_file_name(import) ? import : "");
}

static int link_imports(struct cvn_types *types, struct cvn_types_built_file *file,
                        struct cvn_error *err)
{
    const Google__Protobuf__FileDescriptorProto *proto = file->proto;
    if (proto->n_dependency > CVN_TYPES_FILES_MAX || proto->n_weak_dependency > CVN_TYPES_FILES_MAX)
        return cvn_error_set(err, -EINVAL, "file %s imports more than %d files", file->public.name,
                             CVN_TYPES_FILES_MAX);
    const struct cvn_types_file **imports =
        cvn_arena_alloc_array(&types->arena, proto->n_dependency, sizeof *imports);
    if (!imports)
        return cvn_types_no_room(types, err);
    for (size_t i = 0; i < proto->n_dependency; i++) {
        const struct cvn_types_file *import = cvn_types_file(types, proto->dependency[i]);
        if (import)
            imports[file->public.n_imports++] = import;
        else if (!is_weak(proto, i))
            return refuse_import(file, proto->dependency[i], err);
    }
    file->public.imports = imports;
    return 0;
}

/* Recurses as deep as imports chain, which CVN_TYPES_FILES_MAX bounds. */
static int refuse_cycles(struct cvn_types_built_file *file, struct cvn_error *err)
{
    file->visit = CVN_TYPES_VISITING;
    for (size_t i = 0; i < file->public.n_imports; i++) {
        struct cvn_types_built_file *import =
            (struct cvn_types_built_file *)(void *)file->public.imports[i];
        if (import->visit == CVN_TYPES_VISITING)
            return cvn_error_set(err, -EINVAL, "file %s imports %s, which imports it again",
                                 file->public.name, import->public.name);
        int r = import->visit == CVN_TYPES_UNVISITED ? refuse_cycles(import, err) : 0;
        if (r)
            return r;
    }
    file->visit = CVN_TYPES_VISITED;
    return 0;
}

int cvn_types_read_files(struct cvn_types *types, const struct cvn_slice *files, size_t n,
                         struct cvn_error *err)
{
    if (n > CVN_TYPES_FILES_MAX)
        return cvn_error_set(err, -EINVAL, "%zu files are more than %d", n, CVN_TYPES_FILES_MAX);
    types->files = cvn_arena_alloc_array(&types->arena, n, sizeof *types->files);
    types->files_by_name = cvn_arena_alloc_array(&types->arena, n, sizeof *types->files_by_name);
    if (!types->files || !types->files_by_name)
        return cvn_types_no_room(types, err);
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        r = read_file(types, &types->files[i], files[i], err);
        types->files_by_name[i] = &types->files[i];
    }
    types->n_files = n;
    if (r == 0)
        r = drop_copies(types, n, err);
    for (size_t i = 0; i < types->n_files && r == 0; i++) {
        types->files[i].index = i;
        r = link_imports(types, &types->files[i], err);
    }
    for (size_t i = 0; i < types->n_files && r == 0; i++)
        if (types->files[i].visit == CVN_TYPES_UNVISITED)
            r = refuse_cycles(&types->files[i], err);
    return r;
}
