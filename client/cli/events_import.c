#include "client/cli/events_import.h"

#include "client/cli/call.h"
#include "client/cli/event_time.h"
#include "client/cli/failure.h"
#include "convene/events/v1/group.pb-c.h"

#include <errno.h>
#include <string.h>

/* The first three have no path: finish reads them, by these places. */
static const struct cvn_import_column columns[] = {
    {"start", NULL, "local time, as in 2026-12-01T18:30; or with an offset, which is converted",
     .blamed = "start_local"},
    {"end", NULL, "the same; or give a duration", .blamed = "end_local"},
    {"duration", NULL, "2h, 90min, 1h30m, PT2H, 02:00; a bare number is minutes"},
    {"external_id", "external_id", "your own key, unique in the group; required"},
    {"group", "group_id", "slug or grp_…; required", .folds = true},
    {"title", "title", "1 to 300 bytes; required", 300},
    {"description", "description", "Markdown, at most 50,000 bytes", 50000},
    {"time_zone", "time_zone", "IANA name; the group's when empty"},
    {"all_day", "all_day", "yes: whole days, start and end at 00:00; or no"},
    {"mode", "attendance_mode", "in-person, online or hybrid"},
    {"venue", "venue.name", "the place's name"},
    {"address", "venue.address", "street and number"},
    {"city", "venue.city", "of the place"},
    {"country", "venue.country", "two letters, as in de"},
    {"latitude", "venue.location.latitude", "degrees, -90 to 90"},
    {"longitude", "venue.location.longitude", "degrees, -180 to 180"},
    {"online_url", "online_url", "http or https; shown to those who come"},
    {"topics", "topics", "separated by ;"},
    {"language", "language", "as in en"},
    {"capacity", "capacity", "seats; 0 or empty is unlimited"},
    {"virtual_capacity", "virtual_capacity", "seats online of a hybrid event"},
    {"max_guests", "max_guests", "that one RSVP may bring, 0 to 10"},
    {"waitlist", "waitlist_mode", "auto, offer, lottery or none"},
    {"offer_minutes", "offer_minutes", "for which an offered seat is held"},
    {"approval", "approval_required", "yes or no"},
    {"visibility", "visibility", "public, members or link"},
    {"cost", "cost_note", "as in free, drinks sponsored"},
    {"url", "url", "the event's page elsewhere"},
    {"hosts", "host_ids", "per_…, separated by ;"},
    {NULL, NULL, NULL},
};

/* The zone in which an instant is made local; NULL where nobody knows one. */
static const struct cvn_zone *zone_of(struct cvn_cli *cli, const Convene__Events__V1__Event *event)
{
    const struct cvn_zone *zone = NULL;
    if (*event->time_zone) {
        return cvn_zones_find(cli->zones, event->time_zone, &zone) == 0 ? zone : NULL;
    }
    /* Files come sorted by group more often than not. */
    if (*event->group_id && strcmp(cli->zone_group, event->group_id) == 0) {
        return cli->group_zone;
    }
    Convene__Events__V1__GetGroupRequest request = CONVENE__EVENTS__V1__GET_GROUP_REQUEST__INIT;
    request.id = event->group_id;
    CVN_REPLY_AUTO Convene__Events__V1__Group *group = NULL;
    struct convene_status status = CONVENE_STATUS_INIT;
    int r =
        cvn_call_quietly(cli, "convene.events.v1.GroupService/GetGroup", &request, &group, &status);
    if (r == 0) {
        (void)cvn_zones_find(cli->zones, group->time_zone, &zone);
    } else if (r != CONVENE_NOT_FOUND && r != CONVENE_INVALID_ARGUMENT) {
        cli->zone_failure = cvn_failure_print(cli, &status);
    }
    convene_status_clear(&status);
    if (strlen(event->group_id) < sizeof cli->zone_group) {
        memcpy(cli->zone_group, event->group_id, strlen(event->group_id) + 1);
        cli->group_zone = zone;
    }
    return zone;
}

static int set_local(struct cvn_cli *cli, struct cvn_arena *arena,
                     Convene__Events__V1__Event *event, char **field, const char *text,
                     struct cvn_error *err)
{
    char local[CVN_CIVIL_TEXT_BYTES];
    bool needs_zone = cvn_event_time_is_instant(text);
    const struct cvn_zone *zone = needs_zone ? zone_of(cli, event) : NULL;
    if (cli->zone_failure) {
        return -ECANCELED;
    }
    if (needs_zone && !zone && (*event->time_zone || *event->group_id)) {
        return cvn_error_set(err, -EINVAL,
                             *event->time_zone
                                 ? "has an offset, and \"%.60s\" is no IANA time zone in which it "
                                   "could be local"
                                 : "has an offset, and there is no group \"%.60s\" that would say "
                                   "the time zone; make the group first",
                             *event->time_zone ? event->time_zone : event->group_id);
    }
    int r = cvn_event_local(local, text, zone, err);
    if (r == 0) {
        *field = cvn_arena_strdup(arena, local);
        r = *field ? 0 : -ENOMEM;
    }
    return r;
}

static int set_duration(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                        const char *text, struct cvn_error *err)
{
    int64_t seconds;
    char local[CVN_CIVIL_TEXT_BYTES];
    int r = cvn_event_duration(&seconds, text, err);
    r = r ? r : cvn_event_later(local, event->start_local, seconds, err);
    if (r == 0) {
        event->end_local = cvn_arena_strdup(arena, local);
        r = event->end_local ? 0 : -ENOMEM;
    }
    return r;
}

static bool said(const char *text)
{
    return text && *text;
}

int cvn_events_set_times(struct cvn_cli *cli, struct cvn_arena *arena,
                         Convene__Events__V1__Event *event, const char *const texts[3],
                         struct cvn_error *err)
{
    struct cvn_error why = {""};
    const char *name = "start";
    int r = 0;
    if (said(texts[CVN_EVENT_START])) {
        r = set_local(cli, arena, event, &event->start_local, texts[CVN_EVENT_START], &why);
    }
    if (r == 0 && said(texts[CVN_EVENT_END])) {
        name = "end";
        r = set_local(cli, arena, event, &event->end_local, texts[CVN_EVENT_END], &why);
    } else if (r == 0 && said(texts[CVN_EVENT_DURATION])) {
        name = "duration";
        r = set_duration(arena, event, texts[CVN_EVENT_DURATION], &why);
    }
    return r == -EINVAL ? cvn_error_set(err, r, "%s %s", name, why.text) : r;
}

static int finish(struct cvn_cli *cli, struct cvn_arena *arena, ProtobufCMessage *record,
                  const char *const *values, struct cvn_error *err)
{
    return cvn_events_set_times(cli, arena, (Convene__Events__V1__Event *)record, values, err);
}

const struct cvn_import_kind cvn_events_import = {
    .noun = "events",
    .identity = "external_id",
    .streams = true,
    .record = &convene__events__v1__event__descriptor,
    .columns = columns,
    .finish = finish,
};
