#include "base/zone.h"

#include "base/tzif.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ZONE_DIRECTORY "/usr/share/zoneinfo"

enum { BUCKETS = 1024 }; /* tzdata has 600 names */

struct cvn_zone {
    struct cvn_zone *next; /* in the bucket */
    char name[CVN_ZONE_NAME_MAX + 1];
    size_t n_periods;
    struct cvn_tzif_transition periods[]; /* the first reaches back for ever, the last on */
};

/* Zones are only ever put at the head of a bucket, complete; so readers need no lock. */
struct cvn_zones {
    pthread_mutex_t lock; /* held to add */
    _Atomic(struct cvn_zone *) buckets[BUCKETS];
};

int cvn_zones_new(struct cvn_zones **ret_zones)
{
    if (access(ZONE_DIRECTORY, R_OK | X_OK) != 0)
        return -errno;
    struct cvn_zones *zones = calloc(1, sizeof *zones);
    if (!zones)
        return -ENOMEM;
    (void)pthread_mutex_init(&zones->lock, NULL);
    *ret_zones = zones;
    return 0;
}

void cvn_zones_free(struct cvn_zones *zones)
{
    if (!zones)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct cvn_zone *zone = atomic_load_explicit(&zones->buckets[i], memory_order_relaxed);
        while (zone) {
            struct cvn_zone *next = zone->next;
            free(zone);
            zone = next;
        }
    }
    (void)pthread_mutex_destroy(&zones->lock);
    free(zones);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * Whether it has the form of a zone's name, whose parts all begin with a capital: with no dots in
 * it, it cannot leave the directory, and "posix/", "right/", "posixrules" and "localtime", which
 * are no zones, begin in lower case.
 */
static bool is_name(const char *name)
{
    size_t n = strnlen(name, CVN_ZONE_NAME_MAX + 1);
    if (n == 0 || n > CVN_ZONE_NAME_MAX || name[n - 1] == '/' || strcmp(name, "Factory") == 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (i == 0 || name[i - 1] == '/') {
            if (c < 'A' || c > 'Z')
                return false;
        } else if (!is_letter(c) && !(c >= '0' && c <= '9') && !strchr("/_+-", c)) {
            return false;
        }
    }
    return true;
}

/* FNV-1a */
static size_t bucket_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash % BUCKETS;
}

static const struct cvn_zone *look_up(struct cvn_zones *zones, const char *name)
{
    struct cvn_zone *zone =
        atomic_load_explicit(&zones->buckets[bucket_of(name)], memory_order_acquire);
    while (zone && strcmp(zone->name, name) != 0)
        zone = zone->next;
    return zone;
}

/* 0, CVN_ZONE_UNKNOWN where there is no such file, or a fault. */
static int read_file(const char *name, uint8_t *bytes, size_t *ret_len)
{
    char path[sizeof ZONE_DIRECTORY + 1 + CVN_ZONE_NAME_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", ZONE_DIRECTORY, name);
    FILE *file = fopen(path, "rbe");
    if (!file)
        return errno == ENOENT || errno == ENOTDIR ? CVN_ZONE_UNKNOWN : -errno;
    errno = 0;
    size_t len = fread(bytes, 1, CVN_TZIF_FILE_MAX, file);
    int fault = ferror(file) ? errno : 0;
    (void)fclose(file);
    if (fault)
        return fault == EISDIR ? CVN_ZONE_UNKNOWN : -fault;
    *ret_len = len;
    return 0;
}

static int load(const char *name, struct cvn_zone **ret_zone)
{
    struct workspace {
        uint8_t bytes[CVN_TZIF_FILE_MAX];
        struct cvn_tzif_transition transitions[CVN_TZIF_TRANSITIONS_MAX];
    } *work = malloc(sizeof *work);
    struct cvn_zone *zone = NULL;
    size_t len;
    if (!work)
        return -ENOMEM;
    int r = read_file(name, work->bytes, &len);
    if (r)
        goto out;
    int n = cvn_tzif_read(cvn_slice(work->bytes, len), work->transitions);
    r = n < 0 ? CVN_ZONE_UNKNOWN : 0;
    if (r)
        goto out;
    size_t size = (size_t)n * sizeof *zone->periods;
    zone = malloc(sizeof *zone + size);
    r = zone ? 0 : -ENOMEM;
    if (r)
        goto out;
    *zone = (struct cvn_zone){.n_periods = (size_t)n};
    (void)snprintf(zone->name, sizeof zone->name, "%s", name);
    memcpy(zone->periods, work->transitions, size);
    *ret_zone = zone;
out:
    free(work);
    return r;
}

int cvn_zones_find(struct cvn_zones *zones, const char *name, const struct cvn_zone **ret_zone)
{
    if (!is_name(name))
        return CVN_ZONE_UNKNOWN;
    const struct cvn_zone *found = look_up(zones, name);
    int r = 0;
    if (!found) {
        (void)pthread_mutex_lock(&zones->lock);
        found = look_up(zones, name);
        struct cvn_zone *loaded;
        if (!found && (r = load(name, &loaded)) == 0) {
            _Atomic(struct cvn_zone *) *bucket = &zones->buckets[bucket_of(name)];
            loaded->next = atomic_load_explicit(bucket, memory_order_relaxed);
            atomic_store_explicit(bucket, loaded, memory_order_release);
            found = loaded;
        }
        (void)pthread_mutex_unlock(&zones->lock);
    }
    if (r == 0)
        *ret_zone = found;
    return r;
}

const char *cvn_zone_name(const struct cvn_zone *zone)
{
    return zone->name;
}

/*
 * The first period that still runs when its clocks show local: either it has begun by then, or
 * local lies in the gap before it, which is read with the offset of the period before the gap.
 */
int64_t cvn_zone_utc_ms(const struct cvn_zone *zone, const struct cvn_civil *civil)
{
    int64_t local_s = cvn_civil_seconds(civil);
    size_t low = 0, high = zone->n_periods - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (local_s - zone->periods[middle].offset_s < zone->periods[middle + 1].at_s)
            high = middle;
        else
            low = middle + 1;
    }
    int64_t utc_s = local_s - zone->periods[low].offset_s;
    if (low > 0 && utc_s < zone->periods[low].at_s)
        utc_s = local_s - zone->periods[low - 1].offset_s;
    return utc_s * 1000;
}

static int64_t floor_seconds(int64_t ms)
{
    return ms / 1000 - (ms % 1000 < 0);
}

/* The last period begun by the instant. */
int cvn_zone_offset_s(const struct cvn_zone *zone, int64_t utc_ms)
{
    int64_t utc_s = floor_seconds(utc_ms);
    size_t low = 0, high = zone->n_periods - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (zone->periods[middle].at_s <= utc_s)
            low = middle;
        else
            high = middle - 1;
    }
    return zone->periods[low].offset_s;
}

bool cvn_zone_next_change(const struct cvn_zone *zone, int64_t after_ms, int64_t *ret_ms)
{
    size_t low = 1, high = zone->n_periods; /* the first period reaches back for ever */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->periods[middle].at_s * 1000 > after_ms)
            high = middle;
        else
            low = middle + 1;
    }
    if (low >= zone->n_periods)
        return false;
    *ret_ms = zone->periods[low].at_s * 1000;
    return true;
}

struct cvn_civil cvn_zone_civil(const struct cvn_zone *zone, int64_t utc_ms)
{
    return cvn_civil_of_seconds(floor_seconds(utc_ms) + cvn_zone_offset_s(zone, utc_ms));
}
