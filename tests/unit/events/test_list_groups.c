/* ListEvents and the groups of its events: few of the caller's or archived, many, and an old store.
 */
#include "services/events/listing/event_groups.h"

#include "services/events/spaces.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/fixture.h"

#include <stdio.h>

enum {
    ARCHIVE_GROUP = 8, /* among the methods of groups */
    N_GROUPS = CVN_EVENT_GROUPS_FEW + 2,
};

struct scene {
    struct harness *harness;
    struct client owner, member, nobody;
    struct cvn_id groups[N_GROUPS];
};

static int setup(void **state)
{
    static struct scene s;
    (void)harness_setup(state);
    s = (struct scene){.harness = *state};
    s.owner = client_of(s.harness, harness_person(s.harness, 0));
    s.member = client_of(s.harness, harness_person(s.harness, 1));
    s.nobody = client_nobody(s.harness);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    struct client *const clients[] = {&s->owner, &s->member, &s->nobody};
    return scene_end(state, s->harness, clients, 3);
}

/* Groups with one event each. */
static void add_groups(struct scene *s, Convene__Events__V1__Visibility visibility)
{
    for (size_t i = 0; i < N_GROUPS; i++) {
        char name[20];
        struct draft d;
        (void)snprintf(name, sizeof name, "Group %zu", i);
        s->groups[i] = harness_group(s->harness, name, s->owner.who.person);
        draft_init(&d, s->groups[i]);
        d.event.visibility = visibility;
        assert_non_null(create(&s->owner, &d.event, true));
    }
}

static size_t n_listed(struct client *client)
{
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    request.page_size = 2 * N_GROUPS;
    const Convene__Events__V1__ListEventsResponse *reply = list(client, &request);
    assert_non_null(reply);
    return reply->n_events;
}

static void archive(struct scene *s, size_t i)
{
    Convene__Events__V1__ArchiveGroupRequest request =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    struct id_text id = id_text("grp", s->groups[i]);
    request.id = id.text;
    assert_non_null(client_call(&s->owner, &cvn_group_methods[ARCHIVE_GROUP], &request));
}

static void test_list_for_a_member_of_few_groups_and_of_more(void **state)
{
    struct scene *s = *state;
    add_groups(s, VISIBILITY(MEMBERS));
    assert_int_equal(n_listed(&s->owner), N_GROUPS);
    assert_int_equal(n_listed(&s->member), 0);
    for (size_t i = N_GROUPS; i > 1; i--) {
        join(&s->member, s->groups[i - 1]);
        assert_int_equal(n_listed(&s->member), N_GROUPS + 1 - i);
    }
    assert_int_equal(n_listed(&s->member), CVN_EVENT_GROUPS_FEW + 1);
    assert_int_equal(n_listed(&s->nobody), 0);
}

static void test_list_beside_few_archived_groups_and_more(void **state)
{
    struct scene *s = *state;
    add_groups(s, VISIBILITY(PUBLIC));
    for (size_t i = N_GROUPS; i > 1; i--) {
        archive(s, i - 1);
        assert_int_equal(n_listed(&s->nobody), i - 1);
    }
}

/* What would be there without a filter is counted where its walk told that there is something. */
static void test_hints_of_what_archived_groups_have_ahead(void **state)
{
    struct scene *s = *state;
    Convene__Events__V1__ListEventsRequest request = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    struct client *const readers[] = {&s->owner, &s->nobody};
    add_groups(s, VISIBILITY(PUBLIC));
    archive(s, 0);
    struct id_text id = id_text("grp", s->groups[0]);
    request.group_id = id.text;
    for (size_t i = 0; i < 2; i++) {
        const Convene__Events__V1__ListEventsResponse *reply = list(readers[i], &request);
        assert_non_null(reply);
        assert_int_equal(reply->n_events, 0);
        assert_int_equal(reply->n_hints, 3);
        assert_string_equal(reply->hints[1]->filter, "include_cancelled");
        assert_int_equal(reply->hints[1]->count, 0);
        assert_string_equal(reply->hints[2]->filter, "include_unpublished");
        assert_int_equal(reply->hints[2]->count, readers[i] == &s->owner);
    }
}

static void test_store_of_the_version_before_is_given_its_archived_groups(void **state)
{
    struct scene *s = *state;
    add_groups(s, VISIBILITY(PUBLIC));
    for (size_t i = 0; i < 3; i++)
        archive(s, 2 * i);
    assert_int_equal(n_listed(&s->nobody), N_GROUPS - 3);
    assert_int_equal(forget_index(s->harness, CVN_INDEX_GROUP_ARCHIVED), 3);
    assert_int_equal(n_listed(&s->nobody), N_GROUPS);
    step_schema(s->harness, 1);
    assert_int_equal(n_listed(&s->nobody), N_GROUPS - 3);
    assert_indexes_right(s->harness);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_list_for_a_member_of_few_groups_and_of_more),
        T(test_list_beside_few_archived_groups_and_more),
        T(test_hints_of_what_archived_groups_have_ahead),
        T(test_store_of_the_version_before_is_given_its_archived_groups),
    };
    return cmocka_run_group_tests_name("list_groups", tests, NULL, NULL);
}
