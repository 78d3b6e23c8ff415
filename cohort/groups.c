#include "cohort/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { WEEK = CVN_MATCH_WEEK_HOURS };

int32_t cvn_groups_session_hours(const Convene__Mentoring__V1__Program *program)
{
    if (program->format != CONVENE__MENTORING__V1__PROGRAM__FORMAT__FORMAT_GROUP)
        return 0;
    return program->session_hours ? program->session_hours : CVN_GROUPS_SESSION_HOURS_DEFAULT;
}

static bool is_set(const struct cvn_match_hours *hours, int hour)
{
    return hours->bits[hour % WEEK / 64] >> hour % WEEK % 64 & 1;
}

static bool is_none(const struct cvn_match_hours *hours)
{
    return (hours->bits[0] | hours->bits[1] | hours->bits[2]) == 0;
}

static bool has_stretch(const struct cvn_match_hours *hours, int32_t n_hours)
{
    int32_t n = 0;
    for (int hour = 0; n < n_hours && hour < WEEK + n_hours; hour++)
        n = is_set(hours, hour) ? n + 1 : 0;
    return n == n_hours;
}

bool cvn_groups_admit(struct cvn_match_hours *common, const struct cvn_match_hours *member,
                      int32_t n_hours)
{
    struct cvn_match_hours shared;
    for (int i = 0; i < 3; i++)
        shared.bits[i] = common->bits[i] & member->bits[i];
    if (!has_stretch(&shared, n_hours))
        return false;
    *common = shared;
    return true;
}

Convene__Mentoring__V1__MeetingTime *cvn_groups_meeting(const struct cvn_match_hours *time,
                                                        struct cvn_arena *arena)
{
    int hour = 0, n = 0;
    if (is_none(time))
        return NULL;
    while (!is_set(time, hour) || is_set(time, hour + WEEK - 1))
        hour++;
    while (is_set(time, hour + n))
        n++;
    Convene__Mentoring__V1__MeetingTime *meeting = cvn_arena_alloc(arena, sizeof *meeting);
    if (!meeting)
        return NULL;
    convene__mentoring__v1__meeting_time__init(meeting);
    meeting->utc_hour = hour;
    meeting->hours = n;
    return meeting;
}

struct cvn_match_hours cvn_groups_hours(const Convene__Mentoring__V1__MeetingTime *meeting)
{
    struct cvn_match_hours hours = {{0}};
    for (int32_t i = 0; meeting && i < meeting->hours && i < CVN_MATCH_GROUP_HOURS_MAX; i++) {
        uint32_t hour = (uint32_t)(meeting->utc_hour + i) % WEEK;
        hours.bits[hour / 64] |= UINT64_C(1) << hour % 64;
    }
    return hours;
}

/* People begin with their ids. */
static int compare_first_id(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

/* The mentor of a locked pair; mentors are in the order of their ids. */
static struct cvn_match_mentor *mentor_of(struct cvn_match_mentor *mentors, size_t n,
                                          const struct cvn_match_pair_ids *pair)
{
    return bsearch(&pair->mentor_id, mentors, n, sizeof *mentors, compare_first_id);
}

int cvn_groups_narrow(const struct cvn_match_problem *problem, struct cvn_match_mentor *mentors,
                      int32_t n_hours, size_t *ret_apart)
{
    for (size_t i = 0; i < problem->n_locked; i++) {
        const struct cvn_match_pair_ids *pair = &problem->locked[i];
        struct cvn_match_mentor *mentor = mentor_of(mentors, problem->n_mentors, pair);
        const struct cvn_match_mentee *mentee =
            bsearch(&pair->mentee_id, problem->mentees, problem->n_mentees, sizeof *mentee,
                    compare_first_id);
        *ret_apart = i;
        if (!mentor || !mentee)
            return CVN_MATCH_INVALID;
        if (!cvn_groups_admit(&mentor->person.hours, &mentee->person.hours, n_hours))
            return CVN_GROUPS_APART;
    }
    return 0;
}

int cvn_groups_arrange(struct cvn_match_problem *problem, int32_t n_hours, struct cvn_arena *arena,
                       const struct cvn_match_progress *progress, struct cvn_groups *ret,
                       size_t *ret_apart)
{
    size_t n = problem->n_mentors;
    struct cvn_match_mentor *mentors = cvn_arena_alloc_array(arena, n, sizeof *mentors);
    struct cvn_match_hours *times = cvn_arena_alloc_array(arena, n, sizeof *times);
    if (!mentors || !times)
        return -ENOMEM;
    if (n > 0)
        memcpy(mentors, problem->mentors, n * sizeof *mentors);
    *ret = (struct cvn_groups){n_hours, times, *problem};
    int r = cvn_groups_narrow(problem, mentors, n_hours, ret_apart);
    if (r)
        return r;
    struct cvn_match_problem narrowed = *problem;
    narrowed.mentors = mentors;
    narrowed.rules.min_common_hours = n_hours;
    r = cvn_match_choose_times(&narrowed, n_hours, progress, times);
    if (r)
        return r;
    for (size_t j = 0; j < n; j++)
        mentors[j].person.hours = times[j];
    *problem = narrowed;
    return 0;
}
