#include "services/events/meetups/event_check.h"

#include "base/civil.h"
#include "base/id.h"
#include "services/events/field_check.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/questions.h"

#include <errno.h>
#include <string.h>

/* What checks pass along: where in the request the event stands. */
struct subject {
    struct cvn_problems *problems;
    const char *path;
    const Convene__Events__V1__Event *event;
};

static const char *path_of(const struct subject *s, const char *field)
{
    return cvn_field_path(s->problems, "%s.%s", s->path, field);
}

static void check_line(const struct subject *s, const char *field, const char *text, size_t max)
{
    cvn_field_check_line(s->problems, path_of(s, field), text, max, false);
}

static void check_range(const struct subject *s, const char *field, int32_t value, int32_t max)
{
    if (value < 0 || value > max)
        cvn_problems_add(s->problems, path_of(s, field), "is %d; 0 to %d is right", value, max);
}

/* An enum of the contract, whose values run from 0 without a gap. */
static void check_choice(const struct subject *s, const char *field,
                         const ProtobufCEnumDescriptor *type, int value)
{
    if (!protobuf_c_enum_descriptor_get_value(type, value))
        cvn_problems_add(s->problems, path_of(s, field), "is %d, which is no %s", value,
                         type->short_name);
}

static void check_choices(const struct subject *s)
{
    const Convene__Events__V1__Event *e = s->event;
    check_choice(s, "attendance_mode", &convene__events__v1__attendance_mode__descriptor,
                 (int)e->attendance_mode);
    check_choice(s, "waitlist_mode", &convene__events__v1__waitlist_mode__descriptor,
                 (int)e->waitlist_mode);
    check_choice(s, "party_policy", &convene__events__v1__party_policy__descriptor,
                 (int)e->party_policy);
    check_choice(s, "visibility", &convene__events__v1__visibility__descriptor, (int)e->visibility);
}

static bool parse_local(const struct subject *s, const char *field, const char *text,
                        struct cvn_civil *ret)
{
    if (cvn_civil_parse(ret, text))
        return true;
    cvn_problems_add(s->problems, path_of(s, field),
                     "is \"%.40s\"; a local time from 1970 to 2100 like 2026-12-01T18:30:00 is "
                     "right, without an offset",
                     text);
    return false;
}

static void check_rsvp_window(const struct subject *s)
{
    const Convene__Events__V1__Event *e = s->event;
    cvn_field_check_time(s->problems, path_of(s, "rsvp_open_time"), e->rsvp_open_time);
    cvn_field_check_time(s->problems, path_of(s, "rsvp_close_time"), e->rsvp_close_time);
    int64_t open_ms = cvn_record_time_ms(e->rsvp_open_time, INT64_MIN);
    int64_t close_ms = cvn_record_time_ms(e->rsvp_close_time, INT64_MAX);
    if (open_ms > close_ms)
        cvn_problems_add(s->problems, path_of(s, "rsvp_close_time"),
                         "is before rsvp_open_time; RSVPs close after they open");
}

static bool is_midnight(const struct cvn_civil *civil)
{
    return civil->hour == 0 && civil->minute == 0 && civil->second == 0;
}

static void check_times(const struct subject *s)
{
    struct cvn_civil start, end;
    const Convene__Events__V1__Event *e = s->event;
    bool starts = parse_local(s, "start_local", e->start_local, &start);
    bool ends = e->end_local[0] && parse_local(s, "end_local", e->end_local, &end);
    if (starts && e->all_day && !is_midnight(&start))
        cvn_problems_add(s->problems, path_of(s, "start_local"),
                         "is %.40s; an event of whole days starts at 00:00", e->start_local);
    if (ends && e->all_day && !is_midnight(&end))
        cvn_problems_add(s->problems, path_of(s, "end_local"),
                         "is %.40s; an event of whole days ends at 00:00 of the day after its last",
                         e->end_local);
    if (starts && ends) {
        int64_t length_s = cvn_civil_seconds(&end) - cvn_civil_seconds(&start);
        if (length_s < 0)
            cvn_problems_add(s->problems, path_of(s, "end_local"),
                             "is %.40s, before the start at %.40s; the end is at or after it",
                             e->end_local, e->start_local);
        else if (length_s > (int64_t)CVN_EVENT_DAYS_MAX * 24 * 60 * 60)
            cvn_problems_add(s->problems, path_of(s, "end_local"),
                             "is more than %d days after the start; split a longer event",
                             CVN_EVENT_DAYS_MAX);
    }
}

static void check_venue(const struct subject *s, const Convene__Events__V1__Venue *venue)
{
    if (!venue)
        return;
    check_line(s, "venue.name", venue->name, CVN_EVENT_VENUE_NAME_MAX);
    cvn_field_check_prose(s->problems, path_of(s, "venue.address"), venue->address,
                          CVN_EVENT_ADDRESS_MAX);
    check_line(s, "venue.city", venue->city, CVN_FIELD_CITY_MAX);
    cvn_field_check_country(s->problems, path_of(s, "venue.country"), venue->country);
    cvn_field_check_point(s->problems, path_of(s, "venue.location"), venue->location);
}

static void check_hosts(const struct subject *s)
{
    const Convene__Events__V1__Event *e = s->event;
    struct cvn_id id;
    if (e->n_host_ids > CVN_EVENT_HOSTS_MAX)
        cvn_problems_add(s->problems, path_of(s, "host_ids"),
                         "has %zu entries; at most %d are "
                         "right",
                         e->n_host_ids, CVN_EVENT_HOSTS_MAX);
    for (size_t i = 0; i < e->n_host_ids && i < CVN_EVENT_HOSTS_MAX; i++)
        if (!cvn_id_parse(&id, CVN_PERSON_PREFIX, e->host_ids[i]))
            cvn_problems_add(s->problems,
                             cvn_field_path(s->problems, "%s.host_ids[%zu]", s->path, i),
                             "is \"%.60s\"; a person's id like per_… is right", e->host_ids[i]);
}

static void check_texts(const struct subject *s)
{
    const Convene__Events__V1__Event *e = s->event;
    cvn_field_check_line(s->problems, path_of(s, "title"), e->title, CVN_EVENT_TITLE_MAX, true);
    cvn_field_check_prose(s->problems, path_of(s, "description"), e->description,
                          CVN_EVENT_DESCRIPTION_MAX);
    check_line(s, "external_id", e->external_id, CVN_EVENT_EXTERNAL_ID_MAX);
    check_line(s, "cost_note", e->cost_note, CVN_EVENT_COST_NOTE_MAX);
    cvn_field_check_url(s->problems, path_of(s, "online_url"), e->online_url);
    cvn_field_check_url(s->problems, path_of(s, "url"), e->url);
    cvn_field_check_language(s->problems, path_of(s, "language"), e->language);
    cvn_field_check_lines(s->problems, path_of(s, "topics"), e->topics, e->n_topics,
                          (const size_t[2]){CVN_FIELD_TOPICS_MAX, CVN_FIELD_TOPIC_BYTES_MAX});
}

static void check_seats(const struct subject *s)
{
    const Convene__Events__V1__Event *e = s->event;
    check_range(s, "capacity", e->capacity, CVN_EVENT_CAPACITY_MAX);
    check_range(s, "virtual_capacity", e->virtual_capacity, CVN_EVENT_CAPACITY_MAX);
    check_range(s, "max_guests", e->max_guests, CVN_EVENT_GUESTS_MAX);
    if (e->offer_minutes && (e->offer_minutes < CVN_EVENT_OFFER_MINUTES_MIN ||
                             e->offer_minutes > CVN_EVENT_OFFER_MINUTES_MAX))
        cvn_problems_add(s->problems, path_of(s, "offer_minutes"),
                         "is %d; %d to %d is right, or 0 for a day", e->offer_minutes,
                         CVN_EVENT_OFFER_MINUTES_MIN, CVN_EVENT_OFFER_MINUTES_MAX);
    cvn_field_check_time(s->problems, path_of(s, "lottery_draw_time"), e->lottery_draw_time);
    cvn_questions_check(s->problems, s->path, e);
}

int cvn_event_check(struct cvn_problems *problems, const char *path,
                    const Convene__Events__V1__Event *event, struct cvn_zones *zones)
{
    if (!event) {
        cvn_problems_add(problems, path, "is missing");
        return 0;
    }
    struct subject s = {problems, path, event};
    if (!event->group_id[0])
        cvn_problems_add(problems, path_of(&s, "group_id"),
                         "is empty; a group's id (grp_…) or slug is right");
    check_texts(&s);
    check_times(&s);
    check_rsvp_window(&s);
    check_venue(&s, event->venue);
    check_choices(&s);
    check_hosts(&s);
    check_seats(&s);
    return event->time_zone[0]
               ? cvn_field_check_zone(problems, path_of(&s, "time_zone"), event->time_zone, zones)
               : 0;
}

/* The full form of a local time that was checked, and its instant. */
static int complete_time(struct cvn_arena *arena, const struct cvn_zone *zone, char **local,
                         Google__Protobuf__Timestamp **ret_instant)
{
    struct cvn_civil civil;
    char text[CVN_CIVIL_TEXT_BYTES];
    if (!cvn_civil_parse(&civil, *local))
        return -EINVAL;
    cvn_civil_format(text, &civil);
    *local = cvn_arena_strdup(arena, text);
    *ret_instant = cvn_record_time(arena, cvn_zone_utc_ms(zone, &civil));
    return *local && *ret_instant ? 0 : -ENOMEM;
}

/* A copy, if there is a message, without fields that this version does not know and check. */
static int keep_known(struct cvn_arena *arena, const ProtobufCMessage *message, void *ret)
{
    if (!message)
        return 0;
    ProtobufCMessage *copy = cvn_arena_copy(arena, message, message->descriptor->sizeof_message);
    if (!copy)
        return -ENOMEM;
    copy->n_unknown_fields = 0;
    *(ProtobufCMessage **)ret = copy;
    return 0;
}

#define KEEP_KNOWN(arena, message)                                                                 \
    keep_known(arena, (message) ? &(message)->base : NULL, &(message))

static int keep_known_fields(struct cvn_arena *arena, Convene__Events__V1__Event *event)
{
    event->base.n_unknown_fields = 0;
    int r = KEEP_KNOWN(arena, event->rsvp_open_time);
    if (r == 0)
        r = KEEP_KNOWN(arena, event->rsvp_close_time);
    if (r == 0)
        r = KEEP_KNOWN(arena, event->lottery_draw_time);
    if (r == 0)
        r = cvn_questions_complete(arena, event);
    if (r == 0)
        r = KEEP_KNOWN(arena, event->venue);
    if (r == 0 && event->venue)
        r = KEEP_KNOWN(arena, event->venue->location);
    return r;
}

/* The same time a day later: whole days end where the next one begins. NULL: no memory. */
static char *next_day(struct cvn_arena *arena, const char *local)
{
    struct cvn_civil civil;
    char text[CVN_CIVIL_TEXT_BYTES];
    if (!cvn_civil_parse(&civil, local))
        return cvn_arena_strdup(arena, local); /* which was checked before */
    civil = cvn_civil_of_seconds(cvn_civil_seconds(&civil) + (int64_t)24 * 60 * 60);
    if (!cvn_civil_valid(&civil))
        return cvn_arena_strdup(arena, local);
    cvn_civil_format(text, &civil);
    return cvn_arena_strdup(arena, text);
}

int cvn_event_complete(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                       const char *group_zone, struct cvn_zones *zones)
{
    const struct cvn_zone *zone;
    if (!event->time_zone[0])
        event->time_zone = (char *)(uintptr_t)group_zone;
    if (!event->end_local[0] ||
        (event->all_day && strcmp(event->end_local, event->start_local) == 0))
        event->end_local =
            event->all_day ? next_day(arena, event->start_local) : event->start_local;
    if (!event->end_local)
        return -ENOMEM;
    if (!event->attendance_mode)
        event->attendance_mode = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_OFFLINE;
    if (!event->waitlist_mode)
        event->waitlist_mode = CONVENE__EVENTS__V1__WAITLIST_MODE__WAITLIST_MODE_AUTO;
    if (!event->party_policy)
        event->party_policy = CONVENE__EVENTS__V1__PARTY_POLICY__PARTY_POLICY_STRICT;
    if (!event->visibility)
        event->visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_PUBLIC;
    int r = cvn_zones_find(zones, event->time_zone, &zone);
    if (r)
        return r > 0 ? -EINVAL : r;
    r = keep_known_fields(arena, event);
    if (r == 0)
        r = complete_time(arena, zone, &event->start_local, &event->start_time);
    if (r == 0)
        r = complete_time(arena, zone, &event->end_local, &event->end_time);
    /* A start that clocks skip is read as an hour later, which may be after the end as written. */
    if (r == 0 && event->end_time->seconds < event->start_time->seconds)
        event->end_time = event->start_time;
    return r;
}
