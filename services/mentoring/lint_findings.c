#include "services/mentoring/lint_findings.h"

#include "cohort/groups.h"
#include "services/mentoring/lint.h"
#include "services/mentoring/program_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEVERITY(name) CONVENE__MENTORING__V1__FINDING__SEVERITY__SEVERITY_##name
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

enum { NAMES_SHOWN = 3, SKILLS_SHOWN = 5, WEEK_DAYS = 7 };

struct judging {
    struct cvn_arena *arena;
    const struct cvn_lint_case *c;
    Convene__Mentoring__V1__CheckProgramResponse *response;
    Convene__Mentoring__V1__Finding *items;
    bool failed; /* the arena is spent */
};

/* Codes are for programs and never change. */
struct what {
    Convene__Mentoring__V1__Finding__Severity severity;
    const char *code;
    size_t count;
};

static void find(struct judging *j, struct what what, const char *text)
{
    if (!text)
        j->failed = true;
    if (!text || j->response->n_findings == CVN_LINT_FINDINGS_MAX)
        return;
    Convene__Mentoring__V1__Finding *item = &j->items[j->response->n_findings];
    convene__mentoring__v1__finding__init(item);
    item->severity = what.severity;
    item->code = (char *)(uintptr_t)what.code;
    item->count = (int32_t)what.count;
    item->text = (char *)(uintptr_t)text;
    j->response->findings[j->response->n_findings++] = item;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static const char *name_of(const struct cvn_cohort_member *members, size_t n,
                           const struct cvn_id *id)
{
    const struct cvn_cohort_member *found =
        n ? bsearch(id, members, n, sizeof *members, cvn_cohort_compare_member) : NULL;
    return found ? found->enrolment->display_name : "?";
}

/* A list of names that ends before it is long: "Ada, Bob, Eve and 4 more". */
struct names {
    const char *text;
    size_t n;
};

static void add_name(struct judging *j, struct names *names, const char *name)
{
    if (names->n++ < NAMES_SHOWN && names->text)
        names->text =
            cvn_arena_printf(j->arena, "%s%s%s", names->text, names->n > 1 ? ", " : "", name);
}

static const char *end_names(struct judging *j, const struct names *names)
{
    if (names->n <= NAMES_SHOWN || !names->text)
        return names->text ? names->text : "";
    const char *text =
        cvn_arena_printf(j->arena, "%s and %zu more", names->text, names->n - NAMES_SHOWN);
    return text ? text : "";
}

/* What would let the pairs through that a rule forbids. */
static const char *remedy(enum cvn_match_rule rule)
{
    switch (rule) {
    case CVN_MATCH_RULE_LANGUAGE:
        return "enrol mentors who speak theirs, or waive it with --allow-no-language";
    case CVN_MATCH_RULE_HOURS:
        return "ask for further hours, or lower --min-hours (of groups: --session-hours)";
    case CVN_MATCH_RULE_SKILL:
        return "enrol mentors who teach what they want, or waive it with --allow-no-skill";
    case CVN_MATCH_RULE_LEVEL:
        return "enrol more experienced mentors, or waive it with --allow-lower-level";
    case CVN_MATCH_RULE_PREVIOUS:
        return "enrol further mentors, or waive it with --allow-previous";
    case CVN_MATCH_RULE_CONFLICT:
        return "look at the conflict tags of both sides";
    case CVN_MATCH_RULE_EXCLUDED:
        return "look at whom the two sides exclude";
    case CVN_MATCH_RULE_FORBIDDEN:
        return "look at `convene match pairs`";
    case CVN_MATCH_RULE_NONE:
    case CVN_MATCH_RULE_SELF:
    case CVN_MATCH_RULE_SEATS:
    case CVN_MATCH_RULES:
        break;
    }
    return "enrol further mentors";
}

/* Mentees whom one rule alone keeps from every mentor. */
static void judge_rule(struct judging *j, enum cvn_match_rule rule)
{
    const struct cvn_match_answer *trial = j->c->trial;
    const struct cvn_cohort_input *input = &j->c->gathered->input;
    struct names names = {"", 0};
    for (size_t i = 0; i < trial->n_unmatched; i++)
        if (trial->unmatched[i].reason == CVN_MATCH_UNMATCHED_NO_CANDIDATE &&
            (size_t)trial->unmatched[i].removed[rule] == input->n_mentors)
            add_name(j, &names,
                     name_of(input->mentees, input->n_mentees, &trial->unmatched[i].mentee_id));
    if (names.n == 0)
        return;
    find(j, (struct what){SEVERITY(WARNING), "RULE_UNSATISFIABLE", names.n},
         cvn_arena_printf(j->arena,
                          "No enrolled mentor satisfies the rule \"%s\" for %zu mentee%s (%s): %s.",
                          cvn_match_rule_name(rule), names.n, plural(names.n), end_names(j, &names),
                          remedy(rule)));
}

/* Mentees who have no mentor, though no single rule keeps them from all. */
static void judge_rules_together(struct judging *j)
{
    const struct cvn_match_answer *trial = j->c->trial;
    const struct cvn_cohort_input *input = &j->c->gathered->input;
    struct names names = {"", 0};
    for (size_t i = 0; i < trial->n_unmatched; i++) {
        const struct cvn_match_unmatched *unmatched = &trial->unmatched[i];
        bool single = unmatched->reason != CVN_MATCH_UNMATCHED_NO_CANDIDATE;
        for (int rule = 0; !single && rule < CVN_MATCH_RULES; rule++)
            single = (size_t)unmatched->removed[rule] == input->n_mentors;
        if (!single)
            add_name(j, &names, name_of(input->mentees, input->n_mentees, &unmatched->mentee_id));
    }
    if (names.n > 0)
        find(j, (struct what){SEVERITY(WARNING), "NO_CANDIDATE", names.n},
             cvn_arena_printf(j->arena,
                              "The rules together leave no mentor for %zu mentee%s (%s); `convene "
                              "match explain` says for each how many mentors each rule removes.",
                              names.n, plural(names.n), end_names(j, &names)));
}

static void judge_sizes(struct judging *j)
{
    const struct cvn_gathered *gathered = j->c->gathered;
    const struct cvn_cohort_input *input = &gathered->input;
    Convene__Mentoring__V1__CheckProgramResponse *response = j->response;
    int64_t seats = 0;
    for (size_t i = 0; i < input->n_mentors; i++)
        seats += j->c->cohort->problem.mentors[i].capacity;
    response->mentee_count = (int32_t)input->n_mentees;
    response->mentor_count = (int32_t)input->n_mentors;
    response->seat_count = (int32_t)seats;
    if (input->n_mentees == 0)
        find(j, (struct what){SEVERITY(NOTE), "NO_MENTEES", 0},
             cvn_arena_strdup(j->arena, "No mentee waits for a mentor."));
    else if (input->n_mentors == 0)
        find(j, (struct what){SEVERITY(ERROR), "NO_MENTORS", input->n_mentees},
             cvn_arena_printf(j->arena, "%zu mentee%s and there is no mentor with a free seat%s.",
                              input->n_mentees, input->n_mentees == 1 ? " waits" : "s wait",
                              gathered->n_full_mentors ? "; the others are full" : ""));
    else if ((int64_t)input->n_mentees > seats)
        find(j, (struct what){SEVERITY(WARNING), "SEATS_SHORT", input->n_mentees - (size_t)seats},
             cvn_arena_printf(j->arena,
                              "%zu mentees wait for %lld free seat%s: at least %lld will stay "
                              "without a mentor.",
                              input->n_mentees, (long long)seats, plural((size_t)seats),
                              (long long)input->n_mentees - (long long)seats));
}

/* What people said, as far as terms of the score depend on it. */
struct said {
    size_t goals, rankings, previous;
    struct cvn_match_languages languages;
};

static void note_said(struct said *said, const struct cvn_match_person *p)
{
    said->goals += p->goals != 0;
    said->rankings += p->ranked.n > 0;
    said->previous += p->previous.n > 0;
    for (int i = 0; i < 2; i++)
        said->languages.bits[i] |= p->languages.bits[i];
}

/* Why a term with a weight makes no difference; NULL when it may make one. */
static const char *why_idle(const struct judging *j, enum cvn_match_term term,
                            const struct said *mentors, const struct said *mentees, bool of_mentee)
{
    const struct cvn_match_problem *problem = &j->c->cohort->problem;
    switch (term) {
    case CVN_MATCH_TERM_GOALS:
        return mentees->goals == 0 || mentors->goals == 0 ? "nobody on one side names a goal"
                                                          : NULL;
    case CVN_MATCH_TERM_LANGUAGES:
        return __builtin_popcountll(mentees->languages.bits[0] | mentors->languages.bits[0]) +
                               __builtin_popcountll(mentees->languages.bits[1] |
                                                    mentors->languages.bits[1]) <=
                           1 &&
                       problem->rules.require_language
                   ? "all speak one language only"
                   : NULL;
    case CVN_MATCH_TERM_HOURS:
        return problem->rules.min_common_hours >= CVN_MATCH_FULL_HOURS
                   ? "every pair has the hours that earn all points already"
                   : NULL;
    case CVN_MATCH_TERM_RANKING:
        return mentees->rankings + mentors->rankings == 0 ? "nobody has ranked anybody" : NULL;
    case CVN_MATCH_TERM_PREVIOUS:
        return problem->rules.avoid_previous                ? "the rules forbid previous partners"
               : mentees->previous + mentors->previous == 0 ? "nobody was paired before"
                                                            : NULL;
    case CVN_MATCH_TERM_WAITING:
        return of_mentee ? "a mentee has waited as long whoever the mentor is" : NULL;
    case CVN_MATCH_TERM_SKILLS:
    case CVN_MATCH_TERM_GROUPS:
    case CVN_MATCH_TERM_MEETUPS:
    case CVN_MATCH_TERMS:
        break;
    }
    return NULL;
}

static void judge_weights(struct judging *j, const struct said *mentors, const struct said *mentees)
{
    const struct cvn_match_problem *problem = &j->c->cohort->problem;
    for (int side = 0; side < 2; side++) {
        const struct cvn_match_weights *weights =
            side ? &problem->mentor_weights : &problem->mentee_weights;
        for (int t = 0; t < CVN_MATCH_TERMS; t++) {
            const char *why = weights->points[t]
                                  ? why_idle(j, (enum cvn_match_term)t, mentors, mentees, side == 0)
                                  : NULL;
            if (why)
                find(j, (struct what){SEVERITY(NOTE), "WEIGHT_IDLE", 0},
                     cvn_arena_printf(
                         j->arena, "The %s weight for %s (%d) makes no difference: %s.",
                         side ? "mentors'" : "mentees'",
                         cvn_match_term_name((enum cvn_match_term)t), weights->points[t], why));
        }
    }
    if (memcmp(&problem->mentee_weights, &problem->mentor_weights,
               sizeof problem->mentee_weights) == 0)
        find(j, (struct what){SEVERITY(NOTE), "WEIGHTS_EQUAL", 0},
             cvn_arena_strdup(j->arena,
                              "Both sides have the same weights, so a stable run merely takes the "
                              "best pairs first; let what mentees and mentors look for differ."));
}

/* How many mentees want each skill, and mentors teach it. */
struct demand {
    uint32_t skill;
    uint32_t wanted, taught;
};

static int most_wanted(const void *a, const void *b)
{
    const struct demand *x = a, *y = b;
    if (x->wanted != y->wanted)
        return x->wanted > y->wanted ? -1 : 1;
    return (x->skill > y->skill) - (x->skill < y->skill);
}

static void judge_skills(struct judging *j)
{
    const struct cvn_match_problem *problem = &j->c->cohort->problem;
    struct demand *demands = calloc((size_t)problem->n_skills + 1, sizeof *demands);
    if (!demands) {
        j->failed = true;
        return;
    }
    for (uint32_t s = 0; s < problem->n_skills; s++)
        demands[s].skill = s;
    for (size_t i = 0; i < problem->n_mentees; i++)
        for (size_t s = 0; s < problem->mentees[i].person.n_skills; s++)
            demands[problem->mentees[i].person.skills[s].skill].wanted++;
    for (size_t i = 0; i < problem->n_mentors; i++)
        for (size_t s = 0; s < problem->mentors[i].person.n_skills; s++)
            demands[problem->mentors[i].person.skills[s].skill].taught++;
    qsort(demands, problem->n_skills, sizeof *demands, most_wanted);
    const char *text = "";
    size_t n = 0;
    for (uint32_t s = 0; text && s < problem->n_skills && demands[s].wanted > 0; s++)
        if (demands[s].taught == 0 && n++ < SKILLS_SHOWN)
            text = cvn_arena_printf(j->arena, "%s%s%s (%u)", text, n > 1 ? ", " : "",
                                    j->c->cohort->skills[demands[s].skill], demands[s].wanted);
    free(demands);
    if (n > 0 && problem->n_mentors > 0)
        find(j, (struct what){SEVERITY(WARNING), "SKILLS_MISSING", n},
             cvn_arena_printf(j->arena, "%zu skill%s wanted and taught by no mentor: %s%s.", n,
                              n == 1 ? " is" : "s are", text ? text : "",
                              n > SKILLS_SHOWN ? " and others" : ""));
}

static bool keeps_apart(enum cvn_match_rule rule)
{
    return rule == CVN_MATCH_RULE_SELF || rule == CVN_MATCH_RULE_FORBIDDEN ||
           rule == CVN_MATCH_RULE_EXCLUDED || rule == CVN_MATCH_RULE_CONFLICT;
}

static void judge_pairs(struct judging *j)
{
    const struct cvn_cohort_input *input = &j->c->gathered->input;
    struct cvn_match_problem problem = j->c->cohort->problem;
    problem.n_locked = 0;
    for (size_t i = 0; i < input->n_locked; i++) {
        const struct cvn_match_pair_ids *pair = &input->locked[i];
        const struct cvn_cohort_member *mentor =
            bsearch(&pair->mentor_id, input->mentors, input->n_mentors, sizeof *mentor,
                    cvn_cohort_compare_member);
        const struct cvn_cohort_member *mentee =
            bsearch(&pair->mentee_id, input->mentees, input->n_mentees, sizeof *mentee,
                    cvn_cohort_compare_member);
        enum cvn_match_rule rule =
            cvn_match_decide(&problem, &problem.mentors[mentor - input->mentors],
                             &problem.mentees[mentee - input->mentees]);
        if (keeps_apart(rule))
            find(j, (struct what){SEVERITY(ERROR), "LOCK_IMPOSSIBLE", 1},
                 cvn_arena_printf(j->arena,
                                  "%s is locked with the mentor %s, but \"%s\" keeps them apart: "
                                  "every run will fail until they are unlocked.",
                                  mentee->enrolment->display_name, mentor->enrolment->display_name,
                                  cvn_match_rule_name(rule)));
    }
    if (j->c->gathered->n_idle_rules > 0)
        find(j, (struct what){SEVERITY(NOTE), "PAIR_IDLE", j->c->gathered->n_idle_rules},
             cvn_arena_printf(j->arena,
                              "%zu locked or forbidden pair%s about people who are not to be "
                              "paired now: who have withdrawn, have a mentor, or are full.",
                              j->c->gathered->n_idle_rules,
                              j->c->gathered->n_idle_rules == 1 ? " is" : "s are"));
}

static bool is_ever_free(const struct cvn_match_person *person, int32_t n_hours)
{
    struct cvn_match_hours hours = person->hours;
    return cvn_groups_admit(&hours, &person->hours, n_hours);
}

/* Locked pairs for whom no time of their group can be found: every run would fail. */
static void judge_locked_groups(struct judging *j)
{
    const struct cvn_match_problem *problem = &j->c->cohort->problem;
    const struct cvn_cohort_input *input = &j->c->gathered->input;
    int32_t n_hours = j->c->cohort->session_hours;
    size_t apart;
    struct cvn_match_mentor *mentors =
        cvn_arena_alloc_array(j->arena, problem->n_mentors, sizeof *mentors);
    if (!mentors) {
        j->failed = true;
        return;
    }
    memcpy(mentors, problem->mentors, problem->n_mentors * sizeof *mentors);
    if (cvn_groups_narrow(problem, mentors, n_hours, &apart) != CVN_GROUPS_APART)
        return;
    const struct cvn_match_pair_ids *pair = &problem->locked[apart];
    find(j, (struct what){SEVERITY(ERROR), "LOCK_IMPOSSIBLE", 1},
         cvn_arena_printf(j->arena,
                          "%s is locked with the mentor %s, but the two, and who else is in the "
                          "mentor's group, share no %d hour%s in a row: every run will fail until "
                          "they are unlocked.",
                          name_of(input->mentees, input->n_mentees, &pair->mentee_id),
                          name_of(input->mentors, input->n_mentors, &pair->mentor_id), n_hours,
                          plural((size_t)n_hours)));
}

/* Mentors who cannot have a group, since they are never free for a whole meeting. */
static void judge_groups(struct judging *j)
{
    const struct cvn_match_problem *problem = &j->c->cohort->problem;
    const struct cvn_cohort_input *input = &j->c->gathered->input;
    int32_t n_hours = j->c->cohort->session_hours;
    struct names names = {"", 0};
    for (size_t i = 0; n_hours > 0 && i < problem->n_mentors; i++)
        if (!is_ever_free(&problem->mentors[i].person, n_hours))
            add_name(j, &names,
                     name_of(input->mentors, input->n_mentors, &problem->mentors[i].person.id));
    if (names.n > 0)
        find(j, (struct what){SEVERITY(WARNING), "GROUP_NO_TIME", names.n},
             cvn_arena_printf(j->arena,
                              "%zu mentor%s (%s) will have no group: never free for the %d hour%s "
                              "of a meeting in a row; ask for further hours, or lower "
                              "--session-hours.",
                              names.n, plural(names.n), end_names(j, &names), n_hours,
                              plural((size_t)n_hours)));
}

static void judge_dates(struct judging *j)
{
    const Convene__Mentoring__V1__Program *program = j->c->gathered->input.program;
    int64_t start = cvn_program_day(program->start_date), end = cvn_program_day(program->end_date);
    if (end >= 0 && end < j->c->now_ms / DAY_MS)
        find(j, (struct what){SEVERITY(WARNING), "PROGRAM_OVER", 0},
             cvn_arena_printf(j->arena, "The programme ended on %s.", program->end_date));
    if (start >= 0 && end >= 0 && (end - start + 1) < program->mentorship_weeks * WEEK_DAYS)
        find(j, (struct what){SEVERITY(WARNING), "PROGRAM_SHORT", 0},
             cvn_arena_printf(j->arena, "Mentorships of %d weeks do not fit between %s and %s.",
                              program->mentorship_weeks, program->start_date, program->end_date));
    if (program->n_manager_ids == 0)
        find(j, (struct what){SEVERITY(NOTE), "NO_MANAGERS", 0},
             cvn_arena_strdup(j->arena,
                              "The programme has no managers, so that only administrators can run "
                              "it; name some with `convene programs update --manager`."));
}

static int worst_first(const void *a, const void *b)
{
    const Convene__Mentoring__V1__Finding *x = *(void *const *)a, *y = *(void *const *)b;
    if (x->severity != y->severity)
        return x->severity > y->severity ? -1 : 1;
    return (x > y) - (x < y); /* as they were found: they lie in one array */
}

int cvn_lint_judge(struct cvn_arena *arena, const struct cvn_lint_case *c,
                   Convene__Mentoring__V1__CheckProgramResponse *response)
{
    struct judging j = {.arena = arena, .c = c, .response = response};
    const struct cvn_match_problem *problem = &c->cohort->problem;
    struct said mentors = {0}, mentees = {0};
    j.items = cvn_arena_alloc_array(arena, CVN_LINT_FINDINGS_MAX, sizeof *j.items);
    response->findings =
        cvn_arena_alloc_array(arena, CVN_LINT_FINDINGS_MAX, sizeof *response->findings);
    if (!j.items || !response->findings)
        return -ENOMEM;
    for (size_t i = 0; i < problem->n_mentors; i++)
        note_said(&mentors, &problem->mentors[i].person);
    for (size_t i = 0; i < problem->n_mentees; i++)
        note_said(&mentees, &problem->mentees[i].person);
    judge_sizes(&j);
    judge_pairs(&j);
    for (int rule = CVN_MATCH_RULE_FORBIDDEN; c->trial && rule < CVN_MATCH_RULE_SEATS; rule++)
        judge_rule(&j, (enum cvn_match_rule)rule);
    if (c->trial) {
        judge_rules_together(&j);
        judge_skills(&j);
        judge_weights(&j, &mentors, &mentees);
    }
    judge_groups(&j);
    if (c->cohort->session_hours > 0 && problem->n_locked > 0)
        judge_locked_groups(&j);
    judge_dates(&j);
    if (response->n_findings > 0)
        qsort(response->findings, response->n_findings, sizeof *response->findings, worst_first);
    return j.failed || arena->overflowed ? -ENOMEM : 0;
}
