/* Methods of MentorshipService that have files of their own; see mentorship_handlers.c. */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_HANDLERS_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_HANDLERS_H

#include "services/runtime/ctx.h"

/* mentorship_list.c */
int cvn_mentorship_check_list(struct cvn_ctx *ctx, const void *request);
int cvn_mentorship_list(struct cvn_ctx *ctx, const void *request, void *reply);

/* replace.c */
int cvn_mentorship_prepare_replace(struct cvn_ctx *ctx, const void *request);
int cvn_mentorship_replace(struct cvn_ctx *ctx, const void *request, void *reply);

/* log_handlers.c */
int cvn_log_check_add(struct cvn_ctx *ctx, const void *request);
int cvn_log_add(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_log_check_list(struct cvn_ctx *ctx, const void *request);
int cvn_log_list(struct cvn_ctx *ctx, const void *request, void *reply);

/* feedback_handlers.c */
int cvn_feedback_check_give(struct cvn_ctx *ctx, const void *request);
int cvn_feedback_give(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_feedback_check_list(struct cvn_ctx *ctx, const void *request);
int cvn_feedback_list(struct cvn_ctx *ctx, const void *request, void *reply);

/* report.c: of ProgramService. */
int cvn_program_report(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
