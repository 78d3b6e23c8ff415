#include "services/events/groups/invitation_table.h"
#include "services/events/groups/member_case.h"
#include "services/events/groups/membership_table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/community/people.h"

#include <stdio.h>
#include <string.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define MODE(name) CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_##name
#define REQUEST(name) CONVENE__EVENTS__V1__JOIN_REQUEST_STATE__JOIN_REQUEST_STATE_##name

/* A group by approval with an owner and an organiser, and somebody who would join. */
struct scene {
    struct harness *harness;
    struct cvn_id owner, organiser, guest, group;
};

static struct scene scene_of(void **state)
{
    struct scene s = {.harness = *state};
    s.owner = harness_person(s.harness, 1);
    s.organiser = harness_person(s.harness, 2);
    s.guest = harness_person(s.harness, 3);
    s.group = harness_group(s.harness, "Club", s.owner);
    set_role(s.harness, s.group, s.organiser, ROLE(ORGANISER));
    set_join_mode(s.harness, s.group, MODE(APPROVAL));
    return s;
}

static int decide_request(struct client *client, const struct scene *s, bool approve,
                          const char *reason)
{
    Convene__Events__V1__DecideJoinRequestRequest request =
        CONVENE__EVENTS__V1__DECIDE_JOIN_REQUEST_REQUEST__INIT;
    struct id_text group_id = id_text("grp", s->group), person_id = id_text("per", s->guest);
    request.group_id = group_id.text;
    request.person_id = person_id.text;
    request.action = approve
                         ? CONVENE__EVENTS__V1__DECIDE_JOIN_REQUEST_REQUEST__ACTION__ACTION_APPROVE
                         : CONVENE__EVENTS__V1__DECIDE_JOIN_REQUEST_REQUEST__ACTION__ACTION_REJECT;
    request.reason = (char *)reason;
    const Convene__Events__V1__JoinRequest *reply =
        client_call(client, &cvn_membership_methods[DECIDE_REQUEST], &request);
    return reply ? (int)reply->state : -1;
}

static size_t n_requests(struct client *client, struct cvn_id group)
{
    const Convene__Events__V1__ListJoinRequestsResponse *reply =
        membership_call(client, LIST_REQUESTS, group, group);
    assert_non_null(reply);
    return reply->n_requests;
}

static void test_approval_lets_in_who_asked(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT organiser = client_of(s.harness, s.organiser);
    assert_int_equal(join(&guest, s.group), 0);
    assert_int_equal(join(&guest, s.group), 0); /* a repeated click asks once */
    assert_int_equal(role_of(s.harness, s.group, s.guest), 0);
    assert_int_equal(n_requests(&organiser, s.group), 1);
    assert_int_equal(decide_request(&guest, &s, true, ""), -1);
    assert_int_equal(guest.status.code, CVN_PERMISSION_DENIED);
    assert_int_equal(decide_request(&organiser, &s, true, ""), REQUEST(APPROVED));
    assert_int_equal(decide_request(&organiser, &s, true, ""), REQUEST(APPROVED));
    assert_int_equal(role_of(s.harness, s.group, s.guest), ROLE(MEMBER));
    assert_int_equal(n_requests(&organiser, s.group), 0);
    verify_store(s.harness);
}

static void test_rejected_may_ask_again_after_30_days(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT organiser = client_of(s.harness, s.organiser);
    assert_int_equal(join(&guest, s.group), 0);
    assert_int_equal(decide_request(&organiser, &s, false, "Locals only."), REQUEST(REJECTED));
    assert_int_equal(join(&guest, s.group), -1);
    assert_string_equal(client_reason(&guest), "REQUEST_REJECTED");
    assert_non_null(strstr(guest.status.message, "Locals only."));
    s.harness->now_ms += 30 * DAY_MS - 1;
    assert_int_equal(join(&guest, s.group), -1);
    s.harness->now_ms += 1;
    assert_int_equal(join(&guest, s.group), 0);
    assert_int_equal(decide_request(&organiser, &s, true, ""), REQUEST(APPROVED));
}

static void test_withdrawn_request_is_gone(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT organiser = client_of(s.harness, s.organiser);
    assert_int_equal(join(&guest, s.group), 0);
    assert_null(membership_call(&organiser, WITHDRAW, s.group, s.guest));
    assert_int_equal(organiser.status.code, CVN_PERMISSION_DENIED);
    assert_non_null(membership_call(&guest, WITHDRAW, s.group, s.guest));
    assert_null(membership_call(&guest, WITHDRAW, s.group, s.guest));
    assert_int_equal(guest.status.code, CVN_NOT_FOUND);
    assert_int_equal(decide_request(&organiser, &s, true, ""), -1);
    assert_int_equal(organiser.status.code, CVN_NOT_FOUND);
}

static void test_approval_is_not_to_be_gone_around(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    struct id_text group_id = id_text("grp", s.group);
    request.group_id = group_id.text;
    assert_null(client_call(&guest, &cvn_group_methods[4], &request));
    assert_string_equal(client_reason(&guest), "APPROVAL_REQUIRED");
    set_join_mode(s.harness, s.group, MODE(CLOSED));
    assert_int_equal(join(&guest, s.group), -1);
    assert_string_equal(client_reason(&guest), "GROUP_CLOSED");
    set_join_mode(s.harness, s.group, MODE(OPEN));
    assert_int_equal(join(&guest, s.group), ROLE(MEMBER));
}

static void test_invited_person_comes_in_whatever_the_mode(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT owner = client_of(s.harness, s.owner);
    set_join_mode(s.harness, s.group, MODE(CLOSED));
    assert_string_equal(invite(&organiser, s.group, s.guest, ROLE(ORGANISER)).text, "");
    assert_int_equal(organiser.status.code, CVN_PERMISSION_DENIED);
    struct id_text id = invite(&owner, s.group, s.guest, ROLE(ORGANISER));
    assert_true(id.text[0]);
    assert_string_equal(invite(&organiser, s.group, s.guest, 0).text, "");
    assert_string_equal(client_reason(&organiser), "INVITED_ALREADY");
    assert_int_equal(accept_invitation(&organiser, id.text), -1); /* it is not for them */
    assert_int_equal(organiser.status.code, CVN_NOT_FOUND);
    assert_int_equal(accept_invitation(&guest, id.text), ROLE(ORGANISER));
    assert_int_equal(accept_invitation(&guest, id.text), -1);
    assert_int_equal(guest.status.code, CVN_NOT_FOUND);
    assert_string_equal(invite(&owner, s.group, s.guest, 0).text, "");
    assert_string_equal(client_reason(&owner), "ALREADY_MEMBER");
    verify_store(s.harness);
}

static void test_joining_takes_the_invitation_that_waits(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT owner = client_of(s.harness, s.owner);
    assert_true(invite_email(&owner, s.group, "PERSON3@example.org").text[0]);
    assert_int_equal(join(&guest, s.group), ROLE(MEMBER));
    verify_store(s.harness);
}

static void test_email_token_is_for_who_has_it(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT owner = client_of(s.harness, s.owner);
    struct token_text token = invite_email(&owner, s.group, "somebody@example.org"), wrong = token;
    assert_true(token.text[0]);
    size_t last = strlen(wrong.text) - 1;
    wrong.text[last] = wrong.text[last] == '0' ? '1' : '0';
    assert_int_equal(accept_invitation(&guest, wrong.text), -1);
    assert_int_equal(guest.status.code, CVN_NOT_FOUND);
    wrong = token;
    *strchr(wrong.text, '.') = '\0'; /* the id alone, of somebody else's */
    assert_int_equal(accept_invitation(&guest, wrong.text), -1);
    assert_int_equal(guest.status.code, CVN_NOT_FOUND);
    assert_int_equal(accept_invitation(&guest, "inv_nonsense"), -1);
    assert_true(client_blames(&guest, "invitation"));
    assert_int_equal(accept_invitation(&guest, token.text), ROLE(MEMBER));
}

static void test_email_that_people_gave_themselves_needs_the_token(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT owner = client_of(s.harness, s.owner);
    struct token_text token = invite_email(&owner, s.group, "boss@example.org"), id = token;
    Convene__Events__V1__UpdatePersonRequest request =
        CONVENE__EVENTS__V1__UPDATE_PERSON_REQUEST__INIT;
    Convene__Events__V1__Person person = CONVENE__EVENTS__V1__PERSON__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    char *path = (char *)"email";
    person.email = (char *)"boss@example.org";
    mask.paths = &path;
    mask.n_paths = 1;
    request.person = &person;
    request.update_mask = &mask;
    assert_non_null(client_call(&guest, &cvn_person_methods[5], &request));
    *strchr(id.text, '.') = '\0';
    assert_int_equal(accept_invitation(&guest, id.text), -1);
    assert_int_equal(guest.status.code, CVN_NOT_FOUND);
    Convene__Events__V1__ListInvitationsRequest list =
        CONVENE__EVENTS__V1__LIST_INVITATIONS_REQUEST__INIT;
    const Convene__Events__V1__ListInvitationsResponse *own =
        client_call(&guest, &cvn_membership_methods[LIST_INVITATIONS], &list);
    assert_int_equal(own->n_invitations, 0);
    assert_int_equal(accept_invitation(&guest, token.text), ROLE(MEMBER));
}

static void test_invitation_expires_at_its_time(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT owner = client_of(s.harness, s.owner);
    struct id_text id = invite(&owner, s.group, s.guest, 0);
    s.harness->now_ms += 14 * DAY_MS;
    assert_int_equal(accept_invitation(&guest, id.text), -1);
    assert_int_equal(guest.status.code, CVN_NOT_FOUND);
    id = invite(&owner, s.group, s.guest, 0); /* in place of the one that ended */
    assert_true(id.text[0]);
    s.harness->now_ms += 14 * DAY_MS - 1;
    assert_int_equal(accept_invitation(&guest, id.text), ROLE(MEMBER));
    verify_store(s.harness);
}

static void test_invitation_wants_one_addressee_and_a_time_at_hand(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    Convene__Events__V1__CreateInvitationRequest request =
        CONVENE__EVENTS__V1__CREATE_INVITATION_REQUEST__INIT;
    Convene__Events__V1__Invitation invitation = CONVENE__EVENTS__V1__INVITATION__INIT;
    Google__Protobuf__Timestamp expires = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    struct id_text group_id = id_text("grp", s.group), person = id_text("per", s.guest);
    request.invitation = &invitation;
    invitation.group_id = group_id.text;
    assert_null(client_call(&owner, &cvn_membership_methods[INVITE], &request));
    assert_true(client_blames(&owner, "invitation.person_id"));
    invitation.person_id = person.text;
    invitation.email = (char *)"a@example.org";
    assert_null(client_call(&owner, &cvn_membership_methods[INVITE], &request));
    assert_true(client_blames(&owner, "invitation.person_id"));
    invitation.email = (char *)"";
    invitation.expire_time = &expires;
    expires.seconds = s.harness->now_ms / 1000 + 90 * 24 * 60 * 60 + 1;
    assert_null(client_call(&owner, &cvn_membership_methods[INVITE], &request));
    assert_true(client_blames(&owner, "invitation.expire_time"));
    expires.seconds = s.harness->now_ms / 1000;
    assert_null(client_call(&owner, &cvn_membership_methods[INVITE], &request));
    assert_true(client_blames(&owner, "invitation.expire_time"));
    expires.seconds = s.harness->now_ms / 1000 + 90 * 24 * 60 * 60;
    invitation.role = ROLE(OWNER);
    assert_null(client_call(&owner, &cvn_membership_methods[INVITE], &request));
    assert_true(client_blames(&owner, "invitation.role"));
    invitation.role = 0;
    assert_non_null(client_call(&owner, &cvn_membership_methods[INVITE], &request));
}

static void test_declined_and_revoked_invitations_are_gone(void **state)
{
    struct scene s = scene_of(state);
    CLIENT guest = client_of(s.harness, s.guest);
    CLIENT owner = client_of(s.harness, s.owner);
    Convene__Events__V1__DeclineInvitationRequest decline =
        CONVENE__EVENTS__V1__DECLINE_INVITATION_REQUEST__INIT;
    Convene__Events__V1__RevokeInvitationRequest revoke =
        CONVENE__EVENTS__V1__REVOKE_INVITATION_REQUEST__INIT;
    struct id_text id = invite(&owner, s.group, s.guest, 0);
    revoke.id = decline.invitation = id.text;
    assert_null(client_call(&guest, &cvn_membership_methods[REVOKE], &revoke));
    assert_int_equal(guest.status.code, CVN_PERMISSION_DENIED);
    assert_non_null(client_call(&guest, &cvn_membership_methods[DECLINE], &decline));
    assert_int_equal(accept_invitation(&guest, id.text), -1);
    id = invite(&owner, s.group, s.guest, 0);
    assert_non_null(client_call(&owner, &cvn_membership_methods[REVOKE], &revoke));
    assert_int_equal(accept_invitation(&guest, id.text), -1);
    assert_null(client_call(&owner, &cvn_membership_methods[REVOKE], &revoke));
    assert_int_equal(owner.status.code, CVN_NOT_FOUND);
    verify_store(s.harness);
}

struct many {
    struct cvn_id group;
    int n;
    int64_t expire_s;
};

static int add_invitations(struct cvn_ctx *ctx, void *arg)
{
    const struct many *many = arg;
    int r = 0;
    for (int i = 0; r == 0 && i < many->n; i++) {
        Convene__Events__V1__Invitation invitation = CONVENE__EVENTS__V1__INVITATION__INIT;
        Google__Protobuf__Timestamp expires = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        struct cvn_invitation_row row = {.id = cvn_ctx_new_id(ctx), .message = &invitation};
        struct id_text group_id = id_text("grp", many->group);
        invitation.group_id = group_id.text;
        invitation.email = cvn_arena_printf(ctx->arena, "many%d@example.org", i);
        invitation.expire_time = &expires;
        expires.seconds = many->expire_s;
        r = cvn_invitation_add(ctx, &row);
    }
    return r;
}

static void test_invitations_at_their_limit(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    struct many many = {s.group, CVN_GROUP_INVITATIONS_MAX - 1, s.harness->now_ms / 1000 + 60};
    assert_int_equal(harness_write(s.harness, add_invitations, &many), 0);
    assert_true(invite_email(&owner, s.group, "last@example.org").text[0]);
    assert_false(invite_email(&owner, s.group, "over@example.org").text[0]);
    assert_string_equal(client_reason(&owner), "TOO_MANY_INVITATIONS");
    s.harness->now_ms += 60 * 1000; /* now all but one have expired, and make room */
    assert_true(invite_email(&owner, s.group, "over@example.org").text[0]);
    verify_store(s.harness);
}

static void test_ownership_changes_hands(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT guest = client_of(s.harness, s.guest);
    assert_null(membership_call(&owner, OFFER_OWNERSHIP, s.group, s.guest));
    assert_string_equal(client_reason(&owner), "NO_MEMBER");
    assert_null(membership_call(&organiser, OFFER_OWNERSHIP, s.group, s.organiser));
    assert_int_equal(organiser.status.code, CVN_PERMISSION_DENIED);
    assert_null(membership_call(&organiser, ACCEPT_OWNERSHIP, s.group, s.organiser));
    assert_int_equal(organiser.status.code, CVN_NOT_FOUND);
    assert_non_null(membership_call(&owner, OFFER_OWNERSHIP, s.group, s.organiser));
    assert_null(membership_call(&guest, ACCEPT_OWNERSHIP, s.group, s.organiser));
    assert_int_equal(guest.status.code, CVN_PERMISSION_DENIED);
    assert_non_null(membership_call(&organiser, ACCEPT_OWNERSHIP, s.group, s.organiser));
    assert_int_equal(role_of(s.harness, s.group, s.organiser), ROLE(OWNER));
    assert_int_equal(role_of(s.harness, s.group, s.owner), ROLE(ORGANISER));
    assert_null(membership_call(&organiser, ACCEPT_OWNERSHIP, s.group, s.organiser));
    assert_int_equal(organiser.status.code, CVN_NOT_FOUND);
}

static void test_offer_of_ownership_ends(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT organiser = client_of(s.harness, s.organiser);
    assert_non_null(membership_call(&owner, OFFER_OWNERSHIP, s.group, s.organiser));
    assert_non_null(membership_call(&owner, DECLINE_OWNERSHIP, s.group, s.organiser));
    assert_null(membership_call(&organiser, ACCEPT_OWNERSHIP, s.group, s.organiser));
    assert_non_null(membership_call(&owner, OFFER_OWNERSHIP, s.group, s.organiser));
    s.harness->now_ms += 14 * DAY_MS;
    assert_null(membership_call(&organiser, ACCEPT_OWNERSHIP, s.group, s.organiser));
    assert_int_equal(organiser.status.code, CVN_NOT_FOUND);
    assert_non_null(membership_call(&owner, OFFER_OWNERSHIP, s.group, s.organiser));
    set_role(s.harness, s.group, s.guest, ROLE(OWNER));
    set_role(s.harness, s.group, s.owner, ROLE(MEMBER));
    assert_null(membership_call(&organiser, ACCEPT_OWNERSHIP, s.group, s.organiser));
    assert_string_equal(client_reason(&organiser), "OFFER_VOID");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_approval_lets_in_who_asked),
        TEST(test_rejected_may_ask_again_after_30_days),
        TEST(test_withdrawn_request_is_gone),
        TEST(test_approval_is_not_to_be_gone_around),
        TEST(test_invited_person_comes_in_whatever_the_mode),
        TEST(test_joining_takes_the_invitation_that_waits),
        TEST(test_email_token_is_for_who_has_it),
        TEST(test_email_that_people_gave_themselves_needs_the_token),
        TEST(test_invitation_expires_at_its_time),
        TEST(test_invitation_wants_one_addressee_and_a_time_at_hand),
        TEST(test_declined_and_revoked_invitations_are_gone),
        TEST(test_invitations_at_their_limit),
        TEST(test_ownership_changes_hands),
        TEST(test_offer_of_ownership_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
