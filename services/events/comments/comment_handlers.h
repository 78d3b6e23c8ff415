/* The methods of CommentService that comment_handlers.c gathers from discussion_handlers.c. */
#ifndef CVN_SERVICES_EVENTS_COMMENTS_COMMENT_HANDLERS_H
#define CVN_SERVICES_EVENTS_COMMENTS_COMMENT_HANDLERS_H

#include "services/runtime/ctx.h"

/* Each as `prepare` or `run` of struct cvn_service_method. */
int cvn_comments_lock(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_comments_unlock(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_comments_check_report(struct cvn_ctx *ctx, const void *request);
int cvn_comments_report(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_comments_list_reports(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_comments_dismiss_reports(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
