/* `convene admin backup`: a stream of the server's into a file that is whole or not there. */
#include "client/cli/admin_store.h"
#include "client/cli/progress.h"
#include "client/cli/stats.h"
#include "client/cli/streaming.h"
#include "convene/admin/v1/store.pb-c.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct receiving {
    FILE *file;
    const char *name; /* for sentences */
    uint64_t received, total;
};

static enum cvn_exit receive(struct cvn_cli *cli, const ProtobufCMessage *message, void *arg)
{
    struct receiving *r = arg;
    const Convene__Admin__V1__BackupChunk *chunk = (const void *)message;
    if (chunk->total_bytes == 0) { /* the server is still making it */
        cvn_progress_show_keys(cli, chunk->reading_store, chunk->keys_done, chunk->keys_total);
        return CVN_EXIT_DONE;
    }
    if (chunk->offset != r->received) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "The server left out a piece of the backup.");
    }
    if (fwrite(chunk->data.data, 1, chunk->data.len, r->file) != chunk->data.len) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be written: %s.", r->name,
                            strerror(errno));
    }
    r->received += chunk->data.len;
    r->total = chunk->total_bytes;
    cvn_progress_show_bytes(cli, r->received, r->total);
    return CVN_EXIT_DONE;
}

static enum cvn_exit follow(struct cvn_cli *cli, struct receiving *r)
{
    Convene__Admin__V1__BackupStoresRequest request =
        CONVENE__ADMIN__V1__BACKUP_STORES_REQUEST__INIT;
    const struct cvn_call_request call = {.service =
                                              &convene__admin__v1__backup_service__descriptor,
                                          .method = "BackupStores",
                                          .message = &request.base};
    enum cvn_exit code = cvn_streaming_follow(cli, &call, receive, r);
    cvn_progress_clear(cli);
    if (code == CVN_EXIT_DONE && (r->received == 0 || r->received != r->total)) {
        code = cvn_cli_fail(cli, CVN_EXIT_FAILED, "The server ended the backup too early.");
    }
    return code;
}

/* Makes the file's bytes and its name durable. 0 or -errno. */
static int put_in_place(FILE *file, const char *part, const char *name)
{
    if (fflush(file) != 0 || fsync(fileno(file)) < 0) {
        return -errno;
    }
    if (renameat2(AT_FDCWD, part, AT_FDCWD, name, RENAME_NOREPLACE) < 0) {
        return -errno;
    }
    char copy[PATH_MAX];
    (void)snprintf(copy, sizeof copy, "%s", name);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) { /* a directory that may only be written to cannot be synchronised */
        (void)fsync(fd);
        (void)close(fd);
    }
    return 0;
}

static enum cvn_exit back_up_to(struct cvn_cli *cli, const char *name)
{
    const char *part = cvn_arena_printf(&cli->arena, "%s.part", name);
    if (!part) {
        return cvn_cli_no_memory(cli);
    }
    if (access(name, F_OK) == 0) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "%s is there already; give the backup another name.", name);
    }
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) {
        return cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be made: %s.", part, strerror(errno));
    }
    struct receiving r = {.file = file, .name = part};
    enum cvn_exit code = follow(cli, &r);
    if (code == CVN_EXIT_DONE) {
        int fault = put_in_place(file, part, name);
        if (fault) {
            code = cvn_cli_fail(cli, CVN_EXIT_FAILED, "%s cannot be made: %s.", name,
                                strerror(-fault));
        }
    }
    (void)fclose(file);
    if (code != CVN_EXIT_DONE) {
        (void)unlink(part);
        return code;
    }
    char size[CVN_STATS_TEXT_BYTES];
    cvn_stats_format_bytes(size, r.received);
    cvn_cli_note(cli, "%s holds the backup, %s.", name, size);
    return code;
}

enum cvn_exit cvn_admin_run_backup(struct cvn_cli *cli)
{
    const char *name = cvn_args_word(&cli->args, 0);
    if (strcmp(name, "-") != 0) {
        return back_up_to(cli, name);
    }
    if (cli->out_terminal) {
        return cvn_cli_misuse(cli, "A backup is no text for a terminal; give a file's name.");
    }
    struct receiving r = {.file = stdout, .name = "Standard output"};
    enum cvn_exit code = follow(cli, &r);
    if (code == CVN_EXIT_DONE && fflush(stdout) != 0) {
        code = cvn_cli_fail(cli, CVN_EXIT_FAILED, "Standard output cannot be written: %s.",
                            strerror(errno));
    }
    return code;
}
