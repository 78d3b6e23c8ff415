#include "services/events/listing/event_groups.h"

#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"

#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b)
{
    return memcmp(((const struct cvn_id *)a)->bytes, ((const struct cvn_id *)b)->bytes,
                  CVN_ID_BYTES);
}

/* Whether the caller may be in the group, a person whose groups were read. */
static bool may_be_own(const struct cvn_event_groups *groups, const struct cvn_id *group)
{
    return groups->n_own > CVN_EVENT_GROUPS_FEW ||
           bsearch(group, groups->own, groups->n_own, sizeof *group, compare_ids);
}

static int read_role(struct cvn_event_groups *groups, struct cvn_ctx *row,
                     const struct cvn_id *group, Convene__Events__V1__GroupRole *ret)
{
    int r = 0;
    if (row->who.kind != CVN_PRINCIPAL_PERSON)
        return cvn_group_role_of_caller(row, group, ret);
    if (!groups->own_read)
        r = cvn_member_first_groups(row->txn, &row->who.person, groups->own,
                                    CVN_EVENT_GROUPS_FEW + 1, &groups->n_own);
    if (r)
        return r;
    groups->own_read = true;
    if (may_be_own(groups, group))
        return cvn_group_role_of_caller(row, group, ret);
    *ret = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_UNSPECIFIED;
    return 0;
}

int cvn_event_groups_role(struct cvn_event_groups *groups, struct cvn_ctx *row,
                          const struct cvn_id *group, Convene__Events__V1__GroupRole *ret)
{
    int r = 0;
    if (!groups->known || !cvn_id_equal(&groups->known_group, group)) {
        cvn_arena_reset(row->arena);
        r = read_role(groups, row, group, &groups->known_role);
        groups->known_group = *group;
        groups->known = r == 0;
    }
    *ret = groups->known_role;
    return r;
}

int cvn_event_groups_archived(struct cvn_event_groups *groups, struct cvn_txn *txn,
                              const struct cvn_id *group, bool *ret)
{
    int r = 0;
    if (!groups->asked || !cvn_id_equal(&groups->asked_group, group)) {
        r = cvn_group_is_archived(txn, group, &groups->archived);
        groups->asked_group = *group;
        groups->asked = r == 0;
    }
    *ret = groups->archived;
    return r;
}

void cvn_event_groups_begin(struct cvn_event_groups *groups, const struct cvn_id *group,
                            Convene__Events__V1__GroupRole role)
{
    groups->own_read = groups->asked = false;
    groups->known_group = *group;
    groups->known_role = role;
    groups->known = true;
}
