#include "services/events/audit.h"

#include "services/events/comments/comment_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/move_verify.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_facts.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { EVENT_BYTES_MAX = 1 << 20, ROW_BYTES_MAX = 1 << 20 };

/* What the rows of one event come to. */
struct sums {
    uint32_t seats[CVN_SEAT_KINDS], waiting[CVN_SEAT_KINDS], queued[CVN_SEAT_KINDS];
    uint32_t n_offered, n_offers, n_nonces;
    uint64_t n_rsvps;
    uint32_t n_comments, n_shown, n_reports;
};

struct audit {
    struct cvn_ctx ctx; /* its arena is emptied for each event */
    struct cvn_arena event_arena, row_arena;
    const struct cvn_progress *progress;
    struct cvn_verify_report *report;
    struct cvn_id event; /* that is being looked at */
    bool any;            /* there is one */
    char name[CVN_ID_TEXT_BYTES];
    struct sums sums;
    uint64_t n_looked;
};

static const char *const seat_names[CVN_SEAT_KINDS] = {"in the room", "online"};

/* Notes where a counter is not what the rows come to. */
static void compare(struct audit *audit, const char *what, uint64_t counted, uint64_t come_to)
{
    if (counted != come_to)
        cvn_verify_note(audit->report,
                        "Event %s: its counter of %s is %" PRIu64 ", and its rows come to %" PRIu64
                        ".",
                        audit->name, what, counted, come_to);
}

static void compare_kind(struct audit *audit, const char *what, int kind, const uint32_t counts[2])
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s %s", what, seat_names[kind]);
    compare(audit, text, counts[0], counts[1]);
}

static int compare_seats(struct audit *audit)
{
    struct cvn_seats seats;
    const struct sums *sums = &audit->sums;
    int r = cvn_seats_get(&audit->ctx, &audit->event, &seats);
    if (r == -EUCLEAN) {
        cvn_verify_note(audit->report, "Event %s: the counters of its seats cannot be read.",
                        audit->name);
        return 0;
    }
    if (r)
        return r;
    for (int kind = 0; kind < CVN_SEAT_KINDS; kind++) {
        compare_kind(audit, "seats taken", kind,
                     (uint32_t[2]){seats.seats_taken[kind], sums->seats[kind]});
        compare_kind(audit, "parties that wait", kind,
                     (uint32_t[2]){seats.waitlist_count[kind], sums->waiting[kind]});
        compare_kind(audit, "parties in the queue", kind,
                     (uint32_t[2]){seats.waitlist_count[kind], sums->queued[kind]});
    }
    compare(audit, "offers", seats.n_offers, sums->n_offered);
    compare(audit, "offers that end", seats.n_offers, sums->n_offers);
    compare(audit, "check-ins known by a nonce", seats.n_nonces, sums->n_nonces);
    compare(audit, "RSVPs", seats.n_rsvps, sums->n_rsvps);
    return 0;
}

static int compare_discussion(struct audit *audit)
{
    struct cvn_discussion discussion;
    int r = cvn_discussion_get(&audit->ctx, &audit->event, &discussion);
    if (r == -EUCLEAN) {
        cvn_verify_note(audit->report, "Event %s: the counters of its comments cannot be read.",
                        audit->name);
        return 0;
    }
    if (r)
        return r;
    compare(audit, "comments", discussion.n_comments, audit->sums.n_comments);
    compare(audit, "comments shown", discussion.n_shown, audit->sums.n_shown);
    compare(audit, "reports", discussion.n_reports, audit->sums.n_reports);
    return 0;
}

static int verify_history(struct audit *audit)
{
    Convene__Events__V1__VerifyRsvpMovesResponse found =
        CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_RESPONSE__INIT;
    int r = cvn_moves_verify(&audit->ctx, &audit->event, &found);
    if (r == -EFBIG || r == -EUCLEAN || r == -EBADMSG) {
        cvn_verify_note(audit->report, "Event %s: the history of its RSVPs cannot be compared: %s.",
                        audit->name,
                        r == -EFBIG ? "it is of too many people" : "a row of it cannot be read");
        return 0;
    }
    for (size_t i = 0; r == 0 && i < found.n_faults; i++) {
        if (found.faults[i]->number > 0)
            cvn_verify_note(audit->report, "Event %s: step %" PRId64 " of its history %s",
                            audit->name, found.faults[i]->number, found.faults[i]->text);
        else
            cvn_verify_note(audit->report, "Event %s: %s", audit->name, found.faults[i]->text);
    }
    for (int64_t n = (int64_t)found.n_faults; r == 0 && n < found.fault_count; n++)
        cvn_verify_note(audit->report, "Event %s: a further fault of its history.", audit->name);
    return r;
}

/* All rows of an event have gone by. */
static int end_event(struct audit *audit)
{
    if (!audit->any)
        return 0;
    cvn_arena_reset(&audit->event_arena);
    int r = compare_seats(audit);
    if (r == 0)
        r = compare_discussion(audit);
    if (r == 0)
        r = verify_history(audit);
    return r;
}

static int begin_event(struct audit *audit, const struct cvn_id *event)
{
    int r = end_event(audit);
    audit->event = *event;
    audit->any = true;
    audit->sums = (struct sums){0};
    cvn_id_format(audit->name, CVN_EVENT_PREFIX, event);
    return r;
}

/* What cannot be read is found by the check of the tables. */
static void count_rsvp(struct audit *audit, struct cvn_slice value)
{
    Convene__Events__V1__Rsvp *rsvp;
    audit->sums.n_rsvps++;
    if (cvn_record_unpack(&audit->row_arena, &convene__events__v1__rsvp__descriptor, value, &rsvp))
        return;
    enum cvn_rsvp_state state = (enum cvn_rsvp_state)rsvp->state;
    enum cvn_seat_kind kind = cvn_seat_kind_of(rsvp);
    if (cvn_rsvp_holds_seats(state))
        audit->sums.seats[kind] += cvn_rsvp_party(rsvp);
    audit->sums.waiting[kind] += state == CVN_RSVP_WAITLISTED;
    audit->sums.n_offered += state == CVN_RSVP_OFFERED;
}

/* A row of the queue belongs to an RSVP that waits at that place. */
static void count_queued(struct audit *audit, struct cvn_slice key, struct cvn_slice value)
{
    struct cvn_queued queued;
    Convene__Events__V1__Rsvp *rsvp;
    if (!cvn_queue_read(key, value, &queued)) {
        cvn_verify_note(audit->report, "Event %s: a row of its queue cannot be read.", audit->name);
        return;
    }
    audit->sums.queued[queued.place.kind]++;
    struct cvn_ctx row = audit->ctx;
    row.arena = &audit->row_arena;
    int r = cvn_rsvp_get(&row, &audit->event, &queued.person, &rsvp);
    struct cvn_queue_place place = r == 0 ? cvn_queue_place_of(rsvp) : (struct cvn_queue_place){0};
    if (r == 0 && (int)rsvp->state == CVN_RSVP_WAITLISTED && place.rank == queued.place.rank &&
        place.kind == queued.place.kind && cvn_rsvp_party(rsvp) == queued.party)
        return;
    char who[CVN_ID_TEXT_BYTES];
    cvn_id_format(who, CVN_PERSON_PREFIX, &queued.person);
    cvn_verify_note(audit->report,
                    "Event %s: %s is in the queue with a party of %" PRIu32
                    ", and their RSVP does not say so.",
                    audit->name, who, queued.party);
}

static void count_comment(struct audit *audit, struct cvn_slice value)
{
    Convene__Events__V1__Comment *comment;
    audit->sums.n_comments++;
    if (cvn_record_unpack(&audit->row_arena, &convene__events__v1__comment__descriptor, value,
                          &comment) == 0)
        audit->sums.n_shown +=
            comment->state == CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_SHOWN;
}

static void count_row(struct audit *audit, uint8_t kind, struct cvn_slice key,
                      struct cvn_slice value)
{
    cvn_arena_reset(&audit->row_arena);
    switch (kind) {
    case CVN_EVENT_KIND_RSVP:
        count_rsvp(audit, value);
        break;
    case CVN_EVENT_KIND_QUEUE:
        count_queued(audit, key, value);
        break;
    case CVN_EVENT_KIND_COMMENT:
        count_comment(audit, value);
        break;
    default:
        audit->sums.n_offers += kind == CVN_EVENT_KIND_OFFER;
        audit->sums.n_nonces += kind == CVN_EVENT_KIND_NONCE;
        audit->sums.n_reports += kind == CVN_EVENT_KIND_REPORT;
        break;
    }
}

/* Now and then, whether whoever waits still does. */
static int look_up(struct audit *audit)
{
    const struct cvn_progress *progress = audit->progress;
    if (!progress || ++audit->n_looked % CVN_PROGRESS_KEYS != 0)
        return 0;
    return progress->tell(progress->arg, audit->report->n_keys, audit->report->n_keys);
}

static int walk(struct audit *audit)
{
    struct cvn_key lo, hi;
    struct cvn_slice key, value;
    cvn_key_begin(&lo, CVN_SPACE_EVENTS);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor = {0};
    int r = cvn_cursor_init(&cursor, audit->ctx.txn, cvn_key_slice(&lo), cvn_key_slice(&hi),
                            CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        struct cvn_key_reader reader;
        cvn_key_reader_init(&reader, key);
        (void)cvn_key_get_u8(&reader);
        struct cvn_id event = cvn_key_get_id(&reader);
        uint8_t kind = cvn_key_get_u8(&reader);
        if (reader.failed)
            continue; /* the check of the tables says so */
        if (!audit->any || !cvn_id_equal(&event, &audit->event))
            r = begin_event(audit, &event);
        if (r == 0)
            r = look_up(audit);
        if (r == 0)
            count_row(audit, kind, key, value);
    }
    return r == CVN_STORE_ABSENT ? end_event(audit) : r;
}

int cvn_events_audit(struct cvn_txn *txn, const struct cvn_progress *progress,
                     struct cvn_verify_report *report)
{
    struct cvn_status status = {0};
    struct audit audit = {.progress = progress, .report = report};
    cvn_arena_init(&audit.event_arena, EVENT_BYTES_MAX);
    cvn_arena_init(&audit.row_arena, ROW_BYTES_MAX);
    audit.ctx = (struct cvn_ctx){.arena = &audit.event_arena,
                                 .txn = txn,
                                 .status = &status,
                                 .who = {.kind = CVN_PRINCIPAL_ADMIN}};
    cvn_problems_init(&audit.ctx.problems, &audit.event_arena);
    int r = walk(&audit);
    cvn_arena_deinit(&audit.row_arena);
    cvn_arena_deinit(&audit.event_arena);
    return r;
}
