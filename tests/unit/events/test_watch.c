/* What a watch is told, message by message: whose change, of what, and from where it goes on. */
#include "services/events/meetups/event_check.h"
#include "services/events/meetups/event_table.h"
#include "services/events/watch/watch_feed.h"
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events/watching.h"

#include <stdio.h>
#include <string.h>

enum { REMOVE_MEMBER = 5 };

static void unpublish(struct client *client, struct cvn_id event)
{
    Convene__Events__V1__UnpublishEventRequest request =
        CONVENE__EVENTS__V1__UNPUBLISH_EVENT_REQUEST__INIT;
    struct id_text id = id_text("evt", event);
    request.id = id.text;
    assert_non_null(client_call(client, &cvn_event_methods[12], &request));
}

static void leave(struct client *client, struct cvn_id group, struct cvn_id person)
{
    Convene__Events__V1__RemoveMemberRequest request =
        CONVENE__EVENTS__V1__REMOVE_MEMBER_REQUEST__INIT;
    struct id_text id = id_text("grp", group), who = id_text("per", person);
    request.group_id = id.text;
    request.person_id = who.text;
    assert_non_null(client_call(client, &cvn_group_methods[REMOVE_MEMBER], &request));
}

static void test_watch_tells_what_one_may_see(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT nobody = client_nobody(harness);
    struct watching w = watch_of(harness, &nobody);
    expect(&w, "");
    assert_true(w.live);
    struct cvn_id event = id_of(create(&owner, &scene->draft.event, false));
    expect(&w, ""); /* a draft is nobody's business */
    assert_non_null(publish(&owner, event));
    expect(&w, "event.published:event");
    assert_non_null(cancel(&owner, event, "The hall is flooded."));
    expect(&w, "event.removed:removed"); /* past the filter: no cancelled ones were asked for */
    unpublish(&owner, event);
    expect(&w, "");
    struct watching drafts = watch_of(harness, &owner);
    drafts.filter.include_unpublished = true;
    expect(&drafts, "");
    scene->draft.event.external_id = text("two");
    event = id_of(create(&owner, &scene->draft.event, false));
    expect(&drafts, "event.created:event");
    expect(&w, "");
    assert_non_null(publish(&owner, event));
    unpublish(&owner, event);
    /* What is sent is the event as it is now, and it is gone: twice, for two changes. */
    expect(&w, "event.removed:removed");
    expect(&drafts, "event.published:event event.unpublished:event");
}

static void test_snapshot_goes_on_behind_each_message(void **state)
{
    enum { N = 70 }; /* more than two pages */
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT nobody = client_nobody(harness);
    char seen[N + 1][CVN_ID_TEXT_BYTES];
    for (int i = 0; i < N; i++)
        assert_non_null(create(&owner, &scene->draft.event, true));
    struct watching w = watch_of(harness, &nobody);
    w.snapshot = true;
    for (int i = 0; i < N; i++) {
        w.room = 1;
        expect(&w, "event.listed:event");
        memcpy(seen[i], w.event_seen, sizeof seen[i]);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
        if (i == N / 2) /* comes with the changes, not with the list: it starts later */
            scene->draft.event.start_local = text("2027-01-01T10:00:00");
        if (i == N / 2)
            assert_non_null(create(&owner, &scene->draft.event, true));
        assert_false(w.live);
    }
    w.room = -1;
    expect(&w, "event.created:event");
    assert_true(w.live);
}

/* What one page of the log is about at most, before and after each change. */
static void test_watch_of_large_events(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    struct watching w = watch_of(harness, &owner);
    w.filter.include_unpublished = true;
    expect(&w, "");
    scene->draft.event.external_id = text("large");
    for (int i = 0; i <= CVN_WATCH_PAGE_ENTRIES; i++) {
        scene->draft.event.description =
            long_text(&arena, i % 2 ? "odd" : "even", CVN_EVENT_DESCRIPTION_MAX - 4);
        assert_non_null(put(&owner, &scene->draft.event, true));
        cvn_arena_reset(&arena);
    }
    catch_up(&w);
    assert_int_equal(w.result, 0);
    assert_int_equal(w.n, CVN_WATCH_PAGE_ENTRIES + 1);
    assert_true(w.live);
}

static int trim(struct cvn_txn *txn, void *arg)
{
    size_t n;
    (void)arg;
    return cvn_change_trim(txn, INT64_MAX, 1000, &n);
}

static void test_cursor_that_leads_nowhere_is_refused(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    struct watching w = watch_of(harness, &owner);
    expect(&w, "");
    for (int i = 0; i < 3; i++)
        assert_non_null(create(&owner, &scene->draft.event, true));
    char old[WATCH_CURSOR_BYTES];
    memcpy(old, w.cursor, sizeof old);
    expect(&w, "event.created:event event.created:event event.created:event");
    assert_int_equal(cvn_store_update(harness->store, trim, NULL, 0), 0);
    expect(&w, ""); /* the newest entry is kept, and so this one goes on */
    memcpy(w.cursor, old, sizeof old);
    catch_up(&w);
    assert_int_equal(w.result, CVN_REFUSED);
    assert_int_equal(w.code, CVN_OUT_OF_RANGE);
    assert_string_equal(w.reason, "CURSOR_TRIMMED");
    old[20] ^= 1;
    memcpy(w.cursor, old, sizeof old);
    catch_up(&w);
    assert_int_equal(w.code, CVN_INVALID_ARGUMENT);
    (void)snprintf(w.cursor, sizeof w.cursor, "tomorrow");
    catch_up(&w);
    assert_int_equal(w.code, CVN_INVALID_ARGUMENT);
}

/* The cursor that another store, with the same secret and more entries, would have given. */
static int forge(struct cvn_ctx *ctx, void *arg)
{
    struct watching *w = arg;
    struct cvn_change_bounds bounds;
    assert_int_equal(cvn_change_bounds(ctx->txn, &bounds), 0);
    struct cvn_watch_cursor cursor = {.sequence = bounds.last + (uint64_t)w->room,
                                      .time_ms = ctx->now_ms + 1};
    (void)snprintf(w->cursor, sizeof w->cursor, "%s", cvn_watch_cursor_make(ctx, &cursor));
    return 0;
}

static void test_cursor_from_before_a_restore_is_refused(void **state)
{
    struct harness *harness = *state;
    (void)watch_scene_set(harness);
    CLIENT nobody = client_nobody(harness);
    struct watching w = watch_of(harness, &nobody);
    for (w.room = 0; w.room < 2; w.room++) { /* another entry of that number, and none yet */
        assert_int_equal(harness_read(harness, forge, &w), 0);
        catch_up(&w);
        assert_int_equal(w.code, CVN_OUT_OF_RANGE);
        assert_string_equal(w.reason, "CURSOR_UNKNOWN");
    }
}

static void test_rsvps_are_counts_to_others(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    struct cvn_id third = harness_person(harness, 3);
    Convene__Events__V1__Event row = harness_event(harness, scene->group, 1);
    row.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_PUBLIC;
    struct cvn_id event = harness_put_event(harness, 1, row);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT one = client_of(harness, scene->other_id);
    CLIENT other = client_of(harness, third);
    CLIENT nobody = client_nobody(harness);
    struct watching organiser = watch_of(harness, &owner), own = watch_of(harness, &one);
    struct watching stranger = watch_of(harness, &nobody);
    expect(&organiser, "");
    expect(&own, "");
    expect(&stranger, "");
    (void)say_yes(&one, event, scene->other_id, 0);
    expect(&organiser, "rsvp.yes:rsvp");
    assert_string_equal(organiser.person_seen, PERSON_TEXT(scene->other_id));
    expect(&own, "rsvp.yes:rsvp");
    expect(&stranger, "event.counts:counts");
    assert_string_equal(stranger.person_seen, "");
    assert_int_equal(stranger.seats, 1);
    (void)say_yes(&other, event, third, 0);
    expect(&organiser, "rsvp.waitlisted:rsvp");
    expect(&own, "event.counts:counts");
    expect(&stranger, "event.counts:counts");
    (void)say_no(&other, event, third);
    (void)say_no(&other, event, third);
    expect(&organiser, "rsvp.no:rsvp");
    harness->now_ms += 61 * DAY_MS;
    (void)decide(&owner, event, scene->other_id,
                 CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_MARK_ATTENDED);
    expect(&organiser, "rsvp.attended:rsvp");
    expect(&stranger, "event.counts:counts"); /* the queue; who came is nobody's business */
    assert_string_equal(stranger.person_seen, "");
}

static void test_membership_shows_and_hides(void **state)
{
    enum { N = 5 };
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT one = client_of(harness, scene->other_id);
    struct watching w = watch_of(harness, &one);
    scene->draft.event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    for (int i = 0; i < N; i++)
        assert_non_null(create(&owner, &scene->draft.event, true));
    expect(&w, "");
    join(&one, scene->group);
    expect(&w, "member.joined:member event.appeared:event event.appeared:event "
               "event.appeared:event event.appeared:event event.appeared:event");
    assert_non_null(create(&owner, &scene->draft.event, true));
    expect(&w, "event.created:event");
    leave(&one, scene->group, scene->other_id);
    w.room = 1;
    expect(&w, "member.left:member");
    for (int i = 0; i <= N; i++) { /* and goes on behind each */
        w.room = 1;
        expect(&w, "event.removed:removed");
    }
    w.room = -1;
    expect(&w, "");
    assert_non_null(create(&owner, &scene->draft.event, true));
    expect(&w, "");
}

static void test_own_events_come_and_go_with_the_answer(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    struct cvn_id event = harness_put_event(harness, 1, harness_event(harness, scene->group, 0));
    CLIENT one = client_of(harness, scene->other_id);
    CLIENT owner = client_of(harness, scene->owner_id);
    struct watching mine = watch_of(harness, &one);
    mine.filter.attendee_id = text("me");
    expect(&mine, "");
    assert_non_null(create(&owner, &scene->draft.event, true));
    expect(&mine, "");
    (void)say_yes(&one, event, scene->other_id, 0);
    expect(&mine, "rsvp.yes:event");
    unpublish(&owner, event);
    expect(&mine, "event.removed:removed");
    assert_non_null(publish(&owner, event));
    expect(&mine, "event.published:event");
    (void)say_no(&one, event, scene->other_id);
    expect(&mine, "event.removed:removed");
}

static void test_group_is_told_to_those_who_watch_it(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT one = client_of(harness, scene->other_id);
    CLIENT nobody = client_nobody(harness);
    struct watching organiser = watch_of(harness, &owner), all = watch_of(harness, &nobody);
    struct watching elsewhere = watch_of(harness, &nobody);
    struct cvn_id second = harness_group(harness, "Berlin D", scene->owner_id);
    struct id_text second_text = id_text("grp", second);
    organiser.filter.group_id = scene->group_text;
    elsewhere.filter.group_id = second_text.text;
    expect(&organiser, "");
    expect(&all, "");
    expect(&elsewhere, "");
    (void)harness_group(harness, "Berlin E", scene->owner_id);
    join(&one, scene->group);
    assert_non_null(create(&owner, &scene->draft.event, true));
    expect(&organiser, "member.joined:member event.created:event");
    assert_string_equal(organiser.person_seen, PERSON_TEXT(scene->other_id));
    expect(&all, "group.created:group event.created:event");
    expect(&elsewhere, "");
    organiser.filter.group_id = text("nowhere");
    catch_up(&organiser);
    assert_int_equal(organiser.code, CVN_NOT_FOUND);
}

static struct id_text say(struct client *client, struct cvn_id event, const char *said)
{
    Convene__Events__V1__CreateCommentRequest request =
        CONVENE__EVENTS__V1__CREATE_COMMENT_REQUEST__INIT;
    struct id_text id = id_text("evt", event);
    request.event_id = id.text;
    request.text = text(said);
    const Convene__Events__V1__Comment *made =
        client_call(client, &cvn_comment_methods[0], &request);
    assert_non_null(made);
    (void)snprintf(id.text, sizeof id.text, "%s", made->id);
    return id;
}

static void say_otherwise(struct client *client, struct id_text id, const char *said)
{
    Convene__Events__V1__UpdateCommentRequest request =
        CONVENE__EVENTS__V1__UPDATE_COMMENT_REQUEST__INIT;
    request.id = id.text;
    request.text = text(said);
    assert_non_null(client_call(client, &cvn_comment_methods[2], &request));
}

static void take_out(struct client *client, struct id_text id, const char *reason)
{
    Convene__Events__V1__DeleteCommentRequest request =
        CONVENE__EVENTS__V1__DELETE_COMMENT_REQUEST__INIT;
    request.id = id.text;
    request.reason = text(reason);
    assert_non_null(client_call(client, &cvn_comment_methods[3], &request));
}

static void test_comments_are_told_to_those_who_see_the_event(void **state)
{
    struct harness *harness = *state;
    struct watch_scene *scene = watch_scene_set(harness);
    CLIENT owner = client_of(harness, scene->owner_id);
    CLIENT one = client_of(harness, scene->other_id);
    CLIENT nobody = client_nobody(harness);
    scene->draft.event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    struct cvn_id event = id_of(create(&owner, &scene->draft.event, true));
    join(&one, scene->group);
    struct watching member = watch_of(harness, &one), stranger = watch_of(harness, &nobody);
    struct watching elsewhere = watch_of(harness, &owner), late = watch_of(harness, &owner);
    elsewhere.filter.topic = text("gardening");
    expect(&member, "");
    expect(&stranger, "");
    expect(&elsewhere, "");
    expect(&late, "");
    struct id_text id = say(&one, event, "Is there a ramp?");
    expect(&member, "comment.created:comment");
    assert_string_equal(member.text, "Is there a ramp?");
    assert_string_equal(member.comment_seen, id.text);
    assert_string_equal(member.event_seen, id_text("evt", event).text);
    say_otherwise(&one, id, "Is there a lift?");
    say_otherwise(&one, id, "Is there a lift?"); /* no change */
    expect(&member, "comment.updated:comment");
    assert_string_equal(member.text, "Is there a lift?");
    take_out(&owner, id, "Answered in the description.");
    (void)say(&owner, event, "There is.");
    member.room = 1; /* and goes on behind each */
    expect(&member, "comment.removed:comment");
    assert_string_equal(member.text, "");
    member.room = -1;
    expect(&member, "comment.created:comment");
    /* What was taken out before it could be told is told as that, and once. */
    expect(&late, "comment.removed:comment comment.created:comment");
    assert_string_equal(late.text, "There is.");
    expect(&stranger, "");
    expect(&elsewhere, "");
}

static int append_others(struct cvn_txn *txn, void *arg)
{
    int r = 0;
    for (int n = *(int *)arg; r == 0 && n > 0; n--) {
        const struct cvn_change change = {.time_ms = INT64_C(1800000000000),
                                          .kind = cvn_slice_of_string("other.kind")};
        r = cvn_change_append(txn, &change, NULL);
    }
    return r;
}

static void test_cursor_is_sent_alone_after_a_thousand_entries(void **state)
{
    struct harness *harness = *state;
    CLIENT nobody = client_nobody(harness);
    struct watching w = watch_of(harness, &nobody);
    char before[WATCH_CURSOR_BYTES];
    expect(&w, "");
    memcpy(before, w.cursor, sizeof before);
    int n = CVN_WATCH_UNSAID_MAX - 1;
    assert_int_equal(cvn_store_update(harness->store, append_others, &n, 0), 0);
    w.room = 0; /* not even that all is live is taken */
    expect(&w, "");
    assert_string_equal(w.cursor, before);
    n = 1;
    assert_int_equal(cvn_store_update(harness->store, append_others, &n, 0), 0);
    w.room = 1;
    expect(&w, "");
    assert_false(w.live); /* the one message was the cursor alone */
    assert_string_not_equal(w.cursor, before);
}

static void test_filter_is_checked_where_it_stands(void **state)
{
    struct harness *harness = *state;
    (void)watch_scene_set(harness);
    CLIENT nobody = client_nobody(harness);
    struct watching w = watch_of(harness, &nobody);
    w.filter.page_size = 5;
    catch_up(&w);
    assert_int_equal(w.code, CVN_INVALID_ARGUMENT);
    w.filter.page_size = 0;
    w.filter.attendee_id = text("per_01ARZ3NDEKTSV4RRFFQ69G5FAV");
    catch_up(&w);
    assert_int_equal(w.code, CVN_UNAUTHENTICATED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_watch_tells_what_one_may_see),
        TEST(test_snapshot_goes_on_behind_each_message),
        TEST(test_watch_of_large_events),
        TEST(test_cursor_that_leads_nowhere_is_refused),
        TEST(test_cursor_from_before_a_restore_is_refused),
        TEST(test_rsvps_are_counts_to_others),
        TEST(test_membership_shows_and_hides),
        TEST(test_own_events_come_and_go_with_the_answer),
        TEST(test_group_is_told_to_those_who_watch_it),
        TEST(test_comments_are_told_to_those_who_see_the_event),
        TEST(test_cursor_is_sent_alone_after_a_thousand_entries),
        TEST(test_filter_is_checked_where_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
