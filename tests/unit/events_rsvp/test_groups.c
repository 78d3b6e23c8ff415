#include "services/events/groups/group_table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/harness.h"

#include <stdio.h>
#include <string.h>

enum { CREATE, GET, LIST, BATCH_REGISTER, SET_MEMBER, REMOVE_MEMBER, LIST_MEMBERS };

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define OUTCOME(name) CONVENE__EVENTS__V1__REGISTER_RESULT__OUTCOME__OUTCOME_##name

static Convene__Events__V1__Group group_of(const char *name, const char *slug)
{
    Convene__Events__V1__Group group = CONVENE__EVENTS__V1__GROUP__INIT;
    group.name = (char *)name;
    group.slug = (char *)slug;
    group.time_zone = (char *)"Europe/Berlin";
    return group;
}

static const Convene__Events__V1__Group *
create(struct client *client, Convene__Events__V1__Group group, const char *owner_id)
{
    Convene__Events__V1__CreateGroupRequest request =
        CONVENE__EVENTS__V1__CREATE_GROUP_REQUEST__INIT;
    request.group = &group;
    request.owner_id = (char *)owner_id;
    return client_call(client, &cvn_group_methods[CREATE], &request);
}

static const Convene__Events__V1__Group *get(struct client *client, const char *id)
{
    Convene__Events__V1__GetGroupRequest request = CONVENE__EVENTS__V1__GET_GROUP_REQUEST__INIT;
    request.id = (char *)id;
    return client_call(client, &cvn_group_methods[GET], &request);
}

static int set_member(struct client *client, const char *group, struct cvn_id person, int role)
{
    Convene__Events__V1__SetMemberRequest request = CONVENE__EVENTS__V1__SET_MEMBER_REQUEST__INIT;
    struct id_text person_id = id_text("per", person);
    request.group_id = (char *)group;
    request.person_id = person_id.text;
    request.role = (Convene__Events__V1__GroupRole)role;
    const Convene__Events__V1__Member *member =
        client_call(client, &cvn_group_methods[SET_MEMBER], &request);
    return member ? (int)member->role : -1;
}

static bool remove_member(struct client *client, const char *group, struct cvn_id person)
{
    Convene__Events__V1__RemoveMemberRequest request =
        CONVENE__EVENTS__V1__REMOVE_MEMBER_REQUEST__INIT;
    struct id_text person_id = id_text("per", person);
    request.group_id = (char *)group;
    request.person_id = person_id.text;
    return client_call(client, &cvn_group_methods[REMOVE_MEMBER], &request) != NULL;
}

/* Slugs of the whole list, in pages of two, with a space behind each. */
static void list_slugs(struct client *client, Convene__Events__V1__ListGroupsRequest request,
                       char *slugs, size_t size)
{
    char token[1024] = "";
    slugs[0] = '\0';
    request.page_size = 2;
    do {
        request.page_token = token;
        const Convene__Events__V1__ListGroupsResponse *reply =
            client_call(client, &cvn_group_methods[LIST], &request);
        assert_non_null(reply);
        for (size_t i = 0; i < reply->n_groups; i++) {
            size_t len = strlen(slugs);
            (void)snprintf(slugs + len, size - len, "%s ", reply->groups[i]->slug);
        }
        strcpy(token, reply->next_page_token);
    } while (token[0]);
}

static void test_create_makes_the_caller_owner(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1), eve = harness_person(harness, 2);
    CLIENT client = client_of(harness, ada);
    CLIENT other = client_of(harness, eve);
    CLIENT nobody = client_nobody(harness);
    const Convene__Events__V1__Group *made = create(&client, group_of("R-Ladies Berlin!", ""), "");
    assert_non_null(made);
    assert_string_equal(made->slug, "r-ladies-berlin");
    assert_int_equal(made->member_count, 1);
    assert_int_equal(set_member(&client, "r-ladies-berlin", eve, ROLE(ORGANISER)), ROLE(ORGANISER));
    assert_int_equal(get(&nobody, "r-ladies-berlin")->member_count, 2);
    assert_null(create(&other, group_of("For her", ""), PERSON_TEXT(ada)));
    assert_int_equal(other.status.code, CVN_PERMISSION_DENIED);
    assert_null(create(&nobody, group_of("For nobody", ""), ""));
    assert_int_equal(nobody.status.code, CVN_UNAUTHENTICATED);
}

static void test_create_by_an_administrator_may_name_the_owner(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT admin = client_admin(harness);
    const Convene__Events__V1__Group *made = create(&admin, group_of("Ownerless", ""), "");
    assert_non_null(made);
    assert_int_equal(made->member_count, 0);
    made = create(&admin, group_of("Owned", ""), PERSON_TEXT(ada));
    assert_non_null(made);
    assert_int_equal(made->member_count, 1);
    assert_null(create(&admin, group_of("Ghostly", ""), "per_00000000000000000000000001"));
    assert_int_equal(admin.status.code, CVN_NOT_FOUND);
}

static void test_create_when_slug_is_taken(void **state)
{
    struct harness *harness = *state;
    CLIENT client = client_of(harness, harness_person(harness, 1));
    assert_non_null(create(&client, group_of("One", "same"), ""));
    assert_null(create(&client, group_of("Two", "same"), ""));
    assert_int_equal(client.status.code, CVN_ALREADY_EXISTS);
}

static void test_create_names_every_wrong_field(void **state)
{
    struct harness *harness = *state;
    CLIENT client = client_of(harness, harness_person(harness, 1));
    Convene__Events__V1__LatLng at = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    at.latitude = 91;
    Convene__Events__V1__Group group = group_of("", "Not A Slug");
    group.time_zone = (char *)"";
    group.country = (char *)"DE";
    group.location = &at;
    assert_null(create(&client, group, ""));
    assert_true(client_blames(&client, "group.name"));
    assert_true(client_blames(&client, "group.slug"));
    assert_true(client_blames(&client, "group.time_zone"));
    assert_true(client_blames(&client, "group.country"));
    assert_true(client_blames(&client, "group.location.latitude"));
}

static void test_slug_at_its_limit(void **state)
{
    struct harness *harness = *state;
    CLIENT client = client_of(harness, harness_person(harness, 1));
    char slug[62];
    memset(slug, 'a', sizeof slug);
    slug[60] = '\0';
    assert_non_null(create(&client, group_of("Long", slug), ""));
    slug[60] = 'a';
    slug[61] = '\0';
    assert_null(create(&client, group_of("Longer", slug), ""));
    assert_true(client_blames(&client, "group.slug"));
}

static void test_join_open_and_closed(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1), eve = harness_person(harness, 2);
    CLIENT owner = client_of(harness, ada);
    CLIENT other = client_of(harness, eve);
    Convene__Events__V1__Group closed = group_of("Closed", "closed");
    closed.join_mode = CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_CLOSED;
    assert_non_null(create(&owner, group_of("Open", "open"), ""));
    assert_non_null(create(&owner, closed, ""));
    assert_int_equal(set_member(&other, "open", eve, 0), ROLE(MEMBER));
    assert_int_equal(set_member(&other, "open", eve, 0), ROLE(MEMBER));
    assert_int_equal(get(&owner, "open")->member_count, 2);
    assert_int_equal(set_member(&other, "closed", eve, 0), -1);
    assert_string_equal(client_reason(&other), "GROUP_CLOSED");
    assert_int_equal(set_member(&owner, "closed", eve, 0), ROLE(MEMBER));
    assert_true(remove_member(&other, "open", eve));
    assert_int_equal(get(&owner, "open")->member_count, 1);
    assert_false(remove_member(&other, "open", eve));
    assert_int_equal(other.status.code, CVN_NOT_FOUND);
}

static void test_roles_are_the_owners_to_change(void **state)
{
    struct harness *harness = *state;
    struct cvn_id people[4];
    for (unsigned i = 0; i < 4; i++)
        people[i] = harness_person(harness, i);
    (void)harness_group(harness, "Roles", people[0]);
    CLIENT owner = client_of(harness, people[0]);
    CLIENT organiser = client_of(harness, people[1]);
    CLIENT member = client_of(harness, people[2]);
    assert_int_equal(set_member(&owner, "roles", people[1], ROLE(ORGANISER)), ROLE(ORGANISER));
    assert_int_equal(set_member(&organiser, "roles", people[2], ROLE(MEMBER)), ROLE(MEMBER));
    assert_int_equal(set_member(&organiser, "roles", people[2], ROLE(ORGANISER)), -1);
    assert_int_equal(organiser.status.code, CVN_PERMISSION_DENIED);
    assert_int_equal(set_member(&member, "roles", people[2], ROLE(OWNER)), -1);
    assert_int_equal(set_member(&member, "roles", people[3], ROLE(MEMBER)), -1);
    assert_int_equal(set_member(&organiser, "roles", people[0], ROLE(MEMBER)), -1);
    assert_false(remove_member(&organiser, "roles", people[0]));
    assert_false(remove_member(&member, "roles", people[1]));
    assert_true(remove_member(&organiser, "roles", people[2]));
    assert_int_equal(set_member(&organiser, "roles", people[1], ROLE(MEMBER)), ROLE(MEMBER));
}

static void test_last_owner_cannot_leave(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1), eve = harness_person(harness, 2);
    (void)harness_group(harness, "Owned", ada);
    CLIENT owner = client_of(harness, ada);
    CLIENT admin = client_admin(harness);
    assert_false(remove_member(&owner, "owned", ada));
    assert_int_equal(owner.status.code, CVN_FAILED_PRECONDITION);
    assert_string_equal(client_reason(&owner), "LAST_OWNER");
    assert_int_equal(set_member(&owner, "owned", ada, ROLE(MEMBER)), -1);
    assert_string_equal(client_reason(&owner), "LAST_OWNER");
    assert_false(remove_member(&admin, "owned", ada));
    assert_int_equal(set_member(&owner, "owned", eve, ROLE(OWNER)), ROLE(OWNER));
    assert_true(remove_member(&owner, "owned", ada));
    assert_false(remove_member(&admin, "owned", eve));
}

static void test_members_are_listed_to_members(void **state)
{
    struct harness *harness = *state;
    struct cvn_id people[4];
    for (unsigned i = 0; i < 4; i++)
        people[i] = harness_person(harness, i);
    (void)harness_group(harness, "Listed", people[0]);
    CLIENT admin = client_admin(harness);
    CLIENT outsider = client_of(harness, people[3]);
    (void)set_member(&admin, "listed", people[1], 0);
    (void)set_member(&admin, "listed", people[2], 0);
    Convene__Events__V1__ListMembersRequest request =
        CONVENE__EVENTS__V1__LIST_MEMBERS_REQUEST__INIT;
    request.group_id = (char *)"listed";
    request.page_size = 2;
    const Convene__Events__V1__ListMembersResponse *reply =
        client_call(&admin, &cvn_group_methods[LIST_MEMBERS], &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_members, 2);
    assert_string_equal(reply->members[0]->display_name, "person 0");
    assert_int_equal(reply->members[0]->role, ROLE(OWNER));
    char token[1024];
    strcpy(token, reply->next_page_token);
    request.page_token = token;
    reply = client_call(&admin, &cvn_group_methods[LIST_MEMBERS], &request);
    assert_int_equal(reply->n_members, 1);
    assert_string_equal(reply->members[0]->person_id, PERSON_TEXT(people[2]));
    assert_string_equal(reply->next_page_token, "");
    request.page_token = (char *)"";
    assert_null(client_call(&outsider, &cvn_group_methods[LIST_MEMBERS], &request));
    assert_int_equal(outsider.status.code, CVN_PERMISSION_DENIED);
}

/* Six groups: two in Łódź, two topics, three with a place around Berlin. */
static void make_landscape(struct harness *harness, struct cvn_id owner)
{
    static const struct {
        const char *slug, *city, *topic;
        double lat, lon;
    } rows[] = {
        {"alpha", "Łódź", "Rust", 0, 0},          {"bravo", "Berlin", "C++", 52.52, 13.40},
        {"charlie", "LODZ", "rust", 0, 0},        {"delta", "Berlin", "Rust", 52.50, 13.45},
        {"echo", "Potsdam", "C++", 52.39, 13.06}, {"foxtrot", "Paris", "Rust", 48.85, 2.35},
    };
    CLIENT client = client_of(harness, owner);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Convene__Events__V1__LatLng at = CONVENE__EVENTS__V1__LAT_LNG__INIT;
        char *topics[] = {(char *)rows[i].topic};
        Convene__Events__V1__Group group = group_of(rows[i].slug, rows[i].slug);
        at.latitude = rows[i].lat;
        at.longitude = rows[i].lon;
        group.city = (char *)rows[i].city;
        group.topics = topics;
        group.n_topics = 1;
        group.location = rows[i].lat != 0 ? &at : NULL;
        assert_non_null(create(&client, group, ""));
    }
}

static void test_list_by_each_filter(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1), eve = harness_person(harness, 2);
    make_landscape(harness, ada);
    CLIENT nobody = client_nobody(harness);
    CLIENT client = client_of(harness, eve);
    char slugs[256];
    Convene__Events__V1__ListGroupsRequest all = CONVENE__EVENTS__V1__LIST_GROUPS_REQUEST__INIT;
    list_slugs(&nobody, all, slugs, sizeof slugs);
    assert_string_equal(slugs, "alpha bravo charlie delta echo foxtrot ");

    Convene__Events__V1__ListGroupsRequest city = all;
    city.city = (char *)"lódz";
    list_slugs(&nobody, city, slugs, sizeof slugs);
    assert_string_equal(slugs, "alpha charlie ");

    Convene__Events__V1__ListGroupsRequest topic = all;
    topic.topic = (char *)"RUST";
    list_slugs(&nobody, topic, slugs, sizeof slugs);
    assert_string_equal(slugs, "alpha charlie delta foxtrot ");
    topic.city = (char *)"berlin";
    list_slugs(&nobody, topic, slugs, sizeof slugs);
    assert_string_equal(slugs, "delta ");

    Convene__Events__V1__LatLng centre = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    Convene__Events__V1__Circle circle = CONVENE__EVENTS__V1__CIRCLE__INIT;
    Convene__Events__V1__ListGroupsRequest near = all;
    centre.latitude = 52.52;
    centre.longitude = 13.40;
    circle.center = &centre;
    circle.radius_m = 10000;
    near.near = &circle;
    list_slugs(&nobody, near, slugs, sizeof slugs);
    assert_string_equal(slugs, "bravo delta ");
    circle.radius_m = 4000; /* delta is 4,046 m away, in a cell that the circle touches */
    list_slugs(&nobody, near, slugs, sizeof slugs);
    assert_string_equal(slugs, "bravo ");
    circle.radius_m = 40000;
    list_slugs(&nobody, near, slugs, sizeof slugs);
    assert_string_equal(slugs, "bravo delta echo ");
    near.topic = (char *)"c++";
    list_slugs(&nobody, near, slugs, sizeof slugs);
    assert_string_equal(slugs, "bravo echo ");

    (void)set_member(&client, "foxtrot", eve, 0);
    (void)set_member(&client, "alpha", eve, 0);
    (void)set_member(&client, "echo", eve, 0);
    Convene__Events__V1__ListGroupsRequest mine = all;
    mine.member_id = (char *)"me";
    list_slugs(&client, mine, slugs, sizeof slugs);
    assert_string_equal(slugs, "alpha echo foxtrot ");
    struct id_text other = id_text("per", ada);
    mine.member_id = other.text;
    assert_null(client_call(&client, &cvn_group_methods[LIST], &mine));
    assert_int_equal(client.status.code, CVN_PERMISSION_DENIED);
}

static void test_list_when_the_circle_is_wrong(void **state)
{
    CLIENT nobody = client_nobody(*state);
    Convene__Events__V1__LatLng centre = CONVENE__EVENTS__V1__LAT_LNG__INIT;
    Convene__Events__V1__Circle circle = CONVENE__EVENTS__V1__CIRCLE__INIT;
    Convene__Events__V1__ListGroupsRequest request = CONVENE__EVENTS__V1__LIST_GROUPS_REQUEST__INIT;
    request.near = &circle;
    assert_null(client_call(&nobody, &cvn_group_methods[LIST], &request));
    assert_true(client_blames(&nobody, "near.center"));
    assert_true(client_blames(&nobody, "near.radius_m"));
    circle.center = &centre;
    circle.radius_m = 500000;
    assert_non_null(client_call(&nobody, &cvn_group_methods[LIST], &request));
    circle.radius_m = 500001;
    assert_null(client_call(&nobody, &cvn_group_methods[LIST], &request));
}

static void test_batch_register_by_slug(void **state)
{
    struct harness *harness = *state;
    CLIENT admin = client_admin(harness);
    CLIENT person = client_of(harness, harness_person(harness, 1));
    Convene__Events__V1__Group groups[] = {group_of("One", "one"), group_of("", "two"),
                                           group_of("Three", "")};
    Convene__Events__V1__Group *pointers[] = {&groups[0], &groups[1], &groups[2]};
    Convene__Events__V1__BatchRegisterGroupsRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_GROUPS_REQUEST__INIT;
    request.groups = pointers;
    request.n_groups = 3;
    const Convene__Events__V1__BatchRegisterGroupsResponse *reply =
        client_call(&admin, &cvn_group_methods[BATCH_REGISTER], &request);
    assert_non_null(reply);
    assert_int_equal(reply->results[0]->outcome, OUTCOME(CREATED));
    assert_int_equal(reply->results[1]->outcome, OUTCOME(REFUSED));
    assert_int_equal(reply->results[2]->outcome, OUTCOME(CREATED));
    (void)set_member(&person, "one", person.who.person, 0);
    harness->now_ms += HOUR_MS;
    groups[2].description = (char *)"Now described.";
    reply = client_call(&admin, &cvn_group_methods[BATCH_REGISTER], &request);
    assert_int_equal(reply->results[0]->outcome, OUTCOME(UNCHANGED));
    assert_int_equal(reply->results[2]->outcome, OUTCOME(UPDATED));
    assert_int_equal(get(&admin, "one")->member_count, 1);
    assert_string_equal(get(&admin, "three")->description, "Now described.");
    assert_null(client_call(&person, &cvn_group_methods[BATCH_REGISTER], &request));
    assert_int_equal(person.status.code, CVN_PERMISSION_DENIED);
}

enum { N_BATCH = 500 };

/* Registers "g<first>" and so on with one topic; the last one of a batch may have another city. */
static void register_many(struct client *admin, unsigned first, const char *last_city)
{
    static Convene__Events__V1__Group groups[N_BATCH], *pointers[N_BATCH];
    static char slugs[N_BATCH][16];
    static char *topics[] = {(char *)"many"};
    Convene__Events__V1__BatchRegisterGroupsRequest request =
        CONVENE__EVENTS__V1__BATCH_REGISTER_GROUPS_REQUEST__INIT;
    for (unsigned i = 0; i < N_BATCH; i++) {
        (void)snprintf(slugs[i], sizeof slugs[i], "g%05u", first + i);
        groups[i] = group_of(slugs[i], slugs[i]);
        groups[i].topics = topics;
        groups[i].n_topics = 1;
        groups[i].city = (char *)(i == N_BATCH - 1 ? last_city : "Berlin");
        pointers[i] = &groups[i];
    }
    request.groups = pointers;
    request.n_groups = N_BATCH;
    assert_non_null(client_call(admin, &cvn_group_methods[BATCH_REGISTER], &request));
}

/* One page looks at 2,000 groups at most, and its token goes on behind them. */
static void test_list_when_few_of_many_fit(void **state)
{
    CLIENT admin = client_admin(*state);
    char slugs[64];
    for (unsigned i = 0; i < 5; i++)
        register_many(&admin, i * N_BATCH, i == 4 ? "Paris" : "Berlin");
    Convene__Events__V1__ListGroupsRequest request = CONVENE__EVENTS__V1__LIST_GROUPS_REQUEST__INIT;
    request.topic = (char *)"many";
    request.city = (char *)"paris";
    const Convene__Events__V1__ListGroupsResponse *reply =
        client_call(&admin, &cvn_group_methods[LIST], &request);
    assert_non_null(reply);
    assert_int_equal(reply->n_groups, 0);
    assert_string_not_equal(reply->next_page_token, "");
    list_slugs(&admin, request, slugs, sizeof slugs);
    assert_string_equal(slugs, "g02499 ");
}

static void test_join_at_the_limit_of_one_person(void **state)
{
    struct harness *harness = *state;
    struct cvn_id ada = harness_person(harness, 1);
    CLIENT admin = client_admin(harness);
    CLIENT client = client_of(harness, ada);
    char slug[16];
    for (unsigned i = 0; i < 3; i++)
        register_many(&admin, i * N_BATCH, "Berlin");
    for (unsigned i = 0; i < CVN_PERSON_GROUPS_MAX; i++) {
        (void)snprintf(slug, sizeof slug, "g%05u", i);
        assert_int_equal(set_member(&client, slug, ada, 0), ROLE(MEMBER));
    }
    assert_int_equal(set_member(&client, "g01400", ada, 0), -1);
    assert_string_equal(client_reason(&client), "TOO_MANY_GROUPS");
    assert_null(create(&client, group_of("One more", ""), ""));
    assert_string_equal(client_reason(&client), "TOO_MANY_GROUPS");
    assert_null(get(&client, "one-more"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create_makes_the_caller_owner),
        TEST(test_create_by_an_administrator_may_name_the_owner),
        TEST(test_create_when_slug_is_taken),
        TEST(test_create_names_every_wrong_field),
        TEST(test_slug_at_its_limit),
        TEST(test_join_open_and_closed),
        TEST(test_roles_are_the_owners_to_change),
        TEST(test_last_owner_cannot_leave),
        TEST(test_members_are_listed_to_members),
        TEST(test_list_by_each_filter),
        TEST(test_list_when_the_circle_is_wrong),
        TEST(test_batch_register_by_slug),
        TEST(test_list_when_few_of_many_fit),
        TEST(test_join_at_the_limit_of_one_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
