#include "services/events/rsvps/move_verify.h"

#include "base/draw.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/move_reason.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { SCRATCH_BYTES_MAX = 1 << 20, SENTENCE_BYTES = 200 };

#define KIND(name) CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_##name

/* What the history says of one person so far. */
struct known {
    struct cvn_id id;
    int state;
    int32_t party;
    int way;
    int64_t queue_number, queue_rank;
    uint8_t hash[CVN_CHAIN_BYTES];
    bool found; /* among the rows there are */
    UT_hash_handle hh;
};

struct replay {
    struct cvn_ctx *ctx;
    const struct cvn_id *event;
    Convene__Events__V1__VerifyRsvpMovesResponse *report;
    struct known *people;
    size_t n_people;
    struct cvn_arena memory; /* of people; their table is the heap's */
    uint8_t chain[CVN_CHAIN_BYTES];
    uint64_t number;
    int64_t queue_number_max;
    int64_t taken[CVN_SEAT_KINDS];
    int64_t capacity[CVN_SEAT_KINDS];
};

static int tell(struct replay *replay, uint64_t number, const char *sentence)
{
    Convene__Events__V1__VerifyRsvpMovesResponse *report = replay->report;
    report->fault_count++;
    if (report->n_faults == CVN_MOVE_FAULTS_MAX)
        return 0;
    Convene__Events__V1__RsvpMoveFault *fault = cvn_arena_alloc(replay->ctx->arena, sizeof *fault);
    if (!fault)
        return -ENOMEM;
    convene__events__v1__rsvp_move_fault__init(fault);
    fault->number = (int64_t)number;
    fault->text = cvn_arena_strdup(replay->ctx->arena, sentence);
    report->faults[report->n_faults++] = fault;
    return fault->text ? 0 : -ENOMEM;
}

static int find(struct replay *replay, const struct cvn_id *id, struct known **ret)
{
    struct known *known;
    HASH_FIND(hh, replay->people, id->bytes, CVN_ID_BYTES, known);
    if (!known) {
        if (replay->n_people++ == CVN_MOVE_VERIFY_PEOPLE_MAX)
            return -EFBIG;
        known = cvn_arena_alloc(&replay->memory, sizeof *known);
        if (!known)
            return -ENOMEM;
        known->id = *id;
        HASH_ADD(hh, replay->people, id.bytes, CVN_ID_BYTES, known);
        if (!known->hh.tbl)
            return -ENOMEM;
    }
    *ret = known;
    return 0;
}

/* Seats of a state as the contract numbers them. */
static int64_t seats_of(int state, int32_t party)
{
    return cvn_rsvp_holds_seats((enum cvn_rsvp_state)state) ? party : 0;
}

static int kind_of(int way)
{
    return way == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE ? CVN_SEATS_ONLINE
                                                                               : CVN_SEATS_ROOM;
}

/* Counts the seats; a step that gives more than there are has to say so. */
static int count_seats(struct replay *replay, const Convene__Events__V1__RsvpMove *move,
                       const struct known *known)
{
    int before = kind_of(known->way), now = kind_of((int)move->way);
    int64_t held = seats_of(known->state, known->party);
    int64_t holds = seats_of((int)move->state, move->party);
    bool gives = holds > (before == now ? held : 0);
    replay->taken[before] -= held;
    replay->taken[now] += holds;
    if (gives && replay->capacity[now] && replay->taken[now] > replay->capacity[now] &&
        !move->over_capacity)
        return tell(replay, replay->number, "gives seats that there were not.");
    return 0;
}

static int check_queue(struct replay *replay, const Convene__Events__V1__RsvpMove *move,
                       const struct known *known)
{
    bool waits = (int)move->state == CVN_RSVP_WAITLISTED;
    bool kept =
        known->queue_number == move->queue_number && kind_of(known->way) == kind_of((int)move->way);
    if (waits != (move->queue_number > 0))
        return tell(replay, replay->number, "has a queue number where none belongs, or none.");
    if (!waits || kept)
        return 0;
    if (move->queue_number <= replay->queue_number_max)
        return tell(replay, replay->number, "gives a queue number that was given before.");
    replay->queue_number_max = move->queue_number;
    return 0;
}

static int follow(struct replay *replay, const struct cvn_move *row)
{
    const Convene__Events__V1__RsvpMove *move = row->message;
    struct cvn_id person;
    struct known *known;
    if (move->kind == KIND(SEATS_SET)) {
        replay->capacity[CVN_SEATS_ROOM] = move->capacity;
        replay->capacity[CVN_SEATS_ONLINE] = move->virtual_capacity;
        return 0;
    }
    if (!cvn_id_parse(&person, CVN_PERSON_PREFIX, move->person_id))
        return tell(replay, replay->number, "is about nobody.");
    int r = find(replay, &person, &known);
    if (r != 0)
        return r;
    if (known->state != (int)move->state_before)
        r = tell(replay, replay->number, "does not follow from the person's step before it.");
    if (r == 0)
        r = check_queue(replay, move, known);
    if (r == 0)
        r = count_seats(replay, move, known);
    known->state = (int)move->state;
    known->party = move->party;
    known->way = (int)move->way;
    known->queue_number = move->queue_number;
    known->queue_rank = move->queue_rank;
    memcpy(known->hash, row->hash, sizeof known->hash);
    return r;
}

/* A reason is as it was given, unless the person it is about is gone, and it with them. */
static int check_reason(struct replay *replay, struct cvn_arena *scratch,
                        Convene__Events__V1__RsvpMove *move)
{
    struct cvn_ctx ctx = *replay->ctx;
    struct cvn_id person;
    struct cvn_key key;
    if (!move->reason_hash[0] || !cvn_id_parse(&person, CVN_PERSON_PREFIX, move->person_id))
        return 0;
    ctx.arena = scratch;
    int r = cvn_move_reason_fill(&ctx, replay->event, move);
    if (r)
        return r;
    if (move->reason_salt.len > 0)
        return cvn_move_reason_is_right(move)
                   ? 0
                   : tell(replay, replay->number, "has another reason than it was given.");
    cvn_person_key(&key, &person);
    r = cvn_txn_get(ctx.txn, cvn_key_slice(&key), NULL);
    if (r == CVN_STORE_ABSENT)
        return 0;
    return r ? r : tell(replay, replay->number, "has lost its reason.");
}

/* The chain goes on from what the row says, so that one altered step is one fault. */
static int check_chain(struct replay *replay, const struct cvn_move *row, uint64_t number)
{
    uint8_t hash[CVN_CHAIN_BYTES];
    int r = 0;
    if (number != replay->number + 1)
        r = tell(replay, replay->number + 1, "is missing, or out of its order.");
    replay->number = number;
    cvn_move_hash(hash, replay->chain, row->packed);
    if (r == 0 &&
        (memcmp(hash, row->hash, sizeof hash) != 0 || row->message->number != (int64_t)number))
        r = tell(replay, number, "was altered, or is not the step that was there.");
    memcpy(replay->chain, row->hash, sizeof replay->chain);
    return r;
}

static int replay_all(struct replay *replay)
{
    CVN_CURSOR_AUTO cursor = {0};
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    cvn_move_genesis(replay->chain, replay->event);
    int r = cvn_move_walk(replay->ctx, replay->event, 0, &cursor);
    while (r == 0) {
        struct cvn_move row;
        uint64_t number = 0;
        r = cvn_move_next(&cursor, &scratch, &number, &row);
        if (r == CVN_STORE_ABSENT)
            return 0;
        if (r == -EUCLEAN) {
            r = tell(replay, number, "cannot be read.");
            replay->number = number;
            continue;
        }
        if (r == 0)
            r = check_chain(replay, &row, number);
        if (r == 0)
            r = check_reason(replay, &scratch, row.message);
        if (r == 0)
            r = follow(replay, &row);
        cvn_arena_reset(&scratch);
    }
    return r;
}

static int check_row(struct replay *replay, const struct cvn_id *person,
                     const Convene__Events__V1__Rsvp *rsvp)
{
    char sentence[SENTENCE_BYTES], text[CVN_ID_TEXT_BYTES], hash[CVN_DRAW_TEXT_BYTES];
    struct known *known;
    int r = find(replay, person, &known);
    if (r != 0)
        return r;
    known->found = true;
    cvn_draw_format(hash, known->hash);
    bool same = known->state == (int)rsvp->state && known->party == (int)cvn_rsvp_party(rsvp) &&
                known->way == (int)rsvp->way && known->queue_number == rsvp->queue_number &&
                known->queue_rank == rsvp->queue_rank && strcmp(hash, rsvp->move_hash) == 0;
    if (same)
        return 0;
    cvn_id_format(text, CVN_PERSON_PREFIX, person);
    (void)snprintf(sentence, sizeof sentence,
                   "The RSVP of %s is %s with %u seats, and the history says %s with %d.", text,
                   cvn_rsvp_state_name((enum cvn_rsvp_state)rsvp->state), cvn_rsvp_party(rsvp),
                   cvn_rsvp_state_name((enum cvn_rsvp_state)known->state), known->party);
    return tell(replay, 0, sentence);
}

static int check_rows(struct replay *replay)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    CVN_CURSOR_AUTO cursor = {0};
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    cvn_event_kind_key(&lo, replay->event, CVN_EVENT_KIND_RSVP);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, replay->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                            CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        struct cvn_id event, person;
        Convene__Events__V1__Rsvp *rsvp;
        cvn_arena_reset(&scratch);
        r = cvn_record_unpack(&scratch, &convene__events__v1__rsvp__descriptor, value, &rsvp);
        if (r == 0 && !cvn_rsvp_of_key(key, &event, &person))
            r = -EUCLEAN;
        if (r == 0)
            r = check_row(replay, &person, rsvp);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Whose row is gone must be gone as a person: what is held about people can be erased. */
static int check_missing(struct replay *replay)
{
    int r = 0;
    for (struct known *known = replay->people; r == 0 && known; known = known->hh.next) {
        struct cvn_key key;
        char sentence[SENTENCE_BYTES], text[CVN_ID_TEXT_BYTES];
        if (known->found)
            continue;
        cvn_person_key(&key, &known->id);
        r = cvn_txn_get(replay->ctx->txn, cvn_key_slice(&key), NULL);
        if (r == CVN_STORE_ABSENT) {
            r = 0;
            continue;
        }
        cvn_id_format(text, CVN_PERSON_PREFIX, &known->id);
        (void)snprintf(sentence, sizeof sentence, "The RSVP of %s is missing.", text);
        if (r == 0)
            r = tell(replay, 0, sentence);
    }
    return r;
}

/* That nothing is missing at the end. */
static int check_head(struct replay *replay)
{
    struct cvn_seats seats;
    char text[CVN_DRAW_TEXT_BYTES];
    int r = cvn_seats_get(replay->ctx, replay->event, &seats);
    if (r != 0)
        return r;
    replay->report->move_count = (int64_t)replay->number;
    cvn_draw_format(text, replay->chain);
    replay->report->head_hash = cvn_arena_strdup(replay->ctx->arena, text);
    if (!replay->report->head_hash)
        return -ENOMEM;
    if (seats.n_moves == replay->number &&
        (seats.n_moves == 0 || memcmp(seats.chain, replay->chain, sizeof seats.chain) == 0))
        return 0;
    return tell(replay, replay->number + (seats.n_moves > replay->number),
                seats.n_moves > replay->number ? "is missing at the end of the history."
                                               : "is not the last that was written.");
}

int cvn_moves_verify(struct cvn_ctx *ctx, const struct cvn_id *event_id,
                     Convene__Events__V1__VerifyRsvpMovesResponse *report)
{
    struct replay replay = {.ctx = ctx, .event = event_id, .report = report};
    report->faults = cvn_arena_alloc_array(ctx->arena, CVN_MOVE_FAULTS_MAX, sizeof *report->faults);
    if (!report->faults)
        return -ENOMEM;
    cvn_arena_init(&replay.memory, CVN_MOVE_VERIFY_PEOPLE_MAX * (sizeof(struct known) + 32));
    int r = replay_all(&replay);
    if (r == 0)
        r = check_rows(&replay);
    if (r == 0)
        r = check_missing(&replay);
    if (r == 0)
        r = check_head(&replay);
    HASH_CLEAR(hh, replay.people);
    cvn_arena_deinit(&replay.memory);
    return r;
}
