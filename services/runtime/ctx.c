#include "services/runtime/ctx.h"

#include "rpc/message.h"

#include <stdarg.h>

static int __attribute__((format(printf, 3, 0)))
refuse(struct cvn_ctx *ctx, enum cvn_code code, const char *format, va_list args)
{
    const char *sentence = cvn_arena_vprintf(ctx->arena, format, args);
    *ctx->status = (struct cvn_status){
        .code = code,
        .message = sentence ? sentence : "The answer was too large to put into words.",
    };
    return CVN_REFUSED;
}

int cvn_ctx_refuse(struct cvn_ctx *ctx, enum cvn_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int r = refuse(ctx, code, format, args);
    va_end(args);
    return r;
}

int cvn_ctx_refuse_problems(struct cvn_ctx *ctx)
{
    if (ctx->problems.total == 0)
        return 0;
    cvn_status_from_problems(ctx->status, ctx->arena, &ctx->problems);
    return CVN_REFUSED;
}

int cvn_ctx_refuse_state(struct cvn_ctx *ctx, enum cvn_code code, const char *reason,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int r = refuse(ctx, code, format, args);
    va_end(args);
    cvn_status_add_error_info(ctx->status, ctx->arena, reason);
    return r;
}

int cvn_ctx_refuse_access(struct cvn_ctx *ctx, const char *what)
{
    if (ctx->who.kind == CVN_PRINCIPAL_ANONYMOUS && ctx->who.by_key)
        return cvn_ctx_refuse_state(ctx, CVN_PERMISSION_DENIED, "KEY_SCOPE",
                                    "The key is limited to its scopes, and none of them lets it "
                                    "%s.",
                                    what);
    if (ctx->who.kind == CVN_PRINCIPAL_ANONYMOUS)
        return cvn_ctx_refuse(
            ctx, CVN_UNAUTHENTICATED,
            "You are not signed in, and only those who are may %s. Call with an API "
            "key, or over the server's ipc socket as the user that runs it.",
            what);
    return cvn_ctx_refuse(ctx, CVN_PERMISSION_DENIED, "You may not %s.", what);
}

struct cvn_id cvn_ctx_new_id(struct cvn_ctx *ctx)
{
    struct cvn_id id = cvn_id_make(ctx->now_ms, ctx->entropy);
    for (int i = (int)sizeof ctx->entropy - 1; i >= 0 && ++ctx->entropy[i] == 0; i--)
        ;
    return id;
}

char *cvn_ctx_id_text(struct cvn_ctx *ctx, const char *prefix, const struct cvn_id *id)
{
    char text[CVN_ID_TEXT_BYTES];
    cvn_id_format(text, prefix, id);
    return cvn_arena_strdup(ctx->arena, text);
}

bool cvn_ctx_read_id(struct cvn_ctx *ctx, const char *field, const char *prefix, const char *text,
                     struct cvn_id *ret)
{
    if (cvn_id_parse(ret, prefix, text))
        return true;
    if (*text == '\0')
        cvn_problems_add(&ctx->problems, field,
                         "is empty; an id like %s_01h2xcejqtf2nbrexx3vqjhp41 "
                         "is right",
                         prefix);
    else
        cvn_problems_add(&ctx->problems, field,
                         "is \"%.60s\"; an id like %s_01h2xcejqtf2nbrexx3vqjhp41 is right", text,
                         prefix);
    return false;
}

bool cvn_ctx_is_over(const struct cvn_ctx *ctx)
{
    return ctx->over && ctx->over(ctx->call);
}

int cvn_ctx_pack(struct cvn_ctx *ctx, const ProtobufCMessage *message, struct cvn_slice *ret)
{
    return cvn_message_pack(message, ctx->arena, ret);
}

int cvn_ctx_unpack(struct cvn_ctx *ctx, const ProtobufCMessageDescriptor *type,
                   struct cvn_slice bytes, void *ret_message)
{
    return cvn_message_unpack(type, ctx->arena, bytes, ret_message);
}
