/* Runs a list of operations on a store and on the model, and compares at every step. */
#include "storage/change_log.h"
#include "storage/engine.h"
#include "storage/engine_memory.h"
#include "storage/store.h"
#include "storage/verify.h"
#include "tests/support/dice.h"
#include "tests/unit/storage/property_model.h"
#include "tests/unit/storage/property_ops.h"
#include "tests/unit/storage/scratch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGERS = 3, HOLDS = 2, WALK_STEPS = 12, ABORTED = 77, DISAGREED = 78, BATCH_UPDATES = 16 };

/* Where a page ended: rows of all tables by key, or the entries of a table's word index. */
struct pager {
    bool active, resumed;
    unsigned table; /* 2: rows */
    enum cvn_direction direction;
    unsigned last_key;
    struct model_entry last_entry;
};

struct hold {
    struct cvn_txn *txn;
    struct model model;
};

struct run {
    const struct ops_store *on;
    char path[64];
    struct cvn_memory *memory;
    struct cvn_store *store;
    uint8_t order[MODEL_KEYS];
    struct model committed, working;
    struct hold holds[HOLDS];
    struct pager pagers[PAGERS];
    char *failure;
};

/* A transaction and what it should show. */
struct view {
    struct run *run;
    struct cvn_txn *txn;
    struct model *model;
};

static int __attribute__((format(printf, 2, 3))) disagree(struct run *run, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!run->failure[0])
        (void)vsnprintf(run->failure, OPS_FAILURE_BYTES, format, args);
    va_end(args);
    return DISAGREED;
}

/* Passes on that the map is full, after which the update is run again; else says what differs. */
static int differs(struct run *run, int r, const char *what, unsigned at)
{
    if (r == CVN_ENGINE_FULL)
        return r;
    return disagree(run, "%s %u: the store and the model differ (result %d)", what, at, r);
}

static bool same_row(const struct model_row *row, struct cvn_slice value)
{
    uint8_t buffer[MODEL_ROW_BYTES];
    return cvn_slice_compare(model_pack(row, buffer), value) == 0;
}

static int check_get(struct view *view, unsigned key)
{
    struct cvn_key k;
    struct cvn_slice value;
    const struct model_row *row = &view->model->rows[key];
    model_key(&k, key);
    int r = cvn_table_get(view->txn, model_tables[model_table_of(key)], cvn_key_slice(&k), &value);
    if (r != (row->there ? 0 : CVN_STORE_ABSENT) || (r == 0 && !same_row(row, value)))
        return differs(view->run, r, "get", key);
    return 0;
}

/* The place in the order of keys from which on they are at or above the bound. */
static unsigned place_of(struct run *run, unsigned key)
{
    for (unsigned i = 0; i < MODEL_KEYS; i++)
        if (run->order[i] == key)
            return i;
    return MODEL_KEYS;
}

/* The next key of the model beyond a place, in [lo, hi); MODEL_KEYS when there is none. */
static unsigned next_key(const struct view *view, const unsigned places[2], int from, int step)
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

static int init_range(struct view *view, struct cvn_cursor *cursor, const unsigned keys[2],
                      enum cvn_direction direction)
{
    struct cvn_key lo, hi;
    bound_key(&lo, keys[0]);
    bound_key(&hi, keys[1]);
    return cvn_cursor_init(cursor, view->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), direction);
}

/* One step of a cursor over rows against the model's. *ret_key is MODEL_KEYS at the end. */
static int check_step(struct view *view, struct cvn_cursor *cursor, unsigned expected,
                      unsigned *ret_key)
{
    struct cvn_slice key, value;
    int r = cvn_cursor_next(cursor, &key, &value);
    *ret_key = r == 0 ? model_key_of(key) : MODEL_KEYS;
    if (r != (expected == MODEL_KEYS ? CVN_STORE_ABSENT : 0) || *ret_key != expected ||
        (r == 0 && !same_row(&view->model->rows[expected], value)))
        return differs(view->run, r, "a cursor at key", expected);
    return 0;
}

/* A walk over [keys[0], keys[1]); changing, if not NULL, changes rows between the steps. */
static int check_rows(struct view *view, const unsigned keys[2], enum cvn_direction direction,
                      unsigned limit, int (*change)(struct view *view, uint64_t *dice),
                      uint64_t *dice)
{
    const unsigned places[2] = {place_of(view->run, keys[0]), place_of(view->run, keys[1])};
    int step = direction == CVN_FORWARD ? 1 : -1;
    int from = direction == CVN_FORWARD ? (int)places[0] : (int)places[1] - 1;
    CVN_CURSOR_AUTO cursor = {0};
    int r = init_range(view, &cursor, keys, direction);
    unsigned key = 0;
    for (unsigned i = 0; r == 0 && i < limit && key < MODEL_KEYS; i++) {
        r = check_step(view, &cursor, next_key(view, places, from, step), &key);
        from = (int)place_of(view->run, key) + step;
        if (r == 0 && change)
            r = change(view, dice);
    }
    return r;
}

static int check_all(struct view *view)
{
    const unsigned everything[2] = {view->run->order[0], MODEL_KEYS};
    int r = check_rows(view, everything, CVN_FORWARD, MODEL_KEYS + 1, NULL, NULL);
    return r ? r : check_rows(view, everything, CVN_BACKWARD, MODEL_KEYS + 1, NULL, NULL);
}

static bool same_entry(const struct model_entry *expected, unsigned table,
                       const struct cvn_index_entry *entry)
{
    struct cvn_key word, key;
    model_word_key(&word, expected->word);
    model_key(&key, expected->key);
    return cvn_slice_compare(entry->key, cvn_key_slice(&word)) == 0 &&
           cvn_slice_compare(entry->primary, cvn_key_slice(&key)) == 0 && entry->value.len == 1 &&
           *(const uint8_t *)entry->value.data == expected->value;
}

/* Walks entries[from], entries[from + step] ... as long as they are in [0, n), at most limit. */
static int check_entries(struct view *view, struct cvn_index_cursor *cursor, unsigned table,
                         const struct model_entry *entries, const int range[4])
{
    int at = range[0], n = range[1], step = range[2], limit = range[3];
    for (int i = 0; i < limit; i++, at += step) {
        struct cvn_index_entry entry;
        bool expected = at >= 0 && at < n;
        int r = cvn_index_cursor_next(cursor, &entry);
        if (r != (expected ? 0 : CVN_STORE_ABSENT) ||
            (expected && !same_entry(&entries[at], table, &entry)))
            return differs(view->run, r, "an index cursor at entry", (unsigned)at);
        if (!expected)
            return 0;
    }
    return 0;
}

static int check_index(struct view *view, const struct op *op)
{
    unsigned words[2] = {op->b / (MODEL_WORDS + 1), op->b % (MODEL_WORDS + 1)};
    enum cvn_direction direction = op->c % 2 ? CVN_BACKWARD : CVN_FORWARD;
    struct model_entry all[MODEL_ENTRIES], entries[MODEL_ENTRIES];
    struct cvn_key keys[2];
    struct cvn_slice bounds[2] = {{NULL, 0}, {NULL, 0}}; /* word MODEL_WORDS: no bound */
    int n = 0, n_all = (int)model_entries(view->model, op->a, all);
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
    int r = cvn_index_cursor_init(&cursor, view->txn, model_word_index(op->a), bounds, direction);
    const int forward[4] = {0, n, 1, (int)op->c * 4}, backward[4] = {n - 1, n, -1, (int)op->c * 4};
    return r ? r
             : check_entries(view, &cursor, op->a, entries,
                             direction == CVN_FORWARD ? forward : backward);
}

static int check_lookup(struct view *view, unsigned table, unsigned unique)
{
    struct cvn_key key, primary;
    struct cvn_slice found;
    unsigned expected = model_find_unique(view->model, table, unique);
    model_unique_key(&key, unique);
    int r = cvn_index_lookup(view->txn, model_unique_index(table), cvn_key_slice(&key), &found);
    if (r != (expected == MODEL_KEYS ? CVN_STORE_ABSENT : 0))
        return differs(view->run, r, "lookup", unique);
    model_key(&primary, expected % MODEL_KEYS);
    if (r == 0 && cvn_slice_compare(found, cvn_key_slice(&primary)) != 0)
        return differs(view->run, r, "lookup finds another row than", expected);
    return 0;
}

static int do_put(struct view *view, unsigned key, uint32_t number)
{
    uint8_t buffer[MODEL_ROW_BYTES];
    struct model_row row = model_row_of(number);
    struct cvn_key k;
    model_key(&k, key);
    int expected = model_is_duplicate(view->model, key, &row) ? CVN_TABLE_DUPLICATE : 0;
    int r = cvn_table_put(view->txn, model_tables[model_table_of(key)], cvn_key_slice(&k),
                          model_pack(&row, buffer));
    if (r != expected)
        return differs(view->run, r, "put", key);
    if (r == 0)
        view->model->rows[key] = row;
    return 0;
}

static int do_delete(struct view *view, unsigned key)
{
    struct cvn_key k;
    model_key(&k, key);
    struct model_row *row = &view->model->rows[key];
    int r = cvn_table_delete(view->txn, model_tables[model_table_of(key)], cvn_key_slice(&k));
    if (r != (row->there ? 0 : CVN_STORE_ABSENT))
        return differs(view->run, r, "delete", key);
    *row = (struct model_row){0};
    return 0;
}

static int change_something(struct view *view, uint64_t *dice)
{
    unsigned key = dice_below(dice, MODEL_KEYS);
    switch (dice_below(dice, 4)) {
    case 0:
        return do_put(view, key, dice_below(dice, 1000));
    case 1:
    case 2:
        return do_delete(view, key);
    default:
        return 0;
    }
}

static int do_walk(struct view *view, const struct op *op)
{
    uint64_t dice = op->c;
    enum cvn_direction direction = op->c % 2 ? CVN_BACKWARD : CVN_FORWARD;
    return check_rows(view, (unsigned[2]){op->a, op->b}, direction, WALK_STEPS, change_something,
                      &dice);
}

static int do_change(struct view *view)
{
    uint64_t sequence;
    struct cvn_change change = {.kind = text("made"), .subject = text("property")};
    int r = cvn_change_append(view->txn, &change, &sequence);
    if (r)
        return r;
    if (sequence != ++view->model->last_change)
        return differs(view->run, r, "change", (unsigned)sequence);
    return 0;
}

static int do_read(struct view *view, const struct op *op)
{
    if (op->kind == OP_GET)
        return check_get(view, op->a);
    if (op->kind == OP_RANGE)
        return check_rows(view, (unsigned[2]){op->a, op->b}, op->c % 2 ? CVN_BACKWARD : CVN_FORWARD,
                          op->c, NULL, NULL);
    if (op->kind == OP_INDEX)
        return check_index(view, op);
    return check_lookup(view, op->a, op->b);
}

static int do_in_update(struct view *view, const struct op *op)
{
    switch (op->kind) {
    case OP_PUT:
        return do_put(view, op->a, op->b);
    case OP_DELETE:
        return do_delete(view, op->a);
    case OP_WALK:
        return do_walk(view, op);
    case OP_CHANGE:
        return do_change(view);
    case OP_GET:
    case OP_RANGE:
    case OP_INDEX:
    case OP_LOOKUP:
        return do_read(view, op);
    case OP_ABORT:
    case OP_LATE:
    case OP_PAGE:
    case OP_HOLD:
    case OP_HELD:
    case OP_VERIFY:
    case OP_REOPEN:
        break;
    }
    return 0;
}

/* One update of a batch. */
struct unit {
    struct run *run;
    const struct op *ops;
    size_t n;
    bool first, aborts, late;
    struct cvn_update update;
    int result;
};

static int run_unit(struct cvn_txn *txn, void *arg)
{
    struct unit *unit = arg;
    struct run *run = unit->run;
    if (unit->first) /* the first time, or again after the map grew */
        run->working = run->committed;
    struct model before = run->working;
    struct view view = {run, txn, &run->working};
    int r = 0;
    for (size_t i = 0; r == 0 && i < unit->n; i++)
        r = do_in_update(&view, &unit->ops[i]);
    if (r == 0 && unit->aborts) {
        run->working = before;
        r = ABORTED;
    }
    return r;
}

static void end_unit(void *arg, int result)
{
    ((struct unit *)arg)->result = result;
}

/* Splits the operations of a batch into updates. Returns how many. */
static size_t split_batch(struct run *run, const struct op *ops, size_t n,
                          struct unit units[BATCH_UPDATES])
{
    size_t n_units = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || ops[i].update != ops[i - 1].update) {
            if (n_units == BATCH_UPDATES)
                break;
            units[n_units++] = (struct unit){.run = run, .ops = &ops[i]};
        }
        struct unit *unit = &units[n_units - 1];
        unit->n++;
        unit->aborts |= ops[i].kind == OP_ABORT;
        unit->late |= ops[i].kind == OP_LATE;
    }
    return n_units;
}

static int run_batch(struct run *run, const struct op *ops, size_t n)
{
    struct unit units[BATCH_UPDATES];
    size_t n_units = split_batch(run, ops, n, units);
    bool first = true;
    for (size_t i = 0; i < n_units; i++) {
        struct unit *unit = &units[i];
        unit->first = first && !unit->late;
        first = first && unit->late;
        unit->update = (struct cvn_update){
            .run = run_unit, .done = end_unit, .arg = unit, .deadline_ns = unit->late ? 1 : 0};
        if (cvn_store_submit(run->store, &unit->update) != 0)
            return disagree(run, "an update was not accepted");
    }
    run->working = run->committed;
    while (cvn_store_run_batch(run->store))
        ;
    run->committed = run->working;
    for (size_t i = 0; i < n_units && !run->failure[0]; i++) {
        int expected = units[i].late ? CVN_STORE_EXPIRED : units[i].aborts ? ABORTED : 0;
        if (units[i].result != expected)
            return disagree(run, "update %zu ended with %d, not %d", i, units[i].result, expected);
    }
    return run->failure[0] ? DISAGREED : 0;
}

/* The entries of the pager's list beyond its last one, in its direction. */
static int page_entries(struct view *view, struct pager *pager, unsigned count)
{
    const struct cvn_slice open[2] = {{NULL, 0}, {NULL, 0}};
    struct model_entry entries[MODEL_ENTRIES];
    int n = (int)model_entries(view->model, pager->table, entries);
    int step = pager->direction == CVN_FORWARD ? 1 : -1, from = step > 0 ? 0 : n - 1;
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, view->txn, model_word_index(pager->table), open,
                                  pager->direction);
    if (r == 0 && pager->resumed) {
        struct cvn_key word, key;
        model_word_key(&word, pager->last_entry.word);
        model_key(&key, pager->last_entry.key);
        r = cvn_index_cursor_resume(&cursor, cvn_key_slice(&word), cvn_key_slice(&key));
        while (from >= 0 && from < n &&
               model_compare_entries(&entries[from], &pager->last_entry) * step <= 0)
            from += step;
    }
    if (r == 0)
        r = check_entries(view, &cursor, pager->table, entries,
                          (int[4]){from, n, step, (int)count});
    int last = from + step * ((int)count - 1);
    pager->active = last >= 0 && last < n;
    pager->resumed = true;
    if (pager->active)
        pager->last_entry = entries[last];
    return r;
}

static int page_rows(struct view *view, struct pager *pager, unsigned count)
{
    const unsigned keys[2] = {view->run->order[0], MODEL_KEYS}, places[2] = {0, MODEL_KEYS};
    int step = pager->direction == CVN_FORWARD ? 1 : -1, from = step > 0 ? 0 : MODEL_KEYS - 1;
    CVN_CURSOR_AUTO cursor = {0};
    int r = init_range(view, &cursor, keys, pager->direction);
    if (r == 0 && pager->resumed) {
        struct cvn_key last;
        model_key(&last, pager->last_key);
        r = cvn_cursor_resume(&cursor, cvn_key_slice(&last));
        from = (int)place_of(view->run, pager->last_key) + step;
    }
    unsigned key = 0;
    for (unsigned i = 0; r == 0 && i < count && key < MODEL_KEYS; i++) {
        r = check_step(view, &cursor, next_key(view, places, from, step), &key);
        from = (int)place_of(view->run, key) + step;
        if (key < MODEL_KEYS)
            pager->last_key = key;
    }
    pager->active = key < MODEL_KEYS;
    pager->resumed = true;
    return r;
}

static int do_page(struct view *view, const struct op *op)
{
    struct pager *pager = &view->run->pagers[op->a];
    if (!pager->active)
        *pager = (struct pager){.active = true,
                                .table = op->c / 2,
                                .direction = op->c % 2 ? CVN_BACKWARD : CVN_FORWARD};
    return pager->table == 2 ? page_rows(view, pager, op->b) : page_entries(view, pager, op->b);
}

static int do_verify(struct view *view)
{
    struct cvn_verify_report *report = calloc(1, sizeof *report);
    uint64_t n_rows, n_entries;
    int r = report ? cvn_store_verify(view->txn, model_tables, report) : -ENOMEM;
    model_count(view->model, &n_rows, &n_entries);
    if (r == 0 && report->n_findings)
        r = disagree(view->run, "verify: %s", report->findings[0]);
    else if (r == 0 && (report->n_rows != n_rows || report->n_entries != n_entries ||
                        report->last_change != view->model->last_change))
        r = disagree(view->run, "verify counts %llu rows, %llu entries, %llu changes; not so many",
                     (unsigned long long)report->n_rows, (unsigned long long)report->n_entries,
                     (unsigned long long)report->last_change);
    free(report);
    return r ? r : check_all(view);
}

static int open_store(struct run *run)
{
    struct cvn_error err = {""};
    const struct cvn_store_options options = {.path = run->path,
                                              .engine = run->on->engine,
                                              .memory = run->memory,
                                              .map_bytes = run->on->map_bytes,
                                              .manual = true};
    int r = cvn_store_open(&run->store, &options, &err);
    return r ? disagree(run, "the store does not open: %s", err.text) : 0;
}

static void release(struct run *run)
{
    for (unsigned i = 0; i < HOLDS; i++) {
        cvn_snapshot_release(run->holds[i].txn);
        run->holds[i].txn = NULL;
    }
}

static int do_reopen(struct run *run)
{
    release(run);
    cvn_store_close(run->store);
    run->store = NULL;
    return open_store(run);
}

static int do_hold(struct run *run, const struct op *op)
{
    struct hold *hold = &run->holds[op->a];
    if (!run->on->hold)
        return 0;
    if (!hold->txn && op->kind == OP_HOLD) {
        hold->model = run->committed;
        return cvn_store_snapshot(run->store, &hold->txn);
    }
    if (!hold->txn)
        return 0;
    struct view view = {run, hold->txn, &hold->model};
    int r = check_all(&view);
    if (op->kind == OP_HOLD) {
        cvn_snapshot_release(hold->txn);
        hold->txn = NULL;
    }
    return r;
}

static int do_between(struct run *run, const struct op *op)
{
    if (op->kind == OP_REOPEN)
        return do_reopen(run);
    if (op->kind == OP_HOLD || op->kind == OP_HELD)
        return do_hold(run, op);
    struct view view = {run, NULL, &run->committed};
    int r = cvn_store_snapshot(run->store, &view.txn);
    if (r)
        return r;
    if (op->kind == OP_PAGE)
        r = do_page(&view, op);
    else if (op->kind == OP_VERIFY)
        r = do_verify(&view);
    else
        r = do_read(&view, op);
    cvn_snapshot_release(view.txn);
    return r;
}

static int run_all(struct run *run, const struct ops *ops)
{
    int r = open_store(run);
    for (size_t i = 0; r == 0 && i < ops->n;) {
        size_t n = 1;
        while (ops->at[i].batch && i + n < ops->n && ops->at[i + n].batch == ops->at[i].batch)
            n++;
        r = ops->at[i].batch ? run_batch(run, &ops->at[i], n) : do_between(run, &ops->at[i]);
        i += n;
    }
    if (r == 0)
        r = do_between(run, &(struct op){.kind = OP_VERIFY});
    return r;
}

bool ops_run(const struct ops *ops, const struct ops_store *store, char failure[OPS_FAILURE_BYTES])
{
    struct run *run = calloc(1, sizeof *run);
    failure[0] = '\0';
    if (!run)
        return false;
    run->on = store;
    run->failure = failure;
    run->memory = cvn_memory_new();
    model_order(run->order);
    (void)snprintf(run->path, sizeof run->path, "/tmp/convene-store-XXXXXX");
    int r = mkdtemp(run->path) ? run_all(run, ops) : -errno;
    if (r && !failure[0])
        (void)disagree(run, "the store failed with %d", r);
    release(run);
    cvn_store_close(run->store);
    cvn_memory_free(run->memory);
    scratch_remove_directory(run->path);
    free(run);
    return failure[0] == '\0';
}
