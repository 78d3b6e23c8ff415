/* Calls about many people at once: inviting them, checking them in, and who did not come. */
#ifndef CVN_SERVICES_EVENTS_RSVPS_CHECK_IN_H
#define CVN_SERVICES_EVENTS_RSVPS_CHECK_IN_H

#include "services/runtime/ctx.h"

enum {
    CVN_CHECK_IN_PEOPLE_MAX = 500,    /* in one call */
    CVN_CHECK_IN_NONCE_MAX = 64,      /* bytes */
    CVN_CHECK_IN_NONCES_MAX = 100000, /* that one event remembers */
    CVN_CHECK_IN_CLOSE_MAX = 1000,    /* marked in one call */
};

/* Prepare and run of RsvpService.InvitePeople, CheckIn and CloseAttendance. */
int cvn_rsvp_check_invite(struct cvn_ctx *ctx, const void *request);
int cvn_rsvp_invite_people(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_check_in_check(struct cvn_ctx *ctx, const void *request);
int cvn_check_in_run(struct cvn_ctx *ctx, const void *request, void *reply);
int cvn_check_in_close(struct cvn_ctx *ctx, const void *request, void *reply);

#endif
