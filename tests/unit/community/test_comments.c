#include "services/events/comments/comment_table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/community/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CREATE, GET, UPDATE, DELETE, LIST, LOCK, UNLOCK, REPORT, LIST_REPORTS, DISMISS };

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define STATE(name) (int)CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_##name

/* An event with an organiser, a member and a stranger, who may all see it. */
struct scene {
    struct harness *harness;
    struct cvn_id owner, eve, ada, group, event;
    struct id_text event_id;
};

static struct scene scene_of(void **state)
{
    struct scene s = {.harness = *state};
    s.owner = harness_person(s.harness, 1);
    s.eve = harness_person(s.harness, 2);
    s.ada = harness_person(s.harness, 3);
    s.group = harness_group(s.harness, "Club", s.owner);
    set_role(s.harness, s.group, s.eve, ROLE(MEMBER));
    s.event = harness_put_event(s.harness, 1, harness_event(s.harness, s.group, 0));
    s.event_id = id_text("evt", s.event);
    return s;
}

static struct id_text say(struct client *client, struct scene *s, const char *text)
{
    Convene__Events__V1__CreateCommentRequest request =
        CONVENE__EVENTS__V1__CREATE_COMMENT_REQUEST__INIT;
    struct id_text id = {""};
    request.event_id = s->event_id.text;
    request.text = (char *)text;
    const Convene__Events__V1__Comment *made =
        client_call(client, &cvn_comment_methods[CREATE], &request);
    if (made)
        strcpy(id.text, made->id);
    return id;
}

static const Convene__Events__V1__Comment *get(struct client *client, const char *id)
{
    Convene__Events__V1__GetCommentRequest request = CONVENE__EVENTS__V1__GET_COMMENT_REQUEST__INIT;
    request.id = (char *)id;
    return client_call(client, &cvn_comment_methods[GET], &request);
}

static const Convene__Events__V1__Comment *edit(struct client *client, const char *id,
                                                const char *text, const char *etag)
{
    Convene__Events__V1__UpdateCommentRequest request =
        CONVENE__EVENTS__V1__UPDATE_COMMENT_REQUEST__INIT;
    request.id = (char *)id;
    request.text = (char *)text;
    request.etag = (char *)etag;
    return client_call(client, &cvn_comment_methods[UPDATE], &request);
}

static int take_out(struct client *client, const char *id, const char *reason)
{
    Convene__Events__V1__DeleteCommentRequest request =
        CONVENE__EVENTS__V1__DELETE_COMMENT_REQUEST__INIT;
    request.id = (char *)id;
    request.reason = (char *)reason;
    const Convene__Events__V1__Comment *after =
        client_call(client, &cvn_comment_methods[DELETE], &request);
    return after ? (int)after->state : -1;
}

static bool set_lock(struct client *client, struct scene *s, bool locked)
{
    Convene__Events__V1__LockCommentsRequest lock =
        CONVENE__EVENTS__V1__LOCK_COMMENTS_REQUEST__INIT;
    Convene__Events__V1__UnlockCommentsRequest unlock =
        CONVENE__EVENTS__V1__UNLOCK_COMMENTS_REQUEST__INIT;
    lock.event_id = unlock.event_id = s->event_id.text;
    const Convene__Events__V1__Discussion *after =
        client_call(client, &cvn_comment_methods[locked ? LOCK : UNLOCK],
                    locked ? (void *)&lock : (void *)&unlock);
    return after && after->locked == locked;
}

static bool report(struct client *client, const char *id, const char *reason)
{
    Convene__Events__V1__ReportCommentRequest request =
        CONVENE__EVENTS__V1__REPORT_COMMENT_REQUEST__INIT;
    request.id = (char *)id;
    request.reason = (char *)reason;
    return client_call(client, &cvn_comment_methods[REPORT], &request) != NULL;
}

static const Convene__Events__V1__ListReportsResponse *reports(struct client *client,
                                                               struct scene *s)
{
    Convene__Events__V1__ListReportsRequest request =
        CONVENE__EVENTS__V1__LIST_REPORTS_REQUEST__INIT;
    request.event_id = s->event_id.text;
    return client_call(client, &cvn_comment_methods[LIST_REPORTS], &request);
}

static void test_comments_are_listed_in_order_by_pages(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT nobody = client_nobody(s.harness);
    char token[2048] = "", said[64] = "";
    for (int i = 0; i < 5; i++) {
        char text[8];
        (void)snprintf(text, sizeof text, "%d", i);
        s.harness->now_ms += 1;
        assert_true(say(&eve, &s, text).text[0]);
    }
    Convene__Events__V1__ListCommentsRequest request =
        CONVENE__EVENTS__V1__LIST_COMMENTS_REQUEST__INIT;
    request.event_id = s.event_id.text;
    request.page_size = 2;
    int pages = 0;
    do {
        request.page_token = token;
        const Convene__Events__V1__ListCommentsResponse *reply =
            client_call(&nobody, &cvn_comment_methods[LIST], &request);
        assert_non_null(reply);
        assert_int_equal(reply->discussion->comment_count, 5);
        for (size_t i = 0; i < reply->n_comments; i++)
            strcat(said, reply->comments[i]->text);
        (void)snprintf(token, sizeof token, "%s", reply->next_page_token);
        pages++;
    } while (token[0]);
    assert_string_equal(said, "01234");
    assert_int_equal(pages, 3);
}

/* What is written meanwhile is on none of the later pages, and what is taken out keeps its place.
 */
static void test_newest_come_first_on_pages_that_stay(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    char token[2048] = "", said[64] = "";
    struct id_text ids[5];
    for (int i = 0; i < 5; i++) {
        char text[8];
        (void)snprintf(text, sizeof text, "%d", i);
        s.harness->now_ms += 1;
        ids[i] = say(&eve, &s, text);
    }
    Convene__Events__V1__ListCommentsRequest request =
        CONVENE__EVENTS__V1__LIST_COMMENTS_REQUEST__INIT;
    request.event_id = s.event_id.text;
    request.page_size = 2;
    request.newest_first = true;
    int pages = 0;
    do {
        request.page_token = token;
        const Convene__Events__V1__ListCommentsResponse *reply =
            client_call(&eve, &cvn_comment_methods[LIST], &request);
        assert_non_null(reply);
        for (size_t i = 0; i < reply->n_comments; i++)
            strcat(said, reply->comments[i]->text[0] ? reply->comments[i]->text : "-");
        (void)snprintf(token, sizeof token, "%s", reply->next_page_token);
        if (pages++ == 0) {
            s.harness->now_ms += 1;
            assert_true(say(&eve, &s, "5").text[0]);
            assert_int_equal(take_out(&eve, ids[1].text, ""), STATE(DELETED_BY_AUTHOR));
            assert_int_equal(take_out(&eve, ids[3].text, ""), STATE(DELETED_BY_AUTHOR));
        }
    } while (token[0]);
    assert_string_equal(said, "432-0");
    assert_int_equal(pages, 3);
    /* A token of the one order is none of the other. */
    request.page_token = token;
    const Convene__Events__V1__ListCommentsResponse *reply =
        client_call(&eve, &cvn_comment_methods[LIST], &request);
    assert_non_null(reply);
    (void)snprintf(token, sizeof token, "%s", reply->next_page_token);
    request.newest_first = false;
    assert_null(client_call(&eve, &cvn_comment_methods[LIST], &request));
    assert_true(client_blames(&eve, "page_token"));
}

static void test_text_at_its_limits(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    char *text = malloc(CVN_COMMENT_TEXT_MAX + 2);
    assert_non_null(text);
    memset(text, 'x', CVN_COMMENT_TEXT_MAX + 1);
    text[CVN_COMMENT_TEXT_MAX + 1] = '\0';
    assert_false(say(&eve, &s, text).text[0]);
    assert_true(client_blames(&eve, "text"));
    text[CVN_COMMENT_TEXT_MAX] = '\0';
    assert_true(say(&eve, &s, text).text[0]);
    free(text);
    assert_false(say(&eve, &s, "").text[0]);
    assert_true(client_blames(&eve, "text"));
    assert_false(say(&eve, &s, " \n\t ").text[0]);
    assert_true(client_blames(&eve, "text"));
}

static void test_rate_of_one_person_on_one_event(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT ada = client_of(s.harness, s.ada);
    for (int i = 0; i < CVN_COMMENTS_IN_WINDOW_MAX; i++)
        assert_true(say(&eve, &s, "again").text[0]);
    assert_false(say(&eve, &s, "again").text[0]);
    assert_int_equal(eve.status.code, CVN_RESOURCE_EXHAUSTED);
    assert_string_equal(client_reason(&eve), "COMMENTS_TOO_FAST");
    assert_true(say(&ada, &s, "I have said nothing yet").text[0]);
    struct scene other = s;
    other.event = harness_put_event(s.harness, 2, harness_event(s.harness, s.group, 0));
    other.event_id = id_text("evt", other.event);
    assert_true(say(&eve, &other, "elsewhere").text[0]);
    s.harness->now_ms += CVN_COMMENT_WINDOW_MS - 1;
    assert_false(say(&eve, &s, "again").text[0]);
    s.harness->now_ms += 1;
    assert_true(say(&eve, &s, "again").text[0]);
}

static void test_edit_is_the_authors_by_etag(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT owner = client_of(s.harness, s.owner);
    char etag[64];
    struct id_text id = say(&eve, &s, "Frist!");
    (void)snprintf(etag, sizeof etag, "%s", get(&eve, id.text)->etag);
    assert_true(etag[0]);
    assert_null(edit(&owner, id.text, "Organisers put no words into mouths", ""));
    assert_int_equal(owner.status.code, CVN_PERMISSION_DENIED);
    const Convene__Events__V1__Comment *after = edit(&eve, id.text, "First!", etag);
    assert_non_null(after);
    assert_non_null(after->edit_time);
    assert_string_equal(get(&owner, id.text)->etag, "");
    assert_null(edit(&eve, id.text, "Second!", etag));
    assert_int_equal(eve.status.code, CVN_ABORTED);
    assert_string_equal(get(&owner, id.text)->text, "First!");
    assert_string_equal(get(&owner, id.text)->display_name, "person 2");
}

static void test_deleted_comments_keep_their_place(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT ada = client_of(s.harness, s.ada);
    CLIENT owner = client_of(s.harness, s.owner);
    struct id_text first = say(&eve, &s, "one"), second = say(&eve, &s, "two");
    assert_int_equal(take_out(&ada, first.text, "no"), -1);
    assert_int_equal(ada.status.code, CVN_PERMISSION_DENIED);
    assert_int_equal(take_out(&owner, first.text, ""), -1);
    assert_true(client_blames(&owner, "reason"));
    assert_int_equal(take_out(&owner, first.text, "Off topic"), STATE(DELETED_BY_ORGANISER));
    assert_int_equal(take_out(&eve, first.text, ""), STATE(DELETED_BY_ORGANISER)); /* it was so */
    assert_int_equal(take_out(&eve, second.text, ""), STATE(DELETED_BY_AUTHOR));
    const Convene__Events__V1__Comment *after = get(&ada, first.text);
    assert_string_equal(after->text, "");
    assert_string_equal(after->reason, "Off topic");
    assert_null(edit(&eve, second.text, "back", ""));
    assert_string_equal(client_reason(&eve), "COMMENT_DELETED");
    Convene__Events__V1__ListCommentsRequest request =
        CONVENE__EVENTS__V1__LIST_COMMENTS_REQUEST__INIT;
    request.event_id = s.event_id.text;
    const Convene__Events__V1__ListCommentsResponse *list =
        client_call(&ada, &cvn_comment_methods[LIST], &request);
    assert_int_equal(list->n_comments, 2);
    assert_int_equal(list->discussion->comment_count, 0);
    verify_store(s.harness);
}

static void test_locked_discussion_is_the_organisers(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT owner = client_of(s.harness, s.owner);
    struct id_text id = say(&eve, &s, "before");
    assert_false(set_lock(&eve, &s, true));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_true(set_lock(&owner, &s, true));
    assert_true(set_lock(&owner, &s, true));
    assert_false(say(&eve, &s, "after").text[0]);
    assert_string_equal(client_reason(&eve), "DISCUSSION_LOCKED");
    assert_null(edit(&eve, id.text, "changed", ""));
    assert_string_equal(client_reason(&eve), "DISCUSSION_LOCKED");
    assert_true(say(&owner, &s, "last word").text[0]);
    assert_int_equal(take_out(&eve, id.text, ""), STATE(DELETED_BY_AUTHOR));
    assert_true(set_lock(&owner, &s, false));
    assert_true(say(&eve, &s, "after").text[0]);
}

static void test_reports_go_to_the_organisers(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT ada = client_of(s.harness, s.ada);
    CLIENT owner = client_of(s.harness, s.owner);
    struct id_text id = say(&eve, &s, "Buy my things"), other = say(&eve, &s, "Really");
    assert_true(report(&ada, id.text, "spam"));
    assert_true(report(&ada, id.text, "spam, really")); /* in place of the first */
    assert_true(report(&ada, other.text, ""));
    assert_null(reports(&ada, &s));
    assert_int_equal(ada.status.code, CVN_PERMISSION_DENIED);
    const Convene__Events__V1__ListReportsResponse *list = reports(&owner, &s);
    assert_int_equal(list->n_reports, 2);
    assert_string_equal(list->reports[0]->reason, "spam, really");
    assert_string_equal(list->reports[0]->comment->text, "Buy my things");
    assert_string_equal(list->reports[0]->display_name, "person 3");
    assert_int_equal(get(&owner, id.text)->report_count, 1);
    assert_int_equal(get(&ada, id.text)->report_count, 0); /* not told to others */
    Convene__Events__V1__DismissReportsRequest dismiss =
        CONVENE__EVENTS__V1__DISMISS_REPORTS_REQUEST__INIT;
    dismiss.id = other.text;
    assert_null(client_call(&eve, &cvn_comment_methods[DISMISS], &dismiss));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_non_null(client_call(&owner, &cvn_comment_methods[DISMISS], &dismiss));
    assert_int_equal(reports(&owner, &s)->n_reports, 1);
    assert_int_equal(take_out(&owner, id.text, "spam"), STATE(DELETED_BY_ORGANISER));
    assert_int_equal(reports(&owner, &s)->n_reports, 0);
    assert_false(report(&ada, id.text, "again"));
    assert_string_equal(client_reason(&ada), "COMMENT_DELETED");
    verify_store(s.harness);
}

static void test_discussion_of_a_members_event_is_theirs(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT ada = client_of(s.harness, s.ada);
    CLIENT nobody = client_nobody(s.harness);
    Convene__Events__V1__Event event = harness_event(s.harness, s.group, 0);
    event.visibility = CONVENE__EVENTS__V1__VISIBILITY__VISIBILITY_MEMBERS;
    s.event = harness_put_event(s.harness, 2, event);
    s.event_id = id_text("evt", s.event);
    struct id_text id = say(&eve, &s, "among us");
    assert_true(id.text[0]);
    assert_false(say(&ada, &s, "may I?").text[0]);
    assert_int_equal(ada.status.code, CVN_NOT_FOUND);
    assert_null(get(&ada, id.text));
    assert_int_equal(ada.status.code, CVN_NOT_FOUND);
    assert_false(report(&ada, id.text, ""));
    assert_int_equal(ada.status.code, CVN_NOT_FOUND);
    assert_null(get(&nobody, id.text));
    assert_int_equal(nobody.status.code, CVN_NOT_FOUND);
    assert_null(get(&nobody, "cmt_00000000000000000000000001"));
    assert_int_equal(nobody.status.code, CVN_NOT_FOUND);
}

static void test_banned_and_archived_say_nothing(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT admin = client_admin(s.harness);
    struct id_text id = say(&eve, &s, "before");
    assert_non_null(membership_call(&owner, BAN, s.group, s.eve));
    assert_false(say(&eve, &s, "after").text[0]);
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    assert_string_equal(client_reason(&eve), "BANNED");
    assert_null(edit(&eve, id.text, "after", ""));
    assert_int_equal(take_out(&eve, id.text, ""), STATE(DELETED_BY_AUTHOR));
    Convene__Events__V1__ArchiveGroupRequest archive =
        CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
    struct id_text group_id = id_text("grp", s.group);
    archive.id = group_id.text;
    assert_non_null(client_call(&admin, &cvn_group_methods[8], &archive));
    assert_false(say(&owner, &s, "after").text[0]);
    assert_string_equal(client_reason(&owner), "GROUP_ARCHIVED");
}

static int fill_discussion(struct cvn_ctx *ctx, void *arg)
{
    const struct scene *s = arg;
    struct cvn_discussion discussion = {.n_comments = CVN_EVENT_COMMENTS_MAX - 1,
                                        .n_reports = CVN_EVENT_REPORTS_MAX - 1};
    return cvn_discussion_put(ctx, &s->event, &discussion);
}

static void test_discussion_at_its_limits(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT ada = client_of(s.harness, s.ada);
    assert_int_equal(harness_write(s.harness, fill_discussion, &s), 0);
    struct id_text id = say(&eve, &s, "the last one");
    assert_true(id.text[0]);
    assert_false(say(&eve, &s, "one too many").text[0]);
    assert_string_equal(client_reason(&eve), "DISCUSSION_FULL");
    assert_true(report(&ada, id.text, ""));
    assert_true(report(&ada, id.text, "once more counts once"));
    assert_false(report(&eve, id.text, ""));
    assert_string_equal(client_reason(&eve), "TOO_MANY_REPORTS");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_comments_are_listed_in_order_by_pages),
        TEST(test_newest_come_first_on_pages_that_stay),
        TEST(test_text_at_its_limits),
        TEST(test_rate_of_one_person_on_one_event),
        TEST(test_edit_is_the_authors_by_etag),
        TEST(test_deleted_comments_keep_their_place),
        TEST(test_locked_discussion_is_the_organisers),
        TEST(test_reports_go_to_the_organisers),
        TEST(test_discussion_of_a_members_event_is_theirs),
        TEST(test_banned_and_archived_say_nothing),
        TEST(test_discussion_at_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
