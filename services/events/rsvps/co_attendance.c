#include "services/events/rsvps/co_attendance.h"

#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/attended.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seat_counts.h"
#include "services/events/spaces.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    RSVP_BYTES_MAX = 1 << 20,
    SCAN_FACTOR = 2, /* so many rows read in order cost as much as one that is looked up */
};

/* Whom a person may be paired with, and what both came to. */
struct other {
    struct cvn_id id;
    size_t n_events;
    const struct cvn_attended_event *events[CVN_CO_ATTENDANCE_EVENTS_MAX];
};

struct search {
    struct cvn_attended attended;
    struct cvn_arena row; /* of one RSVP */
    struct cvn_id *people;
    size_t n_people;
    struct other *others; /* by id, as people are */
    size_t n_others;
    bool among;             /* others are the people: each pair once */
    struct cvn_id after[2]; /* the pair shown last */
    bool resumes;
    size_t n_looks;
    Convene__Events__V1__ListCoAttendanceResponse *response;
    size_t page_size;
};

int cvn_co_attendance_check(struct cvn_ctx *ctx, const void *request)
{
    const Convene__Events__V1__ListCoAttendanceRequest *req = request;
    (void)cvn_page_size(ctx, req->page_size, CVN_CO_ATTENDANCE_DEFAULT, CVN_CO_ATTENDANCE_MAX);
    if (req->n_person_ids == 0)
        cvn_problems_add(&ctx->problems, "person_ids", "are none; 1 to %d are right",
                         CVN_ATTENDED_PEOPLE_MAX);
    cvn_attended_check_people(ctx, "person_ids", req->person_ids, req->n_person_ids);
    cvn_attended_check_people(ctx, "other_person_ids", req->other_person_ids,
                              req->n_other_person_ids);
    return cvn_ctx_refuse_problems(ctx);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, CVN_ID_BYTES);
}

/* The ids of a request, sorted, each once. */
static int read_ids(struct cvn_ctx *ctx, char *const *texts, size_t n, struct cvn_id **ret,
                    size_t *ret_n)
{
    struct cvn_id *ids = cvn_arena_alloc_array(ctx->arena, n + 1, sizeof *ids);
    size_t n_ids = 0;
    if (!ids)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        (void)cvn_id_parse(&ids[i], CVN_PERSON_PREFIX, texts[i]);
    qsort(ids, n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < n; i++)
        if (n_ids == 0 || !cvn_id_equal(&ids[n_ids - 1], &ids[i]))
            ids[n_ids++] = ids[i];
    *ret = ids;
    *ret_n = n_ids;
    return 0;
}

static int read_people(struct search *search,
                       const Convene__Events__V1__ListCoAttendanceRequest *req)
{
    struct cvn_ctx *ctx = search->attended.ctx;
    struct cvn_id *others;
    search->among = req->n_other_person_ids == 0;
    int r = read_ids(ctx, req->person_ids, req->n_person_ids, &search->people, &search->n_people);
    if (r == 0)
        r = read_ids(ctx, search->among ? req->person_ids : req->other_person_ids,
                     search->among ? req->n_person_ids : req->n_other_person_ids, &others,
                     &search->n_others);
    if (r)
        return r;
    search->others = cvn_arena_alloc_array(ctx->arena, search->n_others, sizeof *search->others);
    if (!search->others)
        return -ENOMEM;
    for (size_t i = 0; i < search->n_others; i++)
        search->others[i].id = others[i];
    return 0;
}

static bool read_cursor(struct search *search, const ProtobufCMessage *request)
{
    struct cvn_ctx *ctx = search->attended.ctx;
    struct cvn_slice cursor;
    struct cvn_key_reader reader;
    if (!cvn_page_token_read(ctx, request, &cursor))
        return false;
    if (cursor.len == 0)
        return true;
    cvn_key_reader_init(&reader, cursor);
    search->after[0] = cvn_key_get_id(&reader);
    search->after[1] = cvn_key_get_id(&reader);
    search->resumes = true;
    if (cvn_key_reader_done(&reader))
        return true;
    cvn_problems_add(&ctx->problems, "page_token",
                     "is of another version; leave it empty for the first page");
    return false;
}

/* Notes that the other came, too, if the RSVP says so. */
static int note(struct search *search, struct other *other, struct cvn_slice value,
                const struct cvn_attended_event *event)
{
    Convene__Events__V1__Rsvp *rsvp;
    cvn_arena_reset(&search->row);
    int r = cvn_record_unpack(&search->row, &convene__events__v1__rsvp__descriptor, value, &rsvp);
    if (r || !cvn_attended_counts(&search->attended, event, &other->id, rsvp->state))
        return r;
    if (other->n_events < CVN_CO_ATTENDANCE_EVENTS_MAX)
        other->events[other->n_events] = event;
    other->n_events++;
    return 0;
}

/* Looks up each of the others from the first on. */
static int look_up(struct search *search, const struct cvn_attended_event *event, size_t first)
{
    struct cvn_txn *txn = search->attended.ctx->txn;
    for (size_t i = first; i < search->n_others; i++) {
        struct cvn_key key;
        struct cvn_slice value;
        cvn_rsvp_key(&key, cvn_attended_event_id(event), &search->others[i].id);
        search->n_looks++;
        int r = cvn_txn_get(txn, cvn_key_slice(&key), &value);
        if (r == 0)
            r = note(search, &search->others[i], value, event);
        if (r && r != CVN_STORE_ABSENT)
            return r;
    }
    return 0;
}

/* Reads the event's RSVPs in order of their people, and the others beside them. */
static int scan(struct search *search, const struct cvn_attended_event *event, size_t first)
{
    CVN_CURSOR_AUTO cursor = {0};
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    cvn_event_kind_key(&lo, cvn_attended_event_id(event), CVN_EVENT_KIND_RSVP);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    int r = cvn_cursor_init(&cursor, search->attended.ctx->txn, cvn_key_slice(&lo),
                            cvn_key_slice(&hi), CVN_FORWARD);
    size_t i = first;
    while (r == 0 && i < search->n_others && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        struct cvn_id of_event, person;
        search->n_looks++;
        if (!cvn_rsvp_of_key(key, &of_event, &person))
            return -EUCLEAN;
        while (i < search->n_others && compare_ids(&search->others[i].id, &person) < 0)
            i++;
        if (i < search->n_others && cvn_id_equal(&search->others[i].id, &person))
            r = note(search, &search->others[i], value, event);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Finds what the others, from the first on, shared with the person. */
static int find_shared(struct search *search, const struct cvn_id *person, size_t first)
{
    const struct cvn_attended_event **events;
    size_t n;
    for (size_t i = 0; i < search->n_others; i++)
        search->others[i].n_events = 0;
    int r = cvn_attended_by(&search->attended, person, &events, &n);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct cvn_seats seats;
        r = cvn_seats_get(search->attended.ctx, cvn_attended_event_id(events[i]), &seats);
        if (r == 0)
            r = seats.n_rsvps <= SCAN_FACTOR * (search->n_others - first)
                    ? scan(search, events[i], first)
                    : look_up(search, events[i], first);
    }
    return r;
}

static int add_pair(struct search *search, const struct cvn_id *person, const struct other *other)
{
    struct cvn_ctx *ctx = search->attended.ctx;
    Convene__Events__V1__CoAttendance *pair = cvn_arena_alloc(ctx->arena, sizeof *pair);
    size_t n = other->n_events < CVN_CO_ATTENDANCE_EVENTS_MAX ? other->n_events
                                                              : CVN_CO_ATTENDANCE_EVENTS_MAX;
    if (!pair)
        return -ENOMEM;
    convene__events__v1__co_attendance__init(pair);
    pair->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, person);
    pair->other_person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &other->id);
    pair->event_count = (int32_t)other->n_events;
    pair->events = cvn_arena_alloc_array(ctx->arena, n, sizeof(void *));
    int r = pair->person_id && pair->other_person_id && pair->events ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < n; i++)
        r = cvn_attended_message(ctx, other->events[i], &pair->events[pair->n_events++]);
    if (r == 0)
        search->response->pairs[search->response->n_pairs++] = pair;
    return r;
}

static int put_token(struct search *search, const ProtobufCMessage *request,
                     const struct cvn_id *person, const struct cvn_id *other)
{
    struct cvn_key cursor;
    cvn_key_init(&cursor);
    cvn_key_put_id(&cursor, person);
    cvn_key_put_id(&cursor, other);
    search->response->next_page_token =
        cvn_page_token_make(search->attended.ctx, request, cvn_key_slice(&cursor));
    return search->response->next_page_token ? 0 : -ENOMEM;
}

/* Adds a person's pairs; *ret_full where the page ended amid them, with its token. */
static int add_pairs(struct search *search, const ProtobufCMessage *request, size_t at,
                     bool *ret_full)
{
    static const struct cvn_id none;
    const struct cvn_id *person = &search->people[at];
    bool resumes = search->resumes && cvn_id_equal(person, &search->after[0]);
    size_t first = search->among ? at + 1 : 0;
    while (resumes && first < search->n_others &&
           compare_ids(&search->others[first].id, &search->after[1]) <= 0)
        first++;
    int r = find_shared(search, person, first);
    for (size_t i = first; r == 0 && i < search->n_others; i++) {
        const struct other *other = &search->others[i];
        if (other->n_events == 0 || cvn_id_equal(&other->id, person))
            continue;
        if (search->response->n_pairs == search->page_size) {
            *ret_full = true;
            return put_token(search, request, person, i > 0 ? &search->others[i - 1].id : &none);
        }
        r = add_pair(search, person, other);
    }
    return r;
}

static int search_all(struct search *search, const ProtobufCMessage *request)
{
    static const struct cvn_id last = {.bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    size_t at = 0;
    bool full = false;
    while (search->resumes && at < search->n_people &&
           compare_ids(&search->people[at], &search->after[0]) < 0)
        at++;
    int r = 0;
    for (; r == 0 && !full && at < search->n_people; at++) {
        if (search->n_looks >= CVN_CO_ATTENDANCE_LOOKS_MAX)
            return put_token(search, request, &search->people[at - 1], &last);
        r = add_pairs(search, request, at, &full);
    }
    return r;
}

int cvn_co_attendance_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListCoAttendanceRequest *req = request;
    struct search *search = cvn_arena_alloc(ctx->arena, sizeof *search);
    if (!search)
        return -ENOMEM;
    search->attended.ctx = ctx;
    search->attended.since_ms = cvn_attended_since_ms(ctx, req->since);
    search->response = reply;
    search->page_size = (size_t)cvn_page_size(ctx, req->page_size, CVN_CO_ATTENDANCE_DEFAULT,
                                              CVN_CO_ATTENDANCE_MAX);
    search->response->pairs = cvn_arena_alloc_array(ctx->arena, search->page_size, sizeof(void *));
    if (!search->response->pairs)
        return -ENOMEM;
    if (!read_cursor(search, &req->base))
        return cvn_ctx_refuse_problems(ctx);
    cvn_arena_init(&search->row, RSVP_BYTES_MAX);
    int r = cvn_person_require_subject(ctx);
    if (r == 0)
        r = read_people(search, req);
    if (r == 0)
        r = search_all(search, &req->base);
    cvn_arena_deinit(&search->row);
    cvn_attended_deinit(&search->attended);
    return r;
}
