#include "tests/unit/mentoring/published.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

static void make_program(struct published *scene)
{
    Convene__Mentoring__V1__Program program = CONVENE__MENTORING__V1__PROGRAM__INIT;
    char *managers[] = {scene->ids[PUBLISHED_MANAGER].text};
    program.manager_ids = managers;
    program.n_manager_ids = 1;
    program.mentorship_weeks = 12;
    scene->program = harness_program(scene->harness, program);
}

void published_match(struct published *scene, void **state)
{
    *scene = (struct published){.harness = *state, .admin = client_admin(*state)};
    harness_people(*state, scene->people, PUBLISHED_PEOPLE);
    for (size_t i = 0; i < PUBLISHED_PEOPLE; i++)
        scene->ids[i] = id_text("per", &scene->people[i]);
    make_program(scene);
    for (size_t i = 0; i < PUBLISHED_MANAGER; i++) {
        struct enrolment one;
        bool mentor = i < PUBLISHED_MENTORS;
        enrolment_init(&one, mentor ? MENTOR : MENTEE, scene->program.text, scene->people[i]);
        one.skill.level = mentor ? 5 : 1;
        one.span.end_minute = (19 + (int)(i % 3)) * 60;
        strcpy(scene->enrolments[i].text, harness_enrol(&scene->admin, &one)->id);
    }
    published_match_again(scene);
}

void published_match_again(struct published *scene)
{
    scene->run = harness_start_run(&scene->admin, scene->program.text, 1);
    const Convene__Mentoring__V1__MatchRun *run = harness_wait_run(&scene->admin, scene->run.text);
    assert_string_equal(run->failure, "");
    assert_int_equal(run->state, RUN_STATE(DONE));
}

void published_end(struct published *scene)
{
    client_end(&scene->admin);
}

const Convene__Mentoring__V1__PublishMatchRunResponse *published_publish(struct published *scene,
                                                                         bool partial)
{
    Convene__Mentoring__V1__PublishMatchRunRequest request =
        CONVENE__MENTORING__V1__PUBLISH_MATCH_RUN_REQUEST__INIT;
    request.run_id = scene->run.text;
    request.partial = partial;
    return client_call(&scene->admin, "PublishMatchRun", &request);
}

static const Convene__Mentoring__V1__ListMentorshipsResponse *list(struct published *scene)
{
    Convene__Mentoring__V1__ListMentorshipsRequest request =
        CONVENE__MENTORING__V1__LIST_MENTORSHIPS_REQUEST__INIT;
    request.program_id = scene->program.text;
    const Convene__Mentoring__V1__ListMentorshipsResponse *page =
        client_call(&scene->admin, "ListMentorships", &request);
    assert_non_null(page);
    return page;
}

struct id_text published_mentorship(struct published *scene, size_t i)
{
    struct id_text id;
    const Convene__Mentoring__V1__ListMentorshipsResponse *page = list(scene);
    assert_true(i < page->n_mentorships);
    strcpy(id.text, page->mentorships[i]->id);
    return id;
}

size_t published_count(struct published *scene)
{
    return list(scene)->n_mentorships;
}

const Convene__Mentoring__V1__Mentorship *mentorship_get(struct client *client,
                                                         const struct id_text *id)
{
    Convene__Mentoring__V1__GetMentorshipRequest request =
        CONVENE__MENTORING__V1__GET_MENTORSHIP_REQUEST__INIT;
    request.id = (char *)(uintptr_t)id->text;
    return client_call(client, "GetMentorship", &request);
}

const Convene__Mentoring__V1__Mentorship *mentorship_accept(struct client *client,
                                                            const struct id_text *id,
                                                            Convene__Mentoring__V1__Role role)
{
    Convene__Mentoring__V1__AcceptMentorshipRequest request =
        CONVENE__MENTORING__V1__ACCEPT_MENTORSHIP_REQUEST__INIT;
    request.id = (char *)(uintptr_t)id->text;
    request.role = role;
    return client_call(client, "AcceptMentorship", &request);
}

const Convene__Mentoring__V1__Mentorship *mentorship_decline(struct client *client,
                                                             const struct id_text *id,
                                                             Convene__Mentoring__V1__Role role,
                                                             const char *reason)
{
    Convene__Mentoring__V1__DeclineMentorshipRequest request =
        CONVENE__MENTORING__V1__DECLINE_MENTORSHIP_REQUEST__INIT;
    request.id = (char *)(uintptr_t)id->text;
    request.role = role;
    request.reason = (char *)(uintptr_t)reason;
    return client_call(client, "DeclineMentorship", &request);
}

void mentorship_begin(struct published *scene, const struct id_text *id)
{
    assert_non_null(mentorship_accept(&scene->admin, id, MENTEE));
    const Convene__Mentoring__V1__Mentorship *m = mentorship_accept(&scene->admin, id, MENTOR);
    assert_non_null(m);
    assert_int_equal(m->state, MENTORSHIP_STATE(ACTIVE));
}

size_t published_person(struct published *scene, const struct id_text *id,
                        Convene__Mentoring__V1__Role role)
{
    const Convene__Mentoring__V1__Mentorship *m = mentorship_get(&scene->admin, id);
    assert_non_null(m);
    for (size_t i = 0; i < PUBLISHED_PEOPLE; i++)
        if (strcmp(scene->ids[i].text, role == MENTOR ? m->mentor_id : m->mentee_id) == 0)
            return i;
    fail_msg("the mentorship is nobody's");
    return 0;
}
