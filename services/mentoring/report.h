/* A run's outcome for one mentee as it is stored and shown: the pair with its reasons, or why none.
 */
#ifndef CVN_SERVICES_MENTORING_REPORT_H
#define CVN_SERVICES_MENTORING_REPORT_H

#include "convene/mentoring/v1/match.pb-c.h"
#include "services/mentoring/cohort.h"

enum { CVN_REPORT_ALTERNATIVES_MAX = 32 };

/*
 * Tells what became of mentee number i of the answer (in the order of its mentee_ids), in the
 * arena. 0 or -ENOMEM.
 */
int cvn_report_mentee(const struct cvn_cohort *cohort, const struct cvn_match_result *result,
                      size_t i, const char *run_id, struct cvn_arena *arena,
                      Convene__Mentoring__V1__ExplainMatchResponse **ret);

/*
 * Tells how many seats mentor number i of the cohort's input had, and how many are free with
 * n_taken gone; the mentees are found by the results' index. In the arena. 0 or -ENOMEM.
 */
int cvn_report_mentor(const struct cvn_cohort *cohort, size_t i, int32_t n_taken,
                      struct cvn_arena *arena, Convene__Mentoring__V1__ExplainMatchResponse **ret);

#endif
