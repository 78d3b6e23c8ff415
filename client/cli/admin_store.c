#include "client/cli/admin_store.h"

#include "client/cli/call.h"
#include "client/cli/program_path.h"
#include "client/cli/stats.h"
#include "client/cli/view.h"
#include "convene/admin/v1/store.pb-c.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVICE "convene.admin.v1.StoreService/"

const struct cvn_option cvn_admin_data_options[] = {
    {"data", 0, "DIR", "the server's data directory on this machine", NULL},
    {NULL, 0, NULL, NULL, NULL},
};

/* Which knows what is in a data directory. */
enum cvn_exit cvn_admin_become_convened(struct cvn_cli *cli,
                                        const char *const words[CVN_ADMIN_WORDS])
{
    char program[PATH_MAX];
    const char *argv[CVN_ADMIN_WORDS + 1] = {program};
    cvn_program_path(program, sizeof program, "convened");
    for (size_t i = 0; i < CVN_ADMIN_WORDS; i++) {
        argv[i + 1] = i + 1 < CVN_ADMIN_WORDS ? words[i] : NULL;
    }
    (void)fflush(NULL);
    (void)execvp(program, (char *const *)(uintptr_t)argv);
    return cvn_cli_fail(cli, CVN_EXIT_FAILED,
                        "convened cannot be started: %s. It is installed together with convene.",
                        strerror(errno));
}

enum cvn_exit cvn_admin_run_convened(struct cvn_cli *cli, const char *command, const char *file)
{
    const char *data = cvn_args_get(&cli->args, "data");
    if (!data) {
        return cvn_cli_misuse(cli, "Say which data directory: --data DIR.");
    }
    return cvn_admin_become_convened(
        cli, (const char *[CVN_ADMIN_WORDS]){command, "--data", data, file});
}

enum cvn_exit cvn_admin_run_restore(struct cvn_cli *cli)
{
    return cvn_admin_run_convened(cli, "restore", cvn_args_word(&cli->args, 0));
}

enum cvn_exit cvn_admin_run_compact(struct cvn_cli *cli)
{
    return cvn_admin_run_convened(cli, "compact", NULL);
}

static const char *see_bytes(struct cvn_cli *cli, uint64_t bytes)
{
    char text[CVN_STATS_TEXT_BYTES];
    cvn_stats_format_bytes(text, bytes);
    return cvn_arena_strdup(&cli->arena, text);
}

static const char *see_used(struct cvn_cli *cli, const void *message)
{
    return see_bytes(cli, ((const Convene__Admin__V1__Store *)message)->used_bytes);
}

static const char *see_commit_time(struct cvn_cli *cli, const void *message)
{
    const Convene__Admin__V1__Store *store = message;
    char text[CVN_STATS_TEXT_BYTES] = "";
    if (store->commits) {
        cvn_stats_format_us(text, (int64_t)(store->commit_sum_us / store->commits));
    }
    return cvn_arena_strdup(&cli->arena, text);
}

static const char *see_snapshot_age(struct cvn_cli *cli, const void *message)
{
    const Convene__Admin__V1__Store *store = message;
    char text[CVN_STATS_TEXT_BYTES] = "";
    if (store->snapshots) {
        cvn_stats_format_us(text, (int64_t)store->snapshot_age_us);
    }
    return cvn_arena_strdup(&cli->arena, text);
}

CVN_VIEW_STRING(see_name, Convene__Admin__V1__Store, name)
CVN_VIEW_COUNT(see_keys, Convene__Admin__V1__Store, keys)
CVN_VIEW_COUNT(see_updates, Convene__Admin__V1__Store, updates)
CVN_VIEW_COUNT(see_commits, Convene__Admin__V1__Store, commits)
CVN_VIEW_COUNT(see_queue, Convene__Admin__V1__Store, queue_now)
CVN_VIEW_COUNT(see_refused, Convene__Admin__V1__Store, refused)
CVN_VIEW_COUNT(see_faults, Convene__Admin__V1__Store, faults)
CVN_VIEW_COUNT(see_snapshots, Convene__Admin__V1__Store, snapshots)
CVN_VIEW_COUNT(see_last_change, Convene__Admin__V1__Store, last_change)

static const struct cvn_view_column store_columns[] = {
    {{"Store", false, true}, see_name},
    {{"Keys", true, false}, see_keys},
    {{"Used", true, false}, see_used},
    {{"Writes", true, false}, see_updates},
    {{"Commits", true, false}, see_commits},
    {{"Mean commit", true, false}, see_commit_time},
    {{"Queue", true, false}, see_queue},
    {{"Refused", true, false}, see_refused},
    {{"Faults", true, false}, see_faults},
    {{"Snapshots", true, false}, see_snapshots},
    {{"Oldest", true, false}, see_snapshot_age},
    {{"Last change", true, false}, see_last_change},
    {{NULL, false, false}, NULL},
};

enum cvn_exit cvn_admin_run_stores(struct cvn_cli *cli)
{
    Convene__Admin__V1__GetStoresRequest request = CONVENE__ADMIN__V1__GET_STORES_REQUEST__INIT;
    CVN_REPLY_AUTO Convene__Admin__V1__Stores *reply = NULL;
    enum cvn_exit code = cvn_call(cli, SERVICE "GetStores", &request, &reply);
    return code ? code
                : cvn_view_rows(cli, store_columns, (ProtobufCMessage *const *)reply->stores,
                                reply->n_stores);
}
