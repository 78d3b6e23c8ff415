/* The texts that stand in JSON for Timestamp, Duration and FieldMask. Pure. */
#ifndef CVN_RPC_JSON_WKT_H
#define CVN_RPC_JSON_WKT_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { CVN_JSON_TIME_BYTES = 40 };

/* "2026-12-01T18:30:00.5Z" with 0, 3, 6 or 9 digits of a second; false outside 0001 to 9999. */
bool cvn_json_timestamp_format(char text[CVN_JSON_TIME_BYTES], int64_t seconds, int32_t nanos);

/* Reads RFC 3339 in capitals, at any offset, with up to 9 digits of a second. */
bool cvn_json_timestamp_parse(struct cvn_slice text, int64_t *ret_seconds, int32_t *ret_nanos);

/* "-1.500s"; false past 315,576,000,000 s, which are 10,000 years, and for two signs. */
bool cvn_json_duration_format(char text[CVN_JSON_TIME_BYTES], int64_t seconds, int32_t nanos);
bool cvn_json_duration_parse(struct cvn_slice text, int64_t *ret_seconds, int32_t *ret_nanos);

/*
 * One path of a field mask in lowerCamelCase, and back; ret has room for twice the path's bytes.
 * Returns how many it has, or 0 for a path that would not come back as it was.
 */
size_t cvn_json_mask_format(const char *path, char *ret);
size_t cvn_json_mask_parse(struct cvn_slice path, char *ret);

#endif
