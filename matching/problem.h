/*
 * What goes into a matching: people, what a programme says about whom to pair, and the limits of
 * both. See matching.h.
 */
#ifndef CVN_MATCHING_PROBLEM_H
#define CVN_MATCHING_PROBLEM_H

#include "base/id.h"
#include "base/problems.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CVN_MATCH_MENTORS_MAX = 1 << 20,
    CVN_MATCH_MENTEES_MAX = 1 << 20,
    CVN_MATCH_SKILL_IDS_MAX = 1 << 20, /* of the caller's dictionary */
    CVN_MATCH_SKILLS_MAX = 30,         /* of one person */
    CVN_MATCH_LEVEL_MAX = 5,
    CVN_MATCH_PRIORITY_MAX = 3,
    CVN_MATCH_GOALS_MAX = 32,
    CVN_MATCH_LANGUAGES_MAX = 128,
    CVN_MATCH_WEEK_HOURS = 168,
    CVN_MATCH_CONFLICT_TAGS_MAX = 20, /* of one person */
    CVN_MATCH_EXCLUDED_MAX = 100,     /* of one person */
    CVN_MATCH_RANKED_MAX = 20,        /* of one person */
    CVN_MATCH_PREVIOUS_MAX = 100,     /* of one person */
    CVN_MATCH_CAPACITY_MAX = 20,
    CVN_MATCH_WAITED_DAYS_MAX = 36500,
    CVN_MATCH_SHARED_MAX = 1 << 24, /* rows of what two people have in common */
    CVN_MATCH_LISTED_PAIRS_MAX = 1 << 20,
    CVN_MATCH_MEETUP_POINTS_MAX = 1000,
    CVN_MATCH_SHARED_GROUPS_MAX = 10000,
    CVN_MATCH_MIN_HOURS_MAX = 40,
    CVN_MATCH_WEIGHT_MAX = 1000,
    CVN_MATCH_CANDIDATES_MAX = 256, /* of one mentee */
    CVN_MATCH_CANDIDATES_DEFAULT = 32,
    CVN_MATCH_THREADS_MAX = 64,
    /* With all_pairs a gap of one such part of the worth is close enough. */
    CVN_MATCH_GAP_PARTS = 10000,

    /* From here on more of the same earns no more points. */
    CVN_MATCH_FULL_HOURS = 8,
    CVN_MATCH_FULL_LANGUAGES = 2,
    CVN_MATCH_FULL_GROUPS = 4,
    CVN_MATCH_FULL_WAITED_DAYS = 180,
};

/* What people bring */

struct cvn_match_skill {
    uint32_t skill;   /* number in the caller's dictionary, below n_skills of the problem */
    uint8_t level;    /* mentors: 1 to 5, what they teach; mentees: 0 to 5, where they stand */
    uint8_t priority; /* mentees: 1 (nice to have) to 3 (most wanted); not read for mentors */
};

/* Language n is bit n % 64 of bits[n / 64]. */
struct cvn_match_languages {
    uint64_t bits[2];
};

/* Hours of the week in UTC: hour 0 is Monday 00:00 to 01:00; hour n is bit n % 64 of bits[n / 64].
 */
struct cvn_match_hours {
    uint64_t bits[3];
};

struct cvn_match_ids {
    const struct cvn_id *items;
    size_t n;
};

/*
 * What both sides have. Ids in the lists that are nobody's in the problem are passed over. A person
 * may be on both sides under one id and is never paired with themselves.
 */
struct cvn_match_person {
    struct cvn_id id;                     /* unique on its side */
    const struct cvn_match_skill *skills; /* no skill twice */
    size_t n_skills;
    uint32_t goals; /* bit set */
    struct cvn_match_languages languages;
    struct cvn_match_hours hours;
    const uint32_t *conflict_tags; /* team, manager, …: two with a tag in common are not paired */
    size_t n_conflict_tags;
    struct cvn_match_ids excluded; /* will not be paired with these */
    struct cvn_match_ids ranked;   /* would like these best, first choice first */
    struct cvn_match_ids previous; /* was paired with these before */
};

struct cvn_match_mentor {
    struct cvn_match_person person;
    int32_t capacity; /* 1 to CVN_MATCH_CAPACITY_MAX mentees at the same time */
};

struct cvn_match_mentee {
    struct cvn_match_person person;
    int32_t waited_days;
};

struct cvn_match_pair_ids {
    struct cvn_id mentor_id;
    struct cvn_id mentee_id;
};

/* What two people have in common outside the programme. One row for a pair; none means zeros. */
struct cvn_match_shared {
    struct cvn_id mentor_id;
    struct cvn_id mentee_id;
    int32_t meetup_points; /* meetups both came to, weighted by recency, 0 to 1,000 */
    int32_t groups;        /* groups both are in */
};

/* What the programme says */

/* Why two may not be paired, in the order in which the first reason is named. */
enum cvn_match_rule {
    CVN_MATCH_RULE_NONE, /* they may */
    CVN_MATCH_RULE_SELF,
    CVN_MATCH_RULE_FORBIDDEN, /* listed in `forbidden` */
    CVN_MATCH_RULE_EXCLUDED,  /* by either side */
    CVN_MATCH_RULE_CONFLICT,  /* a conflict tag in common */
    CVN_MATCH_RULE_PREVIOUS,
    CVN_MATCH_RULE_LANGUAGE,
    CVN_MATCH_RULE_HOURS,
    CVN_MATCH_RULE_SKILL, /* the mentor offers nothing of what is wanted */
    CVN_MATCH_RULE_LEVEL, /* in all they share, the mentor stands no higher than the mentee */
    CVN_MATCH_RULE_SEATS, /* locked pairs take all seats of the mentor */
    CVN_MATCH_RULES,      /* how many */
};

/* The rules from SELF to CONFLICT always hold, and so does SEATS. */
struct cvn_match_rules {
    int32_t min_common_hours; /* 0 to 40 */
    bool require_language;
    bool require_skill;
    bool require_level;
    bool avoid_previous;
};

/*
 * The terms of the score. Each is a share, 0 to 1, of its weight, rounded down.
 *
 * skills: of what the mentee wants, the part the mentor teaches. A wanted skill counts as its
 *   priority times its rarity, which is 1 + log2(mentors / mentors who offer it), with both
 *   logarithms rounded down to 64ths and no fewer than one offering; taught in full by a mentor two
 *   levels up, three quarters of it one level up, one quarter by one no higher.
 * goals: of the mentee's goals, the part the mentor helps with.
 * hours, languages, groups, waiting: how many, up to CVN_MATCH_FULL_….
 * meetups: meetup_points of 1,000.
 * previous: paired before or not.
 * ranking: (20 - places before) of 20 where this side ranked the other, and half of that where the
 *   other side ranked this one, together at most 1.
 */
enum cvn_match_term {
    CVN_MATCH_TERM_SKILLS,
    CVN_MATCH_TERM_GOALS,
    CVN_MATCH_TERM_HOURS,
    CVN_MATCH_TERM_LANGUAGES,
    CVN_MATCH_TERM_GROUPS,
    CVN_MATCH_TERM_MEETUPS,
    CVN_MATCH_TERM_PREVIOUS,
    CVN_MATCH_TERM_WAITING,
    CVN_MATCH_TERM_RANKING,
    CVN_MATCH_TERMS, /* how many */
};

/* What a term earns at most, 0 to CVN_MATCH_WEIGHT_MAX each. */
struct cvn_match_weights {
    int32_t points[CVN_MATCH_TERMS];
};

/*
 * What a run strives for, over the candidates. The worth of a pair is the sum of both scores.
 * STABLE: deferred acceptance with the mentees proposing (Gale and Shapley 1962; with capacities,
 *   Roth 1984): no blocking pair, and no such matching is better for any mentee.
 * OPTIMAL: the highest total worth.
 * MOST: as many mentees placed as can be, and of those matchings the highest total worth.
 * FAIR: as many placed as can be, then the least worth of a pair as high as it can be, then the
 *   highest total worth.
 */
enum cvn_match_mode {
    CVN_MATCH_STABLE,
    CVN_MATCH_OPTIMAL,
    CVN_MATCH_MOST,
    CVN_MATCH_FAIR,
    CVN_MATCH_MODES, /* how many */
};

/*
 * Everything a run depends on; all borrowed. Put together field by field, with the defaults below
 * for rules, weights and candidates_per_mentee.
 */
struct cvn_match_problem {
    const struct cvn_match_mentor *mentors;
    size_t n_mentors;
    const struct cvn_match_mentee *mentees;
    size_t n_mentees;
    uint32_t n_skills; /* size of the caller's dictionary of skills */
    const struct cvn_match_shared *shared;
    size_t n_shared;
    /*
     * Paired beforehand, whatever the programme's own rules say; both must be in the problem,
     * within the capacity, and not forbidden, excluded or in conflict.
     */
    const struct cvn_match_pair_ids *locked;
    size_t n_locked;
    const struct cvn_match_pair_ids *forbidden;
    size_t n_forbidden;
    struct cvn_match_rules rules;
    struct cvn_match_weights mentee_weights; /* how mentees value mentors */
    struct cvn_match_weights mentor_weights; /* how mentors value mentees */
    int32_t candidates_per_mentee;           /* 1 to CVN_MATCH_CANDIDATES_MAX */
    uint64_t seed;                           /* breaks ties */
    enum cvn_match_mode mode;
    /* As if everybody whom the rules allow were a candidate: those are added who can matter. */
    bool all_pairs;
    int32_t
        n_threads; /* to work with, at most CVN_MATCH_THREADS_MAX; 0 means 1; changes no result */
};

/* One common hour, a common language and skill, a mentor above, nobody twice. */
struct cvn_match_rules cvn_match_rules_default(void);

/* Weights that differ by side: with one shared total, stable would merely be greedy. */
struct cvn_match_weights cvn_match_mentee_weights_default(void);
struct cvn_match_weights cvn_match_mentor_weights_default(void);

/* Names for people and columns, as in "common hours" and "skills". */
const char *cvn_match_rule_name(enum cvn_match_rule rule);
const char *cvn_match_term_name(enum cvn_match_term term);
const char *cvn_match_mode_name(enum cvn_match_mode mode);

/*
 * Checks every limit and every contradiction and notes them by field, as in
 * "mentors[17].capacity". 0; CVN_MATCH_INVALID with at least one problem noted; -ENOMEM.
 */
int cvn_match_validate(const struct cvn_match_problem *problem, struct cvn_problems *problems);

#endif
