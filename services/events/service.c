#include "services/events/service.h"

#include "convene/admin/v1/key.pb-c.h"
#include "convene/events/v1/calendar.pb-c.h"
#include "convene/events/v1/comment.pb-c.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/membership.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/events/v1/privacy.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "convene/events/v1/series.pb-c.h"
#include "services/events/comments/comment_table.h"
#include "services/events/groups/group_table.h"
#include "services/events/groups/invitation_table.h"
#include "services/events/groups/membership_table.h"
#include "services/events/handlers.h"
#include "services/events/keys/key_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/rsvps/lottery_table.h"
#include "services/events/rsvps/move_reason.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/series/series_table.h"

#include <stddef.h>

const struct cvn_table *const cvn_events_tables[] = {
    &cvn_person_table,     &cvn_group_table,        &cvn_member_table,
    &cvn_event_table,      &cvn_rsvp_table,         &cvn_key_table,
    &cvn_series_table,     &cvn_join_request_table, &cvn_ban_table,
    &cvn_invitation_table, &cvn_comment_table,      &cvn_report_table,
    &cvn_lottery_table,    &cvn_move_reason_table,  NULL,
};

int cvn_events_bind(struct cvn_events_service *service, struct cvn_runtime *runtime,
                    struct cvn_server *server)
{
    const struct {
        const ProtobufCServiceDescriptor *descriptor;
        const struct cvn_service_method *methods;
    } rows[] = {
        {&convene__events__v1__person_service__descriptor, cvn_person_methods},
        {&convene__events__v1__group_service__descriptor, cvn_group_methods},
        {&convene__events__v1__membership_service__descriptor, cvn_membership_methods},
        {&convene__events__v1__event_service__descriptor, cvn_event_methods},
        {&convene__events__v1__series_service__descriptor, cvn_series_methods},
        {&convene__events__v1__calendar_service__descriptor, cvn_calendar_methods},
        {&convene__events__v1__rsvp_service__descriptor, cvn_rsvp_methods},
        {&convene__events__v1__comment_service__descriptor, cvn_comment_methods},
        {&convene__events__v1__privacy_service__descriptor, cvn_privacy_methods},
        {&convene__events__v1__attendance_service__descriptor, cvn_attendance_methods},
        {&convene__admin__v1__key_service__descriptor, cvn_key_methods},
    };
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof rows / sizeof *rows; i++)
        r = cvn_methods_bind(runtime, server, rows[i].descriptor, rows[i].methods, service);
    return r;
}
