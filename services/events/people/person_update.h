/* The methods of PersonService that person_handlers.c gathers from its neighbours. */
#ifndef CVN_SERVICES_EVENTS_PEOPLE_PERSON_UPDATE_H
#define CVN_SERVICES_EVENTS_PEOPLE_PERSON_UPDATE_H

#include "convene/events/v1/person.pb-c.h"
#include "services/runtime/ctx.h"

/* Each as `prepare` or `run` of struct cvn_service_method. */
int cvn_person_check_update(struct cvn_ctx *ctx, const void *request);
int cvn_person_update(struct cvn_ctx *ctx, const void *request, void *reply);

/*
 * Makes of a checked person what will be stored under the id: what the client cannot set is the
 * server's, and nothing is stored that was not checked. 0 or -ENOMEM.
 */
int cvn_person_stamp(struct cvn_ctx *ctx, const struct cvn_id *id,
                     Convene__Events__V1__Person *person);

#endif
