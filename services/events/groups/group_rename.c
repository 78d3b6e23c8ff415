#include "services/events/groups/group_rename.h"

#include "services/events/groups/group_table.h"
#include "services/events/listing/event_stream.h"
#include "services/events/meetups/event_table.h"
#include "services/events/spaces.h"
#include "services/runtime/task.h"
#include "storage/store.h"

#include <errno.h>

enum { ARENA_BYTES = 32 << 20 };

struct job {
    struct cvn_task task; /* about the group */
    bool more;            /* of this group */
};

static void due_key(struct cvn_key *key, const struct cvn_id *group)
{
    cvn_key_begin(key, CVN_SPACE_RENAMED);
    cvn_key_put_id(key, group);
}

/* The row's value: the place after which to go on; empty for the beginning. */
int cvn_group_rename_note(struct cvn_ctx *ctx, const struct cvn_id *group)
{
    struct cvn_key key;
    due_key(&key, group);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_slice("", 0));
}

static bool read_place(struct cvn_slice value, struct cvn_event_place *ret)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, value);
    ret->start_ms = cvn_key_get_i64(&reader);
    ret->id = cvn_key_get_id(&reader);
    return cvn_key_reader_done(&reader);
}

static int put_place(struct cvn_txn *txn, const struct cvn_key *key,
                     const struct cvn_event_place *place)
{
    struct cvn_key value;
    cvn_key_init(&value);
    cvn_key_put_i64(&value, place->start_ms);
    cvn_key_put_id(&value, &place->id);
    return cvn_txn_put(txn, cvn_key_slice(key), cvn_key_slice(&value));
}

/* The group's next events behind a place; those are read before any is written. 0 or a fault. */
static int find_events(struct cvn_ctx *ctx, const struct cvn_id *group,
                       const struct cvn_event_place *after, struct cvn_event_place *places,
                       size_t *ret_n)
{
    struct cvn_event_stream stream = {0};
    struct cvn_event_window window = {INT64_MIN, INT64_MAX, after};
    const struct cvn_event_entry *head;
    struct cvn_key prefix;
    size_t n_seen = 0;
    cvn_key_init(&prefix);
    cvn_key_put_id(&prefix, group);
    int r = cvn_event_stream_init(&stream, ctx->txn, ctx->arena, 1, &n_seen);
    if (r == 0)
        r = cvn_event_stream_add(&stream, CVN_EVENT_BY_GROUP, &prefix, &window);
    for (*ret_n = 0; r == 0 && *ret_n < CVN_GROUP_RENAME_STEP; ++*ret_n) {
        head = cvn_event_stream_head(&stream);
        if (!head)
            break;
        places[*ret_n] = head->place;
        r = cvn_event_stream_pass(&stream);
    }
    cvn_event_stream_deinit(&stream);
    return r;
}

static int rename_event(struct cvn_ctx *ctx, const struct cvn_id *id, char *name)
{
    Convene__Events__V1__Event *event;
    int r = cvn_event_get(ctx, id, &event);
    if (r || strcmp(event->group_name, name) == 0)
        return r;
    event->group_name = name;
    return cvn_event_put(ctx, id, event);
}

static int rename_some(struct cvn_ctx *ctx, struct job *job, const struct cvn_key *key,
                       const struct cvn_event_place *after)
{
    Convene__Events__V1__Group *group;
    size_t n;
    struct cvn_event_place *places =
        cvn_arena_alloc_array(ctx->arena, CVN_GROUP_RENAME_STEP, sizeof *places);
    if (!places)
        return -ENOMEM;
    int r = cvn_group_get(ctx, &job->task.id, &group);
    if (r == 0)
        r = find_events(ctx, &job->task.id, after, places, &n);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = rename_event(ctx, &places[i].id, group->name);
    if (r)
        return r;
    job->more = n == CVN_GROUP_RENAME_STEP;
    return job->more ? put_place(ctx->txn, key, &places[n - 1])
                     : cvn_txn_delete(ctx->txn, cvn_key_slice(key));
}

static int step(struct cvn_txn *txn, void *arg)
{
    struct job *job = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    struct cvn_event_place after;
    struct cvn_slice value;
    struct cvn_key key;
    cvn_arena_init(&arena, ARENA_BYTES);
    struct cvn_ctx ctx = cvn_task_ctx(&job->task, txn, &arena, &status);
    due_key(&key, &job->task.id);
    int r = cvn_txn_get(txn, cvn_key_slice(&key), &value);
    if (r)
        return r;
    bool begun = value.len > 0;
    if (begun && !read_place(value, &after))
        return -EUCLEAN;
    return rename_some(&ctx, job, &key, begun ? &after : NULL);
}

int cvn_group_rename_turn(struct cvn_events_service *service, struct cvn_store *store,
                          int64_t now_ms)
{
    struct job job = {.task = {.service = service, .now_ms = now_ms}};
    int r = cvn_task_look(store, CVN_SPACE_RENAMED, &job.task.id);
    if (r == 0)
        r = cvn_store_update(store, step, &job, 0);
    if (r == 0)
        return 1; /* there may be others */
    return r < 0 ? r : 0;
}
