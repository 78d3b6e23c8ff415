/* What a caller is told when the store or the machine failed: the one place where faults become
 * RPC statuses. */
#ifndef CVN_SERVICES_RUNTIME_ANSWER_H
#define CVN_SERVICES_RUNTIME_ANSWER_H

#include "base/arena.h"
#include "rpc/status.h"

/*
 * Fills status for a result that is neither 0 nor a refusal: an outcome of the store (busy,
 * expired, cancelled) or a fault (-errno). Details that would help an attacker stay out.
 */
void cvn_answer_fault(struct cvn_status *status, struct cvn_arena *arena, int result);

#endif
