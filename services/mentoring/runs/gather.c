#include "services/mentoring/runs/gather.h"

#include "cohort/groups.h"
#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/pair_rule_table.h"
#include "services/mentoring/runs/enrolment_copy.h"
#include "services/mentoring/runs/result_row.h"
#include "services/mentoring/tables.h"
#include "services/mentoring/waiting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SCRATCH_BYTES = 4 << 20 };

#define RULE(name) CONVENE__MENTORING__V1__PAIR_RULE__KIND__KIND_##name

/* Lists of pairs that are put together. */
struct pairs {
    struct cvn_match_pair_ids *items;
    size_t n, max;
};

struct gathering {
    struct cvn_ctx *ctx;
    const struct cvn_gather_query *query;
    struct cvn_gathered *out;
    struct cvn_program_counts counts;
    struct cvn_enrolment_copier copier;
    const char *program_id;
    size_t n_rows;                 /* read so far, for tell */
    int32_t *n_taken;              /* by mentor: seats that mentorships take */
    struct cvn_match_hours *meets; /* by mentor: when they meet, those of groups */
    struct pairs declined;         /* in this programme */
    struct pairs previous;         /* paired before, anywhere */
    struct pairs own;              /* that the run has rules of its own about; sorted */
};

int cvn_gather_compare_pairs(const void *a, const void *b)
{
    const struct cvn_match_pair_ids *x = a, *y = b;
    int c = memcmp(x->mentee_id.bytes, y->mentee_id.bytes, CVN_ID_BYTES);
    return c ? c : memcmp(x->mentor_id.bytes, y->mentor_id.bytes, CVN_ID_BYTES);
}

static int pairs_add(struct pairs *pairs, struct cvn_arena *arena,
                     const struct cvn_match_pair_ids *pair)
{
    if (pairs->n == pairs->max) {
        size_t max = pairs->max ? 2 * pairs->max : 64;
        struct cvn_match_pair_ids *grown = cvn_arena_alloc_array(arena, max, sizeof *grown);
        if (!grown)
            return -ENOMEM;
        if (pairs->n > 0)
            memcpy(grown, pairs->items, pairs->n * sizeof *grown);
        pairs->items = grown;
        pairs->max = max;
    }
    pairs->items[pairs->n++] = *pair;
    return 0;
}

/* By mentee and mentor, each once. */
static void sort_pairs(struct pairs *pairs)
{
    size_t n = 0;
    if (pairs->n > 0)
        qsort(pairs->items, pairs->n, sizeof *pairs->items, cvn_gather_compare_pairs);
    for (size_t i = 0; i < pairs->n; i++)
        if (n == 0 || cvn_gather_compare_pairs(&pairs->items[n - 1], &pairs->items[i]) != 0)
            pairs->items[n++] = pairs->items[i];
    pairs->n = n;
}

static bool is_member(const struct cvn_cohort_member *members, size_t n, const struct cvn_id *id)
{
    return n && bsearch(id, members, n, sizeof *members, cvn_cohort_compare_member);
}

/* Whether both of a pair are to be paired now. */
static bool are_members(const struct cvn_cohort_input *input, const struct cvn_match_pair_ids *pair)
{
    return is_member(input->mentors, input->n_mentors, &pair->mentor_id) &&
           is_member(input->mentees, input->n_mentees, &pair->mentee_id);
}

/* Counts a row, or somebody whose rows are looked for. 0 or CVN_GATHER_STOPPED. */
static int count_row(struct gathering *g)
{
    const struct cvn_gather_query *query = g->query;
    bool telling = query->tell && g->n_rows++ % CVN_GATHER_TELL_EVERY == 0;
    return telling && !query->tell(query->arg, g->n_rows - 1) ? CVN_GATHER_STOPPED : 0;
}

/* Keeps a copy of the enrolment, which goes with the row that it was read from. */
static int keep_member(struct gathering *g, struct cvn_cohort_member *members, size_t *n,
                       const struct cvn_cohort_member *member)
{
    members[*n] = *member;
    members[*n].enrolment = cvn_enrolment_copy(&g->copier, member->enrolment);
    return members[(*n)++].enrolment ? 0 : -ENOMEM;
}

static int add_mentor(struct gathering *g, const struct cvn_cohort_member *member)
{
    struct cvn_cohort_input *input = &g->out->input;
    return input->n_mentors < g->counts.n_mentors
               ? keep_member(g, input->mentors, &input->n_mentors, member)
               : -EUCLEAN;
}

static int add_mentee(struct gathering *g, struct cvn_cohort_member *member)
{
    struct cvn_cohort_input *input = &g->out->input;
    int r = cvn_waiting_get(g->ctx, &g->query->program, &member->person, &member->waiting_since_ms);
    if (r == CVN_STORE_ABSENT && !g->query->include_mentored)
        return 0;
    if (r && r != CVN_STORE_ABSENT)
        return r;
    return input->n_mentees < g->counts.n_mentees
               ? keep_member(g, input->mentees, &input->n_mentees, member)
               : -EUCLEAN;
}

static int add_enrolment(struct gathering *g, struct cvn_slice value)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES);
    struct cvn_ctx ctx = {.arena = &scratch};
    Convene__Mentoring__V1__Enrolment *e;
    int r = cvn_ctx_unpack(&ctx, &convene__mentoring__v1__enrolment__descriptor, value, &e);
    if (r || e->state != CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_ACTIVE)
        return r;
    struct cvn_cohort_member member = {.enrolment = e};
    if (!cvn_id_parse(&member.person, CVN_MENTORING_PERSON_PREFIX, e->person_id))
        return -EUCLEAN;
    return e->role == CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR ? add_mentor(g, &member)
                                                                : add_mentee(g, &member);
}

/* Programme and enrolments, which lie in the order of people. */
static int read_members(struct gathering *g)
{
    struct cvn_ctx *ctx = g->ctx;
    struct cvn_cohort_input *input = &g->out->input;
    Convene__Mentoring__V1__Program *program;
    struct cvn_key key, lo, hi;
    cvn_program_key(&key, &g->query->program);
    int r = cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__program__descriptor, &program);
    if (r == 0)
        r = cvn_program_counts_get(ctx, &g->query->program, &g->counts);
    if (r)
        return r;
    input->program = program;
    input->mentors = cvn_arena_alloc_array(ctx->arena, g->counts.n_mentors, sizeof *input->mentors);
    input->mentees = cvn_arena_alloc_array(ctx->arena, g->counts.n_mentees, sizeof *input->mentees);
    if (!input->mentors || !input->mentees)
        return -ENOMEM;
    cvn_key_begin(&lo, CVN_SPACE_ENROLMENTS);
    cvn_key_put_id(&lo, &g->query->program);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    struct cvn_slice value, row;
    r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &row, &value)) == 0) {
        r = count_row(g);
        if (r == 0)
            r = add_enrolment(g, value);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static bool rule_ids(const Convene__Mentoring__V1__PairRule *rule, struct cvn_match_pair_ids *ret)
{
    return cvn_id_parse(&ret->mentee_id, CVN_MENTORING_PERSON_PREFIX, rule->mentee_id) &&
           cvn_id_parse(&ret->mentor_id, CVN_MENTORING_PERSON_PREFIX, rule->mentor_id);
}

static int note_own_rules(struct gathering *g)
{
    struct cvn_match_pair_ids pair;
    int r = 0;
    for (size_t i = 0; r == 0 && i < g->query->n_pair_rules; i++)
        r = rule_ids(g->query->pair_rules[i], &pair) ? pairs_add(&g->own, g->ctx->arena, &pair)
                                                     : -EUCLEAN;
    sort_pairs(&g->own);
    return r;
}

static bool is_among(const struct pairs *pairs, const struct cvn_match_pair_ids *pair)
{
    return pairs->n &&
           bsearch(pair, pairs->items, pairs->n, sizeof *pair, cvn_gather_compare_pairs);
}

static int add_rule(struct gathering *g, const Convene__Mentoring__V1__PairRule *rule,
                    const struct cvn_match_pair_ids *pair, struct pairs lists[2])
{
    if (!are_members(&g->out->input, pair)) {
        g->out->n_idle_rules++;
        return 0;
    }
    return pairs_add(&lists[rule->kind == RULE(FORBIDDEN)], g->ctx->arena, pair);
}

static int read_stored_rules(struct gathering *g, struct cvn_pair_rule *rules, size_t n,
                             struct pairs lists[2])
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++)
        if (!is_among(&g->own, &rules[i].pair))
            r = add_rule(g, rules[i].row, &rules[i].pair, lists);
    return r;
}

/* Who declined each other are not proposed again, unless the managers say so. */
static int add_declined(struct gathering *g, struct pairs lists[2])
{
    int r = 0;
    sort_pairs(&lists[0]);
    for (size_t i = 0; r == 0 && i < g->declined.n; i++) {
        const struct cvn_match_pair_ids *pair = &g->declined.items[i];
        if (!is_among(&lists[0], pair) && are_members(&g->out->input, pair))
            r = pairs_add(&lists[1], g->ctx->arena, pair);
    }
    return r;
}

static int read_rules(struct gathering *g)
{
    struct cvn_pair_rule *rules;
    size_t n;
    struct pairs lists[2] = {0};
    struct cvn_match_pair_ids pair;
    int r = note_own_rules(g);
    if (r == 0)
        r = cvn_pair_rules_all(g->ctx, &g->query->program, &rules, &n);
    if (r == 0)
        r = read_stored_rules(g, rules, n, lists);
    for (size_t i = 0; r == 0 && i < g->query->n_pair_rules; i++)
        r = rule_ids(g->query->pair_rules[i], &pair)
                ? add_rule(g, g->query->pair_rules[i], &pair, lists)
                : -EUCLEAN;
    if (r == 0)
        r = add_declined(g, lists);
    if (r)
        return r;
    sort_pairs(&lists[0]);
    sort_pairs(&lists[1]);
    struct cvn_cohort_input *input = &g->out->input;
    input->locked = lists[0].items;
    input->n_locked = lists[0].n;
    input->forbidden = lists[1].items;
    input->n_forbidden = lists[1].n;
    return 0;
}

/* A group that meets goes on at its time. */
static void note_open(struct gathering *g, size_t mentor,
                      const Convene__Mentoring__V1__Mentorship *row)
{
    g->n_taken[mentor]++;
    if (row->meeting)
        g->meets[mentor] = cvn_groups_hours(row->meeting);
}

/* Both of a mentorship; false where one of them was forgotten. */
static bool pair_of(const Convene__Mentoring__V1__Mentorship *row, struct cvn_match_pair_ids *ret)
{
    return cvn_id_parse(&ret->mentee_id, CVN_MENTORING_PERSON_PREFIX, row->mentee_id) &&
           cvn_id_parse(&ret->mentor_id, CVN_MENTORING_PERSON_PREFIX, row->mentor_id);
}

static int note_previous(struct gathering *g, const Convene__Mentoring__V1__Mentorship *row,
                         const struct cvn_match_pair_ids *pair)
{
    return row->start_time && are_members(&g->out->input, pair)
               ? pairs_add(&g->previous, g->ctx->arena, pair)
               : 0;
}

/* Takes what a mentorship of this programme means for the pairing. */
static int note_own(struct gathering *g, const Convene__Mentoring__V1__Mentorship *row)
{
    struct cvn_cohort_input *input = &g->out->input;
    enum cvn_mentorship_state state = cvn_mentorship_state_of(row);
    struct cvn_match_pair_ids pair;
    if (!pair_of(row, &pair))
        return 0;
    const struct cvn_cohort_member *mentor =
        input->n_mentors ? bsearch(&pair.mentor_id, input->mentors, input->n_mentors,
                                   sizeof *mentor, cvn_cohort_compare_member)
                         : NULL;
    if (cvn_mentorship_is_open(state)) {
        if (mentor)
            note_open(g, (size_t)(mentor - input->mentors), row);
        return 0;
    }
    return state == CVN_MENTORSHIP_DECLINED ? pairs_add(&g->declined, g->ctx->arena, &pair)
                                            : note_previous(g, row, &pair);
}

/* The same of one of any programme, of somebody who is to be paired. */
static int note_elsewhere(struct gathering *g, const Convene__Mentoring__V1__Mentorship *row)
{
    struct cvn_match_pair_ids pair;
    return strcmp(row->program_id, g->program_id) != 0 && pair_of(row, &pair)
               ? note_previous(g, row, &pair)
               : 0;
}

/* Reads the mentorships whose keys in an index begin with the id. */
static int read_index(struct gathering *g, size_t index, const struct cvn_id *id,
                      int (*note)(struct gathering *g,
                                  const Convene__Mentoring__V1__Mentorship *row))
{
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, id);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, g->ctx->txn, &cvn_mentorship_indexes[index],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    while (r == 0 && (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        CVN_ARENA_AUTO scratch;
        struct cvn_id mentorship;
        Convene__Mentoring__V1__Mentorship *row;
        cvn_arena_init(&scratch, SCRATCH_BYTES);
        struct cvn_ctx ctx = {.arena = &scratch, .txn = g->ctx->txn};
        r = count_row(g);
        if (r == 0)
            r = cvn_mentorship_of_entry(&ctx, &entry, &mentorship, &row);
        g->out->n_mentorships++;
        if (r == 0)
            r = note(g, row);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Those of the programme; and of the side that has fewer people those elsewhere, since both of a
 * pair know of it. */
static int read_mentorships(struct gathering *g)
{
    const struct cvn_cohort_input *input = &g->out->input;
    bool by_mentor = input->n_mentors <= input->n_mentees;
    const struct cvn_cohort_member *members = by_mentor ? input->mentors : input->mentees;
    size_t n = by_mentor ? input->n_mentors : input->n_mentees;
    g->n_taken = cvn_arena_alloc_array(g->ctx->arena, input->n_mentors, sizeof *g->n_taken);
    g->meets = cvn_arena_alloc_array(g->ctx->arena, input->n_mentors, sizeof *g->meets);
    if (!g->n_taken || !g->meets)
        return -ENOMEM;
    int r = read_index(g, CVN_MENTORSHIP_BY_PROGRAM, &g->query->program, note_own);
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = count_row(g);
        if (r == 0)
            r = read_index(g, CVN_MENTORSHIP_BY_PERSON, &members[i].person, note_elsewhere);
    }
    return r;
}

/* Leaves each mentor the free seats, and leaves out who has none. */
static void reduce_seats(struct gathering *g)
{
    struct cvn_cohort_input *input = &g->out->input;
    size_t n = 0;
    for (size_t i = 0; i < input->n_mentors; i++) {
        struct cvn_cohort_member member = input->mentors[i];
        member.seats =
            member.enrolment->capacity - (g->query->include_mentored ? 0 : g->n_taken[i]);
        if (!g->query->include_mentored)
            member.meets = g->meets[i];
        if (member.seats > 0)
            input->mentors[n++] = member;
    }
    g->out->n_full_mentors = input->n_mentors - n;
    input->n_mentors = n;
}

/* Gives each mentee those of before: it is enough that one side knows. */
static int set_previous(struct gathering *g)
{
    struct cvn_cohort_input *input = &g->out->input;
    struct pairs *previous = &g->previous;
    sort_pairs(previous);
    struct cvn_id *ids = cvn_arena_alloc_array(g->ctx->arena, previous->n, sizeof *ids);
    if (!ids)
        return -ENOMEM;
    for (size_t i = 0; i < previous->n; i++)
        ids[i] = previous->items[i].mentor_id;
    for (size_t first = 0, n; first < previous->n; first += n) {
        const struct cvn_id *mentee = &previous->items[first].mentee_id;
        n = 1;
        while (first + n < previous->n &&
               cvn_id_equal(&previous->items[first + n].mentee_id, mentee))
            n++;
        struct cvn_cohort_member *member = bsearch(mentee, input->mentees, input->n_mentees,
                                                   sizeof *member, cvn_cohort_compare_member);
        if (member)
            member->previous = (struct cvn_match_ids){
                ids + first, n < CVN_MATCH_PREVIOUS_MAX ? n : CVN_MATCH_PREVIOUS_MAX};
    }
    return 0;
}

/* Takes the pair of a result of the base run, if both are still there. */
static int add_base_pair(struct gathering *g, struct cvn_slice key, struct cvn_slice value)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES);
    struct cvn_ctx ctx = {.arena = &scratch, .txn = g->ctx->txn};
    Convene__Mentoring__V1__ExplainMatchResponse *result;
    struct cvn_match_pair_ids pair;
    int r = cvn_result_read(&ctx, key, value, CVN_RESULT_PAIR, &result);
    if (r || result->role != CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE ||
        !result->matches[0]->mentor_id[0])
        return r;
    const Convene__Mentoring__V1__Match *match = result->matches[0];
    if (!cvn_id_parse(&pair.mentee_id, CVN_MENTORING_PERSON_PREFIX, match->mentee_id) ||
        !cvn_id_parse(&pair.mentor_id, CVN_MENTORING_PERSON_PREFIX, match->mentor_id))
        return -EUCLEAN;
    if (are_members(&g->out->input, &pair) && g->out->n_base_pairs < g->out->input.n_mentees)
        g->out->base_pairs[g->out->n_base_pairs++] = pair;
    return 0;
}

static int read_base(struct gathering *g)
{
    struct cvn_id run;
    struct cvn_key lo, hi;
    struct cvn_slice row, value;
    if (!g->query->base_run_id || !g->query->base_run_id[0])
        return 0;
    if (!cvn_id_parse(&run, CVN_RUN_PREFIX, g->query->base_run_id))
        return -EUCLEAN;
    g->out->base_pairs =
        cvn_arena_alloc_array(g->ctx->arena, g->out->input.n_mentees, sizeof *g->out->base_pairs);
    if (!g->out->base_pairs)
        return -ENOMEM;
    cvn_key_begin(&lo, CVN_SPACE_RESULTS);
    cvn_key_put_id(&lo, &run);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor;
    int r =
        cvn_cursor_init(&cursor, g->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &row, &value)) == 0) {
        r = count_row(g);
        if (r == 0)
            r = add_base_pair(g, row, value);
    }
    if (g->out->n_base_pairs > 0)
        qsort(g->out->base_pairs, g->out->n_base_pairs, sizeof *g->out->base_pairs,
              cvn_gather_compare_pairs);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_gather(struct cvn_ctx *ctx, const struct cvn_gather_query *query, struct cvn_gathered *ret)
{
    struct gathering g = {.ctx = ctx, .query = query, .out = ret, .copier = {.arena = ctx->arena}};
    *ret = (struct cvn_gathered){0};
    int r = read_members(&g);
    cvn_enrolment_copier_deinit(&g.copier);
    g.program_id = r == 0 ? ret->input.program->id : "";
    if (r == 0)
        r = read_mentorships(&g);
    if (r)
        return r;
    reduce_seats(&g);
    r = set_previous(&g);
    if (r == 0)
        r = read_rules(&g);
    return r ? r : read_base(&g);
}
