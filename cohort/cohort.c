#include "cohort/cohort.h"

#include "base/text.h"
#include "cohort/groups.h"
#include "cohort/shared.h"
#include "cohort/weights.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

enum { WEEK_MINUTES = 7 * 24 * 60 };

int cvn_cohort_compare_member(const void *id, const void *member)
{
    return memcmp(((const struct cvn_id *)id)->bytes,
                  ((const struct cvn_cohort_member *)member)->person.bytes, CVN_ID_BYTES);
}

/* Words and the numbers they stand for: their places in folded order. */
struct dictionary {
    const char **words;
    size_t n;
};

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_dictionary(struct dictionary *d)
{
    size_t n = 0;
    if (d->n > 0)
        qsort(d->words, d->n, sizeof *d->words, compare_words);
    for (size_t i = 0; i < d->n; i++)
        if (n == 0 || strcmp(d->words[n - 1], d->words[i]) != 0)
            d->words[n++] = d->words[i];
    d->n = n;
}

static uint32_t number_of(const struct dictionary *d, const char *word)
{
    const char **found = bsearch(&word, d->words, d->n, sizeof *d->words, compare_words);
    return (uint32_t)(found - d->words);
}

static const char *fold(struct cvn_arena *arena, const char *word)
{
    struct cvn_slice folded;
    return cvn_text_fold(arena, cvn_slice_of_string(word), &folded) == 0 ? folded.data : NULL;
}

/* The three lists of names that every enrolment has. */
enum kind { SKILLS, LANGUAGES, TAGS, KINDS };

/* A language is its tag's first part: those who write "de-AT" and "de" can talk (RFC 5646, 2.2.1).
 */
static const char *fold_language(struct cvn_arena *arena, const char *tag)
{
    const char *folded = fold(arena, tag);
    return folded ? cvn_arena_copy(arena, folded, strcspn(folded, "-_")) : NULL;
}

static const char *fold_word(struct cvn_arena *arena, enum kind kind, const char *word)
{
    return kind == LANGUAGES ? fold_language(arena, word) : fold(arena, word);
}

static size_t n_words(const Convene__Mentoring__V1__Enrolment *e, enum kind kind)
{
    switch (kind) {
    case SKILLS:
        return e->n_skills;
    case LANGUAGES:
        return e->n_languages;
    case TAGS:
        return e->n_conflict_tags;
    case KINDS:
        break;
    }
    return 0;
}

static const char *word_at(const Convene__Mentoring__V1__Enrolment *e, enum kind kind, size_t i)
{
    switch (kind) {
    case SKILLS:
        return e->skills[i]->name;
    case LANGUAGES:
        return e->languages[i];
    case TAGS:
        return e->conflict_tags[i];
    case KINDS:
        break;
    }
    return "";
}

static int collect(struct dictionary *d, struct cvn_arena *arena, enum kind kind,
                   const struct cvn_cohort_input *input)
{
    const struct cvn_cohort_member *sides[] = {input->mentors, input->mentees};
    const size_t n_sides[] = {input->n_mentors, input->n_mentees};
    size_t n = 0;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < n_sides[s]; i++)
            n += n_words(sides[s][i].enrolment, kind);
    d->words = cvn_arena_alloc_array(arena, n, sizeof *d->words);
    if (!d->words)
        return -ENOMEM;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < n_sides[s]; i++)
            for (size_t j = 0; j < n_words(sides[s][i].enrolment, kind); j++)
                if (!(d->words[d->n++] =
                          fold_word(arena, kind, word_at(sides[s][i].enrolment, kind, j))))
                    return -ENOMEM;
    sort_dictionary(d);
    return 0;
}

/* Marks the minutes of a span that may run over the end of the week. */
static void mark_free(uint8_t *minutes, int first, int n)
{
    int before_end = n < WEEK_MINUTES - first ? n : WEEK_MINUTES - first;
    memset(minutes + first, 1, (size_t)before_end);
    memset(minutes, 1, (size_t)(n - before_end));
}

struct cvn_match_hours cvn_cohort_hours(const struct cvn_zone *zone, int64_t at_ms,
                                        Convene__Mentoring__V1__WeeklySpan *const *spans, size_t n)
{
    struct cvn_match_hours hours = {{0}};
    uint8_t minutes[WEEK_MINUTES] = {0};
    int offset_min = cvn_zone_offset_s(zone, at_ms) / 60;
    for (size_t i = 0; i < n; i++) {
        /* A week ahead, so that what lies east of Greenwich stays positive. */
        int start = (spans[i]->weekday - 1) * 24 * 60 + spans[i]->start_minute - offset_min;
        mark_free(minutes, (start + WEEK_MINUTES) % WEEK_MINUTES,
                  spans[i]->end_minute - spans[i]->start_minute);
    }
    for (int hour = 0; hour < CVN_MATCH_WEEK_HOURS; hour++)
        if (!memchr(minutes + hour * 60, 0, 60))
            hours.bits[hour / 64] |= UINT64_C(1) << hour % 64;
    return hours;
}

static int read_ids(struct cvn_arena *arena, char *const *texts, size_t n,
                    struct cvn_match_ids *ret)
{
    struct cvn_id *ids = cvn_arena_alloc_array(arena, n, sizeof *ids);
    if (!ids)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        bool again = !cvn_id_parse(&ids[ret->n], CVN_COHORT_PERSON_PREFIX, texts[i]);
        for (size_t j = 0; !again && j < ret->n; j++)
            again = cvn_id_equal(&ids[j], &ids[ret->n]);
        ret->n += !again;
    }
    ret->items = ids;
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

/* Ids in whose order nothing is said come in one order. */
static int read_id_set(struct cvn_arena *arena, char *const *texts, size_t n,
                       struct cvn_match_ids *ret)
{
    int r = read_ids(arena, texts, n, ret);
    if (r == 0 && ret->n > 0)
        qsort((struct cvn_id *)(uintptr_t)ret->items, ret->n, sizeof *ret->items, compare_ids);
    return r;
}

static int compare_skills(const void *a, const void *b)
{
    const struct cvn_match_skill *x = a, *y = b;
    return (x->skill > y->skill) - (x->skill < y->skill);
}

static int compare_tags(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* A skill named twice counts once, with the highest level and priority given. */
static int read_skills(struct cvn_arena *arena, const struct dictionary *d,
                       const Convene__Mentoring__V1__Enrolment *e, struct cvn_match_person *ret)
{
    struct cvn_match_skill *skills = cvn_arena_alloc_array(arena, e->n_skills, sizeof *skills);
    if (!skills)
        return -ENOMEM;
    for (size_t i = 0; i < e->n_skills; i++) {
        const char *folded = fold(arena, e->skills[i]->name);
        if (!folded)
            return -ENOMEM;
        struct cvn_match_skill skill = {number_of(d, folded), (uint8_t)e->skills[i]->level,
                                        (uint8_t)e->skills[i]->priority};
        size_t j = 0;
        while (j < ret->n_skills && skills[j].skill != skill.skill)
            j++;
        if (j == ret->n_skills)
            skills[ret->n_skills++] = skill;
        if (skill.level > skills[j].level)
            skills[j].level = skill.level;
        if (skill.priority > skills[j].priority)
            skills[j].priority = skill.priority;
    }
    qsort(skills, ret->n_skills, sizeof *skills, compare_skills);
    ret->skills = skills;
    return 0;
}

static int read_tags(struct cvn_arena *arena, const struct dictionary *d,
                     const Convene__Mentoring__V1__Enrolment *e, struct cvn_match_person *ret)
{
    uint32_t *tags = cvn_arena_alloc_array(arena, e->n_conflict_tags, sizeof *tags);
    if (!tags)
        return -ENOMEM;
    for (size_t i = 0; i < e->n_conflict_tags; i++) {
        const char *folded = fold(arena, e->conflict_tags[i]);
        if (!folded)
            return -ENOMEM;
        uint32_t tag = number_of(d, folded);
        size_t j = 0;
        while (j < ret->n_conflict_tags && tags[j] != tag)
            j++;
        if (j == ret->n_conflict_tags)
            tags[ret->n_conflict_tags++] = tag;
    }
    qsort(tags, ret->n_conflict_tags, sizeof *tags, compare_tags);
    ret->conflict_tags = tags;
    return 0;
}

static int read_languages(struct cvn_arena *arena, const struct dictionary *d,
                          const Convene__Mentoring__V1__Enrolment *e, struct cvn_match_person *ret)
{
    for (size_t i = 0; i < e->n_languages; i++) {
        const char *folded = fold_language(arena, e->languages[i]);
        if (!folded)
            return -ENOMEM;
        uint32_t language = number_of(d, folded);
        ret->languages.bits[language / 64] |= UINT64_C(1) << language % 64;
    }
    return 0;
}

/* What every row of the cohort is read with. */
struct reader {
    struct cvn_arena *arena;
    struct cvn_zones *zones;
    struct dictionary dictionaries[KINDS];
    int64_t now_ms;
    struct cvn_error *err;
};

/* The zone was known when it was enrolled. In another one the hours would be wrong and unnoticed.
 */
static int read_hours(const struct reader *reader, const Convene__Mentoring__V1__Enrolment *e,
                      struct cvn_match_hours *ret)
{
    const struct cvn_zone *zone;
    int r = cvn_zones_find(reader->zones, e->time_zone, &zone);
    if (r == CVN_ZONE_UNKNOWN)
        return cvn_error_set(reader->err, CVN_COHORT_UNKNOWN,
                             "The enrolment %s is in the time zone \"%s\", which this machine does "
                             "not know; update its tzdata or enrol them again in another zone.",
                             e->id, e->time_zone);
    if (r == 0)
        *ret = cvn_cohort_hours(zone, reader->now_ms, e->availability, e->n_availability);
    return r;
}

static int read_person(const struct reader *reader, const struct cvn_cohort_member *member,
                       struct cvn_match_person *ret)
{
    const Convene__Mentoring__V1__Enrolment *e = member->enrolment;
    struct cvn_arena *arena = reader->arena;
    ret->id = member->person;
    ret->previous = member->previous;
    for (size_t i = 0; i < e->n_goals; i++)
        ret->goals |= UINT32_C(1) << e->goals[i];
    int r = read_hours(reader, e, &ret->hours);
    if (r == 0)
        r = read_skills(arena, &reader->dictionaries[SKILLS], e, ret);
    if (r == 0)
        r = read_languages(arena, &reader->dictionaries[LANGUAGES], e, ret);
    if (r == 0)
        r = read_tags(arena, &reader->dictionaries[TAGS], e, ret);
    if (r == 0)
        r = read_id_set(arena, e->excluded_ids, e->n_excluded_ids, &ret->excluded);
    return r ? r : read_ids(arena, e->ranked_ids, e->n_ranked_ids, &ret->ranked);
}

static int32_t waited_days(const struct cvn_cohort_member *member, int64_t now_ms)
{
    const Convene__Mentoring__V1__Enrolment *e = member->enrolment;
    int64_t since_ms = member->waiting_since_ms ? member->waiting_since_ms
                       : e->create_time         ? e->create_time->seconds * 1000
                                                : now_ms;
    int64_t days = (now_ms - since_ms) / DAY_MS;
    return days < 0                           ? 0
           : days < CVN_MATCH_WAITED_DAYS_MAX ? (int32_t)days
                                              : CVN_MATCH_WAITED_DAYS_MAX;
}

/* Who has a group already meets further mentees at its time, and at no other. */
static void keep_time(const struct cvn_cohort_member *member, struct cvn_match_person *person)
{
    const struct cvn_match_hours *meets = &member->meets;
    if (meets->bits[0] | meets->bits[1] | meets->bits[2])
        person->hours = *meets;
}

static int read_people(const struct reader *reader, const struct cvn_cohort_input *input,
                       struct cvn_match_problem *problem)
{
    bool groups = cvn_groups_session_hours(input->program) > 0;
    struct cvn_match_mentor *mentors =
        cvn_arena_alloc_array(reader->arena, input->n_mentors, sizeof *mentors);
    struct cvn_match_mentee *mentees =
        cvn_arena_alloc_array(reader->arena, input->n_mentees, sizeof *mentees);
    int r = mentors && mentees ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < input->n_mentors; i++) {
        r = read_person(reader, &input->mentors[i], &mentors[i].person);
        if (groups)
            keep_time(&input->mentors[i], &mentors[i].person);
        mentors[i].capacity = input->mentors[i].seats ? input->mentors[i].seats
                                                      : input->mentors[i].enrolment->capacity;
    }
    for (size_t i = 0; r == 0 && i < input->n_mentees; i++) {
        r = read_person(reader, &input->mentees[i], &mentees[i].person);
        mentees[i].waited_days = waited_days(&input->mentees[i], input->now_ms);
    }
    problem->mentors = mentors;
    problem->n_mentors = input->n_mentors;
    problem->mentees = mentees;
    problem->n_mentees = input->n_mentees;
    return r;
}

/* The programme's weights; all zeros, or none, mean the defaults. */
static struct cvn_match_weights read_weights(const Convene__Mentoring__V1__MatchWeights *w,
                                             struct cvn_match_weights defaults)
{
    if (!w)
        return defaults;
    struct cvn_match_weights weights;
    Convene__Mentoring__V1__MatchWeights row = *w;
    for (int t = 0; t < CVN_MATCH_TERMS; t++)
        weights.points[t] = *cvn_cohort_weight(&row, (enum cvn_match_term)t);
    for (int i = 0; i < CVN_MATCH_TERMS; i++)
        if (weights.points[i] != 0)
            return weights;
    return defaults;
}

static void read_program(const struct cvn_cohort_input *input, struct cvn_match_problem *problem)
{
    const Convene__Mentoring__V1__Program *program = input->program;
    const Convene__Mentoring__V1__MatchRules *rules = program->rules;
    problem->rules = cvn_match_rules_default();
    if (rules) {
        int32_t hours = rules->min_common_hours;
        problem->rules = (struct cvn_match_rules){
            .min_common_hours = hours == -1  ? 0
                                : hours == 0 ? 1
                                             : hours,
            .require_language = !rules->allow_no_common_language,
            .require_skill = !rules->allow_no_common_skill,
            .require_level = !rules->allow_lower_level,
            .avoid_previous = !rules->allow_previous_partner,
        };
    }
    if (cvn_groups_session_hours(program) > 0)
        problem->rules.min_common_hours = cvn_groups_session_hours(program);
    problem->mentee_weights =
        read_weights(program->mentee_weights, cvn_match_mentee_weights_default());
    problem->mentor_weights =
        read_weights(program->mentor_weights, cvn_match_mentor_weights_default());
    problem->mode = input->mode;
    problem->n_threads = input->n_threads;
    problem->locked = input->locked;
    problem->n_locked = input->n_locked;
    problem->forbidden = input->forbidden;
    problem->n_forbidden = input->n_forbidden;
    problem->candidates_per_mentee = input->candidates_per_mentee;
    problem->all_pairs = input->all_pairs;
    problem->seed = input->seed;
}

/* Everything that decides the outcome, in one order: equal digests mean equal problems. */
static void add_number(crypto_generichash_state *state, int64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
    (void)crypto_generichash_update(state, bytes, sizeof bytes);
}

static void add_words(crypto_generichash_state *state, const char *const *words, size_t n)
{
    add_number(state, (int64_t)n);
    for (size_t i = 0; i < n; i++)
        (void)crypto_generichash_update(state, (const uint8_t *)words[i], strlen(words[i]) + 1);
}

static void add_ids(crypto_generichash_state *state, const struct cvn_match_ids *ids)
{
    add_number(state, (int64_t)ids->n);
    for (size_t i = 0; i < ids->n; i++)
        (void)crypto_generichash_update(state, ids->items[i].bytes, CVN_ID_BYTES);
}

static void add_person(crypto_generichash_state *state, const struct cvn_match_person *p)
{
    (void)crypto_generichash_update(state, p->id.bytes, CVN_ID_BYTES);
    add_number(state, (int64_t)p->n_skills);
    for (size_t i = 0; i < p->n_skills; i++)
        add_number(state, (int64_t)p->skills[i].skill << 16 | p->skills[i].level << 8 |
                              p->skills[i].priority);
    add_number(state, p->goals);
    for (int i = 0; i < 2; i++)
        add_number(state, (int64_t)p->languages.bits[i]);
    for (int i = 0; i < 3; i++)
        add_number(state, (int64_t)p->hours.bits[i]);
    add_number(state, (int64_t)p->n_conflict_tags);
    for (size_t i = 0; i < p->n_conflict_tags; i++)
        add_number(state, p->conflict_tags[i]);
    add_ids(state, &p->excluded);
    add_ids(state, &p->ranked);
    add_ids(state, &p->previous);
}

static void add_pairs(crypto_generichash_state *state, const struct cvn_match_pair_ids *pairs,
                      size_t n)
{
    add_number(state, (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        (void)crypto_generichash_update(state, pairs[i].mentor_id.bytes, CVN_ID_BYTES);
        (void)crypto_generichash_update(state, pairs[i].mentee_id.bytes, CVN_ID_BYTES);
    }
}

static void digest(struct cvn_cohort *cohort)
{
    const struct cvn_match_problem *p = &cohort->problem;
    crypto_generichash_state state;
    uint8_t hash[CVN_COHORT_DIGEST_CHARS / 2];
    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    add_number(&state, p->rules.min_common_hours);
    add_number(&state, p->rules.require_language | p->rules.require_skill << 1 |
                           p->rules.require_level << 2 | p->rules.avoid_previous << 3);
    for (int i = 0; i < CVN_MATCH_TERMS; i++) {
        add_number(&state, p->mentee_weights.points[i]);
        add_number(&state, p->mentor_weights.points[i]);
    }
    if (cohort->session_hours > 0)
        add_number(&state, cohort->session_hours);
    add_number(&state, (int64_t)p->mode);
    add_pairs(&state, p->locked, p->n_locked);
    add_pairs(&state, p->forbidden, p->n_forbidden);
    add_number(&state, p->all_pairs ? -p->candidates_per_mentee : p->candidates_per_mentee);
    add_number(&state, (int64_t)p->seed);
    add_words(&state, cohort->skills, cohort->n_skills);
    add_words(&state, cohort->languages, cohort->n_languages);
    add_number(&state, (int64_t)p->n_mentors);
    for (size_t i = 0; i < p->n_mentors; i++) {
        add_person(&state, &p->mentors[i].person);
        add_number(&state, p->mentors[i].capacity);
    }
    add_number(&state, (int64_t)p->n_mentees);
    for (size_t i = 0; i < p->n_mentees; i++) {
        add_person(&state, &p->mentees[i].person);
        add_number(&state, p->mentees[i].waited_days);
    }
    for (size_t i = 0; i < p->n_shared; i++) {
        (void)crypto_generichash_update(&state, p->shared[i].mentor_id.bytes, CVN_ID_BYTES);
        (void)crypto_generichash_update(&state, p->shared[i].mentee_id.bytes, CVN_ID_BYTES);
        add_number(&state, (int64_t)p->shared[i].meetup_points << 32 | p->shared[i].groups);
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(cohort->digest, sizeof cohort->digest, hash, sizeof hash);
}

void cvn_cohort_lock(struct cvn_cohort *cohort, const struct cvn_match_pair_ids *locked, size_t n)
{
    cohort->input.locked = cohort->problem.locked = locked;
    cohort->input.n_locked = cohort->problem.n_locked = n;
    digest(cohort);
}

int cvn_cohort_build(struct cvn_cohort *ret, struct cvn_arena *arena, struct cvn_zones *zones,
                     const struct cvn_cohort_input *input, struct cvn_error *err)
{
    struct reader reader = {.arena = arena, .zones = zones, .now_ms = input->now_ms, .err = err};
    const struct dictionary *dictionaries = reader.dictionaries;
    int r = 0;
    *ret = (struct cvn_cohort){.input = *input};
    for (enum kind kind = SKILLS; r == 0 && kind < KINDS; kind++)
        r = collect(&reader.dictionaries[kind], arena, kind, input);
    if (r)
        return r;
    if (dictionaries[LANGUAGES].n > CVN_MATCH_LANGUAGES_MAX)
        return cvn_error_set(err, CVN_COHORT_UNKNOWN,
                             "The cohort speaks %zu languages; at most %d can be matched.",
                             dictionaries[LANGUAGES].n, CVN_MATCH_LANGUAGES_MAX);
    if (dictionaries[SKILLS].n > CVN_MATCH_SKILL_IDS_MAX)
        return cvn_error_set(err, CVN_COHORT_UNKNOWN,
                             "The cohort has %zu different skills; at most %d can be matched.",
                             dictionaries[SKILLS].n, CVN_MATCH_SKILL_IDS_MAX);
    ret->skills = dictionaries[SKILLS].words;
    ret->n_skills = dictionaries[SKILLS].n;
    ret->languages = dictionaries[LANGUAGES].words;
    ret->n_languages = dictionaries[LANGUAGES].n;
    ret->problem.n_skills = (uint32_t)ret->n_skills;
    r = read_people(&reader, input, &ret->problem);
    if (r == 0)
        r = cvn_cohort_share(ret, arena);
    if (r)
        return r;
    read_program(input, &ret->problem);
    ret->session_hours = cvn_groups_session_hours(input->program);
    digest(ret);
    return 0;
}
