#include "services/events/calendar/write.h"

#include "base/id.h"
#include "services/events/calendar/fields.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

enum { URN_BYTES = sizeof "urn:uuid:00000000-0000-0000-0000-000000000000" };

enum { ZONES_AT_FIRST = 4 };

/* What a component is written with. */
struct subject {
    struct cvn_calendar_writer *writer;
    struct cvn_calendar_out *out;
    const Convene__Events__V1__Event *event;
    const struct cvn_zone *zone;        /* of its start */
    const struct cvn_zone *series_zone; /* of its RECURRENCE-ID */
    const struct cvn_calendar_host *host;
};

void cvn_calendar_writer_init(struct cvn_calendar_writer *writer, struct cvn_zones *zones,
                              struct cvn_arena *arena)
{
    writer->zones = zones;
    writer->out = (struct cvn_calendar_out){.arena = arena};
    writer->uses = NULL;
    writer->n_uses = writer->uses_room = writer->n_components = 0;
}

/* Room for one more zone. 0 or -ENOMEM. */
static int make_room(struct cvn_calendar_writer *writer)
{
    if (writer->n_uses < writer->uses_room)
        return 0;
    size_t room = writer->uses_room ? 2 * writer->uses_room : ZONES_AT_FIRST;
    struct cvn_calendar_zone_use *uses =
        cvn_arena_alloc_array(writer->out.arena, room, sizeof *uses);
    if (!uses)
        return -ENOMEM;
    if (writer->n_uses > 0)
        memcpy(uses, writer->uses, writer->n_uses * sizeof *uses);
    writer->uses = uses;
    writer->uses_room = room;
    return 0;
}

static int64_t ms_of(const Google__Protobuf__Timestamp *time)
{
    return time ? time->seconds * 1000 + time->nanos / 1000000 : 0;
}

/* Notes that the zone must be right over the span. */
static int use_zone(struct cvn_calendar_writer *writer, const char *name,
                    const struct cvn_calendar_span *span, const struct cvn_zone **ret)
{
    int r = cvn_zones_find(writer->zones, name, ret);
    if (r)
        return r > 0 ? CVN_CALENDAR_WRITTEN_ZONE : r;
    size_t i = 0;
    while (i < writer->n_uses && writer->uses[i].zone != *ret)
        i++;
    if (i == writer->n_uses && make_room(writer))
        return -ENOMEM;
    if (i == writer->n_uses)
        writer->uses[writer->n_uses++] = (struct cvn_calendar_zone_use){*ret, *span};
    struct cvn_calendar_span *use = &writer->uses[i].span;
    use->first_ms = span->first_ms < use->first_ms ? span->first_ms : use->first_ms;
    use->last_ms = span->last_ms > use->last_ms ? span->last_ms : use->last_ms;
    use->open |= span->open;
    return 0;
}

/* A local time as a property, as a date where the event takes whole days. */
static void write_local(struct subject *s, const char *name, const char *local,
                        const struct cvn_zone *zone)
{
    struct cvn_civil civil;
    char stamp[CVN_CALENDAR_STAMP_BYTES];
    if (!cvn_civil_parse(&civil, local))
        return;
    cvn_calendar_stamp(stamp, &civil);
    if (s->event->all_day)
        cvn_calendar_out_line(s->out, "%s;VALUE=DATE:%.8s", name, stamp);
    else
        cvn_calendar_out_line(s->out, "%s;TZID=%s:%s", name, cvn_zone_name(zone), stamp);
}

/* Several local times in one property: those before the end, where that is one. */
static void write_locals(struct subject *s, const char *name, char *const *locals, size_t n,
                         const char *ends_before)
{
    const char *list = "";
    struct cvn_civil end;
    bool ends = cvn_civil_parse(&end, ends_before);
    for (size_t i = 0; list && i < n; i++) {
        struct cvn_civil civil;
        char stamp[CVN_CALENDAR_STAMP_BYTES];
        if (!cvn_civil_parse(&civil, locals[i]) ||
            (ends && cvn_civil_seconds(&civil) >= cvn_civil_seconds(&end)))
            continue;
        cvn_calendar_stamp(stamp, &civil);
        list = cvn_arena_printf(s->out->arena, "%s%s%.*s", list, list[0] ? "," : "",
                                s->event->all_day ? 8 : (int)sizeof stamp, stamp);
    }
    s->out->failed |= !list;
    if (list && list[0] && s->event->all_day)
        cvn_calendar_out_line(s->out, "%s;VALUE=DATE:%s", name, list);
    else if (list && list[0])
        cvn_calendar_out_line(s->out, "%s;TZID=%s:%s", name, cvn_zone_name(s->zone), list);
}

static void write_instant(struct subject *s, const char *name,
                          const Google__Protobuf__Timestamp *time)
{
    char stamp[CVN_CALENDAR_STAMP_BYTES];
    if (!time)
        return;
    cvn_calendar_stamp_utc(stamp, ms_of(time));
    cvn_calendar_out_line(s->out, "%s:%s", name, stamp);
}

/* A group's id is a UUID (base/id.h), so that it can be told without an e-mail address. */
static void urn_of(char text[URN_BYTES], const struct cvn_id *id)
{
    static const char digits[] = "0123456789abcdef";
    char *to = text + snprintf(text, URN_BYTES, "urn:uuid:");
    for (int i = 0; i < CVN_ID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = digits[id->bytes[i] >> 4];
        *to++ = digits[id->bytes[i] & 15];
    }
    *to = '\0';
}

static void write_organizer(struct subject *s)
{
    struct cvn_id id;
    char urn[URN_BYTES];
    if (!s->host->name[0] || !cvn_id_parse(&id, "grp", s->host->group_id))
        return;
    urn_of(urn, &id);
    char *name = cvn_calendar_quotable(s->out->arena, s->host->name);
    s->out->failed |= !name;
    if (name)
        cvn_calendar_out_line(s->out, "ORGANIZER;CN=\"%s\":%s", name, urn);
}

static void write_title(struct subject *s)
{
    char name[64];
    (void)snprintf(name, sizeof name, s->event->language[0] ? "SUMMARY;LANGUAGE=%s" : "SUMMARY%s",
                   s->event->language);
    cvn_calendar_out_text(s->out, name, s->event->title);
}

static void write_topics(struct subject *s)
{
    const char *list = "";
    for (size_t i = 0; list && i < s->event->n_topics; i++) {
        char *topic = cvn_calendar_escape(s->out->arena, s->event->topics[i]);
        list = topic ? cvn_arena_printf(s->out->arena, "%s%s%s", list, i ? "," : "", topic) : NULL;
    }
    s->out->failed |= !list;
    if (list && list[0])
        cvn_calendar_out_line(s->out, "CATEGORIES:%s", list);
}

static void write_venue(struct subject *s)
{
    const Convene__Events__V1__Venue *venue = s->event->venue;
    if (!venue)
        return;
    const char *location = cvn_calendar_location(s->out->arena, venue);
    const char *parts[] = {venue->name, venue->address, venue->city, venue->country};
    char *escaped[4];
    s->out->failed |= !location;
    for (int i = 0; i < 4; i++) {
        escaped[i] = cvn_calendar_escape(s->out->arena, parts[i]);
        s->out->failed |= !escaped[i];
    }
    if (s->out->failed)
        return;
    cvn_calendar_out_text(s->out, "LOCATION", location);
    if (venue->location)
        cvn_calendar_out_line(s->out, "GEO:%.15g;%.15g", venue->location->latitude,
                              venue->location->longitude);
    cvn_calendar_out_line(s->out, "X-CONVENE-VENUE:%s;%s;%s;%s", escaped[0], escaped[1], escaped[2],
                          escaped[3]);
}

/* RFC 5545 knows three states; ours stands beside them. */
static void write_status(struct subject *s)
{
    const Convene__Events__V1__Event *e = s->event;
    bool shown =
        e->publication == PUBLICATION(PUBLISHED) || e->publication == PUBLICATION(ARCHIVED);
    bool off = e->status == STATUS(CANCELLED);
    bool open = e->status == STATUS(POSTPONED) || !shown;
    cvn_calendar_out_line(s->out, "STATUS:%s",
                          off    ? "CANCELLED"
                          : open ? "TENTATIVE"
                                 : "CONFIRMED");
    if (e->status > STATUS(SCHEDULED) && !off)
        cvn_calendar_out_line(
            s->out, "X-CONVENE-STATUS:%s",
            cvn_calendar_enum_text(&convene__events__v1__event_status__descriptor, (int)e->status));
    if (e->publication > PUBLICATION(UNSPECIFIED) && e->publication != PUBLICATION(PUBLISHED))
        cvn_calendar_out_line(s->out, "X-CONVENE-PUBLICATION:%s",
                              cvn_calendar_enum_text(&convene__events__v1__publication__descriptor,
                                                     (int)e->publication));
    cvn_calendar_out_text(s->out, "X-CONVENE-REASON", e->status_reason);
}

static int write_fields(struct subject *s)
{
    for (size_t i = 0; i < CVN_CALENDAR_FIELDS; i++) {
        const char *name, *value;
        int r = cvn_calendar_field_write(s->out->arena, s->event, i, &name, &value);
        if (r < 0)
            return r;
        if (r == 0)
            cvn_calendar_out_text(s->out, name, value);
    }
    return 0;
}

/* What all components have: what it is, where, and in which state. */
static int write_body(struct subject *s)
{
    const Convene__Events__V1__Event *e = s->event;
    write_title(s);
    cvn_calendar_out_text(s->out, "DESCRIPTION", e->description);
    write_venue(s);
    if (e->url[0])
        cvn_calendar_out_line(s->out, "URL:%s", e->url);
    if (e->online_url[0])
        cvn_calendar_out_line(s->out, "CONFERENCE;VALUE=URI:%s", e->online_url);
    write_topics(s);
    write_status(s);
    write_organizer(s);
    if (e->visibility == CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS)
        cvn_calendar_out_line(s->out, "CLASS:PRIVATE");
    int r = write_fields(s);
    cvn_calendar_out_line(s->out, "END:VEVENT");
    s->writer->n_components++;
    return r ? r : s->out->failed ? -ENOMEM : 0;
}

/* The external_id, or the id as other programs can take it for a UID. */
static void write_uid(struct subject *s, const char *external_id, const char *id)
{
    if (external_id[0])
        cvn_calendar_out_text(s->out, "UID", external_id);
    else
        cvn_calendar_out_line(s->out, "UID:%s@convene", id);
}

static void begin(struct subject *s, const Convene__Events__V1__Series *series, int32_t sequence,
                  const Google__Protobuf__Timestamp *update_time)
{
    cvn_calendar_out_line(s->out, "BEGIN:VEVENT");
    if (series)
        write_uid(s, series->event->external_id, series->id);
    else
        write_uid(s, s->event->external_id, s->event->id);
    write_instant(s, "DTSTAMP", update_time);
    write_instant(s, "LAST-MODIFIED", update_time);
    cvn_calendar_out_line(s->out, "SEQUENCE:%d", sequence);
}

int cvn_calendar_write_event(struct cvn_calendar_writer *writer,
                             const Convene__Events__V1__Event *event,
                             const Convene__Events__V1__Series *series,
                             const struct cvn_calendar_host *host)
{
    struct subject s = {.writer = writer, .out = &writer->out, .event = event, .host = host};
    const struct cvn_calendar_span span = {ms_of(event->start_time), ms_of(event->end_time), false};
    int r = use_zone(writer, event->time_zone, &span, &s.zone);
    if (r == 0 && series)
        r = use_zone(writer, series->event->time_zone, &span, &s.series_zone);
    if (r)
        return r;
    begin(&s, series, event->sequence, event->update_time);
    write_instant(&s, "CREATED", event->create_time);
    if (series)
        write_local(&s, "RECURRENCE-ID", event->recurrence_id, s.series_zone);
    write_local(&s, "DTSTART", event->start_local, s.zone);
    write_local(&s, "DTEND", event->end_local, s.zone);
    return write_body(&s);
}

int cvn_calendar_write_series(struct cvn_calendar_writer *writer,
                              const Convene__Events__V1__Series *series,
                              const struct cvn_calendar_host *host)
{
    const Convene__Events__V1__Event *model = series->event;
    struct subject s = {.writer = writer, .out = &writer->out, .event = model, .host = host};
    const struct cvn_calendar_span span = {ms_of(model->start_time), ms_of(model->end_time), true};
    int r = use_zone(writer, model->time_zone, &span, &s.zone);
    if (r)
        return r;
    const char *rule = cvn_calendar_rule(writer->out.arena, series, s.zone);
    if (!rule)
        return -ENOMEM;
    begin(&s, series, series->sequence, series->update_time);
    write_local(&s, "DTSTART", model->start_local, s.zone);
    write_local(&s, "DTEND", model->end_local, s.zone);
    if (rule[0])
        cvn_calendar_out_line(s.out, "RRULE:%s", rule);
    write_locals(&s, "RDATE", series->further_starts, series->n_further_starts,
                 series->ends_before);
    write_locals(&s, "EXDATE", series->excluded_starts, series->n_excluded_starts,
                 series->ends_before);
    return write_body(&s);
}

int cvn_calendar_writer_finish(struct cvn_calendar_writer *writer, const char *name,
                               struct cvn_slice *ret)
{
    struct cvn_calendar_out whole = {.arena = writer->out.arena};
    cvn_calendar_out_line(&whole, "BEGIN:VCALENDAR");
    cvn_calendar_out_line(&whole, "VERSION:2.0");
    cvn_calendar_out_line(&whole, "PRODID:-//Convene//Convene//EN");
    cvn_calendar_out_line(&whole, "CALSCALE:GREGORIAN");
    cvn_calendar_out_line(&whole, "METHOD:PUBLISH");
    cvn_calendar_out_text(&whole, "X-WR-CALNAME", name);
    for (size_t i = 0; i < writer->n_uses; i++)
        cvn_calendar_out_timezone(&whole, writer->uses[i].zone, &writer->uses[i].span);
    cvn_calendar_out_raw(&whole, writer->out.data, writer->out.len);
    cvn_calendar_out_line(&whole, "END:VCALENDAR");
    *ret = cvn_slice(whole.data, whole.len);
    return whole.failed || writer->out.failed ? -ENOMEM : 0;
}
