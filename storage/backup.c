#include "storage/backup.h"

#include "storage/backup_format.h"
#include "storage/change_log.h"
#include "storage/loader.h"
#include "storage/schema.h"

#include <errno.h>
#include <sodium.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Bytes on their way to the sink. */
struct output {
    const struct cvn_backup_sink *sink;
    crypto_generichash_state hash;
    uint64_t n_bytes;
    size_t len;
    uint8_t buffer[CVN_BACKUP_BUFFER_BYTES];
};

static int flush(struct output *output)
{
    const struct cvn_backup_sink *sink = output->sink;
    int r = output->len ? sink->write(sink->arg, output->buffer, output->len) : 0;
    output->n_bytes += output->len;
    output->len = 0;
    return r;
}

static int emit(struct output *output, struct cvn_slice bytes)
{
    const uint8_t *at = bytes.data;
    int r = 0;
    (void)crypto_generichash_update(&output->hash, at, bytes.len);
    for (size_t left = bytes.len; r == 0 && left > 0;) {
        size_t room = sizeof output->buffer - output->len;
        size_t n = left < room ? left : room;
        memcpy(output->buffer + output->len, at, n);
        output->len += n;
        at += n;
        left -= n;
        if (output->len == sizeof output->buffer)
            r = flush(output);
    }
    return r;
}

static int emit_header(struct output *output, const struct cvn_backup_part *part)
{
    char name[CVN_BACKUP_NAME_BYTES] = {0};
    memcpy(name, part->name, strnlen(part->name, sizeof name));
    struct cvn_key header;
    cvn_key_init(&header);
    cvn_key_put_raw(&header, cvn_slice_of_string(CVN_BACKUP_MAGIC));
    cvn_key_put_u16(&header, CVN_BACKUP_FORMAT);
    cvn_key_put_u16(&header, part->number);
    cvn_key_put_u16(&header, part->n_parts);
    cvn_key_put_u32(&header, part->schema_version);
    cvn_key_put_u64(&header, part->last_change);
    cvn_key_put_i64(&header, part->time_ms);
    cvn_key_put_raw(&header, cvn_slice(name, sizeof name));
    return emit(output, cvn_key_slice(&header));
}

static int emit_record(struct output *output, struct cvn_slice key, struct cvn_slice value)
{
    struct cvn_key lengths;
    cvn_key_init(&lengths);
    cvn_key_put_u16(&lengths, (uint16_t)key.len);
    cvn_key_put_u32(&lengths, (uint32_t)value.len);
    int r = emit(output, cvn_key_slice(&lengths));
    if (r == 0)
        r = emit(output, key);
    return r ? r : emit(output, value);
}

static int emit_records(struct output *output, struct cvn_txn *snapshot)
{
    const struct cvn_slice none = {NULL, 0};
    struct cvn_slice key, value;
    struct cvn_progress_count count = cvn_progress_begin(output->sink->progress, snapshot);
    CVN_CURSOR_AUTO cursor;
    int r = cvn_cursor_init(&cursor, snapshot, none, none, CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0) {
        r = emit_record(output, key, value);
        if (r == 0)
            r = cvn_progress_step(&count);
    }
    if (r == CVN_STORE_ABSENT)
        r = cvn_progress_end(&count);
    if (r)
        return r;
    struct cvn_key end;
    cvn_key_init(&end);
    cvn_key_put_u16(&end, 0);
    cvn_key_put_u64(&end, count.n_done);
    return emit(output, cvn_key_slice(&end));
}

static int emit_checksum(struct output *output)
{
    uint8_t checksum[CVN_BACKUP_CHECKSUM_BYTES];
    (void)crypto_generichash_final(&output->hash, checksum, sizeof checksum);
    int r = emit(output, cvn_slice(checksum, sizeof checksum));
    return r ? r : flush(output);
}

int cvn_backup_write(struct cvn_txn *snapshot, const struct cvn_backup_part *part,
                     const struct cvn_backup_sink *sink, uint64_t *ret_bytes)
{
    struct cvn_backup_part complete = *part;
    struct cvn_change_bounds changes;
    int r = cvn_schema_read(snapshot, &complete.schema_version);
    if (r == 0)
        r = cvn_change_bounds(snapshot, &changes);
    if (r)
        return r;
    complete.last_change = changes.last;
    struct output *output = aligned_alloc(alignof(struct output), sizeof *output);
    if (!output)
        return -ENOMEM;
    memset(output, 0, sizeof *output);
    output->sink = sink;
    (void)crypto_generichash_init(&output->hash, NULL, 0, CVN_BACKUP_CHECKSUM_BYTES);
    r = emit_header(output, &complete);
    if (r == 0)
        r = emit_records(output, snapshot);
    if (r == 0)
        r = emit_checksum(output);
    if (r == 0)
        *ret_bytes = output->n_bytes;
    free(output);
    return r;
}

int cvn_backup_copy(struct cvn_txn *snapshot, struct cvn_store *to,
                    const struct cvn_progress *progress)
{
    const struct cvn_slice none = {NULL, 0};
    struct cvn_slice key, value;
    struct cvn_loader loader;
    struct cvn_progress_count count = cvn_progress_begin(progress, snapshot);
    int r = cvn_loader_init(&loader, to);
    CVN_CURSOR_AUTO cursor = {0};
    if (r == 0)
        r = cvn_cursor_init(&cursor, snapshot, none, none, CVN_FORWARD);
    while (r == 0 && (r = cvn_cursor_next(&cursor, &key, &value)) == 0)
        if ((r = cvn_loader_add(&loader, key, value)) == 0)
            r = cvn_progress_step(&count);
    if (r == CVN_STORE_ABSENT)
        r = cvn_loader_finish(&loader);
    if (r == 0)
        r = cvn_progress_end(&count);
    cvn_loader_deinit(&loader);
    return r;
}
