/*
 * What a method's code sees of its call: the transaction, the caller, the time, an arena, and the
 * ways to refuse. Time, ids and randomness were read once at the edge; nothing here asks for more.
 */
#ifndef CVN_SERVICES_RUNTIME_CTX_H
#define CVN_SERVICES_RUNTIME_CTX_H

#include "base/arena.h"
#include "base/id.h"
#include "base/problems.h"
#include "rpc/status.h"
#include "services/runtime/principal.h"

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

struct cvn_txn;
struct cvn_store;

enum {
    CVN_TOKEN_KEY_BYTES = 32,
    CVN_ENTROPY_BYTES = 10,
};

struct cvn_ctx {
    struct cvn_arena *arena; /* the call's; capped; never freed piece by piece */
    struct cvn_txn *txn;     /* a snapshot for reads, the writer's for writes; NULL in prepare */
    struct cvn_store *store; /* for prepare and after only */
    struct cvn_principal who;
    int64_t now_ms;      /* wall clock, milliseconds since 1970, UTC */
    int64_t deadline_ms; /* monotonic clock; for calls to peers in prepare */
    /* prepare: whether nobody waits for the answer any more. NULL, as in tests: somebody does. */
    bool (*over)(void *call);
    void *call;
    void *service;  /* the service's own state, as given to cvn_methods_bind */
    void *prepared; /* what prepare left for run, in the arena */
    struct cvn_problems problems;
    struct cvn_status *status; /* why the call was refused; set by the functions below */
    uint8_t
        entropy[CVN_ENTROPY_BYTES]; /* of this call; successive ids count up from it, in
                                       prepare and again in run: only one of the two makes any */
    const uint8_t *token_key;       /* CVN_TOKEN_KEY_BYTES long: seals page tokens */
};

/* What a method returns: 0 done, CVN_REFUSED with ctx->status set, or a fault (-errno). */
enum { CVN_REFUSED = 1 };

/* Refuses with the code and a sentence. Always CVN_REFUSED. */
int cvn_ctx_refuse(struct cvn_ctx *ctx, enum cvn_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Refuses with INVALID_ARGUMENT and one google.rpc.BadRequest violation per problem noted in
 * ctx->problems. CVN_REFUSED when there are any, else 0, so that a check ends with
 * `return cvn_ctx_refuse_problems(ctx);`.
 */
int cvn_ctx_refuse_problems(struct cvn_ctx *ctx);

/*
 * Refuses with FAILED_PRECONDITION (or another code) and an ErrorInfo reason that programs can
 * branch on, as in "EVENT_FULL". Always CVN_REFUSED.
 */
int cvn_ctx_refuse_state(struct cvn_ctx *ctx, enum cvn_code code, const char *reason,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* PERMISSION_DENIED, or UNAUTHENTICATED with what to do when nobody is signed in. */
int cvn_ctx_refuse_access(struct cvn_ctx *ctx, const char *what);

/* A fresh id of this call's time; successive ones of one call are in ascending order. */
struct cvn_id cvn_ctx_new_id(struct cvn_ctx *ctx);

/* The id as text in the arena; NULL when the arena is spent. */
char *cvn_ctx_id_text(struct cvn_ctx *ctx, const char *prefix, const struct cvn_id *id);

/*
 * Reads an id of a request. On failure notes a problem for the field ("must be an id like evt_…")
 * and returns false; *ret is untouched then.
 */
bool cvn_ctx_read_id(struct cvn_ctx *ctx, const char *field, const char *prefix, const char *text,
                     struct cvn_id *ret);

/* For long work in prepare: whether the call was cancelled, or its deadline is over. Any thread. */
bool cvn_ctx_is_over(const struct cvn_ctx *ctx);

/*
 * Packs a message into the arena, for storing. 0, or -ENOMEM when the arena is spent.
 */
int cvn_ctx_pack(struct cvn_ctx *ctx, const ProtobufCMessage *message, struct cvn_slice *ret);

/*
 * Unpacks a stored message into the arena. 0, -ENOMEM, or -EBADMSG when the bytes are no such
 * message, which means that the store is damaged.
 */
int cvn_ctx_unpack(struct cvn_ctx *ctx, const ProtobufCMessageDescriptor *type,
                   struct cvn_slice bytes, void *ret_message);

#endif
