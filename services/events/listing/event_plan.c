#include "services/events/listing/event_plan.h"

#include "services/events/listing/event_plan_streams.h"
#include "services/events/meetups/event_table.h"

#include <errno.h>

/* What the first entries of a stream tell: how many there are, and up to where they reach. */
struct density {
    struct cvn_event_stream *stream;
    size_t n; /* CVN_EVENT_PLAN_PROBE, or all there are */
    struct cvn_event_place reach;
};

static int probe(struct cvn_event_stream *stream, struct density *ret)
{
    int r = cvn_event_stream_look_ahead(stream, CVN_EVENT_PLAN_PROBE);
    *ret = (struct density){.stream = stream, .n = stream->n_entries};
    if (ret->n > CVN_EVENT_PLAN_PROBE)
        ret->n = CVN_EVENT_PLAN_PROBE;
    if (ret->n > 0)
        ret->reach = stream->entries[ret->n - 1].place;
    return r;
}

/* Fewer entries, or as many that reach further. */
static bool is_sparser(const struct density *a, const struct density *b)
{
    if (a->n != b->n)
        return a->n < b->n;
    return cvn_event_place_order(&a->reach, &b->reach, a->stream->direction) > 0;
}

/* Those that must go along, the sparsest first. */
static void insert(struct density *sorted, size_t n, const struct density *density)
{
    for (; n > 0 && is_sparser(density, &sorted[n - 1]); n--)
        sorted[n] = sorted[n - 1];
    sorted[n] = *density;
}

/*
 * Chooses what is walked: all streams that no traits stand for, and the sparsest of the others
 * where it is sparser than these.
 */
static int choose(struct cvn_event_plan *plan, const bool *needed)
{
    struct density sorted[CVN_EVENT_PLAN_STREAMS_MAX + 1], best = {NULL};
    size_t n = 0;
    for (size_t i = 0; i < plan->n_streams; i++) {
        struct density density = {.stream = &plan->streams[i]};
        int r = plan->n_streams > 1 ? probe(&plan->streams[i], &density) : 0;
        if (r)
            return r;
        if (needed[i])
            insert(sorted, n++, &density);
        else if (!best.stream || is_sparser(&density, &best))
            best = density;
    }
    if (best.stream && (n == 0 || is_sparser(&best, &sorted[0])))
        insert(sorted, n++, &best);
    for (size_t i = 0; i < n; i++) {
        plan->walked[plan->n_walked++] = sorted[i].stream;
        plan->query->told |= sorted[i].stream->tells;
    }
    return 0;
}

int cvn_event_plan_open(struct cvn_event_plan *plan, struct cvn_event_query *query,
                        size_t n_seen_max)
{
    bool needed[CVN_EVENT_PLAN_STREAMS_MAX] = {false};
    *plan = (struct cvn_event_plan){.query = query, .n_seen_max = n_seen_max};
    int r = cvn_event_plan_add_streams(plan, needed);
    if (r == 0 && !plan->empty)
        r = choose(plan, needed);
    plan->n_seen = 0; /* what choosing took is bounded by itself */
    return r;
}

int cvn_event_plan_row(struct cvn_event_plan *plan, const struct cvn_event_place *place,
                       const struct cvn_event_row **ret)
{
    int r = 0;
    if (!plan->rows.cursor.engine)
        r = cvn_event_rows_init(&plan->rows, plan->query->ctx->txn);
    if (r == 0 && !plan->row_read)
        r = cvn_event_rows_get(&plan->rows, &place->id, &plan->row);
    plan->row_read = r == 0;
    *ret = &plan->row;
    return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
}

/* The row tells as much where no filter is about the words of an event or its place. */
static bool is_told_by_row(const struct cvn_event_query *query)
{
    return query->topics.n == 0 && query->languages.n == 0 && query->city.len == 0 &&
           !query->by_circle;
}

static int read_traits(struct cvn_event_plan *plan, const struct cvn_event_place *place,
                       struct cvn_event_traits *ret)
{
    const struct cvn_event_row *row;
    int r = cvn_event_plan_row(plan, place, &row);
    return r ? r : cvn_event_traits_of_row(row->event, ret);
}

/*
 * The traits of the entry; where its index has none, those of the event's row, which is read next
 * anyway, or of the event's own entry.
 */
static int find_traits(struct cvn_event_plan *plan, const struct cvn_event_entry *entry,
                       struct cvn_event_traits *ret)
{
    struct cvn_slice traits = entry->traits;
    struct cvn_event_entry own;
    int r = 0;
    if (traits.len == 0) {
        plan->n_seen++;
        if (is_told_by_row(plan->query))
            return read_traits(plan, &entry->place, ret);
        r = cvn_event_plan_find_traits(plan->query->ctx->txn, &entry->place.id, &own);
        traits = own.traits;
    }
    if (r)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    return cvn_event_traits_unpack(traits, ret) ? 0 : -EUCLEAN;
}

static void note_passed(struct cvn_event_plan *plan, const struct cvn_event_place *place)
{
    plan->passed = *place;
    plan->any_passed = true;
}

/*
 * Brings the others to where the leader is. 0 when all are there; CVN_STORE_ABSENT when one has
 * ended; otherwise 1, the leader having jumped to where one of them is.
 */
static int align(struct cvn_event_plan *plan, const struct cvn_event_place *place)
{
    for (size_t i = 1; i < plan->n_walked; i++) {
        int r = cvn_event_stream_seek(plan->walked[i], place);
        if (r)
            return r;
        const struct cvn_event_entry *head = cvn_event_stream_head(plan->walked[i]);
        if (!head)
            return CVN_STORE_ABSENT;
        if (cvn_event_place_compare(&head->place, place) == 0)
            continue;
        struct cvn_event_place to = head->place;
        struct cvn_event_place before = cvn_event_place_before(&to, plan->query->direction);
        note_passed(plan, &before);
        r = cvn_event_stream_seek(plan->walked[0], &to);
        return r ? r : 1;
    }
    return 0;
}

int cvn_event_plan_next(struct cvn_event_plan *plan, struct cvn_event_place *ret_place,
                        struct cvn_event_traits *ret_traits)
{
    const struct cvn_event_entry *head;
    while (!plan->empty && (head = cvn_event_stream_head(plan->walked[0]))) {
        struct cvn_event_place place = head->place;
        bool wanted = true;
        plan->row_read = false;
        if (plan->n_seen >= plan->n_seen_max && plan->any_passed)
            return CVN_EVENT_PLAN_SPENT;
        /* Traits that are at hand are asked before anything is sought. */
        bool at_hand = head->traits.len > 0;
        int r = at_hand ? find_traits(plan, head, ret_traits) : 0;
        if (r == 0 && at_hand)
            r = cvn_event_query_admits(plan->query, ret_traits, &wanted);
        if (r == 0 && wanted)
            r = align(plan, &place);
        if (r == 1)
            continue;
        if (r == 0 && wanted && !at_hand) {
            r = find_traits(plan, head, ret_traits);
            if (r == 0)
                r = cvn_event_query_admits(plan->query, ret_traits, &wanted);
        }
        if (r)
            return r;
        note_passed(plan, &place);
        r = cvn_event_stream_pass(plan->walked[0]);
        if (r)
            return r;
        if (wanted) {
            *ret_place = place;
            return 0;
        }
    }
    return CVN_STORE_ABSENT;
}

void cvn_event_plan_charge(struct cvn_event_plan *plan, size_t n_entries)
{
    plan->n_seen += n_entries;
}

void cvn_event_plan_deinit(struct cvn_event_plan *plan)
{
    for (size_t i = 0; i < plan->n_streams; i++)
        cvn_event_stream_deinit(&plan->streams[i]);
    plan->n_streams = 0;
    cvn_event_rows_deinit(&plan->rows);
}
