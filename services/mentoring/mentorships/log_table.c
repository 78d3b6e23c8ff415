#include "services/mentoring/mentorships/log_table.h"

#include "services/mentoring/tables.h"

int cvn_log_put(struct cvn_ctx *ctx, const struct cvn_id *mentorship, int64_t day,
                const struct cvn_id *id, const Convene__Mentoring__V1__LogEntry *entry)
{
    struct cvn_key key;
    struct cvn_slice packed;
    cvn_mentorship_key(&key, mentorship, CVN_MENTORSHIP_LOG);
    cvn_key_put_u32(&key, (uint32_t)day);
    cvn_key_put_id(&key, id);
    int r = cvn_ctx_pack(ctx, &entry->base, &packed);
    return r ? r : cvn_txn_put(ctx->txn, cvn_key_slice(&key), packed);
}

int cvn_log_cursor_init(struct cvn_cursor *cursor, struct cvn_ctx *ctx,
                        const struct cvn_id *mentorship)
{
    struct cvn_key lo, hi;
    cvn_mentorship_key(&lo, mentorship, CVN_MENTORSHIP_LOG);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    return cvn_cursor_init(cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
}

int cvn_log_count(struct cvn_ctx *ctx, const struct cvn_id *mentorship, size_t *ret)
{
    struct cvn_slice key;
    CVN_CURSOR_AUTO cursor;
    *ret = 0;
    int r = cvn_log_cursor_init(&cursor, ctx, mentorship);
    while (r == 0 && *ret < CVN_LOG_ENTRIES_MAX && (r = cvn_cursor_next(&cursor, &key, NULL)) == 0)
        ++*ret;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

void cvn_feedback_key(struct cvn_key *key, const struct cvn_id *mentorship,
                      Convene__Mentoring__V1__Role role)
{
    cvn_mentorship_key(key, mentorship, CVN_MENTORSHIP_FEEDBACK);
    cvn_key_put_u8(key, (uint8_t)role);
}

int cvn_feedback_get(struct cvn_ctx *ctx, const struct cvn_id *mentorship,
                     Convene__Mentoring__V1__Role role, Convene__Mentoring__V1__Feedback **ret)
{
    struct cvn_key key;
    cvn_feedback_key(&key, mentorship, role);
    return cvn_mentoring_get(ctx, &key, &convene__mentoring__v1__feedback__descriptor, ret);
}
