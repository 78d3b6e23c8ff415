#include "bench/cohort.h"

#include <errno.h>
#include <stdlib.h>

enum { TRACKS = 12, GOALS = 6, ZIPF_ONE = 1 << 20 };

uint64_t cohort_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint32_t cohort_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((cohort_random(state) >> 32) * n >> 32);
}

struct cohort_shape cohort_shape_of(size_t n_mentees, uint64_t seed)
{
    return (struct cohort_shape){
        .n_mentees = n_mentees,
        .n_mentors = n_mentees / 4,
        .n_skills = 200,
        .n_zones = 24,
        .n_languages = 15,
        .n_teams = 400,
        .excluded = 5,
        .ranked = 30,
        .previous = 10,
        .shared = 200,
        .seed = seed,
    };
}

struct generator {
    struct cohort *cohort;
    const struct cohort_shape *shape;
    uint64_t state;
    uint64_t *sums; /* of the weights of skills, TRACKS rows */
};

/* In a track its own skills are six times as frequent, and the eight commonest are everybody's. */
static void weigh_skills(struct generator *generator)
{
    uint32_t n = generator->shape->n_skills;
    for (uint32_t track = 0; track < TRACKS; track++) {
        uint64_t sum = 0;
        for (uint32_t s = 0; s < n; s++) {
            uint64_t weight = ZIPF_ONE / (s + 1);
            sum += s % TRACKS == track ? weight * 24 : s < 8 ? weight * 4 : weight;
            generator->sums[track * n + s] = sum;
        }
    }
}

static uint32_t pick_skill(struct generator *generator, uint32_t track)
{
    uint32_t n = generator->shape->n_skills, low = 0, high = n - 1;
    const uint64_t *sums = generator->sums + (size_t)track * n;
    uint64_t drawn = cohort_random(&generator->state) % sums[n - 1];
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (sums[middle] > drawn)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint32_t below(struct generator *generator, uint32_t n)
{
    return cohort_below(&generator->state, n);
}

/* Developers by longitude, from UTC-11 on, in tenths. */
static uint32_t pick_zone(struct generator *generator)
{
    static const uint8_t weights[24] = {2,   3,  4,  80, 30, 50,  120, 20, 40, 10, 5, 100,
                                        140, 60, 50, 20, 30, 120, 10,  50, 20, 20, 7, 5};
    uint32_t n = generator->shape->n_zones, sum = 0, zone = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += weights[i];
    for (uint32_t drawn = below(generator, sum); drawn >= weights[zone]; zone++)
        drawn -= weights[zone];
    return zone;
}

static void add_hour(struct cvn_match_hours *hours, int local, uint32_t zone)
{
    uint32_t utc =
        (uint32_t)(local - ((int)zone - 11) + 2 * CVN_MATCH_WEEK_HOURS) % CVN_MATCH_WEEK_HOURS;
    hours->bits[utc / 64] |= (uint64_t)1 << utc % 64;
}

/* Some evenings of the week and some of the weekend; at least one evening. */
static void make_hours(struct generator *generator, struct cvn_match_hours *hours, uint32_t zone)
{
    for (int day = 0; day < 7; day++) {
        if (below(generator, 100) >= (day < 5 ? 45u : 50u))
            continue;
        int from = day < 5 ? 18 + (int)below(generator, 2) : 10 + (int)below(generator, 4);
        int to = day < 5 ? 20 + (int)below(generator, 3) : from + 2 + (int)below(generator, 4);
        for (int hour = from; hour < to; hour++)
            add_hour(hours, day * 24 + hour, zone);
    }
    if (!(hours->bits[0] | hours->bits[1] | hours->bits[2]))
        for (int hour = 18; hour < 21; hour++)
            add_hour(hours, 48 + hour, zone);
}

/* Nine of ten speak the first language, most another that goes with where they live. */
static void make_languages(struct generator *generator, struct cvn_match_languages *languages,
                           uint32_t zone)
{
    uint32_t n = generator->shape->n_languages;
    uint32_t local = n > 1 ? 1 + (zone * 5 + below(generator, 4)) % (n - 1) : 0;
    bool first = below(generator, 10) < 9;
    if (first)
        languages->bits[0] |= 1;
    if (!first || below(generator, 10) < 6)
        languages->bits[0] |= (uint64_t)1 << local;
    if (below(generator, 100) < 15)
        languages->bits[0] |= (uint64_t)1 << below(generator, n);
}

static int make_skills(struct generator *generator, struct cvn_match_person *person, bool mentor)
{
    uint32_t n = mentor ? 3 + below(generator, 6) : 1 + below(generator, 5);
    uint32_t track = below(generator, TRACKS);
    struct cvn_match_skill *skills =
        cvn_arena_alloc_array(&generator->cohort->arena, n, sizeof *skills);
    if (!skills)
        return -ENOMEM;
    person->skills = skills;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t skill = pick_skill(generator, track);
        bool doubled = false;
        for (size_t j = 0; j < person->n_skills; j++)
            doubled = doubled || skills[j].skill == skill;
        uint8_t level = (uint8_t)(mentor ? 1 + below(generator, 5) : below(generator, 4));
        uint8_t priority = (uint8_t)(1 + below(generator, 3));
        if (!doubled)
            skills[person->n_skills++] = (struct cvn_match_skill){skill, level, priority};
    }
    return 0;
}

static int make_person(struct generator *generator, struct cvn_match_person *person, bool mentor)
{
    uint32_t zone = pick_zone(generator);
    for (int i = 0; i < CVN_ID_BYTES; i++)
        person->id.bytes[i] = (uint8_t)cohort_random(&generator->state);
    make_hours(generator, &person->hours, zone);
    make_languages(generator, &person->languages, zone);
    for (uint32_t i = 0, n = mentor ? 3 : 1 + below(generator, 2); i < n; i++)
        person->goals |= (uint32_t)1 << below(generator, GOALS);
    if (generator->shape->n_teams) {
        uint32_t *team = cvn_arena_alloc(&generator->cohort->arena, sizeof *team);
        if (!team)
            return -ENOMEM;
        *team = below(generator, generator->shape->n_teams);
        person->conflict_tags = team;
        person->n_conflict_tags = 1;
    }
    return make_skills(generator, person, mentor);
}

/* Some people of the other side, as many on average as hundredths says. */
static int make_list(struct generator *generator, struct cvn_match_ids *list, uint32_t hundredths,
                     bool mentors)
{
    const struct cohort *cohort = generator->cohort;
    uint32_t n = hundredths / 100 + (below(generator, 100) < hundredths % 100);
    uint32_t n_others =
        (uint32_t)(mentors ? generator->shape->n_mentors : generator->shape->n_mentees);
    if (n == 0 || n_others == 0)
        return 0;
    struct cvn_id *ids = cvn_arena_alloc_array(&generator->cohort->arena, n, sizeof *ids);
    if (!ids)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t other = below(generator, n_others);
        ids[i] = mentors ? cohort->mentors[other].person.id : cohort->mentees[other].person.id;
    }
    *list = (struct cvn_match_ids){ids, n};
    return 0;
}

static int make_lists(struct generator *generator, struct cvn_match_person *person, bool mentors)
{
    int r = make_list(generator, &person->excluded, generator->shape->excluded, mentors);
    if (r == 0)
        r = make_list(generator, &person->ranked, generator->shape->ranked, mentors);
    if (r == 0 && mentors)
        r = make_list(generator, &person->previous, generator->shape->previous, mentors);
    return r;
}

static int make_people(struct generator *generator)
{
    struct cohort *cohort = generator->cohort;
    size_t n_mentors = generator->shape->n_mentors, n_mentees = generator->shape->n_mentees;
    int r = 0;
    for (size_t i = 0; r == 0 && i < n_mentors; i++) {
        cohort->mentors[i].capacity = 1 + (int32_t)below(generator, 6);
        r = make_person(generator, &cohort->mentors[i].person, true);
    }
    for (size_t i = 0; r == 0 && i < n_mentees; i++) {
        cohort->mentees[i].waited_days = (int32_t)below(generator, 200);
        r = make_person(generator, &cohort->mentees[i].person, false);
    }
    for (size_t i = 0; r == 0 && i < n_mentors; i++)
        r = make_lists(generator, &cohort->mentors[i].person, false);
    for (size_t i = 0; r == 0 && i < n_mentees; i++)
        r = make_lists(generator, &cohort->mentees[i].person, true);
    return r;
}

/* A mentee's mentors are drawn from disjoint parts, so that no pair comes twice. */
static void make_shared(struct generator *generator)
{
    struct cohort *cohort = generator->cohort;
    size_t n_mentors = generator->shape->n_mentors;
    for (size_t i = 0; i < generator->shape->n_mentees; i++) {
        uint32_t hundredths = generator->shape->shared;
        uint32_t n = hundredths / 100 + (below(generator, 100) < hundredths % 100);
        for (uint32_t part = 0; part < n && n <= n_mentors; part++) {
            uint32_t width = (uint32_t)n_mentors / n;
            cohort->shared[cohort->problem.n_shared++] = (struct cvn_match_shared){
                .mentor_id = cohort->mentors[part * width + below(generator, width)].person.id,
                .mentee_id = cohort->mentees[i].person.id,
                .meetup_points = (int32_t)below(generator, CVN_MATCH_MEETUP_POINTS_MAX + 1),
                .groups = (int32_t)below(generator, 4),
            };
        }
    }
}

int cohort_init(struct cohort *cohort, const struct cohort_shape *shape)
{
    size_t shared_max = shape->n_mentees * (shape->shared / 100 + 1);
    *cohort = (struct cohort){
        .mentors = calloc(shape->n_mentors + 1, sizeof *cohort->mentors),
        .mentees = calloc(shape->n_mentees + 1, sizeof *cohort->mentees),
        .shared = calloc(shared_max + 1, sizeof *cohort->shared),
    };
    cvn_arena_init(&cohort->arena, SIZE_MAX);
    struct generator generator = {
        .cohort = cohort,
        .shape = shape,
        .state = shape->seed,
        .sums = malloc(sizeof(uint64_t) * TRACKS * shape->n_skills),
    };
    int r = cohort->mentors && cohort->mentees && cohort->shared && generator.sums ? 0 : -ENOMEM;
    if (r == 0) {
        weigh_skills(&generator);
        r = make_people(&generator);
    }
    if (r == 0)
        make_shared(&generator);
    free(generator.sums);
    if (r != 0) {
        cohort_deinit(cohort);
        return r;
    }
    size_t n_shared = cohort->problem.n_shared;
    cohort->problem = (struct cvn_match_problem){
        .mentors = cohort->mentors,
        .n_mentors = shape->n_mentors,
        .mentees = cohort->mentees,
        .n_mentees = shape->n_mentees,
        .n_skills = shape->n_skills,
        .shared = cohort->shared,
        .n_shared = n_shared,
        .rules = cvn_match_rules_default(),
        .mentee_weights = cvn_match_mentee_weights_default(),
        .mentor_weights = cvn_match_mentor_weights_default(),
        .candidates_per_mentee = CVN_MATCH_CANDIDATES_DEFAULT,
        .seed = shape->seed,
    };
    return 0;
}

void cohort_deinit(struct cohort *cohort)
{
    free(cohort->mentors);
    free(cohort->mentees);
    free(cohort->shared);
    cvn_arena_deinit(&cohort->arena);
    *cohort = (struct cohort){0};
}
