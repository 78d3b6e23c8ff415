/* People and where they were, asked of the events service over its channel. Never in a transaction.
 */
#ifndef CVN_SERVICES_MENTORING_PEOPLE_SOURCE_H
#define CVN_SERVICES_MENTORING_PEOPLE_SOURCE_H

#include "base/arena.h"
#include "convene/events/v1/person.pb-c.h"
#include "convene/events/v1/rsvp.pb-c.h"
#include "rpc/status.h"
#include "services/runtime/principal.h"

#include <stdatomic.h>

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
 * texts are nobody's), which are sorted in place, and fills in the rest. On the subject's behalf
 * (services/runtime/delegation.h); NULL: the service's own, which is for administrators only.
 * CVN_OK, or the code of the call that failed with *status set.
 */
enum cvn_code cvn_people_get(struct cvn_channel *events, struct cvn_arena *arena,
                             const struct cvn_id *subject, struct cvn_people *people,
                             struct cvn_status *status);

/* On whose behalf the events service is asked for who calls: NULL for administrators. */
const struct cvn_id *cvn_people_subject(const struct cvn_principal *who);

/* Who was asked by the key; NULL when there is nobody, or it was not asked. */
const Convene__Events__V1__Person *cvn_people_find(const struct cvn_people *people,
                                                   const char *key);

/* Whose attendance is asked for: at most CVN_PEOPLE_ASKED_AT_ONCE people. */
struct cvn_attendance_query {
    const struct cvn_id *subject; /* as above */
    const char *const *ids;       /* "per_…" */
    const char *const *revisions; /* of what is kept of each; "" for nothing */
    size_t n;
    const char *mark;          /* of an earlier answer, or NULL */
    const atomic_bool *cancel; /* looked at several times a second; ends the call. May be NULL */
    int64_t deadline_ms;       /* on the clock of deadlines; 0: none */
};

/* What was answered; all but the array is in the arena. */
struct cvn_attendance_answer {
    /* The caller's, for query->n: in the order of the ids, NULL for who is gone, `unchanged` where
     * the revision still holds. */
    const Convene__Events__V1__Attendance **attendance;
    const char *mark;   /* "" from a service that has none */
    bool changes_known; /* since the query's mark it has changed at most for the next ones */
    char *const *changed_ids;
    size_t n_changed_ids;
};

/* Asks for the attendance. Codes as above, and CVN_CANCELLED. */
enum cvn_code cvn_people_attendance(struct cvn_channel *events, struct cvn_arena *arena,
                                    const struct cvn_attendance_query *query,
                                    struct cvn_attendance_answer *ret, struct cvn_status *status);

#endif
