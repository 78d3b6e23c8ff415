#include "services/events/field_check.h"
#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/handlers.h"
#include "services/events/meetups/event_change.h"
#include "services/events/meetups/event_check.h"
#include "services/events/rules/recurrence.h"
#include "services/events/series/series_table.h"
#include "services/events/series/series_write.h"
#include "services/events/service.h"

#include <errno.h>
#include <string.h>

static void check_start(struct cvn_problems *problems, const char *field, const char *text)
{
    struct cvn_civil start;
    if (!cvn_civil_parse(&start, text))
        cvn_problems_add(problems, field,
                         "is \"%.40s\"; a local time like 2026-12-01T18:30:00 is right", text);
}

static void check_starts(struct cvn_problems *problems, const char *field, char *const *starts,
                         size_t n)
{
    if (n > CVN_RECURRENCE_DATES_MAX)
        cvn_problems_add(problems, field, "has %zu entries; at most %d are right", n,
                         CVN_RECURRENCE_DATES_MAX);
    for (size_t i = 0; i < n && i < CVN_RECURRENCE_DATES_MAX; i++)
        check_start(problems, cvn_field_path(problems, "%s[%zu]", field, i), starts[i]);
}

/*
 * A rule that steps for long is found out here, on a worker, before it could hold the writer up.
 * Any window will do to see whether it gives anything.
 */
static void check_rule(struct cvn_problems *problems, const Convene__Events__V1__Series *series)
{
    struct cvn_recurrence recurrence = {.rule = series->rrule};
    struct cvn_recurrence_window window = {
        .from = {CVN_CIVIL_YEAR_MIN, 1, 1, 0, 0, 0},
        .before = {CVN_CIVIL_YEAR_MAX, 12, 31, 0, 0, 0},
        .max = 2,
    };
    struct cvn_civil times[2];
    size_t n;
    enum cvn_recurrence_refusal refusal = cvn_recurrence_check(series->rrule);
    if (!refusal && cvn_civil_parse(&recurrence.start, series->event->start_local))
        refusal = cvn_recurrence_expand(&recurrence, &window, times, &n);
    if (refusal)
        cvn_problems_add(problems, "series.rrule", "%s", cvn_recurrence_refusal_text(refusal));
}

static bool repeats(const Convene__Events__V1__Series *series)
{
    return series->rrule[0] || series->n_further_starts > 0;
}

static int check_series(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series)
{
    struct cvn_zones *zones = ((const struct cvn_events_service *)ctx->service)->zones;
    struct cvn_problems *problems = &ctx->problems;
    if (!series || !series->event) {
        cvn_problems_add(problems, series ? "series.event" : "series", "is missing");
        return cvn_ctx_refuse_problems(ctx);
    }
    int r = cvn_event_check(problems, "series.event", series->event, zones);
    if (r)
        return r;
    if (strlen(series->event->external_id) > CVN_SERIES_EXTERNAL_ID_MAX)
        cvn_problems_add(problems, "series.event.external_id", "is longer than %d bytes",
                         CVN_SERIES_EXTERNAL_ID_MAX);
    if (series->event->rsvp_open_time || series->event->rsvp_close_time)
        cvn_problems_add(problems, "series.event.rsvp_open_time",
                         "and rsvp_close_time are of one date; leave them out for a series");
    check_starts(problems, "series.further_starts", series->further_starts,
                 series->n_further_starts);
    check_starts(problems, "series.excluded_starts", series->excluded_starts,
                 series->n_excluded_starts);
    check_rule(problems, series);
    return cvn_ctx_refuse_problems(ctx);
}

/* The same for one that does not go on as another did, and so has to say how it repeats. */
static int check_new(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series)
{
    if (series && !repeats(series))
        cvn_problems_add(&ctx->problems, "series.rrule",
                         "is empty, and so is further_starts; a rule like FREQ=WEEKLY is right");
    return check_series(ctx, series);
}

static int check_create(struct cvn_ctx *ctx, const void *request)
{
    return check_new(ctx, ((const Convene__Events__V1__CreateSeriesRequest *)request)->series);
}

static int create_series(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__CreateSeriesRequest *req = request;
    Convene__Events__V1__Series *series = reply;
    *series = *req->series;
    return cvn_series_create(ctx, series, req->publish);
}

/* Who may see a series: those who organise it, and others as its events may be seen. */
static int may_see(struct cvn_ctx *ctx, const Convene__Events__V1__Event *model, bool *ret,
                   bool *ret_organises)
{
    struct cvn_id group;
    Convene__Events__V1__GroupRole role;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, model->group_id))
        return -EUCLEAN;
    int r = cvn_group_role_of_caller(ctx, &group, &role);
    if (r)
        return r;
    bool published = model->publication == CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED;
    bool for_members = model->visibility == CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    bool organises = role >= CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER;
    bool belongs = role >= CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_MEMBER;
    *ret = organises || (published && (belongs || !for_members));
    *ret_organises = organises;
    return 0;
}

static int get_series(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__GetSeriesRequest *req = request;
    Convene__Events__V1__Series *series;
    struct cvn_id id;
    bool seen = false, organises = false;
    if (!cvn_ctx_read_id(ctx, "id", CVN_SERIES_PREFIX, req->id, &id))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_series_get(ctx, &id, &series);
    if (r == 0)
        r = may_see(ctx, series->event, &seen, &organises);
    if (r == CVN_STORE_ABSENT || (r == 0 && !seen))
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no series %.60s.", req->id);
    if (r)
        return r;
    *(Convene__Events__V1__Series *)reply = *series;
    /* Where each occurrence is held online, only those who come are told. */
    if (!organises)
        series->event->online_url = (char *)(uintptr_t)protobuf_c_empty_string;
    return 0;
}

static int check_register(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__RegisterSeriesRequest *req = request;
    if (req->series && req->series->event && !req->series->event->external_id[0])
        cvn_problems_add(&ctx->problems, "series.event.external_id",
                         "is empty; your own key for the series is right, the same each time");
    return check_new(ctx, req->series);
}

static int register_series(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__RegisterSeriesRequest *req = request;
    Convene__Events__V1__RegisterSeriesResponse *response = reply;
    response->series = cvn_arena_copy(ctx->arena, req->series, sizeof *req->series);
    return response->series ? cvn_series_register(ctx, response->series,
                                                  &(struct cvn_series_how){.publish = req->publish},
                                                  &response->outcome)
                            : -ENOMEM;
}

static int check_split(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__SplitSeriesRequest *req = request;
    check_start(&ctx->problems, "recurrence_id", req->recurrence_id);
    if (req->series && req->series->event && !req->series->event->group_id[0])
        req->series->event->group_id = (char *)(uintptr_t) "-"; /* it is the series' own */
    return check_series(ctx, req->series);
}

static int split_series(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__SplitSeriesRequest *req = request;
    Convene__Events__V1__Series *series = reply;
    *series = *req->series;
    series->event = cvn_arena_copy(ctx->arena, req->series->event, sizeof *req->series->event);
    return series->event ? cvn_series_split(ctx, req->id, req->recurrence_id, series) : -ENOMEM;
}

static int check_cancel(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__CancelSeriesRequest *req = request;
    check_start(&ctx->problems, "recurrence_id", req->recurrence_id);
    cvn_field_check_prose(&ctx->problems, "reason", req->reason, CVN_EVENT_REASON_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int cancel_series(struct cvn_ctx *ctx, const void *request, void *reply)
{
    return cvn_series_cancel(ctx, request, reply);
}

const struct cvn_service_method cvn_series_methods[5] = {
    {"CreateSeries", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_create, create_series, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"GetSeries", CVN_METHOD_READ, CVN_ACCESS_PUBLIC, NULL, get_series, NULL, CVN_SCOPE_READ},
    {"RegisterSeries", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_register, register_series,
     NULL, CVN_SCOPE_EVENTS_REGISTER},
    {"SplitSeries", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_split, split_series, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
    {"CancelSeries", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN, check_cancel, cancel_series, NULL,
     CVN_SCOPE_EVENTS_REGISTER},
};
