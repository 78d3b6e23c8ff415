#include "tests/unit/events_rsvp/scene.h"

#include "tests/support/cmocka_all.h"

#include <stdlib.h>

struct scene scene_new(void **state, int32_t capacity, unsigned n_people)
{
    struct scene scene = {.harness = *state};
    scene.admin = client_admin(scene.harness);
    for (unsigned i = 0; i < n_people; i++)
        scene.people[i] = harness_person(scene.harness, i);
    scene.group = harness_group(scene.harness, "Compilers Berlin", scene.people[0]);
    scene.message = harness_event(scene.harness, scene.group, capacity);
    scene.message.max_guests = 5;
    return scene;
}

void scene_end(struct scene *scene)
{
    client_end(&scene->admin);
}

void scene_store(struct scene *scene)
{
    scene->event = harness_put_event(scene->harness, 1, scene->message);
}

int scene_yes(struct scene *scene, unsigned person, int32_t guests)
{
    return say_yes(&scene->admin, scene->event, scene->people[person], guests);
}

int scene_no(struct scene *scene, unsigned person)
{
    return say_no(&scene->admin, scene->event, scene->people[person]);
}

int scene_now(struct scene *scene, unsigned person)
{
    return state_of(&scene->admin, scene->event, scene->people[person]);
}

void scene_check(struct scene *scene)
{
    struct checker *checker = calloc(1, sizeof *checker);
    assert_non_null(checker);
    checker->event = scene->event;
    checker_look(checker, scene->harness);
    free(checker);
}

int64_t scene_verify(struct scene *scene)
{
    Convene__Events__V1__VerifyRsvpMovesRequest request =
        CONVENE__EVENTS__V1__VERIFY_RSVP_MOVES_REQUEST__INIT;
    struct id_text event = id_text("evt", scene->event);
    request.event_id = event.text;
    const Convene__Events__V1__VerifyRsvpMovesResponse *report =
        client_call(&scene->admin, &cvn_rsvp_methods[VERIFY_MOVES], &request);
    assert_non_null(report);
    if (report->fault_count)
        fail_msg("step %d %s", (int)report->faults[0]->number, report->faults[0]->text);
    return report->move_count;
}

Convene__Events__V1__DecideRequest scene_decision(struct scene *scene, unsigned person, int action)
{
    static struct id_text event, who;
    Convene__Events__V1__DecideRequest request = CONVENE__EVENTS__V1__DECIDE_REQUEST__INIT;
    event = id_text("evt", scene->event);
    who = id_text("per", scene->people[person]);
    request.event_id = event.text;
    request.person_id = who.text;
    request.action = (Convene__Events__V1__DecideRequest__Action)action;
    request.reason = (char *)"for a reason";
    return request;
}
