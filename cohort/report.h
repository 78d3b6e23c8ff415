/* A run's outcome for one mentee as it is stored and shown: the pair with its reasons, or why none.
 */
#ifndef CVN_COHORT_REPORT_H
#define CVN_COHORT_REPORT_H

#include "cohort/cohort.h"
#include "convene/mentoring/v1/match.pb-c.h"

enum { CVN_REPORT_ALTERNATIVES_MAX = 32 };

/* What every report of a run is made from; all borrowed but the explainer. */
struct cvn_report {
    const struct cvn_cohort *cohort;
    const struct cvn_match_answer *answer;
    const char *run_id;
    int32_t *n_taken; /* seats of each mentor, in the order of the input and the answer */
    struct cvn_match_explainer *explainer;
};

/*
 * Makes ready to report of a run's result, in the arena and beside it. 0 or -ENOMEM. Time: that of
 * cvn_match_explainer_new. The cohort and the result must outlive the report.
 */
int cvn_report_init(struct cvn_report *ret, const struct cvn_cohort *cohort,
                    const struct cvn_match_result *result, const char *run_id,
                    struct cvn_arena *arena);

/* A zeroed report is accepted. */
void cvn_report_deinit(struct cvn_report *report);

/*
 * The pair of mentee number i of the answer (in the order of its mentee_ids) with its reasons, or
 * why there is none, in the arena. 0 or -ENOMEM.
 */
int cvn_report_match(const struct cvn_report *report, size_t i, struct cvn_arena *arena,
                     Convene__Mentoring__V1__Match **ret);

/*
 * The same, and what became of the mentee's candidates, or which rules removed all. 0 or -ENOMEM.
 * Time: the candidates.
 */
int cvn_report_mentee(const struct cvn_report *report, size_t i, struct cvn_arena *arena,
                      Convene__Mentoring__V1__ExplainMatchResponse **ret);

/*
 * Tells how many seats mentor number i of the cohort's input had, and how many are free; the
 * mentees are found by the results' index. In the arena. 0 or -ENOMEM.
 */
int cvn_report_mentor(const struct cvn_report *report, size_t i, struct cvn_arena *arena,
                      Convene__Mentoring__V1__ExplainMatchResponse **ret);

#endif
