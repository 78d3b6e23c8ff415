#include "services/mentoring/runs/job.h"

#include "cohort/problem_bytes.h"
#include "cohort/report.h"
#include "services/mentoring/runs/input_table.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/result_words.h"
#include "services/mentoring/state.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>
#include <time.h>

enum {
    RESULTS_PER_UPDATE = 1000, /* some 500 bytes each */
    INPUT_ROWS_PER_UPDATE = 8,
    BUSY_PAUSE_NS = 10 * 1000 * 1000,
    BUSY_TRIES_MAX = 1000,
};
#define BATCH_ARENA_BYTES ((size_t)256 << 20)
#define INPUT_ARENA_BYTES ((size_t)4 << 30)

/* A full queue is waited for. */
static int update(struct cvn_store *store, int (*run)(struct cvn_txn *txn, void *arg), void *arg)
{
    const struct timespec pause = {0, BUSY_PAUSE_NS};
    for (int tries = 0;; tries++) {
        int r = cvn_store_update(store, run, arg, 0);
        if (r != CVN_STORE_BUSY || tries == BUSY_TRIES_MAX)
            return r;
        (void)nanosleep(&pause, NULL);
    }
}

int cvn_job_update(struct cvn_job *job, int (*run)(struct cvn_txn *txn, void *arg), void *arg)
{
    return update(job->mentoring->options.store, run, arg);
}

/* A batch of results on its way into the store. */
struct batch {
    struct cvn_job *job;
    struct cvn_result_words *words;
    uint32_t first_word; /* of those that are not stored yet */
    struct cvn_slice rows[RESULTS_PER_UPDATE];
    struct cvn_id enrolments[RESULTS_PER_UPDATE];
    size_t n;
    struct cvn_arena arena;
};

static int put_batch(struct cvn_txn *txn, void *arg)
{
    struct batch *batch = arg;
    int r = cvn_result_words_put(batch->words, txn, batch->first_word);
    for (size_t i = 0; r == 0 && i < batch->n; i++) {
        struct cvn_key key;
        cvn_result_key(&key, &batch->job->run_id, &batch->enrolments[i]);
        r = cvn_table_put(txn, &cvn_result_table, cvn_key_slice(&key), batch->rows[i]);
    }
    return r;
}

/* Adds what became of person number i: the mentees first, then the mentors. */
static int add_report(struct cvn_job *job, struct batch *batch, const struct cvn_report *report,
                      size_t i)
{
    size_t n_mentees = report->answer->n_mentees;
    Convene__Mentoring__V1__ExplainMatchResponse *result = NULL;
    const char *enrolment;
    int r;
    if (i < n_mentees) {
        r = cvn_report_mentee(report, i, &batch->arena, &result);
        enrolment = r ? "" : result->matches[0]->mentee_enrolment_id;
    } else {
        size_t mentor = i - n_mentees;
        r = cvn_report_mentor(report, mentor, &batch->arena, &result);
        enrolment = job->gathered.input.mentors[mentor].enrolment->id;
    }
    if (r == 0)
        r = cvn_result_pack(batch->words, result, &batch->arena, &batch->rows[batch->n]);
    if (r == 0 && !cvn_id_parse(&batch->enrolments[batch->n], CVN_ENROLMENT_PREFIX, enrolment))
        r = -EUCLEAN;
    return r;
}

static int store_batch(struct cvn_job *job, const struct cvn_report *report,
                       struct cvn_result_words *words, size_t first, size_t n)
{
    struct batch batch = {
        .job = job, .words = words, .first_word = cvn_result_words_count(words) + 1};
    cvn_arena_init(&batch.arena, BATCH_ARENA_BYTES);
    int r = 0;
    for (; r == 0 && batch.n < n; batch.n++)
        r = add_report(job, &batch, report, first + batch.n);
    if (r == 0)
        r = cvn_job_update(job, put_batch, &batch);
    cvn_arena_deinit(&batch.arena);
    return r;
}

int cvn_job_store_results(struct cvn_job *job)
{
    size_t n = cvn_match_result_answer(job->result)->n_mentees + job->gathered.input.n_mentors;
    struct cvn_report report = {0};
    struct cvn_result_words *words = NULL;
    int r = cvn_report_init(&report, &job->cohort, job->result, job->run->id, &job->arena);
    if (r == 0)
        r = cvn_result_words_new(&words, &job->run_id);
    for (size_t first = 0; r == 0 && first < n; first += RESULTS_PER_UPDATE) {
        size_t left = n - first;
        r = cvn_run_slot_tell(job->slot, CVN_RUN_STEP_STORE, "explain and store", first, n)
                ? store_batch(job, &report, words, first,
                              left < RESULTS_PER_UPDATE ? left : RESULTS_PER_UPDATE)
                : CVN_MATCH_CANCELLED;
    }
    cvn_result_words_free(words);
    cvn_report_deinit(&report);
    return r;
}

/* Some rows of what the run was made from. */
struct input_rows {
    const struct cvn_id *run;
    uint32_t first;
    struct cvn_slice bytes;
};

static int put_input_rows(struct cvn_txn *txn, void *arg)
{
    const struct input_rows *rows = arg;
    uint32_t row = rows->first;
    int r = 0;
    for (size_t at = 0; r == 0 && at < rows->bytes.len; at += CVN_RUN_INPUT_ROW_BYTES) {
        size_t left = rows->bytes.len - at;
        struct cvn_key key;
        cvn_run_input_key(&key, rows->run, row++);
        r = cvn_txn_put(txn, cvn_key_slice(&key),
                        cvn_slice((const char *)rows->bytes.data + at,
                                  left < CVN_RUN_INPUT_ROW_BYTES ? left : CVN_RUN_INPUT_ROW_BYTES));
    }
    return r;
}

int cvn_job_store_input(struct cvn_job *job)
{
    const size_t most = (size_t)INPUT_ROWS_PER_UPDATE * CVN_RUN_INPUT_ROW_BYTES;
    CVN_ARENA_AUTO arena;
    struct cvn_slice all;
    struct input_rows rows = {.run = &job->run_id};
    cvn_arena_init(&arena, INPUT_ARENA_BYTES);
    int r = cvn_problem_write(&job->cohort.problem, &arena, &all);
    if (r == 0 && all.len > CVN_RUN_INPUT_BYTES_MAX)
        return 0;
    for (size_t at = 0; r == 0 && at < all.len; at += rows.bytes.len) {
        size_t left = all.len - at;
        rows.bytes = cvn_slice((const char *)all.data + at, left < most ? left : most);
        r = cvn_run_slot_tell(job->slot, CVN_RUN_STEP_STORE, "explain and store", 0, 0)
                ? cvn_job_update(job, put_input_rows, &rows)
                : CVN_MATCH_CANCELLED;
        rows.first += INPUT_ROWS_PER_UPDATE;
    }
    return r;
}

/* Some rows of a run that are to go: its results, their words, and then what it was made from. */
struct dropping {
    struct cvn_id run;
    size_t n; /* rows deleted in the last update */
};

/* Rows of a table, or of none. */
static int drop_rows(struct cvn_txn *txn, uint8_t space, const struct cvn_table *table,
                     struct dropping *dropping)
{
    struct cvn_key lo, hi, row;
    struct cvn_slice key;
    CVN_CURSOR_AUTO cursor;
    cvn_key_begin(&lo, space);
    cvn_key_put_id(&lo, &dropping->run);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && dropping->n < RESULTS_PER_UPDATE &&
           (r = cvn_cursor_next(&cursor, &key, NULL)) == 0) {
        cvn_key_init(&row);
        cvn_key_put_raw(&row, key);
        r = table ? cvn_table_delete(txn, table, cvn_key_slice(&row))
                  : cvn_txn_delete(txn, cvn_key_slice(&row));
        dropping->n++;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int drop_some(struct cvn_txn *txn, void *arg)
{
    struct dropping *dropping = arg;
    dropping->n = 0;
    int r = drop_rows(txn, CVN_SPACE_RESULTS, &cvn_result_table, dropping);
    if (r == 0)
        r = drop_rows(txn, CVN_SPACE_RESULT_WORDS, NULL, dropping);
    return r || dropping->n > 0 ? r : cvn_run_input_delete(txn, &dropping->run, &dropping->n);
}

int cvn_run_drop_results(struct cvn_store *store, const struct cvn_id *run)
{
    struct dropping dropping = {.run = *run};
    int r;
    do
        r = update(store, drop_some, &dropping);
    while (r == 0 && dropping.n > 0);
    return r;
}
