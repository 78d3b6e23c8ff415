#include "services/events/rsvps/moves_handlers.h"

#include "base/draw.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/move_reason.h"
#include "services/events/rsvps/move_verify.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <string.h>

enum {
    PAGE_DEFAULT = 100,
    PAGE_MAX = 1000,
    LOOKED_AT_MAX = 20000, /* steps for one page; a page may be short, and its token goes on */
};

struct list {
    struct cvn_ctx *ctx;
    const Convene__Events__V1__ListRsvpMovesRequest *req;
    Convene__Events__V1__ListRsvpMovesResponse *reply;
    struct cvn_rsvp_case c;
    bool of_person;
    char person[CVN_ID_TEXT_BYTES];
    size_t size;
    uint64_t after; /* the last step looked at */
};

/* Who may see what: organisers all, others what is about themselves. */
static int read_person(struct list *list)
{
    struct cvn_ctx *ctx = list->ctx;
    struct cvn_id person;
    bool organised = cvn_rsvp_case_organised(&list->c);
    if (!list->req->person_id[0] && organised)
        return 0;
    int r = cvn_person_meant(ctx, "person_id", list->req->person_id, &person);
    if (r != 0)
        return r;
    bool own = ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&person, &ctx->who.person);
    if (!own && !organised)
        return cvn_ctx_refuse_access(ctx, "see what became of others' answers; organisers may");
    list->of_person = true;
    cvn_id_format(list->person, CVN_PERSON_PREFIX, &person);
    return 0;
}

static int read_request(struct list *list)
{
    struct cvn_ctx *ctx = list->ctx;
    struct cvn_slice after;
    struct cvn_key_reader reader;
    list->size = (size_t)cvn_page_size(ctx, list->req->page_size, PAGE_DEFAULT, PAGE_MAX);
    if (cvn_page_token_read(ctx, &list->req->base, &after) && after.len > 0) {
        cvn_key_reader_init(&reader, after);
        list->after = cvn_key_get_u64(&reader);
        if (!cvn_key_reader_done(&reader))
            cvn_problems_add(&ctx->problems, "page_token", "is none of this list; leave it out");
    }
    if (cvn_ctx_refuse_problems(ctx) != 0)
        return CVN_REFUSED;
    int r = cvn_rsvp_case_find(ctx, "event_id", list->req->event_id, &list->c);
    return r == 0 ? read_person(list) : r;
}

/* Own steps, the queue's and the clock's are no secret; who else acted, and why, is organisers'. */
static void hide(const struct list *list, Convene__Events__V1__RsvpMove *move)
{
    char *none = (char *)(uintptr_t)protobuf_c_empty_string;
    if (cvn_rsvp_case_organised(&list->c))
        return;
    move->reason = none;
    move->reason_salt.len = 0;
    if (strcmp(move->principal, list->person) != 0 && strcmp(move->principal, "queue") != 0 &&
        strcmp(move->principal, "clock") != 0)
        move->principal = (char *)(uintptr_t) "organiser";
}

static int show(struct list *list, const struct cvn_move *row)
{
    char text[CVN_DRAW_TEXT_BYTES];
    struct cvn_id person;
    Convene__Events__V1__RsvpMove *move = row->message;
    cvn_draw_format(text, row->hash);
    move->hash = cvn_arena_strdup(list->ctx->arena, text);
    if (!move->hash)
        return -ENOMEM;
    int r = cvn_move_reason_fill(list->ctx, &list->c.event_id, move);
    if (r)
        return r;
    hide(list, move);
    list->reply->moves[list->reply->n_moves++] = move;
    if (!cvn_id_parse(&person, CVN_PERSON_PREFIX, move->person_id))
        return 0;
    r = cvn_person_name(list->ctx, &person, &move->display_name);
    return r == CVN_STORE_ABSENT ? 0 : r;
}

static int end_page(struct list *list)
{
    struct cvn_key last;
    cvn_key_init(&last);
    cvn_key_put_u64(&last, list->after);
    list->reply->next_page_token =
        cvn_page_token_make(list->ctx, &list->req->base, cvn_key_slice(&last));
    return list->reply->next_page_token ? 0 : -ENOMEM;
}

/* Steps that are not wanted are unpacked, too, so they use memory of their own. */
static int is_wanted(const struct list *list, const struct cvn_move *row)
{
    return !list->of_person || strcmp(row->message->person_id, list->person) == 0;
}

int cvn_rsvp_moves_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    struct list list = {.ctx = ctx, .req = request, .reply = reply};
    CVN_CURSOR_AUTO cursor = {0};
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, 1 << 20);
    int r = read_request(&list);
    if (r != 0)
        return r;
    list.reply->moves = cvn_arena_alloc_array(ctx->arena, list.size, sizeof(void *));
    r = list.reply->moves ? cvn_move_walk(ctx, &list.c.event_id, list.after, &cursor) : -ENOMEM;
    for (size_t n = 0; r == 0; n++) {
        struct cvn_move row;
        uint64_t number;
        cvn_arena_reset(&scratch);
        r = cvn_move_next(&cursor, &scratch, &number, &row);
        if (r != 0)
            break;
        if (list.reply->n_moves == list.size || n == LOOKED_AT_MAX)
            return end_page(&list);
        list.after = number;
        if (!is_wanted(&list, &row))
            continue;
        r = cvn_ctx_unpack(ctx, &convene__events__v1__rsvp_move__descriptor, row.packed,
                           &row.message);
        if (r == 0)
            r = show(&list, &row);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_rsvp_moves_verify(struct cvn_ctx *ctx, const void *request, void *reply)
{
    const Convene__Events__V1__VerifyRsvpMovesRequest *req = request;
    struct cvn_rsvp_case c;
    int r = cvn_rsvp_case_find(ctx, "event_id", req->event_id, &c);
    if (r == 0 && !cvn_rsvp_case_organised(&c))
        return cvn_ctx_refuse_access(ctx, "verify the history; organisers of the group may");
    if (r == 0)
        r = cvn_moves_verify(ctx, &c.event_id, reply);
    return r == -EFBIG ? cvn_ctx_refuse(ctx, CVN_RESOURCE_EXHAUSTED,
                                        "The history is of more than %d people, which is more than "
                                        "one call replays.",
                                        CVN_MOVE_VERIFY_PEOPLE_MAX)
                       : r;
}
