/* Mentorships on their way into the store: proposing them, and changing them by the rules. */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_MENTORSHIP_WRITE_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_MENTORSHIP_WRITE_H

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/mentoring/mentorships/mentorship_table.h"

enum {
    CVN_MENTORSHIP_TOPICS_MAX = 5,
    CVN_MENTORSHIP_REASON_BYTES_MAX = 500,
    CVN_MENTORSHIP_GOALS_BYTES_MAX = 4000,
};

/* Two who are to be proposed to each other; all borrowed. */
struct cvn_proposal {
    const Convene__Mentoring__V1__Program *program;
    const Convene__Mentoring__V1__Enrolment *mentor;
    const Convene__Mentoring__V1__Enrolment *mentee;
    const char *run_id;
    const char *replaces_id; /* "" for none */
    int32_t mentee_score, mentor_score;
    const Convene__Mentoring__V1__MeetingTime *meeting; /* of the mentor's group; NULL for none */
};

/*
 * Stores a proposal and takes the mentee off the list of those who wait. The row lives in the
 * context's arena. 0 or a fault.
 */
int cvn_mentorship_propose(struct cvn_ctx *ctx, const struct cvn_proposal *proposal,
                           Convene__Mentoring__V1__Mentorship **ret);

/* What is to be done to a mentorship, and by whom. */
struct cvn_mentorship_change {
    enum cvn_mentorship_action action;
    enum cvn_mentorship_side side;   /* for ACCEPT and DECLINE */
    Convene__Mentoring__V1__Role by; /* whose doing it is; unspecified for others */
    const char *reason;              /* "" for none */
    bool mentee_leaves;              /* is not put on the list of those who wait */
};

/*
 * Changes the row as the rules allow and stores it. 0; CVN_REFUSED with the rules' sentence; a
 * fault.
 */
int cvn_mentorship_apply(struct cvn_ctx *ctx, const struct cvn_id *id,
                         Convene__Mentoring__V1__Mentorship *row,
                         const struct cvn_mentorship_change *change);

/*
 * Ends all open mentorships of somebody who leaves, in one programme or, with program_id NULL, in
 * all. *ret_n, which may be NULL, is how many. 0 or a fault.
 */
int cvn_mentorships_end_all(struct cvn_ctx *ctx, const struct cvn_id *person,
                            const char *program_id, const char *reason, size_t *ret_n);

#endif
