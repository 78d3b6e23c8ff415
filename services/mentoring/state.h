/* The mentoring service from the inside. */
#ifndef CVN_SERVICES_MENTORING_STATE_H
#define CVN_SERVICES_MENTORING_STATE_H

#include "base/id.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/mentoring/service.h"
#include "services/runtime/methods.h"

#include "services/mentoring/runs/budget.h"
#include "services/mentoring/runs/queue.h"
#include "services/mentoring/runs/watch.h"

struct cvn_attendance_cache;

struct cvn_mentoring {
    struct cvn_mentoring_options options;
    struct cvn_attendance_cache *attendance;
    struct cvn_budget budget;
    struct cvn_run_queue queue;
    struct cvn_run_watch watch;
    atomic_bool publishing; /* a run in several transactions */
    bool started;
};

enum {
    CVN_PROGRAM_METHODS = 7,
    CVN_ENROLMENT_METHODS = 6,
    CVN_MATCH_METHODS = 12,
    CVN_MENTORSHIP_METHODS = 14,
    CVN_PERSON_DATA_METHODS = 2,
    CVN_PUBLISH_PAIRS_AT_ONCE = 1000, /* in one transaction; a larger run takes several */
};

/* The methods of each RPC service, in the order of the .proto files. */
extern const struct cvn_service_method cvn_program_methods[CVN_PROGRAM_METHODS];
extern const struct cvn_service_method cvn_enrolment_methods[CVN_ENROLMENT_METHODS];
extern const struct cvn_service_method cvn_match_methods[CVN_MATCH_METHODS];
extern const struct cvn_service_method cvn_mentorship_methods[CVN_MENTORSHIP_METHODS];
extern const struct cvn_service_method cvn_mentoring_privacy_methods[CVN_PERSON_DATA_METHODS];

/* access.c */

/*
 * The programme of an id in a field of the request. 0; CVN_REFUSED with INVALID_ARGUMENT or
 * NOT_FOUND; a fault. Counts filled in.
 */
int cvn_program_find(struct cvn_ctx *ctx, const char *field, const char *id, struct cvn_id *ret_id,
                     Convene__Mentoring__V1__Program **ret_program);

/* Whether the caller runs the programme: a manager of it, or an administrator. */
bool cvn_program_managed(const struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program);

/* Whether the caller is that person. */
bool cvn_caller_is(const struct cvn_ctx *ctx, const struct cvn_id *person);

/* Lets pass who runs the programme. 0 or CVN_REFUSED. */
int cvn_program_require_manager(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program,
                                const char *what);

#endif
