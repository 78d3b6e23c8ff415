#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/event_changes.h"
#include "client/cli/events_import.h"
#include "client/cli/field.h"
#include "client/cli/values.h"
#include "client/cli/view.h"
#include "client/cli/when.h"
#include "google/protobuf/timestamp.pb-c.h"

#include <errno.h>

#define SERVICE "convene.events.v1.EventService/"

enum { LIST_LIMIT = 50 };

static const char *see_when(struct cvn_cli *cli, const void *message)
{
    return cvn_view_local(cli, ((const Convene__Events__V1__Event *)message)->start_local);
}

static const char *see_end(struct cvn_cli *cli, const void *message)
{
    return cvn_view_local(cli, ((const Convene__Events__V1__Event *)message)->end_local);
}

static const char *see_title(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    bool off = event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    if (off && cli->format == CVN_FORMAT_TABLE) {
        return cvn_arena_printf(&cli->arena, "%s (cancelled)", event->title);
    }
    return event->title;
}

static const char *see_place(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    const Convene__Events__V1__Event *event = message;
    if (event->venue && *event->venue->city) {
        return event->venue->city;
    }
    bool online =
        event->attendance_mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE;
    return online ? "online" : NULL;
}

static const char *see_venue(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    if (!event->venue) {
        return NULL;
    }
    char *parts[3];
    size_t n = 0;
    char *all[3] = {event->venue->name, event->venue->address, event->venue->city};
    for (size_t i = 0; i < 3; i++) {
        if (*all[i]) {
            parts[n++] = all[i];
        }
    }
    return cvn_view_joined(cli, parts, n);
}

static const char *see_seats(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    if (event->capacity == 0) {
        return cvn_view_number(cli, event->seats_taken);
    }
    if (event->waitlist_count > 0) {
        return cvn_arena_printf(&cli->arena, "%d/%d +%d", event->seats_taken, event->capacity,
                                event->waitlist_count);
    }
    return cvn_arena_printf(&cli->arena, "%d/%d", event->seats_taken, event->capacity);
}

CVN_VIEW_LIST(see_topics, Convene__Events__V1__Event, topics)

CVN_VIEW_STRING(see_id, Convene__Events__V1__Event, id)
CVN_VIEW_STRING(see_group, Convene__Events__V1__Event, group_id)
CVN_VIEW_STRING(see_external_id, Convene__Events__V1__Event, external_id)
CVN_VIEW_STRING(see_zone, Convene__Events__V1__Event, time_zone)
static const char *see_state(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    return cvn_arena_printf(
        &cli->arena, "%s, %s",
        cvn_field_enum_text(&cli->arena, &convene__events__v1__publication__descriptor,
                            (int)event->publication),
        cvn_field_enum_text(&cli->arena, &convene__events__v1__event_status__descriptor,
                            (int)event->status));
}

CVN_VIEW_STRING(see_reason, Convene__Events__V1__Event, status_reason)
CVN_VIEW_STRING(see_cost, Convene__Events__V1__Event, cost_note)
CVN_VIEW_STRING(see_url, Convene__Events__V1__Event, url)
CVN_VIEW_STRING(see_description, Convene__Events__V1__Event, description)
static const struct cvn_view_column list_columns[] = {
    {{"When", false, false}, see_when},    {{"Title", false, true}, see_title},
    {{"Where", false, false}, see_place},  {{"Seats", true, false}, see_seats},
    {{"Topics", false, true}, see_topics}, {{"Id", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static const struct cvn_view_column show_columns[] = {
    {{"Title", false, false}, see_title},
    {{"When", false, false}, see_when},
    {{"Until", false, false}, see_end},
    {{"Time zone", false, false}, see_zone},
    {{"Where", false, false}, see_venue},
    {{"Seats", false, false}, see_seats},
    {{"Topics", false, false}, see_topics},
    {{"Cost", false, false}, see_cost},
    {{"State", false, false}, see_state},
    {{"Reason", false, false}, see_reason},
    {{"Group", false, false}, see_group},
    {{"External id", false, false}, see_external_id},
    {{"Page", false, false}, see_url},
    {{"Id", false, false}, see_id},
    {{"Description", false, false}, see_description},
    {{NULL, false, false}, NULL},
};

static Google__Protobuf__Timestamp *timestamp(struct cvn_cli *cli, int64_t ms)
{
    Google__Protobuf__Timestamp *time = cvn_arena_alloc(&cli->arena, sizeof *time);
    if (time) {
        google__protobuf__timestamp__init(time);
        time->seconds = ms / 1000;
        time->nanos = (int32_t)(ms % 1000) * 1000000;
    }
    return time;
}

/* The window: from now on, unless --from, --to or --when say otherwise. */
static enum cvn_exit fill_window(struct cvn_cli *cli,
                                 Convene__Events__V1__ListEventsRequest *request)
{
    static const char *const names[] = {"when", "from", "to"};
    struct cvn_when window = {cli->now_ms, 0};
    for (size_t i = 0; i < 3; i++) {
        const char *text = cvn_args_get(&cli->args, names[i]);
        struct cvn_when read;
        struct cvn_error err;
        if (!text) {
            continue;
        }
        if (cvn_when_parse(&read, text, cli->now_ms, cli->zone, &err)) {
            return cvn_cli_misuse(cli, "--%s %s.", names[i], err.text);
        }
        window.from_ms = i < 2 ? read.from_ms : window.from_ms;
        window.before_ms = i != 1 ? read.before_ms : window.before_ms;
    }
    if (!cvn_args_has(&cli->args, "past") || cvn_args_has(&cli->args, "from")) {
        request->start_time_from = timestamp(cli, window.from_ms);
    } else {
        window.before_ms = window.before_ms ? window.before_ms : cli->now_ms;
    }
    if (window.before_ms) {
        request->start_time_before = timestamp(cli, window.before_ms);
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit fill_near(struct cvn_cli *cli, Convene__Events__V1__ListEventsRequest *request)
{
    const char *near = cvn_args_get(&cli->args, "near");
    const char *radius = cvn_args_get(&cli->args, "radius");
    struct cvn_error err;
    if (!near) {
        return radius ? cvn_cli_misuse(cli, "--radius needs --near LAT,LON.") : CVN_EXIT_DONE;
    }
    if (!request->near->center) {
        return cvn_cli_no_memory(cli);
    }
    if (cvn_value_length_m(&request->near->radius_m, radius ? radius : "25km", &err)) {
        return cvn_cli_misuse(cli, "--radius %s.", err.text);
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit run_list(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        SERVICE "ListEvents", list_columns,
        "No events match. Widen the window with --from and --to, or leave out a filter.",
        LIST_LIMIT};
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : fill_window(cli, &request);
    code = code ? code : fill_near(cli, &request);
    const char *person = cvn_args_get(&cli->args, "attendee");
    if (code == CVN_EXIT_DONE && person) {
        code = cvn_call_person(cli, person, &request.attendee_id);
    }
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Events__V1__GetEventRequest request = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Event *event = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetEvent", &request, &event);
    return code ? code : cvn_view_one(cli, show_columns, event);
}

static enum cvn_exit run_create(struct cvn_cli *cli)
{
    Convene__Events__V1__CreateEventRequest request =
        CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    request.event = &event;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    if (code) {
        return code;
    }
    const char *const texts[3] = {cvn_args_get(&cli->args, "start"),
                                  cvn_args_get(&cli->args, "end"),
                                  cvn_args_get(&cli->args, "duration")};
    struct cvn_error err;
    int r = cvn_events_set_times(cli, &cli->arena, &event, texts, &err);
    if (r) {
        return r == -ENOMEM ? cvn_cli_no_memory(cli) : cvn_cli_misuse(cli, "--%s.", err.text);
    }
    CVN_REPLY_AUTO Convene__Events__V1__Event *made = NULL;
    code = cvn_call(cli, SERVICE "CreateEvent", &request, &made);
    if (code == CVN_EXIT_DONE) {
        code = cvn_view_one(cli, show_columns, made);
        if (made->publication == CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_DRAFT) {
            cvn_cli_note(cli, "It is a draft. Next: convene events publish %s", made->id);
        }
    }
    return code;
}

static enum cvn_exit run_publish(struct cvn_cli *cli)
{
    Convene__Events__V1__PublishEventRequest request =
        CONVENE__EVENTS__V1__PUBLISH_EVENT_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Event *event = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "PublishEvent", &request, &event);
    return code ? code : cvn_view_one(cli, show_columns, event);
}

static enum cvn_exit run_cancel(struct cvn_cli *cli)
{
    Convene__Events__V1__CancelEventRequest request =
        CONVENE__EVENTS__V1__CANCEL_EVENT_REQUEST__INIT;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Event *event = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CancelEvent", &request, &event);
    return code ? code : cvn_view_one(cli, show_columns, event);
}

static enum cvn_exit run_import(struct cvn_cli *cli)
{
    return cvn_import_run(cli, &cvn_events_import, cvn_args_word(&cli->args, 0), NULL);
}

static const struct cvn_option list_options[] = {
    {"near", 0, "LAT,LON", "around that point, within --radius", "near.center"},
    {"radius", 0, "25km", "how far from --near; 25km when left out, at most 500km", NULL},
    {"city", 0, "CITY", "in that city", "city"},
    {"topic", 't', "TOPIC", "with that topic", "topic"},
    {"group", 'g', "GROUP", "of that group, by slug or id", "group_id"},
    {"language", 0, "TAG", "in that language, as in en", "language"},
    {"mode", 0, "MODE", "in-person, online or hybrid", "attendance_mode"},
    {"when", 'w', "TIME", "within today, tomorrow, this-week, this-weekend, 2026-12, friday", NULL},
    {"from", 0, "TIME", "that start at or after; now when left out", NULL},
    {"to", 0, "TIME", "that start before its end, as in 2026-12-31 or +7d", NULL},
    {"past", 0, NULL, "those of the past, up to now or --to", NULL},
    {"attendee", 0, "PERSON", "that this person goes to or waits for", NULL},
    {"include-unpublished", 0, NULL, "also drafts and unpublished ones that you organise",
     "include_unpublished"},
    {"include-cancelled", 0, NULL, "also cancelled ones", "include_cancelled"},
    {"series", 0, "SERIES", "only occurrences of that series: ser_…", "series_id"},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option create_options[] = {
    {"group", 'g', "GROUP", "slug or id; required", "event.group_id"},
    {"title", 0, "TEXT", "1 to 300 bytes; required", "event.title"},
    {"start", 0, "TIME", "local time, as in 2026-12-01T18:30; required", "event.start_local"},
    {"end", 0, "TIME", "local time", "event.end_local"},
    {"duration", 0, "2h", "instead of --end", NULL},
    {"time-zone", 0, "ZONE", "IANA name; the group's when left out", "event.time_zone"},
    {"description", 0, "TEXT", "Markdown", "event.description"},
    {"mode", 0, "MODE", "in-person, online or hybrid", "event.attendance_mode"},
    {"venue", 0, "NAME", "the place's name", "event.venue.name"},
    {"address", 0, "TEXT", "street and number", "event.venue.address"},
    {"city", 0, "CITY", "of the place", "event.venue.city"},
    {"country", 0, "CC", "two letters, as in de", "event.venue.country"},
    {"at", 0, "LAT,LON", "where the place is", "event.venue.location"},
    {"online-url", 0, "URL", "shown to those who come", "event.online_url"},
    {"topic", 't', "TOPIC", "may be given several times", "event.topics"},
    {"language", 0, "TAG", "as in en", "event.language"},
    {"capacity", 'c', "N", "seats; unlimited when left out", "event.capacity"},
    {"max-guests", 0, "N", "that one RSVP may bring, 0 to 10", "event.max_guests"},
    {"waitlist", 0, "MODE", "auto, offer or none", "event.waitlist_mode"},
    {"approval", 0, NULL, "an organiser approves each RSVP", "event.approval_required"},
    {"visibility", 0, "WHO", "public, members or link", "event.visibility"},
    {"host", 0, "PERSON", "per_…; may be given several times", "event.host_ids"},
    {"cost", 0, "TEXT", "as in \"free, drinks sponsored\"", "event.cost_note"},
    {"page", 0, "URL", "the event's page elsewhere", "event.url"},
    {"external-id", 0, "KEY", "your own key for it, unique in the group", "event.external_id"},
    {"publish", 0, NULL, "publish at once instead of leaving a draft", "publish"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option cancel_options[] = {
    {"reason", 0, "TEXT", "told to those who come", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option import_options[] = {
    {"format", 0, "csv|jsonl", "instead of judging by the file's name", NULL},
    {"dry-run", 0, NULL, "check everything and store nothing", "validate_only"},
    {"publish", 0, NULL, "publish what is created; what exists keeps its state", "publish"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_events_commands[] = {
    {"list", "", 0, 0, "Lists upcoming events by start, narrowed by filters.",
     "convene events list --near 52.52,13.40 --radius 25km --when this-week\n"
     "convene events list --city Berlin --topic go -o json",
     list_options, false, run_list},
    {"show", "EVENT", 1, 1, "Shows one event.", NULL, NULL, false, run_show},
    {"create", "", 0, 0, "Adds one event, as a draft unless --publish is given.",
     "convene events create --group go-berlin --title \"Generics, a year on\" \\\n"
     "    --start 2026-12-01T18:30 --duration 2h --capacity 40 --publish",
     create_options, false, run_create},
    {"publish", "EVENT", 1, 1, "Makes a draft visible.", NULL, NULL, false, run_publish},
    {"cancel", "EVENT", 1, 1, "Calls an event off; RSVPs stay, offers become void.", NULL,
     cancel_options, false, run_cancel},
    {"reschedule", "EVENT", 1, 1, "Gives an event another time.", NULL,
     cvn_event_reschedule_options, false, cvn_event_run_reschedule},
    {"postpone", "EVENT", 1, 1, "Puts an event off to no date yet; RSVPs close.", NULL,
     cvn_event_postpone_options, false, cvn_event_run_postpone},
    {"move-online", "EVENT", 1, 1, "Moves an event online.", NULL, cvn_event_move_online_options,
     false, cvn_event_run_move_online},
    {"restore", "EVENT", 1, 1, "Takes a postponement or a cancellation back.", NULL, NULL, false,
     cvn_event_run_restore},
    {"unpublish", "EVENT", 1, 1, "Hides a published event.", NULL, NULL, false,
     cvn_event_run_unpublish},
    {"archive", "EVENT", 1, 1, "Files an unpublished event away for good.", NULL, NULL, false,
     cvn_event_run_archive},
    {"copy", "EVENT", 1, 1, "Makes a draft like an event, at another time.", NULL,
     cvn_event_copy_options, false, cvn_event_run_copy},
    {"repeat", "EVENT", 1, 1, "Makes a series that is like an event.",
     "convene events repeat evt_… --start 2026-12-08T18:30:00 --end 2026-12-08T20:30:00 \\\n"
     "    --rule \"FREQ=WEEKLY;BYDAY=TU\" --publish",
     cvn_event_repeat_options, false, cvn_event_run_repeat},
    {"import", "FILE", 1, 1, "Creates or updates events from CSV or JSON lines; safe to run again.",
     NULL, import_options, false, run_import, &cvn_events_import},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL},
};
