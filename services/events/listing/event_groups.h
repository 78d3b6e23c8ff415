/*
 * What a list asks of its events' groups: the caller's role there, and whether they are archived.
 * Most callers are in few groups, which are read once; in all others they have no role.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_GROUPS_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_GROUPS_H

#include "convene/events/v1/group.pb-c.h"
#include "services/runtime/ctx.h"

enum { CVN_EVENT_GROUPS_FEW = 64 };

/* Embedded by value, zeroed at first; the fields are its own. */
struct cvn_event_groups {
    /* The caller's, ascending, if they are that few. */
    struct cvn_id own[CVN_EVENT_GROUPS_FEW + 1];
    size_t n_own;
    bool own_read;
    /* The role in the group looked at last: many lists stay in few groups. */
    struct cvn_id known_group;
    Convene__Events__V1__GroupRole known_role;
    bool known;
    /* And whether the group looked at last for that is archived. */
    struct cvn_id asked_group;
    bool archived;
    bool asked;
};

/* The caller's role in the group; the context's arena is for what is not kept. 0 or a fault. */
int cvn_event_groups_role(struct cvn_event_groups *groups, struct cvn_ctx *row,
                          const struct cvn_id *group, Convene__Events__V1__GroupRole *ret);

/* Whether the group is archived. 0 or a fault. */
int cvn_event_groups_archived(struct cvn_event_groups *groups, struct cvn_txn *txn,
                              const struct cvn_id *group, bool *ret);

/* Forgets what was read, and takes the role in the next event's group as given. */
void cvn_event_groups_begin(struct cvn_event_groups *groups, const struct cvn_id *group,
                            Convene__Events__V1__GroupRole role);

#endif
