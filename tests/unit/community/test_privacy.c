#include "services/events/comments/comment_table.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/erasure.h"
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/community/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPORT, ERASE };
enum { DECIDE_FOR = 1, LIST_MOVES = 4, VERIFY_MOVES = 5 }; /* of RsvpService */

#define ROLE(name) CONVENE__EVENTS__V1__GROUP_ROLE__GROUP_ROLE_##name
#define STATE(name) (int)CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_##name
#define RECORD(name) CONVENE__EVENTS__V1__PERSON_RECORD__RECORD_##name

enum { RECORD_KINDS = 11 };

/* Ada, about whom something of everything is held, in Bob's group. */
struct scene {
    struct harness *harness;
    struct cvn_id ada, bob, eve, group, closed, coming, past;
    struct id_text comment;
};

static struct id_text say(struct harness *harness, struct cvn_id person, struct cvn_id event,
                          const char *text)
{
    CLIENT client = client_of(harness, person);
    Convene__Events__V1__CreateCommentRequest request =
        CONVENE__EVENTS__V1__CREATE_COMMENT_REQUEST__INIT;
    struct id_text event_id = id_text("evt", event), id;
    request.event_id = event_id.text;
    request.text = (char *)text;
    const Convene__Events__V1__Comment *made =
        client_call(&client, &cvn_comment_methods[0], &request);
    assert_non_null(made);
    strcpy(id.text, made->id);
    return id;
}

static void report(struct harness *harness, struct cvn_id person, const char *comment)
{
    CLIENT client = client_of(harness, person);
    Convene__Events__V1__ReportCommentRequest request =
        CONVENE__EVENTS__V1__REPORT_COMMENT_REQUEST__INIT;
    request.id = (char *)comment;
    request.reason = (char *)"because";
    assert_non_null(client_call(&client, &cvn_comment_methods[7], &request));
}

static struct scene scene_of(void **state)
{
    struct scene s = {.harness = *state};
    s.ada = harness_person(s.harness, 1);
    s.bob = harness_person(s.harness, 2);
    s.eve = harness_person(s.harness, 3);
    s.group = harness_group(s.harness, "Club", s.bob);
    s.closed = harness_group(s.harness, "Closed", s.bob);
    struct cvn_id hostile = harness_group(s.harness, "Hostile", s.bob);
    CLIENT ada = client_of(s.harness, s.ada);
    CLIENT bob = client_of(s.harness, s.bob);
    CLIENT eve = client_of(s.harness, s.eve);
    set_join_mode(s.harness, s.closed, CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_APPROVAL);
    assert_int_equal(join(&ada, s.group), ROLE(MEMBER));
    assert_int_equal(join(&ada, s.closed), 0);
    assert_true(invite(&bob, s.closed, s.ada, 0).text[0]);
    assert_non_null(membership_call(&bob, BAN, hostile, s.ada));
    s.coming = harness_put_event(s.harness, 1, harness_event(s.harness, s.group, 1));
    s.past = harness_put_event(s.harness, 2, harness_event(s.harness, s.group, 5));
    assert_int_equal(say_yes(&ada, s.past, s.ada, 0), STATE(YES));
    s.harness->now_ms += 61 * DAY_MS; /* both are over, and one comes again */
    s.coming = harness_put_event(s.harness, 3, harness_event(s.harness, s.group, 1));
    assert_int_equal(say_yes(&ada, s.coming, s.ada, 0), STATE(YES));
    assert_int_equal(say_yes(&eve, s.coming, s.eve, 0), STATE(WAITLISTED));
    s.comment = say(s.harness, s.ada, s.coming, "I am Ada, ask me anything");
    report(s.harness, s.eve, s.comment.text);
    report(s.harness, s.ada, say(s.harness, s.eve, s.coming, "Boo").text);
    Convene__Admin__V1__CreateKeyRequest key = CONVENE__ADMIN__V1__CREATE_KEY_REQUEST__INIT;
    key.label = (char *)"ada's phone";
    assert_non_null(client_call(&ada, &cvn_key_methods[0], &key));
    return s;
}

/* Counts the records of each kind in a whole export, in pages of that size. */
static void count(struct client *client, struct cvn_id person, int32_t page_size,
                  size_t n[RECORD_KINDS])
{
    char token[2048] = "";
    Convene__Events__V1__ExportPersonRequest request =
        CONVENE__EVENTS__V1__EXPORT_PERSON_REQUEST__INIT;
    struct id_text person_id = id_text("per", person);
    int last = 0;
    request.person_id = person_id.text;
    request.page_size = page_size;
    memset(n, 0, RECORD_KINDS * sizeof *n);
    do {
        request.page_token = token;
        const Convene__Events__V1__ExportPersonResponse *reply =
            client_call(client, &cvn_privacy_methods[EXPORT], &request);
        assert_non_null(reply);
        for (size_t i = 0; i < reply->n_records; i++) {
            int kind = (int)reply->records[i]->record_case;
            assert_true(kind >= last);
            last = kind;
            n[kind]++;
            assert_true(kind != RECORD(RSVP) || reply->records[i]->n_moves == 1);
        }
        (void)snprintf(token, sizeof token, "%s", reply->next_page_token);
    } while (token[0]);
}

static void test_export_has_something_of_everything(void **state)
{
    struct scene s = scene_of(state);
    CLIENT ada = client_of(s.harness, s.ada);
    size_t whole[RECORD_KINDS], small[RECORD_KINDS];
    count(&ada, s.ada, 1000, whole);
    count(&ada, s.ada, 1, small);
    assert_memory_equal(whole, small, sizeof whole);
    assert_int_equal(whole[RECORD(PROFILE)], 1);
    assert_int_equal(whole[RECORD(MEMBERSHIP)], 1);
    assert_int_equal(whole[RECORD(JOIN_REQUEST)], 1);
    assert_int_equal(whole[RECORD(BAN)], 1);
    assert_int_equal(whole[RECORD(INVITATION)], 1);
    assert_int_equal(whole[RECORD(RSVP)], 2);
    assert_int_equal(whole[RECORD(COMMENT)], 1);
    assert_int_equal(whole[RECORD(REPORT)], 1);
    assert_int_equal(whole[RECORD(KEY)], 1);
    /* Registered, asked, banned, joined, answered twice, said and reported something. */
    assert_true(whole[RECORD(CHANGE)] >= 6);
}

static void test_export_is_the_persons_and_the_administrators(void **state)
{
    struct scene s = scene_of(state);
    CLIENT eve = client_of(s.harness, s.eve);
    CLIENT admin = client_admin(s.harness);
    size_t n[RECORD_KINDS];
    Convene__Events__V1__ExportPersonRequest request =
        CONVENE__EVENTS__V1__EXPORT_PERSON_REQUEST__INIT;
    struct id_text person_id = id_text("per", s.ada);
    request.person_id = person_id.text;
    assert_null(client_call(&eve, &cvn_privacy_methods[EXPORT], &request));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
    count(&admin, s.ada, 1000, n);
    assert_int_equal(n[RECORD(PROFILE)], 1);
}

static const Convene__Events__V1__ErasePersonResponse *
erase(struct client *client, struct cvn_id person, struct cvn_id again)
{
    Convene__Events__V1__ErasePersonRequest request =
        CONVENE__EVENTS__V1__ERASE_PERSON_REQUEST__INIT;
    struct id_text person_id = id_text("per", person), confirm_id = id_text("per", again);
    request.person_id = person_id.text;
    request.confirm_id = confirm_id.text;
    return client_call(client, &cvn_privacy_methods[ERASE], &request);
}

/* Erases to the end; the last answer. */
static const Convene__Events__V1__ErasePersonResponse *erase_all(struct client *client,
                                                                 struct cvn_id person, int *ret_n)
{
    const Convene__Events__V1__ErasePersonResponse *reply;
    *ret_n = 0;
    do {
        reply = erase(client, person, person);
        assert_non_null(reply);
        assert_true(++*ret_n < 100);
    } while (!reply->done);
    return reply;
}

/* What the whole store holds, as bytes: nothing of a text may be left. */
struct search {
    const char *text;
    size_t n;
    uint64_t n_changes;
};

static int find(struct cvn_ctx *ctx, void *arg)
{
    struct search *search = arg;
    struct cvn_slice key, value;
    struct cvn_change_bounds bounds;
    CVN_CURSOR_AUTO cursor = {0};
    size_t len = strlen(search->text);
    search->n = 0;
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_slice(NULL, 0), cvn_slice(NULL, 0), CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        search->n += memmem(key.data, key.len, search->text, len) != NULL;
        search->n += value.len > 0 && memmem(value.data, value.len, search->text, len) != NULL;
    }
    if (r == CVN_STORE_ABSENT)
        r = cvn_change_bounds(ctx->txn, &bounds);
    search->n_changes = bounds.last;
    return r;
}

static size_t occurrences(struct harness *harness, const char *text)
{
    struct search search = {.text = text};
    assert_int_equal(harness_read(harness, find, &search), 0);
    return search.n;
}

static int32_t member_count(struct client *client, struct cvn_id group)
{
    Convene__Events__V1__GetGroupRequest request = CONVENE__EVENTS__V1__GET_GROUP_REQUEST__INIT;
    struct id_text id = id_text("grp", group);
    request.id = id.text;
    const Convene__Events__V1__Group *reply = client_call(client, &cvn_group_methods[1], &request);
    return reply->member_count;
}

static void test_erasure_leaves_nothing_but_counts(void **state)
{
    struct scene s = scene_of(state);
    CLIENT ada = client_of(s.harness, s.ada);
    CLIENT admin = client_admin(s.harness);
    struct search before = {.text = "person1@example.org"}, after = before;
    assert_int_equal(harness_read(s.harness, find, &before), 0);
    assert_true(before.n > 0);
    assert_true(occurrences(s.harness, "ask me anything") > 0);
    int n;
    const Convene__Events__V1__ErasePersonResponse *reply = erase_all(&ada, s.ada, &n);
    assert_int_equal(reply->memberships_ended, 1);
    assert_int_equal(reply->rsvps_given_up, 1);
    assert_int_equal(reply->rsvps_kept, 1);
    assert_int_equal(reply->comments_blanked, 1);
    assert_int_equal(reply->other_rows_deleted, 5); /* request, ban, invitation, report, key */
    assert_int_equal(harness_read(s.harness, find, &after), 0);
    assert_int_equal(after.n, 0);
    assert_true(after.n_changes > before.n_changes); /* the log goes on; none of it is lost */
    assert_int_equal(occurrences(s.harness, "person 1"), 0);
    assert_int_equal(occurrences(s.harness, "ask me anything"), 0);
    assert_int_equal(occurrences(s.harness, "ada's phone"), 0);
    assert_int_equal(state_of(&admin, s.coming, s.eve), STATE(YES)); /* whoever waited is served */
    assert_int_equal(state_of(&admin, s.past, s.ada), STATE(YES));   /* the past stays as it was */
    assert_string_equal(get_rsvp(&admin, s.past, s.ada)->display_name, "");
    assert_int_equal(member_count(&admin, s.group), 1);
    Convene__Events__V1__ListRsvpsRequest list = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    struct id_text past = id_text("evt", s.past);
    list.event_id = past.text;
    const Convene__Events__V1__ListRsvpsResponse *rsvps =
        client_call(&admin, &cvn_rsvp_methods[3], &list);
    assert_non_null(rsvps);
    assert_int_equal(rsvps->n_rsvps, 1);
    assert_string_equal(rsvps->rsvps[0]->display_name, "");
    Convene__Events__V1__GetCommentRequest get = CONVENE__EVENTS__V1__GET_COMMENT_REQUEST__INIT;
    get.id = s.comment.text;
    const Convene__Events__V1__Comment *comment =
        client_call(&admin, &cvn_comment_methods[1], &get);
    assert_int_equal(comment->state, CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_ERASED);
    assert_string_equal(comment->author_id, "");
    verify_store(s.harness);
    assert_null(erase(&admin, s.ada, s.ada));
    assert_int_equal(admin.status.code, CVN_NOT_FOUND);
}

/* The step of the history of what is to come by which somebody was removed. */
static const Convene__Events__V1__RsvpMove *removal(struct scene *s, struct client *client)
{
    Convene__Events__V1__ListRsvpMovesRequest request =
        CONVENE__EVENTS__V1__LIST_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", s->coming);
    request.event_id = event.text;
    const Convene__Events__V1__ListRsvpMovesResponse *list =
        client_call(client, &cvn_rsvp_methods[LIST_MOVES], &request);
    assert_non_null(list);
    size_t i = 0;
    while (i < list->n_moves && (int)list->moves[i]->state != STATE(REMOVED))
        i++;
    assert_true(i < list->n_moves);
    return list->moves[i];
}

static int64_t count_faults(struct scene *s, struct client *client)
{
    Convene__Events__V1__VerifyRsvpMovesRequest request =
        CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", s->coming);
    request.event_id = event.text;
    const Convene__Events__V1__VerifyRsvpMovesResponse *report =
        client_call(client, &cvn_rsvp_methods[VERIFY_MOVES], &request);
    assert_non_null(report);
    return report->fault_count;
}

/* What an organiser wrote of somebody goes with them, and the chain of the history holds. */
static void test_erasure_takes_reasons_out_of_the_history(void **state)
{
    static const char reason[] = "Ada shouted at the speaker.";
    struct scene s = scene_of(state);
    CLIENT bob = client_of(s.harness, s.bob);
    CLIENT admin = client_admin(s.harness);
    Convene__Events__V1__DecideRequest remove = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    struct id_text event = id_text("evt", s.coming), ada = id_text("per", s.ada);
    remove.event_id = event.text;
    remove.person_id = ada.text;
    remove.action = CONVENE__EVENTS__V1__DECIDE_REQUEST__ACTION__ACTION_REMOVE;
    remove.reason = (char *)(uintptr_t)reason;
    assert_non_null(client_call(&bob, &cvn_rsvp_methods[DECIDE_FOR], &remove));
    const Convene__Events__V1__RsvpMove *step = removal(&s, &bob);
    char hash[65];
    (void)snprintf(hash, sizeof hash, "%s", step->reason_hash);
    assert_string_equal(step->reason, reason);
    assert_int_equal(strlen(hash), 64);
    assert_int_equal(step->reason_salt.len, 16);
    assert_int_equal(occurrences(s.harness, reason), 1);
    assert_int_equal(count_faults(&s, &bob), 0);
    int n;
    (void)erase_all(&admin, s.ada, &n);
    assert_int_equal(occurrences(s.harness, reason), 0);
    step = removal(&s, &bob);
    assert_string_equal(step->reason, "");
    assert_string_equal(step->reason_hash, hash);
    assert_int_equal(step->reason_salt.len, 0);
    assert_int_equal(count_faults(&s, &bob), 0);
    verify_store(s.harness);
}

static void test_erasure_wants_to_be_meant(void **state)
{
    struct scene s = scene_of(state);
    CLIENT ada = client_of(s.harness, s.ada);
    CLIENT eve = client_of(s.harness, s.eve);
    assert_null(erase(&ada, s.ada, s.eve));
    assert_true(client_blames(&ada, "confirm_id"));
    assert_null(erase(&eve, s.ada, s.ada));
    assert_int_equal(eve.status.code, CVN_PERMISSION_DENIED);
}

static void test_last_owner_hands_over_first(void **state)
{
    struct scene s = scene_of(state);
    CLIENT bob = client_of(s.harness, s.bob);
    CLIENT admin = client_admin(s.harness);
    assert_null(erase(&bob, s.bob, s.bob));
    assert_string_equal(client_reason(&bob), "LAST_OWNER");
    static const char *const slugs[] = {"closed", "hostile"};
    for (size_t i = 0; i < 2; i++) {
        Convene__Events__V1__ArchiveGroupRequest archive =
            CONVENE__EVENTS__V1__ARCHIVE_GROUP_REQUEST__INIT;
        archive.id = (char *)slugs[i];
        assert_non_null(client_call(&bob, &cvn_group_methods[8], &archive));
    }
    assert_null(erase(&bob, s.bob, s.bob)); /* the club is still his alone */
    assert_non_null(membership_call(&bob, OFFER_OWNERSHIP, s.group, s.ada));
    CLIENT ada = client_of(s.harness, s.ada);
    assert_non_null(membership_call(&ada, ACCEPT_OWNERSHIP, s.group, s.ada));
    int n;
    assert_int_equal(erase_all(&admin, s.bob, &n)->memberships_ended, 3);
    assert_int_equal(role_of(s.harness, s.group, s.ada), ROLE(OWNER));
    verify_store(s.harness);
}

static int add_comments(struct cvn_ctx *ctx, void *arg)
{
    const struct scene *s = arg;
    struct id_text author = id_text("per", s->ada);
    int r = 0;
    for (int i = 0; r == 0 && i < 250; i++) {
        Convene__Events__V1__Comment comment = CONVENE__EVENTS__V1__COMMENT__INIT;
        struct cvn_id id = cvn_ctx_new_id(ctx);
        comment.author_id = author.text;
        comment.text = (char *)"one of many";
        comment.state = CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_SHOWN;
        r = cvn_comment_put(ctx, &s->coming, &id, &comment);
    }
    return r;
}

/* Steps are bounded, so that others come between; what one leaves the next one takes. */
static void test_erasure_of_much_takes_several_steps(void **state)
{
    struct scene s = scene_of(state);
    CLIENT admin = client_admin(s.harness);
    CLIENT ada = client_of(s.harness, s.ada);
    assert_int_equal(harness_write(s.harness, add_comments, &s), 0);
    assert_non_null(erase(&admin, s.ada, s.ada));
    assert_int_equal(occurrences(s.harness, "person 1"), 0); /* the name goes first */
    assert_int_equal(say_yes(&ada, s.past, s.ada, 0), -1);   /* and nothing can be done in it */
    assert_int_equal(join(&ada, s.group), -1);
    int n;
    assert_int_equal(erase_all(&admin, s.ada, &n)->comments_blanked, 251);
    assert_true(n >= 3);
    assert_int_equal(occurrences(s.harness, "one of many"), 0);
    verify_store(s.harness);
}

static int turn(struct scene *s, struct cvn_erasure_task *task, int64_t *ret_next_ms)
{
    return cvn_erasure_turn(task, &s->harness->service, s->harness->store, s->harness->now_ms,
                            ret_next_ms);
}

static void test_server_goes_on_with_what_was_left(void **state)
{
    struct scene s = scene_of(state);
    CLIENT admin = client_admin(s.harness);
    assert_int_equal(harness_write(s.harness, add_comments, &s), 0);
    assert_non_null(erase(&admin, s.ada, s.ada));
    assert_true(occurrences(s.harness, "one of many") > 0);
    struct cvn_erasure_task task = {.any = false};
    int64_t next_ms = INT64_MAX;
    assert_int_equal(turn(&s, &task, &next_ms), 0); /* whoever asked for it may be at it */
    assert_int_equal(next_ms, s.harness->now_ms + CVN_ERASURE_LEFT_MS);
    assert_true(occurrences(s.harness, "one of many") > 0);
    s.harness->now_ms = next_ms - 1;
    assert_int_equal(turn(&s, &task, &next_ms), 0);
    assert_true(occurrences(s.harness, "one of many") > 0);
    s.harness->now_ms = next_ms;
    int r;
    do {
        r = turn(&s, &task, &next_ms);
        assert_true(r >= 0);
    } while (r > 0);
    assert_int_equal(occurrences(s.harness, "one of many"), 0);
    assert_int_equal(occurrences(s.harness, "ada's phone"), 0);
    assert_null(erase(&admin, s.ada, s.ada));
    assert_int_equal(admin.status.code, CVN_NOT_FOUND);
    verify_store(s.harness);
}

/* Who is gone does not come back with an event that is restored. */
static void test_erasure_frees_the_seat_of_a_cancelled_event(void **state)
{
    struct scene s = scene_of(state);
    CLIENT admin = client_admin(s.harness);
    Convene__Events__V1__CancelEventRequest cancel =
        CONVENE__EVENTS__V1__CANCEL_EVENT_REQUEST__INIT;
    Convene__Events__V1__RestoreEventRequest restore =
        CONVENE__EVENTS__V1__RESTORE_EVENT_REQUEST__INIT;
    struct id_text event_id = id_text("evt", s.coming);
    int n;
    cancel.id = restore.id = event_id.text;
    assert_non_null(client_call(&admin, &cvn_event_methods[4], &cancel));
    assert_int_equal(erase_all(&admin, s.ada, &n)->rsvps_given_up, 1);
    assert_int_equal(state_of(&admin, s.coming, s.eve), STATE(WAITLISTED));
    assert_non_null(client_call(&admin, &cvn_event_methods[11], &restore));
    assert_int_equal(state_of(&admin, s.coming, s.eve), STATE(YES));
    verify_store(s.harness);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_export_has_something_of_everything),
        TEST(test_export_is_the_persons_and_the_administrators),
        TEST(test_erasure_leaves_nothing_but_counts),
        TEST(test_erasure_takes_reasons_out_of_the_history),
        TEST(test_erasure_wants_to_be_meant),
        TEST(test_last_owner_hands_over_first),
        TEST(test_erasure_of_much_takes_several_steps),
        TEST(test_server_goes_on_with_what_was_left),
        TEST(test_erasure_frees_the_seat_of_a_cancelled_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
