/*
 * What a list asks of its events' groups: the caller's role there, and whether they are archived.
 * Most callers are in few groups, and few groups are archived: these are read once, and of all
 * others nothing need be looked up.
 */
#ifndef CVN_SERVICES_EVENTS_LISTING_EVENT_GROUPS_H
#define CVN_SERVICES_EVENTS_LISTING_EVENT_GROUPS_H

#include "convene/events/v1/group.pb-c.h"
#include "services/runtime/ctx.h"

enum { CVN_EVENT_GROUPS_FEW = 64 };

/* Some groups, ascending; one more than few stands for any number. */
struct cvn_event_groups_few {
    struct cvn_id ids[CVN_EVENT_GROUPS_FEW + 1];
    size_t n;
    bool read;
};

/* Embedded by value, zeroed at first; the fields are its own. */
struct cvn_event_groups {
    struct cvn_event_groups_few own, archived;
    /* The role in the group looked at last: many lists stay in few groups. */
    struct cvn_id known_group;
    Convene__Events__V1__GroupRole known_role;
    bool known;
    /* And since when the group looked at last for that is archived; INT64_MAX: it is not. */
    struct cvn_id asked_group;
    int64_t archived_ms;
    bool asked;
};

/* The caller's role in the group; the context's arena is for what is not kept. 0 or a fault. */
int cvn_event_groups_role(struct cvn_event_groups *groups, struct cvn_ctx *row,
                          const struct cvn_id *group, Convene__Events__V1__GroupRole *ret);

/* Since when the group is archived, in ms since 1970; INT64_MAX while it is not. 0 or a fault. */
int cvn_event_groups_archived(struct cvn_event_groups *groups, struct cvn_txn *txn,
                              const struct cvn_id *group, int64_t *ret_ms);

/* Forgets what was read, and takes both of the next event's group as given. */
void cvn_event_groups_begin(struct cvn_event_groups *groups, const struct cvn_id *group,
                            Convene__Events__V1__GroupRole role, int64_t archived_ms);

#endif
