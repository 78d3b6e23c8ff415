/* What a group's fields must be (group.proto). Pure. */
#ifndef CVN_SERVICES_EVENTS_GROUPS_GROUP_CHECK_H
#define CVN_SERVICES_EVENTS_GROUPS_GROUP_CHECK_H

#include "base/problems.h"
#include "base/zone.h"
#include "convene/events/v1/group.pb-c.h"

enum {
    CVN_GROUP_NAME_MAX = 100,
    CVN_GROUP_DESCRIPTION_MAX = 10000,
    CVN_GROUPS_REGISTER_MAX = 500, /* in one call */
};

/*
 * Notes what is wrong under the path given ("group" or "groups[3]"); group may be NULL. Makes the
 * slug of the name where there is none, in the problems' arena. 0 or -ENOMEM.
 */
int cvn_group_check(struct cvn_problems *problems, const char *path,
                    Convene__Events__V1__Group *group, struct cvn_zones *zones);

#endif
