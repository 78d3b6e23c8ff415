/* What happens to an event after it was made: the handlers of EventService for changes. */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_EVENT_LIFECYCLE_H
#define CVN_SERVICES_EVENTS_MEETUPS_EVENT_LIFECYCLE_H

#include "services/runtime/ctx.h"

/* What can be checked without the store; 0, CVN_REFUSED or -ENOMEM (services/runtime/methods.h). */
int cvn_event_check_update(struct cvn_ctx *ctx, const void *request);
int cvn_event_check_reschedule(struct cvn_ctx *ctx, const void *request);
int cvn_event_check_postpone(struct cvn_ctx *ctx, const void *request);
int cvn_event_check_move_online(struct cvn_ctx *ctx, const void *request);
int cvn_event_check_copy(struct cvn_ctx *ctx, const void *request);

/* Each decides, writes, and leaves the event as its organisers see it in reply. */
int cvn_event_update(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_event_reschedule(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_event_postpone(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_event_move_online(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_event_restore(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_event_unpublish(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_event_archive(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_event_copy(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
