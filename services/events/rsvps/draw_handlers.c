#include "services/events/rsvps/draw_handlers.h"

#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/lottery.h"
#include "services/events/rsvps/lottery_table.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/runtime/page.h"

#include <errno.h>

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

/* How many tickets were drawn: the last has the highest place. */
static int count_tickets(struct cvn_ctx *ctx, const struct cvn_id *event, int32_t *ret)
{
    CVN_CURSOR_AUTO cursor = {0};
    struct cvn_lottery_ticket ticket;
    uint32_t place;
    int r = cvn_lottery_walk(ctx, event, 0, &cursor);
    *ret = 0;
    while (r == 0 && (r = cvn_lottery_next(&cursor, &place, &ticket)) == 0)
        *ret = (int32_t)place;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int show(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, Convene__Events__V1__Draw *draw)
{
    const Convene__Events__V1__Event *event = c->event;
    struct cvn_seats seats;
    if (!event->lottery_commitment[0])
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "NOT_A_LOTTERY",
                                    "The event's waitlist is no lottery.");
    draw->event_id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &c->event_id);
    draw->commitment = event->lottery_commitment;
    draw->draw_time = event->lottery_draw_time;
    draw->drawn_time = event->lottery_drawn_time;
    draw->seed = event->lottery_seed;
    if (!draw->event_id)
        return -ENOMEM;
    if (event->lottery_drawn_time)
        return count_tickets(ctx, &c->event_id, &draw->ticket_count);
    int r = cvn_seats_get(ctx, &c->event_id, &seats);
    draw->ticket_count =
        (int32_t)(seats.waitlist_count[CVN_SEATS_ROOM] + seats.waitlist_count[CVN_SEATS_ONLINE]);
    return r;
}

int cvn_draw_lots(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__DrawLotsRequest *req = request;
    struct cvn_rsvp_case c;
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0 && !cvn_rsvp_case_organised(&c))
        return cvn_ctx_refuse_access(ctx, "draw lots; organisers of the group may");
    if (r != 0)
        return r;
    if (!c.event->lottery_drawn_time &&
        ctx->now_ms < cvn_record_time_ms(c.event->lottery_draw_time, INT64_MIN))
        return cvn_ctx_refuse_state(ctx, CVN_FAILED_PRECONDITION, "DRAW_LATER",
                                    "Lots were announced to be drawn later; give the event another "
                                    "draw time first, which everybody sees.");
    if (!c.event->lottery_drawn_time)
        r = cvn_lottery_draw(ctx, &c.event_id, c.event);
    return r == 0 ? show(ctx, &c, reply) : r;
}

int cvn_draw_get(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__GetDrawRequest *req = request;
    struct cvn_rsvp_case c;
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    return r == 0 ? show(ctx, &c, reply) : r;
}

/* A ticket as the caller may see it: whose it is concerns organisers and that person. */
static int show_ticket(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c,
                       const struct cvn_lottery_ticket *row, Convene__Events__V1__DrawTicket *ret)
{
    char text[CVN_DRAW_TEXT_BYTES];
    bool own =
        ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&row->person, &ctx->who.person);
    bool hybrid =
        c->event->attendance_mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED;
    cvn_draw_format(text, row->ticket.bytes);
    ret->ticket = cvn_arena_strdup(ctx->arena, text);
    ret->party = (int32_t)row->party;
    if (hybrid || row->kind == CVN_SEATS_ONLINE)
        ret->way = row->kind == CVN_SEATS_ONLINE
                       ? CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE
                       : CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_OFFLINE;
    if (!ret->ticket)
        return -ENOMEM;
    if (!own && !cvn_rsvp_case_organised(c))
        return 0;
    ret->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &row->person);
    int r = ret->person_id ? cvn_person_name(ctx, &row->person, &ret->display_name) : -ENOMEM;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Where the page begins: behind the place in its token. */
static int read_place(struct cvn_ctx *ctx, struct cvn_slice after, uint32_t *ret)
{
    struct cvn_key_reader reader;
    *ret = 0;
    if (after.len == 0)
        return 0;
    cvn_key_reader_init(&reader, after);
    *ret = cvn_key_get_u32(&reader);
    if (cvn_key_reader_done(&reader))
        return 0;
    cvn_problems_add(&ctx->problems, "page_token", "is none of this list; leave it out");
    return cvn_ctx_refuse_problems(ctx);
}

static int list_from(struct cvn_ctx *ctx, const struct cvn_rsvp_case *c, uint32_t after,
                     const Convene__Events__V1__ListDrawTicketsRequest *req,
                     Convene__Events__V1__ListDrawTicketsResponse *reply)
{
    size_t size = (size_t)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    struct cvn_lottery_ticket row;
    struct cvn_key last;
    uint32_t place = after;
    CVN_CURSOR_AUTO cursor = {0};
    reply->tickets = cvn_arena_alloc_array(ctx->arena, size, sizeof *reply->tickets);
    int r = reply->tickets ? cvn_lottery_walk(ctx, &c->event_id, after, &cursor) : -ENOMEM;
    while (r == 0 && (r = cvn_lottery_next(&cursor, &place, &row)) == 0) {
        if (reply->n_tickets == size) {
            cvn_key_init(&last);
            cvn_key_put_u32(&last, place - 1);
            reply->next_page_token = cvn_page_token_make(ctx, &req->base, cvn_key_slice(&last));
            return reply->next_page_token ? 0 : -ENOMEM;
        }
        Convene__Events__V1__DrawTicket *ticket = cvn_arena_alloc(ctx->arena, sizeof *ticket);
        if (!ticket)
            return -ENOMEM;
        convene__events__v1__draw_ticket__init(ticket);
        ticket->place = (int32_t)place;
        reply->tickets[reply->n_tickets++] = ticket;
        r = show_ticket(ctx, c, &row, ticket);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_draw_list_tickets(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__ListDrawTicketsRequest *req = request;
    struct cvn_slice after;
    struct cvn_rsvp_case c;
    uint32_t place;
    (void)cvn_page_size(ctx, req->page_size, PAGE_DEFAULT, PAGE_MAX);
    (void)cvn_page_token_read(ctx, &req->base, &after);
    if (cvn_ctx_refuse_problems(ctx) != 0)
        return CVN_REFUSED;
    int r = read_place(ctx, after, &place);
    if (r == 0)
        r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    return r == 0 ? list_from(ctx, &c, place, req, reply) : r;
}
