#include "client/cli/event_view.h"

#include "client/cli/view.h"
#include "convene/events/v1/event.pb-c.h"

const char *cvn_event_see_title(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    bool off = event->status == CONVENE__EVENTS__V1__EVENT_STATUS__EVENT_STATUS_CANCELLED;
    if (off && cli->format == CVN_FORMAT_TABLE) {
        return cvn_arena_printf(&cli->arena, "%s (cancelled)", event->title);
    }
    return event->title;
}

const char *cvn_event_see_seats(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    if (event->capacity == 0) {
        return cvn_view_number(cli, event->seats_taken);
    }
    if (event->waitlist_count > 0) {
        return cvn_arena_printf(&cli->arena, "%d/%d +%d", event->seats_taken, event->capacity,
                                event->waitlist_count);
    }
    return cvn_arena_printf(&cli->arena, "%d/%d", event->seats_taken, event->capacity);
}
