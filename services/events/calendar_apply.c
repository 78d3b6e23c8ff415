#include "services/events/calendar_apply.h"

#include "services/events/calendar/write.h"
#include "services/events/calendar_store.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_list.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/series/series_plan.h"
#include "services/events/series/series_table.h"
#include "services/events/series/series_write.h"
#include "services/events/service.h"

#include <errno.h>
#include <string.h>

#define OUTCOME(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name
#define REGISTERED(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name

enum { OCCURRENCES_BYTES = 4 << 20 };

/* The occurrences that a series has, for finding those that are changed. */
struct occurrences {
    struct cvn_arena arena; /* of what follows */
    struct cvn_id *ids;
    const char **recurrence_ids;
    bool *ahead; /* not begun, and takes place */
    size_t n;
};

static int read_occurrence(struct cvn_ctx *row, const struct cvn_index_entry *entry,
                           struct occurrences *all)
{
    struct cvn_key_reader reader;
    Convene__Events__V1__Event *event;
    cvn_key_reader_init(&reader, entry->primary);
    (void)cvn_key_get_u8(&reader);
    all->ids[all->n] = cvn_key_get_id(&reader);
    int r = reader.failed ? -EUCLEAN : cvn_event_get(row, &all->ids[all->n], &event);
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    all->recurrence_ids[all->n] = cvn_arena_strdup(&all->arena, event->recurrence_id);
    all->ahead[all->n] =
        cvn_event_start_ms(event) > row->now_ms && event->status != STATUS(CANCELLED);
    cvn_arena_reset(row->arena);
    return all->recurrence_ids[all->n++] ? 0 : -ENOMEM;
}

/* The latest of them: what is ahead is never left out. */
static int list_occurrences(struct cvn_ctx *ctx, const struct cvn_id *series,
                            struct occurrences *all)
{
    CVN_INDEX_CURSOR_AUTO cursor = {.index = NULL};
    struct cvn_key lo, hi;
    struct cvn_index_entry entry;
    const size_t max = CVN_CALENDAR_OCCURRENCES_MAX;
    CVN_ARENA_AUTO row_arena;
    cvn_arena_init(&row_arena, CVN_EVENT_LIST_ROW_BYTES_MAX);
    struct cvn_ctx row = *ctx;
    row.arena = &row_arena;
    all->n = 0;
    cvn_arena_reset(&all->arena);
    all->ids = cvn_arena_alloc_array(&all->arena, max, sizeof *all->ids);
    all->recurrence_ids = cvn_arena_alloc_array(&all->arena, max, sizeof *all->recurrence_ids);
    all->ahead = cvn_arena_alloc_array(&all->arena, max, sizeof *all->ahead);
    if (!all->ids || !all->recurrence_ids || !all->ahead)
        return -ENOMEM;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, series);
    hi = lo;
    cvn_key_put_i64(&lo, INT64_MIN);
    cvn_key_put_i64(&hi, INT64_MAX);
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_event_indexes[CVN_EVENT_BY_SERIES],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_BACKWARD);
    while (r == 0 && all->n < max && (r = cvn_index_cursor_next(&cursor, &entry)) == 0)
        r = read_occurrence(&row, &entry, all);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int apply_event(struct cvn_calendar_apply *a, struct cvn_calendar_item *item,
                       const struct cvn_calendar_target *target)
{
    if (target->has_series)
        return cvn_calendar_refuse(item, a->ctx->arena,
                                   "It is a series here and one event in the file, which cannot "
                                   "become of it.");
    return target->has_event ? cvn_calendar_change_event(a, item, &target->event)
                             : cvn_calendar_add_event(a, item, item->result.uid);
}

/* Remembers a newer version of a series that stays as it is. */
static int keep_version(struct cvn_calendar_apply *a, struct cvn_calendar_item *item,
                        const struct cvn_id *id)
{
    Convene__Events__V1__Series *series;
    if (!item->has_sequence && !item->modified_s)
        return 0;
    int r = cvn_series_get(a->ctx, id, &series);
    if (r)
        return r;
    if (series->sequence < item->sequence)
        series->sequence = item->sequence;
    series->calendar_source =
        cvn_calendar_source(a->ctx->arena, item, cvn_record_time_ms(series->update_time, 0));
    return series->calendar_source ? cvn_series_put(a->ctx, id, series) : -ENOMEM;
}

struct making {
    struct cvn_calendar_apply *apply;
    const struct cvn_calendar_record *record;
};

/*
 * Finds the item of an occurrence that the series makes, so that it is written
 * once. One that came before its series is an event already, and is changed
 * when it has become the occurrence.
 */
static int revise_made(void *arg, const Convene__Events__V1__Event *made,
                       Convene__Events__V1__Event *event, bool *ret_revised)
{
    const struct making *making = arg;
    const struct cvn_calendar_record *record = making->record;
    struct cvn_id own, id;
    for (size_t i = 0; i < record->n_overrides; i++) {
        struct cvn_calendar_item *item = record->overrides[i];
        if (item->result.outcome || strcmp(item->result.recurrence_id, made->recurrence_id) != 0)
            continue;
        if (!cvn_id_parse(&own, CVN_EVENT_PREFIX, made->id))
            return -EUCLEAN;
        int r = cvn_event_by_external_id(making->apply->ctx, &making->apply->group,
                                         made->external_id, &id);
        if (r == CVN_STORE_ABSENT || (r == 0 && memcmp(&id, &own, sizeof id) == 0))
            return cvn_calendar_revise_made(making->apply, item, made, event, ret_revised);
        return r;
    }
    return 0;
}

struct registering {
    struct cvn_ctx *ctx;
    Convene__Events__V1__Series *series;
    struct cvn_series_how how;
    Convene__Events__V1__RegisterResult__Outcome outcome;
};

static int register_part(struct cvn_txn *txn, void *arg)
{
    struct registering *registering = arg;
    (void)txn; /* the context's */
    return cvn_series_register(registering->ctx, registering->series, &registering->how,
                               &registering->outcome);
}

/*
 * Registers the series. What that was refused for is the item's refusal, and what it had written
 * till then, as where one of many occurrences is another event here, is taken back.
 */
static int register_series(struct cvn_calendar_apply *a, const struct cvn_calendar_record *record,
                           Convene__Events__V1__Series *series, bool publish)
{
    struct cvn_calendar_item *item = record->main;
    struct making making = {a, record};
    struct registering it = {
        .ctx = a->ctx,
        .series = series,
        .how = {.publish = publish, .revise = revise_made, .arg = &making},
    };
    if (item->has_sequence || item->modified_s) {
        it.how.source = cvn_calendar_source(a->ctx->arena, item, 0);
        if (!it.how.source)
            return -ENOMEM;
    }
    int r = cvn_txn_part(a->ctx->txn, register_part, &it);
    if (r == CVN_REFUSED) {
        a->n_writes += CVN_CALENDAR_WRITES_MAX; /* they may have been as many before */
        return cvn_calendar_refuse_item(a, item);
    }
    if (r)
        return r;
    item->result.outcome = it.outcome == REGISTERED(CREATED)   ? OUTCOME(CREATED)
                           : it.outcome == REGISTERED(UPDATED) ? OUTCOME(UPDATED)
                                                               : OUTCOME(UNCHANGED);
    a->n_writes += it.outcome == REGISTERED(UNCHANGED) ? 0 : (size_t)series->occurrence_count + 1;
    return 0;
}

static int add_series(struct cvn_calendar_apply *a, const struct cvn_calendar_record *record,
                      struct cvn_calendar_target *target)
{
    struct cvn_calendar_item *item = record->main;
    Convene__Events__V1__Series series = *record->series;
    Convene__Events__V1__Event model = *record->series->event;
    if (item->status == STATUS(CANCELLED))
        return cvn_calendar_skip(item, a->ctx->arena,
                                 "The series is cancelled, and it was never here.");
    model.group_id = (char *)(uintptr_t)a->group_id;
    model.external_id = item->result.uid;
    series.event = &model;
    bool published = item->publication ? item->publication ==
                                             CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED
                                       : a->publish;
    int r = register_series(a, record, &series, published);
    if (r || item->result.outcome != OUTCOME(CREATED))
        return r;
    if (!cvn_id_parse(&target->series, CVN_SERIES_PREFIX, series.id))
        return -EUCLEAN;
    target->has_series = true;
    item->result.id = series.id;
    return 0;
}

/* Calls off what lies ahead, and lets no more follow. */
static int cancel_series(struct cvn_calendar_apply *a, struct cvn_calendar_item *item,
                         const struct cvn_id *id, const struct occurrences *all)
{
    Convene__Events__V1__Series *series;
    int r = cvn_series_get(a->ctx, id, &series);
    item->result.outcome = OUTCOME(UNCHANGED);
    for (size_t i = 0; r == 0 && i < all->n; i++)
        if (all->ahead[i])
            r = cvn_calendar_cancel_event(a, item, &all->ids[i]);
    if (r || !series->made_until[0])
        return r;
    series->ends_before = series->made_until;
    series->made_until = (char *)(uintptr_t) "";
    series->sequence++;
    series->update_time = cvn_record_time(a->ctx->arena, a->ctx->now_ms);
    item->result.outcome = OUTCOME(UPDATED);
    a->n_writes++;
    return series->update_time ? cvn_series_put(a->ctx, id, series) : -ENOMEM;
}

/* The rule that an export gives a series that was split. */
static bool is_same_rule(struct cvn_ctx *ctx, const Convene__Events__V1__Series *before,
                         const char *rule)
{
    struct cvn_zones *zones = ((const struct cvn_events_service *)ctx->service)->zones;
    const struct cvn_zone *zone;
    if (cvn_zones_find(zones, before->event->time_zone, &zone))
        return false;
    const char *cut = cvn_calendar_rule(ctx->arena, before, zone);
    return cut && strcmp(cut, rule) == 0;
}

static int change_series(struct cvn_calendar_apply *a, const struct cvn_calendar_record *record,
                         const struct cvn_id *id)
{
    struct cvn_ctx *ctx = a->ctx;
    struct cvn_calendar_item *item = record->main;
    Convene__Events__V1__Series *before;
    int r = cvn_series_get(ctx, id, &before);
    if (r)
        return r;
    item->result.id = before->id;
    struct cvn_calendar_version version = {before->calendar_source, before->sequence,
                                           cvn_record_time_ms(before->update_time, 0)};
    enum cvn_calendar_age age = cvn_calendar_compare(item, &version);
    if (age == CVN_CALENDAR_OLDER)
        return cvn_calendar_skip_older(ctx->arena, item, &version);
    item->result.outcome = OUTCOME(UNCHANGED);
    if (age == CVN_CALENDAR_SAME && cvn_calendar_changed_here(&version))
        return cvn_calendar_remark(item, ctx->arena,
                                   "The file has no newer version than the one that was imported.");
    Convene__Events__V1__Series series = *record->series;
    Convene__Events__V1__Event model = *before->event;
    series.event = &model;
    if (is_same_rule(ctx, before, series.rrule))
        series.rrule = before->rrule;
    r = cvn_calendar_say(ctx->arena, item, &model);
    if (r == 0)
        r = register_series(a, record, &series, false);
    bool newer = age == CVN_CALENDAR_NEWER && before->calendar_source;
    return r == 0 && newer && item->result.outcome == OUTCOME(UNCHANGED) ? keep_version(a, item, id)
                                                                         : r;
}

static int apply_main(struct cvn_calendar_apply *a, const struct cvn_calendar_record *record,
                      struct cvn_calendar_target *target, struct occurrences *all)
{
    if (!record->main)
        return 0;
    if (!record->series)
        return apply_event(a, record->main, target);
    if (target->has_event && !target->has_series)
        return cvn_calendar_refuse(record->main, a->ctx->arena,
                                   "It is one event here and a series in the file, which cannot "
                                   "become of it; archive the event, or give the series another "
                                   "UID.");
    if (!target->has_series)
        return add_series(a, record, target);
    if (record->main->status != STATUS(CANCELLED))
        return change_series(a, record, &target->series);
    int r = list_occurrences(a->ctx, &target->series, all);
    return r ? r : cancel_series(a, record->main, &target->series, all);
}

/* An occurrence that is not there: why. */
static int miss(struct cvn_calendar_apply *a, struct cvn_calendar_item *item,
                const struct cvn_id *id)
{
    Convene__Events__V1__Series *series;
    struct cvn_civil at, now, until;
    int r = cvn_series_get(a->ctx, id, &series);
    if (r == 0)
        r = cvn_series_now(a->ctx, series, &now);
    if (r)
        return r;
    if (!cvn_civil_parse(&at, item->result.recurrence_id))
        return -EUCLEAN;
    if (cvn_civil_seconds(&at) < cvn_civil_seconds(&now))
        return cvn_calendar_skip(item, a->ctx->arena,
                                 "That occurrence is over, and is not kept here.");
    if (cvn_civil_parse(&until, series->made_until) &&
        cvn_civil_seconds(&at) >= cvn_civil_seconds(&until))
        return cvn_calendar_skip(item, a->ctx->arena,
                                 "Occurrences are made up to %s so far; import it again then.",
                                 series->made_until);
    return cvn_calendar_refuse(item, a->ctx->arena, "The series has no occurrence at %s.",
                               item->result.recurrence_id);
}

/* One occurrence whose series nobody knows: an event by itself. */
static int apply_lone(struct cvn_calendar_apply *a, struct cvn_calendar_item *item)
{
    struct cvn_id id;
    const char *key =
        cvn_arena_printf(a->ctx->arena, "%s/%s", item->result.uid, item->result.recurrence_id);
    int r = key ? cvn_event_by_external_id(a->ctx, &a->group, key, &id) : -ENOMEM;
    if (r == 0)
        return cvn_calendar_change_event(a, item, &id);
    if (r != CVN_STORE_ABSENT)
        return r;
    r = cvn_calendar_remark(item, a->ctx->arena,
                            "Its series is neither here nor in the file; it is an event by "
                            "itself.");
    return r ? r : cvn_calendar_add_event(a, item, key);
}

static int apply_override(struct cvn_calendar_apply *a, struct cvn_calendar_item *item,
                          const struct cvn_calendar_target *target, const struct occurrences *all)
{
    if (item->result.outcome) /* it was written when its series made it */
        return 0;
    if (!target->has_series)
        return apply_lone(a, item);
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->recurrence_ids[i], item->result.recurrence_id) == 0)
            return cvn_calendar_change_event(a, item, &all->ids[i]);
    return miss(a, item, &target->series);
}

static int apply_with(struct cvn_calendar_apply *apply, struct cvn_calendar_record *record,
                      struct occurrences *all)
{
    struct cvn_calendar_target target;
    int r = cvn_calendar_find(apply, record->uid, &target);
    if (r == 0)
        r = apply_main(apply, record, &target, all);
    bool refused = record->main && record->main->result.outcome == OUTCOME(REFUSED);
    bool absent = record->main && !target.has_series;
    if (r == 0 && target.has_series && record->n_overrides > 0)
        r = list_occurrences(apply->ctx, &target.series, all);
    for (size_t i = 0; r == 0 && i < record->n_overrides; i++) {
        struct cvn_calendar_item *item = record->overrides[i];
        if (refused || absent)
            r = cvn_calendar_refuse(item, apply->ctx->arena,
                                    "Its series, on line %d, was not taken.",
                                    record->main->result.line);
        else
            r = apply_override(apply, item, &target, all);
    }
    return r;
}

int cvn_calendar_apply_record(struct cvn_calendar_apply *apply, struct cvn_calendar_record *record)
{
    struct occurrences all = {.n = 0};
    cvn_arena_init(&all.arena, OCCURRENCES_BYTES);
    int r = apply_with(apply, record, &all);
    cvn_arena_deinit(&all.arena);
    return r;
}
