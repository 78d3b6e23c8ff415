/*
 * Storing what a calendar says (calendar/import.h): which event or series of the group each record
 * is, whether the file is newer than what is stored, and what becomes of it.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_APPLY_H
#define CVN_SERVICES_EVENTS_CALENDAR_APPLY_H

#include "services/events/calendar/import.h"
#include "services/runtime/ctx.h"

enum {
    CVN_CALENDAR_WRITES_MAX = 500,        /* of one call, but for the record that reaches it */
    CVN_CALENDAR_OCCURRENCES_MAX = 10000, /* of one series, the latest: looked through for those
                                             that are changed or called off */
};

struct cvn_calendar_apply {
    struct cvn_ctx *ctx;
    struct cvn_id group;
    const char *group_id;
    bool publish; /* what is created */
    size_t n_writes;
};

/*
 * Stores the record, or finds that nothing is to be done, and sets the outcome, id and reasons in
 * the results of its items, which are changed. What is refused leaves nothing written. 0 or a
 * fault.
 */
int cvn_calendar_apply_record(struct cvn_calendar_apply *apply, struct cvn_calendar_record *record);

#endif
