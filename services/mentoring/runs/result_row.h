/*
 * What a run found of one person, as it is stored and shown. A row is some hundred bytes: it names
 * the people and texts of the run by number (result_words.h), and its key tells run and enrolment.
 */
#ifndef CVN_SERVICES_MENTORING_RUNS_RESULT_ROW_H
#define CVN_SERVICES_MENTORING_RUNS_RESULT_ROW_H

#include "convene/mentoring/v1/match.pb-c.h"
#include "services/runtime/ctx.h"

struct cvn_index_sink;
struct cvn_result_words;

/*
 * Packs into the arena what cvn_result_read makes again. Words that the run has not yet are added.
 * 0; -EUCLEAN for a mentee without exactly one match, or an id that is none; -ENOMEM.
 */
int cvn_result_pack(struct cvn_result_words *words,
                    const Convene__Mentoring__V1__ExplainMatchResponse *result,
                    struct cvn_arena *arena, struct cvn_slice *ret);

/* How much is read. */
enum cvn_result_part {
    CVN_RESULT_PAIR,  /* who is paired with whom, or is not; no reasons */
    CVN_RESULT_MATCH, /* with the terms of the score, or why there is no pair */
    CVN_RESULT_WHOLE, /* and the alternatives, and what the rules removed */
};

/* Makes the message of a row in the context's arena. 0; -EUCLEAN for a damaged one; a fault. */
int cvn_result_read(struct cvn_ctx *ctx, struct cvn_slice key, struct cvn_slice value,
                    enum cvn_result_part part, Convene__Mentoring__V1__ExplainMatchResponse **ret);

/* Emits the index by mentor, as cvn_table_derive. */
int cvn_result_derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink);

/*
 * Takes the person out of a row: the name, and the reasons of a pair. Out of what others' rows say
 * it goes with the words. 0 or a fault.
 */
int cvn_result_blank(struct cvn_ctx *ctx, const struct cvn_id *person, struct cvn_slice key,
                     struct cvn_slice value, bool *ret_changed);

#endif
