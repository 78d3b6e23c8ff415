#include "services/events/rsvps/seat_counts.h"

#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"

#include <errno.h>
#include <string.h>

/* What is left of the value after the numbers. */
static bool read_chain(struct cvn_key_reader *reader, struct cvn_seats *seats)
{
    struct cvn_slice rest = cvn_key_get_rest(reader);
    if (reader->failed || rest.len != sizeof seats->chain)
        return false;
    memcpy(seats->chain, rest.data, sizeof seats->chain);
    return true;
}

int cvn_seats_read(struct cvn_slice value, struct cvn_seats *ret)
{
    struct cvn_key_reader reader;
    struct cvn_seats seats = {.next_queue_number = 1};
    if (value.len == 0) {
        *ret = seats;
        return 0;
    }
    cvn_key_reader_init(&reader, value);
    for (int kind = 0; kind < CVN_SEAT_KINDS; kind++) {
        seats.seats_taken[kind] = cvn_key_get_u32(&reader);
        seats.waitlist_count[kind] = cvn_key_get_u32(&reader);
        seats.settings.capacity[kind] = cvn_key_get_u32(&reader);
    }
    seats.n_offers = cvn_key_get_u32(&reader);
    seats.n_nonces = cvn_key_get_u32(&reader);
    seats.next_queue_number = cvn_key_get_u64(&reader);
    seats.n_rsvps = cvn_key_get_u64(&reader);
    seats.frozen = cvn_key_get_u8(&reader) != 0;
    seats.settings.waitlist = cvn_key_get_u8(&reader);
    seats.settings.policy = cvn_key_get_u8(&reader);
    seats.n_moves = cvn_key_get_u64(&reader);
    if (!read_chain(&reader, &seats))
        return -EUCLEAN;
    *ret = seats;
    return 0;
}

int cvn_seats_get(struct cvn_ctx *ctx, const struct cvn_id *event_id, struct cvn_seats *ret)
{
    struct cvn_key key;
    struct cvn_slice value = {NULL, 0};
    cvn_event_kind_key(&key, event_id, CVN_EVENT_KIND_SEATS);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    return r == 0 || r == CVN_STORE_ABSENT ? cvn_seats_read(value, ret) : r;
}

int cvn_seats_put(struct cvn_ctx *ctx, const struct cvn_id *event_id, const struct cvn_seats *seats)
{
    struct cvn_key key, value;
    cvn_event_kind_key(&key, event_id, CVN_EVENT_KIND_SEATS);
    cvn_key_init(&value);
    for (int kind = 0; kind < CVN_SEAT_KINDS; kind++) {
        cvn_key_put_u32(&value, seats->seats_taken[kind]);
        cvn_key_put_u32(&value, seats->waitlist_count[kind]);
        cvn_key_put_u32(&value, seats->settings.capacity[kind]);
    }
    cvn_key_put_u32(&value, seats->n_offers);
    cvn_key_put_u32(&value, seats->n_nonces);
    cvn_key_put_u64(&value, seats->next_queue_number);
    cvn_key_put_u64(&value, seats->n_rsvps);
    cvn_key_put_u8(&value, seats->frozen);
    cvn_key_put_u8(&value, seats->settings.waitlist);
    cvn_key_put_u8(&value, seats->settings.policy);
    cvn_key_put_u64(&value, seats->n_moves);
    cvn_key_put_raw(&value, cvn_slice(seats->chain, sizeof seats->chain));
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

static bool same_settings(const struct cvn_seat_settings *a, const struct cvn_seat_settings *b)
{
    return a->capacity[0] == b->capacity[0] && a->capacity[1] == b->capacity[1] &&
           a->waitlist == b->waitlist && a->policy == b->policy;
}

bool cvn_seats_free(const uint32_t capacity[CVN_SEAT_KINDS], const uint32_t taken[CVN_SEAT_KINDS],
                    bool hybrid)
{
    bool free = false;
    for (int kind = 0; kind < (hybrid ? CVN_SEAT_KINDS : 1); kind++)
        free |= capacity[kind] == 0 || taken[kind] < capacity[kind];
    return free;
}

bool cvn_seats_same(const struct cvn_seats *a, const struct cvn_seats *b)
{
    for (int kind = 0; kind < CVN_SEAT_KINDS; kind++)
        if (a->seats_taken[kind] != b->seats_taken[kind] ||
            a->waitlist_count[kind] != b->waitlist_count[kind])
            return false;
    return a->n_offers == b->n_offers && a->n_nonces == b->n_nonces &&
           a->next_queue_number == b->next_queue_number && a->n_rsvps == b->n_rsvps &&
           a->frozen == b->frozen && a->n_moves == b->n_moves &&
           memcmp(a->chain, b->chain, sizeof a->chain) == 0 &&
           same_settings(&a->settings, &b->settings);
}

enum cvn_seat_kind cvn_seat_kind_of(const Convene__Events__V1__Rsvp *rsvp)
{
    bool online = rsvp && rsvp->way == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_ONLINE;
    return online ? CVN_SEATS_ONLINE : CVN_SEATS_ROOM;
}
