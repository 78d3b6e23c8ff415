/*
 * A server is killed at random moments while clients answer to events, register events and enrol.
 *
 *     test_kill CONVENED [--seed N] [--kills M] [--disk MODULE]
 *
 * Every call is repeated with its request id until the server answers, over kills. After each
 * restart, before the clients go on, everything that was acknowledged is there exactly once: each
 * person's last answer, each event, each enrolment; a repeated request has the first answer; no
 * seat is taken twice; and the server's own check of its stores finds nothing. With the module that
 * faulty_disk.c is built as, each server's disk fails as well, for a while at a random moment.
 */
#include "base/error.h"
#include "convene/admin/v1/store.pb-c.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "rpc/stream.h"
#include "tests/crash/kill_calls.h"
#include "tests/support/dice.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CLIENTS = 6,
    PEOPLE_EACH = 4,
    PEOPLE = CLIENTS * PEOPLE_EACH,
    SEATED_EVENTS = 3,
    SEATS = 7,
    MADE_EVENTS_MAX = 200000,
    PATH_BYTES = 128,
};

/* What one person was last told about one event. */
struct answer {
    bool given;
    int guests; /* -1: no */
    int state;  /* told then */
    char request_id[32];
};

struct test {
    const char *convened, *disk;
    char directory[PATH_BYTES], url[2 * PATH_BYTES];
    uint64_t seed, dice;
    unsigned kills;
    pid_t server;
    struct kill_line line;
    char group[KILL_ID_BYTES], program[KILL_ID_BYTES];
    char people[PEOPLE][KILL_ID_BYTES], events[SEATED_EVENTS][KILL_ID_BYTES];
    struct answer answers[SEATED_EVENTS][PEOPLE];
    bool enrolled[PEOPLE];
    char (*made)[KILL_ID_BYTES]; /* events registered by the clients */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    unsigned n_made, n_enrolled;
    uint64_t n_answers, n_faults;
    bool pausing, ending;
    unsigned n_paused;
};

struct client {
    struct test *test;
    unsigned number;
    uint64_t dice;
    uint64_t n_requests;
    pthread_t thread;
};

static void __attribute__((noreturn))
fail(const struct test *t, const char *what, const char *which)
{
    fprintf(stderr, "seed %" PRIu64 ", after %u kills: %s (%s)\n", t->seed, t->line.n_kills, what,
            which);
    if (t->server > 0)
        (void)kill(t->server, SIGKILL);
    exit(1);
}

/* What is to happen to the disk of the next server; not while it opens its stores. */
static void choose_fault(struct test *t)
{
    static const char *const kinds[] = {"write", "meta", "sync"};
    static const char *const errors[] = {"EIO", "ENOSPC"};
    char plan[64];
    unsigned kind = dice_below(&t->dice, 3), often = kind == 0 ? 5 : 1; /* pages of a commit */
    (void)snprintf(plan, sizeof plan, "%s:%u:%s:%u:%u", kinds[kind],
                   often * (6 + dice_below(&t->dice, 30)), errors[dice_below(&t->dice, 2)],
                   1 + dice_below(&t->dice, 8), dice_below(&t->dice, 4096));
    (void)setenv("LD_PRELOAD", t->disk, 1);
    (void)setenv("CONVENE_FAULTY_DISK", plan, 1);
}

/* Starts the server and waits for its line that says it is ready. */
static void start_server(struct test *t)
{
    int ends[2];
    char line[512], data[PATH_BYTES + 8];
    (void)snprintf(data, sizeof data, "%s/data", t->directory);
    if (t->disk)
        choose_fault(t);
    if (pipe(ends) != 0 || (t->server = fork()) < 0)
        fail(t, "no server can be started", strerror(errno));
    if (t->server == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execl(t->convened, t->convened, "--data", data, "--listen", t->url, "--quiet",
                    (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    bool ready = false;
    while (said && !ready && fgets(line, sizeof line, said))
        ready = strstr(line, "ready") != NULL;
    if (!ready)
        fail(t, "the server does not start", line);
    (void)fclose(said); /* it says nothing more, being quiet */
}

static void open_line(struct test *t)
{
    struct cvn_error err = {""};
    if (cvn_channel_new(&t->line.channel, t->url, NULL, &err) != 0)
        fail(t, "no channel", err.text);
}

/* A client between two calls: stays here while the test looks at everything. */
static bool goes_on(struct test *t)
{
    (void)pthread_mutex_lock(&t->lock);
    t->n_paused++;
    (void)pthread_cond_broadcast(&t->changed);
    while (t->pausing)
        (void)pthread_cond_wait(&t->changed, &t->lock);
    t->n_paused--;
    bool ending = t->ending;
    (void)pthread_mutex_unlock(&t->lock);
    return !ending;
}

static void make_event(struct client *client)
{
    struct test *t = client->test;
    char title[32], id[KILL_ID_BYTES];
    (void)snprintf(title, sizeof title, "made %u-%" PRIu64, client->number, ++client->n_requests);
    kill_make_event(&t->line, t->group, title, 0, id);
    (void)pthread_mutex_lock(&t->lock);
    if (t->n_made < MADE_EVENTS_MAX)
        memcpy(t->made[t->n_made++], id, sizeof id);
    (void)pthread_mutex_unlock(&t->lock);
}

static void answer_event(struct client *client)
{
    struct test *t = client->test;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    unsigned event = dice_below(&client->dice, SEATED_EVENTS);
    unsigned person = client->number * PEOPLE_EACH + dice_below(&client->dice, PEOPLE_EACH);
    struct answer *answer = &t->answers[event][person], given = {.given = true};
    given.guests = (int)dice_below(&client->dice, 4) - 1;
    (void)snprintf(given.request_id, sizeof given.request_id, "%u-%" PRIu64, client->number,
                   ++client->n_requests);
    const Convene__Events__V1__Rsvp *rsvp = kill_respond(
        &t->line, &arena, t->events[event], t->people[person], given.guests, given.request_id);
    if (!rsvp)
        return; /* refused: more guests than fit now */
    given.state = (int)rsvp->state;
    *answer = given; /* of this client's own people */
    (void)pthread_mutex_lock(&t->lock);
    t->n_answers++;
    (void)pthread_mutex_unlock(&t->lock);
}

static void enrol_somebody(struct client *client)
{
    struct test *t = client->test;
    unsigned person = client->number * PEOPLE_EACH + dice_below(&client->dice, PEOPLE_EACH);
    kill_enrol(&t->line, t->program, t->people[person], person);
    (void)pthread_mutex_lock(&t->lock);
    t->n_enrolled += !t->enrolled[person];
    t->enrolled[person] = true;
    (void)pthread_mutex_unlock(&t->lock);
}

static void *run_client(void *arg)
{
    struct client *client = arg;
    while (goes_on(client->test)) {
        uint32_t kind = dice_below(&client->dice, 20);
        if (kind == 0)
            enrol_somebody(client);
        else if (kind < 4)
            make_event(client);
        else
            answer_event(client);
    }
    return NULL;
}

static void *ask(struct test *t, const ProtobufCServiceDescriptor *service, const char *method,
                 const ProtobufCMessage *message, struct cvn_arena *arena)
{
    struct cvn_status status;
    const struct cvn_call_request request = {
        .service = service, .method = method, .message = message};
    ProtobufCMessage *reply = kill_call(&t->line, &request, arena, &status);
    if (!reply)
        fail(t, method, status.message);
    return reply;
}

static bool agrees(const struct answer *answer, const Convene__Events__V1__Rsvp *rsvp)
{
    int state = (int)rsvp->state;
    if (answer->guests < 0)
        return state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_NO;
    bool stands =
        state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES ||
        (state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED && answer->state == state);
    return stands && rsvp->guests == answer->guests;
}

static unsigned person_of(const struct test *t, const char *id)
{
    for (unsigned i = 0; i < PEOPLE; i++)
        if (strcmp(t->people[i], id) == 0)
            return i;
    fail(t, "an RSVP is of somebody unknown", id);
}

/* Every RSVP of an event as acknowledged, each once, and no more seats taken than there are. */
static void check_seats(struct test *t, unsigned event)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Events__V1__ListRsvpsRequest list = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    list.event_id = t->events[event];
    list.page_size = 1000;
    const Convene__Events__V1__ListRsvpsResponse *all =
        ask(t, &convene__events__v1__rsvp_service__descriptor, "ListRsvps", &list.base, &arena);
    bool seen[PEOPLE] = {false};
    int taken = 0, waiting = 0;
    for (size_t i = 0; i < all->n_rsvps; i++) {
        const Convene__Events__V1__Rsvp *rsvp = all->rsvps[i];
        unsigned person = person_of(t, rsvp->person_id);
        if (seen[person])
            fail(t, "somebody has two RSVPs", rsvp->person_id);
        seen[person] = true;
        bool yes = rsvp->state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES;
        taken += yes ? 1 + rsvp->guests : 0;
        waiting += rsvp->state == CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_WAITLISTED;
        if (!t->answers[event][person].given || !agrees(&t->answers[event][person], rsvp))
            fail(t, "an RSVP is not as acknowledged", rsvp->person_id);
    }
    for (unsigned i = 0; i < PEOPLE; i++)
        if (t->answers[event][i].given && !seen[i])
            fail(t, "an acknowledged RSVP is lost", t->people[i]);
    Convene__Events__V1__GetEventRequest get = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    get.id = t->events[event];
    const Convene__Events__V1__Event *shown =
        ask(t, &convene__events__v1__event_service__descriptor, "GetEvent", &get.base, &arena);
    if (taken > SEATS || shown->seats_taken != taken || shown->waitlist_count != waiting)
        fail(t, "seats are not counted as they are taken", t->events[event]);
}

/* A request sent again long after it was answered has its first answer. */
static void check_repeated(struct test *t)
{
    for (unsigned i = 0; i < 4; i++) {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, KILL_ARENA_BYTES);
        unsigned event = dice_below(&t->dice, SEATED_EVENTS), person = dice_below(&t->dice, PEOPLE);
        const struct answer *answer = &t->answers[event][person];
        if (!answer->given)
            continue;
        const Convene__Events__V1__Rsvp *rsvp =
            kill_respond(&t->line, &arena, t->events[event], t->people[person], answer->guests,
                         answer->request_id);
        if (!rsvp || (int)rsvp->state != answer->state)
            fail(t, "a repeated request has another answer than the first", answer->request_id);
    }
}

static int compare_ids(const void *a, const void *b)
{
    return strncmp(a, b, KILL_ID_BYTES);
}

/* All events of the group, page by page: those acknowledged, and no other. */
static void check_events(struct test *t)
{
    char token[512] = "";
    unsigned n = 0;
    qsort(t->made, t->n_made, sizeof *t->made, compare_ids);
    do {
        CVN_ARENA_AUTO arena;
        cvn_arena_init(&arena, KILL_ARENA_BYTES);
        Convene__Events__V1__ListEventsRequest list =
            CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
        list.group_id = t->group;
        list.page_size = 200;
        list.page_token = token;
        const Convene__Events__V1__ListEventsResponse *page = ask(
            t, &convene__events__v1__event_service__descriptor, "ListEvents", &list.base, &arena);
        for (size_t i = 0; i < page->n_events; i++) {
            char id[KILL_ID_BYTES] = "";
            (void)snprintf(id, sizeof id, "%s", page->events[i]->id);
            bool seated = false;
            for (unsigned j = 0; j < SEATED_EVENTS; j++)
                seated |= strcmp(t->events[j], id) == 0;
            if (!seated && !bsearch(id, t->made, t->n_made, sizeof *t->made, compare_ids))
                fail(t, "an event is there that nobody was told of", id);
            n += !seated;
        }
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    } while (token[0]);
    if (n != t->n_made)
        fail(t, "acknowledged events are lost or doubled", t->group);
}

static void check_enrolments(struct test *t)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Mentoring__V1__GetProgramRequest get =
        CONVENE__MENTORING__V1__GET_PROGRAM_REQUEST__INIT;
    get.id = t->program;
    const Convene__Mentoring__V1__Program *program = ask(
        t, &convene__mentoring__v1__program_service__descriptor, "GetProgram", &get.base, &arena);
    if (program->mentor_count + program->mentee_count != (int)t->n_enrolled)
        fail(t, "enrolments are lost or doubled", t->program);
}

/* Indexes, change logs and replay records, gone through by the server. */
static void check_stores(struct test *t)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Admin__V1__CheckStoresRequest check = CONVENE__ADMIN__V1__CHECK_STORES_REQUEST__INIT;
    const struct cvn_call_request request = {
        .service = &convene__admin__v1__check_service__descriptor,
        .method = "CheckStores",
        .message = &check.base,
        .options = {.timeout_ms = 30000, .wait_for_ready = true}};
    struct cvn_stream *stream;
    struct cvn_status status;
    ProtobufCMessage *message;
    unsigned n = 0;
    if (cvn_stream_new(&stream, t->line.channel, &request, NULL) != 0)
        fail(t, "the stores cannot be checked", "no stream");
    while (cvn_stream_read(stream, &arena, &message) == 0) {
        const Convene__Admin__V1__StoreCheck *found =
            ((const Convene__Admin__V1__CheckProgress *)message)->check;
        if (found && found->finding_count)
            fail(t, found->findings[0], found->name);
        n += found != NULL;
    }
    if (cvn_stream_finish(stream, &arena, &status) != CVN_OK || n < 2)
        fail(t, "not every store was checked", status.message);
    cvn_stream_free(stream);
}

/* How many batches the server could not commit. */
static void count_faults(struct test *t)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Admin__V1__GetStoresRequest request = CONVENE__ADMIN__V1__GET_STORES_REQUEST__INIT;
    const Convene__Admin__V1__Stores *stores =
        ask(t, &convene__admin__v1__store_service__descriptor, "GetStores", &request.base, &arena);
    for (size_t i = 0; i < stores->n_stores; i++)
        t->n_faults += stores->stores[i]->faults;
}

/* Lets the clients end the calls they are in, looks, and lets them go on. */
static void check_everything(struct test *t)
{
    (void)pthread_mutex_lock(&t->lock);
    t->pausing = true;
    while (t->n_paused < CLIENTS)
        (void)pthread_cond_wait(&t->changed, &t->lock);
    (void)pthread_mutex_unlock(&t->lock);
    for (unsigned event = 0; event < SEATED_EVENTS; event++)
        check_seats(t, event);
    check_repeated(t);
    check_events(t);
    check_enrolments(t);
    check_stores(t);
    (void)pthread_mutex_lock(&t->lock);
    t->pausing = false;
    (void)pthread_cond_broadcast(&t->changed);
    (void)pthread_mutex_unlock(&t->lock);
}

/* Until the clients have been told of so many more answers: a moment of work, not of time. */
static void wait_for_answers(struct test *t, uint64_t n)
{
    (void)pthread_mutex_lock(&t->lock);
    uint64_t until = t->n_answers + n;
    while (t->n_answers < until) {
        (void)pthread_mutex_unlock(&t->lock);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        (void)pthread_mutex_lock(&t->lock);
    }
    (void)pthread_mutex_unlock(&t->lock);
}

static void kill_and_restart(struct test *t)
{
    struct timespec pause = {.tv_nsec = (long)dice_below(&t->dice, 4000000)};
    (void)nanosleep(&pause, NULL); /* so that it is hit between answers, too */
    (void)kill(t->server, SIGKILL);
    (void)waitpid(t->server, NULL, 0);
    t->line.n_kills++;
    start_server(t);
}

/* A second server on the same stores is told no. */
static void check_second_server(const struct test *t)
{
    char data[PATH_BYTES + 8], url[2 * PATH_BYTES + 8];
    int status = 0;
    (void)snprintf(data, sizeof data, "%s/data", t->directory);
    (void)snprintf(url, sizeof url, "%s2", t->url);
    pid_t second = fork();
    if (second == 0) {
        (void)close(STDERR_FILENO);
        (void)execl(t->convened, t->convened, "--data", data, "--listen", url, (char *)NULL);
        _exit(127);
    }
    if (second < 0 || waitpid(second, &status, 0) != second || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 1)
        fail(t, "a second server opens the same stores", data);
}

static void make_everything(struct test *t)
{
    kill_make_group(&t->line, t->group);
    kill_make_program(&t->line, t->program);
    for (unsigned i = 0; i < PEOPLE; i++)
        kill_make_person(&t->line, i, t->people[i]);
    for (unsigned i = 0; i < SEATED_EVENTS; i++) {
        char title[16];
        (void)snprintf(title, sizeof title, "seats %u", i);
        kill_make_event(&t->line, t->group, title, SEATS, t->events[i]);
    }
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void run(struct test *t)
{
    struct client clients[CLIENTS];
    start_server(t);
    open_line(t);
    make_everything(t);
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.test = t, .number = i, .dice = t->seed * 1000 + i};
        if (pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) != 0)
            fail(t, "no thread", strerror(errno));
    }
    for (unsigned i = 0; i < t->kills; i++) {
        wait_for_answers(t, 1 + dice_below(&t->dice, 60));
        count_faults(t);
        kill_and_restart(t);
        check_everything(t);
    }
    check_second_server(t);
    (void)pthread_mutex_lock(&t->lock);
    t->ending = true;
    (void)pthread_mutex_unlock(&t->lock);
    for (unsigned i = 0; i < CLIENTS; i++)
        (void)pthread_join(clients[i].thread, NULL);
    cvn_channel_free(t->line.channel);
    (void)kill(t->server, SIGTERM);
    (void)waitpid(t->server, NULL, 0);
    printf("seed %" PRIu64 ": %u kills, %" PRIu64 " answers, %u events and %u enrolments "
           "acknowledged, all there; %" PRIu64 " calls were repeated, %" PRIu64
           " batches met a disk that failed\n",
           t->seed, t->kills, t->n_answers, t->n_made, t->n_enrolled, (uint64_t)t->line.n_repeated,
           t->n_faults);
}

static bool read_arguments(int argc, char **argv, struct test *t)
{
    for (int i = 2; i + 1 < argc; i += 2) {
        char *end;
        if (strcmp(argv[i], "--disk") == 0) {
            t->disk = argv[i + 1];
            continue;
        }
        unsigned long number = strtoul(argv[i + 1], &end, 10);
        if (*end || end == argv[i + 1])
            return false;
        if (strcmp(argv[i], "--seed") == 0)
            t->seed = number;
        else if (strcmp(argv[i], "--kills") == 0)
            t->kills = (unsigned)number;
        else
            return false;
    }
    return argc >= 2 && argc % 2 == 0;
}

int main(int argc, char **argv)
{
    struct test *t = calloc(1, sizeof *t);
    if (!t || !(t->made = calloc(MADE_EVENTS_MAX, sizeof *t->made)))
        return 1;
    t->seed = 1;
    t->kills = 6;
    if (!read_arguments(argc, argv, t)) {
        fprintf(stderr, "usage: test_kill CONVENED [--seed N] [--kills M] [--disk MODULE]\n");
        return 2;
    }
    t->convened = argv[1];
    t->dice = t->seed;
    (void)pthread_mutex_init(&t->lock, NULL);
    (void)pthread_cond_init(&t->changed, NULL);
    strcpy(t->directory, "/tmp/convene-kill-XXXXXX");
    if (!mkdtemp(t->directory))
        return 1;
    (void)snprintf(t->url, sizeof t->url, "ipc://%s/s", t->directory);
    run(t);
    (void)nftw(t->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(t->made);
    free(t);
    return 0;
}
