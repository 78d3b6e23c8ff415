/*
 * Backups: a store's keys and values as of one snapshot, as a stream of bytes with a checksum. It
 * is read from the keyspace and not from the engine's pages, so it can be restored into any engine,
 * on any machine, and a restored store has no free pages in it.
 *
 * A file holds one or more parts, one for each store. All numbers are big-endian. A part is
 *
 *     8 bytes   "CONVENEB"
 *     2         the format's version, CVN_BACKUP_FORMAT
 *     2, 2      which part this is, from 1, and of how many
 *     4         the store's schema version
 *     8         the number of the newest change in its change log
 *     8         when the snapshot was taken, milliseconds since 1970, UTC
 *     32        the store's name, filled with zero bytes
 *     records   2 bytes length of the key, 4 of the value, key, value; ascending by key
 *     2         0, the end of the records
 *     8         how many there were
 *     32        BLAKE2b-256 (RFC 7693) of everything before, from "CONVENEB" on
 */
#ifndef CVN_STORAGE_BACKUP_H
#define CVN_STORAGE_BACKUP_H

#include "base/error.h"
#include "storage/progress.h"
#include "storage/store.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CVN_BACKUP_FORMAT = 1,
    CVN_BACKUP_NAME_BYTES = 32,
    CVN_BACKUP_HEADER_BYTES = 66,
    CVN_BACKUP_CHECKSUM_BYTES = 32,
    CVN_BACKUP_PARTS_MAX = 64,
};

/* What a part says of itself. */
struct cvn_backup_part {
    uint16_t number; /* from 1 */
    uint16_t n_parts;
    uint32_t schema_version;
    uint64_t last_change;
    int64_t time_ms;
    char name[CVN_BACKUP_NAME_BYTES + 1];
};

/* Where the bytes go, and who is told how far it has come. */
struct cvn_backup_sink {
    int (*write)(void *arg, const void *bytes, size_t n); /* not 0: ends the backup with that */
    void *arg;
    const struct cvn_progress *progress; /* may be NULL */
};

/*
 * Writes the snapshot as one part; of part only number, n_parts, time_ms and name are looked at.
 * 0 and *ret_bytes how long it came to; what the sink or its progress returned; a fault. Keep the
 * snapshot short: let the sink write to a file, not to a peer.
 */
int cvn_backup_write(struct cvn_txn *snapshot, const struct cvn_backup_part *part,
                     const struct cvn_backup_sink *sink, uint64_t *ret_bytes);

/* Where the bytes come from: how many were read, 0 at the end, or a fault. */
typedef int64_t cvn_backup_source(void *arg, void *buffer, size_t n);

/* Reads parts one after the other. */
struct cvn_backup_reader;

/* 0 or -ENOMEM. *ret is the caller's. */
int cvn_backup_reader_new(struct cvn_backup_reader **ret, cvn_backup_source *source, void *arg);
void cvn_backup_reader_free(struct cvn_backup_reader *reader);

/*
 * Reads the head of the next part. 0; CVN_STORE_ABSENT when all parts have been read and nothing
 * follows; -EBADMSG for bytes that are no such part, or not the part that is due; -EPROTO for a
 * format that is newer; a fault of the source. err says it in a sentence.
 */
int cvn_backup_read_part(struct cvn_backup_reader *reader, struct cvn_backup_part *ret,
                         struct cvn_error *err);

/*
 * Makes a store of the part whose head was read: in the directory path, which must not exist yet,
 * with the options given. Results as read_part, with -EBADMSG also for a part that is cut off or
 * whose checksum is not that of its bytes; -EEXIST; those of the store. What it left in the
 * directory is to be removed when it fails; nothing may be made of it.
 */
int cvn_backup_restore_part(struct cvn_backup_reader *reader,
                            const struct cvn_store_options *options, struct cvn_error *err);

/*
 * Reads the part to its end and checks it without keeping anything. Results as restore_part; and
 * *ret_records.
 */
int cvn_backup_check_part(struct cvn_backup_reader *reader, uint64_t *ret_records,
                          struct cvn_error *err);

/*
 * Copies all that a snapshot shows into an empty store: a compacted copy. progress may be NULL. 0,
 * what it returned, or a fault.
 */
int cvn_backup_copy(struct cvn_txn *snapshot, struct cvn_store *to,
                    const struct cvn_progress *progress);

#endif
