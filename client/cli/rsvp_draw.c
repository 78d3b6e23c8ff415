#include "client/cli/rsvp_draw.h"

#include "base/draw.h"
#include "client/cli/call.h"
#include "client/cli/rsvp_view.h"

#include <string.h>

enum { TICKETS_MAX = 20000, PAGE_SIZE = 1000 };

CVN_VIEW_STRING(see_commitment, Convene__Events__V1__Draw, commitment)
CVN_VIEW_STRING(see_seed, Convene__Events__V1__Draw, seed)
CVN_VIEW_INSTANT(see_due, Convene__Events__V1__Draw, draw_time)
CVN_VIEW_INSTANT(see_drawn, Convene__Events__V1__Draw, drawn_time)
CVN_VIEW_INT(see_count, Convene__Events__V1__Draw, ticket_count)

static const struct cvn_view_column draw_columns[] = {
    {{"Promised", false, false}, see_commitment}, {{"To be drawn", false, false}, see_due},
    {{"Drawn", false, false}, see_drawn},         {{"Seed", false, false}, see_seed},
    {{"Tickets", false, false}, see_count},       {{NULL, false, false}, NULL},
};

CVN_VIEW_INT(see_place, Convene__Events__V1__DrawTicket, place)
CVN_VIEW_INT(see_party, Convene__Events__V1__DrawTicket, party)
CVN_VIEW_STRING(see_name, Convene__Events__V1__DrawTicket, display_name)
CVN_VIEW_STRING(see_ticket, Convene__Events__V1__DrawTicket, ticket)

static const struct cvn_view_column ticket_columns[] = {
    {{"Place", true, false}, see_place}, {{"Seats", true, false}, see_party},
    {{"Name", false, true}, see_name},   {{"Ticket", false, false}, see_ticket},
    {{NULL, false, false}, NULL},
};

/* The tickets in the order that the server says was drawn. */
struct tickets {
    struct cvn_draw_ticket *tickets;
    size_t n;
};

static enum cvn_exit take_page(struct cvn_cli *cli, struct tickets *all,
                               const Convene__Events__V1__ListDrawTicketsResponse *page)
{
    for (size_t i = 0; i < page->n_tickets; i++) {
        if (all->n == TICKETS_MAX ||
            !cvn_draw_parse(all->tickets[all->n].bytes, page->tickets[i]->ticket) ||
            page->tickets[i]->place != (int32_t)all->n + 1) {
            return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                                "The server's list of tickets is none: see place %d.",
                                page->tickets[i]->place);
        }
        all->n++;
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit fetch_tickets(struct cvn_cli *cli, char *event, struct tickets *all)
{
    Convene__Events__V1__ListDrawTicketsRequest request =
        CONVENE__EVENTS__V1__LIST_DRAW_TICKETS_REQUEST__INIT;
    bool more = true;
    all->tickets = cvn_arena_alloc_array(&cli->arena, TICKETS_MAX, sizeof *all->tickets);
    if (!all->tickets) {
        return cvn_cli_no_memory(cli);
    }
    request.event_id = event;
    request.page_size = PAGE_SIZE;
    while (more) {
        CVN_REPLY_AUTO Convene__Events__V1__ListDrawTicketsResponse *page = NULL;
        enum cvn_exit code = cvn_call(cli, CVN_RSVP_SERVICE "ListDrawTickets", &request, &page);
        code = code ? code : take_page(cli, all, page);
        if (code) {
            return code;
        }
        more = *page->next_page_token != '\0';
        request.page_token = cvn_arena_strdup(&cli->arena, page->next_page_token);
        if (!request.page_token) {
            return cvn_cli_no_memory(cli);
        }
    }
    return CVN_EXIT_DONE;
}

/* That the seed revealed is the one whose hash was shown before. */
static enum cvn_exit check_seed(struct cvn_cli *cli, const Convene__Events__V1__Draw *draw,
                                uint8_t seed[CVN_DRAW_BYTES])
{
    uint8_t hash[CVN_DRAW_BYTES];
    char text[CVN_DRAW_TEXT_BYTES];
    const char *promised = cvn_args_get(&cli->args, "promised");
    if (!*draw->seed) {
        return cvn_cli_fail(cli, CVN_EXIT_REFUSED,
                            "Lots are not drawn yet. Note what is promised, "
                            "and check again after the draw with --promised %s",
                            draw->commitment);
    }
    if (!cvn_draw_parse(seed, draw->seed)) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "The seed is none: %.80s.", draw->seed);
    }
    cvn_draw_commit(hash, seed);
    cvn_draw_format(text, hash);
    if (strcmp(text, promised ? promised : draw->commitment) != 0) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "The seed is not the one that was promised: its hash is %s.", text);
    }
    return CVN_EXIT_DONE;
}

/* The place of the person's own ticket; 0 when it is not among them. */
static size_t find_own(const struct tickets *all, const char *event, const char *person)
{
    struct cvn_draw_ticket own;
    cvn_draw_ticket(&own, event, person);
    for (size_t i = 0; i < all->n; i++) {
        if (memcmp(all->tickets[i].bytes, own.bytes, sizeof own.bytes) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static enum cvn_exit check_order(struct cvn_cli *cli, const uint8_t seed[CVN_DRAW_BYTES],
                                 const struct tickets *all)
{
    uint32_t *order = cvn_arena_alloc_array(&cli->arena, all->n, sizeof *order);
    if (!order || cvn_draw_order(seed, all->tickets, all->n, order, &cli->arena)) {
        return cvn_cli_no_memory(cli);
    }
    for (uint32_t i = 0; i < all->n; i++) {
        if (order[i] != i) {
            return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                                "The order does not follow from the seed: place %u should be that "
                                "of the ticket at place %u.",
                                i + 1, order[i] + 1);
        }
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit verify(struct cvn_cli *cli, const Convene__Events__V1__Draw *draw)
{
    uint8_t seed[CVN_DRAW_BYTES];
    struct tickets all = {0};
    const char *person = cvn_args_get(&cli->args, "person");
    enum cvn_exit code = check_seed(cli, draw, seed);
    code = code ? code : fetch_tickets(cli, draw->event_id, &all);
    code = code ? code : check_order(cli, seed, &all);
    if (code) {
        return code;
    }
    (void)printf("The seed is the one that was promised, and the order of all %zu tickets follows "
                 "from it.\n",
                 all.n);
    if (person) {
        size_t place = find_own(&all, draw->event_id, person);
        if (place == 0) {
            return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s has no ticket among them.", person);
        }
        (void)printf("%s has place %zu.\n", person, place);
    }
    return CVN_EXIT_DONE;
}

static enum cvn_exit show_tickets(struct cvn_cli *cli, char *event)
{
    static const struct cvn_view_list list = {CVN_RSVP_SERVICE "ListDrawTickets", ticket_columns,
                                              "No lots are drawn yet.", 0};
    Convene__Events__V1__ListDrawTicketsRequest request =
        CONVENE__EVENTS__V1__LIST_DRAW_TICKETS_REQUEST__INIT;
    request.event_id = event;
    return cvn_view_pages(cli, &list, &request.base);
}

enum cvn_exit cvn_rsvp_run_draw(struct cvn_cli *cli)
{
    char *event = (char *)cvn_args_word(&cli->args, 0);
    bool show = cvn_args_has(&cli->args, "show");
    bool check = cvn_args_has(&cli->args, "verify");
    Convene__Events__V1__GetDrawRequest get = CONVENE__EVENTS__V1__GET_DRAW_REQUEST__INIT;
    Convene__Events__V1__DrawLotsRequest now = CONVENE__EVENTS__V1__DRAW_LOTS_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Events__V1__Draw *draw = NULL;
    if (cvn_args_has(&cli->args, "tickets")) {
        return show_tickets(cli, event);
    }
    get.event_id = now.event_id = event;
    enum cvn_exit code = show || check ? cvn_call(cli, CVN_RSVP_SERVICE "GetDraw", &get, &draw)
                                       : cvn_call(cli, CVN_RSVP_SERVICE "DrawLots", &now, &draw);
    if (code) {
        return code;
    }
    if (check) {
        return verify(cli, draw);
    }
    code = cvn_view_one(cli, draw_columns, draw);
    if (code == CVN_EXIT_DONE && draw->drawn_time) {
        cvn_cli_note(cli, "Anybody can check it: convene rsvp draw %s --verify", event);
    }
    return code;
}

const struct cvn_option cvn_rsvp_draw_options[] = {
    {"show", 0, NULL, "only show what is promised, or was drawn", NULL},
    {"tickets", 0, NULL, "only list the tickets in the order drawn", NULL},
    {"verify", 0, NULL, "check the draw on this machine", NULL},
    {"promised", 0, "HASH", "with --verify: as you noted it before the draw", NULL},
    {"person", 0, "PERSON", "with --verify: that this per_… took part", NULL},
    {NULL, 0, NULL, NULL, NULL},
};
