/*
 * Whether two may still be proposed to each other, who were paired from what was known some time
 * ago: looked at again in the transaction that proposes them.
 */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_PROPOSABLE_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_PROPOSABLE_H

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "services/runtime/ctx.h"

struct cvn_mentor_seats;

/* For many pairs of one programme, one after another; embedded by value. */
struct cvn_proposable {
    struct cvn_arena *arena; /* of the whole */
    struct cvn_id program;
    const char *program_id;
    struct cvn_mentor_seats *seats; /* by mentor: taken, with those judged before */
};

void cvn_proposable_init(struct cvn_proposable *proposable, struct cvn_arena *arena,
                         const struct cvn_id *program, const char *program_id);
void cvn_proposable_deinit(struct cvn_proposable *proposable);

/* Two, and the revisions of their enrolments when they were paired. */
struct cvn_wish {
    const char *mentor_id, *mentee_id;
    int64_t mentor_revision, mentee_revision;
    const Convene__Mentoring__V1__MeetingTime *meeting; /* of the group; NULL for none */
    bool locked; /* by a rule or from another run, so that no rule is looked at again */
};

/* Either stale, already, or both enrolments. In the arena of the context given. */
struct cvn_verdict {
    const char *stale; /* why not, as in "Ada has withdrawn" */
    bool already;      /* they are mentor and mentee, or proposed */
    const Convene__Mentoring__V1__Enrolment *mentor, *mentee;
};

/* Judges a pair, and counts its seat as taken when it may be proposed. 0 or a fault. */
int cvn_proposable_judge(struct cvn_proposable *proposable, struct cvn_ctx *ctx,
                         const struct cvn_wish *wish, struct cvn_verdict *ret);

#endif
