#include "cohort/sensitivity.h"

#include <errno.h>

/* One side's weights and what was found of them. */
struct side {
    Convene__Mentoring__V1__Role role;
    const struct cvn_match_weights *weights;
    const struct cvn_match_turn (*turns)[CVN_MATCH_DIRECTIONS];
};

static int add_turn(Convene__Mentoring__V1__MatchSensitivity *ret, struct cvn_arena *arena,
                    const struct cvn_match_turn *turn, const struct cvn_sensitivity_names *names)
{
    Convene__Mentoring__V1__WeightTurn *row = cvn_arena_alloc(arena, sizeof *row);
    if (!row)
        return -ENOMEM;
    convene__mentoring__v1__weight_turn__init(row);
    row->turn_weight = turn->weight;
    ret->turns[ret->n_turns++] = row;
    return turn->matched
               ? names->call(names->context, &turn->mentor_id, &row->mentor_id, &row->mentor_name)
               : 0;
}

static int add_side(Convene__Mentoring__V1__MatchSensitivity *ret, struct cvn_arena *arena,
                    const struct side *side, const struct cvn_sensitivity_names *names)
{
    int r = 0;
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        for (int d = 0; r == 0 && d < CVN_MATCH_DIRECTIONS; d++) {
            if (!side->turns[t][d].found)
                continue;
            r = add_turn(ret, arena, &side->turns[t][d], names);
            if (r)
                break;
            Convene__Mentoring__V1__WeightTurn *row = ret->turns[ret->n_turns - 1];
            row->term = (char *)(uintptr_t)cvn_match_term_name((enum cvn_match_term)t);
            row->role = side->role;
            row->weight = side->weights->points[t];
        }
    return r;
}

int cvn_sensitivity_fill(Convene__Mentoring__V1__MatchSensitivity *ret, struct cvn_arena *arena,
                         const struct cvn_match_problem *problem,
                         const struct cvn_match_sensitivity *found,
                         const struct cvn_sensitivity_names *names)
{
    const struct side mentees = {CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE,
                                 &problem->mentee_weights, found->mentee_weights};
    const struct side mentors = {CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR,
                                 &problem->mentor_weights, found->mentor_weights};
    ret->turns = cvn_arena_alloc_array(arena, (size_t)2 * CVN_MATCH_TERMS * CVN_MATCH_DIRECTIONS,
                                       sizeof *ret->turns);
    if (!ret->turns)
        return -ENOMEM;
    int r = add_side(ret, arena, &mentees, names);
    return r ? r : add_side(ret, arena, &mentors, names);
}
