/* The mentees of a programme who wait for a mentor, and since when; the programme's count of them.
 */
#ifndef CVN_SERVICES_MENTORING_WAITING_H
#define CVN_SERVICES_MENTORING_WAITING_H

#include "services/runtime/ctx.h"

/* Since when a mentee waits, in milliseconds since 1970. 0; CVN_STORE_ABSENT; a fault. */
int cvn_waiting_get(struct cvn_ctx *ctx, const struct cvn_id *program, const struct cvn_id *person,
                    int64_t *ret_since_ms);

/* Puts a mentee on the list; who is on it keeps their place. 0 or a fault. */
int cvn_waiting_add(struct cvn_ctx *ctx, const struct cvn_id *program, const struct cvn_id *person,
                    int64_t since_ms);

/* Takes a mentee off the list; *ret_since_ms, which may be NULL, is 0 for who was not on it. */
int cvn_waiting_remove(struct cvn_ctx *ctx, const struct cvn_id *program,
                       const struct cvn_id *person, int64_t *ret_since_ms);

#endif
