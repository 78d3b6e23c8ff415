/*
 * Every state with every action, when the event is full or not or others wait, with each waitlist
 * and each party policy, beside a table that was written down from the manual and not from the
 * code.
 */
#include "services/events/rules/rsvp.h"
#include "tests/support/cmocka_all.h"

#include <string.h>

enum {
    START_MS = 1000000000,
    EARLY_MS = 1000,
    CHECK_IN_MS = START_MS - 3600000, /* the first moment at which somebody can be checked in */
    CAPACITY = 50,
    PARTY = 2,
    COLUMNS = CVN_RSVP_ACTIONS + 1, /* the last is an addition over the capacity */
};

enum taken { FREE, OTHERS_WAIT, FULL };

/* The event's side of a case. */
struct situation {
    enum cvn_waitlist_mode mode;
    bool drawn;
    enum cvn_waitlist_policy policy;
    enum taken taken;
    bool approval;
};

/* One letter per state: N is NO, n NO_SHOW. */
static const char letters[CVN_RSVP_STATES + 1] = "0IQYWONEJRAnX";

/*
 * A row per state in the order of the enum; a column per action: yes, no, invite, approve, reject,
 * remove, promote, expire, attend, miss, excuse, add, walk in, unmark, add over capacity. A letter
 * of a state is what follows, '=' that nothing changes, '-' that it is refused. In small: f, a seat
 * if one is free and nobody goes first, else the queue, else refused; s, the same but for events
 * with approval, where it is a request; p, what a promotion comes to.
 */
typedef const char *const table[CVN_RSVP_STATES];

static const table open_table = {
    "sNI--------f--Y", /* NONE */
    "fN=--R-----f--Y", /* INVITED */
    "=N-fJR-----f--Y", /* REQUESTED */
    "=N==-R-----=-==", /* YES */
    "=N==-Rp----=--Y", /* WAITLISTED */
    "YN==-R-E---Y--Y", /* OFFERED */
    "s=I--------f--Y", /* NO */
    "sNI----=---f--Y", /* EXPIRED */
    "--I-=------f--Y", /* REJECTED */
    "--I--=-----f--Y", /* REMOVED */
    "---------------", /* ATTENDED */
    "---------------", /* NO_SHOW */
    "---------------", /* EXCUSED */
};

/* In the hour before the start who comes is checked in, and others may still answer. */
static const table check_in_table = {
    "sNI--------fA-Y", "fN=--R-----fA-Y", "=N-fJR-----fA-Y", "=N==-R--A--=A==", "=N==-Rp----=A-Y",
    "YN==-R-E---YA-Y", "s=I--------fA-Y", "sNI----=---fA-Y", "--I-=------f--Y", "--I--=-----f--Y",
    "--------=---=Y-", "--------A---AY-", "--------A---AY-",
};

static const table started_table = {
    "------------A--", "--=---------A--", "=-----------A--", "=-==----AnX=A==", "=-==-------=A--",
    "--==---E----A--", "-=----------A--", "-------=----A--", "----=----------", "-----=---------",
    "--------=nX-=Y-", "--------A=X-AY-", "--------An=-AY-",
};

static const table cancelled_table = {
    "---------------", "--=------------", "=--------------", "=-==-------=-==", "=-==-------=---",
    "--==---E-------", "-=-------------", "-------=-------", "----=----------", "-----=---------",
    "---------------", "---------------", "---------------",
};

/* Nobody comes in and nobody moves up, no offer runs out, and all may leave. */
static const table frozen_table = {
    "-N-------------", "-N=--R---------", "=N--JR---------", "=N==-R-----=-==", "=N==-R-----=---",
    "-N==-R---------", "-=-------------", "-N-----=-------", "----=----------", "-----=---------",
    "---------------", "---------------", "---------------",
};

/* What a letter in small comes to, or the letter itself. */
static char resolve(char letter, const struct situation *s)
{
    bool gathers = s->mode == CVN_WAITLIST_LOTTERY && !s->drawn;
    bool others_first = s->taken == OTHERS_WAIT && s->mode != CVN_WAITLIST_NONE &&
                        s->policy != CVN_WAITLIST_FIRST_FIT;
    if (letter == 's' && s->approval)
        return 'Q';
    if (letter == 'p') {
        if (s->mode == CVN_WAITLIST_NONE || gathers || s->taken == FULL)
            return '-';
        return s->mode == CVN_WAITLIST_OFFER ? 'O' : 'Y';
    }
    if (letter != 'f' && letter != 's')
        return letter;
    if (!gathers && s->taken != FULL && !others_first)
        return 'Y';
    return s->mode == CVN_WAITLIST_NONE ? '-' : 'W';
}

static struct cvn_rsvp_event event_of(const struct situation *s)
{
    return (struct cvn_rsvp_event){
        .publication = CVN_PUBLICATION_PUBLISHED,
        .start_ms = START_MS,
        .capacity = CAPACITY,
        .seats_taken = s->taken == FULL ? CAPACITY : 10,
        .n_waiting = s->taken == OTHERS_WAIT ? 3 : 0,
        .guests_max = 3,
        .approval = s->approval,
        .waitlist = s->mode,
        .drawn = s->drawn,
        .policy = s->policy,
    };
}

static bool asks(enum cvn_rsvp_state state)
{
    return state == CVN_RSVP_REQUESTED || state == CVN_RSVP_WAITLISTED ||
           cvn_rsvp_holds_seats(state);
}

/* Decides; the letter of what came of it. */
static char decide(const struct cvn_rsvp_event *event, const struct cvn_rsvp_person *person,
                   int column, int64_t now_ms)
{
    bool over = column == CVN_RSVP_ACTIONS;
    struct cvn_rsvp_request request = {over ? CVN_RSVP_ADD : (enum cvn_rsvp_action)column, PARTY,
                                       now_ms, over};
    struct cvn_rsvp_decision d;
    if (cvn_rsvp_decide(event, person, &request, &d) != CVN_RSVP_OK)
        return '-';
    return d.changed ? letters[d.state] : '=';
}

static unsigned n_cases;

static void check(table expected, const struct cvn_rsvp_event *event, const struct situation *s,
                  int64_t now_ms)
{
    for (int state = 0; state < CVN_RSVP_STATES; state++)
        for (int column = 0; column < COLUMNS; column++) {
            struct cvn_rsvp_event now = *event;
            struct cvn_rsvp_person person = {.state = (enum cvn_rsvp_state)state};
            person.party = asks(person.state) ? PARTY : 0;
            now.n_waiting += person.state == CVN_RSVP_WAITLISTED;
            char wanted = resolve(expected[state][column], s);
            char got = decide(&now, &person, column, now_ms);
            n_cases++;
            if (got != wanted)
                fail_msg("%s, action %d, mode %d%s, policy %d, taken %d, approval %d: %c, not %c",
                         cvn_rsvp_state_name(person.state), column, (int)s->mode,
                         s->drawn ? " drawn" : "", (int)s->policy, (int)s->taken, s->approval, got,
                         wanted);
        }
}

/* Calls the check in each situation; the tables differ by time, publication and status. */
static void check_all(table expected, struct cvn_rsvp_event like, int64_t now_ms)
{
    for (unsigned i = 0; i < CVN_WAITLIST_MODES * 2 * 3 * 3 * 2; i++) {
        const struct situation s = {
            .mode = (enum cvn_waitlist_mode)(i % CVN_WAITLIST_MODES),
            .drawn = i / 4 % 2,
            .policy = (enum cvn_waitlist_policy)(i / 8 % 3),
            .taken = (enum taken)(i / 24 % 3),
            .approval = i / 72 % 2,
        };
        struct cvn_rsvp_event event = event_of(&s);
        event.publication = like.publication;
        event.status = like.status;
        check(expected, &event, &s, now_ms);
    }
}

static const struct cvn_rsvp_event published = {.publication = CVN_PUBLICATION_PUBLISHED};

static void test_transitions_before_the_event(void **state)
{
    check_all(open_table, published, EARLY_MS);
    check_all(open_table, published, CHECK_IN_MS - 1);
    assert_int_equal(n_cases, 2 * 144 * CVN_RSVP_STATES * COLUMNS);
}

static void test_transitions_while_check_in_is_open(void **state)
{
    check_all(check_in_table, published, CHECK_IN_MS);
    check_all(check_in_table, published, START_MS - 1);
}

static void test_transitions_from_the_start_on(void **state)
{
    struct cvn_rsvp_event event = published;
    check_all(started_table, event, START_MS);
    event.publication = CVN_PUBLICATION_ARCHIVED;
    check_all(started_table, event, START_MS);
}

static void test_transitions_of_a_cancelled_event(void **state)
{
    struct cvn_rsvp_event event = published;
    event.status = CVN_EVENT_CANCELLED;
    check_all(cancelled_table, event, EARLY_MS);
    check_all(cancelled_table, event, START_MS);
}

static void test_transitions_of_a_postponed_event(void **state)
{
    struct cvn_rsvp_event event = published;
    event.status = CVN_EVENT_POSTPONED;
    check_all(frozen_table, event, EARLY_MS);
    check_all(frozen_table, event, START_MS); /* which means nothing any more */
}

static void test_transitions_of_a_hidden_event(void **state)
{
    struct cvn_rsvp_event event = {.publication = CVN_PUBLICATION_UNPUBLISHED};
    check_all(frozen_table, event, EARLY_MS);
    event.publication = CVN_PUBLICATION_DRAFT;
    check_all(frozen_table, event, EARLY_MS);
}

/*
 * Of a hybrid event: the answer so far is of the other kind. A column per action: yes, add, add
 * over capacity. In small as above, and y: a seat if one is free and nobody goes first, else what
 * there was is kept.
 */
static void test_transitions_from_the_room_to_online(void **state)
{
    static const struct {
        enum cvn_rsvp_state state;
        const char *row;
    } rows[] = {{CVN_RSVP_REQUESTED, "QfY"},
                {CVN_RSVP_YES, "yyY"},
                {CVN_RSVP_WAITLISTED, "ffY"},
                {CVN_RSVP_OFFERED, "yyY"}};
    static const int columns[] = {CVN_RSVP_SAY_YES, CVN_RSVP_ADD, CVN_RSVP_ACTIONS};
    for (unsigned i = 0; i < CVN_WAITLIST_MODES * 2 * 3 * 3 * 4 * 3; i++) {
        const struct situation s = {
            .mode = (enum cvn_waitlist_mode)(i % CVN_WAITLIST_MODES),
            .drawn = i / 4 % 2,
            .policy = (enum cvn_waitlist_policy)(i / 8 % 3),
            .taken = (enum taken)(i / 24 % 3),
        };
        unsigned row = i / 72 % 4, column = i / 288 % 3;
        struct cvn_rsvp_event event = event_of(&s);
        struct cvn_rsvp_person person = {
            .state = rows[row].state, .party = PARTY, .elsewhere = true};
        char letter = rows[row].row[column];
        char wanted = resolve(letter == 'y' ? 'f' : letter, &s);
        if (letter == 'y' && wanted == 'W')
            wanted = '-';
        char got = decide(&event, &person, columns[column], EARLY_MS);
        if (got != wanted)
            fail_msg("%s, column %u, mode %d, policy %d, taken %d: %c, not %c",
                     cvn_rsvp_state_name(person.state), column, (int)s.mode, (int)s.policy,
                     (int)s.taken, got, wanted);
    }
}

static void test_going_online_frees_the_seat_in_the_room(void **state)
{
    const struct situation s = {.mode = CVN_WAITLIST_AUTO};
    struct cvn_rsvp_event event = event_of(&s);
    struct cvn_rsvp_person person = {.state = CVN_RSVP_YES, .party = 3, .elsewhere = true};
    struct cvn_rsvp_request request = {CVN_RSVP_SAY_YES, 2, EARLY_MS, false};
    struct cvn_rsvp_decision d;
    assert_int_equal(cvn_rsvp_decide(&event, &person, &request, &d), CVN_RSVP_OK);
    assert_true(d.changed);
    assert_int_equal(d.state, CVN_RSVP_YES);
    assert_int_equal(d.seats_delta, 2);
    assert_int_equal(d.seats_left, 3);
    person.party = 2; /* the same party is a change all the same: of the way */
    assert_int_equal(cvn_rsvp_decide(&event, &person, &request, &d), CVN_RSVP_OK);
    assert_true(d.changed);
}

static void test_an_addition_over_capacity_is_told_from_one_that_fits(void **state)
{
    const struct situation full = {.mode = CVN_WAITLIST_AUTO, .taken = FULL}, free = {0};
    struct cvn_rsvp_person person = {0};
    struct cvn_rsvp_request request = {CVN_RSVP_ADD, 2, EARLY_MS, true};
    struct cvn_rsvp_event event = event_of(&full);
    struct cvn_rsvp_decision d;
    assert_int_equal(cvn_rsvp_decide(&event, &person, &request, &d), CVN_RSVP_OK);
    assert_true(d.over_capacity);
    event.seats_taken = CAPACITY - 1;
    assert_int_equal(cvn_rsvp_decide(&event, &person, &request, &d), CVN_RSVP_OK);
    assert_true(d.over_capacity);
    event.seats_taken = CAPACITY - 2;
    assert_int_equal(cvn_rsvp_decide(&event, &person, &request, &d), CVN_RSVP_OK);
    assert_false(d.over_capacity);
    event = event_of(&free);
    assert_int_equal(cvn_rsvp_decide(&event, &person, &request, &d), CVN_RSVP_OK);
    assert_false(d.over_capacity);
}

static void test_taking_a_mark_back_leads_where_it_came_from(void **state)
{
    const struct situation s = {.mode = CVN_WAITLIST_AUTO, .taken = FULL};
    struct cvn_rsvp_event event = event_of(&s);
    struct cvn_rsvp_person person = {0};
    struct cvn_rsvp_request walk_in = {CVN_RSVP_WALK_IN, 2, START_MS, false};
    struct cvn_rsvp_request unmark = {CVN_RSVP_UNMARK, 0, START_MS, false};
    struct cvn_rsvp_decision d;
    assert_int_equal(cvn_rsvp_decide(&event, &person, &walk_in, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_ATTENDED);
    assert_true(d.walked_in && d.over_capacity);
    assert_int_equal(d.seats_delta, 2);
    person = (struct cvn_rsvp_person){.state = d.state, .party = 2, .walked_in = true};
    assert_int_equal(cvn_rsvp_decide(&event, &person, &unmark, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_NO);
    assert_int_equal(d.seats_delta, -2);
    person.walked_in = false;
    assert_int_equal(cvn_rsvp_decide(&event, &person, &unmark, &d), CVN_RSVP_OK);
    assert_int_equal(d.state, CVN_RSVP_YES);
    assert_int_equal(d.seats_delta, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transitions_before_the_event),
        cmocka_unit_test(test_transitions_while_check_in_is_open),
        cmocka_unit_test(test_transitions_from_the_start_on),
        cmocka_unit_test(test_transitions_of_a_cancelled_event),
        cmocka_unit_test(test_transitions_of_a_postponed_event),
        cmocka_unit_test(test_transitions_of_a_hidden_event),
        cmocka_unit_test(test_transitions_from_the_room_to_online),
        cmocka_unit_test(test_going_online_frees_the_seat_in_the_room),
        cmocka_unit_test(test_an_addition_over_capacity_is_told_from_one_that_fits),
        cmocka_unit_test(test_taking_a_mark_back_leads_where_it_came_from),
    };
    return cmocka_run_group_tests_name("rsvp_table", tests, NULL, NULL);
}
