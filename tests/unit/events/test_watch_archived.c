/* What becomes of a watch when a group is archived, and when it is restored. */
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/watching.h"

enum { ARCHIVE_GROUP = 8, RESTORE_GROUP = 9 };

static void archive(struct client *owner, struct watch_scene *scene)
{
    Convene__Events__V1__ArchiveGroupRequest request =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    request.id = scene->group_text;
    assert_non_null(client_call(owner, &cvn_group_methods[ARCHIVE_GROUP], &request));
}

static void restore(struct client *owner, struct watch_scene *scene)
{
    Convene__Events__V1__RestoreGroupRequest request =
        CONVENE__EVENTS__V1__RESTORE_GROUP_REQUEST__INIT;
    request.id = scene->group_text;
    assert_non_null(client_call(owner, &cvn_group_methods[RESTORE_GROUP], &request));
}

static int newest(struct cvn_ctx *ctx, void *arg)
{
    struct cvn_change_bounds bounds;
    int r = cvn_change_bounds(ctx->txn, &bounds);
    *(uint64_t *)arg = bounds.last;
    return r;
}

static void test_archived_group_takes_along_what_it_had_ahead(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT nobody = client_nobody(harness);
    struct watching follower = watch_of(harness, &nobody), search = watch_of(harness, &nobody);
    struct watching elsewhere = watch_of(harness, &nobody), organiser = watch_of(harness, &owner);
    follower.filter.group_id = organiser.filter.group_id = scene->group_text;
    organiser.filter.include_unpublished = true;
    search.filter.text = text("evening");
    elsewhere.filter.text = text("morning");
    scene->draft.event.start_local = text("2020-03-01T18:30:00");
    assert_non_null(create(&owner, &scene->draft.event, true)); /* it was; it stays */
    scene->draft.event.start_local = text("2027-03-01T18:30:00");
    for (int i = 0; i < 3; i++)
        assert_non_null(create(&owner, &scene->draft.event, true));
    expect(&follower, "");
    expect(&search, "");
    expect(&elsewhere, "");
    expect(&organiser, "");
    uint64_t before, after;
    assert_int_equal(harness_read(harness, newest, &before), 0);
    archive(&owner, scene);
    assert_int_equal(harness_read(harness, newest, &after), 0);
    assert_int_equal(after, before + 1); /* however many events there are */
    search.room = 1;
    expect(&search, "event.removed:removed");
    search.room = -1; /* and goes on behind each */
    expect(&search, "event.removed:removed event.removed:removed");
    expect(&follower, "group.archived:group event.removed:removed event.removed:removed "
                      "event.removed:removed");
    expect(&elsewhere, "");
    expect(&organiser, "group.archived:group"); /* has them all, archived or not */
    harness->now_ms += DAY_MS;
    restore(&owner, scene);
    expect(&search, "event.appeared:event event.appeared:event event.appeared:event");
    expect(&follower, "group.restored:group event.appeared:event event.appeared:event "
                      "event.appeared:event");
    expect(&organiser, "group.restored:group");
}

static void test_event_that_began_while_its_group_was_archived(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT nobody = client_nobody(harness);
    struct watching w = watch_of(harness, &nobody);
    Convene__Events__V1__ListEventsRequest all = CONVENE__EVENTS__V1__LIST_EVENTS_REQUEST__INIT;
    w.filter.text = text("evening");
    const Convene__Events__V1__Event *made = create(&owner, &scene->draft.event, true);
    int64_t start_ms = start_of(made);
    expect(&w, "");
    archive(&owner, scene);
    expect(&w, "event.removed:removed");
    harness->now_ms = start_ms + DAY_MS; /* it was called off with the group: nobody came */
    assert_int_equal(list(&nobody, &all)->n_events, 0);
    expect(&w, "");
    restore(&owner, scene);
    assert_int_equal(list(&nobody, &all)->n_events, 1);
    expect(&w, "event.appeared:event");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_archived_group_takes_along_what_it_had_ahead),
        TEST(test_event_that_began_while_its_group_was_archived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
