/* What lies under a mentorship: its log, in the order of days, and what each side said of it. */
#ifndef CVN_SERVICES_MENTORING_MENTORSHIPS_LOG_TABLE_H
#define CVN_SERVICES_MENTORING_MENTORSHIPS_LOG_TABLE_H

#include "services/mentoring/mentorships/mentorship_table.h"

enum {
    CVN_LOG_ENTRIES_MAX = 500, /* of one mentorship */
    CVN_LOG_NOTE_BYTES_MAX = 2000,
    CVN_LOG_MINUTES_MAX = 600,
    CVN_FEEDBACK_TEXT_BYTES_MAX = 2000,
    CVN_FEEDBACK_RATING_MAX = 5,
};

#define CVN_LOG_PREFIX "log"

/* day in days since 1970. */
int cvn_log_put(struct cvn_ctx *ctx, const struct cvn_id *mentorship, int64_t day,
                const struct cvn_id *id, const Convene__Mentoring__V1__LogEntry *entry);

/* Walks the log, the earliest day first. */
int cvn_log_cursor_init(struct cvn_cursor *cursor, struct cvn_ctx *ctx,
                        const struct cvn_id *mentorship);

/* How many entries there are, up to CVN_LOG_ENTRIES_MAX. */
int cvn_log_count(struct cvn_ctx *ctx, const struct cvn_id *mentorship, size_t *ret);

void cvn_feedback_key(struct cvn_key *key, const struct cvn_id *mentorship,
                      Convene__Mentoring__V1__Role role);

/* What a side said. 0; CVN_STORE_ABSENT; a fault. */
int cvn_feedback_get(struct cvn_ctx *ctx, const struct cvn_id *mentorship,
                     Convene__Mentoring__V1__Role role, Convene__Mentoring__V1__Feedback **ret);

#endif
