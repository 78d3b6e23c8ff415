#include "services/store_backup.h"

#include "convene/admin/v1/store.pb-c.h"
#include "rpc/server.h"
#include "services/runtime/answer.h"
#include "services/runtime/methods.h"
#include "services/store_pace.h"
#include "storage/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

enum { CHUNK_BYTES = 256 << 10, NAME_BYTES = 1024 };

/*
 * A backup on its way: first written to a file that has no name, so that no snapshot stays open
 * while a peer reads, then sent from there at the peer's speed.
 */
struct backup {
    struct cvn_store_admin *admin;
    struct cvn_server_call *call;
    int fd;
    uint64_t total_bytes, sent_bytes;
    const char *store; /* that is being read */
    struct cvn_store_pace pace;
    bool finished;
    uint8_t chunk[CHUNK_BYTES];
};

static void finish(struct backup *backup, int fault)
{
    if (backup->finished)
        return;
    backup->finished = true;
    struct cvn_status status = {0};
    if (fault == -ENOSPC || fault == -EDQUOT)
        status = (struct cvn_status){
            .code = CVN_RESOURCE_EXHAUSTED,
            .message = "The server's disk has no room for the backup, which lies there while it is "
                       "sent; make room and try again."};
    else if (fault)
        cvn_answer_fault(&status, cvn_server_call_arena(backup->call), fault);
    cvn_server_call_finish(backup->call, fault ? &status : NULL, NULL);
}

static int keep(void *arg, const void *bytes, size_t n)
{
    struct backup *backup = arg;
    if (cvn_server_call_cancelled(backup->call))
        return CVN_STORE_CANCELLED;
    for (const uint8_t *at = bytes; n > 0;) {
        ssize_t written = write(backup->fd, at, n);
        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            at += written;
            n -= (size_t)written;
        }
    }
    return 0;
}

/* While the file is being made. What the peer has no room for is left out. */
static int tell(void *arg, uint64_t n_done, uint64_t n_total)
{
    struct backup *backup = arg;
    if (!cvn_store_pace_due(&backup->pace))
        return 0;
    Convene__Admin__V1__BackupChunk chunk = CONVENE__ADMIN__V1__BACKUP_CHUNK__INIT;
    chunk.reading_store = (char *)(uintptr_t)backup->store;
    chunk.keys_done = n_done;
    chunk.keys_total = n_total;
    (void)cvn_server_call_write(backup->call, &chunk.base);
    return 0;
}

static int write_part(struct backup *backup, size_t i, int64_t now_ms)
{
    const struct cvn_store_admin *admin = backup->admin;
    struct cvn_backup_part part = {
        .number = (uint16_t)(i + 1), .n_parts = (uint16_t)admin->n_stores, .time_ms = now_ms};
    (void)snprintf(part.name, sizeof part.name, "%s", admin->stores[i].name);
    struct cvn_txn *snapshot;
    int r = cvn_store_snapshot(admin->stores[i].store, &snapshot);
    if (r)
        return r;
    const struct cvn_progress progress = {tell, backup};
    const struct cvn_backup_sink sink = {.write = keep, .arg = backup, .progress = &progress};
    uint64_t n_bytes;
    backup->store = admin->stores[i].name;
    r = cvn_backup_write(snapshot, &part, &sink, &n_bytes);
    cvn_snapshot_release(snapshot);
    if (r == 0)
        backup->total_bytes += n_bytes;
    return r;
}

/* A file without a name in the directory; with one for a moment where that cannot be had. */
static int open_nameless(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
        return fd < 0 ? -errno : fd;
    char name[NAME_BYTES];
    if (snprintf(name, sizeof name, "%s/.backup-XXXXXX", directory) >= (int)sizeof name)
        return -ENAMETOOLONG;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void)unlink(name);
    return fd;
}

static int write_parts(struct backup *backup, int64_t now_ms)
{
    backup->fd = open_nameless(backup->admin->directory);
    int r = backup->fd < 0 ? backup->fd : 0;
    for (size_t i = 0; r == 0 && i < backup->admin->n_stores; i++)
        r = write_part(backup, i, now_ms);
    return r;
}

/* Reads the next piece of the file into the chunk. How long it is, or a fault. */
static ssize_t read_chunk(struct backup *backup)
{
    ssize_t n;
    do
        n = pread(backup->fd, backup->chunk, sizeof backup->chunk, (off_t)backup->sent_bytes);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n == 0 ? -EIO : n;
}

/* Sends as much as the peer takes. */
static void send_chunks(struct backup *backup)
{
    int r = 0;
    while (r == 0 && backup->sent_bytes < backup->total_bytes) {
        ssize_t n = read_chunk(backup);
        if (n < 0) {
            finish(backup, (int)n);
            return;
        }
        Convene__Admin__V1__BackupChunk chunk = CONVENE__ADMIN__V1__BACKUP_CHUNK__INIT;
        chunk.data = (ProtobufCBinaryData){(size_t)n, backup->chunk};
        chunk.offset = backup->sent_bytes;
        chunk.total_bytes = backup->total_bytes;
        r = cvn_server_call_write(backup->call, &chunk.base);
        if (r == 0)
            backup->sent_bytes += (uint64_t)n;
    }
    if (r == CVN_CALL_LATER)
        return;
    finish(backup, r == -EPIPE ? CVN_STORE_CANCELLED : r);
}

static const struct cvn_service_method need = {"BackupStores", CVN_METHOD_READ, CVN_ACCESS_ADMIN,
                                               .scope = CVN_SCOPE_ADMIN};

static void refuse_second(struct cvn_server_call *call)
{
    struct cvn_status status = {.code = CVN_RESOURCE_EXHAUSTED,
                                .message =
                                    "A backup is being made already; try again when it is done."};
    cvn_server_call_finish(call, &status, NULL);
}

static void begin(struct cvn_server_call *call, const ProtobufCMessage *request, void *user)
{
    (void)request;
    struct cvn_store_admin *admin = user;
    struct cvn_ctx *ctx;
    if (cvn_runtime_admit(admin->runtime, call, &need, &ctx) != 0)
        return;
    if (atomic_exchange(&admin->backing_up, true)) {
        refuse_second(call);
        return;
    }
    struct backup *backup = calloc(1, sizeof *backup);
    if (!backup) {
        atomic_store(&admin->backing_up, false);
        struct cvn_status status = {0};
        cvn_answer_fault(&status, ctx->arena, -ENOMEM);
        cvn_server_call_finish(call, &status, NULL);
        return;
    }
    *backup = (struct backup){.admin = admin, .call = call, .fd = -1};
    cvn_server_call_set_state(call, backup);
    int r = write_parts(backup, ctx->now_ms);
    if (r)
        finish(backup, r);
    else
        send_chunks(backup);
}

static void go_on(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct backup *backup = cvn_server_call_state(call);
    if (backup && !backup->finished)
        send_chunks(backup);
}

static void give_up(struct cvn_server_call *call, void *user)
{
    (void)user;
    struct backup *backup = cvn_server_call_state(call);
    if (backup)
        finish(backup, CVN_STORE_CANCELLED);
}

static void end(struct cvn_server_call *call, void *user)
{
    struct cvn_store_admin *admin = user;
    struct backup *backup = cvn_server_call_state(call);
    if (!backup)
        return;
    if (backup->fd >= 0)
        (void)close(backup->fd);
    free(backup);
    atomic_store(&admin->backing_up, false);
}

static const struct cvn_stream_handler stream = {
    .writable = go_on, .cancelled = give_up, .done = end};
static const struct cvn_method methods[] = {{.unary = begin, .stream = &stream}};

int cvn_store_backup_bind(struct cvn_store_admin *admin, struct cvn_server *server)
{
    return cvn_server_add_service(server, &convene__admin__v1__backup_service__descriptor, methods,
                                  admin);
}
