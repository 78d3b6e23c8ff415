#include "services/events/series/series_plan.h"

#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_write.h"
#include "services/events/series/series_write.h"
#include "services/events/service.h"

#include <errno.h>

enum { DAY_S = 24 * 60 * 60 };

_Static_assert((int)CVN_SERIES_CHANGED_MAX <= (int)CVN_RECURRENCE_RESULTS_MAX,
               "a plan is one expansion of its rule");

static const struct cvn_civil last_time = {CVN_CIVIL_YEAR_MAX, 12, 31, 23, 59, 59};

static struct cvn_zones *zones_of(const struct cvn_ctx *ctx)
{
    return ((const struct cvn_events_service *)ctx->service)->zones;
}

static int zone_of(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                   const struct cvn_zone **ret)
{
    int r = cvn_zones_find(zones_of(ctx), series->event->time_zone, ret);
    return r > 0 ? -EUCLEAN : r;
}

static int read_times(struct cvn_ctx *ctx, char *const *texts, size_t n,
                      const struct cvn_civil **ret)
{
    struct cvn_civil *times = cvn_arena_alloc_array(ctx->arena, n, sizeof *times);
    if (!times)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!cvn_civil_parse(&times[i], texts[i]))
            return -EUCLEAN;
    *ret = times;
    return 0;
}

static int read_recurrence(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                           struct cvn_recurrence *ret)
{
    *ret = (struct cvn_recurrence){.rule = series->rrule,
                                   .n_dates = series->n_further_starts,
                                   .n_except = series->n_excluded_starts};
    int r = zone_of(ctx, series, &ret->zone);
    if (r == 0)
        r = read_times(ctx, series->further_starts, series->n_further_starts, &ret->dates);
    if (r == 0)
        r = read_times(ctx, series->excluded_starts, series->n_excluded_starts, &ret->except);
    if (r == 0 && !cvn_civil_parse(&ret->start, series->event->start_local))
        r = -EUCLEAN;
    return r;
}

static bool is_before(const struct cvn_civil *a, const struct cvn_civil *b)
{
    return cvn_civil_seconds(a) < cvn_civil_seconds(b);
}

static struct cvn_civil later(const struct cvn_civil *time, int64_t seconds)
{
    struct cvn_civil ret = cvn_civil_of_seconds(cvn_civil_seconds(time) + seconds);
    return cvn_civil_valid(&ret) ? ret : last_time;
}

int cvn_series_now(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                   struct cvn_civil *ret)
{
    const struct cvn_zone *zone;
    int r = zone_of(ctx, series, &zone);
    if (r == 0)
        *ret = cvn_zone_civil(zone, ctx->now_ms);
    return r;
}

int cvn_series_first(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                     struct cvn_civil *ret)
{
    struct cvn_civil start, now;
    int r = cvn_series_now(ctx, series, &now);
    if (r)
        return r;
    if (!cvn_civil_parse(&start, series->event->start_local))
        return -EUCLEAN;
    struct cvn_civil back =
        cvn_civil_of_seconds(cvn_civil_seconds(&now) - (int64_t)CVN_SERIES_BACK_DAYS * DAY_S);
    *ret = is_before(&start, &back) ? back : start;
    return 0;
}

/* Those of the local starts that are not before a time, moved by so many seconds. 0 or a fault. */
static int move_starts(struct cvn_ctx *ctx, const struct cvn_civil *times, size_t n,
                       const struct cvn_civil *from, int64_t seconds, char ***ret, size_t *ret_n)
{
    char **moved = cvn_arena_alloc_array(ctx->arena, n, sizeof *moved);
    size_t n_moved = 0;
    if (!moved)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        char text[CVN_CIVIL_TEXT_BYTES];
        struct cvn_civil time = later(&times[i], seconds);
        if (is_before(&times[i], from))
            continue;
        cvn_civil_format(text, &time);
        moved[n_moved] = cvn_arena_strdup(ctx->arena, text);
        if (!moved[n_moved++])
            return -ENOMEM;
    }
    *ret = moved;
    *ret_n = n_moved;
    return 0;
}

/* Whether there is an occurrence from one time to before another. 0; CVN_REFUSED; -ENOMEM. */
static int has_between(struct cvn_ctx *ctx, const struct cvn_recurrence *recurrence,
                       const struct cvn_civil *from, const struct cvn_civil *before, bool *ret)
{
    const struct cvn_recurrence_window window = {.from = *from, .before = *before, .max = 1};
    struct cvn_civil found;
    size_t n = 0;
    enum cvn_recurrence_refusal refusal = cvn_recurrence_expand(recurrence, &window, &found, &n);
    if (refusal)
        cvn_problems_add(&ctx->problems, "series.rrule", "%s",
                         cvn_recurrence_refusal_text(refusal));
    *ret = n > 0;
    return cvn_ctx_refuse_problems(ctx);
}

static int require_occurrence(struct cvn_ctx *ctx, const struct cvn_recurrence *recurrence,
                              const struct cvn_civil *time)
{
    struct cvn_civil behind = later(time, 1);
    bool found;
    int r = has_between(ctx, recurrence, time, &behind, &found);
    if (r == 0 && !found)
        cvn_problems_add(&ctx->problems, "recurrence_id",
                         "is none of the series' times; that of one of its events is right");
    return r ? r : cvn_ctx_refuse_problems(ctx);
}

int cvn_series_follow_from(struct cvn_ctx *ctx, const Convene__Events__V1__Series *other,
                           const struct cvn_civil *from, const Convene__Events__V1__Series *series,
                           struct cvn_civil *ret)
{
    struct cvn_recurrence recurrence;
    struct cvn_civil start, now;
    bool anchored = false, goes_on = !series->rrule[0] && series->n_further_starts == 0;
    *ret = *from;
    int r = read_recurrence(ctx, other, &recurrence);
    if (r == 0)
        r = cvn_series_now(ctx, other, &now);
    if (r)
        return r;
    if (!cvn_civil_parse(&start, series->event->start_local))
        return -EUCLEAN;
    if (!is_before(&start, from))
        return 0;
    if (!goes_on)
        r = has_between(ctx, &recurrence, &start, from, &anchored);
    if (r || anchored)
        return r;
    if (!is_before(&now, &start))
        cvn_problems_add(&ctx->problems, "series.event.start_local",
                         "is over; a time that is ahead is right");
    *ret = start;
    return cvn_ctx_refuse_problems(ctx);
}

/* Has the model of the series start then, and take as long as it did. 0 or a fault. */
static int start_at(struct cvn_ctx *ctx, Convene__Events__V1__Event *model,
                    const struct cvn_civil *was, const struct cvn_civil *start)
{
    struct cvn_civil end;
    char text[CVN_CIVIL_TEXT_BYTES];
    if (!cvn_civil_parse(&end, model->end_local))
        return -EUCLEAN;
    end = later(&end, cvn_civil_seconds(start) - cvn_civil_seconds(was));
    cvn_civil_format(text, start);
    model->start_local = cvn_arena_strdup(ctx->arena, text);
    cvn_civil_format(text, &end);
    model->end_local = cvn_arena_strdup(ctx->arena, text);
    return model->start_local && model->end_local ? 0 : -ENOMEM;
}

int cvn_series_go_on(struct cvn_ctx *ctx, const Convene__Events__V1__Series *other,
                     const struct cvn_civil *from, Convene__Events__V1__Series *series)
{
    struct cvn_recurrence recurrence;
    struct cvn_recurrence_rest rest;
    struct cvn_civil start;
    int r = read_recurrence(ctx, other, &recurrence);
    if (r == 0)
        r = require_occurrence(ctx, &recurrence, from);
    if (r)
        return r;
    if (!cvn_civil_parse(&start, series->event->start_local))
        return -EUCLEAN;
    int64_t by_s = cvn_civil_seconds(&start) - cvn_civil_seconds(from);
    enum cvn_recurrence_refusal refusal = cvn_recurrence_rest(&recurrence, from, by_s, &rest);
    if (refusal) {
        cvn_problems_add(&ctx->problems, "series.rrule", "%s",
                         cvn_recurrence_refusal_text(refusal));
        return cvn_ctx_refuse_problems(ctx);
    }
    series->rrule = cvn_arena_strdup(ctx->arena, rest.rule);
    r = series->rrule ? start_at(ctx, series->event, &start, &rest.start) : -ENOMEM;
    if (r == 0)
        r = move_starts(ctx, recurrence.dates, recurrence.n_dates, from, by_s,
                        &series->further_starts, &series->n_further_starts);
    return r ? r
             : move_starts(ctx, recurrence.except, recurrence.n_except, from, by_s,
                           &series->excluded_starts, &series->n_excluded_starts);
}

/* Ends the window where the series was split. */
static bool cut(const Convene__Events__V1__Series *series, struct cvn_civil *before)
{
    struct cvn_civil end;
    if (!cvn_civil_parse(&end, series->ends_before) || is_before(before, &end))
        return false;
    *before = end;
    return true;
}

/* Up to where the plan reaches, as text; "" when nothing can follow. */
static int reach(struct cvn_ctx *ctx, const struct cvn_recurrence *recurrence,
                 const struct cvn_civil *until, const char **ret)
{
    struct cvn_recurrence_window rest = {.from = *until, .before = last_time, .max = 1};
    struct cvn_civil next;
    size_t n = 0;
    char text[CVN_CIVIL_TEXT_BYTES];
    enum cvn_recurrence_refusal refusal = cvn_recurrence_expand(recurrence, &rest, &next, &n);
    *ret = "";
    if (refusal || n == 0)
        return 0;
    cvn_civil_format(text, until);
    *ret = cvn_arena_strdup(ctx->arena, text);
    return *ret ? 0 : -ENOMEM;
}

int cvn_series_plan(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                    const struct cvn_civil *from, size_t max, struct cvn_series_plan *ret)
{
    struct cvn_recurrence recurrence;
    struct cvn_civil now;
    int r = read_recurrence(ctx, series, &recurrence);
    if (r == 0)
        r = cvn_series_now(ctx, series, &now);
    if (r)
        return r;
    const struct cvn_civil *base = is_before(&now, &recurrence.start) ? &recurrence.start : &now;
    struct cvn_recurrence_window window = {
        .from = *from,
        .before = later(base, (int64_t)CVN_SERIES_HORIZON_DAYS * DAY_S),
        .max = max,
    };
    bool ends = cut(series, &window.before);
    ret->times = cvn_arena_alloc_array(ctx->arena, window.max, sizeof *ret->times);
    if (!ret->times)
        return -ENOMEM;
    enum cvn_recurrence_refusal refusal =
        cvn_recurrence_expand(&recurrence, &window, ret->times, &ret->n);
    if (refusal)
        return cvn_ctx_refuse(ctx, CVN_INVALID_ARGUMENT, "series.rrule %s.",
                              cvn_recurrence_refusal_text(refusal));
    ret->made_until = "";
    bool full = ret->n == window.max;
    if (ends && !full)
        return 0;
    struct cvn_civil until = full ? later(&ret->times[ret->n - 1], 1) : window.before;
    return reach(ctx, &recurrence, &until, &ret->made_until);
}

int cvn_series_occurrence(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                          const struct cvn_civil *start, Convene__Events__V1__Event *event)
{
    const Convene__Events__V1__Event *model = series->event;
    struct cvn_civil first, last;
    char text[CVN_CIVIL_TEXT_BYTES];
    if (!cvn_civil_parse(&first, model->start_local) || !cvn_civil_parse(&last, model->end_local))
        return -EUCLEAN;
    struct cvn_civil end = later(start, cvn_civil_seconds(&last) - cvn_civil_seconds(&first));
    *event = *model;
    cvn_event_clear_output(event);
    event->lottery_draw_time = NULL; /* an instant of one occurrence's; organisers draw */
    event->publication = model->publication;
    event->series_id = series->id;
    cvn_civil_format(text, start);
    event->start_local = cvn_arena_strdup(ctx->arena, text);
    event->recurrence_id = event->start_local;
    cvn_civil_format(text, &end);
    event->end_local = cvn_arena_strdup(ctx->arena, text);
    if (model->external_id[0])
        event->external_id =
            cvn_arena_printf(ctx->arena, "%s/%s", model->external_id, event->start_local);
    if (!event->start_local || !event->end_local || !event->external_id)
        return -ENOMEM;
    return cvn_event_complete(ctx->arena, event, model->time_zone, zones_of(ctx));
}
