/* What time does to mentorships: proposals that nobody accepts expire. */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_EXPIRE_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_EXPIRE_H

#include <stdint.h>

struct cvn_mentoring;

enum { CVN_EXPIRE_TURN_MAX = 100 }; /* proposals in one update */

/*
 * Expires some of the proposals whose time is over. 1 where more may follow at once; 0, and
 * *ret_next_ms is when the next one expires, unchanged where none does; a fault. Waits for the
 * store's writer where there is something to do.
 */
int cvn_mentorships_expire(struct cvn_mentoring *mentoring, int64_t now_ms, int64_t *ret_next_ms);

#endif
