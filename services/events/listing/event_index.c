#include "services/events/listing/event_index.h"

#include "base/text.h"
#include "services/events/groups/group_table.h"
#include "services/events/listing/event_cells.h"
#include "services/events/listing/event_traits.h"
#include "services/events/meetups/event_table.h"
#include "services/events/record.h"
#include "services/events/series/series_table.h"
#include "services/events/spaces.h"

#include <errno.h>

const struct cvn_index cvn_event_indexes[CVN_EVENT_INDEXES] = {
    [CVN_EVENT_BY_START] = {"event_start", CVN_INDEX_EVENT_FIRST, false},
    [CVN_EVENT_BY_GROUP] = {"event_group", CVN_INDEX_EVENT_FIRST + 1, false},
    [CVN_EVENT_BY_TOPIC] = {"event_topic", CVN_INDEX_EVENT_FIRST + 2, false},
    [CVN_EVENT_BY_CITY] = {"event_city", CVN_INDEX_EVENT_FIRST + 3, false},
    [CVN_EVENT_BY_CELL] = {"event_cell", CVN_INDEX_EVENT_FIRST + 4, false},
    [CVN_EVENT_BY_EXTERNAL_ID] = {"event_external_id", CVN_INDEX_EVENT_FIRST + 5, true},
    [CVN_EVENT_BY_SERIES] = {"event_series", CVN_INDEX_EVENT_FIRST + 6, false},
    [CVN_EVENT_BY_TOKEN] = {"event_token", CVN_INDEX_EVENT_TOKEN, false},
    [CVN_EVENT_BY_LANGUAGE] = {"event_language", CVN_INDEX_EVENT_LANGUAGE, false},
    [CVN_EVENT_BY_MODE] = {"event_mode", CVN_INDEX_EVENT_MODE, false},
    [CVN_EVENT_TRAITS] = {"event_traits", CVN_INDEX_EVENT_TRAITS, false},
    [CVN_EVENT_BY_TOPIC_CELL] = {"event_topic_cell", CVN_INDEX_EVENT_TOPIC_CELL, false},
};

/* An event on its way into the indexes. */
struct derivation {
    struct cvn_index_sink *sink;
    struct cvn_arena *arena;
    const Convene__Events__V1__Event *event;
    int64_t start_ms;
    uint8_t traits[CVN_EVENT_TRAITS_BYTES];
};

static int emit(const struct derivation *d, int index, const struct cvn_key *key,
                struct cvn_slice value)
{
    return cvn_index_emit(d->sink, cvn_event_indexes[index].id, cvn_key_slice(key), value);
}

/* The entry of a list: ends the key with the start, and says the traits. */
static int emit_listed(const struct derivation *d, int index, struct cvn_key *key)
{
    cvn_key_put_i64(key, d->start_ms);
    return emit(d, index, key, cvn_slice(d->traits, sizeof d->traits));
}

/* One entry for the cell of each size that the event is in; prefix stands before it in the key. */
static int emit_cells(const struct derivation *d, int index, const struct cvn_key *prefix,
                      const uint8_t *bits, size_t n)
{
    const Convene__Events__V1__LatLng *at = cvn_event_point(d->event);
    if (!at)
        return 0;
    uint64_t code = cvn_geo_code((struct cvn_point){at->latitude, at->longitude});
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_raw(&key, cvn_slice(prefix->bytes, prefix->len));
        cvn_event_cell_put(&key, bits[i], code);
        r = emit_listed(d, index, &key);
    }
    return r;
}

/* The word folded, as a key begins with it; an empty key where nothing is left of it. */
static int begin_word(const struct derivation *d, const char *word, struct cvn_key *ret)
{
    struct cvn_slice folded;
    int r = cvn_group_word(d->arena, word, &folded);
    cvn_key_init(ret);
    if (r == 0 && folded.len > 0)
        cvn_key_put_text(ret, folded);
    return r == CVN_TEXT_INVALID ? -EBADMSG : r;
}

static int emit_topic(const struct derivation *d, const char *topic)
{
    static const uint8_t bits = CVN_EVENT_TOPIC_CELL_BITS;
    struct cvn_key key, prefix;
    int r = begin_word(d, topic, &prefix);
    if (r || prefix.len == 0)
        return r;
    key = prefix;
    r = emit_listed(d, CVN_EVENT_BY_TOPIC, &key);
    return r ? r : emit_cells(d, CVN_EVENT_BY_TOPIC_CELL, &prefix, &bits, 1);
}

static int emit_place(const struct derivation *d)
{
    struct cvn_key city, none;
    int r = d->event->venue ? begin_word(d, d->event->venue->city, &city) : 0;
    if (r == 0 && d->event->venue && city.len > 0)
        r = emit_listed(d, CVN_EVENT_BY_CITY, &city);
    cvn_key_init(&none);
    return r ? r
             : emit_cells(d, CVN_EVENT_BY_CELL, &none, cvn_event_cell_bits, CVN_EVENT_CELL_SIZES);
}

static int emit_group(const struct derivation *d, const struct cvn_id *group)
{
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_id(&key, group);
    int r = emit_listed(d, CVN_EVENT_BY_GROUP, &key);
    if (r || !d->event->external_id[0])
        return r;
    cvn_key_init(&key);
    cvn_key_put_id(&key, group);
    cvn_key_put_text(&key, cvn_slice_of_string(d->event->external_id));
    return emit(d, CVN_EVENT_BY_EXTERNAL_ID, &key, cvn_slice(NULL, 0));
}

static int emit_series(const struct derivation *d)
{
    struct cvn_id series;
    if (!d->event->series_id[0])
        return 0;
    if (!cvn_id_parse(&series, CVN_SERIES_PREFIX, d->event->series_id))
        return -EBADMSG;
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_id(&key, &series);
    cvn_key_put_i64(&key, d->start_ms);
    return emit(d, CVN_EVENT_BY_SERIES, &key, cvn_slice(NULL, 0));
}

static int emit_language(void *arg, struct cvn_slice tag)
{
    const struct derivation *d = arg;
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_text(&key, tag);
    return emit_listed(d, CVN_EVENT_BY_LANGUAGE, &key);
}

static int emit_mode(const struct derivation *d)
{
    struct cvn_key key;
    cvn_key_init(&key);
    cvn_key_put_u8(&key, (uint8_t)d->event->attendance_mode);
    return emit_listed(d, CVN_EVENT_BY_MODE, &key);
}

static int add_text(struct cvn_arena *arena, struct cvn_tokens *tokens, const char *text)
{
    struct cvn_slice folded;
    if (!text[0])
        return 0;
    int r = cvn_text_fold(arena, cvn_text_cut(cvn_slice_of_string(text), CVN_EVENT_TOKEN_BYTES_MAX),
                          &folded);
    if (r == 0)
        cvn_tokens_add(tokens, folded);
    return r == CVN_TEXT_INVALID ? -EBADMSG : r;
}

int cvn_event_tokens(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                     struct cvn_tokens *ret)
{
    int r = cvn_tokens_init(ret, arena, CVN_EVENT_TOKENS_MAX);
    if (r == 0)
        r = add_text(arena, ret, event->title);
    for (size_t i = 0; r == 0 && i < event->n_topics; i++)
        r = add_text(arena, ret, event->topics[i]);
    if (r == 0)
        r = add_text(arena, ret, event->group_name);
    if (r == 0 && event->venue)
        r = add_text(arena, ret, event->venue->name);
    if (r == 0 && event->venue)
        r = add_text(arena, ret, event->venue->city);
    return r ? r : add_text(arena, ret, event->description);
}

static int emit_tokens(const struct derivation *d)
{
    struct cvn_tokens tokens;
    int r = cvn_event_tokens(d->arena, d->event, &tokens);
    for (size_t i = 0; r == 0 && i < tokens.n; i++) {
        struct cvn_key key;
        cvn_key_init(&key);
        cvn_key_put_u8(&key, tokens.items[i].kind == CVN_TOKEN_WHOLE ? CVN_EVENT_TOKEN_WHOLE
                                                                     : CVN_EVENT_TOKEN_STEM);
        cvn_key_put_text(&key, tokens.items[i].text);
        cvn_key_put_i64(&key, d->start_ms);
        r = emit(d, CVN_EVENT_BY_TOKEN, &key, cvn_slice(NULL, 0));
    }
    return r;
}

static int emit_traits(const struct derivation *d, struct cvn_slice row)
{
    struct cvn_key key, value;
    cvn_key_init(&key);
    cvn_key_put_raw(&key, cvn_slice((const uint8_t *)row.data + 1, CVN_ID_BYTES));
    cvn_key_init(&value);
    cvn_key_put_i64(&value, d->start_ms);
    cvn_key_put_raw(&value, cvn_slice(d->traits, sizeof d->traits));
    return emit(d, CVN_EVENT_TRAITS, &key, cvn_key_slice(&value));
}

int cvn_event_derive(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    Convene__Events__V1__Event *event;
    struct cvn_event_traits traits;
    struct derivation d = {.sink = sink, .arena = cvn_index_sink_arena(sink)};
    int r = cvn_record_unpack(d.arena, &convene__events__v1__event__descriptor, value, &event);
    if (r == 0)
        r = cvn_event_traits_of(d.arena, event, &traits);
    if (r)
        return r;
    cvn_event_traits_pack(d.traits, &traits);
    d.event = event;
    d.start_ms = cvn_event_start_ms(event);
    struct cvn_key by_start;
    cvn_key_init(&by_start);
    r = emit_listed(&d, CVN_EVENT_BY_START, &by_start);
    if (r == 0)
        r = emit_group(&d, &traits.group);
    if (r == 0)
        r = emit_series(&d);
    for (size_t i = 0; r == 0 && i < event->n_topics; i++)
        r = emit_topic(&d, event->topics[i]);
    if (r == 0)
        r = emit_place(&d);
    if (r == 0)
        r = cvn_event_languages(event->language, emit_language, &d);
    if (r == 0)
        r = emit_mode(&d);
    if (r == 0)
        r = emit_tokens(&d);
    return r ? r : emit_traits(&d, key);
}
