#include "client/cli/values.h"

#include "base/civil.h"
#include "base/geo.h"
#include "convene/admin/v1/key.pb-c.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/types.pb-c.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY_MS = 86400000, NUMBER_BYTES = 48 };

#define METRES_PER_MILE 1609.344

/* Reads the number that text begins with; *ret_rest is what follows, blanks skipped. */
static bool leading_number(double *ret, const char **ret_rest, const char *text)
{
    size_t len = strspn(text, "+-0123456789.eE");
    /* "10e" in "10east" is no exponent. */
    while (len > 0 && !isdigit((unsigned char)text[len - 1]) && text[len - 1] != '.') {
        len--;
    }
    char number[NUMBER_BYTES];
    if (len == 0 || len >= sizeof number) {
        return false;
    }
    memcpy(number, text, len);
    number[len] = '\0';
    char *end;
    double value = strtod(number, &end);
    if (*end || !isfinite(value)) {
        return false;
    }
    *ret = value;
    *ret_rest = text + len + strspn(text + len, " ");
    return true;
}

int cvn_value_double(double *ret, const char *text, struct cvn_error *err)
{
    double value;
    const char *rest;
    if (!leading_number(&value, &rest, text) || *rest) {
        return cvn_error_set(err, -EINVAL, "must be a number like 52.52, not \"%.40s\"", text);
    }
    *ret = value;
    return 0;
}

int cvn_value_int(int64_t *ret, const char *text, int64_t min, int64_t max, struct cvn_error *err)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool is_number = end != text && *end == '\0' && !isspace((unsigned char)*text);
    if (!is_number) {
        return cvn_error_set(err, -EINVAL, "must be a whole number, not \"%.40s\"", text);
    }
    if (errno == ERANGE || value < min || value > max) {
        return cvn_error_set(err, -EINVAL, "must be between %lld and %lld, not %.40s",
                             (long long)min, (long long)max, text);
    }
    *ret = value;
    return 0;
}

int cvn_value_radius_m(double *ret, const char *text, struct cvn_error *err)
{
    static const struct {
        const char *unit;
        double metres;
    } units[] = {{"", 1000}, {"km", 1000}, {"m", 1}, {"mi", METRES_PER_MILE}};
    double value;
    const char *unit;
    if (leading_number(&value, &unit, text) && value > 0) {
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            if (strcasecmp(units[i].unit, unit) != 0) {
                continue;
            }
            double metres = value * units[i].metres;
            if (metres > CVN_GEO_RADIUS_MAX_M) {
                return cvn_error_set(err, -EINVAL, "is \"%.40s\"; at most %dkm are right", text,
                                     CVN_GEO_RADIUS_MAX_M / 1000);
            }
            *ret = metres;
            return 0;
        }
    }
    return cvn_error_set(err, -EINVAL, "must be a length like 25km, 800m or 10mi, not \"%.40s\"",
                         text);
}

int cvn_value_span_ms(int64_t *ret, const char *text, struct cvn_error *err)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"min", 60000}, {"h", 3600000}};
    double value;
    const char *unit;
    if (leading_number(&value, &unit, text)) {
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            double ms = value * units[i].ms;
            if (strcasecmp(units[i].unit, unit) == 0 && ms >= 1 && ms <= DAY_MS) {
                *ret = (int64_t)ms;
                return 0;
            }
        }
    }
    return cvn_error_set(err, -EINVAL,
                         "must be a time like 5s, 500ms or 2m, at most a day, not \"%.40s\"", text);
}

int cvn_value_point(double *ret_lat, double *ret_lon, const char *text, struct cvn_error *err)
{
    double lat;
    double lon;
    const char *rest;
    bool ok = leading_number(&lat, &rest, text) && *rest == ',';
    ok = ok && leading_number(&lon, &rest, rest + 1 + strspn(rest + 1, " ")) && *rest == '\0';
    if (!ok) {
        return cvn_error_set(err, -EINVAL,
                             "must be latitude,longitude like 52.52,13.40, not \"%.40s\"", text);
    }
    *ret_lat = lat;
    *ret_lon = lon;
    return 0;
}

static int read_timestamp(struct cvn_arena *arena, void *message, const char *text,
                          struct cvn_error *err)
{
    (void)arena;
    int64_t ms;
    if (!cvn_instant_parse(&ms, NULL, text)) {
        return cvn_error_set(err, -EINVAL,
                             "must be a time like 2026-12-01T18:30:00+01:00, not \"%.40s\"", text);
    }
    Google__Protobuf__Timestamp *time = message;
    time->seconds = ms / 1000;
    time->nanos = (int32_t)(ms % 1000) * 1000000;
    return 0;
}

static int read_point(struct cvn_arena *arena, void *message, const char *text,
                      struct cvn_error *err)
{
    (void)arena;
    Convene__Events__V1__LatLng *point = message;
    return cvn_value_point(&point->latitude, &point->longitude, text, err);
}

static int read_skill(struct cvn_arena *arena, void *message, const char *text,
                      struct cvn_error *err)
{
    Convene__Mentoring__V1__Skill *skill = message;
    char *name = cvn_arena_strdup(arena, text);
    if (!name) {
        return -ENOMEM;
    }
    /* A name may hold colons of its own ("std::map"), so numbers are taken from the end. */
    int64_t numbers[2];
    size_t n = 0;
    for (char *colon; n < 2 && (colon = strrchr(name, ':')); n++) {
        struct cvn_error ignored;
        if (cvn_value_int(&numbers[n], colon + 1, 0, 9, &ignored)) {
            break;
        }
        *colon = '\0';
    }
    if (!*name) {
        return cvn_error_set(err, -EINVAL, "must be skills like go:5; sql:3, not \"%.40s\"", text);
    }
    skill->name = name;
    skill->level = n ? (int32_t)numbers[n - 1] : 0;
    skill->priority = n == 2 ? (int32_t)numbers[0] : 0;
    return 0;
}

static bool read_clock(int32_t *ret_minute, const char **at)
{
    int hour = 0;
    int minute = 0;
    int used = 0;
    if (sscanf(*at, "%2d:%2d%n", &hour, &minute, &used) != 2 || used < 4) {
        return false;
    }
    bool ok = hour >= 0 && minute >= 0 && minute < 60 && hour * 60 + minute <= 1440;
    *ret_minute = hour * 60 + minute;
    *at += used;
    return ok;
}

static int read_span(struct cvn_arena *arena, void *message, const char *text,
                     struct cvn_error *err)
{
    (void)arena;
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    Convene__Mentoring__V1__WeeklySpan *span = message;
    size_t len = strcspn(text, " ");
    const char *at = text + len + strspn(text + len, " ");
    for (int day = 0; day < 7 && len >= 2; day++) {
        if (strncasecmp(days[day], text, len) == 0) {
            span->weekday = day + 1;
        }
    }
    bool ok = span->weekday > 0 && read_clock(&span->start_minute, &at);
    ok = ok && *at++ == '-' && read_clock(&span->end_minute, &at) && *at == '\0';
    if (!ok || span->start_minute >= span->end_minute) {
        return cvn_error_set(err, -EINVAL, "must be spans like mon 18:00-20:00, not \"%.40s\"",
                             text);
    }
    return 0;
}

/* "NAME" or "NAME:GROUP,GROUP". */
static int read_scope(struct cvn_arena *arena, void *message, const char *text,
                      struct cvn_error *err)
{
    Convene__Admin__V1__Scope *scope = message;
    size_t most = 1;
    for (const char *c = text; *c; c++) {
        most += *c == ',';
    }
    scope->name = cvn_arena_strdup(arena, text);
    scope->group_ids = cvn_arena_alloc_array(arena, most, sizeof *scope->group_ids);
    if (!scope->name || !scope->group_ids) {
        return -ENOMEM;
    }
    char *groups = scope->name + strcspn(scope->name, ":");
    bool some = *groups;
    if (some) {
        *groups++ = '\0';
    }
    char *save = NULL;
    for (char *g = strtok_r(groups, ",", &save); g; g = strtok_r(NULL, ",", &save)) {
        scope->group_ids[scope->n_group_ids++] = g;
    }
    if (some && scope->n_group_ids == 0) {
        return cvn_error_set(err, -EINVAL, "must name groups behind the colon, not \"%.40s\"",
                             text);
    }
    return 0;
}

/* Cuts "A|B]" or "A|B]+" off a question's text into its choices. */
static int read_choices(struct cvn_arena *arena, Convene__Events__V1__Question *question,
                        char *choices)
{
    size_t len = strlen(choices);
    question->multiple = len > 1 && choices[len - 1] == '+';
    len -= question->multiple;
    if (len < 2 || choices[len - 1] != ']') {
        return -EINVAL;
    }
    choices[len - 1] = '\0';
    size_t n = 1;
    for (const char *c = choices; *c; c++) {
        n += *c == '|';
    }
    question->choices = cvn_arena_alloc_array(arena, n, sizeof *question->choices);
    char *save = NULL;
    if (!question->choices) {
        return -ENOMEM;
    }
    for (char *c = strtok_r(choices, "|", &save); c; c = strtok_r(NULL, "|", &save)) {
        question->choices[question->n_choices++] = c;
    }
    return 0;
}

/* "diet: What do you eat?", "diet!: What do you eat? [all|vegan]", "days: When? [mon|tue]+" */
static int read_question(struct cvn_arena *arena, void *message, const char *text,
                         struct cvn_error *err)
{
    Convene__Events__V1__Question *question = message;
    char *copy = cvn_arena_strdup(arena, text);
    if (!copy) {
        return -ENOMEM;
    }
    char *colon = strchr(copy, ':');
    int r = colon ? 0 : -EINVAL;
    if (r == 0) {
        *colon = '\0';
        question->id = copy;
        question->text = colon + 1 + strspn(colon + 1, " ");
        question->required = colon > copy && colon[-1] == '!';
        copy[strlen(copy) - question->required] = '\0';
        char *choices = strrchr(question->text, '[');
        if (choices) {
            r = read_choices(arena, question, choices + 1);
            while (choices > question->text && choices[-1] == ' ') {
                choices--;
            }
            *choices = '\0';
        }
    }
    return r == -EINVAL ? cvn_error_set(err, r,
                                        "must be like \"diet!: What do you eat? [all|vegan]\", not "
                                        "\"%.60s\"",
                                        text)
                        : r;
}

struct reader {
    const ProtobufCMessageDescriptor *type;
    int (*read)(struct cvn_arena *arena, void *message, const char *text, struct cvn_error *err);
};

static const struct reader *find_reader(const ProtobufCMessageDescriptor *type)
{
    static const struct reader readers[] = {
        {&google__protobuf__timestamp__descriptor, read_timestamp},
        {&convene__events__v1__lat_lng__descriptor, read_point},
        {&convene__events__v1__question__descriptor, read_question},
        {&convene__admin__v1__scope__descriptor, read_scope},
        {&convene__mentoring__v1__skill__descriptor, read_skill},
        {&convene__mentoring__v1__weekly_span__descriptor, read_span},
    };
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (readers[i].type == type) {
            return &readers[i];
        }
    }
    return NULL;
}

bool cvn_value_message_known(const ProtobufCMessageDescriptor *type)
{
    return find_reader(type) != NULL;
}

int cvn_value_message(struct cvn_arena *arena, const ProtobufCMessageDescriptor *type,
                      const char *text, ProtobufCMessage **ret_message, struct cvn_error *err)
{
    const struct reader *reader = find_reader(type);
    ProtobufCMessage *message = cvn_arena_alloc(arena, type->sizeof_message);
    if (!message) {
        return -ENOMEM;
    }
    protobuf_c_message_init(type, message);
    int r = reader ? reader->read(arena, message, text, err)
                   : cvn_error_set(err, -EINVAL, "has no short form");
    if (r == 0) {
        *ret_message = message;
    }
    return r;
}
