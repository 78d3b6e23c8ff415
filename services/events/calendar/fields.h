/*
 * What an event has that iCalendar has no property for, as properties X-CONVENE-…, so that what was
 * exported is imported whole. Pure.
 */
#ifndef CVN_SERVICES_EVENTS_CALENDAR_FIELDS_H
#define CVN_SERVICES_EVENTS_CALENDAR_FIELDS_H

#include "base/arena.h"
#include "convene/events/v1/event.pb-c.h"

#include <stdbool.h>

enum {
    CVN_CALENDAR_FIELD_UNKNOWN = 1, /* outcome: no such property, or not such a value */
    CVN_CALENDAR_FIELDS = 14,       /* rows that write goes through */
};

/*
 * Sets the event's field that the property stands for. 0 with *ret_number the field's;
 * CVN_CALENDAR_FIELD_UNKNOWN; -ENOMEM. Texts are in the arena. The value is without escapes.
 */
int cvn_calendar_field_read(struct cvn_arena *arena, Convene__Events__V1__Event *event,
                            const char *name, const char *value, unsigned *ret_number);

/*
 * The property's name and value of row i, below CVN_CALENDAR_FIELDS. 0; CVN_CALENDAR_FIELD_UNKNOWN
 * where the event says nothing or the default; -ENOMEM.
 */
int cvn_calendar_field_write(struct cvn_arena *arena, const Convene__Events__V1__Event *event,
                             size_t i, const char **ret_name, const char **ret_value);

/* The number of an enum's value by the end of its name, as "AUTO"; -1 for none. */
int cvn_calendar_enum_read(const ProtobufCEnumDescriptor *type, const char *text);
/* The end of the name of an enum's value; "" for 0 and unknown ones. */
const char *cvn_calendar_enum_text(const ProtobufCEnumDescriptor *type, int value);

/* The venue as one line, as people write it; "" without one. In the arena; NULL when it is spent.
 */
const char *cvn_calendar_location(struct cvn_arena *arena, const Convene__Events__V1__Venue *venue);

/* Copies a field of the event, by its descriptor, from one to another. */
void cvn_calendar_field_copy(Convene__Events__V1__Event *to, const Convene__Events__V1__Event *from,
                             const ProtobufCFieldDescriptor *field);

#endif
