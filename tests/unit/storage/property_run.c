/* Runs a list of operations on a store and on the model, and compares at every step. */
#include "storage/change_log.h"
#include "storage/engine.h"
#include "storage/engine_memory.h"
#include "storage/store.h"
#include "storage/verify.h"
#include "tests/support/dice.h"
#include "tests/unit/storage/property_model.h"
#include "tests/unit/storage/property_ops.h"
#include "tests/unit/storage/property_view.h"
#include "tests/unit/storage/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGERS = 3, HOLDS = 2, WALK_STEPS = 12, ABORTED = 77, BATCH_UPDATES = 16 };

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
    struct agreement agreement;
    struct model committed, working;
    struct hold holds[HOLDS];
    struct pager pagers[PAGERS];
};

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
        return view_differs(view->run, r, "put", key);
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
        return view_differs(view->run, r, "delete", key);
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
    return view_check_rows(view, (unsigned[2]){op->a, op->b}, direction, WALK_STEPS,
                           change_something, &dice);
}

static int do_change(struct view *view)
{
    uint64_t sequence;
    struct cvn_change change = {.kind = text("made"), .subject = text("property")};
    int r = cvn_change_append(view->txn, &change, &sequence);
    if (r)
        return r;
    if (sequence != ++view->model->last_change)
        return view_differs(view->run, r, "change", (unsigned)sequence);
    return 0;
}

static int do_read(struct view *view, const struct op *op)
{
    if (op->kind == OP_GET)
        return view_check_get(view, op->a);
    if (op->kind == OP_RANGE)
        return view_check_rows(view, (unsigned[2]){op->a, op->b},
                               op->c % 2 ? CVN_BACKWARD : CVN_FORWARD, op->c, NULL, NULL);
    if (op->kind == OP_INDEX)
        return view_check_index(view, op->a, op->b, op->c);
    return view_check_lookup(view, op->a, op->b);
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
    struct view view = {&run->agreement, txn, &run->working};
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
            return view_disagree(&run->agreement, "an update was not accepted");
    }
    run->working = run->committed;
    while (cvn_store_run_batch(run->store))
        ;
    run->committed = run->working;
    for (size_t i = 0; i < n_units && !run->agreement.failure[0]; i++) {
        int expected = units[i].late ? CVN_STORE_EXPIRED : units[i].aborts ? ABORTED : 0;
        if (units[i].result != expected)
            return view_disagree(&run->agreement, "update %zu ended with %d, not %d", i,
                                 units[i].result, expected);
    }
    return run->agreement.failure[0] ? DISAGREED : 0;
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
        r = view_check_entries(view, &cursor, entries, (int[4]){from, n, step, (int)count});
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
    int r = view_init_range(view, &cursor, keys, pager->direction);
    if (r == 0 && pager->resumed) {
        struct cvn_key last;
        model_key(&last, pager->last_key);
        r = cvn_cursor_resume(&cursor, cvn_key_slice(&last));
        from = (int)view_place_of(view->run, pager->last_key) + step;
    }
    unsigned key = 0;
    for (unsigned i = 0; r == 0 && i < count && key < MODEL_KEYS; i++) {
        r = view_check_step(view, &cursor, view_next_key(view, places, from, step), &key);
        from = (int)view_place_of(view->run, key) + step;
        if (key < MODEL_KEYS)
            pager->last_key = key;
    }
    pager->active = key < MODEL_KEYS;
    pager->resumed = true;
    return r;
}

static int do_page(struct run *run, struct view *view, const struct op *op)
{
    struct pager *pager = &run->pagers[op->a];
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
    int r = report ? cvn_store_verify(view->txn, model_tables, NULL, report) : -ENOMEM;
    model_count(view->model, &n_rows, &n_entries);
    if (r == 0 && report->n_findings)
        r = view_disagree(view->run, "verify: %s", report->findings[0]);
    else if (r == 0 && (report->n_rows != n_rows || report->n_entries != n_entries ||
                        report->last_change != view->model->last_change))
        r = view_disagree(view->run,
                          "verify counts %llu rows, %llu entries, %llu changes; not so many",
                          (unsigned long long)report->n_rows, (unsigned long long)report->n_entries,
                          (unsigned long long)report->last_change);
    free(report);
    return r ? r : view_check_all(view);
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
    return r ? view_disagree(&run->agreement, "the store does not open: %s", err.text) : 0;
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
    struct view view = {&run->agreement, hold->txn, &hold->model};
    int r = view_check_all(&view);
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
    struct view view = {&run->agreement, NULL, &run->committed};
    int r = cvn_store_snapshot(run->store, &view.txn);
    if (r)
        return r;
    if (op->kind == OP_PAGE)
        r = do_page(run, &view, op);
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
    run->agreement.failure = failure;
    run->memory = cvn_memory_new();
    model_order(run->agreement.order);
    (void)snprintf(run->path, sizeof run->path, "/tmp/convene-store-XXXXXX");
    int r = mkdtemp(run->path) ? run_all(run, ops) : -errno;
    if (r && !failure[0])
        (void)view_disagree(&run->agreement, "the store failed with %d", r);
    release(run);
    cvn_store_close(run->store);
    cvn_memory_free(run->memory);
    scratch_remove_directory(run->path);
    free(run);
    return failure[0] == '\0';
}
