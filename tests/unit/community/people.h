/* Short ways to call what the tests of communities call most. */
#ifndef CVN_TESTS_UNIT_COMMUNITY_PEOPLE_H
#define CVN_TESTS_UNIT_COMMUNITY_PEOPLE_H

#include "tests/unit/events_rsvp/harness.h"

enum {
    JOIN,
    WITHDRAW,
    LIST_REQUESTS,
    DECIDE_REQUEST,
    INVITE,
    LIST_INVITATIONS,
    REVOKE,
    ACCEPT,
    DECLINE,
    BAN,
    LIFT_BAN,
    LIST_BANS,
    OFFER_OWNERSHIP,
    ACCEPT_OWNERSHIP,
    DECLINE_OWNERSHIP,
};

/* A method of MembershipService whose request has group_id and person_id, or NULL. */
void *membership_call(struct client *client, int method, struct cvn_id group, struct cvn_id person);

/* The role after joining, 0 for having asked, -1 when refused. */
int join(struct client *client, struct cvn_id group);

/* Sets how a group lets people in; asserts. */
void set_join_mode(struct harness *harness, struct cvn_id group,
                   Convene__Events__V1__JoinMode mode);

/* Makes somebody a member of that role; asserts. */
void set_role(struct harness *harness, struct cvn_id group, struct cvn_id person, int role);

/* The role of a person in a group; 0 for none. */
int role_of(struct harness *harness, struct cvn_id group, struct cvn_id person);

/* Invites the person; the invitation's id, or "" when refused. */
struct id_text invite(struct client *client, struct cvn_id group, struct cvn_id person, int role);

/* Invites an e-mail; the token, or "" when refused. */
struct token_text {
    char text[96];
};
struct token_text invite_email(struct client *client, struct cvn_id group, const char *email);

/* The role after accepting, or -1. */
int accept_invitation(struct client *client, const char *invitation);

/* The store's indexes are in order; asserts. */
void verify_store(struct harness *harness);

#endif
