/* What a person goes to, by start, and what is at the same time. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_AGENDA_H
#define CVN_SERVICES_EVENTS_RSVPS_AGENDA_H

#include "services/runtime/ctx.h"

/* Run of RsvpService.ListAgenda. */
int cvn_agenda_list(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
