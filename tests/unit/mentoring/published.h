/*
 * A programme that has been matched and, where asked, published: three mentors with one seat each
 * (persons 0 to 2), four mentees (3 to 6), a manager (7) and somebody who takes no part (8).
 */
#ifndef CVN_TESTS_MENTORING_PUBLISHED_H
#define CVN_TESTS_MENTORING_PUBLISHED_H

#include "tests/unit/mentoring/harness.h"

enum {
    PUBLISHED_MENTORS = 3,
    PUBLISHED_MENTEES = 4,
    PUBLISHED_MANAGER = PUBLISHED_MENTORS + PUBLISHED_MENTEES,
    PUBLISHED_STRANGER,
    PUBLISHED_PEOPLE,
};

struct published {
    struct harness *harness;
    struct client admin;
    struct cvn_id people[PUBLISHED_PEOPLE];
    struct id_text ids[PUBLISHED_PEOPLE];        /* "per_…" */
    struct id_text enrolments[PUBLISHED_PEOPLE]; /* of those who are enrolled */
    struct id_text program;
    struct id_text run;
};

/* Enrols and matches. */
void published_match(struct published *scene, void **state);
void published_end(struct published *scene);
#define PUBLISHED __attribute__((cleanup(published_end))) struct published

/* Matches once more; scene->run is the new one. */
void published_match_again(struct published *scene);

/* Publishes the run as the administrator; the reply, or NULL. Lives until the client's next call.
 */
const Convene__Mentoring__V1__PublishMatchRunResponse *published_publish(struct published *scene,
                                                                         bool partial);

/* The mentorship in place i of the programme's list, newest first; asserts that it is there. */
struct id_text published_mentorship(struct published *scene, size_t i);
/* How many there are. */
size_t published_count(struct published *scene);

/* As it is; NULL where the client may not see it. Lives until the client's next call. */
const Convene__Mentoring__V1__Mentorship *mentorship_get(struct client *client,
                                                         const struct id_text *id);
/* Accept, decline, or another action that has an id alone. NULL when refused. */
const Convene__Mentoring__V1__Mentorship *mentorship_accept(struct client *client,
                                                            const struct id_text *id,
                                                            Convene__Mentoring__V1__Role role);
const Convene__Mentoring__V1__Mentorship *mentorship_decline(struct client *client,
                                                             const struct id_text *id,
                                                             Convene__Mentoring__V1__Role role,
                                                             const char *reason);
/* Has both accept, as the administrator. */
void mentorship_begin(struct published *scene, const struct id_text *id);

/* The person of a mentorship's side, as a place in people. */
size_t published_person(struct published *scene, const struct id_text *id,
                        Convene__Mentoring__V1__Role role);

#define MENTORSHIP_STATE(name) CONVENE__MENTORING__V1__MENTORSHIP_STATE__MENTORSHIP_STATE_##name
#define ROLE_NONE CONVENE__MENTORING__V1__ROLE__ROLE_UNSPECIFIED

#endif
