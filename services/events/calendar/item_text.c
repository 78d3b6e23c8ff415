#include "services/events/calendar/item_text.h"

#include "base/text.h"
#include "services/events/calendar/fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MODE(name) CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_##name

enum { VENUE_PARTS = 4, LANGUAGE_MAX = 35 };

void cvn_calendar_texts_init(struct cvn_calendar_texts *texts, struct cvn_calendar_item *item,
                             struct cvn_arena *arena)
{
    *texts = (struct cvn_calendar_texts){.item = item, .arena = arena};
}

static void say(struct cvn_calendar_texts *t, enum cvn_calendar_number number)
{
    t->item->said |= CVN_CALENDAR_SAID(number);
}

static bool said(const struct cvn_calendar_texts *t, enum cvn_calendar_number number)
{
    return t->item->said & CVN_CALENDAR_SAID(number);
}

/* Drops control characters; line ends stay in prose and become blanks in a line. In place. */
static void clean(char *text, bool prose)
{
    char *to = text;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != 0x7f)
            *to++ = *text;
        else if (prose && (c == '\n' || c == '\t'))
            *to++ = *text;
        else if (c == '\n' || c == '\t')
            *to++ = ' ';
    }
    *to = '\0';
}

/* Cuts blanks and line ends off both ends. */
static char *trim(char *text)
{
    text += strspn(text, " \n\t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \n\t", text[len - 1]))
        text[--len] = '\0';
    return text;
}

/* A text without escapes and controls, cut at max bytes, which is remarked. NULL: no memory. */
static char *read_text(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p,
                       size_t max, bool prose)
{
    char *text = cvn_calendar_unescape(t->arena, p->value);
    if (!text)
        return NULL;
    clean(text, prose);
    text = trim(text);
    struct cvn_slice cut = cvn_text_cut(cvn_slice_of_string(text), max);
    if (text[cut.len] == '\0')
        return text;
    text[cut.len] = '\0';
    int r = cvn_calendar_remark(t->item, t->arena, "line %zu: %s was cut to %zu bytes.", p->line,
                                p->name, max);
    return r ? NULL : text;
}

/* An address that a browser opens, as base's checks take it. */
static bool is_url(const char *text)
{
    const char *host = strncasecmp(text, "https://", 8) == 0  ? text + 8
                       : strncasecmp(text, "http://", 7) == 0 ? text + 7
                                                              : NULL;
    if (!host || !host[0] || strchr("/?#:", host[0]) || strlen(text) > CVN_CALENDAR_URL_MAX)
        return false;
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= 0x20 || *c == 0x7f || *c == '"' || *c == '<' || *c == '>')
            return false;
    return true;
}

static int take_title(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    const char *language = cvn_calendar_parameter(p, "LANGUAGE");
    char *title = read_text(t, p, CVN_CALENDAR_TITLE_MAX, false);
    if (!title)
        return -ENOMEM;
    t->item->event->title = title;
    if (title[0])
        say(t, CVN_CALENDAR_TITLE);
    size_t len = language ? strlen(language) : 0;
    if (len >= 2 && len <= LANGUAGE_MAX &&
        strspn(language, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
            len) {
        t->item->event->language = (char *)(uintptr_t)language;
        say(t, CVN_CALENDAR_LANGUAGE);
    }
    return 0;
}

static int take_description(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    t->item->event->description = read_text(t, p, CVN_CALENDAR_DESCRIPTION_MAX, true);
    say(t, CVN_CALENDAR_DESCRIPTION);
    return t->item->event->description ? 0 : -ENOMEM;
}

static int take_location(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    char *text = read_text(t, p, CVN_CALENDAR_VENUE_MAX + CVN_CALENDAR_ADDRESS_MAX, true);
    if (!text)
        return -ENOMEM;
    t->item->location = text;
    return 0;
}

static int take_geo(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    char *middle, *end;
    double latitude = strtod(p->value, &middle);
    double longitude = *middle == ';' || *middle == ',' ? strtod(middle + 1, &end) : NAN;
    if (middle == p->value || !(latitude >= -90 && latitude <= 90) ||
        !(longitude >= -180 && longitude <= 180))
        return cvn_calendar_remark(t->item, t->arena,
                                   "line %zu: GEO:%s was passed over; 52.52;13.405 is a point.",
                                   p->line, cvn_calendar_shown(t->arena, p->value));
    t->point = cvn_arena_alloc(t->arena, sizeof *t->point);
    if (!t->point)
        return -ENOMEM;
    convene__events__v1__lat_lng__init(t->point);
    t->point->latitude = latitude;
    t->point->longitude = longitude;
    return 0;
}

static int take_url(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    if (!is_url(p->value))
        return p->value[0]
                   ? cvn_calendar_remark(t->item, t->arena,
                                         "line %zu: URL:%s was passed over; it is no http or https "
                                         "address of at most %d bytes.",
                                         p->line, cvn_calendar_shown(t->arena, p->value),
                                         CVN_CALENDAR_URL_MAX)
                   : 0;
    t->item->event->url = (char *)(uintptr_t)p->value;
    say(t, CVN_CALENDAR_URL);
    return 0;
}

static int take_conference(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    if (!is_url(p->value))
        return 0; /* a telephone number, say */
    t->item->event->online_url = (char *)(uintptr_t)p->value;
    t->found_online = true;
    say(t, CVN_CALENDAR_ONLINE_URL);
    return 0;
}

static int add_topic(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p,
                     const char *text, size_t len)
{
    Convene__Events__V1__Event *event = t->item->event;
    char *piece = cvn_arena_copy(t->arena, text, len);
    struct cvn_calendar_property one = {.line = p->line, .name = p->name, .value = piece};
    char *topic = piece ? read_text(t, &one, CVN_CALENDAR_TOPIC_MAX, false) : NULL;
    if (!topic)
        return -ENOMEM;
    for (size_t i = 0; i < event->n_topics; i++)
        if (strcasecmp(event->topics[i], topic) == 0)
            return 0;
    if (!topic[0])
        return 0;
    if (event->n_topics == CVN_CALENDAR_TOPICS_MAX)
        return cvn_calendar_remark(
            t->item, t->arena, "line %zu: %s was left out: an event has at most %d topics.",
            p->line, cvn_calendar_shown(t->arena, topic), CVN_CALENDAR_TOPICS_MAX);
    event->topics[event->n_topics++] = topic;
    return 0;
}

static int take_categories(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    Convene__Events__V1__Event *event = t->item->event;
    if (!event->topics)
        event->topics =
            cvn_arena_alloc_array(t->arena, CVN_CALENDAR_TOPICS_MAX, sizeof *event->topics);
    if (!event->topics)
        return -ENOMEM;
    int r = 0;
    for (const char *at = p->value; r == 0 && *at;) {
        const char *end = cvn_calendar_piece_end(at, ',');
        r = add_topic(t, p, at, (size_t)(end - at));
        at = *end ? end + 1 : end;
    }
    if (event->n_topics > 0)
        say(t, CVN_CALENDAR_TOPICS);
    return r;
}

static Convene__Events__V1__Venue *venue_of(struct cvn_calendar_texts *t)
{
    Convene__Events__V1__Event *event = t->item->event;
    if (event->venue)
        return event->venue;
    event->venue = cvn_arena_alloc(t->arena, sizeof *event->venue);
    if (event->venue)
        convene__events__v1__venue__init(event->venue);
    say(t, CVN_CALENDAR_VENUE);
    return event->venue;
}

/* "name;address;city;country", each with escapes of its own. */
static int take_exact_venue(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p)
{
    Convene__Events__V1__Venue *venue = venue_of(t);
    char **parts[VENUE_PARTS];
    if (!venue)
        return -ENOMEM;
    parts[0] = &venue->name;
    parts[1] = &venue->address;
    parts[2] = &venue->city;
    parts[3] = &venue->country;
    const char *at = p->value;
    for (size_t i = 0; i < VENUE_PARTS && *at; i++) {
        const char *end = cvn_calendar_piece_end(at, ';');
        char *piece = cvn_arena_copy(t->arena, at, (size_t)(end - at));
        *parts[i] = piece ? cvn_calendar_unescape(t->arena, piece) : NULL;
        if (!*parts[i])
            return -ENOMEM;
        clean(*parts[i], i == 1);
        at = *end ? end + 1 : end;
    }
    t->exact_venue = true;
    return 0;
}

int cvn_calendar_texts_take(struct cvn_calendar_texts *texts,
                            const struct cvn_calendar_property *property)
{
    static const struct {
        const char *name;
        int (*take)(struct cvn_calendar_texts *t, const struct cvn_calendar_property *p);
    } rows[] = {
        {"SUMMARY", take_title},
        {"DESCRIPTION", take_description},
        {"LOCATION", take_location},
        {"GEO", take_geo},
        {"URL", take_url},
        {"CONFERENCE", take_conference},
        {"CATEGORIES", take_categories},
        {"X-CONVENE-VENUE", take_exact_venue},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, property->name) == 0)
            return rows[i].take(texts, property);
    return 0;
}

/* LOCATION is one line: what stands before its first comma is taken for the place's name. */
static int split_location(struct cvn_calendar_texts *t)
{
    Convene__Events__V1__Venue *venue = venue_of(t);
    char *text = cvn_arena_strdup(t->arena, t->item->location);
    if (!venue || !text)
        return -ENOMEM;
    size_t first = strcspn(text, ",\n");
    if (text[first]) {
        venue->address = trim(text + first + 1);
        text[first] = '\0';
    }
    venue->name = trim(text);
    struct cvn_slice name = cvn_text_cut(cvn_slice_of_string(venue->name), CVN_CALENDAR_VENUE_MAX);
    venue->name[name.len] = '\0';
    struct cvn_slice address =
        cvn_text_cut(cvn_slice_of_string(venue->address), CVN_CALENDAR_ADDRESS_MAX);
    if (venue->address[0])
        venue->address[address.len] = '\0';
    return 0;
}

static int settle_place(struct cvn_calendar_texts *t)
{
    struct cvn_calendar_item *item = t->item;
    if (item->location[0] && is_url(item->location)) {
        if (!t->found_online)
            item->event->online_url = (char *)(uintptr_t)item->location;
        t->found_online = true;
        say(t, CVN_CALENDAR_ONLINE_URL);
        item->location = "";
    }
    int r = item->location[0] && !t->exact_venue ? split_location(t) : 0;
    if (r == 0 && t->point) {
        Convene__Events__V1__Venue *venue = venue_of(t);
        if (!venue)
            return -ENOMEM;
        venue->location = t->point;
    }
    if (r || !t->found_online || said(t, CVN_CALENDAR_MODE))
        return r;
    item->event->attendance_mode = item->event->venue ? MODE(MIXED) : MODE(ONLINE);
    say(t, CVN_CALENDAR_MODE);
    return 0;
}

int cvn_calendar_texts_finish(struct cvn_calendar_texts *texts)
{
    struct cvn_calendar_item *item = texts->item;
    int r = settle_place(texts);
    if (r || item->event->title[0] || item->result.outcome)
        return r;
    item->event->title = (char *)(uintptr_t) "Untitled";
    return cvn_calendar_remark(item, texts->arena,
                               "There is no SUMMARY; it is called \"Untitled\".");
}
