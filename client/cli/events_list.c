#include "client/cli/events_list.h"

#include "base/civil.h"
#include "base/text.h"
#include "client/cli/call.h"
#include "client/cli/event_view.h"
#include "client/cli/events_none.h"
#include "client/cli/field.h"
#include "client/cli/values.h"
#include "client/cli/view.h"
#include "client/cli/when.h"
#include "convene/events/v1/person.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/protobuf/wrappers.pb-c.h"

#include <inttypes.h>
#include <string.h>

#define METHOD "convene.events.v1.EventService/ListEvents"
#define MODE(name) CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_##name

enum {
    LIST_LIMIT = 50,
    TOPICS_MAX = 50, /* that a list takes, as it does languages */
    LANGUAGES_MAX = 20,
    WIDE = 100,       /* cells of a terminal that shows ids */
    WIDER = 130,      /* and of one that shows groups */
    WHERE_CELLS = 18, /* of a place's name, or of what matched */
    DAYS_FOR_ME = 7,
};

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

static const char *see_when(struct cvn_cli *cli, const void *message)
{
    return cvn_view_local(cli, ((const Convene__Events__V1__Event *)message)->start_local);
}

/* "Tue 1 Dec", and behind it the time. */
static const char *see_day(struct cvn_cli *cli, const void *message)
{
    const char *when = see_when(cli, message);
    const char *time = when ? strrchr(when, ' ') : NULL;
    return time ? cvn_arena_printf(&cli->arena, "%.*s", (int)(time - when), when) : when;
}

/* How far clocks at the event are ahead of UTC. */
static int64_t offset_minutes(const Convene__Events__V1__Event *event)
{
    struct cvn_civil civil;
    if (!event->start_time || !cvn_civil_parse(&civil, event->start_local)) {
        return 0;
    }
    return (cvn_civil_seconds(&civil) - event->start_time->seconds) / 60;
}

/* "18:30" on clocks there, and how far these are from UTC where it is not as here: "20:00 +13". */
static const char *see_time(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    const char *when = see_when(cli, message);
    const char *time = when ? strrchr(when, ' ') : NULL;
    if (!time || !event->start_time) {
        return time ? time + 1 : NULL;
    }
    int64_t there = offset_minutes(event), here_ms = event->start_time->seconds * 1000;
    struct cvn_civil here = cvn_zone_civil(cli->zone, here_ms);
    if (there == (cvn_civil_seconds(&here) - event->start_time->seconds) / 60) {
        return time + 1;
    }
    int64_t hours = there / 60, minutes = there % 60;
    return minutes == 0 ? cvn_arena_printf(&cli->arena, "%s %+" PRId64, time + 1, hours)
                        : cvn_arena_printf(&cli->arena, "%s %+" PRId64 ":%02" PRId64, time + 1,
                                           hours, minutes < 0 ? -minutes : minutes);
}

static const char *distance(struct cvn_cli *cli, double metres)
{
    if (metres < 1000) {
        return cvn_arena_printf(&cli->arena, "%.0f m", metres);
    }
    return cvn_arena_printf(&cli->arena, metres < 10000 ? "%.1f km" : "%.0f km", metres / 1000);
}

/* So much of a name as leaves room for the title. */
static const char *shortened(struct cvn_cli *cli, const char *name)
{
    struct cvn_slice whole = cvn_slice_of_string(name);
    struct cvn_slice cut = cvn_text_cut_width(whole, WHERE_CELLS);
    return cut.len == whole.len ? name : cvn_arena_printf(&cli->arena, "%.*s…", (int)cut.len, name);
}

static const char *see_where(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    const char *place = NULL;
    if (event->venue) {
        place = *event->venue->city ? event->venue->city : event->venue->name;
    }
    if (cli->format == CVN_FORMAT_CSV) {
        return place;
    }
    if (event->attendance_mode == MODE(ONLINE)) {
        return "online";
    }
    place = place ? shortened(cli, place) : NULL;
    if (place && *place && event->match && event->match->distance_m) {
        place = cvn_arena_printf(&cli->arena, "%s, %s", place,
                                 distance(cli, event->match->distance_m->value));
    }
    if (place && *place && event->attendance_mode == MODE(MIXED)) {
        place = cvn_arena_printf(&cli->arena, "%s, online", place);
    }
    return place;
}

/* Which of what was asked for it has. */
static const char *see_why(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    if (!event->match) {
        return NULL;
    }
    const char *topics = cvn_view_joined(cli, event->match->topics, event->match->n_topics);
    const char *why = topics;
    if (event->match->language && topics) {
        why = cvn_arena_printf(&cli->arena, "%s%s%s", topics, *topics ? ", " : "", event->language);
    }
    return why ? shortened(cli, why) : NULL;
}

CVN_VIEW_LIST(see_topics, Convene__Events__V1__Event, topics)
CVN_VIEW_STRING(see_group, Convene__Events__V1__Event, group_name)
CVN_VIEW_STRING(see_id, Convene__Events__V1__Event, id)

static const struct cvn_view_column columns[] = {
    {{"Day", .once = true}, see_day},
    {{"Time"}, see_time},
    {{"Title", .shrink = true}, cvn_event_see_title},
    {{"Group", .shrink = true, .cells_min = WIDER}, see_group},
    {{"Where"}, see_where},
    {{"Seats", .right = true}, cvn_event_see_seats},
    {{"Id", .cells_min = WIDE}, see_id},
    {{NULL}, NULL},
};

static const struct cvn_view_column for_me_columns[] = {
    {{"Day", .once = true}, see_day},
    {{"Time"}, see_time},
    {{"Title", .shrink = true}, cvn_event_see_title},
    {{"Where"}, see_where},
    {{"For"}, see_why},
    {{"Seats", .right = true}, cvn_event_see_seats},
    {{"Id", .cells_min = WIDE}, see_id},
    {{NULL}, NULL},
};

static const struct cvn_view_column csv_columns[] = {
    {{"When"}, see_when},
    {{"Title"}, cvn_event_see_title},
    {{"Group"}, see_group},
    {{"Where"}, see_where},
    {{"Seats"}, cvn_event_see_seats},
    {{"Topics"}, see_topics},
    {{"Id"}, see_id},
    {{NULL}, NULL},
};

Google__Protobuf__Timestamp *cvn_events_timestamp(struct cvn_cli *cli, int64_t ms)
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
                                 Convene__Events__V1__ListEventsRequest *request,
                                 struct cvn_when window)
{
    static const char *const names[] = {"when", "from", "to"};
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
        request->start_time_from = cvn_events_timestamp(cli, window.from_ms);
    } else {
        window.before_ms = window.before_ms ? window.before_ms : cli->now_ms;
    }
    if (window.before_ms) {
        request->start_time_before = cvn_events_timestamp(cli, window.before_ms);
    }
    return CVN_EXIT_DONE;
}

static void ask_near(Convene__Events__V1__ListEventsRequest *request,
                     struct cvn_events_where *where, double latitude, double longitude)
{
    convene__events__v1__circle__init(&where->near);
    convene__events__v1__lat_lng__init(&where->center);
    where->center.latitude = latitude;
    where->center.longitude = longitude;
    where->near.center = &where->center;
    request->near = &where->near;
}

static void ask_place(Convene__Events__V1__ListEventsRequest *request,
                      struct cvn_events_where *where, const char *name, const char *country)
{
    convene__events__v1__place_name__init(&where->place);
    where->place.name = (char *)name;
    where->place.country = (char *)country;
    request->place = &where->place;
}

/* A value that begins like a number is a point; all else is a city's name. */
static enum cvn_exit fill_where(struct cvn_cli *cli,
                                Convene__Events__V1__ListEventsRequest *request,
                                struct cvn_events_where *where)
{
    const char *near = cvn_args_get(&cli->args, "near");
    const char *country = cvn_args_get(&cli->args, "country");
    const char *region = cvn_args_get(&cli->args, "region");
    struct cvn_error err;
    double latitude, longitude;
    if (near && strspn(near, "+-.0123456789") > 0) {
        if (cvn_value_point(&latitude, &longitude, near, &err)) {
            return cvn_cli_misuse(cli, "--near %s, or is a city's name.", err.text);
        }
        ask_near(request, where, latitude, longitude);
    } else if (near) {
        ask_place(request, where, near, "");
    }
    if ((country || region) && !request->place) {
        return cvn_cli_misuse(cli, "--country and --region say which city --near names.");
    }
    if (request->place && country) {
        request->place->country = (char *)country;
    }
    if (request->place && region) {
        request->place->region = (char *)region;
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit fill_radius(struct cvn_cli *cli,
                                 Convene__Events__V1__ListEventsRequest *request)
{
    const char *radius = cvn_args_get(&cli->args, "radius");
    struct cvn_error err;
    double metres;
    if (radius && !request->near && !request->place) {
        return cvn_cli_misuse(cli, "--radius needs --near CITY or --near LAT,LON.");
    }
    if (cvn_value_radius_m(&metres, radius ? radius : "25km", &err)) {
        return cvn_cli_misuse(cli, "--radius %s.", err.text);
    }
    if (request->near) {
        request->near->radius_m = metres;
    } else if (request->place) {
        request->place->radius_m = metres;
    }
    return CVN_EXIT_DONE;
}

/* Says which city was meant, where one was named, and why there is nothing. */
static void tell(struct cvn_cli *cli, const ProtobufCMessage *message, size_t n_rows)
{
    const Convene__Events__V1__ListEventsResponse *reply =
        (const Convene__Events__V1__ListEventsResponse *)message;
    if (reply->place) {
        const char *radius = cvn_args_get(&cli->args, "radius");
        bool region = *reply->place->region && strcmp(reply->place->country, "us") == 0;
        cvn_cli_note(cli, "Within %s of %s (%s%s%s).", radius ? radius : "25km", reply->place->name,
                     reply->place->country, region ? ", " : "", region ? reply->place->region : "");
    }
    if (n_rows == 0) {
        cvn_events_tell_none(cli, reply);
    } else if (cli->out_terminal && cvn_table_cells() < WIDE) {
        cvn_cli_note(cli, "Their ids are shown where there are %d columns, and by -o csv.", WIDE);
    }
}

static enum cvn_exit show(struct cvn_cli *cli, Convene__Events__V1__ListEventsRequest *request,
                          const struct cvn_view_column *table)
{
    const struct cvn_view_list list = {METHOD, cli->format == CVN_FORMAT_CSV ? csv_columns : table,
                                       "Nothing matches.", LIST_LIMIT, tell};
    return cvn_view_pages(cli, &list, &request->base);
}

enum cvn_exit cvn_events_fill_search(struct cvn_cli *cli,
                                     Convene__Events__V1__ListEventsRequest *request,
                                     struct cvn_events_where *where)
{
    enum cvn_exit code = cvn_call_fill(cli, request);
    code = code ? code : fill_where(cli, request, where);
    code = code ? code : fill_radius(cli, request);
    const char *person = cvn_args_get(&cli->args, "attendee");
    if (code == CVN_EXIT_DONE && person) {
        code = cvn_call_person(cli, person, &request->attendee_id);
    }
    if (cvn_args_has(&cli->args, "mine")) {
        request->member_id = (char *)"me";
    }
    return code;
}

enum cvn_exit cvn_events_fill_filter(struct cvn_cli *cli,
                                     Convene__Events__V1__ListEventsRequest *request,
                                     struct cvn_events_where *where)
{
    enum cvn_exit code = cvn_events_fill_search(cli, request, where);
    return code ? code : fill_window(cli, request, (struct cvn_when){cli->now_ms, 0});
}

enum cvn_exit cvn_events_run_list(struct cvn_cli *cli)
{
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    struct cvn_events_where where;
    enum cvn_exit code = cvn_events_fill_filter(cli, &request, &where);
    request.with_matches = request.near || request.place;
    request.latest_first = cvn_args_has(&cli->args, "past");
    return code ? code : show(cli, &request, columns);
}

/* What the profile leaves open is said, with what would fill it. */
static void tell_profile(struct cvn_cli *cli, const Convene__Events__V1__ListEventsRequest *request)
{
    if (!request->near && !request->place) {
        cvn_cli_note(cli, "The profile names no place, so this is from everywhere. Next: convene "
                          "people update me --city CITY");
    }
    if (request->n_topics == 0) {
        cvn_cli_note(cli, "The profile names no skills, so this is on every topic. Next: convene "
                          "people update me --skill SKILL");
    }
    if (request->n_languages == 0) {
        cvn_cli_note(cli, "The profile names no languages, so this is in all of them. Next: "
                          "convene people update me --language TAG");
    }
}

/* Fills what no option said from the profile. Events that name no language may be in any. */
static void fill_from_profile(const Convene__Events__V1__Person *person,
                              Convene__Events__V1__ListEventsRequest *request,
                              struct cvn_events_where *where, char **languages)
{
    const Convene__Events__V1__Place *place = person->place;
    if (!request->near && !request->place && place && place->location) {
        ask_near(request, where, place->location->latitude, place->location->longitude);
    } else if (!request->near && !request->place && place && *place->city) {
        ask_place(request, where, place->city, place->country);
    }
    if (request->n_topics == 0) {
        request->topics = person->skills;
        request->n_topics = person->n_skills < TOPICS_MAX ? person->n_skills : TOPICS_MAX;
    }
    if (request->n_languages > 0 || person->n_languages == 0) {
        return;
    }
    request->languages = languages;
    for (size_t i = 0; i < person->n_languages && i < LANGUAGES_MAX - 1; i++) {
        languages[request->n_languages++] = person->languages[i];
    }
    languages[request->n_languages++] = (char *)"";
}

enum cvn_exit cvn_events_run_for_me(struct cvn_cli *cli)
{
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    Convene__Events__V1__GetPersonRequest who = CONVENE__EVENTS__V1__GET_PERSON_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Person *person = NULL;
    const char *named = cvn_args_get(&cli->args, "person");
    const struct cvn_when week = {cli->now_ms, cli->now_ms + DAYS_FOR_ME * day_ms};
    char *languages[LANGUAGES_MAX];
    struct cvn_events_where where;
    enum cvn_exit code = cvn_call_fill(cli, &request);
    code = code ? code : fill_window(cli, &request, week);
    code = code ? code : fill_where(cli, &request, &where);
    code = code ? code : cvn_call_person(cli, named ? named : "me", &who.id);
    code = code ? code : cvn_call(cli, "convene.events.v1.PersonService/GetPerson", &who, &person);
    if (code) {
        return code;
    }
    fill_from_profile(person, &request, &where, languages);
    code = fill_radius(cli, &request);
    request.with_matches = true;
    if (code == CVN_EXIT_DONE && cli->format == CVN_FORMAT_TABLE) {
        tell_profile(cli, &request);
    }
    return code ? code : show(cli, &request, for_me_columns);
}

const struct cvn_option cvn_events_list_options[] = {
    {"near", 0, "CITY|LAT,LON", "around that city or point, within --radius", NULL},
    {"radius", 0, "25km", "how far from --near; 25km when left out, at most 500km", NULL},
    {"country", 0, "CC", "which city of that name --near means, as in de", NULL},
    {"region", 0, "CODE", "which one within the country, as in MO for Missouri", NULL},
    {"online-too", 0, NULL, "with --near: online events as well, wherever they are", "online_too"},
    {"city", 0, "CITY", "whose venue names that city, however far from it", "city"},
    {"topic", 't', "TOPIC", "with that topic; several: with any of them", "topics"},
    {"text", 0, "WORDS", "with all of these words; the last one may be a beginning", "text"},
    {"group", 'g', "GROUP", "of that group, by slug or id; several: of any of them", "group_ids"},
    {"mine", 'm', NULL, "of the groups you are in", NULL},
    {"language", 0, "TAG", "in that language, as in en; several: in any of them", "languages"},
    {"mode", 0, "MODE", "in-person, online or hybrid", "attendance_mode"},
    {"free-seats", 0, NULL, "that are not full", "free_seats_only"},
    {"when", 'w', "TIME", "within today, tomorrow, this-week, this-weekend, 2026-12, friday", NULL},
    {"from", 0, "TIME", "that start at or after; now when left out", NULL},
    {"to", 0, "TIME", "that start before its end, as in 2026-12-31 or +7d", NULL},
    {"past", 0, NULL, "those of the past, up to now or --to, the latest first", NULL},
    {"attendee", 0, "PERSON", "that this person goes to or waits for", NULL},
    {"include-unpublished", 0, NULL, "also drafts and unpublished ones that you organise",
     "include_unpublished"},
    {"include-cancelled", 0, NULL, "also cancelled ones", "include_cancelled"},
    {"series", 0, "SERIES", "only occurrences of that series: ser_…", "series_id"},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};

const struct cvn_option cvn_events_for_me_options[] = {
    {"near", 0, "CITY|LAT,LON", "instead of the profile's place", NULL},
    {"radius", 0, "25km", "how far from there; 25km when left out, at most 500km", NULL},
    {"country", 0, "CC", "which city of that name --near means, as in de", NULL},
    {"region", 0, "CODE", "which one within the country", NULL},
    {"online-too", 0, NULL, "online events as well, wherever they are", "online_too"},
    {"topic", 't', "TOPIC", "instead of the profile's skills; may be given several times",
     "topics"},
    {"language", 0, "TAG", "instead of the profile's; may be given several times", "languages"},
    {"text", 0, "WORDS", "with all of these words; the last one may be a beginning", "text"},
    {"free-seats", 0, NULL, "that are not full", "free_seats_only"},
    {"when", 'w', "TIME", "instead of the next 7 days: tomorrow, this-weekend, 2026-12", NULL},
    {"from", 0, "TIME", "that start at or after; now when left out", NULL},
    {"to", 0, "TIME", "that start before its end, as in 2026-12-31 or +14d", NULL},
    {"person", 0, "PERSON", "for somebody else, as an administrator: per_… or an e-mail", NULL},
    CVN_VIEW_PAGE_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
