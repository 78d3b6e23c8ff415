/*
 * RegistrarService's StreamImportCalendar: each message is read as a calendar (calendar/import.h),
 * and stored record by record (calendar_apply.h) in as many updates as that takes.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_IMPORT_STREAM_H
#define CVN_SERVICES_EVENTS_CALENDAR_IMPORT_STREAM_H

#include "services/runtime/write_stream.h"

enum {
    CVN_CALENDAR_IMPORT_LINE_MAX = 2000000000, /* the number of a piece's first line */
    CVN_CALENDAR_IMPORT_NAMES_BYTES = 512,     /* of the group's and the zone's names */
};

extern const struct cvn_write_stream_type cvn_calendar_import_stream;

#endif
