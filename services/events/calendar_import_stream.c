#include "services/events/calendar_import_stream.h"

#include "base/text.h"
#include "convene/events/v1/registrar.pb-c.h"
#include "rpc/clock.h"
#include "services/events/calendar/item.h"
#include "services/events/calendar_apply.h"
#include "services/events/field_check.h"
#include "services/events/groups/group_access.h"
#include "services/events/meetups/event_check.h"
#include "services/events/series/series_write.h"
#include "services/events/service.h"
#include "storage/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)CVN_CALENDAR_TITLE_MAX <= (int)CVN_EVENT_TITLE_MAX &&
                   (int)CVN_CALENDAR_DESCRIPTION_MAX <= (int)CVN_EVENT_DESCRIPTION_MAX &&
                   (int)CVN_CALENDAR_VENUE_MAX <= (int)CVN_EVENT_VENUE_NAME_MAX &&
                   (int)CVN_CALENDAR_ADDRESS_MAX <= (int)CVN_EVENT_ADDRESS_MAX &&
                   (int)CVN_CALENDAR_TOPIC_MAX <= (int)CVN_FIELD_TOPIC_BYTES_MAX &&
                   (int)CVN_CALENDAR_TOPICS_MAX <= (int)CVN_FIELD_TOPICS_MAX &&
                   (int)CVN_CALENDAR_URL_MAX <= (int)CVN_FIELD_URL_MAX,
               "what a calendar's texts are cut to is what an event takes");

_Static_assert((int)CVN_CALENDAR_BACK_DAYS == (int)CVN_SERIES_BACK_DAYS &&
                   (int)CVN_CALENDAR_AHEAD_DAYS == (int)CVN_SERIES_HORIZON_DAYS,
               "a rule is tried as far as its occurrences are made");

#define OUTCOME(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name

enum {
    MESSAGE_BYTES = 64 << 20, /* memory for a message, and for an update */
    LOOKED_PER_WRITE = 4,
    RULES_MS_MAX = 100, /* of work on rules, as measured before, in one update */
    SHOWN_TITLE_MAX = 100,
    SHOWN_UID_MAX = 200,
};

/* A call of StreamImportCalendar, with the message that is worked on. */
struct import {
    bool begun; /* the first message has said what is below */
    bool publish, validate_only;
    char *group_name, *time_zone; /* as asked for; in kept */
    char kept[CVN_CALENDAR_IMPORT_NAMES_BYTES];

    struct cvn_ctx *ctx; /* of what is being done */
    struct cvn_calendar calendar;
    struct cvn_id group;
    const char *group_id;
    size_t n_done, n_reached;      /* records, before and behind the update */
    int32_t first_line, next_line; /* the same as lines; 0: the beginning, and the end */
    Convene__Events__V1__StreamImportCalendarResponse answer;
};

/* The properties that fields of an event are read from: what an organiser finds in the file. */
static const struct {
    const char *field, *property;
} properties[] = {
    {"title", "SUMMARY"},
    {"description", "DESCRIPTION"},
    {"start_local", "DTSTART"},
    {"end_local", "DTEND"},
    {"time_zone", "DTSTART"},
    {"venue.name", "LOCATION"},
    {"venue.address", "LOCATION"},
    {"venue.location", "GEO"},
    {"online_url", "CONFERENCE"},
    {"url", "URL"},
    {"topics", "CATEGORIES"},
    {"external_id", "UID"},
    {"language", "LANGUAGE"},
    {"venue", "X-CONVENE-VENUE"},
    {"capacity", "X-CONVENE-CAPACITY"},
};

static const char *property_of(const char *path)
{
    const char *field = strncmp(path, "event.", 6) == 0 ? path + 6 : path;
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        size_t len = strlen(properties[i].field);
        if (strncmp(field, properties[i].field, len) == 0 &&
            (field[len] == '\0' || field[len] == '.' || field[len] == '['))
            return properties[i].property;
    }
    return field;
}

/* Refuses what no event may be. 0 or -ENOMEM. */
static int check_item(struct import *import, struct cvn_calendar_item *item)
{
    struct cvn_zones *zones = ((const struct cvn_events_service *)import->ctx->service)->zones;
    struct cvn_problems problems;
    Convene__Events__V1__Event event = *item->event;
    cvn_problems_init(&problems, import->ctx->arena);
    event.group_id = (char *)(uintptr_t)import->group_id;
    event.external_id = item->result.uid;
    int r = cvn_event_check(&problems, "event", &event, zones);
    for (size_t i = 0; r == 0 && i < problems.n; i++)
        r = cvn_calendar_refuse(item, import->ctx->arena, "%s %s.",
                                property_of(problems.items[i].field), problems.items[i].text);
    return r;
}

static int check_record(struct import *import, struct cvn_calendar_record *record)
{
    int r = record->main ? check_item(import, record->main) : 0;
    if (r == 0 && record->series &&
        (record->series->event->rsvp_open_time || record->series->event->rsvp_close_time))
        r = cvn_calendar_refuse(record->main, import->ctx->arena,
                                "X-CONVENE-RSVP-OPEN and -CLOSE are of one date; a series has "
                                "none.");
    for (size_t i = 0; r == 0 && i < record->n_overrides; i++)
        r = check_item(import, record->overrides[i]);
    return r;
}

/* The group and its zone, and whether the caller organises it, as of a snapshot. */
static int find_group(struct import *import, const char **ret_zone)
{
    struct cvn_ctx *ctx = import->ctx;
    Convene__Events__V1__Group *group;
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(ctx->store, &snapshot);
    if (r)
        return r;
    ctx->txn = snapshot;
    r = cvn_group_find(ctx, "group_id", import->group_name, &import->group, &group);
    if (r == 0)
        r = cvn_group_require(ctx, &import->group,
                              CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_ORGANISER);
    ctx->txn = NULL;
    cvn_snapshot_release(snapshot);
    if (r == 0) {
        import->group_id = group->id;
        *ret_zone = group->time_zone;
    }
    return r;
}

static int64_t clock_ms(void *arg)
{
    (void)arg;
    return cvn_rpc_now_ms();
}

/* Reads the file and refuses what can be refused of it without the store. */
static int read_file(struct import *import, const struct cvn_calendar_file *file,
                     const char *group_zone)
{
    struct cvn_ctx *ctx = import->ctx;
    const struct cvn_calendar_import how = {
        .file = *file,
        .zones = ((const struct cvn_events_service *)ctx->service)->zones,
        .time_zone = import->time_zone,
        .group_zone = group_zone,
        .now_ms = ctx->now_ms,
        .clock_ms = clock_ms,
    };
    int r = cvn_calendar_read(&import->calendar, &how, ctx->arena);
    if (r)
        return r;
    if (import->calendar.refusal) {
        cvn_problems_add(&ctx->problems, "pieces", "%s",
                         cvn_calendar_refusal_text(import->calendar.refusal));
        return cvn_ctx_refuse_problems(ctx);
    }
    for (size_t i = 0; r == 0 && i < import->calendar.n_records; i++)
        r = check_record(import, &import->calendar.records[i]);
    return r;
}

/* The store may run an update twice, so that what it makes of an item is made of a copy. */
static struct cvn_calendar_item *copy_item(struct cvn_arena *arena,
                                           const struct cvn_calendar_item *item)
{
    struct cvn_calendar_item *copy = cvn_arena_copy(arena, item, sizeof *item);
    if (!copy || !item->result.reasons)
        return copy;
    copy->result.reasons = cvn_arena_copy(arena, item->result.reasons,
                                          CVN_CALENDAR_REASONS_MAX * sizeof *item->result.reasons);
    return copy->result.reasons ? copy : NULL;
}

static int copy_record(struct cvn_arena *arena, const struct cvn_calendar_record *record,
                       struct cvn_calendar_record *ret)
{
    *ret = *record;
    if (record->main && !(ret->main = copy_item(arena, record->main)))
        return -ENOMEM;
    ret->overrides = cvn_arena_alloc_array(arena, record->n_overrides, sizeof(void *));
    if (!ret->overrides)
        return -ENOMEM;
    for (size_t i = 0; i < record->n_overrides; i++)
        if (!(ret->overrides[i] = copy_item(arena, record->overrides[i])))
            return -ENOMEM;
    return 0;
}

/* Adds the item's line to the report. */
static int report(struct import *import, struct cvn_calendar_item *item,
                  Convene__Events__V1__StreamImportCalendarResponse *response)
{
    struct cvn_arena *arena = import->ctx->arena;
    Convene__Events__V1__CalendarResult *line = cvn_arena_copy(arena, &item->result, sizeof *line);
    struct cvn_slice title = cvn_text_cut(cvn_slice_of_string(item->event->title), SHOWN_TITLE_MAX);
    struct cvn_slice uid = cvn_text_cut(cvn_slice_of_string(item->result.uid), SHOWN_UID_MAX);
    if (!line)
        return -ENOMEM;
    line->title = cvn_arena_copy(arena, title.data, title.len);
    line->uid = cvn_arena_copy(arena, uid.data, uid.len);
    bool made = item->result.outcome == OUTCOME(CREATED) && import->validate_only;
    if (made || item->result.outcome == OUTCOME(REFUSED))
        line->id = (char *)(uintptr_t)protobuf_c_empty_string; /* there is nothing of that id */
    response->results[response->n_results++] = line;
    return line->title && line->uid ? 0 : -ENOMEM;
}

static int report_record(struct import *import, const struct cvn_calendar_record *record,
                         Convene__Events__V1__StreamImportCalendarResponse *response)
{
    int r = record->main ? report(import, record->main, response) : 0;
    for (size_t i = 0; r == 0 && i < record->n_overrides; i++)
        r = report(import, record->overrides[i], response);
    return r;
}

static bool is_refused(const struct cvn_calendar_item *item)
{
    return item->result.outcome == OUTCOME(REFUSED);
}

/* Stores one record, those of its occurrences that were not refused before; reports all. */
static int take_record(struct import *import, struct cvn_calendar_apply *apply, size_t i,
                       Convene__Events__V1__StreamImportCalendarResponse *response)
{
    struct cvn_arena *arena = import->ctx->arena;
    struct cvn_calendar_record record, fit;
    int r = copy_record(arena, &import->calendar.records[i], &record);
    if (r)
        return r;
    fit = record;
    fit.overrides = cvn_arena_alloc_array(arena, record.n_overrides, sizeof(void *));
    fit.n_overrides = 0;
    if (!fit.overrides)
        return -ENOMEM;
    for (size_t o = 0; o < record.n_overrides; o++)
        if (!is_refused(record.overrides[o]))
            fit.overrides[fit.n_overrides++] = record.overrides[o];
    bool refused = record.main && is_refused(record.main);
    for (size_t o = 0; r == 0 && refused && o < fit.n_overrides; o++)
        r = cvn_calendar_refuse(fit.overrides[o], arena, "Its series, on line %d, was refused.",
                                record.main->result.line);
    if (r == 0 && !refused)
        r = cvn_calendar_apply_record(apply, &fit);
    return r ? r : report_record(import, &record, response);
}

static int compare_lines(const void *a, const void *b)
{
    int x = (*(Convene__Events__V1__CalendarResult *const *)a)->line;
    int y = (*(Convene__Events__V1__CalendarResult *const *)b)->line;
    return (x > y) - (x < y);
}

static size_t count_items(const struct cvn_calendar *calendar)
{
    size_t n = calendar->n_others;
    for (size_t i = 0; i < calendar->n_records; i++)
        n += (calendar->records[i].main != NULL) + calendar->records[i].n_overrides;
    return n;
}

/* What is said of the file, with its beginning, and of components that are no record. */
static int report_others(struct import *import,
                         Convene__Events__V1__StreamImportCalendarResponse *response)
{
    const struct cvn_calendar *calendar = &import->calendar;
    if (import->first_line == 0) {
        response->warnings = (char **)(uintptr_t)calendar->notes;
        response->n_warnings = calendar->n_notes;
    }
    int r = 0;
    for (size_t i = 0; r == 0 && i < calendar->n_others; i++) {
        int32_t line = calendar->others[i]->result.line;
        if (line >= import->first_line && (import->next_line == 0 || line < import->next_line))
            r = report(import, calendar->others[i], response);
    }
    return r;
}

/* Whether the update has done its share; the writer has others to serve. */
static bool is_enough(const struct cvn_calendar_apply *apply, size_t n_looked, int64_t rules_ms)
{
    return apply->n_writes + n_looked / LOOKED_PER_WRITE >= CVN_CALENDAR_WRITES_MAX ||
           rules_ms >= RULES_MS_MAX;
}

static int import_records(struct import *import,
                          Convene__Events__V1__StreamImportCalendarResponse *response)
{
    const struct cvn_calendar *calendar = &import->calendar;
    struct cvn_calendar_apply apply = {
        .ctx = import->ctx,
        .group = import->group,
        .group_id = import->group_id,
        .publish = import->publish,
    };
    size_t i = import->n_done, n_looked = 0;
    int64_t rules_ms = 0;
    response->calendar_name = (char *)(uintptr_t)calendar->name;
    response->results =
        cvn_arena_alloc_array(import->ctx->arena, count_items(calendar), sizeof *response->results);
    int r = response->results ? 0 : -ENOMEM;
    for (; r == 0 && i < calendar->n_records && !is_enough(&apply, n_looked, rules_ms); i++) {
        n_looked += 1 + calendar->records[i].n_overrides;
        rules_ms += calendar->records[i].cost_ms;
        r = take_record(import, &apply, i, response);
    }
    import->n_reached = i;
    import->next_line = i < calendar->n_records ? calendar->records[i].line : 0;
    response->next_line = import->next_line;
    if (r == 0)
        r = report_others(import, response);
    if (r == 0 && response->n_results > 0)
        qsort(response->results, response->n_results, sizeof *response->results, compare_lines);
    return r;
}

/* Keeps what the first message says for all of them; refuses what cannot be right. */
static int take_options(struct import *import,
                        const Convene__Events__V1__StreamImportCalendarRequest *req)
{
    size_t group_len = strlen(req->group_id), zone_len = strlen(req->time_zone);
    if (group_len + zone_len + 2 > sizeof import->kept)
        return cvn_ctx_refuse(import->ctx, CVN_INVALID_ARGUMENT,
                              "group_id and time_zone have %zu bytes; no names are so long.",
                              group_len + zone_len);
    import->begun = true;
    import->publish = req->publish;
    import->validate_only = req->validate_only;
    import->group_name = memcpy(import->kept, req->group_id, group_len + 1);
    import->time_zone = memcpy(import->kept + group_len + 1, req->time_zone, zone_len + 1);
    return 0;
}

static void check_lines(struct cvn_problems *problems,
                        const Convene__Events__V1__StreamImportCalendarRequest *req)
{
    if (req->first_line < 0)
        cvn_problems_add(problems, "first_line",
                         "is %d; next_line of the last answer to the message is right",
                         req->first_line);
    for (size_t i = 0; i < req->n_pieces; i++) {
        int32_t line = req->pieces[i]->first_line;
        if (line < 0 || line > CVN_CALENDAR_IMPORT_LINE_MAX)
            cvn_problems_add(problems, cvn_field_path(problems, "pieces[%zu].first_line", i),
                             "is %d; 0 to %d is right", line, CVN_CALENDAR_IMPORT_LINE_MAX);
    }
}

/* The message's pieces as the reader takes them; NULL without memory. */
static const struct cvn_calendar_piece *
pieces_of(struct cvn_arena *arena, const Convene__Events__V1__StreamImportCalendarRequest *req)
{
    struct cvn_calendar_piece *pieces = cvn_arena_alloc_array(arena, req->n_pieces, sizeof *pieces);
    for (size_t i = 0; pieces && i < req->n_pieces; i++)
        pieces[i] = (struct cvn_calendar_piece){
            cvn_slice(req->pieces[i]->content.data, req->pieces[i]->content.len),
            (size_t)req->pieces[i]->first_line};
    return pieces;
}

static int take(struct cvn_ctx *ctx, void *state, ProtobufCMessage *message,
                enum cvn_write_stream_mode *ret_mode)
{
    const Convene__Events__V1__StreamImportCalendarRequest *req = (const void *)message;
    struct cvn_zones *zones = ((const struct cvn_events_service *)ctx->service)->zones;
    struct import *import = state;
    const char *group_zone = NULL;
    import->ctx = ctx;
    int r = import->begun ? 0 : take_options(import, req);
    if (r)
        return r;
    *ret_mode = import->validate_only ? CVN_WRITE_STREAM_UNDO : CVN_WRITE_STREAM_WRITE;
    if (import->time_zone[0] &&
        cvn_field_check_zone(&ctx->problems, "time_zone", import->time_zone, zones))
        return -ENOMEM;
    check_lines(&ctx->problems, req);
    r = cvn_ctx_refuse_problems(ctx);
    if (r == 0)
        r = find_group(import, &group_zone);
    const struct cvn_calendar_file file = {pieces_of(ctx->arena, req), req->n_pieces};
    if (r == 0)
        r = file.pieces ? read_file(import, &file, group_zone) : -ENOMEM;
    import->n_done = 0;
    import->first_line = req->first_line;
    while (r == 0 && import->n_done < import->calendar.n_records &&
           import->calendar.records[import->n_done].line < req->first_line)
        import->n_done++;
    return r;
}

static int run(struct cvn_ctx *ctx, void *state)
{
    struct import *import = state;
    import->ctx = ctx;
    convene__events__v1__stream_import_calendar_response__init(&import->answer);
    return import_records(import, &import->answer);
}

static const ProtobufCMessage *answer(void *state)
{
    return &((struct import *)state)->answer.base;
}

static bool next(void *state)
{
    struct import *import = state;
    import->n_done = import->n_reached;
    import->first_line = import->next_line;
    return import->next_line > 0;
}

const struct cvn_write_stream_type cvn_calendar_import_stream = {
    .need = {"StreamImportCalendar", CVN_METHOD_WRITE, CVN_ACCESS_SIGNED_IN,
             .scope = CVN_SCOPE_EVENTS_REGISTER},
    .message_bytes_max = MESSAGE_BYTES,
    .update_bytes_max = MESSAGE_BYTES,
    .state_size = sizeof(struct import),
    .take = take,
    .run = run,
    .answer = answer,
    .next = next,
};
