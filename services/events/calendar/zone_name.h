/*
 * What calendars call time zones: IANA names with and without a vendor's prefix, Windows names (by
 * CLDR's table, through ICU), the names that Outlook shows, and fixed offsets. Pure but for the
 * zones.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_ZONE_NAME_H
#define CVN_SERVICES_EVENTS_CALENDAR_ZONE_NAME_H

#include "base/zone.h"

enum { CVN_CALENDAR_TZID_MAX = 200 }; /* bytes; no longer one is looked up */

/*
 * The zone of a TZID. 0; CVN_ZONE_UNKNOWN; -ENOMEM, or what reading tzdata failed with. Names of
 * Windows and Outlook stand for one IANA zone of many that agree today.
 */
int cvn_calendar_zone_find(struct cvn_zones *zones, const char *tzid,
                           const struct cvn_zone **ret_zone);

/* The zone that is always so far east of UTC: whole hours from -12 to 14. Results as above. */
int cvn_calendar_zone_fixed(struct cvn_zones *zones, int offset_s,
                            const struct cvn_zone **ret_zone);

#endif
