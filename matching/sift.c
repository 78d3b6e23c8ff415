#include "matching/sift.h"

#include "matching/hours.h"
#include "matching/rows.h"

/* From so many on, what there is in common is counted for all at once. */
enum { COUNT_TOGETHER = 64 };

/* Words that are worked on at once. */
enum { LANES = 4 };
typedef uint64_t lanes __attribute__((vector_size(LANES * sizeof(uint64_t))));

CVN_MATCH_INLINE uint64_t *allowed_row(struct cvn_match_sifter *sifter)
{
    return sifter->sieve.rows[CVN_MATCH_RULE_NONE];
}

CVN_MATCH_INLINE const uint64_t *mentors_with(struct cvn_match_sifter *sifter,
                                              const struct cvn_match_vertical *vertical,
                                              uint32_t value, uint32_t level, size_t block)
{
    return cvn_match_vertical_block(vertical, (struct cvn_match_value){value, level}, block,
                                    sifter->sieve.scratch);
}

/* Keeps those who teach each skill that they have to. */
CVN_MATCH_INLINE void keep_teachers(struct cvn_match_sifter *sifter, size_t n_skills,
                                    const struct cvn_match_bar *bar)
{
    const struct cvn_match_lessons *lessons = &sifter->lessons;
    for (size_t i = 0; i < n_skills; i++)
        if (bar->steps[i] > 0)
            cvn_match_row_keep(allowed_row(sifter),
                               lessons->rows[lessons->first[i] + bar->steps[i] - 1]);
}

/* Keeps those who offer something wanted, and as the rules ask above the mentee in some of it. */
CVN_MATCH_INLINE void keep_skilled(struct cvn_match_sifter *sifter,
                                   const struct cvn_match_person *person,
                                   const struct cvn_match_bar *bar, size_t block)
{
    const struct cvn_match_rules *rules = &sifter->cohort->problem->rules;
    const struct cvn_match_lessons *lessons = &sifter->lessons;
    struct cvn_match_sieve *sieve = &sifter->sieve;
    if (!rules->require_skill) {
        if (rules->require_level) {
            cvn_match_sieve_skills(sifter->cohort, person, block, sieve);
            cvn_match_row_remove(allowed_row(sifter), sieve->rows[CVN_MATCH_RULE_LEVEL]);
        }
        return;
    }
    uint64_t *some = sieve->rows[CVN_MATCH_RULE_SKILL];
    uint32_t step = rules->require_level ? 1 : 0;
    cvn_match_row_clear(some);
    for (size_t i = 0; i < person->n_skills; i++) {
        if (bar->steps[i] > step)
            return; /* they all do */
        if (lessons->first[i] + step < lessons->first[i + 1])
            cvn_match_row_add(some, lessons->rows[lessons->first[i] + step]);
    }
    cvn_match_row_keep(allowed_row(sifter), some);
}

/* Keeps those who have all of the mentee's goals, or some, as is needed. */
CVN_MATCH_INLINE void keep_aims(struct cvn_match_sifter *sifter, const struct cvn_match_wish *wish,
                                const struct cvn_match_bar *bar, size_t block)
{
    if (bar->n_goals == 0)
        return;
    uint64_t *allowed = allowed_row(sifter), *some = sifter->sieve.above;
    cvn_match_row_clear(some);
    for (uint32_t left = wish->person->goals; left; left &= left - 1) {
        const uint64_t *row =
            mentors_with(sifter, &sifter->cohort->aims, (uint32_t)__builtin_ctz(left), 1, block);
        if (bar->n_goals == wish->n_goals)
            cvn_match_row_keep(allowed, row);
        else
            cvn_match_row_add(some, row);
    }
    if (bar->n_goals < wish->n_goals)
        cvn_match_row_keep(allowed, some);
}

/* Keeps those who speak a language of the mentee's. */
CVN_MATCH_INLINE void keep_speakers(struct cvn_match_sifter *sifter,
                                    const struct cvn_match_person *person, size_t block)
{
    uint64_t *some = sifter->sieve.above;
    cvn_match_row_clear(some);
    for (uint32_t i = 0; i < 2; i++)
        for (uint64_t left = person->languages.bits[i]; left; left &= left - 1)
            cvn_match_row_add(some,
                              mentors_with(sifter, &sifter->cohort->languages,
                                           i * 64 + (uint32_t)__builtin_ctzll(left), 1, block));
    cvn_match_row_keep(allowed_row(sifter), some);
}

CVN_MATCH_INLINE void drop_conflicts(struct cvn_match_sifter *sifter,
                                     const struct cvn_match_person *person, size_t block)
{
    for (size_t i = 0; i < person->n_conflict_tags; i++) {
        uint32_t tag = cvn_match_cohort_tag(sifter->cohort, person->conflict_tags[i]);
        if (tag != CVN_MATCH_NOBODY)
            cvn_match_row_remove(allowed_row(sifter),
                                 mentors_with(sifter, &sifter->cohort->tags, tag, 1, block));
    }
}

CVN_MATCH_INLINE void drop_specials(struct cvn_match_sifter *sifter, uint32_t mentee, size_t block)
{
    const struct cvn_match_specials *specials = &sifter->cohort->specials;
    uint64_t *allowed = allowed_row(sifter);
    for (size_t i = specials->first[mentee]; i < specials->end[mentee]; i++) {
        uint32_t at = specials->items[i].mentor - (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
        if (at < CVN_MATCH_BLOCK_MENTORS)
            allowed[at / 64] &= ~((uint64_t)1 << at % 64);
    }
}

/* Fills the row of those allowed but for hours, what narrows most first. False when it is empty. */
CVN_MATCH_INLINE bool allow(struct cvn_match_sifter *sifter, uint32_t mentee,
                            const struct cvn_match_wish *wish, const struct cvn_match_bar *bar,
                            size_t block)
{
    const struct cvn_match_cohort *cohort = sifter->cohort;
    uint64_t *allowed = allowed_row(sifter);
    memcpy(allowed, cohort->open + block * CVN_MATCH_BLOCK_WORDS, CVN_MATCH_ROW_BYTES);
    cvn_match_lessons_point(&sifter->lessons, &cohort->skills, wish->person, block);
    keep_teachers(sifter, wish->person->n_skills, bar);
    keep_skilled(sifter, wish->person, bar, block);
    if (cvn_match_row_is_empty(allowed))
        return false;
    keep_aims(sifter, wish, bar, block);
    if (cohort->problem->rules.require_language)
        keep_speakers(sifter, wish->person, block);
    drop_conflicts(sifter, wish->person, block);
    drop_specials(sifter, mentee, block);
    return !cvn_match_row_is_empty(allowed);
}

/* Bits set, two words at a time where the compiler can; without special instructions. */
CVN_MATCH_INLINE uint32_t count_bits(const uint64_t row[CVN_MATCH_BLOCK_WORDS])
{
    const uint64_t m1 = 0x5555555555555555u, m2 = 0x3333333333333333u, m4 = 0x0f0f0f0f0f0f0f0fu;
    uint64_t sum = 0; /* of bytes, each at most 64 times 8, in halves of a word */
    for (int w = 0; w < CVN_MATCH_BLOCK_WORDS; w++) {
        uint64_t x = row[w];
        x -= x >> 1 & m1;
        x = (x & m2) + (x >> 2 & m2);
        x = (x + (x >> 4)) & m4;
        sum += (x & 0x00ff00ff00ff00ffu) + (x >> 8 & 0x00ff00ff00ff00ffu);
    }
    return (uint32_t)((sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32 & 0xffff) + (sum >> 48));
}

/* A part of what is asked, rounded up, of which a whole is enough. */
CVN_MATCH_INLINE uint32_t part_of(uint64_t points, uint64_t asked)
{
    uint64_t part = (points * CVN_MATCH_TALLY_FULL + asked - 1) / asked;
    return part < CVN_MATCH_TALLY_FULL ? (uint32_t)part : CVN_MATCH_TALLY_FULL;
}

/* Takes up rows of a vertical by the bits of values, each worth so much. */
CVN_MATCH_INLINE void tally_values(struct cvn_match_tally *tally,
                                   const struct cvn_match_vertical *vertical, uint64_t bits,
                                   uint32_t from, uint32_t part, size_t block, uint32_t *n_room)
{
    for (; bits; bits &= bits - 1) {
        struct cvn_match_value value = {from + (uint32_t)__builtin_ctzll(bits), 1};
        tally->parts[tally->n] = part;
        tally->rows[tally->n++] =
            cvn_match_vertical_block(vertical, value, block, tally->room[(*n_room)++]);
    }
}

/* The most that one more of something can add. */
CVN_MATCH_INLINE int32_t greatest_step(const int16_t *points, uint32_t n)
{
    int32_t most = 0;
    for (uint32_t i = 1; i <= n; i++)
        if (points[i] - points[i - 1] > most)
            most = points[i] - points[i - 1];
    return most;
}

/* Lists what may add up to what is asked beside hours. False when that is nothing. */
CVN_MATCH_INLINE bool make_tally(struct cvn_match_sifter *sifter, const struct cvn_match_wish *wish,
                                 int64_t asked, size_t block)
{
    const struct cvn_match_cohort *cohort = sifter->cohort;
    const struct cvn_match_lessons *lessons = &sifter->lessons;
    const struct cvn_match_person *person = wish->person;
    struct cvn_match_tally *tally = &sifter->tally;
    bool few_goals = wish->n_goals <= CVN_MATCH_TALLY_EACH;
    bool few_languages = wish->n_languages <= CVN_MATCH_TALLY_EACH;
    uint32_t n_room = 0;
    asked -= few_goals ? 0 : wish->goals[wish->n_goals];
    asked -= few_languages ? 0 : wish->most_languages;
    tally->n = 0;
    if (asked <= 0 || wish->wanted == 0)
        return false;
    for (; tally->n < lessons->n; tally->n++) {
        uint64_t points = (uint64_t)(wish->skills[0] + wish->skills[1]) * lessons->worths[tally->n];
        tally->rows[tally->n] = lessons->rows[tally->n];
        tally->parts[tally->n] = part_of(points, (uint64_t)asked * wish->wanted);
    }
    if (few_goals)
        tally_values(tally, &cohort->aims, person->goals, 0,
                     part_of((uint64_t)greatest_step(wish->goals, wish->n_goals), (uint64_t)asked),
                     block, &n_room);
    for (uint32_t i = 0; few_languages && i < 2; i++)
        tally_values(tally, &cohort->languages, person->languages.bits[i], i * 64,
                     part_of((uint64_t)greatest_step(wish->languages, CVN_MATCH_FULL_LANGUAGES),
                             (uint64_t)asked),
                     block, &n_room);
    return true;
}

/*
 * Keeps those who may have what is asked: the parts are added up for all mentors together, bit b of
 * their sums in one row, and whose sum overflows may.
 */
CVN_MATCH_INLINE void keep_able(struct cvn_match_sifter *sifter)
{
    const struct cvn_match_tally *tally = &sifter->tally;
    uint64_t *allowed = allowed_row(sifter);
    for (uint32_t w = 0; w < CVN_MATCH_BLOCK_WORDS; w += LANES) {
        lanes able = {0}, sum[CVN_MATCH_TALLY_BITS] = {{0}}, kept;
        for (uint32_t i = 0; i < tally->n; i++) {
            lanes row, carry = {0};
            memcpy(&row, tally->rows[i] + w, sizeof row);
            for (uint32_t b = 0; b < CVN_MATCH_TALLY_BITS; b++) {
                lanes added = row & -(uint64_t)(tally->parts[i] >> b & 1), half = sum[b] ^ added;
                lanes over = (sum[b] & added) | (half & carry);
                sum[b] = half ^ carry;
                carry = over;
            }
            able |= carry | (row & -(uint64_t)(tally->parts[i] >> CVN_MATCH_TALLY_BITS));
        }
        memcpy(&kept, allowed + w, sizeof kept);
        kept &= able;
        memcpy(allowed + w, &kept, sizeof kept);
    }
}

/* Lists those who teach enough if they have all the goals; what is read next is brought near. */
CVN_MATCH_INLINE uint32_t list_teachers(struct cvn_match_sifter *sifter, uint32_t least,
                                        size_t block)
{
    const uint64_t *allowed = allowed_row(sifter);
    uint32_t n = 0, first = (uint32_t)block * CVN_MATCH_BLOCK_MENTORS;
    for (uint32_t w = 0; w < CVN_MATCH_BLOCK_WORDS; w++)
        for (uint64_t left = allowed[w]; left; left &= left - 1) {
            uint32_t at = w * 64 + (uint32_t)__builtin_ctzll(left);
            uint32_t taught = cvn_match_lessons_sum(&sifter->lessons, at);
            sifter->prospects[n].mentor = first + at;
            sifter->prospects[n].taught = taught;
            __builtin_prefetch(&sifter->cohort->lean[first + at]);
            n += taught >= least;
        }
    return n;
}

/* Fills in what the first n prospects have in common, and keeps those of whom that is enough. */
CVN_MATCH_INLINE uint32_t keep_prospects(struct cvn_match_sifter *sifter, uint32_t n,
                                         const struct cvn_match_wish *wish,
                                         const struct cvn_match_bar *bar, uint32_t least_hours)
{
    const struct cvn_match_person *person = wish->person;
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct cvn_match_prospect prospect = sifter->prospects[i];
        const struct cvn_match_lean_mentor *lean = &sifter->cohort->lean[prospect.mentor];
        prospect.n_goals = (uint32_t)__builtin_popcount(lean->goals & person->goals);
        if (prospect.taught < bar->taught[prospect.n_goals])
            continue;
        prospect.n_hours = cvn_match_count_hours(&lean->hours, &person->hours);
        if (prospect.n_hours < least_hours)
            continue;
        prospect.n_languages = 0;
        for (int half = 0; half < 2; half++)
            prospect.n_languages += (uint32_t)__builtin_popcountll(lean->languages.bits[half] &
                                                                   person->languages.bits[half]);
        sifter->prospects[n_kept++] = prospect;
    }
    return n_kept;
}

CVN_MATCH_INLINE uint32_t sift(struct cvn_match_sifter *sifter, uint32_t mentee,
                               const struct cvn_match_wish *wish, const struct cvn_match_bar *bar,
                               size_t block)
{
    const struct cvn_match_cohort *cohort = sifter->cohort;
    uint32_t least = (uint32_t)cohort->problem->rules.min_common_hours;
    if (least < bar->n_hours)
        least = bar->n_hours;
    if (bar->is_out_of_reach || !allow(sifter, mentee, wish, bar, block))
        return 0;
    if (least > 0 && count_bits(allowed_row(sifter)) >= COUNT_TOGETHER) {
        uint64_t *busy = sifter->sieve.rows[CVN_MATCH_RULE_HOURS];
        cvn_match_hours_row(cohort, wish->person, block, least, &sifter->sieve, busy);
        cvn_match_row_remove(allowed_row(sifter), busy);
    }
    if (count_bits(allowed_row(sifter)) >= COUNT_TOGETHER &&
        make_tally(sifter, wish, bar->beside_hours, block))
        keep_able(sifter);
    uint32_t n = list_teachers(sifter, bar->taught[wish->n_goals], block);
    return keep_prospects(sifter, n, wish, bar, least);
}

#ifdef __x86_64__

__attribute__((target("avx2,bmi,bmi2,popcnt"))) static uint32_t
sift_wide(struct cvn_match_sifter *sifter, uint32_t mentee, const struct cvn_match_wish *wish,
          const struct cvn_match_bar *bar, size_t block)
{
    return sift(sifter, mentee, wish, bar, block);
}

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

#else

static uint32_t sift_wide(struct cvn_match_sifter *sifter, uint32_t mentee,
                          const struct cvn_match_wish *wish, const struct cvn_match_bar *bar,
                          size_t block)
{
    return sift(sifter, mentee, wish, bar, block);
}

static bool has_wide(void)
{
    return false;
}

#endif

void cvn_match_sifter_init(struct cvn_match_sifter *sifter, const struct cvn_match_cohort *cohort)
{
    sifter->cohort = cohort;
    sifter->is_wide = has_wide();
}

uint32_t cvn_match_sift(struct cvn_match_sifter *sifter, uint32_t mentee,
                        const struct cvn_match_wish *wish, const struct cvn_match_bar *bar,
                        size_t block)
{
    if (sifter->is_wide)
        return sift_wide(sifter, mentee, wish, bar, block);
    return sift(sifter, mentee, wish, bar, block);
}
