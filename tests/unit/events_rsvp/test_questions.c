/* Questions of an event, and what is answered to them. */
#include "services/events/rsvps/questions.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/events_rsvp/scene.h"

#include <stdio.h>
#include <string.h>

enum { YES = CVN_RSVP_YES, ORGANISER = 0, ANNA = 1, BEN = 2 };

static char *diets[] = {(char *)"all", (char *)"vegetarian", (char *)"vegan"};
static Convene__Events__V1__Question diet, note, days;
static Convene__Events__V1__Question *questions[] = {&diet, &note, &days};

/* An event that asks for a diet, which is needed, for a note, and for one or more days. */
static struct scene asking(void **state)
{
    struct scene s = scene_new(state, 0, 4);
    convene__events__v1__question__init(&diet);
    convene__events__v1__question__init(&note);
    convene__events__v1__question__init(&days);
    diet.id = (char *)"diet";
    diet.text = (char *)"What do you eat?";
    diet.required = true;
    diet.choices = diets;
    diet.n_choices = 3;
    note.id = (char *)"note";
    note.text = (char *)"Anything else?";
    days = diet;
    days.id = (char *)"also";
    days.text = (char *)"What else do you eat?";
    days.multiple = true;
    days.required = false;
    s.message.questions = questions;
    s.message.n_questions = 3;
    scene_store(&s);
    return s;
}

/* Pairs of question and value; the same question twice in a row is one answer with two values. */
static const Convene__Events__V1__Rsvp *answer(struct scene *s, struct client *client,
                                               unsigned person, const char *const *pairs, size_t n)
{
    static Convene__Events__V1__QuestionAnswer answers[8];
    static Convene__Events__V1__QuestionAnswer *pointers[8];
    static char *values[8][8];
    Convene__Events__V1__RespondRequest request = CONVENE__EVENTS__V1__RESPOND_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event), who = id_text("per", s->people[person]);
    request.event_id = event.text;
    request.person_id = who.text;
    request.answer = CONVENE__EVENTS__V1__RESPOND_REQUEST__ANSWER__ANSWER_YES;
    request.answers = pointers;
    for (size_t i = 0; i < n; i++) {
        size_t at = request.n_answers;
        if (at == 0 || strcmp(answers[at - 1].question_id, pairs[2 * i]) != 0) {
            convene__events__v1__question_answer__init(&answers[at]);
            answers[at].question_id = (char *)(uintptr_t)pairs[2 * i];
            answers[at].values = values[at];
            pointers[at] = &answers[at];
            request.n_answers++;
            at++;
        }
        Convene__Events__V1__QuestionAnswer *last = &answers[at - 1];
        last->values[last->n_values++] = (char *)(uintptr_t)pairs[2 * i + 1];
    }
    return client_call(client, &cvn_rsvp_methods[RESPOND], &request);
}

#define ANSWER(s, person, ...)                                                                     \
    answer(s, &(s)->admin, person, (const char *const[]){__VA_ARGS__},                             \
           sizeof(const char *[]){__VA_ARGS__} / sizeof(char *) / 2)

static void test_a_yes_needs_the_answers_that_are_required(void **state)
{
    struct scene s = asking(state);
    assert_int_equal(scene_yes(&s, ANNA, 0), -1);
    assert_true(client_blames(&s.admin, "answers[diet]"));
    assert_non_null(strstr(s.admin.status.message, "all, vegetarian, vegan"));
    assert_null(ANSWER(&s, ANNA, "note", "no nuts"));
    const Convene__Events__V1__Rsvp *rsvp = ANSWER(&s, ANNA, "diet", "vegan", "note", "no nuts");
    assert_non_null(rsvp);
    assert_int_equal(rsvp->n_answers, 2);
    assert_string_equal(rsvp->answers[1]->values[0], "no nuts");
    scene_end(&s);
}

static void test_answers_that_go_with_no_question_are_refused(void **state)
{
    struct scene s = asking(state);
    assert_null(ANSWER(&s, ANNA, "diet", "meat"));
    assert_true(client_blames(&s.admin, "answers[diet]"));
    assert_null(ANSWER(&s, ANNA, "diet", "vegan", "shoes", "42"));
    assert_true(client_blames(&s.admin, "answers[shoes]"));
    assert_null(ANSWER(&s, ANNA, "diet", "vegan", "diet", "all"));
    assert_null(ANSWER(&s, ANNA, "diet", "vegan", "also", "all", "also", "all"));
    assert_true(client_blames(&s.admin, "answers[also]"));
    assert_non_null(ANSWER(&s, ANNA, "diet", "vegan", "also", "all", "also", "vegan"));
    assert_null(ANSWER(&s, BEN, "diet", "vegan", "note", "x", "diet", "vegan"));
    assert_null(ANSWER(&s, BEN, "diet", ""));
    scene_end(&s);
}

static void test_an_answer_at_its_limit(void **state)
{
    struct scene s = asking(state);
    char text[CVN_ANSWER_TEXT_MAX + 2];
    memset(text, 'a', sizeof text);
    text[CVN_ANSWER_TEXT_MAX + 1] = '\0';
    assert_null(ANSWER(&s, ANNA, "diet", "all", "note", text));
    text[CVN_ANSWER_TEXT_MAX] = '\0';
    assert_non_null(ANSWER(&s, ANNA, "diet", "all", "note", text));
    scene_end(&s);
}

static void test_answers_last_as_long_as_the_yes(void **state)
{
    struct scene s = asking(state);
    assert_non_null(ANSWER(&s, ANNA, "diet", "vegan"));
    int64_t n = scene_verify(&s);
    assert_int_equal(scene_yes(&s, ANNA, 2), YES); /* guests, and the answers stay */
    assert_string_equal(get_rsvp(&s.admin, s.event, s.people[ANNA])->answers[0]->values[0],
                        "vegan");
    const Convene__Events__V1__Rsvp *rsvp = ANSWER(&s, ANNA, "diet", "all");
    assert_string_equal(rsvp->answers[0]->values[0], "all");
    assert_int_equal(scene_verify(&s), n + 2);
    assert_non_null(ANSWER(&s, ANNA, "diet", "vegetarian")); /* nothing of the seats changes */
    assert_int_equal(scene_verify(&s), n + 2);
    scene_check(&s);
    assert_int_equal(scene_no(&s, ANNA), CVN_RSVP_NO);
    assert_int_equal(get_rsvp(&s.admin, s.event, s.people[ANNA])->n_answers, 0);
    assert_int_equal(scene_yes(&s, ANNA, 0), -1);
    scene_end(&s);
}

static const Convene__Events__V1__Rsvp *listed(struct client *client, struct scene *s)
{
    Convene__Events__V1__ListRsvpsRequest request = CONVENE__EVENTS__V1__LIST_RSVPS_REQUEST__INIT;
    struct id_text event = id_text("evt", s->event);
    request.event_id = event.text;
    const Convene__Events__V1__ListRsvpsResponse *r =
        client_call(client, &cvn_rsvp_methods[LIST_RSVPS], &request);
    assert_non_null(r);
    assert_int_equal(r->n_rsvps, 1);
    return r->rsvps[0];
}

static void test_answers_are_for_organisers_and_for_oneself(void **state)
{
    struct scene s = asking(state);
    CLIENT organiser = client_of(s.harness, s.people[ORGANISER]);
    CLIENT anna = client_of(s.harness, s.people[ANNA]), ben = client_of(s.harness, s.people[BEN]);
    const char *const pairs[] = {"diet", "vegan"};
    assert_non_null(answer(&s, &anna, ANNA, pairs, 1));
    assert_int_equal(listed(&organiser, &s)->n_answers, 1);
    assert_int_equal(listed(&ben, &s)->n_answers, 0);
    assert_int_equal(get_rsvp(&anna, s.event, s.people[ANNA])->n_answers, 1);
    scene_end(&s);
}

static unsigned faults_of(const Convene__Events__V1__Event *event)
{
    struct cvn_problems problems;
    CVN_ARENA_AUTO arena;
    cvn_arena_init(&arena, 1 << 20);
    cvn_problems_init(&problems, &arena);
    cvn_questions_check(&problems, "event", event);
    return (unsigned)problems.total;
}

static void test_questions_at_their_limits(void **state)
{
    Convene__Events__V1__Question many[CVN_QUESTIONS_MAX + 1];
    Convene__Events__V1__Question *all[CVN_QUESTIONS_MAX + 1];
    Convene__Events__V1__Event event = CONVENE__EVENTS__V1__EVENT__INIT;
    char id[CVN_QUESTION_ID_MAX + 2];
    for (int i = 0; i <= CVN_QUESTIONS_MAX; i++) {
        convene__events__v1__question__init(&many[i]);
        many[i].text = (char *)"Why?";
        all[i] = &many[i];
    }
    event.questions = all;
    event.n_questions = CVN_QUESTIONS_MAX + 1;
    assert_int_equal(faults_of(&event), 1);
    event.n_questions = CVN_QUESTIONS_MAX;
    assert_int_equal(faults_of(&event), 0);
    memset(id, 'a', sizeof id);
    id[CVN_QUESTION_ID_MAX + 1] = '\0';
    many[0].id = id;
    assert_int_equal(faults_of(&event), 1);
    id[CVN_QUESTION_ID_MAX] = '\0';
    assert_int_equal(faults_of(&event), 0);
    many[0].id = (char *)"q3"; /* which the third will be given */
    assert_int_equal(faults_of(&event), 1);
    many[0].id = (char *)"Diet";
    assert_int_equal(faults_of(&event), 1);
    many[0].id = (char *)"";
    many[0].multiple = true;
    assert_int_equal(faults_of(&event), 1);
    many[0].multiple = false;
    many[0].text = (char *)"";
    assert_int_equal(faults_of(&event), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_a_yes_needs_the_answers_that_are_required),
        SCENE_TEST(test_answers_that_go_with_no_question_are_refused),
        SCENE_TEST(test_an_answer_at_its_limit),
        SCENE_TEST(test_answers_last_as_long_as_the_yes),
        SCENE_TEST(test_answers_are_for_organisers_and_for_oneself),
        cmocka_unit_test(test_questions_at_their_limits),
    };
    return cmocka_run_group_tests_name("questions", tests, NULL, NULL);
}
