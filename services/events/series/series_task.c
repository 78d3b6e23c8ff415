#include "services/events/series/series_task.h"

#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/seats.h"
#include "services/events/series/series_table.h"
#include "services/events/series/series_write.h"
#include "services/runtime/task.h"
#include "storage/store.h"

#include <errno.h>
#include <sodium.h>

enum { ARENA_BYTES = 32 << 20, DAY_S = 24 * 60 * 60 };

static int extend(struct cvn_txn *txn, void *arg)
{
    const struct cvn_task *job = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(job, txn, &arena, &status);
    return cvn_series_extend(&ctx, &job->id);
}

/* Whether the stored instants are what tzdata makes of the local times; corrects them in *event. */
static int derive(struct cvn_ctx *ctx, Convene__Events__V1__Event *event, bool *ret_same)
{
    const struct cvn_events_service *service = ctx->service;
    int64_t start_ms = cvn_event_start_ms(event);
    int64_t end_ms = cvn_record_time_ms(event->end_time, 0);
    int r = cvn_event_complete(ctx->arena, event, event->time_zone, service->zones);
    if (r)
        return r;
    *ret_same =
        start_ms == cvn_event_start_ms(event) && end_ms == cvn_record_time_ms(event->end_time, 0);
    return 0;
}

static int rederive(struct cvn_txn *txn, void *arg)
{
    const struct cvn_task *job = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    Convene__Events__V1__Event *event;
    bool same;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(job, txn, &arena, &status);
    int r = cvn_event_get(&ctx, &job->id, &event);
    if (r == 0)
        r = derive(&ctx, event, &same);
    if (r || same)
        return r;
    event->sequence += event->publication != CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_DRAFT;
    event->update_time = cvn_record_time(&arena, ctx.now_ms);
    r = event->update_time ? cvn_event_put(&ctx, &job->id, event) : -ENOMEM;
    return r ? r : cvn_seats_settle(&ctx, &job->id, event);
}

/* The series that is due next behind the task's place, in a snapshot of its own. */
static int next_due(struct cvn_series_task *task, struct cvn_store *store, int64_t before_s)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r;
    r = cvn_series_next_due(snapshot, before_s, &task->place);
    cvn_snapshot_release(snapshot);
    return r;
}

/* Each series is extended once a day: when it is made a day less far than the horizon. */
static int64_t ahead_s(void)
{
    return (int64_t)(CVN_SERIES_HORIZON_DAYS - 1) * DAY_S;
}

/* Ends a round; when the next one is due, if no series is made meanwhile that is before. */
static int end_round(struct cvn_series_task *task, struct cvn_store *store, int64_t now_ms,
                     int64_t *ret_next_ms)
{
    bool refused = task->refused;
    task->refused = false;
    task->place.any = false;
    task->rests_until_ms = now_ms + CVN_SERIES_REST_MS;
    int r = refused ? CVN_STORE_BUSY : next_due(task, store, INT64_MAX);
    int64_t due_ms = r == 0 ? (task->place.made_until_s - ahead_s() + 1) * 1000 : 0;
    task->place.any = false;
    if (r == 0 && due_ms < task->rests_until_ms)
        task->rests_until_ms = due_ms;
    if (r == 0 || r == CVN_STORE_BUSY)
        *ret_next_ms = r == 0 ? due_ms : task->rests_until_ms;
    return r < 0 ? r : 0;
}

/* Whether the last round was just now, and the clock was not set back. */
static bool rests(const struct cvn_series_task *task, int64_t now_ms)
{
    return now_ms < task->rests_until_ms && now_ms >= task->rests_until_ms - CVN_SERIES_REST_MS;
}

static int extend_due(struct cvn_series_task *task, struct cvn_task *job, struct cvn_store *store,
                      int64_t *ret_next_ms)
{
    if (!task->place.any && rests(task, job->now_ms)) {
        *ret_next_ms = task->rests_until_ms;
        return 0;
    }
    for (int n = 0; n < CVN_SERIES_TASK_MAX; n++) {
        int r = next_due(task, store, job->now_ms / 1000 + ahead_s());
        if (r)
            return r < 0 ? r : end_round(task, store, job->now_ms, ret_next_ms);
        job->id = task->place.id;
        randombytes_buf(job->entropy, sizeof job->entropy);
        r = cvn_store_update(store, extend, job, 0);
        if (r < 0)
            return r;
        task->refused |= r > 0; /* what is refused or gone stays as it is until the next round */
    }
    return 1;
}

/* The next events whose instants are no longer right; moves the task on. 1 where more follow. */
static int find_moved(struct cvn_series_task *task, struct cvn_task *job, struct cvn_txn *snapshot,
                      struct cvn_id *ids, size_t *ret_n)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    struct cvn_index_entry entry;
    struct cvn_key lo;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(job, snapshot, &arena, &status);
    cvn_key_init(&lo);
    cvn_key_put_i64(&lo, task->from_ms);
    int r = cvn_index_cursor_init(&cursor, snapshot, &cvn_event_indexes[CVN_EVENT_BY_START],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_slice(NULL, 0)},
                                  CVN_FORWARD);
    int64_t start_ms = task->from_ms;
    for (size_t n = 0; r == 0; n++) {
        struct cvn_key_reader reader;
        Convene__Events__V1__Event *event;
        bool same;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r)
            break;
        cvn_key_reader_init(&reader, entry.key);
        int64_t at_ms = cvn_key_get_i64(&reader);
        if (n >= CVN_SERIES_TASK_EVENTS && at_ms != start_ms) {
            task->from_ms = at_ms;
            return 1;
        }
        start_ms = at_ms;
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        struct cvn_id id = cvn_key_get_id(&reader);
        cvn_arena_reset(&arena);
        r = cvn_event_get(&ctx, &id, &event);
        if (r == 0)
            r = derive(&ctx, event, &same);
        if (r == 0 && !same && *ret_n < CVN_SERIES_TASK_EVENTS)
            ids[(*ret_n)++] = id;
    }
    task->compared = r == CVN_STORE_ABSENT;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int compare_instants(struct cvn_series_task *task, struct cvn_task *job,
                            struct cvn_store *store)
{
    CVN_ARENA_AUTO arena;
    struct cvn_txn *snapshot;
    size_t n = 0;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_id *ids = cvn_arena_alloc_array(&arena, CVN_SERIES_TASK_EVENTS, sizeof *ids);
    if (!ids)
        return -ENOMEM;
    if (task->from_ms == 0)
        task->from_ms = job->now_ms;
    int more = cvn_store_snapshot(store, &snapshot);
    if (more)
        return more == CVN_STORE_BUSY ? 0 : more;
    more = find_moved(task, job, snapshot, ids, &n);
    cvn_snapshot_release(snapshot);
    for (size_t i = 0; more >= 0 && i < n; i++) {
        job->id = ids[i];
        int r = cvn_store_update(store, rederive, job, 0);
        if (r < 0)
            return r;
    }
    return more;
}

int cvn_series_task_turn(struct cvn_series_task *task, struct cvn_events_service *service,
                         struct cvn_store *store, int64_t now_ms, int64_t *ret_next_ms)
{
    struct cvn_task job = {.service = service, .now_ms = now_ms};
    int more = task->compared ? 0 : compare_instants(task, &job, store);
    if (more < 0)
        return more;
    int r = extend_due(task, &job, store, ret_next_ms);
    return r ? r : more;
}
