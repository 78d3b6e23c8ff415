#include "tests/crash/kill_calls.h"

#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 30000 };

/* Whether a later try may come to another answer; a kill is no answer. */
static bool is_no_answer(enum cvn_code code)
{
    return code == CVN_UNAVAILABLE || code == CVN_CANCELLED || code == CVN_DEADLINE_EXCEEDED ||
           code == CVN_RESOURCE_EXHAUSTED || code == CVN_ABORTED || code == CVN_UNKNOWN;
}

ProtobufCMessage *kill_call(struct kill_line *line, const struct cvn_call_request *request,
                            struct cvn_arena *arena, struct cvn_status *status)
{
    struct cvn_call_request tried = *request;
    tried.options.timeout_ms = TIMEOUT_MS;
    tried.options.wait_for_ready = true;
    for (;;) {
        ProtobufCMessage *reply = NULL;
        enum cvn_code code = cvn_channel_call(line->channel, &tried, arena, status, &reply);
        if (code == CVN_OK)
            return reply;
        if (!is_no_answer(code))
            return NULL;
        line->n_repeated++;
    }
}

/* For what has to succeed. */
static void *must_call(struct kill_line *line, const ProtobufCServiceDescriptor *service,
                       const char *method, const ProtobufCMessage *message, struct cvn_arena *arena)
{
    struct cvn_status status;
    const struct cvn_call_request request = {
        .service = service, .method = method, .message = message};
    ProtobufCMessage *reply = kill_call(line, &request, arena, &status);
    if (!reply) {
        fprintf(stderr, "%s: %s\n", method, status.message);
        exit(1);
    }
    return reply;
}

static void copy_id(char *to, const char *id)
{
    (void)snprintf(to, KILL_ID_BYTES, "%s", id);
}

void kill_make_group(struct kill_line *line, char *ret_id)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT;
    Convene__Events__V1__CreateGroupRequest request =
        CONVENE__EVENTS__V1__CREATE_GROUP_REQUEST__INIT;
    group.name = (char *)"Killed";
    group.slug = (char *)"killed";
    group.time_zone = (char *)"Europe/Berlin";
    request.group = &group;
    request.request_id = (char *)"group";
    const Convene__Events__V1__Group *made =
        must_call(line, &convene__events__v1__group_service__descriptor, "CreateGroup",
                  &request.base, &arena);
    copy_id(ret_id, made->id);
}

void kill_make_person(struct kill_line *line, unsigned number, char *ret_id)
{
    CVN_ARENA_AUTO arena;
    char name[32], email[48];
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    Convene__Events__V1__CreatePersonRequest request =
        CONVENE__EVENTS__V1__CREATE_PERSON_REQUEST__INIT;
    (void)snprintf(name, sizeof name, "Person %u", number);
    (void)snprintf(email, sizeof email, "p%u@example.org", number);
    person.display_name = name;
    person.email = email;
    person.time_zone = (char *)"Europe/Berlin";
    request.person = &person;
    request.request_id = name;
    const Convene__Events__V1__Person *made =
        must_call(line, &convene__events__v1__person_service__descriptor, "CreatePerson",
                  &request.base, &arena);
    copy_id(ret_id, made->id);
}

void kill_make_program(struct kill_line *line, char *ret_id)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    Convene__Mentoring__V1__CreateProgramRequest request =
        CONVENE__MENTORING__V1__CREATE_PROGRAM_REQUEST__INIT;
    program.name = (char *)"Killed";
    request.program = &program;
    request.request_id = (char *)"program";
    const Convene__Mentoring__V1__Program *made =
        must_call(line, &convene__mentoring__v1__program_service__descriptor, "CreateProgram",
                  &request.base, &arena);
    copy_id(ret_id, made->id);
}

void kill_make_event(struct kill_line *line, const char *group, const char *title, int capacity,
                     char *ret_id)
{
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    Convene__Events__V1__CreateEventRequest request =
        CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    event.group_id = (char *)(uintptr_t)group;
    event.title = (char *)(uintptr_t)title;
    event.start_local = (char *)"2031-05-06T18:30:00";
    event.end_local = (char *)"2031-05-06T20:30:00";
    event.time_zone = (char *)"Europe/Berlin";
    event.capacity = capacity;
    event.max_guests = 2;
    request.event = &event;
    request.publish = true;
    request.request_id = (char *)(uintptr_t)title;
    const Convene__Events__V1__Event *made =
        must_call(line, &convene__events__v1__event_service__descriptor, "CreateEvent",
                  &request.base, &arena);
    copy_id(ret_id, made->id);
}

void kill_enrol(struct kill_line *line, const char *program, const char *person, unsigned number)
{
    CVN_ARENA_AUTO arena;
    char request_id[32];
    cvn_arena_init(&arena, KILL_ARENA_BYTES);
    Convene__Mentoring__V1__Skill skill = CONVENE__MENTORING__V1__SKILL__INIT, *skills = &skill;
    Convene__Mentoring__V1__Enrolment enrolment = CONVENE__MENTORING__V1__ENROLMENT__INIT;
    Convene__Mentoring__V1__CreateEnrolmentRequest request =
        CONVENE__MENTORING__V1__CREATE_ENROLMENT_REQUEST__INIT;
    skill.name = (char *)"c";
    skill.level = 3;
    enrolment.program_id = (char *)(uintptr_t)program;
    enrolment.person_id = (char *)(uintptr_t)person;
    enrolment.role = number % 2 ? CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR
                                : CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE;
    enrolment.n_skills = 1;
    enrolment.skills = &skills;
    (void)snprintf(request_id, sizeof request_id, "enrol-%u", number);
    request.enrolment = &enrolment;
    request.request_id = request_id;
    (void)must_call(line, &convene__mentoring__v1__enrolment_service__descriptor, "CreateEnrolment",
                    &request.base, &arena);
}

const Convene__Events__V1__Rsvp *kill_respond(struct kill_line *line, struct cvn_arena *arena,
                                              const char *event, const char *person, int guests,
                                              const char *request_id)
{
    struct cvn_status status;
    Convene__Events__V1__RespondRequest respond = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    respond.event_id = (char *)(uintptr_t)event;
    respond.person_id = (char *)(uintptr_t)person;
    respond.answer = guests < 0 ? CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_NO
                                : CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES;
    respond.guests = guests < 0 ? 0 : guests;
    respond.request_id = (char *)(uintptr_t)request_id;
    const struct cvn_call_request request = {.service =
                                                 &convene__events__v1__rsvp_service__descriptor,
                                             .method = "Respond",
                                             .message = &respond.base};
    const ProtobufCMessage *reply = kill_call(line, &request, arena, &status);
    if (!reply && status.code != CVN_FAILED_PRECONDITION) {
        fprintf(stderr, "Respond: %s\n", status.message);
        exit(1);
    }
    return (const Convene__Events__V1__Rsvp *)reply;
}
