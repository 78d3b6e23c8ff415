/*
 * Entries of the change log as the events service writes them, in the transaction of the change.
 * They hold ids and kinds, never a name, an address or a text that somebody wrote: so there is
 * nothing in the log to blank when a person is erased, and its order stays as it was.
 */
#ifndef CVN_SERVICES_EVENTS_CHANGE_NOTE_H
#define CVN_SERVICES_EVENTS_CHANGE_NOTE_H

#include "services/runtime/ctx.h"

struct cvn_change_note {
    const char *kind;   /* "group.updated" */
    const char *prefix; /* of the subject's id, as in "grp" */
    const struct cvn_id *subject;
    const char *reason;          /* a word of the service's own, as in "banned"; NULL for none */
    const struct cvn_id *person; /* whom it is about; NULL for nobody: the log's detail, "per_…" */
};

/* Appends an entry by who calls, at the call's time. 0 or a fault. */
int cvn_change_note(struct cvn_ctx *ctx, const struct cvn_change_note *note);

#endif
