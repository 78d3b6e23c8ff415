/* What one caller may be told of one change, decided as things are when it is told. */
#ifndef CVN_SERVICES_EVENTS_WATCH_WATCH_TELL_H
#define CVN_SERVICES_EVENTS_WATCH_WATCH_TELL_H

#include "convene/events/v1/watch.pb-c.h"
#include "services/events/listing/event_filter.h"
#include "services/events/listing/event_list.h"
#include "services/events/watch/watch_cursor.h"
#include "services/events/watch/watch_page.h"

enum { CVN_WATCH_TOLD = 110 }; /* there is a change to send; 0: nothing for this caller */

/* An event of a snapshot, shown already. */
void cvn_watch_tell_listed(Convene__Events__V1__EventChange *ret,
                           Convene__Events__V1__Event *event);

/* What an entry of the log is to the caller, in the context's arena. CVN_WATCH_TOLD, 0, a fault. */
int cvn_watch_tell_entry(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                         const struct cvn_watch_entry *entry,
                         Convene__Events__V1__EventChange *ret);

/*
 * Where the entry is a change of the caller's own membership that decides what they see, or the
 * group was archived or restored, so that what it has ahead leaves lists or comes back, makes the
 * cursor walk the group's events. Nothing of it is in the log: each watcher is told as many at a
 * time as it takes, however many there are. 0 or a fault.
 */
int cvn_watch_walk_begin(const struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                         const struct cvn_watch_entry *entry, struct cvn_watch_cursor *cursor);

/*
 * Moves a walk to its next event and finds what the change made of it. CVN_WATCH_TOLD; 0 when
 * it is seen as before; CVN_STORE_ABSENT behind the last; a fault.
 */
int cvn_watch_tell_walked(struct cvn_event_filter *filter, struct cvn_ctx *ctx,
                          struct cvn_watch_cursor *cursor, Convene__Events__V1__EventChange *ret);

#endif
