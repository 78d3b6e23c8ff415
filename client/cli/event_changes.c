#include "client/cli/event_changes.h"

#include "client/cli/call.h"
#include "client/cli/event_following.h"
#include "client/cli/event_update.h"
#include "client/cli/view.h"
#include "convene/events/v1/series.pb-c.h"

#include <string.h>

#define EVENTS "convene.events.v1.EventService/"
#define SERIES "convene.events.v1.SeriesService/"

/* Fills the request from the options, and its id, which *id is, from the command's word. */
static enum cvn_exit change(struct cvn_cli *cli, const char *method, void *request, char **id)
{
    enum cvn_exit code = cvn_call_fill(cli, request);
    *id = (char *)(uintptr_t)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Event *event = NULL;
    code = code ? code : cvn_call(cli, method, request, &event);
    return code ? code : cvn_view_one(cli, cvn_event_show_columns, event);
}

enum cvn_exit cvn_event_run_reschedule(struct cvn_cli *cli)
{
    Convene__Events__V1__RescheduleEventRequest request =
        CONVENE__EVENTS__V1__RESCHEDULE_EVENT_REQUEST__INIT;
    if (cvn_args_has(&cli->args, "following")) {
        return cvn_event_reschedule_following(cli);
    }
    if (cvn_args_has(&cli->args, "rule")) {
        return cvn_cli_misuse(cli, "--rule is how a series goes on, with --following.");
    }
    return change(cli, EVENTS "RescheduleEvent", &request, &request.id);
}

enum cvn_exit cvn_event_run_postpone(struct cvn_cli *cli)
{
    Convene__Events__V1__PostponeEventRequest request =
        CONVENE__EVENTS__V1__POSTPONE_EVENT_REQUEST__INIT;
    return change(cli, EVENTS "PostponeEvent", &request, &request.id);
}

enum cvn_exit cvn_event_run_move_online(struct cvn_cli *cli)
{
    Convene__Events__V1__MoveEventOnlineRequest request =
        CONVENE__EVENTS__V1__MOVE_EVENT_ONLINE_REQUEST__INIT;
    return change(cli, EVENTS "MoveEventOnline", &request, &request.id);
}

enum cvn_exit cvn_event_run_restore(struct cvn_cli *cli)
{
    Convene__Events__V1__RestoreEventRequest request =
        CONVENE__EVENTS__V1__RESTORE_EVENT_REQUEST__INIT;
    return change(cli, EVENTS "RestoreEvent", &request, &request.id);
}

enum cvn_exit cvn_event_run_unpublish(struct cvn_cli *cli)
{
    Convene__Events__V1__UnpublishEventRequest request =
        CONVENE__EVENTS__V1__UNPUBLISH_EVENT_REQUEST__INIT;
    return change(cli, EVENTS "UnpublishEvent", &request, &request.id);
}

enum cvn_exit cvn_event_run_archive(struct cvn_cli *cli)
{
    Convene__Events__V1__ArchiveEventRequest request =
        CONVENE__EVENTS__V1__ARCHIVE_EVENT_REQUEST__INIT;
    return change(cli, EVENTS "ArchiveEvent", &request, &request.id);
}

enum cvn_exit cvn_event_run_copy(struct cvn_cli *cli)
{
    Convene__Events__V1__CopyEventRequest request = CONVENE__EVENTS__V1__COPY_EVENT_REQUEST__INIT;
    return change(cli, EVENTS "CopyEvent", &request, &request.id);
}

static void tell_made(struct cvn_cli *cli, const Convene__Events__V1__Series *made,
                      const Convene__Events__V1__Event *model)
{
    if (!cvn_args_has(&cli->args, "publish")) {
        cvn_cli_note(cli,
                     "They are drafts. See them: convene events list --series %s "
                     "--include-unpublished; one by one: convene events publish EVENT",
                     made->id);
    }
    if (strcmp(made->event->start_local, model->start_local) == 0) {
        cvn_cli_note(cli,
                     "The event itself is none of them, and begins when the first does. If the "
                     "series is in its place: convene events unpublish %s",
                     model->id);
    }
}

enum cvn_exit cvn_event_run_repeat(struct cvn_cli *cli)
{
    Convene__Events__V1__GetEventRequest get = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    Convene__Events__V1__CreateSeriesRequest request =
        CONVENE__EVENTS__V1__CREATE_SERIES_REQUEST__INIT;
    Convene__Events__V1__Series series = CONVENE__EVENTS__V1__SERIES__INIT;
    request.series = &series;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    get.id = (char *)(uintptr_t)cvn_args_word(&cli->args, 0);
    CVN_REPLY_AUTO Convene__Events__V1__Event *model = NULL;
    code = code ? code : cvn_call(cli, EVENTS "GetEvent", &get, &model);
    if (code) {
        return code;
    }
    /* The series has a key and windows of its own; those of the model stay the model's. */
    Convene__Events__V1__Event event = *model;
    event.external_id = (char *)(uintptr_t)protobuf_c_empty_string;
    event.rsvp_open_time = event.rsvp_close_time = NULL;
    const char *start = cvn_args_get(&cli->args, "start");
    if (start) {
        event.start_local = (char *)(uintptr_t)start;
        event.end_local = (char *)(uintptr_t)cvn_args_get(&cli->args, "end");
    }
    code = event.end_local ? code : cvn_event_end_like(cli, model, start, &event.end_local);
    if (code) {
        return code;
    }
    series.event = &event;
    CVN_REPLY_AUTO Convene__Events__V1__Series *made = NULL;
    code = cvn_call(cli, SERIES "CreateSeries", &request, &made);
    code = code ? code : cvn_view_one(cli, cvn_event_series_columns, made);
    if (code == CVN_EXIT_DONE) {
        tell_made(cli, made, model);
    }
    return code;
}

const struct cvn_option cvn_event_reschedule_options[] = {
    {"start", 0, "TIME", "local, as in 2026-12-01T18:30:00; required", "start_local"},
    {"end", 0, "TIME", "local; when left out, the event keeps its length", "end_local"},
    {"reason", 0, "TEXT", "told to those who come", "reason"},
    CVN_EVENT_FOLLOWING_OPTION,
    {"rule", 0, "RRULE", "with --following: how they repeat; as before when left out",
     "series.rrule"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_event_postpone_options[] = {
    {"reason", 0, "TEXT", "told to those who come", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_event_move_online_options[] = {
    {"online-url", 0, "URL", "where; shown to those who come", "online_url"},
    {"reason", 0, "TEXT", "told to those who come", "reason"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_event_copy_options[] = {
    {"start", 0, "TIME", "local, as in 2026-12-01T18:30:00; required", "start_local"},
    {"external-id", 0, "KEY", "your own key for the copy", "external_id"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_event_repeat_options[] = {
    {"rule", 0, "RRULE", "as in FREQ=WEEKLY;BYDAY=TU (RFC 5545)", "series.rrule"},
    {"start", 0, "TIME", "local start of the first; the event's own when left out", NULL},
    {"end", 0, "TIME", "local end of the first; when left out, it is as long as the event", NULL},
    {"also", 0, "TIME", "a further local start; may be given several times",
     "series.further_starts"},
    {"except", 0, "TIME", "a local start left out; may be given several times",
     "series.excluded_starts"},
    {"publish", 0, NULL, "publish at once instead of leaving drafts", "publish"},
    {NULL, 0, NULL, NULL, NULL},
};
