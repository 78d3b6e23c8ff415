/* CheckProgram: what in a programme's rules, weights and pairs would keep people from being paired
 * well, found by trying. */
#ifndef CVN_SERVICES_MENTORING_LINT_H
#define CVN_SERVICES_MENTORING_LINT_H

#include "services/runtime/ctx.h"

enum { CVN_LINT_FINDINGS_MAX = 100 };

/* Gathers, tries and judges, without holding a transaction meanwhile; at most
 * CVN_WORK_AT_ONCE_MAX at once (runs/budget.h). */
int cvn_program_lint(struct cvn_ctx *ctx, const void *request);
/* Gives what was found. */
int cvn_program_lint_answer(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
