/*
 * Makes a store of the events service with a community of N events (world.h), through the service's
 * own tables: load DIRECTORY N. Indexes, the change log and RSVPs with their seats are as calls
 * make them; only the sockets are left out, and many rows go into one commit.
 */
#include "base/civil.h"
#include "bench/finding/world.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "services/events/groups/group_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/rsvps/seat_counts.h"
#include "services/events/schema.h"
#include "storage/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 1000, ARENA_BYTES = 64 << 20, TEXT_BYTES = 200 };

#define CHECK(expression)                                                                          \
    do {                                                                                           \
        int r_ = (expression);                                                                     \
        if (r_)                                                                                    \
            return r_;                                                                             \
    } while (0)

/* Numbers from first to before, of one kind of thing. */
struct batch {
    const struct world *world;
    int (*put)(struct cvn_ctx *ctx, const struct world *world, uint32_t number);
    uint32_t first, before;
};

static int put_person(struct cvn_ctx *ctx, const struct world *world, uint32_t number)
{
    (void)world;
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    struct cvn_id id = world_person_id(number);
    person.id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &id);
    person.display_name = cvn_arena_printf(ctx->arena, "Person %u", number);
    person.email = cvn_arena_printf(ctx->arena, "p%u@example.org", number);
    return person.id && person.email ? cvn_person_put(ctx, &id, &person) : -ENOMEM;
}

static char *group_name(struct cvn_ctx *ctx, const struct world *world, uint32_t group)
{
    char word[WORLD_WORD_BYTES];
    world_word(word, group % WORLD_WORDS);
    return cvn_arena_printf(ctx->arena, "%s %s", world->cities[world_city_of_group(group)].name,
                            word);
}

static int put_group(struct cvn_ctx *ctx, const struct world *world, uint32_t number)
{
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT;
    struct cvn_id id = world_group_id(number);
    group.id = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &id);
    group.slug = cvn_arena_printf(ctx->arena, "group-%u", number);
    group.name = group_name(ctx, world, number);
    group.time_zone = (char *)"UTC";
    group.join_mode = CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_OPEN;
    return group.id && group.name ? cvn_group_put(ctx, &id, &group) : -ENOMEM;
}

static char *title_of(struct cvn_ctx *ctx, uint32_t number)
{
    char *title = cvn_arena_strdup(ctx->arena, "");
    for (uint32_t i = 0; title && i < WORLD_TITLE_WORDS; i++) {
        char word[WORLD_WORD_BYTES];
        world_word(word, world_pick(world_dice(number, 20 + i), WORLD_WORDS));
        title = cvn_arena_printf(ctx->arena, "%s%s%s", title, i ? " " : "", word);
    }
    return title;
}

/* Registered about in the order of their starts, up to two months ahead. */
static int64_t start_s(const struct world *world, uint32_t number)
{
    double day = (double)number / world->n_events * (WORLD_DAYS - 60);
    day += (double)(world_dice(number, 30) % 60000) / 1000;
    return WORLD_FIRST_S + (int64_t)(day * 48) * 1800;
}

static int put_seats(struct cvn_ctx *ctx, const struct world *world, const struct cvn_id *id,
                     uint32_t number)
{
    struct cvn_seats seats;
    CHECK(cvn_seats_get(ctx, id, &seats));
    for (uint32_t i = 0; i < WORLD_RSVPS; i++) {
        Convene__Events__V1__Rsvp rsvp = CONVENE__EVENTS__V1__RSVP__INIT;
        uint32_t n = (uint32_t)(world_dice(number, 40 + i) % world->n_people);
        struct cvn_id person = world_person_id(n);
        rsvp.state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_YES;
        rsvp.create_time = rsvp.update_time = cvn_record_time(ctx->arena, ctx->now_ms);
        CHECK(cvn_rsvp_put(ctx, id, &person, &rsvp));
    }
    seats.seats_taken[CVN_SEATS_ROOM] = WORLD_RSVPS;
    seats.n_rsvps = WORLD_RSVPS;
    return cvn_seats_put(ctx, id, &seats);
}

static int put_event(struct cvn_ctx *ctx, const struct world *world, uint32_t number)
{
    uint32_t group = (uint32_t)(world_dice(number, 31) % world->n_groups);
    const struct world_city *city = &world->cities[world_city_of_group(group)];
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    Convene__Events__V1__Venue venue = CONVENE__EVENTS__V1__VENUE__INIT;
    Convene__Events__V1__LatLng at = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    struct cvn_id id = world_event_id(number), group_id = world_group_id(group);
    char *topics[WORLD_EVENT_TOPICS], local[32];
    int64_t start = start_s(world, number);
    struct cvn_civil civil = cvn_civil_of_seconds(start);
    cvn_civil_format(local, &civil);
    for (uint32_t i = 0; i < WORLD_EVENT_TOPICS; i++)
        topics[i] = cvn_arena_printf(ctx->arena, "topic-%u",
                                     world_pick(world_dice(number, 50 + i), WORLD_TOPICS));
    at.latitude = city->at.lat + ((double)(world_dice(number, 32) % 1000) / 1000 - 0.5) / 6;
    at.longitude = city->at.lon + ((double)(world_dice(number, 33) % 1000) / 1000 - 0.5) / 4;
    venue.name = cvn_arena_printf(ctx->arena, "Hall %u", group % 500);
    venue.city = (char *)(uintptr_t)city->name;
    venue.country = (char *)(uintptr_t)city->country;
    venue.location = &at;
    event.id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &id);
    event.group_id = cvn_ctx_id_text(ctx, CVN_GROUP_PREFIX, &group_id);
    event.group_name = group_name(ctx, world, group);
    event.external_id = cvn_arena_printf(ctx->arena, "e%u", number);
    event.title = title_of(ctx, number);
    event.start_local = event.end_local = local;
    event.time_zone = (char *)"UTC";
    event.start_time = event.end_time = cvn_record_time(ctx->arena, start * 1000);
    event.create_time = event.update_time = cvn_record_time(ctx->arena, ctx->now_ms);
    event.attendance_mode = CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_OFFLINE;
    event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_PUBLIC;
    event.publication = CONVENE__EVENTS__V1__PUBLICATION__PUBLICATION_PUBLISHED;
    event.status = CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_SCHEDULED;
    event.language = (char *)(world_dice(number, 34) % 4 ? "en" : "de");
    event.capacity = 50;
    event.venue = &venue;
    event.topics = topics;
    event.n_topics = WORLD_EVENT_TOPICS;
    if (ctx->arena->overflowed)
        return -ENOMEM;
    CHECK(cvn_event_put(ctx, &id, &event));
    return put_seats(ctx, world, &id, number);
}

static int run_batch(struct cvn_txn *txn, void *arg)
{
    const struct batch *batch = arg;
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    cvn_arena_init(&arena, ARENA_BYTES);
    for (uint32_t i = batch->first; i < batch->before; i++) {
        struct cvn_ctx ctx = {
            .arena = &arena,
            .txn = txn,
            .now_ms = (WORLD_FIRST_S - 86400) * 1000,
            .status = &status,
            .who = {.kind = CVN_PRINCIPAL_ADMIN},
        };
        cvn_arena_reset(&arena);
        cvn_problems_init(&ctx.problems, &arena);
        CHECK(batch->put(&ctx, batch->world, i));
    }
    return 0;
}

static int put_all(struct cvn_store *store, const struct world *world,
                   int (*put)(struct cvn_ctx *ctx, const struct world *world, uint32_t number),
                   uint32_t n)
{
    for (uint32_t first = 0; first < n; first += BATCH) {
        struct batch batch = {world, put, first, n - first < BATCH ? n : first + BATCH};
        CHECK(cvn_store_update(store, run_batch, &batch, 0));
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct world world;
    struct cvn_store *store;
    struct cvn_error err = {""};
    uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    const struct cvn_store_options options = {
        .path = argc == 3 ? argv[1] : "",
        .schema_version = CVN_EVENTS_SCHEMA,
        .schema_steps = cvn_events_schema_steps,
    };
    if (n == 0 || world_init(&world, n) || cvn_store_open(&store, &options, &err)) {
        (void)fprintf(stderr, "usage: load DIRECTORY EVENTS\n%s\n", err.text);
        return EXIT_FAILURE;
    }
    int r = put_all(store, &world, put_person, world.n_people);
    if (r == 0)
        r = put_all(store, &world, put_group, world.n_groups);
    if (r == 0)
        r = put_all(store, &world, put_event, world.n_events);
    cvn_store_close(store);
    if (r)
        (void)fprintf(stderr, "the store could not be filled: %s (%d)\n", strerror(r < 0 ? -r : 0),
                      r);
    return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
