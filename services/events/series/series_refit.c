#include "services/events/series/series_refit.h"

#include "services/events/comments/comment_table.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/meetups/event_write.h"
#include "services/events/record.h"
#include "services/events/rsvps/seats.h"
#include "services/events/series/series_table.h"
#include "services/events/series/series_write.h"

#include <errno.h>
#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

/* An occurrence that has not begun. */
struct found {
    struct cvn_id id;
    Convene__Events__V1__Event *event;
    struct cvn_civil recurrence;
    bool done;
};

/* The occurrences there are, and which days of the plan are served. */
struct refit {
    struct cvn_ctx *ctx;
    const Convene__Events__V1__Series *series;
    const struct cvn_series_how *how;
    struct cvn_series_plan plan;
    bool *served; /* one for each time of the plan */
    struct found *found;
    size_t n_found;
    int32_t n_made;
};

static int stamp(struct cvn_ctx *ctx, Convene__Events__V1__Event *event)
{
    event->update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return event->update_time ? 0 : -ENOMEM;
}

static int refuse_taken(struct cvn_ctx *ctx, const char *external_id)
{
    return cvn_ctx_refuse_state(ctx, CVN_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                                "The group has another event with the external id \"%s\"; give "
                                "that one, or the series, another.",
                                external_id);
}

/*
 * An occurrence that came before its series, as out of somebody's calendar, is an event of no
 * series: it becomes the occurrence, as one changed by itself. 0; CVN_REFUSED where the event of
 * that external_id is of another series; a fault.
 */
static int adopt(struct cvn_ctx *ctx, const Convene__Events__V1__Event *occurrence)
{
    Convene__Events__V1__Event *event = NULL;
    struct cvn_id group, id;
    if (!cvn_id_parse(&group, CVN_GROUP_PREFIX, occurrence->group_id))
        return -EUCLEAN;
    int r = cvn_event_by_external_id(ctx, &group, occurrence->external_id, &id);
    if (r == 0)
        r = cvn_event_get(ctx, &id, &event);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    if (event->series_id[0])
        return refuse_taken(ctx, occurrence->external_id);
    event->series_id = occurrence->series_id;
    event->recurrence_id = occurrence->recurrence_id;
    event->overridden = true;
    r = stamp(ctx, event);
    return r ? r : cvn_event_put(ctx, &id, event);
}

static int revise(const struct cvn_series_how *how, const Convene__Events__V1__Event *made,
                  Convene__Events__V1__Event *event, bool *ret_revised)
{
    *event = *made;
    *ret_revised = false;
    return how && how->revise ? how->revise(how->arg, made, event, ret_revised) : 0;
}

int cvn_series_make(struct cvn_ctx *ctx, const Convene__Events__V1__Series *series,
                    const struct cvn_civil *start, const struct cvn_series_how *how)
{
    Convene__Events__V1__Event event, revised;
    bool is_revised = false;
    struct cvn_id id = cvn_ctx_new_id(ctx);
    int r = cvn_series_occurrence(ctx, series, start, &event);
    if (r == 0)
        r = stamp(ctx, &event);
    if (r)
        return r;
    event.create_time = event.update_time;
    event.id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &id);
    if (!event.id)
        return -ENOMEM;
    r = revise(how, &event, &revised, &is_revised);
    if (r == 0)
        r = cvn_event_put(ctx, &id, &revised);
    if (r == CVN_TABLE_DUPLICATE)
        return adopt(ctx, &event);
    return r == 0 && is_revised ? cvn_seats_settle(ctx, &id, &revised) : r;
}

/* The ids of all occurrences that have not begun. */
static int find_ids(struct refit *f, const struct cvn_id *old)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, old);
    hi = lo;
    cvn_key_put_i64(&lo, f->ctx->now_ms + 1);
    cvn_key_put_i64(&hi, INT64_MAX);
    int r = cvn_index_cursor_init(&cursor, f->ctx->txn, &cvn_event_indexes[CVN_EVENT_BY_SERIES],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    while (r == 0 && (r = cvn_index_cursor_next(&cursor, &entry)) == 0) {
        struct cvn_key_reader reader;
        if (f->n_found == CVN_SERIES_CHANGED_MAX)
            return cvn_ctx_refuse(f->ctx, CVN_FAILED_PRECONDITION,
                                  "The series has over %d occurrences ahead; split it in parts.",
                                  CVN_SERIES_CHANGED_MAX);
        cvn_key_reader_init(&reader, entry.primary);
        (void)cvn_key_get_u8(&reader);
        f->found[f->n_found++].id = cvn_key_get_id(&reader);
        if (reader.failed)
            return -EUCLEAN;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Reads them; those from before the time are not to be touched. */
static int read_found(struct refit *f, const struct cvn_civil *from)
{
    for (size_t i = 0; i < f->n_found; i++) {
        struct found *found = &f->found[i];
        int r = cvn_event_get(f->ctx, &found->id, &found->event);
        if (r)
            return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
        if (!cvn_civil_parse(&found->recurrence, found->event->recurrence_id))
            return -EUCLEAN;
        found->done = cvn_civil_seconds(&found->recurrence) < cvn_civil_seconds(from);
    }
    return 0;
}

static int find(struct refit *f, const struct cvn_id *old, const struct cvn_civil *from)
{
    f->found = cvn_arena_alloc_array(f->ctx->arena, CVN_SERIES_CHANGED_MAX, sizeof *f->found);
    int r = f->found ? find_ids(f, old) : -ENOMEM;
    return r ? r : read_found(f, from);
}

static bool same_day(const struct cvn_civil *a, const struct cvn_civil *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day;
}

/* The first time of the plan, that one itself or on its day, that no occurrence serves yet, or n.
 */
static size_t slot_of(const struct refit *f, const struct cvn_civil *recurrence, bool itself)
{
    size_t i = 0;
    while (i < f->plan.n &&
           (f->served[i] || !same_day(&f->plan.times[i], recurrence) ||
            (itself && cvn_civil_seconds(&f->plan.times[i]) != cvn_civil_seconds(recurrence))))
        i++;
    return i;
}

/* Whether nobody has answered, or written about it. */
static int is_nobodys(struct refit *f, const struct cvn_id *id, bool *ret)
{
    struct cvn_seats seats;
    struct cvn_discussion discussion = {0};
    int r = cvn_seats_get(f->ctx, id, &seats);
    if (r == 0)
        r = cvn_discussion_get(f->ctx, id, &discussion);
    *ret = r == 0 && seats.n_rsvps == 0 && discussion.n_comments == 0;
    return r;
}

static int call_off(struct refit *f, const struct cvn_id *id, Convene__Events__V1__Event *event,
                    const char *reason)
{
    int r;
    event->status_before = event->status;
    event->status = STATUS(CANCELLED);
    event->status_reason = (char *)(uintptr_t)reason;
    event->sequence += event->publication != PUBLICATION(DRAFT);
    event->overridden = true;
    r = stamp(f->ctx, event);
    if (r == 0)
        r = cvn_event_put(f->ctx, id, event);
    return r ? r : cvn_seats_settle(f->ctx, id, event);
}

/* Its day is gone: nobody's is deleted, somebody's is called off. */
static int drop(struct refit *f, const struct cvn_id *id, Convene__Events__V1__Event *event)
{
    bool nobodys;
    int r = is_nobodys(f, id, &nobodys);
    if (r || event->status == STATUS(CANCELLED))
        return r;
    if (!nobodys)
        return call_off(f, id, event, "The series does not take place on that day any more.");
    f->n_made--;
    return cvn_event_delete(f->ctx, id);
}

static int put(struct cvn_ctx *ctx, const struct cvn_id *id,
               const Convene__Events__V1__Event *event)
{
    int r = cvn_event_put(ctx, id, event);
    return r == CVN_TABLE_DUPLICATE ? refuse_taken(ctx, event->external_id) : r;
}

/* Takes the occurrence along, and what its calendar says of it. */
static int take_along(struct refit *f, const struct cvn_id *id, Convene__Events__V1__Event *event,
                      const Convene__Events__V1__Event *before)
{
    Convene__Events__V1__RegisterResult__Outcome outcome;
    Convene__Events__V1__Event revised;
    bool is_revised = false;
    int r = cvn_event_follow(f->ctx, event, before, &outcome);
    if (r == 0)
        r = revise(f->how, event, &revised, &is_revised);
    if (r)
        return r;
    if (is_revised || outcome == OUTCOME(UPDATED))
        return cvn_event_store(f->ctx, id, &revised);
    bool same_series = strcmp(before->series_id, event->series_id) == 0;
    return same_series ? 0 : put(f->ctx, id, event);
}

static int follow(struct refit *f, const struct cvn_id *id, Convene__Events__V1__Event *before,
                  const struct cvn_civil *start)
{
    Convene__Events__V1__Event event;
    int r = cvn_series_occurrence(f->ctx, f->series, start, &event);
    if (r)
        return r;
    if (!before->overridden)
        return take_along(f, id, &event, before);
    before->series_id = event.series_id;
    before->recurrence_id = event.recurrence_id;
    before->external_id = event.external_id;
    return put(f->ctx, id, before);
}

/*
 * Has the occurrences serve the plan. One whose time is still there keeps it; only then others take
 * what is left of their day: so no two ever have one time, and those who answered keep theirs.
 */
static int serve(struct refit *f, bool itself)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < f->n_found; i++) {
        struct found *found = &f->found[i];
        size_t slot = slot_of(f, &found->recurrence, itself);
        if (found->done || (itself && slot == f->plan.n))
            continue;
        found->done = true;
        if (slot < f->plan.n)
            f->served[slot] = true;
        r = slot < f->plan.n ? follow(f, &found->id, found->event, &f->plan.times[slot])
                             : drop(f, &found->id, found->event);
    }
    return r;
}

int cvn_series_refit(struct cvn_ctx *ctx, const struct cvn_series_refit *refit, int32_t *ret_n)
{
    const struct cvn_civil *from = &refit->from, *first = &refit->first;
    struct refit f = {.ctx = ctx, .series = refit->series, .how = refit->how};
    /* From the day's beginning: an occurrence may have moved to an earlier hour. */
    struct cvn_civil day = {first->year, first->month, first->day, 0, 0, 0};
    int r = cvn_series_plan(ctx, f.series, &day, CVN_SERIES_CHANGED_MAX, &f.plan);
    if (r)
        return r;
    f.served = cvn_arena_alloc_array(ctx->arena, f.plan.n, sizeof *f.served);
    if (!f.served)
        return -ENOMEM;
    r = find(&f, refit->old, from);
    if (r == 0)
        r = serve(&f, true);
    if (r == 0)
        r = serve(&f, false);
    for (size_t i = 0; r == 0 && i < f.plan.n; i++) {
        if (f.served[i] || cvn_civil_seconds(&f.plan.times[i]) < cvn_civil_seconds(first))
            continue;
        r = cvn_series_make(ctx, f.series, &f.plan.times[i], f.how);
        f.n_made++;
    }
    if (r == 0)
        *ret_n = f.n_made;
    return r;
}

int cvn_series_call_off(struct cvn_ctx *ctx, const struct cvn_id *id, const struct cvn_civil *from,
                        const char *reason, int32_t *ret_n)
{
    struct refit f = {.ctx = ctx};
    int32_t n = 0;
    int r = find(&f, id, from);
    for (size_t i = 0; r == 0 && i < f.n_found; i++) {
        struct found *found = &f.found[i];
        bool nobodys;
        if (found->done || found->event->status == STATUS(CANCELLED))
            continue;
        r = is_nobodys(&f, &found->id, &nobodys);
        if (r)
            return r;
        if (nobodys && found->event->publication != PUBLICATION(PUBLISHED)) {
            r = cvn_event_delete(ctx, &found->id);
            continue;
        }
        r = call_off(&f, &found->id, found->event, reason);
        n++;
    }
    if (r == 0)
        *ret_n = n;
    return r;
}
