#include "services/events/field_check.h"

#include "base/geo.h"
#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

const char *cvn_field_path(struct cvn_problems *problems, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *path = cvn_arena_vprintf(problems->arena, format, args);
    va_end(args);
    return path ? path : "";
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Whether there is something to look at, and its size is right. */
static bool check_size(struct cvn_problems *problems, const char *field, const char *text,
                       size_t max)
{
    size_t len = text ? strlen(text) : 0;
    if (len > max)
        cvn_problems_add(problems, field, "must be at most %zu bytes long, not %zu", max, len);
    return len > 0 && len <= max;
}

void cvn_field_check_line(struct cvn_problems *problems, const char *field, const char *text,
                          size_t max, bool required)
{
    if (required && (!text || is_blank(text))) {
        cvn_problems_add(problems, field, "is required");
        return;
    }
    if (!check_size(problems, field, text, max))
        return;
    if (!cvn_text_is_line(cvn_slice_of_string(text)))
        cvn_problems_add(problems, field,
                         "must be one line of UTF-8 text without control characters");
}

void cvn_field_check_prose(struct cvn_problems *problems, const char *field, const char *text,
                           size_t max)
{
    if (check_size(problems, field, text, max) && !cvn_text_is_prose(cvn_slice_of_string(text)))
        cvn_problems_add(problems, field,
                         "must be UTF-8 text without control characters but line ends and tabs");
}

static bool is_url(const char *text)
{
    const char *rest = NULL;
    if (strncasecmp(text, "http://", 7) == 0)
        rest = text + 7;
    else if (strncasecmp(text, "https://", 8) == 0)
        rest = text + 8;
    if (!rest || strchr("/?#:@", rest[0]))
        return false;
    for (const char *c = rest; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\"<>\\^`{|}", *c))
            return false;
    }
    return cvn_text_is_line(cvn_slice_of_string(text));
}

void cvn_field_check_url(struct cvn_problems *problems, const char *field, const char *text)
{
    if (check_size(problems, field, text, CVN_FIELD_URL_MAX) && !is_url(text))
        cvn_problems_add(problems, field,
                         "must be an http or https address, as in \"https://example.org/\"");
}

static bool is_language(const char *text)
{
    if (!isalpha((unsigned char)text[0]))
        return false;
    size_t part = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '-' && part == 0)
            return false;
        if (*c != '-' && !isalnum((unsigned char)*c))
            return false;
        part = *c == '-' ? 0 : part + 1;
        if (part > 8)
            return false;
    }
    return part > 0;
}

void cvn_field_check_language(struct cvn_problems *problems, const char *field, const char *text)
{
    if (check_size(problems, field, text, CVN_FIELD_LANGUAGE_MAX) && !is_language(text))
        cvn_problems_add(problems, field,
                         "must be a BCP 47 language tag, as in \"en\" or \"pt-BR\"");
}

void cvn_field_check_country(struct cvn_problems *problems, const char *field, const char *text)
{
    if (!text || !text[0])
        return;
    if (strlen(text) != 2 || strspn(text, "abcdefghijklmnopqrstuvwxyz") != 2)
        cvn_problems_add(problems, field,
                         "must be two lower-case letters of ISO 3166-1, as in \"de\"");
}

void cvn_field_check_lines(struct cvn_problems *problems, const char *field, char *const *texts,
                           size_t n_texts, const size_t n_and_bytes_max[2])
{
    if (n_texts > n_and_bytes_max[0]) {
        cvn_problems_add(problems, field, "must be at most %zu, not %zu", n_and_bytes_max[0],
                         n_texts);
        return;
    }
    for (size_t i = 0; i < n_texts; i++)
        cvn_field_check_line(problems, cvn_field_path(problems, "%s[%zu]", field, i), texts[i],
                             n_and_bytes_max[1], true);
}

void cvn_field_check_point(struct cvn_problems *problems, const char *field,
                           const Convene__Events__V1__LatLng *point)
{
    if (!point)
        return;
    if (!cvn_point_valid((struct cvn_point){point->latitude, 0}))
        cvn_problems_add(problems, cvn_field_path(problems, "%s.latitude", field),
                         "must be -90 to 90 degrees");
    if (!cvn_point_valid((struct cvn_point){0, point->longitude}))
        cvn_problems_add(problems, cvn_field_path(problems, "%s.longitude", field),
                         "must be -180 to 180 degrees");
}

void cvn_field_check_circle(struct cvn_problems *problems, const char *field,
                            const Convene__Events__V1__Circle *circle)
{
    if (!circle)
        return;
    if (!circle->center)
        cvn_problems_add(problems, cvn_field_path(problems, "%s.center", field), "is required");
    cvn_field_check_point(problems, cvn_field_path(problems, "%s.center", field), circle->center);
    if (!(circle->radius_m > 0 && circle->radius_m <= CVN_GEO_RADIUS_MAX_M))
        cvn_problems_add(problems, cvn_field_path(problems, "%s.radius_m", field),
                         "must be more than 0 and at most %d metres", CVN_GEO_RADIUS_MAX_M);
}

void cvn_field_check_time(struct cvn_problems *problems, const char *field,
                          const Google__Protobuf__Timestamp *time)
{
    const int64_t least_s = INT64_C(-62135596800), most_s = INT64_C(253402300799);
    if (!time)
        return;
    if (time->seconds < least_s || time->seconds > most_s || time->nanos < 0 ||
        time->nanos > 999999999)
        cvn_problems_add(problems, field,
                         "must be an instant of the years 1 to 9999, with nanos 0 to 999999999");
}

int cvn_field_check_zone(struct cvn_problems *problems, const char *field, const char *text,
                         struct cvn_zones *zones)
{
    if (!text || !text[0])
        return 0;
    const struct cvn_zone *zone;
    int r = cvn_zones_find(zones, text, &zone);
    if (r == CVN_ZONE_UNKNOWN) {
        cvn_problems_add(problems, field, "must be an IANA time zone, as in \"Europe/Berlin\"");
        return 0;
    }
    return r;
}
