/* Events of calendars in the store: finding one by its UID, and storing what an item says of it. */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_STORE_H
#define CVN_SERVICES_EVENTS_CALENDAR_STORE_H

#include "services/events/calendar_apply.h"

/* What a UID means in the group. */
struct cvn_calendar_target {
    bool has_event, has_series;
    struct cvn_id event, series;
};

/*
 * Looks the UID up: as external_id of the group's, or as the name that an export gave to an event
 * or series without one ("evt_…@convene"). 0 or a fault.
 */
int cvn_calendar_find(struct cvn_calendar_apply *apply, const char *uid,
                      struct cvn_calendar_target *ret);

/* How the file's version of something compares with the stored one. */
enum cvn_calendar_age {
    CVN_CALENDAR_OLDER,
    CVN_CALENDAR_SAME,
    CVN_CALENDAR_NEWER,
    CVN_CALENDAR_UNDATED, /* the file does not say: what differs counts */
};

/* What is stored says of its version. */
struct cvn_calendar_version {
    const Convene__Events__V1__CalendarSource *source; /* NULL: not imported */
    int32_t sequence;
    int64_t update_ms;
};

/* SEQUENCE first, then LAST-MODIFIED; against the import of before where there was one. */
enum cvn_calendar_age cvn_calendar_compare(const struct cvn_calendar_item *item,
                                           const struct cvn_calendar_version *version);

/* Skips the item for being older, and says by what. 0 or -ENOMEM. */
int cvn_calendar_skip_older(struct cvn_arena *arena, struct cvn_calendar_item *item,
                            const struct cvn_calendar_version *version);

/* Whether it was changed here since it was imported. */
bool cvn_calendar_changed_here(const struct cvn_calendar_version *version);

/* Adds an event known by that external_id. 0, also when the item was refused; a fault. */
int cvn_calendar_add_event(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                           const char *external_id);

/* Brings a stored event in line with the item, as far as it is newer. Results as for add. */
int cvn_calendar_change_event(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                              const struct cvn_id *id);

/*
 * Makes of an occurrence that its series is about to store, *event, a copy of
 * made, what the item says of it, and sets the item's outcome. 0, also when the
 * item was refused; a fault.
 */
int cvn_calendar_revise_made(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                             const Convene__Events__V1__Event *made,
                             Convene__Events__V1__Event *event, bool *ret_revised);

/* Copies what the item says onto the event. 0 or -ENOMEM. */
int cvn_calendar_say(struct cvn_arena *arena, const struct cvn_calendar_item *item,
                     Convene__Events__V1__Event *event);

/* The item's version, to be kept with what was stored at that time; NULL without memory. */
Convene__Events__V1__CalendarSource *cvn_calendar_source(struct cvn_arena *arena,
                                                         const struct cvn_calendar_item *item,
                                                         int64_t stored_ms);

/* Turns the refusal of the call into the item's. 0 or -ENOMEM. */
int cvn_calendar_refuse_item(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item);

/* Calls the event off. 0, with a remark when the rules do not let it; a fault. */
int cvn_calendar_cancel_event(struct cvn_calendar_apply *apply, struct cvn_calendar_item *item,
                              const struct cvn_id *id);

#endif
