#include "client/lib/methods.h"

#include "convene/admin/v1/admin.pb-c.h"
#include "convene/admin/v1/key.pb-c.h"
#include "convene/admin/v1/store.pb-c.h"
#include "convene/events/v1/calendar.pb-c.h"
#include "convene/events/v1/comment.pb-c.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/membership.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/events/v1/privacy.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "convene/events/v1/series.pb-c.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "convene/mentoring/v1/mentorship.pb-c.h"
#include "convene/mentoring/v1/privacy.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"

#include <string.h>

static const ProtobufCServiceDescriptor *const services[] = {
    &convene__events__v1__event_service__descriptor,
    &convene__events__v1__series_service__descriptor,
    &convene__events__v1__calendar_service__descriptor,
    &convene__events__v1__group_service__descriptor,
    &convene__events__v1__membership_service__descriptor,
    &convene__events__v1__person_service__descriptor,
    &convene__events__v1__rsvp_service__descriptor,
    &convene__events__v1__privacy_service__descriptor,
    &convene__events__v1__comment_service__descriptor,
    &convene__events__v1__attendance_service__descriptor,
    &convene__mentoring__v1__program_service__descriptor,
    &convene__mentoring__v1__enrolment_service__descriptor,
    &convene__mentoring__v1__match_service__descriptor,
    &convene__mentoring__v1__mentorship_service__descriptor,
    &convene__mentoring__v1__privacy_service__descriptor,
    &convene__admin__v1__key_service__descriptor,
    &convene__admin__v1__admin_service__descriptor,
    &convene__admin__v1__store_service__descriptor,
    &convene__admin__v1__backup_service__descriptor,
    &convene__admin__v1__check_service__descriptor,
    &grpc__health__v1__health__descriptor,
};

const ProtobufCMethodDescriptor *cvn_method_find(const char *name,
                                                 const ProtobufCServiceDescriptor **ret_service)
{
    const char *slash = strchr(name, '/');
    for (size_t s = 0; slash && s < sizeof services / sizeof *services; s++) {
        const ProtobufCServiceDescriptor *service = services[s];
        size_t len = (size_t)(slash - name);
        if (strlen(service->name) != len || memcmp(service->name, name, len) != 0) {
            continue;
        }
        for (unsigned m = 0; m < service->n_methods; m++) {
            if (strcmp(service->methods[m].name, slash + 1) == 0) {
                *ret_service = service;
                return &service->methods[m];
            }
        }
    }
    return NULL;
}

bool cvn_method_repeatable(const ProtobufCMethodDescriptor *method)
{
    static const char *const reading[] = {"Get",     "List",   "BatchGet", "Check",
                                          "Explain", "Verify", "Export"};
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++) {
        if (strncmp(method->name, reading[i], strlen(reading[i])) == 0) {
            return true;
        }
    }
    return protobuf_c_message_descriptor_get_field_by_name(method->input, "request_id") != NULL;
}
