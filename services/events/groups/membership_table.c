#include "services/events/groups/membership_table.h"

#include "services/events/groups/group_table.h"
#include "services/events/people/person_table.h"
#include "services/events/spaces.h"

#include <errno.h>

#define PENDING CONVENE__EVENTS__V1__JOIN_REQUEST_STATE__JOIN_REQUEST_STATE_PENDING

const struct cvn_index cvn_join_request_index = {"join_request_person",
                                                 CVN_INDEX_JOIN_REQUEST_PERSON, false};
const struct cvn_index cvn_ban_index = {"ban_person", CVN_INDEX_BAN_PERSON, false};

bool cvn_membership_of_key(struct cvn_slice key, struct cvn_id *ret_group,
                           struct cvn_id *ret_person)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    uint8_t space = cvn_key_get_u8(&reader);
    struct cvn_id group = cvn_key_get_id(&reader);
    (void)cvn_key_get_u8(&reader);
    struct cvn_id person = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader) || space != CVN_SPACE_GROUPS)
        return false;
    *ret_group = group;
    *ret_person = person;
    return true;
}

static int emit_person(struct cvn_slice key, struct cvn_index_sink *sink, uint8_t index)
{
    struct cvn_id group, person;
    struct cvn_key entry;
    if (!cvn_membership_of_key(key, &group, &person))
        return -EBADMSG;
    cvn_key_init(&entry);
    cvn_key_put_id(&entry, &person);
    return cvn_index_emit(sink, index, cvn_key_slice(&entry), cvn_slice(NULL, 0));
}

static int derive_request(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)value;
    return emit_person(key, sink, CVN_INDEX_JOIN_REQUEST_PERSON);
}

static int derive_ban(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)value;
    return emit_person(key, sink, CVN_INDEX_BAN_PERSON);
}

const struct cvn_table cvn_join_request_table = {
    .name = "join_requests",
    .space = CVN_SPACE_GROUPS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_GROUP_KIND_JOIN_REQUEST,
    .indexes = &cvn_join_request_index,
    .n_indexes = 1,
    .derive = derive_request,
};

const struct cvn_table cvn_ban_table = {
    .name = "bans",
    .space = CVN_SPACE_GROUPS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_GROUP_KIND_BAN,
    .indexes = &cvn_ban_index,
    .n_indexes = 1,
    .derive = derive_ban,
};

static void kind_key(struct cvn_key *key, const struct cvn_id *group, uint8_t kind)
{
    cvn_key_begin(key, CVN_SPACE_GROUPS);
    cvn_key_put_id(key, group);
    cvn_key_put_u8(key, kind);
}

static void row_key(struct cvn_key *key, const struct cvn_table *table, const struct cvn_id *group,
                    const struct cvn_id *person)
{
    kind_key(key, group, table->kind);
    cvn_key_put_id(key, person);
}

void cvn_join_request_prefix(struct cvn_key *key, const struct cvn_id *group)
{
    kind_key(key, group, CVN_GROUP_KIND_JOIN_REQUEST);
}

void cvn_ban_prefix(struct cvn_key *key, const struct cvn_id *group)
{
    kind_key(key, group, CVN_GROUP_KIND_BAN);
}

int cvn_membership_counts_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                              struct cvn_membership_counts *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    kind_key(&key, group, CVN_GROUP_KIND_MEMBERSHIP_COUNTS);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r == CVN_STORE_ABSENT) {
        *ret = (struct cvn_membership_counts){0};
        return 0;
    }
    if (r)
        return r;
    cvn_key_reader_init(&reader, value);
    struct cvn_membership_counts counts = {0};
    counts.n_requests = cvn_key_get_u32(&reader);
    counts.n_pending = cvn_key_get_u32(&reader);
    counts.n_bans = cvn_key_get_u32(&reader);
    counts.n_invitations = cvn_key_get_u32(&reader);
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    *ret = counts;
    return 0;
}

int cvn_membership_counts_put(struct cvn_ctx *ctx, const struct cvn_id *group,
                              const struct cvn_membership_counts *counts)
{
    struct cvn_key key, value;
    kind_key(&key, group, CVN_GROUP_KIND_MEMBERSHIP_COUNTS);
    cvn_key_init(&value);
    cvn_key_put_u32(&value, counts->n_requests);
    cvn_key_put_u32(&value, counts->n_pending);
    cvn_key_put_u32(&value, counts->n_bans);
    cvn_key_put_u32(&value, counts->n_invitations);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

static int read_row(struct cvn_ctx *ctx, const struct cvn_table *table, const struct cvn_id ids[2],
                    const ProtobufCMessageDescriptor *type, void *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    row_key(&key, table, &ids[0], &ids[1]);
    int r = cvn_table_get(ctx->txn, table, cvn_key_slice(&key), &value);
    return r ? r : cvn_ctx_unpack(ctx, type, value, ret);
}

static int write_row(struct cvn_ctx *ctx, const struct cvn_table *table, const struct cvn_id ids[2],
                     const ProtobufCMessage *message)
{
    struct cvn_key key;
    struct cvn_slice value;
    row_key(&key, table, &ids[0], &ids[1]);
    int r = cvn_ctx_pack(ctx, message, &value);
    return r ? r : cvn_table_put(ctx->txn, table, cvn_key_slice(&key), value);
}

static int delete_row(struct cvn_ctx *ctx, const struct cvn_table *table,
                      const struct cvn_id ids[2])
{
    struct cvn_key key;
    row_key(&key, table, &ids[0], &ids[1]);
    return cvn_table_delete(ctx->txn, table, cvn_key_slice(&key));
}

/* Ids are in the key and the name is the person's. */
static int fill(struct cvn_ctx *ctx, const struct cvn_id ids[2], char **group_id, char **person_id,
                char **display_name)
{
    *group_id = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &ids[0]);
    *person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &ids[1]);
    if (!*group_id || !*person_id)
        return -ENOMEM;
    return cvn_person_name(ctx, &ids[1], display_name);
}

int cvn_join_request_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                         const struct cvn_id *person, Convene__Events__V1__JoinRequest **ret)
{
    const struct cvn_id ids[2] = {*group, *person};
    Convene__Events__V1__JoinRequest *request;
    int r = read_row(ctx, &cvn_join_request_table, ids,
                     &convene__events__v1__join_request__descriptor, &request);
    if (r == 0)
        r = fill(ctx, ids, &request->group_id, &request->person_id, &request->display_name);
    if (r == 0)
        *ret = request;
    return r;
}

int cvn_ban_get(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                Convene__Events__V1__Ban **ret)
{
    const struct cvn_id ids[2] = {*group, *person};
    Convene__Events__V1__Ban *ban;
    int r = read_row(ctx, &cvn_ban_table, ids, &convene__events__v1__ban__descriptor, &ban);
    if (r == 0)
        r = fill(ctx, ids, &ban->group_id, &ban->person_id, &ban->display_name);
    if (r == 0)
        *ret = ban;
    return r;
}

int cvn_ban_is(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
               bool *ret_banned)
{
    struct cvn_key key;
    row_key(&key, &cvn_ban_table, group, person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    if (r && r != CVN_STORE_ABSENT)
        return r;
    *ret_banned = r == 0;
    return 0;
}

/* What a change of a request, or of a ban, does to the counts; NULL stands for none there. */
struct change {
    const Convene__Events__V1__JoinRequest *before, *after;
    int bans;
};

static int recount(struct cvn_ctx *ctx, const struct cvn_id *group, const struct change *change)
{
    struct cvn_membership_counts counts;
    int r = cvn_membership_counts_get(ctx, group, &counts);
    if (r)
        return r;
    const Convene__Events__V1__JoinRequest *before = change->before, *after = change->after;
    counts.n_requests += (uint32_t)(after != NULL) - (uint32_t)(before != NULL);
    counts.n_pending += (uint32_t)(after && after->state == PENDING) -
                        (uint32_t)(before && before->state == PENDING);
    counts.n_bans += (uint32_t)change->bans;
    return cvn_membership_counts_put(ctx, group, &counts);
}

static int request_before(struct cvn_ctx *ctx, const struct cvn_id ids[2],
                          Convene__Events__V1__JoinRequest **ret)
{
    int r = read_row(ctx, &cvn_join_request_table, ids,
                     &convene__events__v1__join_request__descriptor, ret);
    if (r == CVN_STORE_ABSENT)
        *ret = NULL;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_join_request_put(struct cvn_ctx *ctx, const struct cvn_id *group,
                         const struct cvn_id *person,
                         const Convene__Events__V1__JoinRequest *request)
{
    const struct cvn_id ids[2] = {*group, *person};
    Convene__Events__V1__JoinRequest *before, stored = *request;
    stored.group_id = stored.person_id = stored.display_name =
        (char *)(uintptr_t)protobuf_c_empty_string;
    int r = request_before(ctx, ids, &before);
    if (r == 0)
        r = write_row(ctx, &cvn_join_request_table, ids, &stored.base);
    return r ? r : recount(ctx, group, &(struct change){.before = before, .after = &stored});
}

int cvn_join_request_delete(struct cvn_ctx *ctx, const struct cvn_id *group,
                            const struct cvn_id *person)
{
    const struct cvn_id ids[2] = {*group, *person};
    Convene__Events__V1__JoinRequest *before;
    int r = request_before(ctx, ids, &before);
    if (r == 0)
        r = delete_row(ctx, &cvn_join_request_table, ids);
    return r ? r : recount(ctx, group, &(struct change){.before = before});
}

int cvn_ban_put(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                const Convene__Events__V1__Ban *ban)
{
    const struct cvn_id ids[2] = {*group, *person};
    Convene__Events__V1__Ban stored = *ban;
    bool before;
    stored.group_id = stored.person_id = stored.display_name =
        (char *)(uintptr_t)protobuf_c_empty_string;
    int r = cvn_ban_is(ctx, group, person, &before);
    if (r == 0)
        r = write_row(ctx, &cvn_ban_table, ids, &stored.base);
    return r || before ? r : recount(ctx, group, &(struct change){.bans = 1});
}

int cvn_ban_delete(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person)
{
    const struct cvn_id ids[2] = {*group, *person};
    int r = delete_row(ctx, &cvn_ban_table, ids);
    return r ? r : recount(ctx, group, &(struct change){.bans = -1});
}
