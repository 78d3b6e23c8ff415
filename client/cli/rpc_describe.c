#include "client/cli/rpc.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "rpc/message.h"

#include <stdio.h>
#include <string.h>

enum { INDENT = 2, FILE_BYTES = 64 << 20 };

/* Where a declaration is printed to, and in which file it stands. */
struct printer {
    const Google__Protobuf__FileDescriptorProto *file;
    int indent;
};

static void begin_line(const struct printer *printer)
{
    (void)printf("%*s", printer->indent, "");
}

static const char *type_name(const Google__Protobuf__FieldDescriptorProto *field)
{
    static const char *const scalars[] = {
        NULL,      "double",   "float",    "int64",  "uint64", "int32", "fixed64",
        "fixed32", "bool",     "string",   NULL,     NULL,     "bytes", "uint32",
        NULL,      "sfixed32", "sfixed64", "sint32", "sint64",
    };
    size_t type = (size_t)field->type;
    if (type < sizeof scalars / sizeof *scalars && scalars[type]) {
        return scalars[type];
    }
    const char *name = field->type_name ? field->type_name : "?";
    return name + (*name == '.');
}

/* The entry that protoc declares for a map field; NULL for any other. */
static const Google__Protobuf__DescriptorProto *
map_entry(const Google__Protobuf__DescriptorProto *message,
          const Google__Protobuf__FieldDescriptorProto *field)
{
    const char *dot = field->type_name ? strrchr(field->type_name, '.') : NULL;
    for (size_t i = 0; dot && i < message->n_nested_type; i++) {
        const Google__Protobuf__DescriptorProto *nested = message->nested_type[i];
        if (nested->options && nested->options->map_entry && nested->n_field == 2 &&
            strcmp(nested->name, dot + 1) == 0) {
            return nested;
        }
    }
    return NULL;
}

static const char *label(const struct printer *printer,
                         const Google__Protobuf__FieldDescriptorProto *field)
{
    bool proto3 = printer->file->syntax && strcmp(printer->file->syntax, "proto3") == 0;
    if (field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED) {
        return "repeated ";
    }
    if (field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED) {
        return "required ";
    }
    bool in_oneof = field->has_oneof_index && !field->proto3_optional;
    return field->proto3_optional || (!proto3 && !in_oneof) ? "optional " : "";
}

static void print_field(const struct printer *printer,
                        const Google__Protobuf__DescriptorProto *message,
                        const Google__Protobuf__FieldDescriptorProto *field)
{
    begin_line(printer);
    const Google__Protobuf__DescriptorProto *entry = message ? map_entry(message, field) : NULL;
    if (entry) {
        (void)printf("map<%s, %s>", type_name(entry->field[0]), type_name(entry->field[1]));
    } else {
        (void)printf("%s%s", label(printer, field), type_name(field));
    }
    (void)printf(" %s = %d", field->name, field->number);
    bool deprecated = field->options && field->options->deprecated;
    if (field->default_value) {
        (void)printf(" [default = %s%s]", field->default_value, deprecated ? ", deprecated" : "");
    } else if (deprecated) {
        (void)printf(" [deprecated]");
    }
    (void)puts(";");
}

static void print_enum(struct printer *printer, const Google__Protobuf__EnumDescriptorProto *type,
                       const char *name)
{
    begin_line(printer);
    (void)printf("enum %s {\n", name);
    for (size_t i = 0; i < type->n_value; i++) {
        begin_line(printer);
        (void)printf("  %s = %d;\n", type->value[i]->name, type->value[i]->number);
    }
    begin_line(printer);
    (void)puts("}");
}

/* The fields, those of a oneof together where its first stands. */
static void print_fields(struct printer *printer, const Google__Protobuf__DescriptorProto *message)
{
    int32_t shown = -1;
    for (size_t i = 0; i < message->n_field; i++) {
        const Google__Protobuf__FieldDescriptorProto *field = message->field[i];
        bool in_oneof = field->has_oneof_index && !field->proto3_optional &&
                        (size_t)field->oneof_index < message->n_oneof_decl;
        if (!in_oneof) {
            print_field(printer, message, field);
            continue;
        }
        if (field->oneof_index <= shown) {
            continue;
        }
        shown = field->oneof_index;
        begin_line(printer);
        (void)printf("oneof %s {\n", message->oneof_decl[shown]->name);
        printer->indent += INDENT;
        for (size_t j = i; j < message->n_field; j++) {
            if (message->field[j]->has_oneof_index && message->field[j]->oneof_index == shown) {
                print_field(printer, message, message->field[j]);
            }
        }
        printer->indent -= INDENT;
        begin_line(printer);
        (void)puts("}");
    }
}

static void print_message(struct printer *printer, const Google__Protobuf__DescriptorProto *message,
                          const char *name)
{
    begin_line(printer);
    (void)printf("message %s {\n", name);
    printer->indent += INDENT;
    for (size_t i = 0; i < message->n_enum_type; i++) {
        print_enum(printer, message->enum_type[i], message->enum_type[i]->name);
    }
    for (size_t i = 0; i < message->n_nested_type; i++) {
        const Google__Protobuf__DescriptorProto *nested = message->nested_type[i];
        if (!nested->options || !nested->options->map_entry) {
            print_message(printer, nested, nested->name);
        }
    }
    print_fields(printer, message);
    printer->indent -= INDENT;
    begin_line(printer);
    (void)puts("}");
}

static void print_method(const struct printer *printer,
                         const Google__Protobuf__MethodDescriptorProto *method)
{
    begin_line(printer);
    (void)printf("rpc %s(%s%s) returns (%s%s);\n", method->name,
                 method->client_streaming ? "stream " : "",
                 method->input_type + (*method->input_type == '.'),
                 method->server_streaming ? "stream " : "",
                 method->output_type + (*method->output_type == '.'));
}

static void print_service(struct printer *printer,
                          const Google__Protobuf__ServiceDescriptorProto *service, const char *name)
{
    (void)printf("service %s {\n", name);
    printer->indent += INDENT;
    for (size_t i = 0; i < service->n_method; i++) {
        print_method(printer, service->method[i]);
    }
    printer->indent -= INDENT;
    (void)puts("}");
}

/* What is left of the name behind the first part; "" behind the last, NULL when it is another. */
static const char *behind(const char *name, const char *part)
{
    size_t len = strlen(part);
    if (strncmp(name, part, len) != 0 || (name[len] != '.' && name[len] != '\0')) {
        return NULL;
    }
    return name + len + (name[len] == '.');
}

/* Prints what the rest of the name means inside the message, or else the message. */
static void print_in_message(struct printer *printer,
                             const Google__Protobuf__DescriptorProto *message, const char *rest,
                             const char *symbol)
{
    const char *next;
    for (size_t i = 0; *rest && i < message->n_nested_type; i++) {
        next = behind(rest, message->nested_type[i]->name);
        if (next) {
            print_in_message(printer, message->nested_type[i], next, symbol);
            return;
        }
    }
    for (size_t i = 0; *rest && i < message->n_enum_type; i++) {
        if (behind(rest, message->enum_type[i]->name)) {
            print_enum(printer, message->enum_type[i], symbol);
            return;
        }
    }
    for (size_t i = 0; *rest && i < message->n_field; i++) {
        if (strcmp(rest, message->field[i]->name) == 0) {
            print_field(printer, message, message->field[i]);
            return;
        }
    }
    print_message(printer, message, symbol);
}

/* Prints what the name means inside the service: one of its methods, or else the service. */
static void print_in_service(struct printer *printer,
                             const Google__Protobuf__ServiceDescriptorProto *service,
                             const char *rest, const char *symbol)
{
    for (size_t i = 0; *rest && i < service->n_method; i++) {
        if (strcmp(rest, service->method[i]->name) == 0) {
            print_method(printer, service->method[i]);
            return;
        }
    }
    print_service(printer, service, symbol);
}

/* Whether the file declares it. */
static bool print_symbol(struct printer *printer, const char *symbol)
{
    const Google__Protobuf__FileDescriptorProto *file = printer->file;
    const char *next;
    const char *rest = file->package && *file->package ? behind(symbol, file->package) : symbol;
    for (size_t i = 0; rest && i < file->n_message_type; i++) {
        next = behind(rest, file->message_type[i]->name);
        if (next) {
            print_in_message(printer, file->message_type[i], next, symbol);
            return true;
        }
    }
    for (size_t i = 0; rest && i < file->n_service; i++) {
        next = behind(rest, file->service[i]->name);
        if (next) {
            print_in_service(printer, file->service[i], next, symbol);
            return true;
        }
    }
    for (size_t i = 0; rest && i < file->n_enum_type; i++) {
        if (behind(rest, file->enum_type[i]->name)) {
            print_enum(printer, file->enum_type[i], symbol);
            return true;
        }
    }
    return false;
}

static enum cvn_exit describe(struct cvn_cli *cli, const struct cvn_types *types,
                              const char *symbol)
{
    const struct cvn_types_file *file = cvn_types_file_of_symbol(types, symbol);
    if (!file) {
        return cvn_cli_fail(cli, CVN_EXIT_NOT_FOUND, "There is no %s.", symbol);
    }
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, FILE_BYTES);
    ProtobufCMessage *message;
    if (cvn_message_unpack(&google__protobuf__file_descriptor_proto__descriptor, &arena,
                           file->bytes, &message) < 0) {
        return cvn_cli_no_memory(cli);
    }
    struct printer printer = {.file = (const Google__Protobuf__FileDescriptorProto *)message};
    (void)printf("// %s\n", file->name);
    if (!print_symbol(&printer, symbol)) {
        (void)printf("// declares %s.\n", symbol);
    }
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_rpc_describe_run(struct cvn_cli *cli)
{
    /* A method may be written as it is called: "package.Service/Method". */
    char *symbol = cvn_arena_strdup(&cli->arena, cvn_args_word(&cli->args, 0));
    if (!symbol) {
        return cvn_cli_no_memory(cli);
    }
    char *slash = strchr(symbol, '/');
    if (slash) {
        *slash = '.';
    }
    struct cvn_types *types = NULL;
    enum cvn_exit code = cvn_rpc_reflect_types(cli, symbol, &types);
    code = code ? code : describe(cli, types, symbol);
    cvn_types_free(types);
    return code;
}
