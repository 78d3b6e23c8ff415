#include "matching/wish.h"

/* Points for a part of a whole, each side's rounded down as in a score. */
static int32_t share_of(const struct cvn_match_problem *problem, enum cvn_match_wish_side side,
                        enum cvn_match_term term, uint32_t part, uint32_t whole)
{
    uint32_t points = cvn_match_share((uint32_t)problem->mentee_weights.points[term], part, whole);
    if (side == CVN_MATCH_WISH_BOTH)
        points += cvn_match_share((uint32_t)problem->mentor_weights.points[term], part, whole);
    return (int32_t)points;
}

void cvn_match_wish_init(struct cvn_match_wish *wish, const struct cvn_match_cohort *cohort,
                         uint32_t index, enum cvn_match_wish_side side)
{
    const struct cvn_match_problem *problem = cohort->problem;
    const struct cvn_match_mentee *mentee = cvn_match_cohort_mentee(cohort, index);
    const struct cvn_match_person *person = &mentee->person;
    uint32_t n_languages = 0, n_hours = cvn_match_count_hours(&person->hours, &person->hours);
    for (int i = 0; i < 2; i++)
        n_languages += (uint32_t)__builtin_popcountll(person->languages.bits[i]);
    *wish = (struct cvn_match_wish){
        .person = person,
        .skills = {(uint32_t)problem->mentee_weights.points[CVN_MATCH_TERM_SKILLS],
                   side == CVN_MATCH_WISH_BOTH
                       ? (uint32_t)problem->mentor_weights.points[CVN_MATCH_TERM_SKILLS]
                       : 0},
        .n_goals = (uint32_t)__builtin_popcount(person->goals),
        .n_languages = n_languages,
        .same = share_of(problem, side, CVN_MATCH_TERM_WAITING,
                         cvn_match_at_most(mentee->waited_days, CVN_MATCH_FULL_WAITED_DAYS),
                         CVN_MATCH_FULL_WAITED_DAYS),
    };
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        wish->worth[i] = skill->priority * cohort->rarity[skill->skill];
        wish->wanted += wish->worth[i] * CVN_MATCH_TAUGHT_FULL;
    }
    for (uint32_t i = 0; i <= wish->n_goals; i++)
        wish->goals[i] = (int16_t)share_of(problem, side, CVN_MATCH_TERM_GOALS, i, wish->n_goals);
    for (uint32_t i = 0; i <= CVN_MATCH_FULL_HOURS; i++)
        wish->hours[i] =
            (int16_t)share_of(problem, side, CVN_MATCH_TERM_HOURS, i, CVN_MATCH_FULL_HOURS);
    for (uint32_t i = 0; i <= CVN_MATCH_FULL_LANGUAGES; i++)
        wish->languages[i] =
            (int16_t)share_of(problem, side, CVN_MATCH_TERM_LANGUAGES, i, CVN_MATCH_FULL_LANGUAGES);
    wish->most_hours = wish->hours[cvn_match_at_most((int32_t)n_hours, CVN_MATCH_FULL_HOURS)];
    wish->most_languages =
        wish->languages[cvn_match_at_most((int32_t)n_languages, CVN_MATCH_FULL_LANGUAGES)];
}

/* How much has to be taught for so many points; rounding down can only ask for more. */
static uint32_t taught_for(const struct cvn_match_wish *wish, int64_t points)
{
    uint32_t weight = wish->skills[0] + wish->skills[1];
    if (points <= 0)
        return 0;
    if (weight == 0 || wish->wanted == 0)
        return UINT32_MAX;
    uint64_t least = ((uint64_t)points * wish->wanted + weight - 1) / weight;
    return least < UINT32_MAX ? (uint32_t)least : UINT32_MAX;
}

/* How many lessons of a skill it takes to teach an eighth or more of what is given (lesson.h). */
static uint32_t steps_for(uint32_t eighths)
{
    return eighths <= CVN_MATCH_TAUGHT_NO_HIGHER ? 1 : eighths <= CVN_MATCH_TAUGHT_ONE_UP ? 2 : 3;
}

/* Who is to teach nearly all has to teach each single skill that the rest cannot make up for. */
static bool set_steps(struct cvn_match_bar *bar, const struct cvn_match_wish *wish)
{
    uint32_t least = bar->taught[wish->n_goals];
    if (least > wish->wanted)
        return false;
    uint32_t dispensable = wish->wanted - least;
    for (size_t i = 0; i < wish->person->n_skills; i++) {
        uint32_t whole = wish->worth[i] * CVN_MATCH_TAUGHT_FULL, steps = 0;
        if (dispensable < whole)
            steps = steps_for((whole - dispensable + wish->worth[i] - 1) / wish->worth[i]);
        if (steps > 1 && wish->person->skills[i].level + steps - 1 > CVN_MATCH_LEVEL_MAX)
            return false;
        bar->steps[i] = (uint8_t)steps;
    }
    return true;
}

/* How many of something, n being worth points[n], it takes for the least; above most: too many. */
static uint32_t count_for(const int16_t *points, uint32_t most, int64_t least)
{
    uint32_t n = 0;
    while (n <= most && points[n] < least)
        n++;
    return n;
}

void cvn_match_bar_set(struct cvn_match_bar *bar, const struct cvn_match_wish *wish, int64_t points)
{
    *bar = (struct cvn_match_bar){
        .is_out_of_reach = true,
        .beside_hours = points - wish->same - wish->most_hours,
    };
    int64_t beside = points - wish->same - wish->most_languages;
    for (uint32_t g = 0; g <= wish->n_goals; g++)
        bar->taught[g] = taught_for(wish, beside - wish->most_hours - wish->goals[g]);
    if (!set_steps(bar, wish))
        return;
    beside -= cvn_match_wish_skills(wish, wish->wanted);
    bar->n_goals = count_for(wish->goals, wish->n_goals, beside - wish->most_hours);
    bar->n_hours =
        count_for(wish->hours, CVN_MATCH_FULL_HOURS, beside - wish->goals[wish->n_goals]);
    bar->is_out_of_reach = bar->n_goals > wish->n_goals || bar->n_hours > CVN_MATCH_FULL_HOURS;
}
