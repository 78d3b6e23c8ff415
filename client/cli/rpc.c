#include "client/cli/rpc.h"

#include "client/cli/commands.h"
#include "client/cli/view.h"
#include "google/protobuf/descriptor.pb-c.h"

#include <stdio.h>

CVN_VIEW_STRING(see_service, Grpc__Reflection__V1__ServiceResponse, name)
CVN_VIEW_STRING(see_method, Google__Protobuf__MethodDescriptorProto, name)
CVN_VIEW_STRING(see_input, Google__Protobuf__MethodDescriptorProto, input_type)
CVN_VIEW_STRING(see_output, Google__Protobuf__MethodDescriptorProto, output_type)

static const char *see_kind(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    const Google__Protobuf__MethodDescriptorProto *method = message;
    if (method->client_streaming) {
        return method->server_streaming ? "bidirectional" : "client stream";
    }
    return method->server_streaming ? "server stream" : "unary";
}

static const struct cvn_view_column service_columns[] = {
    {{"Service", false, false}, see_service},
    {{NULL, false, false}, NULL},
};

static const struct cvn_view_column method_columns[] = {
    {{"Method", false, false}, see_method}, {{"Kind", false, false}, see_kind},
    {{"Request", false, true}, see_input},  {{"Reply", false, true}, see_output},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit list_services(struct cvn_cli *cli)
{
    Grpc__Reflection__V1__ListServiceResponse *list;
    enum cvn_exit code = cvn_rpc_reflect_services(cli, &cli->arena, &list);
    return code ? code
                : cvn_view_rows(cli, service_columns, (ProtobufCMessage *const *)list->service,
                                list->n_service);
}

static enum cvn_exit print_methods(struct cvn_cli *cli, const struct cvn_types_service *service)
{
    size_t n = service->n_methods;
    ProtobufCMessage **rows = cvn_arena_alloc_array(&cli->arena, n, sizeof *rows);
    Google__Protobuf__MethodDescriptorProto *methods =
        cvn_arena_alloc_array(&cli->arena, n, sizeof *methods);
    if (!rows || !methods) {
        return cvn_cli_no_memory(cli);
    }
    for (size_t i = 0; i < n; i++) {
        const struct cvn_types_method *method = &service->methods[i];
        google__protobuf__method_descriptor_proto__init(&methods[i]);
        methods[i].name = (char *)(uintptr_t)method->name;
        methods[i].input_type = (char *)(uintptr_t)method->input->name;
        methods[i].output_type = (char *)(uintptr_t)method->output->name;
        methods[i].has_client_streaming = methods[i].client_streaming = method->client_streaming;
        methods[i].has_server_streaming = methods[i].server_streaming = method->server_streaming;
        rows[i] = &methods[i].base;
    }
    return cvn_view_rows(cli, method_columns, rows, n);
}

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    const char *name = cvn_args_word(&cli->args, 0);
    if (!name) {
        return list_services(cli);
    }
    struct cvn_types *types = NULL;
    enum cvn_exit code = cvn_rpc_reflect_types(cli, name, &types);
    if (code) {
        return code;
    }
    const struct cvn_types_service *service = cvn_types_service(types, name);
    code = service ? print_methods(cli, service)
                   : cvn_cli_fail(cli, CVN_EXIT_NOT_FOUND,
                                  "%s is no service. See `convene rpc describe %s`.", name, name);
    cvn_types_free(types);
    return code;
}

const struct cvn_command cvn_rpc_commands[] = {
    {"list", "[SERVICE]", 0, 1, "Lists a server's services, or the methods of one.", NULL, NULL,
     false, run_list, NULL},
    {"describe", "SYMBOL", 1, 1, "Shows how a service, method, message or enum is declared.", NULL,
     NULL, false, cvn_rpc_describe_run, NULL},
    {"call", "METHOD", 1, 1, "Calls a method, of any of the four kinds.",
     "METHOD is written as convene.events.v1.EventService/ListEvents. Requests are JSON, one\n"
     "document after another where the method takes several; then they are read from\n"
     "standard input unless --json says otherwise. Each reply is printed as JSON. A call that\n"
     "streams has no deadline unless --timeout sets one.",
     cvn_rpc_call_options, false, cvn_rpc_call_run, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
