/* What a client is made of, for the command line, which calls what the library does not know. */
#ifndef CVN_CLIENT_LIB_CHANNEL_H
#define CVN_CLIENT_LIB_CHANNEL_H

#include "convene/convene.h"
#include "rpc/channel.h"

/* The client's channel, signed in as its options ask. Belongs to the client. */
struct cvn_channel *cvn_client_channel(struct convene *client);

/* Of each call, as its options said. */
int64_t cvn_client_timeout_ms(const struct convene *client);
bool cvn_client_fails_fast(const struct convene *client);

/* Notes that a server has answered, so that a deadline that passes later is no sign of none. */
void cvn_client_note_answer(struct convene *client);

/* How a call ended, in the library's terms; status->unreachable when no server ever answered. */
void cvn_client_take_status(struct convene *client, const struct cvn_status *from,
                            struct cvn_arena *arena, struct convene_status *status);

#endif
