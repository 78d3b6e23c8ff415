#include "services/mentoring/person_rows.h"
#include "services/mentoring/privacy.h"
#include "services/mentoring/spaces.h"
#include "services/mentoring/state.h"
#include "storage/store.h"

#include <errno.h>
#include <stdio.h>

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
    struct cvn_mentoring *mentoring;
    struct cvn_id person;
    int64_t now_ms;
    bool found, awaits;
};

static int find_first(struct cvn_txn *txn, struct turn *turn)
{
    struct cvn_key lo, hi;
    struct cvn_slice key;
    struct cvn_key_reader reader;
    CVN_CURSOR_AUTO cursor = {0};
    cvn_key_begin(&lo, CVN_SPACE_PERSON_ERASURES);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    if (r == 0)
        r = cvn_cursor_next(&cursor, &key, NULL);
    if (r)
        return r == CVN_STORE_ABSENT ? 0 : r;
    cvn_key_reader_init(&reader, key);
    (void)cvn_key_get_u8(&reader);
    turn->person = cvn_key_get_id(&reader);
    turn->found = true;
    return 0;
}

static int look(struct cvn_store *store, struct turn *turn)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = {.arena = &arena, .txn = snapshot};
    r = find_first(snapshot, turn);
    if (r == 0 && turn->found)
        r = cvn_person_erasure_awaits(&ctx, &turn->person, &turn->awaits);
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
    struct cvn_ctx ctx = {
        .arena = &arena,
        .txn = txn,
        .now_ms = turn->now_ms,
        .service = turn->mentoring,
        .status = &status,
        .who = {.kind = CVN_PRINCIPAL_ADMIN},
    };
    (void)snprintf(ctx.who.text, sizeof ctx.who.text, "server");
    cvn_problems_init(&ctx.problems, &arena);
    turn->found = false;
    int r = find_first(txn, turn); /* whoever asked for it may have been quicker */
    if (r || !turn->found)
        return r;
    r = cvn_person_erase(&ctx, &turn->person, &reply);
    turn->awaits = reply.awaited_run_id[0] != '\0';
    return r == CVN_REFUSED ? -EUCLEAN : r;
}

int cvn_person_erasure_turn(struct cvn_mentoring *mentoring, int64_t now_ms)
{
    struct turn turn = {.mentoring = mentoring, .now_ms = now_ms};
    struct cvn_store *store = mentoring->options.store;
    int r = look(store, &turn);
    for (int n = 0; r == 0 && turn.found && !turn.awaits && n < CVN_PERSON_ERASURE_TURN_MAX; n++)
        r = cvn_store_update(store, run_step, &turn, 0);
    if (r)
        return r < 0 ? r : 1; /* the queue is full */
    return turn.found && !turn.awaits;
}
