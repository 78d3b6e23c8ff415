#include "services/events/calendar/item.h"

#include "base/text.h"
#include "services/events/calendar/fields.h"
#include "services/events/calendar/item_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY_S = 24 * 60 * 60, SEQUENCE_MAX = 1000000000 };

#define OUTCOME(name) CONVENE__EVENTS__V1__CALENDAR_RESULT__OUTCOME__OUTCOME_##name
#define STATUS(name) CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_##name
#define PUBLICATION(name) CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_##name

struct cvn_calendar_item_reader {
    struct cvn_calendar_item *item;
    const struct cvn_calendar_places *places;
    struct cvn_arena *arena;
    bool tentative, exact_status;
    struct cvn_calendar_texts texts;
};

static int __attribute__((format(printf, 4, 0)))
reason(struct cvn_calendar_item *item, struct cvn_arena *arena, bool first, const char *format,
       va_list args)
{
    Convene__Events__V1__CalendarResult *result = &item->result;
    char *text = cvn_arena_vprintf(arena, format, args);
    if (!text)
        return -ENOMEM;
    if (!result->reasons)
        result->reasons =
            cvn_arena_alloc_array(arena, CVN_CALENDAR_REASONS_MAX, sizeof *result->reasons);
    if (!result->reasons)
        return -ENOMEM;
    if (result->n_reasons < CVN_CALENDAR_REASONS_MAX)
        result->n_reasons++;
    else if (!first)
        return 0;
    size_t at = first ? 0 : result->n_reasons - 1;
    memmove(&result->reasons[at + 1], &result->reasons[at],
            (result->n_reasons - 1 - at) * sizeof *result->reasons);
    result->reasons[at] = text;
    return 0;
}

#define REASON(first)                                                                              \
    va_list args;                                                                                  \
    va_start(args, format);                                                                        \
    int r = reason(item, arena, first, format, args);                                              \
    va_end(args);                                                                                  \
    return r

int cvn_calendar_refuse(struct cvn_calendar_item *item, struct cvn_arena *arena, const char *format,
                        ...)
{
    bool first = item->result.outcome != OUTCOME(REFUSED);
    item->result.outcome = OUTCOME(REFUSED);
    REASON(first);
}

int cvn_calendar_skip(struct cvn_calendar_item *item, struct cvn_arena *arena, const char *format,
                      ...)
{
    item->result.outcome = OUTCOME(SKIPPED);
    REASON(true);
}

int cvn_calendar_remark(struct cvn_calendar_item *item, struct cvn_arena *arena, const char *format,
                        ...)
{
    REASON(false);
}

bool cvn_calendar_item_decided(const struct cvn_calendar_item *item)
{
    return item->result.outcome != OUTCOME(UNSPECIFIED);
}

char *cvn_calendar_local(struct cvn_arena *arena, const struct cvn_civil *civil)
{
    char text[CVN_CIVIL_TEXT_BYTES];
    cvn_civil_format(text, civil);
    return cvn_arena_strdup(arena, text);
}

/* Sets moment->zone by the property's TZID; says what was made of a name that nobody knows. */
static int find_zone(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p,
                     struct cvn_calendar_moment *moment, bool *ret_known)
{
    const char *tzid = cvn_calendar_parameter(p, "TZID");
    enum cvn_calendar_zone_how how;
    *ret_known = true;
    if (!tzid || moment->is_utc || moment->is_date)
        return 0;
    int result = cvn_calendar_zone_of(r->places, tzid, &moment->civil, &moment->zone, &how);
    *ret_known = result == 0;
    if (result)
        return result == CVN_ZONE_UNKNOWN ? 0 : result;
    if (how == CVN_CALENDAR_ZONE_KNOWN || strcmp(p->name, "DTSTART") != 0)
        return 0;
    if (how == CVN_CALENDAR_ZONE_MATCHED)
        return cvn_calendar_remark(
            r->item, r->arena,
            "line %zu: the time zone \"%s\" has the rules of %s, which is taken for it.", p->line,
            cvn_calendar_shown(r->arena, tzid), cvn_zone_name(moment->zone));
    return cvn_calendar_remark(r->item, r->arena,
                               "line %zu: nobody knows the time zone \"%s\"; its times are read "
                               "as those of %s. Check them.",
                               p->line, cvn_calendar_shown(r->arena, tzid),
                               cvn_zone_name(moment->zone));
}

/* One date of a list, as a sentence may show it. */
static const char *shown_piece(struct cvn_arena *arena, struct cvn_slice text)
{
    char *piece = cvn_arena_copy(arena, text.data, text.len);
    return piece ? cvn_calendar_shown(arena, piece) : "";
}

/* Reads a date or time. *ret_why is NULL, or a phrase that says why it could not be. */
static int read_moment(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p,
                       struct cvn_slice text, struct cvn_calendar_moment *ret, const char **ret_why)
{
    bool known = true;
    const char *shown = shown_piece(r->arena, text);
    *ret_why = NULL;
    switch (cvn_calendar_moment_parse(ret, text.data, text.len)) {
    case CVN_CALENDAR_MOMENT_FORM:
        *ret_why =
            cvn_arena_printf(r->arena, "\"%s\" is no date or time; 20261201T183000 is one", shown);
        return *ret_why ? 0 : -ENOMEM;
    case CVN_CALENDAR_MOMENT_RANGE:
        *ret_why = cvn_arena_printf(r->arena, "\"%s\" is no day and time of the years 1970 to 2100",
                                    shown);
        return *ret_why ? 0 : -ENOMEM;
    case CVN_CALENDAR_MOMENT_FINE:
        break;
    }
    int result = find_zone(r, p, ret, &known);
    if (result || known)
        return result;
    *ret_why = cvn_arena_printf(r->arena,
                                "is in the time zone \"%s\", which nobody knows; give the one that "
                                "is meant as time_zone",
                                cvn_calendar_shown(r->arena, cvn_calendar_parameter(p, "TZID")));
    return *ret_why ? 0 : -ENOMEM;
}

static struct cvn_slice whole(const struct cvn_calendar_property *p)
{
    const char *value = p->value + strspn(p->value, " ");
    size_t len = strlen(value);
    while (len > 0 && value[len - 1] == ' ')
        len--;
    return cvn_slice(value, len);
}

static int read_start(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    const char *why;
    int result = read_moment(r, p, whole(p), &r->item->start, &why);
    r->item->start_line = p->line;
    if (result || !why)
        return result;
    return cvn_calendar_refuse(r->item, r->arena, "line %zu: DTSTART %s.", p->line, why);
}

static int read_end(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    const char *why;
    int result = read_moment(r, p, whole(p), &r->item->end, &why);
    r->item->end_line = p->line;
    r->item->has_end = !why;
    if (result || !why || cvn_calendar_item_decided(r->item))
        return result;
    return cvn_calendar_refuse(r->item, r->arena, "line %zu: DTEND %s.", p->line, why);
}

static int read_duration(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    r->item->end_line = p->line;
    r->item->has_length = cvn_calendar_duration(p->value, &r->item->length_s);
    if (r->item->has_length && r->item->length_s >= 0)
        return 0;
    return cvn_calendar_refuse(r->item, r->arena,
                               "line %zu: DURATION %s is no length of time; PT2H is one.", p->line,
                               cvn_calendar_shown(r->arena, p->value));
}

static int read_recurrence(struct cvn_calendar_item_reader *r,
                           const struct cvn_calendar_property *p)
{
    const char *why;
    const char *range = cvn_calendar_parameter(p, "RANGE");
    int result = read_moment(r, p, whole(p), &r->item->recurrence, &why);
    r->item->has_recurrence = true;
    if (result)
        return result;
    if (why)
        return cvn_calendar_refuse(r->item, r->arena, "line %zu: RECURRENCE-ID %s.", p->line, why);
    if (range)
        return cvn_calendar_refuse(r->item, r->arena,
                                   "line %zu: RANGE=%s changes all that follow, which is not "
                                   "read; change the series here, or end it and add another.",
                                   p->line, cvn_calendar_shown(r->arena, range));
    return 0;
}

/* Adds the dates of RDATE or EXDATE; of a period its start. */
static int read_dates(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p,
                      struct cvn_calendar_moment **dates, size_t *n)
{
    if (!*dates)
        *dates = cvn_arena_alloc_array(r->arena, CVN_CALENDAR_DATES_MAX, sizeof **dates);
    if (!*dates)
        return -ENOMEM;
    for (const char *at = p->value; *at;) {
        const char *end = cvn_calendar_piece_end(at, ',');
        size_t len = strcspn(at, ",/");
        const char *why;
        if (len > 0 && *n == CVN_CALENDAR_DATES_MAX)
            return cvn_calendar_refuse(r->item, r->arena,
                                       "line %zu: %s has over %d dates; split the series.", p->line,
                                       p->name, CVN_CALENDAR_DATES_MAX);
        int result = len ? read_moment(r, p, cvn_slice(at, len), &(*dates)[*n], &why) : 0;
        if (result == 0 && len > 0 && why)
            result = cvn_calendar_remark(r->item, r->arena, "line %zu: %s %s; it was passed over.",
                                         p->line, p->name, why);
        else
            *n += len > 0;
        if (result)
            return result;
        at = *end ? end + 1 : end;
    }
    return 0;
}

static int read_rdate(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    return read_dates(r, p, &r->item->dates, &r->item->n_dates);
}

static int read_exdate(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    return read_dates(r, p, &r->item->except, &r->item->n_except);
}

static int add_rule(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p,
                    const char **rules, size_t *n)
{
    struct cvn_slice text = whole(p);
    char *rule = cvn_arena_copy(r->arena, text.data, text.len);
    if (!rule)
        return -ENOMEM;
    for (char *c = rule; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    size_t len = strlen(rule);
    if (len > 0 && rule[len - 1] == ';')
        rule[--len] = '\0';
    if (len == 0)
        return 0;
    if (*n == CVN_CALENDAR_RULES_MAX)
        return cvn_calendar_refuse(r->item, r->arena, "line %zu: there are over %d %ss.", p->line,
                                   CVN_CALENDAR_RULES_MAX, p->name);
    if (r->item->rule_line == 0)
        r->item->rule_line = p->line;
    rules[(*n)++] = rule;
    return 0;
}

static int read_rrule(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    return add_rule(r, p, r->item->rules, &r->item->n_rules);
}

static int read_exrule(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    return add_rule(r, p, r->item->exrules, &r->item->n_exrules);
}

static int read_status(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    struct cvn_slice text = whole(p);
    r->tentative = text.len == 9 && strncasecmp(text.data, "TENTATIVE", 9) == 0;
    if (r->tentative || text.len == 0)
        return 0;
    bool cancelled = text.len == 9 && strncasecmp(text.data, "CANCELLED", 9) == 0;
    if (!cancelled && !(text.len == 9 && strncasecmp(text.data, "CONFIRMED", 9) == 0))
        return cvn_calendar_remark(r->item, r->arena,
                                   "line %zu: STATUS:%s was passed over; CONFIRMED, TENTATIVE "
                                   "and CANCELLED are known.",
                                   p->line, cvn_calendar_shown(r->arena, p->value));
    if (!r->exact_status)
        r->item->status = cancelled ? STATUS(CANCELLED) : STATUS(SCHEDULED);
    return 0;
}

static int read_sequence(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    char *end;
    long sequence = strtol(p->value, &end, 10);
    if (end == p->value || sequence < 0 || sequence > SEQUENCE_MAX)
        return 0;
    r->item->has_sequence = true;
    r->item->sequence = (int32_t)sequence;
    return 0;
}

static int read_modified(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    struct cvn_calendar_moment moment;
    struct cvn_slice text = whole(p);
    if (cvn_calendar_moment_parse(&moment, text.data, text.len) == CVN_CALENDAR_MOMENT_FINE)
        r->item->modified_s = cvn_civil_seconds(&moment.civil);
    return 0;
}

static int read_uid(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    char *uid = cvn_calendar_unescape(r->arena, p->value);
    if (!uid)
        return -ENOMEM;
    if (p->fault || strchr(uid, '\n'))
        return cvn_calendar_refuse(r->item, r->arena, "line %zu: UID has control characters in it.",
                                   p->line);
    r->item->result.uid = uid;
    if (strlen(uid) <= CVN_CALENDAR_UID_MAX)
        return 0;
    return cvn_calendar_refuse(r->item, r->arena,
                               "line %zu: UID has %zu bytes; at most %d can be kept.", p->line,
                               strlen(uid), CVN_CALENDAR_UID_MAX);
}

/* Properties that were written here. */
static int read_own(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    struct cvn_calendar_item *item = r->item;
    unsigned number = 0;
    char *value = cvn_calendar_unescape(r->arena, p->value);
    if (!value)
        return -ENOMEM;
    if (strcmp(p->name, "X-CONVENE-STATUS") == 0) {
        int status = cvn_calendar_enum_read(&convene__events__v1__event_status__descriptor, value);
        r->exact_status = status > 0;
        if (status > 0)
            item->status = (Convene__Events__V1__EventStatus)status;
        return 0;
    }
    if (strcmp(p->name, "X-CONVENE-PUBLICATION") == 0) {
        int publication =
            cvn_calendar_enum_read(&convene__events__v1__publication__descriptor, value);
        if (publication > 0)
            item->publication = (Convene__Events__V1__Publication)publication;
        return 0;
    }
    if (strcmp(p->name, "X-CONVENE-REASON") == 0) {
        item->event->status_reason = value;
        return 0;
    }
    int result = cvn_calendar_field_read(r->arena, item->event, p->name, value, &number);
    if (result == 0)
        item->said |= CVN_CALENDAR_SAID(number);
    return result < 0 ? result : 0;
}

static int read_property(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p)
{
    static const struct {
        const char *name;
        int (*read)(struct cvn_calendar_item_reader *r, const struct cvn_calendar_property *p);
    } rows[] = {
        {"UID", read_uid},           {"DTEND", read_end},
        {"DURATION", read_duration}, {"RECURRENCE-ID", read_recurrence},
        {"RRULE", read_rrule},       {"EXRULE", read_exrule},
        {"RDATE", read_rdate},       {"EXDATE", read_exdate},
        {"STATUS", read_status},     {"SEQUENCE", read_sequence},
        {"DTSTART", read_start},     {"LAST-MODIFIED", read_modified},
    };
    if (p->fault == CVN_CALENDAR_FAULT_ENCODING && cvn_calendar_item_decided(r->item))
        return 0; /* one is enough to hear of */
    if (p->fault == CVN_CALENDAR_FAULT_ENCODING)
        return cvn_calendar_refuse(r->item, r->arena,
                                   "line %zu: %s is not in UTF-8; save the file as UTF-8.", p->line,
                                   p->name[0] ? p->name : "the line");
    if (p->fault == CVN_CALENDAR_FAULT_LONG || p->fault == CVN_CALENDAR_FAULT_FORM)
        return cvn_calendar_remark(r->item, r->arena, "line %zu was passed over: %s.", p->line,
                                   p->fault == CVN_CALENDAR_FAULT_LONG
                                       ? "it is longer than 128 KiB"
                                       : "it is not of the form NAME:VALUE");
    int result = p->mended ? cvn_calendar_remark(r->item, r->arena,
                                                 "line %zu: %s has misplaced quotes or an empty "
                                                 "parameter, which were read over.",
                                                 p->line, p->name)
                           : 0;
    for (size_t i = 0; result == 0 && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, p->name) == 0)
            return rows[i].read(r, p);
    if (result == 0 && strncmp(p->name, "X-CONVENE-", 10) == 0 &&
        strcmp(p->name, "X-CONVENE-VENUE") != 0)
        return read_own(r, p);
    return result ? result : cvn_calendar_texts_take(&r->texts, p);
}

/* A UID of what the event is, so that the same event has it again: FNV-1a. */
static int make_uid(struct cvn_calendar_item *item, struct cvn_arena *arena)
{
    const char *parts[] = {item->event->title, item->event->start_local};
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < 2; i++)
        for (const char *c = parts[i]; *c; c++)
            hash = (hash ^ (uint8_t)*c) * UINT64_C(1099511628211);
    item->result.uid = cvn_arena_printf(arena, "no-uid-%016" PRIx64, hash);
    if (!item->result.uid)
        return -ENOMEM;
    return cvn_calendar_remark(item, arena,
                               "There is no UID; one was made from start and title, so that the "
                               "same event is found again.");
}

/* What can be said once all properties were seen. */
static int finish(struct cvn_calendar_item_reader *r)
{
    struct cvn_calendar_item *item = r->item;
    int result = cvn_calendar_texts_finish(&r->texts);
    if (result || cvn_calendar_item_decided(item))
        return result;
    if (item->start_line == 0)
        return cvn_calendar_refuse(item, r->arena, "There is no DTSTART.");
    bool repeats = item->n_rules > 0 || item->n_dates > 0;
    const struct cvn_zone *zone = r->places->home;
    /* A rule in UTC has no clock changes to keep its hour through. */
    if (repeats && item->start.is_utc)
        result = cvn_zones_find(r->places->zones, "Etc/UTC", &zone);
    if (result == 0)
        result = cvn_calendar_item_place(item, zone, r->arena);
    if (result == 0 && !item->result.uid[0])
        result = make_uid(item, r->arena);
    if (result || !r->tentative || r->exact_status || item->publication)
        return result;
    item->publication = PUBLICATION(DRAFT);
    return cvn_calendar_remark(item, r->arena,
                               "It is TENTATIVE: it becomes a draft, to be published by hand.");
}

int cvn_calendar_item_read(struct cvn_calendar_item *item,
                           const struct cvn_calendar_component *component,
                           const struct cvn_calendar_places *places, struct cvn_arena *arena)
{
    struct cvn_calendar_item_reader r = {.item = item, .places = places, .arena = arena};
    *item = (struct cvn_calendar_item){.location = ""};
    convene__events__v1__calendar_result__init(&item->result);
    item->result.line = (int32_t)component->line;
    item->event = cvn_arena_alloc(arena, sizeof *item->event);
    if (!item->event)
        return -ENOMEM;
    convene__events__v1__event__init(item->event);
    cvn_calendar_texts_init(&r.texts, item, arena);
    int result = 0;
    for (struct cvn_calendar_entry *e = component->first; result == 0 && e; e = e->next)
        result = read_property(&r, &e->property);
    if (result == 0 && !component->closed)
        result = cvn_calendar_refuse(item, arena,
                                     "It has no END:VEVENT; the file may be cut off there.");
    if (result == 0 && component->too_deep)
        result = cvn_calendar_refuse(item, arena, "It has components within it over %d deep.",
                                     CVN_CALENDAR_DEPTH_MAX);
    if (result == 0 && component->n_properties > CVN_CALENDAR_PROPERTIES_MAX)
        result = cvn_calendar_refuse(item, arena, "It has over %d properties.",
                                     CVN_CALENDAR_PROPERTIES_MAX);
    return result ? result : finish(&r);
}

/* The end on the clocks of the zone. */
static struct cvn_civil end_in(const struct cvn_calendar_item *item, const struct cvn_civil *start,
                               const struct cvn_zone *zone)
{
    int64_t start_s = cvn_civil_seconds(start);
    struct cvn_civil end = *start;
    if (item->has_end)
        end = cvn_calendar_moment_in(&item->end, zone);
    else if (item->has_length && (item->length_s >= DAY_S || item->start.is_date))
        end = cvn_civil_of_seconds(start_s + item->length_s);
    else if (item->has_length)
        end = cvn_zone_civil(zone, cvn_zone_utc_ms(zone, start) + item->length_s * 1000);
    if (!item->start.is_date)
        return end;
    /* Whole days, also where an end or a length at odds with that says an hour of the last one. */
    int64_t end_s = cvn_civil_seconds(&end), days = (end_s - start_s + DAY_S - 1) / DAY_S;
    return end_s <= start_s ? cvn_civil_of_seconds(start_s + DAY_S)
                            : cvn_civil_of_seconds(start_s + days * DAY_S);
}

int cvn_calendar_item_place(struct cvn_calendar_item *item, const struct cvn_zone *zone,
                            struct cvn_arena *arena)
{
    Convene__Events__V1__Event *event = item->event;
    if (item->start.zone)
        zone = item->start.zone;
    struct cvn_civil start = cvn_calendar_moment_in(&item->start, zone);
    struct cvn_civil end = end_in(item, &start, zone);
    if (!cvn_civil_valid(&start) || !cvn_civil_valid(&end))
        return cvn_calendar_refuse(item, arena,
                                   "line %zu: it starts or ends outside of the years 1970 to 2100.",
                                   item->start_line);
    event->all_day = item->start.is_date;
    event->start_local = cvn_calendar_local(arena, &start);
    event->end_local = cvn_calendar_local(arena, &end);
    event->time_zone = (char *)(uintptr_t)cvn_zone_name(zone);
    item->said |= CVN_CALENDAR_SAID(CVN_CALENDAR_START) | CVN_CALENDAR_SAID(CVN_CALENDAR_END) |
                  CVN_CALENDAR_SAID(CVN_CALENDAR_ZONE) | CVN_CALENDAR_SAID(CVN_CALENDAR_ALL_DAY);
    if (!event->start_local || !event->end_local)
        return -ENOMEM;
    if (cvn_civil_seconds(&end) >= cvn_civil_seconds(&start))
        return 0;
    return cvn_calendar_refuse(item, arena, "line %zu: it ends at %s, before its start at %s.",
                               item->end_line, event->end_local, event->start_local);
}
