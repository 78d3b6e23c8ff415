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

/* "18/20 +3": taken, of how many, and how many wait. */
static const char *seats_text(struct cvn_cli *cli, int32_t taken, int32_t capacity, int32_t waiting)
{
    if (capacity == 0) {
        return cvn_view_number(cli, taken);
    }
    if (waiting > 0) {
        return cvn_arena_printf(&cli->arena, "%d/%d +%d", taken, capacity, waiting);
    }
    return cvn_arena_printf(&cli->arena, "%d/%d", taken, capacity);
}

const char *cvn_event_see_seats(struct cvn_cli *cli, const void *message)
{
    const Convene__Events__V1__Event *event = message;
    const char *room = seats_text(cli, event->seats_taken, event->capacity, event->waitlist_count);
    bool hybrid =
        event->attendance_mode == CONVENE__EVENTS__V1__ATTENDANCE_MODE__ATTENDANCE_MODE_MIXED;
    if (!hybrid || !room) {
        return room;
    }
    const char *online = seats_text(cli, event->virtual_seats_taken, event->virtual_capacity,
                                    event->virtual_waitlist_count);
    return cvn_arena_printf(&cli->arena, "%s, online %s", *room ? room : "0",
                            online && *online ? online : "0");
}
