/*
 * Matching of mentees with mentors: a problem in, a result out. No I/O, no clock, no randomness of
 * its own: the same problem and seed give the same bytes on any machine, whatever the order of the
 * rows. All arithmetic is on integers.
 *
 * The way of a run: hard rules say who may be paired; the score of each side is a sum of named
 * terms; each mentee's exact best candidates are kept; a solver finds the matching that the mode
 * asks for. A checker that shares no code with the solver proves it afterwards.
 *
 * Everything here may be called from any thread; what a call is given must not change meanwhile.
 */
#ifndef CVN_MATCHING_H
#define CVN_MATCHING_H

#include "base/arena.h"
#include "base/error.h"
#include "matching/problem.h"

enum {
    CVN_MATCH_INVALID = 1,   /* outcome: the problem breaks a limit or contradicts itself */
    CVN_MATCH_CANCELLED = 2, /* outcome: the progress callback asked to stop */
    CVN_MATCH_UNKNOWN = 3,   /* outcome: nobody of that id in the problem */
    CVN_MATCH_VIOLATION = 4, /* outcome: the checker found a fault */
};

/* Running */

enum cvn_match_phase {
    CVN_MATCH_PHASE_PREPARE,
    CVN_MATCH_PHASE_CANDIDATES,
    CVN_MATCH_PHASE_SOLVE,
    CVN_MATCH_PHASE_REPORT, /* reasons for those without a mentor */
    CVN_MATCH_PHASE_CHECK,
};

const char *cvn_match_phase_name(enum cvn_match_phase phase);

/*
 * Told how far a run is; returns false to cancel. Called on the calling thread, at the start and
 * the end of each phase and between at short intervals (milliseconds, but for sorting the ids of
 * the largest cohorts). done <= total. NULL, or call NULL, to hear nothing.
 */
struct cvn_match_progress {
    bool (*call)(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total);
    void *context;
};

/* A pair of the result. Scores are the sums of their points. */
struct cvn_match_pair {
    struct cvn_id mentee_id;
    struct cvn_id mentor_id;
    int32_t mentee_score;
    int32_t mentor_score;
    int32_t mentee_choice; /* the mentor's place among the mentee's candidates, from 1; 0: locked */
    int16_t mentee_points[CVN_MATCH_TERMS];
    int16_t mentor_points[CVN_MATCH_TERMS];
};

enum cvn_match_unmatched_reason {
    CVN_MATCH_UNMATCHED_NO_MENTORS,   /* there are none at all */
    CVN_MATCH_UNMATCHED_NO_CANDIDATE, /* rules removed all */
    CVN_MATCH_UNMATCHED_ALL_TAKEN,    /* the candidates' seats are others', see the mode */
};

struct cvn_match_unmatched {
    struct cvn_id mentee_id;
    int32_t reason;       /* enum cvn_match_unmatched_reason */
    int32_t rule;         /* enum cvn_match_rule that removed most; NONE but for NO_CANDIDATE */
    int32_t n_candidates; /* kept, at most CVN_MATCH_CANDIDATES_MAX */
    /*
     * For NO_CANDIDATE: how many mentors each rule removes, a mentor counted under every rule that
     * does; and how many by that rule alone, who could be had by waiving it. Else zeros.
     */
    int32_t removed[CVN_MATCH_RULES];
    int32_t removed_alone[CVN_MATCH_RULES];
};

/* One edge of the candidate graph. */
struct cvn_match_candidate {
    uint32_t mentor; /* index into mentor_ids */
    uint16_t mentee_score;
    uint16_t mentor_score;
};

struct cvn_match_stats {
    int64_t n_seats; /* capacities summed */
    int64_t n_locked;
    int64_t n_matched; /* with the locked ones */
    int64_t n_unmatched;
    int64_t n_first_choice; /* mentees with their best candidate */
    int64_t n_scored;       /* pairs whose score was computed to find the candidates */
    int64_t n_candidates;   /* edges kept */
    int64_t n_proposals;    /* STABLE: made; else bids and searches */
    int64_t mentee_score;   /* summed over the pairs */
    int64_t mentor_score;
};

/*
 * What proves an answer that is not STABLE: the price of a mentor's seat (linear programming
 * duality). No matching over the candidates is worth more than the seats at their prices and what
 * each mentee could still gain at them, so an answer worth as much is the best. Locked pairs and
 * the seats that they take do not count here.
 */
struct cvn_match_prices {
    const int64_t *price; /* by mentor: what one more seat there could add; NULL when STABLE */
    const int64_t *cover; /* by mentor, 0 or 1: proves how many can be placed; MOST and FAIR */
    const int64_t *above; /* by mentor: proves that more than the floor cannot be had; FAIR */
    int64_t bonus;        /* that each mentee placed counts for beside the worth; 0 when OPTIMAL */
    int32_t floor; /* FAIR: the least worth that every pair has; candidates below do not count */
};

/*
 * How much better than the candidates all pairs may be, where all_pairs asked for them; else zeros.
 * STABLE: when n_tempted is 0, no mentee and mentor at all would both rather have each other. The
 * other modes: of all matchings that the rules allow none places more than n_more further mentees,
 * and none that keeps to what comes first in the mode is worth more than bound. That is above worth
 * by one of CVN_MATCH_GAP_PARTS at most, n_more is 0 and the floor proved, unless adding candidates
 * came to an end before, at lists of CVN_MATCH_CANDIDATES_MAX or after 256 rounds. Locked
 * pairs do not count.
 */
struct cvn_match_gap {
    int64_t worth; /* of the pairs; 0 when STABLE, and so are bound and n_more */
    int64_t bound;
    int64_t n_more;       /* MOST and FAIR; else 0 */
    bool is_floor_proved; /* FAIR: no pairs as many are all worth more than the floor */
    int64_t n_tempted;    /* mentees who might do better with somebody who is no candidate */
};

/*
 * What came out, in the order of ids. Two answers to one problem are equal byte by byte. Mentee i
 * has the candidates from candidates[first[i]] up to candidates[first[i + 1]], best first; a locked
 * mentee has none.
 */
struct cvn_match_answer {
    const struct cvn_match_pair *pairs; /* by mentee */
    size_t n_pairs;
    const struct cvn_match_unmatched *unmatched; /* by mentee */
    size_t n_unmatched;
    const struct cvn_id *mentor_ids;
    size_t n_mentors;
    const struct cvn_id *mentee_ids;
    size_t n_mentees;
    const uint64_t *first; /* n_mentees + 1 */
    const struct cvn_match_candidate *candidates;
    struct cvn_match_prices prices;
    struct cvn_match_gap gap;
    struct cvn_match_stats stats;
};

struct cvn_match_result;

/*
 * Finds the matching that the mode asks for; for several modes see matching/prepared.h. Ties of a
 * mentee are broken by cvn_match_tie, ties of a mentor by cvn_match_lottery, lower first.
 *
 * 0; CVN_MATCH_INVALID (validate says why); CVN_MATCH_CANCELLED; -ENOMEM. *ret is the caller's, to
 * be freed; it does not point into the problem. progress may be NULL.
 */
int cvn_match_solve(const struct cvn_match_problem *problem,
                    const struct cvn_match_progress *progress, struct cvn_match_result **ret);

/* The answer, which belongs to the result. */
const struct cvn_match_answer *cvn_match_result_answer(const struct cvn_match_result *result);

void cvn_match_result_free(struct cvn_match_result *result);

/*
 * A mentee's number in the draw that breaks mentors' ties: one number for all mentors, which costs
 * the mentees least (Abdulkadiroglu, Pathak and Roth 2009).
 */
uint64_t cvn_match_lottery(uint64_t seed, const struct cvn_id *mentee_id);

/* A number for the pair that breaks the mentee's ties, so that equals spread over equals. */
uint64_t cvn_match_tie(uint64_t seed, const struct cvn_id *mentor_id,
                       const struct cvn_id *mentee_id);

/* Checking */

enum cvn_match_check_scope {
    CVN_MATCH_CHECK_CANDIDATES, /* no blocking pair among the candidates */
    CVN_MATCH_CHECK_ALL_PAIRS,  /* nor among all pairs, and the candidates are the best */
    /*
     * As CANDIDATES, but for another mode than STABLE these are taken as given: for answers from
     * candidates (prepared.h) that a check has passed with another mode.
     */
    CVN_MATCH_CHECK_PAIRS,
};

/*
 * Proves an answer against the problem with code of its own: everybody once, capacities, locked
 * pairs, hard rules, every score, and what the mode promises: for STABLE that no mentee and mentor
 * would both rather have each other (blocking pair), else by the prices that no matching over the
 * candidates is better, whatever the scope. 0; CVN_MATCH_VIOLATION with the first fault as a
 * sentence in *err; CVN_MATCH_INVALID; CVN_MATCH_CANCELLED; -ENOMEM. Time: the candidates, or all
 * pairs. progress and err may be NULL.
 */
int cvn_match_check(const struct cvn_match_problem *problem, const struct cvn_match_answer *answer,
                    enum cvn_match_check_scope scope, const struct cvn_match_progress *progress,
                    struct cvn_error *err);

/* Explaining */

/*
 * Whether two of a valid problem may be paired, and if not the first rule in the way. Time: the
 * lists of both and the lists of locked and forbidden pairs; for many pairs see
 * cvn_match_explain_pair.
 */
enum cvn_match_rule cvn_match_decide(const struct cvn_match_problem *problem,
                                     const struct cvn_match_mentor *mentor,
                                     const struct cvn_match_mentee *mentee);

struct cvn_match_shared_skill {
    uint32_t skill;
    uint8_t mentor_level;
    uint8_t mentee_level;
    uint8_t priority;
    uint8_t reserved;
    int32_t n_mentors; /* who offer it */
};

/* The facts behind the points of a pair. Independent of what the run decided. */
struct cvn_match_facts {
    enum cvn_match_rule refused_by; /* the first rule in the way, or NONE */
    int32_t mentee_score;
    int32_t mentor_score;
    int16_t mentee_points[CVN_MATCH_TERMS];
    int16_t mentor_points[CVN_MATCH_TERMS];
    uint32_t goals; /* in common */
    struct cvn_match_languages languages;
    struct cvn_match_hours hours;
    int32_t n_common_hours;
    int32_t n_common_languages;
    int32_t shared_groups;
    int32_t meetup_points;
    int32_t waited_days;
    int32_t mentee_ranked; /* the mentor's place in the mentee's own ranking, from 1; 0: none */
    int32_t mentor_ranked; /* the mentee's place in the mentor's */
    bool previous;
    uint32_t n_skills;
    struct cvn_match_shared_skill skills[CVN_MATCH_SKILLS_MAX];
};

enum cvn_match_outcome {
    CVN_MATCH_OUTCOME_PAIRED,
    /* STABLE */
    CVN_MATCH_OUTCOME_TAKEN,      /* full of mentees the mentor prefers, named in holders */
    CVN_MATCH_OUTCOME_NOT_NEEDED, /* never asked: somebody better said yes */
    /* OPTIMAL, MOST, FAIR */
    CVN_MATCH_OUTCOME_COSTS,       /* this pair would lower the total, see cost */
    CVN_MATCH_OUTCOME_BELOW_FLOOR, /* FAIR: worth less than every pair can be worth */
};

/* One candidate of a mentee and what became of it. */
struct cvn_match_alternative {
    struct cvn_id mentor_id;
    int32_t mentee_score;
    int32_t mentor_score;
    enum cvn_match_outcome outcome;
    int32_t mentee_choice;        /* the mentor's place for the mentee, from 1 */
    int32_t mentor_choice;        /* the mentee's place for the mentor among the rivals */
    int32_t n_rivals;             /* other mentees who have it as candidate */
    int32_t lowest_held;          /* the mentor's lowest score among those it took; 0 where none */
    const struct cvn_id *holders; /* those it took, best first; locked ones at the end */
    size_t n_holders;
    /*
     * COSTS: by how much at least the total worth falls when the two are paired and all others
     * placed anew as well as can be; 0: another matching with this pair may be as good. Under MOST
     * and FAIR with the bonus for each who then has no place.
     */
    int64_t cost;
};

struct cvn_match_explanation {
    const struct cvn_match_pair *pair;                /* the mentee's, or NULL */
    const struct cvn_match_unmatched *unmatched;      /* or this */
    const struct cvn_match_alternative *alternatives; /* best first */
    size_t n_alternatives;
};

/* What the rules do to a mentee's choice among all mentors, by rule. */
struct cvn_match_removed {
    int32_t n_allowed;              /* mentors that no rule removes */
    int32_t by[CVN_MATCH_RULES];    /* a mentor counts under every rule that removes it */
    int32_t alone[CVN_MATCH_RULES]; /* those that only this rule removes */
};

/* What questions about one problem and its result are answered from. */
struct cvn_match_explainer;

/*
 * Looks up once what every explanation needs: people by id, who offers what, what is known of
 * single pairs, and of the result who has and who wants each mentor's seats. So a question costs
 * what it is about, and one about each of a cohort is linear in the cohort, but for looking up ids.
 *
 * The problem must be valid. The result must be that of the problem, whose rows may have been
 * reordered since; NULL when only pairs and rules are to be explained. Both are borrowed and must
 * neither change nor go as long as the explainer lives. It is the caller's, to be freed, and only
 * read by those who ask, so that any number of threads may ask at once.
 *
 * 0; -ENOMEM. Time: to sort the people, and the candidates by mentor. Memory: 8 bytes for each
 * candidate and a few dozen for each person and each row of shared and listed pairs.
 */
int cvn_match_explainer_new(const struct cvn_match_problem *problem,
                            const struct cvn_match_result *result,
                            struct cvn_match_explainer **ret);

/* NULL is accepted. */
void cvn_match_explainer_free(struct cvn_match_explainer *explainer);

/*
 * The facts and points of any two, paired or not. 0; CVN_MATCH_UNKNOWN. Time: the lists of both.
 */
int cvn_match_explain_pair(const struct cvn_match_explainer *explainer,
                           const struct cvn_id *mentor_id, const struct cvn_id *mentee_id,
                           struct cvn_match_facts *ret);

/*
 * Why a mentee got whom they got, or nobody: each candidate and what became of it. Of an explainer
 * with a result. 0; CVN_MATCH_UNKNOWN; -ENOMEM when the arena is spent. *ret is in the arena and
 * points into explainer and result too. Time: the mentee's candidates.
 */
int cvn_match_explain_mentee(const struct cvn_match_explainer *explainer,
                             const struct cvn_id *mentee_id, struct cvn_arena *arena,
                             const struct cvn_match_explanation **ret);

/*
 * How many mentors each rule removes for a mentee, matched or not. 0; CVN_MATCH_UNKNOWN. Time: the
 * mentors, whose lists are all compared with the mentee's.
 */
int cvn_match_explain_rules(const struct cvn_match_explainer *explainer,
                            const struct cvn_id *mentee_id, struct cvn_match_removed *ret);

/* What would change it */

/* A weight at which somebody gets another mentor, all else being as it is. */
struct cvn_match_turn {
    bool found; /* false: not even at the end of the range, 0 or CVN_MATCH_WEIGHT_MAX */
    int32_t weight;
    bool matched;            /* with somebody else; false: with nobody */
    struct cvn_id mentor_id; /* who, when matched */
};

enum { CVN_MATCH_LOWER, CVN_MATCH_HIGHER, CVN_MATCH_DIRECTIONS };

struct cvn_match_sensitivity {
    bool matched; /* as it is */
    struct cvn_id mentor_id;
    struct cvn_match_turn mentee_weights[CVN_MATCH_TERMS][CVN_MATCH_DIRECTIONS];
    struct cvn_match_turn mentor_weights[CVN_MATCH_TERMS][CVN_MATCH_DIRECTIONS];
};

/*
 * For each weight, down to 0 and up to CVN_MATCH_WEIGHT_MAX, one at which a mentee's mentor is
 * another, while one point nearer to the present weight it is the same. Where both ends of the
 * range leave the pair as it is, none is looked for in between. 0; CVN_MATCH_UNKNOWN;
 * CVN_MATCH_INVALID; CVN_MATCH_CANCELLED; -ENOMEM. Time: a run for each weight and direction, and
 * ten more for each that has an effect; progress hears of CVN_MATCH_PHASE_SOLVE, the weights done
 * of all.
 */
int cvn_match_find_turns(const struct cvn_match_problem *problem, const struct cvn_id *mentee_id,
                         const struct cvn_match_progress *progress,
                         struct cvn_match_sensitivity *ret);

/* Group mentoring */

enum { CVN_MATCH_GROUP_HOURS_MAX = 8 };

/*
 * Chooses for each mentor one time of the week, n_hours in a row of those that the mentor is free,
 * at which all of their mentees meet: the one at which the mentees who have the mentor among their
 * candidates, up to the capacity, are worth most together; of equals the earliest in UTC.
 * ret_hours, in the order of the mentors' rows, gets those hours; none where the mentor is never
 * free for so long. A run on a copy of the problem with these hours and min_common_hours set to
 * n_hours then pairs nobody who could not come. 0; CVN_MATCH_INVALID also for n_hours out of 1 to
 * CVN_MATCH_GROUP_HOURS_MAX; CVN_MATCH_CANCELLED; -ENOMEM. Time: that of finding the candidates.
 */
int cvn_match_choose_times(const struct cvn_match_problem *problem, int32_t n_hours,
                           const struct cvn_match_progress *progress,
                           struct cvn_match_hours *ret_hours);

/*
 * Proves the times of groups with code of its own, against the problem as it was before they were
 * put in: each is one stretch of n_hours, or none, in which the mentor is free, and everybody whom
 * the answer pairs, locked or not, is free for all of their mentor's. That a time is the best of
 * the week is not looked at. times are in the order of the mentors' rows. 0; CVN_MATCH_VIOLATION
 * with the first fault as a sentence in *err, which may be NULL; -ENOMEM.
 */
int cvn_match_check_times(const struct cvn_match_problem *problem, int32_t n_hours,
                          const struct cvn_match_hours *times,
                          const struct cvn_match_answer *answer, struct cvn_error *err);

#endif
