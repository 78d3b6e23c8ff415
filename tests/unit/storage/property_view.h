/* What a transaction should show, and the comparison of the two. */
#ifndef CVN_TESTS_PROPERTY_VIEW_H
#define CVN_TESTS_PROPERTY_VIEW_H

#include "storage/table.h"
#include "tests/unit/storage/property_model.h"

enum { DISAGREED = 78 };

/* How far a run's store and model agree. */
struct agreement {
    uint8_t order[MODEL_KEYS]; /* key numbers by their bytes */
    char *failure;             /* OPS_FAILURE_BYTES; "" while they agree */
};

struct view {
    struct agreement *run;
    struct cvn_txn *txn;
    struct model *model;
};

/* Notes the first disagreement. Always DISAGREED. */
int view_disagree(struct agreement *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for a result; but passes on that the map is full, after which the update runs again. */
int view_differs(struct agreement *run, int r, const char *what, unsigned at);

/* All of these: 0, DISAGREED, or that the map is full. */
int view_check_get(struct view *view, unsigned key);
/* A walk over [keys[0], keys[1]); change, if not NULL, is called between the steps. */
int view_check_rows(struct view *view, const unsigned keys[2], enum cvn_direction direction,
                    unsigned limit, int (*change)(struct view *view, uint64_t *dice),
                    uint64_t *dice);
int view_check_all(struct view *view);
int view_check_lookup(struct view *view, unsigned table, unsigned unique);
/* words: two of them, MODEL_WORDS for no bound. */
int view_check_index(struct view *view, unsigned table, unsigned words, unsigned c);

/* Pieces of the above, for pages. The place of a key in the order of keys. */
unsigned view_place_of(const struct agreement *run, unsigned key);
/* The model's next key from a place on, in [lo, hi); MODEL_KEYS when there is none. */
unsigned view_next_key(const struct view *view, const unsigned places[2], int from, int step);
int view_init_range(struct view *view, struct cvn_cursor *cursor, const unsigned keys[2],
                    enum cvn_direction direction);
/* One step of a cursor over rows. *ret_key is MODEL_KEYS at the end. */
int view_check_step(struct view *view, struct cvn_cursor *cursor, unsigned expected,
                    unsigned *ret_key);
/* Walks entries[range[0]], entries[range[0] + step] ...: range is from, n, step, limit. */
int view_check_entries(struct view *view, struct cvn_index_cursor *cursor,
                       const struct model_entry *entries, const int range[4]);

#endif
