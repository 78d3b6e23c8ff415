/* Registering several events in one write, where a refused record does not stop the others. */
#ifndef CVN_SERVICES_EVENTS_MEETUPS_EVENT_BATCH_H
#define CVN_SERVICES_EVENTS_MEETUPS_EVENT_BATCH_H

#include "base/problems.h"
#include "convene/events/v1/event.pb-c.h"
#include "services/runtime/ctx.h"

struct cvn_zones;

enum { CVN_EVENT_BATCH_MAX = 500 };

/* One record to register: external_id is what it is known by. 0 or a fault. */
int cvn_event_check_record(struct cvn_problems *problems, const char *path,
                           const Convene__Events__V1__Event *event, struct cvn_zones *zones);

/*
 * The prepare and run of BatchRegisterEvents, also for what comes in a stream. Records that are
 * refused already are left in ctx->prepared, by place.
 */
int cvn_event_check_batch(struct cvn_ctx *ctx, const void *request);
int cvn_event_register_batch(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
