/* A borrowed run of bytes; it owns nothing and is not terminated. */
#ifndef CVN_BASE_SLICE_H
#define CVN_BASE_SLICE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cvn_slice {
    const void *data;
    size_t len;
};

static inline struct cvn_slice cvn_slice(const void *data, size_t len)
{
    return (struct cvn_slice){data, len};
}

static inline struct cvn_slice cvn_slice_of_string(const char *s)
{
    return (struct cvn_slice){s, strlen(s)};
}

/* Orders as memcmp does; of two where one begins the other, the shorter comes first. */
static inline int cvn_slice_compare(struct cvn_slice a, struct cvn_slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int r = n ? memcmp(a.data, b.data, n) : 0;
    return r ? r : (a.len > b.len) - (a.len < b.len);
}

#endif
