/*
 * One page of a list whose rows lie under one prefix of keys, or whose entries lie under one or two
 * prefixes of an index, in their order there.
 */
#ifndef CVN_SERVICES_EVENTS_ROW_LIST_H
#define CVN_SERVICES_EVENTS_ROW_LIST_H

#include "services/runtime/ctx.h"
#include "storage/table.h"

enum {
    CVN_ROW_LIST_PAGE_DEFAULT = 50,
    CVN_ROW_LIST_PAGE_MAX = 1000,
    CVN_ROW_LIST_PREFIXES = 2,
    CVN_ROW_LIST_SCAN_MAX = 5000, /* rows looked at for one page, which may then be short */
};

struct cvn_row_list {
    const struct cvn_index *index; /* NULL: the prefixes are of the rows' own keys */
    bool descending;               /* the last first; with one prefix */
    size_t n_prefixes;
    struct cvn_key prefixes[CVN_ROW_LIST_PREFIXES]; /* ascending */
    /*
     * Puts a row on the page, or leaves it out. key is the row's own, value what lies there: the
     * row, or what an index keeps with it; both are borrowed from the transaction. 0 or a fault.
     */
    int (*take)(struct cvn_ctx *ctx, void *arg, struct cvn_slice key, struct cvn_slice value,
                bool *ret_taken);
    void *arg;
};

/* A place in a list: behind the row that was looked at last. len 0: before the first. */
struct cvn_row_place {
    uint8_t bytes[2 * CVN_KEY_BYTES_MAX + 2];
    size_t len;
};

/*
 * Gives rows from the place on until max were taken, or CVN_ROW_LIST_SCAN_MAX looked at, and moves
 * the place. take may write, in an update. 0 when there are more; CVN_STORE_ABSENT at the end;
 * -EBADMSG for a place that is none; a fault.
 */
int cvn_row_list_run(struct cvn_ctx *ctx, const struct cvn_row_list *list, size_t max,
                     struct cvn_row_place *place);

/*
 * The page size that a list request asks for, and room for as many pointers in the arena. 0;
 * CVN_REFUSED; -ENOMEM.
 */
int cvn_row_list_room(struct cvn_ctx *ctx, int32_t page_size, size_t *ret_size, void *ret_room);

/*
 * Gives the rows of the page that the request's page_token says to take, and *ret_token: "" on the
 * last page. 0; CVN_REFUSED; a fault.
 */
int cvn_row_list_page(struct cvn_ctx *ctx, const ProtobufCMessage *request, size_t page_size,
                      const struct cvn_row_list *list, char **ret_token);

#endif
