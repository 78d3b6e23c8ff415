/*
 * What lies beside a group's members: requests to join and bans, a packed message for each person,
 * found by person too, and one row of counts of both and of invitations.
 */
#ifndef CVN_SERVICES_EVENTS_GROUPS_MEMBERSHIP_TABLE_H
#define CVN_SERVICES_EVENTS_GROUPS_MEMBERSHIP_TABLE_H

#include "convene/events/v1/membership.pb-c.h"
#include "services/runtime/ctx.h"
#include "storage/table.h"

enum {
    CVN_GROUP_REQUESTS_MAX = 10000, /* of one group, rejected ones included */
    CVN_GROUP_BANS_MAX = 10000,
};

extern const struct cvn_table cvn_join_request_table;
extern const struct cvn_table cvn_ban_table;

/* By person; for lists. */
extern const struct cvn_index cvn_join_request_index;
extern const struct cvn_index cvn_ban_index;

struct cvn_membership_counts {
    uint32_t n_requests;
    uint32_t n_pending; /* of the requests */
    uint32_t n_bans;
    uint32_t n_invitations; /* expired ones included */
};

/* All 0 before the first row. 0 or a fault. */
int cvn_membership_counts_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                              struct cvn_membership_counts *ret);
int cvn_membership_counts_put(struct cvn_ctx *ctx, const struct cvn_id *group,
                              const struct cvn_membership_counts *counts);

/* What the keys of a group's requests, or bans, begin with. */
void cvn_join_request_prefix(struct cvn_key *key, const struct cvn_id *group);
void cvn_ban_prefix(struct cvn_key *key, const struct cvn_id *group);

/* The group and the person of a row's key. False when it is none. */
bool cvn_membership_of_key(struct cvn_slice key, struct cvn_id *ret_group,
                           struct cvn_id *ret_person);

/* Reads one, ids and name filled in. 0; CVN_STORE_ABSENT; a fault. */
int cvn_join_request_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                         const struct cvn_id *person, Convene__Events__V1__JoinRequest **ret);
int cvn_ban_get(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                Convene__Events__V1__Ban **ret);

/* Whether the person is banned from the group. 0 or a fault. */
int cvn_ban_is(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
               bool *ret_banned);

/* Writes one, over what was there, and the counts. 0 or a fault. */
int cvn_join_request_put(struct cvn_ctx *ctx, const struct cvn_id *group,
                         const struct cvn_id *person,
                         const Convene__Events__V1__JoinRequest *request);
int cvn_ban_put(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                const Convene__Events__V1__Ban *ban);

/* Deletes one, and changes the counts. 0; CVN_STORE_ABSENT; a fault. */
int cvn_join_request_delete(struct cvn_ctx *ctx, const struct cvn_id *group,
                            const struct cvn_id *person);
int cvn_ban_delete(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person);

#endif
