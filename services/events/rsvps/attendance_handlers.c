#include "services/events/etag.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/handlers.h"
#include "services/events/people/person_table.h"
#include "services/events/rsvps/attendance_mark.h"
#include "services/events/rsvps/attended.h"
#include "services/events/rsvps/co_attendance.h"

#include <errno.h>
#include <string.h>

enum { ROLE_BYTES_MAX = 1 << 20, PACKED_BYTES_MAX = 1 << 20 };

static int check_attendance(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__BatchGetAttendanceRequest *req = request;
    cvn_attended_check_people(ctx, "person_ids", req->person_ids, req->n_person_ids);
    if (req->n_revisions > 0 && req->n_revisions != req->n_person_ids)
        cvn_problems_add(&ctx->problems, "revisions",
                         "are %zu for %zu people; one for each is right, or none", req->n_revisions,
                         req->n_person_ids);
    if (req->mark[0] && req->since)
        cvn_problems_add(&ctx->problems, "mark",
                         "is not for a since of one's own; one of the two is right");
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

/* Members are seen by each other, and so are groups of one's own. */
static int shows_group(struct cvn_ctx *ctx, const struct cvn_id *person, const struct cvn_id *group,
                       bool *ret)
{
    Convene__Events__V1__GroupRole role;
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, ROLE_BYTES_MAX);
    struct cvn_ctx row = *ctx;
    row.arena = &scratch;
    int r = cvn_group_role_of_caller(&row, group, &role);
    *ret = r == 0 && (role >= CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_MEMBER ||
                      cvn_person_is_caller(ctx, person));
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
        bool shown;
        r = shows_group(ctx, person, &ids[i], &shown);
        if (r != 0)
            return r;
        if (!shown)
            continue;
        char *text = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &ids[i]);
        if (!text)
            return -ENOMEM;
        reply->group_ids[reply->n_group_ids++] = text;
    }
    return 0;
}

static int set_revision(struct cvn_ctx *ctx, Convene__Events__V1__Attendance *reply)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, PACKED_BYTES_MAX);
    struct cvn_ctx row = *ctx;
    char *etag;
    row.arena = &scratch;
    int r = cvn_etag_make(&row, &reply->base, &etag);
    if (r != 0)
        return r;
    reply->revision = cvn_arena_strdup(ctx->arena, etag);
    return reply->revision ? 0 : -ENOMEM;
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
        r = set_revision(ctx, reply);
    if (r == 0)
        *ret = reply;
    return r;
}

/* Who asks has this already. */
static void leave_out(Convene__Events__V1__Attendance *attendance)
{
    attendance->n_events = attendance->n_group_ids = 0;
    attendance->unchanged = true;
}

static int tell_changes(struct cvn_ctx *ctx, const char *mark,
                        Convene__Events__V1__BatchGetAttendanceResponse *response)
{
    struct cvn_attendance_changes changes;
    int r = cvn_attendance_changed(ctx, mark, &changes);
    if (r || !changes.known)
        return r;
    response->unchanged = changes.n == 0;
    response->changes_known = true;
    response->changed_person_ids =
        cvn_arena_alloc_array(ctx->arena, changes.n, sizeof *response->changed_person_ids);
    if (!response->changed_person_ids)
        return -ENOMEM;
    for (size_t i = 0; i < changes.n; i++) {
        char *text = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &changes.people[i]);
        if (!text)
            return -ENOMEM;
        response->changed_person_ids[response->n_changed_person_ids++] = text;
    }
    return 0;
}

static int batch_get_attendance(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__BatchGetAttendanceRequest *req = request;
    Convene__Events__V1__BatchGetAttendanceResponse *response = reply;
    struct cvn_attended attended = {.ctx = ctx, .since_ms = cvn_attended_since_ms(ctx, req->since)};
    response->attendance = cvn_arena_alloc_array(ctx->arena, req->n_person_ids, sizeof(void *));
    int r = response->attendance ? cvn_person_require_subject(ctx) : -ENOMEM;
    for (size_t i = 0; i < req->n_person_ids && r == 0; i++) {
        Convene__Events__V1__Attendance *attendance;
        r = find_attendance(&attended, req->person_ids[i], &attendance);
        if (r != 0 || !attendance)
            continue;
        if (req->n_revisions > 0 && strcmp(req->revisions[i], attendance->revision) == 0)
            leave_out(attendance);
        response->attendance[response->n_attendance++] = attendance;
    }
    cvn_attended_deinit(&attended);
    if (r == 0 && req->mark[0])
        r = tell_changes(ctx, req->mark, response);
    return r ? r : cvn_attendance_mark_make(ctx, &response->mark);
}

const struct cvn_service_method cvn_attendance_methods[2] = {
    {"BatchGetAttendance", CVN_METHOD_READ, CVN_ACCESS_ADMIN, check_attendance,
     batch_get_attendance, NULL, CVN_SCOPE_PEOPLE_READ, NULL, true},
    {"ListCoAttendance", CVN_METHOD_READ, CVN_ACCESS_ADMIN, cvn_co_attendance_check,
     cvn_co_attendance_list, NULL, CVN_SCOPE_PEOPLE_READ, NULL, true},
};
