/* Limits of ExportCalendar, which writes a calendar of what the caller may see. */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_EXPORT_H
#define CVN_SERVICES_EVENTS_CALENDAR_EXPORT_H

enum {
    CVN_CALENDAR_EXPORT_EVENTS_MAX = 3000,   /* looked at in one call; more follow by page */
    CVN_CALENDAR_EXPORT_PAGE = 200,          /* of these, at a time */
    CVN_CALENDAR_EXPORT_BYTES_MAX = 2 << 20, /* of text; the event that reaches it is the last */
    CVN_CALENDAR_NAME_MAX = 200,             /* bytes */
};

#endif
