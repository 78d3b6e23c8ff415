/*
 * What people write for a value, read into the contract's terms: "25km", "5s", "52.5,13.4",
 * "go:5; sql:3", "mon 18:00-20:00". Failures are phrases that follow the name of what was being
 * read, as in `must be a length like 25km, not "far"`; the caller puts the name before them.
 */
#ifndef CVN_CLIENT_CLI_VALUES_H
#define CVN_CLIENT_CLI_VALUES_H

#include "base/arena.h"
#include "base/error.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

/* All of these: 0, or -EINVAL with the phrase in err and the output untouched. */

/* A decimal number and nothing else. Independent of the locale. */
int cvn_value_double(double *ret, const char *text, struct cvn_error *err);

/* A whole number between min and max. */
int cvn_value_int(int64_t *ret, const char *text, int64_t min, int64_t max, struct cvn_error *err);

/* "25km", "800m", "10mi"; a bare number is kilometres. Metres, up to CVN_GEO_RADIUS_MAX_M. */
int cvn_value_radius_m(double *ret, const char *text, struct cvn_error *err);

/* A time span: "500ms", "5s", "2m", "1h", "90min"; a bare number is seconds. At most a day. */
int cvn_value_span_ms(int64_t *ret, const char *text, struct cvn_error *err);

/* "LAT,LON" in degrees. */
int cvn_value_point(double *ret_lat, double *ret_lon, const char *text, struct cvn_error *err);

/*
 * Reads text into a message of the given type made in the arena, where the type has a short form:
 * google.protobuf.Timestamp (RFC 3339 with offset), convene.events.v1.LatLng, Question
 * ("diet!: What do you eat? [all|vegan]": id, '!' where it needs an answer, text, choices, '+'
 * behind them where several may be taken), convene.admin.v1.Scope ("read",
 * "events.register:c-berlin,c-hamburg"), convene.mentoring.v1.Skill ("go", "go:5", "go:5:3" for
 * name, level, priority) and WeeklySpan
 * ("mon 18:00-20:00"). Also -ENOMEM.
 */
int cvn_value_message(struct cvn_arena *arena, const ProtobufCMessageDescriptor *type,
                      const char *text, ProtobufCMessage **ret_message, struct cvn_error *err);

/* Whether the type has a short form. */
bool cvn_value_message_known(const ProtobufCMessageDescriptor *type);

#endif
