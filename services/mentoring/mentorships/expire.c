#include "services/mentoring/mentorships/expire.h"

#include "services/mentoring/mentorships/mentorship_write.h"
#include "services/mentoring/state.h"
#include "storage/store.h"

#include <errno.h>
#include <stdio.h>

enum { ARENA_BYTES = 32 << 20 };

struct turn {
    struct cvn_mentoring *mentoring;
    int64_t now_ms;
    size_t n;
};

/* The proposals whose deadline, in whole seconds, lies before now. */
static int find_due(struct cvn_ctx *ctx, struct cvn_id ids[CVN_EXPIRE_TURN_MAX], size_t *ret_n)
{
    struct cvn_key hi;
    struct cvn_index_entry entry;
    CVN_INDEX_CURSOR_AUTO cursor;
    cvn_key_init(&hi);
    cvn_key_put_i64(&hi, ctx->now_ms / 1000);
    *ret_n = 0;
    int r = cvn_index_cursor_init(
        &cursor, ctx->txn, &cvn_mentorship_indexes[CVN_MENTORSHIP_BY_DEADLINE],
        (struct cvn_slice[2]){{NULL, 0}, cvn_key_slice(&hi)}, CVN_FORWARD);
    while (r == 0 && *ret_n < CVN_EXPIRE_TURN_MAX &&
           (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        ids[(*ret_n)++] = cvn_key_get_id(&reader);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int expire_due(struct cvn_txn *txn, void *arg)
{
    struct turn *turn = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    struct cvn_id ids[CVN_EXPIRE_TURN_MAX];
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
    const struct cvn_mentorship_change change = {.action = CVN_MENTORSHIP_EXPIRE, .reason = ""};
    int r = find_due(&ctx, ids, &turn->n);
    for (size_t i = 0; r == 0 && i < turn->n; i++) {
        Convene__Mentoring__V1__Mentorship *row;
        r = cvn_mentorship_get(&ctx, &ids[i], &row);
        if (r == 0)
            r = cvn_mentorship_apply(&ctx, &ids[i], row, &change);
    }
    return r == CVN_REFUSED || r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

int cvn_mentorships_expire(struct cvn_mentoring *mentoring, int64_t now_ms)
{
    struct turn turn = {.mentoring = mentoring, .now_ms = now_ms};
    int r = cvn_store_update(mentoring->options.store, expire_due, &turn, 0);
    if (r == CVN_STORE_BUSY)
        return 0;
    return r ? r : turn.n == CVN_EXPIRE_TURN_MAX;
}
