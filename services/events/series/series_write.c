#include "services/events/series/series_write.h"

#include "services/events/groups/group_access.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/meetups/event_write.h"
#include "services/events/record.h"
#include "services/events/series/series_refit.h"
#include "services/events/series/series_table.h"

#include <errno.h>
#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

static char *none(void)
{
    return (char *)(uintptr_t)protobuf_c_empty_string;
}

/* Makes the series' model complete and takes out what only the server sets. */
static int place(struct cvn_ctx *ctx, Convene__Events__V1__Series *series, struct cvn_id *ret_group)
{
    Convene__Events__V1__Event *model =
        cvn_arena_copy(ctx->arena, series->event, sizeof *series->event);
    if (!model)
        return -ENOMEM;
    int r = cvn_event_place_in_group(ctx, model, ret_group);
    if (r)
        return r;
    cvn_event_clear_output(model);
    model->publication = PUBLICATION(UNSPECIFIED);
    model->create_time = model->update_time = NULL;
    series->event = model;
    series->base.n_unknown_fields = 0;
    series->id = series->ends_before = series->made_until = none();
    series->occurrence_count = series->sequence = 0;
    series->calendar_source = NULL;
    series->update_time = NULL;
    return 0;
}

static int put(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Series *series)
{
    series->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    int r = series->update_time ? cvn_series_put(ctx, id, series) : -ENOMEM;
    if (r == CVN_TABLE_DUPLICATE)
        return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                                    "The group has a series with the external id \"%s\" already; "
                                    "register it to update it.",
                                    series->event->external_id);
    return r;
}

/* Gives the series the version that it is registered with. */
static int set_version(struct cvn_ctx *ctx, Convene__Events__V1__Series *series,
                       const struct cvn_series_how *how)
{
    if (!how->source)
        return 0;
    if (series->sequence < how->source->sequence)
        series->sequence = how->source->sequence;
    series->calendar_source = cvn_arena_copy(ctx->arena, how->source, sizeof *how->source);
    if (!series->calendar_source)
        return -ENOMEM;
    series->calendar_source->stored_ms = ctx->now_ms;
    return 0;
}

/* Makes what lies ahead from a local time on, and remembers how far. */
static int make_ahead(struct cvn_ctx *ctx, Convene__Events__V1__Series *series,
                      const struct cvn_civil *from, const struct cvn_series_how *how)
{
    struct cvn_series_plan plan;
    int r = cvn_series_plan(ctx, series, from, CVN_SERIES_OCCURRENCES_MAX, &plan);
    for (size_t i = 0; r == 0 && i < plan.n; i++)
        r = cvn_series_make(ctx, series, &plan.times[i], how);
    if (r)
        return r;
    series->made_until = (char *)(uintptr_t)plan.made_until;
    series->occurrence_count += (int32_t)plan.n;
    return 0;
}

/* A series that is over keeps its first occurrences: somebody wants them on record. */
static int make_first(struct cvn_ctx *ctx, Convene__Events__V1__Series *series,
                      const struct cvn_series_how *how)
{
    struct cvn_civil first, start;
    int r = cvn_series_first(ctx, series, &first);
    if (r == 0)
        r = make_ahead(ctx, series, &first, how);
    if (r || series->occurrence_count > 0 || series->made_until[0])
        return r;
    return cvn_civil_parse(&start, series->event->start_local)
               ? make_ahead(ctx, series, &start, how)
               : -EUCLEAN;
}

static int add(struct cvn_ctx *ctx, Convene__Events__V1__Series *series,
               const struct cvn_series_how *how)
{
    struct cvn_id id = cvn_ctx_new_id(ctx);
    series->id = cvn_ctx_id_text(ctx, CVN_SERIES_PREFIX, &id);
    if (!series->id)
        return -ENOMEM;
    series->event->publication = how->publish ? PUBLICATION(PUBLISHED) : PUBLICATION(DRAFT);
    int r = make_first(ctx, series, how);
    if (r == 0)
        r = set_version(ctx, series, how);
    return r ? r : put(ctx, &id, series);
}

int cvn_series_create(struct cvn_ctx *ctx, Convene__Events__V1__Series *series, bool publish)
{
    struct cvn_id group;
    int r = place(ctx, series, &group);
    return r ? r : add(ctx, series, &(struct cvn_series_how){.publish = publish});
}

static int change(struct cvn_ctx *ctx, const struct cvn_id *id, Convene__Events__V1__Series *series,
                  const struct cvn_series_how *how,
                  Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    Convene__Events__V1__Series *before;
    struct cvn_civil now;
    int32_t n = 0;
    int r = cvn_series_get(ctx, id, &before);
    if (r)
        return r;
    series->id = before->id;
    series->ends_before = before->ends_before;
    series->made_until = before->made_until;
    series->occurrence_count = before->occurrence_count;
    series->sequence = before->sequence;
    series->calendar_source = before->calendar_source;
    series->update_time = before->update_time;
    series->event->publication = before->event->publication;
    int same = cvn_record_same(ctx->arena, &series->base, &before->base);
    if (same < 0)
        return same;
    *ret_outcome = same ? OUTCOME(UNCHANGED) : OUTCOME(UPDATED);
    if (same)
        return 0;
    struct cvn_series_plan plan;
    r = cvn_series_now(ctx, series, &now);
    if (r == 0)
        r = cvn_series_plan(ctx, series, &now, CVN_SERIES_CHANGED_MAX, &plan);
    if (r == 0)
        r = cvn_series_refit(ctx, &(struct cvn_series_refit){id, series, now, now, how}, &n);
    if (r)
        return r;
    series->made_until = (char *)(uintptr_t)plan.made_until;
    series->occurrence_count += n;
    series->sequence++;
    r = set_version(ctx, series, how);
    return r ? r : put(ctx, id, series);
}

int cvn_series_register(struct cvn_ctx *ctx, Convene__Events__V1__Series *series,
                        const struct cvn_series_how *how,
                        Convene__Events__V1__RegisterResult__Outcome *ret_outcome)
{
    struct cvn_id group, id;
    int r = place(ctx, series, &group);
    if (r == 0)
        r = cvn_series_by_external_id(ctx, &group, series->event->external_id, &id);
    if (r == 0)
        return change(ctx, &id, series, how, ret_outcome);
    if (r != CVN_STORE_ABSENT)
        return r;
    *ret_outcome = OUTCOME(CREATED);
    return add(ctx, series, how);
}

/* The series of an id that the caller organises. 0; CVN_REFUSED; a fault. */
static int find_organised(struct cvn_ctx *ctx, const char *text, struct cvn_id *ret_id,
                          Convene__Events__V1__Series **ret)
{
    struct cvn_id group;
    if (!cvn_ctx_read_id(ctx, "id", CVN_SERIES_PREFIX, text, ret_id))
        return cvn_ctx_refuse_problems(ctx);
    int r = cvn_series_get(ctx, ret_id, ret);
    if (r == CVN_STORE_ABSENT)
        return cvn_ctx_refuse(ctx, CVN_NOT_FOUND, "There is no series %s.", text);
    if (r)
        return r;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, (*ret)->event->group_id))
        return -EUCLEAN;
    return cvn_group_require(ctx, &group, CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER);
}

static int end_before(struct cvn_ctx *ctx, const struct cvn_id *id,
                      Convene__Events__V1__Series *series, const struct cvn_civil *from)
{
    char text[CVN_CIVIL_TEXT_BYTES];
    cvn_civil_format(text, from);
    series->ends_before = cvn_arena_strdup(ctx->arena, text);
    if (!series->ends_before)
        return -ENOMEM;
    series->made_until = none();
    series->sequence++;
    return put(ctx, id, series);
}

/*
 * Reads the series that changes from an occurrence on: one ahead, because what was held stays, and
 * before another split, because what follows that is another's. 0; CVN_REFUSED; a fault.
 */
static int find_ahead(struct cvn_ctx *ctx, const char *text, const struct cvn_civil *from,
                      struct cvn_id *ret_id, Convene__Events__V1__Series **ret)
{
    struct cvn_civil now, end;
    int r = find_organised(ctx, text, ret_id, ret);
    if (r == 0)
        r = cvn_series_now(ctx, *ret, &now);
    if (r)
        return r;
    if (cvn_civil_seconds(from) <= cvn_civil_seconds(&now))
        return cvn_ctx_refuse(ctx, CVN_FAILED_PRECONDITION,
                              "That occurrence has begun, and what was held stays as it is; take "
                              "the first that is ahead.");
    if (cvn_civil_parse(&end, (*ret)->ends_before) &&
        cvn_civil_seconds(from) >= cvn_civil_seconds(&end))
        return cvn_ctx_refuse(
            ctx, CVN_FAILED_PRECONDITION,
            "The series ends before %s already: it was split or called off there.",
            (*ret)->ends_before);
    return 0;
}

int cvn_series_split(struct cvn_ctx *ctx, const char *series_id, const char *recurrence_id,
                     Convene__Events__V1__Series *series)
{
    struct cvn_id old_id, group, id;
    struct cvn_civil from, first;
    Convene__Events__V1__Series *old;
    struct cvn_series_plan plan;
    if (!cvn_civil_parse(&from, recurrence_id))
        return -EINVAL;
    int r = find_ahead(ctx, series_id, &from, &old_id, &old);
    if (r)
        return r;
    series->event->group_id = old->event->group_id;
    r = cvn_series_follow_from(ctx, old, &from, series, &first);
    if (r == 0 && !series->rrule[0] && series->n_further_starts == 0)
        r = cvn_series_go_on(ctx, old, &from, series);
    if (r == 0)
        r = place(ctx, series, &group);
    if (r)
        return r;
    id = cvn_ctx_new_id(ctx);
    series->id = cvn_ctx_id_text(ctx, CVN_SERIES_PREFIX, &id);
    series->event->publication = old->event->publication;
    if (!series->id)
        return -ENOMEM;
    int32_t n_made;
    r = cvn_series_refit(ctx, &(struct cvn_series_refit){&old_id, series, from, first, NULL},
                         &n_made);
    if (r == 0)
        r = cvn_series_plan(ctx, series, &first, CVN_SERIES_CHANGED_MAX, &plan);
    if (r)
        return r;
    series->occurrence_count = (int32_t)plan.n; /* those of the old series that stay, too */
    series->made_until = (char *)(uintptr_t)plan.made_until;
    r = end_before(ctx, &old_id, old, &from);
    return r ? r : put(ctx, &id, series);
}

int cvn_series_cancel(struct cvn_ctx *ctx, const Convene__Events__V1__CancelSeriesRequest *request,
                      Convene__Events__V1__CancelSeriesResponse *response)
{
    struct cvn_id id;
    struct cvn_civil from;
    Convene__Events__V1__Series *series;
    if (!cvn_civil_parse(&from, request->recurrence_id))
        return -EINVAL;
    int r = find_ahead(ctx, request->id, &from, &id, &series);
    if (r == 0)
        r = cvn_series_call_off(ctx, &id, &from, request->reason, &response->cancelled_count);
    if (r == 0)
        r = end_before(ctx, &id, series, &from);
    response->series = series;
    return r;
}

/* An archived group gets no new events; once it is restored, its series go on. */
static int refuse_archived(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series)
{
    struct cvn_id group;
    if (!series->event || !cvn_id_parse(&group, CVN_GROUP_PREFIX, series->event->group_id))
        return -EUCLEAN;
    return cvn_group_require_active_id(ctx, &group);
}

int cvn_series_extend(struct cvn_ctx *ctx, const struct cvn_id *id)
{
    Convene__Events__V1__Series *series;
    struct cvn_civil from;
    int r = cvn_series_get(ctx, id, &series);
    if (r)
        return r;
    if (!cvn_civil_parse(&from, series->made_until))
        return CVN_STORE_ABSENT;
    r = refuse_archived(ctx, series);
    if (r)
        return r;
    r = make_ahead(ctx, series, &from, NULL);
    return r ? r : cvn_series_put(ctx, id, series);
}
