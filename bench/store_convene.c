/* The job on Convene's own store: the counter and the RSVPs of an event lie together. */
#include "bench/store_bench.h"
#include "storage/backup.h"
#include "storage/store.h"
#include "storage/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SPACE_EVENTS = 1,
    SPACE_OCCURRENCES = 2,
    KIND_COUNTER = 0,
    KIND_RSVP = 1,
    LOAD_STEP = 10000,
    PATH_BYTES = 1024,
};

static int derive_rsvp(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_key_reader reader;
    struct cvn_key by_person, by_state;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    uint32_t event = cvn_key_get_u32(&reader);
    (void)cvn_key_get_u8(&reader);
    uint32_t person = cvn_key_get_u32(&reader);
    cvn_key_init(&by_person);
    cvn_key_put_u32(&by_person, person);
    cvn_key_init(&by_state);
    cvn_key_put_u32(&by_state, event);
    cvn_key_put_u8(&by_state, *(const uint8_t *)value.data);
    int r = cvn_index_emit(sink, 1, cvn_key_slice(&by_person), cvn_slice(NULL, 0));
    return r ? r : cvn_index_emit(sink, 2, cvn_key_slice(&by_state), cvn_slice(NULL, 0));
}

static const struct cvn_index rsvp_indexes[] = {{"person", 1, false}, {"state", 2, false}};
static const struct cvn_table rsvps = {.name = "rsvps",
                                       .space = SPACE_EVENTS,
                                       .kind_at = 5,
                                       .kind = KIND_RSVP,
                                       .indexes = rsvp_indexes,
                                       .n_indexes = 2,
                                       .derive = derive_rsvp};

/* Starts are in another order than the ids, as they are in life. */
static uint64_t start_of(uint64_t id)
{
    return id * UINT64_C(2654435761) % (UINT64_C(1) << 32);
}

static int derive_occurrence(struct cvn_slice key, struct cvn_slice value,
                             struct cvn_index_sink *sink)
{
    struct cvn_key_reader reader;
    struct cvn_key by_start;
    (void)value;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    cvn_key_init(&by_start);
    cvn_key_put_u64(&by_start, start_of(cvn_key_get_u64(&reader)));
    return cvn_index_emit(sink, 3, cvn_key_slice(&by_start), cvn_slice(NULL, 0));
}

static const struct cvn_index occurrence_indexes[] = {{"start", 3, false}};
static const struct cvn_table occurrences = {.name = "occurrences",
                                             .space = SPACE_OCCURRENCES,
                                             .indexes = occurrence_indexes,
                                             .n_indexes = 1,
                                             .derive = derive_occurrence};

static int put_rsvp(struct cvn_txn *txn, void *arg)
{
    const struct store_rsvp *rsvp = arg;
    struct cvn_key counter, key, taken;
    struct cvn_slice value;
    uint32_t n = 0;
    cvn_key_begin(&counter, SPACE_EVENTS);
    cvn_key_put_u32(&counter, rsvp->event);
    key = counter;
    cvn_key_put_u8(&counter, KIND_COUNTER);
    cvn_key_put_u8(&key, KIND_RSVP);
    cvn_key_put_u32(&key, rsvp->person);
    int r = cvn_txn_get(txn, cvn_key_slice(&counter), &value);
    if (r == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, value);
        n = cvn_key_get_u32(&reader);
    } else if (r != CVN_STORE_ABSENT) {
        return r;
    }
    if (n == STORE_CAPACITY)
        return 1;
    cvn_key_init(&taken);
    cvn_key_put_u32(&taken, n + 1);
    r = cvn_txn_put(txn, cvn_key_slice(&counter), cvn_key_slice(&taken));
    static const uint8_t row[24] = {3};
    return r ? r : cvn_table_put(txn, &rsvps, cvn_key_slice(&key), cvn_slice(row, sizeof row));
}

struct load {
    uint64_t from, until;
};

static int put_occurrences(struct cvn_txn *txn, void *arg)
{
    static const char row[120] = "An evening about C, with room for questions";
    const struct load *load = arg;
    int r = 0;
    for (uint64_t id = load->from; r == 0 && id < load->until; id++) {
        struct cvn_key key;
        cvn_key_begin(&key, SPACE_OCCURRENCES);
        cvn_key_put_u64(&key, id);
        r = cvn_table_put(txn, &occurrences, cvn_key_slice(&key), cvn_slice(row, sizeof row));
    }
    return r;
}

static void convene_close(void *store)
{
    cvn_store_close(store);
}

static struct cvn_store *open_store(const char *directory)
{
    struct cvn_store *store;
    struct cvn_error err = {""};
    const struct cvn_store_options options = {.path = directory, .map_bytes = UINT64_C(16) << 30};
    if (cvn_store_open(&store, &options, &err) == 0)
        return store;
    fprintf(stderr, "%s\n", err.text);
    return NULL;
}

static int load_occurrences(struct cvn_store *store, uint64_t n_occurrences)
{
    int r = 0;
    for (uint64_t at = 0; r == 0 && at < n_occurrences; at += LOAD_STEP) {
        struct load load = {at, at + LOAD_STEP < n_occurrences ? at + LOAD_STEP : n_occurrences};
        r = cvn_store_update(store, put_occurrences, &load, 0);
    }
    return r;
}

/* As convened compact leaves a store, since the others' indexes are made when all rows are there.
 */
static int compact(struct cvn_store *loaded, struct cvn_store *store)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(loaded, &snapshot);
    if (r == 0) {
        r = cvn_backup_copy(snapshot, store, NULL);
        cvn_snapshot_release(snapshot);
    }
    return r;
}

static int convene_open(void **ret, const char *directory, uint64_t n_occurrences)
{
    char path[PATH_BYTES];
    (void)snprintf(path, sizeof path, "%s/loaded", directory);
    struct cvn_store *loaded = open_store(path), *store = open_store(directory);
    int r = loaded && store ? load_occurrences(loaded, n_occurrences) : 1;
    if (r == 0)
        r = compact(loaded, store);
    cvn_store_close(loaded);
    if (r) {
        fprintf(stderr, "Loading fails with %d.\n", r);
        cvn_store_close(store);
        return 1;
    }
    *ret = store;
    return 0;
}

static int convene_write(void *store, unsigned caller, const struct store_rsvp *rsvp)
{
    struct store_rsvp copy = *rsvp;
    (void)caller;
    return cvn_store_update(store, put_rsvp, &copy, 0);
}

static int convene_get(void *store, unsigned reader, uint64_t id)
{
    struct cvn_txn *txn;
    struct cvn_key key;
    struct cvn_slice row;
    (void)reader;
    cvn_key_begin(&key, SPACE_OCCURRENCES);
    cvn_key_put_u64(&key, id);
    if (cvn_store_snapshot(store, &txn) != 0)
        return 1;
    int r = cvn_table_get(txn, &occurrences, cvn_key_slice(&key), &row);
    cvn_snapshot_release(txn);
    return r;
}

static int convene_list(void *store, unsigned reader, uint64_t from)
{
    struct cvn_txn *txn;
    struct cvn_key lo;
    (void)reader;
    if (cvn_store_snapshot(store, &txn) != 0)
        return 1;
    cvn_key_init(&lo);
    cvn_key_put_u64(&lo, start_of(from));
    const struct cvn_slice bounds[2] = {cvn_key_slice(&lo), cvn_slice(NULL, 0)};
    struct cvn_index_cursor cursor;
    struct cvn_index_entry entry;
    struct cvn_slice row;
    int r = cvn_index_cursor_init(&cursor, txn, &occurrence_indexes[0], bounds, CVN_FORWARD);
    for (unsigned i = 0; r == 0 && i < STORE_LIST; i++) {
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r == 0)
            r = cvn_table_get(txn, &occurrences, entry.primary, &row);
    }
    cvn_index_cursor_deinit(&cursor);
    cvn_snapshot_release(txn);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

const struct store_backend store_convene = {.name = "convene",
                                            .open = convene_open,
                                            .close = convene_close,
                                            .write = convene_write,
                                            .get = convene_get,
                                            .list = convene_list};
