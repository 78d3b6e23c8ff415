#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/field.h"
#include "client/cli/streaming.h"
#include "client/cli/view.h"
#include "grpc/health/v1/health.pb-c.h"

#include <stdio.h>

#define SERVICE "grpc.health.v1.Health/"
#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING

static const char *status_text(int status)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(
        &grpc__health__v1__health_check_response__serving_status__descriptor, status);
    return value ? value->name : "UNKNOWN";
}

static const char *see_service(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    const Grpc__Health__V1__HealthListResponse__StatusesEntry *entry = message;
    return *entry->key ? entry->key : "(the server)";
}

static const char *see_status(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    const Grpc__Health__V1__HealthListResponse__StatusesEntry *entry = message;
    return entry->value ? status_text((int)entry->value->status) : NULL;
}

static const struct cvn_view_column columns[] = {
    {{"Service", false, true}, see_service},
    {{"Status", false, false}, see_status},
    {{NULL, false, false}, NULL},
};

/* All services; the exit code is that of the server as a whole. */
static enum cvn_exit list(struct cvn_cli *cli)
{
    Grpc__Health__V1__HealthListRequest request = GRPC__HEALTH__V1__HEALTH_LIST_REQUEST__INIT;
    CVN_REPLY_AUTO Grpc__Health__V1__HealthListResponse *reply = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "List", &request, &reply);
    if (code) {
        return code;
    }
    code =
        cvn_view_rows(cli, columns, (ProtobufCMessage *const *)reply->statuses, reply->n_statuses);
    for (size_t i = 0; i < reply->n_statuses; i++) {
        const Grpc__Health__V1__HealthListResponse__StatusesEntry *entry = reply->statuses[i];
        if (!*entry->key && code == CVN_EXIT_DONE && entry->value &&
            entry->value->status != SERVING) {
            code = CVN_EXIT_FAILED;
        }
    }
    return code;
}

static enum cvn_exit print_status(struct cvn_cli *cli, const ProtobufCMessage *message, void *arg)
{
    (void)cli;
    (void)arg;
    const Grpc__Health__V1__HealthCheckResponse *reply = (const void *)message;
    (void)puts(status_text((int)reply->status));
    (void)fflush(stdout);
    return CVN_EXIT_DONE;
}

static enum cvn_exit run_health(struct cvn_cli *cli)
{
    const char *service = cvn_args_word(&cli->args, 0);
    bool watch = cvn_args_has(&cli->args, "watch");
    if (!service && !watch) {
        return list(cli);
    }
    Grpc__Health__V1__HealthCheckRequest request = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    request.service = cvn_arena_strdup(&cli->arena, service ? service : "");
    if (!request.service) {
        return cvn_cli_no_memory(cli);
    }
    if (watch) {
        const struct cvn_call_request call = {.service = &grpc__health__v1__health__descriptor,
                                              .method = "Watch",
                                              .message = &request.base};
        return cvn_streaming_follow(cli, &call, print_status, NULL);
    }
    CVN_REPLY_AUTO Grpc__Health__V1__HealthCheckResponse *reply = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "Check", &request, &reply);
    if (code) {
        return code;
    }
    if (cli->format == CVN_FORMAT_JSON) {
        code = cvn_view_one(cli, columns, reply);
    } else {
        code = print_status(cli, &reply->base, NULL);
    }
    return code == CVN_EXIT_DONE && reply->status != SERVING ? CVN_EXIT_FAILED : code;
}

static const struct cvn_option options[] = {
    {"watch", 'w', NULL, "go on and show each change, until interrupted", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_health_commands[] = {
    {"", "[SERVICE]", 0, 1, "Says whether a server, or one of its services, can be called.",
     "Without SERVICE all are listed. Exits with 0 when it is SERVING, with 1 when it is not.",
     options, false, run_health, NULL},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL, NULL},
};
