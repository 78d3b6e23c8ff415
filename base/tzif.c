#include "base/tzif.h"

#include "base/civil.h"
#include "base/posix_tz.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
    HEADER_BYTES = 44,
    TYPE_BYTES = 6,
    OFFSET_MAX_S = 26 * 3600, /* RFC 9636, section 3.2 */
    LAST_YEAR = CVN_CIVIL_YEAR_MAX + 1,
};

struct header {
    char version;
    uint32_t n_isut, n_isstd, n_leap, n_times, n_types, n_chars;
};

struct output {
    struct cvn_tzif_transition *items;
    int n; /* -1: too many */
};

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t get_i64(const uint8_t *p)
{
    return (int64_t)((uint64_t)get_u32(p) << 32 | get_u32(p + 4));
}

static bool read_header(struct cvn_slice file, struct header *h)
{
    const uint8_t *p = file.data;
    if (file.len < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
        return false;
    *h = (struct header){
        .version = (char)p[4],
        .n_isut = get_u32(p + 20),
        .n_isstd = get_u32(p + 24),
        .n_leap = get_u32(p + 28),
        .n_times = get_u32(p + 32),
        .n_types = get_u32(p + 36),
        .n_chars = get_u32(p + 40),
    };
    uint32_t max = CVN_TZIF_FILE_MAX;
    return h->n_isut <= max && h->n_isstd <= max && h->n_leap <= max && h->n_times <= max &&
           h->n_types <= max && h->n_chars <= max;
}

/* Bytes of the header and the block behind it, whose instants are of the size given. */
static size_t block_bytes(const struct header *h, size_t time_size)
{
    return HEADER_BYTES + h->n_times * (time_size + 1) + (size_t)h->n_types * TYPE_BYTES +
           h->n_chars + h->n_leap * (time_size + 4) + h->n_isstd + h->n_isut;
}

static const int64_t end_s = 4165516800; /* 2102-01-01 */

/* What lies before 1970 is replaced by its last; what changes nothing or comes late is left out. */
static void add(struct output *out, int64_t at_s, int32_t offset_s)
{
    if (out->n < 0 || at_s >= end_s)
        return;
    if (out->n && out->items[out->n - 1].offset_s == offset_s)
        return;
    if (out->n == 1 && at_s <= 0)
        out->n = 0;
    if (out->n == CVN_TZIF_TRANSITIONS_MAX) {
        out->n = -1;
        return;
    }
    out->items[out->n++] = (struct cvn_tzif_transition){at_s, offset_s};
}

/* The transitions listed one by one; *ret_last_s is the instant of the last, listed or not. */
static bool add_listed(struct output *out, const uint8_t *body, const struct header *h,
                       int64_t *ret_last_s)
{
    const uint8_t *times = body, *indexes = times + h->n_times * 8, *types = indexes + h->n_times;
    int64_t last_s = INT64_MIN;
    for (uint32_t i = 0; i < h->n_types; i++) {
        int32_t offset_s = (int32_t)get_u32(types + (size_t)i * TYPE_BYTES);
        if (offset_s < -OFFSET_MAX_S || offset_s > OFFSET_MAX_S)
            return false;
    }
    add(out, INT64_MIN, (int32_t)get_u32(types));
    for (uint32_t i = 0; i < h->n_times; i++) {
        int64_t at_s = get_i64(times + (size_t)i * 8);
        if ((i && at_s <= last_s) || indexes[i] >= h->n_types)
            return false;
        add(out, at_s, (int32_t)get_u32(types + (size_t)indexes[i] * TYPE_BYTES));
        last_s = at_s;
    }
    *ret_last_s = last_s;
    return true;
}

/* What the footer's rule says after the last listed transition. */
static void add_by_rule(struct output *out, const struct cvn_posix_tz *tz, int64_t last_s)
{
    if (!tz->has_dst) {
        add(out, last_s > 0 ? last_s : 0, tz->standard_s);
        return;
    }
    if (last_s >= end_s)
        return;
    int year = last_s > 0 ? cvn_civil_of_seconds(last_s).year - 1 : CVN_CIVIL_YEAR_MIN - 1;
    for (; year <= LAST_YEAR; year++) {
        int64_t to_dst_s = cvn_posix_change_s(&tz->to_dst, year, tz->standard_s);
        int64_t to_standard_s = cvn_posix_change_s(&tz->to_standard, year, tz->dst_s);
        struct cvn_tzif_transition in_year[] = {{to_dst_s, tz->dst_s},
                                                {to_standard_s, tz->standard_s}};
        int first = to_dst_s < to_standard_s ? 0 : 1;
        for (int i = 0; i < 2; i++) {
            const struct cvn_tzif_transition *t = &in_year[i ^ first];
            if (t->at_s > last_s)
                add(out, t->at_s, t->offset_s);
        }
    }
}

/* "\n", the rule, "\n": everything behind the second block. */
static bool read_footer(struct cvn_slice rest, struct cvn_slice *ret_rule)
{
    const char *p = rest.data;
    if (rest.len < 2 || p[0] != '\n')
        return false;
    const char *end = memchr(p + 1, '\n', rest.len - 1);
    if (!end)
        return false;
    *ret_rule = cvn_slice(p + 1, (size_t)(end - p - 1));
    return true;
}

int cvn_tzif_read(struct cvn_slice file,
                  struct cvn_tzif_transition transitions[CVN_TZIF_TRANSITIONS_MAX])
{
    struct output out = {transitions, 0};
    struct header h;
    struct cvn_slice rule;
    struct cvn_posix_tz tz;
    int64_t last_s;
    if (file.len > CVN_TZIF_FILE_MAX || !read_header(file, &h) || h.version < '2')
        return -EINVAL;
    size_t skip = block_bytes(&h, 4); /* the block of version 1, of 32-bit instants */
    if (skip > file.len)
        return -EINVAL;
    file = cvn_slice((const char *)file.data + skip, file.len - skip);
    if (!read_header(file, &h) || h.version < '2' || h.n_leap || !h.n_types ||
        block_bytes(&h, 8) > file.len)
        return -EINVAL;
    const char *start = file.data;
    if (!add_listed(&out, (const uint8_t *)start + HEADER_BYTES, &h, &last_s) ||
        !read_footer(cvn_slice(start + block_bytes(&h, 8), file.len - block_bytes(&h, 8)), &rule))
        return -EINVAL;
    if (rule.len) {
        if (!cvn_posix_tz_parse(&tz, rule))
            return -EINVAL;
        add_by_rule(&out, &tz, last_s);
    }
    return out.n < 0 ? -EINVAL : out.n;
}
