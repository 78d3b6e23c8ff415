#include "services/mentoring/mentorships/mentorship_table.h"

#include "rpc/message.h"
#include "services/mentoring/tables.h"

#include <errno.h>
#include <string.h>

const struct cvn_index cvn_mentorship_indexes[CVN_MENTORSHIP_INDEXES] = {
    [CVN_MENTORSHIP_BY_PROGRAM] = {"mentorship_program", CVN_INDEX_MENTORSHIP_PROGRAM, false},
    [CVN_MENTORSHIP_BY_PERSON] = {"mentorship_person", CVN_INDEX_MENTORSHIP_PERSON, false},
    [CVN_MENTORSHIP_BY_DEADLINE] = {"mentorship_deadline", CVN_INDEX_MENTORSHIP_DEADLINE, false},
};

void cvn_mentorship_key(struct cvn_key *key, const struct cvn_id *id, uint8_t kind)
{
    cvn_key_begin(key, CVN_SPACE_MENTORSHIPS);
    cvn_key_put_id(key, id);
    cvn_key_put_u8(key, kind);
}

static int emit(struct cvn_index_sink *sink, uint8_t index, const struct cvn_key *key)
{
    return cvn_index_emit(sink, index, cvn_key_slice(key), cvn_slice(NULL, 0));
}

static int emit_person(struct cvn_index_sink *sink, const Convene__Mentoring__V1__Mentorship *row,
                       const char *person_id, const struct cvn_id *id)
{
    struct cvn_id person;
    struct cvn_key key;
    if (!cvn_id_parse(&person, CVN_MENTORING_PERSON_PREFIX, person_id))
        return 0; /* somebody who was forgotten */
    cvn_key_init(&key);
    cvn_key_put_id(&key, &person);
    cvn_key_put_u8(&key, cvn_mentorship_is_open(cvn_mentorship_state_of(row)));
    cvn_key_put_id(&key, id);
    return emit(sink, CVN_INDEX_MENTORSHIP_PERSON, &key);
}

static int derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    (void)key;
    ProtobufCMessage *message;
    struct cvn_id id, program;
    struct cvn_key at;
    int r = cvn_message_unpack(&convene__mentoring__v1__mentorship__descriptor,
                               cvn_index_sink_arena(sink), value, &message);
    if (r)
        return r;
    const Convene__Mentoring__V1__Mentorship *row =
        (const Convene__Mentoring__V1__Mentorship *)message;
    if (!cvn_id_parse(&id, CVN_MENTORSHIP_PREFIX, row->id) ||
        !cvn_id_parse(&program, CVN_PROGRAM_PREFIX, row->program_id))
        return -EBADMSG;
    cvn_key_init(&at);
    cvn_key_put_id(&at, &program);
    cvn_key_put_id(&at, &id);
    r = emit(sink, CVN_INDEX_MENTORSHIP_PROGRAM, &at);
    if (r == 0)
        r = emit_person(sink, row, row->mentor_id, &id);
    if (r == 0)
        r = emit_person(sink, row, row->mentee_id, &id);
    if (r || cvn_mentorship_state_of(row) != CVN_MENTORSHIP_PROPOSED || !row->accept_by_time)
        return r;
    cvn_key_init(&at);
    cvn_key_put_i64(&at, row->accept_by_time->seconds);
    cvn_key_put_id(&at, &id);
    return emit(sink, CVN_INDEX_MENTORSHIP_DEADLINE, &at);
}

const struct cvn_table cvn_mentorship_table = {
    .name = "mentorships",
    .space = CVN_SPACE_MENTORSHIPS,
    .kind_at = 1 + CVN_ID_BYTES,
    .kind = CVN_MENTORSHIP_ROW,
    .indexes = cvn_mentorship_indexes,
    .n_indexes = CVN_MENTORSHIP_INDEXES,
    .derive = derive,
};

int cvn_mentorship_get(struct cvn_ctx *ctx, const struct cvn_id *id,
                       Convene__Mentoring__V1__Mentorship **ret)
{
    struct cvn_key key;
    cvn_mentorship_key(&key, id, CVN_MENTORSHIP_ROW);
    return cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__mentorship__descriptor, ret);
}

int cvn_mentorship_put(struct cvn_ctx *ctx, const struct cvn_id *id,
                       const Convene__Mentoring__V1__Mentorship *row)
{
    struct cvn_key key;
    cvn_mentorship_key(&key, id, CVN_MENTORSHIP_ROW);
    return cvn_mentoring_put(ctx, &cvn_mentorship_table, &key, &row->base);
}

int cvn_mentorship_of_entry(struct cvn_ctx *ctx, const struct cvn_index_entry *entry,
                            struct cvn_id *ret_id, Convene__Mentoring__V1__Mentorship **ret)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, entry->primary);
    (void)cvn_key_get_u8(&reader);
    *ret_id = cvn_key_get_id(&reader);
    int r = cvn_mentorship_get(ctx, ret_id, ret);
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

int cvn_mentorship_walk_open(struct cvn_mentorship_walk *walk, struct cvn_ctx *ctx,
                             const struct cvn_id *person)
{
    struct cvn_key lo, hi;
    walk->ctx = ctx;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, person);
    cvn_key_put_u8(&lo, 1);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    return cvn_index_cursor_init(
        &walk->cursor, ctx->txn, &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_PERSON],
        (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)}, CVN_FORWARD);
}

int cvn_mentorship_walk_next(struct cvn_mentorship_walk *walk, struct cvn_id *ret_id,
                             Convene__Mentoring__V1__Mentorship **ret)
{
    struct cvn_index_entry entry;
    int r = cvn_index_cursor_next(&walk->cursor, &entry);
    return r ? r : cvn_mentorship_of_entry(walk->ctx, &entry, ret_id, ret);
}

void cvn_mentorship_walk_end(struct cvn_mentorship_walk *walk)
{
    cvn_index_cursor_deinit(&walk->cursor);
}

int cvn_mentor_load_get(struct cvn_ctx *ctx, const char *program_id, const struct cvn_id *mentor,
                        struct cvn_mentor_load *ret)
{
    char text[CVN_ID_TEXT_BYTES];
    struct cvn_mentorship_walk walk;
    struct cvn_id id;
    Convene__Mentoring__V1__Mentorship *row;
    cvn_id_format(text, CVN_MENTORING_PERSON_PREFIX, mentor);
    *ret = (struct cvn_mentor_load){0};
    int r = cvn_mentorship_walk_open(&walk, ctx, mentor);
    while (r == 0 && (r = cvn_mentorship_walk_next(&walk, &id, &row)) == 0) {
        if (strcmp(row->program_id, program_id) != 0 || strcmp(row->mentor_id, text) != 0)
            continue;
        ret->n_open++;
        if (row->meeting) {
            ret->meeting_hour = row->meeting->utc_hour;
            ret->meeting_hours = row->meeting->hours;
        }
        ret->n_active += cvn_mentorship_state_of(row) != CVN_MENTORSHIP_PROPOSED;
    }
    cvn_mentorship_walk_end(&walk);
    return r == CVN_STORE_ABSENT ? 0 : r;
}
