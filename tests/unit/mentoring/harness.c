#include "tests/unit/mentoring/harness.h"

#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "rpc/channel.h"
#include "rpc/clock.h"
#include "rpc/server.h"
#include "services/mentoring/state.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/quick_directory.h"

#include <ftw.h>
#include <pthread.h>
#include <sched.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ARENA_BYTES = 64 << 20, CALL_TIMEOUT_MS = 60000, CONNECT_TIMEOUT_MS = 10 };

static const uint8_t token_key[CVN_TOKEN_KEY_BYTES] = {7};
static _Atomic int64_t now_ms;
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opened = PTHREAD_COND_INITIALIZER;
static bool gate_closed;

int64_t harness_now_ms(void)
{
    return now_ms;
}

void harness_set_now_ms(int64_t value)
{
    now_ms = value;
}

void harness_close_gate(void)
{
    (void)pthread_mutex_lock(&gate_lock);
    gate_closed = true;
    (void)pthread_mutex_unlock(&gate_lock);
}

void harness_open_gate(void)
{
    (void)pthread_mutex_lock(&gate_lock);
    gate_closed = false;
    (void)pthread_cond_broadcast(&gate_opened);
    (void)pthread_mutex_unlock(&gate_lock);
}

/* The events service asks for the time when a call comes in, and waits here. */
static int64_t pass_gate(void)
{
    (void)pthread_mutex_lock(&gate_lock);
    while (gate_closed)
        (void)pthread_cond_wait(&gate_opened, &gate_lock);
    (void)pthread_mutex_unlock(&gate_lock);
    return now_ms;
}

/* No thread of the queue chooses a run meanwhile, not even one that comes from another run. */
void harness_hold_runs(struct harness *harness)
{
    if (!harness->holds_runs)
        (void)pthread_mutex_lock(&harness->service->queue.claiming);
    harness->holds_runs = true;
}

void harness_release_runs(struct harness *harness)
{
    if (harness->holds_runs)
        (void)pthread_mutex_unlock(&harness->service->queue.claiming);
    harness->holds_runs = false;
}

static void open_store(struct harness *harness, const char *name, struct cvn_store **ret)
{
    char path[96];
    struct cvn_error err = {""};
    (void)snprintf(path, sizeof path, "%s/%s", harness->path, name);
    /* The tests' clock is not the real one by which the store would drop what is old. */
    struct cvn_store_options options = {.path = path, .maintain_ms = UINT32_MAX};
    if (cvn_store_open(ret, &options, &err) != 0)
        fail_msg("%s", err.text);
}

static void start_events(struct harness *harness)
{
    char url[96];
    struct cvn_error err = {""};
    open_store(harness, "events", &harness->events_store);
    assert_int_equal(cvn_runtime_new(&harness->events_runtime,
                                     &(struct cvn_runtime_options){
                                         .store = harness->events_store,
                                         .wall_clock_ms = pass_gate,
                                         .random_bytes = randombytes_buf,
                                     }),
                     0);
    harness->events.zones = harness->zones;
    assert_int_equal(
        cvn_server_new(&harness->events_server, &(struct cvn_server_options){.n_workers = 2}), 0);
    assert_int_equal(
        cvn_events_bind(&harness->events, harness->events_runtime, harness->events_server), 0);
    (void)snprintf(url, sizeof url, "inproc:/%s", harness->path);
    assert_int_equal(cvn_server_listen(harness->events_server, url, &err), 0);
    assert_int_equal(cvn_server_start(harness->events_server), 0);
    struct cvn_channel_options options = {.connect_timeout_ms = CONNECT_TIMEOUT_MS};
    assert_int_equal(cvn_channel_new(&harness->channel, url, &options, &err), 0);
}

static void start_mentoring(struct harness *harness)
{
    open_store(harness, "mentoring", &harness->store);
    assert_int_equal(cvn_mentoring_new(&harness->service,
                                       &(struct cvn_mentoring_options){
                                           .store = harness->store,
                                           .zones = harness->zones,
                                           .events = harness->channel,
                                           .wall_clock_ms = harness_now_ms,
                                       }),
                     0);
}

static void stop_mentoring(struct harness *harness)
{
    cvn_run_queue_ask_to_stop(&harness->service->queue);
    harness_release_runs(harness);
    cvn_mentoring_stop(harness->service);
    cvn_store_close(harness->store);
    cvn_mentoring_free(harness->service);
}

int harness_setup(void **state)
{
    struct harness *harness = calloc(1, sizeof *harness);
    assert_non_null(harness);
    assert_true(sodium_init() >= 0);
    assert_true(quick_directory_make(harness->path));
    now_ms = INT64_C(1796126400000); /* 2026-12-01T12:00:00Z, a Tuesday */
    assert_int_equal(cvn_zones_new(&harness->zones), 0);
    start_events(harness);
    start_mentoring(harness);
    *state = harness;
    return 0;
}

void harness_lose_events(struct harness *harness)
{
    (void)cvn_server_drain(harness->events_server, 0);
    cvn_server_free(harness->events_server);
    harness->events_server = NULL;
}

void harness_restart(struct harness *harness)
{
    stop_mentoring(harness);
    start_mentoring(harness);
}

void harness_set_publish_at_once(struct harness *harness, int32_t n)
{
    harness->service->options.publish_pairs_at_once = n;
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
    stop_mentoring(harness);
    cvn_channel_free(harness->channel);
    if (harness->events_server)
        harness_lose_events(harness);
    cvn_store_close(harness->events_store);
    cvn_runtime_free(harness->events_runtime);
    cvn_zones_free(harness->zones);
    (void)nftw(harness->path, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
    free(harness);
    return 0;
}

static struct client client_new(struct harness *harness, enum cvn_principal_kind kind)
{
    struct client client = {.harness = harness, .who.kind = kind, .who.text = "user:1000"};
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
    cvn_id_format(client.who.text, "per", &person);
    return client;
}

void client_end(struct client *client)
{
    cvn_arena_deinit(&client->arena);
}

struct call {
    struct cvn_ctx ctx;
    const struct cvn_service_method *method;
    const ProtobufCMessageDescriptor *output;
    const void *request;
    ProtobufCMessage *reply;
};

static void find_method(struct call *call, const char *name)
{
    static const struct {
        const ProtobufCServiceDescriptor *descriptor;
        const struct cvn_service_method *methods;
    } services[] = {
        {&convene__mentoring__v1__program_service__descriptor, cvn_program_methods},
        {&convene__mentoring__v1__enrolment_service__descriptor, cvn_enrolment_methods},
        {&convene__mentoring__v1__match_service__descriptor, cvn_match_methods},
        {&convene__mentoring__v1__mentorship_service__descriptor, cvn_mentorship_methods},
        {&convene__mentoring__v1__privacy_service__descriptor, cvn_mentoring_privacy_methods},
    };
    for (size_t i = 0; i < sizeof services / sizeof *services; i++)
        for (unsigned m = 0; m < services[i].descriptor->n_methods; m++)
            if (strcmp(services[i].methods[m].name, name) == 0) {
                call->method = &services[i].methods[m];
                call->output = services[i].descriptor->methods[m].output;
                return;
            }
    fail_msg("there is no method %s", name);
}

static int run_call(struct cvn_txn *txn, void *arg)
{
    struct call *call = arg;
    call->ctx.txn = txn;
    cvn_problems_init(&call->ctx.problems, call->ctx.arena);
    call->reply = cvn_arena_alloc(call->ctx.arena, call->output->sizeof_message);
    protobuf_c_message_init(call->output, call->reply);
    return call->method->run(&call->ctx, call->request, call->reply);
}

static int run_read(struct cvn_store *store, struct call *call)
{
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(store, &snapshot);
    if (r)
        return r;
    r = run_call(snapshot, call);
    /* The runtime packs the reply before it releases the snapshot. */
    struct cvn_slice packed;
    if (r == 0)
        r = cvn_ctx_pack(&call->ctx, call->reply, &packed);
    if (r == 0)
        r = cvn_ctx_unpack(&call->ctx, call->output, packed, &call->reply);
    cvn_snapshot_release(snapshot);
    return r;
}

static int check_access(struct call *call)
{
    enum cvn_principal_kind kind = call->ctx.who.kind;
    enum cvn_method_access access = call->method->access;
    if ((access == CVN_ACCESS_SIGNED_IN && kind == CVN_PRINCIPAL_ANONYMOUS) ||
        (access == CVN_ACCESS_ADMIN && kind != CVN_PRINCIPAL_ADMIN))
        return cvn_ctx_refuse_access(&call->ctx, "do this");
    return 0;
}

void *client_call(struct client *client, const char *method, const void *request)
{
    struct harness *harness = client->harness;
    struct call call = {.request = request};
    unsigned n = harness->n_calls++;
    find_method(&call, method);
    client->status = (struct cvn_status){0};
    cvn_arena_reset(&client->arena);
    call.ctx = (struct cvn_ctx){
        .arena = &client->arena,
        .store = harness->store,
        .who = client->who,
        .now_ms = now_ms,
        .deadline_ms = cvn_rpc_now_ms() + CALL_TIMEOUT_MS,
        .over = client->over,
        .service = harness->service,
        .status = &client->status,
        .token_key = token_key,
        .entropy = {0, 0, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
    };
    cvn_problems_init(&call.ctx.problems, call.ctx.arena);
    int r = check_access(&call);
    if (r == 0 && call.method->prepare)
        r = call.method->prepare(&call.ctx, request);
    if (r == 0)
        r = call.method->kind == CVN_METHOD_WRITE
                ? cvn_store_update(harness->store, run_call, &call, 0)
                : run_read(harness->store, &call);
    if (r == 0 && call.method->after)
        call.method->after(&call.ctx, request, call.reply);
    client->result = r;
    return r == 0 ? call.reply : NULL;
}

enum cvn_code client_code(const struct client *client)
{
    return client->result == 0             ? CVN_OK
           : client->result == CVN_REFUSED ? client->status.code
                                           : CVN_INTERNAL;
}

bool client_blames(struct client *client, const char *field)
{
    struct cvn_problems problems;
    cvn_problems_init(&problems, &client->arena);
    if (client->result != CVN_REFUSED)
        return false;
    (void)cvn_status_problems(&client->status, &problems);
    for (size_t i = 0; i < problems.n; i++)
        if (strcmp(problems.items[i].field, field) == 0)
            return true;
    return false;
}

struct id_text id_text(const char *prefix, const struct cvn_id *id)
{
    struct id_text text;
    cvn_id_format(text.text, prefix, id);
    return text;
}

void *harness_ask_events(struct harness *harness, struct cvn_arena *arena,
                         const ProtobufCServiceDescriptor *service, const char *method,
                         const ProtobufCMessage *message)
{
    struct cvn_status status = {0};
    ProtobufCMessage *reply = NULL;
    struct cvn_call_request request = {
        .service = service,
        .method = method,
        .message = message,
        .options = {.timeout_ms = CALL_TIMEOUT_MS, .wait_for_ready = true},
    };
    if (cvn_channel_call(harness->channel, &request, arena, &status, &reply) != CVN_OK)
        fail_msg("%s: %s", method, status.message);
    return reply;
}

void harness_people(struct harness *harness, struct cvn_id *ret_ids, size_t n)
{
    harness_people_from(harness, ret_ids, n, 0);
}

void harness_people_from(struct harness *harness, struct cvn_id *ret_ids, size_t n, size_t first)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, ARENA_BYTES);
    static char german[] = "de", berlin[] = "Europe/Berlin";
    static char *languages[] = {german};
    Convene__Events__V1__BatchRegisterPeopleRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_PEOPLE_REQUEST__INIT;
    Convene__Events__V1__Person *people = cvn_arena_alloc_array(&arena, n, sizeof *people);
    request.people = cvn_arena_alloc_array(&arena, n, sizeof *request.people);
    request.n_people = n;
    for (size_t i = 0; i < n; i++) {
        convene__events__v1__person__init(&people[i]);
        people[i].display_name = cvn_arena_printf(&arena, "Person %zu", first + i);
        people[i].email = cvn_arena_printf(&arena, "person%zu@example.org", first + i);
        people[i].time_zone = berlin;
        people[i].languages = languages;
        people[i].n_languages = 1;
        request.people[i] = &people[i];
    }
    const Convene__Events__V1__BatchRegisterPeopleResponse *reply =
        harness_ask_events(harness, &arena, &convene__events__v1__person_service__descriptor,
                           "BatchRegisterPeople", &request.base);
    assert_int_equal(reply->n_results, n);
    for (size_t i = 0; i < n; i++)
        assert_true(cvn_id_parse(&ret_ids[i], "per", reply->results[i]->id));
}

/* Tomorrow at six in Berlin. */
static char *add_evening(struct harness *harness, struct cvn_arena *arena, char *group,
                         bool for_members)
{
    char date[32];
    time_t tomorrow = (time_t)((now_ms + DAY_MS) / 1000);
    struct tm day;
    (void)gmtime_r(&tomorrow, &day);
    (void)strftime(date, sizeof date, "%Y-%m-%d", &day);
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    Convene__Events__V1__CreateEventRequest add = CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    event.group_id = group;
    event.title = (char *)"An evening";
    event.start_local = cvn_arena_printf(arena, "%sT18:00", date);
    event.end_local = cvn_arena_printf(arena, "%sT20:00", date);
    if (for_members)
        event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    add.event = &event;
    add.publish = true;
    const Convene__Events__V1__Event *added = harness_ask_events(
        harness, arena, &convene__events__v1__event_service__descriptor, "CreateEvent", &add.base);
    return added->id;
}

static void join(struct harness *harness, struct cvn_arena *arena, char *group, char *person)
{
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    request.group_id = group;
    request.person_id = person;
    (void)harness_ask_events(harness, arena, &convene__events__v1__group_service__descriptor,
                             "SetMember", &request.base);
}

struct id_text harness_meet(struct harness *harness, struct cvn_id owner,
                            const struct cvn_id *people, size_t n, bool for_members)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 16 << 20);
    struct id_text owner_text = id_text("per", &owner), group;
    Convene__Events__V1__Group wanted = CONVENE__EVENTS__V1__GROUP__INIT;
    Convene__Events__V1__CreateGroupRequest create =
        CONVENE__EVENTS__V1__CREATE_GROUP_REQUEST__INIT;
    wanted.name = cvn_arena_printf(&arena, "Group %u", harness->n_calls++);
    wanted.time_zone = (char *)"Europe/Berlin";
    create.group = &wanted;
    create.owner_id = owner_text.text;
    const Convene__Events__V1__Group *made =
        harness_ask_events(harness, &arena, &convene__events__v1__group_service__descriptor,
                           "CreateGroup", &create.base);
    strcpy(group.text, made->id);
    char *event = add_evening(harness, &arena, made->id, for_members);
    for (size_t i = 0; i < n; i++) {
        struct id_text person = id_text("per", &people[i]);
        Convene__Events__V1__RespondRequest yes = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
        if (for_members && !cvn_id_equal(&people[i], &owner))
            join(harness, &arena, made->id, person.text);
        yes.event_id = event;
        yes.person_id = person.text;
        yes.answer = CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES;
        (void)harness_ask_events(harness, &arena, &convene__events__v1__rsvp_service__descriptor,
                                 "Respond", &yes.base);
    }
    harness_set_now_ms(harness_now_ms() + 3 * DAY_MS);
    return group;
}

void harness_erase(struct client *client, const char *person_id)
{
    Convene__Mentoring__V1__ErasePersonRequest request =
        CONVENE__MENTORING__V1__ERASE_PERSON_REQUEST__INIT;
    const Convene__Mentoring__V1__ErasePersonResponse *reply;
    request.person_id = request.confirm_id = (char *)(uintptr_t)person_id;
    do {
        reply = client_call(client, "ErasePerson", &request);
        assert_non_null(reply);
    } while (!reply->done);
}

struct id_text harness_program(struct harness *harness, Convene__Mentoring__V1__Program program)
{
    CLIENT admin = client_admin(harness);
    struct id_text id;
    char name[32];
    (void)snprintf(name, sizeof name, "Programme %u", harness->n_calls);
    Convene__Mentoring__V1__CreateProgramRequest request =
        CONVENE__MENTORING__V1__CREATE_PROGRAM_REQUEST__INIT;
    program.name = name;
    request.program = &program;
    const Convene__Mentoring__V1__Program *made = client_call(&admin, "CreateProgram", &request);
    assert_non_null(made);
    assert_true(strlen(made->id) < sizeof id.text);
    strcpy(id.text, made->id);
    return id;
}

void enrolment_init(struct enrolment *enrolment, Convene__Mentoring__V1__Role role,
                    const char *program_id, struct cvn_id person)
{
    static char go[] = "Go";
    convene__mentoring__v1__enrolment__init(&enrolment->row);
    convene__mentoring__v1__skill__init(&enrolment->skill);
    convene__mentoring__v1__weekly_span__init(&enrolment->span);
    enrolment->person = id_text("per", &person);
    enrolment->skill.name = go;
    enrolment->skills[0] = &enrolment->skill;
    enrolment->span.weekday = 1;
    enrolment->span.start_minute = 18 * 60;
    enrolment->span.end_minute = 21 * 60;
    enrolment->spans[0] = &enrolment->span;
    enrolment->row.program_id = (char *)(uintptr_t)program_id;
    enrolment->row.person_id = enrolment->person.text;
    enrolment->row.role = role;
    enrolment->row.skills = enrolment->skills;
    enrolment->row.n_skills = 1;
    enrolment->row.availability = enrolment->spans;
    enrolment->row.n_availability = 1;
}

const Convene__Mentoring__V1__Enrolment *harness_enrol(struct client *client,
                                                       const struct enrolment *enrolment)
{
    Convene__Mentoring__V1__CreateEnrolmentRequest request =
        CONVENE__MENTORING__V1__CREATE_ENROLMENT_REQUEST__INIT;
    request.enrolment = (Convene__Mentoring__V1__Enrolment *)(uintptr_t)&enrolment->row;
    const Convene__Mentoring__V1__Enrolment *made =
        client_call(client, "CreateEnrolment", &request);
    if (!made)
        fail_msg("not enrolled: %s", client->status.message);
    return made;
}

struct id_text harness_start_run(struct client *client, const char *program_id, uint64_t seed)
{
    struct id_text id;
    Convene__Mentoring__V1__CreateMatchRunRequest request =
        CONVENE__MENTORING__V1__CREATE_MATCH_RUN_REQUEST__INIT;
    request.program_id = (char *)(uintptr_t)program_id;
    request.seed = seed;
    const Convene__Mentoring__V1__MatchRun *run = client_call(client, "CreateMatchRun", &request);
    if (!run)
        fail_msg("not started: %s", client->status.message);
    strcpy(id.text, run->id);
    return id;
}

const Convene__Mentoring__V1__MatchRun *harness_wait_run(struct client *client, const char *run_id)
{
    Convene__Mentoring__V1__GetMatchRunRequest request =
        CONVENE__MENTORING__V1__GET_MATCH_RUN_REQUEST__INIT;
    request.id = (char *)(uintptr_t)run_id;
    for (;;) {
        const Convene__Mentoring__V1__MatchRun *run = client_call(client, "GetMatchRun", &request);
        assert_non_null(run);
        if (run->state != RUN_STATE(RUNNING) && run->state != RUN_STATE(QUEUED))
            return run;
        (void)sched_yield();
    }
}
