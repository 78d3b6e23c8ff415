/* The calls of the kill test: one function each, tried until the server has given its answer. */
#ifndef CVN_TESTS_KILL_CALLS_H
#define CVN_TESTS_KILL_CALLS_H

#include "convene/events/v1/rsvp.pb-c.h"
#include "rpc/channel.h"

#include <stdbool.h>

enum { KILL_ID_BYTES = 40, KILL_ARENA_BYTES = 4 << 20 };

/* The way to the server; the channel connects again by itself after each restart. */
struct kill_line {
    struct cvn_channel *channel;
    unsigned n_kills;
    _Atomic uint64_t n_repeated;
};

/*
 * Calls the method until there is an answer that the server stands by, over restarts and with the
 * same message each time. The reply in the arena; NULL with the status of the refusal.
 */
ProtobufCMessage *kill_call(struct kill_line *line, const struct cvn_call_request *request,
                            struct cvn_arena *arena, struct cvn_status *status);

/* Makes what the load needs; ends the program where that fails. Ids are KILL_ID_BYTES long. */
void kill_make_group(struct kill_line *line, char *ret_id);
void kill_make_person(struct kill_line *line, unsigned number, char *ret_id);
void kill_make_program(struct kill_line *line, char *ret_id);
/* An event of so many seats (0: no limit); the request id is made from its title. */
void kill_make_event(struct kill_line *line, const char *group, const char *title, int capacity,
                     char *ret_id);
/* Enrols the person; the request id is made from the number. */
void kill_enrol(struct kill_line *line, const char *program, const char *person, unsigned number);
/* The RSVP after a yes with so many guests, or -1 for a no; NULL when it was refused. */
const Convene__Events__V1__Rsvp *kill_respond(struct kill_line *line, struct cvn_arena *arena,
                                              const char *event, const char *person, int guests,
                                              const char *request_id);

#endif
