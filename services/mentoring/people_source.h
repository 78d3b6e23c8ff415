/* People and where they were, asked of the events service over its channel. Never in a transaction.
 */
#ifndef CVN_SERVICES_MENTORING_PEOPLE_SOURCE_H
#define CVN_SERVICES_MENTORING_PEOPLE_SOURCE_H

#include "base/arena.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "rpc/status.h"

struct cvn_channel;

enum { CVN_PEOPLE_ASKED_AT_ONCE = 500 };

/* People by what they were asked by: an id or an e-mail. */
struct cvn_people {
    const char **keys;                          /* sorted, each once */
    const Convene__Events__V1__Person **people; /* NULL where there is nobody */
    size_t n;
};

/*
 * Asks for everybody in people->keys (ids "per_…" and e-mails, in any order, also repeated; other
 * texts are nobody's), which are sorted in place, and fills in the rest. CVN_OK, or the code of the
 * call that failed with *status set.
 */
enum cvn_code cvn_people_get(struct cvn_channel *events, struct cvn_arena *arena,
                             struct cvn_people *people, struct cvn_status *status);

/* Who was asked by the key; NULL when there is nobody, or it was not asked. */
const Convene__Events__V1__Person *cvn_people_find(const struct cvn_people *people,
                                                   const char *key);

/*
 * Asks for the attendance of the people of the ids; ret_attendance has room for n_ids, in their
 * order, NULL for who is gone. Codes as above.
 */
enum cvn_code cvn_people_attendance(struct cvn_channel *events, struct cvn_arena *arena,
                                    const char *const *ids, size_t n_ids,
                                    const Convene__Events__V1__Attendance **ret_attendance,
                                    struct cvn_status *status);

#endif
