#include "client/cli/event_update.h"

#include "client/cli/call.h"
#include "client/cli/event_following.h"
#include "client/cli/mask.h"
#include "client/cli/view.h"

#define SERVICE "convene.events.v1.EventService/"

static void tell(struct cvn_cli *cli, int32_t taken, int32_t capacity, const char *where)
{
    if (capacity > 0 && taken > capacity) {
        cvn_cli_note(cli,
                     "%d seats%s are taken, %d more than there are; nobody loses theirs, and "
                     "whoever waits does so until there are seats again.",
                     taken, where, taken - capacity);
    }
}

void cvn_event_tell_overbooked(struct cvn_cli *cli, const Convene__Events__V1__Event *event)
{
    bool hybrid =
        event->attendance_mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED;
    tell(cli, event->seats_taken, event->capacity, hybrid ? " in the room" : "");
    if (hybrid) {
        tell(cli, event->virtual_seats_taken, event->virtual_capacity, " online");
    }
}

enum cvn_exit cvn_event_run_update(struct cvn_cli *cli)
{
    Convene__Events__V1__GetEventRequest get = CONVENE__EVENTS__V1__GET_EVENT_REQUEST__INIT;
    Convene__Events__V1__UpdateEventRequest request =
        CONVENE__EVENTS__V1__UPDATE_EVENT_REQUEST__INIT;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Event *before = NULL;
    CVN_REPLY_AUTO Convene__Events__V1__Event *after = NULL;
    request.event = &event;
    request.update_mask = &mask;
    enum cvn_exit code = cvn_mask_fill(cli, "event.", &mask);
    get.id = (char *)(uintptr_t)cvn_args_word(&cli->args, 0);
    code = code ? code : cvn_call(cli, SERVICE "GetEvent", &get, &before);
    if (code) {
        return code;
    }
    if (cvn_args_has(&cli->args, "following")) {
        return cvn_event_update_following(cli, before, &mask);
    }
    /* A venue is replaced as a whole: what is not said of it stays. */
    event.venue = before->venue;
    event.id = before->id;
    request.etag = before->etag;
    code = cvn_call_fill(cli, &request);
    if (code) {
        return code;
    }
    cvn_mask_clear(cli, &request);
    code = cvn_call(cli, SERVICE "UpdateEvent", &request, &after);
    code = code ? code : cvn_view_one(cli, cvn_event_show_columns, after);
    if (code == CVN_EXIT_DONE) {
        cvn_event_tell_overbooked(cli, after);
    }
    return code;
}

const struct cvn_option cvn_event_update_options[] = {
    {"title", 0, "TEXT", "1 to 300 bytes", "event.title"},
    {"description", 0, "TEXT", "Markdown", "event.description"},
    {"mode", 0, "MODE", "in-person, online or hybrid", "event.attendance_mode"},
    {"venue", 0, "NAME", "the place's name", "event.venue.name"},
    {"address", 0, "TEXT", "street and number", "event.venue.address"},
    {"city", 0, "CITY", "of the place", "event.venue.city"},
    {"country", 0, "CC", "two letters, as in de", "event.venue.country"},
    {"at", 0, "LAT,LON", "where the place is", "event.venue.location"},
    {"online-url", 0, "URL", "shown to those who come", "event.online_url"},
    {"topic", 't', "TOPIC", "instead of those there are; may be given several times",
     "event.topics"},
    {"language", 0, "TAG", "as in en", "event.language"},
    CVN_EVENT_SEATS_OPTIONS,
    {"visibility", 0, "WHO", "public, members or link", "event.visibility"},
    {"host", 0, "PERSON", "per_…, instead of those there are; may be given several times",
     "event.host_ids"},
    {"cost", 0, "TEXT", "as in \"free, drinks sponsored\"", "event.cost_note"},
    {"page", 0, "URL", "the event's page elsewhere", "event.url"},
    CVN_MASK_OPTION,
    CVN_EVENT_FOLLOWING_OPTION,
    {NULL, 0, NULL, NULL, NULL},
};
