/* What of a person is in single rows, and how they are taken out of it. In a write. */
#ifndef CVN_SERVICES_MENTORING_PERSON_TRACES_H
#define CVN_SERVICES_MENTORING_PERSON_TRACES_H

#include "services/runtime/ctx.h"

/* Whose: the id, and as it is written. */
struct cvn_traces_of {
    struct cvn_id id;
    char text[CVN_ID_TEXT_BYTES];
};

/* All return 0 or a fault. */

/* Withdraws the person from the programme, and from among its managers. */
int cvn_traces_leave_program(struct cvn_ctx *ctx, const struct cvn_id *program,
                             const struct cvn_id *person, bool *ret_managed);

/* Deletes the enrolment, with what is settled of its pairs. */
int cvn_traces_delete_enrolment(struct cvn_ctx *ctx, const struct cvn_id *program,
                                const struct cvn_id *person, bool *ret_deleted,
                                size_t *ret_n_rules);

/*
 * Deletes what the person wrote of a mentorship of theirs, and takes name and words out of its row,
 * which stays for the other side.
 */
int cvn_traces_blank_mentorship(struct cvn_ctx *ctx, const struct cvn_id *mentorship,
                                const char *person_id, size_t *ret_n_log, size_t *ret_n_feedback);

/* Takes the person out of a row of runs' results, before it is taken out of their words. */
int cvn_traces_blank_result(struct cvn_ctx *ctx, const struct cvn_traces_of *who,
                            struct cvn_slice key, struct cvn_slice value, bool *ret_changed);
int cvn_traces_blank_word(struct cvn_ctx *ctx, const struct cvn_traces_of *who,
                          struct cvn_slice key, struct cvn_slice value, bool *ret_changed);

/* Takes the person out of a run: as who started it, and out of its own rules. */
int cvn_traces_blank_run(struct cvn_ctx *ctx, const struct cvn_traces_of *who, struct cvn_slice key,
                         struct cvn_slice value, bool *ret_changed);

/*
 * A run that is worked on and began no later than then; its id is in the arena. 0;
 * CVN_STORE_ABSENT; a fault.
 */
int cvn_traces_run_since(struct cvn_ctx *ctx, int64_t then_ms, struct cvn_id *ret, char **ret_text);

#endif
