/* The check of a store's counters and histories: sound, and damaged on purpose in each place. */
#include "services/events/audit.h"
#include "services/events/comments/comment_table.h"
#include "services/events/rsvps/move_reason.h"
#include "services/events/rsvps/queue_table.h"
#include "services/events/rsvps/rsvp_table.h"
#include "services/events/spaces.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <stdio.h>
#include <string.h>

enum { OWNER, ANNA, BEN, CARL, DORA, PEOPLE };

static void comment(struct scene *s)
{
    Convene__Events__V1__CreateCommentRequest request =
        CONVENE__EVENTS__V1__CREATE_COMMENT_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event), who = id_text("per", s->people[ANNA]);
    request.event_id = event.text;
    request.person_id = who.text;
    request.text = (char *)"Is there a ramp?";
    assert_non_null(client_call(&s->admin, &cvn_comment_methods[0], &request));
}

static void check_in(struct scene *s)
{
    Convene__Events__V1__CheckInRequest request = CONVENE__EVENTS__V1__CHECK_IN_REQUEST__INIT;
    Convene__Events__V1__CheckInEntry entry = CONVENE__EVENTS__V1__CHECK_IN_ENTRY__INIT;
    Convene__Events__V1__CheckInEntry *entries[] = {&entry};
    struct id_text event = id_text("evt", s->event), who = id_text("per", s->people[ANNA]);
    entry.person_id = who.text;
    entry.nonce = (char *)"n1";
    request.event_id = event.text;
    request.entries = entries;
    request.n_entries = 1;
    assert_non_null(client_call(&s->admin, &cvn_rsvp_methods[CHECK_IN], &request));
}

/* Three seats: Anna has two of them, Ben is offered one, Carl and Dora wait. Anna is let in. */
static struct scene busy(void **state)
{
    struct scene s = scene_new(state, 3, PEOPLE);
    s.message.waitlist_mode = MODE(OFFER);
    scene_store(&s);
    assert_int_equal(scene_yes(&s, ANNA, 1), CVN_RSVP_YES);
    assert_int_equal(scene_yes(&s, OWNER, 0), CVN_RSVP_YES);
    for (unsigned i = BEN; i <= DORA; i++)
        assert_int_equal(scene_yes(&s, i, 0), CVN_RSVP_WAITLISTED);
    comment(&s);
    s.harness->now_ms += 60 * DAY_MS - HOUR_MS;
    (void)scene_no(&s, OWNER);
    assert_int_equal(scene_now(&s, BEN), CVN_RSVP_OFFERED);
    check_in(&s);
    return s;
}

/* What the check finds, in all. The report lives until the next one. */
static const struct cvn_verify_report *audit(struct scene *s)
{
    static struct cvn_verify_report report;
    struct cvn_txn *snapshot;
    report = (struct cvn_verify_report){0};
    assert_int_equal(cvn_store_snapshot(s->harness->store, &snapshot), 0);
    assert_int_equal(cvn_events_audit(snapshot, NULL, &report), 0);
    cvn_snapshot_release(snapshot);
    return &report;
}

/* Asserts that these sentences were found, each behind the event's name, and no other. */
static void expect(struct scene *s, const char *const *sentences)
{
    const struct cvn_verify_report *report = audit(s);
    char text[CVN_VERIFY_TEXT_BYTES];
    size_t n = 0;
    for (; sentences[n]; n++) {
        (void)snprintf(text, sizeof text, "Event %s: %s", EVENT_TEXT(s->event), sentences[n]);
        assert_true(n < report->n_findings);
        assert_string_equal(report->findings[n], text);
    }
    assert_int_equal(report->n_findings, n);
}

struct damage {
    struct scene *scene;
    void (*to_seats)(struct cvn_seats *seats);
};

static int damage_seats(struct cvn_ctx *ctx, void *arg)
{
    struct damage *damage = arg;
    struct cvn_seats seats;
    assert_int_equal(cvn_seats_get(ctx, &damage->scene->event, &seats), 0);
    damage->to_seats(&seats);
    return cvn_seats_put(ctx, &damage->scene->event, &seats);
}

static void miscount(struct cvn_seats *seats)
{
    seats->seats_taken[CVN_SEATS_ROOM]++;
    seats->seats_taken[CVN_SEATS_ONLINE] = 7;
    seats->n_rsvps--;
    seats->n_nonces = 0;
    seats->n_offers = 2;
}

static void miscount_queue(struct cvn_seats *seats)
{
    seats->waitlist_count[CVN_SEATS_ROOM] = 0;
}

static void forget_last_step(struct cvn_seats *seats)
{
    seats->n_moves--;
}

static void test_a_store_that_is_sound(void **state)
{
    struct scene s = busy(state);
    scene_check(&s);
    expect(&s, (const char *[]){NULL});
    scene_end(&s);
}

static void test_counters_that_are_wrong_are_told_with_what_is_right(void **state)
{
    struct scene s = busy(state);
    struct damage damage = {&s, miscount};
    assert_int_equal(harness_write(s.harness, damage_seats, &damage), 0);
    expect(&s, (const char *[]){
                   "its counter of seats taken in the room is 4, and its rows come to 3.",
                   "its counter of seats taken online is 7, and its rows come to 0.",
                   "its counter of offers is 2, and its rows come to 1.",
                   "its counter of offers that end is 2, and its rows come to 1.",
                   "its counter of check-ins known by a nonce is 0, and its rows come to 1.",
                   "its counter of RSVPs is 4, and its rows come to 5.",
                   NULL,
               });
    scene_end(&s);
}

static void test_a_queue_that_nobody_counts(void **state)
{
    struct scene s = busy(state);
    struct damage damage = {&s, miscount_queue};
    assert_int_equal(harness_write(s.harness, damage_seats, &damage), 0);
    expect(&s, (const char *[]){
                   "its counter of parties that wait in the room is 0, and its rows come to 2.",
                   "its counter of parties in the queue in the room is 0, and its rows come to 2.",
                   NULL,
               });
    scene_end(&s);
}

/* Carl has left the queue, as the rows beside his RSVP say, and not he himself. */
static int take_from_queue(struct cvn_ctx *ctx, void *arg)
{
    struct scene *s = arg;
    Convene__Events__V1__Rsvp *rsvp;
    assert_int_equal(cvn_rsvp_get(ctx, &s->event, &s->people[CARL], &rsvp), 0);
    struct cvn_queue_place place = cvn_queue_place_of(rsvp);
    return cvn_queue_delete(ctx, &s->event, &place);
}

static void test_a_place_in_the_queue_that_is_lost(void **state)
{
    struct scene s = busy(state);
    assert_int_equal(harness_write(s.harness, take_from_queue, &s), 0);
    expect(&s, (const char *[]){
                   "its counter of parties in the queue in the room is 2, and its rows come to 1.",
                   NULL,
               });
    scene_end(&s);
}

/* His RSVP says that Carl is not coming; the index is right. */
static int change_rsvp(struct cvn_ctx *ctx, void *arg)
{
    struct scene *s = arg;
    Convene__Events__V1__Rsvp *rsvp;
    assert_int_equal(cvn_rsvp_get(ctx, &s->event, &s->people[CARL], &rsvp), 0);
    rsvp->state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_NO;
    return cvn_rsvp_put(ctx, &s->event, &s->people[CARL], rsvp);
}

static void test_an_rsvp_that_the_queue_and_the_history_contradict(void **state)
{
    struct scene s = busy(state);
    char queued[CVN_VERIFY_TEXT_BYTES], told[CVN_VERIFY_TEXT_BYTES];
    struct id_text who = id_text("per", s.people[CARL]);
    (void)snprintf(queued, sizeof queued,
                   "%s is in the queue with a party of 1, and their RSVP does not say so.",
                   who.text);
    (void)snprintf(told, sizeof told,
                   "The RSVP of %s is no with 0 seats, and the history says waitlisted with 1.",
                   who.text);
    assert_int_equal(harness_write(s.harness, change_rsvp, &s), 0);
    expect(&s, (const char *[]){
                   queued,
                   "its counter of parties that wait in the room is 2, and its rows come to 1.",
                   told,
                   NULL,
               });
    scene_end(&s);
}

/* One bit of the third step. */
static int change_step(struct cvn_ctx *ctx, void *arg)
{
    struct scene *s = arg;
    struct cvn_key key;
    struct cvn_slice value;
    cvn_event_kind_key(&key, &s->event, CVN_EVENT_KIND_MOVE);
    cvn_key_put_u64(&key, 3);
    assert_int_equal(cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value), 0);
    uint8_t *copy = cvn_arena_copy(ctx->arena, value.data, value.len);
    copy[0] ^= 1;
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_slice(copy, value.len));
}

static void test_a_step_of_the_history_that_was_altered(void **state)
{
    struct scene s = busy(state);
    assert_int_equal(harness_write(s.harness, change_step, &s), 0);
    const struct cvn_verify_report *report = audit(&s);
    assert_true(report->n_findings > 0);
    assert_non_null(strstr(report->findings[0], "step 3 of its history was altered"));
    scene_end(&s);
}

static void test_a_history_whose_end_is_not_what_was_written(void **state)
{
    struct scene s = busy(state);
    struct damage damage = {&s, forget_last_step};
    assert_int_equal(harness_write(s.harness, damage_seats, &damage), 0);
    const struct cvn_verify_report *report = audit(&s);
    assert_int_equal(report->n_findings, 1);
    assert_non_null(strstr(report->findings[0], "is not the last that was written"));
    scene_end(&s);
}

struct reason_damage {
    const struct scene *scene;
    bool lost; /* or altered */
};

/* The first reason that was given, with another last letter, or gone. */
static int damage_reason(struct cvn_ctx *ctx, void *arg)
{
    const struct reason_damage *damage = arg;
    struct cvn_key lo, hi, key;
    struct cvn_slice at, row;
    uint8_t copy[256];
    CVN_CURSOR_AUTO cursor = {0};
    cvn_event_kind_key(&lo, &damage->scene->event, CVN_EVENT_KIND_REASON);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    assert_int_equal(
        cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD), 0);
    assert_int_equal(cvn_cursor_next(&cursor, &at, &row), 0);
    assert_in_range(row.len, 1, sizeof copy);
    cvn_key_init(&key);
    cvn_key_put_raw(&key, at);
    memcpy(copy, row.data, row.len);
    copy[row.len - 1] ^= 1;
    if (damage->lost)
        return cvn_table_delete(ctx->txn, &cvn_move_reason_table, cvn_key_slice(&key));
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_slice(copy, row.len));
}

static void test_a_reason_that_was_altered_or_lost(void **state)
{
    struct scene s = busy(state);
    Convene__Events__V1__DecideRequest remove = scene_decision(&s, CARL, DECIDE(REMOVE));
    assert_non_null(client_call(&s.admin, &cvn_rsvp_methods[DECIDE_FOR], &remove));
    expect(&s, (const char *[]){NULL});
    struct reason_damage damage = {&s, false};
    assert_int_equal(harness_write(s.harness, damage_reason, &damage), 0);
    const struct cvn_verify_report *report = audit(&s);
    assert_int_equal(report->n_findings, 1);
    assert_non_null(strstr(report->findings[0], "has another reason than it was given"));
    damage.lost = true;
    assert_int_equal(harness_write(s.harness, damage_reason, &damage), 0);
    report = audit(&s);
    assert_int_equal(report->n_findings, 1);
    assert_non_null(strstr(report->findings[0], "has lost its reason"));
    scene_end(&s);
}

static int miscount_comments(struct cvn_ctx *ctx, void *arg)
{
    struct scene *s = arg;
    const struct cvn_discussion discussion = {.n_comments = 3, .n_shown = 1, .n_reports = 1};
    return cvn_discussion_put(ctx, &s->event, &discussion);
}

static void test_comments_that_are_miscounted(void **state)
{
    struct scene s = busy(state);
    assert_int_equal(harness_write(s.harness, miscount_comments, &s), 0);
    expect(&s, (const char *[]){
                   "its counter of comments is 3, and its rows come to 1.",
                   "its counter of reports is 1, and its rows come to 0.",
                   NULL,
               });
    scene_end(&s);
}

static int count_tellings(void *arg, uint64_t n_done, uint64_t n_total)
{
    (void)n_done;
    (void)n_total;
    return ++*(int *)arg == 2 ? CVN_STORE_CANCELLED : 0;
}

/* Rows that stand for many, of another event. */
static int add_rows(struct cvn_ctx *ctx, void *arg)
{
    struct scene *s = arg;
    struct cvn_id other = s->event;
    other.bytes[0] ^= 1;
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < 2 * CVN_PROGRESS_KEYS + 1; i++) {
        struct cvn_key key;
        cvn_event_kind_key(&key, &other, CVN_EVENT_KIND_NONCE);
        cvn_key_put_u32(&key, i);
        r = cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_slice("", 0));
    }
    return r;
}

static void test_whoever_waits_no_more_ends_it(void **state)
{
    struct scene s = busy(state);
    struct cvn_verify_report report = {0};
    struct cvn_txn *snapshot;
    int n = 0;
    const struct cvn_progress progress = {count_tellings, &n};
    assert_int_equal(harness_write(s.harness, add_rows, &s), 0);
    assert_int_equal(cvn_store_snapshot(s.harness->store, &snapshot), 0);
    assert_int_equal(cvn_events_audit(snapshot, &progress, &report), CVN_STORE_CANCELLED);
    cvn_snapshot_release(snapshot);
    assert_int_equal(n, 2);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_a_store_that_is_sound),
        SCENE_TEST(test_counters_that_are_wrong_are_told_with_what_is_right),
        SCENE_TEST(test_a_queue_that_nobody_counts),
        SCENE_TEST(test_a_place_in_the_queue_that_is_lost),
        SCENE_TEST(test_an_rsvp_that_the_queue_and_the_history_contradict),
        SCENE_TEST(test_a_step_of_the_history_that_was_altered),
        SCENE_TEST(test_a_reason_that_was_altered_or_lost),
        SCENE_TEST(test_a_history_whose_end_is_not_what_was_written),
        SCENE_TEST(test_comments_that_are_miscounted),
        SCENE_TEST(test_whoever_waits_no_more_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
