/* Offered seats: until when they are held. */
#include "services/events/record.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seats_parts.h"

#include <errno.h>

enum { SCRATCH_BYTES_MAX = 1 << 20 };

/* The offers of a cancelled event are void, however long they would have run, and so after it. */
static int64_t offers_end_ms(const struct cvn_seating *seating)
{
    int64_t now_ms = seating->ctx->now_ms;
    bool started = now_ms >= seating->event.start_ms;
    return started || seating->event.status == CVN_EVENT_CANCELLED ? INT64_MAX : now_ms;
}

int cvn_seating_end_offers(struct cvn_seating *seating, uint32_t *ret_n)
{
    uint32_t n = 0;
    bool frozen = cvn_rsvp_offers_frozen(&seating->event);
    int64_t until_ms = offers_end_ms(seating);
    while (!frozen && seating->seats.n_offers > 0 && n < CVN_OFFERS_ENDED_MAX) {
        int64_t ends_ms;
        struct cvn_id person;
        int r = cvn_offer_first(seating->ctx, &seating->event_id, &ends_ms, &person);
        if (r == 0 && ends_ms > until_ms)
            break;
        if (r == 0)
            r = cvn_seating_must(seating, &person, CVN_RSVP_EXPIRE);
        if (r != 0)
            return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
        n++;
    }
    *ret_n = n;
    return 0;
}

/* Gives one offer another end; INT64_MAX for none. */
static int move_end(struct cvn_seating *seating, const struct cvn_id *person, int64_t from_ms,
                    int64_t to_ms)
{
    CVN_ARENA_AUTO scratch;
    cvn_arena_init(&scratch, SCRATCH_BYTES_MAX);
    struct cvn_ctx inner = *seating->ctx;
    inner.arena = &scratch;
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_rsvp_get(&inner, &seating->event_id, person, &rsvp);
    if (r == 0)
        r = cvn_offer_delete(&inner, &seating->event_id, from_ms, person);
    if (r == 0)
        r = cvn_offer_put(&inner, &seating->event_id, to_ms, person);
    if (r != 0)
        return r == CVN_STORE_ABSENT ? -EUCLEAN : r;
    rsvp->offer_expire_time = to_ms == INT64_MAX ? NULL : cvn_record_time(&scratch, to_ms);
    if (to_ms != INT64_MAX && !rsvp->offer_expire_time)
        return -ENOMEM;
    return cvn_rsvp_put(&inner, &seating->event_id, person, rsvp);
}

/* Those that stand still are the last in the order of their ends, those that run the first. */
static int first_to_move(struct cvn_seating *seating, bool freeze, struct cvn_id *ret_person,
                         int64_t *ret_ends_ms)
{
    if (!freeze)
        return cvn_offer_still(seating->ctx, &seating->event_id, ret_ends_ms, ret_person);
    int r = cvn_offer_first(seating->ctx, &seating->event_id, ret_ends_ms, ret_person);
    return r == 0 && *ret_ends_ms == INT64_MAX ? CVN_STORE_ABSENT : r;
}

int cvn_seating_freeze(struct cvn_seating *seating)
{
    bool freeze = cvn_rsvp_offers_frozen(&seating->event);
    int64_t start_ms = seating->event.start_ms;
    int64_t ends_ms = seating->ctx->now_ms + seating->offer_ms;
    if (freeze == seating->seats.frozen)
        return 0;
    int r = 0;
    for (uint32_t n = 0; r == 0 && n < seating->seats.n_offers; n++) {
        struct cvn_id person;
        int64_t old_ms, new_ms = freeze ? INT64_MAX : ends_ms < start_ms ? ends_ms : start_ms;
        r = first_to_move(seating, freeze, &person, &old_ms);
        if (r == 0)
            r = move_end(seating, &person, old_ms, new_ms);
    }
    if (r != 0 && r != CVN_STORE_ABSENT)
        return r;
    seating->seats.frozen = freeze && seating->seats.n_offers > 0;
    return 0;
}
