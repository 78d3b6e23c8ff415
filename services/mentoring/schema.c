#include "services/mentoring/schema.h"

#include "services/mentoring/privacy.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/runs/result_words.h"
#include "services/mentoring/tables.h"

#include <errno.h>

enum { ROW_BYTES_MAX = 16 << 20 };

/* The index by mentor of a result as it was packed. */
static int derive_before(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    Convene__Mentoring__V1__ExplainMatchResponse *result;
    struct cvn_id run, mentor;
    struct cvn_key by_mentor;
    (void)key;
    struct cvn_ctx ctx = {.arena = cvn_index_sink_arena(sink)};
    int r = cvn_ctx_unpack(&ctx, &convene__mentoring__v1__explain_match_response__descriptor, value,
                           &result);
    if (r || result->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR)
        return r;
    if (result->n_matches != 1)
        return -EBADMSG;
    const Convene__Mentoring__V1__Match *match = result->matches[0];
    if (!match->mentor_enrolment_id[0])
        return 0;
    if (!cvn_id_parse(&run, CVN_RUN_PREFIX, match->run_id) ||
        !cvn_id_parse(&mentor, CVN_ENROLMENT_PREFIX, match->mentor_enrolment_id))
        return -EBADMSG;
    cvn_key_init(&by_mentor);
    cvn_key_put_id(&by_mentor, &run);
    cvn_key_put_id(&by_mentor, &mentor);
    return cvn_index_emit(sink, CVN_INDEX_RESULT_MENTOR, cvn_key_slice(&by_mentor),
                          cvn_slice(NULL, 0));
}

static const struct cvn_table results_before = {
    .name = "results",
    .space = CVN_SPACE_RESULTS_BEFORE,
    .indexes = cvn_result_by_mentor,
    .n_indexes = 1,
    .derive = derive_before,
};

/* The results of a run on their way, one after another. */
struct packing {
    struct cvn_txn *txn;
    struct cvn_id run;
    struct cvn_result_words *words;
};

/* Begins with a run where another one's results have ended. */
static int begin_run(struct packing *packing, const struct cvn_id *run)
{
    if (packing->words && cvn_id_equal(&packing->run, run))
        return 0;
    cvn_result_words_free(packing->words);
    packing->words = NULL;
    packing->run = *run;
    return cvn_result_words_new(&packing->words, run);
}

static int pack_result(struct packing *packing, const struct cvn_key *key, struct cvn_slice value)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ROW_BYTES_MAX);
    struct cvn_key_reader reader;
    struct cvn_key to;
    struct cvn_slice row;
    Convene__Mentoring__V1__ExplainMatchResponse *result;
    cvn_key_reader_init(&reader, cvn_key_slice(key));
    (void)cvn_key_get_u8(&reader);
    struct cvn_id run = cvn_key_get_id(&reader), enrolment = cvn_key_get_id(&reader);
    struct cvn_ctx ctx = {.arena = &arena};
    int r = cvn_ctx_unpack(&ctx, &convene__mentoring__v1__explain_match_response__descriptor, value,
                           &result);
    if (r == 0)
        r = begin_run(packing, &run);
    uint32_t n_words = r == 0 ? cvn_result_words_count(packing->words) : 0;
    if (r == 0)
        r = cvn_result_pack(packing->words, result, &arena, &row);
    if (r == 0)
        r = cvn_table_delete(packing->txn, &results_before, cvn_key_slice(key));
    if (r == 0)
        r = cvn_result_words_put(packing->words, packing->txn, n_words + 1);
    if (r)
        return r;
    cvn_result_key(&to, &run, &enrolment);
    return cvn_table_put(packing->txn, &cvn_result_table, cvn_key_slice(&to), row);
}

/* Does to each row of a space what is to be done; it may change the row. */
static int walk(struct cvn_txn *txn, uint8_t space,
                int (*take)(struct packing *packing, const struct cvn_key *key,
                            struct cvn_slice value),
                struct packing *packing)
{
    struct cvn_key lo, hi, key;
    struct cvn_slice at, value;
    CVN_CURSOR_AUTO cursor;
    cvn_key_begin(&lo, space);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &at, &value)) == 0) {
        cvn_key_init(&key);
        cvn_key_put_raw(&key, at);
        r = take(packing, &key, value);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int restart_erasure(struct packing *packing, const struct cvn_key *key,
                           struct cvn_slice value)
{
    return cvn_person_erasure_restart(packing->txn, key, value);
}

/* An erasure under way knows a place among rows that lie elsewhere now, so it begins anew. */
static int pack_results(struct cvn_txn *txn, void *arg)
{
    struct packing packing = {.txn = txn};
    (void)arg;
    int r = walk(txn, CVN_SPACE_RESULTS_BEFORE, pack_result, &packing);
    cvn_result_words_free(packing.words);
    return r ? r : walk(txn, CVN_SPACE_PERSON_ERASURES, restart_erasure, &packing);
}

cvn_schema_step *const cvn_mentoring_schema_steps[CVN_MENTORING_SCHEMA] = {pack_results};
