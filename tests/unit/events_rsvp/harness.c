#include "tests/unit/events_rsvp/harness.h"

#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/seats.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/quick_directory.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 64 << 20 };

static const uint8_t token_key[32] = {7};

static void open_store(struct harness *harness)
{
    /* The tests' clock is not the real one by which the store would drop what is old. */
    struct cvn_store_options options = {.path = harness->path, .maintain_ms = UINT32_MAX};
    struct cvn_error err;
    assert_int_equal(cvn_store_open(&harness->store, &options, &err), 0);
}

void harness_reopen(struct harness *harness)
{
    cvn_store_close(harness->store);
    open_store(harness);
}

int harness_setup(void **state)
{
    struct harness *harness = calloc(1, sizeof *harness);
    assert_non_null(harness);
    assert_true(quick_directory_make(harness->path));
    open_store(harness);
    assert_int_equal(cvn_zones_new(&harness->zones), 0);
    harness->service.zones = harness->zones;
    memset(harness->service.lottery_secret, 5, sizeof harness->service.lottery_secret);
    harness->now_ms = INT64_C(1800000000000);
    *state = harness;
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int harness_teardown(void **state)
{
    struct harness *harness = *state;
    cvn_store_close(harness->store);
    cvn_zones_free(harness->zones);
    (void)nftw(harness->path, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
    free(harness);
    return 0;
}

static struct client client_new(struct harness *harness, enum cvn_principal_kind kind)
{
    struct client client = {.harness = harness, .who.kind = kind};
    cvn_arena_init(&client.arena, ARENA_BYTES);
    return client;
}

struct client client_admin(struct harness *harness)
{
    return client_new(harness, CVN_PRINCIPAL_ADMIN);
}

struct client client_nobody(struct harness *harness)
{
    return client_new(harness, CVN_PRINCIPAL_ANONYMOUS);
}

struct client client_of(struct harness *harness, struct cvn_id person)
{
    struct client client = client_new(harness, CVN_PRINCIPAL_PERSON);
    client.who.person = person;
    return client;
}

struct client client_on_behalf_of(struct harness *harness, struct cvn_id person)
{
    struct client client = client_of(harness, person);
    client.who.delegated = true;
    return client;
}

void client_end(struct client *client)
{
    cvn_arena_deinit(&client->arena);
}

static struct cvn_ctx context(struct client *client)
{
    struct harness *harness = client->harness;
    unsigned n = atomic_fetch_add(&harness->n_calls, 1);
    client->status = (struct cvn_status){0};
    cvn_arena_reset(&client->arena);
    struct cvn_ctx ctx = {
        .arena = &client->arena,
        .store = harness->store,
        .who = client->who,
        .now_ms = harness->now_ms,
        .service = &harness->service,
        .status = &client->status,
        .token_key = token_key,
    };
    for (int i = 0; i < 4; i++)
        ctx.entropy[2 + i] = (uint8_t)(n >> (24 - 8 * i));
    cvn_problems_init(&ctx.problems, ctx.arena);
    return ctx;
}

enum { UNDONE = 99 }; /* what an update gives so that it is taken back */

struct call {
    struct cvn_ctx ctx;
    const struct cvn_service_method *method;
    const void *request;
    ProtobufCMessage *reply;
};

const ProtobufCMethodDescriptor *harness_method(const char *name)
{
    static const ProtobufCServiceDescriptor *const services[] = {
        &convene__events__v1__person_service__descriptor,
        &convene__events__v1__group_service__descriptor,
        &convene__events__v1__membership_service__descriptor,
        &convene__events__v1__event_service__descriptor,
        &convene__events__v1__series_service__descriptor,
        &convene__events__v1__calendar_service__descriptor,
        &convene__events__v1__comment_service__descriptor,
        &convene__events__v1__privacy_service__descriptor,
        &convene__events__v1__rsvp_service__descriptor,
        &convene__events__v1__attendance_service__descriptor,
        &convene__admin__v1__key_service__descriptor,
    };
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        const ProtobufCMethodDescriptor *method =
            protobuf_c_service_descriptor_get_method_by_name(services[i], name);
        if (method)
            return method;
    }
    return NULL;
}

static int run_call(struct cvn_txn *txn, void *arg)
{
    struct call *call = arg;
    const ProtobufCMessageDescriptor *output = harness_method(call->method->name)->output;
    call->ctx.txn = txn;
    cvn_problems_init(&call->ctx.problems, call->ctx.arena);
    call->reply = cvn_arena_alloc(call->ctx.arena, output->sizeof_message);
    protobuf_c_message_init(output, call->reply);
    int r = call->method->run(&call->ctx, call->request, call->reply);
    struct cvn_slice packed;
    if (r == 0)
        r = cvn_ctx_pack(&call->ctx, call->reply, &packed);
    return r ? r : cvn_ctx_unpack(&call->ctx, output, packed, &call->reply); /* as a caller does */
}

static int check_access(struct call *call)
{
    enum cvn_principal_kind kind = call->ctx.who.kind;
    enum cvn_method_access access = call->method->access;
    if (call->ctx.who.delegated && call->method->delegable)
        return 0; /* the actor may */
    if ((access == CVN_ACCESS_SIGNED_IN && kind == CVN_PRINCIPAL_ANONYMOUS) ||
        (access == CVN_ACCESS_ADMIN && kind != CVN_PRINCIPAL_ADMIN))
        return cvn_ctx_refuse_access(&call->ctx, "do this");
    return 0;
}

void *client_call(struct client *client, const struct cvn_service_method *method,
                  const void *request)
{
    struct call call = {.ctx = context(client), .method = method, .request = request};
    struct cvn_store *store = client->harness->store;
    int r = check_access(&call);
    if (r == 0 && method->prepare)
        r = method->prepare(&call.ctx, request);
    if (r == 0 && method->kind == CVN_METHOD_WRITE)
        r = cvn_store_update(store, run_call, &call, 0);
    else if (r == 0) {
        struct cvn_txn *snapshot = NULL;
        r = cvn_store_snapshot(store, &snapshot);
        if (r == 0)
            r = run_call(snapshot, &call);
        cvn_snapshot_release(snapshot);
    }
    client->result = r;
    return r == 0 ? call.reply : NULL;
}

struct step {
    struct cvn_ctx ctx;
    const struct cvn_write_stream_type *type;
    void *state;
    bool undone;
};

static int run_step(struct cvn_txn *txn, void *arg)
{
    struct step *step = arg;
    step->ctx.txn = txn;
    int r = step->type->run(&step->ctx, step->state);
    return r == 0 && step->undone ? UNDONE : r;
}

bool client_write(struct client *client, const struct cvn_write_stream_type *type, void *state,
                  ProtobufCMessage *message,
                  void (*told)(void *arg, const ProtobufCMessage *answer), void *arg)
{
    struct step step = {.ctx = context(client), .type = type, .state = state};
    enum cvn_write_stream_mode mode = CVN_WRITE_STREAM_WRITE;
    client->result = type->take(&step.ctx, state, message, &mode);
    step.undone = mode == CVN_WRITE_STREAM_UNDO;
    for (bool more = true; client->result == 0 && more;) {
        int r = cvn_store_update(client->harness->store, run_step, &step, 0);
        client->result = r == UNDONE ? 0 : r;
        if (client->result)
            break;
        told(arg, type->answer(state));
        more = type->next(state);
    }
    return client->result == 0;
}

struct attempt {
    struct call *call;
    int result;
};

/* Any outcome but 0 takes back what an update wrote. */
static int run_and_take_back(struct cvn_txn *txn, void *arg)
{
    struct attempt *attempt = arg;
    attempt->result = run_call(txn, attempt->call);
    return CVN_REFUSED;
}

void client_try(struct client *client, const struct cvn_service_method *method, const void *request)
{
    struct call call = {.ctx = context(client), .method = method, .request = request};
    struct attempt attempt = {&call, 0};
    int r = check_access(&call);
    if (r == 0 && method->prepare)
        r = method->prepare(&call.ctx, request);
    if (r == 0) {
        (void)cvn_store_update(client->harness->store, run_and_take_back, &attempt, 0);
        r = attempt.result;
    }
    client->result = r;
}

const char *client_reason(struct client *client)
{
    const char *reason = cvn_status_reason(&client->status, &client->arena);
    return reason ? reason : "";
}

bool client_blames(struct client *client, const char *field)
{
    struct cvn_problems problems;
    cvn_problems_init(&problems, &client->arena);
    (void)cvn_status_problems(&client->status, &problems);
    for (size_t i = 0; i < problems.n; i++) {
        if (strcmp(problems.items[i].field, field) == 0)
            return client->status.code == CVN_INVALID_ARGUMENT;
    }
    return false;
}

struct job {
    struct cvn_ctx ctx;
    int (*run)(struct cvn_ctx *ctx, void *arg);
    void *arg;
};

static int run_job(struct cvn_txn *txn, void *arg)
{
    struct job *job = arg;
    job->ctx.txn = txn;
    return job->run(&job->ctx, job->arg);
}

int harness_write(struct harness *harness, int (*run)(struct cvn_ctx *ctx, void *arg), void *arg)
{
    CLIENT admin = client_admin(harness);
    struct job job = {context(&admin), run, arg};
    return cvn_store_update(harness->store, run_job, &job, 0);
}

int harness_read(struct harness *harness, int (*run)(struct cvn_ctx *ctx, void *arg), void *arg)
{
    CLIENT admin = client_admin(harness);
    struct job job = {context(&admin), run, arg};
    struct cvn_txn *snapshot;
    assert_int_equal(cvn_store_snapshot(harness->store, &snapshot), 0);
    int r = run_job(snapshot, &job);
    cvn_snapshot_release(snapshot);
    return r;
}

struct id_text id_text(const char *prefix, struct cvn_id id)
{
    struct id_text text;
    cvn_id_format(text.text, prefix, &id);
    return text;
}

struct cvn_id harness_person(struct harness *harness, unsigned number)
{
    CLIENT admin = client_admin(harness);
    char name[32], email[48];
    (void)snprintf(name, sizeof name, "person %u", number);
    (void)snprintf(email, sizeof email, "person%u@example.org", number);
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    person.display_name = name;
    person.email = email;
    Convene__Events__V1__CreatePersonRequest request =
        CONVENE__EVENTS__V1__CREATE_PERSON_REQUEST__INIT;
    request.person = &person;
    const Convene__Events__V1__Person *made = client_call(&admin, &cvn_person_methods[0], &request);
    struct cvn_id id;
    assert_non_null(made);
    assert_true(cvn_id_parse(&id, "per", made->id));
    return id;
}

struct cvn_id harness_group(struct harness *harness, const char *name, struct cvn_id owner)
{
    CLIENT client = client_of(harness, owner);
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT;
    group.name = (char *)name;
    group.time_zone = (char *)"Europe/Berlin";
    Convene__Events__V1__CreateGroupRequest request =
        CONVENE__EVENTS__V1__CREATE_GROUP_REQUEST__INIT;
    request.group = &group;
    const Convene__Events__V1__Group *made = client_call(&client, &cvn_group_methods[0], &request);
    struct cvn_id id;
    assert_non_null(made);
    assert_true(cvn_id_parse(&id, "grp", made->id));
    return id;
}

Convene__Events__V1__Event harness_event(struct harness *harness, struct cvn_id group,
                                         int32_t capacity)
{
    static Google__Protobuf__Timestamp start, end;
    static struct id_text group_text;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    google__protobuf__timestamp__init(&start);
    google__protobuf__timestamp__init(&end);
    start.seconds = (harness->now_ms + 60 * DAY_MS) / 1000;
    end.seconds = start.seconds + 2 * HOUR_MS / 1000;
    group_text = id_text("grp", group);
    event.group_id = group_text.text;
    event.title = (char *)"An evening";
    event.start_time = &start;
    event.end_time = &end;
    event.capacity = capacity;
    event.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED;
    event.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED;
    return event;
}

struct put_event {
    struct cvn_id id;
    Convene__Events__V1__Event event;
};

static int put_event(struct cvn_ctx *ctx, void *arg)
{
    const struct put_event *put = arg;
    int r = cvn_event_put(ctx, &put->id, &put->event);
    return r == 0 ? cvn_seats_settle(ctx, &put->id, &put->event) : r;
}

struct cvn_id harness_put_event(struct harness *harness, unsigned number,
                                Convene__Events__V1__Event event)
{
    uint8_t random[10] = {0xee, (uint8_t)(number >> 8), (uint8_t)number};
    struct put_event put = {cvn_id_make(INT64_C(1700000000000), random), event};
    struct id_text text = id_text("evt", put.id);
    put.event.id = text.text;
    assert_int_equal(harness_write(harness, put_event, &put), 0);
    return put.id;
}

static int state_after(const Convene__Events__V1__Rsvp *rsvp)
{
    return rsvp ? (int)rsvp->state : -1;
}

static int respond(struct client *client, struct cvn_id event, struct cvn_id person, int answer,
                   int32_t guests)
{
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    struct id_text event_id = id_text("evt", event), person_id = id_text("per", person);
    request.event_id = event_id.text;
    request.person_id = person_id.text;
    request.answer = (Convene__Events__V1__RespondRequest__Answer)answer;
    request.guests = guests;
    return state_after(client_call(client, &cvn_rsvp_methods[0], &request));
}

int say_yes(struct client *client, struct cvn_id event, struct cvn_id person, int32_t guests)
{
    return respond(client, event, person, CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES,
                   guests);
}

int say_no(struct client *client, struct cvn_id event, struct cvn_id person)
{
    return respond(client, event, person, CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_NO,
                   0);
}

int decide(struct client *client, struct cvn_id event, struct cvn_id person, int action)
{
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    struct id_text event_id = id_text("evt", event), person_id = id_text("per", person);
    request.event_id = event_id.text;
    request.person_id = person_id.text;
    request.action = (Convene__Events__V1__DecideRequest__Action)action;
    request.reason = (char *)"as we know now";
    return state_after(client_call(client, &cvn_rsvp_methods[1], &request));
}

const Convene__Events__V1__Rsvp *get_rsvp(struct client *admin, struct cvn_id event,
                                          struct cvn_id person)
{
    Convene__Events__V1__GetRsvpRequest request = CONVENE__EVENTS__V1__GET_RSVP_REQUEST__INIT;
    struct id_text event_id = id_text("evt", event), person_id = id_text("per", person);
    request.event_id = event_id.text;
    request.person_id = person_id.text;
    const Convene__Events__V1__Rsvp *rsvp = client_call(admin, &cvn_rsvp_methods[2], &request);
    assert_non_null(rsvp);
    return rsvp;
}

int state_of(struct client *admin, struct cvn_id event, struct cvn_id person)
{
    return (int)get_rsvp(admin, event, person)->state;
}
