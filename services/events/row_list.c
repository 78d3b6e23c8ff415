#include "services/events/row_list.h"

#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

/* A walk along one prefix: over rows or over an index. */
struct walk {
    struct cvn_cursor rows;
    struct cvn_index_cursor entries;
};

static void walk_deinit(struct walk *walk)
{
    cvn_cursor_deinit(&walk->rows);
    cvn_index_cursor_deinit(&walk->entries);
}

/* A place is the length of the row's key, the key, and behind it the index key. */
static bool place_split(struct cvn_slice at, struct cvn_slice *ret_key, struct cvn_slice *ret_entry)
{
    const uint8_t *bytes = at.data;
    if (at.len < 2)
        return false;
    size_t key_len = (size_t)bytes[0] << 8 | bytes[1];
    if (key_len == 0 || key_len > at.len - 2)
        return false;
    *ret_key = cvn_slice(bytes + 2, key_len);
    *ret_entry = cvn_slice(bytes + 2 + key_len, at.len - 2 - key_len);
    return true;
}

static void place_set(struct cvn_row_place *place, struct cvn_slice key, struct cvn_slice entry)
{
    place->bytes[0] = (uint8_t)(key.len >> 8);
    place->bytes[1] = (uint8_t)key.len;
    memcpy(place->bytes + 2, key.data, key.len);
    if (entry.len > 0)
        memcpy(place->bytes + 2 + key.len, entry.data, entry.len);
    place->len = 2 + key.len + entry.len;
}

static int walk_init(struct walk *walk, struct cvn_txn *txn, const struct cvn_row_list *list,
                     size_t i)
{
    struct cvn_key hi;
    cvn_key_prefix_end(&hi, cvn_key_slice(&list->prefixes[i]));
    const struct cvn_slice bounds[2] = {cvn_key_slice(&list->prefixes[i]), cvn_key_slice(&hi)};
    enum cvn_direction direction = list->descending ? CVN_BACKWARD : CVN_FORWARD;
    return list->index ? cvn_index_cursor_init(&walk->entries, txn, list->index, bounds, direction)
                       : cvn_cursor_init(&walk->rows, txn, bounds[0], bounds[1], direction);
}

/* Whether all of the i-th prefix lies before the place that the page begins behind. */
static bool is_behind(const struct cvn_row_list *list, size_t i, struct cvn_slice after)
{
    struct cvn_key hi;
    cvn_key_prefix_end(&hi, cvn_key_slice(&list->prefixes[i]));
    return !list->descending && cvn_slice_compare(after, cvn_key_slice(&hi)) >= 0;
}

static int walk_resume(struct walk *walk, const struct cvn_row_list *list, size_t i,
                       struct cvn_slice key, struct cvn_slice entry)
{
    struct cvn_slice after = list->index ? entry : key;
    if (cvn_slice_compare(after, cvn_key_slice(&list->prefixes[i])) < 0)
        return 0;
    return list->index ? cvn_index_cursor_resume(&walk->entries, entry, key)
                       : cvn_cursor_resume(&walk->rows, key);
}

static int walk_next(struct walk *walk, const struct cvn_row_list *list, struct cvn_slice *ret_key,
                     struct cvn_slice *ret_entry, struct cvn_slice *ret_value)
{
    struct cvn_index_entry entry;
    *ret_entry = cvn_slice(NULL, 0);
    if (!list->index)
        return cvn_cursor_next(&walk->rows, ret_key, ret_value);
    int r = cvn_index_cursor_next(&walk->entries, &entry);
    if (r)
        return r;
    *ret_key = entry.primary;
    *ret_entry = entry.key;
    *ret_value = entry.value;
    return 0;
}

/* How far a run is. */
struct run {
    size_t max;
    size_t taken;
    size_t scanned;
    struct cvn_row_place *place;
};

/* Goes along one prefix. 0 when enough were taken, CVN_STORE_ABSENT at the prefix's end, a fault.
 */
static int fill(struct cvn_ctx *ctx, const struct cvn_row_list *list, struct walk *walk,
                struct run *run)
{
    struct cvn_slice key, entry, value;
    int r;
    while ((r = walk_next(walk, list, &key, &entry, &value)) == 0) {
        if (run->taken == run->max || run->scanned == CVN_ROW_LIST_SCAN_MAX)
            return 0;
        place_set(run->place, key, entry);
        bool taken = true;
        r = list->take(ctx, list->arg, key, value, &taken);
        if (r)
            return r;
        run->taken += taken;
        run->scanned++;
    }
    return r;
}

int cvn_row_list_run(struct cvn_ctx *ctx, const struct cvn_row_list *list, size_t max,
                     struct cvn_row_place *place)
{
    const struct cvn_row_place from = *place;
    struct cvn_slice key = {NULL, 0}, entry = {NULL, 0};
    struct run run = {.max = max, .place = place};
    if (from.len > 0 && !place_split(cvn_slice(from.bytes, from.len), &key, &entry))
        return -EBADMSG;
    int r = CVN_STORE_ABSENT;
    for (size_t i = 0; r == CVN_STORE_ABSENT && i < list->n_prefixes; i++) {
        if (from.len > 0 && is_behind(list, i, list->index ? entry : key))
            continue;
        struct walk walk = {0};
        r = walk_init(&walk, ctx->txn, list, i);
        if (r == 0 && from.len > 0)
            r = walk_resume(&walk, list, i, key, entry);
        if (r == 0)
            r = fill(ctx, list, &walk, &run);
        walk_deinit(&walk);
    }
    return r;
}

int cvn_row_list_room(struct cvn_ctx *ctx, int32_t page_size, size_t *ret_size, void *ret_room)
{
    int32_t size = cvn_page_size(ctx, page_size, CVN_ROW_LIST_PAGE_DEFAULT, CVN_ROW_LIST_PAGE_MAX);
    int r = cvn_ctx_refuse_problems(ctx);
    if (r)
        return r;
    void *room = cvn_arena_alloc_array(ctx->arena, (size_t)size, sizeof(void *));
    if (!room)
        return -ENOMEM;
    memcpy(ret_room, &room, sizeof room);
    *ret_size = (size_t)size;
    return 0;
}

int cvn_row_list_page(struct cvn_ctx *ctx, const ProtobufCMessage *request, size_t page_size,
                      const struct cvn_row_list *list, char **ret_token)
{
    struct cvn_slice at = {NULL, 0};
    struct cvn_row_place place = {.len = 0};
    (void)cvn_page_token_read(ctx, request, &at);
    int r = cvn_ctx_refuse_problems(ctx);
    if (r)
        return r;
    if (at.len > sizeof place.bytes)
        return -EBADMSG; /* it was sealed here */
    if (at.len > 0)
        memcpy(place.bytes, at.data, at.len);
    place.len = at.len;
    r = cvn_row_list_run(ctx, list, page_size, &place);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    *ret_token = cvn_page_token_make(ctx, request, cvn_slice(place.bytes, place.len));
    return *ret_token ? 0 : -ENOMEM;
}
