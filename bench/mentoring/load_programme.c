#include "bench/mentoring/town.h"
#include "services/mentoring/enrolment_write.h"
#include "services/mentoring/tables.h"
#include "storage/store.h"

#include <errno.h>

enum { AT_ONCE = 500, ARENA_BYTES = 64 << 20, GOALS = 6, SPANS_MAX = 42 };

static const char *const languages[] = {"en", "de", "fr", "es", "pt", "it", "nl", "pl",
                                        "cs", "ja", "zh", "hi", "sv", "fi", "tr"};

/* An enrolment in the making, in the arena. */
struct draft {
    struct cvn_arena *arena;
    const struct cvn_match_person *person;
    Convene__Mentoring__V1__Enrolment *row;
};

static int add_skills(struct draft *draft)
{
    const struct cvn_match_person *person = draft->person;
    Convene__Mentoring__V1__Enrolment *row = draft->row;
    Convene__Mentoring__V1__Skill *skills =
        cvn_arena_alloc_array(draft->arena, person->n_skills, sizeof *skills);
    row->skills = cvn_arena_alloc_array(draft->arena, person->n_skills, sizeof *row->skills);
    if (!skills || !row->skills)
        return -ENOMEM;
    for (size_t i = 0; i < person->n_skills; i++) {
        convene__mentoring__v1__skill__init(&skills[i]);
        skills[i].name = cvn_arena_printf(draft->arena, "skill-%u", person->skills[i].skill);
        skills[i].level = person->skills[i].level;
        skills[i].priority = person->skills[i].priority;
        row->skills[row->n_skills++] = &skills[i];
    }
    return draft->arena->overflowed ? -ENOMEM : 0;
}

/* The hours of UTC that are free, as spans of days. */
static int add_hours(struct draft *draft)
{
    const struct cvn_match_hours *hours = &draft->person->hours;
    Convene__Mentoring__V1__Enrolment *row = draft->row;
    Convene__Mentoring__V1__WeeklySpan *span = NULL;
    row->availability = cvn_arena_alloc_array(draft->arena, SPANS_MAX, sizeof span);
    if (!row->availability)
        return -ENOMEM;
    for (int hour = 0; hour < CVN_MATCH_WEEK_HOURS; hour++) {
        if (hour % 24 == 0)
            span = NULL;
        if (!(hours->bits[hour / 64] >> hour % 64 & 1)) {
            span = NULL;
            continue;
        }
        if (!span) {
            span = cvn_arena_alloc(draft->arena, sizeof *span);
            if (!span || row->n_availability == SPANS_MAX)
                return -ENOMEM;
            convene__mentoring__v1__weekly_span__init(span);
            span->weekday = hour / 24 + 1;
            span->start_minute = hour % 24 * 60;
            row->availability[row->n_availability++] = span;
        }
        span->end_minute = (hour % 24 + 1) * 60;
    }
    return 0;
}

static int add_rest(struct draft *draft)
{
    const struct cvn_match_person *person = draft->person;
    Convene__Mentoring__V1__Enrolment *row = draft->row;
    size_t n_languages = sizeof languages / sizeof *languages;
    row->languages = cvn_arena_alloc_array(draft->arena, n_languages, sizeof *row->languages);
    row->goals = cvn_arena_alloc_array(draft->arena, GOALS, sizeof *row->goals);
    row->conflict_tags = cvn_arena_alloc(draft->arena, sizeof *row->conflict_tags);
    if (!row->languages || !row->goals || !row->conflict_tags)
        return -ENOMEM;
    for (size_t i = 0; i < n_languages; i++)
        if (person->languages.bits[0] >> i & 1)
            row->languages[row->n_languages++] = (char *)(uintptr_t)languages[i];
    for (int i = 0; i < GOALS; i++)
        if (person->goals >> i & 1)
            row->goals[row->n_goals++] = (Convene__Mentoring__V1__Goal)(i + 1);
    if (person->n_conflict_tags > 0)
        row->conflict_tags[row->n_conflict_tags++] =
            cvn_arena_printf(draft->arena, "team-%u", person->conflict_tags[0]);
    row->time_zone = (char *)"UTC";
    return 0;
}

/* So many of the people, from a number on. */
struct batch {
    const struct town *town;
    struct cvn_id programme;
    uint32_t first, before;
};

static int enrol(struct cvn_ctx *ctx, const struct batch *batch, uint32_t number)
{
    const struct town *town = batch->town;
    Convene__Mentoring__V1__Enrolment row = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    struct draft draft = {ctx->arena, town_person(town, number), &row};
    struct cvn_id person = town_person_id(number), id = person;
    size_t n_mentees = town->cohort.problem.n_mentees;
    row.id = cvn_ctx_id_text(ctx, CVN_ENROLMENT_PREFIX, &id);
    row.program_id = cvn_ctx_id_text(ctx, CVN_PROGRAM_PREFIX, &batch->programme);
    row.person_id = cvn_ctx_id_text(ctx, CVN_MENTORING_PERSON_PREFIX, &person);
    row.display_name = cvn_arena_printf(ctx->arena, "Person %u", number);
    row.state = CONVENE__MENTORING__V1__ENROLMENT__STATE__STATE_ACTIVE;
    row.role = number < n_mentees ? CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE
                                  : CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR;
    row.capacity = number < n_mentees ? 0 : town->cohort.mentors[number - n_mentees].capacity;
    row.create_time = row.update_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    int r = add_skills(&draft);
    if (r == 0)
        r = add_hours(&draft);
    if (r == 0)
        r = add_rest(&draft);
    if (r || ctx->arena->overflowed)
        return r ? r : -ENOMEM;
    return cvn_enrolment_replace(ctx, &batch->programme, &person, NULL, &row);
}

static int run_batch(struct cvn_txn *txn, void *arg)
{
    const struct batch *batch = arg;
    CVN_ARENA_AUTO arena;
    int r = 0;
    cvn_arena_init(&arena, ARENA_BYTES);
    for (uint32_t i = batch->first; r == 0 && i < batch->before; i++) {
        struct cvn_ctx ctx = {.arena = &arena,
                              .txn = txn,
                              .now_ms = batch->town->now_ms,
                              .who = {.kind = CVN_PRINCIPAL_ADMIN}};
        cvn_arena_reset(&arena);
        r = enrol(&ctx, batch, i);
    }
    return r;
}

static int put_programme(struct cvn_txn *txn, void *arg)
{
    const struct batch *batch = arg;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &arena, .txn = txn};
    Convene__Mentoring__V1__Program row = CONVENE__MENTORING__V1__PROGRAM__INIT;
    struct cvn_key key;
    row.id = cvn_ctx_id_text(&ctx, CVN_PROGRAM_PREFIX, &batch->programme);
    row.name = (char *)"Bench";
    row.state = CONVENE__MENTORING__V1__PROGRAM__STATE__STATE_OPEN;
    row.create_time = row.update_time = cvn_mentoring_time(&arena, batch->town->now_ms);
    cvn_program_key(&key, &batch->programme);
    return row.id && row.create_time ? cvn_mentoring_put(&ctx, &cvn_program_table, &key, &row.base)
                                     : -ENOMEM;
}

int town_load_programme(const struct town *town, struct cvn_store *store, struct cvn_id *ret_id)
{
    struct batch batch = {.town = town, .programme = town_group_id(UINT32_MAX)};
    int r = cvn_store_update(store, put_programme, &batch, 0);
    while (r == 0 && batch.first < town->n_people) {
        batch.before =
            town->n_people - batch.first < AT_ONCE ? town->n_people : batch.first + AT_ONCE;
        r = cvn_store_update(store, run_batch, &batch, 0);
        batch.first = batch.before;
    }
    *ret_id = batch.programme;
    return r;
}
