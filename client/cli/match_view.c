#include "client/cli/match_view.h"

#include "client/cli/mentor_groups.h"

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

#define MODE(name) CONVENE__MENTORING__V1__MATCH_MODE__MATCH_MODE_##name

/* In ten-thousandths of a percent, rounded up. */
static const char *gap_share(struct cvn_cli *cli, int64_t total, int64_t bound)
{
    int64_t more = ((bound - total) * 1000000 + total - 1) / total;
    return cvn_arena_printf(&cli->arena, "a total more than %" PRId64 ".%04d %% higher",
                            more / 10000, (int)(more % 10000));
}

const char *cvn_match_gap_text(struct cvn_cli *cli, Convene__Mentoring__V1__MatchMode mode,
                               const Convene__Mentoring__V1__MatchGap *gap)
{
    if (gap->total <= 0) {
        return ""; /* all pairs are settled, of which nothing is asked */
    }
    const char *share =
        gap->bound == gap->total ? "a higher total" : gap_share(cli, gap->total, gap->bound);
    if (mode == MODE(OPTIMAL)) {
        return cvn_arena_printf(&cli->arena, "No pairing at all has %s.", share);
    }
    const char *least = mode == MODE(MOST_PLACED) ? ""
                        : gap->least_proved       ? ", none of those has a better worst-off pair"
                                            : ", some of those may have a better worst-off pair";
    if (gap->more_count > 0) {
        return cvn_arena_printf(
            &cli->arena, "No pairing at all pairs more than %d more%s, and none of those has %s.",
            gap->more_count, least, share);
    }
    return cvn_arena_printf(
        &cli->arena, "No pairing at all pairs more%s, and none of those has %s.", least, share);
}
