#include "services/mentoring/person_rows.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/spaces.h"
#include "services/mentoring/state.h"
#include "services/runtime/task.h"
#include "storage/store.h"

#include <errno.h>

enum { ARENA_BYTES = 64 << 20 };

static int erase_person(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ErasePersonRequest *req = request;
    struct cvn_id person, again;
    int r = cvn_person_named(ctx, req->person_id, &person);
    if (r)
        return r;
    if (!cvn_id_parse(&again, CVN_MENTORING_PERSON_PREFIX, req->confirm_id) ||
        !cvn_id_equal(&again, &person))
        cvn_problems_add(&ctx->problems, "confirm_id",
                         "is not the id of the person; give it once more, since there is no way "
                         "back");
    r = cvn_ctx_refuse_problems(ctx);
    return r ? r : cvn_person_erase(ctx, &person, reply);
}

const struct cvn_service_method cvn_mentoring_privacy_methods[CVN_PERSON_DATA_METHODS] = {
    {"ExportPerson", CVN_METHOD_READ, CVN_ACCESS_SIGNED_IN, NULL, cvn_person_export, NULL,
     CVN_SCOPE_NONE},
    {"ErasePerson", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, NULL, erase_person, NULL,
     CVN_SCOPE_NONE},
};

/* One step of the server's own. */
struct turn {
    struct cvn_task task; /* about the person */
    bool found, awaits;
};

/* Finds the first person whose erasure goes on. 0 also when there is none; a fault. */
static int find_first(struct cvn_txn *txn, struct turn *turn)
{
    int r = cvn_task_first(txn, CVN_SPACE_PERSON_ERASURES, &turn->task.id);
    turn->found = r == 0;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int look(struct cvn_store *store, struct turn *turn)
{
    struct cvn_txn *snapshot;
    struct cvn_status status = {0};
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(&turn->task, snapshot, &arena, &status);
    r = find_first(snapshot, turn);
    if (r == 0 && turn->found)
        r = cvn_person_erasure_awaits(&ctx, &turn->task.id, &turn->awaits);
    cvn_snapshot_release(snapshot);
    return r;
}

static int run_step(struct cvn_txn *txn, void *arg)
{
    struct turn *turn = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    Convene__Mentoring__V1__ErasePersonResponse reply =
        CONVENE__MENTORING__V1__ERASE_PERSON_RESPONSE__INIT;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(&turn->task, txn, &arena, &status);
    int r = find_first(txn, turn); /* whoever asked for it may have been quicker */
    if (r || !turn->found)
        return r;
    r = cvn_person_erase(&ctx, &turn->task.id, &reply);
    turn->awaits = reply.awaited_run_id[0] != '\0';
    return r == CVN_REFUSED ? -EUCLEAN : r;
}

int cvn_person_erasure_turn(struct cvn_mentoring *mentoring, int64_t now_ms)
{
    struct turn turn = {.task = {.service = mentoring, .now_ms = now_ms}};
    struct cvn_store *store = mentoring->options.store;
    int r = look(store, &turn);
    for (int n = 0; r == 0 && turn.found && !turn.awaits && n < CVN_PERSON_ERASURE_TURN_MAX; n++)
        r = cvn_store_update(store, run_step, &turn, 0);
    if (r)
        return r < 0 ? r : 1; /* the queue is full */
    return turn.found && !turn.awaits;
}
