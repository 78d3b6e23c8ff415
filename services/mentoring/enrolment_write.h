/* From what a request says of enrolments to rows: people resolved, then stored. */
#ifndef CVN_SERVICES_MENTORING_ENROLMENT_WRITE_H
#define CVN_SERVICES_MENTORING_ENROLMENT_WRITE_H

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "services/runtime/ctx.h"

/* One enrolment on its way into the store. */
struct cvn_enrolment_draft {
    const char *path;                               /* in the request */
    const Convene__Mentoring__V1__Enrolment *asked; /* may be NULL */
    Convene__Mentoring__V1__Enrolment enrolment;    /* resolved and complete, unless refused */
    struct cvn_id person;
    struct cvn_status *refused; /* why it goes no further; NULL when it does */
};

/*
 * Checks the drafts (path and asked set), asks the events service once for everybody they name,
 * and completes them; those at fault are refused. 0; CVN_REFUSED when the events service does not
 * answer; a fault. Without a transaction.
 */
int cvn_enrolment_resolve(struct cvn_ctx *ctx, struct cvn_enrolment_draft *drafts, size_t n);

/* The same for one draft without asking: of which nothing is left to be looked up. 0 or a fault. */
int cvn_enrolment_check_draft(struct cvn_ctx *ctx, struct cvn_enrolment_draft *draft);

struct cvn_enrolment_how {
    bool validate_only; /* decide and write nothing */
    bool create_only;   /* ALREADY_EXISTS for who is enrolled */
};

/*
 * Stores a resolved draft in the programme; draft->enrolment becomes what was stored. 0;
 * CVN_REFUSED; a fault.
 */
int cvn_enrolment_store(struct cvn_ctx *ctx, const struct cvn_id *program,
                        struct cvn_enrolment_draft *draft, struct cvn_enrolment_how how,
                        Convene__Mentoring__V1__EnrolmentResult__Outcome *ret_outcome);

/*
 * Stores a change to an enrolment that is there or is new (before is NULL then): with the
 * programme's counts, the list of those who wait, and a higher revision. 0 or a fault.
 */
int cvn_enrolment_replace(struct cvn_ctx *ctx, const struct cvn_id *program,
                          const struct cvn_id *person,
                          const Convene__Mentoring__V1__Enrolment *before,
                          Convene__Mentoring__V1__Enrolment *enrolment);

/* Fills in what is not stored: the etag, and since when they wait. 0 or a fault. */
int cvn_enrolment_show(struct cvn_ctx *ctx, Convene__Mentoring__V1__Enrolment *enrolment);

#endif
