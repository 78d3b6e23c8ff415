#include "services/mentoring/runs/input_table.h"

#include "cohort/problem_bytes.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

static void first_key(struct cvn_key *key, const struct cvn_id *run)
{
    cvn_key_begin(key, CVN_SPACE_RUN_INPUTS);
    cvn_key_put_id(key, run);
}

void cvn_run_input_key(struct cvn_key *key, const struct cvn_id *run, uint32_t row)
{
    first_key(key, run);
    cvn_key_put_u32(key, row);
}

static int rows_of(struct cvn_cursor *cursor, struct cvn_txn *txn, const struct cvn_id *run)
{
    struct cvn_key lo, hi;
    first_key(&lo, run);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    return cvn_cursor_init(cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
}

static int count_bytes(struct cvn_txn *txn, const struct cvn_id *run, size_t *ret)
{
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO cursor;
    int r = rows_of(&cursor, txn, run);
    *ret = 0;
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0)
        *ret += value.len;
    return r == CVN_STORE_ABSENT && *ret > 0 ? 0 : r;
}

int cvn_run_input_get(struct cvn_ctx *ctx, const struct cvn_id *run, struct cvn_match_problem *ret)
{
    struct cvn_slice key, value;
    size_t n_bytes, n = 0;
    int r = count_bytes(ctx->txn, run, &n_bytes);
    if (r)
        return r;
    char *bytes = cvn_arena_alloc(ctx->arena, n_bytes);
    if (!bytes)
        return -ENOMEM;
    CVN_CURSOR_AUTO cursor;
    r = rows_of(&cursor, ctx->txn, run);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        memcpy(bytes + n, value.data, value.len);
        n += value.len;
    }
    if (r == CVN_STORE_ABSENT)
        r = cvn_problem_read(cvn_slice(bytes, n), ctx->arena, ret);
    return r == -EBADMSG ? -EUCLEAN : r;
}

int cvn_run_input_delete(struct cvn_txn *txn, const struct cvn_id *run, size_t *n_rows)
{
    struct cvn_slice at;
    CVN_CURSOR_AUTO cursor;
    int r = rows_of(&cursor, txn, run);
    while (r == 0 && *n_rows < CVN_RUN_INPUT_ROWS_PER_UPDATE &&
           (r = cvn_cursor_next(&cursor, &at, NULL)) == 0) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, at);
        r = cvn_txn_delete(txn, cvn_key_slice(&key));
        ++*n_rows;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_run_inputs_delete(struct cvn_txn *txn, const struct cvn_id *program, size_t *n_rows)
{
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, program);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, txn, &cvn_run_indexes[CVN_RUN_BY_PROGRAM],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    while (r == 0 && (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        struct cvn_id run = cvn_key_get_id(&reader);
        r = cvn_run_input_delete(txn, &run, n_rows);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}
