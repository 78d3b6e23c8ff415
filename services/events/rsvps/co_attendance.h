/* Pairs of people and the events that both came to. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_CO_ATTENDANCE_H
#define CVN_SERVICES_EVENTS_RSVPS_CO_ATTENDANCE_H

#include "services/runtime/ctx.h"

enum {
    CVN_CO_ATTENDANCE_DEFAULT = 100, /* pairs of a page */
    CVN_CO_ATTENDANCE_MAX = 1000,
    CVN_CO_ATTENDANCE_EVENTS_MAX = 50, /* named of one pair, the newest; all are counted */
    /*
     * RSVPs that one call looks at before its page ends with whom it has come to; of one person at
     * most CVN_ATTENDED_EVENTS_MAX times twice the others asked about.
     */
    CVN_CO_ATTENDANCE_LOOKS_MAX = 200000,
};

/* The prepare and run of ListCoAttendance. */
int cvn_co_attendance_check(struct cvn_ctx *ctx, const void *request);
int cvn_co_attendance_list(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
