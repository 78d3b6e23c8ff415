#include "client/cli/events_watch.h"

#include "base/csv.h"
#include "client/cli/call.h"
#include "client/cli/comments.h"
#include "client/cli/events_list.h"
#include "client/cli/failure.h"
#include "client/cli/field.h"
#include "client/cli/view.h"
#include "client/cli/when.h"
#include "client/json.h"
#include "client/lib/watching.h"
#include "convene/events/v1/watch.pb-c.h"
#include "rpc/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { CURSOR_BYTES = 1024, NAME_BYTES = 4096, FILTER_ARENA_BYTES = 1 << 20 };

const char cvn_events_watch_notes[] =
    "convene events watch --group go-berlin\n"
    "convene events watch --list --city Berlin -o json | while read -r line; do …\n"
    "\n"
    "Changes of events, of their seats and RSVPs, and what is said about them.\n"
    "On a terminal, or with -o table, a line for each change; into a pipe, or with -o json, each\n"
    "message as one line of JSON, whose \"cursor\" is where --from goes on. With --cursor-file "
    "the\n"
    "cursor is kept behind each line that was written, and the next run goes on there: nothing is\n"
    "left out.\n"
    "Ends with Ctrl-C.";

const struct cvn_option cvn_events_watch_options[] = {
    {"list", 0, NULL, "first show the events that there are, unless a cursor says where to go on",
     NULL},
    {"from", 0, "CURSOR", "go on behind that message; from now on when left out", NULL},
    {"cursor-file", 0, "FILE", "keep the cursor there, and go on from it", NULL},
    {"near", 0, "CITY|LAT,LON", "around that city or point, within --radius", NULL},
    {"radius", 0, "25km", "how far from --near; 25km when left out, at most 500km", NULL},
    {"country", 0, "CC", "which city of that name --near means, as in de", NULL},
    {"region", 0, "CODE", "which one within the country, as in MO for Missouri", NULL},
    {"online-too", 0, NULL, "with --near: online events as well, wherever they are", "online_too"},
    {"city", 0, "CITY", "whose venue names that city, however far from it", "city"},
    {"topic", 't', "TOPIC", "with that topic; several: with any of them", "topics"},
    {"text", 0, "WORDS", "with all of these words; the last one may be a beginning", "text"},
    {"group", 'g', "GROUP", "of that group, by slug or id; several: of any of them; and the groups",
     "group_ids"},
    {"mine", 'm', NULL, "of the groups you are in", NULL},
    {"language", 0, "TAG", "in that language, as in en; several: in any of them", "languages"},
    {"mode", 0, "MODE", "in-person, online or hybrid", "attendance_mode"},
    {"when", 'w', "TIME", "that start within that time, as in this-week or 2026-12", NULL},
    {"attendee", 0, "PERSON", "that this person goes to or waits for", NULL},
    {"free-seats", 0, NULL, "that are not full", "free_seats_only"},
    {"include-unpublished", 0, NULL, "also drafts and unpublished ones that you organise",
     "include_unpublished"},
    {"include-cancelled", 0, NULL, "also cancelled ones; else what is called off is \"removed\"",
     "include_cancelled"},
    {"series", 0, "SERIES", "only occurrences of that series: ser_…", "series_id"},
    {NULL, 0, NULL, NULL, NULL},
};

struct watching {
    struct cvn_cli *cli;
    const char *cursor_file; /* NULL for none */
    char cursor[CURSOR_BYTES];
    bool json, csv;
    enum cvn_exit code;
};

static enum cvn_exit read_cursor(struct watching *w)
{
    const char *from = cvn_args_get(&w->cli->args, "from");
    w->cursor_file = cvn_args_get(&w->cli->args, "cursor-file");
    if (from && strlen(from) >= sizeof w->cursor) {
        return cvn_cli_misuse(w->cli, "--from has %zu bytes and is no cursor.", strlen(from));
    }
    if (from) {
        memcpy(w->cursor, from, strlen(from) + 1);
        return CVN_EXIT_DONE;
    }
    FILE *file = w->cursor_file ? fopen(w->cursor_file, "re") : NULL;
    if (!file && w->cursor_file && errno != ENOENT) {
        return cvn_cli_fail(w->cli, CVN_EXIT_FAILED, "%s cannot be read: %s.", w->cursor_file,
                            strerror(errno));
    }
    if (file) {
        size_t n = fread(w->cursor, 1, sizeof w->cursor - 1, file);
        w->cursor[n] = '\0';
        w->cursor[strcspn(w->cursor, " \t\r\n")] = '\0';
        (void)fclose(file);
    }
    return CVN_EXIT_DONE;
}

/* Replaces the file at once, so that a reader finds the old cursor or the new one. */
static bool keep_cursor(struct watching *w, const char *cursor)
{
    char name[NAME_BYTES];
    if (!w->cursor_file) {
        return true;
    }
    FILE *file = snprintf(name, sizeof name, "%s.new", w->cursor_file) < (int)sizeof name
                     ? fopen(name, "we")
                     : NULL;
    bool ok = file && fprintf(file, "%s\n", cursor) > 0;
    ok = file && fclose(file) == 0 && ok;
    if (ok && rename(name, w->cursor_file) == 0) {
        return true;
    }
    w->code = cvn_cli_fail(w->cli, CVN_EXIT_FAILED, "The cursor cannot be kept in %s: %s.",
                           w->cursor_file, strerror(errno));
    return false;
}

static void print_json(struct watching *w, const struct convene_change *change)
{
    Convene__Events__V1__WatchEventsResponse message =
        CONVENE__EVENTS__V1__WATCH_EVENTS_RESPONSE__INIT;
    json_t *json = NULL;
    message.cursor = (char *)(uintptr_t)change->cursor;
    message.change = (Convene__Events__V1__EventChange *)(uintptr_t)change->message;
    message.live = change->what == CONVENE_CHANGE_LIVE;
    if (cvn_json_of_message(&message.base, &json) != 0) {
        w->code = cvn_cli_fail(w->cli, CVN_EXIT_FAILED, "A change cannot be shown as JSON.");
        return;
    }
    (void)json_dumpf(json, stdout, JSON_COMPACT);
    (void)putchar('\n');
    json_decref(json);
}

static const char *seats_of(struct cvn_cli *cli, int32_t taken, int32_t waiting)
{
    return waiting > 0 ? cvn_arena_printf(&cli->arena, "%d seats taken, %d waiting", taken, waiting)
                       : cvn_arena_printf(&cli->arena, "%d seats taken", taken);
}

static const char *event_text(struct cvn_cli *cli, const struct convene_event *event)
{
    const char *place = event->city && *event->city ? event->city : event->venue;
    return cvn_arena_printf(&cli->arena, "%s · %s%s%s", event->title,
                            cvn_view_local(cli, event->start), place && *place ? " · " : "",
                            place ? place : "");
}

static const char *rsvp_text(struct cvn_cli *cli, const Convene__Events__V1__Rsvp *rsvp)
{
    const char *state = cvn_field_enum_text(
        &cli->arena, &convene__events__v1__rsvp_state__descriptor, (int)rsvp->state);
    const char *name = *rsvp->display_name ? rsvp->display_name : rsvp->person_id;
    return rsvp->guests > 0
               ? cvn_arena_printf(&cli->arena, "%s: %s, with %d more", name, state, rsvp->guests)
               : cvn_arena_printf(&cli->arena, "%s: %s", name, state);
}

/* The first line of what was said, and who said it. */
static const char *comment_text(struct cvn_cli *cli, const Convene__Events__V1__Comment *comment)
{
    const char *text = cvn_comments_text(cli, comment);
    int len = (int)strcspn(text, "\r\n");
    return cvn_arena_printf(&cli->arena, "%s: %.*s%s", cvn_comments_author(cli, comment), len, text,
                            text[len] ? "…" : "");
}

/* What happened, in words. */
static const char *change_text(struct cvn_cli *cli, const struct convene_change *change)
{
    const Convene__Events__V1__EventChange *message = (const void *)change->message;
    switch (change->what) {
    case CONVENE_CHANGE_EVENT:
        return event_text(cli, change->event);
    case CONVENE_CHANGE_COUNTS:
        return seats_of(cli, change->seats_taken, change->waitlist_count);
    case CONVENE_CHANGE_RSVP:
        return rsvp_text(cli, message->rsvp);
    case CONVENE_CHANGE_GROUP:
        return message->group->name;
    case CONVENE_CHANGE_MEMBER:
        return *message->member->display_name ? message->member->display_name : change->person_id;
    case CONVENE_CHANGE_COMMENT:
        return comment_text(cli, message->comment);
    case CONVENE_CHANGE_REMOVED:
        return "gone, or no longer among these";
    case CONVENE_CHANGE_PROGRESS:
    case CONVENE_CHANGE_LIVE:
        break;
    }
    return "";
}

/* When it happened, on the user's clock. */
static const char *time_text(struct cvn_cli *cli, int64_t time_ms)
{
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = time_ms / 1000;
    return time_ms ? cvn_view_instant(cli, &time) : "";
}

static void print_line(struct watching *w, const struct convene_change *change)
{
    struct cvn_cli *cli = w->cli;
    const char *dot = strchr(change->kind, '.');
    const char *id = *change->event_id ? change->event_id : change->group_id;
    char kind[32];
    (void)snprintf(kind, sizeof kind, "%s",
                   strncmp(change->kind, "event.", 6) == 0 && dot ? dot + 1 : change->kind);
    for (char *at = kind; *at; at++) {
        *at = *at == '_' || *at == '.' ? ' ' : *at;
    }
    (void)printf("%-17s %-17s %s  %s\n", time_text(cli, change->time_ms), kind,
                 change_text(cli, change), id);
}

static void print_csv(struct watching *w, const struct convene_change *change)
{
    char sequence[24];
    (void)snprintf(sequence, sizeof sequence, "%lld", (long long)change->sequence);
    const struct cvn_slice row[] = {
        cvn_slice_of_string(sequence),
        cvn_slice_of_string(time_text(w->cli, change->time_ms)),
        cvn_slice_of_string(change->kind),
        cvn_slice_of_string(change->event_id),
        cvn_slice_of_string(change->group_id),
        cvn_slice_of_string(change->person_id),
        cvn_slice_of_string(change_text(w->cli, change)),
        cvn_slice_of_string(change->cursor),
    };
    (void)cvn_csv_write_row(stdout, row, sizeof row / sizeof *row);
}

static void print_csv_titles(void)
{
    static const char *const titles[] = {"sequence", "time",   "kind", "event",
                                         "group",    "person", "text", "cursor"};
    struct cvn_slice row[8];
    for (size_t i = 0; i < 8; i++) {
        row[i] = cvn_slice_of_string(titles[i]);
    }
    (void)cvn_csv_write_row(stdout, row, 8);
}

/* Shows a change, and then keeps its cursor: what was not written is shown again. */
static int take_change(const struct convene_change *change, void *user)
{
    struct watching *w = user;
    bool is_change = change->message != NULL;
    if (w->json && (is_change || change->what == CONVENE_CHANGE_LIVE)) {
        print_json(w, change);
    } else if (w->csv && is_change) {
        print_csv(w, change);
    } else if (!w->json && is_change) {
        print_line(w, change);
    } else if (change->what == CONVENE_CHANGE_LIVE) {
        cvn_cli_note(w->cli, "Watching; Ctrl-C ends it.");
    }
    cvn_arena_reset(&w->cli->arena);
    if (w->code == CVN_EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout))) {
        w->code = CVN_EXIT_FAILED; /* nobody reads on */
    }
    return w->code != CVN_EXIT_DONE || !keep_cursor(w, change->cursor);
}

static void tell_connection(const struct convene_status *why, void *user)
{
    struct watching *w = user;
    if (why) {
        cvn_cli_note(w->cli, "The connection is lost (%s) Trying again…",
                     *why->message ? why->message : convene_code_name((int)why->code));
    } else {
        cvn_cli_note(w->cli, "Connected again; nothing was missed.");
    }
}

static enum cvn_exit fill_when(struct cvn_cli *cli, Convene__Events__V1__ListEventsRequest *filter)
{
    const char *text = cvn_args_get(&cli->args, "when");
    struct cvn_when when;
    struct cvn_error err;
    if (!text) {
        return CVN_EXIT_DONE;
    }
    if (cvn_when_parse(&when, text, cli->now_ms, cli->zone, &err)) {
        return cvn_cli_misuse(cli, "--when %s.", err.text);
    }
    filter->start_time_from = cvn_events_timestamp(cli, when.from_ms);
    filter->start_time_before = cvn_events_timestamp(cli, when.before_ms);
    return filter->start_time_from && filter->start_time_before ? CVN_EXIT_DONE
                                                                : cvn_cli_no_memory(cli);
}

static enum cvn_exit watch(struct watching *w, Convene__Events__V1__ListEventsRequest *filter)
{
    struct cvn_cli *cli = w->cli;
    const struct convene_watch_options options = {
        .cursor = w->cursor,
        .snapshot = cvn_args_has(&cli->args, "list"),
        .changed = take_change,
        .connection = tell_connection,
        .user = w,
    };
    struct convene_status status = CONVENE_STATUS_INIT;
    struct convene_watch *watch = NULL;
    int r = cvn_call_open(cli, &status);
    r = r ? r : convene_watch_new(&watch, cli->client, &options, &status);
    if (r == 0) {
        cvn_watch_set_filter(watch, filter);
        r = convene_watch_run(watch, &status);
    }
    if (r) {
        w->code = cvn_failure_print(cli, &status);
        if (r == CONVENE_OUT_OF_RANGE) {
            cvn_cli_note(cli, "Next: %s%s%sconvene events watch --list …",
                         w->cursor_file ? "rm " : "", w->cursor_file ? w->cursor_file : "",
                         w->cursor_file ? " && " : "");
        }
    }
    convene_watch_free(watch);
    convene_status_clear(&status);
    return w->code;
}

/* The filter that the options make, in an arena of its own: the run's is emptied again and again.
 */
static enum cvn_exit make_filter(struct cvn_cli *cli, struct cvn_arena *arena,
                                 Convene__Events__V1__ListEventsRequest **ret)
{
    Convene__Events__V1__ListEventsRequest filter = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    struct cvn_events_where where;
    enum cvn_exit code = cvn_events_fill_search(cli, &filter, &where);
    code = code ? code : fill_when(cli, &filter);
    if (code) {
        return code;
    }
    struct cvn_slice packed;
    ProtobufCMessage *kept;
    if (cvn_message_pack(&filter.base, arena, &packed) != 0 ||
        cvn_message_unpack(filter.base.descriptor, arena, packed, &kept) != 0) {
        return cvn_cli_no_memory(cli);
    }
    *ret = (Convene__Events__V1__ListEventsRequest *)kept;
    return CVN_EXIT_DONE;
}

enum cvn_exit cvn_events_run_watch(struct cvn_cli *cli)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, FILTER_ARENA_BYTES);
    Convene__Events__V1__ListEventsRequest *filter;
    struct watching w = {.cli = cli, .csv = cli->format == CVN_FORMAT_CSV};
    bool asked = cvn_args_has(&cli->args, "output");
    w.json = cli->format == CVN_FORMAT_JSON || (!asked && !cli->out_terminal);
    enum cvn_exit code = make_filter(cli, &arena, &filter);
    code = code ? code : read_cursor(&w);
    if (code == CVN_EXIT_DONE && w.csv) {
        print_csv_titles();
    }
    return code ? code : watch(&w, filter);
}
