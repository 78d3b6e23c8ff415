#include "services/mentoring/tables.h"

#include "base/text.h"
#include "rpc/message.h"
#include "services/mentoring/runs/result_row.h"

#include <errno.h>
#include <sodium.h>

static const struct cvn_index program_indexes[] = {{"program_name", CVN_INDEX_PROGRAM_NAME, true}};

const struct cvn_index cvn_enrolment_indexes[CVN_ENROLMENT_INDEXES] = {
    [CVN_ENROLMENT_BY_ID] = {"enrolment_id", CVN_INDEX_ENROLMENT_ID, true},
    [CVN_ENROLMENT_BY_PROGRAM] = {"enrolment_program", CVN_INDEX_ENROLMENT_PROGRAM, false},
};

const struct cvn_index cvn_run_indexes[CVN_RUN_INDEXES] = {
    [CVN_RUN_BY_PROGRAM] = {"run_program", CVN_INDEX_RUN_PROGRAM, false},
    [CVN_RUN_BY_STATE] = {"run_state", CVN_INDEX_RUN_STATE, false},
};

const struct cvn_index cvn_result_by_mentor[1] = {
    {"result_mentor", CVN_INDEX_RESULT_MENTOR, false},
};

static int read_row(struct cvn_index_sink *sink, const ProtobufCMessageDescriptor *type,
                    struct cvn_slice value, void *ret)
{
    return cvn_message_unpack(type, cvn_index_sink_arena(sink), value, ret);
}

static int emit(struct cvn_index_sink *sink, uint8_t index, const struct cvn_key *key)
{
    return cvn_index_emit(sink, index, cvn_key_slice(key), cvn_slice(NULL, 0));
}

/* Two ids as an index key; false when a text is no such id. */
static bool id_pair(struct cvn_key *key, const char *const prefixes[2], const char *a,
                    const char *b)
{
    struct cvn_id first, second;
    cvn_key_init(key);
    if (!cvn_id_parse(&first, prefixes[0], a) || !cvn_id_parse(&second, prefixes[1], b))
        return false;
    cvn_key_put_id(key, &first);
    cvn_key_put_id(key, &second);
    return true;
}

static int derive_program(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    Convene__Mentoring__V1__Program *program;
    struct cvn_slice folded;
    int r = read_row(sink, &convene__mentoring__v1__program__descriptor, value, &program);
    if (r == 0)
        r = cvn_text_fold(cvn_index_sink_arena(sink), cvn_slice_of_string(program->name), &folded);
    if (r)
        return r > 0 ? -EBADMSG : r;
    struct cvn_key name;
    cvn_key_init(&name);
    cvn_key_put_text(&name, cvn_text_cut(folded, 400));
    return emit(sink, CVN_INDEX_PROGRAM_NAME, &name);
}

static int derive_enrolment(struct cvn_slice key, struct cvn_slice value,
                            struct cvn_index_sink *sink)
{
    (void)key;
    Convene__Mentoring__V1__Enrolment *enrolment;
    struct cvn_key both, one;
    int r = read_row(sink, &convene__mentoring__v1__enrolment__descriptor, value, &enrolment);
    if (r)
        return r;
    if (!id_pair(&both, (const char *[]){CVN_PROGRAM_PREFIX, CVN_ENROLMENT_PREFIX},
                 enrolment->program_id, enrolment->id))
        return -EBADMSG;
    cvn_key_init(&one);
    cvn_key_put_raw(&one, cvn_slice(both.bytes + CVN_ID_BYTES, CVN_ID_BYTES));
    r = emit(sink, CVN_INDEX_ENROLMENT_ID, &one);
    return r ? r : emit(sink, CVN_INDEX_ENROLMENT_PROGRAM, &both);
}

static int derive_run(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    Convene__Mentoring__V1__MatchRun *run;
    struct cvn_key both, state;
    int r = read_row(sink, &convene__mentoring__v1__match_run__descriptor, value, &run);
    if (r)
        return r;
    if (!id_pair(&both, (const char *[]){CVN_PROGRAM_PREFIX, CVN_RUN_PREFIX}, run->program_id,
                 run->id))
        return -EBADMSG;
    cvn_key_init(&state);
    cvn_key_put_u8(&state, (uint8_t)run->state);
    cvn_key_put_raw(&state, cvn_slice(both.bytes + CVN_ID_BYTES, CVN_ID_BYTES));
    r = emit(sink, CVN_INDEX_RUN_PROGRAM, &both);
    return r ? r : emit(sink, CVN_INDEX_RUN_STATE, &state);
}

const struct cvn_table cvn_program_table = {
    .name = "programs",
    .space = CVN_SPACE_PROGRAMS,
    .indexes = program_indexes,
    .n_indexes = 1,
    .derive = derive_program,
};

const struct cvn_table cvn_enrolment_table = {
    .name = "enrolments",
    .space = CVN_SPACE_ENROLMENTS,
    .indexes = cvn_enrolment_indexes,
    .n_indexes = CVN_ENROLMENT_INDEXES,
    .derive = derive_enrolment,
};

const struct cvn_table cvn_run_table = {
    .name = "runs",
    .space = CVN_SPACE_RUNS,
    .indexes = cvn_run_indexes,
    .n_indexes = CVN_RUN_INDEXES,
    .derive = derive_run,
};

const struct cvn_table cvn_result_table = {
    .name = "results",
    .space = CVN_SPACE_RESULTS,
    .indexes = cvn_result_by_mentor,
    .n_indexes = 1,
    .derive = cvn_result_derive,
};

void cvn_program_key(struct cvn_key *key, const struct cvn_id *program)
{
    cvn_key_begin(key, CVN_SPACE_PROGRAMS);
    cvn_key_put_id(key, program);
}

void cvn_enrolment_key(struct cvn_key *key, const struct cvn_id *program,
                       const struct cvn_id *person)
{
    cvn_key_begin(key, CVN_SPACE_ENROLMENTS);
    cvn_key_put_id(key, program);
    cvn_key_put_id(key, person);
}

void cvn_run_key(struct cvn_key *key, const struct cvn_id *run)
{
    cvn_key_begin(key, CVN_SPACE_RUNS);
    cvn_key_put_id(key, run);
}

void cvn_result_key(struct cvn_key *key, const struct cvn_id *run, const struct cvn_id *enrolment)
{
    cvn_key_begin(key, CVN_SPACE_RESULTS);
    cvn_key_put_id(key, run);
    cvn_key_put_id(key, enrolment);
}

int cvn_mentoring_put(struct cvn_ctx *ctx, const struct cvn_table *table, const struct cvn_key *key,
                      const ProtobufCMessage *message)
{
    struct cvn_slice packed;
    int r = cvn_ctx_pack(ctx, message, &packed);
    return r ? r : cvn_table_put(ctx->txn, table, cvn_key_slice(key), packed);
}

int cvn_mentoring_get(struct cvn_ctx *ctx, const struct cvn_key *key,
                      const ProtobufCMessageDescriptor *type, void *ret_message)
{
    struct cvn_slice value;
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(key), &value);
    return r ? r : cvn_ctx_unpack(ctx, type, value, ret_message);
}

int cvn_enrolment_by_id(struct cvn_ctx *ctx, const struct cvn_id *id,
                        Convene__Mentoring__V1__Enrolment **ret_enrolment)
{
    struct cvn_key key, row;
    struct cvn_slice primary;
    cvn_key_init(&key);
    cvn_key_put_id(&key, id);
    int r = cvn_index_lookup(ctx->txn, &cvn_enrolment_indexes[CVN_ENROLMENT_BY_ID],
                             cvn_key_slice(&key), &primary);
    if (r)
        return r;
    cvn_key_init(&row);
    cvn_key_put_raw(&row, primary);
    return cvn_mentoring_get(ctx, &row, &convene__mentoring__v1__enrolment__descriptor,
                             ret_enrolment);
}

int cvn_run_first_in_state(struct cvn_ctx *ctx, Convene__Mentoring__V1__MatchRun__State state,
                           struct cvn_id *ret_id, Convene__Mentoring__V1__MatchRun **ret)
{
    struct cvn_key lo, hi, row;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    cvn_key_init(&lo);
    cvn_key_put_u8(&lo, (uint8_t)state);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_run_indexes[CVN_RUN_BY_STATE],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    if (r == 0)
        r = cvn_index_cursor_next(&cursor, &entry);
    if (r)
        return r;
    cvn_key_init(&row);
    cvn_key_put_raw(&row, entry.primary);
    r = cvn_mentoring_get(ctx, &row, &convene__mentoring__v1__match_run__descriptor, ret);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    return cvn_id_parse(ret_id, CVN_RUN_PREFIX, (*ret)->id) ? 0 : -EUCLEAN;
}

static void counts_key(struct cvn_key *key, const struct cvn_id *program)
{
    cvn_key_begin(key, CVN_SPACE_PROGRAM_COUNTS);
    cvn_key_put_id(key, program);
}

int cvn_program_counts_get(struct cvn_ctx *ctx, const struct cvn_id *program,
                           struct cvn_program_counts *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    counts_key(&key, program);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    *ret = (struct cvn_program_counts){0};
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, value);
    ret->n_mentors = cvn_key_get_u32(&reader);
    ret->n_mentees = cvn_key_get_u32(&reader);
    ret->n_waiting = cvn_key_get_u32(&reader);
    return cvn_key_reader_done(&reader) ? 0 : -EUCLEAN;
}

int cvn_program_counts_put(struct cvn_ctx *ctx, const struct cvn_id *program,
                           const struct cvn_program_counts *counts)
{
    struct cvn_key key, value;
    counts_key(&key, program);
    cvn_key_init(&value);
    cvn_key_put_u32(&value, counts->n_mentors);
    cvn_key_put_u32(&value, counts->n_mentees);
    cvn_key_put_u32(&value, counts->n_waiting);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

char *cvn_mentoring_etag(struct cvn_ctx *ctx, const ProtobufCMessage *message)
{
    enum { HASH_BYTES = 16, SHOWN_BYTES = 8 };
    struct cvn_slice packed;
    uint8_t hash[HASH_BYTES];
    char text[2 * SHOWN_BYTES + 1];
    if (cvn_ctx_pack(ctx, message, &packed) != 0)
        return NULL;
    (void)crypto_generichash(hash, sizeof hash, packed.data, packed.len, NULL, 0);
    (void)sodium_bin2hex(text, sizeof text, hash, SHOWN_BYTES);
    return cvn_arena_strdup(ctx->arena, text);
}

Google__Protobuf__Timestamp *cvn_mentoring_time(struct cvn_arena *arena, int64_t utc_ms)
{
    Google__Protobuf__Timestamp *time = cvn_arena_alloc(arena, sizeof *time);
    if (!time)
        return NULL;
    google__protobuf__timestamp__init(time);
    time->seconds = utc_ms / 1000 - (utc_ms % 1000 < 0);
    time->nanos = (int32_t)(utc_ms - time->seconds * 1000) * 1000000;
    return time;
}
