/*
 * Checks of single fields that several messages share. Each notes what is wrong under the field's
 * path and says nothing when all is well, so that a caller hears of everything at once. Pure. NULL
 * text counts as empty; empty optional fields are acceptable.
 */
#ifndef CVN_SERVICES_EVENTS_FIELD_CHECK_H
#define CVN_SERVICES_EVENTS_FIELD_CHECK_H

#include "base/problems.h"
#include "base/zone.h"
#include "convene/events/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    CVN_FIELD_URL_MAX = 500,
    CVN_FIELD_LANGUAGE_MAX = 35,
    CVN_FIELD_TOPICS_MAX = 20,
    CVN_FIELD_TOPIC_BYTES_MAX = 50,
    CVN_FIELD_CITY_MAX = 100,
};

/* A path inside a message, as in "person.languages[2]"; in the arena, "" when it is spent. */
const char *cvn_field_path(struct cvn_problems *problems, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line of at most max bytes without control characters; not blank when required. */
void cvn_field_check_line(struct cvn_problems *problems, const char *field, const char *text,
                          size_t max, bool required);

/* Text of several lines, of at most max bytes. */
void cvn_field_check_prose(struct cvn_problems *problems, const char *field, const char *text,
                           size_t max);

/* An http or https address of at most CVN_FIELD_URL_MAX bytes with a host and no spaces. */
void cvn_field_check_url(struct cvn_problems *problems, const char *field, const char *text);

/* A language tag by its form (RFC 5646): letters and digits in parts of 1 to 8, hyphens between. */
void cvn_field_check_language(struct cvn_problems *problems, const char *field, const char *text);

/* Two lower-case letters (ISO 3166-1 alpha-2, by its form). */
void cvn_field_check_country(struct cvn_problems *problems, const char *field, const char *text);

/* At most n_max lines of at most bytes_max bytes each, none empty. */
void cvn_field_check_lines(struct cvn_problems *problems, const char *field, char *const *texts,
                           size_t n_texts, const size_t n_and_bytes_max[2]);

/* Degrees that are finite and in their bounds; NULL is acceptable. */
void cvn_field_check_point(struct cvn_problems *problems, const char *field,
                           const Convene__Events__V1__LatLng *point);

/* A centre and a radius over 0 and at most CVN_GEO_RADIUS_MAX_M; NULL is acceptable. */
void cvn_field_check_circle(struct cvn_problems *problems, const char *field,
                            const Convene__Events__V1__Circle *circle);

/* An instant of the years 1 to 9999 (google.protobuf.Timestamp); NULL is acceptable. */
void cvn_field_check_time(struct cvn_problems *problems, const char *field,
                          const Google__Protobuf__Timestamp *time);

/* An IANA zone that this machine knows. 0, also with a problem noted, or -ENOMEM. */
int cvn_field_check_zone(struct cvn_problems *problems, const char *field, const char *text,
                         struct cvn_zones *zones);

#endif
