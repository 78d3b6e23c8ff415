/* Methods of MatchService that have files of their own; see run_handlers.c for the table. */
#ifndef CVN_SERVICES_MENTORING_RUNS_HANDLERS_H
#define CVN_SERVICES_MENTORING_RUNS_HANDLERS_H

#include "services/runtime/ctx.h"

/* run_create.c */
int cvn_run_check_create(struct cvn_ctx *ctx, const void *request);
int cvn_run_create(struct cvn_ctx *ctx, const void *request, void *reply);

/* match_handlers.c */
int cvn_match_check_list(struct cvn_ctx *ctx, const void *request);
int cvn_match_list(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_match_explain(struct cvn_ctx *ctx, const void *request, void *reply);

/* sensitivity.c */
int cvn_match_weigh(struct cvn_ctx *ctx, const void *request);
int cvn_match_weigh_answer(struct cvn_ctx *ctx, const void *request, void *reply);

/* publish.c */
int cvn_run_prepare_publish(struct cvn_ctx *ctx, const void *request);
int cvn_run_publish(struct cvn_ctx *ctx, const void *request, void *reply);

/* diff.c */
int cvn_run_check_diff(struct cvn_ctx *ctx, const void *request);
int cvn_run_diff(struct cvn_ctx *ctx, const void *request, void *reply);

/* pair_rules.c */
int cvn_pair_rule_check_set(struct cvn_ctx *ctx, const void *request);
int cvn_pair_rule_set(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_pair_rule_delete(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_pair_rule_check_list(struct cvn_ctx *ctx, const void *request);
int cvn_pair_rule_list(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
