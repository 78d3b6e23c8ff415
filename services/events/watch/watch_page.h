/*
 * A stretch of the change log as it stands in one snapshot, read once for all who follow the log
 * there, with the events that it is about.
 */
#ifndef CVN_SERVICES_EVENTS_WATCH_WATCH_PAGE_H
#define CVN_SERVICES_EVENTS_WATCH_WATCH_PAGE_H

#include "services/events/change_row.h"

enum { CVN_WATCH_PAGE_ENTRIES = 64 };

struct cvn_watch_entry {
    struct cvn_change change; /* borrowed from the snapshot */
    struct cvn_change_subject subject;
    bool read;                          /* the two below */
    Convene__Events__V1__Event *event;  /* as it is; NULL: there is none any more */
    Convene__Events__V1__Event *before; /* the change, as far as that was noted; or NULL */
};

/* Embedded by value; the fields are its own but for entries. Zeroed it is empty. */
struct cvn_watch_page {
    struct cvn_arena arena;
    bool loaded;
    bool last;      /* there is nothing behind it yet */
    uint64_t after; /* the first entry is the one behind this */
    size_t n;
    struct cvn_watch_entry entries[CVN_WATCH_PAGE_ENTRIES];
};

/*
 * Makes the page one that holds what comes behind after, unless it does so already; *ret_i is
 * where, and n when nothing does. 0; CVN_CHANGE_TRIMMED or CVN_CHANGE_AHEAD; a fault.
 */
int cvn_watch_page_seek(struct cvn_watch_page *page, struct cvn_txn *txn, uint64_t after,
                        size_t *ret_i);

/* Reads what an entry is about, the first time. 0 or a fault. */
int cvn_watch_page_read(struct cvn_watch_page *page, struct cvn_ctx *ctx,
                        struct cvn_watch_entry *entry);

/* Forgets all; before the snapshot is released. */
void cvn_watch_page_drop(struct cvn_watch_page *page);

#endif
