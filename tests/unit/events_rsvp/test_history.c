/* The history of RSVPs: what it holds, who may see it, and that nobody can change it unseen. */
#include "services/events/meetups/event_table.h"
#include "services/events/rsvps/move_log.h"
#include "services/events/rsvps/move_verify.h"
#include "services/events/spaces.h"
#include "storage/change_log.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <string.h>

#define KIND(name) CONVENE__EVENTS__V1__RSVP_MOVE_KIND__RSVP_MOVE_KIND_##name

enum { OWNER, ANNA, BEN, CARL, PEOPLE };

/* One seat: Anna has it, Ben and Carl wait, Anna leaves. */
static struct scene some_history(void **state)
{
    struct scene s = scene_new(state, 1, PEOPLE);
    scene_store(&s);
    (void)scene_yes(&s, ANNA, 0);
    (void)scene_yes(&s, BEN, 0);
    (void)scene_yes(&s, CARL, 0);
    (void)scene_no(&s, ANNA);
    return s;
}

static const Convene__Events__V1__ListRsvpMovesResponse *list(struct client *client,
                                                              struct scene *s, int person)
{
    Convene__Events__V1__ListRsvpMovesRequest request =
        CONVENE__EVENTS__V1__LIST_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event), who;
    request.event_id = event.text;
    if (person >= 0) {
        who = id_text("per", s->people[person]);
        request.person_id = who.text;
    }
    return client_call(client, &cvn_rsvp_methods[LIST_MOVES], &request);
}

static void test_every_step_is_in_the_history_with_who_and_why(void **state)
{
    struct scene s = some_history(state);
    CLIENT owner = client_of(s.harness, s.people[OWNER]);
    static const struct {
        int kind, before, after;
        const char *principal;
    } steps[] = {
        {KIND(SEATS_SET), 0, 0, "admin"},
        {KIND(ANSWERED), CVN_RSVP_NONE, CVN_RSVP_YES, "admin"},
        {KIND(ANSWERED), CVN_RSVP_NONE, CVN_RSVP_WAITLISTED, "admin"},
        {KIND(ANSWERED), CVN_RSVP_NONE, CVN_RSVP_WAITLISTED, "admin"},
        {KIND(ANSWERED), CVN_RSVP_YES, CVN_RSVP_NO, "admin"},
        {KIND(PROMOTED), CVN_RSVP_WAITLISTED, CVN_RSVP_YES, "queue"},
        {KIND(REMOVED), CVN_RSVP_YES, CVN_RSVP_REMOVED, NULL},
        {KIND(PROMOTED), CVN_RSVP_WAITLISTED, CVN_RSVP_YES, "queue"},
    };
    Convene__Events__V1__DecideRequest remove = scene_decision(&s, BEN, DECIDE(REMOVE));
    assert_non_null(client_call(&owner, &cvn_rsvp_methods[DECIDE_FOR], &remove));
    const Convene__Events__V1__ListRsvpMovesResponse *r = list(&owner, &s, -1);
    assert_non_null(r);
    assert_int_equal(r->n_moves, sizeof steps / sizeof *steps);
    for (size_t i = 0; i < r->n_moves; i++) {
        assert_int_equal(r->moves[i]->number, i + 1);
        assert_int_equal(r->moves[i]->kind, steps[i].kind);
        assert_int_equal(r->moves[i]->state_before, steps[i].before);
        assert_int_equal(r->moves[i]->state, steps[i].after);
        assert_int_equal(strlen(r->moves[i]->hash), 64);
        if (steps[i].principal)
            assert_string_equal(r->moves[i]->principal, steps[i].principal);
    }
    assert_string_equal(r->moves[6]->reason, "for a reason");
    assert_string_equal(r->moves[6]->principal, PERSON_TEXT(s.people[OWNER]));
    assert_string_equal(r->moves[6]->display_name, "person 2");
    assert_int_equal(scene_verify(&s), 8);
    scene_end(&s);
}

static void test_others_see_what_is_about_themselves(void **state)
{
    struct scene s = some_history(state);
    CLIENT owner = client_of(s.harness, s.people[OWNER]), ben = client_of(s.harness, s.people[BEN]);
    Convene__Events__V1__DecideRequest remove = scene_decision(&s, BEN, DECIDE(REMOVE));
    assert_non_null(client_call(&owner, &cvn_rsvp_methods[DECIDE_FOR], &remove));
    const Convene__Events__V1__ListRsvpMovesResponse *r = list(&ben, &s, -1);
    assert_non_null(r);
    assert_int_equal(r->n_moves, 3);
    assert_int_equal(r->moves[2]->state, CVN_RSVP_REMOVED);
    assert_string_equal(r->moves[2]->reason, "");
    assert_string_equal(r->moves[2]->principal, "organiser");
    assert_string_equal(r->moves[1]->principal, "queue");
    assert_null(list(&ben, &s, CARL));
    assert_int_equal(ben.status.code, CVN_PERMISSION_DENIED);
    Convene__Events__V1__VerifyRsvpMovesRequest request =
        CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", s.event);
    request.event_id = event.text;
    assert_null(client_call(&ben, &cvn_rsvp_methods[VERIFY_MOVES], &request));
    scene_end(&s);
}

/* What somebody does to the rows behind the server's back. */
enum tampering {
    ALTER_A_STEP,
    LEAVE_A_STEP_OUT,
    LEAVE_THE_LAST_OUT,
    EXCHANGE_TWO,
    ALTER_AN_RSVP,
    FORGET_AN_RSVP,
    N_TAMPERINGS,
};

struct tamper {
    struct scene *scene;
    enum tampering what;
};

static struct cvn_slice copy_row(struct cvn_ctx *ctx, const struct cvn_key *key)
{
    struct cvn_slice value;
    assert_int_equal(cvn_txn_get(ctx->txn, cvn_key_slice(key), &value), 0);
    return cvn_arena_slice(ctx->arena, value);
}

static struct cvn_key step_key(const struct cvn_id *event, uint64_t number)
{
    struct cvn_key key;
    cvn_event_kind_key(&key, event, CVN_EVENT_KIND_MOVE);
    cvn_key_put_u64(&key, number);
    return key;
}

static int tamper(struct cvn_ctx *ctx, void *arg)
{
    const struct tamper *t = arg;
    const struct cvn_id *event = &t->scene->event;
    struct cvn_key third = step_key(event, 3), fourth = step_key(event, 4);
    struct cvn_key last = step_key(event, 6), rsvp;
    struct cvn_slice a = copy_row(ctx, &third), b = copy_row(ctx, &fourth);
    cvn_rsvp_key(&rsvp, event, &t->scene->people[BEN]);
    switch (t->what) {
    case ALTER_A_STEP:
        ((uint8_t *)(uintptr_t)a.data)[a.len - 1] ^= 1;
        return cvn_txn_put(ctx->txn, cvn_key_slice(&third), a);
    case LEAVE_A_STEP_OUT:
        return cvn_txn_delete(ctx->txn, cvn_key_slice(&third));
    case LEAVE_THE_LAST_OUT:
        return cvn_txn_delete(ctx->txn, cvn_key_slice(&last));
    case EXCHANGE_TWO:
        assert_int_equal(cvn_txn_put(ctx->txn, cvn_key_slice(&third), b), 0);
        return cvn_txn_put(ctx->txn, cvn_key_slice(&fourth), a);
    case ALTER_AN_RSVP: {
        Convene__Events__V1__Rsvp *row;
        struct cvn_slice packed;
        assert_int_equal(cvn_rsvp_get(ctx, event, &t->scene->people[BEN], &row), 0);
        row->guests = 4;
        assert_int_equal(cvn_ctx_pack(ctx, &row->base, &packed), 0);
        return cvn_txn_put(ctx->txn, cvn_key_slice(&rsvp), packed);
    }
    case FORGET_AN_RSVP:
        return cvn_table_delete(ctx->txn, &cvn_rsvp_table, cvn_key_slice(&rsvp));
    case N_TAMPERINGS:
        break;
    }
    return -1;
}

static void test_what_is_missing_altered_or_out_of_order_is_found(void **state)
{
    static const struct {
        int64_t number;
        const char *says;
    } wanted[N_TAMPERINGS] = {
        [ALTER_A_STEP] = {3, "was altered"},      [LEAVE_A_STEP_OUT] = {3, "is missing"},
        [LEAVE_THE_LAST_OUT] = {6, "is missing"}, [EXCHANGE_TWO] = {3, "was altered"},
        [ALTER_AN_RSVP] = {0, "with 5 seats"},    [FORGET_AN_RSVP] = {0, "is missing"},
    };
    for (int what = 0; what < N_TAMPERINGS; what++) {
        if (what > 0) {
            assert_int_equal(harness_teardown(state), 0);
            assert_int_equal(harness_setup(state), 0);
        }
        struct scene s = some_history(state);
        struct tamper t = {&s, (enum tampering)what};
        assert_int_equal(scene_verify(&s), 6);
        assert_int_equal(harness_write(s.harness, tamper, &t), 0);
        Convene__Events__V1__VerifyRsvpMovesRequest request =
            CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_REQUEST__INIT;
        struct id_text event = id_text("evt", s.event);
        request.event_id = event.text;
        const Convene__Events__V1__VerifyRsvpMovesResponse *report =
            client_call(&s.admin, &cvn_rsvp_methods[VERIFY_MOVES], &request);
        assert_non_null(report);
        bool told = false;
        for (size_t i = 0; i < report->n_faults; i++)
            told |= report->faults[i]->number == wanted[what].number &&
                    strstr(report->faults[i]->text, wanted[what].says);
        if (!told)
            fail_msg("tampering %d was not found", what);
        scene_end(&s);
    }
}

static int trim_log(struct cvn_txn *txn, void *arg)
{
    (void)arg;
    size_t n;
    int r = cvn_change_trim(txn, INT64_MAX, 1000000, &n);
    return r == 0 && n < 6 ? -1 : r;
}

static void test_the_history_outlives_the_change_log(void **state)
{
    struct scene s = some_history(state);
    assert_int_equal(cvn_store_update(s.harness->store, trim_log, NULL, 0), 0);
    assert_int_equal(scene_verify(&s), 6);
    assert_int_equal(list(&s.admin, &s, -1)->n_moves, 6);
    scene_end(&s);
}

struct seek {
    const char *hash;
    bool found;
};

static int seek_hash(struct cvn_ctx *ctx, void *arg)
{
    struct seek *seek = arg;
    struct cvn_change change;
    CVN_CHANGE_CURSOR_AUTO cursor = {0};
    int r = cvn_change_cursor_init(&cursor, ctx->txn, 0);
    while (r == 0 && (r = cvn_change_cursor_next(&cursor, &change)) == 0)
        seek->found |=
            memmem(change.detail.data, change.detail.len, seek->hash, strlen(seek->hash)) != NULL;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

/* Whoever follows the log holds a witness of the history's last step at any time. */
static void test_the_change_log_carries_the_hashes(void **state)
{
    struct scene s = some_history(state);
    const Convene__Events__V1__ListRsvpMovesResponse *r = list(&s.admin, &s, -1);
    for (size_t i = 1; i < r->n_moves; i++) {
        struct seek seek = {r->moves[i]->hash, false};
        assert_int_equal(harness_read(s.harness, seek_hash, &seek), 0);
        assert_true(seek.found);
    }
    scene_end(&s);
}

static void test_fewer_seats_are_said_in_the_history(void **state)
{
    struct scene s = scene_new(state, 3, PEOPLE);
    scene_store(&s);
    for (unsigned i = 0; i < 3; i++)
        (void)scene_yes(&s, i, 0);
    s.message.capacity = 1;
    scene_store(&s);
    const Convene__Events__V1__ListRsvpMovesResponse *r = list(&s.admin, &s, -1);
    assert_int_equal(r->moves[r->n_moves - 1]->kind, KIND(SEATS_SET));
    assert_int_equal(r->moves[r->n_moves - 1]->capacity, 1);
    (void)scene_verify(&s); /* nobody was given a seat that was not there */
    assert_int_equal(scene_yes(&s, 3, 0), CVN_RSVP_WAITLISTED);
    scene_store(&s); /* the same again is no step */
    assert_int_equal(scene_verify(&s), 6);
    scene_end(&s);
}

static int set_count(struct cvn_ctx *ctx, void *arg)
{
    struct scene *s = arg;
    Convene__Events__V1__Rsvp *rsvp;
    int r = cvn_rsvp_get(ctx, &s->event, &s->people[ANNA], &rsvp);
    rsvp->change_count = CVN_RSVP_ANSWERS_MAX - 1;
    return r ? r : cvn_rsvp_put(ctx, &s->event, &s->people[ANNA], rsvp);
}

/* The history is kept as long as the event, so nobody may write it full. */
static void test_answers_at_their_limit(void **state)
{
    struct scene s = scene_new(state, 1, PEOPLE);
    CLIENT anna = client_of(s.harness, s.people[ANNA]);
    scene_store(&s);
    assert_int_equal(say_yes(&anna, s.event, s.people[ANNA], 0), CVN_RSVP_YES);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[ANNA])->change_count, 1);
    assert_int_equal(scene_yes(&s, ANNA, 1), -1); /* for them, and not counted */
    assert_int_equal(harness_write(s.harness, set_count, &s), 0);
    assert_int_equal(say_no(&anna, s.event, s.people[ANNA]), CVN_RSVP_NO);
    assert_int_equal(say_yes(&anna, s.event, s.people[ANNA], 0), -1);
    assert_string_equal(client_reason(&anna), "CHANGED_TOO_OFTEN");
    assert_int_equal(say_no(&anna, s.event, s.people[ANNA]), CVN_RSVP_NO);
    assert_int_equal(scene_yes(&s, ANNA, 0), CVN_RSVP_YES);
    assert_int_equal(say_no(&anna, s.event, s.people[ANNA]), CVN_RSVP_NO); /* always heard */
    assert_int_equal(decide(&s.admin, s.event, s.people[ANNA], DECIDE(ADD)), CVN_RSVP_YES);
    scene_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_every_step_is_in_the_history_with_who_and_why),
        SCENE_TEST(test_others_see_what_is_about_themselves),
        SCENE_TEST(test_what_is_missing_altered_or_out_of_order_is_found),
        SCENE_TEST(test_the_history_outlives_the_change_log),
        SCENE_TEST(test_the_change_log_carries_the_hashes),
        SCENE_TEST(test_fewer_seats_are_said_in_the_history),
        SCENE_TEST(test_answers_at_their_limit),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
