#include "client/cli/calendar_import.h"
#include "client/cli/call.h"
#include "client/cli/commands.h"
#include "client/cli/event_changes.h"
#include "client/cli/event_following.h"
#include "client/cli/event_update.h"
#include "client/cli/event_view.h"
#include "client/cli/events_export.h"
#include "client/cli/events_import.h"
#include "client/cli/events_list.h"
#include "client/cli/events_watch.h"
#include "client/cli/field.h"
#include "client/cli/values.h"
#include "client/cli/view.h"
#include "client/cli/when.h"
#include "google/protobuf/timestamp.pb-c.h"

#include <errno.h>

#define SERVICE "convene.events.v1.EventService/"

static const char *see_when(struct cvn_cli *cli, const void *message)
{
    return cvn_view_local(cli, ((const Convene__Events__V1__Event *)message)->start_local);
}

static const char *see_end(struct cvn_cli *cli, const void *message)
{
    return cvn_view_local(cli, ((const Convene__Events__V1__Event *)message)->end_local);
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

static const char *see_waitlist(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    const char *mode = cvn_field_enum_text(
        &cli->arena, &convene__events__v1__waitlist_mode__descriptor, (int)event->waitlist_mode);
    const char *policy = cvn_field_enum_text(
        &cli->arena, &convene__events__v1__party_policy__descriptor, (int)event->party_policy);
    return cvn_arena_printf(&cli->arena, "%s, %s", mode, policy);
}

CVN_VIEW_INSTANT(see_draw, Convene__Events__V1__Event, lottery_draw_time)
CVN_VIEW_INSTANT(see_drawn, Convene__Events__V1__Event, lottery_drawn_time)
CVN_VIEW_STRING(see_commitment, Convene__Events__V1__Event, lottery_commitment)

/* "diet: What do you eat? (needed) [all, vegan]", one line for each. */
static const char *see_questions(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    const char *all = event->n_questions ? "" : NULL;
    for (size_t i = 0; all && i < event->n_questions; i++) {
        const Convene__Events__V1__Question *q = event->questions[i];
        const char *choices = cvn_view_joined(cli, q->choices, q->n_choices);
        all = cvn_arena_printf(&cli->arena, "%s%s%s: %s%s%s%s%s", all, i ? "\n               " : "",
                               q->id, q->text, q->required ? " (needed)" : "",
                               q->n_choices ? " [" : "", choices ? choices : "",
                               q->n_choices ? (q->multiple ? "], several" : "]") : "");
    }
    return all;
}

CVN_VIEW_LIST(see_topics, Convene__Events__V1__Event, topics)

CVN_VIEW_STRING(see_id, Convene__Events__V1__Event, id)
/* In a table by its name as well. */
static const char *see_group(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    return cli->format == CVN_FORMAT_TABLE && *event->group_name
               ? cvn_arena_printf(&cli->arena, "%s, %s", event->group_name, event->group_id)
               : event->group_id;
}

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
CVN_VIEW_STRING(see_series, Convene__Events__V1__Event, series_id)
CVN_VIEW_STRING(see_cost, Convene__Events__V1__Event, cost_note)
CVN_VIEW_STRING(see_url, Convene__Events__V1__Event, url)
CVN_VIEW_STRING(see_description, Convene__Events__V1__Event, description)
const struct cvn_view_column cvn_event_show_columns[] = {
    {{"Title", false, false}, cvn_event_see_title},
    {{"When", false, false}, see_when},
    {{"Until", false, false}, see_end},
    {{"Time zone", false, false}, see_zone},
    {{"Where", false, false}, see_venue},
    {{"Seats", false, false}, cvn_event_see_seats},
    {{"Waitlist", false, false}, see_waitlist},
    {{"Lots drawn", false, false}, see_drawn},
    {{"To be drawn", false, false}, see_draw},
    {{"Lots promised", false, false}, see_commitment},
    {{"Questions", false, false}, see_questions},
    {{"Topics", false, false}, see_topics},
    {{"Cost", false, false}, see_cost},
    {{"State", false, false}, see_state},
    {{"Reason", false, false}, see_reason},
    {{"Group", false, false}, see_group},
    {{"Series", false, false}, see_series},
    {{"External id", false, false}, see_external_id},
    {{"Page", false, false}, see_url},
    {{"Id", false, false}, see_id},
    {{"Description", false, false}, see_description},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit run_show(struct cvn_cli *cli)
{
    Convene__Events__V1__GetEventRequest request = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Event *event = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetEvent", &request, &event);
    return code ? code : cvn_view_one(cli, cvn_event_show_columns, event);
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
    if (r == -ECANCELED) {
        return cli->zone_failure;
    }
    if (r) {
        return r == -ENOMEM ? cvn_cli_no_memory(cli) : cvn_cli_misuse(cli, "--%s.", err.text);
    }
    CVN_REPLY_AUTO Convene__Events__V1__Event *made = NULL;
    code = cvn_call(cli, SERVICE "CreateEvent", &request, &made);
    if (code == CVN_EXIT_DONE) {
        code = cvn_view_one(cli, cvn_event_show_columns, made);
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
    return code ? code : cvn_view_one(cli, cvn_event_show_columns, event);
}

static enum cvn_exit run_cancel(struct cvn_cli *cli)
{
    Convene__Events__V1__CancelEventRequest request =
        CONVENE__EVENTS__V1__CANCEL_EVENT_REQUEST__INIT;
    if (cvn_args_has(&cli->args, "following")) {
        return cvn_event_cancel_following(cli);
    }
    enum cvn_exit code = cvn_call_fill(cli, &request);
    request.id = (char *)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Event *event = NULL;
    code = code ? code : cvn_call(cli, SERVICE "CancelEvent", &request, &event);
    return code ? code : cvn_view_one(cli, cvn_event_show_columns, event);
}

static enum cvn_exit run_import(struct cvn_cli *cli)
{
    const char *file_name = cvn_args_word(&cli->args, 0);
    if (cvn_calendar_import_meant(cli, file_name)) {
        return cvn_calendar_import_run(cli, file_name);
    }
    if (cvn_args_get(&cli->args, "group") || cvn_args_get(&cli->args, "time-zone")) {
        return cvn_cli_misuse(cli, "--group and --time-zone are for iCalendar files; records have "
                                   "columns for both.");
    }
    return cvn_import_run(cli, &cvn_events_import, file_name, NULL);
}

static const struct cvn_option create_options[] = {
    {"group", 'g', "GROUP", "slug or id; required", "event.group_id"},
    {"title", 0, "TEXT", "1 to 300 bytes; required", "event.title"},
    {"start", 0, "TIME", "local time, as in 2026-12-01T18:30; required", "event.start_local"},
    {"end", 0, "TIME", "local time", "event.end_local"},
    {"duration", 0, "2h", "instead of --end", NULL},
    {"all-day", 0, NULL, "whole days: it starts at 00:00 and ends at 00:00 after its last day",
     "event.all_day"},
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
    CVN_EVENT_SEATS_OPTIONS,
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
    CVN_EVENT_FOLLOWING_OPTION,
    {NULL, 0, NULL, NULL, NULL},
};

static const struct cvn_option import_options[] = {
    {"group", 'g', "GROUP", "of an iCalendar file: whose events they are; required then", NULL},
    {"time-zone", 0, "ZONE", "of an iCalendar file: for times without a zone that is known", NULL},
    {"format", 0, "csv|jsonl|ics", "instead of judging by the file's name", NULL},
    {"dry-run", 0, NULL, "check everything and store nothing", "validate_only"},
    {"publish", 0, NULL, "publish what is created; what exists keeps its state", "publish"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_command cvn_events_commands[] = {
    {"list", "", 0, 0, "Lists upcoming events by start, narrowed by filters.",
     "convene events list --near München --radius 30km --when this-week\n"
     "convene events list --near 52.52,13.40 --topic go --topic rust --free-seats\n"
     "convene events list --text \"postgres perf\" -o json\n"
     "\n"
     "Cities that --near knows are those of at least 15,000 people in GeoNames\n"
     "(www.geonames.org, CC BY 4.0), by their names in many languages.",
     cvn_events_list_options, false, cvn_events_run_list},
    {"for-me", "", 0, 0,
     "Lists what is near you, in your languages, on your topics, in the next 7 days.",
     "Place, languages and topics are those of your profile, its skills being the topics:\n"
     "convene people update me --city Berlin --country de --language en --skill rust",
     cvn_events_for_me_options, false, cvn_events_run_for_me},
    {"show", "EVENT", 1, 1, "Shows one event.", NULL, NULL, false, run_show},
    {"create", "", 0, 0, "Adds one event, as a draft unless --publish is given.",
     "convene events create --group go-berlin --title \"Generics, a year on\" \\\n"
     "    --start 2026-12-01T18:30 --duration 2h --capacity 40 --publish",
     create_options, false, run_create},
    {"update", "EVENT", 1, 1, "Changes what the options name, and leaves the rest.",
     "convene events update evt_… --capacity 60 --question \"diet!: What do you eat? "
     "[all|vegan]\"\n"
     "convene events update evt_… --venue c-base --following    # from this one of a series on",
     cvn_event_update_options, false, cvn_event_run_update, NULL},
    {"publish", "EVENT", 1, 1, "Makes a draft visible.", NULL, NULL, false, run_publish},
    {"cancel", "EVENT", 1, 1, "Calls an event off; RSVPs stay, offers become void.",
     "convene events cancel evt_… --reason \"The hall is sold.\" --following  # and the series "
     "ends",
     cancel_options, false, run_cancel},
    {"reschedule", "EVENT", 1, 1, "Gives an event another time.",
     "convene events reschedule evt_… --start 2026-12-02T19:00 --reason \"The hall is taken.\"\n"
     "convene events reschedule evt_… --start 2026-12-02T19:00 --following \\\n"
     "    --rule \"FREQ=WEEKLY;BYDAY=WE\"                        # from then on, on Wednesdays",
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
    {"watch", "", 0, 0, "Shows changes as they happen, through every break of the connection.",
     cvn_events_watch_notes, cvn_events_watch_options, false, cvn_events_run_watch},
    {"import", "FILE", 1, 1,
     "Creates or updates events from CSV, JSON lines or iCalendar; safe to run again.",
     "convene events import meetups.csv --dry-run\n"
     "convene events import basic.ics --group go-berlin --publish",
     import_options, false, run_import, &cvn_events_import},
    {"export", "", 0, 0, "Writes events as iCalendar, or as CSV or JSON lines to import again.",
     "convene events export --group go-berlin -o go-berlin.ics\n"
     "convene events export --attendee me --name \"Where I go\" -o agenda.ics\n"
     "convene events export --city Berlin --topic go --format csv",
     cvn_events_export_options, false, cvn_events_export_run},
    {NULL, NULL, 0, 0, NULL, NULL, NULL, false, NULL},
};
