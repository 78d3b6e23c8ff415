#include "client/cli/rpc_output.h"

#include "client/cli/failure.h"
#include "client/lib/channel.h"
#include "descriptors.h"
#include "rpc/message.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 512 << 20, DETAIL_BYTES = 16 << 20 };

enum cvn_exit cvn_rpc_print_reply(struct cvn_cli *cli, const ProtobufCMessage *message,
                                  const struct cvn_json_options *options)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, TEXT_BYTES);
    struct cvn_slice text;
    struct cvn_error err = {""};
    int r = cvn_json_print(message, options, &arena, &text, &err);
    if (r) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "The reply cannot be shown as JSON: %s",
                            *err.text ? err.text : "it does not fit into memory.");
    }
    (void)fwrite(text.data, 1, text.len, stdout);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
    return CVN_EXIT_DONE;
}

static void print_base64(struct cvn_slice bytes)
{
    char text[sodium_base64_ENCODED_LEN(CVN_METADATA_VALUE_BYTES_MAX,
                                        sodium_base64_VARIANT_ORIGINAL)];
    if (bytes.len <= CVN_METADATA_VALUE_BYTES_MAX) {
        (void)sodium_bin2base64(text, sizeof text, bytes.data, bytes.len,
                                sodium_base64_VARIANT_ORIGINAL);
        (void)fputs(text, stderr);
    }
}

void cvn_rpc_print_metadata(const char *title, const struct cvn_metadata *metadata)
{
    for (size_t i = 0; metadata && i < metadata->n; i++) {
        const struct cvn_metadata_entry *entry = &metadata->entries[i];
        size_t len = strlen(entry->key);
        (void)fprintf(stderr, "%s %s: ", title, entry->key);
        if (len > 4 && strcmp(entry->key + len - 4, "-bin") == 0) {
            print_base64(entry->value);
        } else {
            (void)fwrite(entry->value.data, 1, entry->value.len, stderr);
        }
        (void)fputc('\n', stderr);
    }
}

/* Whether the detail could be shown by the types. */
static bool print_detail(const struct cvn_status_detail *detail, const struct cvn_types *types)
{
    const ProtobufCMessageDescriptor *type = types ? cvn_types_message(types, detail->type) : NULL;
    if (!type) {
        return false;
    }
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, DETAIL_BYTES);
    ProtobufCMessage *message;
    struct cvn_slice text;
    const struct cvn_json_options options = {.types = types};
    if (cvn_message_unpack(type, &arena, detail->bytes, &message) < 0 ||
        cvn_json_print(message, &options, &arena, &text, NULL) < 0) {
        return false;
    }
    (void)fprintf(stderr, "  %s %.*s\n", detail->type, (int)text.len, (const char *)text.data);
    return true;
}

static void print_details(const struct cvn_status *status, const struct cvn_types *types)
{
    struct cvn_types *ours = NULL; /* google.rpc's, which a server's own methods do not mention */
    (void)cvn_types_new_of_set(cvn_slice(cvn_descriptor_set, cvn_descriptor_set_size_bytes),
                               CVN_TYPES_CAP_BYTES, &ours, NULL);
    for (size_t i = 0; i < status->n_details; i++) {
        const struct cvn_status_detail *detail = &status->details[i];
        if (!print_detail(detail, ours) && !print_detail(detail, types)) {
            (void)fprintf(stderr, "  %s, %zu bytes\n", detail->type, detail->bytes.len);
        }
    }
    cvn_types_free(ours);
}

enum cvn_exit cvn_rpc_print_failure(struct cvn_cli *cli, const struct cvn_status *status,
                                    const struct cvn_types *types)
{
    struct convene_status told = CONVENE_STATUS_INIT;
    cvn_client_take_status(cli->client, status, &cli->arena, &told);
    enum cvn_exit code = cvn_failure_exit(&told);
    if (told.unreachable) {
        code = cvn_failure_print(cli, &told);
    } else {
        (void)cvn_cli_fail(cli, code, "%s: %s", cvn_code_name(status->code),
                           status->message ? status->message : "");
        print_details(status, types);
    }
    convene_status_clear(&told);
    return code;
}
