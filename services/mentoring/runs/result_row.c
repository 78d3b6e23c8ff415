#include "services/mentoring/runs/result_row.h"

#include "services/mentoring/privacy.h"
#include "services/mentoring/result_row.pb-c.h"
#include "services/mentoring/runs/result_text.h"
#include "services/mentoring/runs/result_words.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

typedef Convene__Mentoring__Stored__Result row_type;

#define ROLE(name) CONVENE__MENTORING__V1__ROLE__ROLE_##name

enum { ROW_BYTES_MAX = 16 << 20 };

static const struct cvn_id nobody;

/* The 16 bytes of an id in the arena; none of an empty text. */
static int pack_id(struct cvn_arena *arena, const char *prefix, const char *text,
                   ProtobufCBinaryData *ret)
{
    struct cvn_id id;
    if (!*text)
        return 0;
    if (!cvn_id_parse(&id, prefix, text))
        return -EUCLEAN;
    ret->data = cvn_arena_copy(arena, id.bytes, sizeof id.bytes);
    ret->len = sizeof id.bytes;
    return ret->data ? 0 : -ENOMEM;
}

static int person_number(struct cvn_result_words *words, const char *id, const char *name,
                         uint32_t *ret)
{
    struct cvn_id person = nobody;
    if (*id && !cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, id))
        return -EUCLEAN;
    return cvn_result_words_person(words, &person, name, ret);
}

static void pack_terms(struct cvn_numbers_writer *to, const Convene__Mentoring__V1__Match *match)
{
    for (size_t i = 0; i < match->n_terms; i++) {
        cvn_numbers_put_text(to, match->terms[i]->name);
        cvn_numbers_put_i32(to, match->terms[i]->mentee_points);
        cvn_numbers_put_i32(to, match->terms[i]->mentor_points);
        cvn_numbers_put_text(to, match->terms[i]->reason);
    }
}

static int pack_alternatives(struct cvn_numbers_writer *to,
                             const Convene__Mentoring__V1__ExplainMatchResponse *result)
{
    for (size_t i = 0; i < result->n_alternatives; i++) {
        const Convene__Mentoring__V1__Alternative *from = result->alternatives[i];
        uint32_t person;
        int r = person_number(to->words, from->mentor_id, from->mentor_name, &person);
        if (r)
            return r;
        cvn_numbers_put(to, person);
        cvn_numbers_put_i32(to, from->mentee_score);
        cvn_numbers_put_i32(to, from->mentor_score);
        cvn_numbers_put_text(to, from->outcome);
    }
    return to->fault;
}

static void pack_rules(struct cvn_numbers_writer *to,
                       const Convene__Mentoring__V1__ExplainMatchResponse *result)
{
    for (size_t i = 0; i < result->n_removed_by_rule; i++) {
        cvn_numbers_put_text(to, result->removed_by_rule[i]->rule);
        cvn_numbers_put_i32(to, result->removed_by_rule[i]->mentors);
    }
}

static int pack_match(row_type *row, const struct cvn_numbers_writer *base,
                      const Convene__Mentoring__V1__Match *match)
{
    struct cvn_numbers_writer terms = *base, reason = *base;
    row->name = match->mentee_name;
    row->mentee_revision = match->mentee_revision;
    row->mentor_revision = match->mentor_revision;
    row->mentee_score = match->mentee_score;
    row->mentor_score = match->mentor_score;
    row->mentee_choice = match->mentee_choice;
    row->locked = match->locked;
    pack_terms(&terms, match);
    row->terms = terms.items;
    row->n_terms = terms.n;
    if (*match->unmatched_reason)
        cvn_numbers_put_text(&reason, match->unmatched_reason);
    row->unmatched_reason = reason.items;
    row->n_unmatched_reason = reason.n;
    int r = terms.fault ? terms.fault : reason.fault;
    if (r == 0)
        r = pack_id(base->arena, CVN_MENTORING_PERSON_PREFIX, match->mentee_id, &row->mentee_id);
    if (r == 0)
        r = pack_id(base->arena, CVN_ENROLMENT_PREFIX, match->mentor_enrolment_id,
                    &row->mentor_enrolment_id);
    if (r || row->mentor_enrolment_id.len == 0)
        return r;
    return person_number(base->words, match->mentor_id, match->mentor_name, &row->mentor);
}

int cvn_result_pack(struct cvn_result_words *words,
                    const Convene__Mentoring__V1__ExplainMatchResponse *result,
                    struct cvn_arena *arena, struct cvn_slice *ret)
{
    row_type row = CONVENE__MENTORING__STORED__RESULT__INIT;
    struct cvn_own_texts own = {0};
    const struct cvn_numbers_writer base = {.arena = arena, .words = words, .own = &own};
    struct cvn_numbers_writer alternatives = base, rules = base;
    struct cvn_ctx ctx = {.arena = arena};
    const Convene__Mentoring__V1__MeetingTime *meeting = result->meeting;
    int r = 0;
    row.role = (uint32_t)result->role;
    row.name = result->display_name;
    row.capacity = result->capacity;
    row.free = result->free;
    if (result->role == ROLE(MENTEE)) {
        if (result->n_matches != 1)
            return -EUCLEAN;
        r = pack_match(&row, &base, result->matches[0]);
        meeting = result->matches[0]->meeting;
    }
    if (r == 0)
        r = pack_alternatives(&alternatives, result);
    pack_rules(&rules, result);
    if (r || rules.fault)
        return r ? r : rules.fault;
    row.alternatives = alternatives.items;
    row.n_alternatives = alternatives.n;
    row.removed_by_rule = rules.items;
    row.n_removed_by_rule = rules.n;
    row.meeting_utc_hour = meeting ? meeting->utc_hour : 0;
    row.meeting_hours = meeting ? meeting->hours : 0;
    row.own_texts = own.items;
    row.n_own_texts = own.n;
    return cvn_ctx_pack(&ctx, &row.base, ret);
}

/* One row on its way to a message. */
struct reading {
    struct cvn_ctx *ctx;
    struct cvn_id run, enrolment;
    const row_type *row;
    struct cvn_own_texts own;
};

static struct cvn_numbers_reader numbers_of(const struct reading *reading, const uint64_t *items,
                                            size_t n)
{
    return (struct cvn_numbers_reader){
        .arena = reading->ctx->arena,
        .txn = reading->ctx->txn,
        .run = &reading->run,
        .own = &reading->own,
        .items = items,
        .n = n,
    };
}

static char *id_text(const struct reading *reading, const char *prefix, const void *bytes)
{
    struct cvn_id id;
    memcpy(id.bytes, bytes, sizeof id.bytes);
    return cvn_ctx_id_text(reading->ctx, prefix, &id);
}

static int read_person(const struct reading *reading, uint64_t number, char **ret_id,
                       char **ret_name)
{
    struct cvn_id id;
    struct cvn_slice name;
    if (number > UINT32_MAX)
        return -EUCLEAN;
    int r = cvn_result_person_get(reading->ctx->txn, &reading->run, (uint32_t)number, &id, &name);
    if (r)
        return r;
    *ret_name = cvn_arena_copy(reading->ctx->arena, name.data, name.len);
    if (!cvn_id_equal(&id, &nobody))
        *ret_id = cvn_ctx_id_text(reading->ctx, CVN_MENTORING_PERSON_PREFIX, &id);
    return *ret_name && *ret_id ? 0 : -ENOMEM;
}

/*
 * Room for what a row of numbers is about: each has so many numbers at least, so that no damaged
 * row has more.
 */
static void *room_for(const struct reading *reading, size_t n_numbers, size_t least)
{
    return cvn_arena_alloc_array(reading->ctx->arena, n_numbers / least + 1, sizeof(void *));
}

enum { TERM_NUMBERS = 4, ALTERNATIVE_NUMBERS = 4, RULE_NUMBERS = 2 };

static int read_terms(const struct reading *reading, Convene__Mentoring__V1__Match *match)
{
    struct cvn_numbers_reader from =
        numbers_of(reading, reading->row->terms, reading->row->n_terms);
    match->terms = room_for(reading, from.n, TERM_NUMBERS);
    if (!match->terms)
        return -ENOMEM;
    while (cvn_numbers_left(&from)) {
        Convene__Mentoring__V1__ScoreTerm *term = cvn_arena_alloc(from.arena, sizeof *term);
        if (!term)
            return -ENOMEM;
        convene__mentoring__v1__score_term__init(term);
        term->name = cvn_numbers_get_text(&from);
        term->mentee_points = cvn_numbers_get_i32(&from);
        term->mentor_points = cvn_numbers_get_i32(&from);
        term->reason = cvn_numbers_get_text(&from);
        match->terms[match->n_terms++] = term;
    }
    return from.fault;
}

static int read_alternatives(const struct reading *reading,
                             Convene__Mentoring__V1__ExplainMatchResponse *result)
{
    struct cvn_numbers_reader from =
        numbers_of(reading, reading->row->alternatives, reading->row->n_alternatives);
    result->alternatives = room_for(reading, from.n, ALTERNATIVE_NUMBERS);
    if (!result->alternatives)
        return -ENOMEM;
    while (cvn_numbers_left(&from)) {
        Convene__Mentoring__V1__Alternative *to = cvn_arena_alloc(from.arena, sizeof *to);
        if (!to)
            return -ENOMEM;
        convene__mentoring__v1__alternative__init(to);
        int r = read_person(reading, cvn_numbers_get(&from), &to->mentor_id, &to->mentor_name);
        if (r)
            return r;
        to->mentee_score = cvn_numbers_get_i32(&from);
        to->mentor_score = cvn_numbers_get_i32(&from);
        to->outcome = cvn_numbers_get_text(&from);
        result->alternatives[result->n_alternatives++] = to;
    }
    return from.fault;
}

static int read_rules(const struct reading *reading,
                      Convene__Mentoring__V1__ExplainMatchResponse *result)
{
    struct cvn_numbers_reader from =
        numbers_of(reading, reading->row->removed_by_rule, reading->row->n_removed_by_rule);
    result->removed_by_rule = room_for(reading, from.n, RULE_NUMBERS);
    if (!result->removed_by_rule)
        return -ENOMEM;
    while (cvn_numbers_left(&from)) {
        Convene__Mentoring__V1__RuleCount *to = cvn_arena_alloc(from.arena, sizeof *to);
        if (!to)
            return -ENOMEM;
        convene__mentoring__v1__rule_count__init(to);
        to->rule = cvn_numbers_get_text(&from);
        to->mentors = cvn_numbers_get_i32(&from);
        result->removed_by_rule[result->n_removed_by_rule++] = to;
    }
    return from.fault;
}

static int read_meeting(const struct reading *reading, Convene__Mentoring__V1__MeetingTime **ret)
{
    if (reading->row->meeting_hours == 0)
        return 0;
    *ret = cvn_arena_alloc(reading->ctx->arena, sizeof **ret);
    if (!*ret)
        return -ENOMEM;
    convene__mentoring__v1__meeting_time__init(*ret);
    (*ret)->utc_hour = reading->row->meeting_utc_hour;
    (*ret)->hours = reading->row->meeting_hours;
    return 0;
}

static int read_pair(const struct reading *reading, Convene__Mentoring__V1__Match *match)
{
    const row_type *row = reading->row;
    match->run_id = id_text(reading, CVN_RUN_PREFIX, reading->run.bytes);
    match->mentee_enrolment_id = id_text(reading, CVN_ENROLMENT_PREFIX, reading->enrolment.bytes);
    if (row->mentee_id.len > 0)
        match->mentee_id = id_text(reading, CVN_MENTORING_PERSON_PREFIX, row->mentee_id.data);
    match->mentee_name = row->name;
    match->mentee_score = row->mentee_score;
    match->mentor_score = row->mentor_score;
    match->mentee_choice = row->mentee_choice;
    match->mentee_revision = row->mentee_revision;
    match->mentor_revision = row->mentor_revision;
    match->locked = row->locked;
    if (row->mentor_enrolment_id.len > 0)
        match->mentor_enrolment_id =
            id_text(reading, CVN_ENROLMENT_PREFIX, row->mentor_enrolment_id.data);
    if (!match->run_id || !match->mentee_enrolment_id || !match->mentee_id ||
        !match->mentor_enrolment_id)
        return -ENOMEM;
    int r = row->mentor_enrolment_id.len > 0
                ? read_person(reading, row->mentor, &match->mentor_id, &match->mentor_name)
                : 0;
    return r ? r : read_meeting(reading, &match->meeting);
}

static int read_reasons(const struct reading *reading, Convene__Mentoring__V1__Match *match)
{
    const row_type *row = reading->row;
    struct cvn_numbers_reader reason =
        numbers_of(reading, row->unmatched_reason, row->n_unmatched_reason);
    int r = read_terms(reading, match);
    if (r || reason.n == 0)
        return r;
    match->unmatched_reason = cvn_numbers_get_text(&reason);
    return reason.fault;
}

static bool is_id(const ProtobufCBinaryData *bytes)
{
    return bytes->len == 0 || bytes->len == CVN_ID_BYTES;
}

/* The row behind a key; both ids are taken from that. */
static int unpack(struct cvn_ctx *ctx, struct cvn_slice key, struct cvn_slice value,
                  struct cvn_id ret_ids[2], row_type **ret)
{
    struct cvn_key_reader reader;
    int r = cvn_ctx_unpack(ctx, &convene__mentoring__stored__result__descriptor, value, ret);
    if (r)
        return r == -EBADMSG ? -EUCLEAN : r;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    ret_ids[0] = cvn_key_get_id(&reader);
    ret_ids[1] = cvn_key_get_id(&reader);
    return is_id(&(*ret)->mentee_id) && is_id(&(*ret)->mentor_enrolment_id) &&
                   cvn_key_reader_done(&reader)
               ? 0
               : -EUCLEAN;
}

static int read_mentee(const struct reading *reading, enum cvn_result_part part,
                       Convene__Mentoring__V1__ExplainMatchResponse *result)
{
    Convene__Mentoring__V1__Match *match = cvn_arena_alloc(reading->ctx->arena, sizeof *match);
    result->matches = cvn_arena_alloc(reading->ctx->arena, sizeof *result->matches);
    if (!match || !result->matches)
        return -ENOMEM;
    convene__mentoring__v1__match__init(match);
    result->matches[0] = match;
    result->n_matches = 1;
    int r = read_pair(reading, match);
    if (r == 0 && part != CVN_RESULT_PAIR)
        r = read_reasons(reading, match);
    if (r == 0 && part == CVN_RESULT_WHOLE)
        r = read_alternatives(reading, result);
    return r || part != CVN_RESULT_WHOLE ? r : read_rules(reading, result);
}

int cvn_result_read(struct cvn_ctx *ctx, struct cvn_slice key, struct cvn_slice value,
                    enum cvn_result_part part, Convene__Mentoring__V1__ExplainMatchResponse **ret)
{
    struct cvn_id ids[2];
    row_type *row;
    int r = unpack(ctx, key, value, ids, &row);
    if (r)
        return r;
    const struct reading reading = {
        ctx, ids[0], ids[1], row, {row->own_texts, row->n_own_texts, 0}};
    Convene__Mentoring__V1__ExplainMatchResponse *result =
        cvn_arena_alloc(ctx->arena, sizeof *result);
    if (!result)
        return -ENOMEM;
    convene__mentoring__v1__explain_match_response__init(result);
    result->role = (Convene__Mentoring__V1__Role)row->role;
    result->display_name = row->name;
    *ret = result;
    if (result->role == ROLE(MENTEE))
        return read_mentee(&reading, part, result);
    result->capacity = row->capacity;
    result->free = row->free;
    return read_meeting(&reading, &result->meeting);
}

int cvn_result_derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_ctx ctx = {.arena = cvn_index_sink_arena(sink)};
    struct cvn_id ids[2];
    struct cvn_key by_mentor;
    row_type *row;
    int r = unpack(&ctx, key, value, ids, &row);
    if (r)
        return r == -EUCLEAN ? -EBADMSG : r;
    if (row->mentor_enrolment_id.len == 0)
        return 0;
    cvn_key_init(&by_mentor);
    cvn_key_put_id(&by_mentor, &ids[0]);
    cvn_key_put_raw(&by_mentor, cvn_slice(row->mentor_enrolment_id.data, CVN_ID_BYTES));
    return cvn_index_emit(sink, CVN_INDEX_RESULT_MENTOR, cvn_key_slice(&by_mentor),
                          cvn_slice(NULL, 0));
}

static bool names(const ProtobufCBinaryData *bytes, const struct cvn_id *person)
{
    return bytes->len == CVN_ID_BYTES && memcmp(bytes->data, person->bytes, CVN_ID_BYTES) == 0;
}

static int is_enrolled_as(struct cvn_ctx *ctx, const struct cvn_id *person,
                          const struct cvn_id *enrolment, bool *ret)
{
    Convene__Mentoring__V1__Enrolment *e;
    struct cvn_id id;
    int r = cvn_enrolment_by_id(ctx, enrolment, &e);
    *ret = r == 0 && cvn_id_parse(&id, CVN_MENTORING_PERSON_PREFIX, e->person_id) &&
           cvn_id_equal(&id, person);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Whether the row tells what became of the person; one of a mentor has no id of a person's. */
static int is_own(struct cvn_ctx *ctx, const struct cvn_id *person, const struct cvn_id *enrolment,
                  const row_type *row, bool *ret)
{
    *ret = names(&row->mentee_id, person);
    return row->role == ROLE(MENTOR) ? is_enrolled_as(ctx, person, enrolment, ret) : 0;
}

/* A word that names nobody may have been the person's: rows are stored after their words. */
static int has_mentor(struct cvn_ctx *ctx, const struct cvn_id *person, const struct cvn_id *run,
                      const row_type *row, bool *ret)
{
    struct cvn_id mentor, enrolment;
    struct cvn_slice name;
    *ret = false;
    if (row->mentor_enrolment_id.len == 0)
        return 0;
    int r = cvn_result_person_get(ctx->txn, run, row->mentor, &mentor, &name);
    *ret = r == 0 && cvn_id_equal(&mentor, person);
    if (r || !cvn_id_equal(&mentor, &nobody))
        return r;
    memcpy(enrolment.bytes, row->mentor_enrolment_id.data, sizeof enrolment.bytes);
    return is_enrolled_as(ctx, person, &enrolment, ret);
}

int cvn_result_blank(struct cvn_ctx *ctx, const struct cvn_id *person, struct cvn_slice key,
                     struct cvn_slice value, bool *ret_changed)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ROW_BYTES_MAX);
    struct cvn_ctx scratch = *ctx;
    struct cvn_id ids[2];
    struct cvn_key at;
    row_type *row;
    bool own, paired;
    scratch.arena = &arena;
    int r = unpack(&scratch, key, value, ids, &row);
    if (r == 0)
        r = is_own(&scratch, person, &ids[1], row, &own);
    if (r == 0)
        r = has_mentor(&scratch, person, &ids[0], row, &paired);
    *ret_changed = r == 0 && (own || paired);
    if (!*ret_changed)
        return r;
    row->n_terms = 0;
    if (own) {
        row->name = (char *)(uintptr_t)CVN_FORGOTTEN_NAME;
        row->mentee_id.len = 0;
    }
    cvn_key_init(&at);
    cvn_key_put_raw(&at, key);
    return cvn_mentoring_put(&scratch, &cvn_result_table, &at, &row->base);
}
