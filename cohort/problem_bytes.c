#include "cohort/problem_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, COUNT_BYTES = 4 };

/*
 * One walk through a problem serves counting, writing and reading, so that the three cannot differ.
 * Numbers are written with the lowest byte first.
 */
struct walk {
    enum { COUNT, WRITE, READ } what;
    struct cvn_arena *arena; /* for READ */
    size_t n;                /* bytes gone by */
    uint8_t *to;
    struct cvn_slice from;
    int error;
};

static void walk_bytes(struct walk *w, void *bytes, size_t n)
{
    if (w->what == READ && (w->error || n > w->from.len - w->n)) {
        w->error = w->error ? w->error : -EBADMSG;
        memset(bytes, 0, n);
        return;
    }
    if (w->what == WRITE && n > 0)
        memcpy(w->to + w->n, bytes, n);
    if (w->what == READ && n > 0)
        memcpy(bytes, (const uint8_t *)w->from.data + w->n, n);
    w->n += n;
}

static uint64_t walk_number(struct walk *w, uint64_t value, size_t n_bytes)
{
    uint8_t bytes[8] = {0};
    for (size_t i = 0; i < n_bytes; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    walk_bytes(w, bytes, n_bytes);
    value = 0;
    for (size_t i = 0; i < n_bytes; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

static void walk_u8(struct walk *w, uint8_t *value)
{
    *value = (uint8_t)walk_number(w, *value, sizeof *value);
}

static void walk_bool(struct walk *w, bool *value)
{
    *value = walk_number(w, *value, 1) != 0;
}

static void walk_u32(struct walk *w, uint32_t *value)
{
    *value = (uint32_t)walk_number(w, *value, sizeof *value);
}

static void walk_i32(struct walk *w, int32_t *value)
{
    *value = (int32_t)walk_number(w, (uint32_t)*value, sizeof *value);
}

static void walk_u64(struct walk *w, uint64_t *value)
{
    *value = walk_number(w, *value, sizeof *value);
}

/* What a list consists of: in memory, and the least that one item takes as bytes. */
struct items {
    size_t bytes, least_bytes;
};

/*
 * Counts a list, and makes room for one that is read. The items, which are only to be changed when
 * they are read.
 */
static void *walk_list(struct walk *w, const void *list, size_t *n, struct items items)
{
    *n = (size_t)walk_number(w, *n, COUNT_BYTES);
    if (w->what != READ)
        return (void *)(uintptr_t)list;
    if (*n > (w->from.len - w->n) / items.least_bytes) {
        w->error = w->error ? w->error : -EBADMSG;
        *n = 0;
    }
    void *made = cvn_arena_alloc_array(w->arena, *n, items.bytes);
    if (!made) {
        w->error = w->error ? w->error : -ENOMEM;
        *n = 0;
    }
    return made;
}

static void walk_ids(struct walk *w, struct cvn_match_ids *ids)
{
    struct cvn_id *items =
        walk_list(w, ids->items, &ids->n, (struct items){sizeof *items, CVN_ID_BYTES});
    ids->items = items;
    for (size_t i = 0; i < ids->n; i++)
        walk_bytes(w, items[i].bytes, CVN_ID_BYTES);
}

static void walk_skills(struct walk *w, struct cvn_match_person *person)
{
    struct cvn_match_skill *skills =
        walk_list(w, person->skills, &person->n_skills, (struct items){sizeof *skills, 6});
    person->skills = skills;
    for (size_t i = 0; i < person->n_skills; i++) {
        struct cvn_match_skill skill = skills[i];
        walk_u32(w, &skill.skill);
        walk_u8(w, &skill.level);
        walk_u8(w, &skill.priority);
        if (w->what == READ)
            skills[i] = skill;
    }
}

static void walk_tags(struct walk *w, struct cvn_match_person *person)
{
    uint32_t *tags =
        walk_list(w, person->conflict_tags, &person->n_conflict_tags, (struct items){4, 4});
    person->conflict_tags = tags;
    for (size_t i = 0; i < person->n_conflict_tags; i++) {
        uint32_t tag = tags[i];
        walk_u32(w, &tag);
        if (w->what == READ)
            tags[i] = tag;
    }
}

static void walk_person(struct walk *w, struct cvn_match_person *person)
{
    walk_bytes(w, person->id.bytes, CVN_ID_BYTES);
    walk_skills(w, person);
    walk_u32(w, &person->goals);
    for (int i = 0; i < 2; i++)
        walk_u64(w, &person->languages.bits[i]);
    for (int i = 0; i < 3; i++)
        walk_u64(w, &person->hours.bits[i]);
    walk_tags(w, person);
    walk_ids(w, &person->excluded);
    walk_ids(w, &person->ranked);
    walk_ids(w, &person->previous);
}

static void walk_mentors(struct walk *w, struct cvn_match_problem *problem)
{
    struct cvn_match_mentor *mentors = walk_list(w, problem->mentors, &problem->n_mentors,
                                                 (struct items){sizeof *mentors, CVN_ID_BYTES});
    problem->mentors = mentors;
    for (size_t i = 0; i < problem->n_mentors; i++) {
        struct cvn_match_mentor mentor = mentors[i];
        walk_person(w, &mentor.person);
        walk_i32(w, &mentor.capacity);
        if (w->what == READ)
            mentors[i] = mentor;
    }
}

static void walk_mentees(struct walk *w, struct cvn_match_problem *problem)
{
    struct cvn_match_mentee *mentees = walk_list(w, problem->mentees, &problem->n_mentees,
                                                 (struct items){sizeof *mentees, CVN_ID_BYTES});
    problem->mentees = mentees;
    for (size_t i = 0; i < problem->n_mentees; i++) {
        struct cvn_match_mentee mentee = mentees[i];
        walk_person(w, &mentee.person);
        walk_i32(w, &mentee.waited_days);
        if (w->what == READ)
            mentees[i] = mentee;
    }
}

static int compare_first_id(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

/* Somebody's place among people who begin with their ids, for which the id is written. */
static void walk_place(struct walk *w, struct cvn_id *id, const void *people, size_t n, size_t size)
{
    const char *first = people;
    const char *found =
        w->what != READ && n > 0 ? bsearch(id, people, n, size, compare_first_id) : NULL;
    uint32_t place = found ? (uint32_t)((size_t)(found - first) / size) : 0;
    walk_u32(w, &place);
    if (w->what == READ && place < n)
        memcpy(id->bytes, first + place * size, CVN_ID_BYTES);
    else if (w->what == READ && !w->error)
        w->error = -EBADMSG;
}

static void walk_shared(struct walk *w, struct cvn_match_problem *problem)
{
    struct cvn_match_shared *rows =
        walk_list(w, problem->shared, &problem->n_shared, (struct items){sizeof *rows, 16});
    problem->shared = rows;
    for (size_t i = 0; i < problem->n_shared; i++) {
        struct cvn_match_shared row = rows[i];
        walk_place(w, &row.mentor_id, problem->mentors, problem->n_mentors,
                   sizeof *problem->mentors);
        walk_place(w, &row.mentee_id, problem->mentees, problem->n_mentees,
                   sizeof *problem->mentees);
        walk_i32(w, &row.meetup_points);
        walk_i32(w, &row.groups);
        if (w->what == READ)
            rows[i] = row;
    }
}

static const struct cvn_match_pair_ids *
walk_pairs(struct walk *w, const struct cvn_match_pair_ids *pairs, size_t *n)
{
    struct cvn_match_pair_ids *items =
        walk_list(w, pairs, n, (struct items){sizeof *items, 2 * CVN_ID_BYTES});
    for (size_t i = 0; i < *n; i++) {
        walk_bytes(w, items[i].mentor_id.bytes, CVN_ID_BYTES);
        walk_bytes(w, items[i].mentee_id.bytes, CVN_ID_BYTES);
    }
    return items;
}

static void walk_rules(struct walk *w, struct cvn_match_problem *problem)
{
    struct cvn_match_rules *rules = &problem->rules;
    walk_i32(w, &rules->min_common_hours);
    walk_bool(w, &rules->require_language);
    walk_bool(w, &rules->require_skill);
    walk_bool(w, &rules->require_level);
    walk_bool(w, &rules->avoid_previous);
    for (int i = 0; i < CVN_MATCH_TERMS; i++) {
        walk_i32(w, &problem->mentee_weights.points[i]);
        walk_i32(w, &problem->mentor_weights.points[i]);
    }
}

static void walk_problem(struct walk *w, struct cvn_match_problem *problem)
{
    uint8_t version = VERSION, mode = (uint8_t)problem->mode;
    walk_u8(w, &version);
    if (version != VERSION)
        w->error = -EBADMSG;
    walk_rules(w, problem);
    walk_u8(w, &mode);
    problem->mode = mode;
    walk_i32(w, &problem->candidates_per_mentee);
    walk_u64(w, &problem->seed);
    walk_u32(w, &problem->n_skills);
    walk_mentors(w, problem);
    walk_mentees(w, problem);
    walk_shared(w, problem);
    problem->locked = walk_pairs(w, problem->locked, &problem->n_locked);
    problem->forbidden = walk_pairs(w, problem->forbidden, &problem->n_forbidden);
}

int cvn_problem_write(const struct cvn_match_problem *problem, struct cvn_arena *arena,
                      struct cvn_slice *ret)
{
    struct cvn_match_problem copy = *problem;
    struct walk count = {.what = COUNT};
    walk_problem(&count, &copy);
    struct walk write = {.what = WRITE, .to = cvn_arena_alloc(arena, count.n)};
    if (!write.to)
        return -ENOMEM;
    walk_problem(&write, &copy);
    *ret = cvn_slice(write.to, write.n);
    return 0;
}

int cvn_problem_read(struct cvn_slice bytes, struct cvn_arena *arena, struct cvn_match_problem *ret)
{
    struct cvn_match_problem problem = {0};
    struct walk read = {.what = READ, .arena = arena, .from = bytes};
    walk_problem(&read, &problem);
    if (read.error == 0 && (read.n != bytes.len || problem.mode >= CVN_MATCH_MODES))
        read.error = -EBADMSG;
    if (read.error)
        return read.error;
    *ret = problem;
    return 0;
}
