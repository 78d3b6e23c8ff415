/*
 * Simulates clients that answer to events, on a virtual clock: many of them, through a network that
 * delays, repeats and loses, to a service that crashes now and then and loses what it had not
 * committed. What runs is the service's own code for seats, queue and replay records, on the engine
 * in memory; what it comes to is compared with the model after every step.
 *
 *     simulate_rsvps [--seed N] [--steps M]
 *
 * The same seed is the same run, on any machine.
 */
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/move_verify.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/seats.h"
#include "services/events/service.h"
#include "storage/engine.h"
#include "storage/engine_memory.h"
#include "storage/replay.h"
#include "storage/store.h"
#include "tests/simulation/rsvp_model.h"
#include "tests/support/dice.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    EVENTS = 6,
    WIRE_MESSAGES = 96, /* under way at a time */
    BATCH = 32,
    ARENA_BYTES = 1 << 20,
    LOOK_EVERY_BATCHES = 40, /* at all rows */
    REFUSED = -1,
};
#define HOUR_MS (INT64_C(3600) * 1000)
#define FIRST_MS INT64_C(1800000000000)

/* A request, on its way as often as the network pleases. */
struct message {
    uint64_t id; /* 0: this place is free */
    unsigned event, person;
    enum model_action action;
    uint32_t party;
    int64_t sent_ms;
    bool answered; /* with success, at least once */
    int answer;    /* the state then */
};

struct simulation {
    uint64_t seed, dice, steps, step;
    int64_t now_ms;
    struct cvn_memory *memory;
    struct cvn_store *store;
    struct cvn_id ids[EVENTS], people[MODEL_PEOPLE];
    Convene__Events__V1__Event messages[EVENTS];
    Google__Protobuf__Timestamp starts[EVENTS];
    struct model_event models[EVENTS];
    struct message wire[WIRE_MESSAGES];
    uint64_t last_id, n_events;
    bool disk_fails; /* the next commit is lost, as in a crash */
    uint64_t n_effects, n_replayed, n_refused, n_crashes, n_changes;
};

static void fail(const struct simulation *s, const char *what, unsigned event)
{
    fprintf(stderr, "seed %" PRIu64 ", step %" PRIu64 ", event %u: %s\n", s->seed, s->step, event,
            what);
    exit(1);
}

/* The engine in memory, but for commits that are lost. One simulation runs at a time. */
static struct cvn_engine_type crashing;
static bool *crash_now;

static int commit_or_crash(struct cvn_engine_txn *txn)
{
    if (!*crash_now)
        return cvn_engine_memory.commit(txn);
    cvn_engine_memory.abort(txn);
    return -EIO;
}

static int open_crashing(struct cvn_engine **ret, const struct cvn_engine_options *options)
{
    int r = cvn_engine_memory.open(ret, options);
    if (r == 0)
        (*ret)->type = &crashing;
    return r;
}

static void open_store(struct simulation *s)
{
    struct cvn_error err = {""};
    const struct cvn_store_options options = {.engine = &crashing,
                                              .memory = s->memory,
                                              .map_bytes = UINT64_C(256) << 20,
                                              .batch_max = BATCH,
                                              .maintain_ms = UINT32_MAX,
                                              .manual = true};
    if (cvn_store_open(&s->store, &options, &err) != 0)
        fail(s, err.text, 0);
}

/* What one call of the service works with. */
struct work {
    struct simulation *s;
    struct cvn_update update;
    struct cvn_arena arena;
    struct cvn_status status;
    struct message *message; /* NULL: the event is changed */
    unsigned event;
    bool replayed;
    int answer;
    struct cvn_seats seats;
};

static struct cvn_ctx context(struct work *work, struct cvn_txn *txn)
{
    cvn_arena_reset(&work->arena);
    static struct cvn_events_service service; /* of which its secret is used, whatever it is */
    work->status = (struct cvn_status){0};
    struct cvn_ctx ctx = {.arena = &work->arena,
                          .service = &service,
                          .txn = txn,
                          .who.kind = CVN_PRINCIPAL_ADMIN,
                          .now_ms = work->s->now_ms,
                          .status = &work->status};
    cvn_problems_init(&ctx.problems, ctx.arena);
    return ctx;
}

static struct cvn_seating_action action_of(const struct work *work)
{
    static const enum cvn_rsvp_action actions[MODEL_ACTIONS] = {
        [MODEL_SAY_YES] = CVN_RSVP_SAY_YES,      [MODEL_SAY_NO] = CVN_RSVP_SAY_NO,
        [MODEL_INVITE] = CVN_RSVP_INVITE,        [MODEL_APPROVE] = CVN_RSVP_APPROVE,
        [MODEL_REJECT] = CVN_RSVP_REJECT,        [MODEL_REMOVE] = CVN_RSVP_REMOVE,
        [MODEL_MARK_ATTENDED] = CVN_RSVP_ATTEND, [MODEL_MARK_NO_SHOW] = CVN_RSVP_MISS,
        [MODEL_MARK_EXCUSED] = CVN_RSVP_EXCUSE,  [MODEL_ADD] = CVN_RSVP_ADD,
        [MODEL_ADD_OVER] = CVN_RSVP_ADD,         [MODEL_WALK_IN] = CVN_RSVP_WALK_IN,
        [MODEL_UNMARK] = CVN_RSVP_UNMARK,
    };
    const struct message *message = work->message;
    bool asks = message->action == MODEL_SAY_YES || message->action == MODEL_ADD ||
                message->action == MODEL_ADD_OVER || message->action == MODEL_WALK_IN;
    return (struct cvn_seating_action){
        .person = work->s->people[message->person],
        .request = {.action = actions[message->action],
                    .party = asks ? message->party : 0,
                    .now_ms = work->s->now_ms,
                    .over_capacity = message->action == MODEL_ADD_OVER},
    };
}

static struct cvn_replay_request replay_of(const struct message *message)
{
    struct cvn_replay_request replay = {
        .principal = cvn_slice("user:1", 6),
        .request_id = cvn_slice(&message->id, sizeof message->id),
    };
    memcpy(replay.hash, &message->id, sizeof message->id);
    return replay;
}

/* As the runtime does with every call that changes something: replay, or act and remember. */
static int serve_message(struct work *work, struct cvn_ctx *ctx)
{
    struct simulation *s = work->s;
    struct cvn_replay_request replay = replay_of(work->message);
    struct cvn_replay_record record;
    struct cvn_seating seating;
    Convene__Events__V1__Rsvp *rsvp;
    const struct cvn_id *event = &s->ids[work->event];
    int r = cvn_replay_get(ctx->txn, &replay, ctx->now_ms, &record);
    work->replayed = r == 0;
    if (r == 0) {
        work->answer = *(const uint8_t *)record.reply.data;
        return cvn_seats_get(ctx, event, &work->seats);
    }
    if (r != CVN_STORE_ABSENT)
        return r;
    const struct cvn_seating_action action = action_of(work);
    r = cvn_seating_begin(&seating, ctx, event, &s->messages[work->event]);
    if (r == 0 && work->message->action == MODEL_MOVE)
        r = cvn_seating_reorder(&seating, &action.person, work->message->party, "moved");
    else if (r == 0)
        r = cvn_seating_act(&seating, &action);
    if (r == 0)
        r = cvn_seating_end(&seating);
    if (r == 0)
        r = cvn_rsvp_get(ctx, event, &action.person, &rsvp);
    if (r != 0)
        return r;
    uint8_t answer = (uint8_t)rsvp->state;
    work->answer = answer;
    r = cvn_seats_get(ctx, event, &work->seats);
    return r ? r : cvn_replay_put(ctx->txn, &replay, ctx->now_ms, cvn_slice(&answer, 1));
}

static int run_work(struct cvn_txn *txn, void *arg)
{
    struct work *work = arg;
    struct cvn_ctx ctx = context(work, txn);
    work->answer = REFUSED;
    if (work->message)
        return serve_message(work, &ctx);
    const struct cvn_id *event = &work->s->ids[work->event];
    int r = cvn_seats_settle(&ctx, event, &work->s->messages[work->event]);
    return r ? r : cvn_seats_get(&ctx, event, &work->seats);
}

/* Counters as the model's rows add up, and never more seats than there are by an answer. */
static void compare_counters(const struct work *work)
{
    const struct simulation *s = work->s;
    const struct model_event *model = &s->models[work->event];
    const struct cvn_seats *seats = &work->seats;
    if (seats->seats_taken[CVN_SEATS_ROOM] != model_taken(model))
        fail(s, "the seats taken are counted otherwise", work->event);
    if (seats->waitlist_count[CVN_SEATS_ROOM] != model_waiting(model))
        fail(s, "those who wait are counted otherwise", work->event);
    if (seats->n_offers != model_offers(model))
        fail(s, "offers are counted otherwise", work->event);
    if (seats->n_rsvps != model_rows(model))
        fail(s, "rows are counted otherwise", work->event);
    if (seats->next_queue_number != model->next_number)
        fail(s, "the queue's next number is another", work->event);
}

static void compare_message(struct work *work, bool refused)
{
    struct simulation *s = work->s;
    struct message *message = work->message;
    struct model_event *model = &s->models[work->event];
    if (message->answered) {
        if (refused || !work->replayed || work->answer != message->answer)
            fail(s, "a repeated request has another answer than the first", work->event);
        s->n_replayed++;
        return;
    }
    if (work->replayed)
        fail(s, "a request that was never answered is taken for a repeated one", work->event);
    uint32_t taken = model_taken(model);
    bool allowed = model_act(model, message->person, message->action, message->party, s->now_ms);
    if (allowed == refused)
        fail(s, refused ? "refused, and the model allows it" : "allowed, and the model refuses it",
             work->event);
    s->n_refused += refused;
    if (refused)
        return;
    uint32_t now_taken = model_taken(model);
    bool over = message->action == MODEL_ADD_OVER || message->action == MODEL_WALK_IN;
    if (model->capacity && now_taken > model->capacity && now_taken > taken && !over)
        fail(s, "more seats are taken than there are", work->event);
    if (work->answer != (int)model->people[message->person].state)
        fail(s, "the answer is another state than the model's", work->event);
    message->answered = true;
    message->answer = work->answer;
    s->n_effects++;
}

/* In the order of the batch, so that the model changes as the store did. */
static void end_work(void *arg, int result)
{
    struct work *work = arg;
    struct simulation *s = work->s;
    if (s->disk_fails && result != CVN_REFUSED) {
        if (result == 0)
            fail(s, "an update of a lost commit is said to be stored", work->event);
        return;
    }
    s->step++;
    if (result != 0 && result != CVN_REFUSED)
        fail(s, "the service failed", work->event);
    if (s->disk_fails)
        return; /* a refusal may be of what was lost with the others: it says nothing */
    if (work->message)
        compare_message(work, result == CVN_REFUSED);
    else
        model_settle(&s->models[work->event], s->now_ms);
    if (result == 0)
        compare_counters(work);
}

/* Runs what was submitted as one batch; when its commit is lost, the store is opened anew. */
static void run_batch(struct simulation *s, struct work *works, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        works[i].update = (struct cvn_update){.run = run_work, .done = end_work, .arg = &works[i]};
        if (cvn_store_submit(s->store, &works[i].update) != 0)
            fail(s, "the store takes no update", works[i].event);
    }
    while (cvn_store_run_batch(s->store))
        ;
    if (s->disk_fails) {
        s->disk_fails = false;
        s->n_crashes++;
        cvn_store_close(s->store);
        open_store(s);
    }
}

static void set_event(struct simulation *s, unsigned event)
{
    const struct model_event *model = &s->models[event];
    Convene__Events__V1__Event *message = &s->messages[event];
    convene__events__v1__event__init(message);
    google__protobuf__timestamp__init(&s->starts[event]);
    s->starts[event].seconds = model->start_ms / 1000;
    message->start_time = &s->starts[event];
    message->capacity = (int32_t)model->capacity;
    message->max_guests = (int32_t)model->guests_max;
    message->approval_required = model->approval;
    message->publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED;
    message->status = model->cancelled ? CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED
                      : model->postponed
                          ? CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED
                          : CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED;
    static const Convene__Events__V1__WaitlistMode modes[] = {
        [MODEL_MODE_NONE] = CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_NONE,
        [MODEL_MODE_AUTO] = CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_AUTO,
        [MODEL_MODE_OFFER] = CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_OFFER};
    static const Convene__Events__V1__PartyPolicy policies[] = {
        [MODEL_STRICT] = CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_STRICT,
        [MODEL_FIRST_FIT] = CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_FIRST_FIT,
        [MODEL_BOUNDED] = CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_BOUNDED};
    message->waitlist_mode = modes[model->mode];
    message->party_policy = policies[model->policy];
}

static void new_event(struct simulation *s, unsigned event)
{
    uint8_t random[10] = {(uint8_t)event, (uint8_t)(s->n_events >> 8), (uint8_t)s->n_events};
    s->n_events++;
    s->ids[event] = cvn_id_make(s->now_ms, random);
    s->models[event] = (struct model_event){
        .capacity = dice_once_in(&s->dice, 10) ? 0 : 1 + dice_below(&s->dice, 10),
        .guests_max = dice_below(&s->dice, 4),
        .approval = dice_once_in(&s->dice, 4),
        .mode = (enum model_mode)dice_below(&s->dice, 3),
        .policy = (enum model_policy)dice_below(&s->dice, 3),
        .start_ms = s->now_ms + (24 + dice_below(&s->dice, 200)) * HOUR_MS,
        .next_number = 1,
    };
    set_event(s, event);
    for (unsigned i = 0; i < WIRE_MESSAGES; i++)
        if (s->wire[i].event == event)
            s->wire[i].id = 0;
}

/* An organiser changes the event, and the seats are settled in the same transaction. */
static void change_event(struct simulation *s, unsigned event)
{
    struct model_event *model = &s->models[event];
    switch (dice_below(&s->dice, 8)) {
    case 0:
    case 1:
        model->capacity = dice_once_in(&s->dice, 10) ? 0 : 1 + dice_below(&s->dice, 12);
        break;
    case 2:
        model->mode = (enum model_mode)dice_below(&s->dice, 3);
        break;
    case 3:
        model->policy = (enum model_policy)dice_below(&s->dice, 3);
        break;
    case 4:
        model->cancelled = !model->cancelled && dice_once_in(&s->dice, 3);
        break;
    case 5:
    case 6:
        model->postponed = !model->postponed && dice_once_in(&s->dice, 2);
        break;
    default:
        break; /* settling what needs none changes nothing */
    }
    set_event(s, event);
    s->n_changes++;
    struct work work = {.s = s, .event = event};
    cvn_arena_init(&work.arena, ARENA_BYTES);
    run_batch(s, &work, 1);
    cvn_arena_deinit(&work.arena);
}

static enum model_action some_action(uint64_t *dice)
{
    uint32_t n = dice_below(dice, 32);
    if (n < 17)
        return MODEL_SAY_YES;
    if (n < 25)
        return MODEL_SAY_NO;
    if (n < 28)
        return n < 26 ? MODEL_INVITE : MODEL_APPROVE;
    return (enum model_action)dice_below(dice, MODEL_ACTIONS);
}

/* Clients send while the wire has room for them. */
static void send_requests(struct simulation *s)
{
    for (unsigned i = 0; i < WIRE_MESSAGES; i++) {
        struct message *message = &s->wire[i];
        if (message->id && s->now_ms - message->sent_ms > 20 * HOUR_MS)
            message->id = 0; /* whoever sent it asks no more: ids are kept for 24 hours */
        if (message->id || dice_once_in(&s->dice, 3))
            continue;
        *message = (struct message){.id = ++s->last_id,
                                    .event = dice_below(&s->dice, EVENTS),
                                    .person = dice_below(&s->dice, MODEL_PEOPLE),
                                    .action = some_action(&s->dice),
                                    .party = 1 + dice_below(&s->dice, 4),
                                    .sent_ms = s->now_ms};
    }
}

/* Some arrive, one perhaps twice at once; of those answered, some are sent again all the same. */
static void deliver(struct simulation *s, struct work works[BATCH])
{
    size_t n = 0;
    uint32_t n_max = 1 + dice_below(&s->dice, BATCH);
    for (uint32_t i = 0; i < n_max && n < n_max; i++) {
        struct message *message = &s->wire[dice_below(&s->dice, WIRE_MESSAGES)];
        if (!message->id)
            continue;
        works[n].message = message;
        works[n++].event = message->event;
        if (n < n_max && dice_once_in(&s->dice, 12)) {
            works[n].message = message;
            works[n++].event = message->event;
        }
    }
    s->disk_fails = dice_once_in(&s->dice, 40);
    bool lost = s->disk_fails;
    run_batch(s, works, n);
    for (size_t i = 0; i < n && !lost; i++)
        if (!dice_once_in(&s->dice, 4))
            works[i].message->id = 0;
}

static int purge(struct cvn_txn *txn, void *arg)
{
    size_t n;
    return cvn_replay_purge(txn, ((struct simulation *)arg)->now_ms, 1000, &n);
}

/* Every row of an event beside the model's. */
static void look_at_event(struct simulation *s, struct cvn_ctx *ctx, unsigned event)
{
    for (unsigned i = 0; i < MODEL_PEOPLE; i++) {
        const struct model_person *person = &s->models[event].people[i];
        Convene__Events__V1__Rsvp *rsvp;
        struct cvn_queued queued;
        int r = cvn_rsvp_get(ctx, &s->ids[event], &s->people[i], &rsvp);
        if (r != (person->answered ? 0 : CVN_STORE_ABSENT))
            fail(s, "a row is there that should not be, or is not", event);
        if (r != 0)
            continue;
        uint32_t guests = person->party ? person->party - 1 : 0;
        if ((int)rsvp->state != (int)person->state || (uint32_t)rsvp->guests != guests ||
            (uint64_t)rsvp->queue_number != person->number)
            fail(s, "a row differs from the model's", event);
        if (rsvp->walked_in != person->walked_in)
            fail(s, "somebody walked in, or did not", event);
        if (person->state == MODEL_OFFERED &&
            cvn_record_time_ms(rsvp->offer_expire_time, INT64_MAX) != person->offer_ends_ms)
            fail(s, "an offer ends at another time", event);
        if (person->state != MODEL_WAITLISTED)
            continue;
        struct cvn_queue_place place = cvn_queue_place_of(rsvp);
        if (cvn_queue_get(ctx, &s->ids[event], &place, &queued) != 0 ||
            queued.queue_number != person->number || !cvn_id_equal(&queued.person, &s->people[i]) ||
            queued.party != person->party || queued.overtaken != person->overtaken)
            fail(s, "a row of the queue differs from the model's", event);
        uint32_t n_before;
        if (cvn_queue_before(ctx, &s->ids[event], &place, &n_before) != 0 ||
            n_before + 1 != person->place)
            fail(s, "the queue is in another order", event);
    }
    Convene__Events__V1__VerifyRsvpMovesResponse report =
        CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_RESPONSE__INIT;
    if (cvn_moves_verify(ctx, &s->ids[event], &report) != 0 || report.fault_count != 0)
        fail(s, report.n_faults ? report.faults[0]->text : "the history cannot be replayed", event);
}

static void look_at_rows(struct simulation *s)
{
    struct work work = {.s = s};
    struct cvn_txn *txn;
    cvn_arena_init(&work.arena, ARENA_BYTES);
    if (cvn_store_update(s->store, purge, s, 0) != 0 || cvn_store_snapshot(s->store, &txn) != 0)
        fail(s, "the store cannot be read", 0);
    for (unsigned event = 0; event < EVENTS; event++) {
        struct cvn_ctx ctx = context(&work, txn);
        look_at_event(s, &ctx, event);
    }
    cvn_snapshot_release(txn);
    cvn_arena_deinit(&work.arena);
}

static void simulate(struct simulation *s)
{
    struct work works[BATCH] = {0};
    for (unsigned i = 0; i < BATCH; i++) {
        works[i].s = s;
        cvn_arena_init(&works[i].arena, ARENA_BYTES);
    }
    for (unsigned batch = 1; s->step < s->steps; batch++) {
        unsigned event = dice_below(&s->dice, EVENTS);
        if (dice_once_in(&s->dice, 3))
            s->now_ms += (1 + dice_below(&s->dice, 120)) * (HOUR_MS / 60);
        if (s->now_ms > s->models[event].start_ms + 24 * HOUR_MS)
            new_event(s, event);
        else if (dice_once_in(&s->dice, 10))
            change_event(s, event);
        send_requests(s);
        deliver(s, works);
        if (batch % LOOK_EVERY_BATCHES == 0)
            look_at_rows(s);
    }
    look_at_rows(s);
    for (unsigned i = 0; i < BATCH; i++)
        cvn_arena_deinit(&works[i].arena);
}

static bool read_arguments(int argc, char **argv, uint64_t *seed, uint64_t *steps)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t *number = strcmp(argv[i], "--seed") == 0    ? seed
                           : strcmp(argv[i], "--steps") == 0 ? steps
                                                             : NULL;
        char *end;
        if (!number)
            return false;
        *number = strtoull(argv[i + 1], &end, 10);
        if (*end || end == argv[i + 1])
            return false;
    }
    return argc % 2 == 1;
}

int main(int argc, char **argv)
{
    struct simulation *s = calloc(1, sizeof *s);
    uint64_t seed = 1, steps = 100000;
    if (!s || !read_arguments(argc, argv, &seed, &steps)) {
        fprintf(stderr, "usage: simulate_rsvps [--seed N] [--steps M]\n");
        free(s);
        return 2;
    }
    /* What is freed is needed again at once; the kernel need not clear it each time. */
    (void)mallopt(M_MMAP_THRESHOLD, 64 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 20);
    s->seed = s->dice = seed;
    s->steps = steps;
    s->now_ms = FIRST_MS;
    crash_now = &s->disk_fails;
    crashing = cvn_engine_memory;
    crashing.open = open_crashing;
    crashing.commit = commit_or_crash;
    s->memory = cvn_memory_new();
    open_store(s);
    for (unsigned i = 0; i < MODEL_PEOPLE; i++)
        s->people[i] = cvn_id_make(FIRST_MS, (uint8_t[10]){0, (uint8_t)i});
    for (unsigned i = 0; i < EVENTS; i++)
        new_event(s, i);
    clock_t began = clock();
    simulate(s);
    double spent_s = (double)(clock() - began) / CLOCKS_PER_SEC;
    printf("seed %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " took effect, %" PRIu64
           " were repeated, %" PRIu64 " refused; %" PRIu64 " events, changed %" PRIu64
           " times; %" PRIu64 " crashes; %.0f steps per second of the processor\n",
           s->seed, s->step, s->n_effects, s->n_replayed, s->n_refused, s->n_events, s->n_changes,
           s->n_crashes, (double)s->step / spent_s);
    cvn_store_close(s->store);
    cvn_memory_free(s->memory);
    free(s);
    return 0;
}
