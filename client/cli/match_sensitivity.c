#include "client/cli/match_sensitivity.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/view.h"

#include <stdio.h>

#define METHOD "convene.mentoring.v1.MatchService/GetMatchSensitivity"

CVN_VIEW_ENUM(see_role, Convene__Mentoring__V1__WeightTurn, role,
              convene__mentoring__v1__role__descriptor)
CVN_VIEW_STRING(see_term, Convene__Mentoring__V1__WeightTurn, term)
CVN_VIEW_COUNT(see_weight, Convene__Mentoring__V1__WeightTurn, weight)
CVN_VIEW_COUNT(see_turn, Convene__Mentoring__V1__WeightTurn, turn_weight)
CVN_VIEW_STRING(see_mentor_id, Convene__Mentoring__V1__WeightTurn, mentor_id)

static const char *see_mentor(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__WeightTurn *turn = message;
    if (!*turn->mentor_id && cli->format == CVN_FORMAT_TABLE) {
        return "—";
    }
    return turn->mentor_name;
}

static const struct cvn_view_column columns[] = {
    {{"Side", false, false}, see_role},
    {{"Weight", false, false}, see_term},
    {{"Now", true, false}, see_weight},
    {{"Changes at", true, false}, see_turn},
    {{"Mentor then", false, true}, see_mentor},
    {{"Person", false, false}, see_mentor_id},
    {{NULL, false, false}, NULL},
};

static void tell_pair(const Convene__Mentoring__V1__MatchSensitivity *found)
{
    if (*found->mentor_id) {
        (void)printf("%s is paired with %s", found->mentee_name, found->mentor_name);
    } else {
        (void)printf("%s has no mentor", found->mentee_name);
    }
    if (found->locked) {
        (void)printf(", as was settled before the run; no weight changes that.\n");
    } else if (found->n_turns == 0) {
        (void)printf("; no weight alone changes that, from one end of its range to the other.\n");
    } else {
        (void)printf(". Any of these weights changes that when it alone is set so:\n\n");
    }
}

enum cvn_exit cvn_match_sensitivity_print(struct cvn_cli *cli,
                                          const Convene__Mentoring__V1__MatchSensitivity *found)
{
    switch (cli->format) {
    case CVN_FORMAT_JSON:
        return cvn_view_one(cli, columns, found);
    case CVN_FORMAT_CSV:
        break;
    case CVN_FORMAT_TABLE:
        tell_pair(found);
        if (found->n_turns == 0) {
            return CVN_EXIT_DONE;
        }
        break;
    }
    return cvn_view_rows(cli, columns, (ProtobufCMessage *const *)found->turns, found->n_turns);
}

enum cvn_exit cvn_match_sensitivity_run(struct cvn_cli *cli)
{
    Convene__Mentoring__V1__GetMatchSensitivityRequest request =
        CONVENE__MENTORING__V1__GET_MATCH_SENSITIVITY_REQUEST__INIT;
    request.run_id = cvn_call_word(cli, 0);
    enum cvn_exit code = cvn_call_person(cli, cvn_args_word(&cli->args, 1), &request.person_id);
    CVN_REPLY_AUTO Convene__Mentoring__V1__MatchSensitivity *found = NULL;
    code = code ? code : cvn_call(cli, METHOD, &request, &found);
    return code ? code : cvn_match_sensitivity_print(cli, found);
}
