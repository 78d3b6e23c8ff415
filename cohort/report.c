#include "cohort/report.h"

#include "base/civil.h"
#include "cohort/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const Convene__Mentoring__V1__Enrolment *
find_enrolment(const struct cvn_cohort_member *members, size_t n, const struct cvn_id *id)
{
    const struct cvn_cohort_member *found =
        n ? bsearch(id, members, n, sizeof *members, cvn_cohort_compare_member) : NULL;
    return found ? found->enrolment : NULL;
}

static const Convene__Mentoring__V1__Enrolment *mentor_of(const struct cvn_cohort *cohort,
                                                          const struct cvn_id *id)
{
    return find_enrolment(cohort->input.mentors, cohort->input.n_mentors, id);
}

static char *empty(void)
{
    return (char *)(uintptr_t)protobuf_c_empty_string;
}

/* "go (mentor 5, mentee 2), sql (mentor 4, mentee 1)". */
static char *skills_reason(const struct cvn_cohort *cohort, const struct cvn_match_facts *facts,
                           struct cvn_arena *arena)
{
    char *text = empty();
    for (uint32_t i = 0; text && i < facts->n_skills; i++)
        text = cvn_arena_printf(arena, "%s%s%s (mentor %u, mentee %u)", text, i ? ", " : "",
                                cohort->skills[facts->skills[i].skill],
                                facts->skills[i].mentor_level, facts->skills[i].mentee_level);
    return text;
}

/* "CAREER_PATH" as "career path". */
static char *goals_reason(const struct cvn_match_facts *facts, struct cvn_arena *arena)
{
    static const char *const names[] = {"",
                                        "career path",
                                        "interview preparation",
                                        "portfolio review",
                                        "certification",
                                        "open-source contribution",
                                        "job search"};
    char *text = empty();
    for (uint32_t goal = 1; text && goal < sizeof names / sizeof *names; goal++)
        if (facts->goals >> goal & 1)
            text = cvn_arena_printf(arena, "%s%s%s", text, *text ? ", " : "", names[goal]);
    return text;
}

static char *languages_reason(const struct cvn_cohort *cohort, const struct cvn_match_facts *facts,
                              struct cvn_arena *arena)
{
    char *text = empty();
    for (size_t i = 0; text && i < cohort->n_languages; i++)
        if (facts->languages.bits[i / 64] >> i % 64 & 1)
            text = cvn_arena_printf(arena, "%s%s%s", text, *text ? ", " : "", cohort->languages[i]);
    return text;
}

static char *ranking_reason(const struct cvn_match_facts *facts, struct cvn_arena *arena)
{
    char *text = empty();
    if (facts->mentee_ranked)
        text = cvn_arena_printf(arena, "the mentee's wish number %d", facts->mentee_ranked);
    if (text && facts->mentor_ranked)
        text = cvn_arena_printf(arena, "%s%sthe mentor's wish number %d", text, *text ? ", " : "",
                                facts->mentor_ranked);
    return text;
}

static int compare_shared(const void *pair, const void *shared)
{
    const struct cvn_match_pair *p = pair;
    const struct cvn_match_shared *s = shared;
    int c = memcmp(p->mentor_id.bytes, s->mentor_id.bytes, CVN_ID_BYTES);
    return c ? c : memcmp(p->mentee_id.bytes, s->mentee_id.bytes, CVN_ID_BYTES);
}

/* "both came to 3 meetups, the last on 2026-10-02". */
static char *meetups_reason(const struct cvn_cohort *cohort, const struct cvn_match_pair *pair,
                            struct cvn_arena *arena)
{
    const struct cvn_match_problem *problem = &cohort->problem;
    const struct cvn_match_shared *shared = problem->n_shared
                                                ? bsearch(pair, problem->shared, problem->n_shared,
                                                          sizeof *problem->shared, compare_shared)
                                                : NULL;
    const struct cvn_cohort_met *met = shared ? &cohort->met[shared - problem->shared] : NULL;
    if (!met || met->n_meetups == 0)
        return cvn_arena_strdup(arena, "never at the same meetup");
    char date[CVN_CIVIL_TEXT_BYTES];
    struct cvn_civil civil = cvn_civil_of_seconds(met->last_ms / 1000);
    cvn_civil_format(date, &civil);
    return cvn_arena_printf(arena, "both came to %d meetup%s on %.10s", met->n_meetups,
                            met->n_meetups == 1 ? "," : "s, the last", date);
}

/* The facts behind one term, in words. */
static char *reason(const struct cvn_cohort *cohort, const struct cvn_match_pair *pair,
                    enum cvn_match_term term, const struct cvn_match_facts *facts,
                    struct cvn_arena *arena)
{
    switch (term) {
    case CVN_MATCH_TERM_SKILLS:
        return skills_reason(cohort, facts, arena);
    case CVN_MATCH_TERM_GOALS:
        return goals_reason(facts, arena);
    case CVN_MATCH_TERM_HOURS:
        return cvn_arena_printf(arena,
                                cohort->session_hours ? "free for the group's meeting, %d hour%s"
                                                      : "%d common hour%s a week",
                                facts->n_common_hours, facts->n_common_hours == 1 ? "" : "s");
    case CVN_MATCH_TERM_LANGUAGES:
        return languages_reason(cohort, facts, arena);
    case CVN_MATCH_TERM_GROUPS:
        return cvn_arena_printf(arena, "%d group%s in common", facts->shared_groups,
                                facts->shared_groups == 1 ? "" : "s");
    case CVN_MATCH_TERM_MEETUPS:
        return meetups_reason(cohort, pair, arena);
    case CVN_MATCH_TERM_PREVIOUS:
        return cvn_arena_strdup(arena, facts->previous ? "paired before" : "not paired before");
    case CVN_MATCH_TERM_WAITING:
        return cvn_arena_printf(arena, "waiting for %d day%s", facts->waited_days,
                                facts->waited_days == 1 ? "" : "s");
    case CVN_MATCH_TERM_RANKING:
        return ranking_reason(facts, arena);
    case CVN_MATCH_TERMS:
        break;
    }
    return empty();
}

static int add_terms(const struct cvn_report *report, const struct cvn_match_pair *pair,
                     struct cvn_arena *arena, Convene__Mentoring__V1__Match *match)
{
    struct cvn_match_facts facts;
    Convene__Mentoring__V1__ScoreTerm *terms =
        cvn_arena_alloc_array(arena, CVN_MATCH_TERMS, sizeof *terms);
    match->terms = cvn_arena_alloc_array(arena, CVN_MATCH_TERMS, sizeof *match->terms);
    if (!terms || !match->terms)
        return -ENOMEM;
    if (cvn_match_explain_pair(report->explainer, &pair->mentor_id, &pair->mentee_id, &facts) != 0)
        return -EINVAL;
    for (int i = 0; i < CVN_MATCH_TERMS; i++) {
        if (pair->mentee_points[i] == 0 && pair->mentor_points[i] == 0)
            continue;
        Convene__Mentoring__V1__ScoreTerm *term = &terms[match->n_terms];
        convene__mentoring__v1__score_term__init(term);
        term->name = (char *)(uintptr_t)cvn_match_term_name((enum cvn_match_term)i);
        term->mentee_points = pair->mentee_points[i];
        term->mentor_points = pair->mentor_points[i];
        term->reason = reason(report->cohort, pair, (enum cvn_match_term)i, &facts, arena);
        if (!term->reason)
            return -ENOMEM;
        match->terms[match->n_terms++] = term;
    }
    return 0;
}

/* When a mentor's group meets; groups' times are the hours that the mentors have. */
static int fill_meeting(const struct cvn_report *report, const struct cvn_id *mentor_id,
                        struct cvn_arena *arena, Convene__Mentoring__V1__MeetingTime **ret)
{
    const struct cvn_cohort_input *input = &report->cohort->input;
    if (report->cohort->session_hours == 0)
        return 0;
    const struct cvn_cohort_member *mentor = bsearch(mentor_id, input->mentors, input->n_mentors,
                                                     sizeof *mentor, cvn_cohort_compare_member);
    if (!mentor)
        return -EINVAL;
    *ret = cvn_groups_meeting(
        &report->cohort->problem.mentors[mentor - input->mentors].person.hours, arena);
    return *ret ? 0 : -ENOMEM;
}

static int fill_pair(const struct cvn_report *report, const struct cvn_match_pair *pair,
                     struct cvn_arena *arena, Convene__Mentoring__V1__Match *match)
{
    const Convene__Mentoring__V1__Enrolment *mentor = mentor_of(report->cohort, &pair->mentor_id);
    if (!mentor)
        return -EINVAL;
    match->mentor_enrolment_id = mentor->id;
    match->mentor_id = mentor->person_id;
    match->mentor_name = mentor->display_name;
    match->mentee_score = pair->mentee_score;
    match->mentor_score = pair->mentor_score;
    match->mentor_revision = mentor->revision;
    match->mentee_choice = pair->mentee_choice;
    match->locked = pair->mentee_choice == 0;
    int r = fill_meeting(report, &pair->mentor_id, arena, &match->meeting);
    return r ? r : add_terms(report, pair, arena, match);
}

/* Who has the seats that a mentee might have had. */
static const char *holders(enum cvn_match_mode mode)
{
    return mode == CVN_MATCH_STABLE ? "higher" : "higher, or who bring more to the whole";
}

/* How many mentors would be had if only their groups met when the mentee is free. */
static int32_t count_possible(const struct cvn_cohort *cohort,
                              const struct cvn_match_mentee *mentee)
{
    const struct cvn_match_problem *problem = &cohort->problem;
    int32_t n = 0;
    for (size_t j = 0; j < problem->n_mentors; j++) {
        struct cvn_match_hours common = cohort->own[j].person.hours;
        n += cvn_groups_admit(&common, &mentee->person.hours, cohort->session_hours) &&
             cvn_match_decide(problem, &cohort->own[j], mentee) == CVN_MATCH_RULE_NONE;
    }
    return n;
}

/* Why nobody shares a group's time with the mentee; NULL where that is not what is in the way. */
static const char *no_time(const struct cvn_cohort *cohort,
                           const struct cvn_match_unmatched *unmatched, struct cvn_arena *arena)
{
    const struct cvn_cohort_input *input = &cohort->input;
    const struct cvn_cohort_member *member =
        bsearch(&unmatched->mentee_id, input->mentees, input->n_mentees, sizeof *member,
                cvn_cohort_compare_member);
    int32_t n_hours = cohort->session_hours;
    int32_t n = count_possible(cohort, &cohort->problem.mentees[member - input->mentees]);
    if (n > 0)
        return cvn_arena_printf(arena,
                                "%d mentor%s could have met the mentee for %d hour%s, but %s at "
                                "another time, which is worth as much or more",
                                n, n == 1 ? "" : "s", n_hours, n_hours == 1 ? "" : "s",
                                n == 1 ? "the group meets" : "their groups meet");
    return unmatched->rule == CVN_MATCH_RULE_HOURS
               ? cvn_arena_printf(arena,
                                  "no mentor may be paired: none who is otherwise allowed is "
                                  "ever free for %d hour%s in a row when the mentee is",
                                  n_hours, n_hours == 1 ? "" : "s")
               : NULL;
}

static char *no_candidate(const struct cvn_cohort *cohort,
                          const struct cvn_match_unmatched *unmatched, struct cvn_arena *arena)
{
    const char *time = cohort->own ? no_time(cohort, unmatched, arena) : NULL;
    return time ? (char *)(uintptr_t)time
                : cvn_arena_printf(arena,
                                   "no mentor may be paired: the rule that removed most is "
                                   "\"%s\" (%d mentor%s)",
                                   cvn_match_rule_name((enum cvn_match_rule)unmatched->rule),
                                   unmatched->removed[unmatched->rule],
                                   unmatched->removed[unmatched->rule] == 1 ? "" : "s");
}

static char *unmatched_reason(const struct cvn_cohort *cohort,
                              const struct cvn_match_unmatched *unmatched, struct cvn_arena *arena)
{
    enum cvn_match_mode mode = cohort->problem.mode;
    switch ((enum cvn_match_unmatched_reason)unmatched->reason) {
    case CVN_MATCH_UNMATCHED_NO_MENTORS:
        return cvn_arena_strdup(arena, "there are no mentors");
    case CVN_MATCH_UNMATCHED_NO_CANDIDATE:
        return no_candidate(cohort, unmatched, arena);
    case CVN_MATCH_UNMATCHED_ALL_TAKEN:
        return unmatched->n_candidates == 1
                   ? cvn_arena_printf(arena, "the only candidate is full of mentees it scores %s",
                                      holders(mode))
                   : cvn_arena_printf(arena, "all %d candidates are full of mentees they score %s",
                                      unmatched->n_candidates, holders(mode));
    }
    return empty();
}

static char *full_text(const struct cvn_match_alternative *alternative, struct cvn_arena *arena)
{
    int32_t lowest = alternative->lowest_held;
    if (lowest == alternative->mentor_score)
        return cvn_arena_printf(arena,
                                "full with people the mentor scores as high or higher, who won "
                                "the draw among equals (lowest %d)",
                                lowest);
    return cvn_arena_printf(arena,
                            "full with people the mentor scores higher (lowest %d, this one %d)",
                            lowest, alternative->mentor_score);
}

static char *cost_text(int64_t cost, int64_t bonus, struct cvn_arena *arena)
{
    if (cost <= 0)
        return cvn_arena_strdup(arena, "as good for the whole; one of them had to be taken");
    if (bonus > 0 && cost > bonus / 2)
        return cvn_arena_strdup(arena, "would leave somebody else without a mentor");
    return cvn_arena_printf(arena, "would lower the total of all pairs by %lld or more",
                            (long long)cost);
}

static char *outcome_text(const struct cvn_report *report,
                          const struct cvn_match_alternative *alternative, struct cvn_arena *arena)
{
    const struct cvn_match_prices *prices = &report->answer->prices;
    switch (alternative->outcome) {
    case CVN_MATCH_OUTCOME_PAIRED:
        return cvn_arena_strdup(arena, "paired");
    case CVN_MATCH_OUTCOME_NOT_NEEDED:
        return cvn_arena_strdup(arena, "not needed: somebody the mentee scores higher said yes");
    case CVN_MATCH_OUTCOME_TAKEN:
        return full_text(alternative, arena);
    case CVN_MATCH_OUTCOME_BELOW_FLOOR:
        return cvn_arena_printf(arena,
                                "would be worse off than anybody has to be (both scores %d, the "
                                "lowest of all pairs %d)",
                                alternative->mentee_score + alternative->mentor_score,
                                prices->floor);
    case CVN_MATCH_OUTCOME_COSTS:
        return cost_text(alternative->cost, prices->bonus, arena);
    }
    return empty();
}

static int add_alternatives(const struct cvn_report *report, size_t mentee,
                            const struct cvn_match_explanation *explanation,
                            struct cvn_arena *arena,
                            Convene__Mentoring__V1__ExplainMatchResponse *response)
{
    const struct cvn_match_answer *answer = report->answer;
    size_t n = explanation->n_alternatives;
    if (n > CVN_REPORT_ALTERNATIVES_MAX)
        n = CVN_REPORT_ALTERNATIVES_MAX;
    Convene__Mentoring__V1__Alternative *items = cvn_arena_alloc_array(arena, n, sizeof *items);
    response->alternatives = cvn_arena_alloc_array(arena, n, sizeof *response->alternatives);
    if (!items || !response->alternatives)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct cvn_match_alternative *from = &explanation->alternatives[i];
        uint32_t at = answer->candidates[answer->first[mentee] + i].mentor;
        const Convene__Mentoring__V1__Enrolment *mentor =
            report->cohort->input.mentors[at].enrolment;
        convene__mentoring__v1__alternative__init(&items[i]);
        items[i].mentor_id = mentor->person_id;
        items[i].mentor_name = mentor->display_name;
        items[i].mentee_score = from->mentee_score;
        items[i].mentor_score = from->mentor_score;
        items[i].outcome = outcome_text(report, from, arena);
        if (!items[i].outcome)
            return -ENOMEM;
        response->alternatives[response->n_alternatives++] = &items[i];
    }
    return 0;
}

static int add_rules(const int32_t removed[CVN_MATCH_RULES], struct cvn_arena *arena,
                     Convene__Mentoring__V1__ExplainMatchResponse *report)
{
    Convene__Mentoring__V1__RuleCount *items =
        cvn_arena_alloc_array(arena, CVN_MATCH_RULES, sizeof *items);
    report->removed_by_rule =
        cvn_arena_alloc_array(arena, CVN_MATCH_RULES, sizeof *report->removed_by_rule);
    if (!items || !report->removed_by_rule)
        return -ENOMEM;
    for (int i = CVN_MATCH_RULE_NONE + 1; i < CVN_MATCH_RULES; i++) {
        if (removed[i] == 0)
            continue;
        Convene__Mentoring__V1__RuleCount *item = &items[report->n_removed_by_rule];
        convene__mentoring__v1__rule_count__init(item);
        item->rule = (char *)(uintptr_t)cvn_match_rule_name((enum cvn_match_rule)i);
        item->mentors = removed[i];
        report->removed_by_rule[report->n_removed_by_rule++] = item;
    }
    return 0;
}

static int compare_first_id(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

/* The row of an id among bare ids, or among rows that begin with one, in their order; or NULL. */
static const void *find_row(const struct cvn_id *id, const void *rows, size_t n, size_t size)
{
    return n ? bsearch(id, rows, n, size, compare_first_id) : NULL;
}

int cvn_report_init(struct cvn_report *ret, const struct cvn_cohort *cohort,
                    const struct cvn_match_result *result, const char *run_id,
                    struct cvn_arena *arena)
{
    const struct cvn_match_answer *answer = cvn_match_result_answer(result);
    int32_t *n_taken = cvn_arena_alloc_array(arena, answer->n_mentors, sizeof *n_taken);
    if (!n_taken)
        return -ENOMEM;
    for (size_t i = 0; i < answer->n_pairs; i++) {
        const struct cvn_id *mentor = find_row(&answer->pairs[i].mentor_id, answer->mentor_ids,
                                               answer->n_mentors, sizeof *mentor);
        if (!mentor)
            return -EINVAL;
        n_taken[mentor - answer->mentor_ids]++;
    }
    struct cvn_match_explainer *explainer;
    int r = cvn_match_explainer_new(&cohort->problem, result, &explainer);
    if (r == 0)
        *ret = (struct cvn_report){cohort, answer, run_id, n_taken, explainer};
    return r;
}

void cvn_report_deinit(struct cvn_report *report)
{
    cvn_match_explainer_free(report->explainer);
    *report = (struct cvn_report){0};
}

int cvn_report_match(const struct cvn_report *report, size_t i, struct cvn_arena *arena,
                     Convene__Mentoring__V1__Match **ret)
{
    const struct cvn_match_answer *answer = report->answer;
    const struct cvn_cohort_input *input = &report->cohort->input;
    const struct cvn_id *id = &answer->mentee_ids[i];
    const Convene__Mentoring__V1__Enrolment *mentee =
        find_enrolment(input->mentees, input->n_mentees, id);
    const struct cvn_match_pair *pair =
        find_row(id, answer->pairs, answer->n_pairs, sizeof *answer->pairs);
    const struct cvn_match_unmatched *unmatched =
        find_row(id, answer->unmatched, answer->n_unmatched, sizeof *answer->unmatched);
    if (!mentee || (!pair && !unmatched))
        return -EINVAL;
    Convene__Mentoring__V1__Match *match = cvn_arena_alloc(arena, sizeof *match);
    if (!match)
        return -ENOMEM;
    convene__mentoring__v1__match__init(match);
    match->run_id = (char *)(uintptr_t)report->run_id;
    match->mentee_enrolment_id = mentee->id;
    match->mentee_id = mentee->person_id;
    match->mentee_name = mentee->display_name;
    match->mentee_revision = mentee->revision;
    *ret = match;
    if (pair)
        return fill_pair(report, pair, arena, match);
    match->unmatched_reason = unmatched_reason(report->cohort, unmatched, arena);
    return match->unmatched_reason ? 0 : -ENOMEM;
}

static int fill_explanation(const struct cvn_report *report, size_t i, struct cvn_arena *arena,
                            Convene__Mentoring__V1__ExplainMatchResponse *response)
{
    const struct cvn_match_explanation *explanation;
    int r = cvn_match_explain_mentee(report->explainer, &report->answer->mentee_ids[i], arena,
                                     &explanation);
    if (r)
        return r < 0 ? r : -EINVAL;
    r = add_alternatives(report, i, explanation, arena, response);
    if (r == 0 && explanation->unmatched && response->n_alternatives == 0)
        r = add_rules(explanation->unmatched->removed, arena, response);
    return r;
}

int cvn_report_mentee(const struct cvn_report *report, size_t i, struct cvn_arena *arena,
                      Convene__Mentoring__V1__ExplainMatchResponse **ret)
{
    Convene__Mentoring__V1__ExplainMatchResponse *response =
        cvn_arena_alloc(arena, sizeof *response);
    Convene__Mentoring__V1__Match **matches = cvn_arena_alloc(arena, sizeof *matches);
    if (!response || !matches)
        return -ENOMEM;
    int r = cvn_report_match(report, i, arena, matches);
    if (r)
        return r;
    convene__mentoring__v1__explain_match_response__init(response);
    response->role = CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE;
    response->display_name = matches[0]->mentee_name;
    response->matches = matches;
    response->n_matches = 1;
    *ret = response;
    return fill_explanation(report, i, arena, response);
}

int cvn_report_mentor(const struct cvn_report *report, size_t i, struct cvn_arena *arena,
                      Convene__Mentoring__V1__ExplainMatchResponse **ret)
{
    const Convene__Mentoring__V1__Enrolment *mentor = report->cohort->input.mentors[i].enrolment;
    Convene__Mentoring__V1__ExplainMatchResponse *response =
        cvn_arena_alloc(arena, sizeof *response);
    if (!response)
        return -ENOMEM;
    convene__mentoring__v1__explain_match_response__init(response);
    response->role = CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR;
    response->display_name = mentor->display_name;
    response->capacity = report->cohort->problem.mentors[i].capacity;
    response->free = response->capacity - report->n_taken[i];
    *ret = response;
    return report->n_taken[i] > 0 ? fill_meeting(report, &report->cohort->input.mentors[i].person,
                                                 arena, &response->meeting)
                                  : 0;
}
