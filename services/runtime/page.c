#include "services/runtime/page.h"

#include <sodium.h>
#include <string.h>

enum {
    SEAL_BYTES = 16,
    TOKEN_MAX_CHARS = 1024,
    TOKEN_VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

int32_t cvn_page_size(struct cvn_ctx *ctx, int32_t asked, int32_t fallback, int32_t max)
{
    if (asked < 0) {
        cvn_problems_add(&ctx->problems, "page_size",
                         "is %d; use 0 for the default of %d, or 1 to %d", asked, fallback, max);
        return fallback;
    }
    if (asked == 0)
        return fallback;
    return asked < max ? asked : max;
}

/* Sets the field of a request copy to its empty value; a list without the field is left as it is.
 */
static void clear_field(ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    if (!field)
        return;
    void *at = (char *)message + field->offset;
    if (field->type == PROTOBUF_C_TYPE_STRING)
        *(const char **)at = protobuf_c_empty_string;
    else
        *(int32_t *)at = 0;
}

/* The request's filters as bytes: everything but which page and how much of it. */
static const uint8_t *pack_filters(struct cvn_ctx *ctx, const ProtobufCMessage *request,
                                   size_t *ret_len)
{
    ProtobufCMessage *filters =
        cvn_arena_copy(ctx->arena, request, request->descriptor->sizeof_message);
    if (!filters)
        return NULL;
    clear_field(filters, "page_token");
    clear_field(filters, "page_size");
    size_t len = protobuf_c_message_get_packed_size(filters);
    uint8_t *bytes = cvn_arena_alloc(ctx->arena, len);
    if (bytes)
        *ret_len = protobuf_c_message_pack(filters, bytes);
    return bytes;
}

/* Keyed BLAKE2b over what the token is for, its conditions and the cursor. */
static void seal(const struct cvn_ctx *ctx, const char *name, struct cvn_slice conditions,
                 struct cvn_slice cursor, uint8_t ret_seal[SEAL_BYTES])
{
    crypto_generichash_state state;
    (void)crypto_generichash_init(&state, ctx->token_key, CVN_TOKEN_KEY_BYTES, SEAL_BYTES);
    (void)crypto_generichash_update(&state, (const uint8_t *)name, strlen(name) + 1);
    uint64_t conditions_len = conditions.len;
    (void)crypto_generichash_update(&state, (const uint8_t *)&conditions_len,
                                    sizeof conditions_len);
    (void)crypto_generichash_update(&state, conditions.data, conditions.len);
    (void)crypto_generichash_update(&state, cursor.data, cursor.len);
    (void)crypto_generichash_final(&state, ret_seal, SEAL_BYTES);
}

/* The token as text in the arena; NULL when it is spent or the cursor too long. */
static char *make(struct cvn_ctx *ctx, const char *name, struct cvn_slice conditions,
                  struct cvn_slice cursor)
{
    uint8_t bytes[SEAL_BYTES + CVN_TOKEN_PAYLOAD_MAX];
    if (cursor.len > CVN_TOKEN_PAYLOAD_MAX)
        return NULL;
    seal(ctx, name, conditions, cursor, bytes);
    memcpy(bytes + SEAL_BYTES, cursor.data, cursor.len);
    size_t size = sodium_base64_encoded_len(SEAL_BYTES + cursor.len, TOKEN_VARIANT);
    char *token = cvn_arena_alloc(ctx->arena, size);
    return token ? sodium_bin2base64(token, size, bytes, SEAL_BYTES + cursor.len, TOKEN_VARIANT)
                 : NULL;
}

/* Opens a token into the arena. False when it was made for something else, or damaged. */
static bool open_token(struct cvn_ctx *ctx, const char *name, struct cvn_slice conditions,
                       const char *token, struct cvn_slice *ret_cursor)
{
    uint8_t bytes[SEAL_BYTES + CVN_TOKEN_PAYLOAD_MAX], expected[SEAL_BYTES];
    size_t len;
    if (strnlen(token, TOKEN_MAX_CHARS) == TOKEN_MAX_CHARS ||
        sodium_base642bin(bytes, sizeof bytes, token, strlen(token), NULL, &len, NULL,
                          TOKEN_VARIANT) != 0 ||
        len <= SEAL_BYTES)
        return false;
    struct cvn_slice cursor = cvn_slice(bytes + SEAL_BYTES, len - SEAL_BYTES);
    seal(ctx, name, conditions, cursor, expected);
    if (sodium_memcmp(expected, bytes, SEAL_BYTES) != 0)
        return false;
    *ret_cursor = cvn_arena_slice(ctx->arena, cursor);
    return ret_cursor->data != NULL;
}

char *cvn_token_make(struct cvn_ctx *ctx, const char *name, struct cvn_slice payload)
{
    return make(ctx, name, cvn_slice(NULL, 0), payload);
}

bool cvn_token_read(struct cvn_ctx *ctx, const char *name, const char *token,
                    struct cvn_slice *ret_payload)
{
    return open_token(ctx, name, cvn_slice(NULL, 0), token, ret_payload);
}

char *cvn_page_token_make(struct cvn_ctx *ctx, const ProtobufCMessage *request,
                          struct cvn_slice cursor)
{
    size_t len;
    const uint8_t *filters = pack_filters(ctx, request, &len);
    return filters ? make(ctx, request->descriptor->name, cvn_slice(filters, len), cursor) : NULL;
}

static const char *token_of(const ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(request->descriptor, "page_token");
    return field ? *(const char *const *)((const char *)request + field->offset) : "";
}

bool cvn_page_token_read(struct cvn_ctx *ctx, const ProtobufCMessage *request,
                         struct cvn_slice *ret_cursor)
{
    const char *token = token_of(request);
    if (*token == '\0') {
        *ret_cursor = cvn_slice(NULL, 0);
        return true;
    }
    size_t len;
    const uint8_t *filters = pack_filters(ctx, request, &len);
    if (filters &&
        open_token(ctx, request->descriptor->name, cvn_slice(filters, len), token, ret_cursor))
        return true;
    cvn_problems_add(&ctx->problems, "page_token",
                     "is not one that this list gave with these filters; use the "
                     "next_page_token of the page before, or leave it empty for the first page");
    return false;
}
