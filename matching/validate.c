#include "matching/validate.h"

#include "matching/decide.h"
#include "matching/sort.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct field {
    char text[96];
};

__attribute__((format(printf, 1, 2))) static struct field name(const char *format, ...)
{
    struct field field;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(field.text, sizeof field.text, format, args);
    va_end(args);
    return field;
}

static void check_range(struct cvn_problems *problems, struct field field, int64_t value,
                        int64_t least, int64_t most)
{
    if (value < least || value > most)
        cvn_problems_add(problems, field.text, "is %lld and must be from %lld to %lld",
                         (long long)value, (long long)least, (long long)most);
}

static bool check_count(struct cvn_problems *problems, struct field field, size_t n, size_t most)
{
    if (n > most)
        cvn_problems_add(problems, field.text, "has %zu entries and may have at most %zu", n, most);
    return n <= most;
}

static void check_sizes(const struct cvn_match_problem *problem, struct cvn_problems *problems)
{
    check_count(problems, name("mentors"), problem->n_mentors, CVN_MATCH_MENTORS_MAX);
    check_count(problems, name("mentees"), problem->n_mentees, CVN_MATCH_MENTEES_MAX);
    check_count(problems, name("shared"), problem->n_shared, CVN_MATCH_SHARED_MAX);
    check_count(problems, name("locked"), problem->n_locked, CVN_MATCH_LISTED_PAIRS_MAX);
    check_count(problems, name("forbidden"), problem->n_forbidden, CVN_MATCH_LISTED_PAIRS_MAX);
    check_range(problems, name("n_skills"), problem->n_skills, 0, CVN_MATCH_SKILL_IDS_MAX);
}

static void check_programme(const struct cvn_match_problem *problem, struct cvn_problems *problems)
{
    check_range(problems, name("rules.min_common_hours"), problem->rules.min_common_hours, 0,
                CVN_MATCH_MIN_HOURS_MAX);
    check_range(problems, name("candidates_per_mentee"), problem->candidates_per_mentee, 1,
                CVN_MATCH_CANDIDATES_MAX);
    check_range(problems, name("n_threads"), problem->n_threads, 0, CVN_MATCH_THREADS_MAX);
    check_range(problems, name("mode"), (int64_t)problem->mode, 0, CVN_MATCH_MODES - 1);
    for (int t = 0; t < CVN_MATCH_TERMS; t++) {
        const char *term = cvn_match_term_name((enum cvn_match_term)t);
        check_range(problems, name("mentee_weights.%s", term), problem->mentee_weights.points[t], 0,
                    CVN_MATCH_WEIGHT_MAX);
        check_range(problems, name("mentor_weights.%s", term), problem->mentor_weights.points[t], 0,
                    CVN_MATCH_WEIGHT_MAX);
    }
}

/* One person in a list of the problem. */
struct person_at {
    const char *list;
    size_t row;
    bool wants; /* a mentee */
    const struct cvn_match_person *person;
};

static bool is_doubled(const struct cvn_match_person *person, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (person->skills[i].skill == person->skills[at].skill)
            return true;
    return false;
}

static void check_skills(const struct cvn_match_problem *problem, const struct person_at *at,
                         struct cvn_problems *problems)
{
    const struct cvn_match_person *person = at->person;
    if (!check_count(problems, name("%s[%zu].skills", at->list, at->row), person->n_skills,
                     CVN_MATCH_SKILLS_MAX))
        return;
    for (size_t i = 0; i < person->n_skills; i++) {
        const struct cvn_match_skill *skill = &person->skills[i];
        if (skill->skill >= problem->n_skills)
            cvn_problems_add(problems, name("%s[%zu].skills[%zu].skill", at->list, at->row, i).text,
                             "is %u and must be below n_skills, which is %u", skill->skill,
                             problem->n_skills);
        else if (is_doubled(person, i))
            cvn_problems_add(problems, name("%s[%zu].skills[%zu].skill", at->list, at->row, i).text,
                             "is %u, which occurs before; list each skill once", skill->skill);
        if (skill->level > CVN_MATCH_LEVEL_MAX || (!at->wants && skill->level == 0))
            check_range(problems, name("%s[%zu].skills[%zu].level", at->list, at->row, i),
                        skill->level, !at->wants, CVN_MATCH_LEVEL_MAX);
        if (at->wants && (skill->priority == 0 || skill->priority > CVN_MATCH_PRIORITY_MAX))
            check_range(problems, name("%s[%zu].skills[%zu].priority", at->list, at->row, i),
                        skill->priority, 1, CVN_MATCH_PRIORITY_MAX);
    }
}

static void check_person(const struct cvn_match_problem *problem, const struct person_at *at,
                         struct cvn_problems *problems)
{
    const struct cvn_match_person *person = at->person;
    const struct {
        const char *field;
        size_t n, most;
    } lists[] = {
        {"conflict_tags", person->n_conflict_tags, CVN_MATCH_CONFLICT_TAGS_MAX},
        {"excluded", person->excluded.n, CVN_MATCH_EXCLUDED_MAX},
        {"ranked", person->ranked.n, CVN_MATCH_RANKED_MAX},
        {"previous", person->previous.n, CVN_MATCH_PREVIOUS_MAX},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].n > lists[i].most)
            check_count(problems, name("%s[%zu].%s", at->list, at->row, lists[i].field), lists[i].n,
                        lists[i].most);
    if (person->hours.bits[2] >> (CVN_MATCH_WEEK_HOURS - 128))
        cvn_problems_add(problems, name("%s[%zu].hours", at->list, at->row).text,
                         "has hours after the week's last, which is %d", CVN_MATCH_WEEK_HOURS - 1);
    check_skills(problem, at, problems);
}

static int check_people(const struct cvn_match_problem *problem, struct cvn_problems *problems,
                        struct cvn_match_pace *pace)
{
    for (size_t i = 0; i < problem->n_mentors; i++) {
        if (cvn_match_step(pace, 1) != 0)
            return CVN_MATCH_CANCELLED;
        const struct cvn_match_mentor *mentor = &problem->mentors[i];
        struct person_at at = {"mentors", i, false, &mentor->person};
        check_person(problem, &at, problems);
        if (mentor->capacity < 1 || mentor->capacity > CVN_MATCH_CAPACITY_MAX)
            check_range(problems, name("mentors[%zu].capacity", i), mentor->capacity, 1,
                        CVN_MATCH_CAPACITY_MAX);
    }
    for (size_t i = 0; i < problem->n_mentees; i++) {
        if (cvn_match_step(pace, 1) != 0)
            return CVN_MATCH_CANCELLED;
        const struct cvn_match_mentee *mentee = &problem->mentees[i];
        struct person_at at = {"mentees", i, true, &mentee->person};
        check_person(problem, &at, problems);
        if (mentee->waited_days < 0 || mentee->waited_days > CVN_MATCH_WAITED_DAYS_MAX)
            check_range(problems, name("mentees[%zu].waited_days", i), mentee->waited_days, 0,
                        CVN_MATCH_WAITED_DAYS_MAX);
    }
    return 0;
}

static void check_doubles(const char *list, const struct cvn_match_directory *directory,
                          struct cvn_problems *problems)
{
    for (uint32_t i = 1; i < directory->n; i++)
        if (cvn_id_equal(&directory->ids[i], &directory->ids[i - 1]))
            cvn_problems_add(problems, name("%s[%u].id", list, directory->rows[i]).text,
                             "is also that of %s[%u]; list each person once on a side", list,
                             directory->rows[i - 1]);
}

/* A pair's place in the problem as one number; rows come with it to name doubles. */
struct listed {
    uint64_t pair; /* UINT64_MAX where either is unknown */
    size_t row;
};

static int compare_listed(const void *a, const void *b)
{
    const struct listed *x = a, *y = b;
    if (x->pair != y->pair)
        return x->pair < y->pair ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

struct people {
    const struct cvn_match_directory *mentors;
    const struct cvn_match_directory *mentees;
};

static uint64_t pair_of(const struct people *people, const struct cvn_id *mentor_id,
                        const struct cvn_id *mentee_id)
{
    uint64_t mentor = cvn_match_directory_find(people->mentors, mentor_id);
    uint64_t mentee = cvn_match_directory_find(people->mentees, mentee_id);
    bool known = mentor != CVN_MATCH_NOBODY && mentee != CVN_MATCH_NOBODY;
    return known ? mentee << 32 | mentor : UINT64_MAX;
}

static int check_shared(const struct cvn_match_problem *problem, const struct people *people,
                        struct cvn_problems *problems, struct cvn_match_pace *pace)
{
    struct listed *listed = malloc((problem->n_shared + 1) * sizeof *listed);
    int r = listed ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < problem->n_shared; i++) {
        r = cvn_match_step(pace, 1);
        const struct cvn_match_shared *shared = &problem->shared[i];
        listed[i] = (struct listed){pair_of(people, &shared->mentor_id, &shared->mentee_id), i};
        if (shared->meetup_points < 0 || shared->meetup_points > CVN_MATCH_MEETUP_POINTS_MAX)
            check_range(problems, name("shared[%zu].meetup_points", i), shared->meetup_points, 0,
                        CVN_MATCH_MEETUP_POINTS_MAX);
        if (shared->groups < 0 || shared->groups > CVN_MATCH_SHARED_GROUPS_MAX)
            check_range(problems, name("shared[%zu].groups", i), shared->groups, 0,
                        CVN_MATCH_SHARED_GROUPS_MAX);
    }
    if (r == 0)
        r = cvn_match_sort(listed, problem->n_shared, sizeof *listed, compare_listed, pace);
    for (size_t i = 1; r == 0 && i < problem->n_shared; i++)
        if (listed[i].pair == listed[i - 1].pair && listed[i].pair != UINT64_MAX)
            cvn_problems_add(problems, name("shared[%zu]", listed[i].row).text,
                             "is about the same pair as shared[%zu]; give one row for a pair",
                             listed[i - 1].row);
    free(listed);
    return r;
}

static int check_forbidden(const struct cvn_match_problem *problem, const struct people *people,
                           struct cvn_problems *problems)
{
    struct listed *listed = malloc((problem->n_locked + 1) * sizeof *listed);
    if (!listed)
        return -ENOMEM;
    for (size_t i = 0; i < problem->n_locked; i++) {
        const struct cvn_match_pair_ids *pair = &problem->locked[i];
        listed[i] = (struct listed){pair_of(people, &pair->mentor_id, &pair->mentee_id), i};
    }
    qsort(listed, problem->n_locked, sizeof *listed, compare_listed);
    for (size_t i = 0; i < problem->n_forbidden; i++) {
        const struct cvn_match_pair_ids *pair = &problem->forbidden[i];
        uint64_t wanted = pair_of(people, &pair->mentor_id, &pair->mentee_id);
        size_t low = 0, high = problem->n_locked;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (listed[middle].pair < wanted)
                low = middle + 1;
            else
                high = middle;
        }
        if (wanted != UINT64_MAX && low < problem->n_locked && listed[low].pair == wanted)
            cvn_problems_add(problems, name("forbidden[%zu]", i).text,
                             "forbids the pair that locked[%zu] locks; keep one of the two",
                             listed[low].row);
    }
    free(listed);
    return 0;
}

static int check_locked(const struct cvn_match_problem *problem, const struct people *people,
                        struct cvn_problems *problems)
{
    int32_t *n_locked = calloc(problem->n_mentors + 1, sizeof *n_locked);
    bool *is_locked = calloc(problem->n_mentees + 1, sizeof *is_locked);
    int r = n_locked && is_locked ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < problem->n_locked; i++) {
        struct field field = name("locked[%zu]", i);
        uint32_t at = cvn_match_directory_find(people->mentors, &problem->locked[i].mentor_id);
        uint32_t to = cvn_match_directory_find(people->mentees, &problem->locked[i].mentee_id);
        if (at == CVN_MATCH_NOBODY || to == CVN_MATCH_NOBODY) {
            cvn_problems_add(problems, field.text, "names a %s who is not in the problem",
                             at == CVN_MATCH_NOBODY ? "mentor" : "mentee");
            continue;
        }
        uint32_t mentor_row = people->mentors->rows[at], mentee_row = people->mentees->rows[to];
        const struct cvn_match_mentor *mentor = &problem->mentors[mentor_row];
        const struct cvn_match_mentee *mentee = &problem->mentees[mentee_row];
        if (is_locked[to])
            cvn_problems_add(problems, field.text,
                             "locks mentees[%u] once more; lock a mentee with one mentor",
                             mentee_row);
        is_locked[to] = true;
        if (++n_locked[at] == mentor->capacity + 1)
            cvn_problems_add(problems, field.text,
                             "exceeds the capacity of mentors[%u], which is %d", mentor_row,
                             mentor->capacity);
        enum cvn_match_rule rule =
            cvn_match_first_rule(cvn_match_decide_personal(&mentor->person, &mentee->person));
        if (rule != CVN_MATCH_RULE_NONE)
            cvn_problems_add(problems, field.text,
                             "locks a pair that may never be made (%s); unlock it or lift that",
                             cvn_match_rule_name(rule));
    }
    free(n_locked);
    free(is_locked);
    return r;
}

static int check_pairs(const struct cvn_match_problem *problem, const struct people *people,
                       struct cvn_problems *problems, struct cvn_match_pace *pace)
{
    check_doubles("mentors", people->mentors, problems);
    check_doubles("mentees", people->mentees, problems);
    int r = check_shared(problem, people, problems, pace);
    if (r == 0)
        r = check_locked(problem, people, problems);
    return r == 0 ? check_forbidden(problem, people, problems) : r;
}

int cvn_match_validate_and_list(const struct cvn_match_problem *problem,
                                struct cvn_problems *problems, struct cvn_match_pace *pace,
                                struct cvn_match_directory *mentors,
                                struct cvn_match_directory *mentees)
{
    struct cvn_match_directory left = {0}, right = {0};
    size_t before = problems->total;
    check_sizes(problem, problems);
    if (problems->total != before)
        return CVN_MATCH_INVALID;
    check_programme(problem, problems);
    int r = check_people(problem, problems, pace);
    if (r == 0 && problems->total != before)
        r = CVN_MATCH_INVALID;
    if (r == 0)
        r = cvn_match_directory_init_mentors(&left, problem, pace);
    if (r == 0)
        r = cvn_match_directory_init_mentees(&right, problem, pace);
    if (r == 0)
        r = check_pairs(problem, &(struct people){&left, &right}, problems, pace);
    if (r == 0 && problems->total != before)
        r = CVN_MATCH_INVALID;
    if (r == 0) {
        *mentors = left;
        *mentees = right;
    } else {
        cvn_match_directory_deinit(&left);
        cvn_match_directory_deinit(&right);
    }
    return r;
}

int cvn_match_validate(const struct cvn_match_problem *problem, struct cvn_problems *problems)
{
    struct cvn_match_directory mentors = {0}, mentees = {0};
    int r = cvn_match_validate_and_list(problem, problems, NULL, &mentors, &mentees);
    cvn_match_directory_deinit(&mentors);
    cvn_match_directory_deinit(&mentees);
    return r;
}
