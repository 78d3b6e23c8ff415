#include "client/cli/match_view.h"

#include "client/cli/mentor_groups.h"
#include "convene/mentoring/v1/match.pb-c.h"

CVN_VIEW_STRING(see_mentee, Convene__Mentoring__V1__Match, mentee_name)
CVN_VIEW_INT(see_mentee_score, Convene__Mentoring__V1__Match, mentee_score)
CVN_VIEW_INT(see_mentor_score, Convene__Mentoring__V1__Match, mentor_score)
CVN_VIEW_INT(see_choice, Convene__Mentoring__V1__Match, mentee_choice)
CVN_VIEW_STRING(see_mentee_id, Convene__Mentoring__V1__Match, mentee_id)
CVN_VIEW_STRING(see_unmatched, Convene__Mentoring__V1__Match, unmatched_reason)

static const char *see_mentor(struct cvn_cli *cli, const void *message)
{
    const Convene__Mentoring__V1__Match *match = message;
    if (*match->unmatched_reason && cli->format == CVN_FORMAT_TABLE) {
        return "—";
    }
    return match->mentor_name;
}

const struct cvn_view_column cvn_match_columns[] = {
    {{"Mentee", false, true}, see_mentee},
    {{"Mentor", false, true}, see_mentor},
    {{"Choice", true, false}, see_choice},
    {{"Mentee score", true, false}, see_mentee_score},
    {{"Mentor score", true, false}, see_mentor_score},
    {{"Person", false, false}, see_mentee_id},
    {{"Unmatched because", false, true}, see_unmatched},
    {{NULL, false, false}, NULL},
};

static const char *see_utc(struct cvn_cli *cli, const void *message)
{
    return cvn_meeting_utc(cli, ((const Convene__Mentoring__V1__Match *)message)->meeting);
}

static const char *see_here(struct cvn_cli *cli, const void *message)
{
    return cvn_meeting_here(cli, ((const Convene__Mentoring__V1__Match *)message)->meeting);
}

const struct cvn_view_column cvn_match_group_columns[] = {
    {{"Mentee", false, true}, see_mentee},
    {{"Mentor", false, true}, see_mentor},
    {{"Meets UTC", false, false}, see_utc},
    {{"Meets here", false, false}, see_here},
    {{"Choice", true, false}, see_choice},
    {{"Mentee score", true, false}, see_mentee_score},
    {{"Mentor score", true, false}, see_mentor_score},
    {{"Person", false, false}, see_mentee_id},
    {{"Unmatched because", false, true}, see_unmatched},
    {{NULL, false, false}, NULL},
};

/* In ten-thousandths of a percent, rounded up. */
const char *cvn_match_gap_text(struct cvn_cli *cli, int64_t total, int64_t bound)
{
    if (total <= 0 && bound <= 0) {
        return ""; /* all pairs are settled, of which nothing is asked */
    }
    if (bound == total) {
        return "Of all pairings, candidates or not, none is better.";
    }
    if (total <= 0) {
        return "";
    }
    int64_t more = ((bound - total) * 1000000 + total - 1) / total;
    return cvn_arena_printf(&cli->arena,
                            "Of all pairings, candidates or not, none is better but for a total "
                            "at most %" PRId64 ".%04d %% higher.",
                            more / 10000, (int)(more % 10000));
}
