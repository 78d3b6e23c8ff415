#include "services/events/watch/watch_page.h"

#include "services/events/meetups/event_table.h"

#include <errno.h>

/* Of the events that a page is about, and what they were: the largest take a third of it. */
enum { PAGE_BYTES = 32 << 20 };

static int load(struct cvn_watch_page *page, struct cvn_txn *txn, uint64_t after)
{
    CVN_CHANGE_CURSOR_AUTO cursor;
    cvn_watch_page_drop(page);
    int r = cvn_change_cursor_init(&cursor, txn, after);
    while (r == 0 && page->n < CVN_WATCH_PAGE_ENTRIES) {
        struct cvn_watch_entry *entry = &page->entries[page->n];
        *entry = (struct cvn_watch_entry){0};
        r = cvn_change_cursor_next(&cursor, &entry->change);
        if (r)
            break;
        entry->subject = cvn_change_subject_read(&entry->change);
        page->n++;
    }
    if (r && r != CVN_STORE_ABSENT)
        return r;
    page->last = r == CVN_STORE_ABSENT;
    page->after = after;
    page->loaded = true;
    return 0;
}

int cvn_watch_page_seek(struct cvn_watch_page *page, struct cvn_txn *txn, uint64_t after,
                        size_t *ret_i)
{
    bool here = page->loaded && after >= page->after &&
                (after < page->after + page->n || (page->last && after == page->after + page->n));
    int r = here ? 0 : load(page, txn, after);
    if (r == 0)
        *ret_i = (size_t)(after - page->after);
    return r;
}

int cvn_watch_page_read(struct cvn_watch_page *page, struct cvn_ctx *ctx,
                        struct cvn_watch_entry *entry)
{
    bool of_event = entry->subject.kind == CVN_CHANGE_OF_EVENT ||
                    entry->subject.kind == CVN_CHANGE_OF_RSVP ||
                    entry->subject.kind == CVN_CHANGE_OF_COMMENT;
    if (entry->read || !of_event)
        return 0;
    struct cvn_ctx own = *ctx;
    own.arena = &page->arena;
    int r = cvn_event_get(&own, &entry->subject.id, &entry->event);
    if (r == CVN_STORE_ABSENT) {
        entry->event = NULL;
        r = 0;
    }
    if (r == 0 && entry->subject.kind == CVN_CHANGE_OF_EVENT)
        r = cvn_change_read_event(&own, &entry->change, entry->event, &entry->before);
    entry->read = r == 0;
    return r;
}

void cvn_watch_page_drop(struct cvn_watch_page *page)
{
    cvn_arena_deinit(&page->arena);
    cvn_arena_init(&page->arena, PAGE_BYTES);
    page->loaded = false;
    page->n = 0;
}
