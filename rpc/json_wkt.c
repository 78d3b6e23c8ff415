#include "rpc/json_wkt.h"

#include "base/civil.h"

#include <inttypes.h>
#include <stdio.h>

enum { NANOS = 1000000000 };

static const int64_t first_second = -62135596800;    /* 0001-01-01T00:00:00Z */
static const int64_t last_second = 253402300799;     /* 9999-12-31T23:59:59Z */
static const int64_t longest_seconds = 315576000000; /* 10,000 years of 365.25 days */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ".5" as 0, 3, 6 or 9 digits, as many as it takes. */
static void format_fraction(char text[16], int32_t nanos)
{
    if (nanos == 0)
        *text = '\0';
    else if (nanos % 1000000 == 0)
        (void)snprintf(text, 16, ".%03" PRId32, nanos / 1000000);
    else if (nanos % 1000 == 0)
        (void)snprintf(text, 16, ".%06" PRId32, nanos / 1000);
    else
        (void)snprintf(text, 16, ".%09" PRId32, nanos);
}

/* What may follow whole seconds: a point and 1 to 9 digits. Nothing there is 0. */
static bool take_fraction(const char **at, const char *end, int32_t *ret)
{
    int32_t nanos = 0;
    int n = 0;
    *ret = 0;
    if (*at == end || **at != '.')
        return true;
    for ((*at)++; *at < end && is_digit(**at) && n < 9; (*at)++, n++)
        nanos = nanos * 10 + (**at - '0');
    if (n == 0)
        return false;
    for (; n < 9; n++)
        nanos *= 10;
    *ret = nanos;
    return true;
}

bool cvn_json_timestamp_format(char text[CVN_JSON_TIME_BYTES], int64_t seconds, int32_t nanos)
{
    if (seconds < first_second || seconds > last_second || nanos < 0 || nanos >= NANOS)
        return false;
    struct cvn_civil civil = cvn_civil_of_seconds(seconds);
    char fraction[16];
    format_fraction(fraction, nanos);
    (void)snprintf(text, CVN_JSON_TIME_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", civil.year,
                   civil.month, civil.day, civil.hour, civil.minute, civil.second, fraction);
    return true;
}

/* Reads what form says: '0' is a digit, anything else itself. The numbers go to parts in order. */
static bool take_form(const char **at, const char *end, const char *form, int *parts)
{
    bool inside = false;
    if ((size_t)(end - *at) < strlen(form))
        return false;
    for (; *form; form++, (*at)++) {
        if (*form != '0') {
            if (**at != *form)
                return false;
            parts += inside;
            inside = false;
            continue;
        }
        if (!is_digit(**at))
            return false;
        *parts = (inside ? *parts * 10 : 0) + (**at - '0');
        inside = true;
    }
    return true;
}

/* "Z" or "+01:00", seconds east of UTC. */
static bool take_offset(const char **at, const char *end, int *ret_s)
{
    int parts[2];
    *ret_s = 0;
    if (*at < end && **at == 'Z') {
        (*at)++;
        return true;
    }
    if (*at == end || (**at != '+' && **at != '-'))
        return false;
    int sign = *(*at)++ == '-' ? -1 : 1;
    if (!take_form(at, end, "00:00", parts) || parts[0] > 23 || parts[1] > 59)
        return false;
    *ret_s = sign * (parts[0] * 3600 + parts[1] * 60);
    return true;
}

bool cvn_json_timestamp_parse(struct cvn_slice text, int64_t *ret_seconds, int32_t *ret_nanos)
{
    const char *at = text.data, *end = at + text.len;
    int parts[6], offset_s;
    int32_t nanos;
    if (!take_form(&at, end, "0000-00-00T00:00:00", parts) || !take_fraction(&at, end, &nanos) ||
        !take_offset(&at, end, &offset_s) || at != end)
        return false;
    struct cvn_civil civil = {parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]};
    if (civil.month < 1 || civil.month > 12 || civil.day < 1 ||
        civil.day > cvn_civil_days_in_month(civil.year, civil.month) || civil.hour > 23 ||
        civil.minute > 59 || civil.second > 59)
        return false;
    int64_t seconds = cvn_civil_seconds(&civil) - offset_s;
    if (seconds < first_second || seconds > last_second)
        return false;
    *ret_seconds = seconds;
    *ret_nanos = nanos;
    return true;
}

bool cvn_json_duration_format(char text[CVN_JSON_TIME_BYTES], int64_t seconds, int32_t nanos)
{
    if (seconds < -longest_seconds || seconds > longest_seconds || nanos <= -NANOS ||
        nanos >= NANOS || (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0))
        return false;
    char fraction[16];
    format_fraction(fraction, nanos < 0 ? -nanos : nanos);
    (void)snprintf(text, CVN_JSON_TIME_BYTES, "%s%" PRId64 "%ss",
                   seconds < 0 || nanos < 0 ? "-" : "", seconds < 0 ? -seconds : seconds, fraction);
    return true;
}

bool cvn_json_duration_parse(struct cvn_slice text, int64_t *ret_seconds, int32_t *ret_nanos)
{
    const char *at = text.data, *end = at + text.len;
    int64_t seconds = 0;
    int32_t nanos;
    bool negative = at < end && *at == '-';
    at += negative;
    if (at == end || !is_digit(*at))
        return false;
    for (; at < end && is_digit(*at) && seconds <= longest_seconds; at++)
        seconds = seconds * 10 + (*at - '0');
    if (seconds > longest_seconds || !take_fraction(&at, end, &nanos) || end - at != 1 ||
        *at != 's')
        return false;
    *ret_seconds = negative ? -seconds : seconds;
    *ret_nanos = negative ? -nanos : nanos;
    return true;
}

size_t cvn_json_mask_format(const char *path, char *ret)
{
    size_t n = 0;
    for (; *path; path++) {
        char c = *path;
        if (c == '_') {
            c = *++path;
            if (c < 'a' || c > 'z')
                return 0;
            c = (char)(c - 'a' + 'A');
        } else if ((c >= 'A' && c <= 'Z') || c == ',') {
            return 0;
        }
        ret[n++] = c;
    }
    return n;
}

size_t cvn_json_mask_parse(struct cvn_slice path, char *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < path.len; i++) {
        char c = ((const char *)path.data)[i];
        if (c == '_' || c == ',' || c == '\0')
            return 0;
        if (c >= 'A' && c <= 'Z') {
            ret[n++] = '_';
            c = (char)(c - 'A' + 'a');
        }
        ret[n++] = c;
    }
    return n;
}
