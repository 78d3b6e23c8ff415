/*
 * Entries of the change log about people and what they do in groups beside being members. Subjects
 * are "per_…", "grp_…/requests/per_…", "grp_…/invitations/inv_…", "grp_…/bans/per_…" and
 * "evt_…/comments/cmt_…". They hold ids and kinds, never a name, an address or a text that somebody
 * wrote: so there is nothing in the log to blank when a person is erased, and its order stays.
 */
#ifndef CVN_SERVICES_EVENTS_GROUPS_COMMUNITY_NOTE_H
#define CVN_SERVICES_EVENTS_GROUPS_COMMUNITY_NOTE_H

#include "services/runtime/ctx.h"

/*
 * Appends an entry by who calls, at the call's time, in the transaction of the change: how, as
 * "person.updated", and what. A NULL subject is one that the arena had no room for. 0 or a fault.
 */
int cvn_community_note(struct cvn_ctx *ctx, const char *kind, const char *subject);

#endif
