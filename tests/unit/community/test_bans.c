#include "tests/support/cmocka_all.h"
#include "tests/unit/community/people.h"

#include <stdio.h>
#include <string.h>

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define MODE(name) CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_##name
#define STATE(name) (int)CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name

/* A group with an owner, an organiser, and a member who is to be banned. */
struct scene {
    struct harness *harness;
    struct cvn_id owner, organiser, eve, ada, group;
};

static struct scene scene_of(void **state)
{
    struct scene s = {.harness = *state};
    s.owner = harness_person(s.harness, 1);
    s.organiser = harness_person(s.harness, 2);
    s.eve = harness_person(s.harness, 3);
    s.ada = harness_person(s.harness, 4);
    s.group = harness_group(s.harness, "Club", s.owner);
    set_role(s.harness, s.group, s.organiser, ROLE(ORGANISER));
    set_role(s.harness, s.group, s.eve, ROLE(MEMBER));
    return s;
}

static const Convene__Events__V1__BanPersonResponse *
ban(struct client *client, const struct scene *s, struct cvn_id person)
{
    return membership_call(client, BAN, s->group, person);
}

static void test_ban_ends_membership_and_what_is_to_come(void **state)
{
    struct scene s = scene_of(state);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT admin = client_admin(s.harness);
    CLIENT eve = client_of(s.harness, s.eve);
    struct cvn_id full = harness_put_event(s.harness, 1, harness_event(s.harness, s.group, 1));
    Convene__Events__V1__Event elsewhere_event =
        harness_event(s.harness, harness_group(s.harness, "Elsewhere", s.owner), 0);
    struct cvn_id elsewhere = harness_put_event(s.harness, 2, elsewhere_event);
    assert_int_equal(say_yes(&eve, full, s.eve, 0), STATE(YES));
    assert_int_equal(say_yes(&admin, full, s.ada, 0), STATE(WAITLISTED));
    assert_int_equal(say_yes(&eve, elsewhere, s.eve, 0), STATE(YES));
    const Convene__Events__V1__BanPersonResponse *reply = ban(&organiser, &s, s.eve);
    assert_non_null(reply);
    assert_int_equal(reply->rsvps_ended, 1);
    assert_false(reply->more);
    assert_int_equal(state_of(&admin, full, s.eve), STATE(REMOVED));
    assert_int_equal(state_of(&admin, full, s.ada), STATE(YES));
    assert_int_equal(state_of(&admin, elsewhere, s.eve), STATE(YES));
    assert_int_equal(role_of(s.harness, s.group, s.eve), 0);
    assert_int_equal(ban(&organiser, &s, s.eve)->rsvps_ended, 0); /* once more: as it is */
    verify_store(s.harness);
}

static void test_banned_can_neither_join_nor_answer(void **state)
{
    struct scene s = scene_of(state);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT eve = client_of(s.harness, s.eve);
    struct cvn_id event = harness_put_event(s.harness, 1, harness_event(s.harness, s.group, 0));
    struct token_text token = invite_email(&owner, s.group, "else@example.org");
    assert_non_null(ban(&organiser, &s, s.eve));
    assert_int_equal(join(&eve, s.group), -1);
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_string_equal(client_reason(&eve), "BANNED");
    assert_int_equal(say_yes(&eve, event, s.eve, 0), -1);
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_string_equal(client_reason(&eve), "BANNED");
    assert_int_equal(accept_invitation(&eve, token.text), -1);
    assert_string_equal(client_reason(&eve), "BANNED");
    assert_string_equal(invite(&owner, s.group, s.eve, 0).text, "");
    assert_string_equal(client_reason(&owner), "BANNED");
    assert_null(membership_call(&eve, LIFT_BAN, s.group, s.eve));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_non_null(membership_call(&organiser, LIFT_BAN, s.group, s.eve));
    assert_null(membership_call(&organiser, LIFT_BAN, s.group, s.eve));
    assert_int_equal(organiser.status.code, CVN_NOT_FOUND);
    assert_int_equal(join(&eve, s.group), ROLE(MEMBER));
    verify_store(s.harness);
}

static void test_banned_see_members_events_no_more(void **state)
{
    struct scene s = scene_of(state);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT eve = client_of(s.harness, s.eve);
    Convene__Events__V1__Event event = harness_event(s.harness, s.group, 0);
    event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    struct cvn_id id = harness_put_event(s.harness, 1, event);
    assert_int_equal(say_yes(&eve, id, s.eve, 0), STATE(YES));
    assert_non_null(ban(&organiser, &s, s.eve));
    assert_int_equal(say_yes(&eve, id, s.eve, 0), -1);
    assert_int_equal(eve.status.code, CVN_NOT_FOUND);
}

static void test_ban_takes_the_rank_for_it(void **state)
{
    struct scene s = scene_of(state);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT admin = client_admin(s.harness);
    set_role(s.harness, s.group, s.ada, ROLE(ORGANISER));
    assert_null(ban(&eve, &s, s.ada));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_null(ban(&organiser, &s, s.ada));
    assert_int_equal(organiser.status.code, CVN_PERMISSION_DENIED);
    assert_null(ban(&admin, &s, s.owner));
    assert_string_equal(client_reason(&admin), "OWNER");
    assert_non_null(ban(&owner, &s, s.ada));
    const Convene__Events__V1__ListBansResponse *list =
        membership_call(&organiser, LIST_BANS, s.group, s.group);
    assert_int_equal(list->n_bans, 1);
    assert_string_equal(list->bans[0]->display_name, "person 4");
    assert_null(membership_call(&eve, LIST_BANS, s.group, s.group));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
}

static void test_ban_drops_a_request(void **state)
{
    struct scene s = scene_of(state);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT ada = client_of(s.harness, s.ada);
    set_join_mode(s.harness, s.group, MODE(APPROVAL));
    assert_int_equal(join(&ada, s.group), 0);
    assert_non_null(ban(&organiser, &s, s.ada));
    const Convene__Events__V1__ListJoinRequestsResponse *list =
        membership_call(&organiser, LIST_REQUESTS, s.group, s.group);
    assert_int_equal(list->n_requests, 0);
    verify_store(s.harness);
}

static bool archive(struct client *client, struct cvn_id group, bool archived)
{
    struct id_text id = id_text("grp", group);
    Convene__Events__V1__ArchiveGroupRequest archive_request =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    Convene__Events__V1__RestoreGroupRequest restore_request =
        CONVENE__EVENTS__V1__RESTORE_GROUP_REQUEST__INIT;
    archive_request.id = restore_request.id = id.text;
    return client_call(client, &cvn_group_methods[archived ? 8 : 9],
                       archived ? (void *)&archive_request : (void *)&restore_request) != NULL;
}

static size_t n_listed(struct client *client, bool include_archived)
{
    Convene__Events__V1__ListGroupsRequest request = CONVENE__EVENTS__V1__LIST_GROUPS_REQUEST__INIT;
    request.include_archived = include_archived;
    const Convene__Events__V1__ListGroupsResponse *reply =
        client_call(client, &cvn_group_methods[2], &request);
    assert_non_null(reply);
    return reply->n_groups;
}

static int create_event(struct client *client, struct cvn_id group)
{
    Convene__Events__V1__CreateEventRequest request =
        CONVENE__EVENTS__V1__CREATE_EVENT_REQUEST__INIT;
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    struct id_text group_id = id_text("grp", group);
    event.group_id = group_id.text;
    event.title = (char *)"Too late";
    event.start_local = (char *)"2027-05-01T19:00:00";
    event.end_local = (char *)"2027-05-01T21:00:00";
    event.time_zone = (char *)"Europe/Berlin";
    request.event = &event;
    return client_call(client, &cvn_event_methods[0], &request) ? 0 : -1;
}

static void test_archived_group_takes_nothing_new(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT ada = client_of(s.harness, s.ada);
    struct cvn_id event = harness_put_event(s.harness, 1, harness_event(s.harness, s.group, 0));
    assert_int_equal(say_yes(&eve, event, s.eve, 0), STATE(YES));
    assert_int_equal(create_event(&organiser, s.group), 0);
    assert_false(archive(&organiser, s.group, true));
    assert_int_equal(organiser.status.code, CVN_PERMISSION_DENIED);
    assert_true(archive(&owner, s.group, true));
    assert_true(archive(&owner, s.group, true));
    assert_int_equal(n_listed(&eve, false), 0);
    assert_int_equal(n_listed(&eve, true), 1);
    assert_int_equal(join(&ada, s.group), -1);
    assert_string_equal(client_reason(&ada), "GROUP_ARCHIVED");
    assert_int_equal(say_yes(&ada, event, s.ada, 0), -1);
    assert_string_equal(client_reason(&ada), "GROUP_ARCHIVED");
    assert_int_equal(say_no(&eve, event, s.eve), STATE(NO)); /* going back is always free */
    assert_int_equal(create_event(&organiser, s.group), -1);
    assert_string_equal(client_reason(&organiser), "GROUP_ARCHIVED");
    assert_string_equal(invite(&owner, s.group, s.ada, 0).text, "");
    assert_string_equal(client_reason(&owner), "GROUP_ARCHIVED");
    assert_true(archive(&owner, s.group, false));
    assert_int_equal(n_listed(&eve, false), 1);
    assert_int_equal(create_event(&organiser, s.group), 0);
    assert_int_equal(join(&ada, s.group), ROLE(MEMBER));
}

/* A key for another group stands for nobody in this one, whoever holds it. */
static void test_keys_for_other_groups(void **state)
{
    struct scene s = scene_of(state);
    struct cvn_id other = harness_group(s.harness, "Other", s.owner);
    CLIENT limited = client_of(s.harness, s.ada);
    limited.who.of_groups = true;
    limited.who.n_groups = 1;
    limited.who.groups[0] = other;
    assert_int_equal(join(&limited, s.group), -1);
    assert_int_equal(limited.status.code, CVN_PERMISSION_DENIED);
    assert_int_equal(join(&limited, other), ROLE(MEMBER));
    CLIENT service = client_of(s.harness, s.ada);
    service.who = (struct cvn_principal){.kind = CVN_PRINCIPAL_SERVICE,
                                         .text = "service:sync",
                                         .granted = true,
                                         .of_groups = true,
                                         .n_groups = 1,
                                         .groups = {other}};
    assert_int_equal(create_event(&service, other), 0);
    assert_int_equal(create_event(&service, s.group), -1);
    assert_int_equal(service.status.code, CVN_PERMISSION_DENIED);
    assert_null(ban(&service, &s, s.eve));
    assert_int_equal(service.status.code, CVN_PERMISSION_DENIED);
    assert_string_equal(invite(&service, s.group, s.ada, 0).text, "");
    assert_int_equal(service.status.code, CVN_PERMISSION_DENIED);
    assert_true(invite_email(&service, other, "new@example.org").text[0]);
}

static const Convene__Events__V1__Group *update(struct client *client, struct cvn_id group,
                                                const char *path, const char *text,
                                                const char *etag)
{
    Convene__Events__V1__UpdateGroupRequest request =
        CONVENE__EVENTS__V1__UPDATE_GROUP_REQUEST__INIT;
    Convene__Events__V1__Group message = CONVENE__EVENTS__V1__GROUP__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    struct id_text id = id_text("grp", group);
    message.id = id.text;
    message.name = message.description = message.slug = (char *)text;
    mask.paths = (char **)&path;
    mask.n_paths = 1;
    request.group = &message;
    request.update_mask = &mask;
    request.etag = (char *)etag;
    return client_call(client, &cvn_group_methods[7], &request);
}

static void test_update_group_by_rank_and_etag(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT organiser = client_of(s.harness, s.organiser);
    CLIENT eve = client_of(s.harness, s.eve);
    char etag[64];
    assert_null(update(&eve, s.group, "description", "Mine", ""));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_null(update(&organiser, s.group, "name", "Mine", ""));
    assert_int_equal(organiser.status.code, CVN_PERMISSION_DENIED);
    const Convene__Events__V1__Group *after =
        update(&organiser, s.group, "description", "All about *it*.", "");
    assert_non_null(after);
    assert_string_equal(after->name, "Club");
    assert_int_equal(after->member_count, 3);
    (void)snprintf(etag, sizeof etag, "%s", after->etag);
    assert_non_null(update(&owner, s.group, "slug", "the-club", etag));
    assert_null(update(&owner, s.group, "name", "The Club", etag));
    assert_int_equal(owner.status.code, CVN_ABORTED);
    (void)harness_group(s.harness, "Taken", s.owner);
    assert_null(update(&owner, s.group, "slug", "taken", ""));
    assert_string_equal(client_reason(&owner), "SLUG_TAKEN");
    assert_null(update(&owner, s.group, "member_count", "", ""));
    assert_true(client_blames(&owner, "update_mask.paths[0]"));
    verify_store(s.harness);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ban_ends_membership_and_what_is_to_come),
        TEST(test_banned_can_neither_join_nor_answer),
        TEST(test_banned_see_members_events_no_more),
        TEST(test_ban_takes_the_rank_for_it),
        TEST(test_ban_drops_a_request),
        TEST(test_archived_group_takes_nothing_new),
        TEST(test_keys_for_other_groups),
        TEST(test_update_group_by_rank_and_etag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
