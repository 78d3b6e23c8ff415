#include "services/events/watch/watch_cursor.h"

#include "services/runtime/page.h"
#include "storage/key.h"

/* What the seal is for. */
#define NAME "convene.events.v1.WatchEvents cursor"

char *cvn_watch_cursor_make(struct cvn_ctx *ctx, const struct cvn_watch_cursor *cursor)
{
    struct cvn_key bytes;
    cvn_key_init(&bytes);
    cvn_key_put_u8(&bytes, (uint8_t)cursor->phase);
    cvn_key_put_u64(&bytes, cursor->sequence);
    cvn_key_put_i64(&bytes, cursor->time_ms);
    switch (cursor->phase) {
    case CVN_WATCH_LOG:
        break;
    case CVN_WATCH_LIST:
        cvn_key_put_raw(&bytes, cvn_slice_of_string(cursor->list_token));
        break;
    case CVN_WATCH_WALK:
        cvn_key_put_id(&bytes, &cursor->walk_group);
        cvn_key_put_u8(&bytes, cursor->walk_role);
        cvn_key_put_i64(&bytes, cursor->walk_archived_ms);
        cvn_key_put_i64(&bytes, cursor->walk_start_ms);
        cvn_key_put_id(&bytes, &cursor->walk_event);
        break;
    }
    return bytes.overflowed ? NULL : cvn_token_make(ctx, NAME, cvn_key_slice(&bytes));
}

static bool read_list_token(struct cvn_key_reader *reader, struct cvn_watch_cursor *cursor)
{
    struct cvn_slice token = cvn_key_get_rest(reader);
    if (token.len >= sizeof cursor->list_token)
        return false;
    if (token.len > 0)
        memcpy(cursor->list_token, token.data, token.len);
    return true;
}

bool cvn_watch_cursor_read(struct cvn_ctx *ctx, const char *token, struct cvn_watch_cursor *ret)
{
    struct cvn_slice bytes;
    struct cvn_key_reader reader;
    struct cvn_watch_cursor cursor = {0};
    if (!cvn_token_read(ctx, NAME, token, &bytes))
        return false;
    cvn_key_reader_init(&reader, bytes);
    uint8_t phase = cvn_key_get_u8(&reader);
    cursor.sequence = cvn_key_get_u64(&reader);
    cursor.time_ms = cvn_key_get_i64(&reader);
    if (phase == CVN_WATCH_LIST && !read_list_token(&reader, &cursor))
        return false;
    if (phase == CVN_WATCH_WALK) {
        cursor.walk_group = cvn_key_get_id(&reader);
        cursor.walk_role = cvn_key_get_u8(&reader);
        cursor.walk_archived_ms = cvn_key_get_i64(&reader);
        cursor.walk_start_ms = cvn_key_get_i64(&reader);
        cursor.walk_event = cvn_key_get_id(&reader);
    }
    if (!cvn_key_reader_done(&reader) || phase > CVN_WATCH_WALK)
        return false;
    cursor.phase = (enum cvn_watch_phase)phase;
    *ret = cursor;
    return true;
}
