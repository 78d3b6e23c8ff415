#include "services/mentoring/waiting.h"

#include "services/mentoring/tables.h"

#include <errno.h>

static void waiting_key(struct cvn_key *key, const struct cvn_id *program,
                        const struct cvn_id *person)
{
    cvn_key_begin(key, CVN_SPACE_WAITING);
    cvn_key_put_id(key, program);
    cvn_key_put_id(key, person);
}

static int count(struct cvn_ctx *ctx, const struct cvn_id *program, int change)
{
    struct cvn_program_counts counts;
    int r = cvn_program_counts_get(ctx, program, &counts);
    counts.n_waiting += (uint32_t)change;
    return r ? r : cvn_program_counts_put(ctx, program, &counts);
}

int cvn_waiting_get(struct cvn_ctx *ctx, const struct cvn_id *program, const struct cvn_id *person,
                    int64_t *ret_since_ms)
{
    struct cvn_key key;
    struct cvn_slice value;
    waiting_key(&key, program, person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r)
        return r;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, value);
    *ret_since_ms = cvn_key_get_i64(&reader);
    return cvn_key_reader_done(&reader) ? 0 : -EUCLEAN;
}

int cvn_waiting_add(struct cvn_ctx *ctx, const struct cvn_id *program, const struct cvn_id *person,
                    int64_t since_ms)
{
    struct cvn_key key, value;
    int64_t before_ms;
    int r = cvn_waiting_get(ctx, program, person, &before_ms);
    if (r != CVN_STORE_ABSENT)
        return r;
    waiting_key(&key, program, person);
    cvn_key_init(&value);
    cvn_key_put_i64(&value, since_ms);
    r = cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
    return r ? r : count(ctx, program, 1);
}

int cvn_waiting_remove(struct cvn_ctx *ctx, const struct cvn_id *program,
                       const struct cvn_id *person, int64_t *ret_since_ms)
{
    struct cvn_key key;
    int64_t since_ms = 0;
    int r = cvn_waiting_get(ctx, program, person, &since_ms);
    if (ret_since_ms)
        *ret_since_ms = since_ms;
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    waiting_key(&key, program, person);
    r = cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
    return r ? r : count(ctx, program, -1);
}
