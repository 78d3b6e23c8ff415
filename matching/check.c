#include "matching/certificate.h"
#include "matching/crew.h"
#include "matching/judge.h"
#include "matching/validate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Who somebody has and how much they like that; higher scores first, then lower draws. */
struct liking {
    int64_t score;
    uint64_t draw;
    size_t who; /* place of the other side; SIZE_MAX: nobody */
};

struct check {
    struct cvn_match_judge judge;
    const struct cvn_match_answer *answer;
    const struct cvn_match_progress *progress;
    struct cvn_match_pace pace; /* of what comes before the mentees and after */
    bool has_gone_through;
    struct cvn_error *err;
    struct liking *partner; /* by mentee */
    struct liking *worst;   /* by mentor: the least liked mentee that is not locked */
    int32_t *n_seated;      /* by mentor */
    size_t *listed_by;      /* by mentor: 1 + the mentee last seen to have it as candidate */
    enum cvn_match_check_scope scope;
};

struct id_text {
    char text[CVN_ID_TEXT_BYTES];
};

static struct id_text show(const struct cvn_id *id)
{
    struct id_text shown;
    cvn_id_format(shown.text, "", id);
    memmove(shown.text, shown.text + 1, CVN_ID_DIGITS + 1);
    return shown;
}

#define fault(check, ...) cvn_error_set((check)->err, CVN_MATCH_VIOLATION, __VA_ARGS__)

static bool is_liked_more(const struct liking *a, const struct liking *b)
{
    if (b->who == SIZE_MAX)
        return a->who != SIZE_MAX;
    if (a->who == SIZE_MAX || a->score != b->score)
        return a->who != SIZE_MAX && a->score > b->score;
    return a->draw != b->draw ? a->draw < b->draw : a->who < b->who;
}

static const struct cvn_id *mentor_id(const struct check *check, size_t mentor)
{
    return &check->judge.mentors[mentor]->person.id;
}

static const struct cvn_id *mentee_id(const struct check *check, size_t mentee)
{
    return &check->judge.mentees[mentee]->person.id;
}

/* How a mentee and a mentor like each other. */
static void like(const struct check *check, size_t mentor, size_t mentee, struct liking *by_mentee,
                 struct liking *by_mentor)
{
    struct cvn_match_judged judged;
    uint64_t seed = check->judge.problem->seed;
    cvn_match_judge_score(&check->judge, mentor, mentee, &judged);
    *by_mentee = (struct liking){
        judged.mentee_score,
        cvn_match_tie(seed, mentor_id(check, mentor), mentee_id(check, mentee)), mentor};
    *by_mentor = (struct liking){judged.mentor_score,
                                 cvn_match_lottery(seed, mentee_id(check, mentee)), mentee};
}

static int check_lists(struct check *check)
{
    const struct cvn_match_answer *answer = check->answer;
    const struct cvn_match_problem *problem = check->judge.problem;
    if (answer->n_mentors != problem->n_mentors || answer->n_mentees != problem->n_mentees)
        return fault(check,
                     "the answer is about %zu mentors and %zu mentees, the problem %zu and %zu",
                     answer->n_mentors, answer->n_mentees, problem->n_mentors, problem->n_mentees);
    for (size_t i = 0; i < answer->n_mentors; i++)
        if (!cvn_id_equal(&answer->mentor_ids[i], mentor_id(check, i)))
            return fault(check, "mentor_ids[%zu] is %s and should be %s", i,
                         show(&answer->mentor_ids[i]).text, show(mentor_id(check, i)).text);
    for (size_t i = 0; i < answer->n_mentees; i++) {
        if (cvn_match_step(&check->pace, 1) != 0)
            return CVN_MATCH_CANCELLED;
        if (!cvn_id_equal(&answer->mentee_ids[i], mentee_id(check, i)))
            return fault(check, "mentee_ids[%zu] is %s and should be %s", i,
                         show(&answer->mentee_ids[i]).text, show(mentee_id(check, i)).text);
    }
    return 0;
}

static int check_points(const struct check *check, const struct cvn_match_pair *pair, size_t mentor,
                        size_t mentee)
{
    struct cvn_match_judged judged;
    cvn_match_judge_score(&check->judge, mentor, mentee, &judged);
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        if (judged.mentee_points[t] != pair->mentee_points[t] ||
            judged.mentor_points[t] != pair->mentor_points[t])
            return fault(check,
                         "mentee %s with mentor %s has %d and %d points for %s and should have "
                         "%lld and %lld",
                         show(&pair->mentee_id).text, show(&pair->mentor_id).text,
                         pair->mentee_points[t], pair->mentor_points[t],
                         cvn_match_term_name((enum cvn_match_term)t),
                         (long long)judged.mentee_points[t], (long long)judged.mentor_points[t]);
    if (judged.mentee_score != pair->mentee_score || judged.mentor_score != pair->mentor_score)
        return fault(check,
                     "mentee %s with mentor %s has scores that are not the sum of the points",
                     show(&pair->mentee_id).text, show(&pair->mentor_id).text);
    return 0;
}

static int check_choice(const struct check *check, const struct cvn_match_pair *pair, size_t mentor,
                        size_t mentee)
{
    const struct cvn_match_answer *answer = check->answer;
    uint64_t n = answer->first[mentee + 1] - answer->first[mentee];
    if (pair->mentee_choice < 1 || (uint64_t)pair->mentee_choice > n ||
        answer->candidates[answer->first[mentee] + (uint64_t)pair->mentee_choice - 1].mentor !=
            mentor)
        return fault(check, "mentor %s is not candidate %d of mentee %s",
                     show(&pair->mentor_id).text, pair->mentee_choice, show(&pair->mentee_id).text);
    return 0;
}

static int check_pair(struct check *check, const struct cvn_match_pair *pair)
{
    size_t mentor = cvn_match_judge_mentor(&check->judge, &pair->mentor_id);
    size_t mentee = cvn_match_judge_mentee(&check->judge, &pair->mentee_id);
    if (mentor == SIZE_MAX || mentee == SIZE_MAX)
        return fault(check, "mentee %s or mentor %s is not in the problem",
                     show(&pair->mentee_id).text, show(&pair->mentor_id).text);
    if (check->partner[mentee].who != SIZE_MAX)
        return fault(check, "mentee %s is paired twice", show(&pair->mentee_id).text);
    struct liking by_mentor;
    like(check, mentor, mentee, &check->partner[mentee], &by_mentor);
    int32_t capacity = check->judge.mentors[mentor]->capacity;
    if (++check->n_seated[mentor] > capacity)
        return fault(check, "mentor %s has more mentees than the capacity of %d",
                     show(&pair->mentor_id).text, capacity);
    const struct cvn_id *locked = cvn_match_judge_locked(&check->judge, &pair->mentee_id);
    if (locked) {
        if (!cvn_id_equal(locked, &pair->mentor_id))
            return fault(check, "mentee %s is locked with mentor %s and was given %s",
                         show(&pair->mentee_id).text, show(locked).text,
                         show(&pair->mentor_id).text);
        return check_points(check, pair, mentor, mentee);
    }
    if (!cvn_match_judge_allows(&check->judge, mentor, mentee)) {
        enum cvn_match_rule rule = cvn_match_decide(
            check->judge.problem, check->judge.mentors[mentor], check->judge.mentees[mentee]);
        return fault(check, "mentee %s may not be paired with mentor %s (%s)",
                     show(&pair->mentee_id).text, show(&pair->mentor_id).text,
                     cvn_match_rule_name(rule));
    }
    if (check->worst[mentor].who == SIZE_MAX || is_liked_more(&check->worst[mentor], &by_mentor))
        check->worst[mentor] = by_mentor;
    int r = check_points(check, pair, mentor, mentee);
    return r == 0 ? check_choice(check, pair, mentor, mentee) : r;
}

static int check_pairs(struct check *check)
{
    const struct cvn_match_answer *answer = check->answer;
    for (size_t i = 0; i < answer->n_pairs; i++) {
        int r = check_pair(check, &answer->pairs[i]);
        if (r == 0)
            r = cvn_match_step(&check->pace, 1);
        if (r != 0)
            return r;
    }
    for (size_t i = 0; i < check->judge.problem->n_locked; i++) {
        const struct cvn_match_pair_ids *pair = &check->judge.problem->locked[i];
        if (check->partner[cvn_match_judge_mentee(&check->judge, &pair->mentee_id)].who == SIZE_MAX)
            return fault(check, "mentee %s is locked with mentor %s and was given nobody",
                         show(&pair->mentee_id).text, show(&pair->mentor_id).text);
    }
    return 0;
}

static int check_unmatched(struct check *check)
{
    const struct cvn_match_answer *answer = check->answer;
    if (answer->n_pairs + answer->n_unmatched != answer->n_mentees)
        return fault(check, "%zu pairs and %zu unmatched do not make %zu mentees", answer->n_pairs,
                     answer->n_unmatched, answer->n_mentees);
    for (size_t i = 0; i < answer->n_unmatched; i++) {
        const struct cvn_match_unmatched *unmatched = &answer->unmatched[i];
        size_t mentee = cvn_match_judge_mentee(&check->judge, &unmatched->mentee_id);
        if (cvn_match_step(&check->pace, 1) != 0)
            return CVN_MATCH_CANCELLED;
        if (mentee == SIZE_MAX || check->partner[mentee].who != SIZE_MAX ||
            (i > 0 && memcmp(&unmatched->mentee_id, &unmatched[-1].mentee_id, CVN_ID_BYTES) <= 0))
            return fault(check, "mentee %s is unmatched, and so are others, but not once each",
                         show(&unmatched->mentee_id).text);
        bool has = answer->first[mentee + 1] > answer->first[mentee];
        if (has != (unmatched->reason == CVN_MATCH_UNMATCHED_ALL_TAKEN))
            return fault(check, "mentee %s has %s candidates, which is not the reason given",
                         show(&unmatched->mentee_id).text, has ? "some" : "no");
    }
    return 0;
}

/* The mentee would rather have the mentor, who has a seat or would rather have the mentee. */
static int check_not_blocking(const struct check *check, size_t mentor, size_t mentee,
                              const struct liking *by_mentee, const struct liking *by_mentor)
{
    if (check->judge.problem->mode != CVN_MATCH_STABLE ||
        !is_liked_more(by_mentee, &check->partner[mentee]))
        return 0;
    bool seat = check->n_seated[mentor] < check->judge.mentors[mentor]->capacity;
    if (!seat && !is_liked_more(by_mentor, &check->worst[mentor]))
        return 0;
    return fault(check,
                 "mentee %s and mentor %s block: the mentee likes this mentor better (%lld) "
                 "and the mentor has %s",
                 show(mentee_id(check, mentee)).text, show(mentor_id(check, mentor)).text,
                 (long long)by_mentee->score, seat ? "a free seat" : "somebody liked less");
}

static int check_candidate(struct check *check, size_t mentee, uint64_t edge, struct liking *before)
{
    const struct cvn_match_candidate *candidate = &check->answer->candidates[edge];
    size_t mentor = candidate->mentor;
    struct liking by_mentee, by_mentor;
    if (mentor >= check->answer->n_mentors)
        return fault(check, "candidate %llu of mentee %s is nobody", (unsigned long long)edge,
                     show(mentee_id(check, mentee)).text);
    like(check, mentor, mentee, &by_mentee, &by_mentor);
    const char *what = NULL;
    if (!cvn_match_judge_allows(&check->judge, mentor, mentee))
        what = "is removed by a rule";
    else if (by_mentee.score != candidate->mentee_score ||
             by_mentor.score != candidate->mentor_score)
        what = "has other scores";
    else if (!is_liked_more(before, &by_mentee) && before->who != SIZE_MAX)
        what = "comes after somebody liked less";
    if (what)
        return fault(check, "candidate %s of mentee %s %s", show(mentor_id(check, mentor)).text,
                     show(mentee_id(check, mentee)).text, what);
    *before = by_mentee;
    check->listed_by[mentor] = mentee + 1;
    return check_not_blocking(check, mentor, mentee, &by_mentee, &by_mentor);
}

/*
 * Beyond the candidates: nobody liked better than the last of those who have to be was left out,
 * and nobody blocks.
 */
static int check_others(struct check *check, size_t mentee, const struct liking *last)
{
    const uint64_t *first = check->answer->first;
    bool full =
        first[mentee + 1] - first[mentee] >= (uint64_t)check->judge.problem->candidates_per_mentee;
    for (size_t mentor = 0; mentor < check->answer->n_mentors; mentor++) {
        struct liking by_mentee, by_mentor;
        if (check->listed_by[mentor] == mentee + 1 ||
            !cvn_match_judge_allows(&check->judge, mentor, mentee))
            continue;
        like(check, mentor, mentee, &by_mentee, &by_mentor);
        if (!full || is_liked_more(&by_mentee, last))
            return fault(check, "mentor %s was left out of the candidates of mentee %s",
                         show(mentor_id(check, mentor)).text, show(mentee_id(check, mentee)).text);
        int r = check_not_blocking(check, mentor, mentee, &by_mentee, &by_mentor);
        if (r != 0)
            return r;
    }
    return 0;
}

static int check_mentee(struct check *check, size_t mentee)
{
    const uint64_t *first = check->answer->first;
    struct liking before = {.who = SIZE_MAX}, last = before;
    uint64_t n = first[mentee + 1] - first[mentee];
    uint64_t n_wanted = (uint64_t)check->judge.problem->candidates_per_mentee;
    bool locked = cvn_match_judge_locked(&check->judge, mentee_id(check, mentee)) != NULL;
    if (first[mentee + 1] < first[mentee] || n > (locked ? 0 : CVN_MATCH_CANDIDATES_MAX))
        return fault(check, "mentee %s has too many candidates",
                     show(mentee_id(check, mentee)).text);
    for (uint64_t edge = first[mentee]; edge < first[mentee + 1]; edge++) {
        int r = check_candidate(check, mentee, edge, &before);
        if (r != 0)
            return r;
        if (edge - first[mentee] < n_wanted)
            last = before;
    }
    return check->scope == CVN_MATCH_CHECK_ALL_PAIRS && !locked ? check_others(check, mentee, &last)
                                                                : 0;
}

/* The candidates as a bare instance with the seats that locked pairs leave, and who sits where. */
static int set_up_instance(struct check *check, uint32_t *seats, uint64_t *edge)
{
    const struct cvn_match_answer *answer = check->answer;
    for (size_t j = 0; j < answer->n_mentors; j++)
        seats[j] = (uint32_t)(check->judge.mentors[j]->capacity - check->judge.n_locked[j]);
    for (size_t i = 0; i < answer->n_mentees; i++)
        edge[i] = CVN_MATCH_NO_EDGE;
    int r = 0;
    for (size_t i = 0; r == 0 && i < answer->n_pairs; i++) {
        const struct cvn_match_pair *pair = &answer->pairs[i];
        size_t mentee = cvn_match_judge_mentee(&check->judge, &pair->mentee_id);
        if (pair->mentee_choice > 0)
            edge[mentee] = answer->first[mentee] + (uint64_t)pair->mentee_choice - 1;
        r = cvn_match_step(&check->pace, 1);
    }
    return r;
}

static int check_bound(const struct check *check, const struct cvn_match_bound *bound)
{
    enum cvn_match_mode mode = check->judge.problem->mode;
    if (bound->value != bound->bound)
        return fault(check,
                     "the pairs are worth %lld and the prices prove only that none could be worth "
                     "more than %lld",
                     (long long)bound->value, (long long)bound->bound);
    if (mode != CVN_MATCH_OPTIMAL && bound->n_placed != bound->n_most)
        return fault(check, "%lld are placed and the cover proves only that %lld are the most",
                     (long long)bound->n_placed, (long long)bound->n_most);
    if (mode == CVN_MATCH_FAIR && bound->n_placed > 0 && bound->n_above >= bound->n_placed)
        return fault(check,
                     "no pair is worth less than %d, and it is not proved that this could not be "
                     "more",
                     check->answer->prices.floor);
    return 0;
}

/* By the prices, that no matching over the candidates is worth more. */
static int check_worth(struct check *check)
{
    const struct cvn_match_answer *answer = check->answer;
    const struct cvn_match_prices *prices = &answer->prices;
    enum cvn_match_mode mode = check->judge.problem->mode;
    if (mode == CVN_MATCH_STABLE)
        return 0;
    if (!prices->price || (mode == CVN_MATCH_OPTIMAL ? prices->bonus != 0 : !prices->cover) ||
        (mode == CVN_MATCH_FAIR ? !prices->above : prices->floor != 0))
        return fault(check, "the prices are not those of a matching that is %s",
                     cvn_match_mode_name(mode));
    uint32_t *seats = malloc((answer->n_mentors + 1) * sizeof *seats);
    uint64_t *edge = malloc((answer->n_mentees + 1) * sizeof *edge);
    struct cvn_match_instance instance = {(uint32_t)answer->n_mentees,
                                          (uint32_t)answer->n_mentors,
                                          answer->first,
                                          answer->candidates,
                                          seats,
                                          NULL};
    /* Proving only reads what it is given. */
    struct cvn_match_assignment assignment = {.edge = edge,
                                              .price = (int64_t *)(uintptr_t)prices->price,
                                              .cover = (int64_t *)(uintptr_t)prices->cover,
                                              .above = (int64_t *)(uintptr_t)prices->above,
                                              .bonus = prices->bonus,
                                              .floor = prices->floor};
    struct cvn_match_bound bound;
    int r = -ENOMEM;
    if (seats && edge)
        r = set_up_instance(check, seats, edge);
    if (r == 0) {
        r = cvn_match_assignment_prove(&instance, &assignment, &bound, check->err);
    }
    if (r == 0)
        r = check_bound(check, &bound);
    free(seats);
    free(edge);
    return r;
}

static int check_mentees(void *member, uint64_t from, uint64_t to)
{
    int r = 0;
    for (uint64_t i = from; r == 0 && i < to; i++)
        r = check_mentee(member, i);
    return r;
}

/* One thread's view: what it notes by mentor, and its own fault. All else is only read. */
struct view {
    struct check check;
    struct cvn_error err;
};

static struct view *view_new(const struct check *check)
{
    struct view *view = malloc(sizeof *view);
    if (!view)
        return NULL;
    *view = (struct view){.check = *check};
    view->check.err = &view->err;
    view->check.listed_by = calloc(check->answer->n_mentors + 1, sizeof *view->check.listed_by);
    if (!view->check.listed_by) {
        free(view);
        return NULL;
    }
    return view;
}

static int check_all_mentees(const struct check *check)
{
    void *views[CVN_MATCH_THREADS_MAX] = {NULL};
    int32_t n_threads = check->judge.problem->n_threads, met_by = 0;
    struct cvn_match_crew crew = {
        .n_items = check->answer->n_mentees,
        .chunk = check->scope == CVN_MATCH_CHECK_CANDIDATES
                     ? 256
                     : 20000 / (check->answer->n_mentors + 1) + 1,
        .work = check_mentees,
        .members = views,
        .n_members = n_threads ? n_threads : 1,
        .progress = check->progress,
        .phase = CVN_MATCH_PHASE_CHECK,
    };
    int r = 0;
    for (int32_t i = 0; r == 0 && i < crew.n_members; i++)
        r = (views[i] = view_new(check)) ? 0 : -ENOMEM;
    if (r == 0)
        r = cvn_match_crew_run(&crew, &met_by);
    if (r == CVN_MATCH_VIOLATION && check->err)
        *check->err = ((struct view *)views[met_by])->err;
    for (int32_t i = 0; i < crew.n_members && views[i]; i++) {
        struct view *view = views[i];
        free(view->check.listed_by);
        free(view);
    }
    return r;
}

static bool is_stable(const struct check *check)
{
    return check->judge.problem->mode == CVN_MATCH_STABLE;
}

/* Told before the mentees are gone through, that none is done yet, and after: that all are. */
static bool tell_beside(void *context, enum cvn_match_phase phase, uint64_t done, uint64_t total)
{
    const struct check *check = context;
    uint64_t n = check->answer->n_mentees;
    return cvn_match_tell(check->progress, phase, check->has_gone_through ? n : 0, n) == 0;
}

static int run(struct check *check)
{
    int r = check_lists(check);
    if (r == 0)
        r = check_pairs(check);
    if (r == 0)
        r = check_unmatched(check);
    if (r == 0 && (check->scope != CVN_MATCH_CHECK_PAIRS || is_stable(check)))
        r = check_all_mentees(check);
    check->has_gone_through = true;
    return r == 0 ? check_worth(check) : r; /* last: it trusts the candidates to be in order */
}

static int validate(struct check *check, const struct cvn_match_problem *problem)
{
    struct cvn_match_directory mentors = {0}, mentees = {0};
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 16);
    struct cvn_problems problems;
    cvn_problems_init(&problems, &arena);
    int r = cvn_match_validate_and_list(problem, &problems, &check->pace, &mentors, &mentees);
    cvn_match_directory_deinit(&mentors);
    cvn_match_directory_deinit(&mentees);
    return r == CVN_MATCH_INVALID ? cvn_error_set(check->err, r, "the problem is invalid: %s",
                                                  cvn_problems_sentence(&problems))
                                  : r;
}

int cvn_match_check(const struct cvn_match_problem *problem, const struct cvn_match_answer *answer,
                    enum cvn_match_check_scope scope, const struct cvn_match_progress *progress,
                    struct cvn_error *err)
{
    struct check check = {
        .answer = answer,
        .progress = progress,
        .pace = {.progress = &(struct cvn_match_progress){tell_beside, &check},
                 .phase = CVN_MATCH_PHASE_CHECK},
        .err = err,
        .scope = scope,
        .partner = malloc((problem->n_mentees + 1) * sizeof *check.partner),
        .worst = malloc((problem->n_mentors + 1) * sizeof *check.worst),
        .n_seated = calloc(problem->n_mentors + 1, sizeof *check.n_seated),
    };
    int r = check.partner && check.worst && check.n_seated ? 0 : -ENOMEM;
    if (r == 0)
        r = validate(&check, problem);
    if (r == 0)
        r = cvn_match_judge_init(&check.judge, problem, &check.pace);
    if (r == 0) {
        for (size_t i = 0; i < problem->n_mentees; i++)
            check.partner[i].who = SIZE_MAX;
        for (size_t i = 0; i < problem->n_mentors; i++)
            check.worst[i].who = SIZE_MAX;
        r = run(&check);
    }
    cvn_match_judge_deinit(&check.judge);
    free(check.partner);
    free(check.worst);
    free(check.n_seated);
    return r;
}
