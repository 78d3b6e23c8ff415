#include "rpc/health.h"

#include "grpc/health/v1/health.pb-c.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RETRY_DELAY_MS = 1000 };

struct service {
    char *name;
    enum cvn_health_status status;
};

/* A call of Watch, in its arena. Whoever takes it off the list has to finish the call. */
struct watcher {
    struct watcher *next, *previous;
    struct cvn_server_call *call;
    const char *service;         /* the request's */
    enum cvn_health_status told; /* 0: nothing yet */
    bool listed;
};

struct cvn_health {
    pthread_mutex_t lock; /* taken before a server's; never held while a call is finished */
    struct service services[CVN_HEALTH_SERVICES_MAX];
    size_t n_services;
    struct watcher *watchers;
    size_t n_watchers;
    bool draining;
};

static struct service *find(struct cvn_health *health, const char *name)
{
    for (size_t i = 0; i < health->n_services; i++)
        if (strcmp(health->services[i].name, name) == 0)
            return &health->services[i];
    return NULL;
}

static enum cvn_health_status status_of(struct cvn_health *health, const char *name)
{
    const struct service *service = find(health, name);
    if (!service || service->status == CVN_HEALTH_SERVICE_UNKNOWN)
        return CVN_HEALTH_SERVICE_UNKNOWN;
    return health->draining ? CVN_HEALTH_NOT_SERVING : service->status;
}

/* Tells a watcher how its service fares unless it knows. One that reads slowly is told of what will
 * be true when it can be told. With the lock held. */
static void tell(struct cvn_health *health, struct watcher *watcher)
{
    enum cvn_health_status status = status_of(health, watcher->service);
    if (watcher->told == status)
        return;
    Grpc__Health__V1__HealthCheckResponse reply = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    reply.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)status;
    if (cvn_server_call_write(watcher->call, &reply.base) == 0)
        watcher->told = status;
}

static void list(struct cvn_health *health, struct watcher *watcher)
{
    watcher->next = health->watchers;
    if (watcher->next)
        watcher->next->previous = watcher;
    health->watchers = watcher;
    health->n_watchers++;
    watcher->listed = true;
}

/* Whether it was on the list, so that its call is the caller's to finish. */
static bool unlist(struct cvn_health *health, struct watcher *watcher)
{
    if (!watcher->listed)
        return false;
    if (watcher->previous)
        watcher->previous->next = watcher->next;
    else
        health->watchers = watcher->next;
    if (watcher->next)
        watcher->next->previous = watcher->previous;
    health->n_watchers--;
    watcher->listed = false;
    return true;
}

/* Whether the name is short enough; else the call is finished. */
static bool check_name(struct cvn_server_call *call, const char *name)
{
    if (strlen(name) <= CVN_HEALTH_NAME_BYTES_MAX)
        return true;
    struct cvn_status status;
    (void)cvn_status_set(&status, cvn_server_call_arena(call), CVN_INVALID_ARGUMENT,
                         "service has %zu bytes; at most %d are right.", strlen(name),
                         CVN_HEALTH_NAME_BYTES_MAX);
    cvn_server_call_finish(call, &status, NULL);
    return false;
}

static void handle_check(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    const Grpc__Health__V1__HealthCheckRequest *request = (const void *)message;
    struct cvn_health *health = user;
    if (!check_name(call, request->service))
        return;
    (void)pthread_mutex_lock(&health->lock);
    enum cvn_health_status found = status_of(health, request->service);
    (void)pthread_mutex_unlock(&health->lock);
    struct cvn_status status = {0};
    Grpc__Health__V1__HealthCheckResponse reply = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    reply.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)found;
    if (found == CVN_HEALTH_SERVICE_UNKNOWN)
        (void)cvn_status_set(&status, cvn_server_call_arena(call), CVN_NOT_FOUND,
                             "The server knows no service \"%s\".", request->service);
    cvn_server_call_finish(call, &status, &reply.base);
}

/* Fills the reply with what is known; its texts are of the table, which only grows. 0 or -ENOMEM.
 */
static int fill_list(struct cvn_health *health, struct cvn_arena *arena,
                     Grpc__Health__V1__HealthListResponse *reply)
{
    Grpc__Health__V1__HealthListResponse__StatusesEntry *entries =
        cvn_arena_alloc_array(arena, health->n_services, sizeof *entries);
    Grpc__Health__V1__HealthCheckResponse *values =
        cvn_arena_alloc_array(arena, health->n_services, sizeof *values);
    reply->statuses = cvn_arena_alloc_array(arena, health->n_services,
                                            sizeof(Grpc__Health__V1__HealthCheckResponse *));
    if (!entries || !values || !reply->statuses)
        return -ENOMEM;
    for (size_t i = 0; i < health->n_services; i++) {
        enum cvn_health_status status = status_of(health, health->services[i].name);
        if (status == CVN_HEALTH_SERVICE_UNKNOWN)
            continue;
        size_t n = reply->n_statuses++;
        grpc__health__v1__health_check_response__init(&values[n]);
        values[n].status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)status;
        grpc__health__v1__health_list_response__statuses_entry__init(&entries[n]);
        entries[n].key = health->services[i].name;
        entries[n].value = &values[n];
        reply->statuses[n] = &entries[n];
    }
    return 0;
}

static void handle_list(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    (void)message;
    struct cvn_health *health = user;
    Grpc__Health__V1__HealthListResponse reply = GRPC__HEALTH__V1__HEALTH_LIST_RESPONSE__INIT;
    struct cvn_status status = {0};
    (void)pthread_mutex_lock(&health->lock);
    int r = fill_list(health, cvn_server_call_arena(call), &reply);
    (void)pthread_mutex_unlock(&health->lock);
    if (r)
        status = (struct cvn_status){.code = CVN_RESOURCE_EXHAUSTED,
                                     .message = "The list does not fit into one answer."};
    cvn_server_call_finish(call, &status, &reply.base);
}

static const struct cvn_status stopping = {
    .code = CVN_UNAVAILABLE,
    .message = "The server is stopping.",
};

static void refuse_watcher(struct cvn_server_call *call)
{
    struct cvn_status status;
    struct cvn_arena *arena = cvn_server_call_arena(call);
    (void)cvn_status_set(&status, arena, CVN_RESOURCE_EXHAUSTED,
                         "%d calls watch already; no more are taken.", CVN_HEALTH_WATCHERS_MAX);
    cvn_status_add_retry_info(&status, arena, RETRY_DELAY_MS);
    cvn_server_call_finish(call, &status, NULL);
}

static void handle_watch(struct cvn_server_call *call, const ProtobufCMessage *message, void *user)
{
    const Grpc__Health__V1__HealthCheckRequest *request = (const void *)message;
    struct cvn_health *health = user;
    if (!check_name(call, request->service))
        return;
    struct watcher *watcher = cvn_arena_alloc(cvn_server_call_arena(call), sizeof *watcher);
    if (!watcher) {
        refuse_watcher(call);
        return;
    }
    *watcher = (struct watcher){.call = call, .service = request->service};
    cvn_server_call_set_state(call, watcher);
    (void)pthread_mutex_lock(&health->lock);
    bool full = health->n_watchers == CVN_HEALTH_WATCHERS_MAX;
    bool draining = health->draining;
    if (!full)
        tell(health, watcher);
    if (!full && !draining)
        list(health, watcher);
    (void)pthread_mutex_unlock(&health->lock);
    if (full)
        refuse_watcher(call);
    else if (draining)
        cvn_server_call_finish(call, &stopping, NULL);
}

static void watch_writable(struct cvn_server_call *call, void *user)
{
    struct cvn_health *health = user;
    struct watcher *watcher = cvn_server_call_state(call);
    (void)pthread_mutex_lock(&health->lock);
    if (watcher->listed)
        tell(health, watcher);
    (void)pthread_mutex_unlock(&health->lock);
}

static void watch_cancelled(struct cvn_server_call *call, void *user)
{
    static const struct cvn_status cancelled = {.code = CVN_CANCELLED};
    struct cvn_health *health = user;
    struct watcher *watcher = cvn_server_call_state(call);
    if (!watcher)
        return;
    (void)pthread_mutex_lock(&health->lock);
    bool ours = unlist(health, watcher);
    (void)pthread_mutex_unlock(&health->lock);
    if (ours)
        cvn_server_call_finish(call, &cancelled, NULL);
}

int cvn_health_bind(struct cvn_health *health, struct cvn_server *server)
{
    static const struct cvn_stream_handler watch = {.writable = watch_writable,
                                                    .cancelled = watch_cancelled};
    static const struct cvn_method methods[] = {
        {.unary = handle_check}, {.unary = handle_list}, {.unary = handle_watch, .stream = &watch}};
    return cvn_server_add_service(server, &grpc__health__v1__health__descriptor, methods, health);
}

int cvn_health_new(struct cvn_health **ret)
{
    struct cvn_health *health = calloc(1, sizeof *health);
    if (!health)
        return -ENOMEM;
    (void)pthread_mutex_init(&health->lock, NULL);
    int r = cvn_health_set(health, "", CVN_HEALTH_SERVING);
    if (r) {
        cvn_health_free(health);
        return r;
    }
    *ret = health;
    return 0;
}

void cvn_health_free(struct cvn_health *health)
{
    if (!health)
        return;
    for (size_t i = 0; i < health->n_services; i++)
        free(health->services[i].name);
    (void)pthread_mutex_destroy(&health->lock);
    free(health);
}

/* With the lock held. */
static int set(struct cvn_health *health, const char *name, enum cvn_health_status status)
{
    struct service *service = find(health, name);
    if (!service && status == CVN_HEALTH_SERVICE_UNKNOWN)
        return 0;
    if (!service) {
        if (health->n_services == CVN_HEALTH_SERVICES_MAX)
            return -E2BIG;
        service = &health->services[health->n_services];
        service->name = strdup(name);
        if (!service->name)
            return -ENOMEM;
        health->n_services++;
    }
    service->status = status;
    for (struct watcher *watcher = health->watchers; watcher; watcher = watcher->next)
        if (strcmp(watcher->service, name) == 0)
            tell(health, watcher);
    return 0;
}

int cvn_health_set(struct cvn_health *health, const char *service, enum cvn_health_status status)
{
    if (strlen(service) > CVN_HEALTH_NAME_BYTES_MAX)
        return -EINVAL;
    (void)pthread_mutex_lock(&health->lock);
    int r = health->draining ? 0 : set(health, service, status);
    (void)pthread_mutex_unlock(&health->lock);
    return r;
}

/* Takes one watcher off the list, told how things are; NULL when there is none. */
static struct cvn_server_call *take_watcher(struct cvn_health *health)
{
    (void)pthread_mutex_lock(&health->lock);
    health->draining = true;
    struct watcher *watcher = health->watchers;
    if (watcher) {
        tell(health, watcher);
        (void)unlist(health, watcher);
    }
    (void)pthread_mutex_unlock(&health->lock);
    return watcher ? watcher->call : NULL;
}

void cvn_health_drain(struct cvn_health *health)
{
    struct cvn_server_call *call;
    while ((call = take_watcher(health)))
        cvn_server_call_finish(call, &stopping, NULL);
}

size_t cvn_health_watchers(struct cvn_health *health)
{
    (void)pthread_mutex_lock(&health->lock);
    size_t n = health->n_watchers;
    (void)pthread_mutex_unlock(&health->lock);
    return n;
}
