/*
 * Group mentoring: a mentor's mentees meet as one group at a time that all share. The times are
 * chosen first (cvn_match_choose_times), then the people are paired with the times as they are.
 * Pure.
 */
#ifndef CVN_COHORT_GROUPS_H
#define CVN_COHORT_GROUPS_H

#include "base/arena.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "matching/matching.h"

enum {
    CVN_GROUPS_APART = 10, /* outcome: locked pairs of a mentor that share no time */
    CVN_GROUPS_SESSION_HOURS_DEFAULT = 1,
    CVN_GROUPS_SESSION_HOURS_MAX = CVN_MATCH_GROUP_HOURS_MAX,
};

/* What a group meets for, in hours; 0 for a programme of one to one. */
int32_t cvn_groups_session_hours(const Convene__Mentoring__V1__Program *program);

/* The times, and the problem before they were put into it. */
struct cvn_groups {
    int32_t n_hours;
    const struct cvn_match_hours *times; /* by mentor; none where there can be no group */
    struct cvn_match_problem before;
};

/*
 * Chooses the times and puts them into the problem as the only hours of its mentors, so that
 * whoever cannot come is not paired with them; min_common_hours becomes n_hours. A mentor's locked
 * mentees decide first: the time is among the hours that they share. In the arena. 0;
 * CVN_GROUPS_APART with *ret_apart a pair of problem->locked whose mentor has no time;
 * CVN_MATCH_INVALID; CVN_MATCH_CANCELLED; -ENOMEM. Time: that of finding the candidates.
 */
int cvn_groups_arrange(struct cvn_match_problem *problem, int32_t n_hours, struct cvn_arena *arena,
                       const struct cvn_match_progress *progress, struct cvn_groups *ret,
                       size_t *ret_apart);

/*
 * Leaves mentors, a copy of the problem's, only the hours in which their locked mentees can come,
 * if those have n_hours in a row. 0; CVN_GROUPS_APART with *ret_apart the pair, as for arrange;
 * CVN_MATCH_INVALID for somebody unknown.
 */
int cvn_groups_narrow(const struct cvn_match_problem *problem, struct cvn_match_mentor *mentors,
                      int32_t n_hours, size_t *ret_apart);

/*
 * Narrows what a group's members share to what one more shares, too, unless that leaves no n_hours
 * in a row: then it is left alone, and false.
 */
bool cvn_groups_admit(struct cvn_match_hours *common, const struct cvn_match_hours *member,
                      int32_t n_hours);

/* A time as a message, in the arena; NULL for none, and when the arena is spent. */
Convene__Mentoring__V1__MeetingTime *cvn_groups_meeting(const struct cvn_match_hours *time,
                                                        struct cvn_arena *arena);

/* The hours of a meeting; none for NULL. */
struct cvn_match_hours cvn_groups_hours(const Convene__Mentoring__V1__MeetingTime *meeting);

#endif
