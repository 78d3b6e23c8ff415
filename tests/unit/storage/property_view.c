#include "tests/unit/storage/property_view.h"

#include "storage/engine.h"
#include "tests/unit/storage/property_ops.h"

#include <stdarg.h>
#include <stdio.h>

int view_disagree(struct agreement *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!run->failure[0])
        (void)vsnprintf(run->failure, OPS_FAILURE_BYTES, format, args);
    va_end(args);
    return DISAGREED;
}

/* Passes on that the map is full, after which the update is run again; else says what differs. */
int view_differs(struct agreement *run, int r, const char *what, unsigned at)
{
    if (r == CVN_ENGINE_FULL)
        return r;
    return view_disagree(run, "%s %u: the store and the model differ (result %d)", what, at, r);
}

static bool same_row(const struct model_row *row, struct cvn_slice value)
{
    uint8_t buffer[MODEL_ROW_BYTES];
    return cvn_slice_compare(model_pack(row, buffer), value) == 0;
}

int view_check_get(struct view *view, unsigned key)
{
    struct cvn_key k;
    struct cvn_slice value;
    const struct model_row *row = &view->model->rows[key];
    model_key(&k, key);
    int r = cvn_table_get(view->txn, model_tables[model_table_of(key)], cvn_key_slice(&k), &value);
    if (r != (row->there ? 0 : CVN_STORE_ABSENT) || (r == 0 && !same_row(row, value)))
        return view_differs(view->run, r, "get", key);
    return 0;
}

/* The place in the order of keys from which on they are at or above the bound. */
unsigned view_place_of(const struct agreement *run, unsigned key)
{
    for (unsigned i = 0; i < MODEL_KEYS; i++)
        if (run->order[i] == key)
            return i;
    return MODEL_KEYS;
}

/* The next key of the model beyond a place, in [lo, hi); MODEL_KEYS when there is none. */
unsigned view_next_key(const struct view *view, const unsigned places[2], int from, int step)
{
    for (int i = from; i >= (int)places[0] && i < (int)places[1]; i += step)
        if (view->model->rows[view->run->order[i]].there)
            return view->run->order[i];
    return MODEL_KEYS;
}

/* The bound of a range of keys; behind the last is the end of the key spaces. */
static void bound_key(struct cvn_key *ret, unsigned key)
{
    if (key < MODEL_KEYS)
        model_key(ret, key);
    else
        cvn_key_begin(ret, 'w' + 1);
}

int view_init_range(struct view *view, struct cvn_cursor *cursor, const unsigned keys[2],
                    enum cvn_direction direction)
{
    struct cvn_key lo, hi;
    bound_key(&lo, keys[0]);
    bound_key(&hi, keys[1]);
    return cvn_cursor_init(cursor, view->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), direction);
}

/* One step of a cursor over rows against the model's. *ret_key is MODEL_KEYS at the end. */
int view_check_step(struct view *view, struct cvn_cursor *cursor, unsigned expected,
                    unsigned *ret_key)
{
    struct cvn_slice key, value;
    int r = cvn_cursor_next(cursor, &key, &value);
    *ret_key = r == 0 ? model_key_of(key) : MODEL_KEYS;
    if (r != (expected == MODEL_KEYS ? CVN_STORE_ABSENT : 0) || *ret_key != expected ||
        (r == 0 && !same_row(&view->model->rows[expected], value)))
        return view_differs(view->run, r, "a cursor at key", expected);
    return 0;
}

/* A walk over [keys[0], keys[1]); changing, if not NULL, changes rows between the steps. */
int view_check_rows(struct view *view, const unsigned keys[2], enum cvn_direction direction,
                    unsigned limit, int (*change)(struct view *view, uint64_t *dice),
                    uint64_t *dice)
{
    const unsigned places[2] = {view_place_of(view->run, keys[0]),
                                view_place_of(view->run, keys[1])};
    int step = direction == CVN_FORWARD ? 1 : -1;
    int from = direction == CVN_FORWARD ? (int)places[0] : (int)places[1] - 1;
    CVN_CURSOR_AUTO cursor = {0};
    int r = view_init_range(view, &cursor, keys, direction);
    unsigned key = 0;
    for (unsigned i = 0; r == 0 && i < limit && key < MODEL_KEYS; i++) {
        r = view_check_step(view, &cursor, view_next_key(view, places, from, step), &key);
        from = (int)view_place_of(view->run, key) + step;
        if (r == 0 && change)
            r = change(view, dice);
    }
    return r;
}

int view_check_all(struct view *view)
{
    const unsigned everything[2] = {view->run->order[0], MODEL_KEYS};
    int r = view_check_rows(view, everything, CVN_FORWARD, MODEL_KEYS + 1, NULL, NULL);
    return r ? r : view_check_rows(view, everything, CVN_BACKWARD, MODEL_KEYS + 1, NULL, NULL);
}

static bool same_entry(const struct model_entry *expected, const struct cvn_index_entry *entry)
{
    struct cvn_key word, key;
    model_word_key(&word, expected->word);
    model_key(&key, expected->key);
    return cvn_slice_compare(entry->key, cvn_key_slice(&word)) == 0 &&
           cvn_slice_compare(entry->primary, cvn_key_slice(&key)) == 0 && entry->value.len == 1 &&
           *(const uint8_t *)entry->value.data == expected->value;
}

/* Walks entries[from], entries[from + step] ... as long as they are in [0, n), at most limit. */
int view_check_entries(struct view *view, struct cvn_index_cursor *cursor,
                       const struct model_entry *entries, const int range[4])
{
    int at = range[0], n = range[1], step = range[2], limit = range[3];
    for (int i = 0; i < limit; i++, at += step) {
        struct cvn_index_entry entry;
        bool expected = at >= 0 && at < n;
        int r = cvn_index_cursor_next(cursor, &entry);
        if (r != (expected ? 0 : CVN_STORE_ABSENT) ||
            (expected && !same_entry(&entries[at], &entry)))
            return view_differs(view->run, r, "an index cursor at entry", (unsigned)at);
        if (!expected)
            return 0;
    }
    return 0;
}

int view_check_index(struct view *view, unsigned table, unsigned pair, unsigned c)
{
    unsigned words[2] = {pair / (MODEL_WORDS + 1), pair % (MODEL_WORDS + 1)};
    enum cvn_direction direction = c % 2 ? CVN_BACKWARD : CVN_FORWARD;
    struct model_entry all[MODEL_ENTRIES], entries[MODEL_ENTRIES];
    struct cvn_key keys[2];
    struct cvn_slice bounds[2] = {{NULL, 0}, {NULL, 0}}; /* word MODEL_WORDS: no bound */
    int n = 0, n_all = (int)model_entries(view->model, table, all);
    for (unsigned i = 0; i < 2; i++)
        if (words[i] < MODEL_WORDS) {
            model_word_key(&keys[i], words[i]);
            bounds[i] = cvn_key_slice(&keys[i]);
        }
    for (int i = 0; i < n_all; i++) {
        struct cvn_key word;
        model_word_key(&word, all[i].word);
        struct cvn_slice w = cvn_key_slice(&word);
        if ((!bounds[0].len || cvn_slice_compare(w, bounds[0]) >= 0) &&
            (!bounds[1].len || cvn_slice_compare(w, bounds[1]) < 0))
            entries[n++] = all[i];
    }
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, view->txn, model_word_index(table), bounds, direction);
    const int forward[4] = {0, n, 1, (int)c * 4}, backward[4] = {n - 1, n, -1, (int)c * 4};
    return r ? r
             : view_check_entries(view, &cursor, entries,
                                  direction == CVN_FORWARD ? forward : backward);
}

int view_check_lookup(struct view *view, unsigned table, unsigned unique)
{
    struct cvn_key key, primary;
    struct cvn_slice found;
    unsigned expected = model_find_unique(view->model, table, unique);
    model_unique_key(&key, unique);
    int r = cvn_index_lookup(view->txn, model_unique_index(table), cvn_key_slice(&key), &found);
    if (r != (expected == MODEL_KEYS ? CVN_STORE_ABSENT : 0))
        return view_differs(view->run, r, "lookup", unique);
    model_key(&primary, expected % MODEL_KEYS);
    if (r == 0 && cvn_slice_compare(found, cvn_key_slice(&primary)) != 0)
        return view_differs(view->run, r, "lookup finds another row than", expected);
    return 0;
}
