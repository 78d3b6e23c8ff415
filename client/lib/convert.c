#include "client/lib/convert.h"

#include "client/lib/status.h"

#include <string.h>

char *cvn_text(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

int64_t cvn_ms_of_timestamp(const Google__Protobuf__Timestamp *time)
{
    return time ? time->seconds * 1000 + time->nanos / 1000000 : 0;
}

static bool said(const char *text)
{
    return text && *text;
}

static bool has_venue(const struct convene_event *event)
{
    return said(event->venue) || said(event->address) || said(event->city) ||
           said(event->country) || event->has_location;
}

static Convene__Events__V1__Venue *venue_of(struct cvn_arena *arena,
                                            const struct convene_event *event)
{
    Convene__Events__V1__Venue *venue = cvn_arena_alloc(arena, sizeof *venue);
    if (!venue) {
        return NULL;
    }
    convene__events__v1__venue__init(venue);
    venue->name = cvn_text(event->venue);
    venue->address = cvn_text(event->address);
    venue->city = cvn_text(event->city);
    venue->country = cvn_text(event->country);
    if (event->has_location) {
        Convene__Events__V1__LatLng *location = cvn_arena_alloc(arena, sizeof *location);
        if (!location) {
            return NULL;
        }
        convene__events__v1__lat_lng__init(location);
        location->latitude = event->latitude;
        location->longitude = event->longitude;
        venue->location = location;
    }
    return venue;
}

Convene__Events__V1__Event *cvn_event_to_message(struct cvn_arena *arena,
                                                 const struct convene_event *event)
{
    Convene__Events__V1__Event *message = cvn_arena_alloc(arena, sizeof *message);
    char **topics = cvn_arena_alloc_array(arena, event->n_topics, sizeof *topics);
    if (!message || !topics) {
        return NULL;
    }
    convene__events__v1__event__init(message);
    message->group_id = cvn_text(event->group);
    message->external_id = cvn_text(event->external_id);
    message->title = cvn_text(event->title);
    message->description = cvn_text(event->description);
    message->start_local = cvn_text(event->start);
    message->end_local = cvn_text(event->end);
    message->time_zone = cvn_text(event->time_zone);
    message->attendance_mode = (Convene__Events__V1__AttendanceMode)event->mode;
    message->online_url = cvn_text(event->online_url);
    message->language = cvn_text(event->language);
    message->capacity = event->capacity;
    message->max_guests = event->max_guests;
    message->cost_note = cvn_text(event->cost);
    message->url = cvn_text(event->url);
    for (size_t i = 0; i < event->n_topics; i++) {
        topics[i] = cvn_text(event->topics[i]);
    }
    message->topics = topics;
    message->n_topics = event->n_topics;
    if (has_venue(event)) {
        message->venue = venue_of(arena, event);
        if (!message->venue) {
            return NULL;
        }
    }
    return message;
}

void cvn_event_of_message(struct convene_event *event, const Convene__Events__V1__Event *message)
{
    *event = (struct convene_event){
        .group = message->group_id,
        .external_id = message->external_id,
        .title = message->title,
        .description = message->description,
        .start = message->start_local,
        .end = message->end_local,
        .time_zone = message->time_zone,
        .mode = (enum convene_mode)message->attendance_mode,
        .online_url = message->online_url,
        .topics = (const char *const *)message->topics,
        .n_topics = message->n_topics,
        .language = message->language,
        .capacity = message->capacity,
        .max_guests = message->max_guests,
        .cost = message->cost_note,
        .url = message->url,
        .id = message->id,
        .start_time_ms = cvn_ms_of_timestamp(message->start_time),
        .end_time_ms = cvn_ms_of_timestamp(message->end_time),
        .publication = (enum convene_publication)message->publication,
        .status = (enum convene_event_status)message->status,
        .seats_taken = message->seats_taken,
        .waitlist_count = message->waitlist_count,
    };
    if (message->venue) {
        event->venue = message->venue->name;
        event->address = message->venue->address;
        event->city = message->venue->city;
        event->country = message->venue->country;
    }
    if (message->venue && message->venue->location) {
        event->has_location = true;
        event->latitude = message->venue->location->latitude;
        event->longitude = message->venue->location->longitude;
    }
}

static void set_time(Google__Protobuf__Timestamp *time, Google__Protobuf__Timestamp **field,
                     int64_t ms)
{
    google__protobuf__timestamp__init(time);
    time->seconds = ms / 1000;
    time->nanos = (int32_t)(ms % 1000) * 1000000;
    *field = ms > 0 ? time : NULL;
}

void cvn_filter_to_request(struct cvn_filter_parts *parts,
                           const struct convene_event_filter *filter)
{
    Convene__Events__V1__ListEventsRequest *request = &parts->request;
    convene__events__v1__list_events_request__init(request);
    set_time(&parts->from, &request->start_time_from, filter->from_ms);
    set_time(&parts->before, &request->start_time_before, filter->before_ms);
    convene__events__v1__circle__init(&parts->near);
    convene__events__v1__lat_lng__init(&parts->center);
    if (filter->has_near) {
        parts->center.latitude = filter->latitude;
        parts->center.longitude = filter->longitude;
        parts->near.center = &parts->center;
        parts->near.radius_m = filter->radius_m;
        request->near = &parts->near;
    }
    request->group_id = cvn_text(filter->group);
    request->city = cvn_text(filter->city);
    request->topic = cvn_text(filter->topic);
    request->language = cvn_text(filter->language);
    request->attendance_mode = (Convene__Events__V1__AttendanceMode)filter->mode;
    request->attendee_id = cvn_text(filter->attendee);
    request->include_unpublished = filter->include_unpublished;
    request->include_cancelled = filter->include_cancelled;
}

void cvn_copy_id(char id[CONVENE_ID_BYTES], const char *from)
{
    size_t len = strnlen(from, CONVENE_ID_BYTES - 1);
    memcpy(id, from, len);
    id[len] = '\0';
}

void cvn_registered_of_message(struct convene_registered *result,
                               const Convene__Events__V1__RegisterResult *from)
{
    *result = (struct convene_registered){.outcome = (enum convene_outcome)from->outcome,
                                          .status = CONVENE_STATUS_INIT};
    cvn_copy_id(result->id, from->id);
    if (from->status) {
        (void)cvn_status_set_details(&result->status, from->status);
    }
}

void cvn_rsvp_of_message(struct convene_rsvp *rsvp, const Convene__Events__V1__Rsvp *message)
{
    *rsvp = (struct convene_rsvp){
        .state = (enum convene_rsvp_state)message->state,
        .guests = message->guests,
        .queue_position = message->queue_position,
        .offer_expire_time_ms = cvn_ms_of_timestamp(message->offer_expire_time),
        .way = (enum convene_mode)message->way,
    };
}
