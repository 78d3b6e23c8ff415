/* What there is to say of a programme before it is matched. Pure: the cohort and a trial come in.
 */
#ifndef CVN_SERVICES_MENTORING_LINT_FINDINGS_H
#define CVN_SERVICES_MENTORING_LINT_FINDINGS_H

#include "services/mentoring/runs/gather.h"

/* What is judged; all borrowed. */
struct cvn_lint_case {
    const struct cvn_gathered *gathered;
    const struct cvn_cohort *cohort;
    const struct cvn_match_answer *trial; /* with one candidate for each mentee; NULL: none made */
    int64_t now_ms;
};

/* Adds the findings to the response, worst first, in the arena. 0 or -ENOMEM. */
int cvn_lint_judge(struct cvn_arena *arena, const struct cvn_lint_case *c,
                   Convene__Mentoring__V1__CheckProgramResponse *response);

#endif
