/* What a run reads of the store before it asks or reckons anything. */
#include "services/mentoring/runs/gather.h"
#include "services/mentoring/spaces.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/mentoring/published.h"

#include <string.h>

/* Another programme in which a mentor and a mentee of the scene are enrolled. */
static struct id_text enrol_elsewhere(struct published *scene, size_t mentor, size_t mentee)
{
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    program.name = (char *)"Another";
    struct id_text id = harness_program(scene->harness, program);
    const size_t both[] = {mentor, mentee};
    for (size_t i = 0; i < 2; i++) {
        struct enrolment one;
        enrolment_init(&one, i == 0 ? MENTOR : MENTEE, id.text, scene->people[both[i]]);
        one.skill.level = i == 0 ? 5 : 1;
        (void)harness_enrol(&scene->admin, &one);
    }
    return id;
}

static void gather(struct published *scene, const struct id_text *program, struct cvn_arena *arena,
                   struct cvn_gathered *ret)
{
    struct cvn_gather_query query = {0};
    struct cvn_txn *snapshot;
    assert_true(cvn_id_parse(&query.program, CVN_PROGRAM_PREFIX, program->text));
    assert_int_equal(cvn_store_snapshot(scene->harness->store, &snapshot), 0);
    struct cvn_ctx ctx = {.arena = arena, .txn = snapshot};
    assert_int_equal(cvn_gather(&ctx, &query, ret), 0);
    cvn_snapshot_release(snapshot);
}

/* Of other programmes' mentorships only those of who is to be paired are read. */
static void test_mentorships_of_strangers_are_not_read(void **state)
{
    PUBLISHED scene;
    CVN_ARENA_AUTO arena;
    struct cvn_gathered gathered;
    cvn_arena_init(&arena, 16 << 20);
    published_match(&scene, state);
    assert_non_null(published_publish(&scene, false));
    struct id_text begun = published_mentorship(&scene, 0);
    mentorship_begin(&scene, &begun);
    size_t mentor = published_person(&scene, &begun, MENTOR);
    size_t mentee = published_person(&scene, &begun, MENTEE);
    struct id_text other = enrol_elsewhere(&scene, mentor, mentee);
    gather(&scene, &other, &arena, &gathered);
    assert_int_equal(gathered.n_mentorships, 1); /* of three */
    assert_int_equal(gathered.input.n_mentors, 1);
    assert_int_equal(gathered.input.n_mentees, 1);
    assert_int_equal(gathered.input.mentees[0].previous.n, 1);
    assert_true(cvn_id_equal(&gathered.input.mentees[0].previous.items[0], &scene.people[mentor]));

    /* Here all three are of the programme, and the one mentee who waits has none elsewhere. */
    gather(&scene, &scene.program, &arena, &gathered);
    assert_int_equal(gathered.n_mentorships, PUBLISHED_MENTORS);
    assert_int_equal(gathered.n_full_mentors, PUBLISHED_MENTORS);
    assert_int_equal(gathered.input.n_mentors, 0);
    assert_int_equal(gathered.input.n_mentees, PUBLISHED_MENTEES - PUBLISHED_MENTORS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mentorships_of_strangers_are_not_read, harness_setup,
                                        harness_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
