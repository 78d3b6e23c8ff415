#include "tests/unit/events/fixture.h"

#include "services/events/schema.h"
#include "storage/table.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <string.h>

enum { CREATE, GET, LIST, PUBLISH, CANCEL, REGISTER, BATCH };
enum { SET_MEMBER = 4 };

char *text(const char *literal)
{
    return (char *)(uintptr_t)literal;
}

char *long_text(struct cvn_arena *arena, const char *prefix, size_t n)
{
    size_t len = strlen(prefix);
    char *made = cvn_arena_alloc(arena, len + n + 1);
    assert_non_null(made);
    memcpy(made, prefix, len);
    memset(made + len, 'x', n);
    return made;
}

void draft_init(struct draft *draft, struct cvn_id group)
{
    convene__events__v1__event__init(&draft->event);
    convene__events__v1__venue__init(&draft->venue);
    convene__events__v1__lat_lng__init(&draft->at);
    draft->group = id_text("grp", group);
    draft->event.group_id = draft->group.text;
    draft->event.title = text("An evening");
    draft->event.start_local = text("2027-03-01T18:30:00");
}

static const void *call(struct client *client, int method, const void *request)
{
    return client_call(client, &cvn_event_methods[method], request);
}

const Convene__Events__V1__Event *create(struct client *client, Convene__Events__V1__Event *event,
                                         bool publish)
{
    Convene__Events__V1__CreateEventRequest request =
        CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    request.event = event;
    request.publish = publish;
    return call(client, CREATE, &request);
}

const Convene__Events__V1__Event *get(struct client *client, struct cvn_id event)
{
    Convene__Events__V1__GetEventRequest request = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    struct id_text id = id_text("evt", event);
    request.id = id.text;
    return call(client, GET, &request);
}

const Convene__Events__V1__Event *publish(struct client *client, struct cvn_id event)
{
    Convene__Events__V1__PublishEventRequest request =
        CONVENE__EVENTS__V1__PUBLISH_EVENT_REQUEST__INIT;
    struct id_text id = id_text("evt", event);
    request.id = id.text;
    return call(client, PUBLISH, &request);
}

const Convene__Events__V1__Event *cancel(struct client *client, struct cvn_id event,
                                         const char *reason)
{
    Convene__Events__V1__CancelEventRequest request =
        CONVENE__EVENTS__V1__CANCEL_EVENT_REQUEST__INIT;
    struct id_text id = id_text("evt", event);
    request.id = id.text;
    request.reason = text(reason);
    return call(client, CANCEL, &request);
}

const Convene__Events__V1__RegisterEventResponse *
put(struct client *client, Convene__Events__V1__Event *event, bool publish)
{
    Convene__Events__V1__RegisterEventRequest request =
        CONVENE__EVENTS__V1__REGISTER_EVENT_REQUEST__INIT;
    request.event = event;
    request.publish = publish;
    return call(client, REGISTER, &request);
}

const Convene__Events__V1__BatchRegisterEventsResponse *
put_batch(struct client *client, const Convene__Events__V1__BatchRegisterEventsRequest *request)
{
    return call(client, BATCH, request);
}

const Convene__Events__V1__ListEventsResponse *
list(struct client *client, const Convene__Events__V1__ListEventsRequest *request)
{
    return call(client, LIST, request);
}

struct cvn_id id_of(const Convene__Events__V1__Event *event)
{
    struct cvn_id id = {0};
    assert_non_null(event);
    assert_true(cvn_id_parse(&id, "evt", event->id));
    return id;
}

int scene_end(void **state, struct harness *harness, struct client *const *clients, size_t n)
{
    for (size_t i = 0; i < n; i++)
        client_end(clients[i]);
    *state = harness;
    return harness_teardown(state);
}

int64_t start_of(const Convene__Events__V1__Event *event)
{
    assert_non_null(event->start_time);
    return event->start_time->seconds * 1000 + event->start_time->nanos / 1000000;
}

/* What follow does within a transaction, and how the watch stopped. */
struct walk {
    struct following *following;
    int stopped;
};

static int walk_changes(struct cvn_ctx *ctx, void *arg)
{
    struct walk *walk = arg;
    struct following *f = walk->following;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, CVN_WATCH_STEP_BYTES);
    struct cvn_ctx step = *ctx;
    struct cvn_watch_page *page = cvn_arena_alloc(ctx->arena, sizeof *page);
    struct cvn_watch_feed *feed = cvn_arena_alloc(ctx->arena, sizeof *feed);
    assert_non_null(page);
    assert_non_null(feed);
    ctx->who = step.who = f->who;
    step.arena = &arena;
    int r = f->opened = cvn_watch_feed_open(feed, ctx, f->request);
    while (r == 0 || r == CVN_WATCH_MORE)
        r = cvn_watch_feed_step(feed, &step, page, &f->sink);
    cvn_watch_page_drop(page);
    walk->stopped = r;
    f->code = ctx->status->code;
    const char *reason = cvn_status_reason(ctx->status, ctx->arena);
    (void)snprintf(f->reason, sizeof f->reason, "%s", reason ? reason : "");
    return 0;
}

int follow(struct harness *harness, struct following *following)
{
    struct walk walk = {.following = following};
    assert_int_equal(harness_read(harness, walk_changes, &walk), 0);
    assert_true(walk.stopped == CVN_WATCH_IDLE || walk.stopped == CVN_WATCH_LATER ||
                walk.stopped == CVN_REFUSED);
    return walk.stopped;
}

void join(struct client *client, struct cvn_id group)
{
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    struct id_text id = id_text("grp", group);
    request.group_id = id.text;
    assert_non_null(client_call(client, &cvn_group_methods[SET_MEMBER], &request));
}

static void fail_finding(void *arg, const struct cvn_verify_finding *finding)
{
    (void)arg;
    print_error("index %s, kind of finding %d\n", finding->index ? finding->index->name : "none",
                (int)finding->kind);
}

void assert_indexes_right(struct harness *harness)
{
    struct cvn_txn *snapshot;
    struct cvn_verify_totals totals;
    assert_int_equal(cvn_store_snapshot(harness->store, &snapshot), 0);
    int r = cvn_table_verify(snapshot, cvn_events_tables, fail_finding, NULL, &totals);
    cvn_snapshot_release(snapshot);
    assert_int_equal(r, 0);
    assert_int_equal(totals.n_findings, 0);
    assert_true(totals.n_rows > 0);
}

struct forgetting {
    uint8_t index;
    size_t n;
};

static int forget(struct cvn_ctx *ctx, void *arg)
{
    struct forgetting *forgetting = arg;
    struct cvn_key prefix, end;
    struct cvn_slice at;
    cvn_key_begin(&prefix, CVN_SPACE_INDEX);
    cvn_key_put_u8(&prefix, forgetting->index);
    cvn_key_prefix_end(&end, cvn_key_slice(&prefix));
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&prefix), cvn_key_slice(&end),
                            CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &at, NULL)) == 0) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, at);
        r = cvn_txn_delete(ctx->txn, cvn_key_slice(&key));
        forgetting->n++;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

size_t forget_index(struct harness *harness, uint8_t index)
{
    struct forgetting forgetting = {.index = index};
    assert_int_equal(harness_write(harness, forget, &forgetting), 0);
    return forgetting.n;
}

static int step(struct cvn_ctx *ctx, void *arg)
{
    return cvn_events_schema_steps[*(const unsigned *)arg - 1](ctx->txn, NULL);
}

void step_schema(struct harness *harness, unsigned version)
{
    assert_int_equal(harness_write(harness, step, &version), 0);
}

uint64_t roll(struct dice *dice, uint64_t n)
{
    uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}
