#include "services/events/listing/event_plan_streams.h"

#include "base/text.h"
#include "services/events/listing/event_filter.h"
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/rsvp_table.h"

#include <assert.h>
#include <errno.h>

int cvn_event_plan_find_traits(struct cvn_txn *txn, const struct cvn_id *id,
                               struct cvn_event_entry *ret)
{
    struct cvn_key key, row;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    cvn_key_init(&key);
    cvn_key_put_id(&key, id);
    cvn_event_key(&row, id);
    int r = cvn_index_get(txn, &cvn_event_indexes[CVN_EVENT_TRAITS], cvn_key_slice(&key),
                          cvn_key_slice(&row), &value);
    if (r)
        return r;
    cvn_key_reader_init(&reader, value);
    ret->place = (struct cvn_event_place){cvn_key_get_i64(&reader), *id};
    ret->traits = cvn_key_get_rest(&reader);
    return reader.failed ? -EUCLEAN : 0;
}

/* Begins a stream of at most so many ranges. */
static int begin(struct cvn_event_plan *plan, size_t n_ranges, struct cvn_event_stream **ret)
{
    assert(plan->n_streams < CVN_EVENT_PLAN_STREAMS_MAX);
    *ret = &plan->streams[plan->n_streams++];
    int r = cvn_event_stream_init(*ret, plan->query->ctx->txn, plan->query->ctx->arena, n_ranges,
                                  &plan->n_seen);
    (*ret)->direction = plan->query->direction;
    return r;
}

static int add_text_range(struct cvn_event_plan *plan, struct cvn_event_stream *stream, int index,
                          struct cvn_slice text)
{
    struct cvn_key prefix;
    cvn_key_init(&prefix);
    cvn_key_put_text(&prefix, text);
    return cvn_event_stream_add(stream, index, &prefix, &plan->query->window);
}

static int add_words(struct cvn_event_plan *plan, int index, const struct cvn_event_words *words,
                     unsigned tells)
{
    struct cvn_event_stream *stream;
    if (words->n == 0)
        return 0;
    int r = begin(plan, words->n, &stream);
    stream->tells = tells;
    for (size_t i = 0; r == 0 && i < words->n; i++)
        r = add_text_range(plan, stream, index, words->items[i]);
    return r;
}

static int add_groups(struct cvn_event_plan *plan)
{
    const struct cvn_event_query *query = plan->query;
    struct cvn_event_stream *stream;
    if (!query->by_groups)
        return 0;
    plan->empty |= query->n_groups == 0;
    int r = begin(plan, query->n_groups, &stream);
    for (size_t i = 0; r == 0 && i < query->n_groups; i++) {
        struct cvn_key prefix;
        cvn_key_init(&prefix);
        cvn_key_put_id(&prefix, &query->groups[i]);
        r = cvn_event_stream_add(stream, CVN_EVENT_BY_GROUP, &prefix, &query->window);
    }
    return r;
}

static int add_mode(struct cvn_event_plan *plan, struct cvn_event_stream *stream,
                    Convene__Events__V1__AttendanceMode mode)
{
    struct cvn_key prefix;
    cvn_key_init(&prefix);
    cvn_key_put_u8(&prefix, (uint8_t)mode);
    return cvn_event_stream_add(stream, CVN_EVENT_BY_MODE, &prefix, &plan->query->window);
}

/* Around a pole even the coarsest cells are many: all events are walked and measured. */
static int add_circle(struct cvn_event_plan *plan)
{
    const struct cvn_event_query *query = plan->query;
    struct cvn_event_stream *stream;
    struct cvn_event_cells cells;
    struct cvn_key none;
    if (!query->by_circle)
        return 0;
    int r = begin(plan, CVN_EVENT_CELLS_MAX + 1, &stream);
    if (r)
        return r;
    cvn_key_init(&none);
    if (cvn_event_cells_cover_finest(&cells, query->centre, query->radius_m))
        r = cvn_event_stream_add_cells(stream, CVN_EVENT_BY_CELL, &none, &cells, &query->window);
    else
        r = cvn_event_stream_add(stream, CVN_EVENT_BY_START, &none, &query->window);
    if (r == 0 && query->request->online_too)
        r = add_mode(plan, stream, CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE);
    return r;
}

/*
 * One index has topics and places together, which serves where all topics' cells are few. What is
 * wanted because it is online stands in no cell.
 */
static bool cover_topics(const struct cvn_event_query *query, struct cvn_event_cells *ret)
{
    size_t n = query->topics.n;
    return query->by_circle && !query->request->online_too && n > 0 &&
           n <= CVN_EVENT_TOPIC_CELLS_MAX &&
           cvn_event_cells_cover(ret, CVN_EVENT_TOPIC_CELL_BITS, query->centre, query->radius_m,
                                 CVN_EVENT_TOPIC_CELLS_MAX / n);
}

static int add_topics_in_cells(struct cvn_event_plan *plan, const struct cvn_event_cells *cells)
{
    const struct cvn_event_query *query = plan->query;
    struct cvn_event_stream *stream;
    int r = begin(plan, query->topics.n * cells->n, &stream);
    stream->tells = CVN_EVENT_ASK_TOPICS;
    for (size_t i = 0; r == 0 && i < query->topics.n; i++) {
        struct cvn_key topic;
        cvn_key_init(&topic);
        cvn_key_put_text(&topic, query->topics.items[i]);
        r = cvn_event_stream_add_cells(stream, CVN_EVENT_BY_TOPIC_CELL, &topic, cells,
                                       &query->window);
    }
    return r;
}

static int add_topics_and_circle(struct cvn_event_plan *plan)
{
    struct cvn_event_cells cells;
    if (cover_topics(plan->query, &cells))
        return add_topics_in_cells(plan, &cells);
    int r = add_circle(plan);
    return r ? r : add_words(plan, CVN_EVENT_BY_TOPIC, &plan->query->topics, CVN_EVENT_ASK_TOPICS);
}

static int add_series(struct cvn_event_plan *plan, bool *needed)
{
    const struct cvn_event_query *query = plan->query;
    struct cvn_event_stream *stream;
    struct cvn_key prefix;
    if (!query->by_series)
        return 0;
    needed[plan->n_streams] = true;
    cvn_key_init(&prefix);
    cvn_key_put_id(&prefix, &query->series);
    int r = begin(plan, 1, &stream);
    return r ? r : cvn_event_stream_add(stream, CVN_EVENT_BY_SERIES, &prefix, &query->window);
}

/* An attendee's events are as many as one person goes to: looked up and sorted here. */
static int add_attendee(struct cvn_event_plan *plan, bool *needed)
{
    const struct cvn_event_query *query = plan->query;
    struct cvn_event_stream *stream;
    struct cvn_rsvp_of_person *rsvps;
    size_t n_rsvps, n = 0;
    if (!query->by_attendee)
        return 0;
    needed[plan->n_streams] = true;
    int r = begin(plan, 0, &stream);
    if (r == 0)
        r = cvn_rsvps_of_person(query->ctx, &query->attendee, &rsvps, &n_rsvps);
    if (r)
        return r;
    struct cvn_event_entry *entries =
        cvn_arena_alloc_array(query->ctx->arena, n_rsvps, sizeof *entries);
    if (!entries)
        return -ENOMEM;
    for (size_t i = 0; i < n_rsvps; i++) {
        if (!cvn_event_filter_attends((int)rsvps[i].state))
            continue;
        r = cvn_event_plan_find_traits(query->ctx->txn, &rsvps[i].event, &entries[n]);
        if (r && r != CVN_STORE_ABSENT)
            return r;
        n += r == 0;
    }
    cvn_event_stream_set_entries(stream, entries, n, &query->window);
    return 0;
}

static int add_token_range(struct cvn_event_plan *plan, struct cvn_event_stream *stream,
                           uint8_t kind, struct cvn_slice text)
{
    struct cvn_key prefix;
    cvn_key_init(&prefix);
    cvn_key_put_u8(&prefix, kind);
    cvn_key_put_text(&prefix, text);
    return cvn_event_stream_add(stream, CVN_EVENT_BY_TOKEN, &prefix, &plan->query->window);
}

/*
 * The distinct tokens of the kind that begin so, at most max of them; memory is the arena's. 0 or a
 * fault.
 */
static int find_tokens(struct cvn_ctx *ctx, uint8_t kind, struct cvn_slice beginning,
                       struct cvn_slice *texts, size_t max, size_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_u8(&lo, kind);
    cvn_key_put_text_prefix(&lo, beginning);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_event_indexes[CVN_EVENT_BY_TOKEN],
                                  (struct cvn_slice[2]){cvn_key_slice(&lo), cvn_key_slice(&hi)},
                                  CVN_FORWARD);
    for (*ret_n = 0; r == 0 && *ret_n < max; ++*ret_n) {
        struct cvn_index_entry entry;
        struct cvn_key_reader reader;
        char buffer[CVN_KEY_BYTES_MAX];
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r)
            break;
        cvn_key_reader_init(&reader, entry.key);
        (void)cvn_key_get_u8(&reader);
        struct cvn_slice text = cvn_key_get_text(&reader, buffer, sizeof buffer);
        texts[*ret_n] = cvn_arena_slice(ctx->arena, text);
        if (reader.failed || !texts[*ret_n].data)
            return reader.failed ? -EUCLEAN : -ENOMEM;
        cvn_key_init(&lo);
        cvn_key_put_u8(&lo, kind);
        cvn_key_put_text(&lo, text);
        cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
        r = cvn_index_cursor_seek(&cursor, cvn_key_slice(&hi), cvn_slice(NULL, 0));
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* One stream of one token. */
static int add_token(struct cvn_event_plan *plan, uint8_t kind, struct cvn_slice text)
{
    struct cvn_event_stream *stream;
    int r = begin(plan, 1, &stream);
    return r ? r : add_token_range(plan, stream, kind, text);
}

/*
 * A beginning as long as a stem stands in the index itself. One between the two is that of long
 * stems and of words as short as it is; a longer one that of words. Of too many the stem is walked
 * that they have in common.
 */
static int add_beginning(struct cvn_event_plan *plan, struct cvn_slice beginning)
{
    struct cvn_slice texts[CVN_EVENT_PLAN_WORDS_MAX + 1];
    struct cvn_slice stem =
        cvn_slice(beginning.data, cvn_text_beginning(beginning, CVN_TOKEN_STEM));
    struct cvn_slice long_stem =
        cvn_slice(beginning.data, cvn_text_beginning(beginning, CVN_TOKEN_LONG_STEM));
    bool is_long = cvn_text_beginning(beginning, CVN_TOKEN_LONG_STEM - 1) < long_stem.len;
    struct cvn_event_stream *stream;
    size_t n = 0;
    if (stem.len == beginning.len || (is_long && long_stem.len == beginning.len))
        return add_token(plan, CVN_EVENT_TOKEN_STEM, beginning);
    uint8_t kind = is_long ? CVN_EVENT_TOKEN_WHOLE : CVN_EVENT_TOKEN_STEM;
    int r = find_tokens(plan->query->ctx, kind, beginning, texts, CVN_EVENT_PLAN_WORDS_MAX + 1, &n);
    if (r)
        return r;
    if (n > CVN_EVENT_PLAN_WORDS_MAX) {
        plan->query->reads_tokens = true;
        return add_token(plan, CVN_EVENT_TOKEN_STEM, is_long ? long_stem : stem);
    }
    r = begin(plan, n + 1, &stream);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = add_token_range(plan, stream, kind, texts[i]);
    if (r == 0 && !is_long)
        r = add_token_range(plan, stream, CVN_EVENT_TOKEN_WHOLE, beginning);
    return r;
}

static int add_tokens(struct cvn_event_plan *plan, bool *needed)
{
    const struct cvn_event_query *query = plan->query;
    int r = 0;
    for (size_t i = 0; r == 0 && i < query->n_tokens; i++) {
        const struct cvn_token *token = &query->tokens[i];
        needed[plan->n_streams] = true;
        r = token->kind == CVN_TOKEN_BEGINNING
                ? add_beginning(plan, token->text)
                : add_token(plan, CVN_EVENT_TOKEN_WHOLE, token->text);
    }
    return r;
}

static int add_rest(struct cvn_event_plan *plan)
{
    const struct cvn_event_query *query = plan->query;
    struct cvn_event_stream *stream;
    struct cvn_key all;
    int r = add_words(plan, CVN_EVENT_BY_LANGUAGE, &query->languages, CVN_EVENT_ASK_LANGUAGES);
    if (r == 0 && query->request->attendance_mode) {
        r = begin(plan, 1, &stream);
        if (r == 0)
            r = add_mode(plan, stream, query->request->attendance_mode);
    }
    if (r || plan->n_streams > 0)
        return r;
    cvn_key_init(&all);
    r = begin(plan, 1, &stream);
    return r ? r : cvn_event_stream_add(stream, CVN_EVENT_BY_START, &all, &query->window);
}

int cvn_event_plan_add_streams(struct cvn_event_plan *plan, bool *needed)
{
    const struct cvn_event_query *query = plan->query;
    struct cvn_event_stream *stream;
    int r = add_attendee(plan, needed);
    if (r == 0)
        r = add_series(plan, needed);
    if (r == 0)
        r = add_tokens(plan, needed);
    if (r || query->by_attendee)
        return r; /* few enough to be asked by their traits */
    r = add_groups(plan);
    if (r == 0)
        r = add_topics_and_circle(plan);
    if (r == 0 && query->city.len > 0) {
        r = begin(plan, 1, &stream);
        stream->tells = CVN_EVENT_ASK_CITY;
        if (r == 0)
            r = add_text_range(plan, stream, CVN_EVENT_BY_CITY, query->city);
    }
    return r ? r : add_rest(plan);
}
