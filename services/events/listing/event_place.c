#include "services/events/listing/event_place.h"

#include "base/places.h"
#include "base/text.h"

#include <errno.h>

static Convene__Events__V1__LatLng *lat_lng(struct cvn_arena *arena, struct cvn_point at)
{
    Convene__Events__V1__LatLng *message = cvn_arena_alloc(arena, sizeof *message);
    if (!message)
        return NULL;
    convene__events__v1__lat_lng__init(message);
    message->latitude = at.lat;
    message->longitude = at.lon;
    return message;
}

/* "Springfield (us, MO), 166,810 people", one after another. NULL when the arena is spent. */
static const char *name_all(struct cvn_arena *arena, const struct cvn_place *places, size_t n)
{
    const char *all = "";
    for (size_t i = 0; all && i < n; i++) {
        const char *comma = places[i].region[0] ? ", " : "";
        unsigned thousands = places[i].population / 1000;
        all = cvn_arena_printf(arena, "%s%s%s (%s%s%s), ", all, i ? "; " : "", places[i].name,
                               places[i].country, comma, places[i].region);
        if (all && thousands >= 1000)
            all = cvn_arena_printf(arena, "%s%u,%03u,000 people", all, thousands / 1000,
                                   thousands % 1000);
        else if (all)
            all = cvn_arena_printf(arena, "%s%u,000 people", all, thousands);
    }
    return all;
}

static int refuse_unknown(struct cvn_ctx *ctx, const struct cvn_place_asked *asked)
{
    struct cvn_place near[3];
    struct cvn_place_asked anywhere = {asked->name, "", ""};
    size_t n = 0;
    bool narrowed = asked->country[0] || asked->region[0];
    int r = narrowed ? cvn_places_find(ctx->arena, &anywhere, near, 3, &n) : 0;
    if (r == 0 && n == 0)
        r = cvn_places_suggest(ctx->arena, &anywhere, near, 3, &n);
    const char *names = r == 0 ? name_all(ctx->arena, near, n) : NULL;
    if (!names)
        return r < 0 ? r : -ENOMEM;
    return cvn_ctx_refuse_state(
        ctx, CVN_INVALID_ARGUMENT, "PLACE_UNKNOWN",
        "The table of cities, those of at least 15,000 people, has no \"%s\"%s%s%s%s.", asked->name,
        narrowed ? " in that country or region" : "", n ? ", but " : "", names,
        n ? "" : "; a point and a radius are right for other places");
}

int cvn_event_place_find(struct cvn_ctx *ctx, const Convene__Events__V1__PlaceName *name,
                         Convene__Events__V1__FoundPlace **ret)
{
    const struct cvn_place_asked asked = {name->name, name->country, name->region};
    struct cvn_place places[CVN_EVENT_PLACES_NAMED];
    size_t n;
    int r = cvn_places_find(ctx->arena, &asked, places, CVN_EVENT_PLACES_NAMED, &n);
    if (r)
        return r > 0 ? -EBADMSG : r; /* checked to be UTF-8 before */
    if (n == 0)
        return refuse_unknown(ctx, &asked);
    if (!cvn_places_clear(places, n)) {
        const char *names = name_all(ctx->arena, places, n);
        return !names ? -ENOMEM
                      : cvn_ctx_refuse_state(ctx, CVN_INVALID_ARGUMENT, "PLACE_AMBIGUOUS",
                                             "\"%s\" may be any of these: %s. Say which, by "
                                             "country and, if need be, region.",
                                             name->name, names);
    }
    Convene__Events__V1__FoundPlace *found = cvn_arena_alloc(ctx->arena, sizeof *found);
    if (!found)
        return -ENOMEM;
    convene__events__v1__found_place__init(found);
    found->name = cvn_arena_strdup(ctx->arena, places[0].name);
    found->country = cvn_arena_strdup(ctx->arena, places[0].country);
    found->region = cvn_arena_strdup(ctx->arena, places[0].region);
    found->center = lat_lng(ctx->arena, places[0].at);
    found->population = (int32_t)places[0].population;
    if (!found->name || !found->country || !found->region || !found->center)
        return -ENOMEM;
    *ret = found;
    return 0;
}

int cvn_event_place_locate(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                           const char *group_country)
{
    const Convene__Events__V1__Venue *venue = event->venue;
    struct cvn_place places[2];
    size_t n = 0;
    event->city_center = NULL;
    if (!venue || venue->location || !venue->city[0])
        return 0;
    struct cvn_place_asked asked = {venue->city, venue->country, ""};
    if (!asked.country[0])
        asked.country = group_country;
    int r = cvn_places_find(arena, &asked, places, 2, &n);
    if (r == 0 && n == 0 && !venue->country[0]) {
        asked.country = "";
        r = cvn_places_find(arena, &asked, places, 2, &n);
    }
    if (r || !cvn_places_clear(places, n))
        return r == CVN_TEXT_INVALID ? 0 : r;
    event->city_center = lat_lng(arena, places[0].at);
    return event->city_center ? 0 : -ENOMEM;
}
