#include "services/events/calendar/import.h"

#include "services/events/calendar/item.h"
#include "services/events/calendar/merge.h"
#include "services/events/calendar/zone_name.h"

#include <errno.h>

/* Finds where times without a zone stand, and what stands for unknown zones. */
static int find_places(struct cvn_calendar_places *places, const struct cvn_calendar_import *how,
                       struct cvn_calendar_document *document, struct cvn_arena *arena)
{
    *places = (struct cvn_calendar_places){.zones = how->zones, .document = document};
    if (how->time_zone[0]) {
        int r = cvn_zones_find(how->zones, how->time_zone, &places->fallback);
        places->home = places->fallback;
        return r > 0 ? -EINVAL : r;
    }
    int r = document->time_zone[0]
                ? cvn_calendar_zone_find(how->zones, document->time_zone, &places->fallback)
                : CVN_ZONE_UNKNOWN;
    if (r == CVN_ZONE_UNKNOWN && document->time_zone[0] &&
        cvn_calendar_note(document, arena,
                          "X-WR-TIMEZONE:%s is a time zone that nobody knows; times without a zone "
                          "are read as the group's.",
                          cvn_calendar_shown(arena, document->time_zone)))
        return -ENOMEM;
    places->home = places->fallback;
    if (r == CVN_ZONE_UNKNOWN) {
        r = cvn_zones_find(how->zones, how->group_zone, &places->home);
        r = r > 0 ? -EINVAL : r;
    }
    return r;
}

static int read_items(const struct cvn_calendar_document *document,
                      const struct cvn_calendar_places *places, struct cvn_arena *arena,
                      struct cvn_calendar_item **ret)
{
    struct cvn_calendar_item *items =
        cvn_arena_alloc_array(arena, document->n_events, sizeof *items);
    int r = items ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < document->n_events; i++)
        r = cvn_calendar_item_read(&items[i], &document->events[i], places, arena);
    *ret = items;
    return r;
}

int cvn_calendar_read(struct cvn_calendar *calendar, const struct cvn_calendar_import *how,
                      struct cvn_arena *arena)
{
    struct cvn_calendar_document *document = cvn_arena_alloc(arena, sizeof *document);
    struct cvn_calendar_places places;
    struct cvn_calendar_item *items;
    *calendar = (struct cvn_calendar){.name = ""};
    if (!document)
        return -ENOMEM;
    int r = cvn_calendar_document_read(document, &how->file, arena, &calendar->refusal);
    if (r || calendar->refusal)
        return r;
    r = find_places(&places, how, document, arena);
    if (r == 0)
        r = read_items(document, &places, arena, &items);
    if (r == 0)
        r = cvn_calendar_merge(calendar, how, items, document->n_events, arena);
    calendar->name = document->name;
    calendar->notes = document->notes;
    calendar->n_notes = document->n_notes;
    return r;
}
