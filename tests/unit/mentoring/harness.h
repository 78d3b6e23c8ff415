/*
 * Calls methods of the mentoring service as the runtime does (prepare, then run in a transaction of
 * a store in a temporary directory, then after), at a time the test sets. The people are those of a
 * real events service in the same process, so that the two are tested against each other.
 */
#ifndef CVN_TESTS_MENTORING_HARNESS_H
#define CVN_TESTS_MENTORING_HARNESS_H

#include "convene/mentoring/v1/enrolment.pb-c.h"
#include "convene/mentoring/v1/match.pb-c.h"
#include "convene/mentoring/v1/mentorship.pb-c.h"
#include "convene/mentoring/v1/privacy.pb-c.h"
#include "convene/mentoring/v1/program.pb-c.h"
#include "services/events/service.h"
#include "services/mentoring/service.h"
#include "services/runtime/methods.h"
#include "storage/store.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

struct harness {
    char path[64];
    struct cvn_zones *zones;
    struct cvn_store *events_store;
    struct cvn_runtime *events_runtime;
    struct cvn_events_service events;
    struct cvn_server *events_server;
    struct cvn_channel *channel;
    struct cvn_store *store;
    struct cvn_mentoring *service;
    unsigned n_calls; /* makes the ids of each call its own */
    bool holds_runs;
};

/* For cmocka's setup and teardown; *state becomes the harness. */
int harness_setup(void **state);
int harness_teardown(void **state);

/* The time of all services, in milliseconds since 1970; harness_setup sets 2026-12-01T12:00Z. */
int64_t harness_now_ms(void);
void harness_set_now_ms(int64_t now_ms);

/* While closed, the events service answers nobody. Open it before the test ends. */
void harness_close_gate(void);
void harness_open_gate(void);

/* Keeps runs in the queue from here on, until they are released or the service stops. */
void harness_hold_runs(struct harness *harness);
void harness_release_runs(struct harness *harness);

/* Takes the events service away for good. */
void harness_lose_events(struct harness *harness);
/* Stops the mentoring service and starts it again on the same store. */
void harness_restart(struct harness *harness);

/* How many pairs are published in one transaction, from now on. */
void harness_set_publish_at_once(struct harness *harness, int32_t n);

/* Somebody who calls. Replies live until the next call. */
struct client {
    struct harness *harness;
    struct cvn_principal who;
    struct cvn_arena arena;
    struct cvn_status status;
    bool (*over)(void *call); /* whether nobody waits for the answers; NULL: somebody does */
    int result;               /* of the last call: 0, CVN_REFUSED or a fault */
};

struct client client_admin(struct harness *harness);
struct client client_nobody(struct harness *harness);
struct client client_of(struct harness *harness, struct cvn_id person);
void client_end(struct client *client);
#define CLIENT __attribute__((cleanup(client_end))) struct client

/* The reply to the method of that name, or NULL with result and status set. */
void *client_call(struct client *client, const char *method, const void *request);

/* The code of the last call. */
enum cvn_code client_code(const struct client *client);
/* Whether the last call was refused for exactly that field, among others. */
bool client_blames(struct client *client, const char *field);

struct id_text {
    char text[CVN_ID_TEXT_BYTES];
};
struct id_text id_text(const char *prefix, const struct cvn_id *id);
#define PERSON_TEXT(id) id_text("per", &(id)).text

/*
 * Calls the events service as an administrator; asserts that it succeeds. The reply lives in the
 * arena.
 */
void *harness_ask_events(struct harness *harness, struct cvn_arena *arena,
                         const ProtobufCServiceDescriptor *service, const char *method,
                         const ProtobufCMessage *message);

/* Registers "Person 0" to "Person n-1", personN@example.org, in Berlin, who speak German. */
void harness_people(struct harness *harness, struct cvn_id *ret_ids, size_t n);

/* The same with numbers from first on; at most 500 at once. */
void harness_people_from(struct harness *harness, struct cvn_id *ret_ids, size_t n, size_t first);

/*
 * An evening tomorrow of a new group of the owner's, to which the people say yes; for members only
 * if so, and the people are then members. Three days later it has taken place. The group's id.
 */
struct id_text harness_meet(struct harness *harness, struct cvn_id owner,
                            const struct cvn_id *people, size_t n, bool for_members);

/* Erases the person to the end, as the client; asserts. */
void harness_erase(struct client *client, const char *person_id);

/* Makes a programme with those rules and weights (the program's other fields are set). */
struct id_text harness_program(struct harness *harness, Convene__Mentoring__V1__Program program);

/*
 * An enrolment that is right: one skill, Go, free on Monday from 18 to 21 o'clock. Points into
 * what is passed, and into itself, so it is not to be copied.
 */
struct enrolment {
    Convene__Mentoring__V1__Enrolment row;
    Convene__Mentoring__V1__Skill skill;
    Convene__Mentoring__V1__Skill *skills[1];
    Convene__Mentoring__V1__WeeklySpan span;
    Convene__Mentoring__V1__WeeklySpan *spans[1];
    struct id_text person;
};
void enrolment_init(struct enrolment *enrolment, Convene__Mentoring__V1__Role role,
                    const char *program_id, struct cvn_id person);

#define MENTOR CONVENE__MENTORING__V1__ROLE__ROLE_MENTOR
#define MENTEE CONVENE__MENTORING__V1__ROLE__ROLE_MENTEE
#define RUN_STATE(name) CONVENE__MENTORING__V1__MATCH_RUN__STATE__STATE_##name

/* Enrols; asserts. Lives until the client's next call. */
const Convene__Mentoring__V1__Enrolment *harness_enrol(struct client *client,
                                                       const struct enrolment *enrolment);

/* Starts a run and gives its id; asserts. */
struct id_text harness_start_run(struct client *client, const char *program_id, uint64_t seed);
/* Waits until the run has ended; as it is then. Lives until the client's next call. */
const Convene__Mentoring__V1__MatchRun *harness_wait_run(struct client *client, const char *run_id);

#endif
