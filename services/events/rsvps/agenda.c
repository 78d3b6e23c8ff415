#include "services/events/rsvps/agenda.h"

#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/rsvp_access.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"
#include "services/runtime/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_DEFAULT = 50, PAGE_MAX = 200, CLASHES_MAX = 10, EVENT_BYTES_MAX = 4 << 20 };

/* One event of the person, as far as it is needed to sort and to compare. */
struct entry {
    struct cvn_id event;
    int64_t start_ms, end_ms;
    bool said_yes; /* or waits for it; and it takes place */
};

struct agenda {
    struct cvn_ctx *ctx;
    const Convene__Events__V1__ListAgendaRequest *req;
    Convene__Events__V1__ListAgendaResponse *reply;
    struct cvn_id person;
    bool around; /* only what is at the time of one event */
    struct cvn_id event;
    int64_t from_ms, before_ms;
    struct entry *entries;
    size_t n;
    size_t size;
};

static bool is_active(Convene__Events__V1__RsvpState state)
{
    enum cvn_rsvp_state is = (enum cvn_rsvp_state)state;
    return is == CVN_RSVP_INVITED || is == CVN_RSVP_REQUESTED || is == CVN_RSVP_YES ||
           is == CVN_RSVP_WAITLISTED || is == CVN_RSVP_OFFERED || is == CVN_RSVP_ATTENDED;
}

/* Reads when the event is, in memory that is free again at once. */
static int read_entry(struct agenda *agenda, const struct cvn_rsvp_of_person *row,
                      struct entry *ret)
{
    CVN_ARENA_AUTO scratch;
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Event *event;
    cvn_arena_init(&scratch, EVENT_BYTES_MAX);
    cvn_event_key(&key, &row->event);
    int r = cvn_txn_get(agenda->ctx->txn, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_record_unpack(&scratch, &convene__events__v1__event__descriptor, value, &event);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    struct cvn_rsvp_event facts = cvn_rsvp_facts(event);
    bool takes_place = facts.status != CVN_EVENT_CANCELLED && facts.status != CVN_EVENT_POSTPONED;
    *ret = (struct entry){
        .event = row->event,
        .start_ms = facts.start_ms,
        .end_ms = cvn_record_time_ms(event->end_time, facts.start_ms),
        .said_yes = takes_place && (int)row->state != CVN_RSVP_INVITED,
    };
    return 0;
}

/* Whether the two share time; one that has no length is at its start. */
static bool overlap(const struct entry *a, const struct entry *b)
{
    int64_t a_end = a->end_ms > a->start_ms ? a->end_ms : a->start_ms + 1;
    int64_t b_end = b->end_ms > b->start_ms ? b->end_ms : b->start_ms + 1;
    return a->start_ms < b_end && b->start_ms < a_end;
}

static bool clash(const struct entry *a, const struct entry *b)
{
    return a->said_yes && b->said_yes && !cvn_id_equal(&a->event, &b->event) && overlap(a, b);
}

static int by_start(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->start_ms != y->start_ms)
        return x->start_ms < y->start_ms ? -1 : 1;
    return memcmp(x->event.bytes, y->event.bytes, CVN_ID_BYTES);
}

/* All that the person has to do with, whenever it is: clashes reach over the window's edges. */
static int collect(struct agenda *agenda)
{
    struct cvn_rsvp_of_person *rows;
    size_t n;
    int r = cvn_rsvps_of_person(agenda->ctx, &agenda->person, &rows, &n);
    if (r != 0)
        return r;
    agenda->entries = cvn_arena_alloc_array(agenda->ctx->arena, n, sizeof *agenda->entries);
    if (!agenda->entries)
        return -ENOMEM;
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!is_active(rows[i].state))
            continue;
        r = read_entry(agenda, &rows[i], &agenda->entries[agenda->n]);
        agenda->n += r == 0 && agenda->entries[agenda->n].end_ms >= agenda->from_ms;
    }
    if (r == 0 && agenda->n > 0)
        qsort(agenda->entries, agenda->n, sizeof *agenda->entries, by_start);
    return r;
}

/* The events at the same time, from the entry's neighbours in the order of starts. */
static int fill_clashes(struct agenda *agenda, const struct entry *entry,
                        Convene__Events__V1__AgendaEntry *ret)
{
    ret->clash_event_ids = cvn_arena_alloc_array(agenda->ctx->arena, CLASHES_MAX, sizeof(char *));
    if (!ret->clash_event_ids)
        return -ENOMEM;
    for (size_t i = 0; i < agenda->n && ret->n_clash_event_ids < CLASHES_MAX; i++) {
        if (agenda->entries[i].start_ms > entry->end_ms)
            break;
        if (!clash(&agenda->entries[i], entry))
            continue;
        char *id = cvn_ctx_id_text(agenda->ctx, CVN_EVENT_PREFIX, &agenda->entries[i].event);
        if (!id)
            return -ENOMEM;
        ret->clash_event_ids[ret->n_clash_event_ids++] = id;
    }
    return 0;
}

static int show(struct agenda *agenda, const struct entry *entry)
{
    struct cvn_ctx *ctx = agenda->ctx;
    struct cvn_rsvp_case c = {.event_id = entry->event};
    Convene__Events__V1__AgendaEntry *shown = cvn_arena_alloc(ctx->arena, sizeof *shown);
    Convene__Events__V1__Rsvp *rsvp = cvn_arena_alloc(ctx->arena, sizeof *rsvp);
    if (!shown || !rsvp)
        return -ENOMEM;
    convene__events__v1__agenda_entry__init(shown);
    convene__events__v1__rsvp__init(rsvp);
    int r = cvn_event_get(ctx, &entry->event, &c.event);
    if (r == 0)
        r = cvn_rsvp_show(ctx, &c, &agenda->person, rsvp);
    if (r == 0)
        r = cvn_event_show(ctx, &entry->event, false, c.event);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    shown->event = c.event;
    shown->rsvp = rsvp;
    agenda->reply->entries[agenda->reply->n_entries++] = shown;
    return fill_clashes(agenda, entry, shown);
}

/* The entry of the one event asked about; NULL when the person has nothing to do with it. */
static const struct entry *find_event(const struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->n; i++)
        if (cvn_id_equal(&agenda->entries[i].event, &agenda->event))
            return &agenda->entries[i];
    return NULL;
}

static bool is_wanted(const struct agenda *agenda, const struct entry *entry,
                      const struct entry *around)
{
    if (agenda->around)
        return around && (entry == around || clash(entry, around));
    return entry->start_ms < agenda->before_ms;
}

static int show_page(struct agenda *agenda, const struct entry *after)
{
    const struct entry *around = agenda->around ? find_event(agenda) : NULL;
    struct cvn_key last;
    int r = 0;
    for (size_t i = 0; r == 0 && i < agenda->n; i++) {
        const struct entry *entry = &agenda->entries[i];
        if ((after && by_start(entry, after) <= 0) || !is_wanted(agenda, entry, around))
            continue;
        if (agenda->reply->n_entries == agenda->size) {
            agenda->reply->next_page_token =
                cvn_page_token_make(agenda->ctx, &agenda->req->base, cvn_key_slice(&last));
            return agenda->reply->next_page_token ? 0 : -ENOMEM;
        }
        cvn_key_init(&last);
        cvn_key_put_i64(&last, entry->start_ms);
        cvn_key_put_id(&last, &entry->event);
        r = show(agenda, entry);
    }
    return r;
}

/* Where the page begins; *ret_any is false for the first. */
static int read_token(struct agenda *agenda, struct entry *ret, bool *ret_any)
{
    struct cvn_ctx *ctx = agenda->ctx;
    struct cvn_slice token;
    struct cvn_key_reader reader;
    *ret_any = false;
    if (!cvn_page_token_read(ctx, &agenda->req->base, &token) || token.len == 0)
        return cvn_ctx_refuse_problems(ctx);
    cvn_key_reader_init(&reader, token);
    ret->start_ms = cvn_key_get_i64(&reader);
    ret->event = cvn_key_get_id(&reader);
    *ret_any = cvn_key_reader_done(&reader);
    if (!*ret_any)
        cvn_problems_add(&ctx->problems, "page_token", "is none of this list; leave it out");
    return cvn_ctx_refuse_problems(ctx);
}

static int read_person(struct agenda *agenda)
{
    struct cvn_ctx *ctx = agenda->ctx;
    int r = cvn_person_meant(ctx, "person_id", agenda->req->person_id, &agenda->person);
    if (r != 0)
        return r;
    bool own =
        ctx->who.kind == CVN_PRINCIPAL_PERSON && cvn_id_equal(&agenda->person, &ctx->who.person);
    if (!own && ctx->who.kind != CVN_PRINCIPAL_ADMIN)
        return cvn_ctx_refuse_access(ctx, "see the agenda of somebody else");
    return 0;
}

int cvn_agenda_list(struct cvn_ctx *ctx, const void *request, void *reply)
{
    struct agenda agenda = {.ctx = ctx, .req = request, .reply = reply};
    struct entry after = {0};
    bool any;
    agenda.size = (size_t)cvn_page_size(ctx, agenda.req->page_size, PAGE_DEFAULT, PAGE_MAX);
    agenda.from_ms = cvn_record_time_ms(agenda.req->start_time_from, ctx->now_ms);
    agenda.before_ms = cvn_record_time_ms(agenda.req->start_time_before, INT64_MAX);
    agenda.around = agenda.req->event_id[0] != '\0';
    if (agenda.around)
        (void)cvn_ctx_read_id(ctx, "event_id", CVN_EVENT_PREFIX, agenda.req->event_id,
                              &agenda.event);
    int r = read_token(&agenda, &after, &any);
    if (r == 0)
        r = read_person(&agenda);
    if (r == 0)
        r = collect(&agenda);
    agenda.reply->entries =
        cvn_arena_alloc_array(ctx->arena, agenda.size, sizeof *agenda.reply->entries);
    if (r == 0 && !agenda.reply->entries)
        r = -ENOMEM;
    return r == 0 ? show_page(&agenda, any ? &after : NULL) : r;
}
