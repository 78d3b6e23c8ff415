/*
 * What follows when a group is renamed. Events are found by the name of their group, so each of
 * them is written anew: in the background, a bounded number in one update, from a row that says
 * which groups are due and how far that came.
 */
#ifndef CVN_SERVICES_EVENTS_GROUPS_GROUP_RENAME_H
#define CVN_SERVICES_EVENTS_GROUPS_GROUP_RENAME_H

#include "services/events/service.h"
#include "services/runtime/ctx.h"

struct cvn_store;

enum { CVN_GROUP_RENAME_STEP = 200 }; /* events looked at in one update */

/* Notes that the group's events have its former name. 0 or a fault. */
int cvn_group_rename_note(struct cvn_ctx *ctx, const struct cvn_id *group);

/*
 * One update of the task: gives the next events of a group that is due its name. 1 when there is
 * more to do at once, 0 when not, or a fault. To be called by one thread, not the store's writer.
 */
int cvn_group_rename_turn(struct cvn_events_service *service, struct cvn_store *store,
                          int64_t now_ms);

#endif
