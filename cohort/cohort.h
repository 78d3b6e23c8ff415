/*
 * A programme's cohort as a matching problem: names become numbers, local hours become hours of the
 * UTC week, and what people did together becomes points. Pure: the time and the data come in.
 */
#ifndef CVN_COHORT_COHORT_H
#define CVN_COHORT_COHORT_H

#include "base/arena.h"
#include "base/zone.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "matching/matching.h"

#define CVN_COHORT_PERSON_PREFIX "per" /* of the ids that enrolments exclude and rank */

enum {
    CVN_COHORT_DIGEST_CHARS = 64,
    /*
     * A meetup or group that more pairs share than this tells nobody apart, and is left out. Of the
     * others those count that the fewest share, as long as all together are shared by no more.
     */
    CVN_COHORT_PAIRS_OF_ONE_MAX = 250000,
    CVN_COHORT_PAIRS_MAX = 4000000,
    CVN_COHORT_UNKNOWN = 1, /* outcome: an enrolment has what cannot be matched */
    CVN_COHORT_STOPPED = 2, /* outcome: go_on said so */
};

/* One person of the cohort; enrolments and attendance are borrowed. */
struct cvn_cohort_member {
    struct cvn_id person;
    const Convene__Mentoring__V1__Enrolment *enrolment;
    const Convene__Events__V1__Attendance *attendance; /* NULL where unknown */
    int32_t seats;                 /* mentors: free ones; 0: all of the enrolment */
    struct cvn_match_hours meets;  /* mentors: of the group they have in the programme, or none */
    int64_t waiting_since_ms;      /* mentees; 0: since they enrolled */
    struct cvn_match_ids previous; /* partners of before */
};

/* Orders an id (the first) against a member by the person, for bsearch. */
int cvn_cohort_compare_member(const void *id, const void *member);

struct cvn_cohort_input {
    const Convene__Mentoring__V1__Program *program;
    struct cvn_cohort_member *mentors; /* by person; so are mentees */
    size_t n_mentors;
    struct cvn_cohort_member *mentees;
    size_t n_mentees;
    const struct cvn_match_pair_ids *locked; /* by mentee, then mentor; so is forbidden */
    size_t n_locked;
    const struct cvn_match_pair_ids *forbidden;
    size_t n_forbidden;
    enum cvn_match_mode mode;
    int32_t candidates_per_mentee;
    bool all_pairs;    /* see struct cvn_match_problem */
    int32_t n_threads; /* 0: one; changes no result */
    uint64_t seed;
    int64_t now_ms;           /* what offsets, waiting and recency are reckoned from */
    bool (*go_on)(void *arg); /* asked now and then while building; false to stop. NULL: go on */
    void *arg;
};

/* The meetups both of a pair came to: what is told of them beside their points. */
struct cvn_cohort_met {
    int32_t n_meetups;
    int64_t last_ms; /* start of the latest; 0 where there is none */
};

struct cvn_cohort {
    struct cvn_cohort_input input;
    struct cvn_match_problem problem;
    int32_t session_hours; /* of the groups that are to be made (groups.h); 0: one to one */
    /* The mentors with hours of their own, once the problem's are the times of groups; or NULL. */
    const struct cvn_match_mentor *own;
    const struct cvn_cohort_met *met; /* for each of problem.shared, which is sorted by mentor and
                                         mentee */
    size_t n_places_left_out;         /* meetups and groups that too many share */
    const char **skills;              /* by number, as they were written first in folded order */
    size_t n_skills;
    const char **languages;
    size_t n_languages;
    char digest[CVN_COHORT_DIGEST_CHARS + 1]; /* hexadecimal BLAKE2b-256 of the problem */
};

/*
 * Builds the problem in the arena. 0; CVN_COHORT_UNKNOWN with the reason in *err;
 * CVN_COHORT_STOPPED; -ENOMEM.
 */
int cvn_cohort_build(struct cvn_cohort *ret, struct cvn_arena *arena, struct cvn_zones *zones,
                     const struct cvn_cohort_input *input, struct cvn_error *err);

/* Puts other locked pairs, by mentee and mentor, into a problem that is built. */
void cvn_cohort_lock(struct cvn_cohort *cohort, const struct cvn_match_pair_ids *locked, size_t n);

/*
 * The hours of the UTC week that are free as a whole: the spans together, read in the zone with its
 * offset at the instant. So half hours of a zone round inwards, and not where spans touch.
 */
struct cvn_match_hours cvn_cohort_hours(const struct cvn_zone *zone, int64_t at_ms,
                                        Convene__Mentoring__V1__WeeklySpan *const *spans, size_t n);

#endif
