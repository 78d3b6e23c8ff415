/* `convene admin check`: of a server's stores, as it goes; or of files, by convened. */
#include "client/cli/admin_store.h"
#include "client/cli/progress.h"
#include "client/cli/streaming.h"
#include "client/cli/view.h"
#include "client/lib/channel.h"
#include "convene/admin/v1/store.pb-c.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { CHECK_TIMEOUT_MS = 60 * 60 * 1000, STORES_MAX = 16 };

const struct cvn_option cvn_admin_check_options[] = {
    {"data", 0, "DIR", "look at a data directory on this machine", NULL},
    {"backup", 0, "FILE", "look at a backup on this machine", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

static void print_check(const Convene__Admin__V1__StoreCheck *check)
{
    printf("%s: %" PRIu64 " keys, %" PRIu64 " rows, %" PRIu64 " index entries, %" PRIu64
           " changes, %" PRIu64 " replay records: %s\n",
           check->name, check->keys, check->rows, check->entries, check->changes, check->replays,
           check->finding_count ? "NOT SOUND" : "sound");
    for (size_t i = 0; i < check->n_findings; i++) {
        printf("    %s\n", check->findings[i]);
    }
    if (check->finding_count > check->n_findings) {
        printf("    and %" PRIu64 " more\n", check->finding_count - check->n_findings);
    }
}

CVN_VIEW_STRING(see_check_name, Convene__Admin__V1__StoreCheck, name)
CVN_VIEW_COUNT(see_check_keys, Convene__Admin__V1__StoreCheck, keys)
CVN_VIEW_COUNT(see_check_rows, Convene__Admin__V1__StoreCheck, rows)
CVN_VIEW_COUNT(see_check_entries, Convene__Admin__V1__StoreCheck, entries)
CVN_VIEW_COUNT(see_check_changes, Convene__Admin__V1__StoreCheck, changes)
CVN_VIEW_COUNT(see_check_findings, Convene__Admin__V1__StoreCheck, finding_count)

static const struct cvn_view_column check_columns[] = {
    {{"Store", false, true}, see_check_name},
    {{"Keys", true, false}, see_check_keys},
    {{"Rows", true, false}, see_check_rows},
    {{"Entries", true, false}, see_check_entries},
    {{"Changes", true, false}, see_check_changes},
    {{"Findings", true, false}, see_check_findings},
    {{NULL, false, false}, NULL},
};

/* What came of each store. */
struct found {
    const Convene__Admin__V1__StoreCheck *checks[STORES_MAX];
    size_t n;
    bool sound;
};

static void take(struct cvn_cli *cli, const Convene__Admin__V1__CheckProgress *progress,
                 struct found *found)
{
    if (!progress->check) {
        cvn_progress_show_keys(cli, progress->store, progress->keys_done, progress->keys_total);
        return;
    }
    cvn_progress_clear(cli);
    found->sound = found->sound && progress->check->finding_count == 0;
    if (cli->format == CVN_FORMAT_TABLE) {
        print_check(progress->check);
    }
    if (found->n < STORES_MAX) {
        found->checks[found->n++] = progress->check;
    }
}

/* Reads to the end of the stream; what came lies in the run's arena. */
static enum cvn_exit follow(struct cvn_cli *cli, struct cvn_stream *stream, struct found *found)
{
    ProtobufCMessage *message;
    int r;
    while ((r = cvn_stream_read(stream, &cli->arena, &message)) == 0) {
        cvn_client_note_answer(cli->client);
        take(cli, (const Convene__Admin__V1__CheckProgress *)message, found);
    }
    cvn_progress_clear(cli);
    if (r == -ENOMEM) {
        return cvn_cli_no_memory(cli);
    }
    return cvn_streaming_end(cli, stream);
}

static enum cvn_exit check_server(struct cvn_cli *cli)
{
    Convene__Admin__V1__CheckStoresRequest request = CONVENE__ADMIN__V1__CHECK_STORES_REQUEST__INIT;
    const struct cvn_call_request call = {.service = &convene__admin__v1__check_service__descriptor,
                                          .method = "CheckStores",
                                          .message = &request.base,
                                          .options = {.timeout_ms = CHECK_TIMEOUT_MS}};
    struct found found = {.sound = true};
    struct cvn_stream *stream;
    enum cvn_exit code = cvn_streaming_open(cli, &call, &stream);
    if (code) {
        return code;
    }
    code = follow(cli, stream, &found);
    cvn_stream_free(stream);
    if (code == CVN_EXIT_DONE && cli->format != CVN_FORMAT_TABLE) {
        code = cvn_view_rows(cli, check_columns, (ProtobufCMessage *const *)found.checks, found.n);
    }
    if (code == CVN_EXIT_DONE && !found.sound) {
        code = cvn_cli_fail(cli, CVN_EXIT_FAILED,
                            "The stores are not sound; restore them from a backup.");
    }
    return code;
}

enum cvn_exit cvn_admin_run_check(struct cvn_cli *cli)
{
    const char *backup = cvn_args_get(&cli->args, "backup");
    if (backup && cvn_args_has(&cli->args, "data")) {
        return cvn_cli_misuse(cli, "Say either --data or --backup.");
    }
    if (backup) {
        return cvn_admin_become_convened(
            cli, (const char *[CVN_ADMIN_WORDS]){"check", "--backup", backup});
    }
    return cvn_args_has(&cli->args, "data") ? cvn_admin_run_convened(cli, "check", NULL)
                                            : check_server(cli);
}
