/* For whom an invitation is, and what becomes of it. */
#ifndef CVN_SERVICES_EVENTS_GROUPS_INVITATION_ACCESS_H
#define CVN_SERVICES_EVENTS_GROUPS_INVITATION_ACCESS_H

#include "convene/events/v1/person.pb-c.h"
#include "services/events/groups/invitation_table.h"

/* Whether its time is over. */
bool cvn_invitation_ended(const struct cvn_ctx *ctx, const struct cvn_invitation_row *row);

/* Whether what is sent to the person's e-mail is sent to them: an administrator has set it. */
bool cvn_invitation_email_counts(const Convene__Events__V1__Person *person);

/*
 * The invitation to the group that waits for the person, by id or by e-mail. 0; CVN_STORE_ABSENT;
 * a fault.
 */
int cvn_invitation_waiting(struct cvn_ctx *ctx, const struct cvn_id *group,
                           const struct cvn_id *person_id,
                           const Convene__Events__V1__Person *person,
                           struct cvn_invitation_row *ret);

/* Ends it, by who calls, with a kind for the log, as "invitation.accepted". 0 or a fault. */
int cvn_invitation_use(struct cvn_ctx *ctx, const struct cvn_invitation_row *row, const char *kind);

#endif
