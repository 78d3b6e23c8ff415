/*
 * What pages cost the server without sockets: pages DIRECTORY N KIND CALLS [PERSON], where KIND is
 * the number of a kind of list (asks.h). Each call is of the method's own code from a snapshot to
 * the packed reply, as the administrator, or as the person of that number. Under
 * `valgrind --tool=callgrind --toggle-collect=run_page` its instructions are counted alone.
 */
#include "bench/finding/asks.h"
#include "services/events/listing/event_list.h"
#include "services/events/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_BYTES = 64 << 20, NOBODY = UINT32_MAX };

/* Valgrind has no room for a store's usual address space. */
#define MAP_BYTES (UINT64_C(8) << 30)

/* Whose pages. */
struct reader {
    struct cvn_store *store;
    const struct world *world;
    uint32_t person; /* NOBODY: an administrator */
};

static void init_ctx(struct cvn_ctx *ctx, const struct reader *reader)
{
    static const uint8_t token_key[CVN_TOKEN_KEY_BYTES] = {1};
    ctx->now_ms = WORLD_FIRST_S * 1000;
    ctx->token_key = token_key;
    ctx->who.kind = reader->person == NOBODY ? CVN_PRINCIPAL_ADMIN : CVN_PRINCIPAL_PERSON;
    ctx->who.person = world_person_id(reader->person);
    cvn_problems_init(&ctx->problems, ctx->arena);
}

/* One page; the number of its bytes, or a fault. Not inlined, so that it can be counted. */
static __attribute__((noinline)) long run_page(const struct reader *reader, const struct list *list)
{
    CVN_ARENA_AUTO arena;
    struct cvn_status status = {0};
    struct cvn_ctx ctx = {.arena = &arena, .status = &status};
    Convene__Events__V1__ListEventsResponse reply = CONVENE__EVENTS__V1__LIST_EVENTS_RESPONSE__INIT;
    struct cvn_slice packed;
    cvn_arena_init(&arena, ARENA_BYTES);
    init_ctx(&ctx, reader);
    int r = cvn_event_list_check(&ctx, &list->request);
    if (r == 0)
        r = cvn_store_snapshot(reader->store, &ctx.txn);
    if (r)
        return r < 0 ? r : -EINVAL;
    r = cvn_event_list_packed(&ctx, &list->request, &reply);
    if (r == 0)
        r = cvn_ctx_pack(&ctx, &reply.base, &packed);
    cvn_snapshot_release(ctx.txn);
    return r == 0 ? (long)packed.len : r < 0 ? r : -EINVAL;
}

static int run_pages(const struct reader *reader, uint32_t kind, uint32_t n)
{
    long n_bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct list list;
        list_init(&list, reader->person != NOBODY);
        ask_kinds[kind].ask(reader->world, &list, i);
        long r = run_page(reader, &list);
        if (r < 0)
            return (int)r;
        n_bytes += r;
    }
    (void)printf("%s: %u pages, %ld bytes each\n", ask_kinds[kind].name, n, n_bytes / n);
    return 0;
}

int main(int argc, char **argv)
{
    static struct world world;
    struct cvn_error err = {""};
    bool right = argc == 5 || argc == 6;
    uint32_t number[6] = {0};
    for (int i = 2; right && i < argc; i++)
        number[i] = (uint32_t)strtoul(argv[i], NULL, 10);
    struct reader reader = {NULL, &world, argc == 6 ? number[5] : NOBODY};
    const struct cvn_store_options options = {
        .path = right ? argv[1] : "",
        .map_bytes = MAP_BYTES,
        .schema_version = CVN_EVENTS_SCHEMA,
        .schema_steps = cvn_events_schema_steps,
    };
    if (!right || number[2] == 0 || number[3] >= ASK_KINDS || number[4] == 0 ||
        world_init(&world, number[2]) || cvn_store_open(&reader.store, &options, &err)) {
        (void)fprintf(stderr, "usage: pages DIRECTORY EVENTS KIND CALLS [PERSON]\n%s\n", err.text);
        return EXIT_FAILURE;
    }
    int r = run_pages(&reader, number[3], number[4]);
    cvn_store_close(reader.store);
    if (r)
        (void)fprintf(stderr, "a page failed: %d\n", r);
    return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
