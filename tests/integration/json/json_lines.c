/*
 * JSON for a test in another language: reads lines `json TYPE TEXT` and `wire TYPE HEX`, and
 * answers each with `ok HEX JSON` or `refused SENTENCE`. The types are those of
 * tests/support/types.
 */
#include "rpc/json.h"
#include "rpc/message.h"
#include "tests/support/types/types_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CAP_BYTES = 64 << 20 };

static struct cvn_slice from_hex(struct cvn_arena *arena, const char *hex)
{
    size_t n = strlen(hex) / 2;
    uint8_t *bytes = cvn_arena_alloc(arena, n);
    for (size_t i = 0; i < n; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1]};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return cvn_slice(bytes, n);
}

static int answer(const struct cvn_types *types, char *line, struct cvn_error *err)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CAP_BYTES);
    const struct cvn_json_options options = {.types = types};
    char *rest = line;
    const char *kind = strsep(&rest, " "), *name = strsep(&rest, " ");
    const ProtobufCMessageDescriptor *type = name ? cvn_types_message(types, name) : NULL;
    if (!type || !rest)
        return cvn_error_set(err, -EINVAL, "no such type");
    ProtobufCMessage *message = NULL;
    struct cvn_slice text, bytes;
    int r = strcmp(kind, "wire") == 0
                ? cvn_message_unpack(type, &arena, from_hex(&arena, rest), &message)
                : cvn_json_parse(type, cvn_slice_of_string(rest), &options, &arena, &message, err);
    if (r == 0)
        r = cvn_json_print(message, &options, &arena, &text, err);
    if (r == 0)
        r = cvn_message_pack(message, &arena, &bytes);
    if (r)
        return r;
    (void)fputs("ok ", stdout);
    for (size_t i = 0; i < bytes.len; i++)
        (void)printf("%02x", ((const uint8_t *)bytes.data)[i]);
    (void)printf(" %s\n", (const char *)text.data);
    return 0;
}

int main(void)
{
    struct cvn_types *types = NULL;
    struct cvn_error err = {"the message does not unpack"};
    if (cvn_types_new_of_set(cvn_slice(cvn_test_types_set, cvn_test_types_set_size_bytes),
                             CAP_BYTES, &types, &err))
        return 1;
    char *line = NULL;
    size_t room = 0;
    for (ssize_t len; (len = getline(&line, &room, stdin)) > 0;) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        if (answer(types, line, &err))
            (void)printf("refused %s\n", err.text);
        (void)fflush(stdout);
    }
    free(line);
    cvn_types_free(types);
    return 0;
}
