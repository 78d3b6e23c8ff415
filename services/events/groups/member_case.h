/* A person and a group that a request is about, and what both and the caller are to each other. */
#ifndef CVN_SERVICES_EVENTS_GROUPS_MEMBER_CASE_H
#define CVN_SERVICES_EVENTS_GROUPS_MEMBER_CASE_H

#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "services/runtime/ctx.h"

enum { CVN_MEMBERSHIP_TEXT_MAX = 500 }; /* bytes of a message or a reason */

struct cvn_member_case {
    struct cvn_id group_id;
    struct cvn_id person_id;
    Convene__Events__V1__Group *group;
    Convene__Events__V1__Person *person;
    Convene__Events__V1__Member *member;   /* as it is; NULL for none */
    Convene__Events__V1__GroupRole caller; /* what the caller is in the group */
    bool own; /* the caller acts for themselves, by a key that does not leave the group out */
};

/*
 * Finds the group of an id or slug and the person of an id, who is the caller where it is empty. 0;
 * CVN_REFUSED; a fault.
 */
int cvn_member_case_find(struct cvn_ctx *ctx, const char *group, const char *person,
                         struct cvn_member_case *ret);

/* Lets pass who acts for themselves, and administrators. what: "join for somebody else". */
int cvn_member_case_require_own(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                                const char *what);

/* Refuses when the person is the group's only owner: a group that has an owner keeps one. */
int cvn_member_case_refuse_last_owner(struct cvn_ctx *ctx, const struct cvn_member_case *c);

/*
 * Refuses when the group takes nobody any more, or not this person: with PERMISSION_DENIED, reason
 * BANNED, who calls, and with FAILED_PRECONDITION who would bring them in.
 */
int cvn_member_case_require_welcome(struct cvn_ctx *ctx, const struct cvn_member_case *c);

/*
 * Makes the person a member of that role, or gives a member that role, which ends their request,
 * invitation and offer. reply is the membership as shown. 0; CVN_REFUSED when they are in too many
 * groups; a fault.
 */
int cvn_member_case_enter(struct cvn_ctx *ctx, const struct cvn_member_case *c,
                          Convene__Events__V1__GroupRole role, Convene__Events__V1__Member *reply);

/* The membership as it is, as shown. */
void cvn_member_case_show(const struct cvn_ctx *ctx, const struct cvn_member_case *c,
                          const Convene__Events__V1__Member *member,
                          Convene__Events__V1__Member *reply);

/*
 * Whose own list a request means that names no group: the caller's. 0; CVN_REFUSED for who is no
 * person.
 */
int cvn_member_own_list(struct cvn_ctx *ctx, struct cvn_id *ret_person);

#endif
