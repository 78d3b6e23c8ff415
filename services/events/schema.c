#include "services/events/schema.h"

#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/spaces.h"

static int index_archived_groups(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    return cvn_table_fill_index(txn, &cvn_group_table, CVN_INDEX_GROUP_ARCHIVED);
}

static int index_topics_in_cells(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    return cvn_table_fill_index(txn, &cvn_event_table, CVN_INDEX_EVENT_TOPIC_CELL);
}

cvn_schema_step *const cvn_events_schema_steps[CVN_EVENTS_SCHEMA] = {
    index_archived_groups,
    index_topics_in_cells,
};
