/*
 * What runs were made from, kept with their results: the whole problem in rows of at most
 * CVN_RUN_INPUT_ROW_BYTES. It goes when a run's results go, and when somebody who was enrolled in
 * its programme is forgotten.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_INPUT_TABLE_H
#define CVN_SERVICES_MENTORING_RUNS_INPUT_TABLE_H

#include "base/id.h"
#include "matching/matching.h"
#include "services/runtime/ctx.h"
#include "storage/key.h"

enum {
    CVN_RUN_INPUT_ROW_BYTES = 128 << 10,
    CVN_RUN_INPUT_BYTES_MAX = 256 << 20, /* a larger problem is not kept */
    CVN_RUN_INPUT_ROWS_PER_UPDATE = 250, /* deleted at once, since an update is bounded */
};

/* The key of a row, counted from 0. */
void cvn_run_input_key(struct cvn_key *key, const struct cvn_id *run, uint32_t row);

/*
 * The problem of a run, in the arena of the context. 0; CVN_STORE_ABSENT when it is not kept;
 * -EUCLEAN when what is there is none; another fault.
 */
int cvn_run_input_get(struct cvn_ctx *ctx, const struct cvn_id *run, struct cvn_match_problem *ret);

/*
 * Deletes rows of one run until *n_rows, which it adds to, is CVN_RUN_INPUT_ROWS_PER_UPDATE. 0 or a
 * fault.
 */
int cvn_run_input_delete(struct cvn_txn *txn, const struct cvn_id *run, size_t *n_rows);

/* The same for all runs of a programme. */
int cvn_run_inputs_delete(struct cvn_txn *txn, const struct cvn_id *program, size_t *n_rows);

#endif
