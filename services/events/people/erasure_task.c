/* Erasures that nobody came back for: the server goes on by itself. */
#include "services/events/people/erasure.h"
#include "services/events/spaces.h"
#include "services/runtime/task.h"
#include "storage/store.h"

#include <sodium.h>

enum { ARENA_BYTES = 64 << 20 };

static int run(struct cvn_txn *txn, void *arg)
{
    const struct cvn_task *task = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    Convene__Events__V1__ErasePersonResponse reply =
        CONVENE__EVENTS__V1__ERASE_PERSON_RESPONSE__INIT;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(task, txn, &arena, &status);
    int r = cvn_erasure_step(&ctx, &task->id, &reply);
    return r == CVN_STORE_ABSENT ? 0 : r; /* whoever asked for it was quicker */
}

/* Whether the person's erasure has been there for so long that nobody is at it. */
static bool is_left(struct cvn_erasure_task *task, const struct cvn_task *job)
{
    bool known = task->any && cvn_id_equal(&task->person, &job->id);
    if (!known || job->now_ms < task->since_ms)
        *task = (struct cvn_erasure_task){job->id, job->now_ms, true};
    return job->now_ms - task->since_ms >= CVN_ERASURE_LEFT_MS;
}

int cvn_erasure_turn(struct cvn_erasure_task *task, struct cvn_events_service *service,
                     struct cvn_store *store, int64_t now_ms, int64_t *ret_next_ms)
{
    struct cvn_task job = {.service = service, .now_ms = now_ms};
    for (int n = 0; n < CVN_ERASURE_TURN_MAX; n++) {
        int r = cvn_task_look(store, CVN_SPACE_ERASURES, &job.id);
        if (r)
            return r == CVN_STORE_ABSENT ? 0 : r;
        if (!is_left(task, &job)) {
            *ret_next_ms = task->since_ms + CVN_ERASURE_LEFT_MS;
            return 0;
        }
        randombytes_buf(job.entropy, sizeof job.entropy);
        r = cvn_store_update(store, run, &job, 0);
        if (r)
            return r < 0 ? r : 0; /* the queue is full: the next turn will do */
    }
    return 1;
}
