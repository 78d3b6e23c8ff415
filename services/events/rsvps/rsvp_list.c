#include "services/events/rsvps/rsvp_list.h"

#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"
#include "services/runtime/page.h"

#include <errno.h>

enum {
    PAGE_DEFAULT = 50,
    PAGE_MAX = 1000,
    LOOKED_AT_MAX = 10000, /* rows for one page; a page may be short, and its token goes on */
    SCRATCH_BYTES_MAX = 1 << 20,
};

#define STATE(name) CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

struct list {
    struct cvn_ctx *ctx;
    struct cvn_id event;
    const Convene__Events__V1__ListRsvpsRequest *req;
    Convene__Events__V1__ListRsvpsResponse *reply;
    bool organised;         /* the caller sees everything; others who comes, and no more */
    bool gathers;           /* lots are still to be drawn */
    struct cvn_slice after; /* key of the last row of the page before; empty for the first */
    size_t page_size;
    size_t looked_at;
    struct cvn_key last;
    bool more; /* the page ended before the rows did */
};

static bool is_full(struct list *list)
{
    list->more = list->reply->n_rsvps == list->page_size || list->looked_at == LOOKED_AT_MAX;
    return list->more;
}

static void remember(struct list *list, struct cvn_slice key)
{
    cvn_key_init(&list->last);
    cvn_key_put_raw(&list->last, key);
    list->looked_at++;
}

static int take(struct list *list, const struct cvn_id *person, int32_t position)
{
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_rsvp_get(list->ctx, &list->event, person, &rsvp);
    if (r == 0)
        r = cvn_person_name(list->ctx, person, &rsvp->display_name);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    cvn_rsvp_show_state(list->ctx, rsvp);
    rsvp->queue_position = position;
    if (list->gathers)
        rsvp->queue_position = 0; /* the order means nothing before the draw */
    if (!list->organised) {
        rsvp->guests = 0;
        rsvp->create_time = NULL;
        rsvp->update_time = NULL;
        rsvp->n_answers = 0;
        rsvp->change_count = 0;
        rsvp->move_hash = (char *)(uintptr_t)protobuf_c_empty_string;
        rsvp->walked_in = false;
    }
    list->reply->rsvps[list->reply->n_rsvps++] = rsvp;
    return 0;
}

/* Which kind of row a page begins in; the key is one that was sealed here. */
static bool begins_in(const struct list *list, uint8_t kind)
{
    return list->after.len > CVN_EVENTS_KIND_AT &&
           ((const uint8_t *)list->after.data)[CVN_EVENTS_KIND_AT] == kind;
}

/* How many are in the queue before this page, and in which. */
static int count_before(const struct list *list, uint32_t *ret, enum cvn_seat_kind *ret_kind)
{
    struct cvn_key_reader reader;
    if (list->after.len == 0) {
        *ret = 0;
        *ret_kind = CVN_SEATS_ROOM;
        return 0;
    }
    cvn_key_reader_init(&reader, list->after);
    (void)cvn_key_get_u8(&reader);
    (void)cvn_key_get_id(&reader);
    (void)cvn_key_get_u8(&reader);
    struct cvn_queue_place next = {.kind = (enum cvn_seat_kind)cvn_key_get_u8(&reader)};
    next.rank = cvn_key_get_u64(&reader) + 1;
    if (!cvn_key_reader_done(&reader))
        return -EBADMSG;
    *ret_kind = next.kind;
    return cvn_queue_before(list->ctx, &list->event, &next, ret);
}

static int list_queue(struct list *list)
{
    struct cvn_slice key, value;
    struct cvn_queued queued;
    uint32_t position;
    enum cvn_seat_kind kind;
    CVN_CURSOR_AUTO cursor = {0};
    int r = count_before(list, &position, &kind);
    if (r == 0)
        r = cvn_queue_walk(list->ctx, &list->event, &cursor);
    if (r == 0 && list->after.len > 0)
        r = cvn_cursor_resume(&cursor, list->after);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        if (is_full(list))
            return 0;
        if (!cvn_queue_read(key, value, &queued))
            return -EUCLEAN;
        remember(list, key);
        if (queued.place.kind != kind)
            position = 0;
        kind = queued.place.kind;
        r = take(list, &queued.person, (int32_t)++position);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Looks at the state only, in memory of its own: most rows may be turned away. */
static int is_wanted(const struct list *list, struct cvn_slice value, bool *ret)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_record_unpack(&scratch, &convene__events__v1__rsvp__descriptor, value, &rsvp);
    if (r != 0)
        return r;
    bool queued = rsvp->state == STATE(WAITLISTED);
    cvn_rsvp_show_state(list->ctx, rsvp);
    *ret = !queued && (list->req->state == STATE(UNSPECIFIED) || list->req->state == rsvp->state) &&
           cvn_rsvp_sight_shows(list->organised ? CVN_RSVP_SIGHT_ALL : CVN_RSVP_SIGHT_COMING,
                                rsvp->state);
    return 0;
}

static int list_others(struct list *list)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    struct cvn_id event, person;
    bool wanted;
    cvn_event_kind_key(&lo, &list->event, CVN_EVENT_KIND_RSVP);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor = {0};
    int r = cvn_cursor_init(&cursor, list->ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                            CVN_FORWARD);
    if (r == 0 && begins_in(list, CVN_EVENT_KIND_RSVP))
        r = cvn_cursor_resume(&cursor, list->after);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        if (is_full(list))
            return 0;
        if (!cvn_rsvp_of_key(key, &event, &person))
            return -EUCLEAN;
        remember(list, key);
        r = is_wanted(list, value, &wanted);
        if (r == 0 && wanted)
            r = take(list, &person, 0);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int read_request(struct list *list)
{
    struct cvn_ctx *ctx = list->ctx;
    const ProtobufCEnumDescriptor *states = &convene__events__v1__rsvp_state__descriptor;
    list->page_size = (size_t)cvn_page_size(ctx, list->req->page_size, PAGE_DEFAULT, PAGE_MAX);
    (void)cvn_page_token_read(ctx, &list->req->base, &list->after);
    if (!protobuf_c_enum_descriptor_get_value(states, (int)list->req->state))
        cvn_problems_add(&ctx->problems, "state", "is %d, which no RSVP is in",
                         (int)list->req->state);
    if (cvn_ctx_refuse_problems(ctx) != 0)
        return CVN_REFUSED;
    struct cvn_rsvp_case c;
    int r = cvn_rsvp_case_find(ctx, "event_id", list->req->event_id, &c);
    if (r != 0)
        return r;
    list->event = c.event_id;
    list->organised = cvn_rsvp_case_organised(&c);
    list->gathers = cvn_rsvp_case_gathers(&c);
    if (!list->organised && list->req->state != STATE(UNSPECIFIED) &&
        list->req->state != STATE(YES))
        return cvn_ctx_refuse_access(ctx, "see others than those who come; organisers may");
    return 0;
}

int cvn_rsvps_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    struct list list = {.ctx = ctx, .req = request, .reply = reply};
    int r = read_request(&list);
    if (r != 0)
        return r;
    list.reply->rsvps = cvn_arena_alloc_array(ctx->arena, list.page_size, sizeof(void *));
    if (!list.reply->rsvps)
        return -ENOMEM;
    bool all = list.req->state == STATE(UNSPECIFIED);
    if (list.organised && (all || list.req->state == STATE(WAITLISTED)) &&
        !begins_in(&list, CVN_EVENT_KIND_RSVP))
        r = list_queue(&list);
    if (r == 0 && !list.more && list.req->state != STATE(WAITLISTED))
        r = list_others(&list);
    if (r != 0 || !list.more)
        return r;
    list.reply->next_page_token =
        cvn_page_token_make(ctx, &list.req->base, cvn_key_slice(&list.last));
    return list.reply->next_page_token ? 0 : -ENOMEM;
}
