/* `convene events update`: changes the fields of an event that the options name. */
#ifndef CVN_CLIENT_CLI_EVENT_UPDATE_H
#define CVN_CLIENT_CLI_EVENT_UPDATE_H

#include "client/cli/view.h"
#include "convene/events/v1/event.pb-c.h"

enum cvn_exit cvn_event_run_update(struct cvn_cli *cli);

/* How one event is shown (client/cli/events.c). */
extern const struct cvn_view_column cvn_event_show_columns[];

/* Remarks that more seats are taken than there are, which nobody loses. */
void cvn_event_tell_overbooked(struct cvn_cli *cli, const Convene__Events__V1__Event *event);

extern const struct cvn_option cvn_event_update_options[];

/* The rows about seats, the queue and questions, which creating an event takes as well. */
#define CVN_EVENT_SEATS_OPTIONS                                                                    \
    {"capacity", 'c', "N", "seats; unlimited when left out", "event.capacity"},                    \
        {"virtual-capacity", 0, "N", "seats online of a hybrid event", "event.virtual_capacity"},  \
        {"max-guests", 0, "N", "that one RSVP may bring, 0 to 10", "event.max_guests"},            \
        {"waitlist", 0, "MODE", "auto, offer, lottery or none", "event.waitlist_mode"},            \
        {"policy", 0, "POLICY",                                                                    \
         "strict, first-fit or bounded: who is served when the next party "                        \
         "does not fit",                                                                           \
         "event.party_policy"},                                                                    \
        {"offer-minutes", 0, "N", "for which an offered seat is held; a day when left out",        \
         "event.offer_minutes"},                                                                   \
        {"draw-time", 0, "TIME", "of a lottery, as in 2026-12-01T12:00:00+01:00",                  \
         "event.lottery_draw_time"},                                                               \
        {"question", 0, "QUESTION",                                                                \
         "\"diet!: Your diet? [all|vegan]\": ! needs an answer, ]+ takes several; repeatable",     \
         "event.questions"},                                                                       \
    {                                                                                              \
        "approval", 0, NULL, "an organiser approves each RSVP", "event.approval_required"          \
    }

#endif
