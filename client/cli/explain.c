#include "client/cli/explain.h"

#include "client/cli/mentor_groups.h"
#include "client/cli/view.h"

CVN_VIEW_STRING(see_term, Convene__Mentoring__V1__ScoreTerm, name)
CVN_VIEW_INT(see_mentee_points, Convene__Mentoring__V1__ScoreTerm, mentee_points)
CVN_VIEW_INT(see_mentor_points, Convene__Mentoring__V1__ScoreTerm, mentor_points)
CVN_VIEW_STRING(see_term_reason, Convene__Mentoring__V1__ScoreTerm, reason)

static const struct cvn_view_column term_columns[] = {
    {{"Term", false, false}, see_term},
    {{"Mentee", true, false}, see_mentee_points},
    {{"Mentor", true, false}, see_mentor_points},
    {{"Because", false, true}, see_term_reason},
    {{NULL, false, false}, NULL},
};

CVN_VIEW_STRING(see_mentor, Convene__Mentoring__V1__Alternative, mentor_name)
CVN_VIEW_INT(see_mentee_score, Convene__Mentoring__V1__Alternative, mentee_score)
CVN_VIEW_INT(see_mentor_score, Convene__Mentoring__V1__Alternative, mentor_score)
CVN_VIEW_STRING(see_outcome, Convene__Mentoring__V1__Alternative, outcome)

static const struct cvn_view_column alternative_columns[] = {
    {{"Candidate", false, true}, see_mentor},
    {{"Mentee", true, false}, see_mentee_score},
    {{"Mentor", true, false}, see_mentor_score},
    {{"Outcome", false, true}, see_outcome},
    {{NULL, false, false}, NULL},
};

CVN_VIEW_STRING(see_rule, Convene__Mentoring__V1__RuleCount, rule)
CVN_VIEW_INT(see_removed, Convene__Mentoring__V1__RuleCount, mentors)

static const struct cvn_view_column rule_columns[] = {
    {{"Rule", false, false}, see_rule},
    {{"Mentors removed", true, false}, see_removed},
    {{NULL, false, false}, NULL},
};

static void tell_meeting(struct cvn_cli *cli, const Convene__Mentoring__V1__MeetingTime *meeting)
{
    if (meeting) {
        (void)printf("The group meets %s UTC, %s here.\n", cvn_meeting_utc(cli, meeting),
                     cvn_meeting_here(cli, meeting));
    }
}

static enum cvn_exit print_match(struct cvn_cli *cli, const Convene__Mentoring__V1__Match *match)
{
    if (*match->unmatched_reason) {
        (void)printf("%s has no mentor: %s.\n", match->mentee_name, match->unmatched_reason);
        return CVN_EXIT_DONE;
    }
    (void)printf("%s is paired with %s, ", match->mentee_name, match->mentor_name);
    if (match->locked) {
        (void)printf("as was settled before the run.");
    } else {
        (void)printf("choice %d.", match->mentee_choice);
    }
    (void)printf(" Scores: mentee %d, mentor %d.\n", match->mentee_score, match->mentor_score);
    tell_meeting(cli, match->meeting);
    if (match->n_terms == 0) {
        return CVN_EXIT_DONE;
    }
    (void)putchar('\n');
    return cvn_view_rows(cli, term_columns, (ProtobufCMessage *const *)match->terms,
                         match->n_terms);
}

static enum cvn_exit print_section(struct cvn_cli *cli, const char *title,
                                   const struct cvn_view_column *columns, void *messages, size_t n)
{
    if (n == 0) {
        return CVN_EXIT_DONE;
    }
    (void)printf("\n%s\n", title);
    return cvn_view_rows(cli, columns, messages, n);
}

static enum cvn_exit print_terms_csv(struct cvn_cli *cli,
                                     const Convene__Mentoring__V1__ExplainMatchResponse *reply)
{
    enum cvn_exit code = CVN_EXIT_DONE;
    for (size_t i = 0; code == CVN_EXIT_DONE && i < reply->n_matches; i++) {
        code = cvn_view_rows(cli, term_columns, (ProtobufCMessage *const *)reply->matches[i]->terms,
                             reply->matches[i]->n_terms);
    }
    return code;
}

enum cvn_exit cvn_explain_print(struct cvn_cli *cli,
                                const Convene__Mentoring__V1__ExplainMatchResponse *reply)
{
    switch (cli->format) {
    case CVN_FORMAT_JSON:
        return cvn_view_one(cli, term_columns, reply);
    case CVN_FORMAT_CSV:
        return print_terms_csv(cli, reply);
    case CVN_FORMAT_TABLE:
        break;
    }
    enum cvn_exit code = CVN_EXIT_DONE;
    if (reply->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR) {
        (void)printf("%s mentors %zu of %d, %d free.\n", reply->display_name, reply->n_matches,
                     reply->capacity, reply->free);
        tell_meeting(cli, reply->meeting);
    }
    for (size_t i = 0; code == CVN_EXIT_DONE && i < reply->n_matches; i++) {
        if (i > 0) {
            (void)putchar('\n');
        }
        code = print_match(cli, reply->matches[i]);
    }
    code = code ? code
                : print_section(cli, "Candidates, best first:", alternative_columns,
                                reply->alternatives, reply->n_alternatives);
    return code ? code
                : print_section(cli, "Mentors that each rule removed:", rule_columns,
                                reply->removed_by_rule, reply->n_removed_by_rule);
}
