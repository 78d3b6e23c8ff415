#include "services/mentoring/rules/estimate.h"

enum { WHOLE = 1000, TOO_EARLY = 20 };

/* What the steps took of runs of 300 to 20,000 mentees, in thousandths. */
static const int shares[CVN_RUN_STEPS] = {
    [CVN_RUN_STEP_READ] = 20,       [CVN_RUN_STEP_ASK] = 80,    [CVN_RUN_STEP_PREPARE] = 20,
    [CVN_RUN_STEP_CANDIDATES] = 80, [CVN_RUN_STEP_SOLVE] = 150, [CVN_RUN_STEP_REPORT] = 20,
    [CVN_RUN_STEP_CHECK] = 150,     [CVN_RUN_STEP_STORE] = 480,
};

int cvn_run_thousandths(enum cvn_run_step step, uint64_t done, uint64_t total)
{
    int before = 0;
    for (int i = 0; i < (int)step; i++)
        before += shares[i];
    uint64_t part = total == 0 ? 0 : done < total ? done : total;
    return before + (total ? (int)((double)shares[step] * (double)part / (double)total) : 0);
}

int64_t cvn_run_remaining_ms(int thousandths, int64_t elapsed_ms)
{
    if (thousandths < TOO_EARLY || thousandths >= WHOLE || elapsed_ms <= 0)
        return 0;
    return elapsed_ms * (WHOLE - thousandths) / thousandths;
}
