#include "services/events/comments/comment_table.h"

#include "services/events/change_row.h"
#include "services/events/meetups/event_table.h"
#include "services/events/people/person_table.h"
#include "services/events/record.h"
#include "services/events/spaces.h"

#include <errno.h>

#define SHOWN CONVENE__EVENTS__V1__COMMENT_STATE__COMMENT_STATE_SHOWN

const struct cvn_index cvn_comment_index = {"comment_author", CVN_INDEX_COMMENT_PERSON, false};
const struct cvn_index cvn_report_index = {"report_person", CVN_INDEX_REPORT_PERSON, false};

bool cvn_comment_of_key(struct cvn_slice key, struct cvn_id *ret_event, struct cvn_id *ret_comment)
{
    struct cvn_key_reader reader;
    cvn_key_reader_init(&reader, key);
    uint8_t space = cvn_key_get_u8(&reader);
    struct cvn_id event = cvn_key_get_id(&reader);
    uint8_t kind = cvn_key_get_u8(&reader);
    struct cvn_id comment = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader) || space != CVN_SPACE_EVENTS ||
        kind != CVN_EVENT_KIND_COMMENT)
        return false;
    *ret_event = event;
    *ret_comment = comment;
    return true;
}

bool cvn_report_of_key(struct cvn_slice key, struct cvn_id ret_ids[3])
{
    struct cvn_key_reader reader;
    struct cvn_id ids[3];
    cvn_key_reader_init(&reader, key);
    uint8_t space = cvn_key_get_u8(&reader);
    ids[0] = cvn_key_get_id(&reader);
    uint8_t kind = cvn_key_get_u8(&reader);
    ids[1] = cvn_key_get_id(&reader);
    ids[2] = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader) || space != CVN_SPACE_EVENTS || kind != CVN_EVENT_KIND_REPORT)
        return false;
    memcpy(ret_ids, ids, sizeof ids);
    return true;
}

/* A comment whose author was erased is nobody's. */
static int derive_comment(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    Convene__Events__V1__Comment *comment;
    struct cvn_id event, id, author;
    struct cvn_key by_author, written;
    int r = cvn_record_unpack(cvn_index_sink_arena(sink), &convene__events__v1__comment__descriptor,
                              value, &comment);
    if (r || !comment->author_id[0])
        return r;
    if (!cvn_comment_of_key(key, &event, &id) ||
        !cvn_id_parse(&author, CVN_PERSON_PREFIX, comment->author_id))
        return -EBADMSG;
    cvn_key_init(&by_author);
    cvn_key_put_id(&by_author, &author);
    cvn_key_put_id(&by_author, &event);
    cvn_key_init(&written);
    cvn_key_put_i64(&written, cvn_record_time_ms(comment->create_time, 0));
    return cvn_index_emit(sink, CVN_INDEX_COMMENT_PERSON, cvn_key_slice(&by_author),
                          cvn_key_slice(&written));
}

static int derive_report(struct cvn_slice key, struct cvn_slice value, struct cvn_index_sink *sink)
{
    struct cvn_id ids[3];
    struct cvn_key by_person;
    (void)value;
    if (!cvn_report_of_key(key, ids))
        return -EBADMSG;
    cvn_key_init(&by_person);
    cvn_key_put_id(&by_person, &ids[2]);
    return cvn_index_emit(sink, CVN_INDEX_REPORT_PERSON, cvn_key_slice(&by_person),
                          cvn_slice(NULL, 0));
}

const struct cvn_table cvn_comment_table = {
    .name = "comments",
    .space = CVN_SPACE_EVENTS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_EVENT_KIND_COMMENT,
    .indexes = &cvn_comment_index,
    .n_indexes = 1,
    .derive = derive_comment,
};

const struct cvn_table cvn_report_table = {
    .name = "comment_reports",
    .space = CVN_SPACE_EVENTS,
    .kind_at = CVN_EVENTS_KIND_AT,
    .kind = CVN_EVENT_KIND_REPORT,
    .indexes = &cvn_report_index,
    .n_indexes = 1,
    .derive = derive_report,
};

void cvn_comment_prefix(struct cvn_key *key, const struct cvn_id *event)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_COMMENT);
}

void cvn_report_prefix(struct cvn_key *key, const struct cvn_id *event,
                       const struct cvn_id *comment)
{
    cvn_event_kind_key(key, event, CVN_EVENT_KIND_REPORT);
    if (comment)
        cvn_key_put_id(key, comment);
}

static void comment_key(struct cvn_key *key, const struct cvn_id *event,
                        const struct cvn_id *comment)
{
    cvn_comment_prefix(key, event);
    cvn_key_put_id(key, comment);
}

static void report_key(struct cvn_key *key, const struct cvn_id ids[3])
{
    cvn_report_prefix(key, &ids[0], &ids[1]);
    cvn_key_put_id(key, &ids[2]);
}

static void pointer_key(struct cvn_key *key, const struct cvn_id *comment)
{
    cvn_key_begin(key, CVN_SPACE_COMMENT_EVENTS);
    cvn_key_put_id(key, comment);
}

int cvn_discussion_get(struct cvn_ctx *ctx, const struct cvn_id *event, struct cvn_discussion *ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    cvn_event_kind_key(&key, event, CVN_EVENT_KIND_DISCUSSION);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r) {
        *ret = (struct cvn_discussion){0};
        return r == CVN_STORE_ABSENT ? 0 : r;
    }
    cvn_key_reader_init(&reader, value);
    struct cvn_discussion discussion = {0};
    discussion.n_comments = cvn_key_get_u32(&reader);
    discussion.n_shown = cvn_key_get_u32(&reader);
    discussion.n_reports = cvn_key_get_u32(&reader);
    discussion.locked_ms = cvn_key_get_i64(&reader);
    *ret = discussion;
    return cvn_key_reader_done(&reader) ? 0 : -EUCLEAN;
}

int cvn_discussion_put(struct cvn_ctx *ctx, const struct cvn_id *event,
                       const struct cvn_discussion *discussion)
{
    struct cvn_key key, value;
    cvn_event_kind_key(&key, event, CVN_EVENT_KIND_DISCUSSION);
    cvn_key_init(&value);
    cvn_key_put_u32(&value, discussion->n_comments);
    cvn_key_put_u32(&value, discussion->n_shown);
    cvn_key_put_u32(&value, discussion->n_reports);
    cvn_key_put_i64(&value, discussion->locked_ms);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

int cvn_comment_event(struct cvn_ctx *ctx, const struct cvn_id *comment, struct cvn_id *ret_event)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_key_reader reader;
    pointer_key(&key, comment);
    int r = cvn_txn_get(ctx->txn, cvn_key_slice(&key), &value);
    if (r)
        return r;
    cvn_key_reader_init(&reader, value);
    struct cvn_id event = cvn_key_get_id(&reader);
    if (!cvn_key_reader_done(&reader))
        return -EUCLEAN;
    *ret_event = event;
    return 0;
}

int cvn_comment_get(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *comment,
                    Convene__Events__V1__Comment **ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__Comment *message;
    comment_key(&key, event, comment);
    int r = cvn_table_get(ctx->txn, &cvn_comment_table, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__comment__descriptor, value, &message);
    if (r)
        return r;
    message->id = cvn_ctx_id_text(ctx, CVN_COMMENT_PREFIX, comment);
    message->event_id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, event);
    if (!message->id || !message->event_id)
        return -ENOMEM;
    *ret = message;
    return 0;
}

static int add_pointer(struct cvn_ctx *ctx, const struct cvn_id *event,
                       const struct cvn_id *comment)
{
    struct cvn_key key, value;
    pointer_key(&key, comment);
    cvn_key_init(&value);
    cvn_key_put_id(&value, event);
    return cvn_txn_put(ctx->txn, cvn_key_slice(&key), cvn_key_slice(&value));
}

int cvn_comment_put(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *comment,
                    const Convene__Events__V1__Comment *message)
{
    struct cvn_key key;
    struct cvn_slice value;
    struct cvn_discussion discussion;
    Convene__Events__V1__Comment *before = NULL, stored = *message;
    char *none = (char *)(uintptr_t)protobuf_c_empty_string;
    stored.id = stored.event_id = stored.display_name = stored.etag = none;
    stored.report_count = 0;
    int r = cvn_comment_get(ctx, event, comment, &before);
    if (r == CVN_STORE_ABSENT)
        r = add_pointer(ctx, event, comment);
    if (r == 0)
        r = cvn_discussion_get(ctx, event, &discussion);
    if (r == 0)
        r = cvn_ctx_pack(ctx, &stored.base, &value);
    if (r)
        return r;
    discussion.n_comments += before == NULL;
    discussion.n_shown +=
        (uint32_t)(stored.state == SHOWN) - (uint32_t)(before && before->state == SHOWN);
    comment_key(&key, event, comment);
    const struct cvn_id ids[2] = {*event, *comment};
    r = cvn_table_put(ctx->txn, &cvn_comment_table, cvn_key_slice(&key), value);
    if (r == 0)
        r = cvn_discussion_put(ctx, event, &discussion);
    return r ? r : cvn_change_row_comment(ctx, ids, before == NULL, stored.state);
}

int cvn_comments_since(struct cvn_ctx *ctx, const struct cvn_id *author, const struct cvn_id *event,
                       int64_t since_ms, size_t max, size_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_key_init(&lo);
    cvn_key_put_id(&lo, author);
    cvn_key_put_id(&lo, event);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    const struct cvn_slice bounds[2] = {cvn_key_slice(&lo), cvn_key_slice(&hi)};
    CVN_INDEX_CURSOR_AUTO cursor = {0};
    size_t n = 0;
    int r = cvn_index_cursor_init(&cursor, ctx->txn, &cvn_comment_index, bounds, CVN_BACKWARD);
    while (r == 0 && n < max) {
        struct cvn_index_entry entry;
        struct cvn_key_reader reader;
        r = cvn_index_cursor_next(&cursor, &entry);
        if (r)
            break;
        cvn_key_reader_init(&reader, entry.value);
        if (cvn_key_get_i64(&reader) <= since_ms)
            break;
        n++;
    }
    *ret_n = n;
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_report_get(struct cvn_ctx *ctx, const struct cvn_id ids[3],
                   Convene__Events__V1__CommentReport **ret)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__CommentReport *report;
    report_key(&key, ids);
    int r = cvn_table_get(ctx->txn, &cvn_report_table, cvn_key_slice(&key), &value);
    if (r == 0)
        r = cvn_ctx_unpack(ctx, &convene__events__v1__comment_report__descriptor, value, &report);
    if (r)
        return r;
    report->event_id = cvn_ctx_id_text(ctx, CVN_EVENT_PREFIX, &ids[0]);
    report->comment_id = cvn_ctx_id_text(ctx, CVN_COMMENT_PREFIX, &ids[1]);
    report->person_id = cvn_ctx_id_text(ctx, CVN_PERSON_PREFIX, &ids[2]);
    if (!report->event_id || !report->comment_id || !report->person_id)
        return -ENOMEM;
    *ret = report;
    return 0;
}

static int count_reports(struct cvn_ctx *ctx, const struct cvn_id *event, int by)
{
    struct cvn_discussion discussion;
    int r = cvn_discussion_get(ctx, event, &discussion);
    discussion.n_reports += (uint32_t)by;
    return r ? r : cvn_discussion_put(ctx, event, &discussion);
}

int cvn_report_put(struct cvn_ctx *ctx, const struct cvn_id ids[3],
                   const Convene__Events__V1__CommentReport *report)
{
    struct cvn_key key;
    struct cvn_slice value;
    Convene__Events__V1__CommentReport stored = CONVENE__EVENTS__V1__COMMENT_REPORT__INIT;
    stored.reason = report->reason;
    stored.create_time = report->create_time;
    report_key(&key, ids);
    int known = cvn_txn_get(ctx->txn, cvn_key_slice(&key), NULL);
    if (known && known != CVN_STORE_ABSENT)
        return known;
    int r = cvn_ctx_pack(ctx, &stored.base, &value);
    if (r == 0)
        r = cvn_table_put(ctx->txn, &cvn_report_table, cvn_key_slice(&key), value);
    return r || known == 0 ? r : count_reports(ctx, &ids[0], 1);
}

int cvn_report_delete(struct cvn_ctx *ctx, const struct cvn_id ids[3])
{
    struct cvn_key key;
    report_key(&key, ids);
    int r = cvn_table_delete(ctx->txn, &cvn_report_table, cvn_key_slice(&key));
    return r ? r : count_reports(ctx, &ids[0], -1);
}

/* Walks the reports on a comment, and deletes them or not. */
static int each_report(struct cvn_ctx *ctx, const struct cvn_id *event,
                       const struct cvn_id *comment, bool deletes, uint32_t *ret_n)
{
    struct cvn_key lo, hi;
    cvn_report_prefix(&lo, event, comment);
    cvn_key_prefix_end(&hi, cvn_key_slice(&lo));
    CVN_CURSOR_AUTO cursor = {0};
    *ret_n = 0;
    int r = cvn_cursor_init(&cursor, ctx->txn, cvn_key_slice(&lo), cvn_key_slice(&hi), CVN_FORWARD);
    while (r == 0) {
        struct cvn_slice key;
        struct cvn_id ids[3];
        r = cvn_cursor_next(&cursor, &key, NULL);
        if (r)
            break;
        if (!cvn_report_of_key(key, ids))
            return -EUCLEAN;
        ++*ret_n;
        if (deletes)
            r = cvn_report_delete(ctx, ids);
    }
    return r == CVN_STORE_ABSENT ? 0 : r;
}

int cvn_reports_count(struct cvn_ctx *ctx, const struct cvn_id *event, const struct cvn_id *comment,
                      uint32_t *ret_n)
{
    return each_report(ctx, event, comment, false, ret_n);
}

int cvn_reports_delete(struct cvn_ctx *ctx, const struct cvn_id *event,
                       const struct cvn_id *comment)
{
    uint32_t n;
    return each_report(ctx, event, comment, true, &n);
}
