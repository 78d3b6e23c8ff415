#include "services/events/groups/group_table.h"

#include "base/geo.h"
#include "base/text.h"
#include "rpc/message_field.h"
#include "services/events/change_row.h"
#include "services/events/etag.h"
#include "services/events/groups/group_rename.h"
#include "services/events/groups/membership_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/spaces.h"

#include <errno.h>

enum {
    ARCHIVE_TIME = 15, /* the field's number */
    TIME_BYTES = 256,  /* memory for it */
};

const struct cvn_index cvn_group_indexes[CVN_GROUP_INDEXES] = {
    [CVN_GROUP_BY_SLUG] = {"group_slug", CVN_INDEX_GROUP_SLUG, true},
    [CVN_GROUP_BY_CITY] = {"group_city", CVN_INDEX_GROUP_CITY, false},
    [CVN_GROUP_BY_TOPIC] = {"group_topic", CVN_INDEX_GROUP_TOPIC, false},
    [CVN_GROUP_BY_PLACE] = {"group_place", CVN_INDEX_GROUP_PLACE, false},
    [CVN_GROUP_ARCHIVED] = {"group_archived", CVN_INDEX_GROUP_ARCHIVED, false},
};

static const struct cvn_index member_indexes[] = {
    {"member_person", CVN_INDEX_MEMBER_PERSON, false},
};

int cvn_group_word(struct cvn_arena *arena, const char *word, struct cvn_slice *ret)
{
    struct cvn_slice folded;
    int r = cvn_text_fold(arena, cvn_slice_of_string(word), &folded);
    if (r == 0)
        *ret = cvn_text_cut(folded, CVN_GROUP_WORD_MAX);
    return r;
}

/* A word people write, folded, and behind it the slug, so that what is found is in its order. */
static int emit_word(struct cvn_index_sink *sink, uint8_t index_id, const char *word,
                     const char *slug)
{
    struct cvn_slice folded;
    struct cvn_key key;
    int r = cvn_group_word(cvn_index_sink_arena(sink), word, &folded);
    if (r == CVN_TEXT_INVALID)
        return -EBADMSG;
    if (r != 0 || folded.len == 0)
        return r;
    cvn_key_init(&key);
    cvn_key_put_text(&key, folded);
    cvn_key_put_text(&key, cvn_slice_of_string(slug));
    return cvn_index_emit(sink, index_id, cvn_key_slice(&key), cvn_slice(NULL, 0));
}

/* The value is the slug, so that what lies in a circle can be put in order unread. */
static int emit_place(struct cvn_index_sink *sink, const Convene__Events__V1__Group *group)
{
    struct cvn_key key;
    const Convene__Events__V1__LatLng *at = group->location;
    if (!at)
        return 0;
    cvn_key_init(&key);
    cvn_key_put_u64(&key, cvn_geo_code((struct cvn_point){at->latitude, at->longitude}));
    return cvn_index_emit(sink, CVN_INDEX_GROUP_PLACE, cvn_key_slice(&key),
                          cvn_slice_of_string(group->slug));
}

/* Archived groups are few, and told from all others by this alone. */
static int emit_archived(struct cvn_index_sink *sink)
{
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_u8(&key, 0);
    return cvn_index_emit(sink, CVN_INDEX_GROUP_ARCHIVED, cvn_key_slice(&key), cvn_slice(NULL, 0));
}

static int derive_group(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    Convene__Events__V1__Group *group;
    struct cvn_key slug;
    int r = cvn_record_unpack(cvn_index_sink_arena(sink), &convene__events__v1__group__descriptor,
                              value, &group);
    if (r != 0)
        return r;
    cvn_key_init(&slug);
    cvn_key_put_text(&slug, cvn_slice_of_string(group->slug));
    r = cvn_index_emit(sink, CVN_INDEX_GROUP_SLUG, cvn_key_slice(&slug), cvn_slice(NULL, 0));
    if (r == 0)
        r = emit_word(sink, CVN_INDEX_GROUP_CITY, group->city, group->slug);
    for (size_t i = 0; r == 0 && i < group->n_topics; i++)
        r = emit_word(sink, CVN_INDEX_GROUP_TOPIC, group->topics[i], group->slug);
    if (r == 0)
        r = emit_place(sink, group);
    return r == 0 && group->archive_time ? emit_archived(sink) : r;
}

const struct cvn_table cvn_group_table = {
    .name = "groups",
    .space = CVN_SPACE_GROUPS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_GROUP_KIND_ROW,
    .indexes = cvn_group_indexes,
    .n_indexes = CVN_GROUP_INDEXES,
    .derive = derive_group,
};

static int derive_member(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_key person;
    cvn_key_init(&person);
    cvn_key_put_raw(&person, cvn_slice((const uint8_t *)key.data + CVN_EVENTS_KIND_AT + 1,
                                       key.len - CVN_EVENTS_KIND_AT - 1));
    return cvn_index_emit(sink, CVN_INDEX_MEMBER_PERSON, cvn_key_slice(&person),
                          cvn_slice(NULL, 0));
}

const struct cvn_table cvn_member_table = {
    .name = "members",
    .space = CVN_SPACE_GROUPS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_GROUP_KIND_MEMBER,
    .indexes = member_indexes,
    .n_indexes = 1,
    .derive = derive_member,
};

static void kind_key(struct cvn_key *key, const struct cvn_id *group, uint8_t kind)
{
    cvn_key_begin(key, CVN_SPACE_GROUPS);
    cvn_key_put_id(key, group);
    cvn_key_put_u8(key, kind);
}

void cvn_group_key(struct cvn_key *key, const struct cvn_id *group)
{
    kind_key(key, group, CVN_GROUP_KIND_ROW);
}

void cvn_member_prefix(struct cvn_key *key, const struct cvn_id *group)
{
    kind_key(key, group, CVN_GROUP_KIND_MEMBER);
}

void cvn_member_key(struct cvn_key *key, const struct cvn_id *group, const struct cvn_id *person)
{
    kind_key(key, group, CVN_GROUP_KIND_MEMBER);
    cvn_key_put_id(key, person);
}

static int read_time(struct cvn_slice bytes, int64_t *ret_ms)
{
    _Alignas(max_align_t) char room[TIME_BYTES]; /* outlives the arena */
    CVN_ARENA_AUTO arena;
    Google__Protobuf__Timestamp *time;
    cvn_arena_init_with(&arena, TIME_BYTES, room, sizeof room);
    int r = cvn_record_unpack(&arena, &google__protobuf__timestamp__descriptor, bytes, &time);
    if (r == 0)
        *ret_ms = cvn_record_time_ms(time, INT64_MAX);
    return r;
}

int cvn_group_archived_ms(struct cvn_txn *txn, const struct cvn_id *group, int64_t *ret)
{
    struct cvn_key key;
    struct cvn_slice row, time = {NULL, 0};
    struct cvn_message_field field;
    cvn_group_key(&key, group);
    int r = cvn_txn_get(txn, cvn_key_slice(&key), &row);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    while ((r = cvn_message_next_field(&row, &field)) > 0)
        if (field.number == ARCHIVE_TIME)
            time = field.inner;
    *ret = INT64_MAX;
    return r || !time.data ? r : read_time(time, ret);
}

bool cvn_group_of_key(struct cvn_slice key, struct cvn_id *ret_group)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    uint8_t space = cvn_key_get_u8(&reader);
    struct cvn_id group = cvn_key_get_id(&reader);
    if (reader.failed || space != CVN_SPACE_GROUPS)
        return false;
    *ret_group = group;
    return true;
}

int cvn_member_counts_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                          struct cvn_member_counts *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    kind_key(&key, group, CVN_GROUP_KIND_COUNTS);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r == CVN_STORE_ABSENT) {
        *ret = (struct cvn_member_counts){0, 0};
        return 0;
    }
    if (r != 0)
        return r;
    cvn_key_reader_init(&reader, value);
    struct cvn_member_counts counts = {cvn_key_get_u32(&reader), cvn_key_get_u32(&reader)};
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    *ret = counts;
    return 0;
}

static int counts_put(struct cvn_ctx *ctx, const struct cvn_id *group,
                      const struct cvn_member_counts *counts)
{
    struct cvn_key key, value;
    kind_key(&key, group, CVN_GROUP_KIND_COUNTS);
    cvn_key_init(&value);
    cvn_key_put_u32(&value, counts->n_members);
    cvn_key_put_u32(&value, counts->n_owners);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

/* Counts and the etag are not stored with the group. */
static Convene__Events__V1__Group as_stored(const Convene__Events__V1__Group *message)
{
    Convene__Events__V1__Group stored = *message;
    stored.member_count = 0;
    stored.request_count = 0;
    stored.etag = (char *)(uintptr_t)protobuf_c_empty_string;
    return stored;
}

int cvn_group_show(struct cvn_ctx *ctx, const struct cvn_id *group, bool organised,
                   Convene__Events__V1__Group *message)
{
    struct cvn_membership_counts counts;
    Convene__Events__V1__Group stored = as_stored(message);
    int r = cvn_etag_make(ctx, &stored.base, &message->etag);
    if (r || !organised)
        return r;
    r = cvn_membership_counts_get(ctx, group, &counts);
    message->request_count = r ? 0 : (int32_t)counts.n_pending;
    return r;
}

int cvn_group_require_etag(struct cvn_ctx *ctx, const char *etag,
                           const Convene__Events__V1__Group *message)
{
    Convene__Events__V1__Group stored = as_stored(message);
    return cvn_etag_require(ctx, etag, &stored.base, "group");
}

int cvn_group_get(struct cvn_ctx *ctx, const struct cvn_id *group,
                  Convene__Events__V1__Group **ret_group)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_member_counts counts;
    Convene__Events__V1__Group *message;
    cvn_group_key(&key, group);
    int r = cvn_table_get(ctx->txn, &cvn_group_table, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__group__descriptor, value, &message);
    if (r == 0)
        r = cvn_member_counts_get(ctx, group, &counts);
    if (r != 0)
        return r;
    message->member_count = (int32_t)counts.n_members;
    *ret_group = message;
    return 0;
}

int cvn_group_by_slug(struct cvn_ctx *ctx, const char *slug, struct cvn_id *ret_group)
{
    struct cvn_key key;
    struct cvn_slice primary;
    if (!cvn_slug_valid(slug))
        return CVN_STORE_ABSENT;
    cvn_key_init(&key);
    cvn_key_put_text(&key, cvn_slice_of_string(slug));
    int r = cvn_index_lookup(ctx->txn, &cvn_group_indexes[CVN_GROUP_BY_SLUG], cvn_key_slice(&key),
                             &primary);
    if (r != 0)
        return r;
    return cvn_group_of_key(primary, ret_group) ? 0 : -EUCLEAN;
}

int cvn_group_put(struct cvn_ctx *ctx, const struct cvn_id *group,
                  const Convene__Events__V1__Group *message)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Group stored = as_stored(message);
    cvn_group_key(&key, group);
    int r = cvn_ctx_pack(ctx, &stored.base, &value);
    if (r != 0)
        return r;
    struct cvn_slice old;
    Convene__Events__V1__Group *before = NULL;
    int found = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &old);
    if (found == 0 && cvn_slice_compare(old, value) == 0)
        return 0;
    if (found != 0 && found != CVN_STORE_ABSENT)
        return found;
    if (found == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__group__descriptor, old, &before);
    if (r == 0 && before && strcmp(before->name, message->name) != 0)
        r = cvn_group_rename_note(ctx, group); /* has the events follow */
    if (r == 0)
        r = cvn_table_put(ctx->txn, &cvn_group_table, cvn_key_slice(&key), value);
    return r ? r : cvn_change_row_group(ctx, group, before, message);
}

int cvn_member_fill(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                    Convene__Events__V1__Member *member)
{
    int r = cvn_person_name(ctx, person, &member->display_name);
    if (r != 0)
        return r;
    member->group_id = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, group);
    member->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, person);
    return member->group_id && member->person_id ? 0 : -ENOMEM;
}

void cvn_member_show(const struct cvn_ctx *ctx, Convene__Events__V1__GroupRole caller,
                     const struct cvn_id *person, Convene__Events__V1__Member *member)
{
    if (caller >= CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER ||
        cvn_person_is_caller(ctx, person))
        return;
    member->offer_expire_time = NULL;
    member->offered_by = (char *)(uintptr_t)protobuf_c_empty_string;
}

static int member_read(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                       Convene__Events__V1__Member **ret_member)
{
    struct cvn_key key;
    struct cvn_slice value;
    cvn_member_key(&key, group, person);
    int r = cvn_table_get(ctx->txn, &cvn_member_table, cvn_key_slice(&key), &value);
    if (r != 0)
        return r;
    return cvn_ctx_unpack(ctx, &convene__events__v1__member__descriptor, value, ret_member);
}

int cvn_member_get(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                   Convene__Events__V1__Member **ret_member)
{
    Convene__Events__V1__Member *member;
    int r = member_read(ctx, group, person, &member);
    if (r == 0)
        r = cvn_member_fill(ctx, group, person, member);
    if (r == 0)
        *ret_member = member;
    return r;
}

/* Ids are in the key and the name is the person's: only the rest is stored. */
static int member_write(struct cvn_ctx *ctx, const struct cvn_id *group,
                        const struct cvn_id *person, const Convene__Events__V1__Member *member)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Member stored = CONVENE__EVENTS__V1__MEMBER__INIT;
    stored.role = member->role;
    stored.create_time = member->create_time;
    stored.offer_expire_time = member->offer_expire_time;
    stored.offered_by = member->offered_by;
    cvn_member_key(&key, group, person);
    int r = cvn_ctx_pack(ctx, &stored.base, &value);
    if (r != 0)
        return r;
    return cvn_table_put(ctx->txn, &cvn_member_table, cvn_key_slice(&key), value);
}

static bool is_owner(const Convene__Events__V1__Member *member)
{
    return member && member->role == CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_OWNER;
}

/* Keeps the counts, and the log, of a membership; after is NULL where it ends. */
static int account(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                   const Convene__Events__V1__Member *before,
                   const Convene__Events__V1__Member *after)
{
    struct cvn_member_counts counts;
    int r = cvn_member_counts_get(ctx, group, &counts);
    if (r != 0)
        return r;
    counts.n_members += (uint32_t)(after != NULL) - (uint32_t)(before != NULL);
    counts.n_owners += (uint32_t)is_owner(after) - (uint32_t)is_owner(before);
    const struct cvn_id ids[2] = {*group, *person};
    r = counts_put(ctx, group, &counts);
    return r ? r : cvn_change_row_member(ctx, ids, before, after);
}

int cvn_member_put(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person,
                   const Convene__Events__V1__Member *member)
{
    Convene__Events__V1__Member *before = NULL;
    int r = member_read(ctx, group, person, &before);
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    r = member_write(ctx, group, person, member);
    return r == 0 ? account(ctx, group, person, before, member) : r;
}

int cvn_member_delete(struct cvn_ctx *ctx, const struct cvn_id *group, const struct cvn_id *person)
{
    struct cvn_key key;
    Convene__Events__V1__Member *before;
    int r = member_read(ctx, group, person, &before);
    cvn_member_key(&key, group, person);
    if (r == 0)
        r = cvn_table_delete(ctx->txn, &cvn_member_table, cvn_key_slice(&key));
    return r == 0 ? account(ctx, group, person, before, NULL) : r;
}

/* The groups that an index leads to, in order, at most max of them. 0 or a fault. */
static int read_groups(struct cvn_txn *txn, const struct cvn_index *index,
                       const struct cvn_slice bounds[2], size_t max, struct cvn_id *ids,
                       size_t *ret_n)
{
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, txn, index, bounds, CVN_FORWARD);
    size_t n = 0;
    while (r == 0 && n < max) {
        struct cvn_index_entry entry;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r == 0 && !cvn_group_of_key(entry.primary, &ids[n++]))
            r = -EUCLEAN;
    }
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    *ret_n = n;
    return 0;
}

int cvn_member_first_groups(struct cvn_txn *txn, const struct cvn_id *person, struct cvn_id *ids,
                            size_t max, size_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, person);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    const struct cvn_slice bounds[2] = {cvn_key_slice(&lo), cvn_key_slice(&hi)};
    return read_groups(txn, &member_indexes[0], bounds, max, ids, ret_n);
}

int cvn_group_first_archived(struct cvn_txn *txn, struct cvn_id *ids, size_t max, size_t *ret_n)
{
    const struct cvn_slice all[2] = {{NULL, 0}, {NULL, 0}};
    return read_groups(txn, &cvn_group_indexes[CVN_GROUP_ARCHIVED], all, max, ids, ret_n);
}

int cvn_member_groups(struct cvn_ctx *ctx, const struct cvn_id *person, struct cvn_id **ret_ids,
                      size_t *ret_n)
{
    struct cvn_id *ids = cvn_arena_alloc_array(ctx->arena, CVN_PERSON_GROUPS_MAX, sizeof *ids);
    int r = ids ? cvn_member_first_groups(ctx->txn, person, ids, CVN_PERSON_GROUPS_MAX, ret_n)
                : -ENOMEM;
    if (r == 0)
        *ret_ids = ids;
    return r;
}
