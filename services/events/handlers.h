/*
 * The methods of people, groups, membership, events, RSVPs, comments, attendance and keys, in the
 * order of their .proto files. Their service state is struct cvn_events_service (service.h).
 */
#ifndef CVN_SERVICES_EVENTS_HANDLERS_H
#define CVN_SERVICES_EVENTS_HANDLERS_H

#include "services/runtime/methods.h"

extern const struct cvn_service_method cvn_person_methods[6];
extern const struct cvn_service_method cvn_group_methods[10];
extern const struct cvn_service_method cvn_membership_methods[15];
extern const struct cvn_service_method cvn_event_methods[15];
extern const struct cvn_service_method cvn_series_methods[5];
extern const struct cvn_service_method cvn_calendar_methods[1];
extern const struct cvn_service_method cvn_rsvp_methods[13];
extern const struct cvn_service_method cvn_comment_methods[10];
extern const struct cvn_service_method cvn_privacy_methods[2];
extern const struct cvn_service_method cvn_attendance_methods[2];
extern const struct cvn_service_method cvn_key_methods[4];

#endif
