/*
 * Checks a whole store against itself: that keys are in order, every index entry is what its row
 * derives and no other is there, changes are numbered without a gap, and replay records and their
 * order of time agree. Offered as `convene admin check`.
 */
#ifndef CVN_STORAGE_VERIFY_H
#define CVN_STORAGE_VERIFY_H

#include "storage/progress.h"
#include "storage/table.h"
#include "storage/txn.h"

#include <stdint.h>

enum {
    CVN_VERIFY_FINDINGS_KEPT = 32,
    CVN_VERIFY_TEXT_BYTES = 256,
};

/* What was looked at and what was found. */
struct cvn_verify_report {
    uint64_t n_keys;
    uint64_t n_rows;
    uint64_t n_entries;
    uint64_t n_changes;
    uint64_t n_replays;
    uint64_t last_change;
    uint64_t n_findings;
    char findings[CVN_VERIFY_FINDINGS_KEPT][CVN_VERIFY_TEXT_BYTES]; /* the first, as sentences */
};

/* How many sentences the report holds. */
size_t cvn_verify_n_kept(const struct cvn_verify_report *report);

/*
 * What a service looks at beside: what its rows say of one another. Called with the same snapshot
 * when the store was gone through; adds to the report's findings. 0, what progress returned, or a
 * fault.
 */
typedef int cvn_verify_audit(struct cvn_txn *txn, const struct cvn_progress *progress,
                             struct cvn_verify_report *report);

/* Adds a finding, a sentence; those behind the ones that are kept are counted. */
void cvn_verify_note(struct cvn_verify_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Looks at everything the snapshot shows: goes through all keys once, and for each row to its index
 * entries, for each entry to its row. tables as for struct cvn_table_check; progress may be NULL. 0
 * also when there were findings; what progress returned; a fault when the store could not be read.
 * Reads only, so a store that is open read-only will do.
 */
int cvn_store_verify(struct cvn_txn *txn, const struct cvn_table *const *tables,
                     const struct cvn_progress *progress, struct cvn_verify_report *ret);

#endif
