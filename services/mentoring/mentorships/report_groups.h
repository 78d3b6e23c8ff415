/* The groups of a programme, from its mentorships one after another. */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_REPORT_GROUPS_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_REPORT_GROUPS_H

#include "convene/mentoring/v1/mentorship.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/runtime/ctx.h"

enum { CVN_REPORT_GROUPS_MAX = 1000 };

struct cvn_group_seat;

/* Zeroed to begin with. */
struct cvn_report_groups {
    struct cvn_group_seat *seats;
    size_t n, max;
};

/* Notes a mentorship that is proposed, active or paused, copied into the arena. 0 or -ENOMEM. */
int cvn_report_groups_add(struct cvn_report_groups *groups, struct cvn_arena *arena,
                          const Convene__Mentoring__V1__Mentorship *row);

/* Lists the groups, by their time and the mentor's name. 0 or -ENOMEM. */
int cvn_report_groups_list(struct cvn_report_groups *groups, struct cvn_arena *arena,
                           Convene__Mentoring__V1__ProgramReport *report);

#endif
