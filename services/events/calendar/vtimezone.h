/*
 * The rules that a calendar's VTIMEZONE gives, compared with the zones of tzdata: for names that
 * nobody else knows, as "Customized Time Zone 1". Pure but for the zones.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_VTIMEZONE_H
#define CVN_SERVICES_EVENTS_CALENDAR_VTIMEZONE_H

#include "services/events/calendar/moment.h"

/*
 * A zone whose offsets are those of the VTIMEZONE throughout the year: the fallback, home, a fixed
 * offset, or one of a few dozen that many people live in. 0; CVN_ZONE_UNKNOWN, also when a rule is
 * none of the form that zones have (a weekday of a month, each year); a fault.
 */
int cvn_calendar_vtimezone_match(const struct cvn_calendar_places *places,
                                 const struct cvn_calendar_timezone *timezone, int year,
                                 const struct cvn_zone **ret_zone);

#endif
