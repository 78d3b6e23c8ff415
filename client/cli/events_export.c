#include "client/cli/events_export.h"

#include "client/cli/call.h"
#include "client/cli/events_import.h"
#include "client/cli/events_list.h"
#include "client/cli/output_file.h"
#include "client/cli/record_out.h"
#include "convene/events/v1/calendar.pb-c.h"

#include <stdio.h>
#include <string.h>

#define EXPORT "convene.events.v1.CalendarService/ExportCalendar"
#define LIST "convene.events.v1.EventService/ListEvents"

enum { PAGE_SIZE = 500 };

enum kind { ICS, JSON_LINES, CSV };

struct export
{
    struct cvn_cli *cli;
    struct cvn_output output;
    enum kind kind;
    size_t n_events, n_calendars;
};

const struct cvn_option cvn_events_export_options[] = {
    {"group", 'g', "GROUP", "of that group, by slug or id; several: of any of them", "group_ids"},
    {"attendee", 'p', "PERSON", "that this person goes to or waits for; me, an id or an e-mail",
     NULL},
    {"event", 'e', "EVENT", "only that event", NULL},
    {"series", 0, "SERIES", "only occurrences of that series: ser_…", "series_id"},
    {"mine", 'm', NULL, "of the groups you are in", NULL},
    {"near", 0, "CITY|LAT,LON", "around that city or point, within --radius", NULL},
    {"radius", 0, "25km", "how far from --near; 25km when left out, at most 500km", NULL},
    {"country", 0, "CC", "which city of that name --near means, as in de", NULL},
    {"region", 0, "CODE", "which one within the country, as in MO for Missouri", NULL},
    {"online-too", 0, NULL, "with --near: online events as well, wherever they are", "online_too"},
    {"city", 0, "CITY", "whose venue names that city, however far from it", "city"},
    {"topic", 't', "TOPIC", "with that topic; several: with any of them", "topics"},
    {"text", 0, "WORDS", "with all of these words; the last one may be a beginning", "text"},
    {"language", 0, "TAG", "in that language, as in en; several: in any of them", "languages"},
    {"mode", 0, "MODE", "in-person, online or hybrid", "attendance_mode"},
    {"when", 'w', "TIME", "within this-week, 2026-12, friday; at any time when left out", NULL},
    {"from", 0, "TIME", "that start at or after", NULL},
    {"to", 0, "TIME", "that start before its end, as in 2026-12-31 or +7d", NULL},
    {"include-unpublished", 0, NULL, "also drafts and unpublished ones that you organise",
     "include_unpublished"},
    {"name", 0, "TEXT", "the calendar's name; the group's when left out", NULL},
    {"format", 0, "ics|csv|jsonl", "instead of judging by the file's name", NULL},
    {"file", 'o', "FILE", "write there, not to standard output", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);
    return n >= m && strcasecmp(text + n - m, end) == 0;
}

static enum cvn_exit choose_kind(struct cvn_cli *cli, enum kind *ret)
{
    static const char *const names[] = {"ics", "jsonl", "csv"};
    const char *asked = cvn_args_get(&cli->args, "format");
    const char *file = cvn_args_get(&cli->args, "file");
    *ret = ICS;
    if (!asked && file) {
        *ret = ends_with(file, ".csv")                                   ? CSV
               : ends_with(file, ".jsonl") || ends_with(file, ".ndjson") ? JSON_LINES
                                                                         : ICS;
        return CVN_EXIT_DONE;
    }
    for (int i = 0; asked && i < 3; i++) {
        if (strcmp(asked, names[i]) == 0) {
            *ret = (enum kind)i;
            return CVN_EXIT_DONE;
        }
    }
    return asked ? cvn_cli_misuse(cli, "--format must be ics, csv or jsonl, not \"%s\".", asked)
                 : CVN_EXIT_DONE;
}

/* As a list's filter, but of all times where none is said. */
static enum cvn_exit fill_filter(struct cvn_cli *cli,
                                 Convene__Events__V1__ListEventsRequest *filter,
                                 struct cvn_events_where *where)
{
    enum cvn_exit code = cvn_events_fill_filter(cli, filter, where);
    if (!cvn_args_has(&cli->args, "from") && !cvn_args_has(&cli->args, "when")) {
        filter->start_time_from = NULL;
    }
    return code;
}

static enum cvn_exit write_calendars(struct export *export,
                                     Convene__Events__V1__ListEventsRequest *filter)
{
    struct cvn_cli *cli = export->cli;
    const char *event = cvn_args_get(&cli->args, "event");
    const char *name = cvn_args_get(&cli->args, "name");
    Convene__Events__V1__ExportCalendarRequest request =
        CONVENE__EVENTS__V1__EXPORT_CALENDAR_REQUEST__INIT;
    request.event_id = event ? (char *)(uintptr_t)event : request.event_id;
    request.calendar_name = name ? (char *)(uintptr_t)name : request.calendar_name;
    request.filter = event ? NULL : filter;
    for (;;) {
        CVN_REPLY_AUTO Convene__Events__V1__ExportCalendarResponse *reply = NULL;
        enum cvn_exit code = cvn_call(cli, EXPORT, &request, &reply);
        if (code) {
            return code;
        }
        (void)fwrite(reply->content.data, 1, reply->content.len, export->output.file);
        export->n_events += (size_t)reply->component_count;
        export->n_calendars++;
        if (!*reply->next_page_token) {
            return CVN_EXIT_DONE;
        }
        filter->page_token = cvn_arena_strdup(&cli->arena, reply->next_page_token);
        if (!filter->page_token) {
            return cvn_cli_no_memory(cli);
        }
    }
}

static enum cvn_exit write_records(struct export *export,
                                   Convene__Events__V1__ListEventsRequest *filter)
{
    struct cvn_cli *cli = export->cli;
    filter->page_size = PAGE_SIZE;
    if (export->kind == CSV) {
        cvn_record_out_heading(export->output.file, cvn_events_import.columns);
    }
    for (;;) {
        CVN_REPLY_AUTO Convene__Events__V1__ListEventsResponse *reply = NULL;
        enum cvn_exit code = cvn_call(cli, LIST, filter, &reply);
        if (code) {
            return code;
        }
        for (size_t i = 0; i < reply->n_events; i++) {
            int r =
                cvn_record_out_event(export->output.file, export->kind == CSV, reply->events[i]);
            if (r) {
                return cvn_cli_no_memory(cli);
            }
        }
        export->n_events += reply->n_events;
        if (!*reply->next_page_token) {
            return CVN_EXIT_DONE;
        }
        filter->page_token = cvn_arena_strdup(&cli->arena, reply->next_page_token);
        if (!filter->page_token) {
            return cvn_cli_no_memory(cli);
        }
    }
}

static enum cvn_exit close_file(struct export *export, const char *name, enum cvn_exit code)
{
    int r = cvn_output_close(&export->output, code == CVN_EXIT_DONE);
    return r && code == CVN_EXIT_DONE
               ? cvn_cli_fail(export->cli, CVN_EXIT_FAILED, "%s could not be written: %s.",
                              name ? name : "The output", strerror(-r))
               : code;
}

enum cvn_exit cvn_events_export_run(struct cvn_cli *cli)
{
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    struct cvn_events_where where;
    struct export export = {.cli = cli};
    const char *name = cvn_args_get(&cli->args, "file");
    enum cvn_exit code = choose_kind(cli, &export.kind);
    code = code ? code : fill_filter(cli, &filter, &where);
    if (code == CVN_EXIT_DONE && export.kind != ICS && cvn_args_get(&cli->args, "event")) {
        code = cvn_cli_misuse(cli, "--event is for --format ics.");
    }
    if (code) {
        return code;
    }
    int r = cvn_output_open(&export.output, name);
    if (r) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be written: %s.", name, strerror(-r));
    }
    code = export.kind == ICS ? write_calendars(&export, &filter) : write_records(&export, &filter);
    code = close_file(&export, name, code);
    if (code == CVN_EXIT_DONE && name) {
        cvn_cli_note(cli, "%zu event%s in %s.", export.n_events, export.n_events == 1 ? "" : "s",
                     name);
    }
    if (code == CVN_EXIT_DONE && export.n_calendars > 1) {
        cvn_cli_note(cli,
                     "They are in %zu calendars, one behind the other; some programs read the "
                     "first one only. Narrow the window with --from and --to.",
                     export.n_calendars);
    }
    return code;
}
