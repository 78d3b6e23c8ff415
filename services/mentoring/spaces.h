/*
 * How the mentoring service lays its rows out: key spaces and the numbers of its indexes. Stored,
 * so none of these is ever changed or used for something else.
 *
 *     programmes  [space][programme id]
 *     enrolments  [space][programme id][person id]
 *     runs        [space][run id]
 *     results     [space][run id][enrolment id]
 *     words       [space][run id][number]: what its results name by number
 *     counts      [space][programme id]: active mentors and mentees
 *     pair rules  [space][programme id][person id of the mentee][and of the mentor]
 *     mentorships [space][mentorship id][0]: the row; [1][day][entry id] its log, [2][side]
 *             feedback
 *     waiting     [space][programme id][person id of a mentee]: since when
 *     run inputs  [space][run id][row]: the problem that it solved
 *     erasures    [space][person id]: how far it is
 */
#ifndef CVN_SERVICES_MENTORING_SPACES_H
#define CVN_SERVICES_MENTORING_SPACES_H

enum {
    CVN_SPACE_PROGRAMS = 0x20,
    CVN_SPACE_ENROLMENTS = 0x21,
    CVN_SPACE_RUNS = 0x22,
    CVN_SPACE_RESULTS_BEFORE = 0x23, /* in schema 0 (schema.h) */
    CVN_SPACE_PROGRAM_COUNTS = 0x24,
    CVN_SPACE_PAIR_RULES = 0x25,
    CVN_SPACE_MENTORSHIPS = 0x26,
    CVN_SPACE_WAITING = 0x27,
    CVN_SPACE_RUN_INPUTS = 0x28,
    CVN_SPACE_PERSON_ERASURES = 0x29,
    CVN_SPACE_RESULTS = 0x2a,
    CVN_SPACE_RESULT_WORDS = 0x2b,
};

enum {
    CVN_INDEX_PROGRAM_NAME = 0x40,
    CVN_INDEX_ENROLMENT_ID = 0x41,
    CVN_INDEX_ENROLMENT_PROGRAM = 0x42,
    CVN_INDEX_RUN_PROGRAM = 0x43,
    CVN_INDEX_RUN_STATE = 0x44,
    CVN_INDEX_RESULT_MENTOR = 0x45,
    CVN_INDEX_MENTORSHIP_PROGRAM = 0x46,
    CVN_INDEX_MENTORSHIP_PERSON = 0x47,
    CVN_INDEX_MENTORSHIP_DEADLINE = 0x48,
};

#define CVN_PROGRAM_PREFIX "prg"
#define CVN_ENROLMENT_PREFIX "enr"
#define CVN_RUN_PREFIX "run"
#define CVN_MENTORSHIP_PREFIX "mnt"
#define CVN_MENTORING_PERSON_PREFIX "per" /* of the events service, as the next */
#define CVN_MENTORING_GROUP_PREFIX "grp"

#endif
