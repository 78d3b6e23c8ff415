#include "services/mentoring/people_source.h"

#include "base/id.h"
#include "rpc/channel.h"
#include "rpc/clock.h"
#include "rpc/message.h"
#include "services/mentoring/spaces.h"
#include "services/runtime/delegation.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CALL_TIMEOUT_MS = 30000,
    EMAIL_BYTES_MAX = 254, /* of a registered person */
    CANCEL_POLL_NS = 100 * 1000 * 1000,
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum cvn_code no_memory(struct cvn_status *status)
{
    *status = (struct cvn_status){.code = CVN_RESOURCE_EXHAUSTED,
                                  .message = "There are more people than fit into memory."};
    return status->code;
}

/* That the service is away is said in this service's words. */
static enum cvn_code translate(struct cvn_arena *arena, struct cvn_status *status)
{
    if (status->code == CVN_UNAVAILABLE || status->code == CVN_DEADLINE_EXCEEDED)
        (void)cvn_status_set(status, arena, CVN_UNAVAILABLE,
                             "The events service, which knows the people, does not answer; try "
                             "again when it does.");
    return status->code;
}

const struct cvn_id *cvn_people_subject(const struct cvn_principal *who)
{
    return who->kind == CVN_PRINCIPAL_ADMIN ? NULL : &who->person;
}

/* The metadata that names the subject, in the arena; false when it is spent. */
static bool name_subject(struct cvn_arena *arena, const struct cvn_id *subject,
                         struct cvn_metadata *metadata)
{
    char text[CVN_ID_TEXT_BYTES];
    cvn_metadata_init(metadata, arena);
    if (!subject)
        return true;
    cvn_id_format(text, CVN_MENTORING_PERSON_PREFIX, subject);
    return cvn_metadata_add(metadata, CVN_ON_BEHALF_OF, cvn_slice_of_string(text)) == 0;
}

static enum cvn_code call(struct cvn_channel *events, struct cvn_arena *arena,
                          const struct cvn_call_request *request, struct cvn_status *status,
                          void *ret_reply)
{
    (void)cvn_channel_call(events, request, arena, status, ret_reply);
    return translate(arena, status);
}

/* A call that is waited for and may be given up. */
struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done;
    struct cvn_arena *arena;
    struct cvn_status *status;
    struct cvn_slice reply;
};

static void note_end(void *arg, const struct cvn_status *status, struct cvn_slice reply)
{
    struct waiter *waiter = arg;
    (void)pthread_mutex_lock(&waiter->lock);
    if (cvn_status_copy(waiter->status, waiter->arena, status) != 0)
        (void)no_memory(waiter->status);
    waiter->reply = cvn_arena_slice(waiter->arena, reply);
    if (waiter->status->code == CVN_OK && !waiter->reply.data)
        (void)no_memory(waiter->status);
    waiter->done = true;
    (void)pthread_cond_signal(&waiter->ended);
    (void)pthread_mutex_unlock(&waiter->lock);
}

static void wait_or_cancel(struct waiter *waiter, struct cvn_channel *events, uint32_t call,
                           const atomic_bool *cancel)
{
    bool cancelled = false;
    (void)pthread_mutex_lock(&waiter->lock);
    while (!waiter->done) {
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += CANCEL_POLL_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        (void)pthread_cond_timedwait(&waiter->ended, &waiter->lock, &until);
        if (waiter->done || cancelled || !atomic_load(cancel))
            continue;
        cancelled = true;
        (void)pthread_mutex_unlock(&waiter->lock);
        cvn_channel_cancel(events, call);
        (void)pthread_mutex_lock(&waiter->lock);
    }
    (void)pthread_mutex_unlock(&waiter->lock);
}

/* As call; the method is given whole, and *cancel ends it with CVN_CANCELLED. */
static enum cvn_code call_unless(struct cvn_channel *events, struct cvn_arena *arena,
                                 const struct cvn_call_request *request, const atomic_bool *cancel,
                                 struct waiter *waiter)
{
    struct cvn_slice packed;
    const char *method = cvn_arena_printf(arena, "%s/%s", request->service->name, request->method);
    if (!method || cvn_message_pack(request->message, arena, &packed) != 0)
        return no_memory(waiter->status);
    waiter->arena = arena;
    (void)pthread_mutex_init(&waiter->lock, NULL);
    (void)pthread_cond_init(&waiter->ended, NULL);
    uint32_t number = cvn_channel_start(events, method, packed, &request->options,
                                        (struct cvn_call_sink){note_end, waiter});
    wait_or_cancel(waiter, events, number, cancel);
    (void)pthread_cond_destroy(&waiter->ended);
    (void)pthread_mutex_destroy(&waiter->lock);
    return translate(arena, waiter->status);
}

enum key_kind { KEY_ID, KEY_EMAIL, KEY_NOBODYS };

/* What is neither is not asked for: one such key would have the whole question refused. */
static enum key_kind kind_of(const char *key)
{
    struct cvn_id id;
    if (cvn_id_parse(&id, CVN_MENTORING_PERSON_PREFIX, key))
        return KEY_ID;
    return strchr(key, '@') && strlen(key) <= EMAIL_BYTES_MAX ? KEY_EMAIL : KEY_NOBODYS;
}

/* Whether the next one missing is this one; then it is passed. */
static bool is_missing(const char *key, char *const *missing, size_t n, size_t *at)
{
    if (*at == n || strcmp(missing[*at], key) != 0)
        return false;
    ++*at;
    return true;
}

/* The reply has those that exist in the order asked, ids first, and those that do not likewise. */
static void take(struct cvn_people *people, size_t first, size_t n,
                 const Convene__Events__V1__BatchGetPeopleResponse *reply)
{
    size_t at = 0, missing_id = 0, missing_email = 0;
    for (enum key_kind kind = KEY_ID; kind <= KEY_EMAIL; kind++)
        for (size_t i = first; i < first + n; i++) {
            const char *key = people->keys[i];
            if (kind_of(key) != kind)
                continue;
            bool missing = kind == KEY_ID ? is_missing(key, reply->missing_ids,
                                                       reply->n_missing_ids, &missing_id)
                                          : is_missing(key, reply->missing_emails,
                                                       reply->n_missing_emails, &missing_email);
            if (!missing && at < reply->n_people)
                people->people[i] = reply->people[at++];
        }
}

/* Those who ask, and how. */
struct asking {
    struct cvn_channel *events;
    struct cvn_arena *arena;
    struct cvn_metadata metadata;
};

static enum cvn_code get_some(const struct asking *asking, struct cvn_people *people, size_t first,
                              size_t n, struct cvn_status *status)
{
    Convene__Events__V1__BatchGetPeopleRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_PEOPLE_REQUEST__INIT;
    Convene__Events__V1__BatchGetPeopleResponse *reply;
    struct cvn_arena *arena = asking->arena;
    request.ids = cvn_arena_alloc_array(arena, n, sizeof *request.ids);
    request.emails = cvn_arena_alloc_array(arena, n, sizeof *request.emails);
    if (!request.ids || !request.emails)
        return no_memory(status);
    for (size_t i = first; i < first + n; i++) {
        char *key = (char *)(uintptr_t)people->keys[i];
        switch (kind_of(key)) {
        case KEY_ID:
            request.ids[request.n_ids++] = key;
            break;
        case KEY_EMAIL:
            request.emails[request.n_emails++] = key;
            break;
        case KEY_NOBODYS:
            break;
        }
    }
    struct cvn_call_request asked = {
        .service = &convene__events__v1__person_service__descriptor,
        .method = "BatchGetPeople",
        .message = &request.base,
        .options = {.timeout_ms = CALL_TIMEOUT_MS, .metadata = &asking->metadata},
    };
    if (call(asking->events, arena, &asked, status, &reply) == CVN_OK)
        take(people, first, n, reply);
    return status->code;
}

enum cvn_code cvn_people_get(struct cvn_channel *events, struct cvn_arena *arena,
                             const struct cvn_id *subject, struct cvn_people *people,
                             struct cvn_status *status)
{
    struct asking asking = {.events = events, .arena = arena};
    *status = (struct cvn_status){.code = CVN_OK};
    if (!name_subject(arena, subject, &asking.metadata))
        return no_memory(status);
    size_t n = 0;
    if (people->n > 0)
        qsort(people->keys, people->n, sizeof *people->keys, compare_keys);
    for (size_t i = 0; i < people->n; i++)
        if (n == 0 || strcmp(people->keys[n - 1], people->keys[i]) != 0)
            people->keys[n++] = people->keys[i];
    people->n = n;
    people->people = cvn_arena_alloc_array(arena, n, sizeof *people->people);
    if (!people->people)
        return no_memory(status);
    for (size_t first = 0; first < n && status->code == CVN_OK; first += CVN_PEOPLE_ASKED_AT_ONCE) {
        size_t left = n - first;
        (void)get_some(&asking, people, first,
                       left < CVN_PEOPLE_ASKED_AT_ONCE ? left : CVN_PEOPLE_ASKED_AT_ONCE, status);
    }
    return status->code;
}

const Convene__Events__V1__Person *cvn_people_find(const struct cvn_people *people, const char *key)
{
    if (people->n == 0)
        return NULL;
    const char **found = bsearch(&key, people->keys, people->n, sizeof *people->keys, compare_keys);
    return found ? people->people[found - people->keys] : NULL;
}

static int64_t time_left_ms(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms ? deadline_ms - cvn_rpc_now_ms() : CALL_TIMEOUT_MS;
    return left_ms < 1 ? 1 : left_ms < CALL_TIMEOUT_MS ? left_ms : CALL_TIMEOUT_MS;
}

static enum cvn_code ask_attendance(struct cvn_channel *events, struct cvn_arena *arena,
                                    const struct cvn_attendance_query *query,
                                    Convene__Events__V1__BatchGetAttendanceResponse **ret,
                                    struct cvn_status *status)
{
    Convene__Events__V1__BatchGetAttendanceRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
    request.n_person_ids = query->n;
    request.person_ids = (char **)(uintptr_t)query->ids;
    request.n_revisions = query->n;
    request.revisions = (char **)(uintptr_t)query->revisions;
    request.mark = (char *)(uintptr_t)(query->mark ? query->mark : "");
    struct cvn_metadata metadata;
    if (!name_subject(arena, query->subject, &metadata))
        return no_memory(status);
    struct cvn_call_request asked = {
        .service = &convene__events__v1__attendance_service__descriptor,
        .method = "BatchGetAttendance",
        .message = &request.base,
        .options = {.timeout_ms = time_left_ms(query->deadline_ms), .metadata = &metadata},
    };
    if (!query->cancel)
        return call(events, arena, &asked, status, ret);
    struct waiter waiter = {.status = status};
    ProtobufCMessage *reply;
    if (call_unless(events, arena, &asked, query->cancel, &waiter) == CVN_OK &&
        cvn_message_unpack(&convene__events__v1__batch_get_attendance_response__descriptor, arena,
                           waiter.reply, &reply) != 0)
        return no_memory(status);
    if (status->code == CVN_OK)
        *ret = (Convene__Events__V1__BatchGetAttendanceResponse *)reply;
    return status->code;
}

enum cvn_code cvn_people_attendance(struct cvn_channel *events, struct cvn_arena *arena,
                                    const struct cvn_attendance_query *query,
                                    struct cvn_attendance_answer *ret, struct cvn_status *status)
{
    Convene__Events__V1__BatchGetAttendanceResponse *reply;
    *status = (struct cvn_status){.code = CVN_OK};
    if (ask_attendance(events, arena, query, &reply, status) != CVN_OK)
        return status->code;
    size_t at = 0;
    for (size_t i = 0; i < query->n; i++) {
        bool here = at < reply->n_attendance &&
                    strcmp(reply->attendance[at]->person_id, query->ids[i]) == 0;
        ret->attendance[i] = here ? reply->attendance[at++] : NULL;
    }
    ret->mark = reply->mark;
    ret->changes_known = reply->changes_known || reply->unchanged;
    ret->changed_ids = reply->changed_person_ids;
    ret->n_changed_ids = reply->n_changed_person_ids;
    return CVN_OK;
}
