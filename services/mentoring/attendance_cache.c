#include "services/mentoring/attendance_cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A table that cannot grow leaves the entry out: it is then asked for again. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct entry {
    struct cvn_attendance_key key;
    uint64_t number;
    size_t n_bytes;
    UT_hash_handle hh; /* in the order in which they were asked for last */
    char bytes[];
};

struct cvn_attendance_cache {
    size_t max_bytes;
    pthread_mutex_t lock; /* covers what follows */
    struct entry *by_key;
    size_t used_bytes;
    uint64_t last_number;
    struct {
        struct cvn_id subject;
        uint64_t used; /* when last, counted */
        struct cvn_attendance_stand stand;
    } stands[CVN_ATTENDANCE_MARKS_MAX];
    uint64_t n_used;
};

int cvn_attendance_cache_new(struct cvn_attendance_cache **ret, size_t max_bytes)
{
    struct cvn_attendance_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return -ENOMEM;
    cache->max_bytes = max_bytes ? max_bytes : (size_t)CVN_ATTENDANCE_CACHE_BYTES_MAX;
    (void)pthread_mutex_init(&cache->lock, NULL);
    *ret = cache;
    return 0;
}

static void drop(struct cvn_attendance_cache *cache, struct entry *entry)
{
    cache->used_bytes -= sizeof *entry + entry->n_bytes;
    HASH_DELETE(hh, cache->by_key, entry);
    free(entry);
}

void cvn_attendance_cache_free(struct cvn_attendance_cache *cache)
{
    if (!cache)
        return;
    while (cache->by_key)
        drop(cache, cache->by_key);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* As the one that goes last. */
static bool add(struct cvn_attendance_cache *cache, struct entry *entry)
{
    HASH_ADD(hh, cache->by_key, key, sizeof entry->key, entry);
    return entry->hh.tbl != NULL;
}

/* The subject's place, or the one that was not used longest. */
static size_t place_of(struct cvn_attendance_cache *cache, const struct cvn_id *subject)
{
    size_t oldest = 0;
    for (size_t i = 0; i < CVN_ATTENDANCE_MARKS_MAX; i++) {
        if (cache->stands[i].used > 0 && cvn_id_equal(&cache->stands[i].subject, subject))
            return i;
        if (cache->stands[i].used < cache->stands[oldest].used)
            oldest = i;
    }
    return oldest;
}

void cvn_attendance_cache_stand(struct cvn_attendance_cache *cache, const struct cvn_id *subject,
                                struct cvn_attendance_stand *ret)
{
    *ret = (struct cvn_attendance_stand){0};
    (void)pthread_mutex_lock(&cache->lock);
    size_t i = place_of(cache, subject);
    if (cache->stands[i].used > 0 && cvn_id_equal(&cache->stands[i].subject, subject)) {
        cache->stands[i].used = ++cache->n_used;
        *ret = cache->stands[i].stand;
    }
    (void)pthread_mutex_unlock(&cache->lock);
}

uint64_t cvn_attendance_cache_note(struct cvn_attendance_cache *cache, const struct cvn_id *subject,
                                   const char *mark, uint64_t since)
{
    struct cvn_attendance_stand stand = {0};
    size_t len = strlen(mark);
    if (len == 0 || len >= sizeof stand.mark)
        return 0;
    memcpy(stand.mark, mark, len + 1);
    (void)pthread_mutex_lock(&cache->lock);
    stand.number = since ? since : ++cache->last_number;
    size_t i = place_of(cache, subject);
    cache->stands[i].subject = *subject;
    cache->stands[i].used = ++cache->n_used;
    cache->stands[i].stand = stand;
    (void)pthread_mutex_unlock(&cache->lock);
    return stand.number;
}

bool cvn_attendance_cache_get(struct cvn_attendance_cache *cache,
                              const struct cvn_attendance_key *key, struct cvn_arena *arena,
                              struct cvn_slice *ret, uint64_t *ret_number)
{
    struct entry *entry;
    char *copy = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    HASH_FIND(hh, cache->by_key, key, sizeof *key, entry);
    if (entry && (copy = cvn_arena_copy(arena, entry->bytes, entry->n_bytes))) {
        *ret = cvn_slice(copy, entry->n_bytes);
        *ret_number = entry->number;
        HASH_DELETE(hh, cache->by_key, entry);
        if (!add(cache, entry)) {
            cache->used_bytes -= sizeof *entry + entry->n_bytes;
            free(entry);
        }
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return copy != NULL;
}

void cvn_attendance_cache_renew(struct cvn_attendance_cache *cache,
                                const struct cvn_attendance_key *key, uint64_t number)
{
    struct entry *entry;
    (void)pthread_mutex_lock(&cache->lock);
    HASH_FIND(hh, cache->by_key, key, sizeof *key, entry);
    if (entry)
        entry->number = number;
    (void)pthread_mutex_unlock(&cache->lock);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

void cvn_attendance_cache_carry(struct cvn_attendance_cache *cache, const struct cvn_id *subject,
                                const uint64_t numbers[2], const struct cvn_id *people, size_t n)
{
    if (numbers[0] == 0 || numbers[1] == 0)
        return;
    (void)pthread_mutex_lock(&cache->lock);
    for (struct entry *entry = cache->by_key; entry; entry = entry->hh.next)
        if (entry->number == numbers[0] && cvn_id_equal(&entry->key.subject, subject) &&
            !(n > 0 && bsearch(&entry->key.person, people, n, sizeof *people, compare_ids)))
            entry->number = numbers[1];
    (void)pthread_mutex_unlock(&cache->lock);
}

/* False where only what is as of the same number could go. */
static bool make_room(struct cvn_attendance_cache *cache, size_t n_bytes, uint64_t number)
{
    while (cache->by_key && cache->used_bytes + n_bytes > cache->max_bytes) {
        if (number > 0 && cache->by_key->number == number)
            return false;
        drop(cache, cache->by_key);
    }
    return true;
}

void cvn_attendance_cache_put(struct cvn_attendance_cache *cache,
                              const struct cvn_attendance_key *key, struct cvn_slice bytes,
                              uint64_t number)
{
    struct entry *before, *entry;
    if (bytes.len > cache->max_bytes - sizeof *entry || cache->max_bytes < sizeof *entry)
        return;
    entry = malloc(sizeof *entry + bytes.len);
    if (!entry)
        return;
    *entry = (struct entry){.key = *key, .number = number, .n_bytes = bytes.len};
    if (bytes.len > 0)
        memcpy(entry->bytes, bytes.data, bytes.len);
    (void)pthread_mutex_lock(&cache->lock);
    HASH_FIND(hh, cache->by_key, key, sizeof *key, before);
    if (before)
        drop(cache, before);
    if (make_room(cache, sizeof *entry + bytes.len, number) && add(cache, entry))
        cache->used_bytes += sizeof *entry + bytes.len;
    else
        free(entry);
    (void)pthread_mutex_unlock(&cache->lock);
}

size_t cvn_attendance_cache_bytes(struct cvn_attendance_cache *cache)
{
    (void)pthread_mutex_lock(&cache->lock);
    size_t bytes = cache->used_bytes;
    (void)pthread_mutex_unlock(&cache->lock);
    return bytes;
}
