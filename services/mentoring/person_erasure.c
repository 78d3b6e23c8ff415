/*
 * An erasure in bounded steps. Where it is lies in a row of its own, so that whoever asked, or the
 * server, goes on. With its beginning the person is withdrawn from every programme, so that no run
 * that begins later knows of them.
 */
#include "services/mentoring/change.h"
#include "services/mentoring/enrolment_write.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/mentorship_table.h"
#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/person_rows.h"
#include "services/mentoring/person_traces.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/runs/input_table.h"
#include "services/mentoring/tables.h"
#include "storage/replay.h"

#include <errno.h>
#include <string.h>

/* What goes one after another; stored, in a row that does not live long. */
enum phase {
    PROGRAMS, /* out of each, and no manager any more */
    MENTORSHIPS,
    RESULTS,
    WORDS, /* by which others' results name the person */
    AWAIT, /* runs that began before, whose results may come after */
    RUNS,
    INPUTS,     /* what runs were made from */
    ENROLMENTS, /* last of what runs are known by */
    ANSWERS,    /* kept for retries */
    PHASES,
};

/* An erasure as stored. */
struct erasure {
    enum phase phase;
    int64_t begun_ms;   /* since when no run that begins finds the person */
    uint32_t counts[6]; /* as in the response, in its order */
    uint8_t place[CVN_KEY_BYTES_MAX];
    size_t place_len;
};

enum { N_ENROLMENTS, N_MENTORSHIPS, N_LOG_ENTRIES, N_FEEDBACK, N_MATCHES, N_OTHER };

struct step {
    struct cvn_ctx *ctx;
    struct cvn_id person;
    char text[CVN_ID_TEXT_BYTES];
    struct erasure erasure;
    char *awaited_run_id; /* NULL: none */
};

static void row_key(struct cvn_key *key, const struct cvn_id *person)
{
    cvn_key_begin(key, CVN_SPACE_PERSON_ERASURES);
    cvn_key_put_id(key, person);
}

static int put(const struct step *step)
{
    const struct erasure *erasure = &step->erasure;
    struct cvn_key key, value;
    row_key(&key, &step->person);
    cvn_key_init(&value);
    cvn_key_put_u8(&value, (uint8_t)erasure->phase);
    cvn_key_put_i64(&value, erasure->begun_ms);
    for (size_t i = 0; i < 6; i++)
        cvn_key_put_u32(&value, erasure->counts[i]);
    cvn_key_put_raw(&value, cvn_slice(erasure->place, erasure->place_len));
    return value.overflowed
               ? -EOVERFLOW
               : cvn_txn_put(step->ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

/* 0; CVN_STORE_ABSENT where none has begun; a fault. */
static int get(struct step *step)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    row_key(&key, &step->person);
    int r = cvn_txn_get(step->ctx->txn, cvn_key_slice(&key), &value);
    if (r)
        return r;
    cvn_key_reader_init(&reader, value);
    struct erasure *erasure = &step->erasure;
    erasure->phase = cvn_key_get_u8(&reader);
    erasure->begun_ms = cvn_key_get_i64(&reader);
    for (size_t i = 0; i < 6; i++)
        erasure->counts[i] = cvn_key_get_u32(&reader);
    size_t head = 1 + 8 + 6 * 4;
    if (value.len < head || value.len - head > sizeof erasure->place || erasure->phase >= PHASES)
        return -EUCLEAN;
    erasure->place_len = value.len - head;
    memcpy(erasure->place, (const uint8_t *)value.data + head, erasure->place_len);
    return 0;
}

int cvn_person_erasure_restart(struct cvn_txn *txn, const struct cvn_key *key,
                               struct cvn_slice value)
{
    struct cvn_key head;
    size_t len = 1 + 8 + 6 * 4;
    if (value.len < len)
        return -EUCLEAN;
    cvn_key_init(&head);
    cvn_key_put_u8(&head, PROGRAMS);
    cvn_key_put_raw(&head, cvn_slice((const char *)value.data + 1, len - 1));
    return cvn_txn_put(txn, cvn_key_slice(key), cvn_key_slice(&head));
}

static void set_place(struct erasure *erasure, struct cvn_slice key)
{
    memcpy(erasure->place, key.data, key.len);
    erasure->place_len = key.len;
}

/* Where the phase is among the rows of a space. */
static void get_place(const struct erasure *erasure, uint8_t space, struct cvn_key *ret)
{
    if (erasure->place_len == 0) {
        cvn_key_begin(ret, space);
        return;
    }
    cvn_key_init(ret);
    cvn_key_put_raw(ret, cvn_slice(erasure->place, erasure->place_len));
}

/* Does to each programme of a step what is to be done. CVN_STORE_ABSENT at the end. */
static int walk_programs(struct step *step,
                         int (*take)(struct step *step, const struct cvn_id *program))
{
    struct cvn_id programs[CVN_PERSON_PROGRAMS_LOOKED_AT];
    struct cvn_key from;
    size_t n;
    get_place(&step->erasure, CVN_SPACE_PROGRAMS, &from);
    int r = cvn_person_programs(step->ctx, &from, programs, &n);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = take(step, &programs[i]);
    set_place(&step->erasure, cvn_key_slice(&from));
    return r == 0 && n < CVN_PERSON_PROGRAMS_LOOKED_AT ? CVN_STORE_ABSENT : r;
}

/*
 * What others said of themselves goes as well, since it cannot be told without the one. Where a
 * programme has more than a step deletes, the next step is at it again.
 */
static int delete_inputs(struct step *step)
{
    struct cvn_id programs[CVN_PERSON_PROGRAMS_LOOKED_AT];
    struct cvn_key from, key;
    size_t n, n_rows = 0;
    get_place(&step->erasure, CVN_SPACE_PROGRAMS, &from);
    int r = cvn_person_programs(step->ctx, &from, programs, &n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        cvn_enrolment_key(&key, &programs[i], &step->person);
        r = cvn_txn_get(step->ctx->txn, cvn_key_slice(&key), NULL);
        if (r == 0)
            r = cvn_run_inputs_delete(step->ctx->txn, &programs[i], &n_rows);
        if (r == 0 && n_rows >= CVN_RUN_INPUT_ROWS_PER_UPDATE)
            return 0;
        r = r == CVN_STORE_ABSENT ? 0 : r;
        cvn_program_key(&key, &programs[i]);
        cvn_key_put_u8(&key, 0);
        set_place(&step->erasure, cvn_key_slice(&key));
    }
    return r == 0 && n < CVN_PERSON_PROGRAMS_LOOKED_AT ? CVN_STORE_ABSENT : r;
}

static int leave_program(struct step *step, const struct cvn_id *program)
{
    bool changed;
    int r = cvn_traces_leave_program(step->ctx, program, &step->person, &changed);
    step->erasure.counts[N_OTHER] += changed;
    return r;
}

static int erase_enrolment(struct step *step, const struct cvn_id *program)
{
    bool deleted;
    size_t n_rules;
    int r = cvn_traces_delete_enrolment(step->ctx, program, &step->person, &deleted, &n_rules);
    step->erasure.counts[N_ENROLMENTS] += deleted;
    step->erasure.counts[N_OTHER] += (uint32_t)n_rules;
    return r;
}

/* Those of a step leave the index, so the next ones are the first. */
static int erase_mentorships(struct step *step)
{
    struct cvn_id ids[CVN_PERSON_MENTORSHIPS_LOOKED_AT], from = {{0}};
    size_t n = 0;
    int r = cvn_mentorships_end_all(step->ctx, &step->person, NULL, "left", NULL);
    if (r == 0)
        r = cvn_person_mentorships(step->ctx, &step->person, &from, ids, &n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        size_t n_log = 0, n_feedback = 0;
        r = cvn_traces_blank_mentorship(step->ctx, &ids[i], step->text, &n_log, &n_feedback);
        step->erasure.counts[N_MENTORSHIPS] += r == 0;
        step->erasure.counts[N_LOG_ENTRIES] += (uint32_t)n_log;
        step->erasure.counts[N_FEEDBACK] += (uint32_t)n_feedback;
    }
    return r == 0 && n < CVN_PERSON_MENTORSHIPS_LOOKED_AT ? CVN_STORE_ABSENT : r;
}

/* Looks at rows of a space, so many at a step. CVN_STORE_ABSENT at the end. */
static int walk_rows(struct step *step, uint8_t space,
                     int (*take)(struct cvn_ctx *ctx, const struct cvn_traces_of *who,
                                 struct cvn_slice key, struct cvn_slice value, bool *ret_changed),
                     uint32_t *count)
{
    struct cvn_key begin, lo, hi;
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO cursor = {0};
    struct cvn_traces_of who = {.id = step->person};
    memcpy(who.text, step->text, sizeof who.text);
    cvn_key_begin(&begin, space);
    cvn_key_prefix_end(&hi, cvn_key_slice(&begin));
    get_place(&step->erasure, space, &lo);
    int r = cvn_cursor_init(&cursor, step->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                            CVN_FORWARD);
    for (int i = 0; r == 0 && i < CVN_PERSON_ERASURE_ROWS_MAX; i++) {
        bool changed = false;
        r = cvn_cursor_next(&cursor, &key, &value);
        if (r)
            break;
        struct cvn_key at;
        cvn_key_init(&at);
        cvn_key_put_raw(&at, key);
        r = take(step->ctx, &who, cvn_key_slice(&at), value, &changed);
        *count += changed;
        cvn_key_put_u8(&at, 0);
        set_place(&step->erasure, cvn_key_slice(&at));
    }
    return r;
}

/*
 * As long as a run that began before may still store results, the phase stays, with where those
 * are; then they are looked at once more. CVN_STORE_ABSENT where there was none.
 */
static int await_run(struct step *step)
{
    struct cvn_id run;
    struct erasure *erasure = &step->erasure;
    int r = cvn_traces_run_since(step->ctx, erasure->begun_ms, &run, &step->awaited_run_id);
    if (r == CVN_STORE_ABSENT && erasure->place_len > 0) {
        erasure->phase = RESULTS;
        return 0;
    }
    if (r || erasure->place_len > 0)
        return r;
    struct cvn_key key;
    cvn_key_begin(&key, CVN_SPACE_RESULTS);
    cvn_key_put_id(&key, &run);
    set_place(erasure, cvn_key_slice(&key));
    return 0;
}

int cvn_person_erasure_awaits(struct cvn_ctx *ctx, const struct cvn_id *person, bool *ret)
{
    struct step step = {.ctx = ctx, .person = *person};
    struct cvn_id run;
    *ret = false;
    int r = get(&step);
    if (r == 0 && step.erasure.phase == AWAIT)
        r = cvn_traces_run_since(ctx, step.erasure.begun_ms, &run, &step.awaited_run_id);
    *ret = r == 0 && step.awaited_run_id;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int erase_answers(struct step *step)
{
    size_t n = 0;
    int r = cvn_replay_forget(step->ctx->txn, cvn_slice_of_string(step->text),
                              CVN_PERSON_ERASURE_ROWS_MAX, &n);
    return r || n == CVN_PERSON_ERASURE_ROWS_MAX ? r : CVN_STORE_ABSENT;
}

/* Does what fits into one step of a phase. 0 when there is more, CVN_STORE_ABSENT at its end. */
static int do_phase(struct step *step)
{
    uint32_t *counts = step->erasure.counts;
    switch (step->erasure.phase) {
    case PROGRAMS:
        return walk_programs(step, leave_program);
    case MENTORSHIPS:
        return erase_mentorships(step);
    case RESULTS:
        return walk_rows(step, CVN_SPACE_RESULTS, cvn_traces_blank_result, &counts[N_MATCHES]);
    case WORDS:
        return walk_rows(step, CVN_SPACE_RESULT_WORDS, cvn_traces_blank_word, &counts[N_MATCHES]);
    case AWAIT:
        return await_run(step);
    case RUNS:
        return walk_rows(step, CVN_SPACE_RUNS, cvn_traces_blank_run, &counts[N_OTHER]);
    case INPUTS:
        return delete_inputs(step);
    case ENROLMENTS:
        return walk_programs(step, erase_enrolment);
    case ANSWERS:
        return erase_answers(step);
    case PHASES:
        break;
    }
    return -EUCLEAN;
}

/* A phase that is at its end lets the next one begin, as long as nothing has been written. */
static int advance(struct step *step)
{
    struct erasure *erasure = &step->erasure;
    uint32_t before[6];
    int r = CVN_STORE_ABSENT;
    memcpy(before, erasure->counts, sizeof before);
    while (r == CVN_STORE_ABSENT && erasure->phase < PHASES &&
           memcmp(before, erasure->counts, sizeof before) == 0) {
        r = do_phase(step);
        if (r == CVN_STORE_ABSENT) {
            if (erasure->phase == PROGRAMS)
                erasure->begun_ms = step->ctx->now_ms;
            erasure->phase++;
            erasure->place_len = 0;
        }
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int begin(struct step *step)
{
    step->erasure = (struct erasure){.phase = PROGRAMS};
    int r = cvn_mentorships_end_all(step->ctx, &step->person, NULL, "left", NULL);
    return r ? r : cvn_mentoring_note_change(step->ctx, step->text, "person.forgotten");
}

int cvn_person_erase(struct cvn_ctx *ctx, const struct cvn_id *person,
                     Convene__Mentoring__V1__ErasePersonResponse *ret)
{
    struct step step = {.ctx = ctx, .person = *person};
    struct cvn_key key;
    cvn_id_format(step.text, CVN_MENTORING_PERSON_PREFIX, person);
    int r = get(&step);
    if (r == CVN_STORE_ABSENT)
        r = begin(&step);
    if (r == 0)
        r = advance(&step);
    if (r)
        return r;
    const uint32_t *counts = step.erasure.counts;
    ret->done = step.erasure.phase == PHASES;
    ret->enrolments_deleted = (int32_t)counts[N_ENROLMENTS];
    ret->mentorships_blanked = (int32_t)counts[N_MENTORSHIPS];
    ret->log_entries_deleted = (int32_t)counts[N_LOG_ENTRIES];
    ret->feedback_deleted = (int32_t)counts[N_FEEDBACK];
    ret->matches_blanked = (int32_t)counts[N_MATCHES];
    ret->other_rows_changed = (int32_t)counts[N_OTHER];
    if (step.awaited_run_id)
        ret->awaited_run_id = step.awaited_run_id;
    if (!ret->done)
        return put(&step);
    row_key(&key, person);
    r = cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
    return r == CVN_STORE_ABSENT ? 0 : r;
}
