#include "client/cli/rsvp_agenda.h"

#include "client/cli/call.h"
#include "client/cli/field.h"
#include "client/cli/rsvp_view.h"
#include "client/cli/when.h"

#include <string.h>

enum { LIST_LIMIT = 100 };

typedef Convene__Events__V1__AgendaEntry entry_type;

static const char *see_when(struct cvn_cli *cli, const void *message)
{
    return cvn_view_local(cli, ((const entry_type *)message)->event->start_local);
}

static const char *see_title(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = ((const entry_type *)message)->event;
    const char *off = event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED
                          ? " (cancelled)"
                      : event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_POSTPONED
                          ? " (postponed)"
                          : "";
    bool marks = cli->format == CVN_FORMAT_TABLE && *off;
    return marks ? cvn_arena_printf(&cli->arena, "%s%s", event->title, off) : event->title;
}

static const char *see_where(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    const Convene__Events__V1__Event *event = ((const entry_type *)message)->event;
    bool online =
        event->attendance_mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE;
    return event->venue && *event->venue->city ? event->venue->city : online ? "online" : NULL;
}

static const char *see_answer(struct cvn_cli *cli, const void *message)
{
    return cvn_field_enum_text(&cli->arena, &convene__events__v1__rsvp_state__descriptor,
                               (int)((const entry_type *)message)->rsvp->state);
}

static const char *see_clashes(struct cvn_cli *cli, const void *message)
{
    const entry_type *entry = message;
    return cvn_view_joined(cli, entry->clash_event_ids, entry->n_clash_event_ids);
}

static const char *see_id(struct cvn_cli *cli, const void *message)
{
    (void)cli;
    return ((const entry_type *)message)->event->id;
}

static const struct cvn_view_column agenda_columns[] = {
    {{"When", false, false}, see_when},
    {{"Title", false, true}, see_title},
    {{"Where", false, false}, see_where},
    {{"Answer", false, false}, see_answer},
    {{"Clashes with", false, true}, see_clashes},
    {{"Id", false, false}, see_id},
    {{NULL, false, false}, NULL},
};

static Google__Protobuf__Timestamp *timestamp(struct cvn_cli *cli, int64_t ms)
{
    Google__Protobuf__Timestamp *time = cvn_arena_alloc(&cli->arena, sizeof *time);
    if (time) {
        google__protobuf__timestamp__init(time);
        time->seconds = ms / 1000;
    }
    return time;
}

static enum cvn_exit fill_time(struct cvn_cli *cli, const char *name, bool end,
                               Google__Protobuf__Timestamp **ret)
{
    const char *text = cvn_args_get(&cli->args, name);
    struct cvn_when when;
    struct cvn_error err;
    if (!text) {
        return CVN_EXIT_DONE;
    }
    if (cvn_when_parse(&when, text, cli->now_ms, cli->zone, &err)) {
        return cvn_cli_misuse(cli, "--%s %s.", name, err.text);
    }
    *ret = timestamp(cli, end ? when.before_ms : when.from_ms);
    return *ret ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

enum cvn_exit cvn_rsvp_run_agenda(struct cvn_cli *cli)
{
    static const struct cvn_view_list list = {
        CVN_RSVP_SERVICE "ListAgenda", agenda_columns,
        "Nothing is ahead. Find something: convene events list", LIST_LIMIT};
    Convene__Events__V1__ListAgendaRequest request = CONVENE__EVENTS__V1__LIST_AGENDA_REQUEST__INIT;
    enum cvn_exit code = cvn_call_person(cli, cvn_args_get(&cli->args, "as"), &request.person_id);
    code = code ? code : fill_time(cli, "from", false, &request.start_time_from);
    code = code ? code : fill_time(cli, "to", true, &request.start_time_before);
    return code ? code : cvn_view_pages(cli, &list, &request.base);
}

void cvn_rsvp_warn_of_clashes(struct cvn_cli *cli, const Convene__Events__V1__Rsvp *rsvp)
{
    Convene__Events__V1__ListAgendaRequest request = CONVENE__EVENTS__V1__LIST_AGENDA_REQUEST__INIT;
    struct convene_status status = CONVENE_STATUS_INIT;
    CVN_REPLY_AUTO Convene__Events__V1__ListAgendaResponse *reply = NULL;
    request.person_id = rsvp->person_id;
    request.event_id = rsvp->event_id;
    /* Nobody but the person may know; an organiser who answers for them is told nothing. */
    if (cvn_call_quietly(cli, CVN_RSVP_SERVICE "ListAgenda", &request, &reply, &status) == 0) {
        for (size_t i = 0; i < reply->n_entries; i++) {
            const Convene__Events__V1__Event *event = reply->entries[i]->event;
            if (strcmp(event->id, rsvp->event_id) != 0) {
                cvn_cli_note(cli, "It clashes with \"%s\", %s (%s).", event->title,
                             cvn_view_local(cli, event->start_local), event->id);
            }
        }
    }
    convene_status_clear(&status);
}

const struct cvn_option cvn_rsvp_agenda_options[] = {
    {"from", 0, "TIME", "that are not over then; now when left out", NULL},
    {"to", 0, "TIME", "that start before its end, as in 2026-12-31 or +7d", NULL},
    {"as", 0, "PERSON", "id or e-mail of somebody else; for administrators", NULL},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
