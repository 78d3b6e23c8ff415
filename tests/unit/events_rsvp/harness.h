/*
 * Calls methods of the events service as the runtime does (prepare, then run in a transaction of a
 * store in a temporary directory), without sockets, at a time the test sets.
 */
#ifndef CVN_TESTS_EVENTS_RSVP_HARNESS_H
#define CVN_TESTS_EVENTS_RSVP_HARNESS_H

#include "convene/events/v1/calendar.pb-c.h"
#include "convene/events/v1/comment.pb-c.h"
#include "convene/events/v1/event.pb-c.h"
#include "convene/events/v1/group.pb-c.h"
#include "convene/events/v1/membership.pb-c.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/events/v1/privacy.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "convene/events/v1/series.pb-c.h"
#include "services/events/handlers.h"
#include "services/events/service.h"
#include "services/runtime/write_stream.h"
#include "storage/store.h"

#include <stdatomic.h>

enum { HOUR_MS = 60 * 60 * 1000 };
#define DAY_MS ((int64_t)24 * HOUR_MS)

struct harness {
    char path[64];
    struct cvn_store *store;
    struct cvn_zones *zones;
    struct cvn_events_service service;
    _Atomic int64_t now_ms;
    atomic_uint n_calls; /* makes the ids of each call its own */
};

/* Somebody who calls; one thread at a time. Replies live until the next call. */
struct client {
    struct harness *harness;
    struct cvn_principal who;
    struct cvn_arena arena;
    struct cvn_status status;
    int result; /* of the last call: 0, CVN_REFUSED or a fault */
};

/* For cmocka's setup and teardown; *state becomes the harness. */
int harness_setup(void **state);
int harness_teardown(void **state);
/* Closes the store and opens it again, as a restart does. */
void harness_reopen(struct harness *harness);

struct client client_admin(struct harness *harness);
struct client client_nobody(struct harness *harness);
struct client client_of(struct harness *harness, struct cvn_id person);
/* A service that may call the method and acts for the person. */
struct client client_on_behalf_of(struct harness *harness, struct cvn_id person);
void client_end(struct client *client);
#define CLIENT __attribute__((cleanup(client_end))) struct client

/* The reply, or NULL with result and status set. */
void *client_call(struct client *client, const struct cvn_service_method *method,
                  const void *request);

/*
 * Works a message off as a stream of the type does, told of each answer. State is the stream's.
 * False when it was refused, with result and status set.
 */
bool client_write(struct client *client, const struct cvn_write_stream_type *type, void *state,
                  ProtobufCMessage *message,
                  void (*told)(void *arg, const ProtobufCMessage *answer), void *arg);

/* Calls it in an update that is taken back whatever it did: only result and status tell. */
void client_try(struct client *client, const struct cvn_service_method *method,
                const void *request);

/* The method of that name, of whichever service; NULL for none. */
const ProtobufCMethodDescriptor *harness_method(const char *name);

/* The reason of the last refusal, or "". */
const char *client_reason(struct client *client);
/* Whether the last call was refused with INVALID_ARGUMENT for exactly that field, among others. */
bool client_blames(struct client *client, const char *field);

/* Runs in a write with a context of the harness's time. */
int harness_write(struct harness *harness, int (*run)(struct cvn_ctx *ctx, void *arg), void *arg);
int harness_read(struct harness *harness, int (*run)(struct cvn_ctx *ctx, void *arg), void *arg);

/* People "person 0" and so on with e-mails person0@example.org; asserts. */
struct cvn_id harness_person(struct harness *harness, unsigned number);
/* A group of that name owned by the person; asserts. */
struct cvn_id harness_group(struct harness *harness, const char *name, struct cvn_id owner);

/* A published event of the group that starts in 60 days with that many seats, not yet stored. */
Convene__Events__V1__Event harness_event(struct harness *harness, struct cvn_id group,
                                         int32_t capacity);
/* Stores the event under an id of that number and settles its seats; asserts. */
struct cvn_id harness_put_event(struct harness *harness, unsigned number,
                                Convene__Events__V1__Event event);

struct id_text {
    char text[CVN_ID_TEXT_BYTES];
};
struct id_text id_text(const char *prefix, struct cvn_id id);
#define EVENT_TEXT(id) id_text("evt", id).text
#define PERSON_TEXT(id) id_text("per", id).text
#define GROUP_TEXT(id) id_text("grp", id).text

/* The RSVP's state after the call, or -1 when it was refused. */
int say_yes(struct client *client, struct cvn_id event, struct cvn_id person, int32_t guests);
int say_no(struct client *client, struct cvn_id event, struct cvn_id person);
int decide(struct client *client, struct cvn_id event, struct cvn_id person, int action);
/* The RSVP as the administrators see it; asserts. Lives until the client's next call. */
const Convene__Events__V1__Rsvp *get_rsvp(struct client *admin, struct cvn_id event,
                                          struct cvn_id person);
int state_of(struct client *admin, struct cvn_id event, struct cvn_id person);

#endif
