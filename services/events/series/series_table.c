#include "services/events/series/series_table.h"

#include "base/civil.h"
#include "services/events/change_row.h"
#include "services/events/groups/group_table.h"
#include "services/events/record.h"
#include "services/events/spaces.h"
#include "storage/key.h"

#include <errno.h>

enum { BY_EXTERNAL_ID, DUE, INDEXES };

static const struct cvn_index indexes[INDEXES] = {
    [BY_EXTERNAL_ID] = {"series_external_id", CVN_INDEX_SERIES_EXTERNAL_ID, true},
    [DUE] = {"series_due", CVN_INDEX_SERIES_DUE, false},
};

static int emit(struct cvn_index_sink *sink, int index, struct cvn_key *key)
{
    return cvn_index_emit(sink, indexes[index].id, cvn_key_slice(key), cvn_slice(NULL, 0));
}

static int derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    Convene__Events__V1__Series *series;
    struct cvn_id group;
    struct cvn_civil until;
    struct cvn_key entry;
    int r = cvn_record_unpack(cvn_index_sink_arena(sink), &convene__events__v1__series__descriptor,
                              value, &series);
    if (r)
        return r;
    if (!series->event || !cvn_id_parse(&group, CVN_GROUP_PREFIX, series->event->group_id))
        return -EBADMSG;
    cvn_key_init(&entry);
    if (series->event->external_id[0]) {
        cvn_key_put_id(&entry, &group);
        cvn_key_put_text(&entry, cvn_slice_of_string(series->event->external_id));
        r = emit(sink, BY_EXTERNAL_ID, &entry);
    }
    if (r || !series->made_until[0])
        return r;
    if (!cvn_civil_parse(&until, series->made_until))
        return -EBADMSG;
    cvn_key_init(&entry);
    cvn_key_put_i64(&entry, cvn_civil_seconds(&until));
    return emit(sink, DUE, &entry);
}

const struct cvn_table cvn_series_table = {
    .name = "series",
    .space = CVN_SPACE_SERIES,
    .indexes = indexes,
    .n_indexes = INDEXES,
    .derive = derive,
};

static struct cvn_key key_of(const struct cvn_id *id)
{
    struct cvn_key key;
    cvn_key_begin(&key, CVN_SPACE_SERIES);
    cvn_key_put_id(&key, id);
    return key;
}

int cvn_series_get(struct cvn_ctx *ctx, const struct cvn_id *id,
                   Convene__Events__V1__Series **ret_series)
{
    struct cvn_key key = key_of(id);
    struct cvn_slice value;
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    return r ? r : cvn_ctx_unpack(ctx, &convene__events__v1__series__descriptor, value, ret_series);
}

int cvn_series_put(struct cvn_ctx *ctx, const struct cvn_id *id,
                   const Convene__Events__V1__Series *series)
{
    struct cvn_key key = key_of(id);
    struct cvn_slice packed;
    int r = cvn_ctx_pack(ctx, &series->base, &packed);
    if (r)
        return r;
    struct cvn_slice old;
    int found = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &old);
    if (found == 0 && cvn_slice_compare(old, packed) == 0)
        return 0;
    if (found && found != CVN_STORE_ABSENT)
        return found;
    r = cvn_table_put(ctx->txn, &cvn_series_table, cvn_key_slice(&key), packed);
    return r ? r : cvn_change_row_series(ctx, id, found == CVN_STORE_ABSENT);
}

static int read_id(struct cvn_slice primary, struct cvn_id *ret)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, primary);
    (void)cvn_key_get_u8(&reader);
    struct cvn_id id = cvn_key_get_id(&reader);
    if (reader.failed)
        return -EUCLEAN;
    *ret = id;
    return 0;
}

int cvn_series_by_external_id(struct cvn_ctx *ctx, const struct cvn_id *group,
                              const char *external_id, struct cvn_id *ret_series)
{
    struct cvn_key key;
    struct cvn_slice primary;
    cvn_key_init(&key);
    cvn_key_put_id(&key, group);
    cvn_key_put_text(&key, cvn_slice_of_string(external_id));
    int r = cvn_index_lookup(ctx->txn, &indexes[BY_EXTERNAL_ID], cvn_key_slice(&key), &primary);
    return r ? r : read_id(primary, ret_series);
}

int cvn_series_next_due(struct cvn_txn *txn, int64_t before_s, struct cvn_series_place *after)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    struct cvn_key_reader reader;
    cvn_key_init(&lo);
    cvn_key_put_i64(&lo, INT64_MIN);
    cvn_key_init(&hi);
    cvn_key_put_i64(&hi, before_s);
    int r = cvn_index_cursor_init(&cursor, txn, &indexes[DUE],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r == 0 && after->any) {
        struct cvn_key at, primary = key_of(&after->id);
        cvn_key_init(&at);
        cvn_key_put_i64(&at, after->made_until_s);
        r = cvn_index_cursor_resume(&cursor, cvn_key_slice(&at), cvn_key_slice(&primary));
    }
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    if (r)
        return r;
    cvn_key_reader_init(&reader, entry.key);
    after->made_until_s = cvn_key_get_i64(&reader);
    after->any = true;
    return reader.failed ? -EUCLEAN : read_id(entry.primary, &after->id);
}
