/* The mentoring service from the inside. */
#ifndef CVN_SERVICES_MENTORING_STATE_H
#define CVN_SERVICES_MENTORING_STATE_H

#include "base/id.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/mentoring/service.h"
#include "services/runtime/methods.h"

#include <pthread.h>
#include <stdatomic.h>

/* The failure of a run that was under way when the server stopped. */
#define CVN_RUN_INTERRUPTED "The server stopped while the run was under way; start it again."

struct cvn_mentoring {
    struct cvn_mentoring_options options;
    pthread_t worker;
    bool started;

    pthread_mutex_t lock; /* covers what follows */
    pthread_cond_t wake;
    bool work; /* a run may be waiting */
    bool stopping;
    bool busy; /* a run is being worked on: */
    struct cvn_id run;
    const char *phase;
    uint64_t phase_done, phase_total;
    atomic_bool cancel; /* it is asked to stop */
};

/* The methods of each RPC service, in the order of the .proto files. */
extern const struct cvn_service_method cvn_program_methods[4];
extern const struct cvn_service_method cvn_enrolment_methods[5];
extern const struct cvn_service_method cvn_match_methods[6];

/* job.c: the thread that works on runs until the service stops. */
void *cvn_mentoring_work(void *mentoring);
/* Lets the thread look for a run. Any thread; only signals. */
void cvn_mentoring_wake(struct cvn_mentoring *mentoring);

/* access.c */

/*
 * The programme of an id in a field of the request. 0; CVN_REFUSED with INVALID_ARGUMENT or
 * NOT_FOUND; a fault. Counts filled in.
 */
int cvn_program_find(struct cvn_ctx *ctx, const char *field, const char *id, struct cvn_id *ret_id,
                     Convene__Mentoring__V1__Program **ret_program);

/* Whether the caller runs the programme: a manager of it, or an administrator. */
bool cvn_program_managed(const struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program);

/* Lets pass who runs the programme. 0 or CVN_REFUSED. */
int cvn_program_require_manager(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Program *program,
                                const char *what);

#endif
