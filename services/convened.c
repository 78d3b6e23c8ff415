/* The server: the only place that composes. Settings, stores, services, sockets, signals. */
#include "base/address.h"
#include "base/api_key.h"
#include "base/zone.h"
#include "matching/matching.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "services/admin_handlers.h"
#include "services/call_log.h"
#include "services/caller.h"
#include "services/events/audit.h"
#include "services/events/groups/group_rename.h"
#include "services/events/keys/key_access.h"
#include "services/events/people/erasure.h"
#include "services/events/registrar.h"
#include "services/events/rsvps/rsvp_task.h"
#include "services/events/schema.h"
#include "services/events/series/series_task.h"
#include "services/events/service.h"
#include "services/events/watch/watch_hub.h"
#include "services/mentoring/key_source.h"
#include "services/mentoring/schema.h"
#include "services/mentoring/service.h"
#include "services/offer.h"
#include "services/runtime/clock.h"
#include "services/runtime/methods.h"
#include "services/settings.h"
#include "services/store_admin.h"
#include "services/store_files.h"
#include "services/store_tool.h"
#include "storage/store.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Where mentoring finds the events service when both are here. */
#define EVENTS_INSIDE_URL "inproc://convene-events"

enum {
    EXIT_USAGE = 2,
    CREDENTIALS_BYTES = 7 + CVN_API_KEY_CHARS + 1, /* "Bearer ", a key, NUL */
    KEY_LINE_BYTES = 256,
    CALLER_REQUEST_BYTES_MAX = 256 << 20, /* of one caller's calls in flight */
    INSIDE_WORKERS =
        2, /* for mentoring's calls to events, so that they never wait for each other */
};

/* Everything the process holds, in the order in which it is made. */
struct daemon {
    struct cvn_settings settings;
    struct cvn_zones *zones;
    struct cvn_offer_shared shared;
    struct cvn_admin admin;
    struct cvn_store_admin stores;
    struct cvn_store *events_store;
    struct cvn_runtime *events_runtime;
    struct cvn_events_service events;
    struct cvn_write_streams registrar;
    struct cvn_watch_hub *watches;
    struct cvn_series_task series_task;
    struct cvn_erasure_task erasure_task;
    struct cvn_store *mentoring_store;
    struct cvn_runtime *mentoring_runtime;
    struct cvn_channel *events_channel;
    struct cvn_key_source *keys; /* for mentoring */
    struct cvn_mentoring *mentoring;
    struct cvn_server *inside; /* the events service for mentoring, over inproc */
    struct cvn_offer inside_offer;
    struct cvn_clock *events_clock, *mentoring_clock;
    struct cvn_limits *limits;
    struct cvn_server *server;
    struct cvn_offer offer;
};

static int64_t wall_clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Makes the directory and those above it, for this user alone. */
static int make_directories(const char *path, struct cvn_error *err)
{
    char part[CVN_SETTINGS_TEXT_BYTES];
    for (const char *slash = path + 1;; slash++) {
        if (*slash != '/' && *slash != '\0')
            continue;
        (void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (mkdir(part, 0700) == 0)
            cvn_store_files_sync_parent(part);
        else if (errno != EEXIST)
            return cvn_error_set(err, -errno, "The data directory %s cannot be made: %s.", part,
                                 strerror(errno));
        if (*slash == '\0')
            return 0;
    }
}

/* A store of the data directory. */
struct part {
    const char *name;
    uint32_t schema_version;
    cvn_schema_step *const *schema_steps;
};

static int open_store(struct daemon *daemon, const struct part *part,
                      struct cvn_authenticator authenticator, struct cvn_store **ret_store,
                      struct cvn_runtime **ret_runtime, struct cvn_error *err)
{
    char path[CVN_SETTINGS_TEXT_BYTES + 16];
    (void)snprintf(path, sizeof path, "%s/%s", daemon->settings.data, part->name);
    const struct cvn_store_options options = {
        .path = path,
        .change_keep_days = (uint32_t)daemon->settings.keep_changes_days,
        .schema_version = part->schema_version,
        .schema_steps = part->schema_steps,
    };
    int r = cvn_store_open(ret_store, &options, err);
    if (r)
        return r;
    r = cvn_runtime_new(ret_runtime, &(struct cvn_runtime_options){
                                         .store = *ret_store,
                                         .wall_clock_ms = wall_clock_ms,
                                         .random_bytes = randombytes_buf,
                                         .admin_uid = getuid(),
                                         .authenticator = authenticator,
                                     });
    return r ? cvn_error_set(err, r, "The store %s cannot be read: %s.", path, strerror(-r)) : 0;
}

/* Per caller; a peer in this process has none. */
static int new_limits(struct daemon *daemon, struct cvn_error *err)
{
    uint32_t rate = (uint32_t)daemon->settings.caller_rate;
    int r = cvn_limits_new(&daemon->limits,
                           &(struct cvn_limits_options){
                               .max_calls = (uint32_t)daemon->settings.caller_calls,
                               .max_bytes = CALLER_REQUEST_BYTES_MAX,
                               .per_second = rate,
                               .burst = rate <= CVN_LIMITS_RATE_MAX / 2 ? rate * 2 : rate,
                               .caller = cvn_caller_of_call,
                           });
    return r ? cvn_error_set(err, r, "The limits by caller cannot be made: %s.", strerror(-r)) : 0;
}

static int new_server(struct daemon *daemon, int n_workers, struct cvn_server **ret,
                      struct cvn_error *err)
{
    const struct cvn_interceptor interceptors[] = {cvn_metrics_interceptor(daemon->shared.metrics),
                                                   cvn_limits_interceptor(daemon->limits),
                                                   {.end = cvn_call_log_write}};
    int r = cvn_server_new(ret, &(struct cvn_server_options){
                                    .n_workers = (unsigned)n_workers,
                                    .interceptors = interceptors,
                                    .n_interceptors = daemon->settings.quiet ? 2 : 3,
                                });
    return r ? cvn_error_set(err, r, "The server cannot be made: %s.", strerror(-r)) : 0;
}

static int start_events(struct daemon *daemon, struct cvn_error *err)
{
    daemon->events = (struct cvn_events_service){.zones = daemon->zones};
    randombytes_buf(daemon->events.lottery_secret, sizeof daemon->events.lottery_secret);
    struct cvn_authenticator keys = {cvn_key_authenticate, &daemon->events.key_uses};
    static const struct part events = {"events", CVN_EVENTS_SCHEMA, cvn_events_schema_steps};
    int r = open_store(daemon, &events, keys, &daemon->events_store, &daemon->events_runtime, err);
    if (r)
        return r;
    r = cvn_events_bind(&daemon->events, daemon->events_runtime, daemon->server);
    if (r == 0)
        r = cvn_watch_hub_new(&daemon->watches,
                              &(struct cvn_watch_hub_options){.service = &daemon->events,
                                                              .store = daemon->events_store,
                                                              .runtime = daemon->events_runtime,
                                                              .wall_clock_ms = wall_clock_ms});
    if (r == 0)
        r = cvn_watch_hub_bind(daemon->watches, daemon->server);
    daemon->registrar = (struct cvn_write_streams){.service = &daemon->events,
                                                   .store = daemon->events_store,
                                                   .runtime = daemon->events_runtime,
                                                   .wall_clock_ms = wall_clock_ms,
                                                   .random_bytes = randombytes_buf};
    if (r == 0)
        r = cvn_registrar_bind(&daemon->registrar, daemon->server);
    return r ? cvn_error_set(err, r, "The events service cannot start: %s.", strerror(-r)) : 0;
}

/* The events service once more, for the mentoring service of this process only. */
static int start_inside(struct daemon *daemon, struct cvn_error *err)
{
    int r = new_server(daemon, INSIDE_WORKERS, &daemon->inside, err);
    if (r)
        return r;
    r = cvn_events_bind(&daemon->events, daemon->events_runtime, daemon->inside);
    if (r == 0)
        r = cvn_offer_init(&daemon->inside_offer, &daemon->shared, daemon->inside);
    if (r)
        return cvn_error_set(err, r, "The events service cannot start: %s.", strerror(-r));
    r = cvn_server_listen(daemon->inside, EVENTS_INSIDE_URL, err);
    return r ? r : cvn_server_start(daemon->inside);
}

/* The key that mentoring asks the events service with. */
static int read_events_key(const struct cvn_settings *settings, char ret[CREDENTIALS_BYTES],
                           struct cvn_error *err)
{
    const char *path = settings->events_key_file;
    if (cvn_address_is_readable(settings->events_url))
        return cvn_error_set(err, -EINVAL,
                             "A key sent to --events-url %s could be read by others on the way; "
                             "tls+tcp://host:port is right.",
                             settings->events_url);
    FILE *file = fopen(path, "re");
    if (!file)
        return cvn_error_set(err, -errno, "--events-key-file %s cannot be read: %s.", path,
                             strerror(errno));
    char line[KEY_LINE_BYTES] = "";
    struct cvn_api_key key;
    bool found = fgets(line, sizeof line, file) != NULL;
    (void)fclose(file);
    line[strcspn(line, " \t\r\n")] = '\0';
    found = found && cvn_api_key_parse(&key, line);
    if (found)
        (void)snprintf(ret, CREDENTIALS_BYTES, "Bearer %s", key.text);
    sodium_memzero(line, sizeof line);
    sodium_memzero(&key, sizeof key);
    return found ? 0
                 : cvn_error_set(err, -EINVAL, "The first line of --events-key-file %s is no key.",
                                 path);
}

static struct cvn_tls_files files_of(const struct cvn_settings_tls *tls)
{
    return (struct cvn_tls_files){.ca = tls->ca, .certificate = tls->certificate, .key = tls->key};
}

/* To the events service, in this process or elsewhere. */
static int open_events_channel(struct daemon *daemon, struct cvn_error *err)
{
    const struct cvn_settings *settings = &daemon->settings;
    if (settings->events)
        return cvn_channel_new(&daemon->events_channel, EVENTS_INSIDE_URL, NULL, err);
    char credentials[CREDENTIALS_BYTES] = "";
    int r = settings->events_key_file[0] ? read_events_key(settings, credentials, err) : 0;
    struct cvn_channel_options options = {
        .authorization = credentials[0] ? credentials : NULL,
        .tls = files_of(&settings->events_tls),
        .health_service = strchr(settings->events_url, ',') ? "" : NULL,
    };
    if (r == 0)
        r = cvn_channel_new(&daemon->events_channel, settings->events_url, &options, err);
    sodium_memzero(credentials, sizeof credentials);
    return r;
}

/* As many threads as the machine has processors, as far as a matching takes them. */
static int32_t match_threads(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n < CVN_MATCH_THREADS_MAX ? (int32_t)n : CVN_MATCH_THREADS_MAX;
}

static int start_mentoring(struct daemon *daemon, struct cvn_error *err)
{
    int r = daemon->settings.events ? start_inside(daemon, err) : 0;
    if (r == 0)
        r = open_events_channel(daemon, err);
    if (r == 0)
        r = cvn_key_source_new(&daemon->keys, daemon->events_channel);
    if (r)
        return r;
    struct cvn_authenticator keys = {cvn_key_source_find, daemon->keys};
    static const struct part mentoring = {"mentoring", CVN_MENTORING_SCHEMA,
                                          cvn_mentoring_schema_steps};
    r = open_store(daemon, &mentoring, keys, &daemon->mentoring_store, &daemon->mentoring_runtime,
                   err);
    if (r)
        return r;
    r = cvn_mentoring_new(&daemon->mentoring, &(struct cvn_mentoring_options){
                                                  .store = daemon->mentoring_store,
                                                  .zones = daemon->zones,
                                                  .threads_per_run = match_threads(),
                                                  .events = daemon->events_channel,
                                                  .wall_clock_ms = wall_clock_ms,
                                              });
    if (r == 0)
        r = cvn_mentoring_bind(daemon->mentoring, daemon->mentoring_runtime, daemon->server);
    return r ? cvn_error_set(err, r, "The mentoring service cannot start: %s.", strerror(-r)) : 0;
}

static int start_stores(struct daemon *daemon, struct cvn_runtime *runtime)
{
    daemon->stores.directory = daemon->settings.data;
    if (daemon->settings.events)
        cvn_store_admin_add(&daemon->stores,
                            &(struct cvn_admin_store){"events", daemon->events_store,
                                                      cvn_events_tables, cvn_events_audit});
    if (daemon->settings.mentoring)
        cvn_store_admin_add(&daemon->stores,
                            &(struct cvn_admin_store){"mentoring", daemon->mentoring_store,
                                                      cvn_mentoring_tables, NULL});
    return cvn_store_admin_bind(&daemon->stores, runtime, daemon->server);
}

/* What the server offers besides its services, once those are there. */
static int start_offer(struct daemon *daemon, struct cvn_error *err)
{
    daemon->admin = (struct cvn_admin){.metrics = daemon->shared.metrics,
                                       .stores = &daemon->stores,
                                       .start_time_ms = wall_clock_ms()};
    struct cvn_runtime *runtime =
        daemon->settings.events ? daemon->events_runtime : daemon->mentoring_runtime;
    int r = cvn_admin_bind(&daemon->admin, runtime, daemon->server);
    if (r == 0)
        r = start_stores(daemon, runtime);
    if (r == 0)
        r = cvn_offer_init(&daemon->offer, &daemon->shared, daemon->server);
    return r ? cvn_error_set(err, r, "Health, reflection and administration cannot start: %s.",
                             strerror(-r))
             : 0;
}

static int series_turn(void *arg, int64_t now_ms, int64_t *ret_next_ms)
{
    struct daemon *daemon = arg;
    return cvn_series_task_turn(&daemon->series_task, &daemon->events, daemon->events_store, now_ms,
                                ret_next_ms);
}

static int rsvps_turn(void *arg, int64_t now_ms, int64_t *ret_next_ms)
{
    struct daemon *daemon = arg;
    return cvn_rsvp_task_turn(&daemon->events, daemon->events_store, now_ms, ret_next_ms);
}

static int renamed_turn(void *arg, int64_t now_ms, int64_t *ret_next_ms)
{
    struct daemon *daemon = arg;
    (void)ret_next_ms;
    return cvn_group_rename_turn(&daemon->events, daemon->events_store, now_ms);
}

static int erasures_turn(void *arg, int64_t now_ms, int64_t *ret_next_ms)
{
    struct daemon *daemon = arg;
    return cvn_erasure_turn(&daemon->erasure_task, &daemon->events, daemon->events_store, now_ms,
                            ret_next_ms);
}

static int mentoring_turn(void *arg, int64_t now_ms, int64_t *ret_next_ms)
{
    struct daemon *daemon = arg;
    return cvn_mentoring_turn(daemon->mentoring, now_ms, ret_next_ms);
}

static void report_turn(const char *failed, int fault)
{
    fprintf(stderr, "convened: %s: %s\n", failed, strerror(-fault));
}

/* What both services do by themselves as time passes. */
static int start_clocks(struct daemon *daemon, struct cvn_error *err)
{
    static const struct cvn_clock_task events[] = {
        {series_turn, "the series could not be brought up to date"},
        {rsvps_turn, "offers and lots could not be looked after"},
        {renamed_turn, "the events of a renamed group could not follow"},
        {erasures_turn, "an erasure could not go on"},
    };
    static const struct cvn_clock_task mentoring[] = {
        {mentoring_turn, "proposals could not expire"},
    };
    struct cvn_clock_options options = {.tasks = events,
                                        .n_tasks = sizeof events / sizeof *events,
                                        .store = daemon->events_store,
                                        .arg = daemon,
                                        .wall_clock_ms = wall_clock_ms,
                                        .report = report_turn};
    int r = daemon->settings.events ? cvn_clock_new(&daemon->events_clock, &options) : 0;
    options.tasks = mentoring;
    options.n_tasks = sizeof mentoring / sizeof *mentoring;
    options.store = daemon->mentoring_store;
    if (r == 0 && daemon->settings.mentoring)
        r = cvn_clock_new(&daemon->mentoring_clock, &options);
    return r ? cvn_error_set(err, r, "The clock cannot start: %s.", strerror(-r)) : 0;
}

static bool has_tls(const struct cvn_settings *settings)
{
    return settings->tls.ca[0] || settings->tls.certificate[0] || settings->tls.key[0];
}

/* Before any address is listened on, and again on SIGHUP. */
static int set_tls(struct daemon *daemon, struct cvn_error *err)
{
    struct cvn_tls_files files = files_of(&daemon->settings.tls);
    return has_tls(&daemon->settings) ? cvn_server_set_tls(daemon->server, &files, err) : 0;
}

/*
 * Before anything that takes time, so that whoever calls a server that starts is kept waiting, and
 * not told that there is none. Nobody is answered before it is started.
 */
static int listen_to_all(struct daemon *daemon, struct cvn_error *err)
{
    int r = set_tls(daemon, err);
    for (size_t i = 0; r == 0 && i < daemon->settings.n_listen; i++) {
        const char *url = daemon->settings.listen[i];
        r = cvn_server_listen(daemon->server, url, err);
        if (r == -EADDRINUSE)
            r = cvn_error_set(err, r,
                              "Cannot listen on %s: another server serves it already; look with "
                              "`convene --url %s health`. End that one, or give another --listen.",
                              url, url);
    }
    return r;
}

static int start(struct daemon *daemon, struct cvn_error *err)
{
    int r = make_directories(daemon->settings.data, err);
    if (r == 0 && cvn_zones_new(&daemon->zones) < 0)
        r = cvn_error_set(err, -ENOMEM, "The time zones cannot be loaded.");
    if (r == 0)
        r = cvn_offer_shared_init(&daemon->shared, err);
    if (r == 0)
        r = new_limits(daemon, err);
    if (r == 0)
        r = new_server(daemon, daemon->settings.n_workers, &daemon->server, err);
    if (r == 0)
        r = listen_to_all(daemon, err);
    if (r == 0 && daemon->settings.events)
        r = start_events(daemon, err);
    if (r == 0 && daemon->settings.mentoring)
        r = start_mentoring(daemon, err);
    if (r == 0)
        r = start_offer(daemon, err);
    if (r == 0)
        r = start_clocks(daemon, err);
    return r ? r : cvn_server_start(daemon->server);
}

/* The public sockets first, so that nobody is cut off from a service that is still needed. */
static void stop(struct daemon *daemon)
{
    cvn_offer_drain(&daemon->offer);
    if (daemon->watches)
        cvn_watch_hub_drain(daemon->watches);
    if (daemon->server)
        cvn_server_drain(daemon->server, daemon->settings.drain_timeout_ms);
    cvn_clock_free(daemon->mentoring_clock);
    cvn_clock_free(daemon->events_clock);
    cvn_mentoring_stop(daemon->mentoring);
    cvn_offer_drain(&daemon->inside_offer);
    if (daemon->inside)
        cvn_server_drain(daemon->inside, daemon->settings.drain_timeout_ms);
    cvn_watch_hub_stop(daemon->watches);
    cvn_store_close(daemon->mentoring_store);
    cvn_store_close(daemon->events_store);
    cvn_server_free(daemon->server);
    cvn_watch_hub_free(daemon->watches);
    cvn_key_source_free(daemon->keys);
    cvn_channel_free(daemon->events_channel);
    cvn_server_free(daemon->inside);
    cvn_mentoring_free(daemon->mentoring);
    cvn_runtime_free(daemon->mentoring_runtime);
    cvn_runtime_free(daemon->events_runtime);
    cvn_offer_deinit(&daemon->inside_offer);
    cvn_offer_deinit(&daemon->offer);
    cvn_limits_free(daemon->limits);
    cvn_offer_shared_deinit(&daemon->shared);
    cvn_zones_free(daemon->zones);
}

/* What is wrong with the new files changes nothing. */
static void reload(struct daemon *daemon)
{
    struct cvn_error err = {""};
    if (set_tls(daemon, &err))
        fprintf(stderr, "convened: the certificates stay as they were: %s\n", err.text);
    else
        fprintf(stderr, "convened: the certificates were read again\n");
}

static void say_ready(const struct cvn_settings *settings)
{
    for (size_t i = 0; i < settings->n_listen; i++)
        if (cvn_address_is_readable(settings->listen[i]))
            fprintf(stderr,
                    "convened: what goes over %s can be read on the way; tls+tcp:// is right "
                    "between machines\n",
                    settings->listen[i]);
    for (size_t i = 0; i < settings->n_listen; i++)
        fprintf(stderr, "convened: ready on %s\n", settings->listen[i]);
}

static int serve(struct daemon *daemon)
{
    /* Blocked before any thread starts, so that only this one hears them. */
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);

    struct cvn_error err = {""};
    int r = start(daemon, &err);
    if (r) {
        fprintf(stderr, "convened: %s\n", err.text[0] ? err.text : strerror(r < 0 ? -r : EINVAL));
        stop(daemon);
        return EXIT_FAILURE;
    }
    say_ready(&daemon->settings);
    int got;
    while (sigwait(&signals, &got) == 0 && got == SIGHUP && has_tls(&daemon->settings))
        reload(daemon);
    fprintf(stderr, "convened: %s, finishing what runs\n", strsignal(got));
    stop(daemon);
    fprintf(stderr, "convened: stopped\n");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    struct cvn_error err;
    if (cvn_store_tool_is(argc, argv))
        return cvn_store_tool_main(argc, argv);
    switch (cvn_settings_read(&daemon.settings, argc, argv, &err)) {
    case CVN_SETTINGS_RUN:
        break;
    case CVN_SETTINGS_HELP:
        (void)fputs(cvn_settings_usage, stdout);
        return EXIT_SUCCESS;
    case CVN_SETTINGS_VERSION:
        printf("convened %s\n", CVN_VERSION);
        return EXIT_SUCCESS;
    default:
        fprintf(stderr, "convened: %s\n", err.text);
        return EXIT_USAGE;
    }
    if (sodium_init() < 0) {
        fprintf(stderr, "convened: this machine has no source of randomness.\n");
        return EXIT_FAILURE;
    }
    return serve(&daemon);
}
