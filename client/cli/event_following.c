#include "client/cli/event_following.h"

#include "base/civil.h"
#include "client/cli/call.h"
#include "client/cli/event_time.h"
#include "client/cli/field.h"
#include "client/cli/mask.h"
#include "convene/events/v1/series.pb-c.h"

#include <string.h>

enum { DATE_LEN = 10 }; /* of a local time's day, as in 2026-12-01 */

#define EVENTS "convene.events.v1.EventService/"
#define SERIES "convene.events.v1.SeriesService/"

CVN_VIEW_STRING(see_series, Convene__Events__V1__Series, id)
CVN_VIEW_STRING(see_rule, Convene__Events__V1__Series, rrule)
CVN_VIEW_STRING(see_until, Convene__Events__V1__Series, made_until)
CVN_VIEW_INT(see_count, Convene__Events__V1__Series, occurrence_count)

const struct cvn_view_column cvn_event_series_columns[] = {
    {{"Series", false, false}, see_series},
    {{"Rule", false, false}, see_rule},
    {{"Occurrences", false, false}, see_count},
    {{"Made until", false, false}, see_until},
    {{NULL, false, false}, NULL},
};

static enum cvn_exit require_series(struct cvn_cli *cli, const Convene__Events__V1__Event *event)
{
    return *event->series_id
               ? CVN_EXIT_DONE
               : cvn_cli_fail(cli, CVN_EXIT_REFUSED,
                              "\"%s\" is not part of a series, so that nothing follows it; leave "
                              "--following out.",
                              event->title);
}

/* The series that an event is an occurrence of. */
static enum cvn_exit get_series(struct cvn_cli *cli, const Convene__Events__V1__Event *event,
                                Convene__Events__V1__Series **ret)
{
    Convene__Events__V1__GetSeriesRequest get = CONVENE__EVENTS__V1__GET_SERIES_REQUEST__INIT;
    enum cvn_exit code = require_series(cli, event);
    get.id = event->series_id;
    return code ? code : cvn_call(cli, SERIES "GetSeries", &get, ret);
}

enum cvn_exit cvn_event_end_like(struct cvn_cli *cli, const Convene__Events__V1__Event *model,
                                 const char *start, char **ret)
{
    struct cvn_civil from, to;
    char end[CVN_CIVIL_TEXT_BYTES];
    struct cvn_error err = {""};
    if (!cvn_civil_parse(&from, model->start_local) || !cvn_civil_parse(&to, model->end_local)) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "\"%s\" has no times that can be read.",
                            model->title);
    }
    if (cvn_event_later(end, start, cvn_civil_seconds(&to) - cvn_civil_seconds(&from), &err)) {
        return cvn_cli_misuse(cli, "--start %s.", err.text);
    }
    *ret = cvn_arena_strdup(&cli->arena, end);
    return *ret ? CVN_EXIT_DONE : cvn_cli_no_memory(cli);
}

/* Has the event, and by the rule what follows it, take the place of first and what follows that. */
static enum cvn_exit split(struct cvn_cli *cli, const Convene__Events__V1__Event *first,
                           Convene__Events__V1__Event *event, const char *rule)
{
    Convene__Events__V1__SplitSeriesRequest request =
        CONVENE__EVENTS__V1__SPLIT_SERIES_REQUEST__INIT;
    Convene__Events__V1__Series series = CONVENE__EVENTS__V1__SERIES__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Series *made = NULL;
    event->external_id = (char *)(uintptr_t)protobuf_c_empty_string; /* the old series keeps it */
    series.event = event;
    series.rrule = rule ? (char *)(uintptr_t)rule : series.rrule;
    request.id = first->series_id;
    request.recurrence_id = first->recurrence_id;
    request.series = &series;
    enum cvn_exit code = cvn_call(cli, SERIES "SplitSeries", &request, &made);
    code = code ? code : cvn_view_one(cli, cvn_event_series_columns, made);
    if (code == CVN_EXIT_DONE) {
        cvn_cli_note(cli,
                     "What comes before %.10s stays as it is. See them all: convene events "
                     "list --series %s",
                     first->recurrence_id, made->id);
    }
    if (code == CVN_EXIT_DONE && strncmp(event->start_local, first->recurrence_id, DATE_LEN) != 0) {
        cvn_cli_note(cli,
                     "The day changes: those that somebody had answered are called off, and new "
                     "ones stand in their place.");
    }
    if (code == CVN_EXIT_DONE && first->overridden) {
        cvn_cli_note(cli,
                     "\"%s\" was changed by itself before and keeps what it says; change it "
                     "without --following.",
                     first->title);
    }
    return code;
}

enum cvn_exit cvn_event_update_following(struct cvn_cli *cli,
                                         const Convene__Events__V1__Event *first,
                                         const Google__Protobuf__FieldMask *mask)
{
    Convene__Events__V1__UpdateEventRequest request =
        CONVENE__EVENTS__V1__UPDATE_EVENT_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Series *series = NULL;
    enum cvn_exit code = get_series(cli, first, &series);
    if (code) {
        return code;
    }
    Convene__Events__V1__Event event = *series->event;
    request.event = &event;
    for (size_t i = 0; i < mask->n_paths; i++) { /* lists are replaced, not added to */
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(event.base.descriptor, mask->paths[i]);
        if (field && field->label == PROTOBUF_C_LABEL_REPEATED) {
            cvn_field_clear(&event.base, mask->paths[i]);
        }
    }
    code = cvn_call_fill(cli, &request);
    if (code) {
        return code;
    }
    cvn_mask_clear(cli, &request);
    event.start_local = first->recurrence_id;
    code = cvn_event_end_like(cli, series->event, event.start_local, &event.end_local);
    return code ? code : split(cli, first, &event, NULL);
}

enum cvn_exit cvn_event_reschedule_following(struct cvn_cli *cli)
{
    Convene__Events__V1__GetEventRequest get = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Event *first = NULL;
    CVN_REPLY_AUTO Convene__Events__V1__Series *series = NULL;
    const char *start = cvn_args_get(&cli->args, "start"), *end = cvn_args_get(&cli->args, "end");
    if (!start || cvn_args_has(&cli->args, "reason")) {
        return cvn_cli_misuse(cli, start
                                       ? "--reason is of one event; leave it out with --following."
                                       : "--start, the new time of the first, is missing.");
    }
    get.id = cvn_call_word(cli, 0);
    enum cvn_exit code = cvn_call(cli, EVENTS "GetEvent", &get, &first);
    code = code ? code : get_series(cli, first, &series);
    if (code) {
        return code;
    }
    Convene__Events__V1__Event event = *series->event;
    event.start_local = (char *)(uintptr_t)start;
    event.end_local = (char *)(uintptr_t)end;
    code = end ? CVN_EXIT_DONE : cvn_event_end_like(cli, series->event, start, &event.end_local);
    return code ? code : split(cli, first, &event, cvn_args_get(&cli->args, "rule"));
}

enum cvn_exit cvn_event_cancel_following(struct cvn_cli *cli)
{
    Convene__Events__V1__GetEventRequest get = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    Convene__Events__V1__CancelSeriesRequest request =
        CONVENE__EVENTS__V1__CANCEL_SERIES_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Event *first = NULL;
    CVN_REPLY_AUTO Convene__Events__V1__CancelSeriesResponse *reply = NULL;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    get.id = cvn_call_word(cli, 0);
    code = code ? code : cvn_call(cli, EVENTS "GetEvent", &get, &first);
    code = code ? code : require_series(cli, first);
    if (code) {
        return code;
    }
    request.id = first->series_id;
    request.recurrence_id = first->recurrence_id;
    code = cvn_call(cli, SERIES "CancelSeries", &request, &reply);
    code = code ? code : cvn_view_one(cli, cvn_event_series_columns, reply->series);
    if (code == CVN_EXIT_DONE) {
        cvn_cli_note(
            cli,
            "%d called off, from %.10s on; who answered keeps their answer and is told. No "
            "more are made. Back again, one by one: convene events restore EVENT",
            reply->cancelled_count, first->recurrence_id);
    }
    return code;
}
