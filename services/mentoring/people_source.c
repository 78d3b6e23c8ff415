#include "services/mentoring/people_source.h"

#include "base/id.h"
#include "rpc/channel.h"
#include "services/mentoring/spaces.h"

#include <stdlib.h>
#include <string.h>

enum {
    CALL_TIMEOUT_MS = 30000,
    EMAIL_BYTES_MAX = 254, /* of a registered person */
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

static enum cvn_code call(struct cvn_channel *events, struct cvn_arena *arena,
                          const struct cvn_call_request *request, struct cvn_status *status,
                          void *ret_reply)
{
    enum cvn_code code = cvn_channel_call(events, request, arena, status, ret_reply);
    if (code == CVN_UNAVAILABLE || code == CVN_DEADLINE_EXCEEDED)
        (void)cvn_status_set(status, arena, CVN_UNAVAILABLE,
                             "The events service, which knows the people, does not answer; try "
                             "again when it does.");
    return status->code;
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

static enum cvn_code get_some(struct cvn_channel *events, struct cvn_arena *arena,
                              struct cvn_people *people, size_t first, size_t n,
                              struct cvn_status *status)
{
    Convene__Events__V1__BatchGetPeopleRequest request =
        CONVENE__EVENTS__V1__BATCH_GET_PEOPLE_REQUEST__INIT;
    Convene__Events__V1__BatchGetPeopleResponse *reply;
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
        .options = {.timeout_ms = CALL_TIMEOUT_MS},
    };
    if (call(events, arena, &asked, status, &reply) == CVN_OK)
        take(people, first, n, reply);
    return status->code;
}

enum cvn_code cvn_people_get(struct cvn_channel *events, struct cvn_arena *arena,
                             struct cvn_people *people, struct cvn_status *status)
{
    *status = (struct cvn_status){.code = CVN_OK};
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
        (void)get_some(events, arena, people, first,
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

enum cvn_code cvn_people_attendance(struct cvn_channel *events, struct cvn_arena *arena,
                                    const char *const *ids, size_t n_ids,
                                    const Convene__Events__V1__Attendance **ret_attendance,
                                    struct cvn_status *status)
{
    *status = (struct cvn_status){.code = CVN_OK};
    for (size_t first = 0; first < n_ids && status->code == CVN_OK;
         first += CVN_PEOPLE_ASKED_AT_ONCE) {
        Convene__Events__V1__BatchGetAttendanceRequest request =
            CONVENE__EVENTS__V1__BATCH_GET_ATTENDANCE_REQUEST__INIT;
        Convene__Events__V1__BatchGetAttendanceResponse *reply;
        size_t left = n_ids - first;
        request.n_person_ids = left < CVN_PEOPLE_ASKED_AT_ONCE ? left : CVN_PEOPLE_ASKED_AT_ONCE;
        request.person_ids = (char **)(uintptr_t)(ids + first);
        struct cvn_call_request asked = {
            .service = &convene__events__v1__attendance_service__descriptor,
            .method = "BatchGetAttendance",
            .message = &request.base,
            .options = {.timeout_ms = CALL_TIMEOUT_MS},
        };
        if (call(events, arena, &asked, status, &reply) != CVN_OK)
            break;
        size_t at = 0;
        for (size_t i = first; i < first + request.n_person_ids; i++) {
            bool here =
                at < reply->n_attendance && strcmp(reply->attendance[at]->person_id, ids[i]) == 0;
            ret_attendance[i] = here ? reply->attendance[at++] : NULL;
        }
    }
    return status->code;
}
