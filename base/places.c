#include "base/places.h"

#include "base/places_table.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { SPELLING_MAX = 2, SPELLING_BYTES_MAX = 48, SUGGESTIONS_LOOKED_AT_MAX = 20000 };

static const struct cvn_places_table *head(void)
{
    return (const struct cvn_places_table *)cvn_places_table;
}

static const void *at(uint32_t offset)
{
    return (const char *)cvn_places_table + offset;
}

static const struct cvn_places_name *name_at(size_t i)
{
    return (const struct cvn_places_name *)at(head()->names) + i;
}

static const char *key_at(size_t i)
{
    return at(name_at(i)->key);
}

/* The first name whose key is not below. */
static size_t lower_bound(const char *key)
{
    size_t lo = 0, hi = head()->n_names;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (strcmp(key_at(middle), key) < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static struct cvn_place place_of(uint32_t number)
{
    const struct cvn_places_city *city =
        (const struct cvn_places_city *)at(head()->cities) + number;
    struct cvn_place place = {
        .name = at(city->name),
        .at = {city->lat / 1000.0, city->lon / 1000.0},
        .population = city->population,
    };
    memcpy(place.country, city->country, sizeof place.country);
    memcpy(place.region, city->region, sizeof place.region);
    return place;
}

/* Cities in the making, the most populous first: numbers are in that order. */
struct found {
    uint32_t *numbers;
    size_t n, max;
};

static bool is_asked(const struct cvn_place_asked *asked, uint32_t number)
{
    struct cvn_place place = place_of(number);
    return (!asked->country[0] || strcasecmp(asked->country, place.country) == 0) &&
           (!asked->region[0] || strcasecmp(asked->region, place.region) == 0);
}

static void add(struct found *found, uint32_t number)
{
    size_t i = found->n;
    for (size_t j = 0; j < found->n; j++)
        if (found->numbers[j] == number)
            return;
    if (i == found->max && found->numbers[--i] < number)
        return;
    found->n = i + 1;
    for (; i > 0 && found->numbers[i - 1] > number; i--)
        found->numbers[i] = found->numbers[i - 1];
    found->numbers[i] = number;
}

static void find_named(const struct cvn_place_asked *asked, const char *key, struct found *found)
{
    for (size_t i = lower_bound(key); i < head()->n_names && strcmp(key_at(i), key) == 0; i++)
        if (is_asked(asked, name_at(i)->city))
            add(found, name_at(i)->city);
}

/* beginning ends in a blank. */
static void find_beginning(const struct cvn_place_asked *asked, const char *beginning,
                           struct found *found)
{
    size_t len = strlen(beginning);
    for (size_t i = lower_bound(beginning);
         i < head()->n_names && strncmp(key_at(i), beginning, len) == 0; i++)
        if (is_asked(asked, name_at(i)->city))
            add(found, name_at(i)->city);
}

static int found_init(struct found *found, struct cvn_arena *arena, size_t max)
{
    *found = (struct found){.max = max};
    found->numbers = cvn_arena_alloc_array(arena, max + 1, sizeof *found->numbers);
    return found->numbers ? 0 : -ENOMEM;
}

static size_t tell(const struct found *found, struct cvn_place *ret)
{
    for (size_t i = 0; i < found->n; i++)
        ret[i] = place_of(found->numbers[i]);
    return found->n;
}

/* "muenchen" as "munchen": umlauts as they are written where a keyboard has none. */
static char *without_digraphs(struct cvn_arena *arena, const char *key)
{
    char *plain = cvn_arena_strdup(arena, key);
    size_t n = 0;
    for (size_t i = 0; plain && key[i]; i++)
        if (key[i] != 'e' || i == 0 || !strchr("aou", key[i - 1]))
            plain[n++] = key[i];
    if (plain)
        plain[n] = '\0';
    return plain;
}

int cvn_places_find(struct cvn_arena *arena, const struct cvn_place_asked *asked,
                    struct cvn_place *ret, size_t max, size_t *ret_n)
{
    struct cvn_slice key;
    struct found found;
    int r = found_init(&found, arena, max);
    if (r == 0)
        r = cvn_places_key(arena, cvn_slice_of_string(asked->name), &key);
    if (r)
        return r;
    *ret_n = 0;
    if (key.len == 0)
        return 0;
    find_named(asked, key.data, &found);
    const char *plain = without_digraphs(arena, key.data);
    const char *beginning = cvn_arena_printf(arena, "%s ", (const char *)key.data);
    if (!plain || !beginning)
        return -ENOMEM;
    if (found.n == 0)
        find_named(asked, plain, &found);
    if (found.n == 0)
        find_beginning(asked, beginning, &found);
    *ret_n = tell(&found, ret);
    return 0;
}

bool cvn_places_clear(const struct cvn_place *places, size_t n)
{
    return n == 1 ||
           (n > 1 && places[0].population / CVN_PLACES_CLEAR_RATIO >= places[1].population);
}

/*
 * Bytes to put in, take out or exchange to make b of a (Levenshtein); more than SPELLING_MAX is not
 * counted further.
 */
static size_t spelling_distance(const char *a, const char *b)
{
    size_t row[SPELLING_BYTES_MAX + 1], n = strlen(b);
    if (n > SPELLING_BYTES_MAX)
        return SPELLING_MAX + 1;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0], least = ++row[0];
        for (size_t j = 1; j <= n; j++) {
            size_t exchanged = diagonal + (a[i] != b[j - 1]);
            diagonal = row[j];
            size_t changed = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = exchanged < changed ? exchanged : changed;
            least = row[j] < least ? row[j] : least;
        }
        if (least > SPELLING_MAX)
            return least;
    }
    return row[n];
}

int cvn_places_suggest(struct cvn_arena *arena, const struct cvn_place_asked *asked,
                       struct cvn_place *ret, size_t max, size_t *ret_n)
{
    struct cvn_slice key;
    struct found nearest[SPELLING_MAX + 1];
    int r = cvn_places_key(arena, cvn_slice_of_string(asked->name), &key);
    for (size_t i = 0; r == 0 && i <= SPELLING_MAX; i++)
        r = found_init(&nearest[i], arena, max);
    if (r)
        return r;
    *ret_n = 0;
    if (key.len < 3)
        return 0;
    /* People get the first letter right; of a short name fewer letters may be wrong. */
    const char first[2] = {*(const char *)key.data};
    size_t most = key.len < 6 ? 1 : SPELLING_MAX, from = lower_bound(first);
    for (size_t i = from;
         i < head()->n_names && i < from + SUGGESTIONS_LOOKED_AT_MAX && key_at(i)[0] == first[0];
         i++) {
        size_t distance = spelling_distance(key_at(i), key.data);
        if (distance <= most && is_asked(asked, name_at(i)->city))
            add(&nearest[distance], name_at(i)->city);
    }
    for (size_t i = 0; i <= SPELLING_MAX; i++)
        for (size_t j = 0; j < nearest[i].n && *ret_n < max; j++)
            ret[(*ret_n)++] = place_of(nearest[i].numbers[j]);
    return 0;
}
