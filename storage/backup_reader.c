#include "storage/backup.h"
#include "storage/backup_format.h"
#include "storage/loader.h"

#include <errno.h>
#include <sodium.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct cvn_backup_reader {
    cvn_backup_source *source;
    void *arg;
    crypto_generichash_state hash;
    uint16_t number, n_parts; /* of the part read last */
    bool inside;              /* the head of a part was read, and not yet its end */
    uint8_t key[CVN_KEY_BYTES_MAX];
    uint8_t *value; /* CVN_STORE_VALUE_BYTES_MAX long */
    size_t at, len; /* what of the buffer is still to be read */
    uint8_t buffer[CVN_BACKUP_BUFFER_BYTES];
};

int cvn_backup_reader_new(struct cvn_backup_reader **ret, cvn_backup_source *source, void *arg)
{
    /* libsodium wants its state on a boundary of its own. */
    struct cvn_backup_reader *reader =
        aligned_alloc(alignof(struct cvn_backup_reader), sizeof *reader);
    uint8_t *value = malloc(CVN_STORE_VALUE_BYTES_MAX);
    if (!reader || !value) {
        free(reader);
        free(value);
        return -ENOMEM;
    }
    memset(reader, 0, sizeof *reader);
    reader->source = source;
    reader->arg = arg;
    reader->value = value;
    *ret = reader;
    return 0;
}

void cvn_backup_reader_free(struct cvn_backup_reader *reader)
{
    if (!reader)
        return;
    free(reader->value);
    free(reader);
}

/* Reads n bytes, fewer at the end; *ret_n how many. 0 or the source's fault. */
static int fill(struct cvn_backup_reader *reader, void *to, size_t n, size_t *ret_n)
{
    uint8_t *at = to;
    size_t done = 0;
    while (done < n) {
        if (reader->at == reader->len) {
            int64_t got = reader->source(reader->arg, reader->buffer, sizeof reader->buffer);
            if (got < 0)
                return (int)got;
            if (got == 0)
                break;
            reader->at = 0;
            reader->len = (size_t)got;
        }
        size_t there = reader->len - reader->at;
        size_t take = n - done < there ? n - done : there;
        memcpy(at + done, reader->buffer + reader->at, take);
        reader->at += take;
        done += take;
    }
    *ret_n = done;
    return 0;
}

/* Reads n bytes that belong to the part. 0, -EBADMSG when it ends before, or the source's fault. */
static int take(struct cvn_backup_reader *reader, void *to, size_t n)
{
    size_t got = 0;
    int r = fill(reader, to, n, &got);
    if (r == 0 && got < n)
        r = -EBADMSG;
    if (r == 0)
        (void)crypto_generichash_update(&reader->hash, to, n);
    return r;
}

/* Reads a head's bytes. False when they are none. */
static bool read_header(const uint8_t *bytes, uint16_t *ret_format, struct cvn_backup_part *ret)
{
    size_t n_magic = strlen(CVN_BACKUP_MAGIC);
    if (memcmp(bytes, CVN_BACKUP_MAGIC, n_magic) != 0)
        return false;
    struct cvn_key_reader fields;
    cvn_key_reader_init(&fields, cvn_slice(bytes + n_magic, CVN_BACKUP_HEADER_BYTES - n_magic));
    memset(ret, 0, sizeof *ret);
    *ret_format = cvn_key_get_u16(&fields);
    ret->number = cvn_key_get_u16(&fields);
    ret->n_parts = cvn_key_get_u16(&fields);
    ret->schema_version = cvn_key_get_u32(&fields);
    ret->last_change = cvn_key_get_u64(&fields);
    ret->time_ms = cvn_key_get_i64(&fields);
    struct cvn_slice name = cvn_key_get_rest(&fields);
    memcpy(ret->name, name.data, CVN_BACKUP_NAME_BYTES);
    return true;
}

/* Names become those of directories, so they are made of a to z, 0 to 9 and _ only. */
static bool is_name(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static int check_header(const struct cvn_backup_reader *reader, uint16_t format,
                        const struct cvn_backup_part *part, struct cvn_error *err)
{
    if (format != CVN_BACKUP_FORMAT)
        return cvn_error_set(err, -EPROTO,
                             "The backup has format %u, and this program knows format %d; use the "
                             "program that made it, or a newer one.",
                             format, CVN_BACKUP_FORMAT);
    if (part->number != reader->number + 1 || part->n_parts < part->number ||
        part->n_parts > CVN_BACKUP_PARTS_MAX ||
        (reader->number > 0 && part->n_parts != reader->n_parts))
        return cvn_error_set(err, -EBADMSG,
                             "The backup goes on with part %u of %u where part %d is due.",
                             part->number, part->n_parts, reader->number + 1);
    if (!is_name(part->name))
        return cvn_error_set(err, -EBADMSG, "Part %u of the backup has no proper name.",
                             part->number);
    return 0;
}

int cvn_backup_read_part(struct cvn_backup_reader *reader, struct cvn_backup_part *ret,
                         struct cvn_error *err)
{
    uint8_t bytes[CVN_BACKUP_HEADER_BYTES];
    struct cvn_backup_part part;
    uint16_t format;
    size_t n;
    bool all_read = reader->number > 0 && reader->number == reader->n_parts;
    int r = fill(reader, bytes, sizeof bytes, &n);
    if (r)
        return cvn_error_set(err, r, "The backup cannot be read: %s.", strerror(-r));
    if (n == 0 && all_read)
        return CVN_STORE_ABSENT;
    if (n == 0 && reader->number > 0)
        return cvn_error_set(err, -EBADMSG, "The backup ends after part %u of %u.", reader->number,
                             reader->n_parts);
    if (all_read)
        return cvn_error_set(err, -EBADMSG, "Something follows the last part of the backup.");
    if (n < sizeof bytes || !read_header(bytes, &format, &part))
        return cvn_error_set(err, -EBADMSG, "This is no backup of Convene's, or not whole.");
    r = check_header(reader, format, &part, err);
    if (r)
        return r;
    (void)crypto_generichash_init(&reader->hash, NULL, 0, CVN_BACKUP_CHECKSUM_BYTES);
    (void)crypto_generichash_update(&reader->hash, bytes, sizeof bytes);
    reader->number = part.number;
    reader->n_parts = part.n_parts;
    reader->inside = true;
    *ret = part;
    return 0;
}

/* Reads the next record. 0; CVN_STORE_ABSENT at the end of the records; a fault. */
static int read_record(struct cvn_backup_reader *reader, size_t *key_len, size_t *value_len)
{
    uint8_t lengths[6];
    int r = take(reader, lengths, 2);
    *key_len = (size_t)lengths[0] << 8 | lengths[1];
    if (r || *key_len == 0)
        return r ? r : CVN_STORE_ABSENT;
    r = take(reader, lengths + 2, 4);
    struct cvn_key_reader length;
    cvn_key_reader_init(&length, cvn_slice(lengths + 2, 4));
    *value_len = cvn_key_get_u32(&length);
    if (r == 0 && (*key_len > CVN_KEY_BYTES_MAX || *value_len > CVN_STORE_VALUE_BYTES_MAX))
        r = -EBADMSG;
    if (r == 0)
        r = take(reader, reader->key, *key_len);
    return r ? r : take(reader, reader->value, *value_len);
}

/* Reads what follows the records: their number and the checksum. */
static int read_end(struct cvn_backup_reader *reader, uint64_t n_records)
{
    uint8_t bytes[8], wanted[CVN_BACKUP_CHECKSUM_BYTES], found[CVN_BACKUP_CHECKSUM_BYTES];
    int r = take(reader, bytes, sizeof bytes);
    if (r)
        return r;
    struct cvn_key_reader number;
    cvn_key_reader_init(&number, cvn_slice(bytes, sizeof bytes));
    (void)crypto_generichash_final(&reader->hash, wanted, sizeof wanted);
    size_t n;
    r = fill(reader, found, sizeof found, &n);
    if (r)
        return r;
    bool right = n == sizeof found && memcmp(found, wanted, sizeof found) == 0 &&
                 cvn_key_get_u64(&number) == n_records;
    reader->inside = false;
    return right ? 0 : -EBADMSG;
}

/* Reads the part to its end; the records go to the loader, if there is one. */
static int read_records(struct cvn_backup_reader *reader, struct cvn_loader *loader,
                        uint64_t *ret_records)
{
    struct cvn_key before;
    cvn_key_init(&before);
    size_t key_len, value_len;
    uint64_t n = 0;
    int r = reader->inside ? 0 : -EINVAL;
    while (r == 0 && (r = read_record(reader, &key_len, &value_len)) == 0) {
        struct cvn_slice key = cvn_slice(reader->key, key_len);
        if (cvn_slice_compare(key, cvn_key_slice(&before)) <= 0)
            return -EBADMSG;
        cvn_key_init(&before);
        cvn_key_put_raw(&before, key);
        if (loader)
            r = cvn_loader_add(loader, key, cvn_slice(reader->value, value_len));
        n++;
    }
    if (r != CVN_STORE_ABSENT)
        return r;
    *ret_records = n;
    return read_end(reader, n);
}

static int say(const struct cvn_backup_reader *reader, int r, struct cvn_error *err)
{
    if (r == -EBADMSG)
        return cvn_error_set(err, r,
                             "Part %u of the backup is damaged or cut off: its bytes are not those "
                             "that its checksum was made of.",
                             reader->number);
    return r ? cvn_error_set(err, r, "Part %u of the backup cannot be read: %s.", reader->number,
                             strerror(r < 0 ? -r : EIO))
             : 0;
}

int cvn_backup_check_part(struct cvn_backup_reader *reader, uint64_t *ret_records,
                          struct cvn_error *err)
{
    return say(reader, read_records(reader, NULL, ret_records), err);
}

int cvn_backup_restore_part(struct cvn_backup_reader *reader,
                            const struct cvn_store_options *options, struct cvn_error *err)
{
    struct cvn_store_options made = *options;
    struct cvn_store *store;
    struct stat found;
    made.manual = true;
    made.schema_version = 0; /* the store's own comes with its records */
    if (made.path && lstat(made.path, &found) == 0)
        return cvn_error_set(err, -EEXIST,
                             "There is a %s already; a backup is restored where nothing is.",
                             made.path);
    int r = cvn_store_open(&store, &made, err);
    if (r)
        return r;
    struct cvn_loader loader;
    uint64_t n_records;
    r = cvn_loader_init(&loader, store);
    if (r == 0)
        r = read_records(reader, &loader, &n_records);
    if (r == 0)
        r = cvn_loader_finish(&loader);
    bool unwritten = loader.fault != 0;
    cvn_loader_deinit(&loader);
    cvn_store_close(store);
    return unwritten ? cvn_error_set(err, r, "The store %s cannot be written: %s.",
                                     made.path ? made.path : "in memory", strerror(-r))
                     : say(reader, r, err);
}
