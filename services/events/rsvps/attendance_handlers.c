#include "services/events/groups/group_table.h"
#include "services/events/handlers.h"
#include "services/events/people/person_table.h"
#include "services/events/rsvps/attended.h"
#include "services/events/rsvps/co_attendance.h"

#include <errno.h>

static int check_attendance(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchGetAttendanceRequest *req = request;
    cvn_attended_check_people(ctx, "person_ids", req->person_ids, req->n_person_ids);
    return cvn_ctx_refuse_problems(ctx);
}

static int find_events(struct cvn_attended *attended, const struct cvn_id *person,
                       Convene__Events__V1__Attendance *reply)
{
    const struct cvn_attended_event **came;
    size_t n;
    int r = cvn_attended_by(attended, person, &came, &n);
    if (r != 0)
        return r;
    reply->events = cvn_arena_alloc_array(attended->ctx->arena, n, sizeof(void *));
    r = reply->events ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && r == 0; i++)
        r = cvn_attended_message(attended->ctx, came[i], &reply->events[i]);
    reply->n_events = n;
    return r;
}

static int find_groups(struct cvn_attended *attended, const struct cvn_id *person,
                       Convene__Events__V1__Attendance *reply)
{
    struct cvn_ctx *ctx = attended->ctx;
    struct cvn_id *ids;
    size_t n;
    int r = cvn_member_groups(ctx, person, &ids, &n);
    if (r != 0)
        return r;
    reply->group_ids = cvn_arena_alloc_array(ctx->arena, n, sizeof(void *));
    if (!reply->group_ids)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        reply->group_ids[i] = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &ids[i]);
        if (!reply->group_ids[i])
            return -ENOMEM;
    }
    reply->n_group_ids = n;
    return 0;
}

/* 0 with *ret NULL where there is no such person. */
static int find_attendance(struct cvn_attended *attended, const char *person_id,
                           Convene__Events__V1__Attendance **ret)
{
    struct cvn_ctx *ctx = attended->ctx;
    struct cvn_key key;
    struct cvn_id person;
    *ret = NULL;
    if (!cvn_id_parse(&person, CVN_PERSON_PREFIX, person_id))
        return 0;
    cvn_person_key(&key, &person);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? 0 : r;
    Convene__Events__V1__Attendance *reply = cvn_arena_alloc(ctx->arena, sizeof *reply);
    if (!reply)
        return -ENOMEM;
    convene__events__v1__attendance__init(reply);
    reply->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &person);
    r = reply->person_id ? find_events(attended, &person, reply) : -ENOMEM;
    if (r == 0)
        r = find_groups(attended, &person, reply);
    if (r == 0)
        *ret = reply;
    return r;
}

static int batch_get_attendance(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BatchGetAttendanceRequest *req = request;
    Convene__Events__V1__BatchGetAttendanceResponse *response = reply;
    struct cvn_attended attended = {.ctx = ctx, .since_ms = cvn_attended_since_ms(ctx, req->since)};
    response->attendance = cvn_arena_alloc_array(ctx->arena, req->n_person_ids, sizeof(void *));
    int r = response->attendance ? 0 : -ENOMEM;
    for (size_t i = 0; i < req->n_person_ids && r == 0; i++) {
        Convene__Events__V1__Attendance *attendance;
        r = find_attendance(&attended, req->person_ids[i], &attendance);
        if (r == 0 && attendance)
            response->attendance[response->n_attendance++] = attendance;
    }
    cvn_attended_deinit(&attended);
    return r;
}

const struct cvn_service_method cvn_attendance_methods[2] = {
    {"BatchGetAttendance", CVN_METHOD_READ, CVN_ACCESS_ADMIN, check_attendance,
     batch_get_attendance, NULL, CVN_SCOPE_PEOPLE_READ},
    {"ListCoAttendance", CVN_METHOD_READ, CVN_ACCESS_ADMIN, cvn_co_attendance_check,
     cvn_co_attendance_list, NULL, CVN_SCOPE_PEOPLE_READ},
};
