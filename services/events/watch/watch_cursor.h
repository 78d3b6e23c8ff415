/* How far a watch has come, as a token that outlives connection and server. */
#ifndef CVN_SERVICES_EVENTS_WATCH_WATCH_CURSOR_H
#define CVN_SERVICES_EVENTS_WATCH_WATCH_CURSOR_H

#include "services/runtime/ctx.h"

enum { CVN_WATCH_LIST_TOKEN_BYTES = 400 }; /* of a page token, with its NUL */

enum cvn_watch_phase {
    CVN_WATCH_LOG,  /* follows the log behind sequence */
    CVN_WATCH_LIST, /* shows what there was at sequence, from list_token on */
    CVN_WATCH_WALK, /* shows and hides what the membership or group changed at sequence decides */
};

struct cvn_watch_cursor {
    enum cvn_watch_phase phase;
    uint64_t sequence;                           /* of the last entry dealt with */
    int64_t time_ms;                             /* of that entry; INT64_MIN where unknown */
    char list_token[CVN_WATCH_LIST_TOKEN_BYTES]; /* "" for the first page */
    struct cvn_id walk_group;                    /* whose events are walked, by start and id: */
    uint8_t walk_role;                           /* the caller's until then */
    int64_t walk_archived_ms;                    /* since when the group was archived until then */
    int64_t walk_start_ms;                       /* of the event walked last */
    struct cvn_id walk_event;
};

/* The token in the context's arena; NULL when it is spent. */
char *cvn_watch_cursor_make(struct cvn_ctx *ctx, const struct cvn_watch_cursor *cursor);

/* False for a token that this server's store did not make. */
bool cvn_watch_cursor_read(struct cvn_ctx *ctx, const char *token, struct cvn_watch_cursor *ret);

#endif
