/* How long a run may still take, from how far it has come in how long. Pure. */
#ifndef CVN_SERVICES_MENTORING_RULES_ESTIMATE_H
#define CVN_SERVICES_MENTORING_RULES_ESTIMATE_H

#include <stdint.h>

/* The steps of a run in their order. */
enum cvn_run_step {
    CVN_RUN_STEP_READ, /* who takes part */
    CVN_RUN_STEP_ASK,  /* where they met */
    CVN_RUN_STEP_PREPARE,
    CVN_RUN_STEP_CANDIDATES,
    CVN_RUN_STEP_SOLVE,
    CVN_RUN_STEP_REPORT,
    CVN_RUN_STEP_CHECK,
    CVN_RUN_STEP_STORE,
    CVN_RUN_STEPS, /* how many */
};

/* How much of the whole is done, in thousandths: the steps before, and a part of this one. */
int cvn_run_thousandths(enum cvn_run_step step, uint64_t done, uint64_t total);

/*
 * How long the rest may take, in milliseconds, when so much took so long; 0 when too little is done
 * to tell (less than a fiftieth).
 */
int64_t cvn_run_remaining_ms(int thousandths, int64_t elapsed_ms);

#endif
