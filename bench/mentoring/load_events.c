#include "bench/mentoring/town.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seat_counts.h"
#include "storage/store.h"

#include <errno.h>

enum { PEOPLE_AT_ONCE = 500, ARENA_BYTES = 64 << 20 };
#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

/* Numbers from first to before, of one kind of thing. */
struct batch {
    const struct town *town;
    int (*put)(struct cvn_ctx *ctx, const struct town *town, uint32_t number);
    uint32_t first, before;
};

static int put_person(struct cvn_ctx *ctx, const struct town *town, uint32_t number)
{
    (void)town;
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    struct cvn_id id = town_person_id(number);
    person.id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &id);
    person.display_name = cvn_arena_printf(ctx->arena, "Person %u", number);
    person.email = cvn_arena_printf(ctx->arena, "p%u@example.org", number);
    return person.id && person.email ? cvn_person_put(ctx, &id, &person) : -ENOMEM;
}

static int put_group(struct cvn_ctx *ctx, const struct town *town, uint32_t number)
{
    (void)town;
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT;
    struct cvn_id id = town_group_id(number);
    group.id = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &id);
    group.slug = cvn_arena_printf(ctx->arena, "group-%u", number);
    group.name = cvn_arena_printf(ctx->arena, "Group %u", number);
    group.time_zone = (char *)"UTC";
    group.join_mode = CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_OPEN;
    return group.id && group.name ? cvn_group_put(ctx, &id, &group) : -ENOMEM;
}

static int put_memberships(struct cvn_ctx *ctx, const struct town *town, uint32_t number)
{
    struct cvn_id person = town_person_id(number);
    int r = 0;
    for (uint32_t j = 0; r == 0 && town->n_groups > 0 && j < TOWN_GROUPS_MAX; j++) {
        Convene__Events__V1__Member member = CONVENE__EVENTS__V1__MEMBER__INIT;
        struct cvn_id group = town_group_id(town->groups[number][j]);
        member.role = CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_MEMBER;
        r = cvn_member_put(ctx, &group, &person, &member);
    }
    return r;
}

static int put_visits(struct cvn_ctx *ctx, const struct town *town, uint32_t number,
                      const struct cvn_id *event)
{
    uint32_t group = number / TOWN_MEETUPS, meetup = number % TOWN_MEETUPS;
    struct cvn_seats seats;
    int r = cvn_seats_get(ctx, event, &seats);
    for (uint32_t i = 0; r == 0 && i < town->n_people; i++) {
        if (!town_is_member(town, i, group) || !town_came(town, i, group, meetup))
            continue;
        Convene__Events__V1__Rsvp rsvp = CONVENE__EVENTS__V1__RSVP__INIT;
        struct cvn_id person = town_person_id(i);
        rsvp.state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES;
        rsvp.create_time = rsvp.update_time = cvn_record_time(ctx->arena, ctx->now_ms);
        r = cvn_rsvp_put(ctx, event, &person, &rsvp);
        seats.seats_taken[CVN_SEATS_ROOM]++;
        seats.n_rsvps++;
    }
    return r ? r : cvn_seats_put(ctx, event, &seats);
}

/* Meetup number of all, the last one a week ago. */
static int put_event(struct cvn_ctx *ctx, const struct town *town, uint32_t number)
{
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    uint32_t group = number / TOWN_MEETUPS, meetup = number % TOWN_MEETUPS;
    struct cvn_id id = town_event_id(group, meetup), group_id = town_group_id(group);
    int64_t start_ms = town->now_ms - 7 * DAY_MS - (int64_t)meetup * 30 * DAY_MS;
    event.id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &id);
    event.group_id = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &group_id);
    event.group_name = cvn_arena_printf(ctx->arena, "Group %u", group);
    event.external_id = cvn_arena_printf(ctx->arena, "e%u", number);
    event.title = cvn_arena_printf(ctx->arena, "Evening %u", meetup);
    event.start_local = event.end_local = (char *)"2026-01-01T18:00";
    event.time_zone = (char *)"UTC";
    event.start_time = cvn_record_time(ctx->arena, start_ms);
    event.end_time = cvn_record_time(ctx->arena, start_ms + 7200000);
    event.create_time = event.update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    event.attendance_mode = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_OFFLINE;
    event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_PUBLIC;
    event.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED;
    event.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED;
    if (ctx->arena->overflowed)
        return -ENOMEM;
    int r = cvn_event_put(ctx, &id, &event);
    return r ? r : put_visits(ctx, town, number, &id);
}

static int run_batch(struct cvn_txn *txn, void *arg)
{
    const struct batch *batch = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    int r = 0;
    cvn_arena_init(&arena, ARENA_BYTES);
    for (uint32_t i = batch->first; r == 0 && i < batch->before; i++) {
        struct cvn_ctx ctx = {
            .arena = &arena,
            .txn = txn,
            .now_ms = batch->town->now_ms,
            .status = &status,
            .who = {.kind = CVN_PRINCIPAL_ADMIN},
        };
        cvn_arena_reset(&arena);
        cvn_problems_init(&ctx.problems, &arena);
        r = batch->put(&ctx, batch->town, i);
    }
    return r;
}

static int put_all(struct cvn_store *store, const struct town *town,
                   int (*put)(struct cvn_ctx *ctx, const struct town *town, uint32_t number),
                   uint32_t n, uint32_t at_once)
{
    int r = 0;
    for (uint32_t first = 0; r == 0 && first < n; first += at_once) {
        struct batch batch = {town, put, first, n - first < at_once ? n : first + at_once};
        r = cvn_store_update(store, run_batch, &batch, 0);
    }
    return r;
}

int town_load_events(const struct town *town, struct cvn_store *store)
{
    int r = put_all(store, town, put_person, town->n_people, PEOPLE_AT_ONCE);
    if (r == 0)
        r = put_all(store, town, put_group, town->n_groups, PEOPLE_AT_ONCE);
    if (r == 0)
        r = put_all(store, town, put_memberships, town->n_people, PEOPLE_AT_ONCE);
    return r ? r : put_all(store, town, put_event, town->n_groups * TOWN_MEETUPS, TOWN_MEETUPS);
}
