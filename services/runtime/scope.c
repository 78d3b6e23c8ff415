#include "services/runtime/scope.h"

#include <string.h>

static const struct cvn_scope_row rows[] = {
    {CVN_SCOPE_READ, "read", true, true, true},
    {CVN_SCOPE_EVENTS_REGISTER, "events.register", true, true, true},
    {CVN_SCOPE_RSVPS_ANSWER, "rsvps.answer", false, true, false},
    {CVN_SCOPE_RSVPS_DECIDE, "rsvps.decide", true, true, true},
    {CVN_SCOPE_GROUPS_MANAGE, "groups.manage", true, true, true},
    {CVN_SCOPE_COMMENTS_WRITE, "comments.write", true, true, true},
    {CVN_SCOPE_MENTORING_ENROL, "mentoring.enrol", false, true, false},
    {CVN_SCOPE_MENTORING_MANAGE, "mentoring.manage", false, true, false},
    {CVN_SCOPE_PEOPLE_READ, "people.read", false, false, true},
    {CVN_SCOPE_PEOPLE_REGISTER, "people.register", false, false, true},
    {CVN_SCOPE_DELEGATION, "delegation", false, false, true},
    {CVN_SCOPE_ADMIN, "admin", false, false, true},
};

const char cvn_scope_names[] =
    "read, events.register, rsvps.answer, rsvps.decide, groups.manage, comments.write, "
    "mentoring.enrol, mentoring.manage, people.read, people.register, delegation and admin";

const struct cvn_scope_row *cvn_scope_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const char *cvn_scope_name(enum cvn_scope scope)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].scope == scope)
            return rows[i].name;
    return "";
}
