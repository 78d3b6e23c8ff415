#include "matching/special.h"

#include "matching/matching.h"

#include <errno.h>
#include <stdlib.h>

struct note {
    uint32_t mentee;
    struct cvn_match_special special;
};

/* Notes in the order in which they come up. */
struct notes {
    struct note *items;
    size_t n;
    size_t capacity;
    int fault; /* 0 or -ENOMEM; sticky */
    const struct cvn_match_directory *mentors;
    const struct cvn_match_directory *mentees;
};

static void take(struct notes *notes, uint32_t mentee, struct cvn_match_special special)
{
    if (mentee == CVN_MATCH_NOBODY || special.mentor == CVN_MATCH_NOBODY || notes->fault)
        return;
    if (notes->n == notes->capacity) {
        size_t capacity = notes->capacity ? notes->capacity * 2 : 1024;
        struct note *items = realloc(notes->items, capacity * sizeof *items);
        if (!items) {
            notes->fault = -ENOMEM;
            return;
        }
        notes->items = items;
        notes->capacity = capacity;
    }
    notes->items[notes->n++] = (struct note){mentee, special};
}

static void take_mentee(struct notes *notes, uint32_t mentee, const struct cvn_match_person *person)
{
    const struct cvn_match_directory *mentors = notes->mentors;
    take(notes, mentee,
         (struct cvn_match_special){.mentor = cvn_match_directory_find(mentors, &person->id),
                                    .flags = CVN_MATCH_SPECIAL_SELF});
    for (size_t i = 0; i < person->excluded.n; i++)
        take(notes, mentee,
             (struct cvn_match_special){
                 .mentor = cvn_match_directory_find(mentors, &person->excluded.items[i]),
                 .flags = CVN_MATCH_SPECIAL_EXCLUDED});
    for (size_t i = 0; i < person->previous.n; i++)
        take(notes, mentee,
             (struct cvn_match_special){
                 .mentor = cvn_match_directory_find(mentors, &person->previous.items[i]),
                 .flags = CVN_MATCH_SPECIAL_PREVIOUS});
    for (size_t i = 0; i < person->ranked.n; i++)
        take(notes, mentee,
             (struct cvn_match_special){
                 .mentor = cvn_match_directory_find(mentors, &person->ranked.items[i]),
                 .mentee_ranked = (uint8_t)(i + 1)});
}

static void take_mentor(struct notes *notes, uint32_t mentor, const struct cvn_match_person *person)
{
    const struct cvn_match_directory *mentees = notes->mentees;
    for (size_t i = 0; i < person->excluded.n; i++)
        take(notes, cvn_match_directory_find(mentees, &person->excluded.items[i]),
             (struct cvn_match_special){.mentor = mentor, .flags = CVN_MATCH_SPECIAL_EXCLUDED});
    for (size_t i = 0; i < person->previous.n; i++)
        take(notes, cvn_match_directory_find(mentees, &person->previous.items[i]),
             (struct cvn_match_special){.mentor = mentor, .flags = CVN_MATCH_SPECIAL_PREVIOUS});
    for (size_t i = 0; i < person->ranked.n; i++)
        take(notes, cvn_match_directory_find(mentees, &person->ranked.items[i]),
             (struct cvn_match_special){.mentor = mentor, .mentor_ranked = (uint8_t)(i + 1)});
}

static int take_all(struct notes *notes, const struct cvn_match_problem *problem,
                    struct cvn_match_pace *pace)
{
    const struct cvn_match_directory *mentors = notes->mentors, *mentees = notes->mentees;
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < mentees->n; i++) {
        take_mentee(notes, i, &problem->mentees[mentees->rows[i]].person);
        r = cvn_match_step(pace, 1);
    }
    for (uint32_t i = 0; r == 0 && i < mentors->n; i++) {
        take_mentor(notes, i, &problem->mentors[mentors->rows[i]].person);
        r = cvn_match_step(pace, 1);
    }
    for (size_t i = 0; r == 0 && i < problem->n_shared; i++) {
        r = cvn_match_step(pace, 1);
        const struct cvn_match_shared *shared = &problem->shared[i];
        take(notes, cvn_match_directory_find(mentees, &shared->mentee_id),
             (struct cvn_match_special){.mentor =
                                            cvn_match_directory_find(mentors, &shared->mentor_id),
                                        .meetup_points = (uint16_t)shared->meetup_points,
                                        .groups = (uint16_t)shared->groups});
    }
    for (size_t i = 0; r == 0 && i < problem->n_forbidden; i++) {
        const struct cvn_match_pair_ids *pair = &problem->forbidden[i];
        take(notes, cvn_match_directory_find(mentees, &pair->mentee_id),
             (struct cvn_match_special){.mentor =
                                            cvn_match_directory_find(mentors, &pair->mentor_id),
                                        .flags = CVN_MATCH_SPECIAL_FORBIDDEN});
    }
    return r ? r : notes->fault;
}

static int by_mentor(const void *a, const void *b)
{
    const struct cvn_match_special *x = a, *y = b;
    return (x->mentor > y->mentor) - (x->mentor < y->mentor);
}

static uint8_t better_rank(uint8_t a, uint8_t b)
{
    return a && (!b || a < b) ? a : b;
}

/* Two notes on one pair make one; which comes first does not matter. */
static void join(struct cvn_match_special *into, const struct cvn_match_special *other)
{
    into->flags |= other->flags;
    into->meetup_points |= other->meetup_points; /* a pair has one row, all others hold zeros */
    into->groups |= other->groups;
    into->mentee_ranked = better_rank(into->mentee_ranked, other->mentee_ranked);
    into->mentor_ranked = better_rank(into->mentor_ranked, other->mentor_ranked);
}

static size_t sort_and_join(struct cvn_match_special *items, size_t n)
{
    if (n == 0)
        return 0;
    qsort(items, n, sizeof *items, by_mentor);
    size_t last = 0;
    for (size_t i = 1; i < n; i++) {
        if (items[i].mentor == items[last].mentor)
            join(&items[last], &items[i]);
        else
            items[++last] = items[i];
    }
    return last + 1;
}

static int spread(struct cvn_match_specials *specials, const struct notes *notes,
                  struct cvn_match_pace *pace)
{
    int r = 0;
    uint32_t n_mentees = notes->mentees->n;
    for (size_t i = 0; i < notes->n; i++)
        specials->first[notes->items[i].mentee + 1]++;
    for (uint32_t i = 0; i < n_mentees; i++) {
        specials->first[i + 1] += specials->first[i];
        specials->end[i] = specials->first[i];
    }
    for (size_t i = 0; i < notes->n; i++)
        specials->items[specials->end[notes->items[i].mentee]++] = notes->items[i].special;
    for (uint32_t i = 0; r == 0 && i < n_mentees; i++) {
        size_t first = specials->first[i];
        specials->end[i] = first + sort_and_join(specials->items + first, specials->end[i] - first);
        r = cvn_match_step(pace, 1);
    }
    return r;
}

int cvn_match_specials_init(struct cvn_match_specials *specials,
                            const struct cvn_match_problem *problem,
                            const struct cvn_match_directory *mentors,
                            const struct cvn_match_directory *mentees, struct cvn_match_pace *pace)
{
    struct notes notes = {.mentors = mentors, .mentees = mentees};
    int r = take_all(&notes, problem, pace);
    struct cvn_match_specials made = {
        .items = malloc(notes.n ? notes.n * sizeof *made.items : 1),
        .first = calloc((size_t)mentees->n + 1, sizeof *made.first),
        .end = calloc((size_t)mentees->n + 1, sizeof *made.end),
    };
    if (r == 0)
        r = made.items && made.first && made.end ? spread(&made, &notes, pace) : -ENOMEM;
    if (r == 0)
        *specials = made;
    else
        cvn_match_specials_deinit(&made);
    free(notes.items);
    return r;
}

const struct cvn_match_special *cvn_match_specials_find(const struct cvn_match_specials *specials,
                                                        uint32_t mentee, uint32_t mentor)
{
    size_t low = specials->first[mentee], high = specials->end[mentee];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cvn_match_special *special = &specials->items[middle];
        if (special->mentor == mentor)
            return special;
        if (special->mentor < mentor)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void cvn_match_specials_deinit(struct cvn_match_specials *specials)
{
    free(specials->items);
    free(specials->first);
    free(specials->end);
    *specials = (struct cvn_match_specials){0};
}
