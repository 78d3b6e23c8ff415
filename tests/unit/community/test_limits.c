/* The limits of what groups and erasures hold: what comes at them, and beyond. */
#include "services/events/groups/membership_table.h"
#include "services/events/people/erasure.h"
#include "services/events/record.h"
#include "services/events/row_list.h"
#include "services/events/rsvps/rsvp_table.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/community/people.h"

#include <stdio.h>
#include <string.h>

enum { ERASE = 1, CHUNK = 1000, MANY = 9 /* what ids of many things begin with */ };

#define REQUEST(name) CONVENE__EVENTS__V1__JOIN_REQUEST_STATE__JOIN_REQUEST_STATE_##name

struct scene {
    struct harness *harness;
    struct cvn_id owner, ada, bob, group;
};

static struct scene scene_of(void **state)
{
    struct scene s = {.harness = *state};
    s.owner = harness_person(s.harness, 1);
    s.ada = harness_person(s.harness, 2);
    s.bob = harness_person(s.harness, 3);
    s.group = harness_group(s.harness, "Club", s.owner);
    return s;
}

static struct cvn_id number_id(unsigned number)
{
    return (struct cvn_id){
        {MANY, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number, 1}};
}

/* Something written many times, with memory for one at a time. */
struct many {
    const struct scene *scene;
    int (*one)(struct cvn_ctx *ctx, const struct many *many, unsigned number);
    unsigned first, n;
    int state;
};

static int write_chunk(struct cvn_ctx *ctx, void *arg)
{
    const struct many *many = arg;
    int r = 0;
    for (unsigned i = 0; r == 0 && i < many->n; i++) {
        r = many->one(ctx, many, many->first + i);
        cvn_arena_reset(ctx->arena);
    }
    return r;
}

static void write_many(struct many many)
{
    unsigned n = many.n;
    for (; n > 0; n -= many.n, many.first += many.n) {
        many.n = n < CHUNK ? n : CHUNK;
        assert_int_equal(harness_write(many.scene->harness, write_chunk, &many), 0);
    }
}

static int nearly_fill(struct cvn_ctx *ctx, void *arg)
{
    const struct scene *s = arg;
    const struct cvn_membership_counts counts = {.n_requests = CVN_GROUP_REQUESTS_MAX - 1,
                                                 .n_bans = CVN_GROUP_BANS_MAX - 1};
    return cvn_membership_counts_put(ctx, &s->group, &counts);
}

static void test_requests_and_bans_of_a_group_at_their_limits(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    CLIENT ada = client_of(s.harness, s.ada);
    CLIENT bob = client_of(s.harness, s.bob);
    set_join_mode(s.harness, s.group, CONVENE__EVENTS__V1__JOIN_MODE__JOIN_MODE_APPROVAL);
    assert_int_equal(harness_write(s.harness, nearly_fill, &s), 0);
    assert_int_equal(join(&ada, s.group), 0);
    assert_int_equal(join(&bob, s.group), -1);
    assert_string_equal(client_reason(&bob), "TOO_MANY_REQUESTS");
    assert_non_null(strstr(bob.status.message, "10000"));
    struct cvn_id eve = harness_person(s.harness, 4);
    assert_non_null(membership_call(&owner, BAN, s.group, s.bob));
    assert_null(membership_call(&owner, BAN, s.group, eve));
    assert_string_equal(client_reason(&owner), "TOO_MANY_BANS");
    assert_non_null(strstr(owner.status.message, "10000"));
}

static int put_ban(struct cvn_ctx *ctx, const struct many *many, unsigned number)
{
    Convene__Events__V1__Ban ban = CONVENE__EVENTS__V1__BAN__INIT;
    struct cvn_id person = number_id(number);
    ban.create_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return cvn_ban_put(ctx, &many->scene->group, &person, &ban);
}

static void test_rows_of_a_page_at_their_limit(void **state)
{
    struct scene s = scene_of(state);
    CLIENT owner = client_of(s.harness, s.owner);
    struct id_text group = id_text("grp", s.group);
    char token[1024] = "";
    write_many((struct many){&s, put_ban, 0, CVN_ROW_LIST_PAGE_MAX + 1, 0});
    for (int more = 1; more >= 0; more--) {
        Convene__Events__V1__ListBansRequest request = CONVENE__EVENTS__V1__LIST_BANS_REQUEST__INIT;
        request.group_id = group.text;
        request.page_size = CVN_ROW_LIST_PAGE_MAX + more; /* clipped */
        request.page_token = token;
        const Convene__Events__V1__ListBansResponse *page =
            client_call(&owner, &cvn_membership_methods[LIST_BANS], &request);
        assert_non_null(page);
        assert_int_equal(page->n_bans, more ? CVN_ROW_LIST_PAGE_MAX : 1);
        assert_int_equal(page->next_page_token[0] != '\0', more);
        (void)snprintf(token, sizeof token, "%s", page->next_page_token);
    }
}

static int put_request(struct cvn_ctx *ctx, const struct many *many, unsigned number)
{
    Convene__Events__V1__JoinRequest request = CONVENE__EVENTS__V1__JOIN_REQUEST__INIT;
    struct cvn_id person = number_id(number);
    request.state = (Convene__Events__V1__JoinRequestState)many->state;
    request.create_time = cvn_record_time(ctx->arena, ctx->now_ms);
    return cvn_join_request_put(ctx, &many->scene->group, &person, &request);
}

/* The first page of those who wait: how many, and whether there is another. */
static void expect_waiting(struct scene *s, size_t n, bool more)
{
    CLIENT owner = client_of(s->harness, s->owner);
    struct id_text group = id_text("grp", s->group);
    Convene__Events__V1__ListJoinRequestsRequest request =
        CONVENE__EVENTS__V1__LIST_JOIN_REQUESTS_REQUEST__INIT;
    request.group_id = group.text;
    request.state = REQUEST(PENDING);
    const Convene__Events__V1__ListJoinRequestsResponse *page =
        client_call(&owner, &cvn_membership_methods[LIST_REQUESTS], &request);
    assert_non_null(page);
    assert_int_equal(page->n_requests, n);
    assert_int_equal(page->next_page_token[0] != '\0', more);
}

static void test_rows_looked_at_for_a_page_at_their_limit(void **state)
{
    struct scene s = scene_of(state);
    write_many((struct many){&s, put_request, 1, CVN_ROW_LIST_SCAN_MAX - 1, REQUEST(REJECTED)});
    write_many((struct many){&s, put_request, CVN_ROW_LIST_SCAN_MAX, 1, REQUEST(PENDING)});
    expect_waiting(&s, 1, false);
    write_many((struct many){&s, put_request, 0, 1, REQUEST(REJECTED)});
    expect_waiting(&s, 0, true);
}

/* A past answer to an event of that number. */
static int put_answer(struct cvn_ctx *ctx, const struct many *many, unsigned number)
{
    Convene__Events__V1__Rsvp rsvp = CONVENE__EVENTS__V1__RSVP__INIT;
    struct cvn_id event = number_id(number);
    rsvp.state = CONVENE__EVENTS__V1__RSVP_STATE__RSVP_STATE_NO;
    return cvn_rsvp_put(ctx, &event, &many->scene->ada, &rsvp);
}

/* Takes a step of erasing Ada. */
static const Convene__Events__V1__ErasePersonResponse *erase(struct scene *s, struct client *admin)
{
    Convene__Events__V1__ErasePersonRequest request =
        CONVENE__EVENTS__V1__ERASE_PERSON_REQUEST__INIT;
    struct id_text ada = id_text("per", s->ada);
    request.person_id = request.confirm_id = ada.text;
    const Convene__Events__V1__ErasePersonResponse *step =
        client_call(admin, &cvn_privacy_methods[ERASE], &request);
    assert_non_null(step);
    return step;
}

static void test_rows_of_a_step_of_an_erasure_at_their_limit(void **state)
{
    struct scene s = scene_of(state);
    CLIENT admin = client_admin(s.harness);
    write_many((struct many){&s, put_answer, 0, CVN_ERASURE_ROWS_MAX + 1, 0});
    const Convene__Events__V1__ErasePersonResponse *step = erase(&s, &admin);
    while (step->rsvps_kept == 0)
        step = erase(&s, &admin);
    assert_int_equal(step->rsvps_kept, CVN_ERASURE_ROWS_MAX);
    assert_int_equal(erase(&s, &admin)->rsvps_kept, CVN_ERASURE_ROWS_MAX + 1);
}

/* A turn of the server's, for an erasure that was left. */
static int turn(struct scene *s)
{
    struct cvn_erasure_task task = {.any = false};
    int64_t next_ms = INT64_MAX;
    int64_t now_ms = s->harness->now_ms;
    assert_int_equal(
        cvn_erasure_turn(&task, &s->harness->service, s->harness->store, now_ms, &next_ms), 0);
    return cvn_erasure_turn(&task, &s->harness->service, s->harness->store,
                            now_ms + CVN_ERASURE_LEFT_MS, &next_ms);
}

/* Begins to erase Ada, who has answers for so many steps after the first, and leaves it. */
static void leave_steps(struct scene *s, unsigned n)
{
    CLIENT admin = client_admin(s->harness);
    write_many((struct many){s, put_answer, 0, (n - 1) * CVN_ERASURE_ROWS_MAX + 1, 0});
    assert_int_equal(erase(s, &admin)->rsvps_kept, CVN_ERASURE_ROWS_MAX);
}

static void test_steps_of_a_turn_at_their_limit(void **state)
{
    struct scene s = scene_of(state);
    leave_steps(&s, CVN_ERASURE_TURN_MAX - 1);
    assert_int_equal(turn(&s), 0);
}

static void test_steps_beyond_a_turn_are_the_next_one_s(void **state)
{
    struct scene s = scene_of(state);
    leave_steps(&s, CVN_ERASURE_TURN_MAX);
    assert_int_equal(turn(&s), 1);
    assert_int_equal(turn(&s), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_requests_and_bans_of_a_group_at_their_limits),
        TEST(test_rows_of_a_page_at_their_limit),
        TEST(test_rows_looked_at_for_a_page_at_their_limit),
        TEST(test_rows_of_a_step_of_an_erasure_at_their_limit),
        TEST(test_steps_of_a_turn_at_their_limit),
        TEST(test_steps_beyond_a_turn_are_the_next_one_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
