#include "base/civil.h"
#include "services/mentoring/change.h"
#include "services/mentoring/mentorships/handlers.h"
#include "services/mentoring/mentorships/log_table.h"
#include "services/mentoring/mentorships/mentorship_find.h"
#include "services/mentoring/program_check.h"
#include "services/mentoring/tables.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000 };

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)
#define KIND(name) CONVENE__MENTORING__V1__LOG_ENTRY__KIND__KIND_##name

static void check_session(struct cvn_ctx *ctx, const Convene__Mentoring__V1__LogEntry *entry)
{
    if (entry->minutes < 1 || entry->minutes > CVN_LOG_MINUTES_MAX)
        cvn_problems_add(&ctx->problems, "log_entry.minutes", "is %d; 1 to %d is right",
                         entry->minutes, CVN_LOG_MINUTES_MAX);
    if (entry->progress)
        cvn_problems_add(&ctx->problems, "log_entry.progress",
                         "is for check-ins; a session has minutes");
}

static void check_check_in(struct cvn_ctx *ctx, const Convene__Mentoring__V1__LogEntry *entry)
{
    if (entry->progress < 1 ||
        !protobuf_c_enum_descriptor_get_value(
            &convene__mentoring__v1__log_entry__progress__descriptor, (int)entry->progress))
        cvn_problems_add(&ctx->problems, "log_entry.progress",
                         "is %d; PROGRESS_ON_TRACK, PROGRESS_SLOW or PROGRESS_STUCK is right",
                         (int)entry->progress);
    if (entry->minutes)
        cvn_problems_add(&ctx->problems, "log_entry.minutes",
                         "is for sessions; a check-in says how it goes");
}

int cvn_log_check_add(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__AddLogEntryRequest *req = request;
    const Convene__Mentoring__V1__LogEntry *entry = req->log_entry;
    if (!entry) {
        cvn_problems_add(&ctx->problems, "log_entry", "is missing");
        return cvn_ctx_refuse_problems(ctx);
    }
    if (entry->kind == KIND(SESSION))
        check_session(ctx, entry);
    else if (entry->kind == KIND(CHECK_IN))
        check_check_in(ctx, entry);
    else
        cvn_problems_add(&ctx->problems, "log_entry.kind",
                         "is %d; KIND_SESSION or KIND_CHECK_IN is right", (int)entry->kind);
    if (entry->date[0] && cvn_program_day(entry->date) < 0)
        cvn_problems_add(&ctx->problems, "log_entry.date",
                         "is \"%.40s\"; a date like 2027-02-01 is right", entry->date);
    cvn_mentorship_check_text(ctx, "log_entry.note", entry->note, CVN_LOG_NOTE_BYTES_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static char *date_text(struct cvn_ctx *ctx, int64_t day)
{
    char text[CVN_CIVIL_TEXT_BYTES];
    struct cvn_civil civil = cvn_civil_of_seconds(day * DAY_MS / 1000);
    cvn_civil_format(text, &civil);
    return cvn_arena_printf(ctx->arena, "%.10s", text);
}

/* A day may have begun earlier, or later, than in UTC where the two live. */
static int check_day(struct cvn_ctx *ctx, const Convene__Mentoring__V1__Mentorship *row,
                     int64_t day)
{
    int64_t first = row->start_time->seconds * 1000 / DAY_MS - 1, last = ctx->now_ms / DAY_MS + 1;
    if (day >= first && day <= last)
        return 0;
    cvn_problems_add(&ctx->problems, "log_entry.date",
                     "is outside the mentorship; from %s to %s is right", date_text(ctx, first),
                     date_text(ctx, last));
    return cvn_ctx_refuse_problems(ctx);
}

static int require_room(struct cvn_ctx *ctx, const struct cvn_id *mentorship)
{
    size_t n;
    int r = cvn_log_count(ctx, mentorship, &n);
    if (r == 0 && n >= CVN_LOG_ENTRIES_MAX)
        return cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                              "The mentorship has %d log entries, which is as many as can be.",
                              CVN_LOG_ENTRIES_MAX);
    return r;
}

/* The counters that lists and reports read. */
static int count_session(struct cvn_ctx *ctx, const struct cvn_mentorship_case *c,
                         const Convene__Mentoring__V1__LogEntry *entry)
{
    if (entry->kind != KIND(SESSION))
        return 0;
    c->row->session_count++;
    c->row->session_minutes += entry->minutes;
    if (strcmp(entry->date, c->row->last_session_date) > 0)
        c->row->last_session_date = entry->date;
    return cvn_mentorship_put(ctx, &c->id, c->row);
}

int cvn_log_add(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__AddLogEntryRequest *req = request;
    Convene__Mentoring__V1__LogEntry *entry = reply;
    struct cvn_mentorship_case c;
    struct cvn_id id = cvn_ctx_new_id(ctx);
    int r = cvn_mentorship_find(ctx, "log_entry.mentorship_id", req->log_entry->mentorship_id, &c);
    if (r == 0 && !c.row->start_time)
        r = cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "MENTORSHIP_STATE", "%s",
                                 cvn_mentorship_refusal_text(CVN_MENTORSHIP_REFUSED_NOT_ACCEPTED));
    if (r)
        return r;
    *entry = *req->log_entry;
    entry->base.n_unknown_fields = 0;
    int64_t day = entry->date[0] ? cvn_program_day(entry->date) : ctx->now_ms / DAY_MS;
    r = check_day(ctx, c.row, day);
    if (r == 0)
        r = require_room(ctx, &c.id);
    if (r)
        return r;
    entry->id = cvn_ctx_id_text(ctx, CVN_LOG_PREFIX, &id);
    entry->mentorship_id = c.row->id;
    entry->date = date_text(ctx, day);
    entry->author_role = c.own;
    entry->create_time = cvn_mentoring_time(ctx->arena, ctx->now_ms);
    if (!entry->id || !entry->date || !entry->create_time)
        return -ENOMEM;
    r = cvn_log_put(ctx, &c.id, day, &id, entry);
    if (r == 0)
        r = count_session(ctx, &c, entry);
    return r ? r : cvn_mentoring_note_change(ctx, c.row->id, "mentorship.logged");
}

int cvn_log_check_list(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Mentoring__V1__ListLogEntriesRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    return cvn_ctx_refuse_problems(ctx);
}

static int fill(struct cvn_ctx *ctx, const Convene__Mentoring__V1__ListLogEntriesRequest *req,
                struct cvn_cursor *cursor, size_t page_size,
                Convene__Mentoring__V1__ListLogEntriesResponse *response)
{
    struct cvn_slice key, value, last = {NULL, 0};
    int r = 0;
    while ((r = cvn_cursor_next(cursor, &key, &value)) == 0) {
        if (response->n_log_entries == page_size) {
            response->next_page_token = cvn_page_token_make(ctx, &req->base, last);
            return response->next_page_token ? 0 : -ENOMEM;
        }
        r = cvn_ctx_unpack(ctx, &convene__mentoring__v1__log_entry__descriptor, value,
                           &response->log_entries[response->n_log_entries]);
        if (r)
            return r;
        response->n_log_entries++;
        last = key;
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_log_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Mentoring__V1__ListLogEntriesRequest *req = request;
    Convene__Mentoring__V1__ListLogEntriesResponse *response = reply;
    size_t page_size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_mentorship_case c;
    struct cvn_slice after;
    int r = cvn_mentorship_find(ctx, "mentorship_id", req->mentorship_id, &c);
    if (r)
        return r;
    if (!cvn_page_token_read(ctx, &req->base, &after))
        return cvn_ctx_refuse_problems(ctx);
    response->log_entries =
        cvn_arena_alloc_array(ctx->arena, page_size, sizeof *response->log_entries);
    if (!response->log_entries)
        return -ENOMEM;
    CVN_CURSOR_AUTO cursor;
    r = cvn_log_cursor_init(&cursor, ctx, &c.id);
    if (r == 0 && after.len > 0)
        r = cvn_cursor_resume(&cursor, after);
    return r ? r : fill(ctx, req, &cursor, page_size, response);
}
