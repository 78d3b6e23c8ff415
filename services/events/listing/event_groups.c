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

/* Whether the group may be one of them, which were read. */
static bool may_be(const struct cvn_event_groups_few *few, const struct cvn_id *group)
{
    return few->n > CVN_EVENT_GROUPS_FEW ||
           bsearch(group, few->ids, few->n, sizeof *group, compare_ids);
}

static int read_role(struct cvn_event_groups *groups, struct cvn_ctx *row,
                     const struct cvn_id *group, Convene__Events__V1__GroupRole *ret)
{
    struct cvn_event_groups_few *own = &groups->own;
    int r = 0;
    if (row->who.kind == CVN_PRINCIPAL_PERSON && !own->read) {
        r = cvn_member_first_groups(row->txn, &row->who.person, own->ids, CVN_EVENT_GROUPS_FEW + 1,
                                    &own->n);
        own->read = r == 0;
    }
    if (r == 0 && (!own->read || may_be(own, group)))
        return cvn_group_role_of_caller(row, group, ret);
    *ret = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_UNSPECIFIED;
    return r;
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

static int read_archived(struct cvn_event_groups *groups, struct cvn_txn *txn,
                         const struct cvn_id *group, int64_t *ret_ms)
{
    struct cvn_event_groups_few *archived = &groups->archived;
    int r = 0;
    if (!archived->read) {
        r = cvn_group_first_archived(txn, archived->ids, CVN_EVENT_GROUPS_FEW + 1, &archived->n);
        archived->read = r == 0;
    }
    if (r == 0 && may_be(archived, group))
        return cvn_group_archived_ms(txn, group, ret_ms);
    *ret_ms = INT64_MAX;
    return r;
}

int cvn_event_groups_archived(struct cvn_event_groups *groups, struct cvn_txn *txn,
                              const struct cvn_id *group, int64_t *ret_ms)
{
    int r = 0;
    if (!groups->asked || !cvn_id_equal(&groups->asked_group, group)) {
        r = read_archived(groups, txn, group, &groups->archived_ms);
        groups->asked_group = *group;
        groups->asked = r == 0;
    }
    *ret_ms = groups->archived_ms;
    return r;
}

void cvn_event_groups_begin(struct cvn_event_groups *groups, const struct cvn_id *group,
                            Convene__Events__V1__GroupRole role, int64_t archived_ms)
{
    groups->own.read = groups->archived.read = false;
    groups->known_group = groups->asked_group = *group;
    groups->known_role = role;
    groups->archived_ms = archived_ms;
    groups->known = groups->asked = true;
}
