#include "matching/cohort.h"

#include "matching/alike.h"
#include "matching/rows.h"
#include "matching/score.h"
#include "matching/tie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t read_bits(const uint64_t *bits, size_t n_words,
                          struct cvn_match_value values[CVN_MATCH_VALUES_MAX])
{
    uint32_t n = 0;
    for (uint32_t w = 0; w < n_words; w++)
        for (uint64_t left = bits[w]; left; left &= left - 1)
            values[n++] = (struct cvn_match_value){w * 64 + (uint32_t)__builtin_ctzll(left), 1};
    return n;
}

static uint32_t read_hours(const void *context, uint32_t mentor,
                           struct cvn_match_value values[CVN_MATCH_VALUES_MAX])
{
    const struct cvn_match_cohort *cohort = context;
    return read_bits(cohort->lean[mentor].hours.bits, 3, values);
}

static uint32_t read_aims(const void *context, uint32_t mentor,
                          struct cvn_match_value values[CVN_MATCH_VALUES_MAX])
{
    const struct cvn_match_cohort *cohort = context;
    uint64_t goals = cohort->lean[mentor].goals;
    return read_bits(&goals, 1, values);
}

static uint32_t read_languages(const void *context, uint32_t mentor,
                               struct cvn_match_value values[CVN_MATCH_VALUES_MAX])
{
    const struct cvn_match_cohort *cohort = context;
    return read_bits(cohort->lean[mentor].languages.bits, 2, values);
}

static uint32_t read_skills(const void *context, uint32_t mentor,
                            struct cvn_match_value values[CVN_MATCH_VALUES_MAX])
{
    const struct cvn_match_person *person = &cvn_match_cohort_mentor(context, mentor)->person;
    for (size_t i = 0; i < person->n_skills; i++)
        values[i] = (struct cvn_match_value){person->skills[i].skill, person->skills[i].level};
    return (uint32_t)person->n_skills;
}

/* A tag that a person carries twice counts once. */
static uint32_t read_tags(const void *context, uint32_t mentor,
                          struct cvn_match_value values[CVN_MATCH_VALUES_MAX])
{
    const struct cvn_match_cohort *cohort = context;
    const struct cvn_match_person *person = &cvn_match_cohort_mentor(cohort, mentor)->person;
    uint32_t n = 0;
    for (size_t i = 0; i < person->n_conflict_tags; i++) {
        uint32_t tag = cvn_match_cohort_tag(cohort, person->conflict_tags[i]), j = 0;
        while (j < n && values[j].value != tag)
            j++;
        values[j] = (struct cvn_match_value){tag, 1};
        n += j == n;
    }
    return n;
}

static int compare_tags(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int collect_tags(struct cvn_match_cohort *cohort)
{
    const struct cvn_match_problem *problem = cohort->problem;
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < problem->n_mentors; i++)
        n += problem->mentors[i].person.n_conflict_tags;
    uint32_t *tags = cohort->tag_names = malloc(n ? n * sizeof *tags : 1);
    if (!tags)
        return -ENOMEM;
    n = 0;
    for (size_t i = 0; i < problem->n_mentors; i++) {
        const struct cvn_match_person *person = &problem->mentors[i].person;
        for (size_t j = 0; j < person->n_conflict_tags; j++)
            tags[n++] = person->conflict_tags[j];
    }
    qsort(tags, n, sizeof *tags, compare_tags);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || tags[i] != tags[i - 1])
            tags[kept++] = tags[i];
    cohort->n_tags = (uint32_t)kept;
    return 0;
}

uint32_t cvn_match_cohort_tag(const struct cvn_match_cohort *cohort, uint32_t tag)
{
    const uint32_t *found =
        cohort->n_tags ? bsearch(&tag, cohort->tag_names, cohort->n_tags, sizeof tag, compare_tags)
                       : NULL;
    return found ? (uint32_t)(found - cohort->tag_names) : (uint32_t)CVN_MATCH_NOBODY;
}

static int init_people(struct cvn_match_cohort *cohort)
{
    const struct cvn_match_problem *problem = cohort->problem;
    uint32_t n_mentors = cohort->mentors.n, n_mentees = cohort->mentees.n;
    cohort->n_blocks = (n_mentors + CVN_MATCH_BLOCK_MENTORS - 1) / CVN_MATCH_BLOCK_MENTORS;
    cohort->lean = aligned_alloc(_Alignof(struct cvn_match_lean_mentor),
                                 (n_mentors + 1) * sizeof *cohort->lean);
    cohort->seats = calloc(n_mentors + 1, sizeof *cohort->seats);
    cohort->locked = malloc((n_mentees + 1) * sizeof *cohort->locked);
    cohort->full = calloc(cohort->n_blocks + 1, CVN_MATCH_ROW_BYTES);
    cohort->open = calloc(cohort->n_blocks + 1, CVN_MATCH_ROW_BYTES);
    if (!cohort->lean || !cohort->seats || !cohort->locked || !cohort->full || !cohort->open)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_mentors; i++) {
        const struct cvn_match_mentor *mentor = cvn_match_cohort_mentor(cohort, i);
        cohort->lean[i] = (struct cvn_match_lean_mentor){
            .hours = mentor->person.hours,
            .languages = mentor->person.languages,
            .tie_key = cvn_match_tie_mentor_key(problem->seed, &mentor->person.id),
            .goals = mentor->person.goals,
        };
        cohort->seats[i] = (uint8_t)mentor->capacity;
    }
    for (uint32_t i = 0; i < n_mentees; i++)
        cohort->locked[i] = CVN_MATCH_NOBODY;
    return 0;
}

static void take_seats(struct cvn_match_cohort *cohort)
{
    for (size_t i = 0; i < cohort->problem->n_locked; i++) {
        const struct cvn_match_pair_ids *pair = &cohort->problem->locked[i];
        uint32_t mentor = cvn_match_directory_find(&cohort->mentors, &pair->mentor_id);
        cohort->locked[cvn_match_directory_find(&cohort->mentees, &pair->mentee_id)] = mentor;
        if (--cohort->seats[mentor] == 0)
            cohort->full[mentor / 64] |= (uint64_t)1 << mentor % 64;
    }
    for (size_t block = 0; block < cohort->n_blocks; block++) {
        uint64_t *open = cohort->open + block * CVN_MATCH_BLOCK_WORDS;
        cvn_match_row_present(open, cohort->mentors.n, block);
        cvn_match_row_remove(open, cohort->full + block * CVN_MATCH_BLOCK_WORDS);
    }
}

static int init_verticals(struct cvn_match_cohort *cohort, struct cvn_match_pace *pace)
{
    struct {
        struct cvn_match_vertical *vertical;
        uint32_t n_values, n_levels;
        uint32_t (*read)(const void *context, uint32_t mentor,
                         struct cvn_match_value values[CVN_MATCH_VALUES_MAX]);
    } all[] = {
        {&cohort->skills, cohort->problem->n_skills, CVN_MATCH_LEVEL_MAX, read_skills},
        {&cohort->languages, CVN_MATCH_LANGUAGES_MAX, 1, read_languages},
        {&cohort->hours, CVN_MATCH_WEEK_HOURS, 1, read_hours},
        {&cohort->tags, cohort->n_tags, 1, read_tags},
        {&cohort->aims, CVN_MATCH_GOALS_MAX, 1, read_aims},
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof all / sizeof *all; i++) {
        struct cvn_match_vertical_source source = {cohort->mentors.n, all[i].n_values,
                                                   all[i].n_levels, all[i].read, cohort};
        r = cvn_match_vertical_init(all[i].vertical, &source, pace);
    }
    return r;
}

static int find_rarities(struct cvn_match_cohort *cohort)
{
    uint32_t n = cohort->problem->n_skills;
    cohort->rarity = malloc(((size_t)n + 1) * sizeof *cohort->rarity);
    if (!cohort->rarity)
        return -ENOMEM;
    for (uint32_t s = 0; s < n; s++)
        cohort->rarity[s] = cvn_match_rarity(cohort->mentors.n, cohort->skills.counts[s]);
    return 0;
}

int cvn_match_cohort_init(struct cvn_match_cohort *cohort, const struct cvn_match_problem *problem,
                          struct cvn_match_directory *mentors, struct cvn_match_directory *mentees,
                          struct cvn_match_pace *pace)
{
    *cohort =
        (struct cvn_match_cohort){.problem = problem, .mentors = *mentors, .mentees = *mentees};
    *mentors = *mentees = (struct cvn_match_directory){0};
    int r = init_people(cohort);
    if (r == 0) {
        take_seats(cohort);
        r = collect_tags(cohort);
    }
    if (r == 0)
        r = init_verticals(cohort, pace);
    if (r == 0)
        r = find_rarities(cohort);
    if (r == 0)
        r = cvn_match_specials_init(&cohort->specials, problem, &cohort->mentors, &cohort->mentees,
                                    pace);
    if (r == 0)
        r = cvn_match_put_alike_together(cohort, pace, &cohort->alike);
    if (r != 0)
        cvn_match_cohort_deinit(cohort);
    return r;
}

void cvn_match_cohort_deinit(struct cvn_match_cohort *cohort)
{
    cvn_match_directory_deinit(&cohort->mentors);
    cvn_match_directory_deinit(&cohort->mentees);
    cvn_match_specials_deinit(&cohort->specials);
    cvn_match_vertical_deinit(&cohort->skills);
    cvn_match_vertical_deinit(&cohort->languages);
    cvn_match_vertical_deinit(&cohort->hours);
    cvn_match_vertical_deinit(&cohort->tags);
    cvn_match_vertical_deinit(&cohort->aims);
    free(cohort->rarity);
    free(cohort->tag_names);
    free(cohort->lean);
    free(cohort->alike);
    free(cohort->locked);
    free(cohort->seats);
    free(cohort->full);
    free(cohort->open);
    *cohort = (struct cvn_match_cohort){0};
}
